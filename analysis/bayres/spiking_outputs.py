"""Figures of outputs that send spikes: when they are to and when they do, and how well as training goes on."""

import matplotlib.pyplot as plt
import numpy as np

from .figures import Skipped, axis_from_zero, legend_beside

SHOWN = 8  # desired spikes in a window, about
MEASURES = {"log_likelihood": "nats per desired spike", "coincidence": "coincidence factor"}


def windows_of(drawing, desired):
    """[(name, start, end)] within training and test, in which about SHOWN spikes are desired."""
    result = drawing.result
    last = result.time[-1]
    length = min(SHOWN * (last - drawing.start) / max(1, np.count_nonzero(desired > drawing.start)), (last - drawing.start) / 2)
    end = min(drawing.end, last)
    found = [("Start of training", drawing.start, drawing.start + length), ("End of training", end - length, end)]
    if last > drawing.end:
        found.append(("Start of the test, weights frozen", drawing.end, min(drawing.end + length, last)))
    return found


def draw_rasters(rows, drawing, learners):
    desired = drawing.result.target_spike_time
    for axes, (name, start, end) in zip(rows, windows_of(drawing, desired)):
        for time in desired[(desired > start) & (desired <= end)]:
            axes.axvline(time, color="0.75", linewidth=4.5, zorder=0)
        for line, learner in enumerate(learners):
            sent = learner.spike_time
            axes.plot(*np.broadcast_arrays(sent[(sent > start) & (sent <= end)], -line), "|", markersize=12, markeredgewidth=1.5,
                      color=drawing.looks[learner.name]["color"])
        axes.set(xlim=(start, end), ylim=(0.6 - len(learners), 0.6), title=name, xlabel=drawing.time_label)
        axes.set_yticks(-np.arange(len(learners)))
        axes.set_yticklabels([drawing.looks[learner.name]["label"] for learner in learners], fontsize=8)
        axes.grid(False)


def draw_scores(panels, drawing, learners):
    """Of frozen weights, over the time of training."""
    for axes, (measure, text) in zip(panels, MEASURES.items()):
        for learner in learners:
            scores = learner.evaluation
            since = scores["time"] - drawing.start
            axes.plot(since, scores[measure].mean(axis=1), **drawing.looks[learner.name])
        values = np.concatenate([learner.evaluation[measure].ravel() for learner in learners])
        finite = values[np.isfinite(values)]
        if measure == "log_likelihood" and finite.size:  # what collapses would hide the others
            top = max(finite.max(), 0.1)
            axes.set_ylim(max(finite.min() - 0.05 * top, -0.5 * top), 1.1 * top)
        axis_from_zero(axes, since)
        axes.axhline(0, color="black", linewidth=0.5)
        axes.set(xlabel=drawing.since_label, ylabel=f"{text}, held-out", title="Frozen weights")
    legend_beside(panels[-1])


def draw_output_spikes(drawing):
    learners = [learner for learner in drawing.result.learners.values() if learner.sends_spikes]
    if not learners:
        raise Skipped("no output sends spikes")
    if drawing.result.time.size < 2 or drawing.result.time[-1] <= drawing.start:
        raise Skipped("the run ended before training")
    windows = windows_of(drawing, drawing.result.target_spike_time)
    scored = len(learners[0].evaluation.get("time", ())) > 1
    height = 0.7 + 0.26 * len(learners)
    figure = plt.figure(figsize=(11, 1 + (height + 0.5) * len(windows) + 3.4 * scored))
    parts = figure.subfigures(1 + scored, 1, height_ratios=[height * len(windows), 3.4][:1 + scored], squeeze=False)[:, 0]
    draw_rasters(parts[0].subplots(len(windows), 1, squeeze=False)[:, 0], drawing, learners)
    parts[0].suptitle("Grey: desired spikes. Ticks: spikes that outputs sent; the same random numbers for all learners", fontsize=10,
                      x=0.01, ha="left")
    if scored:
        draw_scores(parts[1].subplots(1, 2), drawing, learners)
    return drawing.finished(figure)
