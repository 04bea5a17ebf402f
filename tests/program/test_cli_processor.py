#!/usr/bin/python3
"""A result has the same bits whatever the processor: every task and every rule that is registered, on one rank and in a
job whose ranks are on unlike machines. Which functions bayres may call at all, architecture.py says."""
import re
import subprocess
import unittest

from command_line import (BAYRES, DONE, MPIRUN, OTHER_PROCESSOR, SECONDS_TO_HANG, CommandLineTest, Finished, environment,
                          every_rule, learner_names, listed, on_another_processor, small)

# Of a task, what has no default, and what makes it sensitive to the last bit.
KEYS = {
    "file": {"path": "series.csv", "input": "u", "target": "y"},
    "mackey-glass": {"speed": 300},
    "lorenz": {"speed": 2},
}


class ProcessorTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        rows = (f"{(7919 * k % 1009) / 1009 - 0.5},{(104729 * k % 997) / 997 - 0.5}" for k in range(2000))
        self.write("series.csv", "u,y\n" + "\n".join(rows) + "\n")

    def task(self, name):
        """A task with all that it needs."""
        required = set(re.findall(r"^ +(\w+) \(required\)", listed("tasks")[name], re.MULTILINE))
        self.assertLessEqual(required, set(KEYS.get(name, {})), f"say in KEYS what the task {name} needs")
        return {"name": name, "drive": "none", **KEYS.get(name, {})}

    def check(self, config):
        here = self.result(config, "--force", name="here")
        learners = [name for name in config if name.startswith("learner.")]
        self.assertEqual(len(learner_names(here)), len(learners))
        with on_another_processor():
            there = self.result(config, "--force", name="there")
        for other in (there, self.mixed_job(config)):
            self.check_same_arrays(here, other)
            self.check_same_learner_attributes(here, other)

    def mixed_job(self, config, name="mixed"):
        """One job of two ranks, of which the second has another processor."""
        self.write(f"{name}.ini", config)
        program = [BAYRES, "run", f"{name}.ini", "--quiet", "--force"]
        other = ["env", *(f"{key}={value}" for key, value in OTHER_PROCESSOR.items())]
        finished = subprocess.run([*MPIRUN, "-n", "1", *program, ":", "-n", "1", *other, *program], cwd=self.folder,
                                  env=environment(2), capture_output=True, text=True, timeout=SECONDS_TO_HANG)
        self.assertEqual(finished.returncode, DONE, Finished(finished.returncode, finished.stdout, finished.stderr))
        return self.folder / f"{name}.h5"

    def test_every_task(self):
        names = [name for name in listed("tasks") if re.fullmatch(r"[a-z0-9-]+", name)]
        self.assertGreaterEqual(len(names), 8)
        for name in names:
            spikes = name.startswith("spike-")
            with self.subTest(name):
                config = small(task=self.task(name), protocol={"feedback": "none" if spikes else "teacher", "train": 150,
                                                               "test": 20, "evaluate_at": "50, 150"})
                if spikes:
                    config |= {"neuron": {"model": "poisson" if name == "spike-teacher" else "lif"},
                               "learner.a": {"rule": "delta", "eta": 0.01, "output": "spikes"}}
                self.check(config)

    def every_rule(self, **changes):
        rules = every_rule()
        self.assertGreaterEqual(len(rules), 11)
        rules["learner.exponentiated-gradient"]["eta"] = 0.1
        return small(learner__a=None, reservoir={"size": 203, "noise": 0.01, "bias_scale": 0.1, **changes},
                     task={"name": "lorenz", "dimensions": 3, "drive": "none"},
                     protocol={"train": 60, "test": 5, "evaluate_at": "30", "feedback": "teacher"},
                     record={"rates": "0..9", "network": "true", "weights_every": 200}) | rules

    def test_every_rule(self):
        for storage in ("dense", "sparse"):
            with self.subTest(storage):
                self.check(self.every_rule(storage=storage))

    def test_closed_loops(self):
        config = small(reservoir={"size": 203}, task={"name": "mackey-glass", "drive": "none"},
                       learner__r={"rule": "rls"}, learner__d={"rule": "dale"},
                       protocol={"feedback": "output", "train": 60, "test": 20})
        for precision in ("double", "mixed"):
            with self.subTest(precision):
                self.check(config | {"run": {"precision": precision}})

    def test_networks_of_an_ensemble(self):
        self.check(small(ensemble={"seeds": "1..3"}, task={"name": "triangle", "drive": "target"}))


if __name__ == "__main__":
    unittest.main()
