"""Whether the peers do the work of bayres: on networks that it has recorded, their outputs are its outputs."""

import pathlib
import tempfile

import h5py
import numpy as np
import scipy.io

import machine
import problem
import workloads

SIZE, STEPS, CONNECTIVITY = 130, 150, 0.1
TOLERANCE = 1e-8

NAMES = {  # of the learners of bayres, in the order of the peers' readouts
    "bayes": ["bayes"],
    "delta": ["delta"],
    "rls": ["rls"],
    "study": [f"delta_{k + 1}" for k in range(len(problem.STUDY_ETAS))]
    + [f"bayes_{k + 1}" for k in range(len(problem.STUDY_KAPPAS))],
    "closed": [f"delta_{k + 1}" for k in range(len(problem.CLOSED_ETAS))],
}
NUMPY = {
    "bayes": ["bayes"],
    "delta": ["delta"],
    "rls": ["rls-plain", "rls-in-place", "rls-symmetric"],
    "study": ["study"],
    "closed": ["closed", "closed-batch"],
}


def peers(learners, storage, result, folder):
    """(name, command, environment, reader of z) of every peer that does the work of these learners."""
    outputs = folder / "z.npy"
    options = ("--storage", storage, "--network", result, "--steps", STEPS, "--outputs", outputs)
    for workload in NUMPY[learners]:
        command = machine.python("numpy_peer.py", workload, *options)
        yield f"numpy {workload}", command, machine.environment(), lambda: np.load(outputs)
    if learners == "bayes" and not machine.missing("mpi4py"):
        for ranks in (1, 2):
            command = (*machine.mpirun(ranks, "free"), *machine.python("mpi4py_peer.py", "bayes", *options))
            yield f"mpi4py, {ranks} ranks", command, machine.environment(), lambda: np.load(outputs)
    if learners in ("bayes", "rls") and not machine.missing("octave"):
        network, z = folder / "network.mat", folder / "z.mat"
        write_for_octave(result, storage, network)
        command = machine.octave(learners, SIZE, CONNECTIVITY, storage, "double", STEPS, network, z)
        yield "Octave", command, machine.environment(), lambda: scipy.io.loadmat(z)["z"].T


def write_for_octave(result, storage, path):
    options = type("Options", (), {"network": result, "storage": storage, "dtype": "float64"})
    network = problem.load(options)
    arrays = {"J": network.J, "W_in": network.W_in[:, None], "x0": network.x0[:, None], "target": problem.sines(STEPS)}
    scipy.io.savemat(path, arrays, oned_as="row")


def differences(bayres):
    """(peer, storage, largest difference of z, largest z) for everything that can be compared here."""
    for learners, names in NAMES.items():
        for storage in ("dense", "sparse"):
            with tempfile.TemporaryDirectory() as name:
                folder = pathlib.Path(name)
                text = workloads.config(SIZE, STEPS, CONNECTIVITY, learners, storage, network=True)
                result = workloads.run_bayres(bayres, text, folder)
                with h5py.File(result, "r") as file:
                    expected = np.hstack([file[f"learners/{learner}/output"][()] for learner in names])
                for peer, command, environment, read in peers(learners, storage, result, folder):
                    machine.output_of(command, environment)
                    z = read()
                    yield peer, storage, np.max(np.abs(z - expected[:, : z.shape[1]])), np.max(np.abs(z))


def main(bayres):
    agree = True
    for peer, storage, difference, largest in differences(bayres):
        agree = agree and difference <= TOLERANCE and largest > 1000 * TOLERANCE  # NaN does not agree
        print(f"{peer:24s} {storage:8s} {difference:8.1e} (up to {TOLERANCE:.0e}), |z| < {largest:.3f}", flush=True)
    print("The peers do the work of bayres." if agree else "There are peers that DIFFER.")
    return 0 if agree else 1
