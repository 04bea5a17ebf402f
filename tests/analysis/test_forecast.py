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

    def valid_times(self, task="lorenz"):
        """Medians over starts by (rule, its first parameter), in Lyapunov times."""
        with h5py.File(self.folder / f"{task}-scores.h5") as file:
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

    def test_mackey_glass(self):
        """log10 NRMSE at 84 steps, from the trajectories, and as the table says."""
        with h5py.File(self.folder / "mackey-glass-scores.h5") as file:
            target = file["target"][:, 83]
            sd = file["target"][()].std()
            self.assertEqual(file["time"][83], 84)
            found = {(group.attrs["rule"], *(group.attrs[key] for key in ("lambda", "alpha", "kappa") if key in group.attrs)):
                     np.log10(np.sqrt(np.mean((group["output"][0, :, 83] - target)**2)) / sd) for group in file["learners"].values()}
        self.assertLess(found["ridge", 1e-6], -2.8)
        self.assertAlmostEqual(found["rls", 1e-6], found["ridge", 1e-6], delta=0.1)
        self.assertTrue(-0.7 < found["bayes", 400] < -0.1)
        text = (self.folder / "figures/mackey-glass/forecast.md").read_text()
        row = next(line for line in text.splitlines() if line.startswith("| ridge, lambda = 1e-06 |"))
        self.assertIn(f"| {found['ridge', 1e-6]:.2f} |", row)

    def test_figures_and_tables_are_there(self):
        for task in ("lorenz", "mackey-glass"):
            self.assertEqual((self.folder / f"figures/{task}/forecast.png").read_bytes()[:4], b"\x89PNG")
            text = (self.folder / f"figures/{task}/forecast.md").read_text()
            self.assertIn(f"| ridge, lambda = 1e-06 | {self.valid_times(task)['ridge', 1e-6]:.3g} |", text)

    def test_a_horizon_beyond_what_was_scored(self):
        done = subprocess.run([ROOT / "analysis/bin/forecast", self.folder / "lorenz-scores.h5", "--horizon", "26"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("1 to 1250 steps", done.stderr)


if __name__ == "__main__":
    unittest.main()
