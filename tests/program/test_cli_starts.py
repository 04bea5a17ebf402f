"""`evaluate.starts`: frozen weights from many times of the unseen part, all advanced together."""
import unittest

import numpy as np

from command_line import DONE, USAGE, CommandLineTest, data_sets, small

CLOSED = "--evaluate.closed_loop=true"
KEPT = "--evaluate.trajectories=true"


def learned(task, feedback="none", **protocol):
    return small(reservoir={"size": 130, "noise": 0.001, "bias_scale": 0.5}, task={"drive": None, **task},
                 protocol={"feedback": feedback, "train": 40, "test": 10, **protocol}, learner__b={"rule": "rls"})


LORENZ = {"name": "lorenz", "dimensions": 2, "speed": 0.5}


class StartsTest(CommandLineTest):
    def scores(self, *arguments, source="c.h5", ranks=None):
        finished = self.run_bayres("evaluate", source, *arguments, "--force", "-o", "s.h5", ranks=ranks)
        self.check_code(finished, DONE)
        self.report = finished.out
        return data_sets(self.folder / "s.h5")

    def check_same(self, one, other):
        self.assertEqual(sorted(one), sorted(other))
        for name, values in one.items():
            self.assertTrue(np.array_equal(values, other[name], equal_nan=True), name)

    def series(self, rows=900, name="s.csv"):
        """Two columns in volts; a segment begins every 70 samples, and some values of b are missing."""
        t = np.arange(rows)
        a, b = 5 + 3 * np.sin(t / 9), -2 + np.cos(t / 13) * np.sin(t / 31)
        lines = [f"{a[k]!r},{'' if k % 41 == 7 else repr(b[k])},{int(k % 70 == 3)}\n" for k in t.tolist()]
        self.write(name, "a,b,begins\n" + "".join(lines))
        return {"name": "file", "path": name, "horizon": 1, "normalise": "zscore", "split": 0.5, "missing": "skip"}


class EachStart(StartsTest):
    """Every start is the evaluation from its time, to the bit, whatever starts beside it."""

    def check(self, config, *arguments, washout=2, span=4, starts=3, spread=(), source="c.h5"):
        self.result(config, "--force")
        keys = [f"--evaluate.washout={washout}", f"--evaluate.span={span}", KEPT, *arguments]
        found = self.scores(f"--evaluate.starts={starts}", *keys, *spread, source=source)
        self.assertEqual(found["start_time"].shape, (starts,))
        for k, start in enumerate(found["start_time"].tolist()):
            alone = self.scores(f"--evaluate.start={start!r}", *keys)
            self.assertNotIn("start_time", alone)
            np.testing.assert_array_equal(found["target"][k], alone["target"])
            for name in alone:
                if name.startswith("learners/"):
                    np.testing.assert_array_equal(found[name][k], alone[name][0], err_msg=f"{name}, start {k}")
        self.assertGreater(np.ptp(found["learners/b/nrmse"]), 0)
        return found

    def test_through_the_input(self):
        found = self.check(learned({**LORENZ, "horizon": 0.1}), CLOSED)
        np.testing.assert_allclose(found["start_time"], [50, 56, 62])
        np.testing.assert_allclose(found["time"][[0, -1]], [0.1, 4])

    def test_through_the_input_that_readouts_hear_too(self):
        self.check({**learned({**LORENZ, "horizon": 0.1}), "readout": {"features": "rates+bias+input+squares"}}, CLOSED)

    def test_through_feedback(self):
        for feedback in ("teacher", "output"):
            with self.subTest(feedback):
                self.check(learned(LORENZ, feedback), "--evaluate.pulse_size=0.1", "--evaluate.pulse_time=1")

    def test_from_a_checkpoint_starts_are_from_x0_too(self):
        config = learned(LORENZ, "teacher")
        from_result = self.check(config)
        self.check_same(from_result, self.check(config, source="c.h5.checkpoint"))

    def test_in_an_open_loop_with_noise_on_the_input(self):
        self.check(learned({"name": "narma10", "interval": 0.1}), "--evaluate.input_noise=0.1",
                   spread=["--evaluate.spacing=1.5"])

    def test_at_another_speed(self):
        found = self.check(learned(LORENZ, "teacher"), "--evaluate.speed=1.7")
        self.assertGreaterEqual(found["start_time"][1] - found["start_time"][0], 1.7 * 6 - 1e-9)

    def test_in_a_file_with_segments_and_missing_values(self):
        task = {**self.series(), "drive": "target", "segments": "begins", "target": "b, a"}
        config = learned(task, washout=20, train=None, test=None)
        config["reservoir"] |= {"tau": 2, "dt": 1}
        self.check(config, CLOSED, washout=10, span=60, starts=6)

    def test_one_start(self):
        found = self.check(learned({**LORENZ, "horizon": 0.1}), CLOSED, starts=1)
        self.assertEqual(found["target"].shape, (1, 40, 2))


class Starts(StartsTest):
    def filed(self, **task):
        config = learned({**self.series(), "drive": "target", "target": "a", **task}, washout=20, train=None, test=None)
        config["reservoir"] |= {"tau": 2, "dt": 1, "noise": 0}
        return config

    def test_bits_are_the_same_on_any_number_of_ranks(self):
        for feedback in ("none", "output"):
            self.result(learned({**LORENZ, **({"horizon": 0.1} if feedback == "none" else {})}, feedback), "--force")
            keys = ["--evaluate.starts=5", "--evaluate.washout=2", "--evaluate.span=3", CLOSED, KEPT]
            one = self.scores(*keys)
            for ranks, divide in ((2, "neurons"), (2, "replicas"), (3, "auto"), (7, "auto")):
                with self.subTest(feedback, ranks=ranks, divide=divide):
                    self.check_same(one, self.scores(*keys, f"--evaluate.divide={divide}", ranks=ranks))

    def test_input_noise_is_that_of_the_start_whoever_has_it(self):
        self.result(learned({**LORENZ, "horizon": 0.1}))
        keys = ["--evaluate.starts=5", "--evaluate.span=3", "--evaluate.input_noise=0.1", KEPT]
        one = self.scores(*keys)
        for ranks, divide in ((2, "neurons"), (3, "replicas")):
            self.check_same(one, self.scores(*keys, f"--evaluate.divide={divide}", ranks=ranks))

    def test_of_an_ensemble_as_of_its_networks(self):
        config = learned({**LORENZ, "horizon": 0.1})
        self.result(config, "--run.seed=2", name="alone")
        config["ensemble"] = {"seeds": "4, 2, 9"}
        self.result(config, ranks=2)
        keys = ["--evaluate.starts=4", "--evaluate.washout=2", "--evaluate.span=3", CLOSED, KEPT]
        all_three = self.scores(*keys, ranks=3)
        self.assertIn("3 networks x 4 starts", self.report)
        alone = self.scores(*keys, source="alone.h5")
        for name, values in alone.items():
            of_two = all_three[name][1] if name.startswith("learners/") else all_three[name]
            np.testing.assert_array_equal(of_two, values, err_msg=name)
        self.check_same(all_three, self.scores(*keys, "--evaluate.divide=replicas", ranks=7))

    def test_at_another_speed_with_segments_whoever_has_them(self):
        self.result(self.filed(segments="begins"))
        keys = ["--evaluate.starts=3", "--evaluate.span=60", "--evaluate.speed=0.7", "--evaluate.input_noise=0.1"]
        one = self.scores(*keys)
        for divide in ("neurons", "replicas"):
            self.check_same(one, self.scores(*keys, f"--evaluate.divide={divide}", ranks=2))

    def test_they_are_spread_over_the_unseen_part_of_a_file(self):
        self.result(self.filed())
        keys = [CLOSED, "--evaluate.washout=10"]
        for starts, span in ((2, 50), (7, 50), (8, 52)):
            found = self.scores(*keys, f"--evaluate.starts={starts}", f"--evaluate.span={span}")["start_time"]
            apart = np.diff(found)
            self.assertEqual(found[0], 449)
            self.assertTrue((apart == apart[0]).all() and apart[0] >= span, found)
            # The last target is a step of horizon ahead, and one more start would not fit in what is left.
            self.assertTrue(0 <= 899 - (found[-1] + 10 + span) < starts - 1, found)

    def test_without_a_span_they_fill_the_file(self):
        self.result(self.filed())
        found = self.scores(CLOSED, "--evaluate.washout=10", "--evaluate.starts=4", KEPT)
        self.assertEqual(found["time"][-1], (899 - 449 - 10) // 4)

    def test_they_are_spread_over_all_of_another_recording(self):
        self.result(self.filed())
        self.series(500, "other.csv")
        keys = ["--task.path=other.csv", CLOSED, "--evaluate.washout=10", "--evaluate.starts=3"]
        found = self.scores(*keys)
        # The first part ends before the time over which the run had its target's mean and sd.
        self.check_same(found, self.scores(*keys, "--evaluate.divide=replicas", ranks=3))
        self.assertEqual(list(found["start_time"]), [0, 163, 326])
        self.assertEqual(found["learners/b/output"].shape, (3, 163, 1))
        self.assertEqual(found["target"].shape, (3, 163, 1))

    def test_a_washout_brings_states_to_the_truth(self):
        self.result(learned({"name": "sines", "drive": "target", "horizon": 0.1}, train=200))
        keys = [CLOSED, "--evaluate.starts=5", "--evaluate.span=1", "--evaluate.noise=0"]
        after, at_once = (self.scores(*keys, f"--evaluate.washout={washout}") for washout in (30, 0))
        self.assertIn("--evaluate.washout=20", self.report)  # advised where there is none
        self.assertLess(np.median(after["learners/b/nrmse"]), 0.1 * np.median(at_once["learners/b/nrmse"]))


class ValidTimes(StartsTest):
    """Each start has scores of its free run, by the sd of the target in training."""

    def test_they_are_those_of_the_trajectories(self):
        result = data_sets(self.result(learned({**LORENZ, "horizon": 0.1}, train=200)))
        keys = ["--evaluate.starts=6", "--evaluate.washout=5", "--evaluate.span=20", CLOSED, KEPT]
        found = self.scores(*keys, "--free_run.valid_error=0.3")
        self.assertIn("valid time", self.report)
        self.assertIn("Lyapunov times", self.report)
        sd = result["target"][result["phase"] < 2].std(0)
        error = np.sqrt((((found["learners/b/output"] - found["target"]) / sd)**2).mean(-1))
        self.assertTrue((error > 0.3).any(1).all())
        expected = np.argmax(error > 0.3, axis=1) * 0.1
        np.testing.assert_allclose(found["learners/b/valid_time"], expected, atol=1e-12)
        np.testing.assert_allclose(found["learners/b/valid_lyapunov_times"], expected * 0.906 * 0.5)
        self.assertGreater(np.ptp(expected), 0)

    def test_a_period_has_windows(self):
        task = {"name": "sines", "periods": 2, "amplitudes": 1, "drive": "target", "horizon": 0.1}
        self.result(learned(task, train=100))
        keys = ["--evaluate.starts=3", "--evaluate.washout=4", "--evaluate.span=8", CLOSED]
        self.assertEqual(self.scores(*keys)["learners/b/aligned_nrmse"].shape, (3, 4))
        self.check_code(self.run_bayres("evaluate", "c.h5", *keys, "--free_run.period=9", "--force"), USAGE)


class Mistakes(StartsTest):
    def check_refused(self, *arguments, words, source="c.h5"):
        finished = self.run_bayres("evaluate", source, *arguments, ranks=2)
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        for word in words:
            self.assertIn(word, finished.own_err)

    def test_starts_that_make_no_sense(self):
        self.result(learned({**LORENZ, "horizon": 0.1}))
        for arguments, words in (
            (["--evaluate.starts=-1"], ['evaluate.starts = "-1"', "0 to 1e+05"]),
            (["--evaluate.starts=3", "--evaluate.start=39.9"],
             ["evaluate.start = 39.9", "time of training", "at least 40"]),
            (["--evaluate.starts=3", "--evaluate.initial_states=2"],
             ["evaluate.starts conflicts with evaluate.initial_states", "x(0)"]),
            (["--evaluate.starts=3", "--evaluate.spacing=0.01"], ["evaluate.spacing = 0.01", "one step of 0.1"]),
            (["--evaluate.starts=1", "--evaluate.spacing=1"], ["evaluate.spacing = 1", "without several starts"]),
            (["--evaluate.starts=99999", "--evaluate.spacing=1e8"], ["more than 1e12 steps", "evaluate.spacing"]),
            (["--evaluate.starts=99999", "--evaluate.span=1000"], ["evaluate.window", "of all starts"]),
        ):
            with self.subTest(arguments):
                self.check_refused(*arguments, words=words)
        self.scores("--evaluate.starts=3", "--evaluate.start=40", "--evaluate.span=2")

    def test_a_horizon_of_two_steps_cannot_be_closed(self):
        self.result(learned({**LORENZ, "horizon": 0.2}))
        self.check_refused("--evaluate.starts=3", CLOSED, words=["task.horizon = 0.1", "too early"])

    def test_more_than_the_data_hold(self):
        """450 steps are left after training."""
        task = {**self.series(), "drive": "target", "target": "a"}
        config = learned(task, washout=20, train=None, test=None)
        config["reservoir"] |= {"tau": 2, "dt": 1}
        self.result(config)
        for washout, *arguments, words in (
            (10, "--evaluate.starts=9", "--evaluate.span=50",
             ["evaluate.starts = 9", "50 apart", "end at 899", "at most 8", "evaluate.span of at most 48"]),
            (10, "--evaluate.starts=3", "--evaluate.span=50", "--evaluate.spacing=200",
             ["200 apart", "at most 2", "evaluate.spacing of at most 195"]),
            (10, "--evaluate.starts=2", "--evaluate.span=500", ["evaluate.span = 500", "evaluate.span of at most 220"]),
            (500, "--evaluate.starts=2", "--evaluate.span=1", ["evaluate.washout of at most 449"]),
            (0, "--evaluate.starts=2", "--evaluate.span=1", "--evaluate.start=899", ["nothing is left to start from"]),
            (10, "--evaluate.starts=500", ["evaluate.starts = 500", "at most 440"]),
        ):
            with self.subTest(arguments):
                self.check_refused(CLOSED, f"--evaluate.washout={washout}", *arguments, words=words)
        keys = [CLOSED, "--evaluate.washout=10"]
        self.scores(*keys, "--evaluate.starts=8", "--evaluate.span=50")
        self.scores(*keys, "--evaluate.starts=9", "--evaluate.span=48")
        self.scores(*keys, "--evaluate.starts=3", "--evaluate.span=50", "--evaluate.spacing=195")


if __name__ == "__main__":
    unittest.main()
