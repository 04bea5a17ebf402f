"""Table and figure of forecasts: a file of `bayres evaluate` with evaluate.starts and evaluate.trajectories = true."""

import argparse
import pathlib

import matplotlib.pyplot as plt
import numpy as np

from . import statistics as ns
from .figures import FORMATS, error_in_sd
from .results import ResultError, open_hdf5, program, read, read_config, refuse_to_overwrite
from .study import GREY, LOOKS, number, save, table

KEYS = ("lambda", "alpha", "eta", "branch_size", "others", "kappa")  # that tell learners of a rule apart
NAMES = {"branch_size": "B = ", "others": ""}
SHOWN = 3  # starts of the first network, with trajectories


class Forecasts:
    """Valid times of every learner, of all starts of all networks, and the outputs of the first network."""

    def __init__(self, path, horizon=None):
        with open_hdf5(path) as file:
            groups = dict(file["learners"]) if "learners" in file else {}
            lacking = [name for name in ("start_time", "target", "time") if name not in file]
            if lacking or not all("valid_time" in group and "output" in group for group in groups.values()):
                raise ResultError(f"{path}: holds no forecasts: evaluate with --evaluate.closed_loop=true "
                                  "--evaluate.starts=20 --evaluate.trajectories=true")
            config = read_config(file.attrs["config"])
            self.threshold = config.getfloat("free_run", "valid_error")
            is_chaotic = all("valid_lyapunov_times" in group for group in groups.values())
            exponent = 1
            if is_chaotic:
                exponent = config.getfloat("free_run", "lyapunov_exponent") * config.getfloat("evaluate", "speed")
            self.unit = "Lyapunov times" if is_chaotic else str(file["time"].attrs.get("units", "unit of tau"))
            self.time = read(file["time"]) * exponent
            self.starts = read(file["start_time"])
            self.target = read(file["target"])  # start, time, output
            score = "valid_lyapunov_times" if is_chaotic else "valid_time"
            self.valid = {name: np.nan_to_num(read(group[score]).ravel()) for name, group in groups.items()}
            self.outputs = {name: read(group["output"], 0 if group["output"].ndim > 3 else ())
                            for name, group in groups.items()}
            self.horizon, self.nrmse = horizon, {}
            if horizon is not None:
                self.nrmse = {name: self.nrmse_at(horizon / config.getfloat("reservoir", "dt"), group["output"])
                              for name, group in groups.items()}
            self.rules = {name: group.attrs["rule"] for name, group in groups.items()}
            self.labels = {name: label(group) for name, group in groups.items()}

    @property
    def sd(self):
        """Of the target over all starts: (output)."""
        return np.nanstd(self.target, axis=(0, 1))

    def nrmse_at(self, step, outputs):
        """Of each network (network), over its starts, `step` steps after the loop was left to itself."""
        last = round(step) - 1
        if not 0 <= last < self.target.shape[1]:
            raise ResultError(f"--horizon: {step:g} steps are not within evaluate.span, 1 to {self.target.shape[1]} steps")
        target = self.target[:, last]
        errors = error_in_sd(outputs[..., last, :].reshape(-1, *target.shape), target, self.sd)
        return np.sqrt((errors[:, np.isfinite(target).any(axis=-1)]**2).mean(axis=1))

    def error(self, name, start):
        """e (time) as in valid_time, but with the sd of the target over all starts."""
        return error_in_sd(self.outputs[name][start], self.target[start], self.sd)

    def ranked(self):
        """Names of learners, farthest first."""
        return sorted(self.valid, key=lambda name: -np.median(self.valid[name]))

    def best(self):
        """The farthest of each rule: chosen with hindsight."""
        return list({self.rules[name]: name for name in reversed(self.ranked())}.values())[::-1]

    def colour(self, name):
        return LOOKS.get(self.rules[name], (GREY,))[0]


def label(group):
    """The rule, and what tells the learner from others of it."""
    knows = group.attrs.get("others", "prior")
    known = [key for key in KEYS if key in group.attrs and group.attrs[key] == group.attrs[key]]  # NaN: only the run knew it
    told = [key for key in known if (key != "others" or knows != "prior")
            and (key != "kappa" or knows != "prior" or group.attrs["rule"] != "branch")]
    values = (group.attrs[key] for key in told)
    return ", ".join([group.attrs["rule"], *(NAMES.get(key, key + " = ") + (value if isinstance(value, str) else f"{value:g}")
                                             for key, value in zip(told, values))])


def draw_start(above, below, forecasts, start):
    """The target and the best output above, errors of the best of each rule below."""
    names = forecasts.best()
    above.plot(forecasts.time, forecasts.target[start, :, -1], color="0.7", linewidth=3)
    above.plot(forecasts.time, forecasts.outputs[names[0]][start, :, -1], color=forecasts.colour(names[0]), linewidth=1.2)
    for name in names:
        below.plot(forecasts.time, forecasts.error(name, start), color=forecasts.colour(name), linewidth=1.2)
    below.axhline(forecasts.threshold, color="black", linewidth=0.8, linestyle=":")
    last = min(forecasts.time[-1], 1.5 * max(forecasts.time[0], np.nanmedian(forecasts.valid[names[0]])))
    low, high = np.nanmin(forecasts.target[..., -1]), np.nanmax(forecasts.target[..., -1])
    margin = 0.1 * (high - low)
    above.set(ylim=(low - margin, high + margin) if margin > 0 else None, xlim=(0, last),
              title=f"from {forecasts.starts[start]:g}")
    below.set(yscale="log", xlim=(0, last), xlabel=forecasts.unit)


def draw_valid_times(axes, forecasts):
    names = forecasts.ranked()[::-1]
    for row, name in enumerate(names):
        values = forecasts.valid[name]
        spread = np.full(values.size, row) + np.linspace(-0.25, 0.25, values.size)
        axes.plot(values, spread, ".", color=forecasts.colour(name), markersize=2)
        median, low, high = ns.quartiles(values)
        axes.plot([low, high], [row, row], color=forecasts.colour(name), linewidth=5, alpha=0.4)
        axes.plot(median, row, "|", color="black", markersize=14)
    axes.set_yticks(range(len(names)), [forecasts.labels[name] for name in names])
    axes.set(xlabel=f"valid time ({forecasts.unit})", title="all starts of all networks")


def draw(forecasts, folder, format):
    shown = min(SHOWN, len(forecasts.starts))
    figure = plt.figure(figsize=(16, 6))
    axes = figure.subplot_mosaic([[f"{row}{k}" for k in range(shown)] + ["valid"] for row in "ze"],
                                 width_ratios=[1] * shown + [1.2])
    for k in range(shown):
        draw_start(axes[f"z{k}"], axes[f"e{k}"], forecasts, k)
    axes["z0"].set_ylabel("last output; grey: target")
    axes["e0"].set_ylabel("error; dotted: threshold")
    draw_valid_times(axes["valid"], forecasts)
    save(figure, folder, "forecast", "Forecasts: the best of each rule; valid times of all with medians and quartiles",
         format)


def written(forecasts):
    names = forecasts.ranked()
    head = f"Valid time in {forecasts.unit}: error up to {forecasts.threshold:g}, {len(forecasts.valid[names[0]])} starts."
    rows = [[forecasts.labels[name], *map(number, ns.quartiles(forecasts.valid[name])),
             *(f"{value:.2f}" for value in (np.log10(ns.quartiles(forecasts.nrmse[name])) if forecasts.nrmse else ()))]
            for name in names]
    quartiles = ["median", "lower quartile", "upper quartile"]
    if forecasts.nrmse:
        head += (f" log10 NRMSE after {forecasts.horizon:g}, over the {len(forecasts.starts)} starts of a network: quartiles over "
                 f"{len(forecasts.nrmse[names[0]])} networks.")
        quartiles += ["median log10 NRMSE", *quartiles[1:]]
    return f"{head}\n\n" + table(["learner", *quartiles], rows)


@program
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scores", help="file of bayres evaluate")
    parser.add_argument("--horizon", metavar="TIME", type=float, help="add the NRMSE after this time, over the starts of a network")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="draw forecast.png into this folder, and write forecast.md")
    parser.add_argument("--format", choices=FORMATS, default="png", help="of the figure (default: png)")
    options = parser.parse_args()
    folder = pathlib.Path(options.output or "")
    refuse_to_overwrite([folder / "forecast.md", folder / f"forecast.{options.format}"], [options.scores])
    forecasts = Forecasts(options.scores, options.horizon)
    print(written(forecasts))
    if options.output:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "forecast.md").write_text(written(forecasts))
        draw(forecasts, folder, options.format)
        print(folder / f"forecast.{options.format}")
    return 0
