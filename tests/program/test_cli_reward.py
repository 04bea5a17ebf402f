#!/usr/bin/python3
"""Learning from rewards: neurons whose rates are held, readouts that do not learn, weights of files."""
import unittest

import h5py
import numpy as np

from command_line import DONE, INPUT_OUTPUT, USAGE, CommandLineTest, data_sets, small

N = 70


class ClampTest(CommandLineTest):
    def test_held_rates_are_what_numpy_gives_on_any_number_of_ranks(self):
        sections = small(reservoir={"size": N, "gain": 1.2, "storage": "dense", "clamp": "1:1, 10:1, 65:-1"}, learner__a={"rule": "none"},
                         learner__b={"rule": "bayes"}, protocol={"train": 5, "test": 2},
                         record={"every": 1, "network": "true", "rates": "0..69"})
        path = self.result(sections)
        self.check_same_arrays(path, self.result(sections, name="d", ranks=2))
        with h5py.File(path) as file:
            W_in, bias, x = (file[f"network/{name}"][()] for name in ("W_in", "bias", "x0"))
            J = file["network/J"][()]
            u, rates, output = file["input"][()], file["rates"][()], file["learners/a/output"][()]

        def rates_of(x):
            r = np.tanh(x)
            r[[1, 10, 65]] = 1, 1, -1
            return r
        r = rates_of(x)
        for t, seen in enumerate(rates):
            x = x + 0.1 * (-x + J @ r + bias + W_in @ u[t])
            r = rates_of(x)
            np.testing.assert_allclose(seen, r, rtol=0, atol=1e-11)
        np.testing.assert_allclose(output[:, 0], rates[:, 0], rtol=0, atol=0)  # the rate of neuron 0

    def test_every_bad_clamp_is_said(self):
        self.write("c.ini", small(reservoir={"clamp": "1:1, 50:1, 1:2, 3, 4:inf"}))
        finished = self.run_bayres("run", "c.ini", "-o", "c.h5", ranks=2)
        self.check_code(finished, USAGE)
        for words in ("no neuron 50: allowed is 0 to 49", "neuron 1 comes twice", '"3" is not NEURON:RATE', '"4:inf" is not'):
            self.assertIn(words, finished.err)
        self.assertIn("c.ini:3: reservoir.clamp", finished.err)



class StartTest(CommandLineTest):
    """Weights of files that readouts start from."""

    def config(self, **changes):
        return small(**{"reservoir": {"size": N}, "learner.a": {"rule": "none", "weights": "w.h5"}, "learner.b": {"rule": "bayes"},
                        "protocol": {"train": 5, "test": 2, "washout": 0}, "record": {"every": 1, "rates": "0..69"}, **changes})

    def put(self, path, values):
        with h5py.File(self.folder / "w.h5", "w") as file:
            file[path] = values

    def test_the_last_weights_of_a_result_or_those_of_a_data_set(self):
        w = np.random.default_rng(1).normal(size=(3, 1, N))
        for path, values in (("learners/a/weights", w), ("weights", w[-1])):
            self.put(path, values)
            result = self.result(self.config(), "--force")
            self.check_same_arrays(result, self.result(self.config(), "--force", name="d", ranks=2))
            with h5py.File(result) as file:
                np.testing.assert_allclose(file["learners/a/output"][:, 0], file["rates"][()] @ w[-1, 0], rtol=0, atol=1e-12)
                self.assertEqual(file["inputs/weights-a"].attrs["path"], "w.h5")
                self.assertEqual(len(file["inputs"]), 1)

    def test_a_rule_learns_on_from_them_and_a_resumed_run_from_its_own(self):
        self.put("weights", np.ones((1, N)))
        whole = self.config(**{"learner.a": {"rule": "delta", "eta": 0.01, "weights": "w.h5"}, "protocol": {"train": 5, "test": 2, "learn_every": 1}})
        path = self.result(whole)
        with h5py.File(path) as file:
            r, target, phase = file["rates"][()], file["target"][:, 0], file["phase"][()]
            w = np.ones(N)
            for t in np.flatnonzero(phase == 1):
                w = w + 0.01 * (target[t] - w @ r[t]) * r[t]
            np.testing.assert_allclose(file["learners/a/weights"][-1, 0], w, rtol=0, atol=1e-12)
        first = {**whole, "protocol": {**whole["protocol"], "test": 1}}
        self.result(first, name="first")
        finished = self.run_bayres("resume", "first.h5.checkpoint", "-o", "second.h5", "--protocol.test=2", "--quiet")
        self.check_code(finished, DONE)
        second = data_sets(self.folder / "second.h5")["learners/a/output"]
        np.testing.assert_array_equal(second[-10:], data_sets(path)["learners/a/output"][-10:])

    def test_refusals(self):
        self.put("weights", np.ones((1, N)))
        for changes, code, words in (
            ({"learner.a": {"rule": "none", "weights": "none.h5"}}, INPUT_OUTPUT, ("none.h5",)),
            ({"reservoir": {"size": 60}, "record": {}}, INPUT_OUTPUT, ("w.h5", "(1, 70)", "(1, 60)")),
            ({"learner.a": {"rule": "ridge", "weights": "w.h5"}}, USAGE, ("learner.a.weights", "ridge", "leave the file out")),
            ({"learner.a": {"rule": "dale", "weights": "w.h5"}}, USAGE, ("learner.a.weights", "dale")),
        ):
            self.write("c.ini", self.config(**changes))
            finished = self.run_bayres("run", "c.ini", "-o", "c.h5", "--force", ranks=2)
            self.check_code(finished, code)
            self.check_one_message(finished)
            for word in words:
                self.assertIn(word, finished.err)
        for values in (np.full((1, N), np.nan), np.ones(N)):
            self.put("weights", values)
            self.write("c.ini", self.config())
            self.check_code(self.run_bayres("run", "c.ini", "-o", "c.h5"), INPUT_OUTPUT)
        self.put("J", np.ones((1, N)))
        finished = self.run_bayres("run", "c.ini", "-o", "c.h5")
        self.assertIn("holds neither /learners/a/weights nor /weights", finished.err)


TRIAL, LEAK = 50, 0.1
KEYS = {"recurrent.warm_up": 3, "recurrent.limit": 2e-3, "recurrent.perturbation_rate": 0.01}
SOON = {"recurrent.warm_up": 0, "recurrent.memory": 0.1}
RULES = {"miconi": {"recurrent.eta": 0.5}, "node-perturbation": {"recurrent.eta": 0.003}}


def trials(rule, **changes):
    """Trials of 50 steps, of 4 types; the last 10 steps count."""
    return small(**{"reservoir": {"size": N, "gain": 1.5, "connectivity": 1, "clamp": "1:1, 65:-1", "tau": 30, "dt": 3},
                    "task": {"name": "delayed-match", "drive": None, "stimulus": 30, "gap": 30, "delay": 30, "response": 30},
                    "protocol": {"train": 3000, "test": 300}, "learner.a": {"rule": None, "recurrent.rule": rule, **KEYS, **RULES[rule]},
                    "record": {"every": 1, "network": "true", "rates": "0..69", "state": "0..69"}, **changes})


def learned(path, rule):
    """J after training by the recorded states alone, and the perturbation of every step."""
    with h5py.File(path) as file:
        J, W_in, bias, x0 = (file[f"network/{name}"][()] for name in ("J", "W_in", "bias", "x0"))
        u, target, phase, x, r = (file[name][()] for name in ("input", "target", "phase", "state", "rates"))
        eta, memory, limit = (file["learners/a"].attrs[f"recurrent.{key}"] for key in ("eta", "memory", "limit"))
    kinds, J = [2 * (u[t, 1] > 0) + (u[t + 20, 1] > 0) for t in range(0, len(u), TRIAL)], J.copy()
    r0 = np.tanh(x0)
    r0[[1, 65]] = 1, -1
    mean, perturbations = np.zeros(4), []
    for t in range(len(u)):
        if t % TRIAL == 0:
            before, arrived, trace, e = x0, r0, x0, np.zeros((N, N))
        xi = ((x[t] - before) / LEAK + before - J @ arrived - bias - W_in @ u[t])
        perturbations.append(xi)
        e += np.outer(xi, arrived) if rule == "node-perturbation" else np.outer(x[t] - trace, arrived)**3
        trace = 0.05 * trace + 0.95 * x[t]
        before, arrived = x[t], r[t]
        number = t // TRIAL
        if t % TRIAL == TRIAL - 1 and phase[t] == 1:
            R = np.abs(target - r[:, :1])[t - 9:t + 1].mean()
            if number >= KEYS["recurrent.warm_up"]:
                J += np.clip(-eta * mean[kinds[number]] * (R - mean[kinds[number]]) * e, -limit, limit)
            mean[kinds[number]] = memory * mean[kinds[number]] + (1 - memory) * R
    return J, np.array(perturbations), phase, mean


class RewardTest(CommandLineTest):
    def test_every_rule_is_what_numpy_gives_of_the_recorded_states(self):
        for rule in RULES:
            path = self.result(trials(rule), "--force")
            J, xi, phase, mean = learned(path, rule)
            with h5py.File(f"{path}.checkpoint") as file:
                seen = file["state/learners/a/J"][()].reshape(N, N)
                np.testing.assert_allclose(file["state/learners/a/recurrent/mean_error"][:4], mean, rtol=1e-9)
            with h5py.File(path) as file:
                first = file["network/J"][()]
                self.assertEqual(file["learners/a"].attrs["rule"], "none")
                self.assertAlmostEqual(file["learners/a"].attrs["recurrent.perturbation"], 16 / 3)
            np.testing.assert_allclose(seen, J, rtol=0, atol=1e-8, err_msg=rule)
            self.assertGreater(np.abs(seen - first).max(), 1e-3)
            self.assertLessEqual(np.abs(seen - first).max(), 2e-3 * 20)
            # Perturbations of 3 % of the steps, uniform, in training alone.
            large = np.abs(xi) > 1e-6
            self.assertFalse(large[phase == 2].any())
            self.assertAlmostEqual(large[phase == 1].mean(), 0.03, delta=0.003)
            self.assertLessEqual(np.abs(xi).max(), 16 / 3 + 1e-6)
            self.assertAlmostEqual(xi[large].std(), 16 / 3 / 3**0.5, delta=0.15)

    def test_any_number_of_ranks_gives_the_same_bits(self):
        for storage in ({}, {"connectivity": 0.3}):
            sections = trials("miconi", learner__b={"rule": "bayes", "recurrent.rule": "node-perturbation", **KEYS, **SOON},
                              learner__a={"rule": None, "recurrent.rule": "miconi", **KEYS, **SOON})
            sections["reservoir"] |= {"size": 200, "noise": 0.01, **storage}
            sections["protocol"] = {"train": 700, "test": 60, "evaluate_at": 400}
            path = self.result(sections, "--force")
            for ranks in (2, 3):
                self.check_same_arrays(path, self.result(sections, "--force", name="d", ranks=ranks))
        with h5py.File(path) as file:
            self.assertEqual(len(file["learners/a/network/J_data"]), len(file["network/J_data"]))  # absent ones stay absent

    def test_learners_explore_alike_whatever_the_others(self):
        short = {"protocol": {"train": 300, "test": 60}}
        path = self.result(trials("miconi", **short))
        both = self.result(trials("miconi", **short, **{"learner.other": {"rule": None, "recurrent.rule": "node-perturbation"}}), name="d")
        with h5py.File(path) as one, h5py.File(both) as other:
            self.assertTrue(np.array_equal(one["learners/a/output"][()], other["learners/a/output"][()]))

    def test_refusals(self):
        for changes, words in (
            ({"task": {"name": "sines", "drive": "target"}}, ("recurrent.rule", "no trials", "delayed-match")),
            ({"run": {"precision": "mixed"}}, ("recurrent.rule", "bfloat16")),
            ({"reservoir": {"storage": "dense", "connectivity": 0.2}}, ("storage", "dense", "absent")),
            ({"learner.a": {"rule": "ridge", "recurrent.rule": "miconi"}}, ("recurrent.rule", "end of training alone")),
            ({"learner.a": {"recurrent.rule": "miconi", "recurrent.memory": 2}}, ("recurrent.memory", "0 to 1")),
            ({"learner.a": {"recurrent.rule": "miconi", "recurrent.kappa": 2}}, ("recurrent.kappa",)),
            ({"learner.a": {"rule": None, "recurrent.rule": "bayes"}}, ("rule is missing",)),
            ({"learner.a": {"rule": None, "recurrent.rule": "micony"}}, ("micony is not known", "did you mean miconi?")),
            ({"task": {"name": "sines", "drive": "target"}, "learner.a": {"rule": "bayes", "recurrent.rule": "delta"},
              "learner.c": {"recurrent.rule": "miconi"}}, ("learner.c.recurrent.rule = miconi", "no trials")),
        ):
            self.write("c.ini", trials("miconi", **changes))
            finished = self.run_bayres("run", "c.ini", "-o", "c.h5", "--force", ranks=2)
            self.check_code(finished, USAGE)
            for word in words:
                self.assertIn(word, finished.err)
            self.assertEqual("rule is missing" in finished.err, "rule is missing" in words)

    def test_a_learner_that_has_diverged_explores_no_more(self):
        with h5py.File(self.folder / "w.h5", "w") as file:
            file["weights"] = np.full((1, N), 1e12)
        sections = trials("miconi", **{"protocol": {"train": 200, "test": 50}, "learner.b": {"rule": "bayes"}, "learner.a":
                          {"rule": None, "weights": "w.h5", "recurrent.rule": "miconi", "recurrent.perturbation_rate": 1}})
        del sections["reservoir"]["clamp"]
        path = self.result(sections)
        with h5py.File(path) as file:
            J, W_in, bias, x0 = (file[f"network/{name}"][()] for name in ("J", "W_in", "bias", "x0"))
            u, x, r = (file[name][()] for name in ("input", "state", "rates"))
            diverged = file["learners/a"].attrs["diverged_at_step"]
        self.assertTrue(0 <= diverged < 20)
        for t in range(len(u)):
            before, arrived = (x0, np.tanh(x0)) if t % TRIAL == 0 else (x[t - 1], r[t - 1])
            xi = (x[t] - before) / LEAK + before - J @ arrived - bias - W_in @ u[t]
            self.assertEqual(np.abs(xi).max() > 1e-6, t <= diverged, t)


if __name__ == "__main__":
    unittest.main()
