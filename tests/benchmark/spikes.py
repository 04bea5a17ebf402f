#!/usr/bin/python3
"""What a step of a spiking network takes: bayres with a readout that learns, numpy and Brian2 without one.

    spikes.py BAYRES [NEURONS...]

All of them run the network that bayres has drawn, and must fire at its rate. Rounds in which all take turns: median (and range) of
microseconds, of the clock and of the processor. bayres' processor time is that of a long run less that of a short one, and
is not given for ranks, which wait actively. Brian2 (Debian: python3-brian) is left out where it is missing. ROUNDS (5) and RANKS (2)
can be fewer."""
import importlib.util
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

import h5py

ROUNDS = int(os.environ.get("ROUNDS", "5"))
RANKS = int(os.environ.get("RANKS", "2"))  # at most
WARM_UP = 500  # steps
CONFIG = """[reservoir]
size = {neurons}
gain = 0.632
connectivity = 0.1
input_scale = 1.2
dt = 0.1
[neuron]
model = lif
[task]
name = sines
drive = target
periods = 200
amplitudes = 1
scale = 1
[protocol]
washout = {washout}
train = {train}
test = 0
learn_every = 25
[learner.bayes]
rule = bayes
[record]
network = {network}
every = {every}
"""
UNWANTED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
ALONE = {name: value for name, value in os.environ.items() if name not in UNWANTED}
ALONE |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OMPI_MCA_ess_singleton_isolated": "1"}


def seconds_of_children():
    """Of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(bayres, path, neurons, steps, ranks=1, network="false"):
    """Seconds of the processor of the whole run, microseconds of a step, spikes per ms of a neuron."""
    path.with_suffix(".ini").write_text(CONFIG.format(neurons=neurons, washout=WARM_UP / 10, train=steps / 10, network=network,
                                                      every=1 if network == "true" else steps))
    launch = [] if ranks == 1 else ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)]
    ranks_yield = {"OMPI_MCA_mpi_yield_when_idle": str(int(ranks > 1))}  # a rank by itself has nobody to wait for
    before = seconds_of_children()
    subprocess.run([*launch, bayres, "run", path.with_suffix(".ini"), "-o", path, "--force", "--quiet"],
                   env=ALONE | ranks_yield, check=True)
    seconds = seconds_of_children() - before
    with h5py.File(path) as file:
        of = file["performance"].attrs
        microseconds = 1e6 * of["seconds_in_steps"] / of["steps"]
        rate = float(file.attrs["firing_rate"])
    return seconds, microseconds, rate


def ours(bayres, folder, neurons, steps, ranks):
    """Of a step: microseconds of the clock and of the processor."""
    long, microseconds, _ = run(bayres, folder / "long.h5", neurons, steps, ranks)
    if ranks > 1:
        return microseconds, float("nan")
    short = run(bayres, folder / "short.h5", neurons, steps // 10)[0]
    return microseconds, 1e6 * (long - short) / (steps - steps // 10)


def peer(folder, how, steps, rate):
    """The same; raises if the peer fires at another rate than bayres in the first steps."""
    script = pathlib.Path(__file__).with_name("spikes_peer.py")
    command = [sys.executable, "-B", script, folder / "network.h5", how, str(WARM_UP), str(steps), folder / "standalone"]
    printed = subprocess.run(command, env=ALONE, check=True, capture_output=True, text=True).stdout.split()
    clock, processor, found = map(float, printed[-3:])
    assert abs(found - rate) <= 0.02 * rate, f"{how} fires {found} spikes per ms, bayres {rate}"
    return clock, processor


def summary(values):
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def compare(bayres, neurons):
    steps = max(5000, 10_000_000 // neurons // 10 * 10)
    peers = ["numpy"] + ["brian-cython", "brian-standalone"] * (importlib.util.find_spec("brian2") is not None)
    names = ["bayres, 1 rank", "bayres, 2 ranks"][:RANKS]
    times = {name: [] for name in (*names, *peers)}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rate = run(bayres, folder / "network.h5", neurons, WARM_UP, network="true")[2]
        for _ in range(ROUNDS):
            for ranks, name in enumerate(names, 1):
                times[name].append(ours(bayres, folder, neurons, steps, ranks))
            for how in peers:
                times[how].append(peer(folder, how, steps // 4, rate))
    fastest = {name: min(clock for clock, _ in pairs) for name, pairs in times.items()}
    for name, pairs in times.items():
        clock, processor = zip(*pairs)
        of_processor = "" if name == "bayres, 2 ranks" else f"{summary(processor)} of the processor; "
        ratios = ", ".join(f"{fastest[name] / fastest[other]:.2f} of {other}" for other in names)
        print(f"N = {neurons}, {name}: {summary(clock)} us by the clock; {of_processor}fastest: {ratios}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for size in map(int, sys.argv[2:] or ("1000", "5000", "10000")):
        compare(str(pathlib.Path(sys.argv[1]).resolve()), size)
