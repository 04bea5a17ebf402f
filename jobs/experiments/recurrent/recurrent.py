#!/usr/bin/python3
"""Figures and tables of learning J, from the results of jobs/experiments/recurrent/run.

    jobs/experiments/recurrent/recurrent.py FOLDER -o FIGURES
"""

import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "analysis"))
from bayres import program, statistics as ns, study
from bayres.results import TRAIN
from bayres.study import GREY, LOOKS, Ensemble, interval, points, save, table, test_error, value

CASES = {"flip-flop": "flip-flop, g = 0.9", "flip-flop-1.2": "flip-flop, g = 1.2", "delayed-xor": "delayed XOR, trials",
         "pattern": "pattern after a cue, trials"}


def rule_of(learner):
    return learner.attributes.get("recurrent.rule", "none")


def label(learner):
    rule = rule_of(learner)
    if rule == "none":
        return "readout only"
    key = "eta" if rule in ("delta", "adagrad") else "kappa"
    text = f"{rule} {value(learner, f'recurrent.{key}'):g}"
    return text if learner.attributes["recurrent.feedback"] == "symmetric" else f"{text}, random feedback"


def early_error(ensemble, learner):
    """RMS error in the second tenth of the training steps in which an error is asked for, over the sd of the target: (network)."""
    training = np.flatnonzero((ensemble.phase == TRAIN) & (ensemble.step_weight > 0))
    second = training[len(training) // 10:2 * (len(training) // 10)]
    error = (learner.output - ensemble.target)[:, second]
    return np.sqrt((error**2).mean(axis=(1, 2))) / np.asarray(ensemble.target)[training].std()


def draw_plane(axes, ensemble, title):
    """Early and late error of every learner on one plane: what is fast stands left, what is good in the end below."""
    for learner in ensemble.learners.values():
        rule = rule_of(learner)
        early, late = early_error(ensemble, learner), test_error(learner)
        if rule == "none":
            axes.axhline(np.median(late), color=GREY, linestyle=":", label="readout only, late")
            continue
        points(axes, early, late, rule, label=None if rule in drawn(axes) else rule, linestyle="none",
               markerfacecolor="white" if learner.attributes["recurrent.feedback"] == "random" else LOOKS[rule][0])
    axes.set(xscale="log", yscale="log", xlabel="NRMSE early (second tenth of training)", ylabel="NRMSE of frozen weights")
    for axis in (axes.xaxis, axes.yaxis):
        study.logarithmic_ticks(axis)
    axes.set_title(title)


def drawn(axes):
    return axes.get_legend_handles_labels()[1]


def planes(folder, out):
    figure, grid = plt.subplots(2, 2, figsize=(11, 9), layout="constrained")
    text = []
    for axes, (name, title) in zip(grid.flat, CASES.items()):
        ensemble = Ensemble(folder / f"{name}.h5")
        draw_plane(axes, ensemble, title)
        text.append(f"## {title}\n\n{case_table(ensemble)}")
    grid[0, 0].legend(fontsize=9)
    save(figure, out, "recurrent", f"Learning of J, N = 100. Medians and quartiles over {ensemble.networks} networks. Open: "
         "random feedback.")
    return "\n".join(text)


def case_table(ensemble):
    rows = []
    for learner in ensemble.learners.values():
        late = ns.ranked(test_error(learner))
        rows.append([label(learner), interval(early_error(ensemble, learner)), interval(test_error(learner)),
                     f"{late.min():.3g} to {late.max():.3g}"])
    return table(["rule for J", "NRMSE early", "NRMSE frozen", "range"], rows)


@program
def main():
    folder, output = study.folders(__doc__, "jobs/experiments/recurrent/run")
    head = ("# Learning of J\n\nMedians over networks with 95 % bootstrap intervals in brackets. Early: the second tenth of training, "
            "while weights learn. Frozen: held-out time after training.\n")
    (output / "results.md").write_text("\n".join([head, planes(folder, output)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
