#!/usr/bin/python3
"""The forecast experiment on one network: valid times of each rule are those that its README says, as others found them too."""
import os
import subprocess
import unittest

import h5py
import numpy as np

import runner
from runner import ROOT


class Forecast(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        done = subprocess.run([ROOT / "jobs/experiments/forecast/run", cls.folder], capture_output=True, text=True,
                              env=os.environ | {"SEEDS": "4..4"})
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    def valid_times(self):
        """Medians over starts by (rule, its first parameter), in Lyapunov times."""
        with h5py.File(self.folder / "scores.h5") as file:
            return {(group.attrs["rule"], *(group.attrs[key] for key in ("lambda", "alpha", "kappa") if key in group.attrs)):
                    np.median(group["valid_lyapunov_times"][()]) for group in file["learners"].values()}

    def test_valid_times(self):
        found = self.valid_times()
        ridge = [found["ridge", value] for value in (1e-2, 1e-4, 1e-6)]
        self.assertEqual(ridge, sorted(ridge))
        self.assertGreater(ridge[1], 4)
        self.assertGreater(ridge[2], 5.5)
        for value, expected in zip((1e-2, 1e-4, 1e-6), ridge):
            self.assertLess(abs(found["rls", value] - expected), 0.3)
        self.assertTrue(0.05 < found["bayes", 300] < 1, "the truth leaks into the free run, or nothing was learned")
        self.assertGreater(found["branch", 1e-2], 2 * found["branch", 281])

    def test_figure_and_table_are_there(self):
        self.assertEqual((self.folder / "figures/forecast.png").read_bytes()[:4], b"\x89PNG")
        text = (self.folder / "figures/forecast.md").read_text()
        self.assertIn(f"| ridge, lambda = 1e-06 | {self.valid_times()['ridge', 1e-6]:.3g} |", text)


if __name__ == "__main__":
    unittest.main()
