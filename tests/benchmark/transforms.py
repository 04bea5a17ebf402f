#!/usr/bin/python3
"""What J r costs on one core, dense, sparse, and not stored; and not stored on two ranks: microseconds of a step.

    transforms.py BAYRES [NEURONS...]
    transforms.py --ranks BAYRES [NEURONS...]

The first: least of rounds in which all take turns; each as far as its J has at most 3 GB. numpy and scipy are those of the Python that runs
this, with one thread, and multiply random numbers of the same sizes: numpy's BLAS should be OpenBLAS.

The second: medians of interleaved rounds of J r and of a whole step, on one rank, and on two that make J r together, in shared
memory and (BAYRES_EXCHANGE=mpi) by parts that they send each other; and what part of the processors others have used meanwhile."""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).with_name("peers")))
import machine

for name in machine.UNWANTED:  # before numpy is loaded
    os.environ.pop(name, None)
os.environ |= machine.environment() | {"OMPI_MCA_ess_singleton_isolated": "1"}

import h5py
import numpy as np
import scipy.sparse

ROUNDS = 3
SIZES = (1000, 4000, 16384, 131072, 1_000_000, 10_000_000)
ROUNDS_OF_RANKS = 7
SIZES_OF_RANKS = (4096, 8192, 16384, 65536, 262144, 1_000_000, 1_048_576, 4_000_000)
LARGEST = 3e9  # bytes of a J
CONFIG = """[reservoir]
size = {neurons}
{keys}
[task]
name = sines
[protocol]
washout = 0
train = {train}
test = 0
[learner.a]
rule = bayes
[record]
every = 1000
network = false
"""
CASES = {  # keys, and the weights of a neuron
    "dense": ("connectivity = 1\nstorage = dense", lambda n: n),
    "p = 0.1": ("connectivity = 0.1\nstorage = sparse", lambda n: n // 10),
    "100 synapses": ("connectivity = {p}\nstorage = sparse", lambda n: 100),
    "transform": ("structure = transform", lambda n: 0),
}
PEERS = {"dense": "numpy", "p = 0.1": "scipy CSR", "100 synapses": "scipy CSR, 100"}


def steps_of(neurons, weights):
    """About half a second of them."""
    return int(np.clip(1e9 / (neurons * max(weights, 30)), 20, 20000))


def run(bayres, folder, neurons, case, ranks=1, environment=None):
    """Microseconds of J r, and of a step."""
    keys, weights = CASES[case]
    path = folder / "a.h5"
    text = CONFIG.format(neurons=neurons, train=steps_of(neurons, weights(neurons)) / 10, keys=keys.format(p=100 / neurons))
    path.with_suffix(".ini").write_text(text)
    subprocess.run([*machine.mpirun(ranks, "bound"), bayres, "run", path.with_suffix(".ini"), "-o", path, "--force", "--quiet"],
                   check=True, env=environment)
    with h5py.File(path) as file:
        found = file["performance"].attrs
        return [1e6 * found[name] / found["steps"] for name in ("seconds_recurrent", "seconds_in_steps")]


def peer(neurons, weights, dense):
    """The product that a script would make."""
    random = np.random.default_rng(1)
    if dense:
        J = random.standard_normal((neurons, neurons))
    else:
        columns = random.integers(0, neurons, (neurons, weights), dtype=np.int32)
        starts = np.arange(0, neurons * weights + 1, weights, dtype=np.int64)
        J = scipy.sparse.csr_array((random.standard_normal(neurons * weights), np.sort(columns, axis=1).ravel(), starts),
                                   shape=(neurons, neurons))
    r = np.tanh(random.standard_normal(neurons))
    steps = steps_of(neurons, weights)
    J @ r
    start = time.perf_counter()
    for _ in range(steps):
        J @ r
    return 1e6 * (time.perf_counter() - start) / steps


def measure(bayres, folder, neurons):
    """{what: microseconds}, least of the rounds."""
    fitting = {case: weights(neurons) for case, (_, weights) in CASES.items()
               if (8 if case == "dense" else 12) * neurons * weights(neurons) <= LARGEST and weights(neurons) <= neurons}
    times = {}
    for _ in range(ROUNDS):
        for case, weights in fitting.items():
            times.setdefault(case, []).append(run(bayres, folder, neurons, case)[0])
            if case in PEERS:
                times.setdefault(PEERS[case], []).append(peer(neurons, weights, case == "dense"))
    return {what: min(all_times) for what, all_times in times.items()}


def compare_ranks(bayres, folder, sizes):
    bound = os.environ | {"OMPI_MCA_mpi_yield_when_idle": "0"}
    two_ranks = {name: value for name, value in bound.items() if name != "OMPI_MCA_ess_singleton_isolated"}
    ways = {"1 rank": (1, None), "2, shared": (2, two_ranks), "2, split": (2, two_ranks | {"BAYRES_EXCHANGE": "mpi"})}
    print("| N |", " | ".join(f"{way}: J r | step" for way in ways), "| others |\n" + "|---" * (2 * len(ways) + 2) + "|", flush=True)
    for neurons in sizes:
        others = machine.Bystanders()
        rounds = [[time for ranks, environment in ways.values()
                   for time in run(bayres, folder, neurons, "transform", ranks, environment)] for _ in range(ROUNDS_OF_RANKS)]
        cells = [f"{statistics.median(times):,.{1 if times[0] < 100 else 0}f}" for times in zip(*rounds)]
        print(f"| {neurons:,} |", " | ".join(cells), f"| {others.share():.0%} |", flush=True)


def main():
    words = [word for word in sys.argv[1:] if word != "--ranks"]
    bayres = str(pathlib.Path(words[0]).resolve())
    sizes = [int(word) for word in words[1:]]
    if "--ranks" in sys.argv:
        with tempfile.TemporaryDirectory() as folder:
            compare_ranks(bayres, pathlib.Path(folder), sizes or SIZES_OF_RANKS)
        return
    sizes = sizes or SIZES
    columns = [name for case in CASES for name in (case, PEERS.get(case)) if name]
    print("| N |", " | ".join(columns), "|\n" + "|---" * (len(columns) + 1) + "|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for neurons in sizes:
            found = measure(bayres, pathlib.Path(folder), neurons)
            cells = [f"{found[name]:,.1f}" if found.get(name, 1e9) < 100 else f"{found[name]:,.0f}" if name in found else ""
                     for name in columns]
            print(f"| {neurons:,} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
