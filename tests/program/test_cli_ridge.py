#!/usr/bin/python3
"""Ridge regression against numpy, from the rates and targets that a run has recorded: solutions for a list of lambda, how
they fit, and which one is chosen."""
import re
import signal
import subprocess
import time
import unittest

import numpy as np

from command_line import DONE, USAGE, CommandLineTest, attributes, command, data_sets, environment, learner_names, small

NEURONS = 150  # no multiple of 64
TRAIN = 33.1  # 331 steps, no multiple of 64
TRAIN_PHASE = 1
LAMBDAS = (1e2, 1e-3, 1e-9)  # by Cholesky, and by eigenvalues
NAMES = ("r_1", "r_2", "r_3")


def record(**changes):
    changes = {"reservoir": {"size": NEURONS, "bias_scale": 0.2, "noise": 1e-3}, "protocol": {"train": TRAIN, "washout": 2, "test": 5},
               "task": {"name": "lorenz", "drive": None, "dimensions": 2}, "learner__a": None,
               "learner__r": {"rule": "ridge", "lambda": ", ".join(map(str, LAMBDAS))},
               "record": {"rates": f"0..{NEURONS - 1}"}} | changes
    return small(**changes)


def least_squares(rates, target, penalty):
    """By orthogonal transformations of the rates themselves, whose condition is the root of that of their sums."""
    n = rates.shape[1]
    rows = np.vstack([rates, np.sqrt(penalty) * np.eye(n)])
    return np.linalg.lstsq(rows, np.vstack([target, np.zeros((n, target.shape[1]))]), rcond=1e-15)[0]


def nrmse(target, output):
    return np.mean(np.sqrt(np.mean((target - output) ** 2, axis=0) / np.var(target, axis=0)))


class RidgeTest(CommandLineTest):
    def recorded(self, path, learned=slice(None)):
        found = data_sets(path)
        train = found["phase"] == TRAIN_PHASE
        return found, found["rates"][train][learned], found["target"][train][learned]

    def check_same(self, first, second):
        one, other = data_sets(first), data_sets(second)
        self.assertEqual(sorted(one), sorted(other))
        for name, array in one.items():
            np.testing.assert_array_equal(array, other[name], name)
        for learner in learner_names(first):
            mine, theirs = (attributes(path, f"learners/{learner}") for path in (first, second))
            self.assertEqual(mine.keys(), theirs.keys())
            for key in mine:
                np.testing.assert_array_equal(mine[key], theirs[key], f"{learner} {key}")

    def test_solutions_and_their_fit(self):
        path = self.result(record())
        found, rates, target = self.recorded(path)
        self.assertEqual(len(rates), 331)
        for name, penalty in zip(NAMES, LAMBDAS):
            weights = found[f"learners/{name}/weights"][-1]
            expected = least_squares(rates, target, penalty).T
            # What rounding makes of the sums, times their condition.
            condition = np.linalg.norm(rates, 2) ** 2 / penalty
            error = np.linalg.norm(weights - expected) / np.linalg.norm(expected)
            self.assertLess(error, 1e-14 * condition + 1e-12, name)
            learner = attributes(path, f"learners/{name}")
            self.assertEqual(learner["fit_lambda"], penalty)
            fit = nrmse(target, rates @ weights.T)
            self.assertLess(learner["fit_nrmse_rounding"], 1e-4)
            if fit > 3 * learner["fit_nrmse_rounding"]:
                self.assertAlmostEqual(learner["fit_nrmse"] / fit, 1, delta=0.2)
            else:
                self.assertLess(learner["fit_nrmse"], 10 * learner["fit_nrmse_rounding"])
            self.assertGreaterEqual(learner["fit_nrmse"], learner["fit_nrmse_rounding"])

    def test_fit_of_every_second_step(self):
        path = self.result(record(protocol={"train": TRAIN, "test": 5, "learn_every": 2}))
        found, rates, target = self.recorded(path, slice(None, None, 2))
        weights = found["learners/r_1/weights"][-1]
        np.testing.assert_allclose(weights, least_squares(rates, target, LAMBDAS[0]).T, rtol=1e-8)
        self.assertAlmostEqual(attributes(path, "learners/r_1")["fit_nrmse"], nrmse(target, rates @ weights.T), delta=0.02)

    def test_a_list_is_what_its_values_are_alone(self):
        together = self.result(record())
        for name, penalty in zip(NAMES, LAMBDAS):
            alone = self.result(record(learner__r={"rule": "ridge", "lambda": penalty}), name="alone")
            for key in ("weights", "output"):
                np.testing.assert_array_equal(data_sets(together)[f"learners/{name}/{key}"],
                                              data_sets(alone)[f"learners/r/{key}"])
            alone.unlink()

    def test_lambda_is_chosen_on_the_last_part_of_training(self):
        keys = {"rule": "ridge", "lambda": "1e-9, 1e4, 1e9", "lambda_select": "validation", "validation_fraction": 0.25}
        config = record(learner__r=keys, reservoir={"size": NEURONS, "noise": 0.05}, protocol={"train": 20, "test": 5})
        path = self.result(config)
        self.assertEqual(learner_names(path), [*NAMES, "r_selected"])
        found, rates, target = self.recorded(path)
        first = len(rates) - int(np.ceil(0.25 * len(rates)))
        held, wanted = rates[first:], target[first:]
        errors, parts = [], []
        for penalty in (1e-9, 1e4, 1e9):
            w = least_squares(rates[:first], target[:first], penalty)
            part = np.sum((wanted - held @ w) ** 2, axis=0) / np.sum(wanted ** 2, axis=0)
            of_zero = np.sqrt(np.mean(target ** 2, axis=0) / np.var(target, axis=0))
            parts.append(part.sum())
            errors.append(np.mean(np.sqrt(part) * of_zero))
        learner = attributes(path, "learners/r_selected")
        np.testing.assert_array_equal(learner["fit_validation_lambda"], [1e-9, 1e4, 1e9])
        np.testing.assert_allclose(learner["fit_validation_nrmse"], errors, rtol=1e-3)
        best = int(np.argmin(parts))
        self.assertEqual(best, 1)
        self.assertEqual(learner["fit_lambda"], 1e4)
        np.testing.assert_array_equal(found["learners/r_selected/weights"], found[f"learners/{NAMES[best]}/weights"])
        for ranks in (2, 3):
            self.check_same(path, self.result(config, ranks=ranks, name=f"on{ranks}"))
        finished = self.run_bayres("run", "c.ini", "--force")
        self.check_code(finished, DONE)
        self.assertIn("r_selected chose its lambda", finished.out)
        self.assertRegex(finished.out, r"\n +1e\+04 +[0-9.]+ +chosen")

    def test_a_run_that_is_stopped_goes_on_as_if_it_had_not_been(self):
        """Before and after lambda begins to be chosen."""
        keys = {"rule": "ridge", "lambda": "1e-9, 1e-1", "lambda_select": "validation", "validation_fraction": 0.5}
        config = record(learner__r=keys, protocol={"train": 6000, "test": 5}, record={"every": 1000})
        whole = self.result(config)
        stopped = 0
        for delay in (0.1, 0.2, 0.4, 0.6, 0.8):
            arguments = command("run", "c.ini", "--quiet", "--force", "-o", "s.h5")
            process = subprocess.Popen(arguments, cwd=self.folder, env=environment(None))
            time.sleep(delay)
            process.send_signal(signal.SIGTERM)
            process.wait()
            checkpoint = self.folder / "s.h5.checkpoint"
            if process.returncode != 75:
                continue
            stopped += 1
            self.check_code(self.run_bayres("resume", "s.h5.checkpoint", "--quiet", ranks=(None, 2)[stopped % 2]), DONE)
            self.check_same(whole, self.folder / "s.h5")
            checkpoint.unlink(missing_ok=True)
        self.assertGreater(stopped, 0)

    def test_an_ensemble_has_the_fit_of_every_network(self):
        path = self.result(record(ensemble={"seeds": "1..3"}, learner__r={
            "rule": "ridge", "lambda": "1e-9, 1e-1", "lambda_select": "validation"}))
        learner = attributes(path, "learners/r_selected")
        self.assertEqual(len(learner["fit_nrmse"]), 3)
        self.assertEqual(len(learner["fit_validation_nrmse"]), 6)
        self.assertEqual(len(set(learner["fit_nrmse"])), 3)
        finished = self.run_bayres("run", "c.ini", "--force")
        self.assertRegex(finished.out, r"\n  solution of +fit NRMSE +lambda \(networks\)\n")
        self.assertRegex(finished.out, r"\n  r_1 +[0-9.e-]+ \([0-9.e-]+ - [0-9.e-]+\) +1e-09 \(3\)\n")
        chosen = re.search(r"solution of.*\n  r_selected [^\n]*\)  ([^\n]*)\n", finished.out, re.DOTALL)[1]
        self.assertEqual(sum(map(int, re.findall(r"\((\d)\)", chosen))), 3)

    def test_an_ensemble_in_which_nothing_could_be_chosen(self):
        """The target of the steps to be held out is missing."""
        target = np.sin(np.arange(400) / 7)
        target[100:250] = np.nan
        np.savetxt(self.folder / "t.csv", target, header="y", comments="")
        path = self.result(record(
            task={"name": "file", "path": "t.csv", "target": "y", "missing": "skip", "drive": None, "dimensions": None},
            protocol={"train": 20, "test": 5}, ensemble={"seeds": "1..3"},
            learner__r={"rule": "ridge", "lambda": "1e-9, 1e-1", "lambda_select": "validation"}))
        learner = attributes(path, "learners/r_selected")
        for name, count in (("fit_lambda", 3), ("fit_nrmse", 3), ("fit_nrmse_rounding", 3), ("fit_validation_nrmse", 6)):
            np.testing.assert_array_equal(learner[name], [np.nan] * count)
        np.testing.assert_array_equal(learner["fit_validation_lambda"], [1e-9, 1e-1] * 3)

    def test_singular_sums_have_the_smallest_solution(self):
        """Fewer steps than neurons, and nothing or next to nothing that penalises."""
        config = record(protocol={"train": 5, "test": 5}, learner__r={"rule": "ridge", "lambda": "0, 1e-15"})
        path = self.result(config)
        found, rates, target = self.recorded(path)
        self.assertLess(len(rates), NEURONS)
        expected = np.linalg.lstsq(rates, target, rcond=1e-7)[0].T
        for name in NAMES[:2]:
            weights = found[f"learners/{name}/weights"][-1]
            self.assertEqual(attributes(path, f"learners/{name}")["diverged_at_step"], -1)
            self.assertLess(nrmse(target, rates @ weights.T), 1e-3)
            if name == NAMES[0]:
                self.assertLess(np.linalg.norm(weights), 3 * np.linalg.norm(expected))
        self.check_same(path, self.result(config, ranks=3, name="on3"))

    def test_steps_are_left_out_and_weighted(self):
        """A step of weight w carries w times the information; one with a missing target none."""
        rng = np.random.default_rng(1)
        target = np.sin(np.arange(400) / 7)
        weight = rng.choice([0, 0.5, 1], 400)
        target[50:60] = np.nan
        np.savetxt(self.folder / "t.csv", np.c_[np.cos(np.arange(400) / 7), target, weight], delimiter=",",
                   header="u,y,w", comments="")
        config = record(task={"name": "file", "path": "t.csv", "input": "u", "target": "y", "missing": "skip", "step_weight": "w",
                              "drive": None, "dimensions": None}, protocol={"train": 30, "test": 5})
        path = self.result(config, "--check")
        found = data_sets(path)
        known = (found["phase"] == TRAIN_PHASE) & (found["step_weight"] > 0) & ~np.isnan(found["target"][:, 0])
        root = np.sqrt(found["step_weight"][known])[:, None]
        expected = least_squares(root * found["rates"][known], root * found["target"][known], LAMBDAS[0]).T
        np.testing.assert_allclose(found["learners/r_1/weights"][-1], expected, rtol=1e-9, atol=1e-12)

    def test_what_cannot_be_chosen(self):
        for keys, changes, text in (
                ({"lambda": 1, "lambda_select": "validation"}, {}, "needs a list to choose from"),
                ({"lambda": "auto"}, {}, "set lambda_select = validation"),
                ({"lambda": "auto", "lambda_select": "validation"}, {}, "there is nothing to choose from"),
                ({"lambda": "1, 2", "lambda_select": "best"}, {}, "none, validation"),
                ({"lambda": "1, 2", "lambda_select": "validation", "validation_fraction": 1}, {}, "0.01 to 0.9"),
                ({"lambda": "1, 2", "lambda_select": "validation"}, {"protocol": {"train": 5, "feedback": "output"}}, "trajectory of its own"),
                ({"lambda": "1, 2", "lambda_select": "validation", "validation_fraction": "0.1, 0.2"}, {}, "second list"),
                ({"lambda": -1}, {}, "out of range"),
                ({"lambda": 1, "validation_fraction": 0.3}, {}, "no effect")):
            with self.subTest(keys=keys):
                self.write("c.ini", record(learner__r={"rule": "ridge", **keys}, **changes))
                finished = self.run_bayres("run", "c.ini")
                self.check_code(finished, USAGE)
                self.assertIn(text, finished.own_err)
                self.check_one_message(finished)

    def test_what_auto_stands_for_is_in_the_report(self):
        self.write("c.ini", small(learner__b={"rule": "bayes"}, learner__r={"rule": "branch", "branch_size": 10}))
        finished = self.run_bayres("run", "c.ini")
        self.check_code(finished, DONE)
        self.assertRegex(finished.out, r"auto: kappa = 50 +\(a, b\)")
        self.assertRegex(finished.out, r"auto: kappa = 41 +\(r\)")


if __name__ == "__main__":
    unittest.main()
