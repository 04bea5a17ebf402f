#!/usr/bin/python3
"""The experiments on spikes on two networks, shortened: their tables say what the results hold."""
import os
import subprocess
import unittest

import h5py
import numpy as np

import runner
from runner import ROOT


class SpikesExperiments(unittest.TestCase):
    def run_shortened(self, name, **environment):
        folder = runner.new_folder(self.addCleanup)
        done = subprocess.run([ROOT / f"jobs/experiments/{name}/run", folder], capture_output=True, text=True,
                              env=os.environ | {"SEEDS": "1..2"} | environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual((folder / f"figures/{name}.png").read_bytes()[:4], b"\x89PNG")
        return folder, (folder / "figures/results.md").read_text().splitlines()

    def test_readouts(self):
        folder, lines = self.run_shortened("spikes-readouts", SIZES="150", TRAIN="500")
        for task in ("sine", "prod", "sines"):
            with self.subTest(task=task), h5py.File(folder / f"{task}-150.h5") as file:
                errors = {name: group.attrs["test_nrmse"] for name, group in file["learners"].items()}
                cells = next(line for line in lines if line.startswith(f"| 150 | {task} |")).split("|")
                self.assertIn(f" {np.median(errors['bayes']):.3g} [", cells[3])
                self.assertIn(f" {min(np.median(errors[f'delta_{k}']) for k in range(1, 6)):.3g} [", cells[4])
                self.assertIn(f" {np.median(errors['rls']):.3g} [", cells[7])
                self.assertIn(f" {np.sum(errors['bayes'] < errors['delta-decay'])} of 2 ", cells[9])

    def test_loop(self):
        folder, lines = self.run_shortened("spikes-loop", TRAIN="500", TEST="2000", LARGE="150",
                                           LARGE_SEEDS="1..2")
        for name, learner, seconds in (("local", "bayes", 2), ("rls", "rls", 1)):
            with self.subTest(learner=learner), h5py.File(folder / f"{name}.h5") as file:
                scores = file[f"learners/{learner}/free_run"]
                self.assertEqual(scores["aligned_nrmse"].shape, (2, seconds))
                error, ratio = scores["aligned_nrmse"][:, -1], scores["amplitude_ratio"][:, -1]
                held = np.sum((error < 0.25) & (np.abs(ratio - 1) <= 0.25))
                row = next(line for line in lines if line.startswith(f"| {learner} |"))
                self.assertIn(f"| {seconds} s | {held} of 2 | {np.median(error):.3g} [", row)

    def test_outputs(self):
        folder, lines = self.run_shortened("spikes-outputs", TIMES="500,1000,1500,2000", TEST="500")
        for task, count in (("spike-teacher", 4), ("spike-pattern", 3)):
            with self.subTest(task=task), h5py.File(folder / f"{task}-1.h5") as one, h5py.File(folder / f"{task}-2.h5") as two:
                scores = {name: np.array([file[f"learners/{name}/evaluation/log_likelihood"][:, 0] for file in (one, two)])
                          for name in one["learners"]}
                self.assertEqual(scores["bayes"].shape, (2, count))
                rows = [line.split("|") for line in lines if line.startswith(f"| {task} | ") and " s |" in line]
                self.assertEqual([row[2] for row in rows], [" 0.5 s ", " 1 s ", " 1.5 s ", " 2 s "][:count])
                for k, row in enumerate(rows):
                    self.assertIn(f" {np.median(scores['bayes'][:, k]):.3g} [", row[3])
                    self.assertIn(f" {max(np.median(scores[f'delta_{d}'][:, k]) for d in range(1, 9)):.3g} [", row[6])
                    self.assertIn(f" {np.sum(scores['bayes'][:, k] > scores['delta-decay'][:, k])} of 2 ", row[8])


if __name__ == "__main__":
    unittest.main()
