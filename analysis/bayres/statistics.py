"""Statistics over networks: each value of a sample is one network, and samples of two learners are paired by network.

The error of a learner that diverged is NaN. It counts as infinitely large.
"""

import collections

import numpy as np

FEWEST = 5  # values that have an interval
EXACT = 50  # pairs whose test goes over all signs


def ranked(values):
    """The values as an array in which NaN has become infinity."""
    values = np.asarray(values, float)
    return np.where(np.isnan(values), np.inf, values)


def quantiles(values, wanted):
    """(wanted, ...): quantiles over the first axis (networks), as in bayres and bayres-analyze: interpolated
    linearly (numpy's default), and infinite between a finite and an infinite value, -inf above -inf."""
    values = np.sort(ranked(values), axis=0)
    place = np.asarray(wanted).reshape(-1, *[1] * (values.ndim - 1)) * (len(values) - 1)
    low, high = (np.take_along_axis(values, np.broadcast_to(number.astype(int), (len(place), *values.shape[1:])), 0)
                 for number in (np.floor(place), np.ceil(place)))
    with np.errstate(invalid="ignore"):
        return np.where((low == high) | np.isneginf(low), low, low + (place % 1) * (high - low))


def quartiles(values):
    """Median, lower and upper quartile over the first axis (networks)."""
    return tuple(quantiles(values, (0.5, 0.25, 0.75)))


def bootstrap_interval(values, level=0.95, samples=10_000, seed=1):
    """Bias-corrected and accelerated (BCa) interval of the median over networks (Efron 1987, J Am Stat Assoc 82:171), as in
    bayres-analyze; (NaN, NaN) for fewer than FEWEST values, whose extremes miss the median too often."""
    values = ranked(values)
    if len(values) < FEWEST:
        return np.nan, np.nan
    drawn = np.random.default_rng(seed).integers(len(values), size=(samples, len(values)))
    return bca_limits(quartiles(values[drawn].T)[0], values, level)


def bca_limits(medians, values, level=0.95):
    """The BCa interval of the median of the values, from the medians of samples that were drawn from them. The bias counts half
    of the draws that are equal to the median; an acceleration that is not finite is 0."""
    from scipy.special import ndtr, ndtri  # scipy takes long to load, and not everything here needs it

    median = quartiles(values)[0]
    below = ((medians < median).sum() + (medians == median).sum() / 2) / len(medians)
    bias = ndtri(np.clip(below, 1 / (len(medians) + 1), len(medians) / (len(medians) + 1)))
    with np.errstate(invalid="ignore", divide="ignore"):
        without = np.array([quartiles(np.delete(values, k))[0] for k in range(len(values))])
        influence = without.mean() - without
        acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
    acceleration = acceleration if np.isfinite(acceleration) else 0
    moved = bias + ndtri([(1 - level) / 2, (1 + level) / 2])
    return tuple(quantiles(medians, ndtr(bias + moved / (1 - acceleration * moved))))


#: How the errors of a first learner compare with those of a second, network by network. `networks`: how many; `better`, `ties`,
#: `worse`: in how many the first is the smaller, equal (or both diverged), the larger; `ratio`, `low`, `high`: the median of
#: first / second (where larger is better, of first - second) with its 95 % interval, over the networks in which not both diverged;
#: `p`: of paired_test.
Pairs = collections.namedtuple("Pairs", "networks better ties worse ratio low high p")


def compare_pairs(first, second, larger_is_better=False, samples=10_000):
    """Pairs of two samples of the same networks. Where larger is better, NaN is the worst too, and `ratio` is the median of the
    differences first - second, since such scores may be 0 or negative."""
    first, second = (oriented(values, larger_is_better) for values in (first, second))
    effects = paired_differences(first, second) if larger_is_better else paired_ratios(first, second)
    better, worse = (int(np.sum(first < second)), int(np.sum(first > second)))[:: -1 if larger_is_better else 1]
    return Pairs(len(first), better, len(first) - better - worse, worse,
                 quartiles(effects)[0] if len(effects) else np.nan, *bootstrap_interval(effects, samples=samples),
                 paired_test(first, second, larger_is_better))


def oriented(values, larger_is_better=False):
    """The values as an array in which NaN is the worst there is."""
    return -ranked(-np.asarray(values, float)) if larger_is_better else ranked(values)


def paired_ratios(first, second):
    """first / second of the networks that have a ratio: not both diverged, and not both 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = ranked(first) / ranked(second)
    return ratios[~np.isnan(ratios)]


def paired_differences(first, second):
    """first - second of the networks in which not both diverged."""
    with np.errstate(invalid="ignore"):
        differences = np.asarray(first, float) - np.asarray(second, float)
    return differences[~np.isnan(differences)]


def paired_test(first, second, differences=False):
    """p of the two-sided signed-rank test (Wilcoxon 1945) that paired errors differ; 1 if they are all equal, NaN of none.

    Errors are compared by their ratios, since they span decades; those of 0 or infinite errors are the largest of all. With
    `differences`, and where any is negative, by their differences. Equal pairs are left out, and equal sizes share their ranks. Of up to EXACT pairs it is
    exact, over all signs that these ranks could have; of more, by the normal distribution.
    """
    first, second = (np.asarray(values, float) if differences else ranked(values) for values in (first, second))
    if len(first) == 0:
        return np.nan
    differences = differences or bool((first < 0).any() or (second < 0).any())
    unequal = first != second
    first, second = first[unequal], second[unequal]
    with np.errstate(divide="ignore", invalid="ignore"):
        sizes = np.abs(first - second) if differences else np.maximum(first, second) / np.minimum(first, second)
    _, places, counts = np.unique(sizes, return_inverse=True, return_counts=True)
    ranks = (2 * np.cumsum(counts) - counts + 1)[places]  # twice the mean of the places that they take
    whole, of_first = int(ranks.sum()), int(ranks[first < second].sum())
    fewer = min(of_first, whole - of_first)
    if 2 * fewer == whole:
        return 1.0
    if len(ranks) > EXACT:
        from scipy.special import ndtr

        return float(2 * ndtr((2 * fewer - whole) / np.sqrt((ranks.astype(float) ** 2).sum())))
    chances = np.zeros(fewer + 1)  # of each sum of the ranks that have one sign
    chances[0] = 1
    for rank in ranks:
        chances[rank:], chances[:rank] = (chances[rank:] + chances[: max(len(chances) - rank, 0)]) / 2, chances[:rank] / 2
    return float(min(1, 2 * chances.sum()))


def holm(p_values):
    """p values corrected for their number, step by step (Holm 1979). NaN is none, and stays NaN."""
    p = np.asarray(p_values, float)
    order = np.argsort(p)  # NaN last
    number = np.count_nonzero(~np.isnan(p))
    result = np.full(len(p), np.nan)
    result[order] = np.minimum(np.maximum.accumulate((number - np.arange(len(p))) * p[order]), 1)
    return result


def times_better(first, second):
    """In how many networks the first error is the smaller one."""
    return int((ranked(first) < ranked(second)).sum())


def better_in(first, second):
    """The same as a text, "7 of 10, 1 tie"."""
    ties = int((ranked(first) == ranked(second)).sum())
    return f"{times_better(first, second)} of {len(first)}" + (f", {ties} tie{'s' if ties > 1 else ''}" if ties else "")


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
