"""Job scripts and jobs/slurm/submit with commands of SLURM that only note what they are asked: fast, and without daemons.

What a real SLURM makes of them is in tests/slurm.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

from command_line import BAYRES, CommandLineTest, attributes, environment, ini, small

JOBS = pathlib.Path(__file__).resolve().parents[2] / "jobs/slurm"
FAKES = {
    # Notes its words and what it is given by the environment; refuses the submission whose number stands in `refuse`.
    "sbatch": """printf '%s\\n' "$*" >>"$FAKE/sbatch"; number=$(wc -l <"$FAKE/sbatch")
env | grep '^BAYRES_\\|^RESULT=' >"$FAKE/environment.$number"
if [ "$number" = "$(cat "$FAKE/refuse" 2>/dev/null)" ]; then echo "sbatch: error: no such account" >&2; exit 1; fi
echo "$((100 + number))\"""",
    # Does not answer if there is a file `fails`.
    "squeue": """printf '%s\\n' "$*" >>"$FAKE/squeue"
if [ -e "$FAKE/fails" ]; then echo "slurm_load_jobs error: Socket timed out" >&2; exit 1; fi
[ ! -e "$FAKE/queue" ] || cat "$FAKE/queue\"""",
    "scancel": 'echo "$*" >>"$FAKE/scancel"',
    "scontrol": """case $1 in requeue) echo "$2" >>"$FAKE/requeue" ;; show) cat "$FAKE/config" 2>/dev/null ;; esac""",
    "sinfo": "echo 'all*|4|2'; echo 'big|8|1'",
    "srun": "echo 'MPI plugin types are...'; echo none; echo pmix; echo pmi2",
    # A launcher whose ranks hang: it does not hear SIGUSR1.
    "hangs": """[ "$1" = --version ] && exit; trap '' USR1; echo >>"$FAKE/hangs.started"; sleep 60 & trap 'kill %1; exit 143' TERM; wait""",
    # One whose rank dies, with or without a new checkpoint.
    "dies": """[ "$1" = --version ] && exit; echo "$SLURM_WAIT" >>"$FAKE/wait"; cp -p "$FAKE/checkpoint" "$5.checkpoint" 2>/dev/null && touch "$5.checkpoint"; exit 137""",
}
ARRAY = ["array", "c.ini", "-o", "many", "-n", "1"]


class JobsTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.fake = self.folder / "fake"
        self.folder = self.folder / "a folder"
        for folder in (self.fake, self.fake / "bin", self.folder):
            folder.mkdir()
        for name, script in FAKES.items():
            (self.fake / "bin" / name).write_text(f"#!/bin/bash\n{script}\n")
            (self.fake / "bin" / name).chmod(0o755)
        self.variables = {**environment(None), "FAKE": str(self.fake), "PATH": f"{self.fake}/bin:{os.environ['PATH']}",
                          "BAYRES": os.path.abspath(BAYRES), "LAUNCH": "env", "PYTHON": sys.executable}
        self.write("c.ini", small())

    def call(self, *command, code=0, **variables):
        done = subprocess.run([*map(str, command)], cwd=self.folder, env={**self.variables, **variables}, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def submit(self, *arguments, code=0, **variables):
        return self.call(sys.executable, JOBS / "submit", *arguments, code=code, **variables)

    def job(self, script, *arguments, code=0, **variables):
        """Runs a job script as SLURM would."""
        return self.call("bash", JOBS / script, *arguments, code=code, BAYRES_JOBS=str(JOBS), SLURM_JOB_ID="7",
                         **{"BAYRES_RETRIES": "0", **variables})

    def task(self, number, code=0, **variables):
        """Runs a task of the array in folder many; what it writes to its log."""
        said = self.job("array.sbatch", "many", code=code, SLURM_ARRAY_TASK_ID=str(number), **variables)
        with open(self.folder / f"many/{number}.log", "a") as log:
            log.write(said)
        return said

    def noted(self, name):
        """The lines that a command of SLURM has noted."""
        path = self.fake / name
        return path.read_text().splitlines() if path.exists() else []

    def queue(self, *lines):
        (self.fake / "queue").write_text("".join(line + "\n" for line in lines))

    def check_says(self, said, *words):
        for word in words:
            self.assertIn(word, said)


class RunsWhatWasSubmittedTest(JobsTest):
    def test_another_configuration_for_a_result_that_is_there_is_refused_at_submission_and_in_the_job(self):
        said = self.submit("run", "c.ini", "-o", "r.h5", "-n", 1)
        self.assertIn("job 101", said)
        script, config = self.noted("sbatch")[0].split(" /")[-2:]
        config = "/" + config
        self.assertTrue(script.endswith("run.sbatch"))
        self.job("run.sbatch", config, RESULT="r.h5")
        before = (self.folder / "r.h5").read_bytes()
        what = ("reservoir.gain = 1.2, which was 1.5", "r.h5.checkpoint", "-o", "--force")
        self.check_says(self.submit("run", "c.ini", "-o", "r.h5", "--reservoir.gain=1.2", code=2), *what)
        self.check_says(self.submit("chain", "c.ini", "--links", 2, "-o", "r.h5", "--reservoir.gain=1.2", code=2), *what)
        self.check_says(self.job("run.sbatch", config, "--reservoir.gain=1.2", RESULT="r.h5", code=2), *what)
        self.check_says(self.job("chain.sbatch", 1, 2, "r.h5", config, "--reservoir.gain=1.2", code=2), *what)
        self.check_says(self.submit("run", "c.ini", "-o", "r.h5"), "nothing is left to do")
        self.assertEqual(len(self.noted("sbatch")), 1)
        self.assertEqual((self.folder / "r.h5").read_bytes(), before)
        # Keys of a resubmission are not dropped.
        self.assertIn("job 102", self.submit("run", "c.ini", "-o", "r.h5", "--protocol.test=8", "-n", 1))
        self.job("run.sbatch", config, "--protocol.test=8", RESULT="r.h5")
        self.assertIn("test = 8\n", attributes(self.folder / "r.h5")["config"])
        (self.folder / "r.h5.checkpoint").unlink()
        self.job("run.sbatch", config, RESULT="r.h5", code=2)

    def test_second_job_for_a_result_is_refused_while_the_first_is_in_the_queue(self):
        self.submit("run", "c.ini", "-o", "r.h5", "-n", 1)
        self.queue("101|N/A|PENDING|Priority|N/A", "99|N/A|RUNNING|None|N/A")
        words = ("job 101 of this name is still in the queue (PENDING)", "r.h5", "scancel 101")
        self.check_says(self.submit("run", "c.ini", "-o", "r.h5", "--reservoir.gain=1", code=2), *words)
        self.check_says(self.submit("chain", "c.ini", "--links", 2, "-o", "r.h5", code=2), *words)
        self.submit("run", "c.ini", "-o", "other.h5", "-n", 1)
        self.queue()
        self.submit("run", "c.ini", "-o", "r.h5", "-n", 1)

    def test_configuration_is_frozen_when_an_array_is_submitted(self):
        self.submit(*ARRAY, "--seeds", "1..2")
        text = (self.folder / "c.ini").read_text()
        (self.folder / "c.ini").write_text(text.replace("size = 50", "size = 60"))
        self.task(0)
        self.assertIn("size = 50\n", attributes(self.folder / "many/run-0000.h5")["config"])
        self.check_says(self.submit(*ARRAY, "--seeds", "1..2", code=2), "c.ini has changed since", "-size = 50", "+size = 60",
                        "submit again")
        (self.folder / "c.ini").write_text(text)
        self.check_says(self.submit(*ARRAY, "--seeds", "1..3", code=2), "it has 2 runs, and this would be 3")
        (self.folder / "many/configurations/c.ini").write_text(text.replace("size = 50", "size = 60"))
        self.check_says(self.task(1, code=3), "changed since the job was submitted", "many/configurations/c.ini", "crc32")

    def test_input_files_are_those_of_the_submission_and_merge_compares_them(self):
        table = "u,y\n" + "".join(f"{i % 7},{i % 5}\n" for i in range(400))
        (self.folder / "data.csv").write_text(table)
        self.write("c.ini", small(task={"name": "file", "path": "data.csv", "input": "u", "target": "y", "drive": None}))
        self.submit(*ARRAY, "--seeds", "1..3")
        self.task(0)
        (self.folder / "data.csv").write_text(table.replace("6", "8"))
        self.check_says(self.task(1, code=3), "task ", "data.csv: is ", "was ", "submit anew")
        self.assertRegex(self.submit("status", "many", code=1), "run-0001.h5 +failed .*code 3: input or output; changed since")
        self.check_says(self.submit("again", "many", code=2), "files have changed", "data.csv")
        self.run_bayres("run", "c.ini", "-o", "many/run-0001.h5", "--quiet", "--run.seed=2")
        self.run_bayres("run", "c.ini", "-o", "many/run-0002.h5", "--quiet", "--run.seed=3", "--learner.a.kappa=9")
        said = self.call(sys.executable, "-B", JOBS.parents[1] / "analysis/bin/merge", "many", code=1)
        self.check_says(said, "run-0001.h5 (run.seed = 2): was made from another file than was submitted: task ", "data.csv",
                        "run-0002.h5 (run.seed = 3): was made from another")
        self.assertNotIn("run-0000.h5", said)
        self.write("many/configurations/c.ini", (self.folder / "c.ini").read_text() + "kappa = 7\n")
        said = self.call(sys.executable, "-B", JOBS.parents[1] / "analysis/bin/merge", "many", code=1)
        self.check_says(said, "run-0002.h5 (run.seed = 3): learner.a.kappa is 9, submitted was 7")

    def test_again_from_another_folder_runs_with_the_files_of_the_first(self):
        table = "u,y\n" + "".join(f"{i % 7},{i % 5}\n" for i in range(400))
        (self.folder / "data.csv").write_text(table)
        (self.folder / "elsewhere").mkdir()
        (self.folder / "elsewhere/data.csv").write_text("u,y\nnothing\n")
        self.write("c.ini", small(task={"name": "file", "path": "data.csv", "input": "u", "target": "y", "drive": None}))
        self.submit(*ARRAY, "--seeds", "1..2")
        script = """pwd >>"$FAKE/where"; echo 105"""
        (self.fake / "bin/sbatch").write_text(f"#!/bin/bash\n{script}\n")
        there, self.folder = self.folder, self.folder / "elsewhere"
        self.submit("again", there / "many")
        self.submit("analyze", there / "many")
        self.assertEqual(self.noted("where"), 3 * [str(there.resolve())])

    def test_each_submission_without_a_name_keeps_its_files(self):
        copies = []
        for _ in range(2):
            self.submit("run", "c.ini", "-n", 1)
            copies.append(self.noted("sbatch")[-1].split(" /")[-1])
        self.assertEqual(len(set(copies)), 2)
        self.assertTrue(all(pathlib.Path("/" + copy).exists() for copy in copies))

    def test_interval_of_checkpoints_of_a_configuration_is_kept(self):
        for every, wanted in (("30", "30"), ("0", "600"), (None, "600")):
            self.write("c.ini", small(run={"checkpoint_every": every, "seed": 1}))
            self.job("run.sbatch", "c.ini", RESULT=f"{every}.h5")
            self.assertIn(f"checkpoint_every = {wanted}\n", attributes(self.folder / f"{every}.h5")["config"])

    def start_hanging(self, number):
        """A job whose launcher does not end on SLURM's signal, with a checkpoint of an earlier start."""
        (self.folder / f"{number}.h5.checkpoint").write_text("")
        os.utime(self.folder / f"{number}.h5.checkpoint", (1, 1))
        own = {"LAUNCH": "hangs", "RESULT": f"{number}.h5", "BAYRES_GRACE": "1", "SLURM_JOB_ID": str(number),
               "BAYRES_JOBS": str(JOBS), "BAYRES_RETRIES": "1"}
        return subprocess.Popen(["bash", JOBS / "run.sbatch", "c.ini"], cwd=self.folder, env={**self.variables, **own},
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def test_job_whose_ranks_hang_is_ended_after_a_grace_and_goes_back_to_the_queue(self):
        """It counts as a failure if there is no newer checkpoint."""
        (self.folder / "3.h5.failures").write_text("code 143\n")
        jobs = [self.start_hanging(number) for number in (1, 2, 3)]
        while len(self.noted("hangs.started")) < 3:
            time.sleep(0.02)
        (self.folder / "1.h5.checkpoint").touch()
        for job in jobs:
            job.send_signal(signal.SIGUSR1)
        newer, older, again = [job.communicate(timeout=40)[0] for job in jobs]
        for said in (newer, older, again):
            self.assertIn("the launcher is ended", said)
        self.assertIn("nothing is lost", newer)
        self.assertIn("failed with code 143: start 1 of 1 more", older)
        self.assertIn("failed 2 times without a newer checkpoint", again)
        self.assertEqual([job.returncode for job in jobs], [0, 0, 143])
        self.assertEqual(sorted(self.noted("requeue")), ["1", "2"])

    def test_failed_ranks_are_tried_again_as_long_as_checkpoints_come_or_the_cap_allows(self):
        for number in (1, 2):
            said = self.job("run.sbatch", "c.ini", LAUNCH="dies", RESULT="r.h5", BAYRES_RETRIES="2")
            self.assertIn(f"failed with code 137: start {number} of 2 more", said)
        (self.fake / "checkpoint").write_text("")
        for _ in range(2):  # it comes further each time
            said = self.job("run.sbatch", "c.ini", LAUNCH="dies", RESULT="r.h5", BAYRES_RETRIES="2")
            self.assertIn("start 1 of 2 more", said)
        (self.fake / "checkpoint").unlink()
        os.utime(self.folder / "r.h5.checkpoint", (1, 1))
        self.job("run.sbatch", "c.ini", LAUNCH="dies", RESULT="r.h5", BAYRES_RETRIES="2")
        self.job("run.sbatch", "c.ini", LAUNCH="dies", RESULT="r.h5", BAYRES_RETRIES="2", code=137)
        self.assertEqual(self.noted("requeue"), 5 * ["7"])
        self.assertEqual(set(self.noted("wait")), {"60"})  # srun ends ranks that hang after the others have failed
        self.write("c.ini", small(reservoir={"sise": 3}))
        (self.folder / "r.h5.checkpoint").unlink()
        self.job("run.sbatch", "c.ini", RESULT="r.h5", BAYRES_RETRIES="2", code=2)  # which no new start would mend


class SubmissionTest(JobsTest):
    def test_seeds_take_one_dry_run_and_large_arrays_are_split(self):
        (self.fake / "config").write_text("MaxArraySize            = 100\nMpiDefault = none\n")
        said = self.submit(*ARRAY, "--seeds", "1..250", "--limit", 8, "--", "--gres=x", "--account=me")
        self.assertIn("249 others were checked too, with 1 dry runs in all", said)
        first, second, third, merge = self.noted("sbatch")
        self.check_says(first, "--array=0-99%8", "--gres=x --account=me", "many/%a.log")
        self.check_says(second, "--array=0-99%8", "many/task-%A-%a.log")
        self.assertIn("--array=0-49%8", third)
        self.assertIn("BAYRES_FIRST=200", self.noted("environment.3"))
        self.check_says(merge, "--dependency=afterany:101:102:103 ", "--account=me")
        self.assertNotIn("--gres", merge)
        self.job("array.sbatch", "many", SLURM_ARRAY_TASK_ID="49", BAYRES_FIRST="200")
        self.assertEqual(attributes(self.folder / "many/run-0249.h5")["seed"], 250)
        self.assertIn("ended with code 0", (self.folder / "many/249.log").read_text())

    def test_queue_that_does_not_answer_is_not_an_empty_one(self):
        self.submit(*ARRAY, "--seeds", "1..2", "--", "-M", "far")
        self.submit("status", "many")
        self.assertEqual(["--clusters=far " in line for line in self.noted("squeue")], [True, True])
        (self.fake / "fails").touch()
        for command in (["again", "many"], ["status", "many"], ["analyze", "many"], [*ARRAY, "--seeds", "1..2"]):
            self.assertIn("Socket timed out", self.submit(*command, code=1))
        self.assertEqual(len(self.noted("sbatch")), 2)

    def test_memory_is_that_of_the_largest_run(self):
        def memory(place):
            return int(re.search(r"--mem-per-cpu=(\d+)M", self.noted("sbatch")[place]).group(1))

        self.submit("run", "c.ini", "-o", "r.h5", "-n", 1, "--reservoir.size=3000", "--reservoir.connectivity=1")
        sizes = ",".join(map(str, [3000, *range(50, 68)]))
        said = self.submit(*ARRAY, "--sweep", f"reservoir.size={sizes}", "--sweep", "reservoir.connectivity=0.1,1")
        self.assertIn("34 others were looked at by each value of each key", said)
        self.submit("again", "many")
        for place in (1, 3):  # a part of it is what the process takes, which is never quite the same
            self.assertAlmostEqual(memory(place), memory(0), delta=0.02 * memory(0))

    def test_failed_submission_leaves_nothing_behind(self):
        (self.fake / "refuse").write_text("2")  # the array is taken, its merge is not
        self.assertIn("no such account", self.submit(*ARRAY, "--seeds", "1..2", code=1))
        self.assertEqual(self.noted("scancel"), ["101"])
        self.assertEqual(self.files(), ["c.ini"])
        (self.fake / "refuse").unlink()
        self.submit(*ARRAY, "--seeds", "1..2")

    def test_what_cannot_run_is_refused_at_once(self):
        run = ["run", "c.ini", "-o", "r.h5"]
        refused = {
            "srn is not there": (run, {"LAUNCH": "srn --mpi=pmix"}),
            "--mpi=none each rank would start as a job of its own": (run, {"LAUNCH": "srun --mpi=none"}),
            "no --mpi=pmi7": (run, {"LAUNCH": "srun --mpi=pmi7"}),
            "has 8 cores (2 nodes of 4)": ([*run, "-n", 9], {}),
            "partition big has 8 cores (1 nodes of 8)": ([*run, "-n", 9, "--", "-p", "big"], {}),
            "a node of the default partition has 4 cores: give --nodes 2": ([*run, "-n", 8, "--nodes", 1], {}),
            "-t 2:00 is 120 s, and SLURM warns a job 120 s before": ([*run, "-t", "2:00"], {}),
            "-t soon is no time limit": ([*run, "-t", "soon"], {}),
            "r.csv: reservoir.gain is a column, and swept too": (
                [*ARRAY, "--table", "r.csv", "--sweep", "reservoir.gain=1,2"], {}),
            "run 2 has 1 values for 2 keys": ([*ARRAY, "--table", "short.csv"], {}),
            "'gain': is no section.key": ([*ARRAY, "--table", "named.csv"], {}),
            "reservoir.gain=3 is given for all runs": ([*ARRAY, "--table", "r.csv", "--reservoir.gain=3"], {}),
        }
        (self.fake / "config").write_text("MpiDefault = none\n")
        for name, text in (("r.csv", "reservoir.gain\n1\n"), ("short.csv", "run.seed,reservoir.gain\n1,2\n3\n"), ("named.csv", "gain\n1\n")):
            (self.folder / name).write_text(text)
        for words, (arguments, variables) in refused.items():
            with self.subTest(words):
                self.assertIn(words, " ".join(self.submit(*arguments, code=2, **variables).split()))
        self.submit(*run, "-n", 2, "-t", "2:00", "--", "--signal=B:USR1@30")
        self.assertEqual(len(self.noted("sbatch")), 1)
        self.assertIn("BAYRES_GRACE=22", self.noted("environment.1"))
        self.assertIn("1 ranks would have none", self.submit("run", "c.ini", "-o", "s.h5", "-n", 2))

    def test_nodes_of_a_scaling_study_follow_from_their_cores(self):
        shown = self.submit("scaling", "weak", "--ranks", "4,8", "--sizes", 256, "--ranks-per-node", 4, "--print")
        self.assertRegex(shown, "--ntasks=4 --nodes=1 .*--exclusive .*scaling.sbatch .* 256 3")
        self.assertRegex(shown, "--ntasks=8 --nodes=2 .*--exclusive .*scaling.sbatch .* 384 3")
        self.assertEqual(self.files(), ["c.ini"])

    def test_script_of_a_folder_with_a_space_finds_its_own_folder(self):
        """By hand, without jobs/slurm/submit: SLURM starts a copy of the script, and says where the script was."""
        (self.folder / "jobs").symlink_to(JOBS)
        (self.fake / "config").write_text(f"JobId=7\n   Command={self.folder}/jobs/run.sbatch d e.ini\n   WorkDir={self.folder}\n")
        self.write("d e.ini", small())
        said = self.call("bash", JOBS / "run.sbatch", "d e.ini", SLURM_JOB_ID="7")
        self.assertIn("ended with code 0", said)
        self.assertTrue((self.folder / "results/d e-7.h5").exists())

    def test_status_of_a_private_slurm_says_what_is_not_installed(self):
        done = subprocess.run([sys.executable, JOBS / "local-slurm", "status", self.folder.parent / "slurm"],
                              env={"PATH": str(self.folder)}, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertRegex(done.stdout, "missing +.*sbatch: on Debian: apt-get install")

    def test_memory_is_asked_for_unless_the_user_does(self):
        self.submit("run", "c.ini", "-o", "r.h5", "-n", 1)
        self.submit("run", "c.ini", "-o", "s.h5", "-n", 1, "--", "--mem=2G")
        asked, left = self.noted("sbatch")
        self.assertRegex(asked, r"--mem-per-cpu=\d{2,3}M")
        self.assertNotIn("--mem-per-cpu", left)


class CampaignTest(JobsTest):
    def test_table_of_runs_in_packs_with_status_and_again(self):
        (self.folder / "runs.csv").write_text("\ufeffrun.seed, learner.a.kappa\n1,50\n2,\n\n3,-1\n4,9\n")
        self.assertIn("kappa", self.submit(*ARRAY, "--table", "runs.csv", "--pack", 2, code=2))
        (self.folder / "runs.csv").write_text("\ufeffrun.seed, learner.a.kappa\n1,50\n2,\n\n3,8\n4,9\n")
        said = self.submit(*ARRAY, "--table", "runs.csv", "--pack", 2, "-t", "10:00", "--retries", 1)
        self.assertIn("of 4 runs", said)
        self.check_says(self.noted("sbatch")[0], "--array=0-1 ", "--time=10:00")
        self.queue("101|0|RUNNING|None|N/A", "101|1|PENDING|Resources|2026-12-01T10:00:00")
        said = self.submit("status", "many")
        self.assertRegex(said, "run-0000.h5 +running")
        self.assertRegex(said, "run-0001.h5 +waiting")
        self.check_says(said, "run.seed=3 learner.a.kappa=8; Resources, expected at 2026-12-01T10:00:00",
                        "4 runs: 1 running, 3 waiting")
        self.check_says(self.submit(*ARRAY, "--table", "runs.csv", code=2), "still in the queue (PENDING, RUNNING)")
        self.queue()
        (self.folder / "many/run-0001.h5.checkpoint").mkdir()
        pack = {"SLURM_ARRAY_TASK_ID": "0", "BAYRES_PACK": "2", "BAYRES_FIRST": "0"}
        self.job("array.sbatch", "many", code=3, **pack)
        said = self.submit("status", "many", code=1)
        self.assertRegex(said, "run-0000.h5 +done +250 ")
        self.assertRegex(said, "run-0001.h5 +failed .*run.seed=2; code 3: input or output; bayres: run-0001.h5.checkpoint|"
                         "run-0001.h5 +failed .*run.seed=2; code 3: input or output; bayres: .*run-0001.h5.checkpoint")
        self.check_says(said, "never started", "4 runs: 1 done, 1 failed, 2 new", "submit again")
        (self.folder / "many/run-0001.h5.checkpoint").rmdir()
        said = self.submit("again", "many")
        self.assertIn("of 3 of 4 runs", said)
        self.check_says(self.noted("sbatch")[2], "--array=0-1 ", "--time=10:00", "--ntasks=1")
        self.assertIn("BAYRES_RETRIES=1", self.noted("environment.3"))
        self.job("array.sbatch", "many", **pack)
        self.job("array.sbatch", "many", **{**pack, "SLURM_ARRAY_TASK_ID": "1"})
        self.assertEqual([attributes(self.folder / f"many/run-000{number}.h5")["seed"] for number in range(4)], [1, 2, 3, 4])
        self.assertEqual([attributes(self.folder / f"many/run-000{number}.h5", "learners/a")["kappa"] for number in range(4)],
                         [50, 50, 8, 9])
        self.assertIn("every run is complete", self.submit("again", "many"))
        self.check_says(self.submit("status", "many"), "4 runs: 4 done")
        self.check_analyze()

    def test_reason_is_of_the_last_start_and_a_pack_starts_no_run_again_that_it_gave_up(self):
        self.submit(*ARRAY, "--seeds", "1..2", "--pack", 2)
        pack = {"SLURM_ARRAY_TASK_ID": "0", "BAYRES_PACK": "2", "LAUNCH": "dies"}
        self.job("array.sbatch", "many", code=137, **pack)
        self.assertIn("code 137", self.submit("status", "many", code=1))
        (self.folder / "many/run-0001.h5.failures").unlink()
        self.job("array.sbatch", "many", code=1, **pack)  # as if put back into the queue for the second run
        logs = [(self.folder / f"many/{number}.log").read_text() for number in range(2)]
        self.assertEqual([log.count("start 0: ") for log in logs], [1, 2])
        with open(self.folder / "many/0.log", "a") as log:
            log.write("2026-01-01T00:00:00Z start 1: c.ini\n")
        self.assertRegex(self.submit("status", "many", code=1), "run-0000.h5 +failed .*killed without a last line")

    def check_analyze(self):
        self.queue("104|N/A|PENDING|Dependency|N/A")
        said = self.submit("analyze", "many", "-n", 1, "--", "-A", "me")
        self.assertIn("after 104", said)
        self.check_says(self.noted("sbatch")[-1], "--dependency=afterany:104", "--account=me", "campaign.sbatch")
        self.job("campaign.sbatch", "many")
        self.assertIn("<h1>bayres: task sines, 4 networks of 3 conditions", (self.folder / "many/report.html").read_text())
        self.assertTrue((self.folder / "many/analysis.h5").exists())

    def test_again_remembers_and_refuses_other_keys(self):
        self.submit(*ARRAY, "--seeds", "1..2")
        self.assertIn("again runs what was submitted", self.submit("again", "many", "--reservoir.gain=1", code=2))
        self.assertIn("tasks.tsv is not there", self.submit("again", ".", code=2))
        remembered = json.loads((self.folder / "many/submission.json").read_text())
        self.assertEqual((remembered["ranks"], remembered["pack"], remembered["environment"]["LAUNCH"]), (1, 1, "env"))


if __name__ == "__main__":
    unittest.main()
