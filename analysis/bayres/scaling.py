"""Figure and tables of a scaling study: the time of a step over the number of ranks.

FOLDER holds results of `jobs/slurm/submit scaling`, or any results that differ only in size and number of ranks.
Writes scaling.png, scaling.csv and scaling.md. The time of a step is that of the slowest rank, and so is that of each of
its parts, because while one rank computes, others wait for it in the exchange.
Efficiency is synaptic operations per second and rank, relative to the smallest number of ranks. This also
corrects for a weak study's unequal work per rank, since ranks hold whole blocks of neurons.
Exit code: 0; 1 if a wanted point is missing, or has fewer repeats; 2 for wrong usage.
"""

import argparse
import collections
import csv
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from .figures import COLOURS, MARKERS
from .results import Result, ResultError, program

PARTS = {"recurrent": ["recurrent"], "exchange": ["exchange"], "learning": ["learning"], "output": ["recording"],
         "other": ["task", "neurons", "readout", "evaluation"]}
HATCHES = ["", "///", "...", "xxx", ""]


class Point:
    """All repeats of a network of one size on one number of ranks: `ranks`, `neurons`, `machines`, `synapses`, and for each
    repeat the seconds of a step, `seconds` (repeat), and of its parts, `parts` {name: (repeat)}."""

    def __init__(self, ranks, neurons):
        self.ranks, self.neurons, self.machines, self.synapses = ranks, neurons, 0, 0
        self.seconds, self.parts = [], {name: [] for name in PARTS}

    def add(self, result, performance):
        steps = performance["steps"]
        self.machines = max(self.machines, len(set(result.attributes["hostnames"].split(","))))
        self.synapses = performance["synaptic_operations_per_second"] / performance["steps_per_second"]
        self.seconds.append(performance["seconds_in_steps"] / steps)
        for name, members in PARTS.items():
            self.parts[name].append(sum(performance[f"seconds_{member}"] for member in members) / steps)

    @property
    def median(self):
        return float(np.median(self.seconds))

    @property
    def rate(self):
        """Synaptic operations per second and rank."""
        return self.synapses / self.median / self.ranks


def read_points(folder):
    """The points of a folder, {(ranks, neurons): Point}, and a text on what they share."""
    points, said = {}, ""
    for path in sorted(folder.glob("*.h5")):
        with Result(path) as result:
            if result.attributes["status"] != "complete":
                print(f"{path}: left out: {result.attributes['status']}")
                continue
            performance = result.performance
            key = int(result.attributes["ranks"]), result.config.getint("reservoir", "size")
            points.setdefault(key, Point(*key)).add(result, performance)
            said = (f"bayres {result.attributes['bayres_version']} ({result.attributes['git_hash']}), precision "
                    f"{result.config.get('run', 'precision')}, connectivity {result.config.get('reservoir', 'connectivity', fallback='of a file')}, "
                    f"{len(result.learners)} learner{'s' if len(result.learners) > 1 else ''}")
    if not points:
        raise ResultError(f"{folder}: holds no complete result")
    return points, said


def series_of(points, kind):
    """Points that belong together, by ranks: {neurons on the smallest number of ranks: [Point]}. In a weak study neurons
    grow with the root of the ranks, about."""
    fewest = min(ranks for ranks, _ in points)
    starts = sorted({neurons for ranks, neurons in points if ranks == fewest})
    found = collections.defaultdict(list)
    for (ranks, neurons), point in sorted(points.items()):
        if kind == "strong":
            found[neurons].append(point)
        else:
            at_fewest = neurons / np.sqrt(ranks / fewest)
            found[min(starts, key=lambda start: abs(np.log(at_fewest / start)))].append(point)
    return dict(sorted(found.items()))


def read_model(path):
    """Predictions {(ranks, neurons): seconds of a step}."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        return {(int(row["ranks"]), int(row["neurons"])): float(row["seconds_per_step"]) for row in rows}
    except (KeyError, TypeError, ValueError):
        raise ResultError(f"{path}: wants columns ranks, neurons, seconds_per_step") from None


def rows_of(series, model):
    """The table, one dict for each point."""
    for start, points in series.items():
        for point in points:
            row = {"series": start, "ranks": point.ranks, "machines": point.machines, "neurons": point.neurons,
                   "synapses_per_rank": round(point.synapses / point.ranks), "repeats": len(point.seconds),
                   "seconds_per_step": point.median, "least": min(point.seconds), "most": max(point.seconds),
                   "efficiency": point.rate / points[0].rate}
            row |= {f"seconds_{name}": float(np.median(values)) for name, values in point.parts.items()}
            if model:
                row["model_seconds_per_step"] = model.get((point.ranks, point.neurons), "")
            yield row


def write_tables(folder, rows, heading):
    with open(folder / "scaling.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()}
                         for row in rows)
    lines = [heading, "", "| ranks | machines | neurons | synapses per rank | us per step, median (range) | n | efficiency | "
             + " | ".join(PARTS) + " |", "|" + "---|" * (7 + len(PARTS))]
    for row in rows:
        shares = [f"{100 * row[f'seconds_{name}'] / sum(row[f'seconds_{other}'] for other in PARTS):.0f} %" for name in PARTS]
        lines.append(f"| {row['ranks']} | {row['machines']} | {row['neurons']} | {row['synapses_per_rank']:.4g} | "
                     f"{1e6 * row['seconds_per_step']:.4g} ({1e6 * row['least']:.4g} - {1e6 * row['most']:.4g}) | "
                     f"{row['repeats']} | {row['efficiency']:.2f} | " + " | ".join(shares) + " |")
    (folder / "scaling.md").write_text("\n".join(lines) + "\n")


def axis_of_ranks(axes, ranks):
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(ranks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("ranks")


def draw_times(axes, series, kind, model):
    for (start, points), colour, marker in zip(series.items(), COLOURS * len(series), MARKERS * len(series)):
        ranks = np.array([point.ranks for point in points])
        medians = np.array([point.median for point in points]) * 1e6
        low = medians - [1e6 * min(point.seconds) for point in points]
        high = [1e6 * max(point.seconds) for point in points] - medians
        label = f"{start} neurons" if kind == "strong" else f"{start} neurons on {ranks[0]} rank{'s' if ranks[0] > 1 else ''}"
        axes.errorbar(ranks, medians, [low, high], color=colour, marker=marker, capsize=3, label=label)
        ideal = medians[0] * (ranks[0] / ranks if kind == "strong" else np.ones(len(ranks)))
        axes.plot(ranks, ideal, color=colour, linestyle=(0, (2, 2)), linewidth=1)
        known = [(point.ranks, 1e6 * model[point.ranks, point.neurons]) for point in points
                 if (point.ranks, point.neurons) in model]
        if known:
            axes.plot(*zip(*known), color=colour, linestyle=(0, (6, 1.5, 1.2, 1.5)), linewidth=1, marker="x", markersize=6)
    axes.plot([], [], color="black", linestyle=(0, (2, 2)), linewidth=1, label="ideal")
    if model:
        axes.plot([], [], color="black", linestyle=(0, (6, 1.5, 1.2, 1.5)), linewidth=1, marker="x", label="model")
    axes.set_yscale("log")
    axes.yaxis.set_minor_formatter(NullFormatter())
    low, high = axes.get_ylim()
    ticks = [digit * 10.0**power for power in range(-3, 10) for digit in (1, 2, 5)]
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylabel("time of a step (us)")
    axes.legend()


def draw_efficiency(axes, series):
    for points, colour, marker in zip(series.values(), COLOURS * len(series), MARKERS * len(series)):
        values = np.array([point.rate / points[0].rate for point in points])
        spread = np.array([[1 - point.median / max(point.seconds), point.median / min(point.seconds) - 1] for point in points])
        axes.errorbar([point.ranks for point in points], values, (spread.T * values), color=colour, marker=marker, capsize=3)
    axes.axhline(1, color="black", linestyle=(0, (2, 2)), linewidth=1)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("efficiency (synaptic operations per second\nand rank, relative to the fewest ranks)")


def draw_parts(axes, points):
    bottom = np.zeros(len(points))
    places = np.arange(len(points))
    for (name, colour), hatch in zip(zip(PARTS, [*COLOURS[:4], "#BBBBBB"]), HATCHES):
        heights = np.array([1e6 * np.median(point.parts[name]) for point in points])
        axes.bar(places, heights, 0.7, bottom, color=colour, hatch=hatch, edgecolor="white", linewidth=0.5, label=name)
        bottom += heights
    axes.set_xticks(places, [str(point.ranks) for point in points])
    axes.set_xlabel("ranks")
    axes.set_ylabel("time of a step (us), medians of its parts")
    handles, labels = axes.get_legend_handles_labels()
    axes.set_ylim(top=1.35 * bottom.max())
    axes.legend(handles[::-1], labels[::-1], ncols=2, handlelength=2)


def draw(path, series, kind, model, said):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15.5, 5))
    repeats = [len(point.seconds) for points in series.values() for point in points]
    count = f"{min(repeats)}" if min(repeats) == max(repeats) else f"{min(repeats)} to {max(repeats)}"
    draw_times(left, series, kind, model)
    draw_efficiency(middle, series)
    largest, points = list(series.items())[-1]
    draw_parts(right, points)
    ranks = sorted({point.ranks for members in series.values() for point in members})
    for axes in (left, middle):
        axis_of_ranks(axes, ranks)
    left.set_title(f"median and range over n = {count} repeat{'s' if max(repeats) > 1 else ''}")
    middle.set_title(f"of medians, and range of the repeats; n = {count}")
    right.set_title(f"where it goes, {largest} neurons" + ("" if kind == "strong" else " on the fewest ranks"))
    right.grid(axis="x", visible=False)
    machines = max(point.machines for members in series.values() for point in members)
    figure.suptitle(f"{kind.capitalize()} scaling: {said}; up to {machines} machine{'s' if machines > 1 else ''}",
                    fontsize=12, x=0.01, ha="left", weight="bold")
    figure.savefig(path)
    plt.close(figure)


def missing(points, wanted, repeats):
    """A line on each wanted point that is missing, or has too few repeats."""
    for text in wanted:
        key = tuple(map(int, text.split("x")))
        there = len(points[key].seconds) if key in points else 0
        if there < repeats:
            yield f"{key[1]} neurons on {key[0]} ranks: {there} of {repeats} results"


@program
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="of the results")
    parser.add_argument("-o", "--output", type=pathlib.Path, metavar="FOLDER", help="default: the same")
    parser.add_argument("--kind", choices=["strong", "weak"], default="strong", help="default: strong")
    parser.add_argument("--model", type=pathlib.Path, metavar="CSV",
                        help="predictions to draw: columns ranks, neurons, seconds_per_step")
    parser.add_argument("--wanted", metavar="LIST", default="", help="points that should be there: RANKSxNEURONS,...")
    parser.add_argument("--repeats", type=int, default=1, help="of each wanted point")
    options = parser.parse_args()
    output = options.output or options.folder
    points, said = read_points(options.folder)
    model = read_model(options.model) if options.model else {}
    output.mkdir(parents=True, exist_ok=True)
    series = series_of(points, options.kind)
    write_tables(output, list(rows_of(series, model)), f"{options.kind.capitalize()} scaling: {said}")
    draw(output / "scaling.png", series, options.kind, model, said)
    print((output / "scaling.md").read_text())
    print(output / "scaling.png", output / "scaling.csv", output / "scaling.md", sep="\n")
    problems = list(missing(points, options.wanted.split(",") if options.wanted else [], options.repeats))
    print("".join(f"missing: {problem}\n" for problem in problems), end="", file=sys.stderr)
    return 1 if problems else 0
