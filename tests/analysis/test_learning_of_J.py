#!/usr/bin/python3
"""The experiment on learning J, with short training on two networks: figures, and tables that say what the results hold."""
import os
import subprocess
import unittest

import h5py
import numpy as np

import runner
from runner import ROOT


class Recurrent(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        done = subprocess.run([ROOT / "jobs/experiments/recurrent/run", cls.folder], capture_output=True, text=True,
                              env=os.environ | {"SEEDS": "1..2", "TRAIN": "1000", "SIZES": "64:1..2 128:1..3"})
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.text = (cls.folder / "figures/results.md").read_text()

    def row(self, title, label):
        part = self.text.split(f"## {title}")[1].split("##")[0]
        return next(line for line in part.splitlines() if line.startswith(f"| {label} |"))

    def test_figure_is_there(self):
        for name in ("recurrent", "recurrent_scaling", "delayed-match"):
            self.assertEqual((self.folder / f"figures/{name}.png").read_bytes()[:4], b"\x89PNG")

    def test_right_answers_of_rewarded_trials_are_what_the_result_holds(self):
        with h5py.File(self.folder / "delayed-match.h5") as file:
            right, phase = file["learners/miconi/trial_right"][..., 0], file["trial_phase"][()]
        learning, frozen = 100 * right[:, phase == 1], 100 * right[:, phase == 2].mean(axis=1)
        self.assertEqual(learning.shape, (2, 100))
        row = self.row("delayed match, rewards", "miconi, eta = 0.1")
        self.assertIn(f"| {np.median(learning[:, 25:].mean(axis=1)):.3g} |", row)
        self.assertIn(f"| {np.median(frozen):.3g} ({frozen.min():.3g} to {frozen.max():.3g}) |", row)

    def test_sizes_are_compared(self):
        with h5py.File(self.folder / "scaling-128-J.h5") as file:
            attributes = file["learners/a"].attrs
            self.assertEqual(attributes["recurrent.apply_every"], 4)
            frozen = np.median(attributes["test_nrmse"])
        rows = [line for line in self.text.split("## Size")[1].splitlines() if line.startswith("| 128 | J learned by bayes | 3 |")]
        self.assertEqual(len(rows), 1)
        self.assertIn(f"| {frozen:.3g} [", rows[0])

    def test_tables_say_what_the_results_hold(self):
        with h5py.File(self.folder / "flip-flop.h5") as file:
            target, phase = file["target"][:, 0], file["phase"][()]
            group = file["learners/bayes_2"]
            self.assertEqual(group.attrs["recurrent.kappa"], 300)
            training = np.flatnonzero(phase == 1)
            tenth = training[len(training) // 10:2 * (len(training) // 10)]
            error = group["output"][:, tenth, 0] - target[tenth]
            early = np.median(np.sqrt((error**2).mean(axis=1)) / target[training].std())
            frozen = np.median(group.attrs["test_nrmse"])
        row = self.row("flip-flop, g = 0.9", "bayes 300")
        self.assertIn(f"| {early:.3g} [", row)
        self.assertIn(f"| {frozen:.3g} [", row)

    def test_every_case_has_every_learner(self):
        for title in ("flip-flop, g = 1.2", "delayed XOR, trials", "pattern after a cue, trials"):
            for label in ("readout only", "bayes 100", "delta 0.003", "adagrad 0.001"):
                self.row(title, label)


if __name__ == "__main__":
    unittest.main()
