"""Runs a configuration over values of keys, side by side, and writes one table, FOLDER/sweep.csv, and one figure,
FOLDER/sweep.png.

    bayres-sweep lorenz.ini -o results/gain --over reservoir.gain=0.8,1,1.2 --over run.seed=1..5 --jobs 4
    bayres-sweep lorenz.ini -o results/random --uniform reservoir.gain=0.5,1.5 --log learner.r.lambda=1e-9,1e-1 -n 50
    bayres-sweep lorenz.ini -o results/guided --uniform reservoir.gain=0.5,1.5 -n 50 --search guided --seeds 1..5
    bayres-sweep lorenz.ini -o results/gain --over reservoir.gain=0.8,1,1.2 --slurm --time 1:00:00

Any key can be set for all runs with --section.key=value. The same command again does what is missing. Exit codes are
those of bayres.
"""

import argparse
import re
import sys

from . import sweeps
from .results import Error, list_items
from .running import USAGE
from .tables import number_of


def key_and_items(text):
    """(key, items) of section.key=value,value; of whole numbers 1..5 stands for five."""
    key, equals, values = text.removeprefix("--").partition("=")
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", key) or not equals:
        raise argparse.ArgumentTypeError(f"{text}: give section.key=value,value")
    items = []
    for item in list_items(values):
        span = re.fullmatch(r"(\d+)\.\.(\d+)", item)
        items += range(int(span[1]), int(span[2]) + 1) if span else [item]
    if not items:
        raise argparse.ArgumentTypeError(f"{text}: give section.key=value,value")
    return key, items


def key_and_range(kind):
    def parsed(text):
        key, items = key_and_items(text)
        numbers = [number_of(item) for item in items]
        whole = kind is sweeps.integers
        if len(numbers) != 2 or not all(isinstance(number, int if whole else (int, float)) for number in numbers):
            what = "two whole numbers" if whole else "two numbers"
            raise argparse.ArgumentTypeError(f"{text}: give section.key=LOW,HIGH, {what}")
        return key, kind(*numbers)
    return parsed


def short(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def seeds(text):
    return key_and_items(f"run.seed={text}")[1]


def parser():
    parser = argparse.ArgumentParser(prog="bayres-sweep", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="an INI file")
    parser.add_argument("-o", "--output", metavar="FOLDER", required=True, help="of runs, table and figure")
    several = {"action": "append", "default": [], "dest": "over"}
    parser.add_argument("--over", metavar="KEY=V,V", type=key_and_items, **several,
                        help="values of a key; 1..5 stands for five")
    for name, kind, text in (("--uniform", sweeps.uniform, "a range that is drawn from"),
                             ("--log", sweeps.log_uniform, "one that is drawn from by its logarithm"),
                             ("--integers", sweeps.integers, "one of whole numbers")):
        parser.add_argument(name, metavar="KEY=LOW,HIGH", type=key_and_range(kind), **several, help=text)
    parser.add_argument("--search", choices=[sweeps.GRID, sweeps.RANDOM, sweeps.GUIDED],
                        help="default: grid, of ranges random; guided by Optuna")
    parser.add_argument("-n", type=int, help="sets of values that are drawn")
    parser.add_argument("--seeds", type=seeds, help="values of run.seed of each set: 1..5")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn (default: 1)")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side (default: 1)")
    parser.add_argument("--ranks", type=int, default=1, help="of each run (default: 1)")
    parser.add_argument("--score", default="test_nrmse", help="what is drawn, and looked for (default: test_nrmse)")
    parser.add_argument("--learner", metavar="NAME", help="whose score; needed by guided if there are several")
    parser.add_argument("--slurm", action="store_true", help="as an array of SLURM")
    parser.add_argument("--time", metavar="LIMIT", help="of each task of the array: 1:00:00")
    parser.add_argument("--quiet", action="store_true")
    return parser


def main():
    keys = dict(word[2:].split("=", 1) for word in sys.argv[1:] if re.match(r"--[\w-]+(\.[\w-]+)+=", word))
    options = parser().parse_args([word for word in sys.argv[1:] if word[2:].split("=")[0] not in keys])
    over = dict(options.over)
    if len(over) < len(options.over):
        print("bayres-sweep: a key is given twice", file=sys.stderr)
        return USAGE
    try:
        found = sweeps.sweep(options.config, over, options.output, search=options.search, n=options.n,
                             seeds=options.seeds, seed=options.seed, jobs=options.jobs, ranks=options.ranks,
                             score=options.score, learner=options.learner, progress=not options.quiet,
                             slurm={"time": options.time} if options.slurm else None, **keys)
        path = found.folder / "sweep.png"
        found.plot(options.score, options.learner).savefig(path)
        best = found.best(options.score, options.learner)
    except (Error, ImportError) as error:
        print(f"bayres-sweep: {str(error).removeprefix('bayres: ')}", file=sys.stderr)
        return getattr(error, "code", USAGE)
    counts = found.table.drop_duplicates("result").status.value_counts()
    said = ", ".join(f"{count} {status}" for status, count in counts.items())
    print(f"{said}; {found.folder / 'sweep.csv'}, {path}")
    print("best: " + ", ".join(f"{name} = {short(value)}" for name, value in best.items()))
    return 0
