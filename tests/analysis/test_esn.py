#!/usr/bin/python3
"""bayres.ESN: an estimator as scikit-learn wants it, with the bits of bayres.run."""
import pickle
import subprocess
import sys
import unittest
import unittest.mock
import warnings

import numpy as np
import pandas
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import runner

import bayres

T = np.arange(600)
SERIES = np.sin(T / 5) + 0.1 * np.cos(T / 3.3)
U = SERIES[:, None]
Y = np.roll(SERIES, 3) * SERIES  # of a past that a network without memory does not have


class Esn(unittest.TestCase):
    def test_checks_of_scikit_learn(self):
        skipped = []
        for estimator, check in check_estimator(bayres.ESN(units=30), generate_only=True):
            with self.subTest(check=check.func.__name__), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    check(estimator)
                except unittest.SkipTest:
                    skipped.append(check.func.__name__)
        self.assertEqual(skipped, ["check_methods_sample_order_invariance", "check_methods_subset_invariance"])

    def test_bits_are_those_of_a_run(self):
        """For rules that learn at every step, and for several inputs and outputs."""
        u, y = np.column_stack([U, U**2]), np.column_stack([Y, U])
        esn = bayres.ESN(units=60, leak=0.5, washout=20, rule="bayes", rule_keys={"kappa": 40},
                         keys={"record.weights_every": 50}).fit(u[:400], y[:400])
        with bayres.run(esn.configuration(400, 2, 2), data={"u": u[:400], "y": y[:400]}) as result, esn.result_ as own:
            np.testing.assert_array_equal(own.learners["readout"].weights, result.learners["readout"].weights)
            self.assertEqual(own.learners["readout"].parameters["kappa"], 40)
            np.testing.assert_array_equal(esn.coef_, result.learners["readout"].weights[-1])
            np.testing.assert_array_equal(esn.predict(u), bayres.predict(result, {"u": u})["readout"])
            several = bayres.predict(result, {"u": u}, **{"evaluate.starts": 3, "evaluate.span": 50, "evaluate.washout": 20})
        self.assertEqual(several["readout"].shape, (3, 50, 2))
        self.assertEqual(esn.predict(u).shape, (600, 2))

    def test_it_learns_predicts_and_can_be_kept(self):
        esn = bayres.ESN(units=100, leak=0.5, washout=20).fit(U[:400], Y[:400])
        again = pickle.loads(pickle.dumps(esn))
        whole = esn.predict(U[:400])  # what it has learned from is no exception
        del esn
        np.testing.assert_array_equal(again.predict(U[:100]), whole[:100])
        self.assertGreater(again.score(U[400:], Y[400:]), 0.75)
        expected = 1 - ((whole - Y[:400])[20:] ** 2).mean() / Y[20:400].var()
        self.assertAlmostEqual(again.score(U[:400], Y[:400]), expected, places=10)
        at_times = pandas.Series(Y[:400], index=1000 + T[:400] / 2)
        self.assertAlmostEqual(again.score(U[:400], at_times), expected, places=10)
        with self.assertRaisesRegex(ValueError, "2 readouts"):
            again.set_params(ridge=[1e-6, 1e-3]).fit(U[:100], Y[:100])
        np.testing.assert_array_equal(again.predict(U[:100]), whole[:100])  # what it had learned before

    def test_forecast(self):
        esn = bayres.ESN(units=100, leak=0.5, washout=20).fit(SERIES[:500])
        future = esn.forecast(60)
        np.testing.assert_allclose(future, SERIES[500:560], atol=0.05)
        heard = esn.predict(SERIES[:500])
        self.assertEqual(len(heard), 500)
        self.assertAlmostEqual(future[0], heard[-1], places=12)
        np.testing.assert_array_equal(esn.forecast(60, SERIES[:500]), future)
        # Its own output is what it hears next: the same as if it were appended.
        np.testing.assert_allclose(esn.forecast(1, np.append(SERIES[:500], future[0])), future[1:2], rtol=1e-9)
        with self.assertRaisesRegex(ValueError, "fit\\(series\\)"):
            bayres.ESN(units=30).fit(U, Y).forecast(3)

    def test_search_over_a_pipeline(self):
        model = make_pipeline(StandardScaler(), bayres.ESN(units=40, washout=20))
        search = GridSearchCV(model, {"esn__ridge": [1e-6, 1e6]}, cv=TimeSeriesSplit(2)).fit(U, Y)
        self.assertEqual(search.best_params_, {"esn__ridge": 1e-6})
        self.assertEqual(search.predict(U[:10]).shape, (10,))

    def test_mistakes_are_named(self):
        for keys, kind, said in (({"rule": "rigde"}, bayres.ConfigurationError, "did you mean ridge"),
                                 ({"spectral_radius": -1}, bayres.ConfigurationError, "reservoir.spectral_radius"),
                                 ({"rule_keys": {"lamda": 1}}, bayres.ConfigurationError, "lambda"),
                                 ({"leak": 2}, ValueError, "leak = 2: allowed is above 0 up to 1"),
                                 ({"washout": 600}, ValueError, "allowed is 0 to 599")):
            with self.assertRaisesRegex(kind, said):
                bayres.ESN(units=30, **keys).fit(U, Y)

    def test_scikit_learn_is_needed_by_it_alone(self):
        code = "import bayres, sys; print({'sklearn', 'optuna', 'matplotlib'} & set(sys.modules), 'ESN' in dir(bayres))"
        done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True,
                              cwd=runner.ROOT / "analysis")
        self.assertEqual(done.stdout, "set() True\n", done.stderr)
        with unittest.mock.patch.dict(sys.modules, {"sklearn.base": None}):
            sys.modules.pop("bayres.esn", None)
            with self.assertRaisesRegex(ImportError, "python3-sklearn"):
                bayres.ESN()


if __name__ == "__main__":
    unittest.main()
