"""mpi4py on one or two ranks: each holds rows of J; one Allgatherv a step carries rates and parts of the readout."""

import numpy as np
from mpi4py import MPI

import problem
from numpy_peer import adder, number
from problem import KEEP, LEAK

COMM = MPI.COMM_WORLD
LINE = 64  # bytes


def aligned(size, dtype):
    """Zeros, the second of which is at a multiple of LINE bytes."""
    values = np.zeros(size + 2 * LINE, dtype)
    first = (-values.ctypes.data // values.itemsize - 1) % (LINE // values.itemsize)
    return values[first : first + size]


class Rates:
    """The rates of all neurons, `everywhere`, and those of this rank's rows, `here`. The message of the first rank is
    its part of the readout and its rates, that of the second its rates and its part: so all rates lie in one piece."""

    def __init__(self, size, dtype):
        ranks, rank = COMM.Get_size(), COMM.Get_rank()
        bounds = [size * k // ranks for k in range(ranks + 1)]
        message = aligned(size + ranks, dtype)
        counts = [bounds[k + 1] - bounds[k] + 1 for k in range(ranks)]
        starts = [0, counts[0]][:ranks]
        self.rows = slice(bounds[rank], bounds[rank + 1])
        self.everywhere = message[1 : size + 1]
        self.here = self.everywhere[self.rows]
        self.message, self.part = message, [0, size + 1][rank]
        self.received = [message, counts, starts, MPI.DOUBLE if dtype == "float64" else MPI.FLOAT]

    def exchange(self, part):
        """Sends the rates and the part of the readout that are known here; returns the whole readout."""
        self.message[self.part] = part
        COMM.Allgatherv(MPI.IN_PLACE, self.received)
        if COMM.Get_size() == 1:
            return self.message[0]
        return self.message[0] + self.message[-1]


def bayes(network):
    rates = Rates(len(network.x0), network.dtype)
    rows, r, everywhere = rates.rows, rates.here, rates.everywhere
    everywhere[:] = np.tanh(network.x0)
    add_product = adder(LEAK * network.J[rows])
    x, W_in = network.x0[rows].copy(), LEAK * network.W_in[rows]
    w, h = np.zeros_like(x), np.empty_like(x)
    precision = np.full_like(x, len(network.x0))  # kappa + S, with kappa = N
    keep, input_, error = number(network, KEEP), number(network), number(network)

    def run(targets, z):
        COMM.Barrier()
        for t, target in enumerate(targets):
            np.multiply(x, keep, out=x)
            add_product(everywhere, x)
            input_[()] = target
            np.multiply(W_in, input_, out=h)
            np.add(x, h, out=x)
            np.tanh(x, out=r)
            z[t] = output = float(rates.exchange(np.dot(w, r)))
            error[()] = target - output
            np.multiply(r, r, out=h)
            np.add(precision, h, out=precision)
            np.divide(r, precision, out=h)
            np.multiply(h, error, out=h)
            np.add(w, h, out=w)

    return run, 1


if __name__ == "__main__":
    options = problem.parse_arguments(__doc__, ["bayes"])
    if COMM.Get_size() > 2:
        raise SystemExit("mpi4py_peer.py runs on one or two ranks")
    if COMM.Get_rank() > 0:
        options.outputs = options.outputs and "/dev/null"
    run, readouts = bayes(problem.network_of(options))
    microseconds = COMM.allreduce(problem.measure(run, readouts, options), MPI.MAX)
    if COMM.Get_rank() == 0:
        print(microseconds)
