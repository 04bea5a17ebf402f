#!/usr/bin/python3
"""Kills runs at random instants and resumes them, for as long as it is told, and compares the bits of what they end with.

    BAYRES=build/release/bayres tests/soak/soak.py --minutes 5

Every round runs one configuration (feedback and storage are drawn, as are ranks, which change from start to start) with
checkpoints all the time, kills the whole job or one rank (SIGKILL) or asks it to stop (SIGTERM) at a random instant,
resumes it, again and again, until it is complete. Its result must have the bits of the run that was left alone, and
nothing else may be left. Ends with code 1 at the first round where that is not so.
"""
import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none"]
INI = """[reservoir]
size = 200
noise = 0.01
storage = {storage}
[task]
name = sines
drive = {drive}
[protocol]
feedback = {feedback}
train = 1500
test = 40
evaluate_at = 30, 100, 200
{span}
[learner.bayes]
rule = bayes
[learner.branch]
rule = branch
branch_size = 30
[learner.rls]
rule = rls
[record]
rates = 0..9
weights_every = 200
"""


def environment():
    known = {"OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMPI_MCA_mpi_yield_when_idle": "1"}
    if os.geteuid() == 0:
        known |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return known | os.environ


def start(folder, arguments, ranks):
    return subprocess.Popen([*MPIRUN, "-n", str(ranks), os.path.abspath(os.environ["BAYRES"]), *arguments, "--quiet"],
                            cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            start_new_session=True)


def children(pid):
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [int(child) for child in found]


def strike(process, rng):
    """Kills or stops a job in one of the ways in which jobs end; returns which."""
    ranks = children(process.pid)
    kind = rng.choice(["job", "rank", "term"])
    targets = ranks if kind == "job" or not ranks else [rng.choice(ranks)]
    for pid in targets:
        try:
            os.kill(pid, signal.SIGTERM if kind == "term" else signal.SIGKILL)
        except ProcessLookupError:
            pass
    return kind


def bits(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def same(one, other):
    return sorted(one) == sorted(other) and all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)


def play(folder, rng, kinds):
    """One round; returns how many times the run was struck."""
    feedback = rng.choice(["none", "teacher", "output"])
    (folder / "c.ini").write_text(INI.format(feedback=feedback, storage=rng.choice(["sparse", "dense"]),
                                             drive="target" if feedback == "none" else "none",
                                             span="" if feedback == "none" else "evaluate_span = 20"))
    began = time.monotonic()
    if start(folder, ["run", "c.ini", "-o", "whole.h5"], 1).wait() != 0:
        raise SystemExit("the run that is left alone failed")
    duration = time.monotonic() - began
    arguments = ["run", "c.ini", "-o", "c.h5", "--run.checkpoint_every=0.02"]
    for strikes in range(1000):
        process = start(folder, arguments, rng.randint(1, 4))
        try:
            process.wait(rng.uniform(0.3, 1.2 * duration))
        except subprocess.TimeoutExpired:
            kinds[strike(process, rng)] += 1
            process.wait(60)
        message = process.stderr.read().decode()
        if process.returncode == 0:
            break
        if (folder / "c.h5.checkpoint").exists():
            arguments = ["resume", "c.h5.checkpoint"]
        elif arguments[0] == "resume":
            raise SystemExit(f"the checkpoint has gone\n{message}")
    if not same(bits(folder / "whole.h5"), bits(folder / "c.h5")):
        raise SystemExit(f"the bits differ after {strikes} strikes: {folder}")
    left = sorted(path.name for path in folder.iterdir())
    expected = ["c.h5", "c.h5.checkpoint", "c.ini", "whole.h5", "whole.h5.checkpoint"]
    if left != expected:
        raise SystemExit(f"files are left over: {set(left) - set(expected)}")
    return strikes


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    kinds = {"job": 0, "rank": 0, "term": 0}
    end = time.monotonic() + 60 * options.minutes
    rounds = 0
    while time.monotonic() < end:
        folder = pathlib.Path(tempfile.mkdtemp())
        play(folder, rng, kinds)
        shutil.rmtree(folder)
        rounds += 1
    print(f"{rounds} runs, struck {sum(kinds.values())} times ({kinds['job']} x whole job killed, {kinds['rank']} x one rank "
          f"killed, {kinds['term']} x one rank sent SIGTERM), resumed on 1 to 4 ranks: all ended with the bits of the run "
          "that was left alone.")


if __name__ == "__main__":
    sys.exit(main())
