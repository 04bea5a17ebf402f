"""Learners against each other, network by network.

    with bayres.open_many(files) as study:
        (condition,) = study.conditions
        print(bayres.compare(condition.by_network("bayes", "test_nrmse"), condition.by_network("delta", "test_nrmse")))
        print(study.compare(reference="bayes"))
"""

import itertools

import numpy as np

from . import statistics as ns
from .results import SCORES, ResultError

# Scores of which more is better; of all others, less.
LARGER_IS_BETTER = ("r2", "squared_correlation", "capacity", "right", "right_low", "right_high", "trials", "accuracy", "accuracy_low", "accuracy_high",
                    "accuracy_at_end", "sequences", "log_likelihood", "coincidence", "held", "windows_held", "valid_time",
                    "valid_lyapunov_times")
SAMPLES = 2000  # of an interval, as in bayres-analyze


def larger_is_better(score):
    return score.removeprefix("train_").removeprefix("test_") in LARGER_IS_BETTER


def compare(a, b, by="test_nrmse"):
    """How a compares with b: statistics.Pairs, with n, wins, ties, losses, the median paired ratio with its interval, and p.

    a, b   each a Learner of a Result, whose score `by` is meant; or {network: value} of any kind (a dict, such as
           Condition.by_network; a pandas.Series); or values of the same networks in the same order
    by     says by its name whether less or more is better (`r2`, `right` and the like; then `ratio` is the median difference)

    Networks that both have are compared, whatever else each has. A ResultError if there are none.
    """
    a, b = (_values(each, by) for each in (a, b))
    shared = [network for network in a if network in b]
    if not shared:
        raise ResultError("the two have no network in common: they cannot be compared network by network")
    return ns.compare_pairs(*([each[network] for network in shared] for each in (a, b)), larger_is_better(by))


def _values(given, by):
    """{network: value}."""
    if hasattr(given, "attributes"):
        if by not in given.attributes:
            raise ResultError(f"learner {given.name} has no {by}")
        if not given.is_scored_by(by):
            raise ResultError(_says_nothing(given, by))
        return dict(zip(given.networks, np.atleast_1d(given.attributes[by])))
    if hasattr(given, "items"):
        return {network: float(value) for network, value in given.items()}
    return dict(enumerate(np.asarray(given, float)))


def _says_nothing(learner, by):
    kind, others = ("sends spikes", "test_log_likelihood") if learner.sends_spikes else ("is a rate", "test_nrmse")
    return f"the output of learner {learner.name} {kind}, of which {by} says nothing: compare it by {others}"


def table_of(study, by="test_nrmse", reference=None, learners=None, labels=None, unit=None):
    """How the learners of a study compare: a pandas.DataFrame with a row for each pair.

    by         a score: an attribute of learners, such as test_nrmse, or of free runs, such as valid_time
               (learners that it says nothing of are left out: those that send spikes of test_nrmse, others of test_log_likelihood)
    reference  a learner, which is compared with each other one of its condition; by default all pairs of learners and conditions
    learners   the names of those that take part; by default all
    labels     {name of a learner, or label of a condition: what the table calls it}
    unit       of the score, for the names of columns; by default that of the files: none, or that of times

    Columns: first, second (and condition_first, condition_second); networks (that both have); median_first, median_second (over
    these); wins, ties, losses; ratio (or difference, where more is better), low, high: the median of first / second with its 95 %
    interval; p of the signed-rank test, and p_holm, corrected for all rows. Pairs without a common network are left out.
    """
    import pandas

    known = [name for condition in study.conditions for name in condition.learners]
    for name in [*(learners or []), *([reference] if reference else [])]:
        if name not in known:
            raise ResultError(f"no file has a learner {name}: there are {', '.join(dict.fromkeys(known))}")
    items = [(condition, name) for condition in study.conditions for name in condition.learners
             if not learners or name in learners or name == reference]
    values = {(condition, name): _scores(condition, name, by) for condition, name in items}
    for condition, name in items:
        learner = condition.result.learners[name]
        if name in [*(learners or []), reference] and not learner.is_scored_by(by):
            raise ResultError(_says_nothing(learner, by))
    items = [item for item in items if values[item] is not None]
    if not items:
        raise ResultError(f"no learner has a score {by} that says how good it is: there are {', '.join(_scores_in(study))}")
    labels, rows = labels or {}, []
    effect = "difference" if larger_is_better(by) else "ratio"
    for first, second in itertools.combinations(items, 2) if not reference else _with(reference, items):
        shared = [network for network in values[first] if network in values[second]]
        if not shared:
            continue
        a, b = (np.array([values[item][network] for network in shared]) for item in (first, second))
        found = ns.compare_pairs(a, b, larger_is_better(by), SAMPLES)
        shown = {"first": first[1], "second": second[1], "condition_first": first[0].label, "condition_second": second[0].label}
        medians = (_median(each, by) for each in (a, b))
        rows.append({column: labels.get(text, text) for column, text in shown.items()} | {
            "networks": found.networks, **dict(zip(_named(("median_first", "median_second"), unit or unit_of(study, by)), medians)),
            "wins": found.better, "ties": found.ties, "losses": found.worse, effect: found.ratio, "low": found.low,
            "high": found.high, "p": found.p})
    if not rows:
        raise ResultError(f"there are no two learners to compare by {by}: they need networks in common")
    table = pandas.DataFrame(rows)
    table["p_holm"] = ns.holm(table["p"])
    return table.drop(columns=["condition_first", "condition_second"]) if len(study.conditions) == 1 else table


def _with(reference, items):
    """The reference of each condition with each other learner of it."""
    return [((condition, reference), item) for condition in dict.fromkeys(condition for condition, _ in items)
            for item in items if item[0] is condition and item[1] != reference and (condition, reference) in items]


def _named(columns, unit):
    return columns if unit in (None, "", "1") else [f"{column} ({unit})" for column in columns]


def _median(values, by):
    """With what diverged as the worst."""
    sign = -1 if larger_is_better(by) else 1
    return sign * ns.quartiles(ns.ranked(sign * values))[0]


def _scores(condition, learner, by):
    """{network: score}, of the learner or of its free run; None if it has no such score, or one that says nothing of it."""
    known = condition.result.learners[learner]
    if not known.is_scored_by(by) or by not in (*known.attributes, *known.free_run):
        return None
    if by in known.attributes:
        return condition.by_network(learner, by)
    def of_free_run(network):
        value = np.asarray(network.learners[learner].free_run.get(by, np.nan), float)
        return value if value.ndim == 0 else value[-1]
    return dict(zip(condition.by_network(learner, by), condition.each(of_free_run)))


def _scores_in(study):
    """Names of the scores by which any learner can be compared."""
    learners = [learner for condition in study.conditions for learner in condition.result.learners.values()]
    return sorted({name for learner in learners for name in (*filter(SCORES.fullmatch, learner.attributes), *learner.free_run)
                   if learner.is_scored_by(name)})


def unit_of(study, by):
    """The unit of a score."""
    return study.results[0].time_unit if by in ("valid_time", "lag") else "1"
