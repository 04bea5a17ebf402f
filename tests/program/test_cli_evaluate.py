"""`bayres evaluate`: frozen weights under other conditions, from checkpoints, results and ensembles."""
import os
import unittest

import numpy as np

from command_line import (DONE, INPUT_OUTPUT, USAGE, CommandLineTest, attributes, data_sets, every_rule, learner_names,
                          small)


def learned(feedback="none", **changes):
    config = {
        "reservoir": {"size": 130, "noise": 0.001},
        "task": {"drive": "target" if feedback == "none" else "none"},
        "protocol": {"feedback": feedback, "train": 40, "test": 10},
        "learner__b": {"rule": "rls"},
    }
    for name, keys in changes.items():
        config[name] = {**config.get(name, {}), **keys}
    return small(**config)


class EvaluateTest(CommandLineTest):
    def scores(self, source, *arguments, ranks=None, name="scores.h5"):
        finished = self.run_bayres("evaluate", source, *arguments, "--quiet", "--force", "-o", name, ranks=ranks)
        self.check_code(finished, DONE)
        return data_sets(self.folder / name)


class SameAsTheRun(EvaluateTest):
    """What the run does in its test phase, an evaluation from the end of training does again, to the bit."""

    def check(self, feedback, ranks):
        config = learned(feedback) | every_rule()
        whole = self.result(config, "--force", name="whole")
        self.result(config, "--force", "--protocol.test=0", name="head", ranks=ranks)
        found = self.scores("head.h5.checkpoint", "--evaluate.span=10", ranks=ranks)
        for learner in learner_names(whole):
            expected = attributes(whole, f"learners/{learner}")["test_nrmse"]
            self.assertEqual(found[f"learners/{learner}/nrmse"][0, 0], expected, learner)
        free = {name: values for name, values in data_sets(whole).items() if "/free_run/" in name}
        self.assertEqual(len(free) > 0, feedback != "none")
        for name, expected in free.items():
            np.testing.assert_array_equal(found[name.replace("/free_run", "")][0], expected, err_msg=name)

    def test_without_feedback(self):
        self.check("none", 2)

    def test_with_the_teacher_fed_back(self):
        self.check("teacher", 3)

    def test_with_the_output_fed_back(self):
        self.check("output", 2)


class Segments(EvaluateTest):
    """A file with segments of 50 steps, the last of which begins where training ends."""

    def config(self, **changes):
        steps = np.arange(900)
        rows = zip(np.sin(steps / 5), np.cos(steps / 7), np.where(steps % 50 == 0, 1, 0), strict=True)
        self.write("s.csv", "u,z,begins\n" + "".join(f"{u!r},{z!r},{int(begins)}\n" for u, z, begins in rows))
        task = {"name": "file", "drive": None, "path": "s.csv", "input": "u", "target": "z", "segments": "begins", "split": 1}
        return small(task={**task, **changes}, protocol={"train": 60, "test": 8})

    def test_a_checkpoint_at_a_boundary_goes_on_with_x0(self):
        whole = data_sets(self.result(self.config(), name="whole"))
        self.result(self.config(), "--protocol.test=0", name="head")
        found = self.scores("head.h5.checkpoint", "--evaluate.span=8", "--evaluate.trajectories=true", ranks=2)
        np.testing.assert_array_equal(found["learners/a/output"].ravel(), whole["learners/a/output"][600:].ravel())

    def test_a_loop_through_the_input_begins_each_segment_with_its_input(self):
        """So that the first outputs of a segment are those of the open loop, wherever in the evaluation it begins."""
        self.result(self.config(input="u", target="u", horizon=0.1, segments="begins"))
        closed = ("--evaluate.closed_loop=true", "--evaluate.trajectories=true")
        at_once = self.scores("c.h5", "--evaluate.start=65", "--evaluate.span=1", *closed)["learners/a/output"]
        later = self.scores("c.h5", "--evaluate.start=63", "--evaluate.washout=2", "--evaluate.span=1", *closed)
        np.testing.assert_array_equal(later["learners/a/output"], at_once)

    def test_blanks_are_no_beginnings(self):
        config = self.config(missing="hold")
        table = (self.folder / "s.csv").read_text()
        self.write("s.csv", table.replace(",0\n", ",\n"))
        self.write("c.ini", config)
        finished = self.run_bayres("run", "c.ini")
        self.check_code(finished, USAGE)
        self.assertIn('task.segments: column "begins"', finished.own_err)
        self.assertIn("in sample 1: allowed is 0, and a whole number above 0", finished.own_err)


class Conditions(EvaluateTest):
    def setUp(self):
        super().setUp()
        self.whole = self.result(learned(protocol={"train": 300, "test": 60}))

    def nrmse(self, *arguments, learner="b", source="c.h5"):
        return self.scores(source, *arguments)[f"learners/{learner}/nrmse"][:, 0]

    def test_new_initial_states_differ_and_forget_with_washout(self):
        few = self.scores("c.h5", "--evaluate.initial_states=5", "--evaluate.noise=0")
        self.assertEqual(few["learners/a/nrmse"].shape, (5, 1))
        self.assertEqual(len(set(few["learners/b/nrmse"][:, 0])), 5)
        late = self.nrmse("--evaluate.initial_states=5", "--evaluate.noise=0", "--evaluate.washout=200")
        spread = np.ptp(few["learners/b/nrmse"]) / few["learners/b/nrmse"].mean()
        self.assertLess(np.ptp(late) / late.mean(), spread / 10)

    def test_replicas_do_not_depend_on_how_many_there_are(self):
        keys = ["--evaluate.washout=5", "--evaluate.input_noise=0.1", "--evaluate.pulse_size=0.5"]
        three, five = (self.nrmse(f"--evaluate.initial_states={n}", *keys) for n in (3, 5))
        self.assertTrue(np.array_equal(three, five[:3]))

    def test_the_seed_is_that_of_states_and_noise(self):
        keys = ["--evaluate.initial_states=2", "--evaluate.input_noise=0.1"]
        first, again, other = (self.nrmse(*keys, f"--evaluate.seed={seed}") for seed in (1, 1, 2))
        self.assertTrue(np.array_equal(first, again))
        self.assertFalse(np.array_equal(first, other))

    def test_noise_does_harm(self):
        quiet = self.nrmse("--evaluate.noise=0", source="c.h5.checkpoint")[0]
        for key in ("noise", "input_noise"):
            self.assertGreater(self.nrmse(f"--evaluate.{key}=0.3", source="c.h5.checkpoint")[0], 2 * quiet, key)

    def test_input_scale_of_nothing_is_a_reservoir_without_input(self):
        found = self.nrmse("--evaluate.input_scale=0", source="c.h5.checkpoint")[0]
        self.assertGreater(found, 0.5)

    def test_speed_plays_the_task_faster(self):
        """At twice the speed a sine is one of half the period; weights of 0 leave the target as the error."""
        def window_nrmse(period, *keys):
            task = {"name": "sines", "periods": period, "amplitudes": 1}
            self.result(learned(task=task, protocol={"train": 0}), "--force", name="sine")
            return self.scores("sine.h5", "--evaluate.span=20", *keys)["learners/a/window_nrmse"][0]

        # Step k ends at time (k + 1) dt, so that the tasks meet one step after twice the time.
        expected = window_nrmse(10, "--evaluate.start=30")
        self.assertGreater(np.ptp(expected), 0.5)
        np.testing.assert_allclose(window_nrmse(20, "--evaluate.start=60.1", "--evaluate.speed=2"), expected, rtol=1e-9)
        interpolated = window_nrmse(5, "--evaluate.start=14.9", "--evaluate.speed=0.5")
        np.testing.assert_allclose(interpolated, window_nrmse(10, "--evaluate.start=29.9"), atol=0.005)

    def test_recovery_is_timed_from_the_pulse(self):
        keys = ["--evaluate.pulse_time=10", "--evaluate.span=100", "--evaluate.noise=0", "--evaluate.window=2",
                "--evaluate.pulse_size=3"]
        found = self.scores("c.h5.checkpoint", *keys, "--evaluate.recovery_threshold=0.5")
        windows, time = found["learners/b/window_nrmse"][0], found["learners/b/recovery_time"][0]
        self.assertTrue((windows[:5] < 0.5).all())
        self.assertGreater(windows[5], 0.5)
        good = windows <= 0.5
        first = max(np.flatnonzero(~good)) + 1
        self.assertAlmostEqual(time, found["window_time"][first] - 2 - 10)
        never = self.scores("c.h5.checkpoint", *keys, "--evaluate.recovery_threshold=1e-9")
        self.assertTrue(np.isnan(never["learners/b/recovery_time"]).all())
        self.assertNotIn("learners/b/recovery_time", self.scores("c.h5.checkpoint"))

    def test_windows_make_up_the_whole(self):
        found = self.scores("c.h5.checkpoint", "--evaluate.window=2.5", "--evaluate.span=10")
        mean_square = (found["learners/a/window_nrmse"][0]**2).mean()
        self.assertAlmostEqual(np.sqrt(mean_square), found["learners/a/nrmse"][0, 0])
        self.assertEqual(list(found["window_time"]), [2.5, 5, 7.5, 10])

    def test_closed_loop_through_the_input(self):
        self.result(learned(task={"horizon": 0.1}, protocol={"train": 300, "test": 60}), "--force")
        open_loop = self.nrmse("--evaluate.closed_loop=false", "--evaluate.span=2", source="c.h5.checkpoint")[0]
        closed = self.nrmse("--evaluate.closed_loop=true", "--evaluate.span=2", source="c.h5.checkpoint")[0]
        self.assertGreater(closed, open_loop)
        self.assertLess(closed, 0.1)

    def test_keys_of_the_configuration_are_the_defaults(self):
        self.result(learned(evaluate={"initial_states": 3, "washout": 5}), "--force")
        found = self.scores("c.h5")
        self.assertEqual(found["learners/a/nrmse"].shape, (3, 1))
        config = attributes(self.folder / "scores.h5")["config"]
        self.assertIn("initial_states = 3", config)

    def test_default_name_and_report(self):
        finished = self.run_bayres("evaluate", "c.h5", ranks=2)
        self.check_code(finished, DONE)
        self.assertIn("c.h5.evaluation.h5", finished.out)
        self.assertIn("c.h5.evaluation.h5", self.files())
        self.assertEqual(attributes(self.folder / "c.h5.evaluation.h5")["evaluated"], "c.h5")
        self.check_code(self.run_bayres("inspect", "c.h5.evaluation.h5"), DONE)


class AcrossRanks(EvaluateTest):
    KEYS = ["--evaluate.initial_states=3", "--evaluate.washout=5", "--evaluate.pulse_size=1", "--evaluate.noise=0.01"]

    def check_same(self, one, other):
        self.assertEqual(sorted(one), sorted(other))
        for name, values in one.items():
            self.assertTrue(np.array_equal(values, other[name], equal_nan=True), name)

    def test_bits_are_the_same(self):
        for feedback in ("none", "teacher", "output"):
            self.result(learned(feedback), "--force")
            one = self.scores("c.h5", *self.KEYS)
            for ranks, divide in ((2, "neurons"), (2, "auto"), (3, "replicas"), (5, "replicas")):
                with self.subTest(feedback, ranks=ranks, divide=divide):
                    self.check_same(one, self.scores("c.h5", *self.KEYS, f"--evaluate.divide={divide}", ranks=ranks))

    def test_of_a_checkpoint_that_each_part_of_the_replicas_has(self):
        self.result(learned("output"))
        one = self.scores("c.h5.checkpoint", *self.KEYS)
        for divide in ("neurons", "replicas"):
            self.check_same(one, self.scores("c.h5.checkpoint", *self.KEYS, f"--evaluate.divide={divide}", ranks=2))

    def test_of_an_ensemble_as_of_its_networks(self):
        config = learned(ensemble={"seeds": "4, 2, 9"})
        self.result(config, "--ensemble.seeds=", "--run.seed=2", name="alone")
        self.result(config, ranks=2)
        one = self.scores("c.h5", *self.KEYS)
        alone = self.scores("alone.h5", *self.KEYS)
        for name in ("a/nrmse", "b/r2", "a/window_nrmse", "b/recovery_time"):
            self.assertTrue(np.array_equal(one[f"learners/{name}"][1], alone[f"learners/{name}"], equal_nan=True), name)
        self.assertEqual(list(one["seed"]), [4, 2, 9])
        for ranks, divide in ((2, "auto"), (5, "neurons"), (7, "replicas")):
            self.check_same(one, self.scores("c.h5", *self.KEYS, f"--evaluate.divide={divide}", ranks=ranks))


class Mistakes(EvaluateTest):
    def check_refused(self, source, code, *words, arguments=(), ranks=2):
        finished = self.run_bayres("evaluate", source, *arguments, ranks=ranks)
        self.check_code(finished, code)
        self.check_one_message(finished)
        for word in words:
            self.assertIn(word, finished.own_err)

    def test_conditions_that_cannot_be(self):
        self.result(learned())
        self.result(learned("output"), name="output")
        for source, argument, words in (
            ("c.h5", "--evaluate.nose=1", ["evaluate.nose", "did you mean evaluate.noise?"]),
            ("c.h5", "--evaluate.noise=-1", ["evaluate.noise", ">= 0"]),
            ("c.h5", "--run.seed=3", ["run.seed", "keys of section evaluate"]),
            ("c.h5", "--evaluate.span=0.01", ["evaluate.span", "one step"]),
            ("c.h5.checkpoint", "--evaluate.start=3", ["evaluate.start", "checkpoint"]),
            ("output.h5", "--evaluate.input_noise=1", ["input_noise", "no input"]),
        ):
            with self.subTest(argument):
                self.check_refused(source, USAGE, *words, arguments=[argument])

    def test_pulse_after_the_end(self):
        self.result(learned())
        self.check_refused("c.h5", USAGE, "evaluate.pulse_time",
                           arguments=["--evaluate.pulse_time=99", "--evaluate.pulse_size=1"])

    def test_a_loop_that_lags_or_leads_is_refused(self):
        for horizon, words in ((0, "too late"), (0.2, "too early")):
            self.result(learned(task={"horizon": horizon}), "--force")
            self.check_refused("c.h5", USAGE, "task.horizon = 0.1", words, arguments=["--evaluate.closed_loop=true"])
        self.result(learned(task={"horizon": 0.1}), "--force")
        self.check_refused("c.h5", USAGE, "speed", arguments=["--evaluate.closed_loop=true", "--evaluate.speed=2"])

    def test_keys_without_effect_are_refused(self):
        self.result(learned())
        for argument in ("pulse_time=1", "recovery_threshold=0.2", "seed=2"):
            self.check_refused("c.h5", USAGE, f"evaluate.{argument.replace('=', ' = ')}", "no effect",
                               arguments=[f"--evaluate.{argument}"])
        self.scores("c.h5", "--evaluate.seed=2", "--evaluate.initial_states=1")
        config = attributes(self.folder / "scores.h5")["config"]
        self.assertRegex(config, r"(?m)^# pulse_time = 0   \(no effect without a pulse\)$")

    def test_closed_loop_with_nothing_to_close(self):
        self.result(learned(task={"name": "narma10", "drive": "none"}))
        self.check_refused("c.h5", USAGE, "evaluate.closed_loop", arguments=["--evaluate.closed_loop=true"])

    def test_files_that_hold_no_weights(self):
        self.write("text", "no HDF5")
        self.check_refused("text", INPUT_OUTPUT, "is not an HDF5 file")
        self.check_refused("missing.h5", INPUT_OUTPUT, "missing.h5")
        self.result(learned())
        self.scores("c.h5")
        self.check_refused("scores.h5", INPUT_OUTPUT, "neither a checkpoint nor a result")

    def test_data_that_end_before_the_evaluation_does(self):
        rows = "u,z\n" + "".join(f"{np.sin(0.3 * k)},{np.cos(0.3 * k)}\n" for k in range(601))
        self.write("series.csv", rows)
        task = {"name": "file", "drive": "none", "path": "series.csv", "input": "u", "target": "z", "sample_interval": 0.1}
        self.result(learned(task=task))
        self.scores("c.h5", "--evaluate.span=10")
        self.check_refused("c.h5", USAGE, "evaluate.start", arguments=["--evaluate.span=40"])

    def test_result_that_exists(self):
        self.result(learned())
        self.write("mine.h5", "mine")
        self.check_refused("c.h5", INPUT_OUTPUT, "exists already", arguments=["-o", "mine.h5"])
        self.assertEqual(os.path.getsize(self.folder / "mine.h5"), 4)


if __name__ == "__main__":
    unittest.main()
