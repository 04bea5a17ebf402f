#!/usr/bin/python3
"""Every command under a checker of memory: what the checker finds makes the exit code another one.

BAYRES_UNDER is valgrind with its options, or nothing where BAYRES was built with sanitizers. With these every command runs on
1 to 4 ranks; under valgrind, which takes thirty times as long and finds the same of ranks, on one rank, or on 2 where ranks have
different things to do.
"""
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "program"))
from command_line import (  # noqa: E402
    ALL_DIVERGED, DONE, INPUT_OUTPUT, MPIRUN, UNDER, USAGE, CommandLineTest, environment, every_rule, small)


def everything(feedback, **changes):
    """Every rule, with noise, evaluations and all that can be recorded; sizes that nothing divides."""
    return small(
        reservoir={"size": 53, "noise": 0.01, "bias_scale": 0.1, **changes.get("reservoir", {})},
        task=changes.get("task", {}),
        protocol={"feedback": feedback, "washout": 1, "train": 4, "test": 2, "evaluate_at": "2, 4"},
        learner__a=None,
        record={"rates": "0..5, 52", "network": "true", "weights_every": 15},
    ) | every_rule()


def chosen(*all_ranks):
    """The numbers of ranks that a command runs on."""
    return (None,) if UNDER else all_ranks


def at_most(ranks):
    return min(ranks, 2) if UNDER else ranks


class MemoryTest(CommandLineTest):
    def check_on_ranks(self, config, *all_ranks):
        for ranks in chosen(*all_ranks):
            with self.subTest(ranks=ranks):
                self.result(config, "--check", "--force", ranks=ranks)

    def test_sparse_without_feedback(self):
        self.check_on_ranks(everything("none"), 1, 4)

    def test_dense_with_the_teacher_fed_back(self):
        self.check_on_ranks(everything("teacher", reservoir={"storage": "dense"},
                                       task={"name": "lorenz", "drive": "none", "dimensions": 3}), 2, 3)

    def test_with_the_output_fed_back(self):
        self.check_on_ranks(everything("output", task={"name": "narma10", "drive": "none"}), 1, 3, 4, 2)

    def test_a_file_as_task(self):
        self.write("in.csv", "u,z\n" + "".join(f"{k % 7 / 7},{k % 5 / 5}\n" for k in range(200)))
        task = {"name": "file", "drive": "none", "path": "in.csv", "input": "u", "target": "z", "normalise": "zscore"}
        self.result(everything("none", task=task), ranks=2)

    def test_checkpoints_resume_and_inspect(self):
        config = everything("output")
        self.result(config, "--protocol.test=0", "--protocol.evaluate_span=2", ranks=at_most(3))
        resumed = self.run_bayres("resume", "c.h5.checkpoint", "--protocol.test=2", "--quiet", ranks=2)
        self.check_code(resumed, DONE)
        for name in ("c.h5", "c.h5.checkpoint"):
            self.check_code(self.run_bayres("inspect", name), DONE)

    def test_a_damaged_checkpoint(self):
        self.result(everything("none"), ranks=2)
        path = self.folder / "c.h5.checkpoint"
        path.write_bytes(path.read_bytes()[:-100])
        self.check_code(self.run_bayres("resume", "c.h5.checkpoint", ranks=2), INPUT_OUTPUT)

    def test_ensemble_and_evaluation(self):
        config = everything("none") | {"ensemble": {"seeds": "1..3", "ranks_per_network": 2}}
        self.result(config, ranks=at_most(4))
        evaluated = self.run_bayres("evaluate", "c.h5", "--quiet", "-o", "e.h5", "--evaluate.span=3",
                                    "--evaluate.initial_states=2", "--evaluate.noise=0.01", ranks=2)
        self.check_code(evaluated, DONE)

    def test_analysis(self):
        config = small(reservoir={"size": 70}, protocol={"train": 30, "evaluate_at": "10, 30"}, ensemble={"seeds": "1..2"},
                       record={"rates": "0..40", "weights_every": 100}, learner__b={"rule": "delta", "eta": 1e-3})
        self.result(config, ranks=2)
        for ranks in (2,) if UNDER else (1, 2, 4, 3):
            process = subprocess.run([*MPIRUN, "-n", str(ranks), *UNDER, os.environ["BAYRES_ANALYZE"], "c.h5", "--segment=256",
                                      "--bootstrap=100", "--csv=tables", "--force"], cwd=self.folder,
                                     env=environment(ranks), capture_output=True, text=True)
            self.assertEqual(process.returncode, DONE, process.stderr)

    def test_divergence(self):
        config = small(protocol={"train": 60}, learner__a={"rule": "delta", "eta": 1e6})
        self.result(config, ranks=2, code=ALL_DIVERGED)

    def test_refusals_and_lists(self):
        self.write("wrong.ini", small(reservoir={"sise": 3}))
        self.check_code(self.run_bayres("run", "wrong.ini", ranks=2), USAGE)
        self.check_code(self.run_bayres("run", "not-there.ini"), INPUT_OUTPUT)
        for what in ("rules", "tasks", "neurons"):
            self.check_code(self.run_bayres("list", what), DONE)


if __name__ == "__main__":
    unittest.main()
