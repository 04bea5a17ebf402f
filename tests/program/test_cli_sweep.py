"""`bayres sweep`: many runs in one job."""
import csv
import os
import signal
import time
import unittest

from command_line import DONE, USAGE, CommandLineTest, attributes, new_folder, small
from test_cli_resume import STOPPED, Started


class SweepTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.traces = str(new_folder(self.addCleanup))

    def sweep(self, *arguments, code=DONE, ranks=None):
        finished = self.run_bayres("sweep", "c.ini", "-o", "many", *arguments, ranks=ranks)
        self.check_code(finished, code)
        return finished

    def table(self):
        with open(self.folder / "many/runs.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_every_combination_has_the_bits_of_its_own_run(self):
        self.write("c.ini", small())
        finished = self.sweep("--over", "reservoir.gain=0.8, 1.4", "--over", "run.seed=3..4", "--protocol.test=2",
                              "--ranks-per-run", 2, ranks=3)
        self.assertIn("4 runs: 4 complete; many/runs.csv", finished.out)
        rows = self.table()
        self.assertEqual([(row["result"], row["reservoir.gain"], row["run.seed"], row["status"]) for row in rows],
                         [(f"run-{k:04}.h5", gain, seed, "complete") for k, (gain, seed) in
                          enumerate([("0.8", "3"), ("0.8", "4"), ("1.4", "3"), ("1.4", "4")])])
        for row in rows[1::2]:
            alone = self.result(small(), f"--reservoir.gain={row['reservoir.gain']}", f"--run.seed={row['run.seed']}",
                                "--protocol.test=2", "--force")
            self.check_same_arrays(alone, self.folder / "many" / row["result"], only="learners")

    def test_runs_that_fail_or_diverge_are_rows(self):
        self.write("c.ini", small())
        self.write("runs.csv", "reservoir.gain,learner.a.rule,learner.a.eta\n1.2,bayes,\n\n-1,bayes,\n1.2,delta,1e3\n,bayes,\n")
        finished = self.sweep("--table", "runs.csv", code=USAGE, ranks=2)
        self.assertEqual([row["status"] for row in self.table()], ["complete", "failed", "diverged", "complete"])
        self.assertEqual([row["exit_code"] for row in self.table()], ["0", "2", "4", "0"])
        self.assertEqual([bool(row["message"]) for row in self.table()], [False, True, False, False])
        self.assertIn("reservoir.gain", self.table()[1]["message"])
        self.sweep("--table", "runs.csv", "--quiet", code=USAGE)
        self.assertEqual([row["status"] for row in self.table()], ["complete", "failed", "diverged", "complete"])
        again = self.sweep("--over", "reservoir.gain=1, 2", code=USAGE)
        self.assertIn("is of a sweep with other keys or values", again.own_err)
        self.assertIn("run-0001.h5 of 4, failed", finished.err)
        self.assertEqual([name for name in self.files() if name.endswith(".h5")], [f"many/run-000{k}.h5" for k in (0, 2, 3)])

    def test_the_same_command_does_what_is_missing(self):
        self.write("c.ini", small(protocol={"train": 10000}))
        over = ["--over", "run.seed=1..3"]
        started = Started(self, "sweep", "c.ini", "-o", "many", *over, ranks=2)
        pids = started.wait_until_it_catches(signal.SIGUSR1)
        time.sleep(0.05)
        for pid in pids:
            os.kill(pid, signal.SIGUSR1)
        self.check_code(started.end(), STOPPED)
        self.assertEqual([row["status"] for row in self.table()], ["stopped", "stopped", "not begun"])
        self.sweep(*over, "--quiet", ranks=2)
        self.assertEqual([row["status"] for row in self.table()], ["complete"] * 3)
        history = attributes(self.folder / "many/run-0000.h5")["history"]
        self.assertIn("resumed", history)
        self.assertEqual(attributes(self.folder / "many/run-0002.h5")["status"], "complete")
        self.sweep(*over)
        self.assertEqual(attributes(self.folder / "many/run-0000.h5")["history"], history)

    def test_what_cannot_be_swept(self):
        self.write("c.ini", small())
        self.write("bad.csv", "reservoir.gain,run.seed\n1,2\n3\n")
        refused = {
            "needs --over": [], "--over gain=1": ["--over", "gain=1"], "--over run.seed=": ["--over", "run.seed="],
            "not swept yet": ["--over", "run.seed=1,2", "--over", "run.seed=3"],
            "take one of them away": ["--over", "run.seed=1,2", "--run.seed=3"],
            "bad.csv:3: has 1 values for 2 keys": ["--table", "bad.csv"],
            "--ranks-per-run 0": ["--over", "run.seed=1,2", "--ranks-per-run", "0"],
        }
        for said, arguments in refused.items():
            with self.subTest(said=said):
                finished = self.sweep(*arguments, code=USAGE)
                self.assertIn(said, finished.own_err)
        self.assertEqual(self.files(), ["bad.csv", "c.ini"])


if __name__ == "__main__":
    unittest.main()
