"""Write a report of a result of bayres, or of a study of several, as one HTML file that needs nothing else.

    analysis/bin/report RESULT... [--analysis FILE.h5] [-o report.html]

Of one network it holds the figures of `figures`; of an ensemble, or of several results, learning curves and scores over
networks, and the figures of the first network. --analysis adds what bayres-analyze found in the same results:
medians with bootstrap intervals, errors while learning, and what recorded rates do.
"""

import argparse
import collections
import html
import io
import pathlib
import re

import matplotlib.pyplot as plt
import numpy as np

from . import figures, overview
from .comparisons import table_of
from .results import Result, ResultError, open_hdf5, open_many, program, refuse_to_overwrite
from .statistics import FEWEST, quartiles

PAIR_COLUMNS = ("shared", "better", "ties", "worse", "ratio", "ratio_low", "ratio_high", "p", "p_holm")
MOST_ROWS = 60  # of a table that is not folded
MOST_ALL_PAIRS = 20  # learners of conditions, of which all pairs are compared

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 0 auto; max-width: 68rem;
       padding: 1.5rem; }
h1 { font-size: 1.7rem; margin-bottom: 0.2rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem;
     border-bottom: 1px solid #ccc; } p.note { color: #555; margin-top: 0.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { text-align: left; padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid #e3e3e3; vertical-align: top; }
td.number, th.number { text-align: right; }
figure { margin: 1rem 0 2rem; } figure svg { width: 100%; height: auto; }
pre { background: #f6f6f6; padding: 0.8rem; overflow-x: auto; font-size: 0.85rem; }
"""


# ---- HTML


def escaped(text):
    return html.escape(str(text))


def number(value):
    """Of a few digits; texts as they are."""
    if isinstance(value, (float, np.floating)):
        return "none" if np.isnan(value) else f"{value:.4g}"
    return str(value)


def table(header, rows):
    """An HTML table; columns of numbers are aligned to the right."""
    numeric = [all(not isinstance(row[c], str) for row in rows) for c in range(len(header))]
    kinds = [' class="number"' if right else "" for right in numeric]

    def line(tag, cells):
        return "<tr>" + "".join(f"<{tag}{kind}>{escaped(number(cell))}</{tag}>" for kind, cell in zip(kinds, cells)) + "</tr>"

    return "<table>" + "\n".join([line("th", header), *(line("td", row) for row in rows)]) + "</table>"


def note(text):
    return f'<p class="note">{escaped(text)}</p>'


def limits(low, high):
    return "" if np.isnan([low, high]).any() else f"{number(low)} to {number(high)}"


def chance(p):
    """A p value."""
    return "" if np.isnan(p) else "< 0.0001" if p < 1e-4 else f"{p:.2g}"


def folded(title, text):
    return f"<details><summary>{escaped(title)}</summary><pre>{escaped(text)}</pre></details>"


def inline_svg(figure, name):
    """A figure as an SVG element. Its ids begin with its name, so that the figures of a page have different ids."""
    plt.rcParams["svg.hashsalt"] = name
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    plt.close(figure)
    text = stream.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    text = text.replace("url(#", f"url(#{name}-")
    return text.replace("<svg ", f'<svg role="img" aria-label="{escaped(name)}" ', 1)


def figure_or_reason(what, draw, *data, name):
    """The figure, or why there is none."""
    try:
        return f"<figure>{inline_svg(draw(*data), name)}</figure>"
    except figures.Skipped as reason:
        return f'<p class="note">No {escaped(what)}: {escaped(reason)}.</p>'


# ---- one network


def learner_table(result):
    rows = []
    for learner in result.learners.values():
        parameters = ", ".join(f"{name} = {number(value)}" for name, value in learner.parameters.items())
        diverged = int(learner.attributes["diverged_at_step"])
        scores = [float(learner.attributes.get(name, np.nan)) if learner.is_scored_by(name) else "-" for name in ("train_mae", "test_nrmse")]
        fraction = next((name for name in ("test_right", "test_accuracy") if name in learner.attributes), None)
        if fraction:
            low, right, high = (100 * float(learner.attributes[f"{fraction}{of}"]) for of in ("_low", "", "_high"))
            scores.append(f"{right:.1f} ({low:.1f} - {high:.1f})")
        rows.append([learner.name, learner.rule, parameters, *scores, "no" if diverged < 0 else f"at step {diverged}"])
    answers = ["test right, % (95 % confidence)"] if result.trials else []
    return table(["learner", "rule", "parameters", "train MAE", "test NRMSE", *answers, "diverged"], rows)


def figures_of(path, network):
    """The figures that the result has data for; for the others, what is missing."""
    parts = []
    with Result(path, network) as result:
        drawing = figures.Drawing(result)
        for name, draw in figures.FIGURES.items():
            parts.append(figure_or_reason("figure of " + name.replace("_", " "), draw, drawing, name=name))
    return "\n".join(parts)


def performance_table(result):
    """Of an ensemble, seconds and steps of all networks together, and the median network; a rate has no sum."""
    found = {name: np.asarray(value, float) for name, value in result.performance.items()
             if np.issubdtype(np.asarray(value).dtype, np.number) and not name.startswith("_")}
    if not found:
        return '<p class="note">Not recorded.</p>'
    if result.seeds is None:
        return table(["quantity", "value"], [[name.replace("_", " "), float(value.sum())] for name, value in found.items()])
    rows = [[name.replace("_", " "), float(value.sum()) if name == "steps" or name.startswith("seconds") else "",
             float(quartiles(value)[0]) if value.ndim else ""] for name, value in found.items()]
    return table(["quantity", "all networks", "median network"], rows)


def origin_table(study):
    rows = []
    for result in study.results:
        at = result.attributes
        seeds = [at["seed"]] if result.seeds is None else result.seeds
        shown = ", ".join(map(str, seeds[:8])) + (f", ... ({len(seeds)})" if len(seeds) > 8 else "")
        rows.append([pathlib.Path(result.path).name, shown, at["status"],
                     *(number(at.get(name, "")) for name in ("created", "ranks", "hostnames")),
                     f"{at.get('bayres_version', '')} ({at.get('git_hash', '')})"])
    return table(["file", "seeds", "status", "created", "ranks", "machines", "bayres"], rows)


def provenance(study):
    parts = []
    for condition in study.conditions:
        result = condition.result
        label = "" if len(study.conditions) == 1 else f" of {condition.label}"
        parts.append(folded(f"Configuration{label}", result.attributes["config"]))
        history = result.attributes.get("history", "") or result.attributes.get("command_line", "")
        parts.append(folded(f"History{label}: every start of the run", history))
    return "\n".join(parts)


# ---- several networks


def study_scores(study):
    """[(condition, learner, (network) of test NRMSE, (network) of train MAE)]."""
    return [(condition, name, condition.scores(name, "test_nrmse"), condition.scores(name, "train_mae"))
            for condition in study.conditions for name in condition.learners]


def score_table(scores):
    rows = []
    for condition, name, nrmse, mae in scores:
        middle, low, high = quartiles(nrmse)
        diverged = int(np.sum(condition.scores(name, "diverged_at_step") >= 0))
        shown = [float(middle), f"{number(low)} to {number(high)}", float(quartiles(mae)[0])]
        says = condition.result.learners[name].is_scored_by("test_nrmse")
        rows.append([condition.label, name, len(nrmse), *(shown if says else ["-"] * 3), diverged])
    header = ["condition", "learner", "networks", "median test NRMSE", "quartiles", "median train MAE", "diverged"]
    return table(header, rows)


# ---- results of bayres-analyze


def band(axes, x, quantiles, values, **style):
    """Median of (quantile, x), and the range from the least to the largest quantile."""
    figures.band(axes, x, values[0], values[int(np.argmin(np.abs(quantiles - 0.5)))], values[-1], **style)


def units_in(groups, name):
    """Units of a data set of conditions."""
    return " or ".join(dict.fromkeys(str(group[name].attrs.get("units", "unit of tau")) for group in groups if name in group))


Analysed = collections.namedtuple("Analysed", "label full look group count condition")
Analysed.__doc__ = """A condition of an analysis: what sets it apart, in few words and in full; its look; its group in the file; its networks;
and the condition of the study that it is, or None."""


def analysed_conditions(file, study):
    """[Analysed], those that are in the study in its order."""
    ordered, looks = overview.ordered_conditions(study)
    groups = [file[f"conditions/c{k}"] for k in range(len(file["conditions"]))]
    found = []
    for group, own in zip(groups, overview.looks(len(groups), False)):
        condition = next((each for each in study.conditions if each.label == group.attrs["label"]), None)
        label, look = (overview.label_of_condition(study, condition), looks[condition]) if condition else ("", own)
        found.append(Analysed(overview.wrapped(label or group.attrs["label"]), group.attrs["label"], look | {"marker": None}, group,
                              len(group["network"]), condition))
    return sorted(found, key=lambda one: ordered.index(one.condition) if one.condition else len(ordered))


def draw_rates(conditions, quantiles):
    """Eigenvalues, autocorrelation and, of records long enough, power spectrum of the rates of every condition."""
    has_power = any("rates/power_quantiles" in one.group for one in conditions)
    figure, grid = plt.subplots(1, 2 + has_power, figsize=(13 if has_power else 10, 4.6))
    for one in conditions:
        group, style = one.group, one.look | {"label": f"{one.label}, n = {one.count}"}
        eigenvalues = group["rates/eigenvalue_quantiles"][()]
        band(grid[0], group["component"][()] + 1, quantiles, np.maximum(eigenvalues, eigenvalues.max() * 1e-12), **style)
        band(grid[1], group["lag"][()], quantiles, group["rates/autocorrelation_quantiles"][()], **style)
        if "rates/power_quantiles" in group:
            band(grid[2], group["frequency"][1:], quantiles, group["rates/power_quantiles"][:, 1:], **style)
    unit = units_in([one.group for one in conditions], "lag")
    grid[0].set(xscale="log", yscale="log", xlabel="principal component", ylabel="eigenvalue of the covariance of rates")
    grid[1].set(xlabel=f"lag ({unit})", ylabel="autocorrelation of rates")
    if has_power:
        grid[2].set(xscale="log", yscale="log", xlabel=f"frequency (1/{unit})", ylabel=f"power density ({unit})")
    grid[-1].legend(loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0, fontsize=8, handlelength=2.5)
    return figures.finished(figure, f"Rates: medians, and quantiles {quantiles[0]:g} to {quantiles[-1]:g} over networks")


def draw_online(study, conditions, quantiles):
    """Errors while learning: a panel for each learner, if there are several conditions or many learners."""
    names = list(dict.fromkeys(name for one in conditions for name in one.group.get("learners", {})
                               if "online" in one.group[f"learners/{name}"]))
    if not names:
        raise figures.Skipped("the analysis has no curves")
    alone = len(conditions) == 1 and len(names) <= overview.MOST_IN_PANEL
    panels = [names] if alone else [[name] for name in names]
    figure, grid = overview.grid_of(len(panels))
    medians = []
    for axes, members in zip(grid, panels):
        for one in conditions:
            for name, of_learner in zip(members, overview.looks(len(members), False)):
                if f"learners/{name}/online" not in one.group:
                    continue
                label, said = (name, ""), ""
                if one.condition and name in one.condition.learners:
                    said = overview.said_diverged(one.condition, name)
                    label = overview.label_of_learner(study, one.condition, name), said
                style = of_learner | {"label": "".join(label)} if alone else one.look | {"label": one.label + said}
                times, values = one.group["window_time"][()], one.group[f"learners/{name}/online/nrmse_quantiles"][()]
                medians.append(values[int(np.argmin(np.abs(quantiles - 0.5)))])
                band(axes, times, quantiles, values, **style, markevery=max(1, len(times) // 8))
        known = members[0] in overview.learners_of(study)
        axes.set_title("" if alone else overview.title_of_learner(study, members[0]) if known else members[0])
        if not alone:
            axes.legend(fontsize=7, handlelength=2.5)
    figures.require_positive(medians, "an error while learning")
    figures.logarithmic_vertically(grid[0])
    overview.limit_vertically(grid[0], medians)
    if alone:
        figures.legend_beside(grid[0])
    unit = units_in([one.group for one in conditions], "window_time")
    figure.supxlabel(f"simulated time at the end of a window of training ({unit})", fontsize=11)
    figure.supylabel("NRMSE while learning", fontsize=11)
    counts = overview.said_networks([one.count for one in conditions])
    return figures.finished(figure, f"Medians, and quantiles {quantiles[0]:g} to {quantiles[-1]:g}, over {counts}")


def comparison_tables(file):
    """Medians with bootstrap intervals, and how pairs compare."""
    if "comparison/test_nrmse" not in file:
        return ""
    group = file["comparison/test_nrmse"]
    said = {name: file["comparison"].attrs[name].split("\n") for name in ("items", "pairs")}
    medians = [[name, int(n), float(m), limits(low, high)] for name, n, m, low, high in zip(
        said["items"], *(group[column][()] for column in ("networks", "median", "low", "high"))) if n > 0]
    header = ["learner", "networks", "median test NRMSE", "95 % bootstrap interval"]
    text = table(header, medians) + note(f"Of fewer than {FEWEST} networks there is no interval.")
    if "p_holm" not in group or not len(group["ratio"]):
        return text
    columns = [group[name][()] for name in PAIR_COLUMNS]
    pairs = [[name, *(int(count) if np.isfinite(count) else "" for count in counts), float(ratio), limits(low, high),
              chance(p), chance(corrected)]
             for name, *counts, ratio, low, high, p, corrected in zip(said["pairs"], *columns)
             if np.nansum(counts) > 0 or np.isfinite(ratio)]
    return text + "<h3>Pairs</h3>" + pair_table(["first / second"], pairs)


def analysis_part(path, study):
    with open_hdf5(path) as file:
        if "conditions" not in file:
            raise ResultError(f"{path}: not an analysis by bayres-analyze: it has no conditions")
        quantiles = file["quantile"][()]
        conditions = analysed_conditions(file, study)
        parts = ["<h2>Analysis</h2>", f'<p class="note">{escaped(file.attrs["command_line"])}</p>', comparison_tables(file),
                 figure_or_reason("figure of errors while learning", draw_online, study, conditions, quantiles, name="online")]
        recorded = [one for one in conditions if "rates/eigenvalue" in one.group]
        if recorded:
            parts.append(figure_or_reason("figure of rates", draw_rates, recorded, quantiles, name="rates"))
            rows = [[one.full, one.count, float(quartiles(one.group["rates/participation_ratio"])[0]),
                     float(quartiles(one.group["rates/correlation_time"])[0]),
                     int(one.group["rates"].attrs["analysed_neurons"])] for one in recorded]
            parts.append(table(["condition", "networks", "median participation ratio",
                                f"median autocorrelation time ({units_in([one.group for one in recorded], 'lag')})", "neurons"],
                               rows))
        return "\n".join(parts)


# ---- the page


def pairs_part(study, options):
    """How learners compare by the test NRMSE, where they share networks; of very many learners, with the reference or the first."""
    compared = [name for condition in study.conditions for name, learner in condition.result.learners.items()
                if learner.is_scored_by("test_nrmse")]
    reference = options.reference or (compared[0] if len(compared) > MOST_ALL_PAIRS else None)
    try:
        found = table_of(study, reference=reference, labels=dict(options.label), unit=options.unit)
    except (ResultError, ImportError) as reason:  # clusters may lack pandas or scipy
        if options.reference:
            raise ResultError(str(reason)) from None
        return note(f"No comparison of learners: {reason}.")
    several = len(study.conditions) > 1
    rows = [[*((row.condition_first, row.first, row.condition_second, row.second) if several else (row.first, row.second)),
             row.networks, row.wins, row.ties, row.losses, row.ratio, limits(row.low, row.high), chance(row.p), chance(row.p_holm)]
            for row in found.itertuples()]
    of = ["condition", "first", "condition", "second"] if several else ["first", "second"]
    return "<h3>Pairs</h3>" + pair_table(of, rows, f"Only {reference} with each other learner of its condition. " if reference else "")


def pair_table(of, rows, said=""):
    several = table([*of, "networks", "better", "ties", "worse", "median ratio", "95 % bootstrap interval", "p", "p (Holm)"], rows)
    if len(rows) > MOST_ROWS:
        several = f"<details><summary>All {len(rows)} pairs</summary>{several}</details>"
    return several + note(
        f"{said}In how many of the networks that both share the first has the smaller test NRMSE; median of first / second; p: "
        f"Wilcoxon's signed-rank test, paired by network, and corrected for all {len(rows)} pairs by Holm's method. Of fewer than "
        f"{FEWEST} networks there is no interval.")


def study_part(study, options):
    scores = study_scores(study)
    return "\n".join(["<h2>Over networks</h2>", score_table(scores), "" if options.analysis else pairs_part(study, options),
                      figure_or_reason("figure of scores", overview.draw_scores, study, name="study_scores"),
                      figure_or_reason("map", overview.draw_map, study, name="study_map"),
                      figure_or_reason("figure of valid times", overview.draw_valid_times, study, name="valid_times"),
                      figure_or_reason("learning curves", overview.draw_curves, study, name="study_curves")])


def page(study, options):
    first = study.conditions[0]
    networks = sum(len(condition.networks) for condition in study.conditions)
    task = first.result.config.get("task", "name")
    title = f"bayres: task {task}, " + (f"seed {first.seeds[0]}" if networks == 1 else
                                        f"{networks} networks of {len(study.conditions)} condition"
                                        + ("s" if len(study.conditions) > 1 else ""))
    parts = [f"<h1>{escaped(title)}</h1>", origin_table(study)]
    if networks > 1:
        parts.append(study_part(study, options))
    if options.analysis is not None:
        parts.append(analysis_part(options.analysis, study))
    result, number_of_first = first.networks[0]
    with Result(result.path, number_of_first) as one:
        said = "" if networks == 1 else f", seed {first.seeds[0]}" + (f" ({first.label})" if first.label != "all" else "")
        parts += [f"<h2>Learners{escaped(said)}</h2>", learner_table(one)]
    parts += [f"<h2>Figures{escaped(said)}</h2>", figures_of(result.path, number_of_first)]
    parts += ["<h2>Performance</h2>", performance_table(result), "<h2>Where it comes from</h2>", provenance(study)]
    body = "\n".join(parts)
    return ('<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<meta charset="utf-8"/>\n'
            '<meta name="viewport" content="width=device-width"/>\n'
            f"<title>{escaped(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n")


def label(text):
    """(name, text) of an option."""
    name, sign, shown = text.rpartition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=TEXT")
    return name.strip(), shown.strip()


@program
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", metavar="RESULT", nargs="+", help="result files of bayres run")
    parser.add_argument("--analysis", metavar="FILE", help="what bayres-analyze wrote about them")
    parser.add_argument("-o", "--output", metavar="FILE", default="report.html", help="(default: report.html)")
    parser.add_argument("--reference", metavar="LEARNER", help="compare this learner with each other one (default: all pairs)")
    parser.add_argument("--label", metavar="NAME=TEXT", type=label, action="append", default=[],
                        help="what tables call a learner or condition; may be given several times")
    parser.add_argument("--unit", metavar="TEXT", help="of the scores that are compared")
    options = parser.parse_args()
    plt.rcParams["svg.fonttype"] = "path"  # the same on every machine, whatever fonts it has
    refuse_to_overwrite([options.output], options.results + ([options.analysis] if options.analysis else []))
    with open_many(options.results) as study:
        text = page(study, options)
    path = pathlib.Path(options.output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(path)
    return 0
