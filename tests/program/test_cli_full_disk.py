"""A disk that is full, or files that may not grow: the job ends soon with exit code 3 and one message, and leaves
nothing half-written; what was whole before stays whole."""
import contextlib
import itertools
import os
import signal
import subprocess
import time
import unittest

import numpy as np

from command_line import (BAYRES, DONE, INPUT_OUTPUT, MPIRUN, CommandLineTest, Finished, data_sets, environment, new_folder, small)
from test_cli_resume import Started

SECONDS_TO_END = 20  # 10 s is the promise; a busy machine is given more
MEGABYTE = 1 << 20


def large(**changes):
    """A run whose result holds a dense network of 18 MB."""
    config = {
        "reservoir": {"size": 1500, "connectivity": 1, "storage": "dense"},
        "protocol": {"train": 1, "test": 1},
        "record": {"network": "true"},
    }
    for name, keys in changes.items():
        config[name] = {**config.get(name, {}), **keys}
    return small(**config)


@contextlib.contextmanager
def small_disk(folder, size):
    """A file system of so many bytes, mounted at a folder. Where mounting is not allowed, limits of file sizes, which
    need no rights, are all that is tested."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        raise unittest.SkipTest(f"file systems cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


class FullDiskTest(CommandLineTest):
    def run_limited(self, *arguments, ranks, limit=None, folder=None):
        """Runs bayres; with `limit`, its files may not grow beyond so many bytes."""
        limiter = [] if limit is None else ["prlimit", f"--fsize={limit}"]
        process = subprocess.Popen([*MPIRUN, "-n", str(ranks), *limiter, BAYRES, *map(str, arguments)],
                                   cwd=folder or self.folder, text=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                   env=environment(ranks))
        try:
            out, err = process.communicate(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            out, err = process.communicate()
            raise AssertionError(f"the job hung: {arguments}\n{Finished(None, out, err)}") from None
        return Finished(process.returncode, out, err)

    def check_refused(self, finished, name):
        self.check_code(finished, INPUT_OUTPUT)
        heads = [line for line in finished.own_err.splitlines() if line.startswith("bayres: ")]
        self.assertEqual(len(heads), 1, f"\n{finished}")
        self.assertIn(name, heads[0])


class FilesThatMayNotGrow(FullDiskTest):
    def check_limit(self, limit, config, ranks):
        self.write("c.ini", config)
        finished = self.run_limited("run", "c.ini", "--quiet", ranks=ranks, limit=limit)
        self.check_refused(finished, "c.h5")
        self.assertEqual(self.files(), ["c.ini"])

    def test_result(self):
        for ranks in (1, 2, 3):
            with self.subTest(ranks=ranks):
                self.check_limit(10 * MEGABYTE, large(), ranks)

    def test_checkpoint_alone(self):
        """The state of rls is 18 MB here, the result is small."""
        config = large(reservoir={"connectivity": 0.1, "storage": "sparse"}, record={"network": "false"},
                       learner__a={"rule": "rls"})
        self.write("c.ini", config)
        for ranks in (1, 2, 3):
            with self.subTest(ranks=ranks):
                finished = self.run_limited("run", "c.ini", "--quiet", "--force", ranks=ranks, limit=10 * MEGABYTE)
                self.check_refused(finished, "c.h5.checkpoint")
                self.assertEqual(self.files(), ["c.h5", "c.ini"])

    def test_what_was_whole_stays_whole(self):
        before = self.result(large(record={"network": "false"}))
        content = before.read_bytes()
        finished = self.run_limited("run", "c.ini", "--quiet", "--force", "--record.network=true", ranks=2,
                                    limit=10 * MEGABYTE)
        self.check_refused(finished, "c.h5")
        self.assertEqual(before.read_bytes(), content)
        self.assertEqual(self.files(), ["c.h5", "c.h5.checkpoint", "c.ini"])

    def test_ensemble(self):
        self.write("c.ini", large(ensemble={"seeds": "1..3"}))
        finished = self.run_limited("run", "c.ini", "--quiet", ranks=3, limit=10 * MEGABYTE)
        self.check_refused(finished, "c.h5")
        self.assertNotIn("c.h5", self.files())


class SmallDisk(FullDiskTest):
    def test_result(self):
        disk = self.folder / "disk"
        disk.mkdir()
        self.write("c.ini", large())
        for ranks in (1, 2, 3):
            with self.subTest(ranks=ranks), small_disk(disk, 8 * MEGABYTE):
                finished = self.run_limited("run", "c.ini", "--quiet", "-o", "disk/c.h5", ranks=ranks)
                self.check_refused(finished, "c.h5")
                self.assertEqual(list(disk.iterdir()), [])

    def test_full_from_the_start(self):
        """Files so small that only closing them writes, which ranks do together."""
        disk = self.folder / "disk"
        disk.mkdir()
        self.write("c.ini", small())
        for ranks, (arguments, name) in itertools.product((1, 2, 3), (
                (("-o", "disk/c.h5"), "c.h5"), (("-o", "disk/c.h5", "--ensemble.seeds=1..2"), "c.h5"),
                (("-o", "c.h5", "--checkpoint", "disk/k", "--ensemble.seeds=1..2"), "disk/k"))):
            with self.subTest(ranks=ranks, arguments=arguments), small_disk(disk, 300_000):
                with open(disk / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
                    while True:
                        filler.write(bytes(4096))
                finished = self.run_limited("run", "c.ini", "--quiet", *arguments, ranks=ranks)
                self.check_refused(finished, name)
                self.assertEqual([path.name for path in disk.iterdir()], ["filler"])
                self.assertEqual(self.files(), ["c.ini", "disk", "disk/filler"])

    def test_last_checkpoint_stays_whole_when_the_disk_fills(self):
        disk = self.folder / "disk"
        disk.mkdir()
        config = small(reservoir={"size": 300}, protocol={"train": 200, "test": 10}, record={"every": 10})
        whole = self.result(config, name="whole")
        self.write("c.ini", config)
        with small_disk(disk, 2 * MEGABYTE):
            stopped = self.run_limited("run", "c.ini", "--quiet", "--protocol.test=0", "-o", "disk/c.h5", ranks=2)
            self.check_code(stopped, DONE)
            (disk / "filler").write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - 40_000))
            finished = self.run_limited("resume", "disk/c.h5.checkpoint", "--quiet", "--protocol.test=10", ranks=2)
            self.check_refused(finished, "c.h5")
            (disk / "filler").unlink()
            finished = self.run_limited("resume", "disk/c.h5.checkpoint", "--quiet", "--protocol.test=10", ranks=3)
            self.check_code(finished, DONE)
            one, other = data_sets(whole), data_sets(disk / "c.h5")
        self.assertEqual(sorted(one), sorted(other))
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], name)


class FullFromTheStart(FullDiskTest):
    def test_calibration(self):
        disk = self.folder / "disk"
        disk.mkdir()
        for ranks in (1, 2):
            with self.subTest(ranks=ranks), small_disk(disk, 64 << 10):
                with contextlib.suppress(OSError), open(disk / "filler", "wb") as file:
                    file.write(bytes(MEGABYTE))
                finished = self.run_limited("calibrate", "-o", "disk/cal.ini", ranks=ranks)
                self.check_refused(finished, "disk/cal.ini")
                self.assertEqual([path.name for path in disk.iterdir()], ["filler"])


class ReadOnlyDisk(FullDiskTest):
    """A file system that is mounted for reading only, which refuses root as well."""

    def test_folder_of_the_result_or_of_the_checkpoint(self):
        disk = self.folder / "disk"
        disk.mkdir()
        self.write("c.ini", small())
        with small_disk(disk, MEGABYTE):
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            for ranks in (1, 3):
                for where in (("-o", "disk/c.h5"), ("--checkpoint", "disk/c.checkpoint")):
                    with self.subTest(ranks=ranks, where=where):
                        finished = self.run_limited("run", "c.ini", "--quiet", *where, ranks=ranks)
                        self.check_refused(finished, where[1])
                        self.assertIn("Read-only file system", finished.err)
                        self.assertEqual(self.files(), ["c.ini", "disk"])
                        self.assertEqual(list(disk.iterdir()), [])


class Vanished(FullDiskTest):
    def setUp(self):
        super().setUp()
        self.traces = str(new_folder(self.addCleanup))

    def test_folder_of_the_result_while_the_run_goes_on(self):
        self.write("c.ini", small(protocol={"train": 1_000_000}))
        (self.folder / "there").mkdir()
        for ranks in (1, 2):
            with self.subTest(ranks=ranks):
                started = Started(self, "run", "c.ini", "--quiet", "-o", "there/c.h5", ranks=ranks)
                pids = started.wait_until_it_catches(signal.SIGUSR1)
                self.assertTrue(pids)
                time.sleep(0.2)
                (self.folder / "there").rename(self.folder / f"elsewhere{ranks}")
                os.kill(pids[0], signal.SIGUSR1)
                finished = started.end(SECONDS_TO_END)
                self.check_refused(finished, "there/c.h5")
                (self.folder / "there").mkdir()


if __name__ == "__main__":
    unittest.main()
