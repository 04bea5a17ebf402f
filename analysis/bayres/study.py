"""What the figures and tables of experiments on many networks have in common.

Lines and points are medians over networks; bands and bars are quartiles. Errors are of frozen weights on held-out time
unless it says otherwise.
"""

import argparse
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from . import statistics as ns
from .figures import MANY_COLOURS, name_panels, number_axes
from .results import TRAIN, Result

BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, GREY, INDIGO, OLIVE, WINE, _ = MANY_COLOURS
LOOKS = {
    "bayes": (BLUE, "o", "bayes"),
    "delta": (ORANGE, "s", "delta (fixed rate)"),
    "delta-decay": (SKY, "D", "delta-decay (one rate for all)"),
    "nlms": (YELLOW, "v", "nlms"),
    "adagrad": (GREY, "P", "adagrad"),
    "branch": (GREEN, "^", "branch"),
    "rls": (PINK, "X", "rls"),
    "ridge": ("black", "*", "ridge (batch)"),
    "dale": (INDIGO, "<", "dale"),
    "clipped": (OLIVE, "p", "clipped"),
    "exponentiated-gradient": (WINE, ">", "exponentiated gradient"),
}


class Ensemble(Result):
    """A result of many networks, with the learners of one rule together."""

    @property
    def networks(self):
        return len(self.seeds)

    def family(self, rule):
        return [learner for learner in self.learners.values() if learner.rule == rule]

    def one(self, rule):
        (learner,) = self.family(rule)
        return learner

    def running_error(self, learner, end):
        """Mean |z* - z| of each network over recorded training steps up to time `end`, while it learns: (network)."""
        inside = (self.phase == TRAIN) & (self.time <= end)
        return np.abs(self.series("target") - learner.series("output"))[:, inside].mean(axis=(1, 2))


def test_error(learner):
    """NRMSE of the final weights on held-out time: (network)."""
    return learner.attributes["test_nrmse"]


def value(learner, key):
    return float(learner.attributes[key])


def diverged(learner):
    return learner.attributes["diverged_at_step"] >= 0


def logarithmic_ticks(axis):
    """Ticks where an axis has too few decades for its own."""
    axis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda tick, _: f"{tick:g}"))
    axis.set_minor_formatter(matplotlib.ticker.NullFormatter())


def points(axes, x, y, rule, label=None, **style):
    """Median point of a learner with bars to the quartiles in both coordinates; what diverged is not drawn."""
    (mx, lx, hx), (my, ly, hy) = ns.quartiles(x), ns.quartiles(y)
    if not np.isfinite([mx, my, hx, hy]).all():
        return
    colour, marker, name = LOOKS[rule]
    axes.errorbar(mx, my, xerr=[[mx - lx], [hx - mx]], yerr=[[my - ly], [hy - my]], color=colour, marker=marker,
                  elinewidth=1, label=name if label is None else label, **style)


def curve(axes, x, samples, rule, label=None, **style):
    """Median line and quartile band of samples (x, network); a rule's own look unless `style` says otherwise."""
    colour, marker, name = LOOKS[rule]
    style = {"color": colour, "marker": marker} | style
    median, low, high = (np.array(part) for part in zip(*map(ns.quartiles, samples)))
    whole = np.isfinite(median) & np.isfinite(high)
    x = np.asarray(x, float)
    axes.plot(x[whole], median[whole], label=name if label is None else label, **style)
    axes.fill_between(x[whole], low[whole], high[whole], color=style["color"], alpha=0.15, linewidth=0)


def save(figure, folder, name, title, format="png"):
    name_panels(figure)
    for axes in figure.axes:
        number_axes(axes)
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    figure.savefig(folder / f"{name}.{format}")
    plt.close(figure)


def number(x):
    return f"{x:.3g}" if np.isfinite(x) else "diverged"


def interval(values):
    """Median with its 95 % bootstrap interval, if there are enough networks for one."""
    said = f"n = {len(values)}: no interval"
    if len(values) >= ns.FEWEST:
        said = ", ".join(map(number, ns.bootstrap_interval(values)))
    return f"{number(ns.quartiles(values)[0])} [{said}]"


def spread(values):
    """Median and range, of networks too few for an interval."""
    values = np.ravel(values)
    return f"{np.median(values):.2g} ({np.min(values):.2g} to {np.max(values):.2g})"


def probability(p):
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"


def against(first, others):
    """In how many networks the first errors are smaller than each of the others, with p values corrected for their number."""
    corrected = ns.holm([ns.paired_test(first, other) for other in others])
    return [f"{ns.better_in(first, other)} (p {probability(p)})" for other, p in zip(others, corrected)]


def table(head, rows):
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [head, ["---"] * len(head), *rows]]
    return "\n".join(lines) + "\n"


def folders(description, script):
    """The arguments of an experiment's program: the folder with the results of `script`, and that for its figures."""
    parser = argparse.ArgumentParser(description=description.split("\n\n")[0])
    parser.add_argument("folder", type=pathlib.Path, help=f"where {script} has put its results")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="folder for figures and results.md")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    return arguments.folder, arguments.output
