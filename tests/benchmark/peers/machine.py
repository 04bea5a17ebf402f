"""How bayres and its peers are started on this machine, and what of them is there."""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CORES = min(2, len(os.sched_getaffinity(0)))

# How two ranks may be started, and what is best depends on what else the machine does: each on a core of its own,
# waiting without pause for messages; or free to move, leaving the core to others while they wait.
LAUNCHES = {"bound": (("--bind-to", "core"), "0"), "free": (("--bind-to", "none"), "1")}

# Set on some machines for the sake of others' programs; they slow the peers down.
UNWANTED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class Failure(Exception):
    pass


def environment(threads=1, launch="free"):
    """For a process with so many BLAS threads, or for ranks that were launched in that way."""
    values = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    values.update(OPENBLAS_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads))
    values["OMPI_MCA_mpi_yield_when_idle"] = LAUNCHES[launch][1]
    return values


def mpirun(ranks, launch):
    return ("mpirun", "--oversubscribe", *LAUNCHES[launch][0], "-n", str(ranks)) if ranks > 1 else ()


def output_of(command, environment):
    """What a command prints; raises Failure with its errors if it fails."""
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    if process.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{process.stderr.strip()}")
    return process.stdout


def python(script, *arguments):
    return (sys.executable, "-B", str(HERE / script), *map(str, arguments))


def octave(*arguments):
    return ("octave-cli", "-q", "--no-init-file", str(HERE / "octave_peer.m"), *map(str, arguments))


class Bystanders:
    """What part of the processors others than this program and its children have used since it was made."""

    def __init__(self):
        self.start = self.used()

    @staticmethod
    def used():
        """Seconds of all processors, of all their work, and of the work of this program's."""
        with open("/proc/stat") as file:
            ticks = [int(value) for value in file.readline().split()[1:9]]
        idle = ticks[3] + ticks[4]
        per_second = os.sysconf("SC_CLK_TCK")
        return sum(ticks) / per_second, (sum(ticks) - idle) / per_second, sum(os.times()[:4])

    def share(self):
        everything, work, ours = (now - before for now, before in zip(self.used(), self.start))
        return max(work - ours, 0) / max(everything, 1e-9)


def missing(name):
    """"not installed" if there is no such Python module or program; else empty."""
    found = shutil.which("octave-cli") if name == "octave" else importlib.util.find_spec(name)
    return "" if found else "not installed"


def precisions(bayres):
    """The values of run.precision that this bayres knows, and double-TYPE for those of reservoir.weight_type."""
    text = output_of((bayres, "list", "neurons"), environment())

    def allowed(key):
        found = re.search(rf"{re.escape(key)} = .*?allowed: (?:one of )?([^;]*)", text, re.DOTALL)
        return [value.strip() for value in found.group(1).split(",")] if found else []

    return allowed("run.precision") + [f"double-{value}" for value in allowed("reservoir.weight_type")]


def describe(bayres):
    """Lines on the processor and the versions of all programs."""
    import numpy
    import scipy

    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    versions = [f"numpy {numpy.__version__}", f"scipy {scipy.__version__}"]
    if not missing("mpi4py"):
        versions.append(f"mpi4py {importlib.import_module('mpi4py').__version__}")
    if not missing("octave"):
        versions.append(output_of(("octave-cli", "--version"), environment()).split("\n")[0])
    program = output_of((bayres, "--version"), environment()).split("\n")[0]
    return [
        f"- {CORES} cores of {model.group(1) if model else 'an unknown processor'}",
        f"- {program}; {', '.join(versions)}; BLAS: {blas()}",
    ]


def blas():
    """Where the BLAS that numpy uses really is."""
    path = pathlib.Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "libblas.so.3"
    return path.resolve().parent.name if path.exists() else "unknown"
