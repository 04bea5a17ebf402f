"""Sequences of a file: classes, several passes in a random order, and cross-validation."""
import unittest

import h5py
import numpy as np

from command_line import DONE, USAGE, CommandLineTest, attributes, data_sets, learner_names, new_folder, small
from test_cli_resume import complete_with_stops

CLASSES, CHANNELS, TRAINED = (2, 3, 7), 2, 18


def sequences(seed=1, count=30):
    """[(class, values (step, channel))]: noisy curves, of 4 to 9 steps."""
    draw = np.random.default_rng(seed)
    curves = draw.normal(0, 1, (len(CLASSES), 2, CHANNELS))
    for number in range(count):
        kind = number % len(CLASSES)
        along = np.linspace(0, 1, draw.integers(4, 10))[:, None]
        yield CLASSES[kind], curves[kind, 0] + along * curves[kind, 1] + draw.normal(0, 0.4, (len(along), CHANNELS))


class ClassesTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.traces = str(new_folder(self.addCleanup))

    def data(self, name="s.csv", labels=True, chosen=None, **which):
        """Writes sequences as a table; those of numbers `chosen` alone."""
        rows = ["number,a,b" + ",label" * labels]
        for number, (label, values) in enumerate(sequences(**which)):
            if chosen is None or number in chosen:
                rows += [f"{number},{a!r},{b!r}" + f",{label}" * labels for a, b in values.tolist()]
        self.write(name, "\n".join(rows) + "\n")

    def config(self, protocol=(), **task):
        keys = {"name": "file", "drive": None, "path": "s.csv", "input": "a, b", "target": "label", "target_is": "class",
                "sequence": "number", "split": TRAINED / 30, "passes": 2, "shuffle": 5}
        return small(reservoir={"size": 70, "gain": 0.9, "bias_scale": 0.5}, task=keys | task,
                     protocol={"train": None, "test": None, **dict(protocol)}, record={"network": "true"}, learner__a=None,
                     learner__bayes={"rule": "bayes"}, learner__ridge={"rule": "ridge", "lambda": 0.1})

    def states(self, path):
        """The rates of all steps by numpy, from what is recorded, and the first step of each sequence and of the end."""
        with h5py.File(path) as file:
            net = {name: file[f"network/{name}"][()] for name in file["network"]}
            u, begins = file["input"][()], np.flatnonzero(np.diff(file["segment"][()], prepend=-1))
        size = len(net["bias"])
        J = np.zeros((size, size))
        if "J" in net:
            J = net["J"]
        else:
            for row in range(size):
                inside = slice(net["J_indptr"][row], net["J_indptr"][row + 1])
                J[row, net["J_indices"][inside]] = net["J_data"][inside]
        rates = np.zeros((len(u), size))
        for step in range(len(u)):
            x = net["x0"] if step in begins else x
            r = np.tanh(x)
            x = x + 0.1 * (-x + J @ r + net["W_in"] @ u[step] + net["bias"])
            rates[step] = np.tanh(x)
        return rates, [*begins, len(u)]

    def test_numpy_agrees_on_order_weights_and_answers(self):
        self.data()
        path = self.result(self.config())
        rates, begins = self.states(path)
        found = data_sets(path)
        known = list(sequences())
        labels = np.array(CLASSES)[found["trial_kind"]]
        for pass_ in (0, 1):  # every sequence once in each, in an order that is not that of the file
            inside = slice(pass_ * TRAINED, (pass_ + 1) * TRAINED)
            self.assertEqual(sorted(labels[inside]), sorted(label for label, _ in known[:TRAINED]))
            starts = [found["input"][begin].tolist() for begin in begins[inside]]
            self.assertEqual(sorted(starts), sorted(values[0].tolist() for _, values in known[:TRAINED]))
            self.assertNotEqual(starts, [values[0].tolist() for _, values in known[:TRAINED]])
        tested = np.concatenate([values for _, values in known[TRAINED:]])
        self.assertTrue(np.array_equal(found["input"][begins[2 * TRAINED]:], tested))
        learned = begins[2 * TRAINED]
        r, z = rates[:learned], found["target"][:learned]
        self.assertTrue(np.array_equal(np.argmax(z[begins[:2 * TRAINED]], axis=1), found["trial_kind"][:2 * TRAINED]))
        weights = np.linalg.solve(r.T @ r + 0.1 * np.eye(r.shape[1]), r.T @ z).T
        np.testing.assert_allclose(found["learners/ridge/weights"][-1], weights, rtol=0, atol=1e-8)
        outputs = rates @ weights.T
        means = np.array([outputs[a:b].mean(axis=0) for a, b in zip(begins, begins[1:])])
        np.testing.assert_allclose(found["learners/ridge/trial_output"][2 * TRAINED:], means[2 * TRAINED:], atol=1e-8)
        said = np.argmax(means[2 * TRAINED:], axis=1)
        self.assertEqual(found["learners/ridge/trial_class"][2 * TRAINED:].tolist(), said.tolist())
        of = attributes(path, "learners/ridge")
        right = said == found["trial_kind"][2 * TRAINED:]
        self.assertEqual(of["test_accuracy"], right.mean())
        self.assertEqual(of["right_by_kind_test"].tolist(), [int(right[k::3].sum()) for k in range(3)])
        at_end = [np.argmax(outputs[end - 1]) for end in begins[2 * TRAINED + 1:]]
        self.assertEqual(of["test_accuracy_at_end"], (np.array(at_end) == found["trial_kind"][2 * TRAINED:]).mean())
        self.assertGreater(of["test_accuracy"], 0.5)
        self.assertNotIn("test_right", of)

    def test_arrays_of_sequences_are_the_same_data(self):
        self.data()
        path = self.result(self.config())
        known = list(sequences())
        steps = max(len(values) for _, values in known) + 2
        x = np.full((len(known), steps, CHANNELS), np.nan)
        for number, (_, values) in enumerate(known):
            x[number, :len(values)] = values
        labels = np.array([label for label, _ in known])
        np.savez(self.folder / "s.npz", x=x, y=labels)
        with h5py.File(self.folder / "s.h5", "w") as file:
            file["data/x"], file["y"] = x.astype(float), labels
            file["a"], file["b"] = x[..., 0], x[..., 1]
        for name, columns, label in (("s.npz", "x:0, x:1", "y"), ("s.h5", "data/x:0, data/x:1", "y"), ("s.h5", "a, b", "y")):
            with self.subTest(name=name, columns=columns):
                other = self.result(self.config(path=name, input=columns, target=label, sequence="first_dimension"), "--force",
                                    name="other")
                self.check_same_arrays(path, other)
        refused = {
            "name an array (sequence) or (sequence, time), or PATH:CHANNEL": {"path": "s.h5", "input": "data/x"},
            "has 29 sequences": {"path": "s.h5", "input": "a", "target": "few"},
            "no array has steps of time": {"path": "s.h5", "input": "y"},
            "is a table of text": {"path": "s.csv", "target": "label"},
            "y: has two dimensions: name a column": {"path": "t.npz", "input": "y:0"},
        }
        with h5py.File(self.folder / "s.h5", "a") as file:
            file["few"] = labels[1:]
        np.savez(self.folder / "t.npz", y=x)
        for said, task in refused.items():
            with self.subTest(said=said):
                self.write("c.ini", self.config(**{"target": "y", "sequence": "first_dimension"} | task))
                finished = self.run_bayres("run", "c.ini", "-o", "bad.h5")
                self.assertIn(said, finished.own_err)

    def test_ranks_and_stops_change_nothing(self):
        self.data()
        protocol, sparse = {"folds": 2, "evaluate_at": 10}, {"record": {"every": 500}}
        short = self.config(protocol)
        self.check_same_arrays(self.result(short, name="short"), self.result(short, name="three", ranks=3))
        config = self.config(protocol, passes=600) | sparse
        one = self.result(config, name="one")
        self.write("c.ini", config)
        complete_with_stops(self)
        self.check_same_arrays(one, self.folder / "c.h5")
        self.check_same_learner_attributes(one, self.folder / "c.h5")

    def test_folds_learn_from_the_others(self):
        self.data()
        path = self.result(self.config({"folds": 3}, shuffle=0))
        self.assertEqual(learner_names(path), sorted(f"{rule}_fold_{k}" for rule in ("bayes", "ridge") for k in (1, 2, 3)))
        self.data("others.csv", chosen=[number for number in range(30) if number // 3 % 3 != 1])
        alone = self.result(self.config(shuffle=0, split=1, path="others.csv", classes="2, 3, 7"), name="alone")
        found, wanted = data_sets(path), data_sets(alone)
        for rule in ("bayes", "ridge"):
            self.assertTrue(np.array_equal(found[f"learners/{rule}_fold_2/weights"][-1], wanted[f"learners/{rule}/weights"][-1]))
            of = attributes(path, f"learners/{rule}_fold_2")
            self.assertEqual((of["fold"], of["test_sequences"], of["train_sequences"]), (2, 9, 42))
            said = found[f"learners/{rule}_fold_2/trial_class"]
            number = np.arange(90) % 30
            answered = (number // 3 % 3 == 1) == (np.arange(90) >= 60)
            answered[:60] &= rule == "bayes"  # until ridge has weights, outputs are alike, and that is no answer
            self.assertTrue(np.array_equal(said >= 0, answered))
            self.assertEqual(of["test_accuracy"], (said == found["trial_kind"])[said >= 0][-9:].mean())
        finished = self.run_bayres("run", "c.ini", "-o", "again.h5")
        self.check_code(finished, DONE)
        self.assertIn("test accuracy of 3 folds", finished.out)
        finished = self.run_bayres("evaluate", "c.h5")
        self.check_code(finished, USAGE)
        self.assertIn("name other data with --task.path", finished.own_err)

    def test_nothing_is_filled_in_across_sequences(self):
        self.data()
        lines = (self.folder / "s.csv").read_text().splitlines()
        first = next(k for k, line in enumerate(lines) if line.startswith("1,"))
        number, _, b, label = lines[first].split(",")
        for changed, missing, said in ((f"{number},,{b},{label}", "hold", "in the segment from sample"),
                                       (f"{number},,{b},{label}", "skip", "nothing to hold"),
                                       (f"{number},,{b},{label}", "interpolate", "draw a line from")):
            with self.subTest(missing=missing):
                self.write("gap.csv", "\n".join([*lines[:first], changed, *lines[first + 1:]]) + "\n")
                self.write("c.ini", self.config(path="gap.csv", missing=missing))
                finished = self.run_bayres("run", "c.ini", "-o", "gap.h5")
                self.assertIn(said, finished.own_err)
        # A sequence without a label is neither learned from nor scored; one that has it at its last step alone is.
        late = [line if not line.startswith("1,") else line.rpartition(",")[0] + "," for line in lines]
        path = self.result(self.config(path="bare.csv", missing="skip", shuffle=0) | self.bare(late), name="bare")
        self.assertEqual(attributes(path, "learners/bayes")["train_sequences"], 2 * TRAINED - 2)
        self.assertEqual(data_sets(path)["trial_kind"][1], -1)
        last = max(k for k, line in enumerate(lines) if line.startswith("1,"))
        late[last] = lines[last]
        path = self.result(self.config(path="bare.csv", missing="skip", shuffle=0) | self.bare(late), "--force", name="bare")
        self.assertEqual(attributes(path, "learners/bayes")["train_sequences"], 2 * TRAINED)
        self.assertEqual(data_sets(path)["trial_kind"][1], 1)

    def bare(self, lines):
        self.write("bare.csv", "\n".join(lines) + "\n")
        return {}

    def test_trained_readouts_on_new_sequences(self):
        self.data()
        self.result(self.config())
        scored = {}
        for name, labels in (("new", True), ("bare", False)):
            self.data(f"{name}.csv", labels, seed=2, count=7)
            finished = self.run_bayres("evaluate", "c.h5", f"--task.path={name}.csv", "-o", f"{name}.h5")
            self.check_code(finished, DONE)
            scored[name] = data_sets(self.folder / f"{name}.h5")
        for learner in ("bayes", "ridge"):
            output = {name: found[f"learners/{learner}/output"] for name, found in scored.items()}
            self.assertTrue(np.array_equal(output["new"], output["bare"]))
            self.assertEqual(len(output["new"].reshape(-1, 3)), sum(len(values) for _, values in sequences(2, 7)))
            self.assertTrue(np.isfinite(scored["new"][f"learners/{learner}/accuracy"]).all())
            self.assertTrue(np.isnan(scored["bare"][f"learners/{learner}/accuracy"]).all())

    def test_a_series_that_is_forecast_must_be_there(self):
        for name, column in (("known", "s"), ("renamed", "q")):
            rows = "".join(f"{np.sin(0.3 * t):.6f}\n" for t in range(400))
            self.write(f"{name}.csv", f"{column}\n{rows}")
        self.result({"reservoir": {"size": 20, "connectivity": 0.5}, "learner.ridge": {"rule": "ridge"},
                     "task": {"name": "file", "path": "known.csv", "input": "s", "target": "s", "horizon": 1, "sample_interval": 1},
                     "protocol": {"washout": 20, "train": 200}})
        finished = self.run_bayres("evaluate", "c.h5", "--task.path=renamed.csv", "-o", "e.h5")
        self.check_code(finished, USAGE)
        self.assertIn('task.input: there is no column "s" in', finished.err)
        self.assertFalse((self.folder / "e.h5").exists())

    def test_an_ensemble_has_answers_of_every_network(self):
        self.data()
        path = self.result(self.config({"folds": 2}), "--ensemble.seeds=1, 4")
        one = self.result(self.config({"folds": 2}), "--run.seed=4", name="one")
        found, wanted = data_sets(path), data_sets(one)
        self.assertTrue(np.array_equal(found["learners/bayes_fold_1/trial_class"][1], wanted["learners/bayes_fold_1/trial_class"]))
        for name in ("test_accuracy", "train_accuracy_at_end"):
            self.assertEqual(attributes(path, "learners/bayes_fold_1")[name][1], attributes(one, "learners/bayes_fold_1")[name])

    def test_what_makes_no_sense_is_refused(self):
        self.data()
        refused = {
            "protocol.folds": ({"folds": 1}, {}),
            "task.sequence or task.segments": ({"folds": 3}, {"sequence": None}),
            "protocol.folds = 31 is more than the 30": ({"folds": 31}, {}),
            "leave protocol.train out": ({"train": 3}, {}),
            "task.target_is = class: task.target names 2": ({}, {"target": "label, a"}),
            "protocol.feedback": ({"folds": 2, "feedback": "teacher"}, {}),
            "none of task.classes = 2, 3": ({}, {"classes": "2, 3"}),
            "leaves none to learn from": ({}, {"split": 0.01}),
        }
        for said, (protocol, task) in refused.items():
            with self.subTest(said=said):
                self.write("c.ini", self.config(protocol, **task))
                finished = self.run_bayres("run", "c.ini")
                self.check_code(finished, USAGE)
                self.assertIn(said, finished.own_err)
        self.write("c.ini", self.config() | {"learner.bayes": {"rule": "bayes", "fold": 2}})
        self.assertIn("there is no such fold", self.run_bayres("run", "c.ini").own_err)


if __name__ == "__main__":
    unittest.main()
