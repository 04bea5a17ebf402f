#!/usr/bin/python3
"""What a result and a checkpoint know of the files that they were made from: other bytes are refused, other names and
dates are not."""
import os
import shutil
import unittest
import zlib

import h5py
import numpy as np

from command_line import DONE, INPUT_OUTPUT, USAGE, CommandLineTest, attributes, data_sets, small

STOPPED = 75


def table(samples=301, scale=1):
    return "u,y\n" + "".join(f"{np.sin(k / 9):.6f},{scale * np.cos(k / 7):.6f}\n" for k in range(samples))


def filed(**changes):
    """A run on data.csv, of which most is left for later."""
    return small(**{"task": {"name": "file", "drive": "none", "path": "data.csv", "input": "u", "target": "y",
                             "sample_interval": 0.1}, "protocol": {"train": 10, "test": 4}, **changes})


class InputsTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("data.csv", table())

    def accepted(self, *arguments, ranks=None, code=DONE):
        finished = self.run_bayres(*arguments, "--quiet", ranks=ranks)
        self.check_code(finished, code)
        self.assertEqual(finished.own_err, "")

    def refused(self, *arguments, words, ranks=None, code=INPUT_OUTPUT):
        """With one message in which all words are."""
        finished = self.run_bayres(*arguments, "--quiet", ranks=ranks)
        self.check_code(finished, code)
        self.check_one_message(finished)
        for word in words:
            self.assertIn(word, finished.own_err)

    def resume(self, *more):
        return "resume", "c.h5.checkpoint", "--protocol.test=8", *more

    def evaluate(self, *more, source="c.h5"):
        return "evaluate", source, "--force", "-o", "scores.h5", *more

    def commands(self):
        return {"resume": self.resume(), "evaluate": self.evaluate(),
                "evaluate checkpoint": self.evaluate("--evaluate.span=2", source="c.h5.checkpoint")}


class WhatIsStored(InputsTest):
    def test_path_size_and_checksum_in_every_file(self):
        content = (self.folder / "data.csv").read_bytes()
        self.result(filed(), ranks=2)
        self.accepted(*self.evaluate())
        for name in ("c.h5", "c.h5.checkpoint", "scores.h5"):
            found = attributes(self.folder / name, "inputs/task")
            self.assertEqual(found["path"], "data.csv")
            self.assertEqual(found["absolute_path"], str(self.folder / "data.csv"))
            self.assertEqual(found["bytes"], len(content))
            self.assertEqual(found["checksum"], f"crc32 {zlib.crc32(content):08x}")
            self.assertRegex(found["modified"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        inspected = self.run_bayres("inspect", "c.h5").out
        self.assertIn(f"{zlib.crc32(content):08x}", inspected)

    def test_a_sealed_file_is_seen_whole(self):
        """The checksum of a file of ours covers its seal too, and is that of the bytes on any number of ranks."""
        self.result(small(record={"network": "true"}), name="net")
        for ranks in (1, 2, 3):
            self.result(small(reservoir={"network": "net.h5"}), "--force", ranks=ranks)
            content = (self.folder / "net.h5").read_bytes()
            found = attributes(self.folder / "c.h5", "inputs/network")
            self.assertEqual((found["bytes"], found["checksum"]), (len(content), f"crc32 {zlib.crc32(content):08x}"))

    def test_no_file_no_entry(self):
        self.result(small())
        with h5py.File(self.folder / "c.h5") as file:
            self.assertEqual(list(file["inputs"]), [])


class OtherBytes(InputsTest):
    def setUp(self):
        super().setUp()
        self.result(filed())
        self.kept = {name: (self.folder / name).read_bytes() for name in ("c.h5", "c.h5.checkpoint")}

    def check_refused(self, *words, ranks=None):
        for name, command in self.commands().items():
            with self.subTest(name):
                self.refused(*command, words=["data.csv", command[1], *words], ranks=ranks)
        for name, content in self.kept.items():
            self.assertEqual((self.folder / name).read_bytes(), content, name)
        self.assertFalse((self.folder / "scores.h5").exists())

    def test_changed_with_the_same_length(self):
        content = bytearray((self.folder / "data.csv").read_bytes())
        stat = os.stat(self.folder / "data.csv")
        content[-3] ^= 1  # a digit of the last row, which no command needs
        (self.folder / "data.csv").write_bytes(content)
        os.utime(self.folder / "data.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns))
        for ranks in (None, 2):
            self.check_refused(f"{zlib.crc32(content):08x}", "--accept-changed-input", ranks=ranks)

    def test_rows_in_another_order(self):
        head, *rows = table().splitlines(keepends=True)
        self.write("data.csv", head + "".join([*rows[1:], rows[0]]))
        self.check_refused("--accept-changed-input")

    def test_cut_short_and_longer(self):
        for samples in (250, 500):
            self.write("data.csv", table(samples))
            self.check_refused(f"{len(table(samples))} bytes", f"{len(table())} bytes")

    def test_replaced_by_a_link_to_another(self):
        self.write("other.csv", table(scale=2))
        os.remove(self.folder / "data.csv")
        os.symlink("other.csv", self.folder / "data.csv")
        self.check_refused("--accept-changed-input")

    def test_columns_renamed(self):
        self.write("data.csv", table().replace("u,y", "a,b"))
        self.check_refused("--accept-changed-input")

    def test_missing(self):
        os.rename(self.folder / "data.csv", self.folder / "elsewhere.csv")
        self.check_refused("is missing", str(self.folder / "data.csv"), "--task.path=")

    def test_another_file_of_the_same_name_from_another_folder(self):
        (self.folder / "there").mkdir()
        (self.folder / "there/data.csv").write_text(table(scale=3))
        before = self.folder
        self.folder = before / "there"
        self.refused("resume", "../c.h5.checkpoint", "--protocol.test=8", words=["data.csv", "c.h5.checkpoint"])
        self.folder = before

    def test_accepted_and_written_down(self):
        self.write("data.csv", table(scale=2))
        for ranks in (None, 2):
            self.accepted(*self.resume("--accept-changed-input", "--force", "-o", "r.h5", "--checkpoint", "r.ck"),
                          ranks=ranks)
            self.accepted(*self.evaluate("--accept-changed-input"), ranks=ranks)
            for name in ("r.h5", "r.ck", "scores.h5"):
                last = attributes(self.folder / name)["history"].splitlines()[-1]
                self.assertIn("--accept-changed-input", last)
                self.assertIn("accepted data.csv", last)
                self.assertEqual(attributes(self.folder / name, "inputs/task")["checksum"],
                                 f"crc32 {zlib.crc32(table(scale=2).encode()):08x}")

    def test_a_new_run_has_nothing_to_accept(self):
        self.refused("run", "c.ini", "--accept-changed-input", words=["accept-changed-input"], code=USAGE)


class SameBytes(InputsTest):
    def setUp(self):
        super().setUp()
        self.result(filed())
        self.accepted(*self.resume("-o", "expected.h5", "--checkpoint", "expected.ck"))

    def check(self, *more, ranks=None):
        self.accepted(*self.resume("--force", "-o", "r.h5", "--checkpoint", "r.ck", *more), ranks=ranks)
        self.check_same_arrays(self.folder / "expected.h5", self.folder / "r.h5")
        self.accepted(*self.evaluate(*more), ranks=ranks)

    def test_touched(self):
        os.utime(self.folder / "data.csv", (1e9, 1e9))
        self.check()

    def test_replaced_by_a_link_to_the_same(self):
        shutil.copy(self.folder / "data.csv", self.folder / "copy.csv")
        os.remove(self.folder / "data.csv")
        os.symlink("copy.csv", self.folder / "data.csv")
        self.check()

    def test_moved(self):
        os.rename(self.folder / "data.csv", self.folder / "moved.csv")
        self.check("--task.path=moved.csv")
        self.check("--task.path=moved.csv", ranks=2)
        self.assertIn("task.path = moved.csv, which was data.csv",
                      attributes(self.folder / "r.h5")["history"].splitlines()[-1])
        self.assertEqual(attributes(self.folder / "r.h5", "inputs/task")["path"], "moved.csv")

    def test_moved_and_changed(self):
        os.rename(self.folder / "data.csv", self.folder / "moved.csv")
        self.write("moved.csv", table(scale=2))
        self.refused(*self.resume("--task.path=moved.csv"), words=["moved.csv", "data.csv", "c.h5.checkpoint"])

    def test_a_moved_file_lets_nothing_else_change(self):
        os.rename(self.folder / "data.csv", self.folder / "moved.csv")
        self.refused(*self.resume("--task.path=moved.csv", "--task.horizon=1"), words=["task.horizon"], code=USAGE)


class Networks(InputsTest):
    """A file with a network is an input like any other."""

    def setUp(self):
        super().setUp()
        self.result(small(record={"network": "true"}, reservoir={"connectivity": 0.3}), name="net")
        self.result(small(reservoir={"network": "net.h5"}))

    def change(self):
        with h5py.File(self.folder / "net.h5", "r+") as file:
            file["network/W_in"][...] *= -1

    def test_another_network(self):
        self.change()
        for ranks in (None, 2):
            for name, command in self.commands().items():
                with self.subTest(name, ranks=ranks):
                    self.refused(*command, words=["net.h5", command[1], "--accept-changed-input"], ranks=ranks)
                    new = ["--force", "-o", "scores.h5", "--checkpoint", "r.ck"] if name == "resume" else []
                    self.accepted(*command, "--accept-changed-input", *new, ranks=ranks)
                    self.assertIn("accepted net.h5", attributes(self.folder / "scores.h5")["history"])

    def test_moved(self):
        self.accepted(*self.resume("-o", "expected.h5", "--checkpoint", "expected.ck"))
        self.accepted(*self.evaluate())
        expected = data_sets(self.folder / "scores.h5")
        os.rename(self.folder / "net.h5", self.folder / "moved.h5")
        self.refused(*self.resume(), words=["net.h5", "is missing", "--reservoir.network="])
        self.accepted(*self.resume("--reservoir.network=moved.h5", "-o", "r.h5", "--checkpoint", "r.ck"))
        self.check_same_arrays(self.folder / "expected.h5", self.folder / "r.h5")
        self.accepted(*self.evaluate("--reservoir.network=moved.h5"))
        found = data_sets(self.folder / "scores.h5")
        for name, values in expected.items():
            self.assertTrue(np.array_equal(values, found[name], equal_nan=True), name)

    def test_damaged(self):
        content = bytearray((self.folder / "net.h5").read_bytes())
        content[len(content) // 2] ^= 1
        (self.folder / "net.h5").write_bytes(content)
        for command in self.commands().values():
            self.refused(*command, words=["net.h5"])


class Ensembles(InputsTest):
    def start(self, *more, **changes):
        """Stopped after a second of a run that takes any machine far longer, with a plan and checkpoints of its
        networks."""
        self.write("c.ini", filed(ensemble={"seeds": "1..3"}, **changes))
        finished = self.run_bayres("run", "c.ini", "--quiet", "--max-walltime", "0:0:1", *more, ranks=2)
        self.check_code(finished, STOPPED)

    def test_result(self):
        self.result(filed(ensemble={"seeds": "1..3"}), ranks=2)
        self.assertEqual(attributes(self.folder / "c.h5", "inputs/task")["path"], "data.csv")
        self.accepted(*self.evaluate(), ranks=2)
        self.write("data.csv", table(scale=2))
        for ranks in (None, 2):
            self.refused(*self.evaluate(), words=["data.csv", "c.h5"], ranks=ranks)
        self.accepted(*self.evaluate("--accept-changed-input"), ranks=2)

    def test_plan_and_networks(self):
        self.write("data.csv", table(200001))
        self.start(reservoir={"size": 800, "connectivity": 1}, protocol={"train": 14000, "test": 3}, record={"every": 1000})
        networks = [name for name in self.files() if name.endswith(".checkpoint") and "seed" in name]
        self.assertTrue(networks)
        self.write("data.csv", table(200001, scale=2))
        for ranks in (None, 2):
            self.refused("resume", "c.h5.checkpoint", words=["data.csv", "c.h5.checkpoint"], ranks=ranks)
            self.refused("resume", networks[0], words=["data.csv", networks[0]], ranks=ranks)


if __name__ == "__main__":
    unittest.main()
