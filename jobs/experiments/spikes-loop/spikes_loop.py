#!/usr/bin/python3
"""Figure and table of a sine that spiking networks hold, from the results of jobs/experiments/spikes-loop/run.

    jobs/experiments/spikes-loop/spikes_loop.py FOLDER -o FIGURES
"""

import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "analysis"))
from bayres import program, statistics as ns
from bayres.study import LOOKS, Ensemble, against, folders, logarithmic_ticks, number, save, table, test_error, value


def last(learner, score):
    """A score of the last second of the free run: (network). What has no number, because nothing is left, is infinite."""
    values = np.asarray(learner.free_run[score], float)[:, -1]
    return np.where(np.isnan(values), np.inf, values)


def held(learner):
    """Whether the last second has the target's form and amplitude: (network)."""
    return (last(learner, "aligned_nrmse") < 0.25) & (np.abs(last(learner, "amplitude_ratio") - 1) <= 0.25)


def label(ensemble, learner):
    name = f"delta {value(learner, 'eta'):g}" if learner.rule == "delta" else learner.rule.replace("branch", "branch 20")
    size = ensemble.config.getint("reservoir", "size")
    return name if size == 1000 else f"{name}, N = {size}"


def summary(values):
    median, low, high = map(number, ns.quartiles(values))
    return f"{median} [{low}, {high}] ({number(values.min())} to {number(values.max())})".replace("diverged", "lost")


def rows_of(ensemble, seconds):
    """With in how many networks `bayes` has the smaller aligned NRMSE, if it is among the learners."""
    learners = list(ensemble.learners.values())
    compared = {learner.name: "" for learner in learners}
    for bayes in ensemble.family("bayes"):
        others = [learner for learner in learners if learner is not bayes]
        said = against(last(bayes, "aligned_nrmse"), [last(other, "aligned_nrmse") for other in others])
        compared |= {other.name: text for other, text in zip(others, said)}
    return [row_of(ensemble, learner, seconds) + [compared[learner.name]] for learner in learners]


def row_of(ensemble, learner, seconds):
    return [label(ensemble, learner), f"{seconds:g} s", f"{held(learner).sum()} of {ensemble.networks}",
            summary(last(learner, "aligned_nrmse")), summary(last(learner, "amplitude_ratio")),
            number(ns.quartiles(test_error(learner))[0])]


@program
def main():
    folder, output = folders(__doc__, "jobs/experiments/spikes-loop/run")
    figure, panels = plt.subplots(1, 2, figsize=(10, 4))
    rows, names = [], []
    for name in ("local", "rls", "large"):
        ensemble = Ensemble(folder / f"{name}.h5")
        for learner in ensemble.learners.values():
            colour = LOOKS[learner.rule][0]
            for axes, score in zip(panels, ("aligned_nrmse", "amplitude_ratio")):
                values = last(learner, score)
                axes.plot(len(names) + np.linspace(-0.2, 0.2, len(values)), values, "o", color=colour, alpha=0.6)
            names.append(label(ensemble, learner))
        rows += rows_of(ensemble, float(ensemble.config.get("protocol", "test")) / 1000)
    for axes, text in zip(panels, ("aligned NRMSE", "amplitude, of the target's")):
        axes.set(ylabel=text, xticks=range(len(names)))
        axes.set_xticklabels(names, rotation=30, ha="right", fontsize=8)
    panels[0].set_yscale("log")
    logarithmic_ticks(panels[0].yaxis)
    panels[0].axhline(0.25, color="black", linewidth=1, linestyle=":")
    for edge in (0.75, 1.25):
        panels[1].axhline(edge, color="black", linewidth=1, linestyle=":")
    figure.tight_layout(rect=(0, 0, 1, 0.94))
    save(figure, output, "spikes-loop",
         "The last second of the free run; each point a network. Between the dotted lines: held.")
    (output / "results.md").write_text(
        "# A sine of 5 Hz, held by spiking networks\n\nThe last second of the free run: median [quartiles] (range) over networks. "
        "Held: aligned NRMSE below 0.25 and amplitude within 25 %.\n\n"
        + table(["rule", "free run", "held", "aligned NRMSE", "amplitude ratio", "NRMSE without aligning",
                 "bayes better in (p: Wilcoxon, Holm)"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
