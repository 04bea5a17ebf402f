"""Figure and tables of a scaling study: the time of a step over the number of ranks.

FOLDER holds results of `jobs/slurm/submit scaling`, or any results that differ only in size and number of ranks.
Writes scaling.png, scaling.csv and scaling.md. The time of a step is that of the slowest rank, and so is that of each of
its parts, because while one rank computes, others wait for it in the exchange.
Efficiency is synaptic operations per second and rank, relative to the smallest number of ranks. This also
corrects for a weak study's unequal work per rank, since ranks hold whole blocks of neurons.
Exit code: 0; 1 if a wanted point is missing, or has fewer repeats; 2 for wrong usage.
"""

import argparse
import itertools
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, NullLocator

from .figures import COLOURS, FORMATS, MARKERS, finished
from .results import Result, ResultError, program

PARTS = {"recurrent": ["recurrent"], "exchange": ["exchange"], "learning": ["learning"], "output": ["recording"],
         "other": ["task", "neurons", "readout", "evaluation"]}
HATCHES = ["", "///", "...", "xxx", ""]


def rows_of(result):
    """A row of times in seconds; of an ensemble, which repeats the measurement, one for each network."""
    performance = {name: np.atleast_1d(value) for name, value in result.performance.items()}
    for network in range(1 if result.seeds is None else len(result.seeds)):
        one = {name: value[network] for name, value in performance.items() if network < len(value)}
        yield {"ranks": int(result.attributes["ranks"]), "neurons": result.config.getint("reservoir", "size"),
               "machines": len(set(result.attributes["hostnames"].split(","))),
               "synapses": one["synaptic_operations_per_second"] / one["steps_per_second"],
               "seconds": one["seconds_in_steps"] / one["steps"]} | {
                   name: sum(one[f"seconds_{member}"] for member in members) / one["steps"] for name, members in PARTS.items()}


def read_runs(folder):
    """The rows of the complete results of a folder, and a text on what they share. What is left out is said."""
    rows, said = [], ""
    for path in sorted(folder.glob("*.h5")):
        try:
            with Result(path) as result:
                if result.attributes["status"] != "complete":
                    print(f"{path}: left out: {result.attributes['status']}")
                    continue
                rows += rows_of(result)
                connectivity = result.config.get("reservoir", "connectivity", fallback="of a file")
                said = (f"bayres {result.attributes['bayres_version']} ({result.attributes['git_hash']}), precision "
                        f"{result.config.get('run', 'precision')}, connectivity {connectivity}, "
                        f"{len(result.learners)} learner{'s' if len(result.learners) > 1 else ''}")
        except ResultError as error:
            print(f"left out: {error}")
        except KeyError as name:
            print(f"{path}: left out: it has no {name.args[0]}")
    if not rows:
        raise ResultError(f"{folder}: holds no complete result")
    return pandas.DataFrame(rows), said


def points_of(runs, kind):
    """A row for each number of ranks and size. Points that belong together have the same `series`: the neurons on the
    smallest number of ranks, which in a weak study grow with the root of the ranks, about."""
    points = runs.groupby(["ranks", "neurons"], as_index=False).agg(
        machines=("machines", "max"), synapses=("synapses", "last"), repeats=("seconds", "size"),
        seconds_per_step=("seconds", "median"), least=("seconds", "min"), most=("seconds", "max"),
        **{f"seconds_{name}": (name, "median") for name in PARTS})
    fewest = points.ranks.min()
    starts = points.neurons[points.ranks == fewest]
    at_fewest = points.neurons if kind == "strong" else [
        min(starts, key=lambda start: abs(np.log(neurons / np.sqrt(ranks / fewest) / start)))
        for ranks, neurons in zip(points.ranks, points.neurons)]
    points.insert(0, "series", at_fewest)
    points = points.sort_values(["series", "ranks", "neurons"], ignore_index=True)
    points.insert(2, "machines", points.pop("machines"))
    points.insert(4, "synapses_per_rank", (points.synapses / points.ranks).round().astype(int))
    rate = points.synapses / points.seconds_per_step / points.ranks
    points.insert(points.columns.get_loc("most") + 1, "efficiency", rate / rate.groupby(points.series).transform("first"))
    return points.drop(columns="synapses")


def add_model(points, path):
    """Adds the predictions of a file: what `bayres run CONFIG --dry-run --ranks LIST --format csv` prints, of several sizes one after the
    other, or a table of its own."""
    wanted = ["ranks", "neurons", "seconds_per_step"]
    try:
        model = pandas.read_csv(path, dtype=str)
        model = model[model.ranks != "ranks"]  # lines of names within, where tables were put together
        if "step_us" in model:
            model["seconds_per_step"] = 1e-6 * model.step_us.astype(float)
        model = model[wanted].astype({"ranks": int, "neurons": int, "seconds_per_step": float})
    except (AttributeError, KeyError, ValueError):
        raise ResultError(f"{path}: wants columns ranks, neurons, and step_us (as bayres run --dry-run --format csv prints) or "
                          "seconds_per_step") from None
    known = model.set_index(wanted[:2]).index
    if not any(point in known for point in zip(points.ranks, points.neurons)):
        raise ResultError(f"{path}: predicts none of the points that were measured: "
                          + ", ".join(f"{n} neurons on {r} ranks" for r, n in zip(points.ranks, points.neurons)))
    model = model.rename(columns={"seconds_per_step": "model_seconds_per_step"}).drop_duplicates(wanted[:2], keep="last")
    return points.merge(model, "left", wanted[:2])


def write_tables(folder, points, heading):
    points.to_csv(folder / "scaling.csv", index=False, float_format="%.6g", lineterminator="\r\n")
    lines = [heading, "", "| ranks | machines | neurons | synapses per rank | us per step, median (range) | n | efficiency | "
             + " | ".join(PARTS) + " |", "|" + "---|" * (7 + len(PARTS))]
    for point in points.itertuples():
        parts = [getattr(point, f"seconds_{name}") for name in PARTS]
        lines.append(f"| {point.ranks} | {point.machines} | {point.neurons} | {point.synapses_per_rank:.4g} | "
                     f"{1e6 * point.seconds_per_step:.4g} ({1e6 * point.least:.4g} - {1e6 * point.most:.4g}) | "
                     f"{point.repeats} | {point.efficiency:.2f} | "
                     + " | ".join(f"{100 * part / sum(parts):.0f} %" for part in parts) + " |")
    (folder / "scaling.md").write_text("\n".join(lines) + "\n")


def axis_of_ranks(axes, ranks):
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(ranks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("ranks")


def looks(points):
    """The points of each series, with their colour and marker."""
    return zip(points.groupby("series"), itertools.cycle(COLOURS), itertools.cycle(MARKERS))


def draw_times(axes, points, kind):
    has_model = "model_seconds_per_step" in points
    for (start, some), colour, marker in looks(points):
        medians, first = 1e6 * some.seconds_per_step, some.ranks.iloc[0]
        label = f"{start} neurons" if kind == "strong" else f"{start} neurons on {first} rank{'s' if first > 1 else ''}"
        spread = [medians - 1e6 * some.least, 1e6 * some.most - medians]
        axes.errorbar(some.ranks, medians, spread, color=colour, marker=marker, capsize=3, label=label)
        ideal = medians.iloc[0] * (first / some.ranks if kind == "strong" else np.ones(len(some)))
        axes.plot(some.ranks, ideal, color=colour, linestyle=(0, (2, 2)), linewidth=1)
        if has_model:
            known = some.dropna(subset="model_seconds_per_step")
            axes.plot(known.ranks, 1e6 * known.model_seconds_per_step, color=colour, linestyle=(0, (6, 1.5, 1.2, 1.5)),
                      linewidth=1, marker="x", markersize=6)
    axes.plot([], [], color="black", linestyle=(0, (2, 2)), linewidth=1, label="ideal")
    if has_model:
        axes.plot([], [], color="black", linestyle=(0, (6, 1.5, 1.2, 1.5)), linewidth=1, marker="x", label="model")
    axes.set_yscale("log")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylabel("time of a step (us)")
    axes.legend()


def draw_efficiency(axes, points):
    for (_, some), colour, marker in looks(points):
        share = [1 - some.seconds_per_step / some.most, some.seconds_per_step / some.least - 1]
        axes.errorbar(some.ranks, some.efficiency, [one * some.efficiency for one in share], color=colour, marker=marker,
                      capsize=3)
    axes.axhline(1, color="black", linestyle=(0, (2, 2)), linewidth=1)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("efficiency (synaptic operations per second\nand rank, relative to the fewest ranks)")


def draw_parts(axes, points):
    bottom = np.zeros(len(points))
    places = np.arange(len(points))
    for name, colour, hatch in zip(PARTS, [*COLOURS[:4], "#BBBBBB"], HATCHES):
        heights = 1e6 * points[f"seconds_{name}"].to_numpy()
        axes.bar(places, heights, 0.7, bottom, color=colour, hatch=hatch, edgecolor="white", linewidth=0.5, label=name)
        bottom += heights
    axes.set_xticks(places, points.ranks.astype(str))
    axes.set(xlabel="ranks", ylabel="time of a step (us), medians of its parts", ylim=(None, 1.35 * bottom.max()))
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], ncols=2, handlelength=2)


def draw(path, points, kind, said):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15.5, 5))
    fewest, most = points.repeats.min(), points.repeats.max()
    count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    draw_times(left, points, kind)
    draw_efficiency(middle, points)
    largest = points.series.max()
    draw_parts(right, points[points.series == largest])
    for axes in (left, middle):
        axis_of_ranks(axes, sorted(points.ranks.unique()))
    left.set_title(f"median and range over n = {count} repeat{'s' if most > 1 else ''}")
    middle.set_title(f"of medians, and range of the repeats; n = {count}")
    right.set_title(f"where it goes, {largest} neurons" + ("" if kind == "strong" else " on the fewest ranks"))
    right.grid(axis="x", visible=False)
    machines = points.machines.max()
    finished(figure, f"{kind.capitalize()} scaling: {said}; up to {machines} machine{'s' if machines > 1 else ''}").savefig(path)
    plt.close(figure)


def missing(points, wanted, repeats):
    """A line on each wanted point that is missing, or has too few repeats."""
    found = points.set_index(["ranks", "neurons"]).repeats
    for text in wanted:
        ranks, neurons = map(int, text.split("x"))
        if found.get((ranks, neurons), 0) < repeats:
            yield f"{neurons} neurons on {ranks} ranks: {found.get((ranks, neurons), 0)} of {repeats} results"


@program
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="of the results")
    parser.add_argument("-o", "--output", type=pathlib.Path, metavar="FOLDER", help="default: the same")
    parser.add_argument("--kind", choices=["strong", "weak"], default="strong", help="default: strong")
    parser.add_argument("--model", type=pathlib.Path, metavar="CSV",
                        help="predictions to draw, as bayres run CONFIG --dry-run --ranks LIST --format csv prints them, of several "
                        "sizes one after the other")
    parser.add_argument("--wanted", metavar="LIST", default="", help="points that should be there: RANKSxNEURONS,...")
    parser.add_argument("--format", choices=FORMATS, default="png", help="of the figure (default: png)")
    parser.add_argument("--repeats", type=int, default=1, help="of each wanted point")
    options = parser.parse_args()
    output = options.output or options.folder
    runs, said = read_runs(options.folder)
    points = points_of(runs, options.kind)
    if options.model:
        points = add_model(points, options.model)
    output.mkdir(parents=True, exist_ok=True)
    write_tables(output, points, f"{options.kind.capitalize()} scaling: {said}")
    path = output / f"scaling.{options.format}"
    draw(path, points, options.kind, said)
    print((output / "scaling.md").read_text())
    print(path, output / "scaling.csv", output / "scaling.md", sep="\n")
    problems = list(missing(points, options.wanted.split(",") if options.wanted else [], options.repeats))
    print("".join(f"missing: {problem}\n" for problem in problems), end="", file=sys.stderr)
    return 1 if problems else 0
