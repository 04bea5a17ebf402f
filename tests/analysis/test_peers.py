#!/usr/bin/python3
"""The comparison with peers: that they do the work of bayres, and that every row of the table is there. No times."""

import csv
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PEERS = pathlib.Path(__file__).resolve().parents[1] / "benchmark" / "peers"
sys.path.insert(0, str(PEERS))

import report
from workloads import Bayres, Peer

ROWS = {
    "dense": {"numpy", "mpi4py", "Octave", "bayres"},
    "dense32": {"numpy", "mpi4py", "Octave", "bayres"},
    "sparse": {"scipy CSR", "mpi4py, scipy CSR", "Octave", "ReservoirPy, LMS", "NEST", "bayres"},
    "rls": {"numpy, as mostly written", "numpy, dger", "numpy, dsymv, dsyr", "Octave", "ReservoirPy, RLS", "bayres"},
    "study": {
        *("scipy CSR, 20 runs", "scipy CSR, 20 runs, two at a time", "scipy CSR, vectorised"),
        *("numpy dense, 20 runs", "numpy dense, 20 runs, two at a time", "numpy dense, vectorised", "bayres"),
    },
    "closed": {
        *("scipy CSR, 16 runs", "scipy CSR, 16 runs, two at a time", "scipy CSR, vectorised"),
        *("numpy dense, 16 runs", "numpy dense, 16 runs, two at a time", "numpy dense, vectorised", "bayres"),
    },
    "ranks": {"bayres"},
}
MODULES = {"mpi4py": "mpi4py", "ReservoirPy": "reservoirpy", "NEST": "nest"}


def installed(who):
    """Whether a row's program is there; numpy and scipy always are."""
    if who == "Octave":
        return shutil.which("octave-cli") is not None
    module = MODULES.get(who.split(",")[0])
    return module is None or importlib.util.find_spec(module) is not None


def run(*arguments):
    return subprocess.run([PEERS / "run", *arguments], capture_output=True, text=True)


class Peers(unittest.TestCase):
    def setUp(self):
        self.bayres = os.path.abspath(os.environ["BAYRES"])

    def test_peers_do_the_work_of_bayres(self):
        process = run("--check", "--bayres", self.bayres)
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        for name in ("bayes", "delta", "rls-plain", "rls-in-place", "rls-symmetric", "study", "closed", "closed-batch"):
            for storage in ("dense", "sparse"):
                self.assertRegex(process.stdout, rf"numpy {name} +{storage}")
        self.assertEqual("Octave" in process.stdout, installed("Octave"))
        self.assertEqual("mpi4py, 2 ranks" in process.stdout, installed("mpi4py"))

    def test_quick_run_has_every_row(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            process = run("--quick", "-o", folder, "--bayres", self.bayres)
            self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
            with open(folder / "peers.csv", newline="") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual((folder / "peers.png").read_bytes()[:4], b"\x89PNG")
            text = (folder / "peers.md").read_text()
        found = {}
        for row in rows:
            found.setdefault(row["workload"], set()).add(row["who"])
            self.check_row(row)
            self.assertIn(f"| {row['who']} | {row['type']} | {row['on']} |", text)
        self.assertEqual(found, ROWS)

    def check_row(self, row):
        with self.subTest(**row):
            if not installed(row["who"]):
                self.assertEqual(row["absent"], "not installed")
            elif row["absent"]:
                self.assertEqual(row["absent"], "not in this bayres")
                self.assertIn(row["type"], ("single", "mixed", "double-float32", "double-bfloat16"))
            else:
                self.assertGreater(float(row["microseconds"]), 0)

    def test_says_how_to_build_a_program_that_is_missing(self):
        process = run("--quick", "--bayres", "nowhere/bayres")
        self.assertEqual(process.returncode, 2)
        self.assertIn("nowhere/bayres is not there", process.stderr)
        self.assertIn("cmake --preset release && cmake --build --preset release", process.stderr)


class Report(unittest.TestCase):
    def test_ratio_is_of_the_best_medians(self):
        place = ("dense", 1000, 10)
        rows = [
            Peer(*place, "numpy", "float64", "1 thread", microseconds=[90, 30, 100]),
            Peer(*place, "numpy", "float64", "2 threads", microseconds=[60, 50, 70]),
            Peer(*place, "mpi4py", "float64", "2 ranks", absent="not installed"),
            Bayres(*place, "bayres", "double", "1 rank", microseconds=[40, 30, 50], reading=[20, 24, 25]),
            Bayres(*place, "bayres", "double", "2 ranks", microseconds=[45, 25, 50]),
        ]
        line = report.comparison_table(rows).split("\n")[2]
        best = "best float64 peer: numpy, 2 threads"
        self.assertEqual(line, f"| dense | 1000 | double, 1 rank | 40.0 | {best} | 60.0 | 1.50 | 1.67 | 1.3 | 2.50 |")

    def test_what_is_missing_is_said(self):
        rows = [Bayres("sparse", 1000, 10, "bayres", "double", "1 rank", microseconds=[40])]
        rows.append(Peer("sparse", 1000, 10, "NEST", "float64", "1 rank", absent="not installed"))
        table = report.comparison_table(rows)
        self.assertIn("| double, 1 rank | 40.0 | NEST | not installed | | | 30 | |", table)
        self.assertIn("| double-float32: not in this bayres | | best float64 peer | not installed | | | 2 | |", table)
        self.assertIn("| mixed: not in this bayres | | best float32 peer | no such peer | | | 2 | |", table)


if __name__ == "__main__":
    unittest.main()
