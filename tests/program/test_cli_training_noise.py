#!/usr/bin/python3
"""task.normalise of any task, and task.training_noise: against numpy, on any number of ranks, resumed and evaluated."""
import pathlib
import sys
import unittest

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis"))

import bayres
from command_line import DONE, USAGE, CommandLineTest, small

SD = 0.05
STOPPED = 75
LORENZ = {"name": "lorenz", "drive": "none", "horizon": 0.1}


def config(task, **changes):
    record = {"every": 1, "network": "true", "rates": "0..69"}
    return small(**{"reservoir": {"size": 70, "noise": 0}, "task": task, "record": record,
                    "protocol": {"washout": 2, "train": 20, "test": 8}, **changes})


class NormaliseTest(CommandLineTest):
    def test_mean_0_and_sd_1_over_washout_and_training_and_back(self):
        self.result(config(LORENZ), name="plain")
        path = self.result(config(LORENZ | {"normalise": "zscore"}), ranks=3)
        self.result(config(LORENZ | {"normalise": "zscore"}), name="other")
        self.check_same_arrays(self.folder / "c.h5", self.folder / "other.h5")
        with h5py.File(self.folder / "plain.h5") as plain, bayres.Result(path) as result:
            for name in ("input", "target"):
                values = plain[name][()]
                seen = values[plain["phase"][()] < 2]
                scaled = (values - seen.mean(0)) / seen.std(0)
                np.testing.assert_allclose(result.series(name), scaled, rtol=1e-9, atol=1e-12)
                np.testing.assert_allclose(getattr(result, name), values, rtol=1e-9, atol=1e-9)
            z = result.learners["a"].series("output")
            mean, sd = (plain["target"][()][plain["phase"][()] < 2].mean(0), plain["target"][()][plain["phase"][()] < 2].std(0))
            np.testing.assert_allclose(result.learners["a"].output, z * sd + mean, rtol=1e-9)

    def test_drive_target_hears_the_scaled_target(self):
        for task in ({"name": "narma10", "drive": "none"}, {"name": "lorenz", "drive": "target"}):
            with h5py.File(self.result(config(task | {"normalise": "zscore"}), "--force")) as file:
                for name in ("input", "target"):
                    seen = file[name][()][file["phase"][()] < 2]
                    np.testing.assert_allclose([seen.mean(0), seen.std(0)], [0 * seen[0], 1 + 0 * seen[0]], atol=1e-9)
                    self.assertIn("mean", file[name].attrs)

    def test_evaluation_and_resume_scale_alike(self):
        whole = self.result(config(LORENZ | {"normalise": "zscore"}), name="whole")
        self.result(config(LORENZ | {"normalise": "zscore"}, protocol={"washout": 2, "train": 20, "test": 0}))
        finished = self.run_bayres("resume", "c.h5.checkpoint", "--quiet", "--protocol.test=8", ranks=2)
        self.check_code(finished, DONE)
        self.check_same_arrays(whole, self.folder / "c.h5")
        finished = self.run_bayres("resume", "c.h5.checkpoint", "--quiet", "--protocol.train=30", "--force")
        self.check_code(finished, USAGE)
        finished = self.run_bayres("evaluate", "whole.h5", "-o", "e.h5", "--evaluate.start=22", "--evaluate.span=8",
                                   "--evaluate.trajectories=true")
        self.check_code(finished, DONE)
        with h5py.File(whole) as run, h5py.File(self.folder / "e.h5") as scores:
            np.testing.assert_array_equal(scores["target"][()], run["target"][()][run["phase"][()] == 2])
            np.testing.assert_array_equal(scores["target"].attrs["mean"], run["target"].attrs["mean"])

    def test_an_ensemble_keeps_the_scales(self):
        path = self.result(config(LORENZ | {"normalise": "zscore"}, ensemble={"seeds": "1..2"}), ranks=2)
        with h5py.File(path) as file:
            self.assertEqual(len(file["target"].attrs["sd"]), 1)


class TrainingNoiseTest(CommandLineTest):
    def added(self, noisy, clean, name="input"):
        with h5py.File(noisy) as one, h5py.File(clean) as other:
            return one[name][()] - other[name][()], other["phase"][()]

    def test_of_the_input_in_training_alone(self):
        clean = self.result(config(LORENZ), name="clean")
        noisy = self.result(config(LORENZ | {"training_noise": SD}), ranks=3)
        same = self.result(config(LORENZ | {"training_noise": SD}), name="same")
        other = self.result(config(LORENZ | {"training_noise": SD}, run={"seed": 2}), name="other")
        self.check_same_arrays(noisy, same)
        noise, phase = self.added(noisy, clean)
        np.testing.assert_array_equal(noise[phase != 1], 0)
        drawn = noise[phase == 1].ravel() / SD
        self.assertEqual(len(set(np.round(drawn, 6))), drawn.size)
        self.assertLess(abs(drawn.mean()), 4 / np.sqrt(drawn.size))
        self.assertLess(abs(drawn.std() - 1), 4 / np.sqrt(2 * drawn.size))
        np.testing.assert_array_equal(self.added(noisy, clean, "target")[0], 0)
        self.assertGreater(np.abs(self.added(noisy, other)[0][phase == 1]).min(), 0)

    def heard(self, path):
        """y that drove each step (time, output), from the rates of all neurons and the network."""
        with h5py.File(path) as file:
            network = file["network"]
            J = np.zeros((70, 70))
            if "J" in network:
                J = network["J"][()]
            else:
                indptr = network["J_indptr"][()]
                J[np.repeat(np.arange(70), np.diff(indptr)), network["J_indices"][()]] = network["J_data"][()]
            x = np.vstack([network["x0"][()], np.arctanh(file["rates"][()])])
            driven = (x[1:] - x[:-1]) / 0.1 + x[:-1] - np.tanh(x[:-1]) @ J.T - network["bias"][()]
            return np.linalg.lstsq(network["W_fb"][()], driven.T, rcond=None)[0].T, file["target"][()], file["phase"][()]

    def test_of_a_teacher_in_training_alone(self):
        task = {"name": "sines", "drive": "none", "training_noise": SD}
        path = self.result(config(task, protocol={"washout": 2, "train": 20, "test": 0, "feedback": "teacher"}))
        y, target, phase = self.heard(path)
        noise = y[1:] - target[:-1]
        self.assertLess(np.abs(noise[phase[1:] == 0]).max(), 1e-9)
        drawn = noise[phase[1:] == 1].ravel() / SD
        self.assertLess(abs(drawn.std() - 1), 4 / np.sqrt(2 * drawn.size))

    def test_a_test_and_an_evaluation_begin_with_the_clean_target(self):
        task = {"name": "sines", "drive": "none", "training_noise": SD}
        protocol = {"washout": 2, "train": 20, "test": 4, "feedback": "teacher", "evaluate_at": "22", "evaluate_span": 4,
                    "state_noise": SD}
        path = self.result(config(task, protocol=protocol), ranks=2)
        with h5py.File(path) as file:
            self.assertAlmostEqual(file["learners/a/evaluation/nrmse"][0, 0], file["learners/a"].attrs["test_nrmse"], 12)
        y, target, phase = self.heard(path)
        first = np.flatnonzero(phase == 2)[0]
        np.testing.assert_allclose(y[first], target[first - 1], atol=1e-9)

    def test_resumed_within_training(self):
        """On another number of ranks, after a stop by wall time; with noise on the input, on the teacher and on states."""
        # So long that no machine is through before it is stopped.
        long = config(LORENZ | {"training_noise": SD}, record={"every": 1000, "network": "true", "rates": None},
                      learner__a={"rule": "rls"}, protocol={"train": 100000, "test": 8, "feedback": "teacher",
                                                             "state_noise": SD, "feedback_noise": 2 * SD})
        whole = self.result(long, name="whole")
        self.result(long, "--max-walltime", "0:0:1", code=STOPPED)
        with h5py.File(self.folder / "c.h5.checkpoint") as file:
            self.assertIn(file.attrs["steps_done"], range(100, 990000))
        self.check_code(self.run_bayres("resume", "c.h5.checkpoint", "--quiet", "--max-walltime", "1:0:0", ranks=2), DONE)
        self.check_same_arrays(whole, self.folder / "c.h5")

    def test_each_kind_by_itself_on_any_number_of_ranks(self):
        """Values: numpy draws them again in tests/analysis/test_crosscheck.py."""
        protocol = {"washout": 2, "train": 8, "test": 2, "feedback": "output"}
        large = config(LORENZ, protocol=protocol, reservoir={"size": 330, "noise": 0.01}, record={"rates": "0..329"})
        quiet = self.result(large, name="quiet")
        keys = [f"--protocol.{kind}_noise={SD}" for kind in ("input", "feedback", "state")]
        for kind in keys:
            path = self.result(large, kind, "--force")
            with h5py.File(path) as one, h5py.File(quiet) as other:
                differs = (one["rates"][()] != other["rates"][()]).any(1)
                first = np.flatnonzero(one["phase"][()] == 1)[0]
                self.assertFalse(differs[:first].any(), kind)
                self.assertTrue(differs[first:].all(), kind)
                self.assertEqual((one["input"][()] != other["input"][()]).any(), "input" in kind)
        whole = self.result(large, *keys, name="whole")
        for ranks in (2, 3, 5):
            self.check_same_arrays(whole, self.result(large, *keys, "--force", ranks=ranks))

    def test_what_makes_no_sense(self):
        for keys, words in (({"training_noise": -1}, "task.training_noise"), ({"normalise": "maxmin"}, "none, zscore"),
                            ({"training_noise": 1, "name": "sines", "horizon": 0}, "without an input or a teacher")):
            self.write("c.ini", config(LORENZ | keys))
            finished = self.run_bayres("run", "c.ini")
            self.check_code(finished, USAGE)
            self.assertIn(words, finished.err)
        for keys, words in (({"input_noise": 1}, "without an input"), ({"feedback_noise": 1}, "protocol.feedback = none"),
                            ({"state_noise": -1}, "allowed is >= 0")):
            self.write("c.ini", config({"name": "sines", "drive": "none"}, protocol={"train": 5, "test": 1, **keys}))
            finished = self.run_bayres("run", "c.ini")
            self.check_code(finished, USAGE)
            self.assertIn(words, finished.err)
        self.write("c.ini", config({"name": "delayed-xor", "drive": "none", "normalise": "zscore"},
                                   protocol={"washout": 0, "train": 1, "test": 0}))
        finished = self.run_bayres("run", "c.ini", ranks=2)
        self.check_code(finished, USAGE)
        self.assertIn("is constant over the training time", finished.err)


if __name__ == "__main__":
    unittest.main()
