"""Merge the results of an array of runs into one table and one file, and name the runs that are missing.

FOLDER/tasks.tsv, which `jobs/slurm/submit array` writes, says which runs there should be. FOLDER/merged.csv has a row for each
learner of each run (and each network of an ensemble). FOLDER/merged.nc (netCDF-4, which is HDF5) has a leading dimension
`run`, with the swept keys as coordinates: status (run); train_mae, test_nrmse and the like for every measure, and
diverged_at_step (run, learner); evaluation_time (run, evaluation); evaluation_nrmse and the like (run, learner, evaluation,
output). Scores of an ensemble have a further dimension `network` after `learner`. What a run does not have is NaN, or -2 for
diverged_at_step. Each run is compared with what was
submitted: its keys with the configuration that was frozen then, its input files with their checksums. Exit code: 0 if every run
is complete and of what was submitted, 1 if any is not, 2 for wrong usage.
"""

import argparse
import collections
import csv
import pathlib
import re
import sys

import numpy as np
import xarray

from .results import SCORES, Result, ResultError, program, read_config, refuse_to_overwrite

# Keys that change no number of a run, which a job may have set.
CHANGES_NOTHING = re.compile(r"run\.(checkpoint_every|keep_checkpoints|max_walltime|stall_limit)$|(parallel|evaluate|output|performance)\.")
NO_STEP = -2  # of diverged_at_step where there is no learner; -1: it did not diverge


class Run:
    """A run of the array: its `name`, `keys` {swept key: value}, `status`, and `learners` {name: scores}, {} if it has no
    result that can be read. `status` is complete, interrupted, missing or unreadable. `config` {key: value} and `inputs`
    {name: CRC-32} are what it was made from, `differences` how that is not what was submitted."""

    def __init__(self, path, keys):
        self.name, self.keys, self.learners, self.ensemble, self.seeds = path.name, keys, {}, False, []
        self.config, self.inputs, self.differences = {}, {}, []
        if not path.exists():
            self.status = "missing"
            return
        try:
            with Result(path) as result:
                self.status, self.ensemble = result.attributes["status"], result.seeds is not None
                self.seeds = result.seeds if self.ensemble else [result.attributes["seed"]]
                self.learners = {name: self._scores(learner) for name, learner in result.learners.items()}
                self.config = keys_of(result.attributes["config"])
                self.inputs = {name: known["checksum"].split()[-1] for name, known in result.inputs.items()}
        except (ResultError, KeyError, OSError) as error:
            self.status = "unreadable"
            print(error, file=sys.stderr)

    @staticmethod
    def _scores(learner):
        """What is kept of a learner; scores are (network)."""
        return ({name: np.atleast_1d(value) for name, value in learner.attributes.items() if SCORES.fullmatch(name)}
                | {"diverged_at_step": np.atleast_1d(learner.attributes["diverged_at_step"]), "rule": learner.rule}
                | {f"evaluation_{name}": values for name, values in learner.evaluation.items()})

    @property
    def diverged(self):
        return [name for name, scores in self.learners.items() if (scores["diverged_at_step"] >= 0).any()]


def number(text):
    """A value of a key, as a number if it is one."""
    try:
        return float(text) if not text.lstrip("+-").isdigit() else int(text)
    except ValueError:
        return text


def options_of(words):
    """{key: value} of --key=value."""
    return dict(word.lstrip("-").split("=", 1) for word in words if "=" in word)


def differs_from_submitted(run, config, options):
    """What a result was made from that is not what was submitted: input files, and keys that the configuration or the
    options give. The record of the files is beside the frozen configuration."""
    found = []
    for key, text in (given_keys(config) | options).items():
        stored = value_in(run.config, key)
        if stored is not None and not CHANGES_NOTHING.match(key) and not same_value(stored, text):
            found.append(f"{key} is {stored}, submitted was {text}")
    record = pathlib.Path(f"{config}.inputs")
    known = {}
    for line in record.read_text().splitlines() if record.exists() else []:
        name, _, digest, path = line.split("\t")
        known.setdefault(name, {})[digest] = path
    for name, digest in run.inputs.items():
        if name in known and digest not in known[name]:
            found.append(f"was made from another file than was submitted: {name} {', '.join(known[name].values())} had crc32 "
                         f"{', '.join(known[name])}, now {digest}")
    return found


def given_keys(config):
    """{section.key: value} of a frozen configuration; {} if it is not there."""
    path = pathlib.Path(config)
    return keys_of(path.read_text(errors="replace")) if path.exists() else {}


def keys_of(text):
    """{section.key: value} of a configuration."""
    config = read_config(text)
    return {f"{section}.{key}": value for section in config.sections() for key, value in config.items(section)}


def value_in(config, key):
    """The value of a key; of a list that made learners NAME_1, NAME_2, ... theirs, each once. None if there is none."""
    section, _, last = key.rpartition(".")
    of_each = re.compile(rf"{re.escape(section)}_\d+\.{re.escape(last)}")
    if key in config or not section.startswith("learner."):
        return config.get(key)
    return ", ".join(dict.fromkeys(value for name, value in config.items() if of_each.fullmatch(name))) or None


def same_value(stored, given):
    """Whether two texts of a value are the same: numbers, words, or lists of these, however they are written, and paths by the
    name of the file. What is automatic is not compared."""
    return given == "auto" or items_of(stored) == items_of(given)


def items_of(text):
    """The items of a value; of neurons 3..5 these are 3, 4, 5."""
    items = []
    for word in text.split(","):
        word = " ".join(word.split()).strip('"').rpartition("/")[2]
        several = re.fullmatch(r"(\d{1,7})\.\.(\d{1,7})", word)
        items += range(int(several[1]), int(several[2]) + 1) if several else [_numbers(word)]
    return items


def _numbers(word):
    """As a number; of 1..2.5 and 1:-1 as several."""
    parts = [number(part) for part in re.split(r"\.\.|:", word)]
    return parts if len(parts) > 1 else parts[0]


def read_runs(folder):
    """All runs of FOLDER/tasks.tsv; their keys begin with `config` if they differ in it."""
    lines = [line.split("\t") for line in (folder / "tasks.tsv").read_text(errors="replace").splitlines()]
    swept = lines[0][2:] if lines else []
    if len(lines) < 2 or lines[0][0] != "#" or not all(len(line) >= 2 for line in lines[1:]):
        raise ResultError(f"{folder}/tasks.tsv: not written by jobs/slurm/submit array")
    several = len({config for _, config, *_ in lines[1:]}) > 1
    runs = []
    for name, config, *options in lines[1:]:
        given = options_of(options)
        keys = {"config": pathlib.Path(config).stem} if several else {}
        runs.append(Run(folder / name, keys | {key: number(given.get(key, "")) for key in swept}))
        runs[-1].differences = differs_from_submitted(runs[-1], config, given)
    return runs


def names_of(runs, wanted):
    """Names, which `wanted` matches, of what is kept of any learner."""
    return sorted({name for run in runs for scores in run.learners.values() for name in scores if wanted.fullmatch(name)})


def write_table(path, runs):
    columns = [*names_of(runs, SCORES), "diverged_at_step"]
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, ["run", *runs[0].keys, "status", "seed", "learner", "rule", *columns], restval="")
        writer.writeheader()
        for run in runs:
            begin = {"run": run.name, **run.keys, "status": run.status}
            if not run.learners:
                writer.writerow(begin)
            for name, scores in run.learners.items():
                for network, seed in enumerate(run.seeds):
                    values = {column: scores[column][network] for column in columns if column in scores}
                    writer.writerow(begin | {"seed": seed, "learner": name, "rule": scores["rule"], **values})


def stacked(runs, learners, name, fill):
    """One score of all learners of all runs, as large as the largest; the rest is `fill`."""
    found = {(i, j): np.asarray(run.learners[learner][name]) for i, run in enumerate(runs)
             for j, learner in enumerate(learners) if name in run.learners.get(learner, {})}
    if not found:
        return None
    if len({values.ndim for values in found.values()}) > 1:
        raise ResultError("some runs are ensembles and some are not: merge them apart")
    shape = np.max([values.shape for values in found.values()], axis=0)
    array = np.full((len(runs), len(learners), *shape), fill, dtype=np.result_type(*found.values()))
    for place, values in found.items():
        array[place][tuple(slice(size) for size in values.shape)] = values
    return array


def merged(runs):
    """The data set of all runs."""
    learners = list(dict.fromkeys(name for run in runs for name in run.learners))
    ensemble = any(run.ensemble for run in runs)
    variables = {"status": ("run", [run.status for run in runs])}

    def add(name, tail, fill=np.nan):
        array = stacked(runs, learners, name, fill)
        if array is None:
            return
        if not ensemble and tail == ("network",):
            array, tail = array[:, :, 0], ()
        elif ensemble and tail != ("network",):
            tail = ("network", *tail)
        variables[name] = (("run", "learner", *tail), array)

    for name in names_of(runs, SCORES):
        add(name, ("network",))
    add("diverged_at_step", ("network",), NO_STEP)
    times = stacked(runs, learners, "evaluation_time", np.nan)
    if times is not None:  # learners of a run share them
        variables["evaluation_time"] = (("run", "evaluation"), np.fmax.reduce(times, axis=1))
    for name in names_of(runs, re.compile("evaluation_(?!time$).*")):
        add(name, ("evaluation", "output"))
    coordinates = {"run": [run.name for run in runs], "learner": ("learner", np.array(learners, dtype=object))}
    for key in runs[0].keys:
        values = [run.keys[key] for run in runs]
        same = all(isinstance(value, (int, float)) for value in values)
        coordinates[key] = ("run", values if same else np.array([str(value) for value in values], dtype=object))
    return xarray.Dataset(variables, coordinates)


def report(runs):
    """Says what is not as it should be; True if every run is complete, and of what was submitted."""
    counts = collections.Counter(run.status for run in runs)
    for run in runs:
        what = ", ".join(f"{key} = {value}" for key, value in run.keys.items())
        if run.status != "complete":
            print(f"{run.name} ({what}): {run.status}")
        elif run.diverged:
            print(f"{run.name} ({what}): diverged: {', '.join(run.diverged)}")
        for difference in run.differences:
            print(f"{run.name} ({what}): {difference}")
    print(f"{len(runs)} runs: " + ", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    differ = sum(bool(run.differences) for run in runs)
    if differ:
        print(f"{differ} of them are not what was submitted: remove these results, and give jobs/slurm/submit again FOLDER")
    return set(counts) == {"complete"} and not differ


@program
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="of the array")
    parser.add_argument("-o", "--output", type=pathlib.Path, metavar="FOLDER", help="of table and file (default: the same)")
    options = parser.parse_args()
    output = options.output or options.folder
    runs = read_runs(options.folder)
    inputs = [options.folder / name for name in ("tasks.tsv", *(run.name for run in runs))]
    refuse_to_overwrite([output / "merged.csv", output / "merged.nc"], inputs)
    output.mkdir(parents=True, exist_ok=True)
    write_table(output / "merged.csv", runs)
    merged(runs).to_netcdf(output / "merged.nc", engine="netcdf4")
    print(f"{output / 'merged.csv'}\n{output / 'merged.nc'}")
    return 0 if report(runs) else 1
