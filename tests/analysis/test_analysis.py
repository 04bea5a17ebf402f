#!/usr/bin/python3
"""Reading results in Python, and drawing their figures."""

import shutil
import subprocess
import sys
import unittest

import h5py
import matplotlib.image
import numpy as np
import xarray

import runner

import bayres
from bayres import figures, study

CONFIG = """
[run]
seed = 4

[reservoir]
size = 60

[task]
name = lorenz
dimensions = 2
drive = target

[protocol]
feedback = none
washout = 2
train = 40
test = 10
evaluate_at = 2, 12, 42

[learner.bayes]
rule = bayes

[learner.delta]
rule = delta
eta = 1e-4, 1e-3

[learner.rls]
rule = rls

[record]
every = 2
rates = 0, 7
weights_every = 100
"""

FIGURES = ["outputs.png", "error.png", "learning_curve.png", "learning_rates.png", "weights.png"]
SKIPPED = tuple(f"{name}.png skipped: " for name in ("free_run", "trials", "confusion", "spikes", "output_spikes"))  # with this configuration


class Analysis(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        cls.path = runner.run(cls.folder, "result", CONFIG)

    def draw(self, *arguments):
        command = [sys.executable, str(runner.BIN / "figures"), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True)

    def assert_drawn(self, path):
        self.assertGreater(path.stat().st_size, 20000)
        image = matplotlib.image.imread(path)
        self.assertGreater(image.shape[0], 500)
        self.assertGreater(image.shape[1], 1000)
        inked = (image[..., :3].min(axis=2) < 0.9).mean()
        self.assertGreater(inked, 0.01, "nearly blank")
        self.assertLess(inked, 0.5, "nearly full")

    def test_figures(self):
        folder = self.folder / "new" / "figures"
        process = self.draw(self.path, "-o", folder)
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        drawn = [line for line in process.stdout.splitlines() if not line.startswith(SKIPPED)]
        self.assertEqual(drawn, [str(folder / name) for name in FIGURES])
        for name in FIGURES:
            with self.subTest(figure=name):
                self.assert_drawn(folder / name)

    def test_outputs_can_be_chosen(self):
        folder = self.folder / "chosen"
        process = self.draw(self.path, "-o", folder, "--outputs", "all", "--format", "svg")
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        self.assertIn("<svg", (folder / "outputs_2.svg").read_text())
        self.assertTrue((folder / "outputs_1.svg").exists())
        for wrong, message in ((["--outputs", "3"], "has no output 3: it has 1 to 2"), (["--outputs", "x"], "should be numbers from 1"),
                               (["--learners", "rls,bayse"], "has no learner bayse; it has bayes")):
            process = self.draw(self.path, "-o", folder, *wrong)
            self.assertEqual(process.returncode, 2)
            self.assertIn(message, process.stderr)

    def test_every_figure_is_a_function(self):
        with bayres.Result(self.path) as result:
            figure = figures.draw_outputs(figures.Drawing(result, output=1, learners=["delta_2"]))
            titles = [axes.get_title(loc="left") for axes in figure.axes]
            self.assertIn("Output 2 of 2; 1 of 4 learners;", titles[0])
            self.assertEqual([title.split("$")[1] for title in titles], [r"\bf{%s}" % letter for letter in "abc"])
            figures.plt.close(figure)

    def test_no_two_rules_have_one_colour(self):
        colours = [colour for colour, *_ in study.LOOKS.values()]
        self.assertEqual(len(set(colours)), len(colours))
        self.assertEqual(len({figures.shade(position, 0, 1) for position in range(11)}), 11)

    def test_logarithmic_axes_have_numbers(self):
        figure, axes = figures.plt.subplots()
        axes.loglog([2, 8], [0.11, 90])
        figure.canvas.draw()
        self.assertLess(len([tick for tick in axes.get_xticks() if 2 <= tick <= 8]), 2)
        figures.finished(figure, "title")
        figure.canvas.draw()
        self.assertGreater(len([tick for tick in axes.get_xticks() if 2 <= tick <= 8]), 1)
        figures.plt.close(figure)

    def test_windows_of_a_running_error_are_periods(self):
        time = np.arange(4000)
        target = np.column_stack([np.sin(2 * np.pi * time / 37.3) + np.sin(4 * np.pi * time / 37.3), np.cos(2 * np.pi * time / 37.3)])
        period = figures.period_of(target)
        self.assertAlmostEqual(period, 37.3, delta=0.05)
        self.assertAlmostEqual(figures.smoothing_width(target, 4000, 4000) / period, 2)
        smooth = figures.moving_mean(np.abs(target[:, 0]), 37.3)
        self.assertLess(np.ptp(smooth), 1e-2 * smooth.mean())  # a sawtooth of 10 % with 33 steps
        self.assertIsNone(figures.period_of(np.random.default_rng(0).standard_normal((500, 1))))
        self.assertIsNone(figures.period_of(np.ones((500, 1))))
        np.testing.assert_allclose(figures.moving_mean(np.array([1.0, 2, np.nan, 6]), 1), [1, 2, np.nan, 6])
        np.testing.assert_allclose(figures.moving_mean(np.array([1.0, 3, 5]), 2), [2, 3, 4])

    def test_figures_beside_the_result(self):
        folder = self.folder / "beside"
        folder.mkdir()
        shutil.copy(self.path, folder)
        self.assertEqual(self.draw(folder / self.path.name).returncode, 0)
        self.assertEqual({path.name for path in folder.glob("*.png")}, set(FIGURES))

    def test_figures_of_a_diverged_learner(self):
        path = runner.run(self.folder, "diverged", CONFIG, "--learner.delta.eta=1e-4,5")
        with bayres.Result(path) as result:
            self.assertGreaterEqual(result.learners["delta_2"].attributes["diverged_at_step"], 0)
        process = self.draw(path, "-o", self.folder / "diverged")
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        for name in FIGURES:
            self.assert_drawn(self.folder / "diverged" / name)
        with bayres.Result(path) as result:
            diverged = result.learners["delta_2"]
            label = figures.Drawing(result).looks["delta_2"]["label"]
            self.assertEqual(label, f"delta_2, eta = 5 (diverged at {0.1 * (diverged.attributes['diverged_at_step'] + 1):.6g})")
            result.attributes["status"] = "interrupted"
            self.assertIn("; stopped early, after 5", figures.Drawing(result).title)

    def test_figures_without_data_are_skipped(self):
        config = CONFIG.replace("evaluate_at = 2, 12, 42\n", "").replace("train = 40", "train = 0")
        path = runner.run(self.folder, "untrained", config)
        process = self.draw(path, "-o", self.folder / "untrained")
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        lines = [line for line in process.stdout.splitlines() if not line.startswith(SKIPPED)]
        for name, line in zip(FIGURES, lines, strict=True):
            self.assertRegex(line, f"^{name} skipped: .+")

    def test_figures_without_evaluations_or_rates_of_synapses(self):
        config = CONFIG.replace("evaluate_at = 2, 12, 42\n", "").replace("rule = bayes", "rule = delta\neta = 1e-3")
        config = config.replace("[learner.rls]\nrule = rls", "")
        path = runner.run(self.folder, "fixed", config)
        process = self.draw(path, "-o", self.folder / "fixed")
        self.assertEqual(process.returncode, 0)
        self.assertIn("learning_curve.png skipped: ", process.stdout)
        self.assertIn("learning_rates.png skipped: ", process.stdout)
        self.assertEqual(len(list((self.folder / "fixed").glob("*.png"))), 3)

    def test_bad_files(self):
        text = self.folder / "text.h5"
        text.write_text("not HDF5")
        other = self.folder / "other.h5"
        with h5py.File(other, "w") as file:
            file["time"] = np.arange(3)
        garbled = self.folder / "garbled.h5"
        shutil.copy(self.path, garbled)
        with h5py.File(garbled, "r+") as file:
            file.attrs["config"] = "size = 60"
        messages = {
            garbled: "not a result of bayres",
            self.folder / "none.h5": "no such file",
            text: "cannot be read as HDF5",
            other: "not a result of bayres",
            self.folder: "cannot be read as HDF5",
        }
        for path, message in messages.items():
            with self.subTest(path=path):
                process = self.draw(path)
                self.assertEqual(process.returncode, 2)
                self.assertIn(message, process.stderr)
                self.assertIn(str(path), process.stderr)
                self.assertEqual(len(process.stderr.splitlines()), 1)
        self.assertEqual(self.draw().returncode, 2)

    def test_shapes(self):
        records, outputs, neurons, snapshots, evaluations = 260, 2, 60, 5, 3
        with bayres.Result(self.path) as result:
            self.assertEqual(result.time.shape, (records,))
            np.testing.assert_allclose(np.diff(result.time), 0.2)
            self.assertEqual([int(np.sum(result.phase == phase)) for phase in range(3)], [10, 200, 50])
            self.assertEqual(result.input.shape, (records, outputs))
            self.assertEqual(result.target.shape, (records, outputs))
            self.assertEqual(result.rates.shape, (records, 2))
            np.testing.assert_allclose(result.snapshot_time, [2, 12, 22, 32, 42])
            self.assertEqual(result.config.getint("reservoir", "size"), neurons)
            self.assertEqual(result.config.get("reservoir", "tau"), "1")
            self.assertEqual((result.attributes["seed"], result.attributes["status"]), (4, "complete"))
            self.assertEqual(list(result.learners), ["bayes", "delta_1", "delta_2", "rls"])
            for name, learner in result.learners.items():
                self.assertEqual(learner.rule, name.split("_")[0])
                self.assertEqual(learner.output.shape, (records, outputs))
                self.assertEqual(learner.weights.shape, (snapshots, outputs, neurons))
                self.assertEqual(set(learner.evaluation), {"time", *bayres.results.OF_VALUES})
                self.assertEqual(learner.evaluation["time"].shape, (evaluations,))
                self.assertEqual(learner.evaluation["nrmse"].shape, (evaluations, outputs))
                self.assertEqual(learner.attributes["diverged_at_step"], -1)
            self.assertEqual(result.learners["bayes"].learning_rate.shape, (snapshots, outputs, neurons))
            self.assertIsNone(result.learners["delta_1"].learning_rate)
            self.assertEqual(result.learners["delta_2"].label, "delta_2, eta = 0.001")
            self.assertEqual(result.learners["bayes"].parameters, {"kappa": 60, "drift": 0, "prior_decay": 0, "others": "prior"})

    def test_ensemble(self):
        path = runner.run(self.folder, "ensemble", CONFIG, "--ensemble.seeds=7,4", "--run.seed=1")
        with bayres.Result(path) as ensemble, bayres.Result(path, network=1) as second, bayres.Result(self.path) as one:
            self.assertEqual([*ensemble.seeds], [7, 4])
            self.assertEqual(ensemble.target.shape, one.target.shape)
            self.assertEqual(ensemble.rates.shape, (2, *one.rates.shape))
            np.testing.assert_array_equal(second.rates, one.rates)
            self.assertEqual(list(ensemble.learners), list(one.learners))
            for name, learner in one.learners.items():
                both, same = ensemble.learners[name], second.learners[name]
                np.testing.assert_array_equal(both.output[1], learner.output)
                np.testing.assert_array_equal(same.weights, learner.weights)
                np.testing.assert_array_equal(same.evaluation["time"], learner.evaluation["time"])
                np.testing.assert_array_equal(same.evaluation["nrmse"], learner.evaluation["nrmse"])
                self.assertEqual(both.attributes["test_nrmse"][1], learner.attributes["test_nrmse"])
                self.assertEqual(same.attributes["test_nrmse"], learner.attributes["test_nrmse"])
                self.assertEqual(both.label, learner.label)
        process = self.draw(self.path, "--network", "0")
        self.assertEqual(process.returncode, 2)
        self.assertIn("one network only", process.stderr)
        process = self.draw(path, self.path, "--network", "0")
        self.assertIn("several files", process.stderr)
        process = self.draw(path, "-o", self.folder / "over", "--format", "pdf")  # over its networks
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        drawn = {file.name for file in (self.folder / "over").iterdir()}
        self.assertEqual(drawn, {"scores.pdf", "learning_curves.pdf"})
        self.assertEqual((self.folder / "over/scores.pdf").read_bytes()[:4], b"%PDF")
        self.assertEqual(self.draw(path, "--network", "1", "-o", self.folder / "second").returncode, 0)
        self.assertIn("no network 2", self.draw(path, "--network", "2").stderr)
        for engine in ("netcdf4", "h5netcdf"):
            with xarray.open_dataset(path, engine=engine, group="learners/bayes") as learner:
                self.assertEqual(learner["weights"].dims, ("seed", "snapshot", "output_channel", "neuron"))
                self.assertEqual(learner["test_nrmse"].dims, ("seed",))
                np.testing.assert_array_equal(learner["test_nrmse"], learner.attrs["test_nrmse"])
                self.assertEqual(learner["test_nrmse"].sel(seed=4), learner.attrs["test_nrmse"][1])
            with xarray.open_dataset(path, engine=engine, group="learners/bayes/evaluation") as evaluation:
                np.testing.assert_array_equal(evaluation["nrmse"].sel(seed=7), evaluation["nrmse"][0])

    def test_choices_of_an_ensemble(self):
        """The validation curve of each network."""
        config = CONFIG + "\n[learner.ridge]\nrule = ridge\nlambda = 1e-6, 1e-3, 1\nlambda_select = validation\n"
        path = runner.run(self.folder, "choices", config, "--ensemble.seeds=7,4", "--run.seed=1")
        alone = runner.run(self.folder, "choice", config, "--run.seed=4")
        with bayres.Result(path) as ensemble, bayres.Result(path, network=1) as second, bayres.Result(alone) as one:
            for key, shape in (("fit_nrmse", ()), ("fit_lambda", ()), ("fit_validation_lambda", (3,)), ("fit_validation_nrmse", (3,))):
                all_, same, expected = (result.learners["ridge_selected"].attributes[key] for result in (ensemble, second, one))
                self.assertEqual(all_.shape, (2, *shape))
                np.testing.assert_array_equal(all_[1], same)
                np.testing.assert_array_equal(same, expected)

    def test_xarray(self):
        for engine in ("netcdf4", "h5netcdf"):
            with self.subTest(engine=engine):
                with xarray.open_dataset(self.path, engine=engine) as root:
                    self.assertEqual(root["target"].dims, ("time", "output_channel"))
                    self.assertEqual(root["snapshot_time"].dims, ("snapshot",))
                    self.assertEqual(root["time"].attrs["units"], "unit of tau")
                    self.assertEqual(root.sizes["neuron"], 60)
                    target = root["target"].values
                with xarray.open_dataset(self.path, engine=engine, group="learners/bayes") as learner:
                    self.assertEqual(learner["output"].dims, ("time", "output_channel"))
                    self.assertEqual(learner["weights"].dims, ("snapshot", "output_channel", "neuron"))
                    self.assertEqual(learner.attrs["rule"], "bayes")
                    self.assertTrue(learner["weights"].attrs["long_name"])
                    self.assertEqual(learner["output"].values.shape, target.shape)
                with xarray.open_dataset(self.path, engine=engine, group="learners/bayes/evaluation") as evaluation:
                    self.assertEqual(evaluation["nrmse"].dims, ("evaluation", "output_channel"))


if __name__ == "__main__":
    unittest.main()
