#!/usr/bin/python3
"""Reservoirs side by side forecast the equation of Kuramoto and Sivashinsky as far as others found that they do, and no farther
where they do not hear their neighbours; what the experiment and the benchmark run works."""
import os
import re
import subprocess
import sys
import unittest

import h5py
import numpy as np

import runner
from runner import ROOT

HERE = ROOT / "jobs/experiments/parallel"


class Parallel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)

    def checked(self, *command, **environment):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=os.environ | environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def forecast(self, name, config, *keys):
        """Medians over starts of the valid time, in Lyapunov times, of each learner."""
        for words in (["run", HERE / f"{config}.ini", "-o", f"{name}.h5", *keys], ["evaluate", f"{name}.h5", "-o", f"{name}-scores.h5"]):
            done = runner.start([*words, "--force", "--quiet"], self.folder)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with h5py.File(self.folder / f"{name}-scores.h5") as file:
            return {learner: np.median(group["valid_lyapunov_times"][()]) for learner, group in file["learners"].items()}

    def test_groups_that_hear_their_neighbours_see_far(self):
        small = ("--reservoir.size=300", "--reservoir.connectivity=0.0333", "--protocol.train=1250")
        found = self.forecast("ks", "ks44", *small)
        for learner in ("ridge_1", "ridge_2"):
            self.assertGreater(found[learner], 2.3)
        alone = self.forecast("alone", "ks44", *small, "--parallel.overlap=0")
        for learner in ("ridge_1", "ridge_2"):
            self.assertLess(alone[learner], 0.8)

    def test_rules_that_learn_online(self):
        """On a fifth of the data."""
        found = self.forecast("online", "online", "--protocol.train=500", "--evaluate.starts=8", "--evaluate.span=80")
        self.assertGreater(found["branch20_2"], 0.7)
        self.assertGreater(found["branch100_2"], 1.6)
        self.assertTrue(0.02 < found["bayes"] < 1, "the truth leaks into the free run, or nothing was learned")

    def test_lorenz96(self):
        self.assertGreater(self.forecast("lorenz96", "lorenz96", "--protocol.train=30")["ridge_2"], 2.5)

    def test_table_of_the_experiment(self):
        self.forecast("ks44", "ks44", "--protocol.train=50", "--ensemble.seeds=1..2", "--reservoir.size=100")
        text = self.checked("/usr/bin/python3", HERE / "parallel.py", self.folder, "-o", self.folder / "table")
        self.assertRegex(text, r"\| ks44 \| ridge, lambda = 0\.0001 \| .*e.* \| .* - .* \|")

    def test_numpy_does_the_same(self):
        """With other random numbers, and too few steps for more."""
        text = self.checked(sys.executable, ROOT / "tests/benchmark/parallel_peer.py", "--neurons", 200, "--train", 1500, "--starts", 5)
        theirs = float(re.search(r"median ([\d.]+)", text)[1])
        ours = self.forecast("short", "ks44", "--reservoir.size=200", "--reservoir.connectivity=0.05", "--protocol.train=375",
                             "--learner.ridge.lambda=2.4e-4")["ridge"]
        self.assertTrue(0.5 < ours / theirs < 2, f"{ours} and {theirs}")


if __name__ == "__main__":
    unittest.main()
