#!/usr/bin/python3
"""Figure and tables of outputs that learn to send spikes, from the results of jobs/experiments/spikes-outputs/run.

    jobs/experiments/spikes-outputs/spikes_outputs.py FOLDER -o FIGURES
"""

import pathlib
import sys

import h5py
import matplotlib.pyplot as plt
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "analysis"))
from bayres import program, statistics as ns
from bayres.figures import legend_beside
from bayres.study import LOOKS, against, curve, folders, number, save, table

TASKS = {"spike-teacher": "hidden teacher, 400 Poisson trains", "spike-pattern": "4 times per 500 ms, 500 neurons"}
RULES = {"bayes": "bayes", "discount": "bayes, others = discount", "delta-decay": "delta-decay"}


class Case:
    """The networks of one task: scores as {measure: {learner: (time, network)}}."""

    def __init__(self, paths):
        files = [h5py.File(path) for path in paths]
        self.networks = len(files)
        begin = files[0]["snapshot_time"][0]  # of training
        self.times = (files[0]["learners/bayes/evaluation/time"][()] - begin) / 1000  # s
        learners = files[0]["learners"]
        self.scores = {measure: {name: np.array([file[f"learners/{name}/evaluation/{measure}"][..., 0] for file in files]).T
                                 for name in learners} for measure in ("log_likelihood", "coincidence", "van_rossum")}
        self.rates = {name: float(group.attrs["eta"]) for name, group in learners.items() if group.attrs["rule"] == "delta"}
        # kappa is 0.3 times the mean sum of r^2, in which rates are measured.
        self.scale = np.median([file["learners/bayes"].attrs["kappa"] for file in files]) / 0.3

    def nats(self, name, time):
        return self.scores["log_likelihood"][name][time]

    def best(self, time):
        """The rate with the largest median likelihood: chosen with hindsight."""
        return max(self.rates, key=lambda name: ns.quartiles(self.nats(name, time))[0])

    def relative(self, name):
        return number(self.rates[name] * self.scale)


def summary(values):
    median, low, high = map(number, ns.quartiles(values))
    return f"{median} [{low}, {high}]"


def rows_of(case, task):
    for k, time in enumerate(case.times):
        best = case.best(k)
        ours, others = -case.nats("bayes", k), [-case.nats(name, k) for name in (best, "delta-decay")]
        yield [task, f"{time:g} s", *(summary(case.nats(name, k)) for name in RULES),
               f"{summary(case.nats(best, k))}, {case.relative(best)}", *against(ours, others)]


def spikes_of(case, task):
    last = len(case.times) - 1
    for name in [*RULES, *case.rates]:
        label = RULES.get(name) or f"delta, rate {case.relative(name)}"
        yield [task, label, *(summary(case.scores[measure][name][last]) for measure in case.scores)]


def draw(axes, case, title):
    order = sorted(case.rates, key=case.rates.get)
    shades = plt.get_cmap("Greys")(np.linspace(0.25, 0.95, len(order)))
    for shade, name in zip(shades, order):
        medians = [ns.quartiles(values)[0] for values in case.scores["log_likelihood"][name]]
        axes.plot(case.times, medians, color=shade, linewidth=1, label=f"delta, rate {case.relative(name)}")
    for name, rule, style in (("bayes", "bayes", {}), ("discount", "branch", {}), ("delta-decay", "delta-decay", {})):
        curve(axes, case.times, case.scores["log_likelihood"][name], rule, label=RULES[name], **style)
    top = max(ns.quartiles(values)[2] for name in RULES for values in case.scores["log_likelihood"][name])
    axes.set(xscale="log", title=title, xlabel="training (s)", xticks=case.times, ylim=(-0.25 * top, 1.1 * top))
    axes.set_xticklabels([f"{time:g}" for time in case.times])
    axes.minorticks_off()
    axes.axhline(0, color="black", linewidth=0.5)


@program
def main():
    folder, output = folders(__doc__, "jobs/experiments/spikes-outputs/run")
    cases = {task: Case(sorted(folder.glob(f"{task}-*.h5"))) for task in TASKS}
    networks = max(case.networks for case in cases.values())
    figure, grid = plt.subplots(1, 2, figsize=(12, 4.6))
    for axes, (task, case) in zip(grid, cases.items()):
        draw(axes, case, TASKS[task])
    grid[0].set_ylabel("log-likelihood above a constant rate\n(nats per desired spike, held-out time)")
    legend_beside(grid[1])
    save(figure, output, "spikes-outputs",
         f"Outputs that learn to send spikes. Medians over n = {networks} networks; bands: quartiles. Rates of delta: times the mean "
         "sum of r^2.")
    head = ["task", "training", *RULES.values(), "best of eight rates, which", "bayes better than that", "than delta-decay"]
    (output / "results.md").write_text(
        "# Outputs that learn to send spikes\n\nLog-likelihood of the desired spikes above a constant rate, in nats per desired "
        f"spike, of frozen weights on held-out time: median [quartiles] over n = {networks} networks. Rates of delta are in units of "
        "1/(mean sum of r^2); the best is chosen with hindsight for each training time. p values are of Wilcoxon's signed-rank test, paired by network, "
        "corrected for the two of a line by Holm's method.\n\n"
        + table(head, [row for task, case in cases.items() for row in rows_of(case, task)])
        + "\nAfter the longest training, with the spikes that outputs send:\n\n"
        + table(["task", "rule", "nats per spike", "coincidence", "van Rossum"],
                [row for task, case in cases.items() for row in spikes_of(case, task)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
