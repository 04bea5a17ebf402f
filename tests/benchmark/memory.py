#!/usr/bin/python3
"""Memory of a rank as `bayres run --dry-run` predicts it, against the peak of a run: estimate, peak and ratio of each of
CONFIGURATIONS on 1 and 2 ranks.

    BAYRES=build/dev/bayres BAYRES_MPIRUN_BASE="mpirun --oversubscribe" tests/benchmark/memory.py [NAME...]

Ranks keep to their own rows of J: whether they get copies of others' depends on how late those are.

Ends with 1 if any ratio is not within 15 % of 1. The peak is that of the rank that has most (ru_maxrss), shared pages
included; tests/program/test_cli_memory.py holds the ratios of the configurations in TESTED.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import h5py
import numpy as np

TOLERANCE = 0.15
COMMON = """
[task]
name = sines
drive = target
[protocol]
train = 2
test = 0.5
"""
LEARNER = "[learner.a]\nrule = bayes\n"
DENSE, SPARSE = "--reservoir.connectivity=1 --reservoir.storage=dense", "--reservoir.storage=sparse"


def closed(rule, count):
    return "".join(f"[learner.{rule}{k}]\nrule = {rule}\n" for k in range(count))


def of(keys, learners=LEARNER):
    return learners, keys.split()


# {name: (learners, keys)}
CONFIGURATIONS = {
    "small": of("--reservoir.size=100"),
    "dense": of(f"{DENSE} --reservoir.size=4000"),
    "dense_float32": of(f"{DENSE} --reservoir.size=5000 --reservoir.weight_type=float32"),
    "dense_bfloat16": of(f"{DENSE} --reservoir.size=7000 --reservoir.weight_type=bfloat16"),
    "dense_single": of(f"{DENSE} --reservoir.size=5000 --run.precision=single"),
    "dense_mixed": of(f"{DENSE} --reservoir.size=7000 --run.precision=mixed"),
    "sparse": of(f"{SPARSE} --reservoir.size=10000"),
    "sparse_float32": of(f"{SPARSE} --reservoir.size=12000 --reservoir.weight_type=float32"),
    "sparse_mixed": of(f"{SPARSE} --reservoir.size=15000 --run.precision=mixed"),
    "sparse_wide": of(f"{SPARSE} --reservoir.size=100000 --reservoir.connectivity=0.001 --run.precision=single"),
    "transform": of("--reservoir.structure=transform --reservoir.size=300000"),
    "rls": of("--reservoir.size=3500", "[learner.a]\nrule = rls\n"),
    "branch": of("--reservoir.size=4000", "[learner.a]\nrule = branch\nbranch_size = 2000\n"),
    "branch_small": of("--reservoir.size=20000 --reservoir.connectivity=0.005", "[learner.a]\nrule = branch\nbranch_size = 400\n"),
    "ridge": of("--reservoir.size=2500", "[learner.a]\nrule = ridge\nlambda = 1e-9\n"),
    "two_rls": of("--reservoir.size=2500", closed("rls", 2)),
    "many_learners": of("--reservoir.size=20000 --reservoir.connectivity=0.002", closed("bayes", 40)),
    "closed_loop": of("--reservoir.size=8000 --reservoir.connectivity=0.02 --protocol.feedback=output", closed("bayes", 60)),
    "closed_loop_rls": of("--reservoir.size=2000 --protocol.feedback=output", closed("rls", 3)),
    "record_network_dense": of(f"{DENSE} --reservoir.size=4000 --record.network=true"),
    "record_network_sparse": of(f"{SPARSE} --reservoir.size=8000 --record.network=true"),
    "record_network_mixed": of(f"{DENSE} --reservoir.size=6000 --record.network=true --run.precision=mixed"),
    "network_dense": of("--reservoir.network=dense.h5"),
    "network_csr": of("--reservoir.network=csr.h5"),
    "network_csr_as_dense": of("--reservoir.network=csr.h5 --reservoir.storage=dense --run.precision=single"),
    "network_J_alone": of("--reservoir.network=J.h5 --record.network=true"),
    "rates": of("--reservoir.size=2000 --record.rates=0..1999 --protocol.train=200"),
    "snapshots": of("--reservoir.size=20000 --reservoir.connectivity=0.001 --record.weights_every=1 --protocol.train=20"),
    "snapshots_small": of("--reservoir.size=256 --record.weights_every=1 --protocol.train=400"),
    "ensemble_snapshots": of("--reservoir.size=256 --record.weights_every=1 --protocol.train=200 --ensemble.seeds=1..4"),
    "delays": of("--reservoir.size=128 --task.name=memory --task.drive=none --task.delays=1000 --protocol.train=30"),
    "delays_long": of("--reservoir.size=128 --task.name=memory --task.drive=none --task.delays=400 --protocol.train=800 "
                      "--record.every=100"),
    "evaluations": of("--reservoir.size=20000 --reservoir.connectivity=0.001 --protocol.train=20 --protocol.evaluate_at="
                      + ",".join(map(str, range(1, 21))), closed("bayes", 10)),
    "file": of("--reservoir.size=200 --task.name=file --task.drive=none --task.path=long.csv --task.input=u --task.target=y "
               "--task.header=first"),
    "file_chunk": of("--reservoir.size=200 --task.name=file --task.drive=none --task.path=chunk.h5 --task.input=x:0 "
                     "--task.target=x:2"),
    "file_npz": of("--reservoir.size=200 --task.name=file --task.drive=none --task.path=packed.npz --task.input=x:0 "
                   "--task.target=x:2"),
    "ensemble": of(f"{SPARSE} --reservoir.size=6000 --ensemble.seeds=1..3 --record.network=true"),
    "replicas": of("--reservoir.network=csr.h5 --ensemble.replicas=3"),
    "initial_states": of("--reservoir.size=4000 --reservoir.connectivity=0.02 --evaluate.initial_states=300 --evaluate.washout=1"),
    "starts": of("--reservoir.size=400 --protocol.feedback=teacher --evaluate.starts=300 --evaluate.span=40 --evaluate.trajectories=true",
                 closed("bayes", 20)),
    "starts_one_learner": of("--reservoir.size=100 --protocol.feedback=teacher --evaluate.starts=2000 --evaluate.span=150 "
                             "--evaluate.trajectories=true"),
    "everything": of("--reservoir.size=3000 --record.network=true --record.rates=0..2999 --record.weights_every=5",
                     LEARNER + closed("rls", 1)),
}
TESTED = ("small", "dense", "sparse_mixed", "rls", "closed_loop", "record_network_dense", "network_csr", "rates", "file",
          "ensemble", "snapshots_small", "delays", "file_chunk", "starts_one_learner")

WRAPPER = """
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
rank = os.environ.get("OMPI_COMM_WORLD_RANK", "0")
open(sys.argv[1] + "." + rank, "w").write(str(usage.ru_maxrss * 1024))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def write_dense(path):
    n = 4000
    with h5py.File(path, "w") as file:
        file["network/J"] = np.random.default_rng(1).normal(size=(n, n)) / np.sqrt(n)
        for name, values in {"W_in": np.ones((n, 1)), "W_fb": np.ones((n, 1)), "bias": np.zeros(n), "x0": np.full(n, 0.1)}.items():
            file[f"network/{name}"] = values


def write_J(path):
    n = 3000
    with h5py.File(path, "w") as file:
        file["J"] = np.random.default_rng(2).normal(size=(n, n)).astype("f4") / np.sqrt(n)


def write_csr(path):
    n, per_row = 6000, 1000
    with h5py.File(path, "w") as file:
        file["J_indptr"] = np.arange(n + 1) * per_row
        file["J_indices"] = np.tile(np.arange(per_row, dtype=np.int32) * 6, n) + np.repeat(np.arange(n, dtype=np.int32) % 6, per_row)
        file["J_data"] = np.random.default_rng(3).normal(size=n * per_row) / np.sqrt(per_row)


def write_csv(path):
    steps = np.arange(500_000)
    with open(path, "w") as file:
        file.write("u,y\n")
        file.writelines(f"{u:.6f},{y:.6f}\n" for u, y in zip(np.sin(steps / 7), np.cos(steps / 11)))


def write_chunk(path):
    with h5py.File(path, "w") as file:
        values = np.random.default_rng(4).normal(size=(60_000, 100)).astype("f4")
        file.create_dataset("x", data=values, chunks=values.shape, compression="gzip", compression_opts=1)


def write_packed(path):
    np.savez_compressed(path, x=np.random.default_rng(5).normal(size=(400_000, 6)))


FILES = {"dense.h5": write_dense, "J.h5": write_J, "csr.h5": write_csr, "long.csv": write_csv, "chunk.h5": write_chunk,
         "packed.npz": write_packed}


def prepare(folder, names):
    """The files that configurations name: networks and a long table."""
    for file, write in FILES.items():
        if any(key.endswith(f"={file}") for name in names for key in CONFIGURATIONS[name][1]):
            write(folder / file)


def command(ranks, *arguments):
    launcher = [*shlex.split(os.environ["BAYRES_MPIRUN_BASE"]), "-n", str(ranks)] if ranks > 1 else []
    return [*launcher, *arguments]


def call(folder, ranks, *arguments):
    environment = {**os.environ, "BAYRES_PLACEMENT_WARNING": "0"}
    if ranks == 1:
        environment["OMPI_MCA_ess_singleton_isolated"] = "1"
    done = subprocess.run(command(ranks, *arguments), cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments}: ended with {done.returncode}: {done.stderr}")
    return done.stdout


def megabytes(pattern, text):
    number, unit = re.search(pattern + r": ([\d.e+]+) (kB|MB|GB)", text).groups()
    return float(number) * {"kB": 1e-3, "MB": 1, "GB": 1e3}[unit]


def peak(folder, ranks, *arguments):
    """Of the rank that has most, in MB."""
    for old in folder.glob("peak.*"):
        old.unlink()
    call(folder, ranks, sys.executable, "-c", WRAPPER, "peak", *arguments)
    return max(int(path.read_text()) for path in folder.glob("peak.*")) / 1e6


def measure(folder, name, ranks):
    """Estimate and peak, in MB."""
    bayres = os.path.abspath(os.environ["BAYRES"])
    learners, keys = CONFIGURATIONS[name]
    (folder / "c.ini").write_text(COMMON + learners)
    said = call(folder, ranks, bayres, "run", "c.ini", "--dry-run", *keys)
    run = [bayres, "run", "c.ini", "--quiet", "--force", "-o", "c.h5", "--parallel.balance=never", *keys]
    if not any(key.startswith("--evaluate.") for key in keys):
        return megabytes("memory per rank", said), peak(folder, ranks, *run)
    call(folder, ranks, *run)
    evaluate = [bayres, "evaluate", "c.h5", "--quiet", "--force", "-o", "e.h5"]
    return megabytes("memory per rank of evaluate", said), peak(folder, ranks, *evaluate)


def main():
    names = sys.argv[1:] or list(CONFIGURATIONS)
    bad = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        prepare(folder, names)
        print("| configuration | ranks | estimate, MB | peak, MB | ratio |\n|---|---|---|---|---|")
        for name in names:
            for ranks in (1, 2):
                estimate, actual = measure(folder, name, ranks)
                ratio = estimate / actual
                bad += abs(ratio - 1) > TOLERANCE
                print(f"| {name} | {ranks} | {estimate:.0f} | {actual:.0f} | {ratio:.2f} |", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
