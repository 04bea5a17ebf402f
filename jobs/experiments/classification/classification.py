#!/usr/bin/python3
"""Figure and tables of the classification experiment, from the results of jobs/experiments/classification/run.

    jobs/experiments/classification/classification.py FOLDER -o FIGURES
"""

import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "analysis"))
from bayres import program, statistics as ns
from bayres.figures import class_names
from bayres.study import Ensemble, against, folders, interval, number, save, table, value

RULES = ("ridge", "rls", "branch", "bayes")


def scores(ensemble, measure):
    """{name without fold: (label, score of each network, the mean over folds)}; of delta only its best rate, by hindsight."""
    found, rates = {}, {}
    for learner in ensemble.learners.values():
        found.setdefault(learner.without_fold, []).append(learner)
    of = {name: np.mean([np.asarray(learner.attributes[f"test_{measure}"], float) for learner in folds], axis=0)
          for name, folds in found.items()}
    sign = 1 if measure == "accuracy" else -1
    rates = {name: sign * np.median(of[name]) for name, folds in found.items() if folds[0].rule == "delta"}
    best = max(rates, key=rates.get)
    shown = {rule: (rule, of[rule]) for rule in RULES}
    return shown | {best: (f"delta, best of {len(rates)} rates: {value(found[best][0], 'eta'):g}", of[best])}


def baseline(ensemble, path):
    """Accuracy of a least-squares readout of the channels themselves, by their mean over a sequence: no reservoir."""
    rows = np.genfromtxt(path, delimiter=",", skip_header=1)
    numbers, begins = np.unique(rows[:, 0], return_index=True)
    kinds = rows[begins, 1].astype(int) - 1
    learned = numbers < 270
    values = np.column_stack([rows[:, 2:], np.ones(len(rows))])
    inside = rows[:, 0] < 270
    weights = np.linalg.lstsq(values[inside], np.eye(9)[rows[inside, 1].astype(int) - 1], rcond=None)[0]
    means = np.array([part.mean(axis=0) for part in np.split(values @ weights, begins[1:])])
    return np.mean(means.argmax(axis=1)[~learned] == kinds[~learned])


def rows_of(shown, measure):
    """Each rule against bayes, in the same networks."""
    bayes = shown["bayes"][1]
    others = [values for name, (_, values) in shown.items() if name != "bayes"]
    sign = -1 if measure == "accuracy" else 1
    compared = iter(against(sign * bayes, [sign * values for values in others]))
    for name, (label, values) in shown.items():
        low, high = ns.quartiles(values)[1:]
        yield [label, interval(values), f"{number(low)} - {number(high)}", "" if name == "bayes" else next(compared)]


def draw_confusion(ensemble, output):
    classes = class_names(ensemble)
    figure, panels = plt.subplots(1, 2, figsize=(9.6, 4.4))
    for axes, name in zip(panels, ("branch", "bayes")):
        counts = ensemble.learners[name].confusion()
        axes.grid(False)
        image = axes.pcolormesh(100 * counts / counts.sum(axis=1, keepdims=True), cmap="cividis", vmin=0, vmax=100)
        at = np.arange(len(classes)) + 0.5
        axes.set(aspect="equal", xlabel="speaker that is answered", ylabel="speaker", ylim=(len(classes), 0), title=name,
                 xticks=at, yticks=at, xticklabels=classes, yticklabels=classes)
    figure.colorbar(image, ax=panels, aspect=40, label="of the sequences of a speaker (%)")
    save(figure, output, "confusion", f"Held-out sequences of synthetic vowels; {ensemble.networks} networks together.")


@program
def main():
    folder, output = folders(__doc__, "jobs/experiments/classification/run")
    text = "# Classification, and several series\n\nMedians over networks, with 95 % bootstrap intervals in brackets; p values are " \
           "of Wilcoxon's signed-rank test against `bayes`, paired by network, adjusted by Holm's method.\n"
    for name, measure, title in (("vowels", "accuracy", "Vowels: accuracy of 370 held-out sequences"),
                                 ("series", "nrmse", "Pendulums, 2 ahead: NRMSE, the mean over 5 folds")):
        ensemble = Ensemble(folder / f"{name}.h5")
        head = ["rule", measure, "quartiles", "bayes better in (p)"]
        text += f"\n{title}; {ensemble.networks} networks.\n\n" + table(head, rows_of(scores(ensemble, measure), measure))
        if name == "vowels":
            draw_confusion(ensemble, output)
            text += f"\nWithout a reservoir (least squares of the channels themselves): {baseline(ensemble, folder / 'vowels.csv'):.3f}.\n"
    (output / "results.md").write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
