"""Many runs over values of keys: all combinations, random ones, or those that Optuna chooses.

    found = bayres.sweep("lorenz.ini", {"reservoir.gain": [0.8, 1.0, 1.2]}, "results/gain", seeds=range(1, 6), jobs=4)
    ranges = {"reservoir.gain": bayres.uniform(0.5, 1.5), "learner.r.lambda": bayres.log_uniform(1e-9, 1e-1)}
    found = bayres.sweep("lorenz.ini", ranges, "results/random", n=50, jobs=4)
    found = bayres.sweep("lorenz.ini", ranges, "results/guided", n=50, jobs=4, search="guided", seeds=range(1, 6))
    found.table; found.best(); found.xarray(); found.plot()

Runs are those of `bayres sweep`: side by side in one job, each with the bits of a run by itself; what fails is a row.
The same call again does what is missing.
"""

import collections.abc
import csv
import io
import itertools
import pathlib
import warnings

import numpy as np

from . import running
from .results import SCORES, Error, Result
from .tables import number_of

GRID, RANDOM, GUIDED = "grid", "random", "guided"


class Range:
    """Values from `low` to `high`, evenly distributed, or with `log` their logarithm; `whole`: whole numbers."""

    def __init__(self, low, high, log=False, whole=False):
        if not low < high or (log and low <= 0):
            above = ", above 0" if log else ""
            raise running.ConfigurationError(f"a range from {low} to {high}: the first is the smaller one{above}")
        self.low, self.high, self.log, self.whole = low, high, log, whole

    def draw(self, random):
        if self.whole:
            return int(random.integers(self.low, self.high + 1))
        if self.log:
            return float(np.exp(random.uniform(np.log(self.low), np.log(self.high))))
        return float(random.uniform(self.low, self.high))

    def suggested(self, trial, key):
        if self.whole:
            return trial.suggest_int(key, self.low, self.high)
        return trial.suggest_float(key, self.low, self.high, log=self.log)


class Choice:
    """One of several values."""

    def __init__(self, values):
        self.values = list(values)

    def draw(self, random):
        return self.values[random.integers(len(self.values))]

    def suggested(self, trial, key):  # by its place: Optuna takes texts and numbers alone
        return self.values[trial.suggest_categorical(key, list(range(len(self.values))))]


def uniform(low, high):
    return Range(low, high)


def log_uniform(low, high):
    return Range(low, high, log=True)


def integers(low, high):
    """Whole numbers from low to high, both included."""
    return Range(low, high, whole=True)


class Sweep:
    """What a sweep has found.

    folder    of runs, results and sweep.csv, the table
    keys      that were varied
    table     a pandas.DataFrame with a row for each run and learner: result, a column for each key, status (complete,
              diverged, failed, stopped, not begun), message, learner, rule, and each score of train and test, of an
              ensemble the mean over its networks. A run that failed is a row without learner. Of a guided search also
              trial, and pruned
    """

    def __init__(self, folder, over, table, search=GRID):
        self.folder, self.keys, self.table, self._search = pathlib.Path(folder), list(over), table, search

    def __repr__(self):
        counts = self.table.drop_duplicates("result").status.value_counts()
        return f"Sweep({str(self.folder)!r}: {', '.join(f'{count} {status}' for status, count in counts.items())})"

    @property
    def scores(self):
        return [column for column in self.table.columns if SCORES.fullmatch(column)]

    def medians(self, score="test_nrmse", learner=None):
        """A row for each set of values and learner, with the median of a score over run.seed, and `runs`, how many had
        one; what was drawn twice counts once. A set of which a run has failed or diverged has none."""
        return self._medians(self.table, score, learner)

    def _medians(self, table, score, learner):
        if score not in self.scores:
            raise Error(f"{self.folder}: no run has a score {score}; there are {', '.join(self.scores) or 'none'}")
        rows = table[table.learner.notna() & ((learner is None) | (table.learner == learner))]
        rows = rows.drop_duplicates([*self.keys, "learner"])
        keys = [key for key in self.keys if key != "run.seed"] + ["learner"]
        groups = rows.groupby(keys, dropna=False, sort=False)[score]
        medians = groups.agg(lambda values: values.median(skipna=False))
        found = medians.to_frame(score).assign(runs=groups.count()).reset_index()
        lost = set(sets_of(table[table.learner.isna()], keys[:-1]))
        found.loc[[one in lost for one in sets_of(found, keys[:-1])], score] = np.nan
        return found

    def best(self, score="test_nrmse", learner=None):
        """The values with the best median of a score over run.seed, a pandas.Series: keys, learner, score, runs."""
        table = self.table
        if self._search == GUIDED:  # trials that were pruned have fewer networks
            table = table[~table.trial.isin(table.trial[table.pruned])]
        found = self._medians(table, score, learner).dropna(subset=[score])
        if found.empty:
            raise Error(f"{self.folder}: no set of values has a finite {score} of all its runs: table has why, in "
                        "message")
        return found.loc[found[score].idxmax() if larger_is_better(score) else found[score].idxmin()]

    def xarray(self):
        """Scores as an xarray.Dataset: of a grid with a dimension for each key and `learner`, NaN where a run has
        failed; else with the dimensions run and learner."""
        if self._search != GRID:
            rows = self.table[self.table.learner.notna()].assign(run=lambda table: table.result)
            found = rows.set_index(["run", "learner"])[self.scores].to_xarray()
            values = self.table.drop_duplicates("result").set_index("result")[self.keys]
            values = values.loc[found.run.values]
            return found.assign_coords({key: ("run", values[key].to_numpy()) for key in self.keys})
        found = self.table[self.table.learner.notna()].set_index([*self.keys, "learner"])[self.scores].to_xarray()
        return found.reindex({key: list(dict.fromkeys(self.table[key])) for key in self.keys})

    def plot(self, score="test_nrmse", learner=None):
        """The figure of a score: of a grid of two keys a map for each learner, else a panel for each key."""
        from .sweep_figure import draw

        return draw(self, score, learner)


def sets_of(table, keys):
    """The values of the keys in each row, as tuples; () of no keys."""
    return [tuple(row) for row in table[keys].astype(object).to_numpy()]


def larger_is_better(score):
    measures = running.list_measures()
    name = score.partition("_")[2]
    if name not in measures:
        raise Error(f"{score}: is no score: there are test_ and train_ of {', '.join(measures)}")
    return measures[name].get("larger_is_better", False)


# ---- runs


def checked(over, search, n):
    """{key: Range or Choice}, and how they are searched."""
    if not over:
        raise running.ConfigurationError("a sweep needs values of keys: {\"reservoir.gain\": [0.8, 1.0]}")
    found = {}
    for key, values in over.items():
        if isinstance(values, collections.abc.Iterable) and not isinstance(values, str):
            values = list(values)  # once: a generator gives them once
        several = isinstance(values, list) and len(values) > 0
        if not (several or isinstance(values, Range)):
            raise running.ConfigurationError(f"{key}: give a list of values, or bayres.uniform, log_uniform or "
                                             "integers of two numbers")
        found[key] = values if isinstance(values, Range) else Choice(values)
        if several and len(set(map(running.value_text, found[key].values))) < len(found[key].values):
            raise running.ConfigurationError(f"{key}: a value stands there twice")
    ranges = [key for key, values in found.items() if isinstance(values, Range)]
    search = search or (RANDOM if ranges or n else GRID)
    if search not in (GRID, RANDOM, GUIDED):
        raise running.ConfigurationError(f"search = {search}: allowed is grid, random, guided")
    if search == GRID and (ranges or n):
        what = f"{ranges[0]} is a range" if ranges else f"n = {n}"
        raise running.ConfigurationError(f"search = grid: takes all combinations of lists, but {what}: give lists, or "
                                         "search = random")
    if search != GRID and not n:
        raise running.ConfigurationError(f"{', '.join(ranges) or search}: say how many values are drawn, such as n=50")
    return found, search


def points_of(over, search, n, seed, seeds):
    """[{key: value}] of a grid, or drawn."""
    if search == GRID:
        points = [dict(zip(over, values)) for values in itertools.product(*(choice.values for choice in over.values()))]
    else:
        random = np.random.default_rng(seed)
        points = [{key: values.draw(random) for key, values in over.items()} for _ in range(n)]
    return [point | ({} if one is None else {"run.seed": one}) for point in points for one in seeds]


def plan_of(points):
    """The table of runs that `bayres sweep` and jobs/slurm/submit read, as bytes of CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(points[0])
    writer.writerows([running.value_text(value) for value in point.values()] for point in points)
    return text.getvalue().encode()


class Runner:
    """Runs points side by side on this machine, or in this job."""

    def __init__(self, config, folder, jobs, ranks, data, progress, keys):
        self.jobs, self.ranks, self.progress = jobs, ranks, progress
        folder.mkdir(parents=True, exist_ok=True)
        self.words = running.words(config, keys, data, folder)

    def rows(self, points, folder):
        """runs.csv of the points, with values as numbers. Raises Interrupted if it was stopped, RunError if the program
        has ended before all runs had begun."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.csv").write_bytes(plan_of(points))
        before = running.modified(folder / "runs.csv")
        words = ["sweep", *self.words, "-o", folder, "--table", folder / "plan.csv", "--ranks-per-run", self.ranks]
        words += [] if self.progress else ["--quiet"]
        code, _, err = running.call(words, min(self.jobs, len(points)) * self.ranks, self.progress)
        if running.modified(folder / "runs.csv") == before:
            running.require(code, err)
        runs = read_runs(folder)
        if code == running.STOPPED or (runs.status == "stopped").any():
            raise running.Interrupted(f"{folder}: stopped; the same call goes on", None)
        if (runs.status == "not begun").any():  # it was killed: the table is that of before its first run
            running.require(code or 1, err)
        return runs


def read_runs(folder):
    import pandas

    runs = pandas.read_csv(folder / "runs.csv", dtype=str, keep_default_na=False)
    keys = runs.columns[1:list(runs.columns).index("status")]
    return runs.assign(**{key: [number_of(text) for text in runs[key]] for key in keys})


def scored(runs, folder, home):
    """Rows of Sweep.table: those of runs.csv, one for each learner, with its scores."""
    rows = []
    for _, run in runs.iterrows():
        path = folder / run.result
        start = {**run.drop(["exit_code", "message"]), "result": str(path.relative_to(home)), "message": run.message}
        if run.status not in ("complete", "diverged"):
            rows.append(start | {"learner": None})
            continue
        with Result(path) as result:
            for name, learner in result.learners.items():
                scores = {key: value for key, value in learner.attributes.items() if SCORES.fullmatch(key)}
                means = {key: float(np.mean(value)) for key, value in scores.items()}
                rows.append(start | {"learner": name, "rule": learner.rule} | means)
    return rows


def finished(folder, over, rows, search):
    """The Sweep of these rows, with its table in sweep.csv. ConfigurationError if no run could begin."""
    import pandas

    table = pandas.DataFrame(rows)
    table.to_csv(folder / "sweep.csv", index=False)
    if table.learner.isna().all():
        raise running.ConfigurationError(f"{folder}: no run of {len(table)} is complete: {table.message.iloc[0]}")
    return Sweep(folder, over, table, search)


def sweep(config, over, folder=None, *, search=None, n=None, seeds=None, seed=1, jobs=1, ranks=1, score="test_nrmse",
          learner=None, data=None, progress=False, slurm=None, **keys):
    """Runs a configuration over values of keys, and returns a Sweep: its table, best values and figure.

    config    as of run; `data` and `keys` too
    over      {"section.key": values}: a list, or bayres.uniform(low, high), log_uniform(low, high), integers(low, high)
    folder    of runs and table; the same call goes on there. By default one that is there until Python ends
    search    "grid", all combinations of lists, the default for lists; "random", n sets of values; "guided", n sets,
              each batch of `jobs` of them chosen by Optuna (python3-optuna) by the scores before
    seeds     values of run.seed for each set. A guided search takes the mean over them, and prunes a set whose mean
              after some of them is worse than the median of the sets before
    seed      of what is drawn and chosen: the same seed gives the same sets
    jobs      runs side by side, each on `ranks` ranks
    score     and `learner`: what a guided search goes by; the learner may be left out if there is one
    slurm     options of bayres.submit, {} for none: the runs are an array of SLURM, which is waited for; not of a
              guided search

    A run that is refused or diverges ends no other. Raises ConfigurationError if all are refused; Interrupted if it was
    stopped.
    """
    given, search = checked(over, search, n)
    if seeds is not None and "run.seed" in given:
        raise running.ConfigurationError("seeds and run.seed: give one of them")
    seeds = [None] if seeds is None else list(seeds)
    for name, value in (("jobs", jobs), ("ranks", ranks), ("seeds", len(seeds))):
        if value < 1:
            raise running.ConfigurationError(f"{name} = {value}: allowed is at least 1")
    names = [*over, *(["run.seed"] if seeds != [None] else [])]
    folder = pathlib.Path(folder) if folder is not None else running.scratch()
    if search != GUIDED and any(folder.glob("trials-*")):
        raise running.ConfigurationError(f"{folder}: holds a guided search: choose another folder")
    if search == GUIDED and (folder / "plan.csv").exists():
        raise running.ConfigurationError(f"{folder}: holds a sweep that is no guided search: choose another folder")
    if slurm is not None:
        if search == GUIDED:
            raise running.ConfigurationError("search = guided: chooses by the scores before: run it within a job, with "
                                             "jobs=, or drop slurm=")
        from .submission import submit_points

        points = points_of(given, search, n, seed, seeds)
        return submit_points(config, points, folder, search=search, ranks=ranks, data=data, keys=keys, **slurm).result()
    runner = Runner(config, folder, jobs, ranks, data, progress, keys)
    if search == GUIDED:
        rows = guided(runner, folder, given, n, seeds, seed, score, learner)
    else:
        rows = scored(runner.rows(points_of(given, search, n, seed, seeds), folder), folder, folder)
    return finished(folder, names, rows, search)


# ---- guided search


def import_optuna():
    try:
        import optuna
    except ImportError as error:
        hint = "apt-get install python3-optuna, or pip install optuna"
        raise ImportError(f"search = guided needs Optuna: {hint}") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def score_of(rows, score, learner):
    """{result: score} of the learner of each run; NaN if it failed, infinitely bad if it diverged."""
    found = {}
    for row in rows:
        if row["learner"] is None:
            found[row["result"]] = np.nan
            continue
        if learner is None and found.get(row["result"]) is not None:
            raise running.ConfigurationError("a guided search goes by one learner, and the configuration has several: "
                                             "give learner=NAME")
        if learner in (None, row["learner"]):
            if score not in row:
                known = ", ".join(key for key in row if SCORES.fullmatch(key))
                raise running.ConfigurationError(f"score = {score}: runs have {known}")
            bad = -np.inf if larger_is_better(score) else np.inf
            found[row["result"]] = row[score] if np.isfinite(row[score]) else bad
    if any(row["result"] not in found for row in rows):
        known = ", ".join(dict.fromkeys(row["learner"] for row in rows if row["learner"]))
        raise running.ConfigurationError(f"learner = {learner}: the runs have {known}")
    return found


class Guide:
    """Sets of values as Optuna chooses them, a batch at a time. All chances come from `seed` and the number of the
    batch, so that the same call meets the same runs again, which are there already."""

    def __init__(self, over, score, seed):
        self._optuna, self._over, self._seed = import_optuna(), over, seed
        self._study = self._optuna.create_study(direction="maximize" if larger_is_better(score) else "minimize",
                                                pruner=self._optuna.pruners.MedianPruner(n_startup_trials=5))

    def batch(self, first, size):
        """[(trial, {key: value})], numbered from `first`."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", self._optuna.exceptions.ExperimentalWarning)
            seed = (self._seed * 1_000_003 + first) % 2**32
            self._study.sampler = self._optuna.samplers.TPESampler(seed=seed, constant_liar=True)
        trials = [self._study.ask() for _ in range(size)]
        return [(trial, {key: values.suggested(trial, key) for key, values in self._over.items()}) for trial in trials]

    def goes_on(self, trial, mean, step):
        """Takes the mean score after so many seeds, and says whether the set is worth another."""
        states = self._optuna.trial.TrialState
        if np.isnan(mean):
            self._study.tell(trial, state=states.FAIL)
            return False
        trial.report(mean, step)
        if trial.should_prune():
            self._study.tell(trial, state=states.PRUNED)
            return False
        return True

    def ended(self, trial, mean):
        failed = {"state": self._optuna.trial.TrialState.FAIL}
        self._study.tell(trial, **(failed if np.isnan(mean) else {"values": mean}))


def guided(runner, folder, over, n, seeds, seed, score, learner):
    """Rows of the table. A batch goes through the seeds together, without the sets that are pruned on the way."""
    guide, rows = Guide(over, score, seed), []
    for first in range(0, n, runner.jobs):
        left = guide.batch(first, min(runner.jobs, n - first))
        scores = {trial.number: [] for trial, _ in left}
        for step, one in enumerate(seeds):
            place = folder / (f"trials-{first:04}" + ("" if one is None else f"-seed-{one}"))
            runs = runner.rows([point | ({} if one is None else {"run.seed": one}) for _, point in left], place)
            found = scored(runs, place, folder)
            of_run, kept = score_of(found, score, learner), []
            for name, (trial, point) in zip(runs.result, left):
                result, own = str((place / name).relative_to(folder)), scores[trial.number]
                own.append(of_run[result])
                mean, last = float(np.mean(own)), step == len(seeds) - 1
                goes_on = not last and guide.goes_on(trial, mean, step)
                said = {"trial": trial.number, "pruned": not (last or goes_on or np.isnan(mean))}
                rows += [row | said for row in found if row["result"] == result]
                kept += [(trial, point)] if goes_on else []
                if last:
                    guide.ended(trial, mean)
            left = kept
            if not left:
                break
    return rows
