#!/usr/bin/python3
"""Golden runs: every array of the runs in tests/golden has the digest that stands in tests/golden/digests.txt, on any
number of ranks; and files that earlier versions wrote are read, or refused by name.

A change of bits is a deliberate one: say in CHANGELOG.md what changed and why, then write the digests anew with

    export BAYRES=$PWD/build/dev/bayres BAYRES_ANALYZE=$PWD/build/dev/bayres-analyze BAYRES_MPIRUN_BASE=mpirun
    /usr/bin/python3 -B tests/program/test_cli_golden.py --write

and commit them with the change. Arrays that are new are accepted in the same way; the difference of digests.txt then
has additions alone."""
import hashlib
import itertools
import lzma
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

from command_line import (DONE, INPUT_OUTPUT, CommandLineTest, attributes, command, data_sets, environment, listed,
                          on_another_processor)

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
DIGESTS = GOLDEN / "digests.txt"
RUNS = sorted(path.stem for path in GOLDEN.glob("*.ini"))
# What is scored under other conditions: the file that is evaluated, and how.
EVALUATIONS = {
    "evaluate-states": ("every-rule.checkpoint", "initial_states=2", "input_noise=0.01", "pulse_size=0.1",
                        "pulse_time=2", "speed=1.5", "washout=1"),
    "evaluate-loop": ("triangle-teacher.h5", "closed_loop=true", "noise=0", "span=5", "start=40", "washout=2"),
    "evaluate-ensemble": ("ensemble.h5", "input_scale=1.1", "start=20", "initial_states=2"),
    "evaluate-starts": ("features.h5", "spacing=7"),
}
ANALYSES = ("every-rule", "ensemble", "narma10-mixed")  # the last one long enough for a power spectrum
# Of an earlier format, every file: what this version does with it.
READ, REFUSED = "read", "refused"
FIXTURES = {"bayres checkpoint 2": READ, "bayres checkpoint 3": READ}


def digest(array):
    """Of type, shape and bytes; any not-a-number counts as the same."""
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    text = f"{array.dtype.str} {array.shape} ".encode()
    return hashlib.sha256(text + np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def computed(path):
    """The arrays of a file, and the numbers that are attributes of learners, as {name: array}. Left out is
    /performance: how long it took, and where, is what ranks are for."""
    found = {name: array for name, array in data_sets(path).items() if name.split("/")[0] != "performance"}
    with h5py.File(path) as file:
        for learner, group in file.get("learners", {}).items():
            found |= {f"learners/{learner}@{key}": np.asarray(value) for key, value in group.attrs.items()
                      if np.asarray(value).dtype.kind in "fi"}
    return found


def run_all(folder, ranks):
    """Makes every file in a folder; {file: {array: digest}}."""
    for source in GOLDEN.glob("*.*"):
        (folder / source.name).write_bytes(source.read_bytes())
    commands = [command("run", f"{name}.ini", "--quiet", "--checkpoint", f"{name}.checkpoint", ranks=ranks)
                for name in RUNS]
    commands += [command("evaluate", source, *(f"--evaluate.{key}" for key in keys), "-o", f"{name}.h5", ranks=ranks)
                 for name, (source, *keys) in EVALUATIONS.items()]
    analyze = command(ranks=ranks)[:-1] + [os.path.abspath(os.environ["BAYRES_ANALYZE"])]
    commands += [[*analyze, f"{name}.h5", "--quiet", "--segment", "256", "-o", f"analysis-{name}.h5"] for name in ANALYSES]
    for line in commands:
        subprocess.run(line, cwd=folder, env=environment(ranks), check=True, stdout=subprocess.DEVNULL, timeout=120)
    files = sorted(itertools.chain(folder.glob("*.h5"), folder.glob("*.checkpoint")))
    return {f"{file.name} {name}": digest(array) for file in files for name, array in computed(file).items()}


def words(digests):
    return "".join(f"{value} {name}\n" for name, value in sorted(digests.items()))


def kept():
    lines = (line.split(" ", 1) for line in DIGESTS.read_text().splitlines())
    return {name: value for value, name in lines}


class GoldenTest(unittest.TestCase):
    def check(self, ranks):
        with tempfile.TemporaryDirectory() as folder:
            found = run_all(pathlib.Path(folder), ranks)
        expected = kept()
        problems = [f"differs: {name}" for name in expected if name in found and found[name] != expected[name]]
        problems += [f"is missing: {name}" for name in expected if name not in found]
        problems += [f"is new: {name}" for name in found if name not in expected]
        if problems:
            self.fail("\n".join(["Golden runs changed. What to do about it stands at the beginning of this file.",
                                 *sorted(problems)]))

    def test_on_one_rank(self):
        self.check(None)

    def test_on_three_ranks(self):
        self.check(3)

    def test_on_another_processor(self):
        with on_another_processor():
            self.check(None)

    def test_a_bit_of_a_number_and_its_type_and_shape_are_seen(self):
        numbers = np.array([[1.0, np.nan], [0.0, 3.0]])
        others = [numbers.T, numbers.reshape(-1), numbers.astype("f4"), np.nextafter(numbers, 4), numbers * [[1], [-1]]]
        self.assertEqual(len({digest(array) for array in [numbers, *others]}), 1 + len(others))
        self.assertEqual(digest(numbers), digest(-np.array([[-1.0, np.nan], [-0.0, -3.0]])))

    def test_every_rule_task_neuron_and_choice_is_in_a_golden_run(self):
        """What is registered later has to be added to a run here."""
        text = "\n".join((GOLDEN / f"{name}.ini").read_text() for name in RUNS)
        used = {(key.strip(), value.strip()) for key, _, value in
                (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))}
        needed = {("rule", name) for name in listed("rules") if " " not in name}
        needed |= {("name", name) for name in listed("tasks") if " " not in name}
        # What a run without the key has is there too.
        needed |= {("feedback", "teacher"), ("feedback", "output"), ("storage", "dense"), ("storage", "sparse"),
                   ("precision", "single"), ("precision", "mixed"), ("weight_type", "float32"),
                   ("weight_type", "bfloat16"), ("drive", "target"), ("network", "true")}
        models = {name for name in listed("neurons") if " " not in name} - {"Neurons"}
        needed |= {("structure", name) for name in listed("connections") if " " not in name and name != "random"}
        needed |= {("model", name) for name in models - {"tanh"}}
        self.assertGreater(len(needed), 25)
        self.assertEqual(sorted(needed - used), [])


class FixtureTest(CommandLineTest):
    """Files of the formats that FIXTURES names, from commits 40f72c3 and, with -3 in their names, 0af574d: `complete` and
    `ensemble` are what `stopped` and `ensemble-stopped` become, `evaluation` is that of `complete`. Their paths are relative
    to the folder of the job."""

    def setUp(self):
        super().setUp()
        for source in (GOLDEN / "fixtures").glob("*.xz"):
            (self.folder / source.stem).write_bytes(lzma.decompress(source.read_bytes()))

    def check_close(self, path, expected):
        found, known = computed(self.folder / path), computed(self.folder / expected)
        # It was an attribute in the result of one network.
        known = {name.replace("@test_nrmse_per_output", "/test_nrmse_per_output"): array for name, array in known.items()}
        self.assertEqual(sorted(set(known) - set(found)), [])
        for name, array in known.items():
            np.testing.assert_allclose(found[name], array, rtol=1e-6, atol=1e-9, err_msg=name)

    def read(self, path, *arguments, ranks=None):
        """Whether the file was read; if not, it must be meant so, and the message must name file and format."""
        form = attributes(self.folder / path).get("format", "bayres checkpoint 2").replace("ensemble ", "")
        finished = self.run_bayres(*arguments, ranks=ranks)
        if FIXTURES[form] == READ:
            self.check_code(finished, DONE)
            return True
        self.check_code(finished, INPUT_OUTPUT)
        self.assertIn(path, finished.own_err)
        self.assertIn(form, finished.own_err)
        return False

    def check_resumed(self, name, expected, ranks=None):
        file = f"{name}.h5.checkpoint"
        if self.read(file, "resume", file, "--quiet", ranks=ranks):
            self.assertEqual(attributes(self.folder / f"{name}.h5")["status"], "complete")
            self.check_close(f"{name}.h5", expected)

    def test_a_stopped_run_is_resumed(self):
        self.check_resumed("stopped", "complete.h5")

    def test_a_stopped_run_is_resumed_on_more_ranks(self):
        self.check_resumed("stopped", "complete.h5", ranks=2)

    def test_a_stopped_run_of_format_3_is_resumed(self):
        self.check_resumed("stopped-3", "complete-3.h5", ranks=3)

    def test_ridges_that_kept_the_same_sums_twice_are_resumed(self):
        """Of format 3, from commit a0803d7. Sums of the target were not kept, and how well they fit is not known."""
        self.check_resumed("ridge-stopped", "ridge-complete.h5")
        learner = attributes(self.folder / "ridge-stopped.h5", "learners/ridge_2")
        self.assertEqual(learner["fit_lambda"], 1)
        self.assertTrue(np.isnan(learner["fit_nrmse"]))

    def test_a_stopped_ensemble_is_resumed(self):
        self.check_resumed("ensemble-stopped", "ensemble.h5")

    def test_a_checkpoint_is_evaluated(self):
        file = "complete.h5.checkpoint"
        if self.read(file, "evaluate", file, "-o", "e.h5"):
            self.check_close("e.h5", "evaluation.h5")

    def test_a_result_is_evaluated(self):
        """After a washout its state is the one of the checkpoint, whose time then follows."""
        if self.read("complete.h5", "evaluate", "complete.h5", "-o", "e.h5", "--evaluate.start=4110",
                     "--evaluate.washout=100", "--evaluate.span=200"):
            self.check_close("e.h5", "evaluation.h5")

    def test_all_are_inspected(self):
        for file in self.files():
            with self.subTest(file):
                finished = self.run_bayres("inspect", file)
                self.check_code(finished, DONE)
                self.assertIn("every byte is as it was written", finished.out)

    def test_results_are_analysed(self):
        for file, networks in (("complete.h5", 1), ("ensemble.h5", 2)):
            finished = subprocess.run([os.path.abspath(os.environ["BAYRES_ANALYZE"]), file, "-o", f"{file}.a"],
                                      cwd=self.folder, env=environment(None), capture_output=True, text=True,
                                      timeout=60)
            self.assertEqual(finished.returncode, DONE, finished.stderr)
            found, result = data_sets(self.folder / f"{file}.a"), data_sets(self.folder / file)
            for learner in ("bayes", "rls"):
                curve = result[f"learners/{learner}/evaluation/nrmse"].mean(axis=-1)
                np.testing.assert_allclose(found[f"conditions/c0/learners/{learner}/evaluation/nrmse"],
                                           curve.reshape(networks, -1), rtol=1e-12)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        with tempfile.TemporaryDirectory() as made:
            DIGESTS.write_text(words(run_all(pathlib.Path(made), None)))
    else:
        unittest.main()
