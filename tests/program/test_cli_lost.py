#!/usr/bin/python3
"""Nothing is lost: whatever a user names, and wherever it ends."""
import itertools
import os
import pathlib
import re
import resource
import signal
import stat
import subprocess
import tempfile
import time
import unittest

import h5py
import numpy as np

from command_line import (ALL_DIVERGED, BAYRES, DONE, INPUT_OUTPUT, USAGE, CommandLineTest, Finished, attributes,
                          command, data_sets, environment, ini, listed, small)
from test_cli_resume import Started

ANALYZE = os.path.abspath(os.environ["BAYRES_ANALYZE"])


class LostTest(CommandLineTest):
    def do(self, command_name, *arguments, ranks=None, **how):
        """One of the commands of bayres, or analyze; `how` is for the process."""
        line = command(command_name, *arguments, ranks=ranks)
        if command_name == "analyze":
            line = [*command(ranks=ranks)[:-1], ANALYZE, *map(str, arguments)]
        if command_name != "calibrate":
            line.append("--quiet")
        done = subprocess.run(line, cwd=self.folder, env=environment(ranks), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, **how)
        return Finished(done.returncode, done.stdout, done.stderr)

    def check_refused(self, finished, *words, codes=(USAGE,)):
        self.assertIn(finished.code, codes, f"\n{finished}")
        for word in words:
            self.assertIn(word, finished.err)
        for word in ("terminate", "what()", "HDF5-DIAG", "filesystem error", "Segmentation", "signal"):
            self.assertNotIn(word, finished.err)

    def content(self):
        """Every file of the folder, with what is in it and where its name leads."""
        return {path.relative_to(self.folder).as_posix(): (path.is_symlink() and os.readlink(path), path.lstat().st_mode,
                                                           path.is_file() and path.read_bytes())
                for path in self.folder.rglob("*")}

    def check_content(self, before):
        now = self.content()
        self.assertEqual([name for name in {**before, **now} if before.get(name) != now.get(name)], [])

    def make_files(self):
        """A configuration, data, a result with its network, a checkpoint, and an ensemble."""
        self.write("c.ini", small())
        self.write("s.csv", "u,y\n" + "".join(f"{np.sin(i / 9):.6f},{np.cos(i / 7):.6f}\n" for i in range(400)))
        self.check_code(self.do("run", "c.ini", "-o", "r.h5", "--record.network=true"), DONE)
        self.check_code(self.do("run", "c.ini", "-o", "e.h5", "--ensemble.seeds=1,2"), DONE)


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
            self.check_code(self.do("analyze", named.name), DONE)

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
            self.check_code(self.do("analyze", *order, "--force", "-o", "an.h5"), DONE)
            found = attributes(self.folder / "an.h5", "conditions/c0")["files"].split("\n")
            self.assertEqual(sorted(found), sorted(files))


DATA = ("--task.name=file", "--task.drive=none", "--task.input=u", "--task.target=y", "--task.path=s.csv")


class RolesTest(LostTest):
    """One file cannot be two things, whatever its names, with --force and without."""

    # The command, its two roles in words, and how the second is named.
    CASES = (
        (("run", "c.ini", "-o", "FILE"), "c.ini", "configuration", "result"),
        (("run", "c.ini", "-o", "n.h5", "--checkpoint", "FILE"), "c.ini", "configuration", "checkpoint"),
        (("run", "c.ini", "--output.file=FILE"), "c.ini", "configuration", "result"),
        (("run", "c.ini", *DATA, "-o", "FILE"), "s.csv", "task.path", "result"),
        (("run", "c.ini", *DATA, "-o", "n.h5", "--checkpoint", "FILE"), "s.csv", "task.path", "checkpoint"),
        (("run", "c.ini", "--reservoir.network=r.h5", "-o", "FILE"), "r.h5", "reservoir.network", "result"),
        (("run", "c.ini", "--reservoir.network=r.h5", "-o", "n.h5", "--checkpoint", "FILE"), "r.h5", "network",
         "checkpoint"),
        (("run", "c.ini", "-o", "r.h5", "--checkpoint", "FILE"), "r.h5", "result", "checkpoint"),
        (("run", "c.ini", "-o", "n.h5", "--checkpoint", "FILE"), "n.h5", "result", "checkpoint"),
        (("run", "c.ini", "-o", "n.h5", "--checkpoint", "FILE"), "n.h5.part3", "part", "checkpoint"),
        (("run", "c.ini", "-o", "n.h5", "--checkpoint", "FILE"), "n.h5.lock", "lock", "checkpoint"),
        (("run", "c.ini", "--ensemble.seeds=1,2", "-o", "n.h5", "--checkpoint", "FILE"), "n.h5", "result", "checkpoint"),
        (("run", "c.ini", "--ensemble.seeds=1,2", "-o", "n.h5", "--checkpoint", "FILE"), "n.h5.seed2", "network",
         "checkpoint"),
        (("resume", "r.h5.checkpoint", "--checkpoint", "FILE"), "r.h5", "result", "checkpoint"),
        (("resume", "r.h5.checkpoint", "-o", "FILE"), "r.h5.checkpoint", "result", "checkpoint"),
        (("resume", "r.h5.checkpoint", "-o", "n.h5", "--checkpoint", "FILE"), "r.h5", "recorded", "checkpoint"),
        (("evaluate", "r.h5", "-o", "FILE"), "r.h5", "evaluated", "scores"),
        (("evaluate", "r.h5.checkpoint", "-o", "FILE"), "r.h5.checkpoint", "evaluated", "scores"),
        (("evaluate", "e.h5", "-o", "FILE"), "e.h5", "evaluated", "scores"),
        (("analyze", "r.h5", "-o", "FILE"), "r.h5", "analysed", "analysis"),
        (("analyze", "r.h5", "e.h5", "-o", "FILE"), "e.h5", "analysed", "analysis"),
        (("analyze", "r.h5", "--csv", ".", "-o", "FILE"), "curves.csv", "table", "analysis"),
    )

    def names_of(self, path):
        """Other names of a file."""
        (self.folder / "here").symlink_to(".")
        (self.folder / "soft").symlink_to(path)
        (self.folder / "sub").mkdir(exist_ok=True)
        names = [path, f"./sub/../{path}", str(self.folder / path), f"here/{path}", "soft"]
        if (self.folder / path).exists():
            os.link(self.folder / path, self.folder / "hard")
            names.append("hard")
        return names

    def test_no_file_has_two_roles(self):
        self.make_files()
        for number, (line, path, one, other) in enumerate(self.CASES):
            names = self.names_of(path)
            before = self.content()
            # Every spelling with every way, over the cases.
            for name in (names if number in (0, 7, 8) else [names[number % len(names)]]):
                for force in (("--force",), ()):
                    with self.subTest(line=line, name=name, force=force):
                        finished = self.do(*(word.replace("FILE", name) for word in line), *force)
                        self.check_refused(finished, pathlib.Path(name).name, one, other)
                        self.check_content(before)
            for link in ("here", "soft", "hard"):
                (self.folder / link).unlink(missing_ok=True)

    def test_all_ranks_say_it_once(self):
        self.make_files()
        finished = self.do("run", "c.ini", "-o", "n.h5", "--checkpoint", "./n.h5", ranks=2)
        self.check_code(finished, USAGE)
        self.check_one_message(finished)

    def test_a_checkpoint_replaces_checkpoints_alone(self):
        self.make_files()
        for name in ("notes.txt", "r.h5"):
            path = self.folder / f"copy-{name}"
            path.write_bytes(b"notes" if name == "notes.txt" else (self.folder / name).read_bytes())
            before = path.read_bytes()
            for more in ((), ("--ensemble.seeds=1,2",)):
                finished = self.do("run", "c.ini", "-o", "n.h5", "--checkpoint", path.name, *more)
                self.check_refused(finished, path.name, "no checkpoint", codes=(INPUT_OUTPUT,))
                self.assertEqual(path.read_bytes(), before)
        self.check_code(self.do("run", "c.ini", "-o", "n.h5", "--checkpoint", "r.h5.checkpoint"), DONE)
        self.check_code(self.do("run", "c.ini", "-o", "m.h5", "--checkpoint", "copy-notes.txt", "--force"), DONE)

    def test_names_that_a_user_has_not_given(self):
        """What stands there already and is not ours, or of another ensemble, is neither replaced nor removed."""
        self.make_files()
        own = (self.folder / "r.h5").read_bytes()
        ensemble, parts = ("--ensemble.seeds=1,2",), ("--run.checkpoint_every=0.001",)
        for ending, content, more in (
                (".checkpoint", b"notes", ()), (".checkpoint", b"notes", ensemble), (".checkpoint", own, ()),
                (".seed1", b"notes", ensemble), (".seed2", own, ensemble), (".seed2.checkpoint", b"", ensemble),
                (".part1", b"notes", parts), (".part7", b"", ())):
            with self.subTest(ending=ending, more=more):
                path = self.folder / f"x.h5{ending}"
                path.write_bytes(content)
                finished = self.do("run", "c.ini", "-o", "x.h5", *more)
                self.check_refused(finished, path.name, codes=(INPUT_OUTPUT,))
                self.assertEqual(path.read_bytes(), content)
                self.assertFalse((self.folder / "x.h5").exists())
                path.unlink()

    def test_pipes_and_devices_are_no_results(self):
        os.mkfifo(self.folder / "pipe")
        for name in ("pipe", "/dev/zero"):
            for line in (("evaluate", name), ("resume", name), ("analyze", name, "-o", "a.h5")):
                with self.subTest(line=line):
                    self.check_refused(self.do(*line), name, "device or pipe", codes=(INPUT_OUTPUT,))

    def test_a_run_goes_on_in_its_own_files(self):
        self.make_files()
        for test in (6, 7):
            self.check_code(self.do("resume", "./r.h5.checkpoint", "-o", self.folder / "r.h5", "--checkpoint",
                                    "r.h5.checkpoint", f"--protocol.test={test}"), DONE)
        self.check_code(self.do("resume", "r.h5.checkpoint", "-o", "n.h5", "--protocol.test=8"), DONE)


class PlacesTest(LostTest):
    """What is named as output and is no plain file."""

    COMMANDS = (("run", "c.ini", "-o"), ("run", "c.ini", "-o", "n.h5", "--checkpoint"),
                ("run", "c.ini", "--ensemble.seeds=1,2", "-o"), ("resume", "r.h5.checkpoint", "--checkpoint", "k", "-o"),
                ("evaluate", "r.h5", "-o"), ("analyze", "r.h5", "-o"), ("calibrate", "-o"))

    def test_devices_fifos_sockets_and_folders_are_refused(self):
        self.make_files()
        os.mkfifo(self.folder / "fifo")
        (self.folder / "folder").mkdir()
        places = ["fifo", "folder", "/dev/full"]
        if os.geteuid() == 0:
            try:
                os.mknod(self.folder / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
                places.append("null")
            except PermissionError:
                pass  # of a container without devices
        before = self.content()
        for line, place in itertools.product(self.COMMANDS, places):
            with self.subTest(line=line, place=place):
                finished = self.do(*line, place, "--force")
                self.check_refused(finished, place, codes=(INPUT_OUTPUT,))
                self.check_content(before)

    def test_a_link_is_written_through_and_stays(self):
        self.make_files()
        (self.folder / "far").mkdir()
        for line in self.COMMANDS[:-1]:
            for exists in (True, False):
                with self.subTest(line=line, exists=exists):
                    (self.folder / "link").symlink_to("far/target")
                    target = self.folder / "far/target"
                    if exists:
                        target.write_text("of before")
                        target.chmod(0o640)
                        if "--checkpoint" not in line:
                            self.check_refused(self.do(*line, "link"), "exists", codes=(INPUT_OUTPUT,))
                        self.assertEqual(target.read_text(), "of before")
                    self.check_code(self.do(*line, "link", "--force"), DONE)
                    self.assertEqual(os.readlink(self.folder / "link"), "far/target")
                    self.assertTrue(target.read_bytes().startswith(b"\x89HDF"))
                    if exists:
                        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o640)
                    self.assertEqual([path for path in self.files() if path.startswith("far/") and path not in (
                        "far/target", "far/target.checkpoint")], [])
                    for path in (self.folder / "link", target, self.folder / "link.checkpoint"):
                        path.unlink(missing_ok=True)

    def test_a_new_file_has_the_mode_of_the_umask(self):
        self.make_files()
        for mask, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
            for line in self.COMMANDS[:-1]:
                finished = self.do(*line, "new.h5", "--force", preexec_fn=lambda: os.umask(mask))  # pylint: disable=W1509
                self.check_code(finished, DONE)
                self.assertEqual(stat.S_IMODE((self.folder / "new.h5").stat().st_mode), mode, line)
                (self.folder / "new.h5").unlink()


class WaitingLinksTest(LostTest):
    """Links that wait at names which a command makes: nothing is lost behind them."""

    def test_what_is_behind_them_stays(self):
        self.make_files()
        endings = [".tmp", ".lock", ".part1", ".part2", ".part1.tmp", ".checkpoint.tmp", ".checkpoint.lock", ".seed1",
                   ".seed2.checkpoint", ".seed1.tmp", ".seed1.lock", ".scratch.h5", ".scratch.h5.tmp"]
        lines = (("run", "c.ini", "-o", "x"), ("run", "c.ini", "--run.checkpoint_every=0.001", "-o", "x"),
                 ("run", "c.ini", "--ensemble.seeds=1,2", "-o", "x"), ("evaluate", "r.h5", "-o", "x"),
                 ("resume", "r.h5.checkpoint", "--checkpoint", "k", "--protocol.test=8", "-o", "x"), ("analyze", "r.h5", "-o", "x"))
        for line, ending in itertools.product(lines, endings):
            with self.subTest(line=line, ending=ending):
                (self.folder / "precious").write_text("precious")
                (self.folder / f"x{ending}").symlink_to("precious")
                finished = self.do(*line)
                self.check_refused(finished, codes=(DONE, INPUT_OUTPUT))
                if finished.code == INPUT_OUTPUT:
                    self.assertIn(f"x{ending}", finished.err)
                    self.assertIn("is a link", finished.err)
                self.assertEqual((self.folder / "precious").read_text(), "precious")
                self.assertTrue((self.folder / f"x{ending}").is_symlink())
                for path in self.folder.glob("x*"):
                    path.unlink()

    def test_what_killed_runs_have_left_is_removed(self):
        self.make_files()
        left = [f"x.h5.tmp.{'0123456789abcdef'}", "x.h5.tmp.00112233aabbccdd.data.7",
                "x.h5.checkpoint.tmp.aaaaaaaaaaaaaaaa", "x.h5.lock", "x.h5.checkpoint.lock"]
        others = ["x.h5.tmp", "x.h5.tmp.notes", "y.h5.tmp.0123456789abcdef", "x.h5.part", "x.h5.partition"]
        for name in left:
            (self.folder / name).write_text("" if name.endswith("lock") else "left")
        for name in others:
            (self.folder / name).write_text("of a user")
        self.check_code(self.do("run", "c.ini", "-o", "x.h5"), DONE)
        files = set(self.files())
        self.assertEqual([name for name in left if name in files], [])
        self.assertEqual([name for name in others if name not in files], [])

    def test_a_file_that_has_the_name_of_a_lock_is_no_lock(self):
        self.make_files()
        self.write("x.h5.lock", "notes of a user")
        self.check_refused(self.do("run", "c.ini", "-o", "x.h5"), "x.h5.lock", codes=(INPUT_OUTPUT,))
        self.assertEqual((self.folder / "x.h5.lock").read_text(), "notes of a user")


class SealTest(LostTest):
    """Our files that were cut, or to which something was added, or that others changed, are refused wherever they are
    read."""

    READERS = (("evaluate", "x", "-o", "y"), ("analyze", "x", "-o", "y"), ("analyze", "x", "--no-seal", "-o", "y"),
               ("run", "c.ini", "--reservoir.network=x", "-o", "y"),
               ("run", "c.ini", "--reservoir.network=x", "--dry-run"),
               ("run", "c.ini", "--task.name=file", "--task.drive=none", "--task.path=x", "--task.input=/input:0",
                "--task.target=/target:0", "-o", "y"))

    def test_results_without_a_whole_seal_are_refused(self):
        self.make_files()
        whole = (self.folder / "r.h5").read_bytes()
        with h5py.File(self.folder / "r.h5", "r+") as file:
            file.attrs["note"] = "changed"
        changes = {"cut by one": whole[:-1], "cut by 30": whole[:-30], "cut by 200": whole[:-200],
                   "longer": whole + b"0123456789", "one byte more": whole + b"\n",
                   "two seals": whole + whole[-len(b"\nbayres: crc32 01234567 of 01234567890123456789 bytes\n"):],
                   "changed": (self.folder / "r.h5").read_bytes()}
        (self.folder / "x").write_bytes(whole)
        for line in self.READERS[:-1]:
            self.check_code(self.do(*line), DONE)
            (self.folder / "y").unlink(missing_ok=True)
        for line, (name, content) in itertools.product(self.READERS, changes.items()):
            with self.subTest(line=line, change=name):
                (self.folder / "y").unlink(missing_ok=True)
                (self.folder / "x").write_bytes(content)
                self.check_refused(self.do(*line), "x: ", codes=(INPUT_OUTPUT,))

    def test_checkpoints_and_parts_too(self):
        self.make_files()
        for name in ("r.h5.checkpoint", "r.h5"):
            content = (self.folder / name).read_bytes()
            for change in (content[:-1], content + b"1"):
                (self.folder / name).write_bytes(change)
                finished = self.do("resume", "r.h5.checkpoint", "--protocol.test=9")
                self.check_refused(finished, f"{name}: has no seal" if name == "r.h5" else name, codes=(INPUT_OUTPUT,))
            (self.folder / name).write_bytes(content)

    def test_files_of_other_programs_are_read_and_said_to_be(self):
        self.make_files()
        with h5py.File(self.folder / "r.h5") as ours, h5py.File(self.folder / "net.h5", "w") as theirs:
            ours.copy("network", theirs)
        finished = self.run_bayres("run", "c.ini", *DATA, "--reservoir.network=net.h5", "-o", "n.h5")
        if finished.code == USAGE:  # the network of one input
            self.fail(str(finished))
        self.check_code(finished, DONE)
        for name in ("net.h5", "s.csv"):
            self.assertRegex(finished.out, f"(?m)^{name}: of another program.*no seal")
        finished = self.run_bayres("run", "c.ini", "--reservoir.network=r.h5", "-o", "m.h5")
        self.assertNotIn("no seal", finished.out)


@unittest.skipUnless(os.geteuid() == 0, "who is no other user cannot be kept from reading")
class PermissionTest(LostTest):
    """Files that one may not read, and folders that one may not enter or write to: a plain sentence for every file."""

    def test_every_file(self):
        self.make_files()
        self.write("open.ini", small())
        (self.folder / "hidden").mkdir()
        for name in ("c.ini", "s.csv", "r.h5", "r.h5.checkpoint"):
            (self.folder / "hidden" / name).write_bytes((self.folder / name).read_bytes())
            (self.folder / name).chmod(0o600)
        (self.folder / "hidden").chmod(0o700)
        (self.folder / "home").mkdir()
        (self.folder / "home").chmod(0o777)
        self.folder.chmod(0o755)

        def become_another():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        known = environment(None) | {"HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "home"),
                                     "OMPI_MCA_orte_tmpdir_base": str(self.folder / "home")}
        with tempfile.TemporaryDirectory() as place:
            os.chmod(place, 0o755)
            programs = {}
            for path in (BAYRES, ANALYZE):
                programs[path] = f"{place}/{os.path.basename(path)}"
                pathlib.Path(programs[path]).write_bytes(pathlib.Path(path).read_bytes())
                os.chmod(programs[path], 0o755)
            for folder in ("", "hidden/"):
                for line, name in (
                        (("run", f"{folder}c.ini", "-o", "home/n"), "c.ini"),
                        (("run", "open.ini", *DATA[:-1], f"--task.path={folder}s.csv", "-o", "home/n"), "s.csv"),
                        (("run", "open.ini", f"--reservoir.network={folder}r.h5", "-o", "home/n"), "r.h5"),
                        (("run", "open.ini", "--dry-run", "--calibration", f"{folder}s.csv"), "s.csv"),
                        (("resume", f"{folder}r.h5.checkpoint", "-o", "home/n"), "r.h5.checkpoint"),
                        (("evaluate", f"{folder}r.h5", "-o", "home/n"), "r.h5"),
                        (("evaluate", f"{folder}r.h5.checkpoint", "-o", "home/n"), "r.h5.checkpoint"),
                        (("inspect", f"{folder}r.h5"), "r.h5"),
                        (("analyze", f"{folder}r.h5", "-o", "home/n"), "r.h5"),
                        (("analyze", f"{folder}r.h5", "--no-seal", "-o", "home/n"), "r.h5"),
                        (("run", "open.ini", "-o", f"{folder}n.h5"), "n.h5"),
                        (("run", "open.ini", "-o", "home/n", "--checkpoint", f"{folder}k.h5"), "k.h5"),
                        (("calibrate", "-o", f"{folder}k.ini"), "k.ini")):
                    program = programs[ANALYZE if line[0] == "analyze" else BAYRES]
                    done = subprocess.run([program, *line[line[0] == "analyze":]], cwd=self.folder, env=known, text=True,
                                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
                                          preexec_fn=become_another)  # pylint: disable=W1509
                    finished = Finished(done.returncode, done.stdout, done.stderr)
                    with self.subTest(line=line):
                        self.check_refused(finished, folder + name, "Permission denied", codes=(INPUT_OUTPUT,))


class LimitTest(LostTest):
    """Files that may not grow: every command, however far it comes."""

    def test_every_command(self):
        self.make_files()
        for name in ("r.h5.lock",):
            self.assertNotIn(name, self.files())
        before = self.content()
        for line in (("run", "c.ini", "-o", "r.h5", "--force", "--record.network=true", "--reservoir.size=90"),
                     ("run", "c.ini", "-o", "e.h5", "--force", "--ensemble.seeds=1,2"),
                     ("resume", "r.h5.checkpoint", "--protocol.test=8"), ("evaluate", "r.h5", "-o", "v", "--force"),
                     ("analyze", "r.h5", "-o", "v", "--force"), ("analyze", "r.h5", "--csv", "t", "-o", "v", "--force")):
            for limit in (0, 1 << 10, 1 << 13, 1 << 15):
                with self.subTest(line=line, limit=limit):
                    def limited():
                        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
                    known = environment(None) | {"OMPI_MCA_btl": "self"}
                    program = [ANALYZE] if line[0] == "analyze" else [BAYRES, line[0]]
                    done = subprocess.run([*program, *line[1:], "--quiet"], cwd=self.folder, env=known, text=True,
                                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
                                          preexec_fn=limited)  # pylint: disable=W1509
                    finished = Finished(done.returncode, done.stdout, done.stderr)
                    if finished.code == DONE:
                        continue
                    self.check_refused(finished, ":", codes=(INPUT_OUTPUT,))
                    now = self.content()
                    for name, content in before.items():
                        self.assertTrue(now.get(name) == content, f"{name} has changed")
                    self.assertEqual([name for name in now if ".tmp" in name or name.endswith("lock")], [])
            for name in set(self.files()) - set(before):
                (self.folder / name).unlink() if name != "t" else None
            for name, (_, _, content) in before.items():
                (self.folder / name).write_bytes(content)


class SignalTest(LostTest):
    def start(self, *arguments):
        process = subprocess.Popen(command(*arguments), cwd=self.folder, env=environment(None),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def catches(process):
        """Whether SIGTERM would be caught: the time loop is about to begin, or has begun."""
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        return int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16) >> (signal.SIGTERM - 1) & 1

    def test_the_first_signal_stops_a_run_with_a_checkpoint(self):
        self.write("c.ini", small(protocol={"train": 1e7}, record={"every": 1000}))
        process = self.start("run", "c.ini", "--quiet")
        while not self.catches(process):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)  # as from a launcher that tells every process what was told to all
        self.assertEqual(process.wait(20), 75)
        self.assertIn("c.h5.checkpoint", self.files())

    def test_a_second_signal_ends_a_run_that_cannot_stop(self):
        """Rank 0 waits for rank 1, which has been stopped, and can write no checkpoint."""
        self.write("c.ini", small(protocol={"train": 1e7}, record={"every": 1000}))
        with tempfile.TemporaryDirectory() as self.traces:
            started = Started(self, "run", "c.ini", "--quiet", ranks=2)
            first, second = started.wait_until_it_catches(signal.SIGTERM)
            os.kill(second, signal.SIGSTOP)
            time.sleep(0.3)
            for _ in range(2):  # a launcher on a busy machine passes it on after a second
                os.kill(first, signal.SIGTERM)
                time.sleep(0.8)
                self.assertTrue(pathlib.Path(f"/proc/{first}/exe").exists())
            time.sleep(2)
            os.kill(first, signal.SIGTERM)
            begin = time.monotonic()
            while pathlib.Path(f"/proc/{first}/exe").exists():
                self.assertLess(time.monotonic() - begin, 2)
                time.sleep(0.01)
            os.kill(second, signal.SIGCONT)
            self.assertNotEqual(started.end().code, DONE)

    def test_before_the_run_begins_the_first_signal_ends_the_process(self):
        """It waits for its configuration, or makes a task that is integrated first."""
        os.mkfifo(self.folder / "fifo.ini")
        self.write("c.ini", small(task={"name": "lorenz", "drive": "none", "speed": 1e-4}, reservoir={"tau": 3.95}))
        for config in ("fifo.ini", "c.ini"):
            process = self.start("run", config, "--quiet")
            time.sleep(0.7)
            if process.poll() is None and not self.catches(process):
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(2), -signal.SIGTERM)
            else:
                self.assertEqual(config, "c.ini")  # which may have been made by then


if __name__ == "__main__":
    unittest.main()
