#!/usr/bin/python3
"""The figure and the table of FORCE with many neurons, from the results of jobs/experiments/force-large/run.

    jobs/experiments/force-large/force_large.py FOLDER -o FIGURES
"""

import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "analysis"))
from bayres import TEST, Result, ResultError, program, study
from bayres.study import GREEN, save, spread, table

LABELS = {"branch": "branch 64, shared", "prior": "branch 64"}


def sizes(folder):
    """{neurons: the results of its networks}."""
    found = {}
    for path in sorted(folder.glob("[1-9]*-[1-9]*.h5")):
        found.setdefault(int(path.stem.split("-")[0]), []).append(Result(path))
    if not found:
        raise ResultError(f"{folder}: holds no results of jobs/experiments/force-large/run")
    return dict(sorted(found.items()))


def worst_period(learner):
    aligned = np.asarray(learner.free_run["aligned_nrmse"])
    return np.inf if np.isnan(aligned).any() else aligned.max()


def megabytes(numbers, each):
    return f"{1e-6 * each * numbers:,.{1 if each * numbers < 1e7 else 0}f} MB"


def training(result):
    protocol, dt = result.config["protocol"], float(result.config["reservoir"]["dt"])
    each = int(protocol["learn_every"])
    return f"{float(protocol['train']) / dt:,.0f} steps, {'each' if each == 1 else f'one in {each}'}"


def row(neurons, results, name):
    learners = [result.learners[name] for result in results]
    held = sum(int(np.sum(learner.free_run["held"])) for learner in learners)
    microseconds = np.median([1e6 * r.performance["seconds_in_steps"] / r.performance["steps"] / len(r.learners) for r in results])
    return [f"{neurons:,}", LABELS[name], training(results[0]), f"{held} of {len(learners)}",
            spread([learner.test_nrmse for learner in learners]), spread([worst_period(learner) for learner in learners]),
            f"{microseconds:,.0f}", megabytes(64 * neurons, 4), megabytes(neurons ** 2, 8)]


def draw(axes, results, neurons):
    result = results[0]
    free = result.phase == TEST
    time = result.time[free] - result.time[free][0]
    axes.plot(time, result.series("target")[free, 0], color="0.75", linewidth=4.5, label="target")
    axes.plot(time, result.learners["branch"].series("output")[free, 0], color=GREEN, linewidth=1.2, label="free run")
    axes.set(ylabel="z, z*", title=f"{neurons:,} neurons")


@program
def main():
    folder, out = study.folders(__doc__, "jobs/experiments/force-large/run")
    found = sizes(folder)
    figure, panels = plt.subplots(len(found), 1, figsize=(10, 2.6 * len(found)), sharex=True, squeeze=False)
    for axes, (neurons, results) in zip(panels[:, 0], found.items()):
        draw(axes, results, neurons)
    panels[0, 0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
    panels[-1, 0].set_xlabel("time since the weights were frozen / tau")
    counts = " and ".join(str(len(results)) for results in found.values())
    save(figure, out, "force-large", f"Four sines of 60 to 15 tau, output fed back, frozen weights: the first of {counts} networks.")
    rows = [row(neurons, results, name) for neurons, results in found.items() for name in results[0].learners]
    (out / "results.md").write_text(table(
        ["N", "rule", "training", "held", "NRMSE", "aligned NRMSE, worst period", "us a step", "covariances", "those of rls"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
