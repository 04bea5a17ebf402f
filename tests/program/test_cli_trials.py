#!/usr/bin/python3
"""Tasks of trials: where states return to x(0), what is learned from and scored, and what they ask."""
import unittest

import numpy as np

from command_line import DONE, USAGE, CommandLineTest, attributes, data_sets, small

XOR = {"name": "delayed-xor", "drive": None, "pulse": 0.5, "gap": 0.3, "delay": 0.4, "response": 0.6, "rest": 0.1,
       "channels": 2, "reset": "true", "scored": "response"}
STEPS = 24  # of a trial
FLIP_FLOP = {"name": "flip-flop", "drive": None, "channels": 2, "interval": 2, "pulse": 0.5}


def trials(task=None, reservoir=None, **protocol):
    """Phases that cut trials."""
    return small(task={**XOR, **(task or {})}, reservoir={"size": 70, "gain": 0.9, **(reservoir or {})},
                 protocol={"train": 35, "test": 11, **protocol}, record={"state": "0..3"})


class TrialsTest(CommandLineTest):
    def test_states_return_to_the_same_place_if_the_task_says_so(self):
        for reset in (True, False):
            with self.subTest(reset):
                path = self.result(trials({"reset": str(reset).lower()}), "--force")
                found = data_sets(path)
                state, kind = found["state"], found["segment_kind"]
                firsts = range(0, len(state) - STEPS, STEPS)
                same = [np.array_equal(state[a:a + STEPS], state[b:b + STEPS])
                        for a in firsts for b in firsts if a < b and kind[a] == kind[b]]
                self.assertGreater(len(same), 2)
                self.assertEqual(set(same), {reset}, "without noise, trials of a type are alike if they begin alike")

    def test_only_the_response_is_learned_from_and_scored(self):
        path = self.result(trials())
        found, learner = data_sets(path), attributes(path, "learners/a")
        z, target, weight = found["learners/a/output"][:, 0], found["target"][:, 0], found["step_weight"]
        now = np.arange(len(z)) % STEPS
        np.testing.assert_array_equal(weight, (now >= 17) & (now < 23))
        np.testing.assert_array_equal(weight, abs(target))
        np.testing.assert_array_equal(found["segment"], np.arange(len(z)) // STEPS)
        self.assertTrue(np.all(z[:18] == 0), "nothing is learned before the first response")
        for phase, number in (("train", 1), ("test", 2)):
            scored = (found["phase"] == number) & (weight > 0)
            delta = target[scored] - z[scored]
            self.assertAlmostEqual(learner[f"{phase}_nrmse"], np.sqrt(np.mean(delta**2) / np.var(target[scored])), 12)

    def test_the_target_is_that_of_the_two_inputs(self):
        found = data_sets(self.result(trials()))
        u, target = found["input"], found["target"][:, 0]
        for first in range(0, len(u) - STEPS, STEPS):
            a, b = u[first, 1] - u[first, 0], u[first + 8, 1] - u[first + 8, 0]
            self.assertEqual({abs(a), abs(b)}, {1})
            self.assertEqual(target[first + 17], -a * b)
            self.assertEqual(found["segment_kind"][first], (a > 0) * 2 + (b > 0))

    def test_a_flip_flop_holds_the_sign_of_the_last_pulse(self):
        found = data_sets(self.result(trials(dict.fromkeys(XOR) | FLIP_FLOP)))
        held = np.full(2, -1.0)
        for u, target in zip(found["input"], found["target"]):
            held = np.where(u != 0, u, held)
            np.testing.assert_array_equal(target, held)
        self.assertEqual(set(np.unique(found["target"])), {-1, 1})

    def test_the_bits_do_not_depend_on_ranks_or_on_a_stop_within_a_trial(self):
        for task in (XOR, dict.fromkeys(XOR) | FLIP_FLOP):
            with self.subTest(task["name"]):
                config = trials(task, {"size": 150, "noise": 0.05}, evaluate_at="0, 10.3, 35", evaluate_span=7)
                one = self.result(config, "--force", name="one")
                three = self.result(config, "--force", name="three", ranks=3)
                self.result(config, "--force", "--protocol.test=8.5", name="cut", ranks=2)
                self.check_code(self.run_bayres("resume", "cut.h5.checkpoint", "--protocol.test=11", "--quiet"), DONE)
                for other in (three, self.folder / "cut.h5"):
                    self.check_same_arrays(one, other)
                    self.check_same_learner_attributes(one, other)

    def test_frozen_weights_are_scored_from_the_middle_of_a_trial(self):
        """What the test scores is scored again by an evaluation of the same time, which begins within a trial."""
        path = self.result(trials())
        self.check_code(self.run_bayres("evaluate", "c.h5", "-o", "e.h5", "--evaluate.start=33.6",
                                        "--evaluate.washout=1.4", "--evaluate.span=11"), DONE)
        self.assertAlmostEqual(data_sets(self.folder / "e.h5")["learners/a/nrmse"][0, 0],
                               attributes(path, "learners/a")["test_nrmse"], 12)

    def answers(self, found, learner, first, last):
        """(right, output) of each whole trial within these steps, by definition: {number: (right, mean output)}."""
        z, target, weight = found[f"learners/{learner}/output"], found["target"], found["step_weight"][:, None]
        begins = [step for step in range(len(z)) if step == 0 or found["segment"][step] != found["segment"][step - 1]]
        answers = {}
        for begin, end in zip(begins, [*begins[1:], len(z)]):
            complete = end < len(z) or end - begin == max(np.diff(begins))
            if begin < first or end > last or not complete:
                continue
            w = weight[begin:end] * abs(target[begin:end])
            mean, asked = (w * z[begin:end]).sum(0) / w.sum(0), (w * target[begin:end]).sum(0)
            answers[found["segment"][begin]] = (mean * asked > 0).astype(float), mean
        return answers

    def test_right_answers_are_counted(self):
        """Of whole trials of each phase; evaluations too, and every trial is recorded."""
        for task in (XOR, dict.fromkeys(XOR) | FLIP_FLOP, XOR | {"scored": "all"}):
            with self.subTest(task):
                path = self.result(trials(task, {"noise": 0.02}, washout=1.3, train=93, test=51, evaluate_at="1.3, 47"),
                                   "--force")
                found, learner = data_sets(path), attributes(path, "learners/a")
                every = self.answers(found, "a", 0, len(found["time"]))
                np.testing.assert_array_equal(found["trial"], sorted(every))
                np.testing.assert_allclose(found["learners/a/trial_output"], [every[k][1] for k in found["trial"]], atol=1e-13)
                np.testing.assert_array_equal(found["learners/a/trial_right"], [every[k][0] for k in found["trial"]])
                for phase, (first, last) in (("train", (13, 943)), ("test", (943, 1453))):
                    right = np.array([right for right, mean in self.answers(found, "a", first, last).values()])
                    self.assertEqual(learner[f"{phase}_trials"], len(right))
                    self.assertAlmostEqual(learner[f"{phase}_right"], right.mean(), 12)
                    p, n, z = right.mean(0), len(right), 1.959963984540054
                    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
                    for side, name in ((-1, "low"), (1, "high")):
                        limit = (p + z**2 / (2 * n)) / (1 + z**2 / n) + side * half
                        self.assertAlmostEqual(learner[f"{phase}_right_{name}"], limit.mean(), 12)
                self.check_kinds(found, learner, (found["trial_kind"].max() + 1,))
                trained = found["learners/a/evaluation/right"]
                self.assertTrue(np.all(found["learners/a/evaluation/trials"] == learner["test_trials"]))
                self.assertTrue(np.all(trained[0] == 0), "weights of 0 answer nothing")
                self.assertEqual(set(found["trial_phase"]), {0, 1, 2})

    def check_kinds(self, found, learner, shape):
        """Right answers of each type, as they follow from the trials: (network, kind), or (kind) of one network."""
        self.assertGreater(len(set(found["trial_kind"])), 1)
        right = found["learners/a/trial_right"]
        right = right.reshape(-1, *right.shape[-2:])  # (network, trial, output)
        for phase, name in ((1, "train"), (2, "test")):
            for number, count in (("trials", np.isfinite(right).sum(axis=2)), ("right", np.nansum(right, axis=2))):
                count = count * (found["trial_phase"] == phase)
                expected = [[one[found["trial_kind"] == kind].sum() for kind in range(shape[-1])] for one in count]
                np.testing.assert_array_equal(np.reshape(learner[f"{number}_by_kind_{name}"], shape), np.reshape(expected, shape))
                self.assertGreater(np.sum(expected), 0)

    def test_right_answers_of_an_evaluation(self):
        """The last trials of a test, from the middle of one; the report says it."""
        path = self.result(trials(), "--record.every=1")
        found = data_sets(path)
        finished = self.run_bayres("evaluate", "c.h5", "-o", "e.h5", "--evaluate.start=33.6", "--evaluate.washout=1.4",
                                   "--evaluate.span=11")
        self.check_code(finished, DONE)
        self.assertIn("right", finished.out)
        scores = data_sets(self.folder / "e.h5")
        right = [right for right, mean in self.answers(found, "a", 350, 460).values()]
        self.assertEqual(scores["learners/a/trials"][0, 0], len(right))
        self.assertAlmostEqual(scores["learners/a/right"][0, 0], np.mean(right), 12)

    def test_only_tasks_with_answers_have_them(self):
        for task in ({"name": "sines", "drive": "target"}, {"name": "pattern", "drive": None},
                     {"name": "delayed-xor", "drive": None}):
            with self.subTest(task["name"]):
                path = self.result(small(task=task), "--force")
                self.assertNotIn("test_right", attributes(path, "learners/a"))
                self.assertNotIn("right_by_kind_test", attributes(path, "learners/a"))
                self.assertNotIn("trial", data_sets(path))

    def test_the_report_says_right_answers(self):
        self.write("c.ini", trials(test=60))
        finished = self.run_bayres("run", "c.ini")
        self.assertRegex(finished.out, r"a +[\d.]+ % \([\d.]+ - [\d.]+\) of 14 +[\d.]+ % \([\d.]+ - [\d.]+\) of 24")
        ensemble = trials() | {"ensemble": {"seeds": "1, 2"}}
        self.write("e.ini", ensemble)
        self.assertIn("fraction right", self.run_bayres("run", "e.ini").out)

    def test_an_ensemble_has_the_trials_of_each_network(self):
        path = self.result(trials() | {"ensemble": {"seeds": "1, 2"}}, name="both", ranks=2)
        both = data_sets(path)
        self.check_kinds(both, attributes(path, "learners/a"), (2, both["trial_kind"].max() + 1))
        for place, seed in enumerate((1, 2)):
            alone = data_sets(self.result(trials() | {"run": {"seed": seed}}, name=f"alone{seed}"))
            for name in ("trial_output", "trial_right"):
                np.testing.assert_array_equal(both[f"learners/a/{name}"][place], alone[f"learners/a/{name}"])
            for name in ("trial", "trial_time", "trial_kind", "trial_phase", "trial_target"):
                np.testing.assert_array_equal(both[name], alone[name])

    def test_parts_that_do_not_fit_are_refused(self):
        for changes, words in (({"pulse": 0.01}, ("task.pulse = 0.01", "reservoir.dt = 0.1")),
                               ({"channels": 3}, ("channels", "3", "1 to 2")),
                               ({"scored": "some"}, ("scored", "some", "all")),
                               (dict.fromkeys(XOR) | FLIP_FLOP | {"pulse": 3}, ("task.pulse = 3", "task.interval = 2")),
                               (dict.fromkeys(XOR) | FLIP_FLOP | {"probability": 1.5}, ("probability", "1.5", "0 to 1"))):
            with self.subTest(changes):
                self.write("c.ini", trials(changes))
                finished = self.run_bayres("run", "c.ini", "--quiet")
                self.check_code(finished, USAGE)
                for word in words:
                    self.assertIn(word, finished.own_err)


if __name__ == "__main__":
    unittest.main()
