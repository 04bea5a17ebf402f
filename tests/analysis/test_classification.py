#!/usr/bin/python3
"""The classification experiment on one network: its table says what the results hold, and rules are worth what docs/science.md says."""
import os
import subprocess
import unittest

import runner
from runner import ROOT

from bayres import Result, ResultError, TEST
from bayres.figures import FIGURES, Drawing, class_names


class Classification(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        done = subprocess.run([ROOT / "jobs/experiments/classification/run", cls.folder], capture_output=True, text=True,
                              env=os.environ | {"SEEDS": "3..3", "RANKS": "1"})
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    def test_accuracies_and_table(self):
        with Result(self.folder / "vowels.h5", 0) as result:
            accuracy = {name: learner.attributes["test_accuracy"] for name, learner in result.learners.items()}
        self.assertGreater(accuracy["ridge"], 0.95)
        self.assertGreater(accuracy["bayes"], max(value for name, value in accuracy.items() if name.startswith("delta")))
        text = (self.folder / "figures/results.md").read_text()
        self.assertIn(f"| bayes | {accuracy['bayes']:.3g} [n = 1: no interval]", text)
        self.assertEqual((self.folder / "figures/confusion.png").read_bytes()[:4], b"\x89PNG")

    def test_confusion_matrix(self):
        with Result(self.folder / "vowels.h5", 0) as result:
            learner = result.learners["bayes"]
            counts = learner.confusion(TEST)
            self.assertEqual(counts.sum(axis=1).tolist(), [31, 35, 88, 44, 29, 24, 40, 50, 29])
            self.assertEqual(counts.trace() / counts.sum(), learner.attributes["test_accuracy"])
            self.assertEqual(counts.diagonal().tolist(), learner.attributes["right_by_kind_test"].tolist())
            self.assertEqual(class_names(result), [str(k) for k in range(1, 10)])
            titles = [axes.get_title("left") for axes in FIGURES["confusion"](Drawing(result)).axes]
            self.assertTrue(any("bayes" in title and f"{100 * counts.trace() / 370:.1f} % right of 370" in title for title in titles), titles)
        with Result(self.folder / "series.h5", 0) as result:
            self.assertRaises(ResultError, result.learners["bayes_fold_1"].confusion)

    def test_folds_of_several_series(self):
        with Result(self.folder / "series.h5", 0) as result:
            folds = [learner for learner in result.learners.values() if learner.without_fold == "ridge"]
            self.assertEqual([learner.fold for learner in folds], [1, 2, 3, 4, 5])
            for learner in folds:
                self.assertLess(learner.attributes["test_nrmse"], 0.6)


if __name__ == "__main__":
    unittest.main()
