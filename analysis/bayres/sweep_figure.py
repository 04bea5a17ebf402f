"""The figure of a sweep."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

with matplotlib.rc_context():
    from . import figures

from .results import Error


def is_number(values):
    return all(isinstance(value, (int, float, np.number)) for value in values)


def logarithmic(values):
    values = np.asarray(values, float)
    return len(values) > 1 and values.min() > 0 and values.max() >= 30 * values.min()


def draw(found, score, learner):
    """A matplotlib figure of a score of a bayres.Sweep: of a grid of two keys with numbers a map for each learner, else
    a panel for each key, with a point for each run and a line of medians over all others."""
    medians = found.medians(score, learner)
    own = found.table if learner is None else found.table[found.table.learner == learner]
    if not np.isfinite(own[score].astype(float)).any():
        raise Error(f"{found.folder}: no run has a finite {score}")
    keys = [key for key in medians.columns[:-3]] or ["run.seed"]
    keys = keys if keys != ["run.seed"] else [key for key in found.keys if key == "run.seed"]
    with matplotlib.rc_context(figures.STYLE):
        of_grid = (found._search == "grid" and len(keys) == 2 and all(is_number(found.table[key]) for key in keys)
                   and np.isfinite(medians[score].astype(float)).any())
        figure = draw_maps(found, medians, keys, score) if of_grid else draw_panels(found, keys, score, learner)
        runs = found.table.drop_duplicates("result").status
        lost = (runs != "complete").sum()
        title = f"{score}, {len(runs)} runs" + (f", of which {lost} failed or diverged" if lost else "")
        figure.suptitle(title, fontsize=12, x=0.01, ha="left", weight="bold")
        figures.name_panels(figure)
        plt.close(figure)
    return figure


def draw_maps(found, medians, keys, score):
    learners = list(dict.fromkeys(medians.learner))
    figure, row = plt.subplots(1, len(learners), figsize=(1.5 + 4 * len(learners), 4), squeeze=False, sharey=True)
    every = [sorted(set(found.table[key])) for key in keys]
    maps = [medians[medians.learner == name].pivot(index=keys[1], columns=keys[0], values=score) for name in learners]
    maps = [one.reindex(every[1], columns=every[0]) for one in maps]
    values = np.concatenate([one.to_numpy(float).ravel() for one in maps])
    values = values[np.isfinite(values)]
    kind = matplotlib.colors.LogNorm if logarithmic(values) else matplotlib.colors.Normalize
    scale = kind(values.min(), values.max())
    for axes, name, one in zip(row[0], learners, maps):
        axes.grid(False)
        image = axes.pcolormesh(np.where(np.isfinite(one.to_numpy(float)), one, np.nan), cmap="cividis", norm=scale)
        axes.set_xticks(np.arange(one.shape[1]) + 0.5, [f"{value:g}" for value in one.columns])
        axes.set_yticks(np.arange(one.shape[0]) + 0.5, [f"{value:g}" for value in one.index])
        axes.set(xlabel=keys[0], title=name)
    row[0, 0].set_ylabel(keys[1])
    figure.colorbar(image, ax=row, label=f"median {score}; white: failed or diverged")
    return figure


def draw_panels(found, keys, score, learner):
    rows = found.table[found.table.learner.notna() & np.isfinite(found.table[score].astype(float))]
    rows = rows if learner is None else rows[rows.learner == learner]
    figure, panels = plt.subplots(1, len(keys), figsize=(1 + 4 * len(keys), 4), squeeze=False, sharey=True)
    for axes, key in zip(panels[0], keys):
        numbers = is_number(rows[key])
        places = {value: place for place, value in enumerate(dict.fromkeys(rows[key]))}
        for position, name in enumerate(dict.fromkeys(rows.learner)):
            own, colour = rows[rows.learner == name], figures.shade(position, 0, 1)
            at = own[key] if numbers else own[key].map(places)
            marker = figures.MARKERS[position % len(figures.MARKERS)]
            axes.plot(at, own[score], marker, color=colour, markersize=4, alpha=0.6, label=name)
            if found._search == "grid" and own[key].nunique() < len(own):
                middle = own.groupby(at)[score].median()
                axes.plot(middle.index, middle, color=colour)
        if numbers and logarithmic(rows[key]):
            axes.set_xscale("log")
        if not numbers:
            axes.set_xticks(list(places.values()), list(places))
        axes.set_xlabel(key)
    if logarithmic(rows[score]):
        panels[0, 0].set_yscale("log")
    panels[0, 0].set_ylabel(score)
    figures.legend_beside(panels[0, -1])
    return figure
