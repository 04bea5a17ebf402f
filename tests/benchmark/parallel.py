#!/usr/bin/python3
"""What reservoirs side by side cost, on one rank and on two, and by numpy on one thread: training and a step of a free run.

    parallel.py BAYRES [STEPS]

The configuration is that of jobs/experiments/parallel/ks44.ini, trained on so many STEPS (10,000); numpy's is parallel_peer.py. Least of
rounds in which all take turns. numpy is that of the Python that runs this: its BLAS should be OpenBLAS."""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).with_name("peers")))
import h5py
import machine

ROUNDS = 3
CONFIG = machine.ROOT / "jobs/experiments/parallel/ks44.ini"
PEER = pathlib.Path(__file__).with_name("parallel_peer.py")
DT = 0.25
# Outputs are fed back in place of the input, so that a run has a free run after training.
FREE = ("--task.horizon=0", "--protocol.feedback=teacher", "--reservoir.feedback_scale=0.1", "--protocol.washout=0",
        "--protocol.train=25", "--learner.ridge.lambda=1e-2")
IDLE = ("--reservoir.input_scale=1", "--protocol.input_noise=auto")  # keys of the configuration that have no effect then


def seconds_of(bayres, folder, ranks, *keys):
    """Seconds in steps, and of learning at their end."""
    path = folder / "a.h5"
    command = [*machine.mpirun(ranks, "bound"), bayres, "run", CONFIG, "-o", path, "--force", "--quiet", *keys]
    machine.output_of([str(word) for word in command], machine.environment(launch="bound"))
    with h5py.File(path) as file:
        return float(file["performance"].attrs["seconds_in_steps"])


def run(bayres, folder, ranks, steps):
    """Seconds of training, and milliseconds of a step of a free run: what more of them take."""
    train = seconds_of(bayres, folder, ranks, f"--protocol.train={steps * DT}", "--protocol.test=0", "--learner.ridge.lambda=1.6e-3")
    short, long = (seconds_of(bayres, folder, ranks, *FREE, *IDLE, f"--protocol.test={count * DT}") for count in (100, 4100))
    return train, 1e3 * (long - short) / 4000


def peer(steps):
    text = machine.output_of([sys.executable, str(PEER), "--train", str(steps), "--starts", "1"], machine.environment())
    train, free = re.search(r"training ([\d.]+), a free step ([\d.]+)", text).groups()
    return float(train), 1e3 * float(free)


def main():
    bayres, steps = pathlib.Path(sys.argv[1]).resolve(), int((sys.argv[2:] or [10_000])[0])
    kinds = {"numpy, scipy": lambda _: peer(steps), "bayres, 1 rank": lambda folder: run(bayres, folder, 1, steps),
             "bayres, 2 ranks": lambda folder: run(bayres, folder, 2, steps)}
    found = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for kind, measure in kinds.items():
                found[kind].append(measure(pathlib.Path(folder)))
    print("| | training, s | free step, ms |\n|---|---|---|")
    for kind, times in found.items():
        train, free = map(min, zip(*times))
        print(f"| {kind} | {train:.2f} | {free:.3f} |")


if __name__ == "__main__":
    main()
