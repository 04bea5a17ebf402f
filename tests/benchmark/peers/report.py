"""Tables and the figure of the measurements."""

import csv
import statistics
from dataclasses import dataclass
from typing import Callable

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from workloads import Bayres

TITLES = {
    "dense": "dense J, double",
    "dense32": "dense J, single and mixed",
    "sparse": "sparse J, p = 0.1",
    "rls": "recursive least squares, p = 0.1",
    "study": "20 learners on one trajectory, p = 0.1",
    "closed": "16 learners in closed loops, p = 0.1",
    "ranks": "dense J, double: bayres on ranks",
}


@dataclass
class Comparison:
    """The fastest of some rows of bayres against the fastest of others. `aims` are the ratios aimed at, by size."""

    workload: str
    against: str
    types: str
    ours: Callable
    theirs: Callable
    aims: dict


def compare(workload, against, theirs, aims, *dtypes, ranks=""):
    def ours(row):
        return isinstance(row, Bayres) and (not dtypes or row.dtype in dtypes) and row.how.startswith(ranks)

    return Comparison(workload, against, "/".join(dtypes), ours, theirs, aims)


def typed(dtype):
    return lambda row: not isinstance(row, Bayres) and row.dtype == dtype


def kind(name):
    return lambda row: row.kind == name


def any_peer(row):
    return not isinstance(row, Bayres)


DENSE_AIMS = {1000: 1.3, 2000: 1.3, 5000: 1.2}
SPARSE_AIMS = {1000: 2, 5000: 1.8}
COMPARISONS = [
    compare("dense", "best float64 peer", typed("float64"), DENSE_AIMS, "double"),
    compare("dense", "best float64 peer", typed("float64"), DENSE_AIMS, "double-float32"),
    compare("dense", "best float64 peer", typed("float64"), DENSE_AIMS, "double-bfloat16"),
    compare("dense32", "best float32 peer", typed("float32"), {}, "single"),
    compare("dense32", "best float32 peer", typed("float32"), {1000: 3, 5000: 2.5}, "mixed"),
    compare("sparse", "best float64 peer", typed("float64"), SPARSE_AIMS, "double"),
    compare("sparse", "best float64 peer", typed("float64"), SPARSE_AIMS, "double-float32"),
    compare("sparse", "best float32 peer", typed("float32"), {}, "single"),
    compare("sparse", "best float32 peer", typed("float32"), SPARSE_AIMS, "mixed"),
    compare("sparse", "NEST", lambda row: row.who == "NEST", {1000: 30, 2000: 30, 5000: 30}),
    compare("rls", "numpy, as mostly written", kind("plain"), {1000: 8}),
    compare("rls", "best peer", any_peer, {}),
    compare("study", "20 separate runs", kind("separate"), {1000: 15}),
    compare("study", "20 separate runs, two at a time", kind("separate, two at a time"), {}),
    compare("study", "vectorised by hand", kind("vectorised"), {1000: 1.5}),
    compare("closed", "16 separate runs", kind("separate"), {1000: 8}),
    compare("closed", "16 separate runs, two at a time", kind("separate, two at a time"), {}),
    compare("closed", "one product J R, by hand", kind("vectorised"), {1000: 1.3}),
    compare("ranks", "1 rank", lambda row: row.how == "1 rank", {5000: 1.8}, ranks="2"),
]


def median(row):
    return statistics.median(row.microseconds)


def reading(row):
    """Microseconds that reading J takes of a row of bayres: no step that reads J from where it is can be shorter."""
    return statistics.median(row.reading)


def fastest(rows):
    """The row with the smallest median, or None if none was measured."""
    return min((row for row in rows if row.microseconds), key=median, default=None)


def groups(rows):
    """(workload, size) -> its rows, in the order in which they were measured."""
    result = {}
    for row in rows:
        result.setdefault((row.workload, row.size), []).append(row)
    return result


def comparison_table(rows):
    lines = [
        "| workload | N | bayres | us/step | against | us/step | ratio | of the minima | aim | if J were read and no more |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (workload, size), group in groups(rows).items():
        for comparison in COMPARISONS:
            if comparison.workload == workload:
                lines.append(comparison_line(comparison, size, group))
    return "\n".join(lines) + "\n"


def comparison_line(comparison, size, group):
    ours = fastest(filter(comparison.ours, group))
    peers = list(filter(comparison.theirs, group))
    theirs = fastest(peers)
    aim = comparison.aims.get(size, "")
    start = f"| {comparison.workload} | {size} "
    us = f"| {ours.dtype}, {ours.how} | {median(ours):.1f} " if ours else f"| {comparison.types}: not in this bayres | "
    if not theirs:
        reason = peers[0].absent if peers else "no such peer"
        return f"{start}{us}| {comparison.against} | {reason} | | | {aim} | |"
    name = comparison.against if theirs.who in comparison.against else f"{comparison.against}: {theirs.who}"
    them = f"| {name}, {theirs.how} | {median(theirs):.1f} "
    if not ours:
        return f"{start}{us}{them}| | | {aim} | |"
    ratio = f"| {median(theirs) / median(ours):.2f} | {min(theirs.microseconds) / min(ours.microseconds):.2f} "
    return f"{start}{us}{them}{ratio}| {aim} | {median(theirs) / reading(ours):.2f} |"


def full_table(group):
    lines = ["| who | type | on | median us/step | minimum | n | reading J |", "|---|---|---|---|---|---|---|"]
    for row in group:
        numbers = f"{median(row):.1f} | {min(row.microseconds):.1f}" if row.microseconds else f"{row.absent} | "
        read = f"{reading(row):.1f}" if isinstance(row, Bayres) and row.reading else ""
        lines.append(f"| {row.who} | {row.dtype} | {row.how} | {numbers} | {len(row.microseconds)} | {read} |")
    return "\n".join(lines) + "\n"


def write(rows, lines, folder):
    """peers.md, peers.csv (every single measurement) and peers.png."""
    with open(folder / "peers.md", "w") as file:
        file.write("# bayres and its peers\n\nMicroseconds of a time step; start-up is left out.\n\n")
        file.write(ABOUT_READING)
        file.write("\n".join(lines) + "\n\n" + comparison_table(rows) + "\n![times](peers.png)\n")
        for (workload, size), group in groups(rows).items():
            file.write(f"\n## {TITLES[workload]}, N = {size} ({group[0].steps} steps)\n\n{full_table(group)}")
    with open(folder / "peers.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("workload", "size", "who", "type", "on", "repetition", "microseconds", "absent"))
        for row in rows:
            for k, value in enumerate(row.microseconds or [""]):
                table.writerow((row.workload, row.size, row.who, row.dtype, row.how, k + 1, value, row.absent))
    figure(rows, folder / "peers.png")


ABOUT_READING = """Types of bayres are values of run.precision; double-float32 and double-bfloat16 are double with such a
reservoir.weight_type: J is drawn on that grid and kept so, rates, products and sums are in double.

"Reading J" is what the same ranks take to read arrays as large as their parts of J and do nothing else
(performance.probe): the limit of a step that computes J r of one state. The last column of the first table is the ratio
that such a step would reach; where it is below the aim, the aim is out of reach on this machine. A small J is read from the
cache faster than it can be used.

"""

COLOURS = ("#0072B2", "#D55E00", "#009E73")  # told apart by all eyes; the markers differ as well
MARKERS = ("o", "s", "^")


def figure(rows, path):
    """A panel for each workload: who against microseconds, a marker for each size."""
    rows = [row for row in rows if row.microseconds]
    names = [name for name in TITLES if any(row.workload == name for row in rows)]
    columns = min(2, len(names))
    lines = -(-len(names) // columns)
    heights = [max(len(labels(rows, name)) for name in names[k * columns : (k + 1) * columns]) for k in range(lines)]
    figure, axes = plt.subplots(
        *(lines, columns),
        figsize=(7.5 * columns, 0.24 * sum(heights) + 1.4 * lines),
        gridspec_kw={"height_ratios": [height + 1 for height in heights]},
        squeeze=False,
        layout="constrained",
    )
    for ax, name in zip(axes.flat, names):
        draw_panel(ax, [row for row in rows if row.workload == name], name)
    for ax in axes.flat[len(names) :]:
        ax.remove()
    n = max(len(row.microseconds) for row in rows)
    figure.suptitle(f"Time of a step: median and range of n = {n} (less is better)")
    figure.savefig(path, dpi=130)
    plt.close(figure)


def labels(rows, name):
    """Who appears in a panel: peers first, bayres below them."""
    found = dict.fromkeys((isinstance(row, Bayres), row.label()) for row in rows if row.workload == name)
    return [label for _, label in sorted(found, key=lambda item: item[0])]


def draw_panel(ax, rows, name):
    order = labels(rows, name)
    for size, colour, marker in zip(sorted({row.size for row in rows}), COLOURS, MARKERS):
        chosen = [row for row in rows if row.size == size]
        middle = [median(row) for row in chosen]
        below = [m - min(row.microseconds) for m, row in zip(middle, chosen)]
        above = [max(row.microseconds) - m for m, row in zip(middle, chosen)]
        places = [order.index(row.label()) for row in chosen]
        ax.errorbar(
            middle, places, xerr=(below, above), fmt=marker, color=colour, markersize=5, label=f"N = {size}", zorder=3
        )
    times = [value for row in rows for value in row.microseconds]
    ax.set(xscale="log", xlabel="time of a step (µs)", xlim=(min(times) / 1.5, max(times) * 1.5))
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.set_title(TITLES[name], loc="left", pad=18)
    ax.set_yticks(range(len(order)), order, fontsize=8)
    for tick, label in zip(ax.get_yticklabels(), order):
        tick.set_fontweight("bold" if label.startswith("bayres") else "normal")
    wide = max(times) > 100 * min(times)  # more labels would touch each other
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 3) if wide else (1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(-0.02, 0.99), frameon=False)
