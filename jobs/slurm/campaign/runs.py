"""The runs of an array: products of seeds and values, rows of a table, and FOLDER/tasks.tsv."""

import csv
import itertools
import math
import re
import zlib

from . import Refused

MOST_CHECKED = 16  # kinds of runs that are each looked at; of more, every value of every key, and the largest together
KEY = re.compile(r"^[\w-]+(\.[\w-]+)+$")


class Run:
    """A run of an array: the name of its result, its configuration and its keys, --section.key=value."""

    def __init__(self, name, config, keys):
        self.name, self.config, self.keys = name, config, keys

    @property
    def words(self):
        return [self.name, str(self.config), *self.keys]


def values(text):
    """The values of a list, `1,2,5` or `1..20`."""
    found = []
    for part in text.split(","):
        span = re.match(r"^(\d+)\.\.(\d+)$", part.strip())
        found += map(str, range(int(span.group(1)), int(span.group(2)) + 1)) if span else [part.strip()]
    if not found or "" in found:
        raise Refused(f"{text!r} is no list of values, such as 0.5,1,2 or 1..20")
    return found


def table_of(path):
    """Keys and rows of a table of runs: CSV, with a column for each key. An empty cell leaves a key as it is."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise Refused(f"{path}: has no runs: write a line of keys, such as run.seed,learner.a.eta, and a line for each run")
    for place, key in enumerate(rows[0]):
        if not KEY.match(key) or key in rows[0][:place]:
            raise Refused(f"{path}:1: column {place + 1}, {key!r}: is no section.key, or stands there twice")
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            raise Refused(f"{path}: run {line - 1} has {len(row)} values for {len(rows[0])} keys: {','.join(row)}")
    return rows[0], rows[1:]


def sweeps_of(options):
    """{key: values} of --seeds and --sweep."""
    swept = {}
    for text in ([f"run.seed={options.seeds}"] if options.seeds else []) + options.sweep:
        key, _, list_of_values = text.lstrip("-").partition("=")
        if key in swept or not KEY.match(key):
            raise Refused(f"--sweep {text}: give section.key=value,value,... of a key that is not swept yet")
        swept[key] = values(list_of_values)
    return swept


def runs_of(options, configs):
    """The names of the keys in which the runs of an array differ, and the runs."""
    swept = sweeps_of(options)
    columns, rows = table_of(options.table) if options.table else ([], [[]])
    twice = [key for key in columns if key in swept]
    if twice:
        raise Refused(f"{options.table}: {twice[0]} is a column, and swept too: take one of them away")
    names = [*columns, *swept]
    fixed = [key for key in options.keys if key.lstrip("-").partition("=")[0] not in names]
    if len(fixed) < len(options.keys):
        clash = next(key for key in options.keys if key not in fixed)
        raise Refused(f"{clash} is given for all runs, and differs between them too: take one of them away")
    every = list(itertools.product(configs, rows, *swept.values()))
    digits = max(4, len(str(len(every))))
    runs = []
    for number, (config, row, *chosen) in enumerate(every):
        keys = [f"--{key}={value}" for key, value in zip(names, [*row, *chosen]) if value != ""]
        runs.append(Run(f"run-{number:0{digits}}.h5", config, fixed + keys))
    return names, runs


def number_of(key):
    """The value of --section.key=value as a number, or None."""
    try:
        return float(key.partition("=")[2])
    except ValueError:
        return None


def largest_of(planned):
    """Of each configuration, the run that has the most keys at their largest number."""
    largest = {}
    for key in (key for run in planned for key in run.keys if number_of(key) is not None):
        name = key.partition("=")[0]
        largest[name] = max(largest.get(name, -math.inf), number_of(key))
    found = {}
    for run in planned:
        count = sum(number_of(key) == largest.get(key.partition("=")[0], math.nan) for key in run.keys)
        if run.config not in found or count > found[run.config][0]:
            found[run.config] = count, run
    return [run for _, run in found.values()]


def checked_of(planned):
    """What is looked at before an array is queued: a run of each kind, or enough to have each value of each key and, of each
    configuration, the run with the most keys at their largest value, which mostly needs the most memory."""
    kinds = list({run.kind: run for run in planned}.values())
    if len(kinds) <= MOST_CHECKED:
        return kinds
    chosen = largest_of(kinds)
    seen = {word for run in chosen for word in (str(run.config), *run.keys)}
    for run in kinds:
        new = {str(run.config), *run.keys} - seen
        if new:
            chosen.append(run)
            seen |= new
    return chosen


def text_of(names, configs, runs):
    """FOLDER/tasks.tsv. Its first line has a checksum of the configurations and the keys that differ."""
    digest = 0
    for config in configs:
        digest = zlib.crc32(config.read_bytes(), digest)
    rows = [["#", f"{digest:08x}", *names]] + [run.words for run in runs]
    if any(set(word) & set("\t\n") for row in rows for word in row):
        raise Refused("no path or value may have a tab or line break")
    return "".join("\t".join(row) + "\n" for row in rows)


def read_runs(folder):
    """The runs of FOLDER/tasks.tsv."""
    path = folder / "tasks.tsv"
    if not path.exists():
        raise Refused(f"{path} is not there: give the folder of an array of jobs/slurm/submit")
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    if len(lines) < 2 or lines[0][0] != "#" or any(len(line) < 2 for line in lines):
        raise Refused(f"{path}: not written by jobs/slurm/submit array")
    return [Run(name, config, keys) for name, config, *keys in lines[1:]]


def first_difference(old, new):
    """In words, how two texts of tasks.tsv differ."""
    before, now = ([line.split("\t") for line in text.splitlines()[1:]] for text in (old, new))
    if len(before) != len(now):
        return f"it has {len(before)} runs, and this would be {len(now)}"
    for one, other in zip(before, now):
        if one != other:
            return f"{one[0]} is {' '.join(one[1:])}, and would be {' '.join(other[1:])}"
    return "the configurations differ"
