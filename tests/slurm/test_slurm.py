"""The job scripts under a real SLURM, a private one of this machine: jobs/local-slurm."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from command_line import CommandLineTest, attributes, data_sets, small  # noqa: E402

JOBS = pathlib.Path(__file__).resolve().parents[2] / "jobs"
LOCAL_SLURM = JOBS / "local-slurm"
FAULTS = os.path.abspath(os.environ["BAYRES_FAULTS"])


def setUpModule():
    global slurm, folder
    folder = tempfile.TemporaryDirectory(prefix="bayres-slurm-", ignore_cleanup_errors=True)
    os.chmod(folder.name, 0o755)  # munged wants its socket to be reached by all
    unittest.addModuleCleanup(tear_down)
    subprocess.run([LOCAL_SLURM, "start", folder.name], check=True)
    printed = subprocess.run([LOCAL_SLURM, "env", folder.name], check=True, capture_output=True, text=True).stdout
    slurm = {**os.environ, **dict(word.split("=", 1) for word in printed.split()[1:])}
    slurm["BAYRES"] = os.path.abspath(os.environ["BAYRES"])


def tear_down():
    subprocess.run([LOCAL_SLURM, "stop", folder.name], check=True)
    folder.cleanup()


class LocalSlurmTest(unittest.TestCase):
    def test_may_be_started_again_and_says_that_it_is_up(self):
        subprocess.run([LOCAL_SLURM, "start", folder.name], check=True, stdout=subprocess.DEVNULL)
        status = subprocess.run([LOCAL_SLURM, "status", folder.name], capture_output=True, text=True)
        self.assertEqual(status.returncode, 0, status.stdout)
        self.assertEqual(status.stdout.count("up, process"), 3)

    def test_says_when_nothing_is_up(self):
        with tempfile.TemporaryDirectory() as empty:
            status = subprocess.run([LOCAL_SLURM, "status", empty], capture_output=True, text=True)
            self.assertEqual(status.returncode, 1)
            self.assertEqual(status.stdout.count("down"), 4)


class RunScriptTest(CommandLineTest):
    def submit(self, *arguments, options=(), **variables):
        """Submits jobs/run.sbatch; returns the number of the job."""
        submitted = subprocess.run(
            ["sbatch", "--parsable", "--ntasks=2", "--output=log", *options, JOBS / "run.sbatch", *arguments],
            cwd=self.folder, env={**slurm, "RESULT": "job.h5", **variables}, capture_output=True, text=True)
        self.assertEqual(submitted.returncode, 0, submitted.stderr)
        return submitted.stdout.strip()

    def ended(self, job, seconds):
        """Waits until a job has ended; returns what SLURM knows of it, as {name: text}."""
        end = time.monotonic() + seconds
        while True:
            shown = subprocess.run(["scontrol", "-o", "show", "job", job], env=slurm, capture_output=True, text=True,
                                   check=True).stdout
            known = dict(word.split("=", 1) for word in shown.split() if "=" in word)
            if known["JobState"] not in ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED"):
                return known
            if time.monotonic() > end:
                self.fail(f"job {job} did not end within {seconds} s\n{shown}\n{self.log()}")
            time.sleep(0.2)

    def log(self):
        log = self.folder / "log"
        return log.read_text() if log.exists() else "(no log)"

    def check_same(self, result):
        one, other = data_sets(result), data_sets(self.folder / "job.h5")
        self.assertEqual(sorted(one), sorted(other))
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], name)
        self.assertEqual(attributes(self.folder / "job.h5")["status"], "complete")

    def test_job_gives_the_bits_of_a_run_without_slurm(self):
        whole = self.result(small(), name="whole")
        self.write("c.ini", small())
        for launcher in ("mpirun", "srun --mpi=pmix"):
            with self.subTest(launcher=launcher):
                job = self.ended(self.submit("c.ini", "--quiet", LAUNCH=launcher), 60)
                self.assertEqual((job["JobState"], job["ExitCode"]), ("COMPLETED", "0:0"), self.log())
                self.check_same(whole)
                self.assertEqual(attributes(self.folder / "job.h5")["ranks"], 2)
                (self.folder / "job.h5").unlink()
                (self.folder / "job.h5.checkpoint").unlink()

    def test_wrong_configuration_fails_the_job_with_its_exit_code(self):
        self.write("c.ini", small(reservoir={"sise": 3}))
        job = self.ended(self.submit("c.ini"), 60)
        self.assertEqual((job["JobState"], job["ExitCode"]), ("FAILED", "2:0"), self.log())
        self.assertIn("sise", self.log())

    def test_run_longer_than_its_time_limit_goes_on_to_the_same_bits(self):
        """SLURM looks at time limits every half minute, so that the warning comes within that of the start."""
        config = small(protocol={"train": 3500, "test": 10}, record={"every": 100})
        whole = self.result(config, name="whole")
        self.write("c.ini", config)
        job = self.submit("c.ini", "--quiet", options=("--time=1", "--signal=B:USR1@55"), BAYRES_FAULT="slow 0 1000",
                          LAUNCH=f"mpirun env LD_PRELOAD={FAULTS}")  # more than 35,000 steps of 1 ms
        job = self.ended(job, 240)
        self.assertEqual((job["JobState"], job["ExitCode"]), ("COMPLETED", "0:0"), self.log())
        self.assertGreater(int(job["Restarts"]), 0, self.log())
        self.assertIn("stopped with a checkpoint", self.log())
        self.assertIn("going on from job.h5.checkpoint", self.log())
        self.check_same(whole)


if __name__ == "__main__":
    unittest.main()
