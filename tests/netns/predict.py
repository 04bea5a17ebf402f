"""Measures the exchange between two virtual hosts and compares it with what the calibrations predict (tests/netns/run)."""
import csv
import io
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import h5py

from hosts import Hosts, can_have_hosts

BAYRES = os.environ["BAYRES"]
CONFIG = pathlib.Path(__file__).resolve().parents[2] / "jobs/experiments/scaling/scaling.ini"
SIZES = (500, 2000, 8000, 32000)
RATES = {None: None, "1gbit": 0.125, "100mbit": 0.0125}  # GB/s
REPEATS = 3


def keys(neurons, steps):
    return [f"--reservoir.size={neurons}", f"--reservoir.connectivity={50 / neurons}", f"--protocol.train={steps / 10}"]


def with_network(calibration, network, bandwidth):
    """A calibration whose [network] is that of another one, or has this bandwidth."""
    section = re.compile(r"\[network\]\n(?:.+\n)+")
    text = section.sub(section.search(network).group(), calibration)
    return text if bandwidth is None else re.sub(r"(?m)^byte = \S+(.*between)", rf"byte = {1 / bandwidth}\1", text)


def predicted(calibration, neurons):
    command = [BAYRES, "run", CONFIG, "--dry-run", "--format", "csv", "--calibration", calibration, "--ranks", "2",
               "--nodes", "2", *keys(neurons, 1000)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    row, = csv.DictReader(io.StringIO(done.stdout))
    return {"exchange": float(row["exchange_us"]), "step": float(row["step_us"])}


def measured(hosts, neurons, steps, folder):
    """Microseconds of exchange and step, the median of several runs."""
    runs = []
    for _ in range(REPEATS):
        command = hosts.mpirun(1, [BAYRES, "run", CONFIG, "--quiet", "--force", "-o", folder / "run.h5",
                                   *keys(neurons, steps)])
        subprocess.run(command, check=True, env=hosts.environment())
        with h5py.File(folder / "run.h5") as file:
            numbers = dict(file["performance"].attrs)
        runs.append([1e6 * float(numbers[key]) / float(numbers["steps"])
                     for key in ("seconds_exchange", "seconds_in_steps")])
    return [statistics.median(values) for values in zip(*runs)]


def calibrate(hosts, ranks_per_host, host_count, path):
    subprocess.run(hosts.mpirun(ranks_per_host, [BAYRES, "calibrate", "--force", "-o", path], hosts=host_count),
                   check=True, env=hosts.environment())
    return path.read_text()


def compare(hosts, folder, scratch):
    within = calibrate(hosts, 2, 1, folder / "one-host.ini")
    between = calibrate(hosts, 1, 2, folder / "two-hosts.ini")
    lines = ["| link | N | bytes per step | exchange measured (us) | predicted | ratio | step measured (us) | predicted | ratio |",
             "|---|---|---|---|---|---|---|---|---|"]
    for rate, bandwidth in RATES.items():
        hosts.limit(rate)
        calibration = folder / f"{rate or 'unlimited'}.ini"
        calibration.write_text(with_network(within, between, bandwidth))
        for neurons in SIZES:
            model = predicted(calibration, neurons)
            steps = max(100, min(5000, int(0.5e6 / model["step"])))
            exchange, step = measured(hosts, neurons, steps, scratch)
            lines.append(f"| {rate or 'unlimited'} | {neurons} | {8 * neurons} | {exchange:.4g} | {model['exchange']:.4g} | "
                         f"{model['exchange'] / exchange:.2f} | {step:.4g} | {model['step']:.4g} | "
                         f"{model['step'] / step:.2f} |")
            print(lines[-1], flush=True)
    hosts.limit(None)
    network = re.search(r"\[network\]\n(?:.+\n)+", between).group()
    (folder / "netns.md").write_text("\n".join(lines) + f"\n\nMeasured between the hosts:\n\n```\n{network}```\n")


def main():
    if not can_have_hosts():
        sys.exit("virtual hosts need root and a kernel with network namespaces")
    folder = pathlib.Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with Hosts(2) as hosts, tempfile.TemporaryDirectory() as scratch:
        compare(hosts, folder, pathlib.Path(scratch))


if __name__ == "__main__":
    main()
