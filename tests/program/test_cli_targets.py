#!/usr/bin/python3
"""Targets of any size: the limit of divergence goes with them, and a report says what cannot be scored or learned well."""
import unittest

import h5py
import numpy as np

from command_line import ALL_DIVERGED, DONE, CommandLineTest, attributes, small

SAMPLES = 400


def filed(path, **changes):
    task = {"name": "file", "drive": "none", "path": path, "input": "u", "target": "y"}
    return small(**{"reservoir": {"size": 64}, "task": task, "protocol": {"train": 30, "test": 6}, **changes})


class TargetsTest(CommandLineTest):
    def series(self, name, y):
        k = np.arange(SAMPLES)
        rows = zip(np.sin(k / 9), y(k) * np.ones(SAMPLES))
        self.write(name, "u,y\n" + "".join(f"{float(u)!r},{float(v)!r}\n" for u, v in rows))

    def reported(self, y, *arguments, code=DONE, ranks=None, **changes):
        self.series("data.csv", y)
        self.write("c.ini", filed("data.csv", **changes))
        finished = self.run_bayres("run", "c.ini", "--force", *arguments, ranks=ranks)
        self.check_code(finished, code)
        return finished.out

    def notes(self, *arguments, **keys):
        return [line.strip() for line in self.reported(*arguments, **keys).splitlines() if "Note:" in line]


class DivergenceGoesWithTheTarget(TargetsTest):
    UNSTABLE = {"learner__a": {"rule": "delta", "eta": 0.2}}

    def step_of_divergence(self, scale, *arguments, ranks=None):
        self.reported(lambda k: scale * np.cos(k / 9), *arguments, code=ALL_DIVERGED, ranks=ranks, **self.UNSTABLE)
        return attributes(self.folder / "c.h5", "learners/a")["diverged_at_step"]

    def test_the_same_step_at_any_large_size(self):
        """A rule that is linear in the target leaves the limit at the same step whatever the unit, if that is relative;
        by an own simulation of the size."""
        steps = {scale: self.step_of_divergence(scale) for scale in (2.0**10, 2.0**20, 2.0**30, 2.0**40)}
        self.assertEqual(len(set(steps.values())), 1, steps)
        self.assertGreater(steps[2.0**10], 5)

    def test_the_step_is_that_of_the_definition(self):
        """The output grows past limit x max(1, root mean square of z* so far) at this step, and not before."""
        scale, limit = 1e6, 30
        step = self.step_of_divergence(scale, f"--protocol.divergence_limit={limit}")
        with h5py.File(self.folder / "c.h5") as file:
            z, target = np.abs(file["learners/a/output"][:, 0]), file["target"][:, 0]
        size = np.maximum(1, np.sqrt(np.cumsum(target**2) / np.arange(1, len(target) + 1)))
        self.assertTrue(np.isnan(z[step]))
        self.assertTrue((z[:step] <= limit * size[:step]).all())
        self.step_of_divergence(scale, "--protocol.divergence_limit=1e9")
        with h5py.File(self.folder / "c.h5") as file:
            self.assertGreater(np.abs(file["learners/a/output"][step, 0]), limit * size[step])

    def test_on_any_number_of_ranks(self):
        self.assertEqual(self.step_of_divergence(1e9, ranks=2), self.step_of_divergence(1e9))

    def test_resumed_with_the_size_of_all_that_was(self):
        """Ridge is silent until the end of training; then a limit near the amplitude is met, or not, by the size that
        the target had from the start of the run on."""
        keys = {"learner__a": {"rule": "ridge", "lambda": 1e-6}, "learner__b": {"rule": "delta", "eta": 1e-12}}
        y = lambda k: 1e9 * np.where(k < 90, 0.1, 1) * np.cos(k / 9)
        limits = ["--protocol.divergence_limit=2", "--protocol.train=12", "--quiet"]
        self.reported(y, *limits, "--protocol.test=18", "-o", "whole.h5", **keys)
        step = attributes(self.folder / "whole.h5", "learners/a")["diverged_at_step"]
        self.assertGreater(step, 120)
        self.reported(y, *limits, "--protocol.test=0", **keys)
        self.check_code(self.run_bayres("resume", "c.h5.checkpoint", "--quiet", "--protocol.test=18"), DONE)
        self.check_same_arrays(self.folder / "whole.h5", self.folder / "c.h5")
        self.assertEqual(attributes(self.folder / "c.h5", "learners/a")["diverged_at_step"], step)

    def test_large_targets_are_learned(self):
        for y in (lambda k: 1e9 * np.cos(k / 9), lambda k: 1e9 + np.cos(k / 9), lambda k: 1e-9 * np.cos(k / 9),
                  lambda k: 1e200 * np.cos(k / 9)):
            self.reported(y)
            learner = attributes(self.folder / "c.h5", "learners/a")
            self.assertEqual(learner["diverged_at_step"], -1)

    def test_what_is_not_finite_has_diverged(self):
        self.reported(lambda k: 1e300 * np.cos(k / 9), code=ALL_DIVERGED, **self.UNSTABLE)


class WhatIsSaid(TargetsTest):
    def test_nothing_of_a_sound_target(self):
        self.assertEqual(self.notes(lambda k: np.cos(k / 9)), [])
        self.assertEqual(self.notes(lambda k: 5 + np.cos(k / 9), task={**filed("data.csv")["task"],
                                                                      "normalise": "zscore"}), [])

    def test_constant(self):
        for ranks in (None, 2):
            notes = self.notes(lambda k: 5.0, ranks=ranks)
            self.assertEqual(len(notes), 1)
            self.assertIn("target y is constant, 5: NRMSE", notes[0])
        self.assertFalse(np.isfinite(attributes(self.folder / "c.h5", "learners/a")["test_nrmse"]))

    def test_constant_where_it_is_tested(self):
        notes = self.notes(lambda k: np.where(k < 300, np.cos(k / 9), 0.25))
        self.assertIn("constant in the test phase", notes[0])

    def test_offset_and_size(self):
        for y, word in ((lambda k: 1e9 + np.cos(k / 9), "mean of target y, 1e+09"),
                        (lambda k: 300 + np.cos(k / 9), "mean of target y, 300"),
                        (lambda k: 1e9 * np.cos(k / 9), "far from the size of a rate"),
                        (lambda k: 1e-9 * np.cos(k / 9), "far from the size of a rate")):
            notes = self.notes(y)
            self.assertEqual(len(notes), 1)
            self.assertIn(word, notes[0])
            self.assertIn("task.normalise = zscore", notes[0])

    def test_a_mean_without_a_bias(self):
        notes = self.notes(lambda k: 2 + np.cos(k / 9), ranks=2)
        self.assertEqual(len(notes), 1)
        self.assertIn("mean of target y, 2", notes[0])
        self.assertIn("there is no bias", notes[0])
        self.assertEqual(self.notes(lambda k: 2 + np.cos(k / 9), reservoir={"size": 64, "bias_scale": 0.1}), [])
        self.assertEqual(self.notes(lambda k: 0.5 + np.cos(k / 9)), [])

    def test_diverged(self):
        notes = self.notes(lambda k: np.cos(k / 9), code=ALL_DIVERGED, learner__a={"rule": "delta", "eta": 1})
        self.assertIn("a diverged: |z| was more than protocol.divergence_limit = 1e+06", notes[0])

    def test_ensembles(self):
        notes = self.notes(lambda k: 5.0, ensemble={"seeds": "1..3"}, ranks=2)
        self.assertEqual(len(notes), 1)
        self.assertIn("constant", notes[0])


if __name__ == "__main__":
    unittest.main()
