#!/usr/bin/python3
"""A network that learns J by `bayes`, in numpy at its best: in place, outer products by BLAS. recurrent.py calls it:

    recurrent_peer.py RESULT gathered|each STEPS

RESULT is a run of bayres whose J, inputs and targets it takes. It prints the largest difference from the outputs of that run
and the microseconds of a step after those."""
import sys
import time

import h5py
import numpy as np
from scipy.linalg.blas import dgemm, dger

LEAK = 0.1


class Network:
    """State and weights; step(u, target) is one step without learning of J, whose eligibility is then A x rbar."""

    def __init__(self, file):
        of = file["network"]
        self.J, self.W_in, self.bias = of["J"][:], LEAK * of["W_in"][:, 0], LEAK * of["bias"][:]
        self.x, self.n = of["x0"][:], len(self.J)
        self.r, self.h, self.rbar = np.tanh(self.x), np.empty(self.n), np.zeros(self.n)
        self.w, self.precision = np.zeros(self.n), np.full(self.n, float(self.n))
        self.P = np.full((self.n, self.n), file["learners/a"].attrs["recurrent.kappa"])  # kappa_J + S
        self.H, self.K = np.empty_like(self.J), int(file["learners/a"].attrs["recurrent.apply_every"])
        self.post, self.error = np.empty(self.n), 0.0

    def step(self, u, target):
        """Returns z."""
        r, h, x = self.r, self.h, self.x
        np.subtract(r, self.rbar, out=h)
        h *= LEAK
        self.rbar += h
        np.dot(self.J, r, out=h)
        h *= LEAK
        x *= 1 - LEAK
        x += h
        np.multiply(self.W_in, u, out=h)
        x += h
        x += self.bias
        np.tanh(x, out=r)
        z = float(np.dot(self.w, r))
        self.error = target - z
        np.multiply(r, r, out=h)
        np.subtract(1, h, out=self.post)
        self.post *= self.w
        self.precision += h
        return z

    def learn_readout(self):
        np.divide(self.r, self.precision, out=self.h)
        self.h *= self.error
        self.w += self.h

    def change_J(self):
        np.divide(self.H, self.P, out=self.H)
        self.J += self.H


def each(network):
    """J changes in every step."""

    def learn(step):
        post, rbar = network.post, network.rbar
        dger(1, rbar * rbar, post * post, a=network.P.T, overwrite_a=1)
        np.multiply.outer(network.error * post, rbar, out=network.H)
        network.change_J()

    return learn


def gathered(network):
    """J changes once in K steps, by products of rank K."""
    K, n = network.K, network.n
    post, square, pre, pre_square = (np.empty((K, n)) for _ in range(4))

    def learn(step):
        k = step % K
        np.multiply(network.post, network.error, out=post[k])
        np.multiply(network.post, network.post, out=square[k])
        pre[k] = network.rbar
        np.multiply(network.rbar, network.rbar, out=pre_square[k])
        if k + 1 < K:
            return
        dgemm(1, pre_square.T, square.T, trans_b=1, beta=1, c=network.P.T, overwrite_c=1)
        np.dot(post.T, pre, out=network.H)
        network.change_J()

    return learn


def main():
    with h5py.File(sys.argv[1]) as file:
        network = Network(file)
        inputs, targets, outputs = file["input"][:, 0], file["target"][:, 0], file["learners/a/output"][:, 0]
    learn = {"gathered": gathered, "each": each}[sys.argv[2]](network)

    def run(steps):
        z = np.empty(steps)
        for t in range(steps):
            z[t] = network.step(inputs[t % len(inputs)], targets[t % len(targets)])
            learn(t)
            network.learn_readout()
        return z

    same = abs(run(len(outputs)) - outputs).max()
    start = time.perf_counter()
    run(int(sys.argv[3]))
    print(same, 1e6 * (time.perf_counter() - start) / int(sys.argv[3]))


if __name__ == "__main__":
    main()
