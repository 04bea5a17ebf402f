"""The job scripts under a real SLURM, a private one of this machine: jobs/slurm/local-slurm.

What takes long waits most of the time: a run beyond its time limit, for more than a minute, a chain, an array whose tasks
are requeued. These are submitted first, and the others go through the queue meanwhile.
"""

import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock

import numpy as np
import xarray

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "program"), str(pathlib.Path(__file__).resolve().parents[2] / "analysis")]
import bayres  # noqa: E402
from command_line import CommandLineTest, attributes, data_sets, ini, small, with_faults  # noqa: E402

JOBS = pathlib.Path(__file__).resolve().parents[2] / "jobs/slurm"
LOCAL_SLURM = JOBS / "local-slurm"
FAULTS = with_faults()
SLOWLY = {"LAUNCH": f"mpirun env LD_PRELOAD={FAULTS}", "BAYRES_FAULT": "slow 0 1000"}  # a step takes 1 ms
LONG = small(protocol={"train": 3500, "test": 10}, record={"every": 100})  # more than 35,000 steps of 1 ms
STOPPED = small(protocol={"train": 300})  # more than 3,000 steps, of which a start makes about 2,000
STOPS = "--run.max_walltime=0:0:6"
COST = ["memory per rank:", "J:", "time per step:", "result:"]
BUSY = ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED")


def setUpModule():
    global slurm, folder, early
    folder = tempfile.TemporaryDirectory(prefix="bayres-slurm-", ignore_cleanup_errors=True)
    os.chmod(folder.name, 0o755)  # munged wants its socket to be reached by all
    unittest.addModuleCleanup(tear_down)
    subprocess.run([LOCAL_SLURM, "start", folder.name, "--cpus=12"], check=True)
    printed = subprocess.run([LOCAL_SLURM, "env", folder.name], check=True, capture_output=True, text=True).stdout
    slurm = {**os.environ, **dict(word.split("=", 1) for word in printed.split()[1:])}
    slurm |= {"BAYRES": os.path.abspath(os.environ["BAYRES"]), "PYTHON": sys.executable}
    slurm["OMPI_MCA_odls_base_sigkill_timeout"] = "1"  # what mpirun waits for after a run that stopped
    early = {
        "limited": start_early("limited", LONG, "sbatch", "--parsable", "--ntasks=2", "--output=log", "--time=1",
                               "--signal=B:USR1@55", JOBS / "run.sbatch", "c.ini", "--quiet", RESULT="job.h5"),
        "chain": start_early("chain", STOPPED, JOBS / "submit", "chain", "c.ini", "--links", "6", STOPS, "-o", "job.h5"),
        "array": start_early("array", STOPPED, JOBS / "submit", "array", "c.ini", "--seeds", "1..2", STOPS, "-o", "many"),
    }


def start_early(name, config, *command, **variables):
    """Submits jobs in a folder of their own; returns it, and what the command printed."""
    where = pathlib.Path(folder.name) / name
    where.mkdir()
    (where / "c.ini").write_text(ini(config))
    submitted = subprocess.run(command, cwd=where, env={**slurm, **SLOWLY, **variables}, capture_output=True, text=True)
    if submitted.returncode != 0:
        raise AssertionError(f"{name} was not submitted: {submitted.stdout}\n{submitted.stderr}")
    return where, submitted.stdout


def tear_down():
    subprocess.run([LOCAL_SLURM, "stop", folder.name], check=True)
    folder.cleanup()


def known_of(job):
    """What SLURM knows of a job, as {name: text} for each of its tasks."""
    shown = subprocess.run(["scontrol", "-o", "show", "job", job], env=slurm, capture_output=True, text=True, check=True)
    return [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in shown.stdout.splitlines()]


class JobTest(CommandLineTest):
    """A test with jobs that run in a folder of its own."""

    def call(self, *command, code=0, **variables):
        """Runs a command as a user of this SLURM; returns the finished process."""
        done = subprocess.run([*map(str, command)], cwd=self.folder, env={**slurm, **variables}, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return done

    def submit(self, *arguments, code=0, **variables):
        """Runs jobs/slurm/submit."""
        return self.call(JOBS / "submit", *arguments, code=code, **variables)

    def check_cost(self, printed):
        """The cost of a run is told before the numbers of the jobs."""
        lines = [line.strip() for line in printed.splitlines()]
        places = [next((i for i, line in enumerate(lines) if line.startswith(name)), None) for name in COST]
        self.assertNotIn(None, places, printed)
        self.assertLess(max(places), next(i for i, line in enumerate(lines) if line.startswith("next: ")))

    def jobs(self, printed):
        """The numbers of the jobs that jobs/slurm/submit names in its last line."""
        return printed.splitlines()[-1].split("squeue -j ")[1].split(";")[0].split(",")

    def queued(self):
        """The numbers of all jobs in the queue, others' too."""
        return set(self.call("squeue", "-h", "-o", "%i").stdout.split())

    def ended(self, job, seconds):
        """Waits until a job, and each task of an array, has ended; returns what SLURM knows of the tasks."""
        end = time.monotonic() + seconds
        while True:
            known = known_of(job)
            if not any(task["JobState"] in BUSY for task in known):
                return known
            if time.monotonic() > end:
                self.fail(f"job {job} did not end within {seconds} s\n{known}\n{self.logs()}")
            time.sleep(0.2)

    def check_ended(self, job, states, seconds=60):
        """A job ends, its tasks with these states and exit codes."""
        known = self.ended(job, seconds)
        self.assertEqual(sorted((task["JobState"], task["ExitCode"]) for task in known), sorted(states), self.logs())
        return known

    def wait_for_log(self, name, text, seconds=60):
        end = time.monotonic() + seconds
        while not (self.folder / name).exists() or text not in (self.folder / name).read_text():
            self.assertLess(time.monotonic(), end, f"{name} does not say {text!r}")
            time.sleep(0.2)

    def logs(self):
        return "\n".join(f"--- {path}\n{path.read_text()}" for path in sorted(self.folder.rglob("*log")))

    def check_same(self, one, other):
        """Two results have the same numbers, and both are of whole runs."""
        one, other = data_sets(one) | attributes(one), data_sets(other) | attributes(other)
        self.assertEqual(one["status"], other["status"])
        names = [name for name, value in one.items() if isinstance(value, np.ndarray) and value.size > 1]
        self.assertGreater(len(names), 5)
        for name in names:
            np.testing.assert_array_equal(one[name], other[name], name)


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


class RunScriptTest(JobTest):
    def test_accounts_say_how_jobs_ended(self):
        job = self.call("sbatch", "--parsable", "--output=/dev/null", JOBS / "run.sbatch", "nothing.ini").stdout.strip()
        self.check_ended(job, [("FAILED", "2:0")])
        self.assertRegex(self.call("sacct", "-c", "-n", "-j", job, "-o", "jobid,state").stdout, rf"{job} +FAILED")

    def test_job_gives_the_bits_of_a_run_without_slurm(self):
        whole = self.result(small(), name="whole")
        self.write("c.ini", small())
        for launcher in ("mpirun", "srun --mpi=pmix"):
            with self.subTest(launcher=launcher):
                done = self.submit("run", "c.ini", "-n", 2, "-o", f"{launcher[:4]}.h5", LAUNCH=launcher)
                self.check_cost(done.stdout)
                job, = self.jobs(done.stdout)
                self.check_ended(job, [("COMPLETED", "0:0")])
                self.check_same(whole, self.folder / f"{launcher[:4]}.h5")
                self.assertEqual(attributes(self.folder / f"{launcher[:4]}.h5")["ranks"], 2)

    def test_wrong_input_is_refused_before_anything_is_queued(self):
        self.write("good.ini", small())
        self.write("bad.ini", small(reservoir={"sise": 3}))
        queued = self.queued()
        refused = {
            "sise": ["run", "bad.ini"],
            "reservoir.gain": ["array", "good.ini", "--sweep", "reservoir.gain=1,-1", "-o", "sweep"],
            "bad.ini": ["array", "good.ini", "bad.ini", "--seeds", "1..3", "-o", "sweep"],
            "nothing.ini": ["chain", "nothing.ini", "--links", 2],
            "reservoir.dt": ["scaling", "strong", "good.ini", "--reservoir.dt=-1"],
            "section.key": ["array", "good.ini", "--sweep", "gain=1", "-o", "sweep"],
        }
        for what, arguments in refused.items():
            with self.subTest(what=what):
                done = self.submit(*arguments, code=2)
                self.assertIn(what, done.stderr)
        self.assertIn("pmi7", self.submit("run", "good.ini", code=2, LAUNCH="srun --mpi=pmi7").stderr)
        self.assertIn("BAYRES", self.submit("run", "good.ini", code=2, BAYRES="/no/bayres").stderr)
        self.assertEqual(self.queued() - queued, set())
        self.assertEqual(self.files(), ["bad.ini", "good.ini"])

    def test_print_shows_the_commands_and_submits_nothing(self):
        self.write("c.ini", small())
        queued = self.queued()
        shown = self.submit("array", "c.ini", "--seeds", "1..20", "--limit", 4, "-o", "many", "--print", "--",
                            "--partition=all").stdout
        self.assertRegex(shown, r"sbatch .*--array=0-19%4 .*--partition=all .*array.sbatch")
        self.assertRegex(shown, r"sbatch .*--dependency=afterany:JOB --kill-on-invalid-dep=yes .*analysis.sbatch merge ")
        self.assertEqual(self.queued() - queued, set())
        self.assertEqual(self.files(), ["c.ini"])

    def test_wrong_configuration_fails_a_job_of_sbatch_with_its_exit_code(self):
        self.write("c.ini", small(reservoir={"sise": 3}))
        job = self.call("sbatch", "--parsable", "--output=c.log", JOBS / "run.sbatch", "c.ini").stdout.strip()
        self.check_ended(job, [("FAILED", "2:0")])
        self.assertIn("sise", (self.folder / "c.log").read_text())

    def test_cancelled_job_leaves_a_checkpoint_and_does_not_come_back(self):
        self.write("c.ini", LONG)
        job, = self.jobs(self.submit("run", "c.ini", "-o", "c.h5", **SLOWLY, BAYRES_PROGRESS="second").stdout)
        self.wait_for_log("c.h5.log", "% train")  # before it there is nothing to keep
        self.call("scancel", job)
        task, = self.ended(job, 60)
        self.assertEqual((task["JobState"], task["Restarts"]), ("CANCELLED", "0"))
        self.assertTrue((self.folder / "c.h5.checkpoint").exists(), self.logs())
        self.assertIn("every byte is as it was written", self.run_bayres("inspect", "c.h5.checkpoint").out)


class PythonTest(JobTest):
    """Jobs from Python, bayres.submit."""

    def test_jobs_give_results_sweeps_and_exceptions(self):
        whole = self.result(small(), name="whole")
        self.write("c.ini", small())
        with unittest.mock.patch.dict(os.environ, slurm):
            job = bayres.submit(self.folder / "c.ini", self.folder / "job.h5", ranks=2, time="3")
            bad = bayres.submit(ini(small()), self.folder / "bad.h5", **{"learner.a.rule": "delta", "learner.a.eta": 1e3})
            jobs = bayres.submit(self.folder / "c.ini", self.folder / "many", over={"reservoir.gain": [0.8, 1.2], "run.seed": [1]})
            self.assertIn("time per step", job.cost)
            self.assertIn(job.state, ("pending", "configuring", "running", "completing", "complete"))
            with self.assertRaisesRegex(bayres.ConfigurationError, "did you mean reservoir.gain"):
                bayres.submit(self.folder / "c.ini", self.folder / "none.h5", **{"reservoir.gian": 1})
            with self.assertRaises(TimeoutError):
                jobs.wait(timeout=0, every=0.1)
            with job.result(every=0.2) as result:
                self.check_same(whole, result.path)
            with self.assertRaises(bayres.Diverged):
                bad.result(every=0.2)
            found = jobs.result(every=0.2)
            self.assertEqual((job.state, bad.state, jobs.state), ("complete", "complete", "complete"))
            for lost in ("run-0001.h5", "run-0001.h5.checkpoint"):
                (self.folder / "many" / lost).unlink()
            again = bayres.sweep(self.folder / "c.ini", {"reservoir.gain": [0.8, 1.2], "run.seed": [1]}, self.folder / "many",
                                 slurm={"time": "5"})
            self.assertEqual(json.loads((self.folder / "many/submission.json").read_text())["time"], "5")
            self.assertEqual(len(set((self.folder / "many/jobs.tsv").read_text().splitlines())), 4)  # an array and a merge, twice
            self.assertEqual(again.table.to_csv(), found.table.to_csv())
            self.assertEqual(found.table["reservoir.gain"].drop_duplicates().tolist(), [0.8, 1.2])
            with self.assertRaisesRegex(bayres.ConfigurationError, "other keys or values"):
                bayres.submit(self.folder / "c.ini", self.folder / "many", over={"reservoir.gain": [0.8, 1.3]})
            self.assertEqual(bayres.submit(self.folder / "c.ini", self.folder / "job.h5", ranks=2).id, job.id)
            job.cancel()  # which is over: nothing is left to cancel
            self.check_same_call(self.folder / "many", over={"reservoir.gain": [0.8, 1.2], "run.seed": [1]})

    def test_a_job_in_the_queue_is_found_again_and_what_is_refused_leaves_nothing(self):
        self.write("c.ini", small())
        over = {"over": {"reservoir.gain": [0.8, 1.2]}}
        with unittest.mock.patch.dict(os.environ, slurm):
            for output, more in (("held.h5", {}), ("held", over)):
                before = self.contents()
                with self.assertRaisesRegex(bayres.ConfigurationError, "gian"):
                    bayres.submit({"reservoir.gian": 1}, self.folder / output, data={"u": [1.0]}, **more)
                self.assertEqual(self.contents(), before)
                held = bayres.submit(self.folder / "c.ini", self.folder / output, sbatch=["--hold"], **more)
                found = self.check_same_call(self.folder / output, **more)
                self.assertEqual((found.id, set(found.ids), found.state), (held.id, set(held.ids), "pending"))
                found.cancel()
                self.assertNotIn(held.id, self.queued())

    def contents(self):
        return {path for path in self.folder.rglob("*") if path.is_file()}

    def check_same_call(self, output, **more):
        """The same call returns the job, and one of other keys or of another configuration is refused."""
        found = bayres.submit(self.folder / "c.ini", output, **more)
        with self.assertRaisesRegex(bayres.ConfigurationError, "other keys"):
            bayres.submit(self.folder / "c.ini", output, **more, **{"reservoir.size": 50})
        with self.assertRaisesRegex(bayres.ConfigurationError, "another configuration"):
            bayres.submit(ini(small()) + "# changed\n", output, **more)
        return found

    def test_a_cancelled_job_goes_on_here(self):
        self.write("c.ini", LONG)
        with unittest.mock.patch.dict(os.environ, slurm | SLOWLY | {"BAYRES_PROGRESS": "second"}):
            job = bayres.submit(self.folder / "c.ini", self.folder / "c.h5", ranks=2)
            self.wait_for_log("c.h5.log", "% train")
            job.cancel()
            with self.assertRaises(bayres.Interrupted) as caught:
                job.result(every=0.2)
        self.assertEqual(caught.exception.checkpoint, f"{self.folder}/c.h5.checkpoint")
        with caught.exception.resume() as result:
            self.assertEqual(result.attributes["status"], "complete")


class ArrayTest(JobTest):
    def array(self, *arguments, **variables):
        """Submits an array to FOLDER many; returns the numbers of the array and of the merge."""
        done = self.submit("array", "c.ini", "-o", "many", *arguments, **variables)
        self.check_cost(done.stdout)
        return self.jobs(done.stdout)

    def table(self):
        with open(self.folder / "many" / "merged.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_array_is_merged_and_what_failed_is_named_and_can_be_done_again(self):
        self.write("c.ini", small(protocol={"evaluate_at": "0, 10"}, learner__a={"rule": "delta", "eta": 1e-3}))
        sweep = ["--seeds", "1..2", "--sweep", "learner.a.eta=1e-3,1e4", "--limit", 2, "-n", 1]
        broken = self.folder / "many" / "run-0000.h5.checkpoint"  # a folder, from which nothing can go on
        broken.mkdir(parents=True)
        array, merge = self.array(*sweep)
        self.check_ended(array, [("COMPLETED", "0:0"), ("FAILED", "3:0"), ("FAILED", "4:0"), ("FAILED", "4:0")])
        self.check_ended(merge, [("FAILED", "1:0")])
        said = (self.folder / "many" / "merge.log").read_text()
        self.assertIn("run-0000.h5 (run.seed = 1, learner.a.eta = 0.001): missing", said)
        self.assertIn("run-0001.h5 (run.seed = 1, learner.a.eta = 10000.0): diverged: a", said)
        self.assertIn("4 runs: 3 complete, 1 missing", said)
        self.assertEqual([row["status"] for row in self.table()], ["missing"] + 3 * ["complete"])
        with xarray.open_dataset(self.folder / "many" / "merged.nc") as merged:
            self.assertTrue(np.isnan(merged["test_nrmse"][0, 0]))

        broken.rmdir()
        array, merge = self.array(*sweep)
        self.check_ended(array, 4 * [("COMPLETED", "0:0")])
        self.check_ended(merge, [("COMPLETED", "0:0")])
        self.assertIn("run-0002.h5 is complete", (self.folder / "many" / "2.log").read_text())
        self.check_merged()
        self.assertIn("other runs", self.submit("array", "c.ini", "-o", "many", "--seeds", "1..3", code=2).stderr)

    def check_merged(self):
        """Table and file say what the results say."""
        with xarray.open_dataset(self.folder / "many" / "merged.nc") as merged:
            self.assertEqual(merged["test_nrmse"].dims, ("run", "learner"))
            np.testing.assert_array_equal(merged["learner.a.eta"], [1e-3, 1e4, 1e-3, 1e4])
            np.testing.assert_array_equal(merged["run.seed"], [1, 1, 2, 2])
            for number, row in enumerate(self.table()):
                result = self.folder / "many" / f"run-{number:04}.h5"
                own = attributes(result, "learners/a")
                for name in ("train_mae", "test_nrmse", "diverged_at_step"):
                    np.testing.assert_array_equal(merged[name][number, 0], own[name])
                    np.testing.assert_array_equal(float(row[name]), own[name])
                self.assertEqual(int(row["seed"]), attributes(result)["seed"])
                curve = data_sets(result)["learners/a/evaluation/nrmse"]
                np.testing.assert_array_equal(merged["evaluation_nrmse"][number, 0], curve)

    def test_task_that_stops_with_a_checkpoint_goes_on_before_the_merge(self):
        whole = self.result(STOPPED, "--run.seed=2", name="whole")
        self.folder, printed = early["array"]
        array, merge = self.jobs(printed)
        tasks = self.check_ended(array, 2 * [("COMPLETED", "0:0")], 180)
        self.assertTrue(all(int(task["Restarts"]) > 0 for task in tasks), self.logs())
        self.check_ended(merge, [("COMPLETED", "0:0")])
        self.check_same(whole, self.folder / "many" / "run-0001.h5")

    def test_merge_that_wants_all_is_cancelled_if_a_task_fails(self):
        self.write("c.ini", small())
        (self.folder / "many" / "run-0000.h5.checkpoint").mkdir(parents=True)
        array, merge = self.array("--seeds", "1..2", "--merge", "afterok")
        self.check_ended(array, [("COMPLETED", "0:0"), ("FAILED", "3:0")])
        self.assertEqual(self.ended(merge, 60)[0]["JobState"], "CANCELLED")


class ChainTest(JobTest):
    def test_links_go_on_from_each_other_to_the_same_bits(self):
        whole = self.result(STOPPED, name="whole")
        self.folder, printed = early["chain"]
        self.check_cost(printed)
        jobs = self.jobs(printed)
        self.assertEqual(len(jobs), 6)
        for job in jobs:
            self.check_ended(job, [("COMPLETED", "0:0")])
        log = (self.folder / "job.h5.log").read_text()
        self.assertIn("stopped with a checkpoint: link 2 goes on", log)
        self.assertRegex(log, r"link 6 of 6\n(.*\n)*.*job.h5 is complete: nothing is left to do")
        self.check_same(whole, self.folder / "job.h5")

    def test_last_link_tells_that_the_run_is_not_complete(self):
        self.write("c.ini", LONG)
        job, = self.jobs(self.submit("chain", "c.ini", "--links", 1, STOPS, "-o", "job.h5", **SLOWLY).stdout)
        self.check_ended(job, [("FAILED", "75:0")])


class ScalingTest(JobTest):
    def test_studies_end_in_a_figure_and_a_table(self):
        """The times mean nothing here, where cores are shared; that there is one for each point does."""
        (self.folder / "model.csv").write_text("ranks,neurons,seconds_per_step\n1,128,1e-5\n2,128,8e-6\n")
        short = ["--share", "--repeats", 2, "--protocol.train=20", "--ranks", "1,2"]
        strong = self.submit("scaling", "strong", "--sizes", "128,256", "-o", "strong", "--model", "model.csv", *short)
        weak = self.submit("scaling", "weak", "--sizes", "256", "-o", "weak", *short, LAUNCH="srun --mpi=pmix")
        self.check_cost(strong.stdout)
        for study in (strong, weak):
            for job in self.jobs(study.stdout):
                self.check_ended(job, [("COMPLETED", "0:0")])
        self.check_study("strong", [("1", "128"), ("2", "128"), ("1", "256"), ("2", "256")])
        self.check_study("weak", [("1", "256"), ("2", "384")])  # twice the synapses are 362 neurons, or 6 blocks of 64
        self.assertEqual([row["model_seconds_per_step"] for row in self.table("strong")], ["1e-05", "8e-06", "", ""])

        (self.folder / "weak" / "ranks-2-size-384-repeat-1.h5").unlink()
        left = self.call(sys.executable, "-B", JOBS.parents[1] / "analysis/bin/scaling", "weak", "--kind", "weak", "--wanted",
                         "1x256,2x384", "--repeats", 2, code=1)
        self.assertIn("384 neurons on 2 ranks: 1 of 2 results", left.stderr)

    def table(self, study):
        with open(self.folder / study / "scaling.csv", newline="") as file:
            return list(csv.DictReader(file))

    def check_study(self, study, points):
        rows = self.table(study)
        self.assertEqual([(row["ranks"], row["neurons"]) for row in rows], points)
        for row in rows:
            self.assertEqual(row["repeats"], "2")
            self.assertGreater(float(row["least"]), 0)
            self.assertLessEqual(float(row["least"]), float(row["seconds_per_step"]))
            self.assertLessEqual(float(row["seconds_per_step"]), float(row["most"]))
            if row["ranks"] == "1":
                self.assertEqual(float(row["efficiency"]), 1)
        self.assertEqual((self.folder / study / "scaling.md").read_text().count("\n| "), 1 + len(points))
        self.assertEqual((self.folder / study / "scaling.png").read_bytes()[:4], b"\x89PNG")


class TimeLimitTest(JobTest):
    def test_run_longer_than_its_time_limit_goes_on_to_the_same_bits(self):
        """SLURM looks at time limits every half minute, so that the warning comes within that of the start."""
        whole = self.result(LONG, name="whole")
        self.folder, printed = early["limited"]
        known, = self.ended(printed.strip(), 240)
        self.assertEqual((known["JobState"], known["ExitCode"]), ("COMPLETED", "0:0"), self.logs())
        self.assertGreater(int(known["Restarts"]), 0, self.logs())
        self.assertIn("stopped with a checkpoint", self.logs())
        self.assertIn("going on from job.h5.checkpoint", self.logs())
        self.check_same(whole, self.folder / "job.h5")


if __name__ == "__main__":
    unittest.main()
