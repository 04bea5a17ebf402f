#!/usr/bin/python3
"""Simulate a recorded run again with numpy, from the equations alone, and compare.

    resimulate.py RESULT.h5

The result must hold its network (record.network = true) and every step (record.every = 1). Noise is drawn again.
Rules: all; of clipped, only with one sign for all neurons, as other signs are not recorded. The exit code is 1 if any
learner differs by more than its tolerance.
"""

import argparse
import pathlib
import sys

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis"))
import bayres  # noqa: E402

DRIVEN_TOLERANCE = 1e-9  # adagrad on a ring differs by 1.04e-10 with OpenBLAS, by less with the reference BLAS

# Where an output is fed back, a difference of one rounding error (about 1e-16; sums are taken in another order here)
# moves the network's state, and a chaotic network makes it grow exponentially. So such steps agree only for a while.
CLOSED_TOLERANCE = 1e-8
CLOSED_STEPS = 200

# Ridge's weights are the solution of a system of equations whose condition number multiplies every rounding error.
RIDGE_TOLERANCE = 1e-8


STATE_NOISE, TRAINING_NOISE, TRAINING_STATE_NOISE = 7, 13, 18  # streams of random numbers

RATES = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "identity": np.copy}


class Run:
    """What is needed of a result file: settings, network, input, target, and what each learner did.

    Shapes: J (N, N), W_in (N, input), W_fb (N, output), bias (N), x0 (N), input (time, input), target (time, output),
    phase (time); z[name] (time, output), snapshots[name] (snapshot, output, N), snapshot_steps (snapshot).
    Learners that diverged are only named, in `diverged`: as they grow without bound, so does every rounding error.
    """

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            config = bayres.read_config(file.attrs["config"])
            if config.getint("record", "every") != 1:
                raise ValueError(f"{path}: needs record.every = 1")
            self.seed = config.getint("run", "seed")
            self.noise = config.getfloat("reservoir", "noise")  # standard deviations; in training alone:
            self.training_noise = config.getfloat("protocol", "state_noise", fallback=0)
            teacher = config.get("protocol", "feedback") == "teacher"
            of_feedback = config.get("protocol", "feedback_noise", fallback="auto").split()[0]
            of_task = config.getfloat("task", "training_noise", fallback=0) if teacher else 0
            self.feedback_noise = of_task if of_feedback == "auto" else float(of_feedback)
            if "network" not in file:
                raise ValueError(f"{path}: needs record.network = true")
            dt = config.getfloat("reservoir", "dt")
            self.leak = dt / config.getfloat("reservoir", "tau")
            self.rate = RATES[config.get("neuron", "model")]
            self.feedback = config.get("protocol", "feedback")
            self.learn_every = config.getint("protocol", "learn_every")
            self.features = [word.strip() for word in config.get("readout", "features", fallback="rates").split("+")]
            self.input, self.target, self.phase = (file[name][()] for name in ("input", "target", "phase"))
            ones = np.ones(len(self.input))
            self.segment = file["segment"][()] if "segment" in file else 0 * ones
            self.weight = file["step_weight"][()] if "step_weight" in file else ones
            network = file["network"]
            self.W_in, self.W_fb, self.bias, self.x0 = (network[name][()] for name in ("W_in", "W_fb", "bias", "x0"))
            self.J = read_matrix(network)
            self.snapshot_steps = np.rint(file["snapshot_time"][()] / dt).astype(int)
            self.parameters, self.z, self.snapshots = {}, {}, {}
            self.diverged = [name for name, group in file["learners"].items() if group.attrs["diverged_at_step"] >= 0]
            for name in set(file["learners"]) - set(self.diverged):
                learner = file["learners"][name]
                given = config[f"learner.{name}"]
                self.parameters[name] = {key: given[key] for key in given if not key.startswith("recurrent.")}
                self.z[name] = learner["output"][()]
                self.snapshots[name] = learner["weights"][()]

    def noise_of(self, step, size):
        """What noise adds to the states in a step."""
        noise = self.noise * normals(self.seed, STATE_NOISE, step, size) if self.noise > 0 else 0
        if self.training_noise > 0 and self.phase[step] == 1:
            noise = noise + self.training_noise * normals(self.seed, TRAINING_STATE_NOISE, step, size)
        return np.sqrt(self.leak) * noise

    def noise_fed_back(self, step, size):
        if self.feedback_noise == 0 or self.phase[step] != 1:
            return 0
        inputs = self.input.shape[1]
        return self.feedback_noise * normals(self.seed, TRAINING_NOISE, step, inputs + size)[inputs:]

    def heard(self, r, u):
        """The features that readouts hear: of the rates (N), every second one squared, then 1, then the inputs."""
        values = r.copy()
        if "squares" in self.features:
            values[1::2] **= 2
        bias, inputs = np.ones(int("bias" in self.features)), u if "input" in self.features else []
        return np.concatenate([values, bias, inputs])


def normals(seed, stream, step, count):
    """Draws of core::Philox: counter (index / 4, step, stream, 0), key (seed, 0), by Box and Muller."""
    counter = ((stream << 128) | (step << 64)) - 1  # numpy counts before it draws
    raw = np.random.Philox(counter=counter % (1 << 256), key=seed).random_raw(4 * (-(-count // 4)))
    pairs = (((raw >> np.uint64(11)) | np.uint64(1)) * 2.0**-53).reshape(-1, 2)
    radius, angle = np.sqrt(-2 * np.log(pairs[:, 0])), 2 * np.pi * pairs[:, 1]
    return (radius[:, None] * np.transpose([np.cos(angle), np.sin(angle)])).reshape(-1)[:count]


def read_matrix(network):
    """J (N, N) of a /network group, stored as it is or as compressed sparse rows."""
    if "J" in network:
        return network["J"][()]
    indptr, indices, data = (network[f"J_{name}"][()] for name in ("indptr", "indices", "data"))
    size = len(indptr) - 1
    J = np.zeros((size, size))
    J[np.repeat(np.arange(size), np.diff(indptr)), indices] = data
    return J


# The rules. Each is a function learn(w, r, d) that changes w (output, N) in place, given the rates r (N) and the
# errors d (output), and keeps the rest of its state to itself. It may have an attribute finish: a function finish(w),
# called once at the end of training. Rules with `w0` do not start at 0; they are made from the signs of their weights.


def delta(size, eta):
    def learn(w, r, d):
        w += float(eta) * np.outer(d, r)

    return learn


def bayes(size, kappa, drift=0, prior_decay=0, others="prior"):
    prior, kept = 1 / float(kappa), 1 - float(prior_decay)
    alpha = np.full(size, prior)

    def learn(w, r, d):
        w *= kept
        alpha[:] = prior + kept**2 * (alpha - prior) + float(drift)
        V = alpha @ r**2
        gain = alpha / (1 + (alpha * r**2 if others == "prior" else V))
        alpha[:] -= (alpha * r) ** 2 / (1 + (V if others == "joint" else alpha * r**2))
        w += np.outer(d, gain * r)

    return learn


def branch(size, branch_size, kappa, rho=1, resource_sd="auto", others="prior", forgetting=1, covariance_type="float64"):
    branch_size = int(branch_size)
    branches = [slice(start, min(start + branch_size, size)) for start in range(0, size, branch_size)]
    covariances = [branch_prior(b.stop - b.start, float(kappa), resource_sd) for b in branches]
    traces = [np.trace(A) for A in covariances]

    def learn(w, r, d):
        for A, trace in zip(covariances, traces):
            forget(A, trace, float(forgetting))
        gains = [A @ r[b] for b, A in zip(branches, covariances)]
        variances = [r[b] @ k for b, k in zip(branches, gains)]
        V = sum(variances)
        for b, A, k, q in zip(branches, covariances, gains, variances):
            w[:, b] += np.outer(d, k / (1 + (q if others == "prior" else V)))
            A -= np.outer(k, k) / (1 + (V if others == "joint" else q))
            A[:] = A.astype(covariance_type)

    return learn


def forget(A, trace, forgetting):
    """A grows while its trace is at most that of the prior, to rounding (bayres sums in another order)."""
    if np.trace(A) <= trace * (1 + 1e-12):
        A /= forgetting


def branch_prior(size, kappa, resource_sd):
    """A(0): precision kappa for each weight, and 1/resource_sd^2 for their total."""
    total = 0 if resource_sd == "auto" else 1 / float(resource_sd) ** 2
    return np.linalg.inv(kappa * np.eye(size) + total * np.ones((size, size)))


def rls(size, alpha, forgetting=1):
    P = np.eye(size) / float(alpha)
    trace = np.trace(P)

    def learn(w, r, d):
        forget(P, trace, float(forgetting))
        k = P @ r
        c = 1 / (1 + r @ k)
        P[:] -= c * np.outer(k, k)
        w += np.outer(d, c * k)

    return learn


def delta_decay(size, kappa):
    S = np.zeros(size)

    def learn(w, r, d):
        S[:] += r**2
        w += np.outer(d, r) / (float(kappa) + np.mean(S))

    return learn


def nlms(size, eta, epsilon):
    def learn(w, r, d):
        w += float(eta) * np.outer(d, r) / (float(epsilon) + np.sum(r**2))

    return learn


def adagrad(size, eta, epsilon):
    G = np.zeros(size)  # (output, N) from the first step on

    def learn(w, r, d):
        nonlocal G
        gradient = np.outer(d, r)
        G = G + gradient**2
        w += float(eta) * gradient / (np.sqrt(G) + float(epsilon))

    return learn


def dale(signs, w0, v0, likelihood_variance, fraction_excitatory):
    variance = float(likelihood_variance)
    m, v = np.full(signs.shape, np.log(float(w0))), np.full(signs.shape, float(v0))

    def learn(w, r, d):
        h = signs * np.exp(m) * r
        v[:] = 1 / (1 / v + h**2 / variance)
        m[:] += v * h * d[:, None] / variance
        w[:] = signs * np.exp(m)

    return learn


def clipped(size, kappa, fraction_excitatory):
    if float(fraction_excitatory) not in (0, 1):
        raise ValueError("clipped: needs fraction_excitatory = 0 or 1")
    update = bayes(size, kappa)
    clip = np.maximum if float(fraction_excitatory) == 1 else np.minimum

    def learn(w, r, d):
        update(w, r, d)
        w[:] = clip(w, 0)

    return learn


def exponentiated_gradient(signs, eta, w0, fraction_excitatory):
    m = np.full(signs.shape, np.log(float(w0)))

    def learn(w, r, d):
        m[:] += float(eta) * np.outer(d, r) * signs
        w[:] = signs * np.exp(m)

    return learn


def ridge(size, regularisation, bias=-1):
    rates, targets = [], []
    penalty = np.full(size, regularisation)
    if bias >= 0:
        penalty[bias] = 0

    def learn(w, r, d):
        rates.append(r)
        targets.append(d + w @ r)

    def finish(w):
        R, Z = np.array(rates), np.array(targets)
        w[:] = np.linalg.solve(R.T @ R + np.diag(penalty), R.T @ Z).T

    learn.finish = finish
    return learn


RULES = {
    "delta": delta,
    "bayes": bayes,
    "branch": branch,
    "rls": rls,
    "delta-decay": delta_decay,
    "nlms": nlms,
    "adagrad": adagrad,
    "dale": dale,
    "clipped": clipped,
    "exponentiated-gradient": exponentiated_gradient,
    "ridge": lambda size, **parameters: ridge(size, float(parameters["lambda"]), parameters.get("bias", -1)),
}


def start(run, name):
    """The rule of learner `name` and its initial weights (output, N)."""
    parameters = dict(run.parameters[name])
    rule = RULES[parameters.pop("rule")]
    size = run.snapshots[name].shape[-1]
    from_file = parameters.pop("weights", "")
    parameters.pop("output", "rate")
    parameters.pop("fold", "")
    if rule is RULES["ridge"] and "bias" in run.features:
        parameters["bias"] = len(run.x0)
    if "w0" not in parameters:
        zero = np.zeros((run.target.shape[1], size))
        return rule(size, **parameters), run.snapshots[name][0].copy() if from_file else zero
    signs = np.sign(run.snapshots[name][0])
    if np.any(signs != signs[0]):
        raise ValueError(f"{name}: the outputs do not agree on the signs of neurons")
    return rule(signs, **parameters), signs * float(parameters["w0"])


def simulate(run, name, steps):
    """The first steps of learner `name`: z (steps, output); weights before and after each (steps + 1, output, N)."""
    learn, w = start(run, name)
    x, r = run.x0, run.rate(run.x0)
    train_end = np.flatnonzero(run.phase == 1)[-1] + 1
    y = np.zeros(run.target.shape[1])
    z, weights, trained = np.zeros((steps, len(y))), [w.copy()], 0
    for t in range(steps):
        if t > 0 and run.segment[t] != run.segment[t - 1]:
            x, r, y = run.x0, run.rate(run.x0), 0 * y
        fed_back = run.W_fb @ (y + run.noise_fed_back(t, len(y)))
        x = x + run.leak * (-x + run.J @ r + run.W_in @ run.input[t] + fed_back + run.bias) + run.noise_of(t, len(x))
        r = run.rate(x)
        heard = run.heard(r, run.input[t])
        z[t] = w @ heard
        if run.phase[t] == 1:
            if trained % run.learn_every == 0 and run.weight[t] > 0 and not np.isnan(run.target[t]).any():
                root = np.sqrt(run.weight[t])
                learn(w, root * heard, root * (run.target[t] - z[t]))
            trained += 1
        if t + 1 == train_end and hasattr(learn, "finish"):
            learn.finish(w)
        if run.feedback == "output" or (run.feedback == "teacher" and run.phase[t] == 2):
            y = z[t]
        elif run.feedback == "teacher":
            y = np.where(np.isnan(run.target[t]), y, run.target[t])
        weights.append(w.copy())
    return z, np.array(weights)


def compare(path):
    """A row for each learner and comparison: (learner, what, number of steps, largest difference, tolerance); the
    learners that diverged, which are not compared.

    Steps without feedback of an output are compared to DRIVEN_TOLERANCE (ridge: RIDGE_TOLERANCE), all of them, and so
    are the snapshots of weights. Of those with it, the first CLOSED_STEPS are compared to CLOSED_TOLERANCE.
    """
    run = Run(path)
    closed = {"none": run.phase < 0, "teacher": run.phase == 2, "output": run.phase >= 0}[run.feedback]
    driven_steps = int(np.sum(~closed))  # they come first
    closed_steps = min(int(np.sum(closed)), CLOSED_STEPS)
    steps = driven_steps + closed_steps
    rows = []
    for name in sorted(run.z):
        z, weights = simulate(run, name, steps)
        driven_tolerance = RIDGE_TOLERANCE if run.parameters[name]["rule"] == "ridge" else DRIVEN_TOLERANCE
        differences = np.abs(z - run.z[name][:steps])
        if driven_steps:
            rows.append((name, "driven output", driven_steps, largest(differences[:driven_steps]), driven_tolerance))
        if closed_steps:
            rows.append((name, "closed output", closed_steps, largest(differences[driven_steps:]), CLOSED_TOLERANCE))
        seen = run.snapshot_steps <= steps
        differences = np.abs(weights[run.snapshot_steps[seen]] - run.snapshots[name][seen])
        tolerance = CLOSED_TOLERANCE if run.feedback == "output" else driven_tolerance
        rows.append((name, "weights", int(run.snapshot_steps[seen].max()), largest(differences), tolerance))
    return rows, run.diverged


def largest(differences):
    """The largest of them; a NaN counts as infinite, so that it is never within a tolerance."""
    return float(np.max(np.where(np.isnan(differences), np.inf, differences)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("result", help="result file with its network, every step recorded, no noise")
    rows, diverged = compare(parser.parse_args().result)
    for name, what, steps, difference, tolerance in rows:
        verdict = "agrees" if difference <= tolerance else "DIFFERS"
        print(f"{name:24s} {what:14s} {steps:6d} steps  {difference:8.1e} (up to {tolerance:.0e})  {verdict}")
    for name in diverged:
        print(f"{name:24s} diverged: not compared")
    return 0 if rows and all(row[3] <= row[4] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
