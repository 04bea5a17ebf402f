"""The workloads: for each size the rows of the table, that is who does the same work, and how."""

import concurrent.futures
import pathlib
import tempfile
from dataclasses import dataclass, field

import h5py

import machine
import problem
from machine import CORES, environment, mpirun, octave, python

P_SPARSE = 0.1
SIZES = {
    "dense": (1000, 2000, 5000),
    "dense32": (1000, 2000, 5000),
    "sparse": (1000, 2000, 5000),
    "rls": (1000, 2000),
    "study": (1000,),
    "closed": (1000,),
    "ranks": (5000,),
}
STEPS = {  # about a second of a peer at its best
    "dense": {1000: 5000, 2000: 1500, 5000: 200},
    "dense32": {1000: 8000, 2000: 3000, 5000: 300},
    "sparse": {1000: 8000, 2000: 3000, 5000: 500},
    "rls": {1000: 500, 2000: 100},
    "study": {1000: 5000},
    "closed": {1000: 1000},
    "ranks": {5000: 300},
}
QUICK_SIZE, QUICK_STEPS = 100, 40


@dataclass
class Row:
    """Somebody who does the work of a workload at one size. `kind` tells apart rows that are compared separately."""

    workload: str
    size: int
    steps: int
    who: str
    dtype: str
    how: str
    kind: str = ""
    absent: str = ""
    microseconds: list = field(default_factory=list)

    def label(self):
        return f"{self.who}, {self.dtype}, {self.how}"


@dataclass
class Peer(Row):
    """The number is the mean of what the commands print last, times `factor`; `together`: they run at the same time."""

    commands: tuple = ()
    environment: dict = field(default_factory=dict)
    factor: float = 1
    together: bool = False

    def measure(self):
        if self.together:
            with concurrent.futures.ThreadPoolExecutor() as pool:
                texts = list(pool.map(lambda command: machine.output_of(command, self.environment), self.commands))
        else:
            texts = [machine.output_of(command, self.environment) for command in self.commands]
        return self.factor * sum(float(text.split()[-1]) for text in texts) / len(texts)


@dataclass
class Bayres(Row):
    program: str = ""
    config: str = ""
    ranks: int = 1
    launch: str = "free"
    #: for each repetition: microseconds that reading J alone takes, at the rate at which all ranks can read that much
    reading: list = field(default_factory=list)

    def measure(self):
        with tempfile.TemporaryDirectory() as folder:
            result = run_bayres(self.program, self.config, folder, self.ranks, self.launch, "--performance.probe=true")
            with h5py.File(result, "r") as file:
                diverged = [n for n, group in file["learners"].items() if group.attrs["diverged_at_step"] >= 0]
                if diverged:
                    raise machine.Failure(f"{self.label()}: {', '.join(diverged)} diverged, which saves work")
                performance = file["performance"].attrs
                rate = performance["read_bandwidth_bytes_per_second"]
                self.reading.append(1e6 * performance["bytes_of_J_per_step"] / rate)
                return 1e6 * performance["seconds_in_steps"] / performance["steps"]


def run_bayres(program, config, folder, ranks=1, launch="free", *keys):
    """Runs a configuration, given as text; returns the path of the result."""
    folder = pathlib.Path(folder)
    (folder / "run.ini").write_text(config)
    command = [*mpirun(ranks, launch), program, "run", folder / "run.ini", "-o", folder / "run.h5", "--quiet", *keys]
    machine.output_of([str(part) for part in command], environment(launch=launch))
    return folder / "run.h5"


# What the learners of bayres are, for each workload.


def values(numbers):
    return ", ".join(repr(float(number)) for number in numbers)


LEARNERS = {
    "bayes": "[learner.bayes]\nrule = bayes\n",
    "delta": f"[learner.delta]\nrule = delta\neta = {problem.ETA}\n",
    "rls": "[learner.rls]\nrule = rls\nalpha = 1\n",
    "study": f"[learner.delta]\nrule = delta\neta = {values(problem.STUDY_ETAS)}\n"
    f"[learner.bayes]\nrule = bayes\nkappa = {values(problem.STUDY_KAPPAS)}\n",
    "closed": f"[learner.delta]\nrule = delta\neta = {values(problem.CLOSED_ETAS)}\n",
}


def config(size, steps, connectivity, learners, storage="auto", precision="double", network=False):
    task = "feedback = output" if learners == "closed" else "feedback = none"
    drive = "none" if learners == "closed" else "target"
    precision, _, weight_type = precision.partition("-")
    weights = f"weight_type = {weight_type}\n" if weight_type else ""
    return f"""
[run]
seed = 1
precision = {precision}
[reservoir]
size = {size}
gain = {problem.GAIN}
connectivity = {connectivity}
tau = 1
dt = {problem.LEAK}
storage = {storage}
{weights}[task]
name = sines
drive = {drive}
[protocol]
{task}
train = {steps * problem.LEAK!r}
test = 0
[record]
network = {str(network).lower()}
{LEARNERS[learners]}"""


class Workloads:
    """rows(NAME, SIZE, STEPS) for each workload. `launch` says how ranks start, for "mpi4py" and for "bayres"."""

    def __init__(self, bayres, launch):
        self.bayres, self.launch = bayres, launch
        self.precisions = machine.precisions(bayres)

    def rows(self, name, size, steps):
        return list(getattr(self, name)(name, size, steps))

    def dense(self, name, size, steps):
        yield from self.dense_peers(name, size, steps, "float64")
        types = ("double", "double-float32", "double-bfloat16")
        yield from self.ours(name, size, steps, 1, "bayes", "dense", types)

    def dense32(self, name, size, steps):
        yield from self.dense_peers(name, size, steps, "float32")
        yield from self.ours(name, size, steps, 1, "bayes", "dense", ("single", "mixed"))

    def dense_peers(self, name, size, steps, dtype):
        common = (name, size, steps, dtype)
        for threads in range(1, CORES + 1):
            yield self.numpy(*common, "numpy", ["bayes"], threads=threads)
        yield self.mpi4py(*common, "mpi4py")
        for threads in range(1, CORES + 1):
            yield self.octave(*common, "bayes", 1, "dense", threads)

    def sparse(self, name, size, steps):
        for dtype in ("float64", "float32"):
            yield self.numpy(name, size, steps, dtype, "scipy CSR", ["bayes"], storage="sparse")
            yield self.mpi4py(name, size, steps, dtype, "mpi4py, scipy CSR", "sparse")
            yield self.reservoirpy(name, size, steps, dtype, "bayes", "LMS")
        yield self.octave(name, size, steps, "float64", "bayes", P_SPARSE, "sparse")
        for ranks in range(1, CORES + 1):
            command = python("nest_peer.py", "bayes", "--size", size, "--connectivity", P_SPARSE, "--steps", steps)
            launch = self.launch["mpi4py"]
            yield Peer(
                *(name, size, steps, "NEST", "float64", f"no learning, {count(ranks, 'rank')}"),
                absent=machine.missing("nest"),
                commands=((*mpirun(ranks, launch), *command),),
                environment=environment(launch=launch),
            )
        yield from self.ours(name, size, steps, P_SPARSE, "bayes", "sparse", ("double", "double-float32", "single", "mixed"))

    def rls(self, name, size, steps):
        common = (name, size, steps, "float64")
        variants = {"rls-plain": "as mostly written", "rls-in-place": "dger", "rls-symmetric": "dsymv, dsyr"}
        for variant, what in variants.items():
            kind = "plain" if variant == "rls-plain" else ""
            for threads in range(1, CORES + 1):
                who = f"numpy, {what}"
                yield self.numpy(*common, who, [variant], P_SPARSE, "sparse", threads, kind=kind)
        for threads in range(1, CORES + 1):
            yield self.octave(*common, "rls", P_SPARSE, "sparse", threads)
            yield self.reservoirpy(*common, "rls", "RLS", threads)
        yield from self.ours(name, size, steps, P_SPARSE, "rls")

    def study(self, name, size, steps):
        learners = len(problem.STUDY_ETAS) + len(problem.STUDY_KAPPAS)
        yield from self.many(name, size, steps, ["delta", "bayes"], "study", learners)
        yield from self.ours(name, size, steps, P_SPARSE, "study")

    def closed(self, name, size, steps):
        yield from self.many(name, size, steps, ["closed", "closed"], "closed-batch", len(problem.CLOSED_ETAS))
        yield from self.ours(name, size, steps, P_SPARSE, "closed")

    def many(self, name, size, steps, separate, vectorised, learners):
        """Many learners in numpy: a run for each, one after the other or two at a time, and all in one script."""
        common = (name, size, steps, "float64")
        for storage, threads in [("sparse", 1), *(("dense", threads) for threads in range(1, CORES + 1))]:
            who = "scipy CSR" if storage == "sparse" else "numpy dense"
            place = (P_SPARSE, storage, threads)
            for together in (False, True):
                if together and threads > 1:
                    continue
                what = f"{learners} runs, two at a time" if together else f"{learners} runs"
                factor = learners / 2 if together else learners
                kind = "separate, two at a time" if together else "separate"
                # Runs of one kind are alike: one of them stands for all, unless two shall run at the same time.
                runs = separate if together else list(dict.fromkeys(separate))
                yield self.numpy(*common, f"{who}, {what}", runs, *place, factor, together, kind)
            yield self.numpy(*common, f"{who}, vectorised", [vectorised], *place, kind="vectorised")

    def ranks(self, name, size, steps):
        yield from self.ours(name, size, steps, 1, "bayes", "dense")

    def numpy(
        self, name, size, steps, dtype, who, workloads, connectivity=1, storage="dense", threads=1, factor=1,
        together=False, kind="",
    ):  # fmt: skip
        connectivity = P_SPARSE if storage == "sparse" else connectivity
        options = ["--size", size, "--connectivity", connectivity, "--storage", storage, "--dtype", dtype]
        return Peer(
            *(name, size, steps, who, dtype, count(threads, "thread")),
            kind=kind,
            commands=tuple(python("numpy_peer.py", work, *options, "--steps", steps) for work in workloads),
            environment=environment(threads),
            factor=factor,
            together=together,
        )

    def mpi4py(self, name, size, steps, dtype, who, storage="dense"):
        connectivity = P_SPARSE if storage == "sparse" else 1
        options = ["--size", size, "--connectivity", connectivity, "--storage", storage, "--dtype", dtype]
        launch = self.launch["mpi4py"]
        command = (*mpirun(2, launch), *python("mpi4py_peer.py", "bayes", *options, "--steps", steps))
        return Peer(
            *(name, size, steps, who, dtype, "2 ranks"),
            absent=machine.missing("mpi4py"),
            commands=(command,),
            environment=environment(1, launch),
        )

    def octave(self, name, size, steps, dtype, workload, connectivity, storage, threads=1):
        number = "double" if dtype == "float64" else "single"
        return Peer(
            *(name, size, steps, "Octave", dtype, count(threads, "thread")),
            absent=machine.missing("octave"),
            commands=(octave(workload, size, connectivity, storage, number, steps),),
            environment=environment(threads),
        )

    def reservoirpy(self, name, size, steps, dtype, workload, rule, threads=1):
        options = ["--size", size, "--connectivity", P_SPARSE, "--storage", "sparse", "--dtype", dtype]
        return Peer(
            *(name, size, steps, f"ReservoirPy, {rule}", dtype, count(threads, "thread")),
            absent=machine.missing("reservoirpy"),
            commands=(python("reservoirpy_peer.py", workload, *options, "--steps", steps),),
            environment=environment(threads),
        )

    def ours(self, name, size, steps, connectivity, learners, storage="auto", precisions=("double",)):
        for precision in precisions:
            for ranks in range(1, CORES + 1):
                yield Bayres(
                    *(name, size, steps, "bayres", precision, count(ranks, "rank")),
                    absent="" if precision in self.precisions else "not in this bayres",
                    program=self.bayres,
                    config=config(size, steps, connectivity, learners, storage, precision),
                    ranks=ranks,
                    launch=self.launch["bayres"],
                )


def count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
