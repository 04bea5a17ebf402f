#!/usr/bin/python3
"""Figures and tables of the poster's experiments, from the results of jobs/experiments/poster/run.

    jobs/experiments/poster/poster.py FOLDER -o FIGURES

Each experiment is a function that draws one figure and returns what the table says of it. Lines and points are medians
over networks; bands and bars are quartiles. Errors are of frozen weights on held-out time unless it says otherwise.
"""

import pathlib
import sys

import h5py
import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[3] / "analysis"), str(HERE.parents[1] / "closed-loop")]
import closed_loop as loop
from bayres import TRAIN, program, statistics as ns
from bayres.study import (GREEN, LOOKS, PINK, Ensemble, against, curve, diverged, folders, interval, logarithmic_ticks, number,
                          points, save, table, test_error, value)

PERIOD = 120  # the longest of the sines, in tau: the "first period" of the plane


# ---- faster, and better at once


def shown_rates(ensemble):
    """Four of the fixed rates: the best at the end, the slowest, one between, the fastest but one."""
    deltas = ensemble.family("delta")
    return [deltas[1], deltas[3], deltas[6], deltas[8]]


def looks_of_shown(ensemble):
    """Learners whose curves are drawn: (learner, label, style)."""
    shades = ["#8c3a00", "#D55E00", "#f09a5c", "#f7c59f"]
    looks = [(ensemble.one(rule), None, {}) for rule in ("bayes", "delta-decay", "branch", "rls")]
    for learner, shade in zip(shown_rates(ensemble), shades):
        looks.append((learner, f"delta, eta = {value(learner, 'eta'):g}", {"color": shade, "linestyle": "--"}))
    return looks


def draw_running(axes, ensemble):
    """Error while learning, averaged from one time of evaluation to the next."""
    edges = ensemble.one("bayes").evaluation["time"]
    training = ensemble.phase == TRAIN
    inside = [training & (ensemble.time > low) & (ensemble.time <= high) for low, high in zip(edges, edges[1:])]
    for learner, label, style in looks_of_shown(ensemble):
        error = np.abs(ensemble.series("target") - learner.series("output")).mean(axis=-1)
        curve(axes, edges[1:], [error[:, part].mean(axis=1) for part in inside], learner.rule, label, markersize=4, **style)
    axes.set(xscale="log", yscale="log", xlabel="training time / tau", ylabel="mean |z* - z| while learning")


def draw_learning(axes, ensemble):
    for learner, label, style in looks_of_shown(ensemble):
        time, nrmse = learner.evaluation["time"], learner.evaluation["nrmse"][:, :, 0]
        curve(axes, time[1:], nrmse.T[1:], learner.rule, label, markersize=4, **style)
    axes.set(xscale="log", yscale="log", xlabel="training time / tau", ylabel="NRMSE of frozen weights, held-out time")
    axes.legend(fontsize=8, handlelength=2.5)


def draw_plane(axes, ensemble, early):
    for rule in ("delta", "nlms", "adagrad"):
        family = ensemble.family(rule)
        medians = np.array([(ns.quartiles(early[l.name])[0], ns.quartiles(test_error(l))[0]) for l in family])
        axes.plot(*medians[np.isfinite(medians).all(axis=1)].T, color=LOOKS[rule][0], linewidth=1, zorder=1)
        for k, learner in enumerate(family):
            points(axes, early[learner.name], test_error(learner), rule, None if k == 0 else "", linestyle="none", markersize=4)
            if rule == "delta" and k % 2 == 0 and np.isfinite(medians[k]).all():
                axes.annotate(f"{value(learner, 'eta'):g}", medians[k], textcoords="offset points", xytext=(5, 4),
                              fontsize=7, color=LOOKS[rule][0])
    for rule in ("bayes", "delta-decay", "branch", "rls"):
        learner = ensemble.one(rule)
        points(axes, early[learner.name], test_error(learner), rule, linestyle="none", markersize=8)
    axes.set(xscale="log", yscale="log", xlabel=f"mean |z* - z| while learning, first {PERIOD} tau",
             ylabel="NRMSE of final weights, held-out time")
    axes.legend(fontsize=8, handlelength=1, title="better: to the lower left", title_fontsize=8)


def faster(folder, out):
    ensemble = Ensemble(folder / "faster.h5")
    early = {learner.name: ensemble.running_error(learner, PERIOD) for learner in ensemble.learners.values()}
    figure, (above, below) = plt.subplots(2, 3, figsize=(15.5, 9))
    draw_running(above[0], ensemble)
    draw_learning(above[1], ensemble)
    draw_plane(above[2], ensemble, early)
    closed = loop_of_one_sine(folder)
    loop.draw_free_run(below[0], closed)
    for axes, (name, call) in zip(below[1:], loop.SCORES.items()):
        loop.draw_against_rates(axes, closed, name, call)
    below[1].legend(fontsize=8)
    for letter, axes in zip("abcdef", [*above, *below]):
        axes.set_title(letter, weight="bold")
    save(figure, out, "poster", f"a, b, c: sum of sines, driven, N = 400; numbers in c: eta of delta. d, e, f: one sine in closed "
         f"loop, N = 500. Medians and quartiles over {ensemble.networks} networks; d: the first of them.")
    bayes, deltas = ensemble.one("bayes"), ensemble.family("delta")
    others = [l for l in ensemble.learners.values() if l.rule != "bayes"]
    rows = [["`bayes`", "", interval(early["bayes"]), interval(test_error(bayes)), ""]]
    for other, compared in zip(others, against(test_error(bayes), [test_error(other) for other in others])):
        key = {"delta": "eta", "nlms": "eta", "adagrad": "eta", "branch": "branch_size"}.get(other.rule)
        rows.append([f"`{other.rule}`", f"{key} = {value(other, key):g}" if key else "",
                     "-" if other.rule == "ridge" else interval(early[other.name]), interval(test_error(other)),
                     compared])
    text = table(["rule", "", f"training MAE, first {PERIOD} tau", "held-out NRMSE, end", "`bayes` better at the end in (p: Wilcoxon, Holm)"], rows)
    return text + "\n" + dominance_text(ensemble, early, bayes, deltas) + frozen_text(ensemble)


def frozen_text(ensemble):
    """When frozen weights of bayes are better than those of the fixed rate that is best at the end."""
    bayes = ensemble.one("bayes")
    best = min(ensemble.family("delta"), key=lambda learner: ns.quartiles(test_error(learner))[0])
    counts = [f"{ns.better_in(bayes.evaluation['nrmse'][:, k, 0], best.evaluation['nrmse'][:, k, 0])} at {time:g}"
              for k, time in enumerate(bayes.evaluation["time"]) if time > 0]
    return (f"- Frozen on the way, the weights of `bayes` are better than those of the best fixed rate (eta = "
            f"{value(best, 'eta'):g}) in this many networks: {'; '.join(counts)} tau.\n")


def dominance_text(ensemble, early, bayes, deltas):
    point = np.array([early["bayes"], test_error(bayes)])
    n = ensemble.networks

    def plane(family):
        return np.array([[early[l.name] for l in family], [test_error(l) for l in family]])

    beaten = [ns.dominates(point, plane([learner])) for learner in deltas]
    behind = {rule: ns.is_behind_curve(point, plane(ensemble.family(rule))).sum()
              for rule in ("delta", "nlms", "adagrad")}
    decay = ensemble.one("delta-decay")
    ratio = ns.quartiles(ns.paired_ratios(test_error(decay), test_error(bayes)))
    return (
        f"- On the plane (training error in the first period, held-out error at the end) no rate on the curve of fixed "
        f"rates, tried or between two tried ones, is as good as `bayes` on both axes in {n - behind['delta']} of {n} "
        f"networks; for `nlms` in {n - behind['nlms']}, for `adagrad` in {n - behind['adagrad']}.\n"
        f"- `bayes` is better on both axes than {np.median(np.sum(beaten, axis=0)):g} of the {len(deltas)} fixed rates in "
        f"the median network, and better than all in {np.all(beaten, axis=0).sum()} of {n}: the fastest rates track the "
        f"target with a smaller error while they learn, and keep nothing of it.\n"
        f"- Rates of their own instead of one for all synapses (`delta-decay`): the error of one rate is "
        f"{ratio[0]:.3g} times that of `bayes` (quartiles {ratio[1]:.3g} to {ratio[2]:.3g}).\n")


# ---- generalization


def generalization(folder, out):
    figure, axes = plt.subplots(1, 3, figsize=(13, 4.6))
    rows = []
    tasks = {"narma10": "NARMA-10", "mackey-glass": "Mackey-Glass, 6 ahead", "ecg": "ECG, 0.1 s ahead"}
    shift = dict(zip(("ridge", "rls", "branch", "bayes", "delta-decay", "delta", "nlms"), np.linspace(-0.3, 0.3, 7)))
    for place, (name, label) in enumerate(tasks.items()):
        ensemble = Ensemble(folder / f"{name}.h5")
        shown_rows, errors = [], []
        for rule, offset in shift.items():
            family = ensemble.family(rule)
            if not family:
                continue
            best = min(family, key=lambda learner: ns.quartiles(test_error(learner))[0])
            median, low, high = ns.quartiles(test_error(best))
            colour, marker, shown = LOOKS[rule]
            axes[0].errorbar(place + offset, median, yerr=[[median - low], [high - median]], color=colour, marker=marker,
                             linestyle="none", label=shown if place == 0 else None)
            key = {"delta": "eta", "nlms": "eta", "branch": "branch_size"}.get(rule)
            chosen = f", best of {len(family)}: {key} = {value(best, key):g}" if key else ""
            shown_rows.append([label, f"`{rule}`{chosen}", interval(test_error(best))])
            errors.append(test_error(best))
        bayes = test_error(ensemble.one("bayes"))
        compared = iter(against(bayes, [error for error in errors if error is not bayes]))
        rows += [row + ["" if error is bayes else next(compared)] for row, error in zip(shown_rows, errors)]
    axes[0].axhline(1, color="black", linewidth=1, linestyle=":")
    axes[0].set(yscale="log", xticks=range(3), ylabel="NRMSE on held-out time")
    axes[0].set_xticklabels(["NARMA-10", "Mackey-Glass", "ECG"])
    axes[0].legend(fontsize=7.5, handlelength=1)
    for panel, kind, label in ((axes[1], "noise", "state noise"), (axes[2], "input_noise", "input noise")):
        networks = noise_curves(panel, folder, kind)
        panel.set(xscale="log", yscale="log", xlabel=f"s.d. of {label} (at the left end: 0)",
                  ylabel="NRMSE of frozen weights")
    axes[1].legend(fontsize=7.5, handlelength=2)
    save(figure, out, "generalization", f"Medians and quartiles over {networks} networks; noise: of the learners of "
         "faster.ini from 4 new initial states each. Of delta, nlms and branch the best one is shown.")
    return table(["task", "rule", "held-out NRMSE", "`bayes` better in (p: Wilcoxon, Holm)"], rows) + "\n" + noise_text(folder)


LEVELS = ("0", "1e-4", "1e-3", "1e-2", "1e-1")
NOISY = {"bayes": "bayes", "delta-decay": "delta-decay", "delta_3": "delta", "branch": "branch", "rls": "rls",
         "ridge": "ridge"}


def noise_scores(folder, kind, level, name):
    """NRMSE of each network, the mean over new initial states: (network)."""
    with h5py.File(folder / f"evaluate-{kind}-{level}.h5") as file:
        return file["learners"][name]["nrmse"][:, :, 0].mean(axis=1)


def noise_curves(axes, folder, kind):
    for name, rule in NOISY.items():
        samples = [noise_scores(folder, kind, level, name) for level in LEVELS]
        label = "delta, eta = 1e-4" if rule == "delta" else None
        curve(axes, [max(float(level), 1e-5) for level in LEVELS], samples, rule, label)
    return len(samples[0])


def noise_text(folder):
    rows = []
    for name, rule in NOISY.items():
        quiet = noise_scores(folder, "noise", "0", name)
        row = [f"`{rule}`" + (", eta = 1e-4" if rule == "delta" else ""), interval(quiet)]
        for kind in ("noise", "input_noise"):
            ratios = [ns.quartiles(noise_scores(folder, kind, level, name) / quiet)[0] for level in ("1e-2", "1e-1")]
            row += [f"{ratio:.2f}" for ratio in ratios]
        with h5py.File(folder / "evaluate-pulse.h5") as file:
            recovery = file["learners"][name]["recovery_time"][()].ravel()
        row.append(f"{number(ns.quartiles(recovery)[0])} ({np.isfinite(recovery).sum()} of {len(recovery)})")
        rows.append(row)
    return table(["rule", "NRMSE, new initial states", "x with state noise 0.01", "0.1", "x with input noise 0.01", "0.1",
                  "recovery from a pulse / tau"], rows)


# ---- stability


def stability(folder, out):
    ensemble = Ensemble(folder / "stability.h5")
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6))
    rows = []
    for rule, key, label in (("bayes", "kappa", "bayes: 1/kappa"), ("delta", "eta", "delta: eta")):
        family = ensemble.family(rule)
        scale = np.array([1 / value(l, key) if rule == "bayes" else value(l, key) for l in family])
        order = np.argsort(scale)
        scale, family = scale[order], [family[k] for k in order]
        curve(left, scale, [test_error(l) for l in family], rule, label)
        curve(right, scale, [weight_drift(l) for l in family], rule, label)
        medians = np.array([ns.quartiles(test_error(l))[0] for l in family])
        whole = [not diverged(l).any() for l in family]
        best = ns.ranked(medians).min()
        rows.append([f"`{rule}`", number(best), f"{decades_true(scale, whole):.1f}",
                     f"{ns.decades_within(scale, medians, 1.5 * best):.1f}",
                     f"{ns.decades_within(scale, medians, 2 * best):.1f}",
                     number(ns.quartiles(weight_drift(family[int(np.argmin(ns.ranked(medians)))]))[0])])
    left.set(xscale="log", yscale="log", xlabel="scale of the learning rate", ylabel="NRMSE of final weights, held-out time")
    right.set(xscale="log", yscale="log", xlabel="scale of the learning rate",
              ylabel=f"relative change of w in the last {PERIOD} tau")
    left.legend()
    save(figure, out, "stability", f"Medians and quartiles over {ensemble.networks} networks; scales at which learners "
         "diverged in a network are not drawn.")
    return table(["rule", "best NRMSE", "decades tried without divergence", "decades within 1.5 x best", "within 2 x best",
                  "weight drift per period at the best"], rows)


def decades_true(scale, good):
    return np.log10(scale[good].max() / scale[good].min()) if any(good) else 0.0


def weight_drift(learner):
    """|w(t+T) - w(t)| / |w(t)| over the last two snapshots that are a period apart: (network)."""
    weights = learner.weights[:, :, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        drift = np.linalg.norm(weights[:, -2] - weights[:, -3], axis=-1) / np.linalg.norm(weights[:, -3], axis=-1)
    return np.where(diverged(learner), np.nan, drift)


# ---- the locality frontier


def frontier(folder, out):
    figure, axes = plt.subplots(1, 4, figsize=(15, 4.2))
    rows = {}
    for panel, kind, title in zip(axes, ("driven", "teacher", "closed"),
                                  ("driven", "teacher fed back, then free", "closed loop, then frozen")):
        ensemble = Ensemble(folder / f"frontier-{kind}.h5")
        family = ensemble.family("branch")
        sizes = [value(l, "branch_size") for l in family]
        curve(panel, sizes, [test_error(l) for l in family], "branch", "branch")
        panel.axhline(ns.quartiles(test_error(ensemble.one("rls")))[0], color=PINK, linestyle="--", label="rls")
        panel.set(xscale="log", yscale="log", xlabel="branch size B", title=title)
        for size, learner in zip(sizes, family):
            rows.setdefault(int(size), []).append(interval(test_error(learner)))
    axes[0].set_ylabel("NRMSE of frozen weights")
    axes[0].legend()
    for panel in axes[1:3]:
        panel.axhline(1, color="black", linewidth=1, linestyle=":")
        logarithmic_ticks(panel.yaxis)
    microseconds = {size: learning_cost(folder, size) for size in rows}
    axes[3].plot(list(microseconds), list(microseconds.values()), color=GREEN, marker="^")
    axes[3].set(xscale="log", yscale="log", xlabel="branch size B", ylabel="microseconds per learning step, N = 400",
                title="cost")
    logarithmic_ticks(axes[3].yaxis)
    save(figure, out, "frontier", f"Error against what a synapse knows, N = 400. Medians and quartiles over "
         f"{ensemble.networks} networks; dotted: as bad as the mean of the target.")
    lines = [[size, *row, f"{microseconds[size]:.3g}"] for size, row in rows.items()]
    return table(["B", "driven", "teacher, then free", "closed loop", "us per learning step"], lines)


def learning_cost(folder, size):
    with h5py.File(folder / f"cost-{size}.h5") as file:
        performance = file["performance"].attrs
        learning_steps = float(np.ravel(performance["steps"])[0]) / 2  # learn_every = 2
        return 1e6 * float(np.ravel(performance["seconds_learning"])[0]) / learning_steps


# ---- Dale's law


def dale(folder, out):
    ensemble = Ensemble(folder / "dale.h5")
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4))
    rows = []
    chosen = [ensemble.one(rule) for rule in ("bayes", "dale", "clipped")] + ensemble.family("exponentiated-gradient")
    bayes = ensemble.one("bayes")
    for place, learner in enumerate(chosen):
        median, low, high = ns.quartiles(test_error(learner))
        colour, marker, label = LOOKS[learner.rule]
        left.errorbar(place, median, yerr=[[median - low], [high - median]], color=colour, marker=marker)
        weights = learner.weights[:, :, 0]
        first, last = weights[:, 0], weights[:, -1]
        signed = "-" if learner.rule in ("bayes", "clipped") else f"{(np.sign(first) != np.sign(last)).sum()}"
        zero = (last == 0).mean()
        key = f", eta = {value(learner, 'eta'):g}" if "eta" in learner.attributes else ""
        rows.append([f"`{learner.rule}`{key}", interval(test_error(learner)), signed, f"{zero:.3f}",
                     f"{ns.quartiles(ns.paired_ratios(test_error(learner), test_error(bayes)))[0]:.3g}"])
    labels = [l.rule if "eta" not in l.attributes else f"{value(l, 'eta'):g}" for l in chosen]
    left.set(yscale="log", xticks=range(len(chosen)), ylabel="NRMSE of final weights, held-out time",
             xlabel="rule; for exponentiated gradient its eta")
    left.set_xticklabels(labels, rotation=45, ha="right")
    logarithmic_ticks(left.yaxis)
    logs = np.log10(np.abs(ensemble.one("dale").weights[:, -1, 0])).ravel()
    right.hist(logs, bins=60, density=True, color=LOOKS["dale"][0], alpha=0.4, label="dale, all networks")
    x = np.linspace(logs.min(), logs.max(), 200)
    right.plot(x, stats.norm.pdf(x, logs.mean(), logs.std()), color="black", label="log-normal of this mean and variance")
    right.set(xlabel="log10 |w| of the final weights", ylabel="density", ylim=(0, 1.3 * right.get_ylim()[1]))
    right.legend(loc="upper left")
    save(figure, out, "dale", f"Dale's law. Medians and quartiles over {ensemble.networks} networks of 400 neurons.")
    text = table(["rule", "held-out NRMSE", "weights that changed sign", "fraction of weights at 0", "x `bayes`"], rows)
    return text + (f"\n- Final log weights of `dale`: skewness {stats.skew(logs):.2f}, excess kurtosis "
                   f"{stats.kurtosis(logs):.2f} (0 and 0 for a log-normal).\n")


# ---- heterosynaptic plasticity


def heterosynaptic(folder, out):
    changes, errors = {}, {}
    files = sorted(folder.glob("heterosynaptic-*.h5"))
    for path in files:
        with h5py.File(path) as file:
            for name, group in file["learners"].items():
                strength = ns.ranked(group.attrs["resource_sd"]).item()  # none is as good as infinitely weak
                weights = group["weights"][:, 0]
                change = np.abs(weights[-1] - weights[0])
                silent = np.arange(len(change)) % 4 == 0
                changes.setdefault(strength, []).append((change[silent].mean(), change[~silent].mean()))
                errors.setdefault(strength, []).append(group.attrs["test_nrmse"])
    without = np.inf
    strengths = sorted(s for s in changes if s < without)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4))
    for column, rule, label in ((0, "dale", "silent synapses"), (1, "delta", "active synapses")):
        curve(left, strengths, [np.array(changes[s])[:, column] for s in strengths], rule, label)
    curve(right, strengths, [np.array(errors[s]) for s in strengths], "branch", "with the resource prior")
    right.axhline(ns.quartiles(errors[without])[0], color="black", linestyle="--", label="without")
    left.set(xscale="log", yscale="log", xlabel="resource_sd / sigma_l", ylabel="mean |w - w(0)| at the end")
    right.set(xscale="log", xlabel="resource_sd / sigma_l", ylabel="NRMSE of final weights, held-out time")
    left.legend()
    right.legend()
    save(figure, out, "heterosynaptic", f"Branches of 20, every fourth neuron silent, N = 400. Medians and quartiles over "
         f"{len(files)} networks.")
    rows = []
    for strength in [without, *strengths]:
        silent, active = np.array(changes[strength]).T
        rows.append(["none" if strength == without else f"{strength:g}", interval(silent), interval(active),
                     interval(errors[strength])])
    return table(["resource_sd", "change of silent synapses", "change of active synapses", "held-out NRMSE"], rows)


# ---- the closed loop


def loop_of_one_sine(folder):
    return Ensemble(folder / "closed-loop.h5")


def closed_loop(folder, out):
    return loop.case_table(loop_of_one_sine(folder)) + "\n" + loop.movement_table(loop_of_one_sine(folder))


EXPERIMENTS = {
    "Faster, and better at once": faster,
    "Generalization": generalization,
    "Stability": stability,
    "The locality frontier": frontier,
    "Dale's law": dale,
    "Heterosynaptic plasticity": heterosynaptic,
    "The closed loop: one sine": closed_loop,
}


@program
def main():
    folder, output = folders(__doc__, "jobs/experiments/poster/run")
    write(folder, output)
    return 0


def write(folder, output):
    """Figures and table of every experiment."""
    parts = ["# Results\n\nMedians over networks with 95 % bootstrap intervals in brackets; p values are of Wilcoxon's "
             "signed-rank test, paired by network.\n"]
    for title, experiment in EXPERIMENTS.items():
        parts.append(f"## {title}\n\n{experiment(folder, output)}")
    (output / "results.md").write_text("\n".join(parts))


if __name__ == "__main__":
    sys.exit(main())
