#!/usr/bin/python3
"""Nothing is lost: whatever a user names, and wherever it ends."""
import itertools
import os
import re
import subprocess
import time
import unittest

import h5py
import numpy as np

from command_line import (ALL_DIVERGED, DONE, USAGE, CommandLineTest, attributes, data_sets, environment, ini, listed,
                          small)

ANALYZE = os.path.abspath(os.environ["BAYRES_ANALYZE"])


class LostTest(CommandLineTest):
    def analyze(self, *arguments):
        return subprocess.run([ANALYZE, *map(str, arguments)], cwd=self.folder, env=environment(None),
                              capture_output=True, text=True, timeout=60)

    def check_refused(self, finished, *words, codes=(USAGE,)):
        self.assertIn(finished.returncode if hasattr(finished, "returncode") else finished.code, codes, f"\n{finished}")
        text = finished.stderr if hasattr(finished, "stderr") else finished.err
        for word in words:
            self.assertIn(word, text)
        for word in ("terminate", "what()", "HDF5-DIAG", "filesystem error", "Segmentation"):
            self.assertNotIn(word, text)


class LearnerNamesTest(LostTest):
    NAMES = ("weights", "state", "feedback", "output", "silent", "frozen", "scores", "learners", "Weights", "network",
             "x" * 100)

    def test_no_name_of_a_learner_meets_one_of_ours(self):
        """Checkpoints during the run and at its end, resumed: the numbers are those of learners of other names."""
        for feedback in ("none", "output"):
            common = {"protocol": {"train": 30, "test": 4, "feedback": feedback, "evaluate_at": "10, 20",
                                   "evaluate_span": 3}, "run": {"checkpoint_every": 0.001}}
            learners = {f"learner.{name}": {"rule": rule} for name, rule in zip(self.NAMES, itertools.cycle(
                ("bayes", "rls", "branch\nbranch_size = 7")))}
            plain = {f"learner.l{k}": keys for k, keys in enumerate(learners.values())}
            config = small(learner__a=None, **common)
            named = self.result(config | learners, name=f"named_{feedback}")
            self.check_code(self.run_bayres("resume", f"{named.name}.checkpoint", "--quiet", "--protocol.test=6"), DONE)
            other = self.result(config | plain, "--protocol.test=6", name=f"other_{feedback}")
            one, two = data_sets(named), data_sets(other)
            for k, name in enumerate(self.NAMES):
                for array in ("output", "weights"):
                    x, y = one[f"learners/{name}/{array}"], two[f"learners/l{k}/{array}"]
                    self.assertTrue(np.array_equal(x, y, equal_nan=True), f"{name}/{array}")
            self.check_refused(self.analyze(named.name, "--quiet"), codes=(DONE,))

    def test_names_that_files_cannot_hold_are_refused(self):
        for name in ("a/b", "..", "é", "x" * 101):
            self.write("c.ini", ini(small(learner__a=None)) + f"[learner.{name}]\nrule = bayes\n")
            self.check_refused(self.run_bayres("run", "c.ini"), name)


class DivergedTest(LostTest):
    def test_a_run_in_which_all_diverged_gains_no_row(self):
        path = self.result(small(learner__a={"rule": "delta", "eta": 1e9}), code=ALL_DIVERGED)
        before = data_sets(path)
        for arguments in ([], ["--protocol.test=7"], []):
            self.check_code(self.run_bayres("resume", "c.h5.checkpoint", "--quiet", *arguments), ALL_DIVERGED)
            after = data_sets(path)
            for name in ("time", "input", "target", "learners/a/output", "learners/a/weights"):
                self.assertTrue(np.array_equal(before[name], after[name], equal_nan=True), name)


class BoundsTest(LostTest):
    def test_values_that_no_machine_can_do_are_refused_at_once_with_their_range(self):
        config = small(task={"drive": None})
        self.write("c.ini", config)
        for task, key, value in (("lorenz", "task.speed", "1e12"), ("lorenz", "task.speed", "1e-9"),
                                 ("mackey-glass", "task.speed", "1e-9"), ("lorenz", "task.horizon", "1e15"),
                                 ("mackey-glass", "task.horizon", "1e7"), ("sines", "protocol.train", "1e300"),
                                 ("sines", "protocol.train", "1e15"), ("sines", "protocol.test", "1e14"),
                                 ("sines", "protocol.washout", "-1"), ("sines", "record.weights_every", "1e30"),
                                 ("memory", "task.delays", "1000000000000"), ("lorenz", "reservoir.dt", "1e-300"),
                                 ("lorenz", "reservoir.tau", "1e14"), ("sines", "task.periods", "1e-14,1,1,1")):
            start = time.monotonic()
            finished = self.run_bayres("run", "c.ini", "--quiet", f"--task.name={task}", f"--{key}={value}")
            with self.subTest(f"{task}: {key} = {value}"):
                self.check_refused(finished, key.replace("reservoir.tau", "task.speed"))
                self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(self.files(), ["c.ini"])

    def test_every_number_that_is_listed_has_two_ends(self):
        for what in ("rules", "tasks", "neurons"):
            for name, text in listed(what).items():
                for key, allowed in re.findall(r"^ +([\w.]+) (?:=|\(required\)).*\n.*; allowed: (.*); unit", text,
                                               re.MULTILINE):
                    if re.match("any text|true or false|one of", allowed):
                        continue
                    self.assertRegex(allowed, r"^(>=? 0( to \S+)? \(\S+ to \S+\)|\S+ to \S+?)(, or auto \(.*\))?$", f"{name}: {key}")


class ConfigurationTextTest(LostTest):
    def test_other_editors_write_the_same_configuration(self):
        text = ini(small())
        mark = b"\xef\xbb\xbf"
        crlf = text.replace("\n", "\r\n").encode()
        expected = self.result(text, name="plain")
        for name, content in (("mark", mark + text.encode()), ("crlf", crlf), ("both", mark + crlf),
                              ("blanks", text.replace("\n", " \t\n").encode()), ("open", text.rstrip("\n").encode())):
            (self.folder / f"{name}.ini").write_bytes(content)
            self.check_code(self.run_bayres("run", f"{name}.ini", "--quiet"), DONE)
            self.check_same_arrays(expected, self.folder / f"{name}.h5", only="learners")


class AnalysedFilesTest(LostTest):
    def test_every_file_of_a_condition_is_named_once(self):
        (self.folder / "sub").mkdir()
        self.write("c.ini", small(task={"drive": "target"}))
        files = ["sub/r.h5", "r.h5", "xr.h5", "r.h5x", "e.h5"]
        for seed, path in enumerate(files):
            seeds = f"--ensemble.seeds={10 * seed},{10 * seed + 1}" if path == "e.h5" else f"--run.seed={seed + 1}"
            self.check_code(self.run_bayres("run", "c.ini", "--quiet", "-o", path, seeds), DONE)
        for order in (files, files[::-1]):
            finished = self.analyze(*order, "--quiet", "--force", "-o", "an.h5")
            self.assertEqual(finished.returncode, DONE, finished.stderr)
            found = attributes(self.folder / "an.h5", "conditions/c0")["files"].split("\n")
            self.assertEqual(sorted(found), sorted(files))


if __name__ == "__main__":
    unittest.main()
