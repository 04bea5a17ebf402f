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
