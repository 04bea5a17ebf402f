#!/usr/bin/python3
"""readout.features: against numpy, on any number of ranks, resumed, frozen, evaluated and analysed."""
import pathlib
import subprocess
import sys
import os
import unittest

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "analysis"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis"))

import bayres
import resimulate
from command_line import DONE, USAGE, CommandLineTest, attributes, data_sets, small

LEARNERS = {
    "learner.bayes": {"rule": "bayes", "drift": 1e-5},
    "learner.shared": {"rule": "bayes", "others": "shared"},
    "learner.delta": {"rule": "delta", "eta": 1e-3},
    "learner.branch": {"rule": "branch", "branch_size": 25},
    "learner.branches": {"rule": "branch", "branch_size": 16, "others": "joint"},
    "learner.rls": {"rule": "rls"},
    "learner.ridge": {"rule": "ridge", "lambda": 2},
    "learner.decay": {"rule": "delta-decay"},
    "learner.nlms": {"rule": "nlms", "eta": 0.2},
    "learner.adagrad": {"rule": "adagrad", "eta": 1e-2},
    "learner.dale": {"rule": "dale", "likelihood_variance": 1},
}
ALL = "rates+bias+input+squares"


def config(size, features, task=None, learners=None, **changes):
    sections = small(**{"reservoir": {"size": size, "connectivity": 0.2},
                        "task": task or {"name": "lorenz", "drive": "none", "horizon": 0.1, "dimensions": 3},
                        "protocol": {"washout": 2, "train": 40, "test": 12},
                        "record": {"every": 1, "weights_every": 150, "network": "true"},
                        "readout": {"features": features}, "learner__a": None, **changes})
    return sections | {name: dict(keys) for name, keys in (learners or LEARNERS).items()}


class FeaturesTest(CommandLineTest):
    def check_against_numpy(self, path, learners=len(LEARNERS)):
        rows, diverged = resimulate.compare(path)
        self.assertEqual(diverged, [])
        self.assertEqual(len({row[0] for row in rows}), learners)
        for name, what, steps, difference, tolerance in rows:
            self.assertGreater(steps, 0)
            self.assertLessEqual(difference, tolerance, f"{name}: {what}")

    def test_every_rule_on_any_ranks(self):
        """Added features fill up a block that is short, that is full, and go beyond one."""
        for size, features, added in ((150, ALL, 4), (128, "rates+input+bias", 4), (190, "rates+bias+input", 4),
                                      (130, "rates+squares", 0), (70, "rates+bias", 1)):
            one = self.result(config(size, features), "--check", "--force", name="one")
            self.check_against_numpy(one)
            for ranks in (2, 3):
                self.check_same_arrays(one, self.result(config(size, features), "--check", "--force", ranks=ranks))
            with h5py.File(one) as file:
                weights = file["learners/rls/weights"]
                self.assertEqual(weights.shape[-1], size + added)
                self.assertEqual(weights.dims[2][0].name, "/feature" if added else "/neuron")
                self.assertEqual(file["learners/bayes/learning_rate"].shape, weights.shape)
                self.assertEqual(file["learners/bayes"].attrs["kappa"], size)

    def test_teacher_and_closed_loop(self):
        for feedback in ("teacher", "output"):
            learners = {name: LEARNERS[name] for name in ("learner.bayes", "learner.branches", "learner.rls")}
            case = config(150, "rates+bias+squares", {"name": "sines"}, learners,
                          protocol={"washout": 2, "train": 30, "test": 12, "feedback": feedback})
            one = self.result(case, "--force", name="one")
            self.check_against_numpy(one, 3)
            self.check_same_arrays(one, self.result(case, "--force", ranks=3))

    def test_driven_by_the_target(self):
        """The target is a feature, so that errors become as small as rounding, by whose root adagrad divides."""
        learners = {name: keys for name, keys in LEARNERS.items() if name != "learner.adagrad"}
        case = config(70, ALL, {"name": "sines", "drive": "target"}, learners)
        self.check_against_numpy(self.result(case, ranks=2), len(learners))

    def test_precision(self):
        learners = {name: LEARNERS[name] for name in ("learner.bayes", "learner.rls")}
        for precision in ("single", "mixed"):
            case = config(130, ALL, learners=learners, run={"precision": precision})
            self.check_same_arrays(self.result(case, "--force", name="one"), self.result(case, "--force", ranks=3))

    def test_ridge_with_a_bias_is_ridge_on_centred_data(self):
        size = 70
        path = self.result(config(size, "rates+bias", record={"every": 1, "network": "true", "rates": f"0..{size - 1}"}),
                           ranks=2)
        with bayres.Result(path) as result:
            train = result.phase == 1
            R, Z = result.rates[train], result.series("target")[train]
            w = result.learners["ridge"].weights[-1]
        C = R - R.mean(0)
        expected = np.linalg.solve(C.T @ C + 2 * np.eye(size), C.T @ (Z - Z.mean(0))).T
        np.testing.assert_allclose(w[:, :size], expected, rtol=1e-7, atol=1e-10)
        np.testing.assert_allclose(w[:, size], Z.mean(0) - expected @ R.mean(0), rtol=1e-8)

    def test_resumed_with_frozen_weights(self):
        """From the end of training, and with weights frozen on the way; on another number of ranks."""
        keys = {"protocol": {"washout": 2, "train": 40, "test": 12, "evaluate_at": "20, 42", "evaluate_span": 5}}
        whole = self.result(config(128, ALL, **keys), name="whole")
        keys["protocol"]["test"] = 5
        self.result(config(128, ALL, **keys), ranks=2)
        self.check_code(self.run_bayres("resume", "c.h5.checkpoint", "--quiet", "--protocol.test=12", ranks=3), DONE)
        self.check_same_arrays(whole, self.folder / "c.h5")

    def test_other_features_are_refused_by_resume(self):
        self.result(config(70, "rates+bias"))
        finished = self.run_bayres("resume", "c.h5.checkpoint", "--quiet", "--readout.features=rates")
        self.check_code(finished, USAGE)
        self.assertIn("readout.features", finished.err)

    def test_evaluation_scores_as_the_run_does(self):
        self.result(config(150, ALL, protocol={"washout": 2, "train": 40, "test": 0}), ranks=2)
        path = self.result(config(150, ALL), name="tested")
        finished = self.run_bayres("evaluate", "c.h5.checkpoint", "--evaluate.span=12", "-o", "e.h5", ranks=3)
        self.check_code(finished, DONE)
        for learner in LEARNERS:
            name = learner.split(".")[1]
            with h5py.File(self.folder / "e.h5") as scores:
                self.assertAlmostEqual(scores[f"learners/{name}/nrmse"][()].mean(),
                                       attributes(path, f"learners/{name}")["test_nrmse"], 12, name)

    def forecast(self, path, run, steps, washout, start):
        """Of ridge in numpy, from x0 driven by the truth for `washout` steps, then free: its output is its next input."""
        with h5py.File(path) as file:
            scale = {name: (file[name].attrs["mean"], file[name].attrs["sd"]) for name in ("input", "target")}
        w, x, r = run.snapshots["ridge"][-1], run.x0, run.rate(run.x0)
        u, all_z = run.input[start], []
        for k in range(washout + steps):
            x = x + run.leak * (-x + run.J @ r + run.W_in @ u + run.bias)
            r = run.rate(x)
            z = w @ run.heard(r, u)
            y = run.target[start + k] if k < washout else z
            all_z.append(z)
            u = (y * scale["target"][1] + scale["target"][0] - scale["input"][0]) / scale["input"][1]
        return np.array(all_z[washout:])

    def test_a_forecast_hears_its_own_output(self):
        """The input of a closed loop through the input, which is a feature, is the output in the input's scale."""
        task = {"name": "lorenz", "drive": "none", "horizon": 0.1, "dimensions": 3, "normalise": "zscore"}
        path = self.result(config(150, ALL, task, {"learner.ridge": {"rule": "ridge", "lambda": 1e-4}},
                                  protocol={"washout": 2, "train": 60, "test": 30}))
        for ranks in (None, 3):
            finished = self.run_bayres("evaluate", "c.h5", "--evaluate.closed_loop=true", "--evaluate.start=70",
                                       "--evaluate.washout=8", "--evaluate.span=3", "--evaluate.trajectories=true",
                                       "-o", "e.h5", "--force", ranks=ranks)
            self.check_code(finished, DONE)
            with h5py.File(self.folder / "e.h5") as file:
                output = file["learners/ridge/output"][0]
            np.testing.assert_allclose(output, self.forecast(path, resimulate.Run(path), 30, 80, 700), atol=1e-6)

    def test_analysis_and_python(self):
        self.result(config(70, ALL), ranks=2)
        analyze = [os.path.abspath(os.environ["BAYRES_ANALYZE"]), "c.h5", "--quiet", "-o", "a.h5"]
        subprocess.run(analyze, cwd=self.folder, check=True, timeout=120)
        with bayres.Result(self.folder / "c.h5") as result:
            weights = result.learners["rls"].weights[:, 0]
            self.assertEqual(weights.shape[-1], 74)
        norms = [array for name, array in data_sets(self.folder / "a.h5").items() if name.endswith("rls/weights/norm")]
        self.assertTrue(norms)

    def test_what_makes_no_sense(self):
        sines = {"name": "sines", "drive": "none"}
        for features, task, words in (("bias", None, "write rates, then any of"), ("rates+bias+bias", None, "each once"),
                                      ("rates+cubes", None, "readout.features = rates+cubes"),
                                      ("rates+input", sines, "there is no input that could be a feature")):
            self.write("c.ini", config(70, features, task))
            finished = self.run_bayres("run", "c.ini", ranks=2)
            self.check_code(finished, USAGE)
            self.check_one_message(finished)
            self.assertIn(words, finished.err)

    def test_no_note_on_a_mean_that_a_bias_takes(self):
        task = {"name": "narma10", "drive": "none"}
        for features, found in (("rates", True), ("rates+bias", False)):
            self.write("c.ini", config(70, features, task))
            finished = self.run_bayres("run", "c.ini", "--force")
            self.check_code(finished, DONE)
            self.assertEqual("there is no bias" in finished.out, found)


if __name__ == "__main__":
    unittest.main()
