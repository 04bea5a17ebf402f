#!/usr/bin/python3
"""Times of a step, measured and predicted: `performance_model.py measure FOLDER` runs a grid of networks, `performance_model.py draw FOLDER`
compares them with what `bayres run --dry-run` predicts and draws where which bottleneck takes over. FOLDER holds
calibration.ini; jobs/experiments/performance-model/run does it all. The formulas are in the program alone."""

import argparse
import csv
import io
import itertools
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "analysis"))
from bayres import Result, program

CONFIG = ROOT / "jobs/experiments/scaling/scaling.ini"
BAYRES = os.environ.get("BAYRES", str(ROOT / "build/release/bayres"))
MPIRUN = shlex.split(os.environ.get("MPIRUN", "mpirun --oversubscribe --bind-to none"))

SIZES = (500, 1000, 2000, 4000, 8000)
DENSITIES = (1, 0.1)
PRECISIONS = ("double", "single", "mixed")
RANKS = (1, 2)
REPEATS = 3
DT = 0.1

# What a step can be bound by, with Okabe and Ito's colours.
BOUNDS = {
    "arithmetic": ("#0072B2", "products: arithmetic"),
    "memory": ("#56B4E9", "products: memory bandwidth"),
    "latency": ("#E69F00", "exchange: latency"),
    "bytes": ("#D55E00", "exchange: bandwidth"),
    "learning": ("#009E73", "learning"),
    "rest": ("#7F7F7F", "neurons, readout, output, rest"),
}

plt.rcParams.update({"figure.constrained_layout.use": True, "savefig.dpi": 150, "font.size": 10,
                     "axes.titlelocation": "left", "axes.titlesize": 10, "axes.grid": True, "grid.alpha": 0.3,
                     "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
                     "legend.fontsize": 9})


def keys(neurons, density, precision="double", steps=1000):
    return [f"--reservoir.size={neurons}", f"--reservoir.connectivity={density}", f"--run.precision={precision}",
            f"--reservoir.storage={'dense' if density == 1 else 'sparse'}", f"--protocol.train={steps * DT}"]


def predicted(calibration, options, ranks=(1,), nodes=(1,)):
    """One row for each number of ranks, as numbers where they are."""
    command = [BAYRES, "run", str(CONFIG), "--dry-run", "--format", "csv", "--calibration", str(calibration),
               "--ranks", ",".join(map(str, ranks)), "--nodes", ",".join(map(str, nodes)), *options]
    environment = {"OMPI_MCA_ess_singleton_isolated": "1", **os.environ}  # will start no other program
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return [{key: value if key in ("precision", "storage") else float(value) for key, value in row.items()}
            for row in csv.DictReader(io.StringIO(done.stdout))]


def parts_of(row):
    """Microseconds by bottleneck; they add up to the step."""
    exchange_bytes = row["exchange_us"] - row["latency_us"]
    # Bound by memory: reading alone would take more than half as long.
    kind = "memory" if row["reading_us"] > 0.5 * row["recurrent_us"] else "arithmetic"
    parts = dict.fromkeys(BOUNDS, 0.0)
    parts[kind] = row["recurrent_us"]
    parts.update(latency=row["latency_us"], bytes=exchange_bytes, learning=row["learning_us"])
    parts["rest"] = row["neurons_us"] + row["readout_us"] + row["output_us"] + row["other_us"]
    return parts


def bound_of(row):
    parts = parts_of(row)
    return max(parts, key=parts.get)


def run_once(options, ranks, folder):
    """Microseconds of a step, in all and by part."""
    result = folder / "run.h5"
    launcher = [*MPIRUN, "-n", str(ranks)] if ranks > 1 else []
    subprocess.run([*launcher, BAYRES, "run", str(CONFIG), "--quiet", "--force", "-o", str(result), *options], check=True)
    with Result(result) as opened:
        numbers = opened.performance
    steps = float(numbers["steps"])
    parts = {f"{name}_us": 1e6 * numbers[f"seconds_{name}"] / steps
             for name in ("recurrent", "neurons", "readout", "exchange", "learning", "recording")}
    return {"step_us": 1e6 * float(numbers["seconds_in_steps"]) / steps, **parts}


def measure(folder, sizes, repeats):
    """Writes measured.csv: for each network, the median over repeats that go round the whole grid."""
    calibration = folder / "calibration.ini"
    grid = list(itertools.product(sizes, DENSITIES, PRECISIONS, RANKS))
    rows, runs = {}, {case: [] for case in grid}
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(repeats):
            for case in grid:
                neurons, density, precision, ranks = case
                if case not in rows:
                    rows[case], = predicted(calibration, keys(neurons, density, precision), (ranks,))
                steps = int(np.clip(0.25e6 / rows[case]["step_us"], 60, 5000))
                runs[case].append(run_once(keys(neurons, density, precision, steps), ranks, pathlib.Path(scratch)))
    with open(folder / "measured.csv", "w", newline="") as file:
        writer = csv.writer(file)
        names = list(runs[grid[0]][0])
        writer.writerow(["neurons", "density", "precision", "ranks", "lowest_us", "highest_us", *names])
        for case, measured in runs.items():
            steps = [run["step_us"] for run in measured]
            medians = [statistics.median(run[name] for run in measured) for name in names]
            writer.writerow([*case, f"{min(steps):.4g}", f"{max(steps):.4g}", *(f"{value:.4g}" for value in medians)])


def measured_rows(folder):
    with open(folder / "measured.csv") as file:
        return [{key: value if key == "precision" else float(value) for key, value in row.items()}
                for row in csv.DictReader(file)]


def write_table(folder, rows):
    """scaling.md: measured against predicted, and how far off in the middle."""
    lines = ["| N | connectivity | precision | ranks | measured (us) | lowest - highest | predicted (us) | predicted / measured |",
             "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        lines.append(f"| {row['neurons']:.0f} | {row['density']:g} | {row['precision']} | {row['ranks']:.0f} | "
                     f"{row['step_us']:.4g} | {row['lowest_us']:.4g} - {row['highest_us']:.4g} | "
                     f"{row['model']['step_us']:.4g} | {row['ratio']:.2f} |")

    def errors(chosen):
        off = [abs(row["ratio"] - 1) for row in chosen]
        return f"median {100 * statistics.median(off):.0f} %, nine in ten within {100 * np.quantile(off, 0.9):.0f} %"

    lines += ["", f"Error of the prediction, of {len(rows)} networks: {errors(rows)}.", ""]
    for ranks in RANKS:
        lines.append(f"- {ranks} {'rank' if ranks == 1 else 'ranks'}: {errors([r for r in rows if r['ranks'] == ranks])}")
    for density in DENSITIES:
        lines.append(f"- connectivity {density:g}: {errors([r for r in rows if r['density'] == density])}")
    worst = sorted(rows, key=lambda row: -abs(np.log(row["ratio"])))[:3]
    lines.append("- furthest off: " + "; ".join(
        f"N = {row['neurons']:.0f}, connectivity {row['density']:g}, {row['precision']}, {row['ranks']:.0f} ranks: "
        f"{row['ratio']:.2f}" for row in worst))
    text = "\n".join(lines) + "\n"
    (folder / "scaling.md").write_text(text)
    print(text[text.index("Error of"):])


def draw_measured(folder, rows):
    """Measured points on the model's curves."""
    sizes = np.unique(np.geomspace(min(SIZES) * 0.8, max(SIZES) * 1.2, 9).astype(int))
    figure, axes = plt.subplots(2, 3, figsize=(10, 6), sharex=True, sharey=True)
    looks = {1: ("#0072B2", "o"), 2: ("#D55E00", "s")}
    for (density, precision), axis in zip(itertools.product(DENSITIES, PRECISIONS), axes.flat):
        curves = [predicted(folder / "calibration.ini", keys(n, density, precision), RANKS, (1,)) for n in sizes]
        for k, ranks in enumerate(RANKS):
            colour, marker = looks[ranks]
            axis.plot(sizes, [curve[k]["step_us"] for curve in curves], color=colour, lw=1.3)
            points = [r for r in rows if (r["density"], r["precision"], r["ranks"]) == (density, precision, ranks)]
            middle = np.array([r["step_us"] for r in points])
            spread = [middle - [r["lowest_us"] for r in points], np.array([r["highest_us"] for r in points]) - middle]
            axis.errorbar([r["neurons"] for r in points], middle, spread, fmt=marker, color=colour, ms=5, capsize=2,
                          mfc="white", label=f"{ranks} rank{'s' if ranks > 1 else ''}")
        axis.set(xscale="log", yscale="log", title=f"{'dense' if density == 1 else f'connectivity {density:g}'}, {precision}")
        axis.set_xticks(SIZES, [str(n) for n in SIZES])
        axis.minorticks_off()
    for axis in axes[:, 0]:
        axis.set_ylabel("time of a step (us)")
    for axis in axes[1]:
        axis.set_xlabel("neurons")
    axes[0, 0].legend(loc="upper left")
    off = statistics.median(abs(row["ratio"] - 1) for row in rows)
    figure.suptitle(f"Lines: predicted from the calibration. Points: measured, median and range of {REPEATS} runs. "
                    f"Median error {100 * off:.0f} % (n = {len(rows)})", fontsize=10, ha="left", x=0.01)
    figure.savefig(folder / "scaling_measured.png")
    plt.close(figure)


def coloured(axis, x, rows, **look):
    """A curve in the colour of what bounds it, with a mark and a line where that changes."""
    y = [row["step_us"] for row in rows]
    bounds = [bound_of(row) for row in rows]
    for k in range(len(x) - 1):
        axis.plot(x[k:k + 2], y[k:k + 2], color=BOUNDS[bounds[k + 1]][0], solid_capstyle="round", **look)
    for k in range(1, len(x)):
        if bounds[k] != bounds[k - 1]:
            axis.plot(x[k], y[k], "|", color="black", ms=11, mew=1.2)


def nodes_of(ranks, per_node):
    return [max(1, -(-count // per_node)) for count in ranks]


def draw_strong(axis, calibration, rows, ranks, nodes):
    networks = ((8000, 1), (100_000, 0.01), (1_000_000, 1e-3), (10_000_000, 1e-4), (100_000_000, 1e-5))
    for neurons, density in networks:
        curve = predicted(calibration, keys(neurons, density), ranks, nodes)
        coloured(axis, ranks, curve, lw=2)
        kind = "dense" if density == 1 else f"{density * neurons:.0f} per neuron"
        # The lowest one below its curve, where no measured point is.
        place = {"xytext": (4, -6), "va": "top"} if density == 1 else {"xytext": (4, 4)}
        axis.annotate(f"N = {neurons:,}, {kind}", (ranks[0], curve[0]["step_us"]), textcoords="offset points", **place,
                      fontsize=8, bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.5})
    points = [r for r in rows if (r["neurons"], r["density"], r["precision"]) == (8000, 1, "double")]
    axis.plot([r["ranks"] for r in points], [r["step_us"] for r in points], "o", mfc="white", mec="black", ms=5,
              zorder=5, label="measured")
    axis.legend(loc="upper right")
    axis.set(xscale="log", yscale="log", xlabel="ranks", ylabel="time of a step (us)", title="Strong scaling: N fixed")


def draw_weak(axis, calibration, ranks, nodes, sizes, density, title):
    """Each bottleneck's part of the step, as the network grows with the ranks."""
    rows = [predicted(calibration, keys(n, density(n)), (p,), (m,))[0] for n, p, m in zip(sizes, ranks, nodes)]
    parts = [parts_of(row) for row in rows]
    for name, (colour, label) in BOUNDS.items():
        values = np.array([part[name] for part in parts])
        if values.max() > 0:
            axis.plot(ranks, np.where(values > 0, values, np.nan), color=colour, lw=1.8, label=label)
    axis.plot(ranks, [row["step_us"] for row in rows], color="black", lw=1.2, ls="--", label="whole step")
    bounds = [bound_of(row) for row in rows]
    for k in range(1, len(ranks)):
        if bounds[k] != bounds[k - 1]:
            axis.axvline(ranks[k], color=BOUNDS[bounds[k]][0], lw=1, ls=":")
            axis.annotate(f"from {ranks[k]} ranks, N = {sizes[k]:.2g}:\n{BOUNDS[bounds[k]][1]}", (ranks[k], 0.02),
                          (3, 0), xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=7.5,
                          rotation=90, va="bottom")
    axis.set(xscale="log", yscale="log", xlabel="ranks", ylabel="time of a step (us)", title=title)
    axis.set_ylim(bottom=1)


def draw_map(axis, calibration, ranks, nodes):
    """What bounds a step, for every size and number of ranks."""
    sizes = np.geomspace(1e3, 1e8, 26).astype(int)
    names = list(BOUNDS)
    field = [[names.index(bound_of(row)) for row in predicted(calibration, keys(n, min(0.999, 1000 / n)), ranks, nodes)]
             for n in sizes]
    colours = matplotlib.colors.ListedColormap([BOUNDS[name][0] for name in names])
    axis.grid(False)
    axis.pcolormesh(ranks, sizes, np.array(field), cmap=colours, vmin=-0.5, vmax=len(names) - 0.5, shading="nearest",
                    edgecolors="white", lw=0.3)
    axis.set(xscale="log", yscale="log", xlabel="ranks", ylabel="neurons",
             title="What takes most of a step (1000 synapses per neuron)")


def draw_predicted(folder, rows, per_node):
    calibration = folder / "calibration.ini"
    ranks = [2**k for k in range(14)] + [10_000]
    nodes = nodes_of(ranks, per_node)
    figure, axes = plt.subplot_mosaic([["strong", "map"], ["weak", "dense"], ["legend", "legend"]], figsize=(11, 9.2),
                                      height_ratios=(1, 1, 0.12))
    draw_strong(axes["strong"], calibration, rows, ranks, nodes)
    draw_map(axes["map"], calibration, ranks, nodes)
    draw_weak(axes["weak"], calibration, ranks, nodes, [10_000 * p for p in ranks], lambda n: 1000 / n,
              "Weak scaling: 10,000 neurons per rank, 1000 synapses each")
    draw_weak(axes["dense"], calibration, ranks, nodes, [int(8000 * p**0.5) for p in ranks], lambda n: 1,
              "Weak scaling: dense J, 512 MB per rank")
    handles = [plt.Line2D([], [], color=colour, lw=3, label=label) for colour, label in BOUNDS.values()]
    handles.append(plt.Line2D([], [], color="black", ls="--", lw=1.2, label="whole step"))
    axes["legend"].axis("off")
    axes["legend"].legend(handles=handles, loc="center", ncol=4)
    figure.suptitle(f"Predicted: machines like the calibrated one, {per_node} ranks each; the network as [network] in the "
                    "calibration. Bars and dotted lines: another bottleneck takes over", fontsize=10, ha="left", x=0.01)
    figure.savefig(folder / "scaling_predicted.png")
    plt.close(figure)


def draw(folder, per_node):
    rows = measured_rows(folder)
    for row in rows:
        row["model"], = predicted(folder / "calibration.ini", keys(int(row["neurons"]), row["density"], row["precision"]),
                                  (int(row["ranks"]),))
        row["ratio"] = row["model"]["step_us"] / row["step_us"]
    write_table(folder, rows)
    draw_measured(folder, rows)
    draw_predicted(folder, rows, per_node)


@program
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("measure", "draw"))
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="neurons of the grid")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--ranks-per-machine", type=int, default=2, help="of the machines that are predicted for")
    arguments = parser.parse_args()
    if arguments.what == "measure":
        measure(arguments.folder, arguments.sizes, arguments.repeats)
    else:
        draw(arguments.folder, arguments.ranks_per_machine)
    return 0


if __name__ == "__main__":
    sys.exit(main())
