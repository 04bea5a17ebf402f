"""What the command-line tests share: starting bayres, small configurations, and comparing results."""
import atexit
import contextlib
import functools
import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import unittest
import zlib

import h5py
import numpy as np

BAYRES = os.environ["BAYRES"]
MPIRUN = shlex.split(os.environ["BAYRES_MPIRUN_BASE"])
UNDER = shlex.split(os.environ.get("BAYRES_UNDER", ""))  # what the program is run by, such as valgrind
SECONDS_TO_HANG = 60 if not UNDER else 300

DONE, USAGE, INPUT_OUTPUT, ALL_DIVERGED = 0, 2, 3, 4


def with_faults():
    """LD_PRELOAD for a program with faults, besides what the tests load into every program."""
    return ":".join(filter(None, [os.path.abspath(os.environ["BAYRES_FAULTS"]), os.environ.get("LD_PRELOAD")]))


# A processor on which the C library must do without its faster functions, and bayres without wide registers.
OTHER_PROCESSOR = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-FMA4", "BAYRES_INSTRUCTION_SET": "baseline"}


@contextlib.contextmanager
def on_another_processor():
    before = dict(os.environ)
    os.environ.update(OTHER_PROCESSOR)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Finished:
    """A command that ended: its exit code, and what it printed."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __str__(self):
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    @property
    def own_err(self):
        """stderr without what mpirun adds to it."""
        kept, of_mpirun = [], False
        for line in self.err.splitlines():
            if re.fullmatch("-{20,}", line):
                of_mpirun = not of_mpirun
            elif not of_mpirun:
                kept.append(line)
        return "\n".join(kept)

    @property
    def problems(self):
        """The lines of a list of problems."""
        return [line.strip() for line in self.own_err.splitlines() if line.startswith("  ")]


def command(*arguments, ranks=None):
    launcher = [] if ranks is None else [*MPIRUN, "-n", str(ranks)]
    return [*launcher, *UNDER, BAYRES, *map(str, arguments)]


@functools.cache
def session_folder():
    """Where Open MPI keeps its sessions: in a common folder, jobs that end remove what jobs that start have made."""
    folder = tempfile.TemporaryDirectory(prefix="ompi")
    atexit.register(folder.cleanup)
    return folder.name


def environment(ranks):
    """Tells Open MPI what it would otherwise take most of the time to find out: all ranks share one machine, and a
    process that is started directly will not start others. What the environment says already stands."""
    known = {"OMPI_MCA_pml": "ob1", "OMPI_MCA_btl": "self,vader", "OMPI_MCA_orte_tmpdir_base": session_folder(),
             "BAYRES_PLACEMENT_WARNING": "0"}  # the tests start more ranks than there are cores
    if ranks is None:
        known["OMPI_MCA_ess_singleton_isolated"] = "1"
    return known | os.environ


def run(*arguments, folder, ranks=None, own_environment=None):
    """Runs bayres in a folder; without `ranks` it is started directly, without mpirun."""
    process = subprocess.Popen(command(*arguments, ranks=ranks), cwd=folder, text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                               env=own_environment or environment(ranks))
    try:
        out, err = process.communicate(timeout=SECONDS_TO_HANG)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"bayres hung: {arguments} on {ranks or 1} ranks\n{Finished(None, out, err)}") from None
    return Finished(process.returncode, out, err)


def small(**changes):
    """A small configuration as {section: {key: value}}. Changes name a section, with __ for a dot; None removes."""
    sections = {
        "reservoir": {"size": 50},
        "task": {"name": "sines", "drive": "target"},
        "protocol": {"train": 20, "test": 5},
        "learner.a": {"rule": "bayes"},
    }
    for name, keys in changes.items():
        name = name.replace("__", ".")
        if keys is None:
            sections.pop(name, None)
            continue
        merged = {**sections.get(name, {}), **keys}
        sections[name] = {key: value for key, value in merged.items() if value is not None}
    return sections


def ini(sections):
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()) for name, keys in sections.items())


def line_of(text, line):
    """The number of a line, from 1; of the last one if there are several."""
    return len(text.splitlines()) - text.splitlines()[::-1].index(line)


def data_sets(path):
    """All data sets of a result as {path: array}."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def attributes(path, name="/"):
    """Attributes of a group or data set; texts as str."""
    with h5py.File(path) as file:
        return {key: value.decode() if isinstance(value, bytes) else value for key, value in file[name].attrs.items()}


def seal(path):
    """Ends a file as bayres does that was changed since: what is tested is what comes after the seal."""
    content = path.read_bytes()
    path.write_bytes(content + b"\nbayres: crc32 %08x of %020d bytes\n" % (zlib.crc32(content), len(content)))


def learner_names(path):
    with h5py.File(path) as file:
        return sorted(file["learners"])


def new_folder(add_cleanup):
    """A folder that a test, or a class of tests, has until its end."""
    temporary = tempfile.TemporaryDirectory()
    add_cleanup(temporary.cleanup)
    return pathlib.Path(temporary.name)


class CommandLineTest(unittest.TestCase):
    """A test with a folder of its own, in which bayres runs."""

    def setUp(self):
        self.folder = new_folder(self.addCleanup)

    def write(self, name, content):
        text = ini(content) if isinstance(content, dict) else content
        (self.folder / name).write_text(text)
        return text

    def files(self):
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*"))

    def run_bayres(self, *arguments, ranks=None):
        return run(*arguments, folder=self.folder, ranks=ranks)

    def check_code(self, finished, code):
        self.assertEqual(finished.code, code, f"\n{finished}")

    def result(self, config, *arguments, ranks=None, name="c", code=DONE):
        """Runs a configuration quietly; the path of its result."""
        self.write(f"{name}.ini", config)
        finished = self.run_bayres("run", f"{name}.ini", "--quiet", *arguments, ranks=ranks)
        self.check_code(finished, code)
        return self.folder / f"{name}.h5"

    def check_one_message(self, finished):
        """A refusal says what is wrong once, on stderr, whatever the number of ranks."""
        lines = [line for line in finished.own_err.splitlines() if line]
        heads = [line for line in lines if line.startswith("bayres: ")]
        self.assertEqual(len(heads), 1, f"\n{finished}")
        self.assertEqual(len(lines), len(set(lines)), f"a line comes twice\n{finished}")
        self.assertEqual(len(lines), 1 + len(finished.problems), f"lines that are no problem\n{finished}")
        self.assertEqual(finished.out, "")

    def check_same_arrays(self, first, second, only=""):
        """Every data set whose path starts with `only` has the same numbers in both results."""
        one, other = data_sets(first), data_sets(second)
        self.assertEqual(sorted(one), sorted(other))
        compared = [name for name in one if name.startswith(only)]
        self.assertTrue(compared)
        for name in compared:
            self.assertTrue(np.array_equal(one[name], other[name], equal_nan=True), f"{name} differs")

    def check_same_learner_attributes(self, first, second, names=None):
        for learner in names or learner_names(first):
            one, other = attributes(first, f"learners/{learner}"), attributes(second, f"learners/{learner}")
            self.assertEqual(sorted(one), sorted(other))
            for key, value in one.items():
                if isinstance(value, str):
                    self.assertEqual(value, other[key], f"{learner}: {key}")
                else:
                    self.assertTrue(np.array_equal(value, other[key], equal_nan=True), f"{learner}: {key} differs")


@functools.cache
def listed(what):
    """What `bayres list rules` (tasks, neurons) says, as {name: text}."""
    with tempfile.TemporaryDirectory() as folder:
        finished = run("list", what, folder=folder)
    if finished.code != DONE:
        raise AssertionError(str(finished))
    entries = {}
    for paragraph in finished.out.split("\n\n"):
        name, _, text = paragraph.strip("\n").partition("\n")
        if text:
            entries[name] = text
    return entries


def every_rule():
    """One learner for each rule that `bayres list rules` names, with the rule's defaults."""
    learners = {}
    for rule, text in listed("rules").items():
        required = re.findall(r"^ +(\w+) \(required\)", text, re.MULTILINE)
        learners[f"learner.{rule}"] = {"rule": rule, **{key: 1 for key in required}}
    return learners
