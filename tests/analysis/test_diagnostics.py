#!/usr/bin/python3
"""Diagnostics of reservoirs: each against an answer known from theory, and on runs of the program."""

import shutil
import subprocess
import sys
import unittest
from unittest import mock

import h5py
import matplotlib.image
import numpy as np
import scipy.sparse

import runner

import bayres
from bayres import diagnostics
from bayres.diagnostics import Recording


def random_network(size, gain, seed=1):
    return np.random.default_rng(seed).normal(0, gain / np.sqrt(size), (size, size))


class Dimension(unittest.TestCase):
    def test_isotropic_gaussian(self):
        # Of n isotropic Gaussian channels and T samples, tr(C^2)/n = 1 + n/T (Marchenko & Pastur 1967).
        for samples, neurons in ((20000, 50), (400, 200), (100, 400)):
            rates = np.random.default_rng(1).standard_normal((samples, neurons))
            expected = neurons / (1 + neurons / samples)
            self.assertAlmostEqual(diagnostics.participation_ratio(rates) / expected, 1, delta=0.02)

    def test_given_variances(self):
        time = 2 * np.pi * np.arange(1000) / 1000
        waves = np.column_stack([np.sin(k * time) for k in range(1, 6)])  # uncorrelated, of variance 1/2 each
        mixing = np.linalg.qr(np.random.default_rng(2).standard_normal((30, 5)))[0]
        self.assertAlmostEqual(diagnostics.participation_ratio(waves @ mixing.T + 0.3), 5)
        variances = np.array([4, 2, 1, 1, 0])
        rates = waves * np.sqrt(2 * variances) @ mixing.T
        self.assertAlmostEqual(diagnostics.participation_ratio(rates), 8**2 / 22)
        np.testing.assert_allclose(diagnostics.covariance_eigenvalues(rates)[:5], variances, atol=1e-12)
        np.testing.assert_allclose(diagnostics.covariance_eigenvalues(rates.T[:, :7]).size, 7)

    def test_one_dimension_and_none(self):
        line = np.outer(np.random.default_rng(3).standard_normal(50), np.arange(1, 9))
        self.assertAlmostEqual(diagnostics.participation_ratio(line), 1)
        self.assertTrue(np.isnan(diagnostics.participation_ratio(np.ones((10, 3)))))


class Autocorrelation(unittest.TestCase):
    def test_definition(self):
        rates = np.random.default_rng(1).standard_normal((60, 70)) * np.linspace(0, 2, 70)
        centred = rates - rates.mean(axis=0)
        means = [np.mean(np.sum(centred[: 60 - k] * centred[k:], axis=1)) for k in range(31)]
        np.testing.assert_allclose(diagnostics.autocorrelation(rates), np.array(means) / means[0], atol=1e-12)
        self.assertEqual(diagnostics.autocorrelation(rates, 10).shape, (11,))

    def test_autoregressive_process(self):
        # r(t) = a r(t-1) + noise: C(k) = a^k, which is 1/e at -1/log(a), and 1/2 + a + a^2 + ... = (1 + a)/(2(1 - a)).
        a, interval = 0.9, 0.1
        noise = np.random.default_rng(2).standard_normal((20000, 100))
        rates = np.zeros_like(noise)
        for t in range(1, len(noise)):
            rates[t] = a * rates[t - 1] + noise[t]
        correlation = diagnostics.autocorrelation(rates[200:])
        np.testing.assert_allclose(correlation[:40], a ** np.arange(40), atol=0.01)
        efolding = diagnostics.efolding_time(correlation, interval)
        self.assertAlmostEqual(efolding / (-interval / np.log(a)), 1, delta=0.02)
        integrated = diagnostics.integrated_time(correlation, interval)
        self.assertAlmostEqual(integrated / (interval * (1 + a) / (2 * (1 - a))), 1, delta=0.03)

    def test_cosine(self):
        time = np.arange(4000)
        rates = np.cos(2 * np.pi * time / 100 + np.array([[0.0], [1.0]])).T
        correlation = diagnostics.autocorrelation(rates, 400)
        np.testing.assert_allclose(correlation, np.cos(2 * np.pi * np.arange(401) / 100), atol=2e-3)
        expected = np.arccos(np.exp(-1)) * 100 / (2 * np.pi)
        self.assertAlmostEqual(diagnostics.efolding_time(correlation, 1), expected, delta=0.05)
        self.assertTrue(np.isnan(diagnostics.integrated_time(correlation, 1)), "its integral depends on where it ends")

    def test_a_record_too_short_or_constant(self):
        slow = 1 - np.arange(10) / 100
        self.assertEqual(diagnostics.efolding_time(slow, 0.1), np.inf)
        self.assertTrue(np.isnan(diagnostics.integrated_time(slow, 0.1)))
        constant = diagnostics.autocorrelation(np.full((20, 3), 0.1))
        self.assertTrue(np.isnan(constant).all())
        self.assertTrue(np.isnan(diagnostics.efolding_time(constant, 0.1)))
        self.assertTrue(np.isnan(diagnostics.integrated_time(constant, 0.1)))


class Spectrum(unittest.TestCase):
    def test_circular_law(self):
        J = random_network(1000, 1.5)
        self.assertAlmostEqual(diagnostics.spectral_radius(J), 1.5, delta=0.06)
        self.assertAlmostEqual(diagnostics.weight_gain(J), 1.5, delta=0.01)

    def test_known_eigenvalues(self):
        self.assertEqual(diagnostics.spectral_radius(np.diag([1.0, -3.0, 2.0])), 3)
        rotation = np.array([[0.0, -2.0], [2.0, 0.0]])  # eigenvalues +-2i
        self.assertAlmostEqual(diagnostics.spectral_radius(rotation), 2)
        for matrix in (rotation, scipy.sparse.csr_matrix(rotation)):
            step = diagnostics.leaky_map(matrix, 0.1)
            self.assertAlmostEqual(diagnostics.spectral_radius(step), np.hypot(0.9, 0.2))
        self.assertEqual(diagnostics.spectral_radius(np.diag(np.ones(9), 1)), 0)

    def test_of_large_networks_the_largest(self):
        J = random_network(400, 1.2)
        all_values, complete = diagnostics.eigenvalues(J)
        self.assertTrue(complete)
        self.assertEqual(all_values.shape, (400,))
        with mock.patch.object(diagnostics, "LARGEST_DENSE", 100):
            for matrix in (J, scipy.sparse.csr_matrix(J)):
                largest, complete = diagnostics.eigenvalues(matrix, 10)
                self.assertFalse(complete)
                np.testing.assert_allclose(np.abs(largest), np.abs(all_values[:10]), rtol=1e-5)


class Lyapunov(unittest.TestCase):
    def exponent(self, J, rates, leak, loop=None):
        growth = diagnostics.tangent_growth(J, rates, leak, loop)
        return diagnostics.lyapunov_exponent(growth, leak).exponent

    def test_linear_networks(self):
        # At rest the exponent is the log of the spectral radius of a step; for small steps, that is max Re(lambda) - 1.
        leak, size, steps = 0.1, 30, 20000
        general = random_network(size, 0.3)
        for J in (general + general.T, general, scipy.sparse.csr_matrix(general), np.zeros((size, size))):
            expected = np.log(diagnostics.spectral_radius(diagnostics.leaky_map(J, leak))) / leak
            self.assertAlmostEqual(self.exponent(J, np.zeros((steps, size)), leak), expected, delta=0.003)
        leak = 0.01
        expected = np.linalg.eigvals(general).real.max() - 1
        self.assertAlmostEqual(self.exponent(general, np.zeros((50000, size)), leak), expected, delta=0.01)

    def test_logistic_map(self):
        # x -> 4 x (1 - x) has the exponent log 2. Its derivative, 4 - 8 x, is 4 (1 - r^2) for a suitable r.
        x = np.empty(50000)
        x[0] = 0.2345
        for t in range(1, len(x)):
            x[t] = 4 * x[t - 1] * (1 - x[t - 1])
        rates = np.sqrt(1 - (1 - 2 * x))[:, None]
        self.assertAlmostEqual(self.exponent(np.array([[4.0]]), rates, 1), np.log(2), delta=0.005)

    def test_fixed_point_of_one_neuron(self):
        leak, gain, x = 0.1, 2.0, 1.0
        for _ in range(2000):
            x += leak * (gain * np.tanh(x) - x)
        r = np.tanh(x)
        expected = np.log(1 - leak + leak * gain * (1 - r**2)) / leak
        self.assertAlmostEqual(self.exponent(np.array([[gain]]), np.full((100, 1), r), leak), expected)

    def test_neurons_of_other_models(self):
        rng = np.random.default_rng(7)
        J, rates = random_network(20, 1.5), np.maximum(rng.standard_normal((300, 20)), 0)
        linear = diagnostics.tangent_growth(J, rates, 0.1, model="identity")
        np.testing.assert_array_equal(linear, diagnostics.tangent_growth(J, 0 * rates, 0.1))
        active = (rates[0] > 0).astype(float)
        masked = diagnostics.tangent_growth(J * active, np.zeros((300, 20)), 0.1)
        relu = diagnostics.tangent_growth(J, np.tile(rates[0], (300, 1)), 0.1, model="relu")
        np.testing.assert_allclose(relu, masked)

    def test_a_loop_is_a_network(self):
        rng = np.random.default_rng(5)
        J, W_fb, w = random_network(20, 1.5), rng.uniform(-1, 1, (20, 2)), rng.normal(0, 0.3, (2, 20))
        rates = np.tanh(rng.standard_normal((500, 20)))
        closed = diagnostics.tangent_growth(J, rates, 0.1, lambda step: (W_fb, w))
        np.testing.assert_allclose(closed, diagnostics.tangent_growth(J + W_fb @ w, rates, 0.1))
        open_until_100 = diagnostics.tangent_growth(J, rates, 0.1, lambda step: (W_fb, w) if step >= 100 else None)
        np.testing.assert_array_equal(open_until_100[:100], diagnostics.tangent_growth(J, rates[:100], 0.1))

    def test_a_difference_that_vanishes(self):
        chain = np.diag(np.ones(4), -1)
        growth = diagnostics.tangent_growth(chain, np.zeros((10, 5)), 1)
        self.assertTrue(np.isfinite(growth[:4]).all())
        self.assertTrue((growth[4:] == -np.inf).all())
        exponent = diagnostics.lyapunov_exponent(growth, 1)
        self.assertEqual(exponent.exponent, -np.inf)
        self.assertTrue(np.isnan(exponent.error))

    def test_convergence_and_error(self):
        growth = np.random.default_rng(6).normal(0.02, 0.1, 4000)
        exponent = diagnostics.lyapunov_exponent(growth, 0.1)
        self.assertAlmostEqual(exponent.exponent, growth.mean() / 0.1)
        self.assertAlmostEqual(exponent.error / (1 / np.sqrt(4000)), 1, delta=0.5)
        self.assertAlmostEqual(exponent.running[99], growth[:100].mean() / 0.1)
        np.testing.assert_allclose(exponent.times[[0, -1]], [0.1, 400])

    def test_start_vectors(self):
        # Of two neurons apart, one wins; how soon depends on the start.
        rates, J = np.zeros((400, 2)), np.diag([0.5, -1.0])
        growth = diagnostics.tangent_growth(J, rates, 0.1, starts=3)
        np.testing.assert_allclose(growth[:, 0], diagnostics.tangent_growth(J, rates, 0.1))
        exponent = diagnostics.lyapunov_exponent(growth, 0.1)
        self.assertEqual(exponent.starts.shape, (3,))
        self.assertAlmostEqual(exponent.exponent, exponent.starts.mean())
        np.testing.assert_allclose(exponent.starts, np.log(0.95) / 0.1, atol=0.1)  # each has its own transient
        self.assertGreater(np.ptp(exponent.starts), 1e-3)
        late = diagnostics.lyapunov_exponent(growth[300:], 0.1)
        self.assertLess(np.ptp(late.starts), 1e-9)


class Memory(unittest.TestCase):
    def test_noisy_outputs(self):
        rng = np.random.default_rng(7)
        target, noise = rng.uniform(-1, 1, (50000, 3)), rng.normal(0, 1, (50000, 3))
        size = np.array([0, 0.5, 2])
        expected = (1 / 3) / (1 / 3 + size**2)
        output = target + size * noise
        np.testing.assert_allclose(diagnostics.memory_curve(output, target), expected, atol=0.02)
        # The scale, sign and mean of an output do not matter.
        np.testing.assert_allclose(
            diagnostics.memory_curve(3 - 0.1 * output, target), diagnostics.memory_curve(output, target)
        )

    def test_outputs_that_know_nothing(self):
        rng = np.random.default_rng(8)
        output, target = rng.standard_normal((2, 100, 5000))
        self.assertAlmostEqual(diagnostics.memory_curve(output, target).mean(), 1 / 99, delta=0.001)
        curve = diagnostics.memory_curve(np.column_stack([np.ones(5), np.full(5, np.nan)]), target[:5, :2])
        np.testing.assert_array_equal(curve, [0, np.nan])


SIZE, GAIN = 90, 1.4

CONFIG = f"""
[run]
seed = 3

[reservoir]
size = {SIZE}
gain = {GAIN}
connectivity = 0.2

[task]
name = memory
delays = 6

[protocol]
washout = 10
train = 150
test = 140

[learner.ridge]
rule = ridge
lambda = 1e-4

[learner.bayes]
rule = bayes

[record]
rates = 0..{SIZE - 1}
network = true
"""

LOOP = """
[task]
name = sines

[protocol]
feedback = output
washout = 0
learn_every = 2
train = 960
test = 480

[reservoir]
size = 200

[learner.rls]
rule = rls

[learner.delta]
rule = delta
eta = 1e-3

[record]
network = true
"""


class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        cls.path = runner.run(cls.folder, "result", CONFIG)
        cls.loop = runner.run(cls.folder, "loop", LOOP, "--record.rates=0..199")

    def diagnose(self, *arguments):
        command = [sys.executable, "-B", str(runner.BIN / "diagnostics"), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True)

    def refused(self, path, text, call, **chosen):
        with Recording(path, **chosen) as recording:
            with self.assertRaises(diagnostics.Missing) as refusal:
                call(recording)
        self.assertIn(text, str(refusal.exception))

    def test_network(self):
        with Recording(self.path) as recording, h5py.File(self.path) as file:
            J = recording.matrix()
            self.assertTrue(scipy.sparse.issparse(J))
            self.assertEqual(J.nnz, file["network/J_data"].size)
            spectrum = recording.spectrum()
        dense = runner.run(self.folder, "dense", CONFIG, "--reservoir.storage=dense")
        with Recording(dense) as recording:
            np.testing.assert_array_equal(recording.matrix(), J.toarray())
            np.testing.assert_allclose(recording.spectrum()[2:], spectrum[2:])
        self.assertAlmostEqual(spectrum.radius, GAIN, delta=0.2)
        self.assertAlmostEqual(spectrum.weight_gain, GAIN, delta=0.1)
        self.assertEqual((spectrum.gain, spectrum.complete, spectrum.eigenvalues.size), (GAIN, True, SIZE))
        values = np.linalg.eigvals(J.toarray())
        self.assertAlmostEqual(spectrum.map_radius, np.abs(0.9 + 0.1 * values).max())

    def test_phases(self):
        with Recording(self.path) as recording:
            sizes = {phase: recording.rates_in(phase).shape for phase in diagnostics.PHASES}
            with h5py.File(self.path) as file:
                np.testing.assert_array_equal(recording.rates_in("train"), file["rates"][100:1600])
        self.assertEqual(sizes, {"train": (1500, SIZE), "test": (1400, SIZE), "all": (2900, SIZE)})

    def test_recorded_and_simulated_trajectories_agree(self):
        silent = runner.run(self.folder, "silent", CONFIG, "--record.rates=0..4")
        with Recording(self.path) as recorded, Recording(silent) as simulated:
            for phase in diagnostics.PHASES:
                expected, found = recorded.lyapunov(phase), simulated.lyapunov(phase)
                np.testing.assert_allclose(found.running, expected.running, rtol=1e-8)
            self.assertLess(recorded.departure(), 1e-10)
            self.assertLess(simulated.departure(), 1e-8)

    def two_trajectories(self, path):
        """The exponent of Benettin's method with two trajectories, over the train and test phases."""
        with h5py.File(path) as file, Recording(path) as recording:
            J = recording.matrix()
            W_in, bias, x0 = (file[f"network/{name}"][()] for name in ("W_in", "bias", "x0"))
            apart = np.random.default_rng(0).standard_normal(len(x0))  # as the tangent vector, to have its transient
            x = np.array([x0, x0 + 1e-8 * apart / np.linalg.norm(apart)])
            growth, length = [], np.linalg.norm(x[1] - x[0])
            for u in file["input"][()]:
                x = x + 0.1 * (-x + (J @ np.tanh(x).T).T + W_in @ u + bias)
                found = np.linalg.norm(x[1] - x[0])
                growth.append(np.log(found / length))
                x[1] = x[0] + (x[1] - x[0]) * 1e-8 / found
                length = np.linalg.norm(x[1] - x[0])
            return np.mean(np.array(growth)[recording.steps("all")]) / 0.1

    def test_driven_reservoir_forgets(self):
        with Recording(self.path) as recording:
            exponent = recording.lyapunov("all")
        self.assertLess(exponent.exponent, -0.02)
        self.assertAlmostEqual(exponent.starts[0], self.two_trajectories(self.path), delta=1e-5)

    def test_autonomous_chaos(self):
        overrides = ["--task.name=sines", "--reservoir.gain=4", "--reservoir.connectivity=1", "--protocol.test=400"]
        config = CONFIG.replace("delays = 6\n", "")
        path = runner.run(self.folder, "chaos", config, *overrides)
        with Recording(path) as recording:
            exponent = recording.lyapunov("all")
            self.assertEqual(recording.input.shape[-1], 0)
        self.assertGreater(exponent.exponent, 0.1)
        self.assertAlmostEqual(exponent.exponent, self.two_trajectories(path), delta=0.05)
        silent = runner.run(self.folder, "silent_chaos", config, *overrides, "--record.rates=0")
        with Recording(silent) as recording:
            self.assertGreater(recording.departure(), 0.1)
            self.assertAlmostEqual(recording.lyapunov("all").exponent, exponent.exponent, delta=0.1)
        self.assertIn("leaves the recorded trajectory", self.diagnose(silent).stdout)

    def test_closed_loop(self):
        with Recording(self.loop) as recording:
            given, loop = recording.lyapunov("test"), recording.lyapunov("test", closed=True)
            self.assertLess(recording.departure(), 1e-10)
            self.assertEqual(recording.learner, "rls")
        # The target is periodic: what moves the loop along its period neither grows nor shrinks.
        self.assertAlmostEqual(loop.exponent, 0, delta=0.015)
        self.assertLess(given.exponent, loop.exponent)
        self.refused(self.loop, "--phase test", lambda r: r.lyapunov("train", closed=True))
        self.refused(self.loop, "the reservoir of rls", lambda r: r.rates_in("test"), learner="delta")
        self.refused(self.path, "protocol.feedback", lambda r: r.lyapunov("test", closed=True))
        silent = runner.run(self.folder, "silent_loop", LOOP)
        with Recording(silent) as simulated, Recording(self.loop) as recorded:
            expected, found = (recording.lyapunov("train").exponent for recording in (recorded, simulated))
            self.assertAlmostEqual(found, expected, delta=1e-8)
            self.assertLess(simulated.departure(), 1e-6)

    def test_teacher_is_heard_in_training(self):
        config = LOOP.replace("feedback = output", "feedback = teacher")
        path = runner.run(self.folder, "teacher", config)
        with Recording(path) as recording:
            self.assertLess(recording.lyapunov("train").exponent, 0)
            self.assertLess(recording.departure(), diagnostics.LARGEST_DEPARTURE)
            self.assertLess(abs(recording.lyapunov("test", closed=True).exponent), 0.1)

    def test_diverged_readout_is_refused(self):
        path = runner.run(self.folder, "diverged", LOOP, "--learner.delta.eta=5")
        self.refused(path, "diverged: needs another --learner", lambda r: r.lyapunov("test"), learner="delta")
        path = runner.run(self.folder, "diverged_memory", CONFIG, "--learner.bayes.rule=delta", "--learner.bayes.eta=5")
        process = self.diagnose(path, "-o", self.folder / "diverged")
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        self.assertRegex(process.stdout, "memory capacity of bayes +not computed +the learner diverged")

    def test_memory_of_a_chain(self):
        # Neuron i holds the input of i steps ago, so n neurons remember n - 1 inputs besides the present one.
        neurons, delays = 10, 14
        network = self.folder / "chain.h5"
        with h5py.File(network, "w") as file:
            file["network/J"] = np.diag(np.ones(neurons - 1), -1)
            file["network/W_in"] = 1e-3 * np.eye(neurons)[:, :1]
            file["network/W_fb"] = np.zeros((neurons, delays))
            file["network/bias"] = np.zeros(neurons)
            file["network/x0"] = np.zeros(neurons)
        config = f"""
[reservoir]
size = {neurons}
dt = 1
network = {network}
[task]
name = memory
delays = {delays}
[protocol]
train = 2000
test = 2000
[learner.ridge]
rule = ridge
lambda = 1e-12
[record]
network = true
"""
        path = runner.run(self.folder, "chain_result", config)
        with Recording(path) as recording:
            curves, inputs = recording.memory()
            spectrum, exponent = recording.spectrum(), recording.lyapunov("test")
        self.assertEqual(inputs, 2000)
        np.testing.assert_allclose(curves["ridge"][:9], 1, atol=1e-3)
        np.testing.assert_allclose(curves["ridge"][9:], 0, atol=0.02)
        self.assertEqual(spectrum.radius, 0)
        self.assertTrue(np.isnan(spectrum.gain))
        self.assertEqual(exponent.exponent, -np.inf)
        process = self.diagnose(path, "-o", self.folder / "chain")
        self.assertEqual((process.returncode, process.stderr), (0, ""))

    def test_memory(self):
        with Recording(self.path) as recording, bayres.Result(self.path) as result:
            curves, inputs = recording.memory()
            self.assertEqual((list(curves), inputs), (["ridge", "bayes"], 140))
            test = result.phase == bayres.TEST
            for name, curve in curves.items():
                z, wanted = result.learners[name].series("output")[test], result.series("target")[test]
                expected = [np.corrcoef(z[:, d], wanted[:, d])[0, 1] ** 2 for d in range(6)]
                np.testing.assert_allclose(curve, expected)
                # No line through the outputs has a smaller error than the best one.
                self.assertTrue(np.all(curve >= 1 - np.mean((wanted - z) ** 2, axis=0) / wanted.var(axis=0) - 1e-12))
        self.assertGreater(curves["ridge"][0], 0.5)

    def test_what_is_missing_is_said(self):
        bare = runner.run(self.folder, "bare", CONFIG[: CONFIG.index("[record]")], "--reservoir.noise=0.1")
        every = runner.run(self.folder, "every", CONFIG, "--record.every=3")
        noisy = runner.run(self.folder, "noisy", CONFIG, "--reservoir.noise=0.1", "--record.rates=0..10")
        untested = runner.run(self.folder, "untested", CONFIG, "--protocol.test=0")
        self.refused(bare, "record.network = true", lambda r: r.spectrum())
        self.refused(bare, "record.network = true", lambda r: r.lyapunov("test"))
        self.refused(bare, f"record.rates = 0..{SIZE - 1}", lambda r: r.rates_in("test"))
        self.refused(every, "record.every = 1", lambda r: r.lyapunov("test"))
        self.refused(noisy, f"record.rates = 0..{SIZE - 1}, or reservoir.noise = 0", lambda r: r.lyapunov("test"))
        self.refused(untested, "protocol.test", lambda r: r.rates_in("test"))
        self.refused(untested, "protocol.test", lambda r: r.memory())
        self.refused(self.loop, "task.name = memory", lambda r: r.memory())
        process = self.diagnose(bare)
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        self.assertEqual(process.stdout.count("not computed"), 3)
        self.assertIn("memory capacity of ridge", process.stdout)
        with Recording(untested) as recording:
            self.assertEqual(recording.default_phase(), "train")
        self.assertEqual(self.diagnose(untested).returncode, 0)

    def test_noise_with_all_rates(self):
        path = runner.run(self.folder, "noise", CONFIG, "--reservoir.noise=0.1")
        with Recording(path) as recording:
            self.assertLess(recording.lyapunov("test").exponent, 0)
            self.assertLess(recording.departure(), 1e-10)

    def test_lags_are_apart_as_records_are(self):
        times = {}
        for every, tau in ((1, 1), (4, 1)):
            path = runner.run(self.folder, "lags", CONFIG, f"--record.every={every}", f"--reservoir.tau={tau}")
            with Recording(path) as recording:
                correlation = diagnostics.autocorrelation(recording.rates_in("test"))
                times[every] = diagnostics.efolding_time(correlation, recording.leak * recording.every)
        self.assertAlmostEqual(times[4] / times[1], 1, delta=0.05)

    def ensemble(self, paths):
        """A file as an ensemble of the networks of results of one configuration is: with a leading dimension seed."""
        path = self.folder / "ensemble.h5"
        shutil.copy(paths[0], path)
        files = [h5py.File(one, "r") for one in paths]
        varying = ["rates", *(f"network/{name}" for name in ("W_in", "W_fb", "bias", "x0"))]
        files[0]["learners"].visititems(lambda name, item: varying.append(f"learners/{name}") if isinstance(
            item, h5py.Dataset) and not name.endswith("evaluation/time") else None)
        with h5py.File(path, "r+") as ensemble:
            for name in varying:
                del ensemble[name]
                ensemble[name] = np.stack([file[name][()] for file in files])
            for name in ("network/J_data", "network/J_indices", "network/J_indptr"):
                del ensemble[name]
            ensemble["network/J_data"] = np.concatenate([file["network/J_data"][()] for file in files])
            ensemble["network/J_indices"] = np.concatenate([file["network/J_indices"][()] for file in files])
            starts = np.cumsum([0] + [file["network/J_data"].size for file in files])
            pointers = [file["network/J_indptr"][()] + start for file, start in zip(files, starts)]
            ensemble["network/J_indptr"] = np.stack(pointers)
            ensemble["seed"] = [file.attrs["seed"] for file in files]
            ensemble["replica"] = [0] * len(files)
            for name in ("ridge", "bayes"):
                ensemble[f"learners/{name}"].attrs["diverged_at_step"] = [-1] * len(files)
        for file in files:
            file.close()
        return path

    def test_ensemble(self):
        second = runner.run(self.folder, "second", CONFIG, "--run.seed=8")
        path = self.ensemble([self.path, second])
        process = self.diagnose(path)
        self.assertEqual(process.returncode, 2)
        self.assertIn("an ensemble of 2 networks: choose one, with --network 0 to 1", process.stderr)
        for number, single in enumerate((self.path, second)):
            process = self.diagnose(path, "--network", number)
            self.assertEqual((process.returncode, process.stderr), (0, ""))
            self.assertEqual(process.stdout, self.diagnose(single).stdout)
        with Recording(path, network=1) as recording:
            self.assertEqual(recording.seed, 8)
        self.assertIn("has no network 2", self.diagnose(path, "--network", 2).stderr)
        self.assertIn("holds one network only", self.diagnose(self.path, "--network", 1).stderr)

    def test_command_line_and_figure(self):
        for path, rows, loops in ((self.path, 8, 0), (self.loop, 7, 1)):
            folder = self.folder / "new" / path.stem
            process = self.diagnose(path, "-o", folder)
            self.assertEqual((process.returncode, process.stderr), (0, ""))
            lines = process.stdout.splitlines()
            self.assertEqual(lines[-1], str(folder / "diagnostics.png"))
            self.assertEqual(len(lines), rows + 1)
            # Only the integral of the autocorrelation may be wanting, as rates oscillate.
            missing = [line for line in lines if "not computed" in line]
            self.assertTrue(all(line.startswith("autocorrelation time, integrated") for line in missing), missing)
            self.assertEqual(process.stdout.count("exponent of loop"), loops)
            image = matplotlib.image.imread(folder / "diagnostics.png")
            self.assertGreater(min(image.shape[:2]), 1000)
            inked = (image[..., :3].min(axis=2) < 0.9).mean()
            self.assertGreater(inked, 0.01, "nearly blank")
            self.assertLess(inked, 0.5, "nearly full")

    def test_bad_files(self):
        text = self.folder / "text.h5"
        text.write_text("not HDF5")
        other = self.folder / "other.h5"
        with h5py.File(other, "w") as file:
            file["time"] = np.arange(3)
        messages = {
            self.folder / "none.h5": "no such file",
            text: "cannot be read as HDF5",
            other: "not a result of bayres",
        }
        for path, message in messages.items():
            with self.subTest(path=path):
                process = self.diagnose(path)
                self.assertEqual(process.returncode, 2)
                self.assertIn(f"{path}: {message}", process.stderr)
                self.assertEqual(len(process.stderr.splitlines()), 1)
        process = self.diagnose(self.path, "--learner", "other")
        self.assertIn("has no learner other; it has ridge, bayes", process.stderr)


if __name__ == "__main__":
    unittest.main()
