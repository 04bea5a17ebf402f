#!/usr/bin/python3
"""What a spiking reservoir gains where axonal delays let several steps share one collective: microseconds per step with
delays of 1.5 ms (15 steps), and of the same run with a collective in every step, which recording a potential makes it have.

    tests/benchmark/delays.py build/release/bayres [ranks, 2] [repetitions, 7]

Runs are interleaved; minima and medians."""
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

CONFIGURATION = """
[reservoir]
size = {size}
gain = 0.632
connectivity = 0.1
input_scale = 1.2
dt = 0.1
[neuron]
model = lif
delay = 1.5
[task]
name = sines
drive = target
periods = 200
amplitudes = 1
[protocol]
washout = 100
train = {train}
learn_every = 25
[learner.bayes]
rule = bayes
[record]
every = 1000
"""
SIZES = {1000: 2000, 5000: 600}  # and ms of training


def seconds(program, ranks, folder, size, *keys):
    """Of a step, and of its collective, in microseconds."""
    (folder / "c.ini").write_text(CONFIGURATION.format(size=size, train=SIZES[size]))
    subprocess.run(["mpirun", "--oversubscribe", "-n", str(ranks), program, "run", folder / "c.ini", "-o", folder / "r.h5",
                    "--force", "--quiet", *keys], check=True, capture_output=True)
    with h5py.File(folder / "r.h5") as file:
        performance = file["performance"].attrs
        return [1e6 * float(performance[name]) / float(performance["steps"])
                for name in ("seconds_in_steps", "seconds_exchange")]


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    ranks, repetitions = (int(word) for word in (sys.argv[2:] + ["2", "7"][len(sys.argv) - 2:])[:2])
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            times = {"every step": [], "shared": []}
            for _ in range(repetitions):
                for name, keys in (("every step", ["--record.potential=0"]), ("shared", [])):
                    times[name].append(seconds(program, ranks, pathlib.Path(folder), size, *keys))
            for name, rows in times.items():
                (step, least_step), (collective, least) = ((np.median(column), min(column)) for column in np.array(rows).T)
                print(f"N = {size}, {ranks} ranks, collective {name}: {least_step:.2f} us/step (median {step:.2f}), of them "
                      f"the collective {least:.2f} ({collective:.2f})")


if __name__ == "__main__":
    main()
