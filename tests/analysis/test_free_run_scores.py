#!/usr/bin/python3
"""The scores of free runs, against an independent computation in numpy from recorded targets and outputs."""

import unittest

import h5py
import numpy as np

import runner
from bayres.figures import error_in_sd
from bayres.forecast import Forecasts

CONFIG = """
[reservoir]
size = 100
gain = 1.5
[task]
{task}
[protocol]
feedback = {feedback}
washout = 30
train = {train}
test = {test}
[learner.bayes]
rule = bayes
[learner.delta]
rule = delta
eta = 1e-3, 3
[free_run]
segment = 256
{keys}
"""
SINES = {"task": "name = sines\nperiods = 30, 15\namplitudes = 1, 0.5", "feedback": "output", "train": 900, "test": 150, "keys": ""}
LORENZ = {"task": "name = lorenz\ndimensions = 3\nscale = 0.1", "feedback": "teacher", "train": 300, "test": 100, "keys": ""}


def aligned(z, target):
    """(lag in steps, NRMSE, ratio of sd) of one period, by a Fourier series of 64 times as many points."""
    n = len(target)
    products = np.fft.rfft(z - z.mean()) * np.conj(np.fft.rfft(target - target.mean()))
    correlation = np.fft.irfft(products, 64 * n)
    lag = np.argmax(correlation) / 64
    shifted = np.fft.irfft(np.fft.rfft(target) * np.exp(-2j * np.pi * np.arange(n // 2 + 1) * lag / n), n)
    lag = lag - n if lag > n / 2 else lag
    return lag, np.sqrt(np.mean((z - shifted)**2) / target.var()), z.std() / target.std()


def power(x, length=256):
    """Sums over Hann windows that overlap by half."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    parts = [x[start:start + length] for start in range(0, len(x) - length + 1, length // 2)]
    return sum(np.abs(np.fft.rfft((part - part.mean()) * window))**2 for part in parts)[1:]


def hellinger(p, q):
    return np.sqrt(1 - np.sum(np.sqrt(p / p.sum() * q / q.sum())))


def histogram(x, mean, sd):
    return np.bincount(np.clip(np.floor((x - mean) / sd * 5) + 21, 0, 41).astype(int), minlength=42)


class FreeRunScores(unittest.TestCase):
    def setUp(self):
        self.folder = runner.new_folder(self.addCleanup)

    def run_once(self, config, *keys):
        return runner.run(self.folder, "run", CONFIG.format(**config), *keys)

    def check(self, path, dt, period, exponent):
        with h5py.File(path) as file:
            target, phase = file["target"][()], file["phase"][()]
            mean, sd = target[phase < 2].mean(axis=0), target[phase < 2].std(axis=0)
            for name, learner in file["learners"].items():
                found = {key: data[()] for key, data in learner["free_run"].items()}
                goal, z = target[phase == 2], learner["output"][()][phase == 2]
                with self.subTest(learner=name):
                    self.assertTrue(all(data.attrs["units"] and data.attrs["long_name"] for data in learner["free_run"].values()))
                    if learner.attrs["diverged_at_step"] >= 0:
                        self.check_diverged(found)
                        continue
                    error = np.sqrt(np.mean(((z - goal) / sd)**2, axis=1))
                    valid = np.argmax(error > 0.4) if (error > 0.4).any() else len(error)
                    self.assertAlmostEqual(found["valid_time"], valid * dt, places=9)
                    self.assertEqual("valid_lyapunov_times" in found, exponent > 0)
                    if exponent:
                        self.assertAlmostEqual(found["valid_lyapunov_times"], valid * dt * exponent, places=9)
                    outputs = range(goal.shape[1])
                    spectra = np.mean([hellinger(power(z[:, m]), power(goal[:, m])) for m in outputs])
                    counts = np.mean([hellinger(histogram(z[:, m], mean[m], sd[m]), histogram(goal[:, m], mean[m], sd[m]))
                                      for m in outputs])
                    np.testing.assert_allclose(found["spectrum_distance"], spectra, rtol=1e-6)
                    np.testing.assert_allclose(found["histogram_distance"], counts, rtol=1e-6)
                    self.assertEqual("held" in found, period > 0)
                    if period:
                        self.check_periods(found, z[:, 0], goal[:, 0], round(period / dt), dt)

    def check_periods(self, found, z, goal, steps, dt):
        windows = [slice(k * steps, (k + 1) * steps) for k in range(len(goal) // steps)]
        lags, errors, ratios = np.array([aligned(z[w], goal[w]) for w in windows]).T
        np.testing.assert_allclose(found["lag"], lags * dt, atol=0.03 * dt)
        np.testing.assert_allclose(found["aligned_nrmse"], errors, atol=1e-3)
        np.testing.assert_allclose(found["amplitude_ratio"], ratios, rtol=1e-9)
        drift = np.polyfit(np.arange(len(lags)), np.unwrap(2 * np.pi * found["lag"] / (steps * dt)), 1)[0]
        np.testing.assert_allclose(found["phase_drift"], abs(drift), rtol=1e-6)
        np.testing.assert_allclose(found["period_error"], drift / (2 * np.pi - drift), rtol=1e-6)
        held = (found["aligned_nrmse"] < 0.3) & (np.abs(found["amplitude_ratio"] - 1) <= 0.25)
        self.assertEqual(found["windows_held"], held.sum())
        self.assertEqual(found["held"], held.all())

    def check_diverged(self, found):
        self.assertEqual(found["valid_time"], 0)
        self.assertTrue(np.isnan(found["spectrum_distance"]))
        self.assertEqual(found.get("held", 0), 0)

    def test_periodic_target(self):
        self.check(self.run_once(SINES), 0.1, 30, 0)

    def test_several_outputs_of_a_chaotic_target(self):
        self.check(self.run_once(LORENZ), 0.1, 0, 0.0906)

    def test_period_and_exponent_may_be_set(self):
        self.check(self.run_once(SINES | {"keys": "period = 30\nlyapunov_exponent = 0.2"}), 0.1, 30, 0.2)

    def test_thresholds_are_keys(self):
        path = self.run_once(SINES | {"keys": "held_nrmse = 1e-6\nvalid_error = 1e-9"})
        with h5py.File(path) as file:
            self.assertEqual(file["learners/bayes/free_run/windows_held"][()], 0)
            self.assertLess(file["learners/bayes/free_run/valid_time"][()], 1)

    def test_no_free_run_without_feedback(self):
        with h5py.File(self.run_once(SINES | {"feedback": "none"})) as file:
            self.assertNotIn("free_run", file["learners/bayes"])

    def test_an_evaluation_has_the_scores_of_each_start(self):
        path = self.run_once(LORENZ)
        process = runner.start(["evaluate", path, "-o", "e.h5", "--evaluate.starts=3", "--evaluate.span=60",
                                "--evaluate.washout=10", "--evaluate.trajectories=true", "--free_run.valid_error=0.3"], self.folder)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertIn("valid time", process.stdout)
        with h5py.File(path) as file:
            sd = file["target"][()][file["phase"][()] < 2].std(axis=0)
        with h5py.File(self.folder / "e.h5") as file:
            target, learner = file["target"][()], file["learners/bayes"]
            for start in range(3):
                error = np.sqrt(np.mean(((learner["output"][start] - target[start]) / sd)**2, axis=1))
                valid = np.argmax(error > 0.3) if (error > 0.3).any() else len(error)
                self.assertAlmostEqual(learner["valid_time"][start], valid * 0.1, places=9)
                self.assertAlmostEqual(learner["valid_lyapunov_times"][start], valid * 0.00906, places=9)
                counts = np.mean([hellinger(power(learner["output"][start, :, m]), power(target[start, :, m])) for m in range(3)])
                np.testing.assert_allclose(learner["spectrum_distance"][start], counts, rtol=1e-6)

    def test_a_forecast_at_another_speed(self):
        path = self.run_once(LORENZ)
        process = runner.start(["evaluate", path, "-o", "e.h5", "--evaluate.starts=2", "--evaluate.span=60", "--evaluate.speed=2",
                                "--evaluate.washout=10", "--evaluate.trajectories=true"], self.folder)
        self.assertEqual(process.returncode, 0, process.stderr)
        forecasts = Forecasts(self.folder / "e.h5")
        self.assertAlmostEqual(forecasts.time[-1], 60 * 2 * 0.0906)
        with h5py.File(self.folder / "e.h5") as file:
            valid = file["learners/bayes"]
            np.testing.assert_allclose(valid["valid_lyapunov_times"], valid["valid_time"][()] * 2 * 0.0906)

    def test_the_error_of_a_figure_is_over_known_outputs(self):
        target = np.array([[1, np.nan, 0], [np.nan, np.nan, 0], [1, 2, 0]])
        output = np.array([[3, 5, 9], [3, 5, 9], [np.nan, 2, 9]])
        np.testing.assert_allclose(error_in_sd(output, target, np.array([2, 4, 0])), [1, np.nan, np.nan])

    def test_periods_that_are_refused(self):
        for keys, said in (("period = 151", "0.4 to 150"), ("period = 0.2", "0.4 to 150"), ("segment = 100", "16, 32, 64")):
            (self.folder / "bad.ini").write_text(CONFIG.format(**SINES | {"keys": ""}).replace("segment = 256", keys))
            process = runner.start(["run", "bad.ini"], self.folder)
            self.assertEqual(process.returncode, 2)
            self.assertIn(said, process.stderr)


if __name__ == "__main__":
    unittest.main()
