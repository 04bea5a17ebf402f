#!/usr/bin/python3
"""What learning J by `bayes` costs: microseconds of a step of one core, beside a fixed J and beside numpy.

    recurrent.py BAYRES [NEURONS]

Median (and range) of rounds in which all take turns. numpy is that of the Python that runs this: its BLAS should be OpenBLAS."""
import pathlib
import statistics
import subprocess
import sys
import tempfile

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).with_name("peers")))
import machine

ROUNDS = 7
CONFIG = """[reservoir]
size = {neurons}
connectivity = 1
storage = dense
gain = 1.1
[task]
name = sines
drive = target
[protocol]
washout = 0
train = {train}
test = 0
[learner.a]
rule = bayes
{keys}
"""
GATHERED = "recurrent.rule = bayes\nrecurrent.apply_every = 16\n"
CASES = {
    "J fixed": "",
    "apply_every = 16": GATHERED,
    "apply_every = 16, sums in float32": GATHERED + "recurrent.sum_type = float32\n",
    "apply_every = 1": "recurrent.rule = bayes\n",
}
PEERS = {"numpy, 16 steps gathered": ("apply_every = 16", "gathered"), "numpy, every step": ("apply_every = 1", "each")}
ALONE = machine.environment() | {"OMPI_MCA_ess_singleton_isolated": "1"}


def run(bayres, path, neurons, keys, steps):
    """Of a step."""
    path.with_suffix(".ini").write_text(CONFIG.format(neurons=neurons, train=steps / 10, keys=keys))
    command = [bayres, "run", path.with_suffix(".ini"), "-o", path, "--force", "--quiet"]
    subprocess.run(command, env=ALONE, check=True)
    with h5py.File(path) as file:
        return 1e6 * file["performance"].attrs["seconds_in_steps"] / file["performance"].attrs["steps"]


def peer(path, how, steps):
    script = pathlib.Path(__file__).with_name("recurrent_peer.py")
    command = [sys.executable, "-B", script, path, how, str(steps)]
    printed = subprocess.run(command, env=ALONE, check=True, capture_output=True, text=True).stdout.split()
    assert float(printed[0]) < 1e-9, f"numpy computes something else: outputs differ by {printed[0]}"
    return float(printed[1])


def main():
    bayres = str(pathlib.Path(sys.argv[1]).resolve())
    neurons = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    steps = max(64, 2_000_000 // neurons // 16 * 16)
    times = {name: [] for name in (*CASES, *PEERS)}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for case, keys in CASES.items():
            run(bayres, folder / f"{case}.short.h5", neurons, keys + "[record]\nevery = 1", 64)
        for _ in range(ROUNDS):
            for case, keys in CASES.items():
                times[case].append(run(bayres, folder / "a.h5", neurons, keys + "[record]\nnetwork = false", steps))
            for label, (case, how) in PEERS.items():
                times[label].append(peer(folder / f"{case}.short.h5", how, steps // 8))
    fixed = statistics.median(times["J fixed"])
    for label, all_times in times.items():
        middle = statistics.median(all_times)
        print(f"N = {neurons}, {label}: {middle:.1f} us ({min(all_times):.1f} to {max(all_times):.1f}), {middle / fixed:.2f} of J fixed")


if __name__ == "__main__":
    main()
