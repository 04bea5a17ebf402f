#!/usr/bin/python3
"""What a run would need, the calibration that it is predicted from, and the warning of ranks that share cores."""
import csv
import io
import os
import pathlib
import re
import socket
import subprocess
import unittest

import h5py

from command_line import DONE, INPUT_OUTPUT, USAGE, CommandLineTest, command, environment, every_rule, run, small

PRECISIONS = ("double", "double-float32", "double-bfloat16", "single", "mixed")
KERNELS = [f"{storage}-{precision}" for storage in ("dense", "sparse") for precision in PRECISIONS]
NOT_STORED = ["transform-double", "transform-single"]
SPIKING = [f"by-source-{precision}" for precision in PRECISIONS]
RULES = ("delta", "bayes", "branch", "rls", "delta-decay", "nlms", "adagrad", "dale", "clipped",
         "exponentiated-gradient", "ridge")


def calibration(**changes):
    """A calibration with round numbers."""
    sections = {
        "machine": {"hosts": "here"},
        "memory": {"bytes": "1e4, 1e6, 1e8", "alone": "100, 50, 20", "together": "100, 50, 10", "ranks": 2},
        "exchange": {"shared_latency": 200, "shared_byte": 0.1, "unpack_rank": 10, "unpack_byte": 0.05},
        "neurons": {"state": 10, "spiking": 6, "signal": 0, "noise": 0, "readout": 0.5, "fixed": 300},
        "output": {"byte": 1},
        **{f"kernel.{kernel}": {"weight": 0.1, "row": 2, "copy": 0.05} for kernel in KERNELS + SPIKING + NOT_STORED},
        **{f"learning.{rule}": {"update": 5, "byte": 0.1} for rule in RULES},
    }
    return {**sections, **changes}


class DryRunTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("m.ini", calibration())

    def predict(self, *arguments, config="c.ini", ranks=None):
        """The rows of the table that a dry run prints."""
        finished = self.run_bayres("run", config, "--dry-run", "--format", "csv", "--calibration", "m.ini", *arguments,
                                   ranks=ranks)
        self.check_code(finished, DONE)
        self.assertEqual(finished.own_err, "")
        return [{key: value if key in ("precision", "storage") else float(value) for key, value in row.items()}
                for row in csv.DictReader(io.StringIO(finished.out))]

    def test_says_what_a_run_needs_and_writes_nothing(self):
        self.write("c.ini", small(reservoir={"size": 1000, "connectivity": 1}))
        for ranks in (None, 2):
            with self.subTest(ranks=ranks):
                finished = self.run_bayres("run", "c.ini", "--dry-run", ranks=ranks)
                self.check_code(finished, DONE)
                self.assertEqual(finished.own_err, "")
                self.assertIn(f"neurons 1000, ranks {ranks or 1}, nodes 1, J dense, double\n", finished.out)
                for line in (r"memory per rank: [\d.]+ MB ", r"J: 8.19 MB \(", r"time per step: [\d.]+ [um]s \(recurrent ",
                             r"steps: 250; run: ", r"result: [\d.]+ kB; checkpoint: [\d.]+ kB"):
                    self.assertRegex(finished.out, rf"(?m)^{line}")
                self.assertIn("a brief measurement here", finished.out)
        self.assertEqual(self.files(), ["c.ini", "m.ini"])

    def test_does_nothing_to_a_result_that_is_there(self):
        self.write("c.ini", small())
        self.write("c.h5", "mine")
        self.predict()
        self.assertEqual((self.folder / "c.h5").read_text(), "mine")

    def test_names_all_problems_of_a_configuration(self):
        self.write("c.ini", small(reservoir={"size": 50, "gian": 1}, task={"name": "sine"}))
        finished = self.run_bayres("run", "c.ini", "--dry-run")
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        self.assertEqual(self.run_bayres("run", "c.ini").err, finished.err)
        self.assertEqual(self.files(), ["c.ini", "m.ini"])

    def test_names_a_network_file_that_is_not_there(self):
        self.write("c.ini", small(reservoir={"size": 50, "network": "none.h5"}))
        finished = self.run_bayres("run", "c.ini", "--dry-run", ranks=2)
        self.check_code(finished, INPUT_OUTPUT)
        self.check_one_message(finished)

    def test_takes_the_storage_of_a_network_file(self):
        result = self.result(small(reservoir={"size": 200, "connectivity": 0.05}, record={"network": "true"}))
        row, = self.predict(f"--reservoir.network={result}", "--reservoir.size=200", "--reservoir.connectivity=0.1")
        self.assertEqual(row["storage"], "sparse")
        self.assertAlmostEqual(row["connectivity"], 0.05, delta=0.01)

    def test_predicts_the_sizes_of_files(self):
        configurations = {
            "plain": small(),
            "rates": small(record={"rates": "0..39", "every": 3}),
            "snapshots": small(record={"weights_every": 10}, reservoir={"size": 400}),
            "rules": small(**every_rule(), learner__a=None, reservoir={"size": 300}),
            "closed": small(protocol={"feedback": "output", "evaluate_at": 10}, learner__b={"rule": "delta", "eta": 1e-4}),
        }
        for name, config in configurations.items():
            with self.subTest(name):
                result = self.result(config, name=name)
                row, = self.predict(config=f"{name}.ini")
                checkpoint = result.with_name(result.name + ".checkpoint")
                self.assertAlmostEqual(row["result_bytes"] / result.stat().st_size, 1, delta=0.15)
                self.assertAlmostEqual(row["checkpoint_bytes"] / checkpoint.stat().st_size, 1, delta=0.25)

    def test_says_how_fast_neurons_are_assumed_to_fire(self):
        self.write("c.ini", small(reservoir={"size": 1000}, neuron={"model": "lif"}, protocol={"washout": 5}))
        for arguments, rate, microseconds in ((["--calibration", "m.ini"], 40, "0.048"),
                                              (["--calibration", "m.ini", "--neuron.bias=1.5"], 77, "0.0924"), ([], 40, "")):
            finished = self.run_bayres("run", "c.ini", "--dry-run", *arguments)
            self.check_code(finished, DONE)
            self.assertRegex(finished.out, rf"assumed, not measured: that each neuron fires {rate}(\.\d)? spikes in a second")
            self.assertIn(f"(recurrent {microseconds}", finished.out)

    def test_predicts_memory(self):
        for name, config in (("dense", small(reservoir={"size": 3000, "connectivity": 1}, protocol={"train": 5})),
                             ("rls", small(reservoir={"size": 1500}, protocol={"train": 5}, learner__a={"rule": "rls"}))):
            with self.subTest(name):
                self.write("c.ini", config)
                said = self.run_bayres("run", "c.ini", "--dry-run", "--calibration", "m.ini").out
                megabytes = float(re.search(r"memory per rank: ([\d.]+) MB", said).group(1))
                process = subprocess.Popen(command("run", "c.ini", "--quiet", "--force"), cwd=self.folder,
                                           env=environment(None))
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                self.assertEqual(process.returncode, DONE)
                self.assertAlmostEqual(megabytes / (usage.ru_maxrss * 1024e-6), 1, delta=0.25)

    def test_predicts_the_bytes_of_J(self):
        for kernel in KERNELS:
            storage, precision, *weight_type = kernel.split("-")
            with self.subTest(kernel):
                reservoir = {"size": 320, "storage": storage, "weight_type": "".join(weight_type) or "auto"}
                result = self.result(small(reservoir=reservoir, run={"precision": precision}), "--force")
                row, = self.predict()
                with h5py.File(result) as file:
                    actual = file["performance"].attrs["bytes_of_J_per_step"]
                self.assertAlmostEqual(row["J_bytes"] / actual, 1, delta=0.03)

    def test_a_table_has_a_row_for_each_number_of_ranks(self):
        self.write("c.ini", small(reservoir={"size": 6400, "connectivity": 1}))
        rows = self.predict("--ranks", "1,2,4", "--nodes", "1,1,2")
        self.assertEqual([(row["ranks"], row["nodes"]) for row in rows], [(1, 1), (2, 1), (4, 2)])
        self.assertEqual([row["rank_J_bytes"] for row in rows], [6400**2 * 8 / ranks for ranks in (1, 2, 4)])
        # Whoever asks, on however many ranks.
        self.assertEqual(self.predict("--ranks", "1,2,4", "--nodes", "1,1,2", ranks=3), rows)
        # 8 GB/s per byte: recurrent time is bytes over bandwidth at that size.
        self.assertAlmostEqual(rows[0]["recurrent_us"], 6400**2 * 8 / 20 / 1000, delta=1)
        parts = ("recurrent", "neurons", "readout", "exchange", "learning", "output", "other")
        for row in rows:
            self.assertAlmostEqual(sum(row[f"{part}_us"] for part in parts), row["step_us"], delta=1e-3 * row["step_us"])

    def test_ensembles_have_networks_side_by_side(self):
        self.write("c.ini", small(ensemble={"seeds": "1..6"}))
        finished = self.run_bayres("run", "c.ini", "--dry-run", "--ranks", 4, "--calibration", "m.ini")
        self.check_code(finished, DONE)
        self.assertIn("networks: 6, 4 at a time, on 1 rank each\n", finished.out)

    def test_takes_the_calibration_of_the_environment(self):
        self.write("c.ini", small())
        finished = run("run", "c.ini", "--dry-run", folder=self.folder,
                       own_environment=environment(None) | {"BAYRES_CALIBRATION": "m.ini"})
        self.check_code(finished, DONE)
        self.assertIn("predicted from m.ini, measured on here", finished.out)

    def test_says_what_was_assumed(self):
        self.write("c.ini", small())
        finished = self.run_bayres("run", "c.ini", "--dry-run", "--ranks", 8, "--nodes", 4, "--calibration", "m.ini")
        self.assertIn("assumed, not measured: the network, 1.5 us and 12.5 GB/s\n", finished.out)
        finished = self.run_bayres("run", "c.ini", "--dry-run", "--ranks", 2, "--calibration", "m.ini")
        self.assertNotIn("assumed", finished.out)

    def test_says_what_is_extrapolated_and_when_the_machine_was_busy(self):
        self.write("c.ini", small())
        self.write("m.ini", calibration(machine={"hosts": "here", "spread": 2.5}, network={"latency": 1500, "byte": 0.1}))
        finished = self.run_bayres("run", "c.ini", "--dry-run", "--ranks", "64,256", "--nodes", "1,4", "--calibration", "m.ini")
        one, four = finished.out.split("\n\n")
        self.assertIn("extrapolated: 64 ranks of a machine, from 2 that were measured together\n", one)
        self.assertNotIn("messages", one)
        self.assertIn("extrapolated: 4 machines, from messages between 2\n", four)
        self.assertIn("measured while the machine was busy: steps took 2.5 times as long in the middle as at best", one)
        for ranks, spread in ((2, 1.4), (1, 1)):
            self.write("m.ini", calibration(machine={"hosts": "here", "spread": spread}))
            finished = self.run_bayres("run", "c.ini", "--dry-run", "--ranks", ranks, "--calibration", "m.ini")
            self.assertNotRegex(finished.out, "extrapolated|busy")

    def test_refuses_options_that_cannot_be_meant(self):
        self.write("c.ini", small())
        for arguments, word in ((("--ranks", "2"), "--dry-run"), (("--dry-run", "--ranks", "0"), ">= 1|1 to"),
                                (("--dry-run", "--ranks", "two"), "--ranks"),
                                (("--dry-run", "--ranks", "2", "--nodes", "3"), "at least one rank"),
                                (("--dry-run", "--ranks", "2,4", "--nodes", "1,2,3"), "one for each"),
                                (("--dry-run", "--format", "json"), "text and csv")):
            with self.subTest(arguments):
                finished = self.run_bayres("run", "c.ini", *arguments)
                self.check_code(finished, USAGE)
                self.check_one_message(finished)
                self.assertRegex(finished.err, word)

    def test_names_all_problems_of_a_calibration(self):
        self.write("c.ini", small())
        self.write("bad.ini", calibration(memory={"bytes": "1, 2", "alone": "-1, 1", "together": "1, 1", "speed": 1},
                                          kernal={"weight": 1}))
        finished = self.run_bayres("run", "c.ini", "--dry-run", "--calibration", "bad.ini")
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        self.assertEqual(len(finished.problems), 3, finished)
        for word in ("memory.alone", "memory.speed", "kernal"):
            self.assertIn(word, finished.err)

    def test_names_a_rule_that_the_calibration_lacks(self):
        self.write("c.ini", small())
        sections = calibration()
        del sections["learning.bayes"]
        self.write("m.ini", sections)
        finished = self.run_bayres("run", "c.ini", "--dry-run", "--calibration", "m.ini", ranks=2)
        self.check_code(finished, USAGE)
        self.assertIn("no update in section [learning.bayes]", finished.err)


class CalibrateTest(CommandLineTest):
    def test_measures_what_a_dry_run_reads(self):
        self.write("c.ini", small(**every_rule(), learner__a=None))
        for ranks in (None, 2):
            with self.subTest(ranks=ranks):
                finished = self.run_bayres("calibrate", "-o", "m.ini", "--force", ranks=ranks)
                self.check_code(finished, DONE)
                self.assertEqual(self.files(), ["c.ini", "m.ini"])
                text = (self.folder / "m.ini").read_text()
                self.assertEqual(len(re.findall(r"^\[kernel\.", text, re.M)), len(KERNELS + SPIKING + NOT_STORED))
                self.assertEqual(sorted(re.findall(r"^\[learning\.(.*)\]", text, re.M)), sorted(RULES))
                self.assertEqual(len(re.findall(r"^instruction_set = (?:AVX-512|AVX2|baseline)  #", text, re.M)), len(KERNELS))
                self.assertGreaterEqual(float(re.search(r"(?m)^spread = ([\d.e+]+)", text).group(1)), 1)
                self.assertRegex(text, r"(?m)^\[network\]\n(# assumed: .+\n)+\n")
                for precision in ("double", "single", "mixed"):
                    for storage in ("dense", "sparse"):
                        finished = self.run_bayres("run", "c.ini", "--dry-run", "--calibration", "m.ini",
                                                   f"--run.precision={precision}", f"--reservoir.storage={storage}")
                        self.check_code(finished, DONE)
                        self.assertNotIn(" 0 us (", finished.out)

    def test_a_run_here_uses_the_instruction_set_that_was_the_fastest(self):
        self.write("c.ini", small(reservoir={"storage": "dense"}))
        self.addCleanup(os.environ.update, {key: value for key, value in os.environ.items() if key == "BAYRES_INSTRUCTION_SET"})
        os.environ.pop("BAYRES_INSTRUCTION_SET", None)
        has_avx2 = " avx2 " in pathlib.Path("/proc/cpuinfo").read_text()
        for fastest in ("baseline", "AVX2") if has_avx2 else ("baseline",):
            known = calibration(machine={"hosts": f"another {socket.gethostname()}"})
            known["kernel.dense-double"]["instruction_set"] = fastest
            self.write("m.ini", known)
            for ranks in (None, 2):
                with self.subTest(fastest=fastest, ranks=ranks):
                    finished = run("run", "c.ini", "-o", "c.h5", "--force", folder=self.folder, ranks=ranks,
                                   own_environment=environment(ranks) | {"BAYRES_CALIBRATION": "m.ini"})
                    self.check_code(finished, DONE)
                    self.assertNotIn("BAYRES_CALIBRATION", finished.err)
                    with h5py.File(self.folder / "c.h5") as file:
                        self.assertEqual(file["performance"].attrs["instruction_set_of_J"], fastest)

    def test_a_run_goes_on_without_a_calibration_that_cannot_be_used(self):
        self.write("c.ini", small())
        self.write("m.ini", "[speed]\nof = light\n")
        for path, says in (("none.ini", "none.ini"), ("m.ini", "speed.of")):
            for ranks in (None, 2):
                finished = run("run", "c.ini", "-o", "c.h5", "--force", folder=self.folder, ranks=ranks,
                               own_environment=environment(ranks) | {"BAYRES_CALIBRATION": path})
                self.check_code(finished, DONE)
                self.assertIn("BAYRES_CALIBRATION names is not used", finished.err)
                self.assertIn(says, finished.err)

    def test_does_not_replace_a_file_without_force(self):
        self.write("m.ini", "mine")
        finished = self.run_bayres("calibrate", "-o", "m.ini", ranks=2)
        self.check_code(finished, INPUT_OUTPUT)
        self.assertEqual((self.folder / "m.ini").read_text(), "mine")

    def test_refuses_what_it_does_not_know(self):
        finished = self.run_bayres("calibrate", "--fast")
        self.check_code(finished, USAGE)
        self.check_one_message(finished)


class PlacementTest(CommandLineTest):
    def run_on(self, ranks, *arguments, **variables):
        self.write("c.ini", small())
        variables = {"BAYRES_PLACEMENT_WARNING": "1", **variables}
        return run("run", "c.ini", "--force", *arguments, folder=self.folder, ranks=ranks,
                   own_environment=environment(ranks) | variables)

    def test_ranks_that_share_cores_are_named_once(self):
        ranks = len(os.sched_getaffinity(0)) + 1
        finished = self.run_on(ranks)
        self.check_code(finished, DONE)
        self.assertEqual(finished.own_err.count("bayres: warning: "), 1, finished)
        self.assertRegex(finished.own_err, rf"{ranks} ranks share \d+ cores? on \S+: ")

    def test_the_warning_is_silenced(self):
        ranks = len(os.sched_getaffinity(0)) + 1
        for arguments, variables in ((("--quiet",), {}), ((), {"BAYRES_PLACEMENT_WARNING": "0"})):
            with self.subTest(arguments, **variables):
                self.assertNotIn("warning", self.run_on(ranks, *arguments, **variables).own_err)

    def test_two_ranks_bound_to_one_core_are_named(self):
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(allowed)})
        self.addCleanup(os.sched_setaffinity, 0, allowed)
        self.assertIn("2 ranks share 1 core on ", self.run_on(2).own_err)

    def test_one_rank_is_never_warned(self):
        self.assertNotIn("warning", self.run_on(1).own_err)


if __name__ == "__main__":
    unittest.main()
