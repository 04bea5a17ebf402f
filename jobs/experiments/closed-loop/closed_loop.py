#!/usr/bin/python3
"""Figures and tables of the closed loop, from the results of jobs/experiments/closed-loop/run.

    jobs/experiments/closed-loop/closed_loop.py FOLDER -o FIGURES
"""

import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "analysis"))
from bayres import TEST, TRAIN, program, statistics as ns, study
from bayres.study import BLUE, GREEN, LOOKS, ORANGE, Ensemble, against, curve, save, table, test_error, value

CASES = {"output-sine-60": "output fed back, one sine, 60 tau", "output-sine-30": "output, one sine, 30 tau",
         "output-triangle-30": "output, triangle, 30 tau", "output-four-60": "output, four sines, 60 to 15 tau",
         "teacher-sine-60": "teacher fed back, one sine, 60 tau", "teacher-sine-30": "teacher, one sine, 30 tau"}


def scores(learner, name):
    """A score of the free run: (network), or (network, window)."""
    return learner.free_run[name]


def worst_period(learner):
    """The largest aligned error of a period: (network)."""
    return ns.ranked(scores(learner, "aligned_nrmse")).max(axis=1)


def label(learner):
    rule, others = learner.rule, learner.attributes.get("others", "prior")
    if rule in ("delta", "adagrad"):
        return f"{rule} {value(learner, 'eta'):g}"
    text = f"{rule} {int(value(learner, 'branch_size'))}" if rule == "branch" else rule
    for key in ("drift", "prior_decay"):
        if float(learner.attributes.get(key, 0)) > 0:
            text += f" {key} {value(learner, key):g}"
    return text if others == "prior" else f"{text} {others}"


def interval(values):
    """Median with its interval; a number that cannot be given, because the rhythm is lost, counts as infinite."""
    return study.interval(values).replace("diverged", "lost")


def held(learner):
    return int(np.nansum(scores(learner, "held")))


BEYOND = 10  # NRMSE: above what is drawn


def draw_case(axes, ensemble, title):
    for place, learner in enumerate(ensemble.learners.values()):
        colour, marker, _ = LOOKS[learner.rule]
        for offset, error, face in ((-0.15, test_error(learner), colour), (0.15, worst_period(learner), "white")):
            median, low, high = ns.quartiles(error)
            if not np.isfinite(median):
                axes.text(place + offset, 0.99, "lost", color=colour, rotation=90, ha="center", va="top", fontsize=8,
                          transform=axes.get_xaxis_transform())
                continue
            high = min(high, max(BEYOND, median))
            axes.errorbar(place + offset, median, yerr=[[median - low], [high - median]], color=colour, marker=marker,
                          markerfacecolor=face, markersize=5, elinewidth=1, linestyle="none")
        axes.annotate(f"{held(learner)}", (place, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom",
                      fontsize=8)
    axes.axhline(1, color="black", linewidth=1, linestyle=":")
    axes.set(yscale="log", ylim=(None, BEYOND / 2), xticks=range(len(ensemble.learners)))
    axes.set_title(title, pad=16)
    axes.set_xticklabels([label(learner) for learner in ensemble.learners.values()], rotation=90, fontsize=8)


def cases(folder, out):
    figure, grid = plt.subplots(2, 3, figsize=(15, 10), sharey=True)
    text = []
    for axes, (name, title) in zip(grid.flat, CASES.items()):
        ensemble = Ensemble(folder / f"{name}.h5")
        draw_case(axes, ensemble, title)
        text.append(f"### {title}\n\n{case_table(ensemble)}")
    for axes in grid[:, 0]:
        axes.set_ylabel("NRMSE (open: worst period, aligned)")
    save(figure, out, "closed-loop", f"Free run of 20 periods with frozen weights, N = 500. Medians and quartiles over "
         f"{ensemble.networks} networks. Above: in how many networks every period is held. Dotted: as bad as the mean.")
    return "\n".join(text)


def case_table(ensemble):
    """With how often, and how surely, plain `bayes` has a smaller NRMSE, where it is among the learners."""
    bayes = [l for l in ensemble.family("bayes") if label(l) == "bayes"]
    learners = list(ensemble.learners.values())
    compared = [iter(against(test_error(b), [test_error(l) for l in learners if l is not b])) for b in bayes]
    rows = [[label(l), f"{held(l)} of {ensemble.networks}", interval(test_error(l)), interval(worst_period(l)),
             interval(scores(l, "phase_drift")), interval(np.abs(scores(l, "period_error")))]
            + ["" if l is b else next(said) for b, said in zip(bayes, compared)] for l in learners]
    return table(["rule", "held", "NRMSE", "aligned NRMSE, worst period", "phase drift (rad per period)", "|period error|"]
                 + ["`bayes` better in (p: Wilcoxon, Holm)"] * len(bayes), rows)


def change_per_period(learner):
    """|w(t + T) - w(t)| / |w(t)| in the last period of training: (network)."""
    weights = learner.weights[:, :, 0]
    return np.linalg.norm(weights[:, -1] - weights[:, -2], axis=-1) / np.linalg.norm(weights[:, -2], axis=-1)


SCORES = {"NRMSE of the free run": test_error, "phase drift (rad per period)": lambda l: scores(l, "phase_drift"),
          "aligned NRMSE, worst period": worst_period, "relative change of w in the last period": change_per_period}


def bayes_colours(ensemble):
    return dict(zip(ensemble.family("bayes"), (BLUE, GREEN)))


def draw_against_rates(axes, ensemble, name, call):
    """A score of the fixed rates against eta, and those of bayes, which has none."""
    deltas = ensemble.family("delta")
    curve(axes, [value(learner, "eta") for learner in deltas], [call(learner) for learner in deltas], "delta")
    for learner, colour in bayes_colours(ensemble).items():
        median, low, high = ns.quartiles(call(learner))
        axes.axhline(median, color=colour, label=label(learner))
        axes.axhspan(low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set(xscale="log", yscale="log", xlabel="eta of delta", ylabel=name)


def draw_free_run(axes, ensemble, periods=2):
    """The end of the free run of the first network: the target, bayes, and the fixed rate with the smallest NRMSE."""
    best = min(ensemble.family("delta"), key=lambda learner: ns.quartiles(test_error(learner))[0])
    time = ensemble.time - ensemble.time[ensemble.phase == TRAIN][-1]
    shown = time > time[-1] - periods * float(ensemble.config["task"]["periods"])
    axes.plot(time[shown], ensemble.series("target")[shown, 0], color="0.75", linewidth=4.5, label="target")
    for learner, style in ((ensemble.family("bayes")[0], {"color": BLUE}), (best, {"color": ORANGE, "linestyle": "--"})):
        axes.plot(time[shown], learner.series("output")[0, shown, 0], label=label(learner), **style)
    axes.set(xlabel="time since the weights were frozen / tau", ylabel="z, z*")
    axes.legend(fontsize=8)


def stability(folder, out):
    """What fixed rates and bayes hold of one sine of 60 tau: shape, frequency, and how much the weights still move."""
    ensemble = Ensemble(folder / "output-sine-60.h5")
    figure, panels = plt.subplots(1, 4, figsize=(16, 4.2))
    for axes, (name, call) in zip(panels, SCORES.items()):
        draw_against_rates(axes, ensemble, name, call)
    panels[0].legend(fontsize=9)
    save(figure, out, "stability", f"One sine of 60 tau, output fed back, N = 500. Medians and quartiles over "
         f"{ensemble.networks} networks.")
    return movement_table(ensemble)


def movement_table(ensemble):
    learners = [*ensemble.family("bayes"), *ensemble.family("delta")]
    return table(["rule", *SCORES], [[label(l), *(interval(call(l)) for call in SCORES.values())] for l in learners])


def long_training(folder, _):
    ensemble = Ensemble(folder / "long.h5")
    return case_table(ensemble)


def large(folder, out):
    ensemble = Ensemble(folder / "large.h5")
    free = ensemble.phase == TEST
    time = ensemble.time[free] - ensemble.time[free][0]
    figure, panels = plt.subplots(1, len(ensemble.learners), figsize=(13, 3.6), sharey=True)
    for axes, learner in zip(panels, ensemble.learners.values()):
        axes.plot(time, ensemble.series("target")[free, 0], color="0.75", linewidth=4.5, label="target")
        axes.plot(time, learner.series("output")[0, free, 0], color=GREEN, label="free run")
        axes.set(xlabel="time since the weights were frozen / tau", title=label(learner))
    panels[0].set_ylabel("z, z*")
    panels[0].legend(loc="upper right")
    save(figure, out, "large", f"Four sines, 10,000 neurons; the first of {ensemble.networks} networks.")
    step = 1e6 * np.median(ensemble.performance["seconds_in_steps"] / ensemble.performance["steps"])
    return case_table(ensemble) + (
        f"\n{step:.0f} us a step, both learners together. Covariances: {8 * 64 * 1e4 / 1e6:.0f} MB a learner; "
        f"`rls` would need {8 * 1e8 / 1e6:.0f} MB.\n")


PARTS = {"Held or lost": cases, "Shape, frequency, and movement of weights": stability,
         "Long training with the teacher": long_training, "Where rls cannot go": large}


@program
def main():
    folder, output = study.folders(__doc__, "jobs/experiments/closed-loop/run")
    parts = ["# The closed loop\n\nFrozen weights, running freely on their own output. Medians over networks with 95 % "
             "bootstrap intervals in brackets. *Held*: in every period of the target the NRMSE at the best lag is below 0.3 "
             "and the amplitude within a quarter of the target's.\n"]
    parts += [f"## {title}\n\n{part(folder, output)}" for title, part in PARTS.items()]
    (output / "results.md").write_text("\n".join(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
