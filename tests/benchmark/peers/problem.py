"""The problem that every peer solves: a reservoir of tanh neurons whose readouts learn a sum of four sines online.

One time step is x = (1 - leak) x + leak (J r + W_in u + W_fb y); r = tanh(x); z = w.r; then the readouts learn from
z* - z. A peer is a script PEER WORKLOAD [options] that prints the microseconds of a step in its time loop, after a
warm-up; with --network it works on the network of a result of bayres, and with --outputs it writes its z (step,
readout).
"""

import argparse
import time

import numpy as np

LEAK = 0.1  # dt / tau
KEEP = 1 - LEAK
GAIN = 1.5
STUDY_ETAS = np.geomspace(1e-5, 3e-4, 10)  # learners of rule delta ...
STUDY_KAPPAS = np.geomspace(300, 30000, 10)  # ... and of rule bayes in workload `study`
CLOSED_ETAS = np.geomspace(1e-5, 1e-3, 16)  # learners of rule delta in workload `closed`
ETA = 1e-4  # of a single learner of rule delta

PERIODS = (120, 60, 40, 30)  # in units of tau
AMPLITUDES = (1, 1 / 2, 1 / 6, 1 / 3)


def sines(steps):
    """The target z* (step); it is the input u as well."""
    t = LEAK * np.arange(1, steps + 1)
    return 1.3 / 1.5 * sum(a * np.sin(2 * np.pi * t / p) for a, p in zip(AMPLITUDES, PERIODS))


class Network:
    """J (N, N), an array or scipy's CSR matrix; W_in, W_fb and the initial state x0 (N)."""

    def __init__(self, J, W_in, W_fb, x0, options):
        if options.storage == "sparse":
            import scipy.sparse

            J = scipy.sparse.csr_matrix(J, dtype=options.dtype)
        else:
            J = np.ascontiguousarray(J, options.dtype)
        self.J = J
        self.W_in, self.W_fb, self.x0 = (np.array(vector, options.dtype).ravel() for vector in (W_in, W_fb, x0))
        self.dtype = options.dtype


def draw(options):
    """A random network of options.size neurons."""
    random, size, p = np.random.default_rng(1), options.size, options.connectivity
    if options.storage == "sparse":
        import scipy.sparse

        J = scipy.sparse.random(size, size, p, "csr", random_state=random, data_rvs=random.standard_normal)
        J.data *= GAIN / np.sqrt(p * size)
    else:
        J = random.standard_normal((size, size), options.dtype)
        if p < 1:
            J *= random.random((size, size), np.float32) < p
        J *= GAIN / np.sqrt(p * size)
    W_in, W_fb = random.uniform(-1, 1, (2, size))
    return Network(J, W_in, W_fb, 0.5 * random.standard_normal(size), options)


def load(options):
    """The network that bayres has recorded in options.network."""
    import h5py
    import scipy.sparse

    with h5py.File(options.network, "r") as file:
        network = {name: values[()] for name, values in file["network"].items()}
    if "J" not in network:
        rows = [network[f"J_{name}"] for name in ("data", "indices", "indptr")]
        network["J"] = scipy.sparse.csr_matrix(tuple(rows), shape=(len(rows[2]) - 1,) * 2)
        if options.storage == "dense":
            network["J"] = network["J"].toarray()
    return Network(*(network[name] for name in ("J", "W_in", "W_fb", "x0")), options)


def parse_arguments(description, workloads):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("workload", choices=workloads)
    parser.add_argument("--size", type=int, default=1000, help="number of neurons")
    parser.add_argument("--connectivity", type=float, default=1, help="probability of a connection")
    parser.add_argument("--storage", choices=("dense", "sparse"), default="dense", help="of J")
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    parser.add_argument("--steps", type=int, default=1000, help="number of timed steps")
    parser.add_argument("--network", help="result of bayres whose network is used")
    parser.add_argument("--outputs", help="file that z is written to")
    return parser.parse_args()


def network_of(options):
    return load(options) if options.network else draw(options)


def warm_up_steps(steps):
    return max(steps // 10, 5)


def measure(run, readouts, options):
    """Microseconds per step of run(targets, z), which advances by len(targets) steps and fills z (step, readout).

    With --outputs there is no warm-up: then all steps are those of bayres, and z is written.
    """
    warm_up = 0 if options.outputs else warm_up_steps(options.steps)
    targets = sines(warm_up + options.steps).tolist()
    z = np.zeros((len(targets), readouts), options.dtype)
    run(targets[:warm_up], z[:warm_up])
    start = time.perf_counter()
    run(targets[warm_up:], z[warm_up:])
    seconds = time.perf_counter() - start
    if options.outputs:
        np.save(options.outputs, z)
    return 1e6 * seconds / options.steps
