#!/usr/bin/python3
"""bayres-analyze against numpy, on a result with rates (0.8 GB) and on an ensemble.

    analysis.py BAYRES [ROUNDS]

bayres-analyze stands beside BAYRES. Least and median of rounds in which all take turns, in seconds by the clock and of the processor, from
start to end of the programs. numpy and scipy are those of the Python that runs this, on one thread: their BLAS should be OpenBLAS. The
numbers must agree."""
import os
import pathlib
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

CONFIG = """[reservoir]
size = {neurons}
[task]
name = sines
[protocol]
washout = 100
train = {train}
test = 4900
[learner.delta]
rule = delta
[learner.bayes]
rule = bayes
"""
RATES = "[record]\nrates = 0..499\n"
ENSEMBLE = "[ensemble]\nseeds = 1..20\n" + "".join(f"[learner.delta{k}]\nrule = delta\neta = {k}e-4\n" for k in range(1, 5))
UNWANTED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # set on some machines; they slow numpy down
ALONE = {name: value for name, value in os.environ.items() if name not in UNWANTED}
ALONE |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OMPI_MCA_ess_singleton_isolated": "1"}


def timed(command):
    """Seconds by the clock, and of the processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=ALONE, check=True)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def require_equal(ours, theirs):
    with h5py.File(ours) as study, h5py.File(theirs) as peer:
        condition = study["conditions/c0"]
        learners = sorted(condition["learners"])
        pairs = [(condition[f"learners/{name}/online/nrmse"][()], peer["errors"][:, k]) for k, name in enumerate(learners)]
        pairs += [(condition[f"rates/{name}"][()], peer[name][()]) for name in peer if name != "errors"]
        for found, expected in pairs:
            assert np.allclose(found, expected, rtol=1e-6, atol=1e-9 * np.abs(expected).max()), "numpy computes something else"


def compare(bayres, result, rounds):
    analyze, folder = pathlib.Path(bayres).with_name("bayres-analyze"), result.parent
    peer = [sys.executable, "-B", pathlib.Path(__file__).with_name("analysis_peer.py"), result]
    ours = [analyze, result, "-o", folder / "study.h5", "--force", "--quiet"]
    launcher = [*shlex.split(os.environ.get("BAYRES_MPIRUN_BASE", "mpirun")), "-n", "2"]
    cases = {"bayres-analyze, 1 rank": ours, "bayres-analyze, 2 ranks": launcher + ours, "numpy": [*peer, folder / "numpy.h5"],
             "scipy's transforms": [*peer, folder / "scipy.h5", "scipy"]}
    times = {name: [] for name in cases}
    for _ in range(rounds):
        for name, command in cases.items():
            times[name].append(timed(command))
    for name in ("numpy.h5", "scipy.h5"):
        require_equal(folder / "study.h5", folder / name)
    print(f"{result.stat().st_size / 1e6:.0f} MB")
    for name, found in times.items():
        clock, processor = zip(*found)
        print(f"  {name}: {min(clock):.2f} s ({statistics.median(clock):.2f}), of the processor {min(processor):.2f}")


def main():
    bayres = str(pathlib.Path(sys.argv[1]).resolve())
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as name:
        for text, neurons, train in ((RATES, 500, 15000), (ENSEMBLE, 100, 100)):
            config, result = pathlib.Path(name, "a.ini"), pathlib.Path(name, "a.h5")
            config.write_text(CONFIG.format(neurons=neurons, train=train).replace("4900", "4900" if text == RATES else "100") + text)
            subprocess.run([bayres, "run", config, "-o", result, "--quiet", "--force"], env=ALONE, check=True)
            compare(bayres, result, rounds)


if __name__ == "__main__":
    main()
