"""Figure and table of what learners have made of J: a file of bayres-analyze about results whose learners learn J."""

import argparse
import copy
import pathlib

import matplotlib.pyplot as plt
import numpy as np

from . import statistics as ns
from .figures import COLOURS, FORMATS, MARKERS
from .results import ResultError, open_hdf5, program, read, refuse_to_overwrite
from .study import number, save, table

GREY = "0.6"
SHOWN = 4  # learners of a figure, where more clouds of eigenvalues would hide each other


class Changes:
    """Of one condition: numbers of every learner of J, with the networks along the first axis."""

    def __init__(self, group):
        self.label = group.attrs["label"]
        learners = {name: learner["recurrent"] for name, learner in group["learners"].items() if "recurrent" in learner}
        self.before = {name: read(data) for name, data in group["recurrent"].items()} if "recurrent" in group else {}
        self.learners = {name: {key: read(data) for key, data in learner.items()} for name, learner in learners.items()}
        self.time = read(group["recurrent_time"]) if learners else np.array([])

    @property
    def networks(self):
        return len(next(iter(self.learners.values()))["change"])

    @property
    def has_weights(self):
        return all("weight_change" in numbers for numbers in self.learners.values())

    @property
    def has_spectra(self):
        return "spectral_radius" in self.before

    def parts(self):
        """The same of a few learners each, as many as fit into a figure."""
        names = list(self.learners)
        for first in range(0, len(names), SHOWN):
            part = copy.copy(self)
            part.learners = {name: self.learners[name] for name in names[first:first + SHOWN]}
            part.said = f"; learners {first + 1} to {first + len(part.learners)} of {len(names)}" if len(names) > SHOWN else ""
            yield part

    def looks(self):
        """(name, numbers, colour, marker) of its learners."""
        return [(name, self.learners[name], COLOURS[k], MARKERS[k]) for k, name in enumerate(self.learners)]


def changes_in(path):
    """The conditions of an analysis in which J is learned."""
    with open_hdf5(path) as file:
        found = [Changes(group) for group in file["conditions"].values()] if "conditions" in file else []
    found = [changes for changes in found if changes.learners]
    if not found:
        raise ResultError(f"{path}: says nothing of a learned J: it must be an analysis by bayres-analyze of results whose "
                          "learners have a recurrent.rule")
    return found


def draw_eigenvalues(axes, changes):
    """Of the first network, in the complex plane, with the unit circle."""
    turns = 2 * np.pi * np.linspace(0, 1, 201)
    axes.plot(np.cos(turns), np.sin(turns), color="black", linewidth=0.8, linestyle=":")
    axes.plot(changes.before["eigenvalue_real"][0], changes.before["eigenvalue_imaginary"][0], ".", color=GREY,
              markersize=4, label="before learning")
    for name, numbers, colour, marker in changes.looks():
        axes.plot(numbers["eigenvalue_real"][0], numbers["eigenvalue_imaginary"][0], marker, color=colour, markersize=3.5,
                  markerfacecolor="none", markeredgewidth=0.8, linestyle="none", label=name)
    axes.set(xlabel="real part", ylabel="imaginary part", aspect="equal", title="eigenvalues of J, first network")
    axes.legend(frameon=True, framealpha=0.8)


def draw_curve(axes, x, samples, name, colour):
    """Median and quartiles of samples (network, x)."""
    median, low, high = (np.array(part) for part in zip(*map(ns.quartiles, samples.T)))
    axes.plot(x, median, color=colour, label=name)
    axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def draw_weights(axes, changes):
    """How far the recorded weights of the first network have moved: median and quartiles (band), 5 and 95 % (dashed), least and
    largest (dotted)."""
    for name, numbers, colour, _ in changes.looks():
        least, low, lower, median, upper, high, largest = numbers["weight_change"][0].T
        axes.plot(changes.time, median, color=colour, label=name)
        axes.fill_between(changes.time, lower, upper, color=colour, alpha=0.15, linewidth=0)
        for values in (low, high):
            axes.plot(changes.time, values, color=colour, linewidth=0.8, linestyle="--")
        for values in (least, largest):
            axes.plot(changes.time, values, color=colour, linewidth=0.6, linestyle=":")
    axes.set(xlabel="time (unit of tau)", ylabel="change of a recorded weight",
             title="quantiles 0, 5, 25 to 75, 95, 100 % of weights, first network")
    axes.legend()


def draw(changes, folder, name, format):
    panels = ["eigenvalues", "singular", "distance"] if changes.has_spectra else ["distance"]
    panels += ["weights"] if changes.has_weights else []
    rows = 2 if len(panels) > 3 else 1
    columns = -(-len(panels) // rows)
    figure = plt.figure(figsize=(5.2 * columns, 4.8 * rows))
    axes = dict(zip(panels, np.ravel(figure.subplots(rows, columns))))
    for learner, numbers, colour, _ in changes.looks():
        draw_curve(axes["distance"], changes.time, numbers["distance"], learner, colour)
        if changes.has_spectra:
            values = numbers["singular_value"]
            draw_curve(axes["singular"], np.arange(1, values.shape[1] + 1), values, learner, colour)
    axes["distance"].set(xlabel="time (unit of tau)", ylabel="|J - J(0)|, Frobenius norm", title="how far J has moved")
    axes["distance"].legend()
    if changes.has_weights:
        draw_weights(axes["weights"], changes)
    if changes.has_spectra:
        draw_eigenvalues(axes["eigenvalues"], changes)
        largest = max(numbers["singular_value"].max() for numbers in changes.learners.values())
        axes["singular"].set(xscale="log", xlabel="number of the singular value", ylabel="singular value of J - J(0)",
                             title="how many directions the change has")
        if np.isfinite(largest) and largest > 0:
            axes["singular"].set(yscale="log", ylim=(1e-6 * largest, 2 * largest))
    save(figure, folder, name, f"Learned recurrent weights ({changes.label}): medians and quartiles over {changes.networks} "
         + ("network" if changes.networks == 1 else "networks") + changes.said, format)


def over_networks(values):
    """Median, with quartiles if there are several networks."""
    median, low, high = ns.quartiles(values)
    return number(median) + (f" ({number(low)} - {number(high)})" if len(values) > 1 else "")


def written(changes):
    head = ["learner", "change of J"] + (["spectral radius", "rank of the change", "effective rank"] if changes.has_spectra
                                         else [])
    rows = [["before learning", "0", over_networks(changes.before["spectral_radius"]), "", ""]] if changes.has_spectra else []
    for name, numbers in changes.learners.items():
        keys = ("change", "spectral_radius", "rank", "effective_rank") if changes.has_spectra else ("change",)
        rows.append([name, *(over_networks(numbers[key]) for key in keys)])
    return (f"Condition {changes.label}: medians (quartiles) over {changes.networks} networks. The change is "
            "|J - J(0)| / |J(0)| in Frobenius norms; effective rank: (sum s^2)^2 / sum s^4 over its singular values s.\n\n"
            + table(head, rows))


@program
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("analysis", help="file of bayres-analyze")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="draw recurrent.png (of several conditions recurrent-c0.png, "
                        "..., of many learners recurrent_2.png, ...) into this folder, and write recurrent.md")
    parser.add_argument("--format", choices=FORMATS, default="png", help="of figures (default: png)")
    options = parser.parse_args()
    folder = pathlib.Path(options.output or "")
    found = changes_in(options.analysis)
    names = {}
    for k, changes in enumerate(found):
        for number, part in enumerate(changes.parts()):
            names["recurrent" + (f"-c{k}" if len(found) > 1 else "") + (f"_{number + 1}" if number else "")] = part
    figures = [folder / f"{name}.{options.format}" for name in names]
    refuse_to_overwrite([folder / "recurrent.md", *figures], [options.analysis])
    text = "\n".join(map(written, found))
    print(text)
    if options.output:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "recurrent.md").write_text(text)
        for name, part in names.items():
            draw(part, folder, name, options.format)
        print(*figures, sep="\n")
    return 0
