"""Scores of many runs as one tidy table.

    bayres.table(["seed1.h5", "ensemble.h5", "other.h5"]).query("metric == 'test_nrmse' and output == 'all'")
"""

import numpy as np

from .results import SCORES, open_many


def table(files, curves=False):
    """A pandas.DataFrame with one row for each network, learner, output and metric of results of runs.

    A column for every key in which the configurations differ, by its name (`reservoir.gain`), then seed (an integer), replica
    where there are several, status where a run is not complete, learner, rule, `learner.KEY` for every parameter in which learners
    differ, output (its number from 0 or its name; `all` of a score over all outputs), metric and value. Metrics are the scores of
    train and test, of free runs (of windows the last), and diverged_at_step, -1 for never. `bayres-analyze --csv` writes the
    same as table.csv, of complete runs and without free runs.

    curves   adds rows of the learning curve: metrics `evaluation_MEASURE` of weights frozen on the way, with the simulated time in
             the column `time`, which has no number in the other rows
    """
    import pandas

    with open_many(files) as study:
        own = differing([outer_keys(condition) for condition in study.conditions])
        learners = [(condition, name) for condition in study.conditions for name in condition.learners]
        parameters = differing([parameters_of(*learner) for learner in learners])
        rows = [row for condition in study.conditions for result in condition.single for name in condition.learners
                for row in _rows(condition, result, name, own, parameters, curves)]
    found = pandas.DataFrame(rows)
    for column, same in (("replica", 0), ("status", "complete")):
        if (found[column] == same).all():
            found = found.drop(columns=column)
    return found


def outer_keys(condition):
    """{key: text} of what is not of one learner."""
    return {key: value for key, value in condition.keys.items() if not key.startswith("learner.")}


def parameters_of(condition, learner):
    """{"learner.KEY": text}."""
    start = f"learner.{learner}."
    return {"learner." + key.removeprefix(start): value for key, value in condition.keys.items()
            if key.startswith(start) and key != f"{start}rule"}


def differing(many):
    """The keys of dicts that have several values, in the order in which they are met."""
    keys = dict.fromkeys(key for one in many for key in one)
    return [key for key in keys if len({one[key] for one in many if key in one}) > 1]


def number_of(text):
    """A value of a key, as a number if it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _rows(condition, result, name, own, parameters, curves):
    keys = outer_keys(condition)
    before = {key: number_of(keys[key]) if key in keys else None for key in own}
    values = parameters_of(condition, name)
    after = {"learner": name, "rule": condition.result.learners[name].rule} | {
        key: number_of(values[key]) if key in values else None for key in parameters}
    ((seed, replica),) = result.learners[name].networks
    start = before | {"seed": seed, "replica": replica, "status": result.attributes["status"]} | after
    names = condition.result.columns["target"]
    for output, metric, value in _scores(result.learners[name], names):
        yield start | ({"time": np.nan} if curves else {}) | {"output": output, "metric": metric, "value": value}
    for time, output, metric, value in _curves(result.learners[name], names) if curves else ():
        yield start | {"time": time, "output": output, "metric": metric, "value": value}


def _curves(learner, names):
    """(time, output, metric, value) of one network, of frozen weights; `all` is the mean over outputs."""
    scores = learner.evaluation
    for measure in scores:
        if measure == "time":
            continue
        for time, values in zip(scores["time"], np.atleast_2d(scores[measure])):
            yield float(time), "all", f"evaluation_{measure}", float(values.mean())
            for output, value in enumerate(values if len(values) > 1 else ()):
                yield float(time), names[output] if output < len(names) else str(output), f"evaluation_{measure}", float(value)


def _scores(learner, names):
    """(output, metric, value) of one network."""
    for metric in filter(SCORES.fullmatch, learner.attributes):
        yield "all", metric, float(learner.attributes[metric])
    for output, value in enumerate(np.atleast_1d(learner.test_nrmse) if learner.test_nrmse is not None else ()):
        yield names[output] if output < len(names) else str(output), "test_nrmse", float(value)
    for metric, value in learner.free_run.items():
        if np.size(value):
            yield "all", metric, float(np.ravel(value)[-1])
    yield "all", "diverged_at_step", float(learner.attributes["diverged_at_step"])
