#!/usr/bin/python3
"""What reservoirs side by side cost, on one rank and on two, and by numpy on one thread: training and a step of a free run.

    parallel.py BAYRES [STEPS]
    parallel.py BAYRES --scaling [ROUNDS]

The configuration is that of jobs/experiments/parallel/ks44.ini, trained on so many STEPS (10,000); numpy's is parallel_peer.py. Least of
rounds in which all take turns. numpy is that of the Python that runs this: its BLAS should be OpenBLAS.

--scaling: steps of several numbers and sizes of groups on one rank and on two, of training, of one free run, and of the forecasts from 20
starts of `bayres evaluate`; and what two commands of one rank take that are started together, each on its core: they wait for nothing, so
that they show what the machine allows. Medians of ROUNDS (9) in which all take turns, and the quartiles of the ratios of each round."""
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).with_name("peers")))
import h5py
import machine

ROUNDS = 3
CONFIGURATIONS = machine.ROOT / "jobs/experiments/parallel"
PEER = pathlib.Path(__file__).with_name("parallel_peer.py")
DT = 0.25
# Outputs are fed back in place of the input, so that a run has a free run after training.
FREE = ("--task.horizon=0", "--protocol.feedback=teacher", "--reservoir.feedback_scale=0.1", "--protocol.washout=0",
        "--protocol.train=25", "--learner.ridge.lambda=1e-2")
QUICK = "--learner.ridge.lambda=100"  # for which a factorisation is enough: it takes the same time however long training is
IDLE = ("--reservoir.input_scale=1", "--protocol.input_noise=auto")  # keys of the configuration that have no effect then
# Of what steps are timed: the key that says how many, and other keys, as of `step_time`.
KINDS = {"training": {"key": "protocol.train", "keys": ("--protocol.test=0", QUICK)},
         "a free run": {"key": "protocol.test", "keys": (*FREE, *IDLE)},
         "forecasts": {"key": "evaluate.span", "least": 10}}
# Configuration, keys, and how many steps of training, of a free run, and of the forecasts take about a second.
GROUPS = {
    "L = 44, 16 of 500": ("ks44.ini", (), (1500, 6000, 160)),
    "16 of 1,000": ("ks44.ini", ("--reservoir.size=1000",), (500, 3000, 80)),
    "16 of 2,000": ("ks44.ini", ("--reservoir.size=2000",), (150, 1200, 40)),
    "L = 100, 32 of 1,000": ("ks100.ini", (), (250, 1500, 40)),
}


class Command:
    """A command of bayres that has been started."""

    def __init__(self, bayres, folder, ranks, *keys, config="ks44.ini", core=None, trained=None):
        """`trained`: the result whose forecasts are evaluated, in place of a run."""
        self.path = pathlib.Path(folder) / f"{core}.h5"
        launch = machine.mpirun(ranks, "bound") if core is None else ("taskset", "-c", str(core))
        what = ("run", CONFIGURATIONS / config) if trained is None else ("evaluate", trained)
        command = [*launch, bayres, *what, "-o", self.path, "--force", "--quiet", *keys]
        environment = machine.environment(launch="bound")
        environment["OMPI_MCA_ess_singleton_isolated"] = "1"
        self.start = time.monotonic()
        self.process = subprocess.Popen([str(word) for word in command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True)

    def seconds(self):
        """Of a run: in steps, and of learning at their end; of an evaluation, of all of it."""
        errors = self.process.communicate()[1]
        elapsed = time.monotonic() - self.start
        if self.process.returncode != 0:
            raise machine.Failure(f"{' '.join(self.process.args)} ended with {self.process.returncode}:\n{errors.strip()}")
        with h5py.File(self.path) as file:
            return float(file["performance"].attrs["seconds_in_steps"]) if "performance" in file else elapsed


def step_time(seconds_of, key, steps, keys=(), least=100):
    """Seconds of a step: what more than the least of them take. `seconds_of(keys)` does as many as `key` says."""
    short, long = (seconds_of((*keys, f"--{key}={count * DT}")) for count in (least, least + steps))
    return (long - short) / steps


def run(bayres, folder, ranks, steps):
    """Seconds of training, and of a step of a free run."""
    train = Command(bayres, folder, ranks, f"--protocol.train={steps * DT}", "--protocol.test=0", "--learner.ridge.lambda=1.6e-3").seconds()
    return train, step_time(lambda keys: Command(bayres, folder, ranks, *keys).seconds(), steps=4000, **KINDS["a free run"])


def peer(steps):
    text = machine.output_of([sys.executable, str(PEER), "--train", str(steps), "--starts", "1"], machine.environment())
    train, free = re.search(r"training ([\d.]+), a free step ([\d.]+)", text).groups()
    return float(train), float(free)


def compare(bayres, steps):
    kinds = {"numpy, scipy": lambda _: peer(steps), "bayres, 1 rank": lambda folder: run(bayres, folder, 1, steps),
             "bayres, 2 ranks": lambda folder: run(bayres, folder, 2, steps)}
    found = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for kind, measure in kinds.items():
                found[kind].append(measure(folder))
    print("| | training, s | a step of a free run, ms |\n|---|---|---|")
    for kind, times in found.items():
        train, free = map(min, zip(*times))
        print(f"| {kind} | {train:.2f} | {1e3 * free:.3f} |")


def step_of(what, bayres, folder, kind, config, keys, steps):
    """Seconds of a step of training, of a free run, or of forecasts: of 1 or 2 ranks, or "two" commands of one rank at once, of the later
    one."""
    trained = pathlib.Path(folder) / "trained.h5" if what == "forecasts" else None
    if trained is not None and not trained.exists():
        made = Command(bayres, folder, 1, *keys, "--protocol.train=250", config=config)
        made.seconds()
        made.path.rename(trained)

    def seconds_of(more):
        cores = (0, 1) if kind == "two" else (None,)
        own = keys if trained is None else ()
        commands = [Command(bayres, folder, 1 if kind == "two" else kind, *own, *more, config=config, core=core, trained=trained)
                    for core in cores]
        return max(one.seconds() for one in commands)

    return step_time(seconds_of, steps=steps, **KINDS[what])


def quartiles(ratios):
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def scale(bayres, rounds):
    print("| groups of neurons | steps of | 1 rank, us | 2 ranks, us | times as fast (quartiles) | two at once (quartiles) |\n"
          "|---|---|---|---|---|---|")
    for name, (config, keys, counts) in GROUPS.items():
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            for what, steps in zip(KINDS, counts):
                found = {1: [], 2: [], "two": []}
                for _ in range(rounds):
                    for kind, times in found.items():
                        times.append(step_of(what, bayres, folder, kind, config, keys, steps))
                one, both = (1e6 * statistics.median(found[ranks]) for ranks in (1, 2))
                faster = quartiles([a / b for a, b in zip(found[1], found[2])])
                more = quartiles([2 * a / b for a, b in zip(found[1], found["two"])])
                print(f"| {name} | {what} | {one:.0f} | {both:.0f} | {faster} | {more} |", flush=True)


def main():
    bayres, arguments = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    if arguments[:1] == ["--scaling"]:
        scale(bayres, int((arguments[1:] or [9])[0]))
    else:
        compare(bayres, int((arguments or [10_000])[0]))


if __name__ == "__main__":
    main()
