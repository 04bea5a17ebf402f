"""Figures over networks: of an ensemble, or of a study of several conditions. Each takes a Study and returns a matplotlib figure.

Lines are medians over networks and bands quartiles. Conditions whose one differing key is a number have colours in the order of its
values; of several conditions each learner has a panel of its own. What diverged is said in labels.
"""

import textwrap

import matplotlib
import numpy as np

from . import figures
from .figures import COLOURS, DASHES, MANY_COLOURS, MARKERS, Skipped, plt
from .statistics import quantiles, quartiles
from .tables import differing, number_of, outer_keys

QUARTILES = (0.25, 0.5, 0.75)
MOST_BANDS = 6  # of a panel; more would hide each other
MOST_IN_LEGEND = 9
MOST_IN_PANEL = 8  # learners of one condition; of more, each rule has a panel
WIDTH = 60  # letters of a line of a label


# ---- names and looks


def short_names(keys):
    """{key: its last part, if no other key has the same}."""
    lasts = [key.rpartition(".")[2] for key in keys]
    return {key: last if lasts.count(last) == 1 else key for key, last in zip(keys, lasts)}


def keys_that_differ(study, keys_of=lambda condition: condition.keys):
    """The keys in which conditions differ, without those that follow from others (auto)."""
    def is_set(key):
        return not any(each.result.config.get(*key.rsplit(".", 1), raw=True, fallback="").startswith("auto")
                       for each in study.conditions)
    return [key for key in differing([keys_of(each) for each in study.conditions]) if is_set(key)]


def label_of_condition(study, condition):
    """What sets it apart from the others, without keys of single learners, and of what is recorded if there are others."""
    keys = keys_that_differ(study, outer_keys)
    keys = [key for key in keys if not key.startswith("record.")] or keys
    return ", ".join(f"{name} = {condition.keys[key] or 'none'}" for key, name in short_names(keys).items() if key in condition.keys)


def label_of_learner(study, condition, name):
    """The learner with the parameters that set it apart from others of its rule, and from itself in other conditions."""
    label = condition.result.learners[name].label
    for key in keys_that_differ(study):
        section, _, last = key.rpartition(".")
        if section == f"learner.{name}" and key in condition.keys and f"{last.replace('_', ' ')} = " not in label:
            label += f", {last} = {condition.keys[key]}"
    return label


def label_of(study, condition, name):
    """All that sets a learner of a condition apart, and whether it diverged."""
    of_condition = label_of_condition(study, condition)
    parts = [label_of_learner(study, condition, name)] + ([of_condition] if of_condition else [])
    return wrapped(", ".join(parts)) + said_diverged(condition, name)


def said_diverged(condition, name):
    steps = condition.scores(name, "diverged_at_step")
    lost, dt = steps >= 0, condition.result.config.getfloat("reservoir", "dt")
    if not lost.any():
        return ""
    if len(steps) == 1:
        return f" (diverged at {(steps[0] + 1) * dt:.6g})"
    return f" (diverged in {lost.sum()} of {len(steps)})"


def title_of_learner(study, name):
    """Its label, if it has the same in all conditions."""
    found = {label_of_learner(study, each, name) for each in study.conditions if name in each.learners}
    return found.pop() if len(found) == 1 else name


def wrapped(text):
    return "\n".join(textwrap.wrap(text, WIDTH, max_lines=3, placeholder=" ..."))


def numbers(texts):
    """As numbers, if they all are; else None."""
    found = [number_of(text) for text in texts]
    return found if all(isinstance(value, (int, float)) for value in found) else None


def ordered_conditions(study):
    """The conditions, by the values of the one or two keys in which they differ if these are numbers, and {condition: look}: the
    first key has colours from a sequence, the second one dashes."""
    keys, conditions = keys_that_differ(study), study.conditions
    found = [numbers([each.keys.get(key, "none") for each in conditions]) for key in keys]
    if not 1 <= len(keys) <= 2 or None in found:
        return conditions, dict(zip(conditions, looks(len(conditions), False)))
    ranks = [[sorted(set(values)).index(value) for value in values] for values in found]
    order = sorted(range(len(conditions)), key=lambda k: [rank[k] for rank in ranks])
    colours = looks(max(ranks[0]) + 1, True)
    styles = {each: dict(colours[ranks[0][k]]) for k, each in enumerate(conditions)}
    for k, each in enumerate(conditions):
        styles[each]["linestyle"] = DASHES[ranks[1][k] % len(DASHES)] if len(keys) == 2 else "-"
    return [conditions[k] for k in order], styles


def looks(count, ordered):
    """Of so many curves of a panel: from a sequence of colours if their values have an order."""
    if ordered:
        places = np.linspace(0, 0.88, count) if count > 1 else [0]
        return [{"color": matplotlib.colormaps["viridis"](place), "marker": MARKERS[k % len(MARKERS)] if count <= MOST_IN_LEGEND else None}
                for k, place in enumerate(places)]
    return [{"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)],
             "linestyle": DASHES[k // len(COLOURS) % len(DASHES)]} for k in range(count)]


def title_of(study):
    config = study.conditions[0].result.config
    networks = sum(len(condition.networks) for condition in study.conditions)
    stopped = sum(result.attributes["status"] != "complete" for result in study.results)
    return (f"Task {config.get('task', 'name')}, {networks} network{'s' if networks > 1 else ''}"
            + (f" of {len(study.conditions)} conditions" if len(study.conditions) > 1 else "")
            + (f"; {stopped} of {len(study.results)} results stopped early" if stopped else ""))


def said_networks(counts):
    counts = sorted(set(counts))
    return f"n = {counts[0]}" + (f" to {counts[-1]}" if len(counts) > 1 else "") + f" network{'s' if counts[-1] > 1 else ''}"


def unit_of(study):
    """Of times."""
    return " or ".join(dict.fromkeys(result.time_unit for result in study.results))


def learners_of(study):
    """Names of the learners of all conditions."""
    return list(dict.fromkeys(name for condition in study.conditions for name in condition.learners))


# ---- curves


def curve_of(condition, name):
    """(times since the start of training, (network, evaluation) of the NRMSE of frozen weights), or None."""
    evaluation = condition.result.learners[name].evaluation
    if "nrmse" not in evaluation or len(evaluation["time"]) < 2 or condition.result.learners[name].sends_spikes:
        return None
    errors = condition.each(lambda network: network.learners[name].evaluation["nrmse"].mean(axis=1))
    return evaluation["time"] - condition.result.config.getfloat("protocol", "washout"), errors


def in_order(members, values):
    """Members by their values, if these are different numbers; and whether they are."""
    found = numbers(values)
    ordered = found is not None and len(set(found)) == len(found) > 1
    return ([members[k] for k in np.argsort(found)] if ordered else members), ordered


def value_of_learner(learner, family):
    """The value of the one parameter in which learners of a rule differ."""
    keys = [key for key in learner.parameters if len({str(one.parameters.get(key)) for one in family}) > 1]
    keys = [key for key in keys if key not in ("kappa", "alpha") or len(keys) == 1] or keys
    return str(learner.parameters[keys[0]]) if keys else "none"


def panels_of(study):
    """[(title, [(condition, name, label, look)])]: a panel for each learner of several conditions, for each
    rule of many learners, or one."""
    names = learners_of(study)
    if len(study.conditions) > 1:
        conditions, styles = ordered_conditions(study)
        panels = []
        for name in names:
            members = [each for each in conditions if name in each.learners]
            panels.append((title_of_learner(study, name),
                           [(each, name, own_label(study, each, name), styles[each]) for each in members]))
        return panels
    (condition,) = study.conditions
    learners = condition.result.learners
    if len(names) <= MOST_IN_PANEL:
        return [("", [(condition, name, label_of(study, condition, name), look)
                      for name, look in zip(names, looks(len(names), False))])]
    panels = []
    for rule in dict.fromkeys(learner.rule for learner in learners.values()):
        family = [learner for learner in learners.values() if learner.rule == rule]
        family, ordered = in_order(family, [value_of_learner(one, family) for one in family])
        panels.append((rule, [(condition, one.name, label_of(study, condition, one.name), look)
                              for one, look in zip(family, looks(len(family), ordered))]))
    return panels


def own_label(study, condition, name):
    """What sets a condition apart in the panel of a learner."""
    own = label_of_learner(study, condition, name).removeprefix(name).removeprefix(", ")
    varies = len({label_of_learner(study, each, name) for each in study.conditions if name in each.learners}) > 1
    parts = [own] if own and varies else []
    parts += [text for text in [label_of_condition(study, condition)] if text]
    return wrapped(", ".join(parts)) + said_diverged(condition, name)


def grid_of(count, width=4.6, height=3.6):
    """A figure with so many panels, at most four in a line: (figure, [axes])."""
    columns = 1 if count == 1 else min(4, int(np.ceil(np.sqrt(count))))
    lines = -(-count // columns)
    size = (10, 5.5) if count == 1 else (width * columns + 1, height * lines + 0.8)
    figure, grid = plt.subplots(lines, columns, figsize=size, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat[count:]:
        axes.axis("off")
    for axes in list(grid.flat[:count])[-columns:]:  # nothing is below
        axes.tick_params(labelbottom=True)
    return figure, list(grid.flat[:count])


def draw_curves(study):
    """Held-out errors of frozen weights over training: every learner of every condition."""
    panels = [(title, [(label, look, *curve) for condition, name, label, look in members if (curve := curve_of(condition, name))])
              for title, members in panels_of(study)]
    panels = [panel for panel in panels if panel[1]]
    if not panels:
        raise Skipped("fewer than two evaluations of frozen weights (protocol.evaluate_at)")
    every = [curve for _, curves in panels for curve in curves]
    figures.require_positive([quartiles(errors)[0] for *_, errors in every], "a median held-out error")
    figure, grid = grid_of(len(panels))
    for axes, (title, curves) in zip(grid, panels):
        draw_panel(axes, curves)
        axes.set_title(f"{title}, {said_networks([len(errors) for *_, errors in curves])}".removeprefix(", "))
    times = np.concatenate([times for *_, times, _ in every])
    said = [figures.axis_from_zero(axes, times) for axes in grid][0]
    figures.logarithmic_vertically(grid[0])
    limit_vertically(grid[0], [quartiles(errors)[0] for *_, errors in every])
    for axes in grid:
        if len(panels) == 1:
            figures.legend_beside(axes)
        else:
            axes.tick_params(axis="x", labelsize=8)
            place = {"loc": "best"} if axes.get_legend_handles_labels()[0][MOST_BANDS:] == [] else {
                "loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0}
            axes.legend(fontsize=7.5, handlelength=2.5, **place)
    figure.supxlabel(f"time since the start of training ({unit_of(study)})", fontsize=11)
    figure.supylabel("held-out NRMSE of frozen weights", fontsize=11)
    bands = "medians and quartiles" if all(len(curves) <= MOST_BANDS for _, curves in panels) else "medians"
    return figures.finished(figure, f"{title_of(study)}: {bands}{said}")


def draw_panel(axes, curves):
    """All curves; of very many the legend names some, the first and the last among them."""
    named = set(np.linspace(0, len(curves) - 1, min(len(curves), MOST_IN_LEGEND)).round().astype(int))
    for number, (label, look, times, errors) in enumerate(curves):
        style = look | {"label": label if number in named else None, "markersize": 4}
        low, middle, high = quantiles(errors, QUARTILES)
        if len(curves) <= MOST_BANDS:
            figures.band(axes, times, low, middle, high, **style)
        else:
            axes.plot(times, np.where(np.isfinite(middle), middle, np.nan), **style)
    if len(named) < len(curves):
        axes.plot([], [], " ", label=f"(all {len(curves)} are drawn)")


def limit_vertically(axes, medians):
    """To the medians that are finite, without what explodes on its way to divergence."""
    medians = np.concatenate(medians)
    medians = medians[np.isfinite(medians) & (medians > 0)]
    low, high = medians.min(), min(medians.max(), 100 * np.median(medians))
    axes.set_ylim(low / 1.6, high * 1.6)


# ---- one number of each network


def rows_of(study, value, by=""):
    """[(label, rule, (network) of a number)] of every learner of every condition that the score `by` says something of."""
    conditions, _ = ordered_conditions(study)
    return [(label_of(study, condition, name), condition.result.learners[name].rule, value(condition, name))
            for condition in conditions for name in condition.learners if condition.result.learners[name].is_scored_by(by)]


def draw_rows(study, rows, what, worst):
    """Dots of networks, a line for each learner; bars are medians, in which NaN counts as the worst."""
    height = 0.42 if len(rows) <= 40 else 0.24
    figure, axes = plt.subplots(figsize=(10, 1.4 + height * sum(1 + 0.5 * label.count("\n") for label, *_ in rows)))
    rules = list(dict.fromkeys(rule for _, rule, _ in rows))
    for row, (_, rule, values) in enumerate(rows):
        finite, place = values[np.isfinite(values)], rules.index(rule)
        axes.plot(finite, np.full(len(finite), row), MARKERS[place % len(MARKERS)], color=MANY_COLOURS[place % len(MANY_COLOURS)], alpha=0.5,
                  markersize=5)
        middle = quartiles(np.where(np.isnan(values), worst, values))[0]
        if np.isfinite(middle):
            axes.plot([middle, middle], [row - 0.35, row + 0.35], color="black", linewidth=2)
        if len(finite) < len(values):
            axes.text(1.005, row, f"{len(values) - len(finite)} not finite", transform=axes.get_yaxis_transform(), va="center", fontsize=9)
    axes.set_yticks(range(len(rows)), [label for label, *_ in rows], fontsize=9 if len(rows) <= 40 else 7)
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel=what)
    axes.set_title(f"One dot for each network; bars are medians over {said_networks([len(values) for *_, values in rows])}")
    return figure, axes


def draw_scores(study):
    """Every network's test error, and medians."""
    rows = rows_of(study, lambda condition, name: condition.scores(name, "test_nrmse"), by="test_nrmse")
    if not rows:
        raise Skipped("all outputs send spikes")
    figures.require_positive([values for *_, values in rows], "a test error")
    figure, axes = draw_rows(study, rows, "test NRMSE of frozen weights", np.inf)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(matplotlib.ticker.LogFormatter(minor_thresholds=(1.5, 0.5)))
    return figures.finished(figure, title_of(study))


def draw_valid_times(study):
    """Every network's valid time of the free run, and medians."""
    def valid_time(condition, name):
        return condition.each(lambda network: float(network.learners[name].free_run.get("valid_time", np.nan)))

    rows = [row for row in rows_of(study, valid_time) if np.isfinite(row[2]).any()]
    if not rows:
        raise Skipped("there was no free run (protocol.test with feedback)")
    figure, axes = draw_rows(study, rows, f"valid time of the free run ({unit_of(study)})", 0)
    axes.set_xlim(0, None)
    return figures.finished(figure, title_of(study))


# ---- maps


def maps_of(study):
    """(name of the key across, that upwards, [(title, {(across, upwards): (network) of errors})]): of two keys of conditions for each
    learner, or of one and the parameter of learners of a rule for each rule."""
    keys = keys_that_differ(study, outer_keys)
    if any(numbers([each.keys.get(key, "none") for each in study.conditions]) is None for key in keys) or not 1 <= len(keys) <= 2:
        raise Skipped("a map needs conditions that differ in one or two numbers")
    names = short_names(keys)

    def at(condition, key):
        return number_of(condition.keys[key])

    if len(keys) == 2:
        return names[keys[0]], names[keys[1]], [
            (title_of_learner(study, name), {(at(each, keys[0]), at(each, keys[1])): each.scores(name, "test_nrmse")
                                             for each in study.conditions if name in each.learners}) for name in learners_of(study)
            if all(each.result.learners[name].is_scored_by("test_nrmse") for each in study.conditions if name in each.learners)]
    learners = {name: one for name, one in study.conditions[0].result.learners.items() if one.is_scored_by("test_nrmse")}
    maps, parameters = [], []
    for rule in dict.fromkeys(learner.rule for learner in learners.values()):
        family = [learner for learner in learners.values() if learner.rule == rule]
        found = numbers([value_of_learner(one, family) for one in family])
        if len(family) < 2 or found is None:
            continue
        shown = family[0].label.split(", ")
        parameters.append(shown[1].split(" = ")[0] if len(shown) > 1 else "parameter")
        maps.append((rule, {(at(each, keys[0]), value): each.scores(one.name, "test_nrmse") for each in study.conditions
                            for one, value in zip(family, found) if one.name in each.learners}))
    if not maps or len(study.conditions) < 2:
        raise Skipped("a map needs two keys: conditions differ in one, and no rule has several learners")
    return names[keys[0]], " or ".join(dict.fromkeys(parameters)), maps


def draw_map(study):
    """Median test errors over two keys."""
    across, upwards, maps = maps_of(study)
    medians = [{place: quartiles(errors)[0] for place, errors in cells.items()} for _, cells in maps]
    finite = [value for cells in medians for value in cells.values() if np.isfinite(value) and value > 0]
    if not finite:
        raise Skipped("no learner has a median test error that is positive and finite")
    figure, grid = grid_of(len(maps), 4.8, 3.8)
    norm = matplotlib.colors.LogNorm(min(finite), max(max(finite), 1.001 * min(finite)))
    for axes, (title, _), cells in zip(grid, maps, medians):
        xs, ys = (sorted({place[axis] for place in cells}) for axis in (0, 1))
        values = np.array([[cells.get((x, y), np.nan) for x in xs] for y in ys])
        image = axes.pcolormesh(np.ma.masked_invalid(values), cmap="viridis_r", norm=norm)
        axes.set_facecolor("0.85")
        if values.size <= 120:
            write_numbers(axes, values, image)
        axes.set_xticks(np.arange(len(xs)) + 0.5, [f"{x:g}" for x in xs], rotation=45 if len(xs) > 6 else 0)
        axes.set_yticks(np.arange(len(ys)) + 0.5, [f"{y:g}" for y in ys])
        axes.tick_params(labelbottom=True, labelleft=True)
        axes.grid(False)
        axes.set(xlabel=across, ylabel=upwards, title=title)
    figure.colorbar(image, ax=grid, label="median test NRMSE", shrink=0.9).solids.set_rasterized(False)
    counts = said_networks([len(errors) for _, cells in maps for errors in cells.values()])
    return figures.finished(figure, f"{title_of(study)}: medians over {counts} each; grey: none, or diverged")


def write_numbers(axes, values, image):
    for (row, column), value in np.ndenumerate(values):
        dark = np.isfinite(value) and np.dot(image.cmap(image.norm(value))[:3], (0.299, 0.587, 0.114)) < 0.5
        text = f"{value:.2g}" if np.isfinite(value) else "div." if np.isinf(value) else ""
        axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=8, color="white" if dark else "black")


FIGURES = {"scores": draw_scores, "learning_curves": draw_curves, "map": draw_map, "valid_times": draw_valid_times}
