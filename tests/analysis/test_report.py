#!/usr/bin/python3
"""Reports as one HTML file, and reading of several results as one study."""

import json
import os
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

import h5py
import numpy as np
import pandas

import runner

import bayres
from bayres import overview

CONFIG = """
[reservoir]
size = 60

[task]
name = sines
drive = target

[protocol]
washout = 2
train = 40
test = 10
evaluate_at = 2, 12, 42

[learner.bayes]
rule = bayes

[learner.delta]
rule = delta
eta = 1e-4, 5

[record]
every = 2
rates = 3..30
weights_every = 100
"""


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        cls.single = runner.run(cls.folder, "single <1>", CONFIG, "--run.seed=9")
        cls.ensemble = runner.run(cls.folder, "ensemble", CONFIG, "--ensemble.seeds=1..4")
        cls.other = runner.run(cls.folder, "other", CONFIG, "--ensemble.seeds=1..3", "--reservoir.gain=1.1")
        cls.analysis = cls.folder / "analysis.h5"
        command = [os.environ["BAYRES_ANALYZE"], cls.single, cls.ensemble, cls.other, "-o", cls.analysis, "--quiet"]
        subprocess.run(command, check=True)

    def report(self, *arguments):
        path = self.folder / "new" / "report.html"
        command = [sys.executable, str(runner.BIN / "report"), *map(str, arguments), "-o", str(path)]
        process = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        return path.read_text()

    def assert_self_contained(self, text):
        root = ElementTree.fromstring(text)  # well-formed
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        self.assertEqual(len(ids), len(set(ids)), "ids are not unique")
        for element in root.iter():
            self.assertNotIn(element.tag.split("}")[-1], ("script", "link", "img", "iframe", "object", "embed", "base"))
            for name, value in element.attrib.items():
                if name.split("}")[-1] in ("src", "href", "srcset", "data", "action", "poster"):
                    self.assertTrue(value.startswith("#"), f"{name}={value}")
                    self.assertIn(value[1:], ids)
        for reference in re.findall(r"url\(([^)]*)\)", text):
            self.assertIn(reference.lstrip("#"), ids)
        self.assertNotIn("@import", text)
        return root

    def assert_says(self, text, wanted):
        self.assertTrue(wanted in text, f"{wanted} is missing")  # without printing all of the text

    def figures(self, root):
        return [svg.get("aria-label") for svg in root.iter("{http://www.w3.org/2000/svg}svg")]

    def test_one_network(self):
        text = self.report(self.single)
        root = self.assert_self_contained(text)
        self.assertEqual(self.figures(root), ["outputs", "error", "learning_curve", "learning_rates", "weights"])
        self.assert_says(text, "single &lt;1&gt;.h5")
        self.assert_says(text, "gain = 1.5")  # the whole configuration
        with bayres.Result(self.single) as result:
            self.assert_says(text, result.attributes["history"].split("\n")[0].replace("<", "&lt;").replace(">", "&gt;"))
            steps = result.performance["steps_per_second"]
            self.assert_says(text, f">{steps:.4g}<")
            for learner in result.learners.values():
                score = learner.attributes["train_mae"]
                self.assert_says(text, ">none<" if np.isnan(score) else f">{score:.4g}<")
            self.assert_says(text, f">{result.learners['bayes'].attributes['test_nrmse']:.4g}<")
            self.assert_says(text, f"at step {result.learners['delta_2'].attributes['diverged_at_step']}")

    def test_study(self):
        text = self.report(self.single, self.ensemble, self.other, "--analysis", self.analysis)
        root = self.assert_self_contained(text)
        self.assertEqual(self.figures(root), ["study_scores", "study_map", "study_curves", "online", "rates", "outputs", "error",
                                              "learning_curve", "learning_rates", "weights"])
        with h5py.File(self.analysis) as file:
            medians = file["comparison/test_nrmse"]
            for name in ("median", "low", "high"):
                self.assert_says(text, f"{medians[name][0]:.4g}")
            for k, label in enumerate(("reservoir.gain = 1.5", "reservoir.gain = 1.1")):
                self.assertEqual(file[f"conditions/c{k}"].attrs["label"], label)
                self.assert_says(text, label)
                ratio = np.median(file[f"conditions/c{k}/rates/participation_ratio"])
                self.assert_says(text, f">{ratio:.4g}<")
            pairs = {name: file[f"comparison/test_nrmse/{name}"][()] for name in ("shared", "better", "ties", "worse", "p_holm")}
        place = int(np.flatnonzero(pairs["shared"] == 5)[0])  # learners of one condition
        cells = [str(int(pairs[name][place])) for name in ("shared", "better", "ties", "worse")]
        self.assert_says(text, ">" + '</td><td class="number">'.join(cells) + "<")
        self.assert_says(text, f">{pairs['p_holm'][place]:.2g}<")

    def test_performance_of_an_ensemble(self):
        """Seconds have a sum over networks, rates have none."""
        text = self.report(self.ensemble)
        with bayres.Result(self.ensemble) as result:
            rates, seconds = (result.performance[name] for name in ("steps_per_second", "seconds_recurrent"))
        self.assert_says(text, f"seconds recurrent</td><td>{seconds.sum():.4g}</td><td>{np.median(seconds):.4g}<")
        self.assert_says(text, f"steps per second</td><td></td><td>{np.median(rates):.4g}<")

    def test_figures_without_data_are_named(self):
        config = CONFIG.replace("evaluate_at = 2, 12, 42\n", "").replace("weights_every = 100\n", "")
        text = self.report(runner.run(self.folder, "bare", config))
        self.assert_self_contained(text)
        self.assert_says(text, "No figure of learning curve: fewer than two evaluations")

    def test_bad_files(self):
        text = self.folder / "text.h5"
        text.write_text("not HDF5")
        for arguments, message in (([text], "cannot be read as HDF5"), ([self.folder / "none.h5"], "no such file"),
                                   ([self.single, "--analysis", self.single], "not an analysis"),
                                   ([self.single, self.single], "give each network once")):
            command = [sys.executable, str(runner.BIN / "report"), *map(str, arguments), "-o", str(self.folder / "no.html")]
            process = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(process.returncode, 2)
            self.assertIn(message, process.stderr)
            self.assertFalse((self.folder / "no.html").exists())

    def test_open_many_groups_as_bayres_analyze_does(self):
        with bayres.open_many([self.single, self.ensemble, self.other]) as study, h5py.File(self.analysis) as file:
            self.assertEqual(len(study.conditions), 2)
            for k, condition in enumerate(study.conditions):
                group = file[f"conditions/c{k}"]
                self.assertEqual(condition.label, group.attrs["label"])
                np.testing.assert_array_equal(condition.seeds, group["seed"])
                for name in condition.learners:
                    np.testing.assert_array_equal(condition.scores(name, "test_nrmse"),
                                                  group[f"learners/{name}/test_nrmse"])
            curves = study.conditions[0].each(lambda network: network.learners["bayes"].evaluation["nrmse"])
            self.assertEqual(curves.shape, (5, 3, 1))

    def test_compare(self):
        """By hand, of networks that both conditions have, whatever is given."""
        with bayres.open_many([self.ensemble, self.other]) as study:
            first, second = (condition.by_network("bayes", "test_nrmse") for condition in study.conditions)
            self.assertEqual([*second], [(1, 0), (2, 0), (3, 0)])
            found = bayres.compare(first, second)
            a, b = np.array([*first.values()])[:3], np.array([*second.values()])
            self.assertEqual(found[:4], (3, (a < b).sum(), 0, (a > b).sum()))
            self.assertAlmostEqual(found.ratio, np.median(a / b))
            self.assertEqual(found.p, bayres.statistics.paired_test(a, b))
            self.assertTrue(np.isnan(found.low))
            learners = [condition.result.learners["bayes"] for condition in study.conditions]
            for pair in ((a, b), map(pandas.Series, (a, b)), learners):
                np.testing.assert_equal(tuple(bayres.compare(*pair)), tuple(found))
            with self.assertRaisesRegex(bayres.ResultError, "no network in common"):
                bayres.compare({1: 2.0}, {2: 2.0})
            everything = study.compare()
            self.assertEqual(len(everything), 15)
            place = (everything["first"] == "bayes") & (everything["second"] == "bayes")
            self.assertEqual(tuple(everything[place][["networks", "wins", "ties", "losses"]].values[0]), found[:4])
            np.testing.assert_array_equal(everything["p_holm"], bayres.statistics.holm(everything["p"]))
            some = study.compare(reference="bayes", labels={"delta_1": "slow", "reservoir.gain = 1.5": "strong"}, unit="sd")
            self.assertEqual(some["second"].tolist(), ["slow", "delta_2"] * 2)
            self.assertEqual(some["condition_first"].tolist(), ["strong"] * 2 + ["reservoir.gain = 1.1"] * 2)
            self.assertEqual(some["median_second (sd)"][1], np.inf)  # it diverged
            self.assertEqual((some["wins"][1], some["ratio"][1]), (4, 0))
            better = study.compare(by="test_r2", learners=["bayes", "delta_1"])  # more is better
            self.assertEqual(better["wins"][0], everything["wins"][0])
            with self.assertRaisesRegex(bayres.ResultError, "no file has a learner bayse"):
                study.compare(reference="bayse")
            with self.assertRaisesRegex(bayres.ResultError, "no learner has a score test_nrmsee .*: there are .*test_nrmse, .*test_r2"):
                study.compare(by="test_nrmsee")

    def test_report_of_pairs(self):
        text = self.report(self.ensemble, self.other, "--reference", "delta_1", "--label", "delta_1=the slow one", "--unit", "sd")
        self.assert_self_contained(text)
        self.assert_says(text, "<td>the slow one</td>")
        self.assert_says(text, "Only delta_1 with each other learner")

    def test_table(self):
        found = bayres.table([self.ensemble, self.other])
        self.assertEqual([*found.columns], ["reservoir.gain", "seed", "learner", "rule", "learner.eta", "output", "metric", "value"])
        self.assertEqual(found["seed"].dtype, int)
        self.assertEqual(len(found), 7 * 3 * 20)  # 18 scores over outputs, 1 of the output, and when it diverged
        one = found.query("seed == 3 and learner == 'delta_1' and metric == 'test_nrmse' and output == 'all'")
        self.assertEqual([*one["reservoir.gain"]], [1.5, 1.1])
        self.assertEqual([*one["learner.eta"]], [1e-4, 1e-4])
        with bayres.Result(self.ensemble) as result:
            self.assertEqual(one["value"].iloc[0], result.learners["delta_1"].attributes["test_nrmse"][2])

        with_curves = bayres.table([self.ensemble, self.other], curves=True)
        pandas.testing.assert_frame_equal(with_curves[with_curves["time"].isna()].drop(columns="time").reset_index(drop=True), found)
        curve = with_curves.query("`reservoir.gain` == 1.5 and seed == 3 and learner == 'bayes' and metric == 'evaluation_nrmse'")
        with bayres.Result(self.ensemble) as result:
            scores = result.learners["bayes"].evaluation
            np.testing.assert_array_equal(curve["time"], scores["time"])
            np.testing.assert_array_equal(curve["value"], scores["nrmse"][2].mean(axis=1))

    def test_which_scores_are_better_when_larger_is_what_bayres_says(self):
        listed = runner.start(["list", "measures", "--format=json"], self.folder)
        larger = {one["name"] for one in json.loads(listed.stdout) if one["larger_is_better"]}
        self.assertEqual(larger, set(bayres.comparisons.LARGER_IS_BETTER))
        self.assertTrue({"r2", "held", "log_likelihood"} < larger)

    def test_figures_over_conditions(self):
        """Each learner has a panel, and conditions labels of what sets them apart and colours in their order."""
        with bayres.open_many([self.ensemble, self.other]) as study:
            strong, weak = study.conditions
            labels = [overview.label_of(study, weak, name) for name in weak.learners]
            self.assertEqual(labels, ["bayes, gain = 1.1", "delta_1, eta = 0.0001, gain = 1.1",
                                      "delta_2, eta = 5, gain = 1.1 (diverged in 3 of 3)"])
            conditions, looks = overview.ordered_conditions(study)
            self.assertEqual(conditions, [weak, strong])
            self.assertLess(np.sum(looks[weak]["color"][:3]), np.sum(looks[strong]["color"][:3]))
            figure = overview.draw_curves(study)
            shown = [axes for axes in figure.axes if axes.axison]
            self.assertEqual([axes.get_title(loc="left").split("  ")[1].split(", n")[0] for axes in shown],
                             ["bayes", "delta_1, eta = 0.0001", "delta_2, eta = 5"])
            self.assertEqual([text.get_text() for text in shown[0].get_legend().get_texts()], ["gain = 1.1", "gain = 1.5"])
            across, upwards, ((rule, cells),) = overview.maps_of(study)
            self.assertEqual((across, upwards, rule, sorted(cells)), ("gain", "eta", "delta", [(1.1, 1e-4), (1.1, 5), (1.5, 1e-4), (1.5, 5)]))
            np.testing.assert_array_equal(cells[(1.1, 1e-4)], weak.scores("delta_1", "test_nrmse"))
            overview.plt.close("all")

    def test_scaling_of_a_folder_of_ensembles_and_other_files(self):
        command = [sys.executable, str(runner.BIN / "scaling"), str(self.folder), "-o", str(self.folder / "scaling"), "--format", "pdf"]
        process = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        self.assertIn("left out: ", process.stdout)  # the analysis
        (line,) = [line for line in process.stdout.splitlines() if re.match(r"\| \d+ \|", line)]
        self.assertGreaterEqual(int(line.split("|")[6]), 8)  # networks of two ensembles and a run alone
        self.assertTrue((self.folder / "scaling/scaling.pdf").exists())

    def test_select_reads_a_part(self):
        for path in (self.single, self.ensemble):
            with bayres.Result(path) as result:
                time, phase = result.time, result.phase
                inside = (phase == bayres.TRAIN) & (time >= 5) & (time < 9)
                found = result.select("rates", time=(5, 9), phase=bayres.TRAIN, columns=[0, 2])
                np.testing.assert_array_equal(found, result.rates[..., inside, :][..., [0, 2]])
                np.testing.assert_array_equal(result.select("time", phase=bayres.TEST), time[phase == bayres.TEST])
                self.assertEqual(result.select("target", time=(1e6, 2e6)).shape, (0, 1))
                with self.assertRaisesRegex(bayres.ResultError, "no dimension time"):
                    result.select("snapshot_time")
                with self.assertRaisesRegex(bayres.ResultError, "has no nothing"):
                    result.select("nothing")
        with bayres.Result(self.ensemble, network=1) as one, bayres.Result(self.ensemble) as all_of_them:
            np.testing.assert_array_equal(one.select("learners/bayes/output", phase=bayres.TEST),
                                          all_of_them.select("learners/bayes/output", phase=bayres.TEST)[1])

    def test_to_xarray(self):
        with bayres.Result(self.ensemble) as result:
            groups, rates, weights = result.to_xarray(), result.rates, result.learners["bayes"].weights
            evaluation = result.learners["bayes"].evaluation
        data = groups["/"]
        self.assertEqual(data["rates"].dims, ("seed", "time", "recorded"))
        np.testing.assert_array_equal(data["rates"].sel(seed=2, recorded=5), rates[1, :, 2])
        self.assertEqual(data["rates"].attrs["units"], "1")
        self.assertIn("config", data.attrs)
        learner = groups["learners/bayes"]
        np.testing.assert_array_equal(learner["weights"].sel(seed=3), weights[2])
        self.assertEqual(learner["weights"].coords["snapshot_time"].dims, ("snapshot",))
        scores = groups["learners/bayes/evaluation"]
        np.testing.assert_array_equal(scores["evaluation_time"], evaluation["time"])
        np.testing.assert_array_equal(scores["nrmse"], evaluation["nrmse"])
        with bayres.Result(self.ensemble, network=2) as one:
            self.assertEqual(one.to_xarray()["/"]["rates"].dims, ("time", "recorded"))
            np.testing.assert_array_equal(one.to_xarray()["/"]["rates"], rates[2])


if __name__ == "__main__":
    unittest.main()
