#!/usr/bin/python3
"""The configuration that a result holds is that of its run, whatever its values."""
import pathlib
import sys
import unittest

import numpy as np

from command_line import DONE, CommandLineTest, attributes, small

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


if __name__ == "__main__":
    unittest.main()
