#!/usr/bin/python3
"""The experiment on the closed loop, with short training on two networks: figures, and a table that says what the results hold."""
import os
import subprocess
import unittest

import h5py
import numpy as np

import runner
from runner import ROOT


class ClosedLoop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        done = subprocess.run([ROOT / "jobs/experiments/closed-loop/run", cls.folder], capture_output=True, text=True,
                              env=os.environ | {"SEEDS": "1..2", "TRAIN": "180"})
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.text = (cls.folder / "figures/results.md").read_text()

    def test_figures_are_there(self):
        for name in ("closed-loop", "stability", "large"):
            self.assertEqual((self.folder / f"figures/{name}.png").read_bytes()[:4], b"\x89PNG", name)

    def test_table_says_what_the_results_hold(self):
        with h5py.File(self.folder / "output-four-60.h5") as file:
            (branch,) = (group for group in file["learners"].values()
                         if group.attrs["rule"] == "branch" and group.attrs["branch_size"] == 100)
            error = np.median(branch.attrs["test_nrmse"])
            aligned = np.median(branch["free_run/aligned_nrmse"][()].max(axis=1))
            held = int(branch["free_run/held"][()].sum())
        row = next(line for line in self.text.split("### output, four sines")[1].splitlines() if "branch 100 shared" in line)
        for value in (f"| {held} of 2 |", f"| {error:.3g} [", f"| {aligned:.3g} ["):
            self.assertIn(value, row)

    def test_weights_still_move(self):
        with h5py.File(self.folder / "output-sine-60.h5") as file:
            weights = file["learners/bayes_1/weights"][:, -2:, 0]
        moved = np.linalg.norm(weights[:, 1] - weights[:, 0], axis=-1) / np.linalg.norm(weights[:, 0], axis=-1)
        self.assertGreater(np.median(moved), 0)
        row = next(line for line in self.text.split("movement of weights")[1].splitlines() if line.startswith("| bayes |"))
        self.assertIn(f"| {np.median(moved):.3g} [", row)

    def test_a_large_network_is_in_the_table(self):
        self.assertRegex(self.text, r"`rls` would need 800 MB")


if __name__ == "__main__":
    unittest.main()
