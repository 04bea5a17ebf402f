"""Where jobs go, and what is written for them: a submission that fails leaves neither files nor jobs behind."""

import datetime
import getpass
import os
import pathlib
import shlex
import shutil
import subprocess

from . import Refused, checks, frozen

SCRIPTS = pathlib.Path(__file__).resolve().parents[1]
# Options of sbatch, given after `--`, that say who pays and where: the job after an array has them too, and no others.
SHARED = (("-A", "--account"), ("-p", "--partition"), ("-q", "--qos"), ("-M", "--clusters"), ("--reservation",))


def shared_options(sbatch):
    """Those of the words for sbatch that a short job of one core needs as well."""
    found = [(names[-1], checks.option_of(sbatch, *names)) for names in SHARED]
    return [f"{name}={value}" for name, value in found if value is not None]


def cluster_of(sbatch):
    """The option of SLURM's commands that names the cluster, if words for sbatch name one."""
    name = checks.option_of(sbatch, "-M", "--clusters", "--cluster")
    return [f"--clusters={name}"] if name else []


def queued(sbatch=()):
    """The user's jobs in the queue, a line for each task of an array: {job, task, state, reason, start}. `sbatch`: options
    that may name the cluster. A queue that cannot be read is not an empty one: throws."""
    command = ["squeue", *cluster_of(sbatch), "-h", "-r", "-u", getpass.getuser(), "-o", "%F|%K|%T|%r|%S"]
    if not shutil.which(command[0]):
        return []  # with --print, or where results have been copied to
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True)
    if done.returncode != 0:
        raise Refused(f"{' '.join(map(shlex.quote, command))}: {done.stderr.strip() or 'fails'}: what is in the queue is not known: try again "
                      "when SLURM answers", 1)
    names = ("job", "task", "state", "reason", "start")
    return [dict(zip(names, line.split("|"))) for line in done.stdout.splitlines() if line.count("|") >= 4]


class Job:
    """A line of jobs.tsv: what a job is of, its number, and for an array its first pack of runs and runs in a pack."""

    def __init__(self, kind, number, first=0, pack=1):
        self.kind, self.number, self.first, self.pack = kind, number, int(first), int(pack)

    def line(self):
        now = datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")
        return "\t".join([self.kind, self.number, str(self.first), str(self.pack), now]) + "\n"


def jobs_of(record):
    """What has been submitted, from jobs.tsv; [] if it is not there."""
    lines = record.read_text().splitlines() if record.exists() else []
    return [Job(*line.split("\t")[:4]) for line in lines]


class Queue:
    """Submits jobs and writes their files; with `pretend` they are only shown."""

    def __init__(self, options):
        self.pretend, self.options = options.print, options
        self.submitted, self.made = [], []
        if not self.pretend and not shutil.which("sbatch"):
            raise Refused("sbatch is not there: this is no login node of a SLURM")
        checks.check_launcher()
        self.partitions = checks.partitions()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.undo()

    # ---- files

    def folder(self, path):
        """A folder, made if need be and something is submitted."""
        path = pathlib.Path(path).resolve()
        if any(letter in str(path) for letter in "\t\n%"):
            raise Refused(f"{path}: the name of a folder has no tab, line break or %")
        missing = [each for each in (path, *path.parents) if not each.exists()]
        for each in reversed(missing if not self.pretend else []):
            each.mkdir()
            self.made.append((each, None))
        return path

    def write(self, path, text):
        """Writes a file; what was there before comes back if the submission fails."""
        if self.pretend:
            return
        self.made.append((path, path.read_text() if path.exists() else None))
        path.write_text(text)

    def freeze(self, config, said, folder, name=None):
        """Copies a configuration into a folder, with checksums of itself and of what dry runs say that it reads."""
        if self.pretend:
            return config
        copy = self.folder(folder) / (name or config.name)
        self.write(copy, config.read_text())
        self.write(pathlib.Path(f"{copy}.inputs"), frozen.record_of(copy, said))
        return copy

    def record(self, path, jobs):
        """Adds the jobs to jobs.tsv, once all have been submitted."""
        if not self.pretend:
            with open(path, "a") as file:
                file.write("".join(job.line() for job in jobs))

    def undo(self):
        """Takes back what was submitted and written before something was refused."""
        if self.submitted:
            subprocess.run(["scancel", *cluster_of(self.options.sbatch), *self.submitted], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path, before in reversed(self.made):
            try:
                if before is not None:
                    path.write_text(before)
                elif path.is_dir():
                    path.rmdir()
                else:
                    path.unlink()
            except OSError:
                pass  # something else has been put there

    # ---- jobs

    def refuse_if_queued(self, record, what):
        """Refuses a second job for files that a job in the queue will write."""
        known = {job.number for job in jobs_of(record) if job.kind in ("run", "chain", "array")}
        there = [task for task in queued(self.options.sbatch) if task["job"] in known]
        if there:
            states = sorted({task["state"] for task in there})
            numbers = sorted({task["job"] for task in there})
            raise Refused(f"{what}: job {', '.join(numbers)} of this name is still in the queue ({', '.join(states)}): wait "
                          f"for it, scancel {' '.join(numbers)}, or choose another name with -o")

    def resources(self, ranks, nodes, said=""):
        """Options for the ranks of a run, checked against the partition; memory from what a dry run said."""
        checks.check_size(ranks, nodes, self.options.sbatch, self.partitions)
        chosen = [f"--ntasks={ranks}"] + ([f"--nodes={nodes}"] if nodes else [])
        memory = max(filter(None, map(checks.memory_per_cpu, [said] if isinstance(said, str) else said)), default=None)
        given = any(word.startswith("--mem") for word in self.options.sbatch)
        chosen += [f"--mem-per-cpu={memory}M"] if memory and not given else []
        return chosen + ([f"--time={self.options.time}"] if self.options.time else [])

    def submit(self, script, arguments, own=(), fixed=(), environment=None, sbatch=None):
        """The number of a job. What the user gave after `--` wins over options `own`, and options `fixed` over that."""
        given_after = self.options.sbatch if sbatch is None else sbatch
        command = ["sbatch", "--parsable", "--export=ALL", *own, *given_after, *fixed, str(SCRIPTS / script)]
        command += map(str, arguments)
        grace = checks.lead_of(given_after) * 3 // 4
        given = {"BAYRES": str(checks.program()), "BAYRES_JOBS": str(SCRIPTS), "BAYRES_GRACE": str(grace),
                 "BAYRES_RETRIES": str(getattr(self.options, "retries", 0)), **(environment or {})}
        if self.pretend:
            words = [f"{name}={value}" for name, value in given.items()] + command
            print(" ".join(map(shlex.quote, words)))
            return "JOB"
        done = subprocess.run(command, env={**os.environ, **given}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True)
        if done.returncode != 0:
            raise Refused(f"{' '.join(map(shlex.quote, command))}\n{done.stderr.strip()}", 1)
        self.submitted.append(done.stdout.strip().split(";")[0])
        return self.submitted[-1]

    def submit_after(self, jobs, log, script, *arguments, wanted="afterany", own=(), environment=None):
        """A job after others. One that waits for what can no longer come is cancelled, not left waiting."""
        after = [f"--dependency={wanted}:{':'.join(jobs)}", "--kill-on-invalid-dep=yes"] if jobs else []
        fixed = ["--nodes=1", f"--output={log}", *after]
        return self.submit(script, arguments, own or ["--ntasks=1"], fixed, environment, shared_options(self.options.sbatch))

    def say(self, *lines):
        if not self.pretend:
            print("\n".join(lines))
