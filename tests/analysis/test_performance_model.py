#!/usr/bin/python3
"""The scaling study: from a calibration and a small grid of runs to its table and figures."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import runner  # noqa: F401  finds the next one
import performance_model as study


class ScalingTest(unittest.TestCase):
    def test_the_parts_of_a_step_add_up_and_the_largest_bounds_it(self):
        row = {"recurrent_us": 5, "reading_us": 5, "exchange_us": 4, "latency_us": 1, "learning_us": 2, "neurons_us": 1,
               "readout_us": 1, "output_us": 0.5, "other_us": 0.5, "step_us": 14}
        self.assertEqual(sum(study.parts_of(row).values()), row["step_us"])
        self.assertEqual(study.bound_of(row), "memory")
        self.assertEqual(study.bound_of(row | {"reading_us": 2}), "arithmetic")
        self.assertEqual(study.bound_of(row | {"exchange_us": 9}), "bytes")
        self.assertEqual(study.bound_of(row | {"exchange_us": 9, "latency_us": 8}), "latency")

    def test_a_study_ends_in_a_table_and_figures(self):
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"MPIRUN": os.environ["BAYRES_MPIRUN_BASE"]}
            quick = environment | {"OMPI_MCA_ess_singleton_isolated": "1"}
            subprocess.run([os.environ["BAYRES"], "calibrate", "-o", f"{folder}/calibration.ini"], check=True, env=quick,
                           stdout=subprocess.DEVNULL)
            for what in (["measure", folder, "--sizes", "64", "--repeats", "1"], ["draw", folder]):
                done = subprocess.run([sys.executable, "-B", study.__file__, *what], env=environment, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"Error of the prediction, of 12 networks: median \d+ %")
            table = (pathlib.Path(folder) / "scaling.md").read_text()
            self.assertEqual(sum(line.startswith("| 64 |") for line in table.splitlines()), 12)
            for name in ("scaling_measured.png", "scaling_predicted.png"):
                self.assertGreater((pathlib.Path(folder) / name).stat().st_size, 10000)


if __name__ == "__main__":
    unittest.main()
