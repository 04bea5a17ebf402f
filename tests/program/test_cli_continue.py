"""bayres run --continue: begins, goes on, or ends at once, and refuses what is of another configuration."""
import subprocess
import time
import unittest

from command_line import BAYRES, DONE, INPUT_OUTPUT, USAGE, CommandLineTest, attributes, data_sets, environment, small

COMPLETE = "c.h5 is complete: nothing is left to do."
FILE_TASK = {"name": "file", "path": "data.csv", "input": "u", "target": "y", "drive": None}
TABLE = "u,y\n" + "".join(f"{i % 7},{i % 5}\n" for i in range(400))


class ContinueTest(CommandLineTest):
    def go_on(self, *arguments, code=DONE, ranks=None):
        finished = self.run_bayres("run", "c.ini", "-o", "c.h5", "--continue", *arguments, ranks=ranks)
        self.check_code(finished, code)
        return finished

    def test_begins_then_has_nothing_left_then_is_tested_longer_to_the_same_bits(self):
        self.write("c.ini", small())
        self.go_on("--quiet")
        before = (self.folder / "c.h5").read_bytes()
        self.assertIn(COMPLETE, self.go_on().out)
        self.assertIn(COMPLETE, self.go_on("--dry-run").out)
        self.assertEqual((self.folder / "c.h5").read_bytes(), before)
        self.assertIn("goes on from c.h5.checkpoint after step 250", self.go_on("--protocol.test=8", "--dry-run").out)
        self.go_on("--protocol.test=8", "--quiet", ranks=2)
        whole = self.result(small(protocol={"test": 8}), name="whole")
        for name, values in data_sets(whole).items():
            self.assertEqual(values.tobytes(), data_sets(self.folder / "c.h5")[name].tobytes(), name)
        self.assertIn("protocol.test = 8, which was 5", attributes(self.folder / "c.h5")["history"])
        self.go_on("--protocol.test=8", "--run.checkpoint_every=5", "--run.stall_limit=9")  # which change no number

    def check_refused(self, finished, *words):
        for word in ("c.h5", *words):
            self.assertIn(word, finished.err)
        self.check_one_message(finished)

    def test_another_configuration_is_refused_with_all_keys_that_differ(self):
        self.write("c.ini", small())
        self.go_on("--quiet")
        before = (self.folder / "c.h5").read_bytes()
        differing = ["--reservoir.gain=1.2", "--learner.a.kappa=7", "--protocol.test=2"]
        words = ["reservoir.gain = 1.2, which was 1.5", "learner.a.kappa = 7, which was 50", "protocol.test = 2, which was 5"]
        for ranks, more in ((None, []), (2, []), (None, ["--dry-run"])):
            self.check_refused(self.go_on(*differing, *more, code=USAGE, ranks=ranks), "c.h5.checkpoint", "-o", "--force", *words)
        (self.folder / "c.h5.checkpoint").unlink()
        self.check_refused(self.go_on(*differing, code=USAGE), "-o", "--force", *words)
        self.assertIn("--continue", self.go_on("--force", code=USAGE).err)
        self.assertEqual((self.folder / "c.h5").read_bytes(), before)

    def test_deleted_checkpoint_does_not_mean_to_begin_anew(self):
        self.write("c.ini", small(protocol={"train": 1_000_000}))
        self.check_code(self.run_bayres("run", "c.ini", "-o", "c.h5", "--max-walltime=1s", "--quiet"), 75)
        (self.folder / "c.h5.checkpoint").unlink()
        self.check_refused(self.go_on(code=INPUT_OUTPUT), "is interrupted", "c.h5.checkpoint", "--force")
        self.write("c.ini", small())
        self.check_refused(self.go_on("--dry-run", code=INPUT_OUTPUT), "is interrupted")
        (self.folder / "c.h5").unlink()
        self.go_on("--quiet")
        (self.folder / "c.h5.checkpoint").unlink()
        self.assertIn(COMPLETE, self.go_on().out)

    def test_last_checkpoint_but_one_is_kept_on_request_and_can_be_gone_on_from(self):
        """A run is killed, and its last checkpoint is damaged."""
        self.write("c.ini", small(protocol={"train": 1_000_000}, record={"every": 1000, "state": "0", "state.every": 700},
                                  run={"keep_checkpoints": 2, "checkpoint_every": 1e-3}))
        last, before = self.folder / "c.h5.checkpoint", self.folder / "c.h5.checkpoint.previous"
        process = subprocess.Popen([BAYRES, "run", "c.ini", "-o", "c.h5", "--quiet"], cwd=self.folder, env=environment(None))
        while not before.exists() or before.samefile(last):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        process.kill()
        process.wait()
        self.assertLess(attributes(before)["steps_done"], attributes(last)["steps_done"])
        last.write_bytes(b"damaged")
        self.go_on(code=INPUT_OUTPUT)
        before.replace(last)
        steps = attributes(last)["steps_done"] + 2000
        length = [f"--protocol.train={steps // 10}", "--run.checkpoint_every=0"]
        self.go_on("--quiet", *length)
        whole = self.run_bayres("run", "c.ini", "-o", "whole.h5", "--quiet", *length)
        self.check_code(whole, DONE)
        found = data_sets(self.folder / "c.h5")
        for name, values in data_sets(self.folder / "whole.h5").items():
            self.assertEqual(values.tobytes(), found[name].tobytes(), name)
        self.assertEqual([name for name in self.files() if "previous" in name or "part" in name], [])

    def test_changed_data_are_refused_and_a_dry_run_says_what_they_are(self):
        (self.folder / "data.csv").write_text(TABLE)
        self.write("c.ini", small(task=FILE_TASK))
        self.go_on("--quiet")
        self.assertIn(COMPLETE, self.go_on().out)
        (self.folder / "data.csv").write_text(TABLE.replace("6", "8"))
        self.check_refused(self.go_on(code=INPUT_OUTPUT), "data.csv", "is not the file")
        said = self.run_bayres("run", "c.ini", "-o", "other.h5", "--continue", "--dry-run").out
        self.assertRegex(said, rf"input task: {len(TABLE)} bytes, crc32 [0-9a-f]{{8}}: /.*/data.csv\n")

    def test_ensemble_goes_on(self):
        self.write("c.ini", small(ensemble={"seeds": "1..2"}))
        self.go_on("--quiet")
        self.assertIn(COMPLETE, self.go_on().out)
        self.check_refused(self.go_on("--ensemble.seeds=1..3", code=USAGE), "ensemble.seeds = 1, 2, 3, which was 1, 2")


if __name__ == "__main__":
    unittest.main()
