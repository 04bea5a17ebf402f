#!/usr/bin/python3
"""The configuration that a result holds is that of its run, whatever its values."""
import pathlib
import sys
import unittest

import h5py
import numpy as np

from command_line import DONE, USAGE, CommandLineTest, attributes, small

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis"))
import bayres  # noqa: E402

# Names of files and of columns.
NAMES = ["d#1.csv", " d .csv ", "a=b;c.csv", '"d".csv', 'it"s.csv', "[d].csv", "d,e.csv", "back\\slash\\n.csv", "new\nline.csv",
         "grün€.csv", "auto", "'d'.csv", "x" * 200]
COLUMNS = ["a,b", 'it"s', "a # b", "ü", "[x]"]


class RoundTripTest(CommandLineTest):
    def series(self, name, columns="z"):
        rows = "".join(f"{np.sin(i / 20):.6f}\n" for i in range(400))
        self.write(name, columns + "\n" + rows)

    def test_a_run_goes_on_with_the_file_that_it_began_with(self):
        for name in NAMES:
            with self.subTest(name):
                self.series(name)
                config = small(task={"name": "file", "target": "z"}, protocol={"test": 2}, reservoir={"size": 20})
                self.result(config, f"--task.path={name}", "--force")
                whole = self.result(config, f"--task.path={name}", "--protocol.test=5", "--force", name="whole")
                self.check_code(self.run_bayres("resume", "c.h5.checkpoint", "--quiet", "--protocol.test=5"), DONE)
                self.check_same_arrays(self.folder / "c.h5", whole)
                text = attributes(whole)["config"]
                self.write("again.ini", text)
                self.check_code(self.run_bayres("run", "again.ini", "--quiet", "--force"), DONE)
                self.check_same_arrays(self.folder / "again.h5", whole)
                self.assertEqual(attributes(self.folder / "again.h5")["config"], text)
                self.assertEqual(bayres.read_config(text)["task"]["path"], name)

    def test_python_reads_the_items_of_a_list(self):
        config = bayres.read_config('[task]\ntarget = "a,b", "it\\"s", "", x y, "\\x23\\n"  # comment\ninput =\n'
                                    'path = "a # b"\ntrain = auto  # 120\nother = a, b\n')
        self.assertEqual(bayres.list_of(config, "task", "target"), ["a,b", 'it"s', "", "x y", "#\n"])
        self.assertEqual(bayres.list_of(config, "task", "input"), [])
        self.assertEqual(bayres.list_of(config, "task", "other"), ["a", "b"])
        self.assertEqual(dict(config["task"])["path"], "a # b")
        self.assertEqual(config.getfloat("task", "train"), 120)
        self.assertEqual(config.get("task", "train", raw=True), "auto  # 120")

    def test_python_reads_what_was_written(self):
        for column in COLUMNS:
            quoted = '"' + column.replace('"', '\\"') + '"'
            finished = self.run_bayres("run", self.config_of_columns(), f"--task.target={quoted}, z", "--dry-run")
            self.assertIn(f'there is no column "{column}"', finished.err, f"\n{finished}")

    def config_of_columns(self):
        self.series("in.csv")
        self.write("c.ini", small(task={"name": "file", "path": "in.csv"}))
        return "c.ini"


class AutoTest(CommandLineTest):
    def test_auto_stays_auto_with_the_value_used(self):
        path = self.result(small(protocol={"evaluate_at": "10"}))
        text = attributes(path)["config"]
        for line in ("evaluate_span = auto  # 5", "kappa = auto  # 50", "start = auto", "storage = auto  # sparse",
                     "weight_type = auto  # float64"):
            self.assertIn(f"\n{line}\n", text)
        self.assertEqual(attributes(path, "learners/a")["kappa"], 50)
        self.assertEqual(bayres.read_config(text).getfloat("learner.a", "kappa"), 50)

    def test_what_follows_from_another_key_follows_anew(self):
        config = small(protocol={"evaluate_at": "10"}) | {"learner.branch": {"rule": "branch", "branch_size": 10}}
        self.write("again.ini", attributes(self.result(config))["config"])
        changes = ("--reservoir.size=80", "--protocol.test=7")
        self.check_code(self.run_bayres("run", "again.ini", *changes, "--quiet"), DONE)
        expected = self.result(config, *changes, name="expected")
        self.check_same_arrays(self.folder / "again.h5", expected)
        self.check_same_learner_attributes(self.folder / "again.h5", expected)
        self.assertEqual(attributes(expected)["config"], attributes(self.folder / "again.h5")["config"])
        self.assertEqual(attributes(expected, "learners/branch")["kappa"], 71)

    def test_an_evaluation_goes_by_the_values_of_its_run(self):
        self.write("in.csv", "z\n" + "".join(f"{np.sin(i / 20):.6f}\n" for i in range(400)))
        self.result(small(task={"name": "file", "path": "in.csv", "target": "z"}, protocol={"train": None, "test": None}))
        self.check_code(self.run_bayres("evaluate", "c.h5", "-o", "e.h5", "--quiet"), DONE)
        run, evaluation = (attributes(self.folder / name)["config"] for name in ("c.h5", "e.h5"))
        for text in (run, evaluation):
            for line in ("train = auto  # 30", "test = auto  # 10", "sample_interval = auto  # 0.1"):
                self.assertIn(f"\n{line}\n", text)
        self.assertIn("\nstart = auto  # 30\n", evaluation)


class IdleKeysTest(CommandLineTest):
    """Keys that can have no effect are refused by name (tests/mpi/idle_keys_test.cpp tries every one of them)."""

    def setUp(self):
        super().setUp()
        self.result(small(record={"network": "true"}), name="net")

    def check_refused(self, config, *names, ranks=None):
        self.write("c.ini", config)
        finished = self.run_bayres("run", "c.ini", ranks=ranks)
        self.check_code(finished, USAGE)
        self.assertEqual(finished.own_err.count("no effect"), len(names), f"\n{finished}")
        for name in names:
            self.assertRegex(finished.own_err, rf"c\.ini:\d+: {name} = \S+ has no effect", f"\n{finished}")

    def test_with_a_network_from_a_file(self):
        keys = {"gain": 1.1, "connectivity": 0.2, "input_scale": 2, "bias_scale": 0.1, "feedback_scale": 2, "initial_scale": 1}
        for ranks in (None, 2):
            self.check_refused(small(run={"seed": 2}, reservoir={"network": "net.h5", **keys}), "run.seed",
                               *(f"reservoir.{key}" for key in keys), ranks=ranks)
        self.check_refused(small(reservoir={"network": "net.h5"}, ensemble={"seeds": 5}), "ensemble.seeds")
        for sections in ({"reservoir": {"network": "net.h5", "noise": 0.01}}, {"learner.d": {"rule": "dale"}}):
            self.result(small(reservoir={"network": "net.h5"}) | sections | {"run": {"seed": 2}}, "--force")

    def test_others(self):
        self.check_refused(small(ensemble={"seeds": "1, 2"}, run={"seed": 7, "replica": 1}), "run.seed", "run.replica")
        self.check_refused(small(ensemble={"ranks_per_network": 2}), "ensemble.ranks_per_network")
        self.check_refused(small(protocol={"evaluate_span": 2}), "protocol.evaluate_span")
        self.check_refused(small(task={"drive": None}, reservoir={"input_scale": 2}), "reservoir.input_scale")
        self.check_refused(small(learner__a={"rule": "branch", "kappa": 9, "branch_size": 5, "rho": 2}), "learner.a.rho")

    def test_the_form_of_a_text_for_a_file_that_is_none(self):
        with h5py.File(self.folder / "in.h5", "w") as file:
            file["z"] = np.sin(np.arange(400) / 20)
        keys = {"header": "first", "separator": "comma", "decimal": "point"}
        config = small(task={"name": "file", "path": "in.h5", "target": "z", **keys})
        self.check_refused(config, *(f"task.{key}" for key in keys))

    def test_a_stored_configuration_has_them_as_comments_and_runs_again(self):
        path = self.result(small(reservoir={"network": "net.h5"}))
        text = attributes(path)["config"]
        self.assertIn("\n# gain = 1.5   (no effect with reservoir.network, whose file holds J)\n", text)
        self.assertNotIn("gain", bayres.read_config(text)["reservoir"])
        self.write("again.ini", text)
        self.check_code(self.run_bayres("run", "again.ini", "--quiet"), DONE)
        self.check_same_arrays(path, self.folder / "again.h5")
        self.check_code(self.run_bayres("resume", "c.h5.checkpoint", "--protocol.test=6", "--quiet"), DONE)

    def test_keys_of_the_command_line_alone_are_refused_on_resume_and_evaluation(self):
        self.result(small())
        for arguments in (("resume", "c.h5.checkpoint", "--reservoir.feedback_scale=2"),
                          ("evaluate", "c.h5", "--evaluate.pulse_time=1")):
            finished = self.run_bayres(*arguments)
            self.check_code(finished, USAGE)
            self.assertIn("has no effect", finished.own_err)


if __name__ == "__main__":
    unittest.main()
