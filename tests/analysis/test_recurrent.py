#!/usr/bin/python3
"""What bayres-analyze and its figure say of a learned J, against numpy."""
import os
import subprocess
import sys
import unittest

import h5py
import numpy as np

import runner
import bayres.diagnostics

CONFIG = """
[reservoir]
size = 60
connectivity = 0.3
[task]
name = flip-flop
[protocol]
train = 60
test = 10
[learner.b]
rule = bayes
recurrent.rule = bayes
[learner.fixed]
rule = bayes
[ensemble]
seeds = 1..2
[record]
weights_every = 300
recurrent = 3, 17
every = 10
"""


def dense(group, network):
    """J of a network of an ensemble."""
    starts = group["J_indptr"][network]
    J = np.zeros((len(starts) - 1, len(starts) - 1))
    for row, (first, last) in enumerate(zip(starts, starts[1:])):
        J[row, group["J_indices"][first:last]] = group["J_data"][first:last]
    return J


def dense_alone(group):
    """J of the only network."""
    return dense({"J_indptr": group["J_indptr"][()][None], "J_indices": group["J_indices"], "J_data": group["J_data"]}, 0)


class Recurrent(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        result = runner.run(cls.folder, "r", CONFIG)
        subprocess.run([os.path.abspath(os.environ["BAYRES_ANALYZE"]), result, "-o", cls.folder / "a.h5", "--quiet"], check=True)
        with h5py.File(result) as file:
            cls.before, cls.after = ([dense(file[name], k) for k in (0, 1)] for name in ("network", "learners/b/network"))

    def test_numbers(self):
        with h5py.File(self.folder / "a.h5") as file:
            condition = file["conditions/c0"]
            self.assertNotIn("recurrent", condition["learners/fixed"])
            learned = condition["learners/b/recurrent"]
            for k, (before, after) in enumerate(zip(self.before, self.after)):
                for J, found in ((before, condition["recurrent"]), (after, learned)):
                    values = found["eigenvalue_real"][k] + 1j * found["eigenvalue_imaginary"][k]
                    expected = np.linalg.eigvals(J)
                    nearest = np.abs(values[:, None] - expected).min(axis=1)
                    self.assertLess(nearest.max(), 1e-9)
                    self.assertAlmostEqual(found["spectral_radius"][k], np.abs(expected).max(), 12)
                    self.assertTrue((np.diff(np.abs(values)) < 1e-12).all())
                change = after - before
                singular = np.linalg.svd(change, compute_uv=False)
                np.testing.assert_allclose(learned["singular_value"][k], singular, rtol=0, atol=1e-12)
                self.assertEqual(learned["rank"][k], np.linalg.matrix_rank(change))
                self.assertAlmostEqual(learned["effective_rank"][k], (singular**2).sum()**2 / (singular**4).sum(), 10)
                self.assertAlmostEqual(learned["change"][k], np.linalg.norm(change) / np.linalg.norm(before), 12)
                distance = learned["distance"][k]
                self.assertEqual(distance[0], 0)
                self.assertAlmostEqual(distance[-1], np.linalg.norm(change), 12)
                self.assertGreater(distance[-1], 1e-4)

    def test_weights_over_time(self):
        """Of recorded neurons: 0, 5, ..., 100 % of those that exist, beside the weights themselves and the learned J."""
        with h5py.File(self.folder / "a.h5") as file, bayres.Result(self.folder / "r.h5") as result:
            found, moved = (file[f"conditions/c0/learners/b/recurrent/{name}"][()] for name in ("weight", "weight_change"))
            weights = result.learners["b"].recurrent_weights
            self.assertEqual(list(result.recurrent_neuron), [3, 17])
            self.assertIsNone(result.learners["fixed"].recurrent_weights)
            for k, (before, after) in enumerate(zip(self.before, self.after)):
                np.testing.assert_array_equal(weights[k, 0], before[[3, 17]])
                np.testing.assert_array_equal(weights[k, -1], after[[3, 17]])
                for s, rows in enumerate(weights[k]):
                    for values, seen in ((rows, found[k, s]), (rows - weights[k, 0], moved[k, s])):
                        expected = np.quantile(values[rows != 0], (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1))
                        np.testing.assert_allclose(seen, expected, rtol=0, atol=1e-12)

    def test_networks_of_a_result(self):
        with bayres.Result(self.folder / "r.h5") as result:
            learner = result.learners["b"]
            self.assertIsNone(result.learners["fixed"].network)
            self.assertEqual((result.network.state, learner.network.state), ("initial", "learned"))
            for k, (before, after) in enumerate(zip(self.before, self.after)):
                np.testing.assert_array_equal(result.network.J[k].toarray(), before)
                np.testing.assert_array_equal(learner.network.J[k].toarray(), after)
            self.assertEqual(learner.network.W_in.shape, (2, 60, 1))
        with bayres.Result(self.folder / "r.h5", 1) as result:
            np.testing.assert_array_equal(result.learners["b"].network.J.toarray(), self.after[1])
            self.assertEqual(result.network.bias.shape, (60,))
        with bayres.Result(runner.run(self.folder, "dense", CONFIG, "--ensemble.seeds=", "--reservoir.connectivity=1")) as result:
            self.assertEqual(result.learners["b"].network.J.shape, (60, 60))
            self.assertGreater(np.abs(result.learners["b"].network.J - result.network.J).max(), 0)

    def test_what_has_diverged_is_not_shown_as_learned(self):
        """In its place stand NaN, in a result, its analysis and its figure."""
        path = runner.run(self.folder, "wild", CONFIG, "--ensemble.seeds=", "--learner.b.rule=delta",
                          "--learner.b.eta=10")
        with bayres.Result(path) as result:
            network = result.learners["b"].network
            self.assertGreater(result.learners["b"].attributes["diverged_at_step"], 0)
            self.assertEqual(network.state, "diverged")
            self.assertTrue(np.isnan(network.J.data).all() and np.isnan(network.W_in).all())
            self.assertTrue(np.isnan(result.learners["b"].recurrent_weights[-1]).all())
            self.assertTrue(np.isnan(result.learners["b"].recurrent_change[-1]).all())
            self.assertTrue(np.isfinite(result.network.J.data).all())
        analysis = self.folder / "wild-a.h5"
        subprocess.run([os.path.abspath(os.environ["BAYRES_ANALYZE"]), path, "-o", analysis, "--quiet"], check=True)
        with h5py.File(analysis) as file:
            found = file["conditions/c0/learners/b/recurrent"]
            for name in ("change", "rank", "spectral_radius", "singular_value", "eigenvalue_real"):
                self.assertTrue(np.isnan(found[name][()]).all(), name)
        done = subprocess.run([sys.executable, runner.BIN / "recurrent", analysis, "-o", self.folder / "wild"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_figure(self):
        done = subprocess.run([sys.executable, runner.BIN / "recurrent", self.folder / "a.h5", "-o", self.folder / "fig"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.folder / "fig/recurrent.png").read_bytes()[:4], b"\x89PNG")
        rows = [line for line in (self.folder / "fig/recurrent.md").read_text().splitlines() if line.startswith("| b |")]
        self.assertEqual(len(rows), 1)

    def test_diagnostics_are_of_the_learned_J(self):
        result = runner.run(self.folder, "one", CONFIG, "--ensemble.seeds=", "--record.every=1", "--record.rates=0..59")
        with h5py.File(result) as file:
            radii = {"fixed": np.abs(np.linalg.eigvals(dense_alone(file["network"]))).max(),
                     "b": np.abs(np.linalg.eigvals(dense_alone(file["learners/b/network"]))).max()}
        self.assertNotAlmostEqual(radii["b"], radii["fixed"], 3)
        for learner, radius in radii.items():
            with bayres.diagnostics.Recording(result, learner=learner) as recording:
                self.assertAlmostEqual(recording.spectrum().radius, radius, 10)
                if learner == "b":
                    self.assertTrue(np.isfinite(recording.lyapunov("test").exponent))
                    self.assertRaisesRegex(bayres.diagnostics.Missing, "changes J", recording.lyapunov, "train")
                else:
                    self.assertRaisesRegex(bayres.diagnostics.Missing, "rates|trajectory", recording.rates_in, "test")

    def test_other_files_are_refused(self):
        done = subprocess.run([sys.executable, runner.BIN / "recurrent", self.folder / "r.h5"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("says nothing of a learned J", done.stderr)


if __name__ == "__main__":
    unittest.main()
