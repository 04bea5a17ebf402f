"""The same work per time step with what people use today and with bayres. tests/benchmark/peers/run calls it."""

import argparse
import os
import pathlib
import sys

import check
import machine
import report
import workloads
from machine import Failure

QUIET = 0.05  # part of the processors that others may use


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/benchmark/peers/run", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, few steps: only to see that it runs")
    parser.add_argument("--check", action="store_true", help="compare the peers' outputs with those of bayres")
    parser.add_argument("--only", choices=workloads.SIZES, metavar="NAME", help=f"one of {', '.join(workloads.SIZES)}")
    parser.add_argument("--size", type=int, metavar="N", help="only so many neurons, of the sizes of the workloads")
    parser.add_argument("--repeats", type=int, metavar="N", help="repetitions (5; 1 with --quick)")
    parser.add_argument("-o", "--output", default="results/peers", metavar="FOLDER", help="for the table and figure")
    parser.add_argument("--bayres", default="build/release/bayres", metavar="PATH", help="the program (%(default)s)")
    options = parser.parse_args()
    options.repeats = options.repeats or (1 if options.quick else 5)
    if options.repeats < 1:
        parser.error("--repeats: at least 1")
    options.names = [options.only] if options.only else list(workloads.SIZES)
    sizes = sorted({size for name in options.names for size in workloads.SIZES[name]})
    if options.size not in (None, *sizes):
        parser.error(f"--size {options.size}: one of {', '.join(map(str, sizes))}")
    options.bayres = os.path.abspath(options.bayres)
    if not os.access(options.bayres, os.X_OK):
        parser.error(
            f"{options.bayres} is not there. Build it with\n"
            "  cmake --preset release && cmake --build --preset release\nor name it with --bayres PATH"
        )
    return options


def fastest_launch(row_of):
    """The name of the launch under which the row that row_of(launch) gives is fastest, tried in turn."""
    best = {launch: [] for launch in machine.LAUNCHES}
    for _ in range(3):
        for launch, times in best.items():
            times.append(row_of(launch).measure())
    return min(best, key=lambda launch: min(best[launch]))


def choose_launches(bayres, name, size):
    """How the ranks of mpi4py and of bayres start for this work: whatever is best for each."""
    chosen = dict.fromkeys(("mpi4py", "bayres"), "free")
    if machine.CORES < 2:
        return chosen

    def rows(who, launch):
        source = workloads.Workloads(bayres, dict.fromkeys(chosen, launch))
        found = source.rows(name, size, max(50, workloads.STEPS[name][size] // 4))
        return [row for row in found if row.who.startswith(who) and row.how == "2 ranks" and not row.absent]

    for who in chosen:
        if rows(who, "free"):
            chosen[who] = fastest_launch(lambda launch: rows(who, launch)[0])
    return chosen


def groups(options):
    """For each workload and size the list of its rows, and how their ranks are started."""
    for name in options.names:
        if options.quick:
            launch = dict.fromkeys(("mpi4py", "bayres"), "free")
            rows = workloads.Workloads(options.bayres, launch).rows(name, workloads.QUICK_SIZE, workloads.QUICK_STEPS)
            yield rows, launch
            continue
        for size in workloads.SIZES[name]:
            if options.size not in (None, size):
                continue
            launch = choose_launches(options.bayres, name, size)
            yield workloads.Workloads(options.bayres, launch).rows(name, size, workloads.STEPS[name][size]), launch


def measure(rows, repeats):
    """All rows in turn, so often: what disturbs the machine for a while disturbs everybody."""
    for k in range(repeats):
        for row in rows:
            if row.absent:
                continue
            print(f"{row.workload}, N = {row.size}, {k + 1} of {repeats}: {row.label()}: ", end="", flush=True)
            try:
                row.microseconds.append(row.measure())
                print(f"{row.microseconds[-1]:.1f} us", flush=True)
            except (Failure, ValueError, IndexError) as error:
                row.absent = "failed"
                print(f"failed\n{error}", flush=True)


def main():
    options = parse_arguments()
    if options.check:
        return check.main(options.bayres)
    lines = machine.describe(options.bayres)
    lines.append(f"- n = {options.repeats}: all rows of a workload and size in turn, so often")
    measured, launches, disturbance = [], {}, 0
    for rows, launch in groups(options):
        bystanders = machine.Bystanders()
        measure(rows, options.repeats)
        measured.extend(rows)
        launches[f"{rows[0].workload} {rows[0].size}"] = launch
        disturbance = max(disturbance, bystanders.share())
    for who in ("mpi4py", "bayres"):
        bound = ", ".join(work for work, launch in launches.items() if launch[who] == "bound")
        lines.append(f"- ranks of {who} bound to cores, since that is faster: {bound or 'nowhere'}; elsewhere free to move")
    quiet = "" if disturbance < QUIET else " (**not quiet**: do not trust these times)"
    lines.append(f"- others used up to {100 * disturbance:.0f} % of the processors meanwhile{quiet}")
    folder = pathlib.Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    report.write(measured, lines, folder)
    print(f"\n{report.comparison_table(measured)}\n{folder}/peers.md, peers.csv, peers.png")
    return 1 if any(row.absent == "failed" for row in measured) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as error:
        sys.exit(str(error))
