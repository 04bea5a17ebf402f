#!/usr/bin/python3
"""bayres.sweep and bayres-sweep: grids, random and guided searches; failures are rows, and the same call goes on."""
import contextlib
import io
import os
import subprocess
import sys
import unittest
import unittest.mock

import numpy as np
import pandas

import runner

import bayres
from bayres import running, sweep_command, sweeps

CONFIG = {"reservoir": {"size": 40}, "task.name": "narma10", "protocol": {"washout": 5, "train": 20, "test": 10},
          "learner.r": {"rule": "ridge", "lambda": 1e-6}}
TWO = CONFIG | {"learner.b": {"rule": "bayes"}}
TRIED = {"trial": 0, "pruned": False, "learner": "r"}  # of a row of a guided search
LAMBDAS = {"learner.r.lambda": bayres.log_uniform(1e-8, 10)}


class Sweeps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        os.environ["BAYRES_LAUNCH"] = os.environ["BAYRES_MPIRUN_BASE"]

    def test_grid(self):
        over = {"reservoir.gain": [0.5, 0.9], "reservoir.dt": [0.1, -1]}
        found = bayres.sweep(TWO, over, self.folder / "grid", seeds=range(1, 4), jobs=2)
        table = found.table.drop_duplicates("result")
        self.assertEqual(table.status.tolist(), ["complete"] * 3 + ["failed"] * 3 + ["complete"] * 3 + ["failed"] * 3)
        self.assertTrue(all("reservoir.dt" in message for message in table.message[table.status == "failed"]))
        with bayres.run(TWO, **{"reservoir.gain": 0.9, "run.seed": 2}) as alone:
            score = alone.learners["r"].attributes["test_nrmse"]
        values = found.xarray().test_nrmse
        self.assertEqual(dict(values.sizes), {"reservoir.gain": 2, "reservoir.dt": 2, "run.seed": 3, "learner": 2})
        self.assertEqual(values.sel({"reservoir.gain": 0.9, "reservoir.dt": 0.1, "run.seed": 2, "learner": "r"}), score)
        self.assertTrue(np.isnan(values.sel({"reservoir.dt": -1})).all())
        best = found.best(learner="r")
        medians = values.sel({"reservoir.dt": 0.1, "learner": "r"}).median("run.seed")
        self.assertEqual((best["reservoir.gain"], best["test_nrmse"], best["runs"]),
                         (float(medians["reservoir.gain"][medians.values.argmin()]), float(medians.min()), 3))
        self.assertEqual(found.best("test_r2", "r")["test_r2"], found.medians("test_r2", "r")["test_r2"].max())
        kept = pandas.read_csv(self.folder / "grid/sweep.csv", float_precision="round_trip")
        np.testing.assert_array_equal(kept.test_nrmse, found.table.test_nrmse)
        self.assertEqual(len(found.plot().axes), 3)  # two maps and their colours
        self.assertIn("6 complete, 6 failed", repr(found))
        with self.assertRaisesRegex(bayres.Error, "there are test_"):
            found.best("nrmse")
        with self.assertRaisesRegex(bayres.ConfigurationError, "other keys or values"):
            bayres.sweep(TWO, over, self.folder / "grid")

    def test_random(self):
        over = {"reservoir.gain": bayres.uniform(0.5, 1.5), "reservoir.size": bayres.integers(30, 32),
                "reservoir.leak_on": ["state", "rate"], **LAMBDAS}
        points = [sweeps.points_of(*sweeps.checked(over, None, 400), 400, seed, [None]) for seed in (1, 1, 2)]
        self.assertEqual(points[0], points[1])
        self.assertNotEqual(points[0], points[2])
        self.assertEqual({point["reservoir.size"] for point in points[0]}, {30, 31, 32})
        exponents = np.log10([point["learner.r.lambda"] for point in points[0]])
        self.assertTrue(exponents.min() < -7.5 and exponents.max() > 0.5 and abs(exponents.mean() + 3.5) < 0.5)
        found = bayres.sweep(CONFIG, over, n=4)
        drawn = [point["learner.r.lambda"] for point in points[0][:4]]
        self.assertEqual(found.table["learner.r.lambda"].tolist(), drawn)
        self.assertEqual(dict(found.xarray().sizes), {"run": 4, "learner": 1})
        self.assertEqual(len(found.plot().axes), 4)

    def test_data_of_the_same_call(self):
        data = {"u": np.sin(np.arange(60)), "y": np.cos(np.arange(60))}
        config = {"reservoir.size": 20, "task": {"name": "file", "input": "u", "target": "y"}, "learner.r.rule": "rls"}

        def swept():
            return bayres.sweep(config, {"run.seed": [1, 2]}, self.folder / "data", data=data)
        first = swept().table
        written = (self.folder / "data/run-0000.h5").stat().st_mtime_ns
        pandas.testing.assert_frame_equal(swept().table, first)
        self.assertEqual((self.folder / "data/run-0000.h5").stat().st_mtime_ns, written)
        data["y"][3] = 9
        with self.assertRaisesRegex(bayres.ConfigurationError, "data.h5: holds other data"):
            swept()

    def guided(self, folder, **options):
        return bayres.sweep(CONFIG, LAMBDAS | {"reservoir.gain": [0.5, -1]}, self.folder / folder, search="guided", n=5,
                            seeds=[1, 2], **options)

    def test_guided(self):
        """Sets that fail are left out, bad ones are pruned, and a search that was stopped goes on as if it had not
        been."""
        rows, calls = sweeps.Runner.rows, []

        def stopped(runner, points, folder):
            if len(calls) == 2:
                raise bayres.Interrupted("stopped", None)
            calls.append(folder)
            return rows(runner, points, folder)
        with unittest.mock.patch.object(sweeps.Runner, "rows", stopped):
            self.assertRaises(bayres.Interrupted, self.guided, "guided")
        before = {path: path.stat().st_mtime_ns for path in self.folder.glob("guided/*/run-*.h5")}
        found = self.guided("guided")
        self.assertEqual({path: path.stat().st_mtime_ns for path in before}, before)
        pandas.testing.assert_frame_equal(found.table, self.guided("again").table)
        self.assertEqual(found.table.trial.nunique(), 5)
        with self.assertRaisesRegex(bayres.ConfigurationError, "holds a guided search"):
            bayres.sweep(CONFIG, LAMBDAS, self.folder / "guided", search="random", n=1)
        failed = found.table[found.table.status == "failed"]
        self.assertTrue(len(failed) and (failed["reservoir.gain"] == -1).all())
        self.assertFalse(failed.pruned.any())
        best = found.best()
        self.assertEqual((best["runs"], best["reservoir.gain"]), (2, 0.5))

    def test_pruned_trials_and_sets_that_are_tried_twice(self):
        """A search of which a formula gives the scores: sizes far from 3 are worse, of 7 every run fails."""
        class Formula:
            jobs = 1

            def rows(self, points, folder):
                rows = [{"result": f"run-{number:04}.h5", **point} for number, point in enumerate(points)]
                return pandas.DataFrame(rows)

        def scored(runs, folder, home):
            for run in runs.to_dict("records"):
                failed, size = run["reservoir.size"] == 7, run["reservoir.size"]
                score = abs(size - 3) + run["run.seed"] / 10
                said = {"learner": None} if failed else {"learner": "r", "test_nrmse": score}
                yield run | {"result": str((folder / run["result"]).relative_to(home))} | said
        given = sweeps.checked({"reservoir.size": bayres.integers(1, 7)}, "guided", 1)[0]
        with unittest.mock.patch.object(sweeps, "scored", lambda *words: list(scored(*words))):
            rows = sweeps.guided(Formula(), self.folder, given, 14, [1, 2, 3], 1, "test_nrmse", None)
        found = sweeps.Sweep(self.folder, ["reservoir.size", "run.seed"], pandas.DataFrame(rows), "guided")
        sizes = found.table.groupby("trial")["reservoir.size"].first()
        self.assertLess(sizes.nunique(), len(sizes))
        pruned, failed = found.table[found.table.pruned], found.table[found.table.learner.isna()]
        self.assertTrue(len(pruned) and len(failed))
        self.assertTrue(set(pruned.trial).isdisjoint(failed.trial))
        runs = found.table.groupby("trial").size()
        self.assertTrue((runs[pruned.trial] < 3).all() and (runs.drop([*pruned.trial, *failed.trial]) == 3).all())
        self.assertEqual(found.best()[["reservoir.size", "test_nrmse", "runs"]].tolist(), [3, 0.2, 3])

    def test_best_of_a_table(self):
        def best(rows, search="guided"):
            table = pandas.DataFrame([TRIED | row for row in rows])
            return sweeps.Sweep(self.folder, ["reservoir.size", "run.seed"], table, search).best()

        def trial(number, size, *scores, **said):
            return [{"trial": number, "reservoir.size": size, "run.seed": seed, "test_nrmse": score} | said
                    for seed, score in enumerate(scores)]
        twice = trial(0, 30, 0.8, 0.9) + trial(1, 30, 0.8, 0.9)
        self.assertEqual(best(twice + trial(2, 20, 0.1, 0.2))[["reservoir.size", "runs"]].tolist(), [20, 2])
        self.assertEqual(best(twice + trial(2, 20, 0.1, pruned=True))[["reservoir.size", "runs"]].tolist(), [30, 2])
        self.assertEqual(best(trial(0, 20, 0.1, pruned=True) + trial(1, 20, 0.1, 0.2))["runs"], 2)
        lost = trial(0, 30, 0.8, 0.9) + trial(1, 20, np.nan, learner=None)
        self.assertEqual(best(lost)["reservoir.size"], 30)
        seeds = pandas.DataFrame([TRIED | row for row in trial(0, 30, 0.8) + trial(0, 30, 0.9, learner=None)])
        alone = sweeps.Sweep(self.folder, ["run.seed"], seeds.assign(**{"run.seed": [1, 2]}))
        self.assertRaisesRegex(bayres.Error, "no set of values has a finite", alone.best)

    def test_a_program_that_is_killed_is_no_row(self):
        def killed(words, ranks, progress):
            folder = words[words.index("-o") + 1]
            (folder / "runs.csv").write_text("result,run.seed,status,exit_code,message\nrun-0000.h5,1,not begun,,\n")
            return -9, "", "out of memory"
        with unittest.mock.patch.object(running, "call", killed):
            with self.assertRaisesRegex(bayres.RunError, "out of memory") as caught:
                bayres.sweep(CONFIG, {"run.seed": [1]}, self.folder / "killed")
        self.assertEqual(caught.exception.code, -9)
        self.assertRaisesRegex(bayres.Error, "the same call goes on", bayres.Interrupted("stopped", None).resume)

    def test_a_guide_prunes_and_learns(self):
        """By itself, on scores that a formula gives: log10(lambda) = -5 is best."""
        guide, drawn = sweeps.Guide(sweeps.checked(LAMBDAS, "guided", 1)[0], "test_nrmse", 3), []
        pruned = []
        for first in range(0, 60, 4):
            for trial, point in guide.batch(first, 4):
                score = abs(np.log10(point["learner.r.lambda"]) + 5)
                drawn.append(score)
                if guide.goes_on(trial, score, 0):
                    guide.ended(trial, score)
                else:
                    pruned.append(score)
        self.assertLess(np.median(drawn[40:]), np.median(drawn[:10]) / 3)
        self.assertTrue(pruned)
        self.assertGreater(min(pruned), min(drawn))

    def test_mistakes_are_named(self):
        for said, over, options in (("give a list of values", {"reservoir.gain": 3}, {}),
                                    ("give a list of values", {"reservoir.gain": "3"}, {}),
                                    ("needs values", {}, {}), ("such as n=50", LAMBDAS, {}),
                                    ("is a range", LAMBDAS, {"search": "grid"}),
                                    ("allowed is grid, random, guided", {"run.seed": [1]}, {"search": "best"}),
                                    ("give one of them", {"run.seed": [1]}, {"seeds": [1]}),
                                    ("stands there twice", {"run.seed": [1, 2, 1]}, {}), ("jobs = 0", {"run.seed": [1]}, {"jobs": 0}),
                                    ("no run of 2 is complete.*gian", {"reservoir.gian": [1, 2]}, {}),
                                    ("run it within a job", LAMBDAS, {"search": "guided", "n": 2, "slurm": {}})):
            with self.subTest(said), self.assertRaisesRegex(bayres.ConfigurationError, "(?s)" + said):
                bayres.sweep(CONFIG, over, **options)
        once = sweeps.checked({"run.seed": (seed for seed in (1, 2))}, None, None)[0]
        self.assertEqual(once["run.seed"].values, [1, 2])
        failed = [{"result": "run-0000.h5", "learner": None},
                  {"result": "run-0001.h5", "learner": "r", "test_nrmse": 1}]
        with self.assertRaisesRegex(bayres.ConfigurationError, "learner = q: the runs have r"):
            sweeps.score_of(failed, "test_nrmse", "q")
        self.assertRaises(bayres.ConfigurationError, bayres.log_uniform, 0, 1)
        self.assertRaises(bayres.ConfigurationError, bayres.uniform, 2, 1)
        with self.assertRaisesRegex(bayres.ConfigurationError, "several: give learner=NAME"):
            bayres.sweep(TWO, LAMBDAS, search="guided", n=1)
        with unittest.mock.patch.dict(sys.modules, {"optuna": None}):
            with self.assertRaisesRegex(ImportError, "python3-optuna"):
                bayres.sweep(CONFIG, LAMBDAS, search="guided", n=1)

    def command(self, *words):
        done = subprocess.run([runner.BIN / "bayres-sweep", "c.ini", *map(str, words)], cwd=self.folder,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def test_command_line(self):
        (self.folder / "c.ini").write_text(running.config_text(CONFIG))
        given = ("-o", "line", "--over", "reservoir.gain=0.5,0.9", "--over", "run.seed=1..2", "--protocol.test=5")
        done = self.command(*given)
        self.assertIn("4 complete; line/sweep.csv, line/sweep.png\nbest: reservoir.gain = 0.", done.stdout)
        self.assertIn("run-0003.h5 of 4, complete", done.stderr)
        found = bayres.sweep(CONFIG, {"reservoir.gain": [0.5, 0.9], "run.seed": range(1, 3)}, **{"protocol.test": 5})
        kept = pandas.read_csv(self.folder / "line/sweep.csv", float_precision="round_trip")
        np.testing.assert_array_equal(kept.test_nrmse, found.table.test_nrmse)
        self.assertEqual((self.folder / "line/sweep.png").read_bytes()[:4], b"\x89PNG")
        self.command("-o", "drawn", "--log", "learner.r.lambda=1e-8,1", "--integers", "reservoir.size=20,30", "-n", 2,
                     "--quiet")
        config = ("bayres-sweep", str(self.folder / "c.ini"), "-o", str(self.folder / "wrong"))
        for words, said in ((("--over", "gain=1"), "section.key=value,value"), (("--log", "reservoir.gain=1"), "two numbers"),
                            (("--over", "run.seed=1", "--over", "run.seed=2"), "given twice"),
                            (("--over", "reservoir.gian=1", "--quiet"), "gian")):
            with unittest.mock.patch("sys.argv", [*config, *words]), contextlib.redirect_stderr(io.StringIO()) as shown:
                try:
                    code = sweep_command.main()
                except SystemExit as stopped:  # of argparse
                    code = stopped.code
            self.assertEqual(code, 2)
            self.assertIn(said, shown.getvalue())


if __name__ == "__main__":
    unittest.main()
