#!/usr/bin/python3
"""A run that was stopped, killed or damaged on the way ends with the bits of a run that was left alone, or says why it
cannot."""
import contextlib
import functools
import itertools
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import h5py
import numpy as np

from command_line import (DONE, INPUT_OUTPUT, SECONDS_TO_HANG, USAGE, CommandLineTest, Finished, attributes, command,
                          data_sets, environment, ini, new_folder, run, small)

STOPPED = 75
SECONDS_TO_END = 10  # of a job of which one rank was killed
CHECKPOINT = "c.h5.checkpoint"
LEFT_OVER = re.compile(r"\.part\d*(\.|$)|\.tmp(\.|$)|\.lock$")

# Branches of 30 neurons: they do not divide 203 neurons, and straddle the blocks of neurons that ranks share out.
RULES = {
    "learner.bayes": {"rule": "bayes", "drift": 1e-6},
    "learner.delta": {"rule": "delta", "eta": "1e-3, 2e-3"},
    "learner.branch": {"rule": "branch", "branch_size": 30},
    "learner.shared": {"rule": "branch", "branch_size": 20, "others": "shared", "forgetting": 0.99},
    "learner.rls": {"rule": "rls"},
}
NARMA = {"name": "narma10", "drive": "none", "interval": 0.3}
LORENZ = {"name": "lorenz", "drive": "none", "horizon": 0.7, "dimensions": 2}
TABLE = {"name": "file", "drive": "none", "path": "in.csv", "input": "u", "target": "z", "horizon": 0.2,
         "normalise": "zscore", "split": 1}


def write_table(folder, samples=4001):
    """A series that goes with every duration used here: straight lines between samples stretch it."""
    u = np.random.default_rng(5).uniform(-1, 1, samples)
    z = np.convolve(u, [0.5, 0.3, 0.2])[:samples]
    (folder / "in.csv").write_text("u,z\n" + "".join(f"{a:.9f},{b:.9f}\n" for a, b in zip(u, z)))


def recorded(task=None, record=None, reservoir=None, learners=None, **protocol):
    """All rules, with noise and with everything recorded."""
    reservoir = {"size": 203, "noise": 0.01, "bias_scale": 0.1, **(reservoir or {})}
    return small(
        reservoir=reservoir,
        task=task or {},
        protocol=protocol,
        record={"rates": f"0..2, {reservoir['size'] - 1}", "network": "true", **(record or {})},
        learner__a=None,
    ) | (RULES if learners is None else learners)


def long(feedback, task, train, **changes):
    """Long enough to be stopped on the way."""
    return recorded(task, {"every": 7, "weights_every": 1999}, feedback=feedback, washout=10, train=train, test=20,
                    evaluate_at=f"10, 15, {train / 2:g}, {10 + train:g}", evaluate_span=15, **changes)


@functools.cache
def result_of(text):
    """The result of a configuration that runs without being stopped, as bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_table(folder)
        (folder / "c.ini").write_text(text)
        finished = run("run", "c.ini", "--quiet", folder=folder)
        if finished.code != DONE:
            raise AssertionError(f"the run that is not stopped:\n{finished}")
        return (folder / "c.h5").read_bytes()


def children(pid):
    """Processes that a process has started, in their order."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)


def catches(pid, number):
    """Whether a process handles a signal itself."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return bool(int(re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)[1], 16) >> (number - 1) & 1)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill(pids):
    """Ends processes, and waits until they have ended."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    deadline = time.monotonic() + SECONDS_TO_HANG
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.002)


class Started:
    """bayres on its way, with what mpirun leaves behind when it is killed kept in a folder of the test."""

    def __init__(self, test, *arguments, ranks=None):
        traces = {key: tempfile.mkdtemp(dir=test.traces) for key in
                  ("OMPI_MCA_orte_tmpdir_base", "OMPI_MCA_btl_vader_backing_directory")}
        self.ranks = ranks
        self.arguments = arguments
        self.process = subprocess.Popen(
            command(*arguments, ranks=ranks), cwd=test.folder, errors="replace", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            env=environment(ranks) | ({} if ranks is None else traces))
        test.addCleanup(self.kill)

    def pids(self):
        """Of the ranks."""
        return [self.process.pid] if self.ranks is None else children(self.process.pid)

    def wait_for_ranks(self, ready=lambda pid: True):
        """Waits until all ranks are there and ready; their processes, or none if the job ends before."""
        deadline = time.monotonic() + SECONDS_TO_HANG
        while self.process.poll() is None and time.monotonic() < deadline:
            pids = self.pids()
            if len(pids) == (self.ranks or 1) and all(map(ready, pids)):
                return pids
            time.sleep(0.001)
        return []

    def wait_until_it_catches(self, number):
        """Waits until all ranks handle a signal themselves; their processes."""
        return self.wait_for_ranks(lambda pid: catches(pid, number))

    def end(self, seconds=SECONDS_TO_HANG):
        try:
            out, err = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"bayres hung: {self.arguments} on {self.ranks or 1} ranks") from None
        return Finished(self.process.returncode, out, err)

    def kill(self):
        """Ends mpirun and all ranks at once."""
        if self.process.returncode is not None:
            return
        pids = [self.process.pid] if self.ranks is None else [self.process.pid, *self.pids()]
        kill(pids)
        self.process.communicate()


def complete_with_stops(test, seconds=(0, 0.05, 0.1)):
    """Runs c.ini on two ranks, stops it so many seconds after it has begun, each time going on from the checkpoint, and
    completes it on one rank. The first stop must come before the end."""
    arguments, code = ("run", "c.ini"), STOPPED
    for number, pause in enumerate(seconds):
        started = Started(test, *arguments, "--quiet", ranks=2)
        caught = started.wait_until_it_catches(signal.SIGUSR1)
        time.sleep(pause)
        with contextlib.suppress(ProcessLookupError):
            os.kill(caught[0], signal.SIGUSR1)
        code = started.end().code
        test.assertIn(code, (STOPPED, DONE) if number else (STOPPED,))
        if code == DONE:
            return
        arguments = ("resume", "c.h5.checkpoint")
    test.check_code(test.run_bayres("resume", "c.h5.checkpoint", "--quiet"), DONE)


class ResumeTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.traces = str(new_folder(self.addCleanup))
        self.random = random.Random(self.id())
        write_table(self.folder)

    def reference(self, config):
        """The result of the run that is left alone."""
        path = self.folder / "reference.h5"
        path.write_bytes(result_of(ini(config)))
        return path

    def check_nothing_left_over(self):
        self.assertEqual([name for name in self.files() if LEFT_OVER.search(name)], [])

    def check_same_result(self, path, reference, config=True):
        """All that was computed has the same bits."""
        self.check_same_arrays(reference, path)
        self.check_same_learner_attributes(reference, path)
        found, expected = attributes(path), attributes(reference)
        for key in ("status", "seed", "dt", "tau", *(["config"] if config else [])):
            self.assertEqual(found[key], expected[key], key)

    def check_complete(self, finished, reference, name="c.h5", ranks=None, config=True):
        self.check_code(finished, DONE)
        self.assertEqual(finished.own_err, "")
        self.check_same_result(self.folder / name, reference, config)
        self.assertEqual(attributes(self.folder / name)["status"], "complete")
        self.assertEqual(attributes(self.folder / name)["ranks"], ranks or 1)
        self.check_nothing_left_over()

    def check_interrupted(self, finished, reference, name="c.h5"):
        """A run that stopped says how to go on, and what it has computed so far is right."""
        self.check_code(finished, STOPPED)
        self.assertRegex(finished.out + finished.own_err, rf"bayres resume \S*{re.escape(name)}\.checkpoint")
        path = self.folder / name
        self.assertEqual(attributes(path)["status"], "interrupted")
        so_far, whole = data_sets(path), data_sets(reference)
        self.assertEqual(sorted(so_far), sorted(whole))
        rows = len(so_far["time"])
        for series in ("time", "phase", "input", "target", "rates",
                       *(item for item in whole if item.endswith("/output"))):
            if series in whole:
                self.assertTrue(np.array_equal(so_far[series], whole[series][:rows], equal_nan=True), series)
        self.assertTrue((self.folder / f"{name}.checkpoint").exists())
        self.check_nothing_left_over()
        self.check_code(self.run_bayres("inspect", name), DONE)

    def stop(self, number, target, *arguments, ranks=None, delay=0.3):
        """Starts bayres and sends a signal, after a while, to `target` of the ranks' processes and mpirun's. A run that
        was over before is started again, and is given less time."""
        for _ in range(12):
            started = Started(self, *arguments, ranks=ranks)
            pids = started.wait_until_it_catches(number)
            time.sleep(self.random.uniform(0, delay))
            try:
                os.kill(target(pids, started.process.pid), number)
            except (ProcessLookupError, IndexError):
                pass
            finished = started.end()
            if finished.code != DONE:
                return finished
            self.assertEqual(arguments[0], "run", f"a resumed run cannot be started again\n{finished}")
            if "--force" not in arguments:
                arguments = (*arguments, "--force")
            delay /= 3
        self.fail("the run is too short to be stopped")

    def stopped(self, config, name="c.h5", delay=0.1):
        """A run that was stopped: its result and its checkpoint."""
        self.write("c.ini", config)
        self.check_code(self.stop(signal.SIGUSR1, the_only, "run", "c.ini", "-o", name, delay=delay), STOPPED)
        return self.folder / name, self.folder / f"{name}.checkpoint"


def the_only(pids, _):
    return pids[0]


def the_last(pids, _):
    return pids[-1]


def the_launcher(_, launcher):
    return launcher


class SignalTest(ResumeTest):
    def check_stop(self, config, number, target, ranks, then):
        reference = self.reference(config)
        self.write("c.ini", config)
        self.check_interrupted(self.stop(number, target, "run", "c.ini", ranks=ranks), reference)
        finished = self.run_bayres("resume", CHECKPOINT, ranks=then)
        self.check_complete(finished, reference, ranks=then)
        return reference

    def test_sigusr1_to_mpirun(self):
        self.check_stop(long("none", NARMA, 800), signal.SIGUSR1, the_launcher, 2, 3)

    def test_sigusr1_to_one_rank(self):
        self.check_stop(long("teacher", LORENZ, 700), signal.SIGUSR1, the_last, 3, 2)

    def test_sigterm(self):
        self.check_stop(long("output", TABLE | {"sample_interval": 0.2}, 500), signal.SIGTERM, the_only, None, 4)

    def test_sigint(self):
        self.check_stop(long("none", TABLE | {"sample_interval": 0.3}, 1000), signal.SIGINT, the_only, None, None)

    def test_stopped_again_and_again(self):
        config = long("output", {"name": "sines", "drive": "none"}, 400)
        reference = self.reference(config)
        self.write("c.ini", config)
        self.check_interrupted(self.stop(signal.SIGTERM, the_only, "run", "c.ini", delay=0.1), reference)
        for delay in (0, 0.05, 0.1):
            started = Started(self, "resume", CHECKPOINT)
            pids = started.wait_until_it_catches(signal.SIGTERM)
            time.sleep(delay)
            kill_quietly(pids, signal.SIGTERM)
            finished = started.end()
            if finished.code == DONE:
                break
            self.check_interrupted(finished, reference)
        self.check_complete(self.run_bayres("resume", CHECKPOINT), reference)


def kill_quietly(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


class WallTimeTest(ResumeTest):
    def run_into_the_limit(self, *arguments, ranks=None):
        """A run that is stopped by its wall time; the result of the run that has none."""
        for train in (5000, 20000, 80000):
            config = long("none", NARMA, train)
            self.write("c.ini", config)
            finished = self.run_bayres("run", "c.ini", "--force", *arguments, ranks=ranks)
            if finished.code != DONE:
                break
        reference = self.reference(config)
        self.check_interrupted(finished, reference)
        return reference

    def test_stopped_until_it_is_complete(self):
        reference = self.run_into_the_limit("--max-walltime", "0:0:1")
        for _ in range(100):
            finished = self.run_bayres("resume", CHECKPOINT, "--max-walltime", "0:0:1")
            if finished.code == DONE:
                break
            self.check_interrupted(finished, reference)
        self.check_complete(finished, reference, config=False)

    def test_wall_time_may_be_set_anew(self):
        reference = self.run_into_the_limit("--run.max_walltime=0:0:1", ranks=2)
        finished = self.run_bayres("resume", CHECKPOINT, "--max-walltime", "1:00:00", "--run.checkpoint_every=0.2")
        self.check_complete(finished, reference, config=False)


class EveryStepTest(ResumeTest):
    """A run that writes a checkpoint after every step: it can be resumed from any of them."""

    WASHOUT, TRAIN, END = 8, 30, 42  # steps done at the end of each phase

    def config(self, feedback, task, **record):
        evaluations = ", ".join(f"{step / 10:g}" for step in range(self.WASHOUT, self.TRAIN + 1))
        wild = {"learner.wild": {"rule": "delta", "eta": 1e3}}
        return recorded(task, record, learners=RULES | wild, feedback=feedback, washout=0.8, train=2.2, test=1.2,
                        evaluate_at=evaluations, evaluate_span=0.7)

    def kept(self, folder):
        """Runs to the end; the checkpoints on the way, with the files they need, as {steps done: path}."""
        process = Started(self, "run", "c.ini", "--quiet", "--run.checkpoint_every=1e-9").process
        checkpoint, last, numbers = self.folder / CHECKPOINT, None, itertools.count()
        while process.poll() is None:
            try:
                if last is None or not os.path.samefile(checkpoint, last):
                    last = folder / f"{next(numbers)}.checkpoint"
                    os.link(checkpoint, last)
                for part in self.folder.glob("c.h5.part*"):
                    if not (folder / part.name).exists():
                        os.link(part, folder / part.name)
            except FileNotFoundError:  # not there yet, or replaced just now
                last = last if last is not None and last.exists() else None
            time.sleep(0.0005)
        out, err = process.communicate()
        self.check_code(Finished(process.returncode, out, err), DONE)
        found = {}
        for path in folder.glob("*.checkpoint"):
            with h5py.File(path) as file:
                found[int(file.attrs["steps_done"])] = path
        found.pop(self.END, None)
        return found

    def check_every_step(self, feedback, task, precision="double", **record):
        config = self.config(feedback, task, **record)
        config["run"] = {**config.get("run", {}), "precision": precision}
        reference = self.reference(config)
        self.write("c.ini", config)
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as name:
            folder = pathlib.Path(name)
            kept = self.kept(folder)
            self.check_nothing_left_over()
            self.check_same_result(self.folder / "c.h5", reference, config=False)
            wanted = [1, self.WASHOUT, self.WASHOUT + 1, 19, self.TRAIN - 1, self.TRAIN, self.TRAIN + 1,
                      self.TRAIN + 7, self.END - 1]
            chosen = sorted({min(kept, key=lambda done: abs(done - step)) for step in wanted})
            for low, high in ((0, self.WASHOUT), (self.WASHOUT, self.TRAIN), (self.TRAIN, self.END)):
                self.assertTrue([step for step in chosen if low < step <= high], "no checkpoint in a phase")
            for number, step in enumerate(chosen):
                for path in self.folder.glob("c.h5*"):
                    path.unlink()
                for path in folder.glob("c.h5.part*"):
                    shutil.copy(path, self.folder)
                shutil.copy(kept[step], self.folder / CHECKPOINT)
                ranks = 3 if number == 4 else None
                with self.subTest(step=step, ranks=ranks):
                    finished = self.run_bayres("resume", CHECKPOINT, "--quiet", "--run.checkpoint_every=0", ranks=ranks)
                    self.check_code(finished, DONE)
                    self.assertEqual(finished.out + finished.own_err, "")
                    self.check_same_result(self.folder / "c.h5", reference)

    def test_without_feedback(self):
        self.check_every_step("none", LORENZ, weights_every=5)

    def test_with_the_teacher_fed_back(self):
        self.check_every_step("teacher", NARMA, precision="mixed")

    def test_with_the_output_fed_back(self):
        self.check_every_step("output", TABLE, every=3, weights_every=1)


class KillTest(ResumeTest):
    """A job that is killed at random instants, and resumed from what it has left, until it is complete."""

    EVERY = "--run.checkpoint_every=0.02"

    def config(self):
        return long("output", LORENZ, 150)

    def kill_until_complete(self, strike, wanted):
        config = self.config()
        reference = self.reference(config)
        self.write("c.ini", config)
        kills, completed, ranks = 0, 0, itertools.cycle((2, 1, 3))
        while kills < wanted or not completed:
            there = (self.folder / CHECKPOINT).exists()
            arguments = ["resume", CHECKPOINT] if there else ["run", "c.ini", "--force"]
            killed = kills < wanted
            # What is not killed needs none: on a busy machine it would write one after every step.
            every = self.EVERY if killed else "--run.checkpoint_every=1000"
            started = Started(self, *arguments, "--quiet", every, ranks=next(ranks))
            if killed:
                # Half of them while it starts or computes its first steps, half of them well on its way.
                if kills % 2:
                    started.wait_until_it_catches(signal.SIGUSR1)
                time.sleep(self.random.uniform(0, 0.4))
                finished = strike(started)
            else:
                finished = started.end()
            if finished is None or finished.code != DONE:
                self.assertTrue(killed, f"not killed, yet it failed\n{finished}")
                kills += 1
                continue
            completed += 1
            self.check_same_result(self.folder / "c.h5", reference, config=False)
            self.check_nothing_left_over()
            for path in self.folder.glob("c.h5*"):
                path.unlink()

    def test_whole_job(self):
        def strike(started):
            if started.process.poll() is not None:
                return started.end()
            started.kill()
            return None
        self.kill_until_complete(strike, 13)

    def test_one_rank(self):
        def strike(started):
            # A busy machine takes its time to start them; without one to kill, a whole run would be waited for.
            pids = started.wait_for_ranks()
            if pids:
                kill_quietly([self.random.choice(pids)], signal.SIGKILL)
            deadline = time.monotonic() + SECONDS_TO_END
            finished = started.end(SECONDS_TO_END if pids else SECONDS_TO_HANG)
            while any(map(alive, pids)) and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertEqual([pid for pid in pids if alive(pid)], [], "ranks go on without mpirun")
            return finished
        self.kill_until_complete(strike, 5)  # mpirun takes its time to end the others

    def test_new_run_after_a_killed_one_leaves_nothing_of_it(self):
        self.write("c.ini", self.config())
        self.leave_parts(3)
        small_one = recorded({"name": "sines"}, train=3, test=1)
        reference = self.reference(small_one)
        self.write("c.ini", small_one)
        finished = self.run_bayres("run", "c.ini", "--force", "--quiet")
        self.check_complete(finished, reference)

    def test_checkpoint_of_a_killed_run_does_not_take_the_parts_of_another(self):
        config = self.config()
        reference = self.reference(config)
        self.write("c.ini", config)
        self.leave_parts(2)
        before = (self.folder / CHECKPOINT).read_bytes()
        self.write("c.ini", config | {"run": {"seed": 2}})
        (self.folder / CHECKPOINT).unlink()
        self.leave_parts(3, "--force")
        (self.folder / CHECKPOINT).write_bytes(before)
        self.check_right_or_refused(self.run_bayres("resume", CHECKPOINT, self.EVERY), reference)

    def check_right_or_refused(self, finished, reference):
        if finished.code == DONE:
            self.check_same_result(self.folder / "c.h5", reference, config=False)
        else:
            self.check_code(finished, INPUT_OUTPUT)
            self.assertIn("c.h5", finished.own_err)

    def leave_parts(self, count, *arguments):
        """Kills a run that has written a checkpoint, and so many parts."""
        started = Started(self, "run", "c.ini", "--quiet", "--run.checkpoint_every=0.001", *arguments)
        deadline = time.monotonic() + SECONDS_TO_HANG
        while time.monotonic() < deadline and started.process.poll() is None:
            if (self.folder / f"c.h5.part{count}").exists() and (self.folder / CHECKPOINT).exists():
                break
            time.sleep(0.0005)
        self.assertIsNone(started.process.poll(), "it ended before it was killed")
        started.kill()


class SameAgainTest(ResumeTest):
    def setUp(self):
        super().setUp()
        self.config = long("none", {"name": "sines"}, 500, reservoir={"size": 100})
        self.path, self.checkpoint = self.stopped(self.config)
        self.expected = self.reference(self.config)

    def test_twice_from_the_same_checkpoint(self):
        result, checkpoint = self.path.read_bytes(), self.checkpoint.read_bytes()
        for ranks in (None, 2):
            self.path.write_bytes(result)
            self.checkpoint.write_bytes(checkpoint)
            self.check_complete(self.run_bayres("resume", CHECKPOINT, ranks=ranks), self.expected, ranks=ranks)

    def test_complete_run_stays_as_it_is(self):
        self.check_complete(self.run_bayres("resume", CHECKPOINT), self.expected)
        for ranks in (None, 2):
            self.check_complete(self.run_bayres("resume", CHECKPOINT, ranks=ranks), self.expected, ranks=ranks)

    def test_complete_run_that_was_never_stopped(self):
        self.write("c.ini", self.config)
        self.check_code(self.run_bayres("run", "c.ini", "--force", ranks=2), DONE)
        self.check_complete(self.run_bayres("resume", CHECKPOINT), self.expected)

    def test_other_output(self):
        before = self.path.read_bytes()
        self.check_complete(self.run_bayres("resume", CHECKPOINT, "-o", "other.h5"), self.expected, name="other.h5",
                            config=False)
        self.assertTrue(self.path.exists(), "the result that it went on from is gone")
        self.assertEqual(self.path.read_bytes(), before)

    def test_other_output_and_other_checkpoint(self):
        result, checkpoint = self.path.read_bytes(), self.checkpoint.read_bytes()
        arguments = ("resume", CHECKPOINT, "-o", "other.h5", "--checkpoint", "other.checkpoint")
        for again in ((), ("--force",)):  # nothing was used up
            finished = self.run_bayres(*arguments, *again)
            self.check_complete(finished, self.expected, name="other.h5", config=False)
            self.assertTrue(self.path.exists(), "the result that it went on from is gone")
            self.assertEqual(self.path.read_bytes(), result)
            self.assertEqual(self.checkpoint.read_bytes(), checkpoint)
        self.check_complete(self.run_bayres("resume", "other.checkpoint"), self.expected, name="other.h5", config=False)

    def test_other_output_that_exists_is_not_replaced_without_force(self):
        (self.folder / "precious.h5").write_text("precious")
        finished = self.run_bayres("resume", CHECKPOINT, "-o", "precious.h5")
        self.check_code(finished, INPUT_OUTPUT)
        self.check_one_message(finished)
        self.assertIn("precious.h5", finished.own_err)
        self.assertIn("--force", finished.own_err)
        self.assertEqual((self.folder / "precious.h5").read_text(), "precious")

    def test_from_another_folder(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        self.check_code(run("resume", f"../{CHECKPOINT}", folder=elsewhere), DONE)
        self.assertEqual(sorted(elsewhere.iterdir()), [])
        self.check_same_result(self.path, self.expected)
        self.check_nothing_left_over()

    def test_name_with_spaces(self):
        path, checkpoint = self.stopped(self.config, name="my  result.h5")
        self.check_complete(self.run_bayres("resume", checkpoint.name), self.expected, name=path.name)

    def test_while_the_run_goes_on(self):
        self.write("c.ini", small(protocol={"train": 1e8}, record={"every": 1_000_000}))
        self.addCleanup(self.path.unlink, missing_ok=True)
        started = Started(self, "run", "c.ini", "--force", "--quiet", "--checkpoint", "long.checkpoint")
        self.assertTrue(started.wait_until_it_catches(signal.SIGUSR1))
        finished = self.run_bayres("resume", CHECKPOINT)
        self.check_code(finished, INPUT_OUTPUT)
        self.check_one_message(finished)
        self.assertIn("another run", finished.own_err)
        self.assertIsNone(started.process.poll())
        started.kill()


class ChangedKeysTest(ResumeTest):
    def long(self, train=600, test=20, feedback="output", task=None, every=7, **protocol):
        protocol = {"evaluate_at": "10, 100, 300", "evaluate_span": 15, **protocol}
        return recorded(task or {"name": "sines"}, {"every": every, "weights_every": 1999}, {"size": 100},
                        RULES | {"learner.d": {"rule": "delta", "eta": 1e-3}}, feedback=feedback, washout=5,
                        train=train, test=test, **protocol)

    def check_refused(self, keys, ranks=None):
        before = {name: (self.folder / name).read_bytes() for name in self.files()}
        finished = self.run_bayres("resume", CHECKPOINT, *(f"--{key}={value}" for key, value in keys.items()),
                                   ranks=ranks)
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        for key in keys:
            self.assertIn(key, finished.own_err)
        self.assertEqual({name: (self.folder / name).read_bytes() for name in self.files()}, before)

    def test_what_would_change_the_past_is_refused(self):
        for key, value in (("run.seed", 2), ("reservoir.size", 101), ("learner.d.eta", 2e-3), ("record.every", 8),
                           ("reservoir.noise", 0), ("task.scale", 1), ("protocol.washout", 6),
                           ("protocol.feedback", "none"), ("protocol.learn_every", 2), ("record.rates", "0..5"),
                           ("record.weights_every", 100), ("protocol.evaluate_at", "10"), ("reservoir.dt", 0.2),
                           ("learner.new.rule", "rls"), ("protocol.divergence_limit", 1e5)):
            if key == "run.seed":
                self.stopped(self.long())
            with self.subTest(key):
                self.check_refused({key: value})
        self.check_refused({"run.seed": 2, "learner.branch.branch_size": 10}, ranks=2)
        self.check_refused({"reservoir.sise": 100})

    def test_phases_that_are_over_keep_their_length(self):
        self.write("c.ini", recorded({"name": "sines"}, train=5, test=2))
        self.check_code(self.run_bayres("run", "c.ini", "--quiet"), DONE)
        for key, value in (("protocol.train", 6), ("protocol.train", 4), ("protocol.test", 1)):
            self.check_refused({key: value})

    def test_longer_test_after_a_complete_run(self):
        for feedback, ranks in (("output", 2), ("none", None), ("teacher", None)):
            for name in self.files():
                (self.folder / name).unlink()
            changes = {"feedback": feedback, "train": 30, "evaluate_at": "5, 20, 35", "evaluate_span": 1.5}
            expected = self.reference(self.long(**changes, test=8))
            for test in (0, 2):
                if test == 0 and feedback == "none":
                    continue  # there is nothing to score frozen weights on
                with self.subTest(feedback, test=test):
                    self.write("c.ini", self.long(**changes, test=test))
                    self.check_code(self.run_bayres("run", "c.ini", "--force", "--quiet"), DONE)
                    finished = self.run_bayres("resume", CHECKPOINT, "--protocol.test=4")
                    self.check_code(finished, DONE)
                    finished = self.run_bayres("resume", CHECKPOINT, "--protocol.test=8", ranks=ranks)
                    self.check_complete(finished, expected, ranks=ranks)
                    self.check_history(test, ranks or 1)

    def test_longer_test_where_the_span_of_evaluations_follows_from_it(self):
        """Without feedback it follows anew, since weights are scored in the test; free runs keep the span of the first."""
        for feedback, span in (("none", "auto"), ("output", 2), ("teacher", 2)):
            with self.subTest(feedback):
                changes = {"feedback": feedback, "train": 300, "evaluate_at": "5, 20, 35"}
                expected = self.reference(self.long(**changes, test=8, evaluate_span=span))
                self.write("c.ini", self.long(**changes, test=2, evaluate_span="auto"))
                self.check_code(self.run_bayres("run", "c.ini", "--force", "--quiet"), DONE)
                for test in (4, 8):
                    self.check_code(self.run_bayres("resume", CHECKPOINT, f"--protocol.test={test}", "--quiet"), DONE)
                self.check_same_result(self.folder / "c.h5", expected)
                # The same after a stop; the first evaluation may be over or not.
                for name in self.files():
                    if name.startswith("c."):
                        (self.folder / name).unlink()
                self.stopped(self.long(**changes, test=2, evaluate_span="auto"))
                self.check_code(self.run_bayres("resume", CHECKPOINT, "--protocol.test=8", "--quiet"), DONE)
                kept = "evaluate_span = 2\n" in attributes(self.folder / "c.h5")["config"]
                self.check_same_result(self.folder / "c.h5", self.reference(
                    self.long(**changes, test=8, evaluate_span=2 if kept else "auto")))

    def test_lengths_that_follow_from_a_file_follow_anew(self):
        def config(**changes):
            return self.long(**{"feedback": "none", "evaluate_at": "10", "evaluate_span": "auto", "train": "auto",
                                "test": "auto", "task": TABLE | {"split": 0.9, "normalise": "none"}, **changes})

        self.stopped_while_it_trains(config())
        self.check_code(self.run_bayres("resume", CHECKPOINT, "--protocol.train=300", "--quiet"), DONE)
        self.check_same_result(self.folder / "c.h5", self.reference(config(train=300)))

    def check_history(self, test, ranks):
        """Every start of the run stands in its files, with what it set anew."""
        for name in ("c.h5", CHECKPOINT):
            lines = attributes(self.folder / name)["history"].splitlines()
            self.assertEqual(len(lines), 3, lines)
            for line, text in zip(lines, ("begun on 1 rank: ", "resumed after step ", "resumed after step ")):
                self.assertRegex(line, rf"^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ {text}")
            self.assertIn("run c.ini --force --quiet", lines[0])
            self.assertTrue(lines[1].endswith(f"--protocol.test=4; protocol.test = 4, which was {test}"), lines[1])
            self.assertIn(f"on {ranks} rank", lines[2])
            self.assertTrue(lines[2].endswith("--protocol.test=8; protocol.test = 8, which was 4"), lines[2])

    def test_longer_training_while_it_still_trains(self):
        for feedback, ranks in (("output", None), ("none", 2)):
            with self.subTest(feedback):
                self.stopped_while_it_trains(self.long(feedback=feedback))
                expected = self.reference(self.long(feedback=feedback, train=700, test=30))
                finished = self.run_bayres("resume", CHECKPOINT, "--protocol.train=700", "--protocol.test=30",
                                           ranks=ranks)
                self.check_complete(finished, expected, ranks=ranks)

    def stopped_while_it_trains(self, config):
        """A run that was stopped before its test began: at the latest when it is stopped as soon as it can be."""
        self.write("c.ini", config)
        for delay in (0.05, 0.01, 0):
            self.check_code(self.stop(signal.SIGUSR1, the_only, "run", "c.ini", "--force", delay=delay), STOPPED)
            if not np.any(data_sets(self.folder / "c.h5")["phase"] == 2):
                return
        self.fail("the run trains too briefly to be stopped")

    def test_longer_training_on_a_file_that_is_scaled_by_its_training_part(self):
        def config(train):
            return self.long(train=train, feedback="none", task=TABLE | {"sample_interval": 0.3})

        self.stopped(config(600), delay=0.05)
        finished = self.run_bayres("resume", CHECKPOINT, "--protocol.train=700")
        if finished.code == DONE:
            self.check_same_result(self.folder / "c.h5", self.reference(config(700)))
        else:
            self.check_code(finished, USAGE)
            self.assertIn("protocol.train", finished.own_err)


class DamageTest(ResumeTest):
    """Damaged checkpoints are refused, or do no harm."""

    def setUp(self):
        super().setUp()
        self.config = recorded({"name": "sines"}, {"every": 50, "rates": "0..2"}, {"size": 50},
                               {**RULES, "learner.branch": {"rule": "branch", "branch_size": 15}}, washout=2, train=600,
                               test=20, evaluate_at="2, 3, 602")
        self.path, self.checkpoint = self.stopped(self.config, delay=0)
        self.result, self.content = self.path.read_bytes(), self.checkpoint.read_bytes()
        self.expected = self.reference(self.config)
        self.known = self.files()

    def resume(self, content, ranks=None):
        for name in self.files():
            if name not in self.known:
                (self.folder / name).unlink()
        self.path.write_bytes(self.result)
        self.checkpoint.write_bytes(content)
        finished = Started(self, "resume", CHECKPOINT, ranks=ranks).end(30)
        return finished

    def check_right_or_refused(self, finished, codes=(INPUT_OUTPUT,)):
        if finished.code == DONE:
            self.assertTrue(self.path.exists(), "the result is gone")
            self.check_same_result(self.path, self.expected, config=False)
            return
        self.assertIn(finished.code, codes, f"\n{finished}")
        self.check_one_message(finished)
        if finished.code == INPUT_OUTPUT:
            self.assertIn(CHECKPOINT, finished.own_err)
        self.assertEqual(self.path.read_bytes(), self.result, "the result was changed")

    def flip(self, offset, bit):
        content = bytearray(self.content)
        content[offset] ^= 1 << bit
        return bytes(content)

    def texts(self):
        """Where the configuration is, as offsets."""
        start = self.content.find(b"[run]\n")
        self.assertGreater(start, 0)
        return range(start, self.content.find(b"\0", start))

    def check_flip(self, offset, bit):
        codes = (INPUT_OUTPUT, USAGE) if offset in self.texts() else (INPUT_OUTPUT,)
        with self.subTest(offset=offset, bit=bit):
            self.check_right_or_refused(self.resume(self.flip(offset, bit)), codes)

    def test_flipped_bits(self):
        for _ in range(40):
            self.check_flip(self.random.randrange(len(self.content)), self.random.randrange(8))

    def test_flipped_bits_of_what_it_says_of_itself(self):
        """A number that turns into another one gives a configuration that looks right."""
        text = self.texts()
        for words in (b"seed = 1", b"gain = 1.5", b"eta = 0.001", b"drift = 1e-06", b"noise = 0.01", b"test = 20"):
            at = self.content.find(words, text.start, text.stop)
            self.assertGreater(at, 0, words)
            self.check_flip(at + len(words) - 1, 1)
        for words in (b"c.h5\0", b"[run]\n", b"c.h5\n"):
            at = self.content.find(words)
            if at >= 0:
                self.check_flip(at, 1)

    def test_truncated(self):
        sizes = [0, 1, len(self.content) - 1, *(self.random.randrange(len(self.content)) for _ in range(7))]
        for size in sizes:
            with self.subTest(size=size):
                finished = self.resume(self.content[:size])
                self.check_code(finished, INPUT_OUTPUT)
                self.check_right_or_refused(finished)

    def test_truncated_on_two_ranks(self):
        finished = self.resume(self.content[:len(self.content) // 2], ranks=2)
        self.check_code(finished, INPUT_OUTPUT)
        self.check_right_or_refused(finished)

    def test_not_a_checkpoint(self):
        (self.folder / "text").write_text("text")
        (self.folder / "folder").mkdir()
        with h5py.File(self.folder / "foreign.h5", "w") as file:
            file["x"] = 1
        for name in ("c.h5", "c.ini", "text", "missing.checkpoint", "folder", "foreign.h5"):
            for ranks in (None, 2) if name == "missing.checkpoint" else (None,):
                with self.subTest(name, ranks=ranks):
                    before = self.files()
                    finished = self.run_bayres("resume", name, ranks=ranks)
                    self.check_code(finished, INPUT_OUTPUT)
                    self.check_one_message(finished)
                    self.assertIn(name, finished.own_err)
                    self.assertEqual(self.files(), before)

    def test_deleted_result(self):
        for ranks in (None, 2):
            with self.subTest(ranks=ranks):
                self.path.unlink(missing_ok=True)
                finished = self.run_bayres("resume", CHECKPOINT, ranks=ranks)
                self.check_code(finished, INPUT_OUTPUT)
                self.check_one_message(finished)
                self.assertIn("c.h5", finished.own_err.replace(CHECKPOINT, ""))
                self.assertEqual(self.checkpoint.read_bytes(), self.content)
                self.assertFalse(self.path.exists())
                self.check_nothing_left_over()
        self.path.write_bytes(self.result)
        self.check_complete(self.run_bayres("resume", CHECKPOINT), self.expected)

    def test_flipped_bits_of_the_result(self):
        for _ in range(10):
            content = bytearray(self.result)
            content[self.random.randrange(len(content) - 100)] ^= 1 << self.random.randrange(8)
            self.path.write_bytes(content)
            self.checkpoint.write_bytes(self.content)
            finished = self.run_bayres("resume", CHECKPOINT)
            self.check_code(finished, INPUT_OUTPUT)
            self.check_one_message(finished)
            self.assertIn("c.h5: is damaged", finished.own_err)

    def test_truncated_result(self):
        self.path.write_bytes(self.result[:len(self.result) // 2])
        finished = self.run_bayres("resume", CHECKPOINT)
        self.check_code(finished, INPUT_OUTPUT)
        self.assertIn("c.h5", finished.own_err.replace(CHECKPOINT, ""))
        self.check_nothing_left_over()

    def test_result_of_another_run_in_its_place(self):
        self.write("other.ini", self.config | {"run": {"seed": 2}})
        self.check_code(self.run_bayres("run", "other.ini", "-o", "other.h5", "--quiet"), DONE)
        shutil.copy(self.folder / "other.h5", self.path)
        finished = self.run_bayres("resume", CHECKPOINT)
        if finished.code == DONE:
            self.check_same_result(self.path, self.expected)
        else:
            self.check_code(finished, INPUT_OUTPUT)
            self.assertIn("c.h5", finished.own_err.replace(CHECKPOINT, ""))


if __name__ == "__main__":
    unittest.main()
