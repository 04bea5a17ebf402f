"""Draw the figures of results of bayres: of one network outputs, errors, learning curve, learning rates, weights and spikes; of an
ensemble or several results scores, learning curves and maps over networks.

    with bayres.Result("result.h5") as result:
        figure = figures.draw_error(figures.Drawing(result))    # a matplotlib figure; FIGURES names all functions
    with bayres.open_many(files) as study:
        figure = overview.draw_curves(study)                    # overview.FIGURES
"""

import argparse
import contextlib
import functools
import pathlib
import re
import string

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter, NullLocator

from .results import TEST, TRAIN, Result, ResultError, open_many, program, refuse_to_overwrite
from .spikes import SEGMENT
from .statistics import quantiles

# Okabe and Ito's colours, which can be told apart with any colour vision, without black (used for the target) and yellow
# (too pale for lines). A rule has one colour and marker; its learners differ in shade and dashes.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F"]
# With some of Tol's muted scheme, where there are more than seven rules.
MANY_COLOURS = [*COLOURS, "#332288", "#999933", "#882255", "#661100"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p"]
DASHES = ["-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)), (0, (9, 3))]
MOST_SHADES, SEQUENCES = 4, ("viridis", "plasma", "cividis")  # of the learners of a rule
MAXIMUM_KINDS = 30  # types of trial
MAXIMUM_SHOWN = 5  # learners, where more curves would hide each other
RASTER = 1000.0  # ms
RASTER_NEURONS, RASTER_SPIKES = 100, 6000

STYLE = {
    "figure.constrained_layout.use": True, "savefig.dpi": 150, "font.size": 11,
    "axes.titlesize": 10, "axes.titlelocation": "left", "axes.grid": True, "grid.alpha": 0.3,
    "axes.spines.top": False, "axes.spines.right": False,
    "legend.fontsize": 9.5, "legend.frameon": False, "legend.handlelength": 4,
    "lines.linewidth": 1.5, "lines.markersize": 5,
}
plt.rcParams.update(STYLE)


def shade(position, member, members):
    """The colour of one of a rule's learners: from dark to pale, with the rule's own colour in the middle; of many from a sequence
    of colours, in which more can be told apart."""
    colour = MANY_COLOURS[position % len(MANY_COLOURS)]
    if members > MOST_SHADES:
        return matplotlib.colormaps[SEQUENCES[position % len(SEQUENCES)]](0.12 + 0.75 * member / (members - 1))
    position = 0 if members == 1 else 2 * member / (members - 1) - 1
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    return tuple(rgb * (1 + 0.35 * position) if position < 0 else rgb + (1 - rgb) * 0.5 * position)


class Skipped(Exception):
    """The result has no data for a figure; the text says what is missing."""


def require_finite(values, what):
    if not np.isfinite(values).any():
        raise Skipped(f"{what} has no finite values")


def require_positive(curves, what):
    """A logarithmic axis needs one positive and finite value of the curves at least."""
    if not any((np.isfinite(values) & (np.asarray(values) > 0)).any() for values in curves):
        raise Skipped(f"no learner has {what} that is positive and finite")


class Drawing:
    """What all figures of a result share: its settings, the look of its learners, title and axis of time."""

    def __init__(self, result, output=0, learners=None):
        """Where there is room for one output or a few learners, `output` is drawn, and the named learners, by default the first of
        each rule."""
        self.result, self.output = result, output
        if not 0 <= output < result.outputs:
            raise ResultError(f"{result.path}: has no output {output + 1}: it has 1 to {result.outputs}")
        config = result.config
        self.dt = config.getfloat("reservoir", "dt")
        self.learn_every = config.getint("protocol", "learn_every")
        self.start = config.getfloat("protocol", "washout")  # of training
        self.end = self.start + config.getfloat("protocol", "train")
        self.snapshots = np.flatnonzero(np.isfinite(result.snapshot_time))  # a run that stopped has not reached them all
        tau = config.get("reservoir", "tau", fallback="1")
        tau = 1 if ".." in tau else float(tau)  # with a range of them times are in units of 1
        self.unit = ("ms" if result.time_unit == "ms" else
                     "units of tau" if tau == 1 else f"same unit as tau = {tau:g}")
        self.time_label = f"time ({self.unit})"
        self.since_label = f"time since the start of training ({self.unit})"
        task = config.get("task", "name")
        if task == "file":
            task += f" {pathlib.Path(config.get('task', 'path')).name}"
        self.title = f"Task {task}, N = {config.get('reservoir', 'size')} neurons, seed {result.seed}"
        if result.attributes["status"] != "complete":
            reached = result.time[-1] if result.time.size else 0
            self.title += f"; stopped early, after {reached:.6g} ({self.unit})"
        self.rates = {name: learner for name, learner in result.learners.items() if not learner.sends_spikes}
        self.looks, firsts = {}, []
        for position, rule in enumerate(dict.fromkeys(learner.rule for learner in result.learners.values())):
            family = [learner for learner in result.learners.values() if learner.rule == rule]
            firsts += [learner for learner in family if not learner.sends_spikes][:1]
            for member, learner in enumerate(family):
                self.looks[learner.name] = {
                    "color": shade(position, member, len(family)),
                    "marker": MARKERS[position % len(MARKERS)],
                    "linestyle": DASHES[member % len(DASHES)] if len(family) <= MOST_SHADES else "-",
                    "label": learner.label + self.said_diverged(learner),
                }
        self.chosen, self.said = firsts[:MAXIMUM_SHOWN], ", the first of each rule"
        if learners:
            for name in learners:
                if name not in result.learners:
                    raise ResultError(f"{result.path}: has no learner {name}; it has {', '.join(result.learners) or 'none'}")
            self.chosen, self.said = [result.learners[name] for name in learners], ""

    def diverged(self, learner):
        return learner.attributes["diverged_at_step"] >= 0

    def said_diverged(self, learner):
        step = learner.attributes["diverged_at_step"]
        return f" (diverged at {(step + 1) * self.dt:.6g})" if step >= 0 else ""

    def said_output(self):
        names, outputs = self.result.columns["target"], self.result.outputs
        name = f" ({names[self.output]})" if self.output < len(names) else ""
        return f"output {self.output + 1}{name} of {outputs}"

    def output_label(self):
        """Of an axis: the column of the user's file with its unit, if there is one."""
        names, units = self.result.columns["target"], self.result.units("target")
        if self.output >= len(names):
            return "output $z$"
        unit = units[self.output] if self.output < len(units) else ""
        said = any(f"{start}{unit}{end}" in names[self.output] for start, end in ("()", "[]"))
        return f"{names[self.output]} ({unit})" if unit and not said else names[self.output]

    def is_scaled(self):
        """Whether targets in the file are others than those of the user's file."""
        scale = self.result.scale("target")
        return scale is not None and bool(np.any(np.asarray(scale[1]) != 1))

    def snapshots_since(self):
        """Times since the start of training of the snapshots of weights that were taken."""
        if len(self.snapshots) < 2:
            raise Skipped("there are fewer than two snapshots of weights (record.weights_every)")
        return self.result.snapshot_time[self.snapshots] - self.start

    def fit_vertically(self, axes, curves):
        """If some learners diverged, limit the vertical axis to the curves {name: values} of the others."""
        kept = [values for name, values in curves.items() if not self.diverged(self.result.learners[name])]
        values = np.concatenate([np.ravel(values) for values in kept]) if kept else np.array([])
        values = values[np.isfinite(values) & (values > 0)]
        if len(kept) < len(curves) and values.size:
            logarithmic = axes.get_yscale() == "log"
            axes.set_ylim(values.min() / 1.5 if logarithmic else 0, values.max() * (2 if logarithmic else 1.05))

    def said_chosen(self):
        if len(self.chosen) == len(self.result.learners):
            return f"all {len(self.chosen)} learners" if len(self.chosen) > 1 else "its one learner"
        return f"{len(self.chosen)} of {len(self.result.learners)} learners{self.said}"

    def look(self, learner, without=None):
        return {key: value for key, value in self.looks[learner.name].items() if key != without}

    def sparse_markers(self, learner, points):
        """A look with few markers along a curve of `points` points, apart from the markers of other learners."""
        position = list(self.looks).index(learner.name) / len(self.looks)
        step = max(1, points // 8)
        return self.look(learner) | {"markevery": (int(position * step), step)}

    def finished(self, figure):
        return finished(figure, self.title)


def finished(figure, title):
    """The figure with its title, letters of its panels, and numbers at its axes."""
    figure.suptitle(title, fontsize=12, x=0.01, ha="left", weight="bold")
    name_panels(figure)
    for axes in figure.axes:
        number_axes(axes)
    return figure


def name_panels(figure):
    """A letter before the title of each panel, if there are several that have none."""
    panels = [axes for axes in figure.axes if axes.get_visible() and axes.axison and axes.get_label() != "<colorbar>"]
    if len(panels) < 2 or any(re.match(r"\(?[a-z]\)?( |$)|\$\\bf", axes.get_title(loc="left")) for axes in panels):
        return
    for number, axes in enumerate(panels):
        letter = string.ascii_lowercase[number] if number < 26 else f"a{string.ascii_lowercase[number - 26]}"
        *lines, last = axes.get_title(loc="left").split("\n")
        axes.set_title("\n".join([*lines, rf"$\bf{{{letter}}}$  {last}"]), loc="left")


def number_axes(axes):
    """More numbers where a logarithmic axis has room for fewer than two powers of ten."""
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        low, high = sorted(limits)
        if axis.get_scale() != "log" or low <= 0 or axis.get_label_text() == "ranks":
            continue
        if np.floor(np.log10(high)) - np.ceil(np.log10(low)) < 1:
            axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low > 3 else range(1, 10)))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter(NullFormatter())


def band(axes, x, low, middle, high, **style):
    """A curve, and the range about it."""
    low, middle, high = (np.where(np.isfinite(values), values, np.nan) for values in (low, middle, high))
    axes.fill_between(x, low, high, color=style["color"], alpha=0.15, linewidth=0)
    axes.plot(x, middle, **style)


def with_capital(text):
    """Names in it stay as they are."""
    return text[:1].upper() + text[1:]


def legend_beside(axes):
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0)


def logarithmic_vertically(axes):
    axes.set_yscale("log")
    # Numbers between powers of ten too, where there are few of these.
    axes.yaxis.set_minor_formatter(LogFormatterSciNotation(minor_thresholds=(1.5, 0.5)))


def axis_from_zero(axes, times):
    """A logarithmic axis of times that includes 0: linear up to the first positive time. Returns a note on that."""
    positive = times[times > 0]
    first, last = (positive.min(), positive.max()) if positive.size else (1, 10)
    axes.set_xscale("symlog", linthresh=first, linscale=0.4)
    axes.set_xlim(0 if times.min() <= 0 else first, 1.1 * last)
    digits = (1,) if last > 1e4 * first else (1, 3) if last > 100 * first else (1, 2, 5)
    decades = 10.0 ** np.arange(np.floor(np.log10(first)), np.ceil(np.log10(last)) + 1)
    ticks = [digit * decade for decade in decades for digit in digits]
    axes.set_xticks([0, *(tick for tick in ticks if first <= tick <= 1.1 * last)])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    return f"; time axis linear up to {first:.3g}" if times.min() <= 0 else ""


def oscillating_window(time, target):
    """A duration in which the target passes its mean about 8 times, and of at least 200 recorded steps."""
    above = target > np.nanmean(target)
    crossings = max(1, np.count_nonzero(above[1:] != above[:-1]))
    return max(8 * (time[-1] - time[0]) / crossings, 200 * (time[1] - time[0]))


def require_rates(drawing):
    if not drawing.rates:
        raise Skipped("all outputs send spikes: output_spikes has them")


def draw_outputs(drawing):
    require_rates(drawing)
    result = drawing.result
    time, phase, target = result.time, result.phase, result.in_units(result.series("target"))
    train, test = time[phase == TRAIN], time[phase == TEST]
    if train.size < 2:
        raise Skipped("fewer than two training steps were recorded")
    require_finite(target[:, drawing.output], "the target")
    interval, output = train[1] - train[0], drawing.output
    window = min(oscillating_window(train, target[phase == TRAIN, output]), (train[-1] - train[0]) / 2)
    window = max(window, 1.01 * interval)  # two steps at least
    windows = [("Start of training", train[0], min(train[0] + window, train[-1])),
               ("End of training", max(train[-1] - window, train[0]), train[-1])]
    if test.size > 1:
        windows.append(("Start of the test, weights frozen", test[0], min(test[0] + window, test[-1])))

    figure, rows = plt.subplots(len(windows), 1, figsize=(10, 1 + 2.5 * len(windows)), squeeze=False)
    shown = np.concatenate([target[(time >= start) & (time <= end), output] for _, start, end in windows])
    shown = shown if np.isfinite(shown).any() else target[:, output]
    lowest, highest = shown[np.isfinite(shown)].min(), shown[np.isfinite(shown)].max()
    margin = 0.25 * (highest - lowest) or 1
    for axes, (name, start, end) in zip(rows[:, 0], windows):
        inside = (time >= start) & (time <= end)
        axes.plot(time[inside], target[inside, output], color="0.75", linewidth=4.5, label="target $z^*$")
        for learner in drawing.chosen:
            look = drawing.sparse_markers(learner, np.count_nonzero(inside)) | {"linewidth": 1.2}
            axes.plot(time[inside], result.in_units(learner.series("output")[inside])[:, output], **look)
        axes.set(xlim=(start, end), ylim=(lowest - margin, highest + margin), ylabel=drawing.output_label(), title=name)
    rows[-1, 0].set_xlabel(drawing.time_label)
    legend_beside(rows[0, 0])
    caption = f"{with_capital(drawing.said_output())}; {drawing.said_chosen()}; axes are cut at 1.5 times the target's range"
    rows[0, 0].set_title(f"{caption}\n\n{windows[0][0]}")
    return drawing.finished(figure)


def period_of(target, most=1 << 16):
    """The period of a target (time, output) in recorded steps, of which the first `most` are looked at: the least lag at which its
    autocorrelation comes near 1 again; None if it does not."""
    target = target[:most]
    moved = np.where(np.isfinite(target), target - np.nan_to_num(np.nanmean(target, axis=0)), 0)
    sd = moved.std(axis=0)
    moved, number = moved[:, sd > 0] / sd[sd > 0], len(moved)
    if moved.size == 0 or number < 8:
        return None
    power = np.abs(np.fft.rfft(moved, 2 * number, axis=0)) ** 2
    correlation = np.fft.irfft(power.mean(axis=1))[: number // 2] / (number - np.arange(number // 2))
    falls = np.flatnonzero(correlation < 0)
    if not falls.size:
        return None
    inner = correlation[1:-1]
    peaks = 1 + np.flatnonzero((inner >= correlation[:-2]) & (inner > correlation[2:]) & (inner > 0.95 * correlation[0]))
    peaks = peaks[peaks > falls[0]]
    if not peaks.size:
        return None
    before, at, after = correlation[peaks[0] - 1 : peaks[0] + 2]
    return peaks[0] + 0.5 * (before - after) / (before - 2 * at + after)


def moving_mean(values, width):
    """The mean over `width` values (not necessarily a whole number) around each, at the ends over the first and the last ones, of
    those that are finite; NaN where none is."""
    places, known, width = np.arange(len(values) + 1), np.isfinite(values), min(width, len(values))
    low = np.clip(places[:-1] + 0.5 - width / 2, 0, len(values) - width)
    high = low + width
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        sums, counts = (np.concatenate([[0], np.cumsum(each)]) for each in (np.where(known, values, 0), known))
        sums, counts = (np.interp(high, places, each) - np.interp(low, places, each) for each in (sums, counts))
        return np.where(counts > 1e-9, sums / counts, np.nan)


def smooth_error(target, output, counts, parts, widths):
    """The moving mean of |target - output| within each of the parts, over steps that count. Where the target is missing, and
    where the learner has diverged, there is no error to average."""
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.where(counts, np.abs(target - output).mean(axis=1), np.nan)
    smooth = np.full(len(error), np.nan)
    for inside, width in zip(parts, widths):
        smooth[inside] = moving_mean(error[inside], width)
    return smooth


def smoothing_width(target, records, trained):
    """Over how many of the recorded steps of a phase a running error is averaged: whole periods of the target, about a 60th of all;
    of a target without a period in the record, a few of its swings, the same as in training if that fits."""
    period = period_of(target)
    if period is not None and period <= records / 2:
        return period * max(1, round(records / 60 / period))
    swings = oscillating_window(np.arange(len(target)), target[:, 0]) / 2
    return float(np.clip(np.clip(swings, trained / 60, trained / 10), records / 60, records / 2))


def draw_error(drawing):
    require_rates(drawing)
    result = drawing.result
    time, phase, target = result.time, result.phase, result.series("target")
    records = int(np.count_nonzero(phase == TRAIN))
    if records < 2:
        raise Skipped("fewer than two training steps were recorded")
    require_finite(target[:, 0], "the target")
    interval = time[1] - time[0]
    parts = [phase == part for part in (TRAIN, TEST) if (phase == part).any()]
    wanted = target[(phase == TRAIN) | (phase == TEST)]
    widths = [smoothing_width(wanted, np.count_nonzero(inside), records) for inside in parts]
    weights = result.step_weight
    counts = np.ones(len(time), bool) if weights is None else weights > 0
    smooth = {name: smooth_error(target, learner.series("output"), counts, parts, widths) for name, learner in drawing.rates.items()}
    require_positive(smooth.values(), "an error")
    figure, axes = plt.subplots(figsize=(10, 5))
    for name, values in smooth.items():
        for number, inside in enumerate(parts):
            look = drawing.sparse_markers(result.learners[name], np.count_nonzero(inside))
            axes.plot(time[inside], values[inside], **look | ({"label": None} if number else {}))
    if (phase == TEST).any():
        axes.axvline(drawing.end, color="black", linewidth=1)
        share = (drawing.end - drawing.start) / (time[-1] - drawing.start)
        said_of_test = " test, weights frozen" if share < 0.8 else " test"
        for text, align, room in (("training ", "right", share), (said_of_test, "left", 1 - share)):
            if room > 0.05:
                axes.text(drawing.end, 1.0, text, transform=axes.get_xaxis_transform(), ha=align, va="bottom", fontsize=9.5)
    logarithmic_vertically(axes)
    drawing.fit_vertically(axes, smooth)
    axes.set(xlim=(drawing.start, time[-1]), xlabel=drawing.time_label,
             ylabel=f"absolute error $|z^* - z|$ ({'sd' if drawing.is_scaled() else 'units'} of the target)")
    said = " and ".join(dict.fromkeys(f"{width * interval:.3g}" for width in widths))
    of_outputs = f", mean over {target.shape[1]} outputs" if target.shape[1] > 1 else ""
    period = period_of(wanted)
    whole = period is not None and all(width >= 0.99 * period for width in widths)
    periods = ", whole periods of the target" if whole else ""
    axes.set_title(f"Moving mean over {said} ({drawing.unit}){periods}, within each phase{of_outputs}; one network\n")
    legend_beside(axes)
    return drawing.finished(figure)


def draw_learning_curve(drawing):
    require_rates(drawing)
    result = drawing.result
    curves = {name: learner.evaluation for name, learner in drawing.rates.items()}
    curves = {name: curve for name, curve in curves.items() if "nrmse" in curve and len(curve["time"]) > 1}
    if not curves:
        raise Skipped("fewer than two evaluations of frozen weights (protocol.evaluate_at)")
    errors = {name: curve["nrmse"].mean(axis=1) for name, curve in curves.items()}
    require_positive(errors.values(), "a held-out error")
    figure, axes = plt.subplots(figsize=(10, 5))
    for name, curve in curves.items():
        since = curve["time"] - drawing.start
        axes.plot(since, np.where(np.isfinite(errors[name]), errors[name], np.nan), **drawing.look(result.learners[name]))
    said_linear = axis_from_zero(axes, since)
    logarithmic_vertically(axes)
    drawing.fit_vertically(axes, errors)
    axes.set(xlabel=drawing.since_label, ylabel="held-out NRMSE of frozen weights")
    span = result.config.getfloat("protocol", "evaluate_span")
    of_outputs = f", mean over {result.outputs} outputs" if result.outputs > 1 else ""
    axes.set_title(f"Scored on a held-out duration of {span:g} ({drawing.unit}){of_outputs}; one network{said_linear}")
    legend_beside(axes)
    return drawing.finished(figure)


def draw_learning_rates(drawing):
    result = drawing.result
    learners = [learner for learner in result.learners.values() if learner.learning_rate is not None]
    if not learners:
        raise Skipped("no rule here has a learning rate for each synapse")
    since = drawing.snapshots_since()
    rates_of = {learner.name: learner.learning_rate[drawing.snapshots].reshape(len(since), -1) for learner in learners}
    require_positive(rates_of.values(), "a learning rate")
    figure, axes = plt.subplots(figsize=(10, 5))
    for learner in learners:
        rates = rates_of[learner.name]
        position = list(drawing.looks).index(learner.name) / len(drawing.looks)
        look = drawing.look(learner) | {"markevery": (0.1 * position, 0.1)}  # 0.1 of the figure's diagonal apart
        band(axes, since, *quantiles(rates.T, (0.05, 0.5, 0.95)), **look)
    bounds = {learner.parameters["kappa"] for learner in learners
              if learner.rule == "bayes" and learner.parameters.get("drift", 0) == 0 and "kappa" in learner.parameters}
    bounds = bounds if drawing.unit != "ms" else {}  # spikes can be filtered to more than 1
    fine = np.concatenate([[0], np.geomspace(since[since > 0].min() / 10, since.max(), 300)])
    for kappa, dashes in zip(sorted(bounds), [(0, (2, 2)), (0, (6, 2)), "-"]):
        steps = np.ceil(np.rint(fine / drawing.dt) / drawing.learn_every)
        label = f"1/($\\kappa$ + learning steps), $\\kappa$ = {kappa:g}:\nlower bound of bayes ($r^2$ = 1)"
        axes.plot(fine, 1 / (kappa + steps), color="black", linewidth=1, linestyle=dashes, label=label)
    said_linear = axis_from_zero(axes, since)
    logarithmic_vertically(axes)
    axes.set(xlabel=drawing.since_label, ylabel="learning rate of a synapse")
    axes.set_title(f"Median and 5th to 95th percentile over n = {rates.shape[1]} synapses of one network{said_linear}")
    legend_beside(axes)
    return drawing.finished(figure)


def draw_weights(drawing):
    result = drawing.result
    since = drawing.snapshots_since()
    weights = {name: learner.weights[drawing.snapshots].reshape(len(since), -1)
               for name, learner in result.learners.items()}
    with np.errstate(over="ignore"):
        norms = {name: np.linalg.norm(values, axis=1) for name, values in weights.items()}
    if not any(np.isfinite(norm).any() for norm in norms.values()):
        raise Skipped("no learner has finite weights")
    bins = np.linspace(-4, 4, 33)  # root mean squares

    figure, (left, right) = plt.subplots(1, 2, figsize=(12.5, 5))
    count = next(iter(weights.values())).shape[1]
    fine = np.linspace(-4, 4, 200)
    gaussian = count * (bins[1] - bins[0]) * np.exp(-(fine**2) / 2) / np.sqrt(2 * np.pi)
    left.plot(fine, gaussian, color="0.75", linewidth=4.5, label="a Gaussian")
    for learner, dashes in zip(drawing.chosen, DASHES):
        scaled = weights[learner.name][-1] / (norms[learner.name][-1] / np.sqrt(count) or 1)
        scaled = np.clip(scaled[np.isfinite(scaled)], bins[0], bins[-1])
        look = drawing.look(learner, without="marker") | {"linestyle": dashes, "label": learner.name}
        left.hist(scaled, bins=bins, histtype="step", linewidth=1.5, **look)
    left.set_ylim(0, 1.3 * left.get_ylim()[1])  # room for the legend
    left.legend(loc="upper left", handlelength=2)
    left.set(xlabel="final weight / root mean square of the learner's final weights",
             ylabel="number of synapses in a bin",
             title=f"{with_capital(drawing.said_chosen())}; n = {count} synapses each,\n"
                   "one network; the outermost bins hold all beyond")
    for name, norm in norms.items():
        look = drawing.sparse_markers(result.learners[name], len(since))
        right.plot(since, norm, **look | ({} if len(since) > 2 else {"linestyle": "none"}))  # nothing is known between
    last = [norm[-1] for name, norm in norms.items() if norm[-1] > 0 and not drawing.diverged(result.learners[name])]
    if last and max(last) > 30 * min(last):
        logarithmic_vertically(right)
    drawing.fit_vertically(right, norms)
    right.set(xlim=(0, since[-1]), xlabel=drawing.since_label, ylabel="norm $|w|$ of all weights")
    legend_beside(right)
    return drawing.finished(figure)


def error_in_sd(output, target, sd):
    """e = sqrt(mean over outputs of ((z - z*) / sd)^2), as in valid_time: over the outputs whose target is known, and is no
    constant; NaN where there is none."""
    known = np.isfinite(target) & (sd > 0)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        squares = np.where(known, ((output - target) / sd)**2, 0)
        return np.sqrt(squares.sum(axis=-1) / known.sum(axis=-1))


def free_run_error(result, output):
    """e of the test, with the sd of z* before it."""
    test, target = result.phase == TEST, result.series("target")
    before = target[~test] if (~test).any() else target
    return error_in_sd(output[test], target[test], np.nanstd(before, axis=0))


def draw_free_run(drawing):
    result = drawing.result
    test = result.phase == TEST
    learners = [learner for learner in drawing.chosen if "valid_time" in learner.free_run]
    if not learners or np.count_nonzero(test) < 3:
        raise Skipped("there was no free run (protocol.test with feedback), or fewer than three of its steps were recorded")
    time, target = result.time[test], result.in_units(result.series("target")[test])[:, drawing.output]
    require_finite(target, "the target")
    start, end = time[0], time[-1]
    figure, (left, right) = plt.subplots(2, 1, figsize=(10, 6.5))
    period = result.config.getfloat("free_run", "period")
    windows = len(learners[0].free_run.get("lag", ()))
    if windows:  # the last whole period and the one before it, if there is one
        end = drawing.end + windows * period
        start = end - min(windows, 2) * period
    shown = (time >= start) & (time <= end)
    left.plot(time[shown], target[shown], color="0.75", linewidth=4.5, label="target $z^*$")
    for learner in learners:
        lag = learner.free_run["lag"][-1] if windows else 0
        look = drawing.sparse_markers(learner, np.count_nonzero(shown)) | {"linewidth": 1.2}
        output = result.in_units(result.select(f"learners/{learner.name}/output", phase=TEST))[:, drawing.output]
        left.plot(time - (lag if np.isfinite(lag) else 0), output, **look)
    lowest, highest = np.nanmin(target), np.nanmax(target)
    margin = 0.25 * (highest - lowest) or 1
    left.set(xlim=(start, end), ylim=(lowest - margin, highest + margin), xlabel=drawing.time_label, ylabel=drawing.output_label())
    left.set_title(f"The end of the free run, moved by its lag; {drawing.said_output()}" if windows
                   else f"Free run; {drawing.said_output()}")
    threshold = result.config.getfloat("free_run", "valid_error")
    errors = {learner.name: free_run_error(result, learner.series("output")) for learner in learners}
    require_positive(errors.values(), "an error of the free run")
    for learner in learners:
        right.plot(time - drawing.end, errors[learner.name], **drawing.sparse_markers(learner, len(time)))
        valid = learner.free_run["valid_time"]
        if np.isfinite(valid) and valid < time[-1] - drawing.end:
            right.axvline(valid, color=drawing.looks[learner.name]["color"], linewidth=1, alpha=0.6)
    right.axhline(threshold, color="black", linewidth=1, linestyle=(0, (4, 3)))
    logarithmic_vertically(right)
    drawing.fit_vertically(right, errors)
    right.set(xlim=(0, time[-1] - drawing.end), xlabel=f"time since the loop was left to itself ({drawing.unit})",
              ylabel="error / sd of the target")
    right.set_title(f"Dashed: the threshold of valid times, free_run.valid_error = {threshold:g}; upright: valid times")
    legend_beside(left)
    return drawing.finished(figure)


def class_names(result):
    """Of the outputs, where each is a class."""
    return [name.rpartition(" = ")[2] for name in result.columns["target"]]


def draw_trials(drawing):
    """Right answers over trials, and by type of trial; of several outputs, the mean over them."""
    result, trials = drawing.result, drawing.result.trials
    learners = [learner for learner in drawing.chosen if trials]
    right = {learner.name: learner.trial_right.mean(axis=1) for learner in learners}
    known = [values for values in right.values() if np.isfinite(values).any()]
    if not known:
        raise Skipped("the task has no trials with an answer, or none has ended")
    number = np.arange(1, len(trials["phase"]) + 1)
    smooth = int(np.clip(len(number) // 20, 1, 50))
    parts = [trials["phase"] == phase for phase in np.unique(trials["phase"])]
    judged = trials["phase"] == TEST
    said = "test" if judged.any() else "last fifth of all trials"
    judged = judged if judged.any() else number > 0.8 * len(number)
    figure, (above, below) = plt.subplots(2, 1, figsize=(10, 7))
    for learner in learners:
        curve = np.full(len(number), np.nan)
        for inside in parts:
            curve[inside] = moving_mean(right[learner.name][inside], smooth)
        above.plot(number, 100 * curve, **drawing.sparse_markers(learner, len(number)))
    learned = np.count_nonzero(trials["phase"] < TEST)
    if 0 < learned < len(number):
        above.axvline(learned + 0.5, color="black", linewidth=1, alpha=0.6)
    classes = None if learners[0].trial_class is None else class_names(result)
    chance = 100 / (2 if classes is None else len(classes))
    above.axhline(chance, color="black", linewidth=1, linestyle=(0, (4, 3)))
    above.set(xlim=(0, len(number) + 1), ylim=(0, 103), xlabel="trial", ylabel="right answers (%)")
    above.set_title(f"Mean over {smooth} trials; while learning, then with frozen weights; dashed: by chance")
    legend_beside(above)
    kinds = np.unique(trials["kind"][judged])[:MAXIMUM_KINDS]
    for place, learner in enumerate(learners):
        shares = [100 * np.nanmean(right[learner.name][judged & (trials["kind"] == kind)]) if np.isfinite(
            right[learner.name][judged & (trials["kind"] == kind)]).any() else np.nan for kind in kinds]
        x = np.arange(len(kinds)) + (place - (len(learners) - 1) / 2) * 0.8 / len(learners)
        below.bar(x, shares, 0.75 / len(learners), color=drawing.looks[learner.name]["color"])
    below.axhline(chance, color="black", linewidth=1, linestyle=(0, (4, 3)))
    below.set(ylim=(0, 103), xlabel="type of trial" if classes is None else "class", ylabel="right answers (%)", xticks=range(len(kinds)),
              xticklabels=[str(kind) for kind in kinds] if classes is None else [classes[kind] for kind in kinds])
    below.set_title(f"By type of trial: {said}, {np.count_nonzero(judged)} trials")
    return drawing.finished(figure)


MOST_MATRICES = 12  # of learners


def draw_confusion(drawing):
    """What sequences of each class are taken for, in the test or else in training; all folds of a learner together."""
    result, trials = drawing.result, drawing.result.trials
    matrices = {}
    phase = TEST if trials and (trials["phase"] == TEST).any() else TRAIN
    chosen = {learner.without_fold for learner in drawing.chosen}
    for learner in result.learners.values() if trials else []:
        if learner.trial_class is not None and learner.without_fold in chosen:
            matrices[learner.without_fold] = matrices.get(learner.without_fold, 0) + learner.confusion(phase)
    if not matrices:
        raise Skipped("outputs are not classes (task.target_is = class)")
    shown = dict(list(matrices.items())[:MOST_MATRICES])
    classes = class_names(result)
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(1.2 + 4.3 * columns, 0.6 + 3.9 * rows), squeeze=False)
    for axes in panels.flat[len(shown):]:
        axes.set_axis_off()
    for axes, (name, counts) in zip(panels.flat, shown.items()):
        asked = counts.sum(axis=1, keepdims=True)
        axes.grid(False)
        image = axes.pcolormesh(100 * counts / np.where(asked > 0, asked, np.nan), cmap="cividis", vmin=0, vmax=100)
        every = max(1, len(classes) // 12)
        ticks = np.arange(0, len(classes), every)
        axes.set(aspect="equal", xlabel="class that is answered", ylabel="class of the sequence", ylim=(len(classes), 0))
        axes.set_xticks(ticks + 0.5, [classes[k] for k in ticks])
        axes.set_yticks(ticks + 0.5, [classes[k] for k in ticks])
        right = 100 * np.trace(counts) / max(1, counts.sum())
        axes.set_title(f"{name}: {right:.1f} % right of {counts.sum()}")
    figure.colorbar(image, ax=panels, aspect=40, label=f"of the sequences of a class, % ({'test' if phase == TEST else 'training'})")
    return drawing.finished(figure)


def draw_raster(axes, spikes):
    """The end of the recorded time: every spike of some neurons."""
    shown = spikes.between(spikes.end - RASTER, spikes.end)
    some = spikes.neurons[np.linspace(0, len(spikes.neurons) - 1, min(RASTER_NEURONS, len(spikes.neurons))).astype(int)]
    at, place = shown.time, np.searchsorted(some, shown.neuron)
    inside = some[np.minimum(place, len(some) - 1)] == shown.neuron
    at, place = at[inside][-RASTER_SPIKES:], place[inside][-RASTER_SPIKES:] + 1
    marks = np.array([place - 0.45, place + 0.45, np.full(len(place), np.nan)])  # one broken line, which is short in SVG
    axes.plot(np.repeat(at, 3), marks.T.ravel(), color="black", linewidth=0.8)
    axes.set(xlim=(shown.start, shown.end), ylim=(0, len(some) + 1), ylabel="neuron")
    ticks = np.unique(np.linspace(0, len(some) - 1, min(6, len(some))).astype(int))
    axes.set_yticks(ticks + 1, some[ticks])
    axes.grid(False)
    axes.set_title(f"Spikes of {len(some)} of {len(spikes.neurons)} recorded neurons at the end of the run")
    return shown


def draw_histogram(axes, values, what, colour):
    """Numbers of neurons, and their median."""
    values = values[np.isfinite(values)]
    axes.hist(values, bins=int(np.clip(np.sqrt(len(values)), 5, 30)), color=colour, alpha=0.8)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set(xlabel=what, ylabel="number of neurons", title="no neuron has two intervals")
    if len(values):
        axes.axvline(np.median(values), color="black", linewidth=1.2)
        axes.set_title(f"median {np.median(values):.3g}, n = {len(values)} neurons")


def spike_figure(spikes, counted=None):
    """A figure of Spikes: a raster and the rate of the population at the end; histograms of rates and of CVs of intervals, and
    the power spectrum of the population rate, of all spikes or of those that are `counted`."""
    counted = spikes if counted is None else counted
    figure, axes = plt.subplot_mosaic([["raster"] * 3, ["raster"] * 3, ["population"] * 3, ["rates", "cvs", "power"],
                                       ["rates", "cvs", "power"]], figsize=(11, 9))
    shown = draw_raster(axes["raster"], spikes)
    window = 5.0
    time, rate = shown.population_rate(window)
    axes["population"].plot(time, rate, color=COLOURS[0], linewidth=1.2)
    axes["population"].set(xlim=(shown.start, shown.end), ylim=(0, None), xlabel="time (ms)", ylabel="rate (Hz)",
                           title=f"Spikes per recorded neuron in windows of {window:g} ms")
    rates = counted.rates()
    draw_histogram(axes["rates"], rates, f"firing rate, {counted.start:g} to {counted.end:g} ms (Hz)", COLOURS[0])
    draw_histogram(axes["cvs"], counted.cvs(), "CV of intervals (dashed: Poisson)", COLOURS[1])
    axes["cvs"].axvline(1, color="black", linewidth=1, linestyle=(0, (4, 3)))
    frequency, power = counted.power_spectrum(segment=SEGMENT)
    axes["power"].plot(frequency[1:], power[1:], color=COLOURS[2], linewidth=1.2)
    level = 2 * rates.mean() / len(rates)
    axes["power"].axhline(level, color="black", linewidth=1, linestyle=(0, (4, 3)))
    axes["power"].set(xscale="log", xlabel="frequency (Hz)", ylabel="power density (Hz$^2$/Hz)",
                      title="population rate; dashed: Poisson")
    axes["power"].xaxis.set_major_formatter("{x:g}")
    logarithmic_vertically(axes["power"])
    return figure


def draw_spikes(drawing):
    result = drawing.result
    spikes = result.spikes
    if spikes is None:
        raise Skipped("no spikes were recorded (record.spikes, with neuron.model = lif)")
    counted = spikes.between(drawing.start, spikes.end)  # without the washout
    if len(counted) == 0 or counted.end - counted.start < 10:
        raise Skipped("no recorded neuron spikes after the washout, or it ends less than 10 ms before the run")
    try:
        return drawing.finished(spike_figure(spikes, counted))
    except ValueError as error:
        raise ResultError(f"{result.path}: {error}") from None


def draw_output_spikes(drawing):
    from . import spiking_outputs

    return spiking_outputs.draw_output_spikes(drawing)


FIGURES = {
    "outputs": draw_outputs,
    "error": draw_error,
    "free_run": draw_free_run,
    "trials": draw_trials,
    "confusion": draw_confusion,
    "learning_curve": draw_learning_curve,
    "learning_rates": draw_learning_rates,
    "weights": draw_weights,
    "spikes": draw_spikes,
    "output_spikes": draw_output_spikes,
}
OF_OUTPUTS = ("outputs", "free_run")  # those that draw one output
FORMATS = ("png", "svg", "pdf")


def write_all(figures, folder, format):
    """Writes {name: function without arguments that draws}, or says why there is none."""
    for name, draw in figures.items():
        path = folder / f"{name}.{format}"
        try:
            figure = draw()
        except Skipped as reason:
            print(f"{path.name} skipped: {reason}")
            continue
        figure.savefig(path)
        plt.close(figure)
        print(path)


def chosen_outputs(text, result):
    """Numbers from 0 of a list such as 1,3 or all."""
    if text == "all":
        return range(result.outputs)
    try:
        return [int(word) - 1 for word in text.split(",")]
    except ValueError:
        raise ResultError(f"--outputs {text}: should be numbers from 1, such as 1,3, or all") from None


def figures_of(result, outputs, learners=None):
    """{name: function that draws} of one network; of several outputs with their numbers in the names."""
    if not result.learners:
        raise ResultError(f"{result.path}: has no learners, and so nothing to draw")
    drawings = {output: Drawing(result, output, learners) for output in outputs}
    first, found = next(iter(drawings.values())), {}
    for name, draw in FIGURES.items():
        if name not in OF_OUTPUTS or len(drawings) == 1:
            found[name] = functools.partial(draw, first)
            continue
        found |= {f"{name}_{output + 1}": functools.partial(draw, drawing) for output, drawing in drawings.items()}
    return found


@program
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("results", metavar="RESULT", nargs="+",
                        help="result file of bayres run; of an ensemble, or of several, figures are over networks")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="folder of the figures (default: that of the result)")
    parser.add_argument("--network", metavar="NUMBER", type=int, help="only this network of an ensemble, from 0")
    parser.add_argument("--outputs", metavar="LIST", default="1",
                        help="outputs that are drawn where there is room for one: numbers from 1, or all (default: 1)")
    parser.add_argument("--learners", metavar="LIST",
                        help="learners that are drawn where there is room for a few (default: the first of each rule)")
    parser.add_argument("--format", choices=FORMATS, default="png", help="(default: png)")
    options = parser.parse_args()
    folder = pathlib.Path(options.output) if options.output else pathlib.Path(options.results[0]).parent
    with contextlib.ExitStack() as stack:
        if len(options.results) == 1:
            one = stack.enter_context(Result(options.results[0], options.network))
        elif options.network is not None:
            raise ResultError("--network: is of one ensemble, but there are several files")
        if len(options.results) == 1 and (one.seeds is None or options.network is not None):
            names = options.learners.split(",") if options.learners else None
            found = figures_of(one, chosen_outputs(options.outputs, one), names)
        else:
            from . import overview

            study = stack.enter_context(open_many(options.results))
            found = {name: functools.partial(draw, study) for name, draw in overview.FIGURES.items()}
        refuse_to_overwrite([folder / f"{name}.{options.format}" for name in found], options.results)
        folder.mkdir(parents=True, exist_ok=True)
        write_all(found, folder, options.format)
    return 0
