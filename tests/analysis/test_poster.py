#!/usr/bin/python3
"""The poster's experiments, all of them, on two networks: each gives its figure and its part of the table."""
import os
import re
import subprocess
import unittest

import h5py
import numpy as np

import runner
from runner import ROOT

FIGURES = ["dale", "frontier", "generalization", "heterosynaptic", "poster", "stability"]


class Poster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        done = subprocess.run([ROOT / "jobs/experiments/poster/run", cls.folder], capture_output=True, text=True,
                              env=os.environ | {"SEEDS": "1..2"})
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.text = (cls.folder / "figures/results.md").read_text()

    def section(self, title):
        return re.search(rf"## {title}\n(.*?)(\n## |\Z)", self.text, re.DOTALL)[1]

    def test_every_figure_is_there(self):
        for name in FIGURES:
            self.assertEqual((self.folder / f"figures/{name}.png").read_bytes()[:4], b"\x89PNG", name)

    def test_table_says_what_the_results_hold(self):
        with h5py.File(self.folder / "faster.h5") as file:
            error = np.median(file["learners/bayes"].attrs["test_nrmse"])
        self.assertIn(f"| {error:.3g} [", self.section("Faster, and better at once"))
        with h5py.File(self.folder / "frontier-closed.h5") as file:
            errors = [np.median(file[f"learners/branch_{k}"].attrs["test_nrmse"]) for k in (1, 8)]
        for error in errors:
            self.assertIn(f"| {error:.3g} [", self.section("The locality frontier"))

    def test_no_weight_of_dale_changes_sign(self):
        with h5py.File(self.folder / "dale.h5") as file:
            weights = file["learners/dale/weights"][()]
        self.assertTrue((np.sign(weights[:, 0]) == np.sign(weights[:, -1])).all())
        self.assertRegex(self.section("Dale's law"), r"`dale` \| [^|]* \| 0 \|")

    def test_silent_synapses_change_only_where_they_share_a_resource(self):
        with h5py.File(self.folder / "heterosynaptic-1.h5") as file:
            for name, group in file["learners"].items():
                silent = group["weights"][-1, 0, ::4]
                self.assertEqual(bool(np.all(silent == 0)), name == "free", name)

    def test_running_error_is_that_of_the_first_period(self):
        with h5py.File(self.folder / "faster.h5") as file:
            inside = file["time"][()] <= 120
            error = np.abs(file["target"][()] - file["learners/bayes/output"][()])[:, inside].mean(axis=(1, 2))
        self.assertIn(f"| `bayes` |  | {np.median(error):.3g} [", self.text)


if __name__ == "__main__":
    unittest.main()
