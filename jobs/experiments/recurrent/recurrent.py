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
from bayres.results import TEST, TRAIN
from bayres.study import BLUE, GREY, LOOKS, ORANGE, Ensemble, interval, points, save, table, test_error, value

CASES = {"flip-flop": "flip-flop, g = 0.9", "flip-flop-1.2": "flip-flop, g = 1.2", "delayed-xor": "delayed XOR, trials",
         "pattern": "pattern after a cue, trials"}


def rule_of(learner):
    return learner.attributes.get("recurrent.rule", "none")


def key_of(rule):
    return "recurrent.eta" if rule in ("delta", "adagrad") else "recurrent.kappa"


def label(learner):
    rule = rule_of(learner)
    if rule == "none":
        return "readout only"
    text = f"{rule} {value(learner, key_of(rule)):g}"
    return text if learner.attributes["recurrent.feedback"] == "symmetric" else f"{text}, random feedback"


def early_error(ensemble, learner):
    """RMS error in the second tenth of the training steps in which an error is asked for, over the sd of the target: (network)."""
    training = np.flatnonzero((ensemble.phase == TRAIN) & (ensemble.step_weight > 0))
    second = training[len(training) // 10:2 * (len(training) // 10)]
    error = (learner.series("output") - ensemble.series("target"))[:, second]
    return np.sqrt((error**2).mean(axis=(1, 2))) / ensemble.series("target")[training].std()


def draw_plane(axes, ensemble, title):
    """Early and late error of every learner on one plane: what is fast stands left, what is good in the end below."""
    for learner in ensemble.learners.values():
        rule = rule_of(learner)
        early, late = early_error(ensemble, learner), test_error(learner)
        if rule == "none":
            axes.axhline(np.median(late), color=GREY, linestyle=":", label="readout only, late")
            continue
        points(axes, early, late, rule, label="" if LOOKS[rule][2] in drawn(axes) else None, linestyle="none",
               markerfacecolor="white" if learner.attributes["recurrent.feedback"] == "random" else LOOKS[rule][0])
        axes.annotate(f"{value(learner, key_of(rule)):g}", (np.median(early), np.median(late)), (4, 3),
                      textcoords="offset points", fontsize=7, color=LOOKS[rule][0])
    axes.set(xscale="log", yscale="log", xlabel="NRMSE early (second tenth of training)", ylabel="NRMSE of frozen weights")
    for axis in (axes.xaxis, axes.yaxis):
        study.logarithmic_ticks(axis)
    axes.set_title(title)


def drawn(axes):
    return axes.get_legend_handles_labels()[1]


def planes(folder, out):
    found = {name: title for name, title in CASES.items() if (folder / f"{name}.h5").exists()}
    rows = -(-len(found) // 2)
    figure, grid = plt.subplots(rows, 2, figsize=(11, 4.5 * rows), layout="constrained", squeeze=False)
    text = []
    for axes, (name, title) in zip(grid.flat, found.items()):
        ensemble = Ensemble(folder / f"{name}.h5")
        draw_plane(axes, ensemble, title)
        text.append(f"## {title}\n\n{case_table(ensemble)}")
    for axes in grid.flat[len(found):]:
        axes.set_visible(False)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="lower center", ncols=5, fontsize=9)
    figure.get_layout_engine().set(rect=(0, 0.07 / rows, 1, 1 - 0.07 / rows))
    save(figure, out, "recurrent", f"Learning of J, N = 100. Medians and quartiles over {ensemble.networks} networks. Numbers: "
         "kappa or eta. Open: random feedback.")
    return "\n".join(text)


def case_table(ensemble):
    rows = []
    for learner in ensemble.learners.values():
        late = ns.ranked(test_error(learner))
        rows.append([label(learner), interval(early_error(ensemble, learner)), interval(test_error(learner)),
                     f"{late.min():.3g} to {late.max():.3g}"])
    return table(["rule for J", "NRMSE early", "NRMSE frozen", "range"], rows)


REWARDED = {"none": (GREY, "J is fixed"), "miconi": (BLUE, "miconi"), "node-perturbation": (ORANGE, "node perturbation")}
WINDOW = 100  # trials


def moving(right):
    """Part of right answers in the last trials of a window: (network, trial)."""
    sums = np.cumsum(np.pad(right, ((0, 0), (1, 0))), axis=1)
    return (sums[:, WINDOW:] - sums[:, :-WINDOW]) / WINDOW


def rewards(folder, out):
    """Right answers in delayed match, learned from rewards."""
    ensemble = Ensemble(folder / "delayed-match.h5")
    phase = ensemble.trials["phase"]
    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    rows, drawn_of_rule = [], []
    for learner in ensemble.learners.values():
        colour, name = REWARDED[rule_of(learner)]
        name += f", eta = {value(learner, 'recurrent.eta'):g}" if rule_of(learner) != "none" else ""
        right = np.asarray(learner.trial_right)[..., 0]
        learning = right[:, phase == TRAIN]
        curve = moving(learning)
        trial, line = np.arange(WINDOW, WINDOW + curve.shape[1]), ("-", "--", ":")[drawn_of_rule.count(colour) % 3]
        drawn_of_rule.append(colour)
        if line == "-":
            axes.plot(trial, 100 * curve.T, color=colour, linewidth=0.5, alpha=0.4)
        axes.plot(trial, 100 * np.median(curve, axis=0), color=colour, linestyle=line, linewidth=2, label=name)
        reached = [WINDOW + int(np.argmax(one >= 0.95)) if (one >= 0.95).any() else np.inf for one in curve]
        frozen = 100 * right[:, phase == TEST].mean(axis=1)
        rows.append([name, f"{np.median(reached):g}", int(np.isfinite(reached).sum()),
                     f"{100 * np.median(learning[:, learning.shape[1] // 4:].mean(axis=1)):.3g}",
                     f"{np.median(frozen):.3g} ({frozen.min():.3g} to {frozen.max():.3g})", interval(test_error(learner))])
    axes.axhline(95, color="black", linewidth=1, linestyle=(0, (4, 3)))
    axes.set(xlabel="trial", ylabel=f"right answers of the last {WINDOW} trials (%)", ylim=(30, 101))
    axes.legend(loc="lower right")
    save(figure, out, "delayed-match", f"Delayed match from rewards, N = 200. Medians over {ensemble.networks} networks; thin: "
         "each network")
    head = ["rule for J", f"trials until 95 % right of {WINDOW}, median", f"networks, of {ensemble.networks}",
            "right in the last three quarters of training, %", "right, frozen, % (range)", "NRMSE frozen"]
    return f"## delayed match, rewards\n\n{table(head, rows)}"


def step_time(ensemble):
    """Microseconds of a step without those in which networks wait to write: (network)."""
    p = ensemble.performance
    return 1e6 * (p["seconds_in_steps"] - p["seconds_recording"]) / p["steps"]


def scaling(folder, out):
    """Error and time of a step over the number of neurons, of the runs scaling-N (J fixed) and scaling-N-J (learned)."""
    sizes = sorted(int(path.stem.split("-")[1]) for path in folder.glob("scaling-*-J.h5"))
    figure, (errors, times) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    rows = []
    for suffix, rule, text in (("", "delta", "J fixed"), ("-J", "bayes", "J learned by bayes")):
        ensembles = [Ensemble(folder / f"scaling-{size}{suffix}.h5") for size in sizes]
        late = [test_error(ensemble.learners["a"]) for ensemble in ensembles]
        study.curve(errors, sizes, late, rule, text)
        study.curve(times, sizes, [step_time(ensemble) for ensemble in ensembles], rule, text)
        for size, ensemble, error in zip(sizes, ensembles, late):
            rows.append([size, text, ensemble.networks, interval(early_error(ensemble, ensemble.learners["a"])), interval(error),
                         f"{np.min(error):.3g} to {np.max(error):.3g}", f"{np.median(step_time(ensemble)):.3g}"])
    for axes, what in ((errors, "NRMSE of frozen weights"), (times, "time of a step (us)")):
        axes.set(xscale="log", yscale="log", xlabel="neurons", ylabel=what)
        study.logarithmic_ticks(axes.xaxis)
    study.logarithmic_ticks(errors.yaxis)
    errors.legend()
    save(figure, out, "recurrent_scaling", "Flip-flop, g = 0.9, dense J. Medians and quartiles over networks.")
    return "## Size\n\n" + table(["N", "J", "networks", "NRMSE early", "NRMSE frozen", "range", "us per step"], sorted(rows))


@program
def main():
    folder, output = study.folders(__doc__, "jobs/experiments/recurrent/run")
    head = ("# Learning of J\n\nMedians over networks with 95 % bootstrap intervals in brackets. Early: the second tenth of training, "
            "while weights learn. Frozen: held-out time after training.\n")
    parts = [head, planes(folder, output)]
    parts += [rewards(folder, output)] if (folder / "delayed-match.h5").exists() else []
    parts += [scaling(folder, output)] if any(folder.glob("scaling-*-J.h5")) else []
    (output / "results.md").write_text("\n".join(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
