#!/usr/bin/python3
"""Figure and table of the locality experiment, from the results of jobs/experiments/locality/run.

    jobs/experiments/locality/locality.py FOLDER -o FIGURES
"""

import pathlib
import sys

import matplotlib.pyplot as plt

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "analysis"))
from bayres import program, statistics as ns
from bayres.study import (BLUE, GREEN, GREY, LOOKS, ORANGE, PINK, SKY, YELLOW, Ensemble, against, curve, folders, interval,
                          logarithmic_ticks, number, save, table, test_error, value)

TASKS = {"sines": "sines, driven", "narma10": "NARMA-10", "mackey-glass": "Mackey-Glass, 6 ahead",
         "ecg": "ECG, 0.1 s ahead", "lorenz": "Lorenz, one step ahead"}
OTHERS = {"prior": (BLUE, "o", "prior: the error alone is broadcast"), "shared": (GREEN, "^", "shared: and V"),
          "joint": (ORANGE, "s", "joint: and V")}
RATES = {"delta": GREY, "nlms": YELLOW, "adagrad": SKY}


def frontier(ensemble, others):
    """Learners by the numbers of a synapse (the size of its branch), smallest first."""
    bayes = [learner for learner in ensemble.family("bayes") if learner.attributes["others"] == others]
    branches = [learner for learner in ensemble.family("branch") if learner.attributes["others"] == others]
    return {1: bayes[0]} | {int(value(learner, "branch_size")): learner for learner in branches}


def best(family):
    """The one with the smallest median error: chosen with hindsight."""
    return min(family, key=lambda learner: ns.quartiles(test_error(learner))[0])


def draw(axes, ensemble, title):
    for others, (colour, marker, label) in OTHERS.items():
        learners = frontier(ensemble, others)
        curve(axes, list(learners), [test_error(l) for l in learners.values()], "branch", label, color=colour, marker=marker)
    for rule, colour in RATES.items():
        axes.axhline(ns.quartiles(test_error(best(ensemble.family(rule))))[0], color=colour, linewidth=1.2,
                     label=f"{rule}, best of {len(ensemble.family(rule))} rates")
    axes.axhline(ns.quartiles(test_error(ensemble.one("rls")))[0], color=PINK, linestyle="--", label="rls")
    axes.set(xscale="log", yscale="log", xlabel="numbers that a synapse keeps (B)", xticks=[1, 4, 20, 100], title=title)
    axes.xaxis.set_major_formatter("{x:g}")
    logarithmic_ticks(axes.yaxis)


def rows_of(ensemble, label):
    """Each rule against `bayes` with others = shared, in the same networks."""
    shared = frontier(ensemble, "shared")[1]
    shown = [(learner, f"{rule} {others}" if size == 1 else f"branch {size} {others}")
             for others in OTHERS for size, learner in frontier(ensemble, others).items() for rule in ["bayes"]]
    for rule in RATES:
        chosen = best(ensemble.family(rule))
        shown.append((chosen, f"{rule}, best of {len(ensemble.family(rule))}: {value(chosen, 'eta'):g}"))
    shown.append((ensemble.one("rls"), "rls"))
    compared = iter(against(test_error(shared), [test_error(l) for l, _ in shown if l is not shared]))
    reference = test_error(ensemble.one("rls"))
    for learner, name in shown:
        error = test_error(learner)
        low, high = ns.quartiles(error)[1:]
        yield [label, name, interval(error), f"{number(low)} - {number(high)}",
               f"{ns.quartiles(ns.paired_ratios(error, reference))[0]:.3g}", "" if learner is shared else next(compared)]


@program
def main():
    folder, output = folders(__doc__, "jobs/experiments/locality/run")
    figure, grid = plt.subplots(2, 3, figsize=(13, 8))
    *panels, legend = grid.flat
    rows = []
    for axes, (name, label) in zip(panels, TASKS.items()):
        ensemble = Ensemble(folder / f"{name}.h5")
        draw(axes, ensemble, label)
        rows += rows_of(ensemble, label)
    for axes in grid[:, 0]:
        axes.set_ylabel("NRMSE of final weights, held-out time")
    legend.axis("off")
    legend.legend(*panels[0].get_legend_handles_labels(), loc="center")
    save(figure, output, "locality",
         f"Error against what a synapse keeps, with and without the broadcast V. Medians and quartiles over "
         f"{ensemble.networks} networks; N = 400 (ECG: 500).")
    (output / "results.md").write_text(
        "# How much must a synapse know?\n\nMedians over networks with 95 % bootstrap intervals in brackets; p values are "
        "of Wilcoxon's signed-rank test against `bayes` with others = shared, paired by network, adjusted by Holm's "
        "method. delta, nlms and adagrad: the best of their rates, chosen with hindsight.\n\n"
        + table(["task", "rule", "held-out NRMSE", "quartiles", "x rls (median)", "bayes shared better in (p)"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
