#!/usr/bin/python3
"""What bayres-analyze finds of recorded rates and of errors while learning, by numpy on one thread: analysis_peer.py RESULT OUTPUT [scipy]

Each pass over the rates is in pieces that stay in the cache: products by BLAS, autocorrelation and spectrum by real Fourier transforms of
rows of neurons. `scipy` as last argument takes its transforms, which are vectorised over rows."""
import sys

import h5py
import numpy as np

LAGS, SEGMENT, WINDOWS, ROWS = 200, 1024, 50, 1 << 13
BLOCK = 2048  # of a transform for the autocorrelation


class Rates:
    """Sums over the rates of one network."""

    def __init__(self, rates, fft):
        self.rates, self.fft = rates, fft
        self.shift = rates[0]
        neurons = len(self.shift)
        self.products, self.sums = np.zeros((neurons, neurons)), np.zeros(neurons)
        self.power, self.segments = np.zeros(SEGMENT // 2 + 1), 0
        self.cross = np.zeros(BLOCK // 2 + 1, complex)
        self.window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SEGMENT) / SEGMENT)
        self.work = np.empty((neurons, LAGS + ROWS))

    def add(self, piece, old):
        """`piece` (row, neuron) follows the `old` columns that `work` still has of the last one."""
        self.products += piece.T @ piece
        self.sums += piece.sum(axis=0)
        work = self.work[:, : old + len(piece)]
        work[:, old:] = piece.T
        step = BLOCK - LAGS
        for start in range(old, work.shape[1], step):
            new = work[:, start : start + step]
            with_old = work[:, max(start - LAGS, 0) : start + step]
            shifted = self.fft.rfft(with_old, BLOCK, axis=1)
            now = self.fft.rfft(new, BLOCK, axis=1)
            lead = with_old.shape[1] - new.shape[1]
            phase = np.exp(2j * np.pi * np.arange(BLOCK // 2 + 1) * lead / BLOCK)
            self.cross += np.einsum("nf,nf->f", now, shifted.conj()) / phase
        self.work[:, : min(LAGS, work.shape[1])] = work[:, -LAGS:].copy()

    def add_segments(self, piece):
        columns = np.ascontiguousarray(piece.T)
        for start in range(0, columns.shape[1] - SEGMENT + 1, SEGMENT // 2):
            part = columns[:, start : start + SEGMENT]
            part = (part - part.mean(axis=1, keepdims=True)) * self.window
            transform = self.fft.rfft(part, axis=1)
            self.power += np.einsum("nf,nf->f", transform.real, transform.real) + np.einsum("nf,nf->f", transform.imag, transform.imag)
            self.segments += 1

    def found(self, rows, first, last, interval):
        n = len(self.sums)
        covariance = (self.products - np.outer(self.sums, self.sums) / rows) / rows
        eigenvalues = np.linalg.eigvalsh(covariance)[::-1]
        mean = self.sums / rows
        products = np.fft.irfft(self.cross, BLOCK)[: LAGS + 1]
        heads = np.concatenate([np.zeros((1, n)), np.cumsum(first[:LAGS], axis=0)])
        tails = np.concatenate([np.zeros((1, n)), np.cumsum(last[::-1][:LAGS], axis=0)])
        pairs = rows - np.arange(LAGS + 1)
        products -= ((2 * self.sums - heads - tails) * mean).sum(axis=1) - pairs * (mean**2).sum()
        correlation = products / pairs / (products[0] / rows)
        both = np.ones(SEGMENT // 2 + 1)
        both[1:-1] = 2
        power = self.power * both * interval / (self.window**2).sum() / (self.segments * n)
        return covariance.trace() ** 2 / (covariance**2).sum(), eigenvalues, correlation, power


def rates_of(rates, first, last, interval, fft):
    found = Rates(rates, fft)
    kept = np.empty((0, rates.shape[1]))
    head, old = None, 0
    for start in range(first, last, ROWS):
        piece = rates[start : min(start + ROWS, last)] - found.shift
        head = piece[:LAGS].copy() if head is None else head
        found.add(piece, old)
        old = LAGS
        together = np.concatenate([kept, piece])
        whole = max(0, (len(together) - SEGMENT) // (SEGMENT // 2) + 1)
        found.add_segments(together)
        kept = together[whole * (SEGMENT // 2) :]
    return found.found(last - first, head, together[-LAGS:], interval)


def errors_of(file, train, seed):
    """NRMSE of each learner in windows of training, with the variance of all of it."""
    target = file["target"][train[0] : train[-1] + 1]
    edges = len(target) * np.arange(WINDOWS + 1) // WINDOWS
    errors = []
    for learner in (file["learners"][name] for name in sorted(file["learners"])):
        output = learner["output"][seed][train[0] : train[-1] + 1]
        squares = np.add.reduceat((target - output) ** 2, edges[:-1]) / np.diff(edges)[:, None]
        errors.append(np.sqrt(squares / target.var(axis=0)).mean(axis=1))
        weights = learner["weights"][seed].reshape(len(learner["weights"][seed]), -1)
        np.linalg.norm(weights, axis=1), np.linalg.norm(weights - weights[:1], axis=1)
    return errors


def main():
    fft = np.fft
    if sys.argv[-1] == "scipy":
        import scipy.fft as fft
    with h5py.File(sys.argv[1]) as file, h5py.File(sys.argv[2], "w") as out:
        phase = file["phase"][()]
        interval = float(np.diff(file["time"][:2])[0])
        first, last = np.searchsorted(phase, [1, 3])
        train = np.flatnonzero(phase == 1)
        places = range(len(file["seed"])) if "seed" in file else [()]
        out["errors"] = [errors_of(file, train, place) for place in places]
        if "rates" not in file:
            return
        all_found = [rates_of(file["rates"] if place == () else file["rates"][place], first, last, interval, fft) for place in places]
        for name, values in zip(("participation_ratio", "eigenvalue", "autocorrelation", "power"), zip(*all_found)):
            out[name] = values


if __name__ == "__main__":
    main()
