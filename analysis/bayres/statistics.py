"""Statistics over networks: each value of a sample is one network, and samples of two learners are paired by network.

The error of a learner that diverged is NaN. It counts as infinitely large.
"""

import numpy as np


def ranked(values):
    """The values as an array in which NaN has become infinity."""
    values = np.asarray(values, float)
    return np.where(np.isnan(values), np.inf, values)


def quantiles(values, wanted):
    """(wanted, ...): quantiles over the first axis (networks), as in bayres and bayres-analyze: interpolated
    linearly (numpy's default), and infinite between a finite and an infinite value."""
    values = np.sort(ranked(values), axis=0)
    place = np.asarray(wanted).reshape(-1, *[1] * (values.ndim - 1)) * (len(values) - 1)
    low, high = (np.take_along_axis(values, np.broadcast_to(number.astype(int), (len(place), *values.shape[1:])), 0)
                 for number in (np.floor(place), np.ceil(place)))
    with np.errstate(invalid="ignore"):
        return np.where(low == high, low, low + (place % 1) * (high - low))


def quartiles(values):
    """Median, lower and upper quartile over the first axis (networks)."""
    return tuple(quantiles(values, (0.5, 0.25, 0.75)))


def bootstrap_interval(values, level=0.95, samples=10_000, seed=1):
    """Percentile interval of the median over networks (Efron & Tibshirani 1993, ch. 13)."""
    values = ranked(values)
    drawn = np.random.default_rng(seed).integers(len(values), size=(samples, len(values)))
    tail = (1 - level) / 2
    return tuple(quantiles(quartiles(values[drawn].T)[0], (tail, 1 - tail)))


def paired_test(first, second):
    """p of the two-sided Wilcoxon signed-rank test (Wilcoxon 1945) that paired errors differ; 1 if they are all equal.

    Errors are compared by their logarithms, since they span decades; infinite ones are the largest difference of all.
    """
    from scipy import stats  # it takes long to load, and nothing else here needs it

    with np.errstate(divide="ignore", invalid="ignore"):
        differences = np.log(ranked(first)) - np.log(ranked(second))
    differences[np.isnan(differences)] = 0  # both infinite, or both 0
    finite = np.abs(differences[np.isfinite(differences)])
    beyond = 2 * finite.max(initial=1)
    differences = np.clip(differences, -beyond, beyond)
    return 1.0 if not differences.any() else float(stats.wilcoxon(differences).pvalue)


def holm(p_values):
    """p values adjusted for their number, step by step (Holm 1979)."""
    p = np.asarray(p_values, float)
    order = np.argsort(p)
    adjusted = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    result = np.empty(len(p))
    result[order] = np.minimum(adjusted, 1)
    return result


def times_better(first, second):
    """In how many networks the first error is the smaller one."""
    return int((ranked(first) < ranked(second)).sum())


def _beats(first, second):
    """Whether the first is nowhere worse, and somewhere better; over the first axis."""
    return (first <= second).all(axis=0) & (first < second).any(axis=0)


def dominates(point, others):
    """For each network: whether a point is nowhere worse than any of the others, and somewhere better than each.

    point: (axis, network); others: (axis, other, network); smaller is better. Returns (network).
    """
    return _beats(ranked(point)[:, np.newaxis], ranked(others)).all(axis=0)


def is_dominated(point, others):
    """For each network: whether one of the others is nowhere worse than the point, and somewhere better."""
    return _beats(ranked(others), ranked(point)[:, np.newaxis]).any(axis=0)


def is_behind_curve(point, others, between=100):
    """As `is_dominated`, by the curve through the others, in their order.

    Between neighbours it is interpolated linearly in logarithms, for learning rates that were not tried.
    """
    share = np.linspace(0, 1, between, endpoint=False)[:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        others = np.log(ranked(others))
        parts = [(1 - share) * others[:, [k]] + share * others[:, [k + 1]] for k in range(others.shape[1] - 1)]
    return is_dominated(point, np.exp(np.concatenate([*parts, others[:, -1:]], axis=1)))


def decades_within(scales, errors, limit):
    """Decades of scale over which the error stays at or below `limit`, without a gap, around the best scale.

    scales, errors: (scale), ascending. 0 if only one scale, or none, is good enough.
    """
    errors = ranked(errors)
    best = int(np.argmin(errors))
    if errors[best] > limit:
        return 0.0
    beyond = np.flatnonzero(errors > limit)
    first = beyond[beyond < best].max(initial=-1) + 1
    last = beyond[beyond > best].min(initial=len(errors)) - 1
    return float(np.log10(scales[last] / scales[first]))
