"""What the runs of an array have come to, and their analysis."""

import collections
import json
import os
import pathlib
import re
import shutil

from . import checks, queue
from .queue import Job, Queue, jobs_of
from .runs import read_runs

# The codes with which a run ends, in words.
CODES = {"0": "ended with 0, and there is no complete result", "2": "wrong configuration or usage", "3": "input or output",
         "4": "every learner diverged", "75": "stopped with a checkpoint, and not put back into the queue"}
CHANGED = "changed since the job was submitted"  # of frozen.py
PROGRESS = re.compile(r"(\d+\.\d)% \w+ t=\S+ .* left (\S+)$")


def contents(path):
    """{status, rows} of a result, {rows} of a checkpoint; {} if it is not there or cannot be read."""
    if not path.exists():
        return {}
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")
    try:
        import h5py
    except ImportError:
        return inspected(path)
    try:
        with h5py.File(path, "r") as file:
            parts = file.attrs.get("parts", b"")
            found = {"status": file.attrs.get("status", b""), "parts": parts}
            found = {name: text.decode() if isinstance(text, bytes) else str(text) for name, text in found.items()}
            rows = file["time"].shape[0] if "time" in file else rows_of(found["parts"])
            return {"status": found["status"], "rows": rows}
    except (OSError, KeyError):
        return {"status": "unreadable", "rows": 0}


def rows_of(parts):
    """Recorded steps of what a checkpoint says of its parts: rows, snapshots and a path in each line."""
    return sum(int(line.split()[0]) for line in parts.splitlines() if line[:1].isdigit())


def inspected(path):
    """The same by bayres itself, which reads all of the file."""
    said = checks.said_by(str(checks.program()), "inspect", str(path),
                          env={"OMPI_MCA_ess_singleton_isolated": "1", **os.environ})
    if said is None:
        return {"status": "unreadable", "rows": 0}
    status = re.search(r"^  status +(\w+)$", said, re.MULTILINE)
    time = re.search(r"^  /?time +\((\d+)\)", said, re.MULTILINE)
    parts = re.search(r"^  parts +((?:\d+ \d+ /.*\n)+)", said, re.MULTILINE)
    rows = int(time.group(1)) if time else rows_of(parts.group(1)) if parts else 0
    return {"status": status.group(1) if status else "", "rows": rows}


def submission_of(folder):
    """What FOLDER/submission.json remembers; {} if it is not there."""
    path = folder / "submission.json"
    return json.loads(path.read_text()) if path.exists() else {}


def return_to(remembered):
    """Goes to the folder in which an array was submitted, which relative paths of its configuration start from, and takes
    its environment as far as none is given now."""
    for name in ("BAYRES", "BAYRES_ANALYZE"):
        if name in os.environ:
            os.environ[name] = os.path.abspath(shutil.which(os.environ[name]) or os.environ[name])
    for name, value in remembered.get("environment", {}).items():
        os.environ.setdefault(name, value)
    os.chdir(remembered.get("folder", "."))


class State:
    """What a run has come to: `name` is done, running, waiting, failed or new; `job` that has it in the queue, or ""."""

    def __init__(self, name, reason="", rows=0, left="", job=""):
        self.name, self.reason, self.rows, self.left, self.job = name, reason, rows, left, job

    @property
    def is_over(self):
        """Whether nothing is done about it any more, though it is not done."""
        return self.name in ("failed", "new")


def reason_of(log):
    """Why a run has ended, by its log."""
    if not log.exists():
        return "no log"
    lines = log.read_text(errors="replace").splitlines()
    starts = [place for place, line in enumerate(lines) if re.search(r"Z start \d+: ", line)]
    lines = lines[starts[-1]:] if starts else lines  # what stands before is of earlier starts
    codes = [found.group(1) for found in (re.search(r"Z ended with code (\d+)", line) for line in lines) if found]
    said = [line for line in lines if line.startswith(("bayres: ", CHANGED)) and "note:" not in line and "warning:" not in line]
    if not codes:
        return "killed without a last line: see sacct, or slurmstepd's line in the log"
    words = f"code {codes[-1]}: {CODES.get(codes[-1], 'a rank, a machine or the launcher failed')}"
    return words + (f"; {said[-1]}" if said and codes[-1] not in ("0", "4") else "")


def left_of(log):
    """The time that a running run says is left, and how far it is."""
    lines = log.read_text(errors="replace").splitlines()[-50:] if log.exists() else []
    found = [match for match in map(PROGRESS.search, lines) if match]
    return f"{found[-1].group(2)} ({found[-1].group(1)}%)" if found else ""


def tasks_in_queue(folder, sbatch):
    """{number of a pack: its line of squeue} of the jobs that were submitted for the folder."""
    jobs = {job.number: job for job in jobs_of(folder / "jobs.tsv") if job.kind == "array"}
    found = {}
    for task in queue.queued(sbatch):
        job = jobs.get(task["job"])
        if job and task["task"].isdigit():
            found[job.first + int(task["task"])] = task
    return found


def pack_of(folder):
    """Runs in a task of the folder's last array."""
    arrays = [job for job in jobs_of(folder / "jobs.tsv") if job.kind == "array"]
    return arrays[-1].pack if arrays else 1


def states_of(folder, runs, sbatch):
    """The state of each run of a folder. `sbatch`: see queue.queued."""
    tasks, pack, states = tasks_in_queue(folder, sbatch), pack_of(folder), []
    busy = set()  # packs one of whose runs is running
    for number, run in enumerate(runs):
        result, log = folder / run.name, folder / f"{number}.log"
        found = contents(result)
        if found.get("status") == "complete":
            diverged = log.exists() and "ended with code 4" in log.read_text(errors="replace")
            states.append(State("done", CODES["4"] if diverged else "", found["rows"]))
            continue
        rows = contents(pathlib.Path(f"{result}.checkpoint")).get("rows", 0)
        task = tasks.get(number // pack)
        if task is None:
            states.append(State("failed", reason_of(log), rows) if log.exists() else State("new", "never started", rows))
        elif task["state"] == "PENDING" or number // pack in busy:
            start = "" if task["start"] in ("N/A", "") or task["state"] != "PENDING" else f", expected at {task['start']}"
            states.append(State("waiting", task["reason"] + start, rows, job=task["job"]))
        else:
            busy.add(number // pack)
            states.append(State("running", "", rows, left_of(log), task["job"]))
    return states


def status(options):
    folder = pathlib.Path(options.folder).resolve()
    runs = read_runs(folder)
    states = states_of(folder, runs, options.sbatch or submission_of(folder).get("sbatch", []))
    width = max(len(run.name) for run in runs)
    print(f"{'run':{width}}  state    rows      left              keys; why")
    for run, state in zip(runs, states):
        words = " ".join(key.lstrip("-") for key in run.keys) + (f"; {state.reason}" if state.reason else "")
        print(f"{run.name:{width}}  {state.name:7}  {state.rows:<8}  {state.left:16}  {words}".rstrip())
    counts = collections.Counter(state.name for state in states)
    print(f"{len(runs)} runs: " + ", ".join(f"{counts[name]} {name}" for name in
                                            ("done", "running", "waiting", "failed", "new") if counts[name]))
    if counts["failed"] or counts["new"]:
        print(f"next: jobs/slurm/submit again {folder}")
    return 1 if counts["failed"] else 0


def analyze(options):
    folder = pathlib.Path(options.folder).resolve()
    read_runs(folder)
    remembered = submission_of(folder)
    return_to(remembered)
    program = checks.program("BAYRES_ANALYZE", str(checks.program()) + "-analyze", installed="")
    with Queue(options) as slurm:
        there = {task["job"] for task in queue.queued(options.sbatch or remembered.get("sbatch", []))}
        waits_for = [job.number for job in jobs_of(folder / "jobs.tsv") if job.number in there]
        own = slurm.resources(options.ranks, None)
        job = slurm.submit_after(waits_for, f"{folder}/analysis.log", "campaign.sbatch", folder, own=own,
                                 environment={"BAYRES_ANALYZE": str(program)})
        slurm.record(folder / "jobs.tsv", [Job("analysis", job)])
        slurm.say(f"job {job}" + (f", after {' '.join(waits_for)}" if waits_for else ""),
                  f"next: squeue -j {job}; when it is gone: {folder}/report.html, {folder}/analysis.h5, {folder}/tables")
