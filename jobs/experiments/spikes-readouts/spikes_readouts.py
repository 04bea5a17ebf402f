#!/usr/bin/python3
"""Figure and table of readouts of a spiking reservoir, from the results of jobs/experiments/spikes-readouts/run.

    jobs/experiments/spikes-readouts/spikes_readouts.py FOLDER -o FIGURES
"""

import pathlib
import sys

import matplotlib.pyplot as plt

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "analysis"))
from bayres import program, statistics as ns
from bayres.study import LOOKS, Ensemble, against, folders, logarithmic_ticks, number, save, table, test_error, value

TASKS = {"sine": "one sine of 5 Hz", "prod": "sin(8 pi t) sin(12 pi t)", "sines": "four sines, 1,200 to 300 ms"}
RULES = ("bayes", "delta", "delta-decay", "branch", "rls")


def best(family):
    """The one with the smallest median error: chosen with hindsight."""
    return min(family, key=lambda learner: ns.quartiles(test_error(learner))[0])


def summary(errors):
    """Median, quartiles and range over networks."""
    median, low, high = map(number, ns.quartiles(errors))
    return f"{median} [{low}, {high}] ({number(errors.min())} to {number(errors.max())})"


def row_of(ensemble, size, task):
    learners = [best(ensemble.family(rule)) for rule in RULES]
    errors = [test_error(learner) for learner in learners]
    text = [summary(error) for error in errors]
    text[1] = f"{text[1]}, eta {value(learners[1], 'eta'):g}"
    return [size, task, *text, *against(errors[0], errors[1:3])]


def draw(axes, ensemble, title):
    for place, rule in enumerate(RULES):
        learner = best(ensemble.family(rule))
        colour, marker, _ = LOOKS[rule]
        error = test_error(learner)
        median, low, high = ns.quartiles(error)
        axes.plot([place] * len(error), error, ".", color=colour, alpha=0.4)
        axes.errorbar(place + 0.2, median, yerr=[[median - low], [high - median]], color=colour, marker=marker)
    names = [f"delta {value(best(ensemble.family('delta')), 'eta'):g}" if rule == "delta" else rule for rule in RULES]
    axes.set(yscale="log", title=title, xticks=range(len(RULES)))
    axes.set_xticklabels(names, rotation=30, ha="right", fontsize=8)
    logarithmic_ticks(axes.yaxis)


@program
def main():
    folder, output = folders(__doc__, "jobs/experiments/spikes-readouts/run")
    sizes = sorted({int(path.stem.split("-")[1]) for path in folder.glob("*-*.h5")})
    figure, grid = plt.subplots(len(sizes), len(TASKS), figsize=(12, 3.8 * len(sizes)), squeeze=False)
    rows = []
    for line, size in zip(grid, sizes):
        for axes, (task, label) in zip(line, TASKS.items()):
            ensemble = Ensemble(folder / f"{task}-{size}.h5")
            draw(axes, ensemble, f"{label}; N = {size}")
            rows.append(row_of(ensemble, size, task))
        line[0].set_ylabel("NRMSE of final weights, held-out time")
    figure.tight_layout(rect=(0, 0, 1, 0.96))
    save(figure, output, "spikes-readouts",
         f"Readouts of a spiking reservoir. Points: {ensemble.networks} networks; medians and quartiles. delta: its best rate of "
         f"{len(ensemble.family('delta'))}.")
    (output / "results.md").write_text(
        "# Readouts of a spiking reservoir\n\nHeld-out NRMSE of the final weights: median [quartiles] (range) over "
        f"{ensemble.networks} networks. delta: the best of {len(ensemble.family('delta'))} rates, chosen with hindsight. p values are of "
        "Wilcoxon's signed-rank test, paired by network, corrected for the two of a line by Holm's method.\n\n"
        + table(["N", "task", "bayes", "best delta", "delta-decay", "branch 20", "rls", "bayes better than delta",
                 "than delta-decay"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
