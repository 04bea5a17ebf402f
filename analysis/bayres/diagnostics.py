"""Diagnose the reservoir of a result of bayres: dimension, spectrum, Lyapunov exponent, memory, autocorrelation time.

    analysis/bin/diagnostics RESULT [-o FOLDER]

prints a table, and draws diagnostics.png into the folder. What a diagnostic needs of the configuration:

    spectrum of J                       record.network = true
    dimension, autocorrelation time     record.rates = 0..N-1 (or some of the neurons)
    largest Lyapunov exponent           record.network = true, record.every = 1; with state noise also the rates of all
    memory capacity                     task.name = memory, and a learner

If a result lacks something, the table says which key to set. As a module:

    with Recording("result.h5") as recording:
        print(participation_ratio(recording.rates_in("test")))
        print(recording.lyapunov("test").exponent)

The first functions take arrays and know nothing of files. Times are in units of the neurons' tau where the documentation
says so; N is the number of neurons.
"""

import argparse
import collections
import functools
import pathlib

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg

from .results import TEST, TRAIN, Result, ResultError, program, refuse_to_overwrite

PHASES = {"train": (TRAIN,), "test": (TEST,), "all": (TRAIN, TEST)}
STARTS = 5  # tangent vectors of a Lyapunov exponent
LARGEST_DENSE = 2000  # neurons up to which all eigenvalues are computed
LARGEST_DEPARTURE = 1e-3  # of a re-simulated readout from the recorded one, over the latter's standard deviation


class Missing(ResultError):
    """The result lacks what a diagnostic needs; the text says which key to set."""


# ---- dimension


def covariance_eigenvalues(rates):
    """Eigenvalues of the covariance of rates (time, neuron), the largest first: (min(time, neuron)).

    The covariance is that of the neurons about their means over time, divided by the number of times.
    """
    centred = rates - rates.mean(axis=0)
    gram = centred.T @ centred if centred.shape[0] >= centred.shape[1] else centred @ centred.T
    return np.maximum(scipy.linalg.eigvalsh(gram)[::-1] / len(rates), 0)


def participation_ratio(rates):
    """(tr C)^2 / tr(C^2) of the covariance C of rates (time, neuron): how many dimensions they fill, 1 to neuron.

    It is n if n principal components have equal variances and the others none. With few independent samples it is too
    small: for isotropic rates n / (1 + n/samples). NaN if the rates are constant.
    Source: Rajan, Abbott & Sompolinsky 2010, Adv Neural Inf Process Syst 23:1975; Gao et al. 2017, bioRxiv 214262.
    """
    variances = covariance_eigenvalues(rates)
    return variances.sum() ** 2 / (variances**2).sum() if variances.any() else np.nan


# ---- autocorrelation


def autocorrelation(rates, lags=None):
    """Autocorrelation of rates (time, neuron) at 0, 1, ..., lags samples: (lags + 1), 1 at lag 0.

    C(k) = sum_i <dr_i(t) dr_i(t+k)> / sum_i <dr_i(t)^2>, dr_i being the rate less its mean over time, and each mean
    taken over the pairs there are. Neurons count by their variances. `lags` is by default half the record. NaN if the
    rates are constant. Source: Sompolinsky, Crisanti & Sommers 1988, Phys Rev Lett 61:259 (the average over neurons).
    """
    samples, neurons = rates.shape
    lags = samples // 2 if lags is None else min(lags, samples - 1)
    length = scipy.fft.next_fast_len(samples + lags, real=True)  # padded, so that the ends do not meet
    power = np.zeros(length // 2 + 1)
    for first in range(0, neurons, 64):  # as a transform of all at once may not fit into memory
        some = rates[:, first : first + 64]
        power += (np.abs(scipy.fft.rfft(some - some.mean(axis=0), length, axis=0)) ** 2).sum(axis=1)
    sums = scipy.fft.irfft(power, length)[: lags + 1] / (samples - np.arange(lags + 1))
    constant = not np.any(np.ptp(rates, axis=0) > 0)
    return np.full(lags + 1, np.nan) if constant else sums / sums[0]


def efolding_time(correlation, interval):
    """When an autocorrelation (lag), its lags `interval` apart, first falls to 1/e, interpolated linearly between lags.

    In the unit of interval. Infinite if it does not fall so far, NaN if the correlation is.
    """
    if np.isnan(correlation[0]):
        return np.nan
    below = np.flatnonzero(correlation <= np.exp(-1))
    if not below.size:
        return np.inf
    after = below[0]
    high, low = correlation[after - 1], correlation[after]
    return interval * (after - 1 + (high - np.exp(-1)) / (high - low))


def integrated_time(correlation, interval):
    """Integral of an autocorrelation (lag) over positive lags, by the trapezoid rule, in the unit of interval.

    interval (1/2 + C(1) + ... + C(W)), W being the first lag of at least 5 times the result, as noise in the tail
    would otherwise add up. NaN if no lag is, or if the correlation there is still beyond 1/e or -1/e, as it is of
    periodic rates and in a record too short. The mean of the rates over a time T has 2 (result)/T times the variance
    of one sample. Source: Sokal 1997, in Functional Integration, NATO ASI B 361:131.
    """
    sums = 0.5 + np.concatenate([[0], np.cumsum(correlation[1:])])
    enough = np.flatnonzero(np.arange(len(sums)) >= 5 * sums)
    if not enough.size or np.abs(correlation[enough[0]]) > np.exp(-1):
        return np.nan
    return interval * sums[enough[0]]


# ---- spectrum


def eigenvalues(matrix, count=40):
    """Eigenvalues of a matrix (N, N), dense or sparse, the largest in modulus first; whether these are all.

    All of up to LARGEST_DENSE neurons; of more, the `count` largest, by Arnoldi's method (Lehoucq, Sorensen & Yang
    1998, ARPACK Users' Guide) from a fixed vector, so that the same matrix gives the same answer.
    """
    size = matrix.shape[0]
    complete = size <= LARGEST_DENSE
    if complete:
        dense = matrix.toarray() if scipy.sparse.issparse(matrix) else np.asarray(matrix)
        values = np.linalg.eigvals(dense)
    else:
        start = np.random.default_rng(0).standard_normal(size)
        settings = {"which": "LM", "v0": start, "tol": 1e-6, "ncv": 4 * count, "maxiter": 1000}
        values = scipy.sparse.linalg.eigs(matrix, count, return_eigenvectors=False, **settings)
    return values[np.argsort(-np.abs(values))], complete


def spectral_radius(matrix):
    """Largest modulus of an eigenvalue of a matrix (N, N), dense or sparse."""
    return np.abs(eigenvalues(matrix)[0][0])


def leaky_map(J, leak):
    """(1 - leak) I + leak J for J (N, N), dense or sparse: one step of small states, where tanh is the identity.

    leak = dt/tau. Without input, states near 0 grow if its spectral radius is above 1.
    Source: Jaeger, Lukosevicius, Popovici & Siewert 2007, Neural Networks 20:335.
    """
    if scipy.sparse.issparse(J):
        return (1 - leak) * scipy.sparse.identity(J.shape[0], format="csr") + leak * J
    return (1 - leak) * np.eye(J.shape[0]) + leak * J


def weight_gain(J):
    """sqrt(sum_ij J_ij^2 / N) of J (N, N): for independent weights of mean 0, the radius of the circle of eigenvalues.

    Source: Girko 1985, Theory Probab Appl 29:694; Rajan & Abbott 2006, Phys Rev Lett 97:188104.
    """
    norm = scipy.sparse.linalg.norm(J) if scipy.sparse.issparse(J) else np.linalg.norm(J)
    return norm / np.sqrt(J.shape[0])


# ---- Lyapunov exponent


# Rates of states, and their derivative as a function of the rates, for each model of neurons.
NEURONS = {
    "tanh": (np.tanh, lambda r: 1 - r**2),
    "relu": (lambda x: np.maximum(x, 0), lambda r: (r > 0).astype(float)),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda r: r * (1 - r)),
    "identity": (np.copy, np.ones_like),
}


def tangent_growth(J, rates, leak, loop=None, model="tanh", starts=None):
    """Log of the growth of a small difference of states in each step: (steps), 1 per step; with a number of `starts`, of as many
    differences that start in directions of their own: (steps, starts).

    The tangent vector v is carried along a trajectory by the derivative of a step,

        v(t) = (1 - leak) v(t-1) + leak J s,  s_i = r'_i(t-1) v_i(t-1), with r' = dr/dx, 1 - r^2 for tanh,

    and scaled to length 1 after each. Their mean tends to the largest Lyapunov exponent (Benettin, Galgani, Giorgilli &
    Strelcyn 1980, Meccanica 15:9). Input and feedback do not depend on the state here, so that none of them is in it
    (except through r): it is the exponent conditional on them (Pecora & Carroll 1990, Phys Rev Lett 64:821).

    J       (N, N), dense or sparse
    rates   an iterable of rates r(t-1), each (N), from those before the first step
    leak    dt/tau
    loop    None, or a function of the number of a step that gives (W_fb (N, output), w (output, N)), when the
            feedback of the step before was its readout w r, or None when it was not: adds leak W_fb w s
    model   of the neurons, one of NEURONS
    starts  all tend to the same growth, so that their spread says whether the record is long enough

    A vector that vanishes, as in a chain of neurons without a loop, gives -inf from there on.
    """
    vectors, growth = None, []
    for step, r in enumerate(rates):
        if vectors is None:
            vectors = np.random.default_rng(0).standard_normal((starts or 1, len(r))).T
            vectors /= np.linalg.norm(vectors, axis=0)
        slope = NEURONS[model][1](r)[:, None] * vectors
        change = J @ slope
        closed = loop(step) if loop else None
        if closed is not None:
            change += closed[0] @ (closed[1] @ slope)
        vectors = (1 - leak) * vectors + leak * change
        lengths = np.linalg.norm(vectors, axis=0)
        with np.errstate(divide="ignore"):
            growth.append(np.log(lengths))
        vectors /= np.where(lengths == 0, 1, lengths)
    growth = np.array(growth)
    return growth if starts else growth[:, 0]


#: A largest Lyapunov exponent and its standard error, in 1/tau; its estimate after each of the times; those, in tau; the
#: exponent from each of the vectors that tangent_growth started with: (starts). The others are of their mean.
Lyapunov = collections.namedtuple("Lyapunov", "exponent error running times starts")


def lyapunov_exponent(growth, leak, blocks=20):
    """Lyapunov, from the log of the growth in each step (steps), or (steps, starts). leak = dt/tau.

    The error is that of the mean over `blocks` blocks of steps, taken as independent, which they are if a block is much
    longer than the autocorrelation time. NaN for fewer than two steps in a block.
    """
    each = growth if growth.ndim == 2 else growth[:, None]
    growth = each.mean(axis=1)
    running = np.cumsum(growth) / np.arange(1, len(growth) + 1) / leak
    error = np.nan
    if len(growth) >= 2 * blocks and np.isfinite(growth).all():
        length = len(growth) // blocks
        means = growth[-length * blocks :].reshape(blocks, length).mean(axis=1) / leak
        error = means.std(ddof=1) / np.sqrt(blocks)
    return Lyapunov(running[-1], error, running, leak * np.arange(1, len(growth) + 1), each.mean(axis=0) / leak)


# ---- memory


def memory_curve(output, target):
    """Squared correlation of each output with its target, both (time, delay): (delay).

    Of a constant output it is 0; of one that is not finite, NaN. The memory capacity is the sum over delays; it is at
    most N for independent inputs, one per step, and a linear readout. Outputs that know nothing of n independent inputs
    still have a mean of about 1/n each. Source: Jaeger 2001, Short term memory in echo state networks, GMD Report 152.
    """
    z, wanted = output - output.mean(axis=0), target - target.mean(axis=0)
    variances = (z**2).mean(axis=0) * (wanted**2).mean(axis=0)
    covariance = (z * wanted).mean(axis=0)
    return np.where(variances == 0, 0.0, covariance**2 / np.where(variances == 0, 1, variances))


# ---- results

Spectrum = collections.namedtuple("Spectrum", "eigenvalues complete radius map_radius gain weight_gain")
Spectrum.__doc__ = """Spectrum of a network.

eigenvalues   of J, the largest in modulus first, as many as were computed; complete: whether these are all
radius        the spectral radius of J; map_radius: that of leaky_map(J, leak)
gain          reservoir.gain, or NaN if the network was read from a file; weight_gain: that of the weights there are
"""


class Recording(Result):
    """What diagnostics need of one network of a result.

    size           N
    dt, tau, leak  time step and time constant, in the unit of tau; dt/tau
    model          of the neurons, one of NEURONS
    every          steps from one record to the next
    feedback       none, teacher or output
    recorded       (recorded): the neurons whose rates were recorded
    learner        the name of the learner whose readout is meant where each drives a reservoir of its own
    """

    def __init__(self, path, network=None, learner=None):
        self.learner, self._departure = learner, None  # once computed
        super().__init__(path, network)

    def _read_settings(self):
        super()._read_settings()
        self.require_one_network()
        reservoir = self.config["reservoir"]
        self.size = int(reservoir["size"])
        self.model = self.config.get("neuron", "model", fallback="tanh")
        if self.model not in NEURONS:
            raise ResultError(f"{self.path}: neuron.model = {self.model}: diagnostics know {', '.join(NEURONS)}")
        if ".." in reservoir["tau"] or reservoir.get("leak_on", "state") != "state":
            raise ResultError(f"{self.path}: diagnostics know states that leak, with one time constant: "
                              "reservoir.leak_on = state and a number for reservoir.tau")
        if self.config.getfloat("intrinsic_plasticity", "rate", fallback=0) > 0:
            raise ResultError(f"{self.path}: diagnostics know neurons without intrinsic plasticity, whose gains are 1")
        self.dt, self.tau = float(reservoir["dt"]), float(reservoir["tau"])
        self.leak = self.dt / self.tau
        self.every = self.config.getint("record", "every")
        self.feedback = self.config["protocol"]["feedback"]
        self.recorded = self._file["recorded"][()] if "recorded" in self._file else np.array([], int)
        if self.learner is not None and self.learner not in self.learners:
            raise ResultError(f"{self.path}: has no learner {self.learner}; it has {', '.join(self.learners) or 'none'}")
        self.learner = self.learner or next(iter(self.learners), None)

    phase = functools.cached_property(lambda self: self.series("phase"))

    @property
    def rates_learner(self):
        """The learner whose reservoir `rates` are of; None if all learners share one."""
        apart = self.feedback != "none" or any("recurrent.rule" in one.attributes for one in self.learners.values())
        return next(iter(self.learners), None) if apart else None

    @property
    def learns_J(self):
        """Whether the J of the learner is another than that of the network."""
        return self.learner is not None and "recurrent.rule" in self.learners[self.learner].attributes

    def default_phase(self):
        """test, or train if there are fewer than two records of the test."""
        return "test" if np.count_nonzero(self.phase == TEST) > 1 else "train"

    def steps(self, phase):
        """(time): which records are of a phase, one of PHASES."""
        inside = np.isin(self.phase, PHASES[phase])
        if np.count_nonzero(inside) < 2:
            key = {"train": "protocol.train", "test": "protocol.test", "all": "protocol.train or protocol.test"}[phase]
            raise Missing(f"fewer than two records of phase {phase}: needs a longer {key}, or another --phase")
        return inside

    def _must_have_network(self):
        if "network" not in self._file:
            raise Missing("the network was not recorded: needs record.network = true")

    def rates_in(self, phase):
        """Recorded rates of a phase: (time, recorded)."""
        if not self.recorded.size:
            raise Missing(f"no rates were recorded: needs record.rates, such as record.rates = 0..{self.size - 1}")
        if self.rates_learner not in (None, self.learner):
            raise Missing(f"the rates recorded are of the reservoir of {self.rates_learner}, the first learner")
        inside = np.flatnonzero(self.steps(phase))
        rates = self.series("rates", slice(inside[0], inside[-1] + 1))
        if not np.isfinite(rates).all():
            raise Missing("the rates are not finite: the run ended early, as all learners had diverged")
        return rates

    def matrix(self):
        """J (N, N), as the learner has learned it if it does: an array, or a scipy.sparse.csr_matrix if it was recorded so."""
        self._must_have_network()
        group = f"learners/{self.learner}/network" if self.learns_J else "network"
        if group not in self._file:
            raise Missing(f"the J that {self.learner} has learned was not recorded: needs record.network = true")
        if "J" in self._file[group]:
            return self.series(f"{group}/J")
        indptr = self.series(f"{group}/J_indptr").astype(np.int64)
        entries = slice(indptr[0], indptr[-1])  # of an ensemble, the networks' entries follow each other
        data, indices = (self.series(f"{group}/J_{name}", entries) for name in ("data", "indices"))
        if np.any(np.diff(indptr) < 0) or indptr[0] < 0 or len(data) != indptr[-1] - indptr[0] or np.any(indices >= self.size):
            raise ResultError(f"{self.path}: /{group}/J_indptr and /{group}/J_indices are not those of a J ({self.size}, {self.size})")
        return scipy.sparse.csr_matrix((data, indices.astype(np.int64), indptr - indptr[0]), (self.size, self.size))

    def spectrum(self):
        """Spectrum of the network."""
        J = self.matrix()
        if not np.isfinite(J.data if scipy.sparse.issparse(J) else J).all():
            raise Missing("the recorded network holds numbers that are not finite")
        values, complete = eigenvalues(J)
        if complete:
            map_radius = np.abs(1 - self.leak + self.leak * values).max()
        else:
            map_radius = spectral_radius(leaky_map(J, self.leak))
        drawn = not self.config.get("reservoir", "network", fallback="")
        found = self._file.attrs.get("gain", np.nan)  # of a spectral radius that was asked for
        gain = self.config.getfloat("reservoir", "gain", fallback=found) if drawn else np.nan
        return Spectrum(values, complete, np.abs(values[0]), map_radius, gain, weight_gain(J))

    def memory(self):
        """{learner: memory_curve (delay)} of the test phase; the number of independent inputs in it.

        Every recorded step counts, so that the curve is a mean over the time that an input is held.
        """
        if self.config["task"]["name"] != "memory":
            raise Missing("the memory curve is of a run of another task: needs task.name = memory")
        if not self.learners:
            raise Missing("there is no learner: needs a section [learner.NAME], such as with rule = ridge")
        inside = self.steps("test")
        delays, hold = self.config.getint("task", "delays"), self.config.getfloat("task", "interval")
        target = self.series("target")[inside]
        if target.shape[1] != delays:
            raise ResultError(f"{self.path}: has {target.shape[1]} targets, but task.delays = {delays}")
        curves = {name: memory_curve(learner.series("output")[inside], target) for name, learner in self.learners.items()}
        held = max(1, round(hold / self.dt))
        return curves, max(1, int(np.count_nonzero(inside) * self.every / held))

    # ---- the trajectory, for the Lyapunov exponent

    def _all_rates_recorded(self):
        shared = self.rates_learner in (None, self.learner)
        return shared and np.array_equal(np.unique(self.recorded), np.arange(self.size))

    def _recorded_trajectory(self):
        """r before each step, as recorded."""
        column = np.empty(self.size, int)
        column[self.recorded] = np.arange(len(self.recorded))
        yield NEURONS[self.model][0](self.series("network/x0"))
        for first in range(0, len(self.phase) - 1, 1024):
            yield from self.series("rates", slice(first, min(first + 1024, len(self.phase) - 1)))[:, column]

    def _simulated_trajectory(self, J):
        """r before each step, from x0, the recorded input, and the recorded feedback."""
        W_in, W_fb, bias, x = (self.series(f"network/{name}") for name in ("W_in", "W_fb", "bias", "x0"))
        drive = self.series("input") @ W_in.T + bias
        drive[1:] += self._feedback()[:-1] @ W_fb.T
        for current in drive:
            r = NEURONS[self.model][0](x)
            yield r
            x = x + self.leak * (J @ r + current - x)

    def _feedback(self):
        """y of each step (time, output), which the next step hears."""
        target = self.series("target")
        if self.feedback == "none":
            return np.zeros_like(target)
        output = self.learners[self.learner].series("output")
        if self.feedback == "output":
            return output
        return np.where((self.phase == TEST)[:, None], output, target)

    def _must_have_trajectory(self, phase):
        self._must_have_network()
        task = self.config["task"]
        if task.get("reset") == "true" or task.get("segments"):
            raise Missing("states return to x(0) where a segment begins, and no trajectory runs on from there")
        if self.learns_J and phase != "test":
            raise Missing(f"learner {self.learner} changes J in training: needs --phase test")
        if self.learns_J and not self._all_rates_recorded():
            raise Missing(f"the J of training, which {self.learner} has changed, is not in the record: needs "
                          f"record.rates = 0..{self.size - 1}, of the first learner")
        if self.every != 1:
            raise Missing(f"only one step in {self.every} was recorded: needs record.every = 1")
        noisy = self.config.getfloat("reservoir", "noise") > 0
        noisy |= self.feedback == "teacher" and self.config.getfloat("task", "training_noise", fallback=0) > 0
        noisy |= self.config.getfloat("protocol", "state_noise", fallback=0) > 0
        noisy |= self.config.get("protocol", "feedback_noise", fallback="auto").split()[0] not in ("auto", "0")
        if noisy and not self._all_rates_recorded():
            raise Missing(
                "noise of states or of a teacher is part of the trajectory but not of the record: "
                f"needs record.rates = 0..{self.size - 1}, or reservoir.noise = 0 and task.training_noise = 0"
            )
        if self.feedback == "none":
            return
        if self.learner is None:
            raise Missing("nothing was fed back, as there is no learner: needs protocol.feedback = none")
        if self.learners[self.learner].attributes["diverged_at_step"] >= 0:
            raise Missing(f"the reservoir hears learner {self.learner}, which diverged: needs another --learner")

    def lyapunov(self, phase, closed=False):
        """Lyapunov of a phase, one of PHASES: the largest exponent of the reservoir along its trajectory, in 1/tau.

        closed = False: the exponent conditional on all that the reservoir hears, input and feedback, which are taken
        from the record whether they came from outside or not. Below 0, two reservoirs that hear the same come to do
        the same: the echo states of Jaeger (2001, GMD Report 148). Without input and feedback it is the exponent of
        the autonomous network, and above 0 that is chaotic.

        closed = True: the exponent of the loop through the readout, its weights frozen; so in the test phase only,
        and with protocol.feedback = teacher or output. It is about 0 where the loop produces a stable periodic
        output, whose phase nothing corrects, and above 0 where it is chaotic.

        The trajectory is the recorded one if the rates of all neurons were recorded, or else simulated again from x0.
        State noise moves the trajectory but is not in the derivative: the exponent is that of two reservoirs with the
        same noise (Arnold 1998, Random Dynamical Systems); it needs the rates of all neurons. STARTS tangent vectors
        start with the run, so that in a later phase they have found their direction.
        """
        self._must_have_trajectory(phase)
        inside = self.steps(phase)
        loop = self._loop(phase) if closed else None
        if closed and self.departure() > LARGEST_DEPARTURE:
            raise Missing(
                "simulated again, this reservoir leaves its trajectory, and its loop with it: "
                f"needs record.rates = 0..{self.size - 1}"
            )
        growth = tangent_growth(self.matrix(), self._trajectory(), self.leak, loop, self.model, STARTS)
        if np.isnan(growth[inside]).any():
            raise Missing("the trajectory is not finite: the run ended early, as all learners had diverged")
        return lyapunov_exponent(growth[inside], self.leak)

    def _trajectory(self):
        return self._recorded_trajectory() if self._all_rates_recorded() else self._simulated_trajectory(self.matrix())

    def _loop(self, phase):
        if self.feedback == "none":
            raise Missing("there is no loop through the readout: needs protocol.feedback = teacher or output")
        if phase != "test":
            raise Missing("weights change in training: the exponent of the loop needs --phase test")
        if not self._hears_rates():
            raise Missing("readouts hear more than rates: the exponent of the loop needs readout.features = rates")
        ways = self.series("network/W_fb"), self._frozen_weights()
        return lambda step: ways if step > 0 and self.phase[step - 1] == TEST else None

    def _hears_rates(self):
        return self.config.get("readout", "features", fallback="rates") == "rates"

    def _frozen_weights(self):
        return self.series(f"learners/{self.learner}/weights", slice(-1, None))[0]

    def departure(self):
        """Largest difference, in the test phase, between the readout of the trajectory that lyapunov() uses and the recorded one.

        In standard deviations of the recorded one; NaN if there is no test phase or no learner. Rounding makes it about
        1e-12 where the reservoir forgets. In chaos it grows to about 1: then the exponent is that of another trajectory
        of the same network.
        """
        if self._departure is None:
            self._must_have_trajectory("test")
            self._departure = self._largest_difference()
        return self._departure

    def _largest_difference(self):
        test = np.flatnonzero(self.phase == TEST)
        if test.size < 2 or self.learner is None or not self._hears_rates():
            return np.nan
        z, w = self.learners[self.learner].series("output"), self._frozen_weights()
        scale, largest = z[test].std() or 1, 0.0
        for step, r in enumerate(self._trajectory()):
            if step > 0 and self.phase[step - 1] == TEST:  # r and z of the step before
                largest = np.maximum(largest, np.abs(w @ r - z[step - 1]).max())
        return float(largest / scale)


# ---- report


class Report:
    """All diagnostics of a recording: the `lines` of the table, and what can be drawn (None where something is missing).

    spectrum, rates (time, recorded), variances (component), correlation (lag), memory, exponent, loop_exponent
    """

    def __init__(self, recording, phase):
        self.recording, self.phase, self.lines = recording, phase, []
        self.spectrum = self.rates = self.variances = self.correlation = None
        self.exponent = self.loop_exponent = self.memory = None
        self._try("spectrum", self._spectrum)
        self._try("rates", self._rates)
        self._try("Lyapunov exponent", self._exponent)
        if recording.feedback != "none" and self.exponent is not None:
            self._try("Lyapunov exponent of loop", self._loop_exponent)
        if recording.config["task"]["name"] == "memory":
            self._try("memory capacity", self._memory)

    def _add(self, quantity, value, remark=""):
        self.lines.append((quantity, value, remark))

    def _try(self, quantity, diagnose):
        try:
            diagnose()
        except Missing as reason:
            self._add(quantity, "not computed", str(reason))

    def _spectrum(self):
        spectrum = self.spectrum = self.recording.spectrum()
        gain = "the network is from a file" if np.isnan(spectrum.gain) else f"reservoir.gain = {spectrum.gain:g}"
        remark = f"{gain}; by the weights {spectrum.weight_gain:.4g}"
        self._add("spectral radius of J", f"{spectrum.radius:.4g}", remark)
        self._add("spectral radius of a step", f"{spectrum.map_radius:.4g}", "(1 - leak) I + leak J, near state 0")

    def _rates(self):
        self.rates = self.recording.rates_in(self.phase)
        self._try("participation ratio", self._dimension)
        self._try("autocorrelation time", self._autocorrelation)

    def _dimension(self):
        self.ratio = participation_ratio(self.rates)
        if np.isnan(self.ratio):
            raise Missing("the recorded rates are constant")
        self.variances = covariance_eigenvalues(self.rates)
        times, neurons = self.rates.shape
        remark = f"{neurons} recorded of {self.recording.size} neurons, {times} times"
        self._add("participation ratio", f"{self.ratio:.4g}", remark)

    def _autocorrelation(self):
        interval = self.recording.leak * self.recording.every
        correlation = autocorrelation(self.rates)
        if np.isnan(correlation[0]):
            raise Missing("the recorded rates are constant")
        self.correlation = correlation
        self.lag = interval * np.arange(len(correlation))
        self.efolding = efolding_time(correlation, interval)
        self.integrated = integrated_time(correlation, interval)
        told = f"{self.efolding:.4g}" if np.isfinite(self.efolding) else f"over {self.lag[-1]:.4g}"
        self._add("autocorrelation time, to 1/e", told, "tau")
        told, remark = f"{self.integrated:.4g}", "tau"
        if not np.isfinite(self.integrated):
            told, remark = "not computed", "the rates oscillate, or the record is too short"
        self._add("autocorrelation time, integrated", told, remark)

    def _exponent(self):
        recording = self.recording
        self.exponent = recording.lyapunov(self.phase)
        heard = recording.feedback != "none" or recording.series("input").shape[-1] > 0
        remark = "1/tau, conditional on what the reservoir hears" if heard else "1/tau, of the autonomous network"
        if recording.departure() > LARGEST_DEPARTURE:
            remark += "; simulated again, it leaves the recorded trajectory"
        self._add("Lyapunov exponent", said(self.exponent), f"{remark}; {said_of_starts(self.exponent)}")

    def _loop_exponent(self):
        self.loop_exponent = self.recording.lyapunov(self.phase, closed=True)
        remark = f"1/tau, through the frozen readout of {self.recording.learner}; {said_of_starts(self.loop_exponent)}"
        self._add("Lyapunov exponent of loop", said(self.loop_exponent), remark)

    def _memory(self):
        curves, inputs = self.memory = self.recording.memory()
        for name, curve in curves.items():
            told = f"{curve.sum():.4g}"
            remark = f"inputs, of at most {len(curve)}; by chance about {len(curve) / inputs:.2g}"
            if np.isnan(curve).any():
                told, remark = "not computed", "the learner diverged"
            self._add(f"memory capacity of {name}", told, remark)

    def table(self):
        """The lines as text in columns."""
        widths = [max(len(line[column]) for line in self.lines) for column in (0, 1)]
        return "\n".join(f"{a:{widths[0]}s}  {b:{widths[1]}s}  {c}".rstrip() for a, b, c in self.lines)


def said(exponent):
    """The exponent and its error as text, with as many digits as the error allows."""
    if not np.isfinite(exponent.error) or exponent.error == 0:
        return f"{exponent.exponent:.4g}"
    digits = int(np.clip(1 - np.floor(np.log10(exponent.error)), 0, 6))
    return f"{exponent.exponent:.{digits}f} +- {exponent.error:.{digits}f}"


def said_of_starts(exponent):
    """The spread over the vectors that it was computed from."""
    return f"from {len(exponent.starts)} start vectors: {exponent.starts.min():.4g} to {exponent.starts.max():.4g}"


# ---- figure


def draw_spectrum(axes, report, look):
    spectrum = report.spectrum
    values, leak = spectrum.eigenvalues, report.recording.leak
    angle = np.linspace(0, 2 * np.pi, 400)
    radius = spectrum.weight_gain if np.isnan(spectrum.gain) else spectrum.gain
    name = "from the weights" if np.isnan(spectrum.gain) else "gain"
    which = f"all {len(values)}" if spectrum.complete else f"the {len(values)} largest"
    style = {"s": 9, "color": look.COLOURS[0], "linewidths": 0, "zorder": 3}
    axes.scatter(values.real, values.imag, label=f"eigenvalues ({which})", **style)
    label = f"circle of radius {radius:.3g} ({name})"
    axes.plot(radius * np.cos(angle), radius * np.sin(angle), color="black", linewidth=1, label=label)
    # Where a step neither lengthens nor shortens: |1 - leak + leak lambda| = 1.
    edge = 1 - 1 / leak + np.exp(1j * np.linspace(-np.pi, np.pi, 20001)) / leak
    limit = 1.15 * max(radius, spectrum.radius, 1.05)
    edge[np.abs(edge) > 2 * limit] = np.nan
    axes.plot(edge.real, edge.imag, color=look.COLOURS[1], linestyle="--", label="right of it, small states grow")
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal",
             xlabel=r"real part of $\lambda$", ylabel=r"imaginary part of $\lambda$",
             title=f"Spectrum of $J$: spectral radius {spectrum.radius:.3g}")


def draw_autocorrelation(axes, report, look):
    end = report.lag[-1]
    for time in (report.efolding, report.integrated):
        if np.isfinite(time):
            end = min(report.lag[-1], max(12 * time, 20 * report.lag[1]))
    shown = report.lag <= end
    axes.plot(report.lag[shown], report.correlation[shown], color=look.COLOURS[0])
    axes.axhline(0, color="black", linewidth=0.8)
    if np.isfinite(report.efolding):
        label = rf"falls to 1/e at {report.efolding:.3g} $\tau$"
        axes.plot(report.efolding, np.exp(-1), look.MARKERS[0], color=look.COLOURS[1], markersize=7, label=label)
    if np.isfinite(report.integrated):
        label = rf"integral {report.integrated:.3g} $\tau$"
        axes.axvline(report.integrated, color=look.COLOURS[2], linestyle="--", label=label)
    axes.set(xlabel=r"lag ($\tau$)", ylabel="autocorrelation", xlim=(0, end), ylim=(None, 1.05))
    axes.set_title(f"Autocorrelation of {report.rates.shape[1]} neurons' rates")


def draw_dimension(axes, report, look):
    share = np.cumsum(report.variances) / report.variances.sum()
    components = np.arange(1, len(share) + 1)
    axes.plot(components, share, color=look.COLOURS[0], marker=".", label="cumulative variance")
    label = f"participation ratio {report.ratio:.3g}"
    axes.axvline(report.ratio, color=look.COLOURS[1], linestyle="--", label=label)
    most = components[np.searchsorted(share, 0.95)]
    axes.plot(most, share[most - 1], look.MARKERS[1], color=look.COLOURS[2], markersize=7, label=f"95% with {most}")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set(xlabel="principal components of the rates", ylabel="share of variance", ylim=(0, 1.03))
    axes.set_title(f"Dimension of {report.rates.shape[1]} neurons' rates")


def draw_exponent(axes, report, look):
    heard = "given what it hears" if report.recording.feedback != "none" else "of the reservoir"
    both = [(report.exponent, heard), (report.loop_exponent, "of the loop, weights frozen")]
    finals = []
    for number, (exponent, name) in enumerate(both):
        if exponent is None or not np.isfinite(exponent.running).any():
            continue
        value = said(exponent).replace("+-", r"\pm")
        style = {"color": look.COLOURS[number], "linestyle": look.DASHES[number]}
        axes.plot(exponent.times, exponent.running, label=f"{name}: ${value}$", **style)
        if np.isfinite(exponent.error):
            band = exponent.exponent - exponent.error, exponent.exponent + exponent.error
            axes.axhspan(*band, color=look.COLOURS[number], alpha=0.2, linewidth=0)
        late = exponent.running[len(exponent.running) // 50 :]
        finals += [late.min(), late.max()]
    axes.axhline(0, color="black", linewidth=0.8)
    low, high = min(finals + [0]), max(finals + [0])
    axes.set_ylim(low - 0.15 * (high - low), high + 0.15 * (high - low))
    axes.set(xlabel=r"time averaged over ($\tau$)", ylabel=r"exponent ($1/\tau$)", xlim=(0, report.exponent.times[-1]))
    axes.set_title("Largest Lyapunov exponent (shaded: standard error)")


def draw_memory(axes, report, look):
    curves, inputs = report.memory
    for number, (name, curve) in enumerate(curves.items()):
        if np.isnan(curve).any():
            continue
        style = {"color": look.COLOURS[number % 7], "marker": look.MARKERS[number % 11]}
        axes.plot(np.arange(1, len(curve) + 1), curve, label=f"{name}: capacity {curve.sum():.3g}", **style)
    axes.axhline(1 / inputs, color="black", linestyle=":", label=f"chance, 1/{inputs}")
    axes.set(xlabel="delay (inputs)", ylabel="squared correlation $r^2$", ylim=(0, 1.03))
    axes.set_title(f"Memory over {inputs} inputs of the test")


def draw(report, path):
    """One figure of all there is to draw of a Report; returns its path."""
    from . import figures as look  # the style of the other figures; here, as numbers alone need no matplotlib

    exponent = report.exponent
    panels = [
        (draw_spectrum, report.spectrum is not None),
        (draw_dimension, report.variances is not None),
        (draw_autocorrelation, report.correlation is not None),
        (draw_exponent, exponent is not None and np.isfinite(exponent.running).any()),
        (draw_memory, report.memory is not None),
    ]
    panels = [panel for panel, there in panels if there]
    if not panels:
        raise Missing("there is nothing to draw: needs record.network = true or record.rates")
    columns = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3}[len(panels)]
    rows = -(-len(panels) // columns)
    figure, grid = look.plt.subplots(rows, columns, figsize=(4.8 * columns + 0.4, 4.9 * rows + 0.5), squeeze=False)
    for letter, axes, panel in zip("abcde", grid.flat, panels):
        panel(axes, report, look)
        axes.set_title(f"({letter}) {axes.get_title(loc='left')}")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), handlelength=2.5)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    recording = report.recording
    title = f"Task {recording.config['task']['name']}, N = {recording.size} neurons, seed {recording.seed}"
    of_phase = {"train": "training", "test": "the test", "all": "training and test"}[report.phase]
    figure.suptitle(f"{title}; rates and exponent of {of_phase}", fontsize=12, x=0.01, ha="left", weight="bold")
    figure.savefig(path)
    look.plt.close(figure)
    return path


@program
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("result", help="result file of bayres run")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="draw diagnostics.png into this folder")
    parser.add_argument("--format", choices=("png", "svg", "pdf"), default="png", help="of the figure (default: png)")
    parser.add_argument("--phase", choices=PHASES, help="of rates and exponent (default: test; train if there is none)")
    parser.add_argument("--learner", metavar="NAME", help="whose readout is fed back (default: the first)")
    parser.add_argument("--network", metavar="NUMBER", type=int, help="number of the network in an ensemble, from 0")
    options = parser.parse_args()
    path = pathlib.Path(options.output or "") / f"diagnostics.{options.format}"
    if options.output:
        refuse_to_overwrite([path], [options.result])
    with Recording(options.result, options.network, options.learner) as recording:
        report = Report(recording, options.phase or recording.default_phase())
        print(report.table())
        if options.output:
            path.parent.mkdir(parents=True, exist_ok=True)
            print(draw(report, path))
    return 0
