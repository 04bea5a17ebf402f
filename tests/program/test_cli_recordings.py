#!/usr/bin/python3
"""Names, units and scales of the user's columns in results, and trained readouts on another recording: against numpy."""
import pathlib
import re
import sys
import unittest

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "analysis"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis"))

import bayres
import resimulate
from command_line import DONE, INPUT_OUTPUT, USAGE, CommandLineTest, attributes, data_sets, small

DT, TAU = 0.1, 1.0


def series(samples, offset, scale, phase):
    """An input, and a target that follows from it: (samples, 2)."""
    u = offset + scale * (np.sin(np.arange(samples) / 9 + phase) + 0.5 * np.cos(np.arange(samples) / 23))
    y = 300 + 40 * np.convolve((u - offset) / scale, [0.4, 0.3, 0.2], "full")[:samples]
    return np.column_stack([u, y])


def table(values, names=("u", "y")):
    return ",".join(names) + "\n" + "".join(",".join(f"{x:.17g}" for x in row) + "\n" for row in values)


def filed(**changes):
    task = {"name": "file", "drive": "none", "path": "run.csv", "input": "u", "target": "y", "sample_interval": DT,
            "normalise": "zscore", "start": 2}
    config = small(reservoir={"size": 70, "noise": 0}, task=task, protocol={"train": 60, "test": 10},
                   learner__a={"rule": "rls"}, learner__r={"rule": "ridge", "lambda": 1e-3}, record={"network": "true"})
    for name, keys in changes.items():
        config[name.replace("__", ".")] = {**config.get(name.replace("__", "."), {}), **keys}
    return config


class RecordingsTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.run_values = series(1001, 5, 3, 0)
        self.other_values = series(437, 4.5, 3.5, 1)
        self.write("run.csv", table(self.run_values))
        self.write("other.csv", table(self.other_values))

    def scores(self, *arguments, source="c.h5", ranks=None):
        finished = self.run_bayres("evaluate", source, "--force", "-o", "e.h5", *arguments, ranks=ranks)
        self.check_code(finished, DONE)
        return data_sets(self.folder / "e.h5"), finished

    def resimulated(self, u, z, learners=("a", "r"), w_of="c.h5"):
        """Outputs (time, 1) of frozen weights from x(0), for an input and a target (fed back as teacher) in the run's
        scale."""
        run = resimulate.Run(self.folder / w_of)
        leak, x, r = DT / TAU, run.x0, np.tanh(run.x0)
        outputs = {name: [] for name in learners}
        for t in range(len(u)):
            x = x + leak * (-x + run.J @ r + run.W_in @ u[t] + run.bias)
            r = np.tanh(x)
            for name in learners:
                outputs[name].append(run.snapshots[name][-1] @ r)
        return {name: np.array(z_of) for name, z_of in outputs.items()}


class NamesAndScales(RecordingsTest):
    def test_columns_and_the_scale_of_zscore(self):
        result = self.result(filed())
        found = attributes(result, "inputs/task")
        self.assertEqual(list(found["columns"]), ["u", "y"])
        trained = self.run_values[20:620]
        np.testing.assert_allclose(found["mean"], trained.mean(0), rtol=1e-12)
        np.testing.assert_allclose(found["sd"], trained.std(0), rtol=1e-12)
        with h5py.File(result) as file:
            for name, column in (("input", "u"), ("target", "y"), ("learners/a/output", "y")):
                self.assertEqual(list(file[name].attrs["columns"]), [column], name)
            back = file["target"][:, 0] * found["sd"][1] + found["mean"][1]
            np.testing.assert_allclose(back, self.run_values[20:720, 1], rtol=1e-12)

    def test_units_and_order_of_columns(self):
        """Names with units where the file has them; inputs come before targets."""
        with h5py.File(self.folder / "run.h5", "w") as file:
            for name, column, unit in (("y", 1, "K"), ("u", 0, "mV")):
                file[name] = self.run_values[:, column]
                file[name].attrs["units"] = unit
        result = self.result(filed(task={"path": "run.h5", "normalise": "none"}))
        found = attributes(result, "inputs/task")
        self.assertEqual((list(found["columns"]), list(found["units"])), (["u", "y"], ["mV", "K"]))
        self.assertEqual((list(found["mean"]), list(found["sd"])), ([0, 0], [1, 1]))

    def test_a_task_without_a_file_has_no_names(self):
        with h5py.File(self.result(small())) as file:
            self.assertNotIn("columns", file["target"].attrs)

    def test_ensembles_and_python(self):
        result = self.result(filed(ensemble={"seeds": "1, 2"}), ranks=2)
        with bayres.Result(result, 1) as network:
            self.assertEqual(network.columns, {"input": ["u"], "target": ["y"]})
            self.assertEqual(network.inputs["task"]["path"], "run.csv")
            np.testing.assert_allclose(network.target.sel(output="y"), self.run_values[20:720, 1], rtol=1e-12)
            errors = network.learners["a"].output - network.target
            sd = network.inputs["task"]["sd"][1]
            np.testing.assert_allclose(errors, sd * (network.learners["a"].series("output") - network.series("target")), atol=1e-9)
            np.testing.assert_allclose(network.input.sel(input="u"), self.run_values[20:720, 0], rtol=1e-12)
            np.testing.assert_array_equal(network.in_units(network.series("target")), network.target)

    def test_the_file_opens_in_xarray(self):
        import xarray
        result = self.result(filed())
        with xarray.open_dataset(result, engine="h5netcdf") as data:
            self.assertIn("y", np.atleast_1d(data["target"].attrs["columns"]))


class OtherRecordings(RecordingsTest):
    def scaled(self, values):
        found = attributes(self.folder / "c.h5", "inputs/task")
        return (values - found["mean"]) / found["sd"]

    def check_against_numpy(self, found, values):
        scaled = self.scaled(values)
        outputs = self.resimulated(scaled[:, :1], scaled[:, 1:])
        self.assertEqual(found["learners/a/output"].shape, (1, len(values), 1))
        np.testing.assert_allclose(found["target"], scaled[:, 1:], atol=1e-10)
        np.testing.assert_allclose(found["time"], DT * np.arange(1, len(values) + 1))
        for name, z in outputs.items():
            np.testing.assert_allclose(found[f"learners/{name}/output"][0], z, atol=1e-9, err_msg=name)
            error = z - scaled[:, 1:]
            nrmse = np.sqrt((error**2).mean() / scaled[:, 1].var())
            self.assertAlmostEqual(found[f"learners/{name}/nrmse"][0, 0], nrmse, places=8)

    def test_all_of_it_with_the_learned_scale(self):
        self.result(filed())
        for source in ("c.h5", "c.h5.checkpoint"):
            for ranks in (None, 2):
                with self.subTest(source, ranks=ranks):
                    found, _ = self.scores("--task.path=other.csv", source=source, ranks=ranks)
                    self.check_against_numpy(found, self.other_values)
        said = attributes(self.folder / "e.h5", "inputs/task")
        learned = attributes(self.folder / "c.h5", "inputs/task")
        self.assertEqual(said["path"], "other.csv")
        np.testing.assert_array_equal(said["mean"], learned["mean"])
        np.testing.assert_array_equal(said["sd"], learned["sd"])

    def test_without_the_recording_of_the_run(self):
        self.result(filed())
        (self.folder / "run.csv").unlink()
        found, _ = self.scores("--task.path=other.csv")
        self.check_against_numpy(found, self.other_values)

    def test_the_changed_file_of_the_run_is_no_other_recording(self):
        self.result(filed())
        self.write("run.csv", table(series(1001, 6, 3, 0.5)))
        for named in (("--task.path=run.csv",), (f"--task.path={self.folder}/./run.csv",),
                      ("--task.path=run.csv", "--task.target=u")):
            with self.subTest(named=named):
                for ranks in (None, 2):
                    finished = self.run_bayres("evaluate", "c.h5", *named, ranks=ranks)
                    self.check_code(finished, INPUT_OUTPUT)
                    self.assertIn("run.csv", finished.own_err)
                    self.assertIn("--accept-changed-input", finished.own_err)
                self.scores(*named, "--accept-changed-input", "--evaluate.span=5")

    def test_columns_of_other_names_and_a_part_of_it(self):
        self.result(filed())
        self.write("named.csv", table(self.other_values[:, ::-1], ("temperature", "current")))
        found, _ = self.scores("--task.path=named.csv", "--task.input=current", "--task.target=temperature")
        self.check_against_numpy(found, self.other_values)
        found, _ = self.scores("--task.path=other.csv", "--task.start=10", "--evaluate.washout=3",
                               "--evaluate.span=8")
        whole = self.scaled(self.other_values)[100:]
        z = self.resimulated(whole[:, :1], whole[:, 1:])["a"][30:110]
        np.testing.assert_allclose(found["learners/a/output"][0], z, atol=1e-9)
        np.testing.assert_allclose(found["target"], whole[30:110, 1:], atol=1e-10)
        found, _ = self.scores("--task.path=other.csv", "--evaluate.start=10")
        self.assertEqual(found["target"].shape, (337, 1))

    def test_another_part_of_the_same_file(self):
        self.result(filed())
        found, _ = self.scores("--task.path=run.csv", "--task.start=0")
        self.check_against_numpy(found, self.run_values)

    def test_replicas_and_ensembles(self):
        self.result(filed(ensemble={"seeds": "3, 1"}), ranks=2)
        self.result(filed(run={"seed": 1}), name="alone")
        keys = ["--task.path=other.csv", "--evaluate.initial_states=2"]
        alone, _ = self.scores(*keys, source="alone.h5")
        for ranks in (None, 2, 3):
            found, _ = self.scores(*keys, ranks=ranks)
            self.assertEqual(found["learners/a/output"].shape, (2, 2, 437, 1))
            np.testing.assert_array_equal(found["learners/a/output"][1], alone["learners/a/output"])
            np.testing.assert_array_equal(found["learners/r/nrmse"][1], alone["learners/r/nrmse"])

    def test_without_scaling(self):
        self.write("small.csv", table(self.run_values / 300))
        self.write("less.csv", table(self.other_values / 300))
        self.result(filed(task={"path": "small.csv", "normalise": "none"}))
        found, _ = self.scores("--task.path=less.csv")
        self.check_against_numpy(found, self.other_values / 300)

    def test_nothing_to_score(self):
        self.result(filed())
        self.write("inputs.csv", table(self.other_values[:, :1], ("u",)))
        found, finished = self.scores("--task.path=inputs.csv")
        scaled = self.scaled(self.other_values)
        np.testing.assert_allclose(found["learners/a/output"][0], self.resimulated(scaled[:, :1], None)["a"], atol=1e-9)
        self.assertTrue(np.isnan(found["learners/a/nrmse"]).all())
        self.assertIn("no column y", finished.out + finished.err)

    def test_trajectories_of_the_run_itself(self):
        self.result(filed())
        self.assertNotIn("learners/a/output", self.scores()[0])
        found, _ = self.scores("--evaluate.trajectories=true", source="c.h5")
        with h5py.File(self.folder / "c.h5") as file:
            np.testing.assert_array_equal(found["target"], file["target"][600:])
            np.testing.assert_allclose(found["time"], file["time"][600:])


class Hints(RecordingsTest):
    """What a message says to do, done, works."""

    def evaluate(self, source, *keys):
        return self.run_bayres("evaluate", source, "--force", "-o", "e.h5", *keys)

    def check_hint(self, source, *keys, words=()):
        """The command is refused; with the options that the message names it is not."""
        refused = self.evaluate(source, *keys)
        self.check_code(refused, USAGE)
        for word in words:
            self.assertIn(word, refused.own_err)
        options = re.findall(r"--[\w.]+=[\w.]+", refused.own_err)
        hinted = {option.split("=")[0]: option for option in options if not option.endswith("=FILE")}
        self.assertTrue(hinted, refused.own_err)
        kept = [key for key in keys if key.split("=")[0] not in hinted]
        self.check_code(self.evaluate(source, *kept, *hinted.values()), DONE)
        return hinted

    def test_a_checkpoint_at_the_end_of_the_data(self):
        auto = {"train": "auto", "test": "auto"}
        self.result(filed(protocol=auto, task={"start": 0}))
        self.check_hint("c.h5.checkpoint", words=["where the checkpoint stands", "initial_states"])
        for start in (75, 80, 99, 1000):
            found = self.evaluate("c.h5.checkpoint", f"--evaluate.start={start}")
            self.assertIn("leave evaluate.start out, or", found.own_err)
            keys = [f"--evaluate.start={start}", "--evaluate.initial_states=1"]
            if self.evaluate("c.h5.checkpoint", *keys).code != DONE:
                self.check_hint("c.h5.checkpoint", *keys)
        self.check_hint("c.h5.checkpoint", "--evaluate.washout=5")
        self.check_hint("c.h5.checkpoint", "--evaluate.span=400")
        self.check_hint("c.h5", "--evaluate.washout=5")
        self.check_hint("c.h5", "--evaluate.start=5000")
        self.check_hint("c.h5", "--evaluate.speed=3")
        self.check_hint("c.h5", "--evaluate.speed=3", "--evaluate.start=90")

    def test_a_checkpoint_with_less_time_left_than_asked_for(self):
        self.result(filed(protocol={"train": 60, "test": 30}))
        hinted = self.check_hint("c.h5.checkpoint")
        self.assertEqual(float(hinted["--evaluate.span"].split("=")[1]), 8.1)

    def test_another_recording(self):
        self.result(filed())
        for keys in (["--evaluate.start=99"], ["--evaluate.span=99"], ["--evaluate.washout=43", "--evaluate.span=9"]):
            self.check_hint("c.h5", "--task.path=other.csv", *keys)

    def test_a_cold_start_says_so(self):
        self.result(filed())
        for source, keys, start in (("c.h5", [], "x(0)"), ("c.h5", ["--task.path=other.csv"], "x(0)"),
                                    ("c.h5", ["--evaluate.initial_states=3"], "new initial states")):
            with self.subTest(keys=keys):
                finished = self.evaluate(source, *keys)
                self.assertIn(f"starts from {start}", finished.out)
                options = re.findall(r"--evaluate[\w.]+=[\w.]*\w", finished.out)
                self.assertEqual(len(options), 3, finished.out)
                kept = [key for key in keys if key.split("=")[0] not in {o.split("=")[0] for o in options}]
                followed = self.evaluate(source, *kept, *options)
                self.check_code(followed, DONE)
                self.assertNotIn("Note: starts", followed.out)
        self.assertNotIn("Note: starts", self.evaluate("c.h5.checkpoint", "--evaluate.span=5").out)


class Mistakes(RecordingsTest):
    def check_refused(self, *arguments, words, code=USAGE, source="c.h5"):
        for ranks in (None, 2):
            finished = self.run_bayres("evaluate", source, "--force", "-o", "e.h5", *arguments, ranks=ranks)
            self.check_code(finished, code)
            self.check_one_message(finished)
            for word in words:
                self.assertIn(word, finished.own_err)

    def test_a_task_that_reads_no_file(self):
        self.result(small())
        self.check_refused("--task.path=other.csv", words=["task.path", "sines", "reads no file"])

    def test_keys_of_the_run(self):
        self.result(filed())
        other = "--task.path=other.csv"
        self.check_refused(other, "--task.horizon=1", words=["task.horizon", "key of the run"])
        self.check_refused(other, "--task.normalise=none", words=["task.normalise", "key of the run"])
        self.check_refused("--task.input=y", words=["task.input", "--task.path=FILE"])
        self.check_refused(other, "--task.target=u,y", words=["task.target", "2 columns", "with 1"])
        self.check_refused(other, "--task.input=v", words=["task.input", "\"v\"", "other.csv"])
        self.check_refused(other, "--evaluate.start=99", words=["evaluate"])
        self.check_refused("--task.path=missing.csv", words=["missing.csv"], code=INPUT_OUTPUT)


if __name__ == "__main__":
    unittest.main()
