"""Runs as jobs of SLURM, by jobs/slurm/submit, which checks a configuration and says what it will cost before anything
is queued.

    job = bayres.submit("lorenz.ini", "results/lorenz.h5", ranks=64, time="12:00:00", **{"reservoir.size": 20000})
    job.state                           # "pending", "running", ..., "complete", "stopped", "failed"
    result = job.result()               # waits, and opens it; a run that failed raises what it would have raised here
    jobs = bayres.submit("lorenz.ini", "results/gain", over={"reservoir.gain": [0.8, 1.0]})
    jobs.result().best()                # a bayres.Sweep
"""

import contextlib
import csv
import getpass
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time as clock

from . import running
from .results import Result, ResultError

IN_QUEUE = "squeue -h -r -o %F|%T -u"
STATUS = re.compile(r"^(run-\d+\.h5) +(done|running|waiting|failed|new) +(.*)$", re.MULTILINE)
NOTHING_LEFT = "nothing is left to do"  # of a run that is complete
NAMES = {"done": "complete", "new": "not begun"}  # of jobs/slurm/submit status, as those of a sweep


def submit_script():
    folder = pathlib.Path(os.environ.get("BAYRES_JOBS", running.ROOT / "jobs/slurm"))
    if not (folder / "submit").exists():
        raise running.FileError(f"{folder / 'submit'}: is not there: name the folder jobs/slurm in the environment "
                                "variable BAYRES_JOBS", running.INPUT_OUTPUT)
    return folder / "submit"


def require_slurm(program):
    if not shutil.which(program):
        raise running.FileError(f"{program}: there is no such program: this is no login node of a SLURM",
                                running.INPUT_OUTPUT)


def called(*words):
    """(exit code, stdout, stderr) of a command of SLURM or of jobs/slurm/submit."""
    words = [str(word) for word in words]
    require_slurm(words[0])
    done = subprocess.run(words, env={**os.environ, "BAYRES": running.program_path()}, capture_output=True, text=True,
                          errors="replace", stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def submitted_by(*words):
    """What jobs/slurm/submit says of its jobs; it refuses what the program refuses."""
    require_slurm("sbatch")
    code, out, err = called(sys.executable, submit_script(), *words)
    running.require(code, err or out)
    return out


class Submitted:
    """A job, or the jobs of an array.

    id        its number in SLURM, None if the result was there already; `ids` has all, of an array also that of the
              merge after it, and those of earlier submissions
    path      of the result, or the folder of an array
    cost      what it was said to cost when it was submitted
    """

    def __init__(self, ids, path, cost="", of_sweep=None):
        self.ids, self.path, self.cost, self._of_sweep = list(ids), pathlib.Path(path), cost, of_sweep
        self.id = self.ids[0] if self.ids else None

    def __repr__(self):
        return f"Submitted({self.id}, {str(self.path)!r}, {self.state})"

    def _queued(self):
        """[(id, state)] of its jobs in the queue. A queue that does not answer is no empty one."""
        code, out, err = called(*IN_QUEUE.split(), getpass.getuser())
        if code != 0:
            raise running.RunError(f"squeue: {err.strip() or 'fails'}: what is in the queue is not known", code)
        lines = [tuple(line.split("|")) for line in out.split()]
        return [line for line in lines if line[0] in self.ids]

    @property
    def state(self):
        """That of SLURM while it is in the queue, in small letters ("pending", "running", ...); then "complete",
        "stopped" (with a checkpoint, from which submit goes on) or "failed"; of an array "complete" if every run is."""
        queued = [state for _, state in self._queued()]
        if queued:
            return "running" if "RUNNING" in queued else queued[0].lower()
        if self._of_sweep is not None:
            return "complete" if all(run["status"] in ("complete", "diverged") for run in self.runs()) else "failed"
        try:
            with Result(self.path) as result:
                if result.attributes["status"] == "complete":
                    return "complete"
        except ResultError:
            pass
        return "stopped" if self._code() == running.STOPPED else "failed"

    def log(self):
        """What it has printed."""
        path = pathlib.Path(f"{self.path}.log")
        return path.read_text(errors="replace") if path.exists() else ""

    def _code(self):
        """With which the run has ended; of one that was cancelled, whatever mpirun says, that of a run that was
        stopped, if it has left a checkpoint."""
        log = self.log()
        codes = [int(code) for code in re.findall(r"Z ended with code (\d+)", log)] or [1]
        by_itself = (running.DONE, running.USAGE, running.INPUT_OUTPUT, running.ALL_DIVERGED)
        cancelled = codes[-1] not in by_itself and "CANCELLED AT" in log
        return running.STOPPED if cancelled and pathlib.Path(f"{self.path}.checkpoint").exists() else codes[-1]

    def wait(self, timeout=None, every=5.0):
        """Waits until it is no more in the queue, asking every so many seconds; returns itself. TimeoutError after
        `timeout` seconds."""
        end = None if timeout is None else clock.monotonic() + timeout
        while self._queued():
            if end is not None and clock.monotonic() > end:
                raise TimeoutError(f"job {self.id}: is still in the queue after {timeout:g} s: {self.state}")
            clock.sleep(every)
        return self

    def cancel(self):
        """Takes it out of the queue; a run that has begun writes a checkpoint."""
        queued = dict.fromkeys(number for number, _ in self._queued())  # SLURM forgets the numbers of old jobs
        if queued:
            code, _, err = called("scancel", *queued)
            running.require(code, err)

    def result(self, timeout=None, every=5.0):
        """Waits for it: the open bayres.Result, of an array a bayres.Sweep. Raises what bayres.run would raise."""
        self.wait(timeout, every)
        if self._of_sweep is not None:
            return self._sweep()
        if self.state == "complete" and self._code() != running.ALL_DIVERGED:
            return Result(self.path)
        said = [line for line in self.log().splitlines() if line.startswith(("bayres: ", "  "))]
        code = self._code() or 1  # done, and there is no result
        said = "\n".join(said[-20:]) or f"job {self.id}: has failed: {self.path}.log\n{self.log()[-2000:]}"
        running.require(code, said, path=self.path, checkpoint=f"{self.path}.checkpoint")

    # ---- arrays

    def runs(self):
        """[{result, keys, status, message}] of the runs of an array."""
        with open(self.path / "plan.csv", newline="") as file:
            plan = list(csv.DictReader(file))
        code, out, err = called(sys.executable, submit_script(), "status", self.path)
        if code not in (0, 1):  # 1: some have failed
            running.require(code, err)
        found = STATUS.findall(out)
        if len(found) != len(plan):
            raise running.FileError(f"{self.path}: jobs/slurm/submit says of {len(found)} runs how they are, and "
                                    f"plan.csv has {len(plan)}")
        rows = []
        for (name, state, rest), keys in zip(found, plan):
            why = rest.partition("; ")[2]
            status = "diverged" if state == "done" and "diverged" in why else NAMES.get(state, state)
            rows.append({"result": name, **keys, "status": status, "exit_code": "", "message": why})
        return rows

    def _sweep(self):
        from .sweeps import finished, read_runs, scored

        rows = self.runs()
        with open(self.path / "runs.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        keys = [key for key in rows[0] if key not in ("result", "status", "exit_code", "message")]
        return finished(self.path, keys, scored(read_runs(self.path), self.path, self.path), self._of_sweep)


def known_jobs(record):
    """Numbers in a jobs.tsv, those of the last submission first: of an array, then of its merge."""
    submissions = [[]]
    for line in record.read_text().splitlines() if record.exists() else []:
        kind, number = line.split("\t")[:2]
        if kind != "analysis":
            submissions[-1].append(number)
        if kind != "array":
            submissions.append([])
    return [number for numbers in reversed(submissions) for number in numbers]


def words_again(config, keys, data, path):
    """As running.words, of a call that is compared with an earlier one: nothing is written. `path`: of its data."""
    if data is not None:
        keys = {**keys, "task.path": path}
        if path.exists():
            running.write_once(path, data)  # refuses others
    return running.words(config, keys, None)


@contextlib.contextmanager
def taken_back(record, *paths):
    """Files that are new are taken away if nothing is submitted, so that they do not stand in the way of the next call.
    `record`: jobs.tsv, which has what was submitted."""
    new, before = [path for path in paths if not path.exists()], running.modified(record)
    try:
        yield
    except BaseException:
        if running.modified(record) == before:
            for path in new:
                path.unlink(missing_ok=True)
        raise


def text_of(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError as error:
        raise running.FileError(f"{path}: {error.strerror}", running.INPUT_OUTPUT) from error


def said_in(words):
    """A configuration and keys, as a text to compare."""
    return "".join(f"{word}\n" for word in sorted(words[1:])) + "\n" + text_of(words[0])


def options_of(ranks, nodes, time, sbatch):
    found = ["-n", ranks] + (["--nodes", nodes] if nodes else []) + (["-t", time] if time else [])
    return found, (["--", *sbatch] if sbatch else [])


def submit(config, output=None, *, ranks=1, nodes=None, time=None, over=None, data=None, sbatch=(), **keys):
    """Submits a run to SLURM, or with `over`, {"section.key": values}, one for each combination, and returns it as
    Submitted.

    config   as of bayres.run; `data` and `keys` too. What is no file is written beside the output
    output   path of the result, or folder of several; by default results/NAME.h5 or results/NAME
    ranks    of each run, on `nodes` nodes, of at most the `time`, such as "12:00:00"; a run that takes longer goes on
             in the next job
    sbatch   further options of sbatch: ["--partition=long"]

    The same call again returns the job that is in the queue, or has completed the run; what was stopped goes on in a
    new one. Raises ConfigurationError or FileError before anything is queued, also if the job was of another
    configuration.
    """
    name = pathlib.Path(config).stem if isinstance(config, (str, os.PathLike)) and "\n" not in str(config) else "run"
    if over is not None:
        from . import sweeps

        points = sweeps.points_of(sweeps.checked(over, sweeps.GRID, None)[0], sweeps.GRID, None, 0, [None])
        return submit_points(config, points, pathlib.Path(output or f"results/{name}"), ranks=ranks, nodes=nodes,
                             time=time, data=data, sbatch=sbatch, keys=keys)
    output = pathlib.Path(output or f"results/{name}.h5")
    output.parent.mkdir(parents=True, exist_ok=True)
    own, last = options_of(ranks, nodes, time, sbatch)
    folder, record = output.parent.resolve(), pathlib.Path(f"{output}.submission")
    there = Submitted(known_jobs(record / "jobs.tsv"), output)
    config_path, data_path = folder / f"{output.name}.config.ini", folder / f"{output.name}.data.h5"
    if there.ids and there._queued():
        before = record / "submitted.txt"
        if not before.exists() or before.read_text() != said_in(words_again(config, keys, data, data_path)):
            raise running.ConfigurationError(f"{output}: job {there.id} is in the queue, of another configuration or "
                                             "other keys: wait for it, cancel it, or choose another output")
        return there
    with taken_back(record / "jobs.tsv", config_path, data_path):
        given = running.words(config, keys, data, folder, f"{output.name}.")
        said = submitted_by("run", *given, "-o", output, *own, *last)
        number = re.search(r"^job (\d+)$", said, re.MULTILINE)
        if not number and NOTHING_LEFT in said:
            return Submitted(there.ids, output, said)
        if not number:
            raise running.ConfigurationError(f"{output}: nothing was submitted: {said.strip()}")
        (record / "submitted.txt").write_text(said_in(given))
    return Submitted([number[1]], output, said[:number.start()])


def require_same(folder, words):
    """ConfigurationError if an array was submitted with another configuration or other keys: tasks.tsv has them."""
    _, *lines = [line.split("\t") for line in text_of(folder / "tasks.tsv").splitlines()]
    copy = folder / "configurations" / pathlib.Path(lines[0][1]).name
    if text_of(copy) != text_of(words[0]):
        raise running.ConfigurationError(f"{folder}: was submitted with another configuration, {copy}: choose another "
                                         "folder")
    with open(folder / "plan.csv", newline="") as file:
        own = {f"--{key}={value.strip()}" for key, value in next(csv.DictReader(file)).items()}
    before, now = set(lines[0][2:]) - own, set(words[1:])
    if before != now:
        differ = ", ".join(sorted(before ^ now))
        raise running.ConfigurationError(f"{folder}: was submitted with other keys, which differ in {differ}: choose "
                                         "another folder")


def submit_points(config, points, folder, *, search="grid", ranks=1, nodes=None, time=None, data=None, sbatch=(),
                  keys=None):
    """An array of runs, {"section.key": value} each; of a folder that was submitted before, what is left of it."""
    from .sweeps import plan_of

    folder.mkdir(parents=True, exist_ok=True)
    own, last = options_of(ranks, nodes, time, sbatch)
    keys, plan, record = keys or {}, folder / "plan.csv", folder / "jobs.tsv"
    used = record.exists() or (plan.exists() and (folder / "runs.csv").exists())
    if used and not (plan.exists() and plan.read_bytes() == plan_of(points)):
        raise running.ConfigurationError(f"{folder}: is of a sweep with other keys or values: choose another folder")
    if record.exists():
        require_same(folder, words_again(config, keys, data, folder.resolve() / "data.h5"))
        there = Submitted(known_jobs(record), folder, of_sweep=search)
        if there._queued() or there.state == "complete":
            return there
        said = submitted_by("again", folder, *own, *last)
    else:
        with taken_back(record, plan, folder / "config.ini", folder / "data.h5"):
            plan.write_bytes(plan_of(points))
            given = running.words(config, keys, data, folder.resolve())
            said = submitted_by("array", *given, "--table", plan, "-o", folder, *own, *last)
    found = re.search(r"^array ((?:\d+ )+)of .*then merge (\d+)$", said, re.MULTILINE)
    if not found:
        raise running.ConfigurationError(f"{folder}: nothing was submitted: {said.strip()}")
    return Submitted([*found[1].split(), found[2]], folder, said[:found.start()], of_sweep=search)
