"""numpy and scipy at their best: every operation works in place, J and W_in are multiplied by the leak beforehand, and
numbers that arrays are multiplied by stand in arrays of no dimension, of the same type, which ufuncs take fastest."""

import numpy as np

import problem
from problem import KEEP, LEAK

# Each workload is a function of the network that returns run(targets, z), which continues where it stopped, and the
# number of its readouts.


def adder(J):
    """add_product(r, x): x += J r. A sparse J uses the routine below scipy's `J @ r`, without its checks and copies."""
    if isinstance(J, np.ndarray):
        h = np.empty(len(J), J.dtype)

        def add_product(r, x):
            np.dot(J, r, out=h)
            np.add(x, h, out=x)

        return add_product
    from scipy.sparse._sparsetools import csr_matvec

    rows, columns = J.shape
    return lambda r, x: csr_matvec(rows, columns, J.indptr, J.indices, J.data, r, x)


def number(network, value=0):
    return np.array(value, network.dtype)


def reservoir(network, W):
    """The rates r (N), and advance(u), which advances them by a step with the input W u."""
    add_product, W = adder(LEAK * network.J), LEAK * W
    x, r, h = network.x0.copy(), np.tanh(network.x0), np.empty_like(network.x0)
    keep, input_ = number(network, KEEP), number(network)

    def advance(u):
        np.multiply(x, keep, out=x)
        add_product(r, x)
        input_[()] = u
        np.multiply(W, input_, out=h)
        np.add(x, h, out=x)
        np.tanh(x, out=r)

    return r, advance


def bayes(network):
    r, advance = reservoir(network, network.W_in)
    w, h = np.zeros_like(r), np.empty_like(r)
    precision = np.full_like(r, len(r))  # kappa + S, with kappa = N
    error = number(network)

    def run(targets, z):
        for t, target in enumerate(targets):
            advance(target)
            z[t] = output = float(np.dot(w, r))
            error[()] = target - output
            np.multiply(r, r, out=h)
            np.add(precision, h, out=precision)
            np.divide(r, precision, out=h)
            np.multiply(h, error, out=h)
            np.add(w, h, out=w)

    return run, 1


def delta(network):
    r, advance = reservoir(network, network.W_in)
    w, h, correction = np.zeros_like(r), np.empty_like(r), number(network)

    def run(targets, z):
        for t, target in enumerate(targets):
            advance(target)
            z[t] = output = float(np.dot(w, r))
            correction[()] = problem.ETA * (target - output)
            np.multiply(r, correction, out=h)
            np.add(w, h, out=w)

    return run, 1


def rls_plain(network):
    """Recursive least squares as it is mostly written."""
    r, advance = reservoir(network, network.W_in)
    w, P = np.zeros_like(r), np.eye(len(r), dtype=r.dtype)

    def run(targets, z):
        nonlocal w, P
        for t, target in enumerate(targets):
            advance(target)
            z[t] = w @ r
            k = P @ r
            c = 1 / (1 + r @ k)
            P -= c * np.outer(k, k)
            w += c * (target - z[t]) * k

    return run, 1


def rls_in_place(network):
    """The outer product is added in place by BLAS (dger)."""
    from scipy.linalg.blas import dger

    def multiply(P, r, k):
        np.dot(P.T, r, out=k)  # P is symmetric, and P.T has its rows in one piece

    return rls_by_blas(network, multiply, lambda P, k, c: dger(-c, k, k, a=P, overwrite_a=1))


def rls_symmetric(network):
    """Only one triangle of P is read and updated (dsymv, dsyr)."""
    from scipy.linalg.blas import dsymv, dsyr

    def multiply(P, r, k):
        dsymv(1, P, r, y=k, overwrite_y=1)

    return rls_by_blas(network, multiply, lambda P, k, c: dsyr(-c, k, a=P, overwrite_a=1))


def rls_by_blas(network, multiply, subtract_outer):
    r, advance = reservoir(network, network.W_in)
    w, k, P = np.zeros_like(r), np.zeros_like(r), np.eye(len(r), order="F")
    correction = number(network)

    def run(targets, z):
        for t, target in enumerate(targets):
            advance(target)
            z[t] = output = float(np.dot(w, r))
            multiply(P, r, k)
            c = 1 / (1 + float(np.dot(r, k)))
            subtract_outer(P, k, c)
            correction[()] = c * (target - output)
            np.multiply(k, correction, out=k)
            np.add(w, k, out=w)

    return run, 1


def study(network):
    """All learners of the study on one trajectory, vectorised by hand: w (learner, N), those of rule delta first."""
    from scipy.linalg.blas import dger

    r, advance = reservoir(network, network.W_in)
    etas, kappas = problem.STUDY_ETAS, problem.STUDY_KAPPAS
    w = np.zeros((len(etas) + len(kappas), len(r)))
    w_delta, w_bayes = w[: len(etas)], w[len(etas) :]
    precision = np.repeat(kappas[:, None], len(r), axis=1)
    change, squares, error = np.empty_like(precision), np.empty_like(r), np.empty(len(w))

    def run(targets, z):
        for t, target in enumerate(targets):
            advance(target)
            np.dot(w, r, out=z[t])
            np.subtract(target, z[t], out=error)
            dger(1, r, etas * error[: len(etas)], a=w_delta.T, overwrite_a=1)
            np.multiply(r, r, out=squares)
            np.add(precision, squares, out=precision)
            np.divide(r, precision, out=change)
            np.multiply(change, error[len(etas) :, None], out=change)
            np.add(w_bayes, change, out=w_bayes)

    return run, len(w)


def closed(network):
    """One learner of rule delta whose output is fed back."""
    r, advance = reservoir(network, network.W_fb)
    eta = problem.CLOSED_ETAS[0]
    w, h, correction = np.zeros_like(r), np.empty_like(r), number(network)
    output = 0.0

    def run(targets, z):
        nonlocal output
        for t, target in enumerate(targets):
            advance(output)
            z[t] = output = float(np.dot(w, r))
            correction[()] = eta * (target - output)
            np.multiply(r, correction, out=h)
            np.add(w, h, out=w)

    return run, 1


def closed_batch(network):
    """All learners of the closed loop, each with its own state, advanced as one product J R."""
    if isinstance(network.J, np.ndarray):
        return closed_batch_dense(network)
    return closed_batch_sparse(network)


def closed_batch_dense(network):
    """States, rates and weights are (learner, N), so that numpy's inner loops are long."""
    etas, W_fb = problem.CLOSED_ETAS, LEAK * network.W_fb
    J_transposed = np.ascontiguousarray(LEAK * network.J.T)
    X = np.tile(network.x0, (len(etas), 1))
    R, H, w = np.tanh(X), np.empty_like(X), np.zeros_like(X)
    output = np.zeros(len(etas))

    def run(targets, z):
        for t, target in enumerate(targets):
            np.dot(R, J_transposed, out=H)
            np.multiply(X, KEEP, out=X)
            np.add(X, H, out=X)
            np.multiply.outer(output, W_fb, out=H)
            np.add(X, H, out=X)
            np.tanh(X, out=R)
            np.einsum("ln,ln->l", w, R, out=output)
            z[t] = output
            np.multiply(R, (etas * (target - output))[:, None], out=H)
            np.add(w, H, out=w)

    return run, len(etas)


def closed_batch_sparse(network):
    """States, rates and weights are (N, learner), as scipy's product wants them. The outputs are one more row of the
    rates, and W_fb is one more column of J."""
    from scipy.sparse import csr_matrix, hstack
    from scipy.sparse._sparsetools import csr_matvecs

    etas, J = problem.CLOSED_ETAS, csr_matrix(LEAK * hstack([network.J, network.W_fb[:, None]], "csr"))
    learners, (rows, columns) = len(etas), J.shape
    X = np.repeat(network.x0[:, None], learners, axis=1)
    rates = np.zeros((columns, learners))
    R, output = rates[:-1], rates[-1]
    H, w, ones, scale = np.empty_like(X), np.zeros_like(X), np.ones(rows), np.empty(learners)
    np.tanh(X, out=R)

    def run(targets, z):
        for t, target in enumerate(targets):
            np.multiply(X, KEEP, out=X)
            csr_matvecs(rows, columns, learners, J.indptr, J.indices, J.data, rates.ravel(), X.ravel())
            np.tanh(X, out=R)
            np.multiply(w, R, out=H)
            np.dot(ones, H, out=output)
            z[t] = output
            np.multiply(etas, target - output, out=scale)
            np.multiply(R, scale, out=H)
            np.add(w, H, out=w)

    return run, learners


WORKLOADS = {
    "bayes": bayes,
    "delta": delta,
    "rls-plain": rls_plain,
    "rls-in-place": rls_in_place,
    "rls-symmetric": rls_symmetric,
    "study": study,
    "closed": closed,
    "closed-batch": closed_batch,
}


if __name__ == "__main__":
    options = problem.parse_arguments(__doc__, WORKLOADS)
    run, readouts = WORKLOADS[options.workload](problem.network_of(options))
    print(problem.measure(run, readouts, options))
