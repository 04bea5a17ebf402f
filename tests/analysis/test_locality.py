#!/usr/bin/python3
"""The locality experiment on one network: its table says what the results hold, and V is worth what docs/science.md says."""
import os
import subprocess
import unittest

import h5py

import runner
from runner import ROOT


class Locality(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        done = subprocess.run([ROOT / "jobs/experiments/locality/run", cls.folder], capture_output=True, text=True,
                              env=os.environ | {"SEEDS": "3..3"})
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    def errors(self, task):
        """Held-out error by (rule, size of branch or rate, others)."""
        with h5py.File(self.folder / f"{task}.h5") as file:
            return {(group.attrs["rule"], *(group.attrs[key] for key in ("branch_size", "eta", "others") if key in group.attrs)):
                    float(group.attrs["test_nrmse"][0]) for group in file["learners"].values()}

    def best(self, errors, rule):
        return min(error for key, error in errors.items() if key[0] == rule)

    def test_figure_and_table_are_there(self):
        self.assertEqual((self.folder / "figures/locality.png").read_bytes()[:4], b"\x89PNG")
        text = (self.folder / "figures/results.md").read_text()
        for task, label in (("sines", "sines, driven"), ("lorenz", "Lorenz, one step ahead")):
            self.assertIn(f"| {label} | branch 20 joint | {self.errors(task)['branch', 20, 'joint']:.3g} [", text)
            self.assertIn(f"| {label} | rls | {self.errors(task)['rls',]:.3g} [", text)

    def test_shared_uncertainty_on_sines(self):
        errors = self.errors("sines")
        self.assertLess(errors["branch", 20, "shared"], 0.3 * errors["branch", 20, "prior"])
        self.assertLess(errors["branch", 100, "shared"], 1.5 * errors["rls",])

    def test_shared_uncertainty_where_falling_rates_were_a_handicap(self):
        for task in ("narma10", "mackey-glass"):
            with self.subTest(task=task):
                errors = self.errors(task)
                bayes = errors["bayes", "shared"]
                self.assertLess(bayes, self.best(errors, "delta"))
                self.assertLess(bayes, self.best(errors, "nlms"))
                self.assertLess(bayes, 1.1 * self.best(errors, "adagrad"))
                self.assertLess(errors["branch", 100, "shared"], 1.02 * errors["rls",])

    def test_shared_uncertainty_on_an_electrocardiogram(self):
        self.assertLess(self.errors("ecg")["branch", 100, "shared"], 0.75)


if __name__ == "__main__":
    unittest.main()
