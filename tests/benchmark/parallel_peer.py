#!/usr/bin/python3
"""Parallel reservoirs that forecast spatio-temporal chaos (Pathak et al. 2018, PRL 120:024102), by numpy and scipy on one thread.

    parallel_peer.py [--system ks|lorenz96] [--length L] [--points Q] [--groups G] [--overlap O] [--neurons N] [--train STEPS] ...

Group g hears its q = Q/G points and `overlap` neighbours on each side of a ring, and learns what its own points are one step later. After
training, the truth drives the network for a while before each of several starts; from there on it hears its own outputs. Valid time: until
the rms error over all points exceeds 0.4 sd of the series. All groups share network and readout, unless --separate. Needs OpenBLAS."""
import argparse
import itertools
import time

import numpy as np
import scipy.linalg
import scipy.sparse

WASHOUT, WARM_UP, SPACING = 100, 150, 250  # steps before training, before a free run, and from start to start
HORIZON, THRESHOLD = 12, 0.4  # of a free run, in Lyapunov times; of the valid time, in sd of the series
EXPONENTS = {22: 0.049, 44: 0.073, 100: 0.090, 200: 0.094, "lorenz96": 1.68}  # largest, per unit of time; numbers: length of ks
OPTIONS = dict(system=("ks", "lorenz96"), length=44.0, points=128, groups=16, overlap=6, separate=False)
OPTIONS |= dict(neurons=500, synapses=10, gain=0.1, input_scale=0.1, bias=1.0, noise=1e-3)
OPTIONS |= dict(train=10000, rule=("ridge", "branch"), branch=20, others=("joint", "shared"), kappa=1.0, starts=20, seed=1)


def record(step, state, skipped, steps):
    for _ in range(skipped):
        state = step(state)
    return np.array([state := step(state) for _ in range(steps)])


def kuramoto_sivashinsky(length, points, steps, rng, dt=0.25, burn_in=1000):
    """u_t = -u u_x - u_xx - u_xxxx on a ring, (step, point): ETDRK4 (Kassam & Trefethen 2005), no dealiasing.
    Real transforms: the part of complex ones that is not Hermitian grows from rounding and overflows."""
    k = 2 * np.pi / length * np.arange(points // 2 + 1)
    linear, slope = k**2 - k**4, -0.5j * k
    slope[-1] = 0  # the derivative of the fastest cosine vanishes on the grid
    whole, half = np.exp(dt * linear), np.exp(dt * linear / 2)
    z = dt * linear[:, None] + np.exp(1j * np.pi * (np.arange(16) + 0.5) / 16)
    f1 = (-4 - z + np.exp(z) * (4 - 3 * z + z**2)) / z**3
    f2 = (2 + z + np.exp(z) * (z - 2)) / z**3
    f3 = (-4 - 3 * z - z**2 + np.exp(z) * (4 - z)) / z**3
    q, f1, f2, f3 = dt * np.mean([(np.exp(z / 2) - 1) / z, f1, f2, f3], axis=2).real

    def nonlinear(v):
        return slope * np.fft.rfft(np.fft.irfft(v, points) ** 2)

    def step(v):
        nv = nonlinear(v)
        a = half * v + q * nv
        na = nonlinear(a)
        nb = nonlinear(half * v + q * na)
        nc = nonlinear(half * a + q * (2 * nb - nv))
        return whole * v + f1 * nv + 2 * f2 * (na + nb) + f3 * nc

    u = rng.standard_normal(points)
    u -= u.mean()  # the mean is conserved, and moves the pattern
    return np.fft.irfft(record(step, np.fft.rfft(u), round(burn_in / dt), steps), points)


def lorenz96(points, steps, rng, dt=0.01, burn_in=50):
    """x_i' = (x_(i+1) - x_(i-2)) x_(i-1) - x_i + 8 on a ring, (step, point): RK4."""
    after, before, second = (np.roll(np.arange(points), s) for s in (-1, 1, 2))

    def flow(x):
        return (x[after] - x[second]) * x[before] - x + 8

    def step(x):
        a = flow(x)
        b = flow(x + dt / 2 * a)
        c = flow(x + dt / 2 * b)
        return x + dt / 6 * (a + 2 * b + 2 * c + flow(x + dt * c))

    return record(step, 8 + rng.standard_normal(points), round(burn_in / dt), steps)


class Groups:
    """Reservoirs around the ring. Rates are (network, neuron, column): one network and a column for each series and group, or, if
    separate, a network for each group and a column for each series."""

    def __init__(self, o, rng):
        self.groups, self.own, self.separate = o.groups, o.points // o.groups, o.separate
        self.heard = (np.arange(0, o.points, self.own)[:, None] + np.arange(-o.overlap, self.own + o.overlap)) % o.points
        shape = (o.groups if o.separate else 1, o.neurons)
        self.j = [self.draw_j(o, rng) for _ in range(shape[0])]
        self.w_in = o.input_scale * rng.uniform(-1, 1, (*shape, self.heard.shape[1]))
        self.bias = o.bias * rng.uniform(-1, 1, (*shape, 1))
        self.w = np.zeros((shape[0], self.own, o.neurons))

    @staticmethod
    def draw_j(o, rng):
        columns = np.concatenate([rng.choice(o.neurons, o.synapses, replace=False) for _ in range(o.neurons)])
        weights = o.gain / np.sqrt(o.synapses) * rng.standard_normal(len(columns))
        return scipy.sparse.csr_matrix((weights, columns, np.arange(0, len(columns) + 1, o.synapses)), (o.neurons, o.neurons))

    def columns(self, x):
        """(series, group, value) as (network, value, column)."""
        return x.transpose(1, 2, 0) if self.separate else x.reshape(-1, x.shape[2]).T[None]

    def advance(self, r, u):
        """Rates after hearing u (series, point); r None: after silence."""
        drive = self.w_in @ self.columns(u[:, self.heard]) + self.bias
        for m in range(len(drive) if r is not None else 0):
            drive[m] += self.j[m] @ r[m]
        return np.tanh(drive, out=drive)

    def outputs(self, r):
        z = self.w @ r
        return z.transpose(2, 0, 1).reshape(r.shape[2], -1) if self.separate else z[0].T.reshape(-1, self.groups * self.own)


def driven(net, series, o, rng):
    """Rates and targets (network, own point, column) of each training step; the input is noisy, the target is not."""
    r = None
    for t in range(WASHOUT + o.train):
        r = net.advance(r, series[None, t] + o.noise * rng.standard_normal(o.points))
        if t >= WASHOUT:
            yield r, net.columns(series[t + 1].reshape(1, o.groups, net.own))


def ridge(net, samples, o):
    """(G/T + lambda I) w = b/T, products summed over steps and columns; by eigenvalues where Cholesky is at the rounding."""
    products = np.zeros((len(net.w), o.neurons + net.own, o.neurons + net.own))
    for chunk in iter(lambda: list(itertools.islice(samples, 128)), []):
        both = np.concatenate([np.concatenate(sample, axis=1) for sample in chunk], axis=2)
        for m in range(len(both)):
            products[m] += both[m] @ both[m].T
    products *= len(products) / (o.train * o.groups)
    for m in range(len(products)):
        g, b = np.split(products[m, : o.neurons], [o.neurons], axis=1)
        if o.ridge > 1e-12:
            net.w[m] = scipy.linalg.solve(g + o.ridge * np.eye(o.neurons), b, assume_a="pos").T
        else:
            values, vectors = np.linalg.eigh(g)
            net.w[m] = (vectors @ ((vectors.T @ b) / (np.maximum(values, 0) + o.ridge)[:, None])).T


def branch(net, samples, o):
    """Branches of o.branch synapses, each with the covariance of its own weights, in units of the noise's variance, equal for all outputs.
    Groups with one readout observe at once: their errors are formed first, and the gain is divided by 1 + the uncertainties of all."""
    a = np.tile(np.eye(o.branch) / o.kappa, (len(net.w), o.neurons // o.branch, 1, 1))
    for x, target in samples:
        delta = target - net.w @ x
        for m, rates in enumerate(x.reshape(*a.shape[:3], -1)):
            total = 1 + np.sum(rates * (a[m] @ rates))
            for c in range(x.shape[2]):
                k = a[m] @ rates[..., c, None]
                own = 1 + np.sum(rates[..., c, None] * k, axis=1, keepdims=True)
                a[m] -= (k / (total if o.others == "joint" else own)) @ k.transpose(0, 2, 1)
                net.w[m] += delta[m, :, c, None] * (k / total).ravel()


def forecast(net, series, starts, horizon):
    """Steps until the error exceeds the threshold, per start (at most horizon + 1); rms error of one step; seconds a step."""
    r, errors, begin = None, [], time.perf_counter()
    for s in range(-WARM_UP, horizon):
        r = net.advance(r, series[starts + s] if s <= 0 else z)
        z = net.outputs(r)
        errors.append(np.sqrt(np.mean((z - series[starts + s + 1]) ** 2, axis=1)))
    seconds = (time.perf_counter() - begin) / len(errors)
    late = ~(np.array(errors[WARM_UP:] + [np.full(len(starts), np.inf)]) <= THRESHOLD)
    return 1 + np.argmax(late, axis=0), np.sqrt(np.mean(np.square(errors[WARM_UP // 2 : WARM_UP + 1]))), seconds


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--lambda", type=float, default=1e-8, dest="ridge", help="of the ridge, per sample")
    for name, value in OPTIONS.items():
        kind = dict(choices=value, default=value[0]) if isinstance(value, tuple) else dict(type=type(value), default=value)
        p.add_argument("--" + name.replace("_", "-"), **(dict(action="store_true") if value is False else kind))
    o = p.parse_args()
    if min(o.groups, o.train, o.starts, o.synapses, o.neurons - o.synapses + 1) < 1:
        p.error("--groups, --train, --starts and --synapses must be 1 or more, --neurons --synapses or more")
    if o.points % (2 if o.system == "ks" else 1) or o.points % o.groups or not 0 <= o.overlap <= o.points // 2:
        p.error(f"--points is {o.points}: give a multiple of --groups, {o.groups} (ks: even), and an --overlap of 0 to half of it")
    if o.rule == "branch" and (o.branch < 1 or o.neurons % o.branch):
        p.error(f"--branch is {o.branch}: give a divisor of --neurons, {o.neurons}")
    if o.system == "ks" and o.length not in EXPONENTS:
        p.error(f"--length is {o.length}: the exponent is known for 22, 44, 100 and 200")
    dt, exponent = (0.25, EXPONENTS[o.length]) if o.system == "ks" else (0.01, EXPONENTS["lorenz96"])
    horizon = round(HORIZON / (exponent * dt))
    streams = [np.random.default_rng([o.seed, k]) for k in range(3)]
    starts = WASHOUT + o.train + WARM_UP + SPACING * np.arange(o.starts)
    steps = starts[-1] + horizon + 1
    series = kuramoto_sivashinsky(o.length, o.points, steps, streams[0]) if o.system == "ks" else lorenz96(o.points, steps, streams[0])
    print(f"series: mean {series.mean():.3f}, sd {series.std():.3f}, mean square {np.mean(series**2):.3f}")
    series = (series - series.mean()) / series.std()
    net = Groups(o, streams[1])
    begin = time.perf_counter()
    (ridge if o.rule == "ridge" else branch)(net, driven(net, series, o, streams[2]), o)
    seconds = time.perf_counter() - begin
    valid, error, _ = forecast(net, series, starts, horizon)
    low, median, high = np.percentile(valid * dt * exponent, (25, 50, 75))
    print(f"valid time: median {median:.2f}, quartiles {low:.2f} to {high:.2f} Lyapunov times of {1 / exponent:.2f}, {o.starts} starts")
    print(f"one-step error: {error:.2e}; median over ln(0.4 / error): {median / np.log(THRESHOLD / error):.2f}")
    print(f"seconds: training {seconds:.1f}, a free step {forecast(net, series, starts[:1], horizon)[2]:.6f}")


if __name__ == "__main__":
    main()
