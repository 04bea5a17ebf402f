#!/usr/bin/python3
"""Rules for recurrent synapses: a worked example, numpy, any number of ranks, and bad input."""
import unittest

import h5py
import numpy as np

from command_line import DONE, INPUT_OUTPUT, USAGE, CommandLineTest, attributes, small

N, LEAK = 70, 0.1
RULES = {
    "delta": {"recurrent.eta": 0.01},
    "bayes": {"recurrent.kappa": 30},
    "adagrad": {"recurrent.eta": 0.001},
    "delta-decay": {"recurrent.kappa": 30},
}


def learners(**changes):
    """A learner for each rule."""
    return {f"learner.{rule}": {"rule": "bayes", "recurrent.rule": rule, **keys, **changes} for rule, keys in RULES.items()}


def config(tmp, **changes):
    """Two outputs, two inputs; x(0) at step 40, no error asked for at times, and half of it at others."""
    steps = np.arange(120)
    columns = np.column_stack([np.sin(0.3 * steps), np.cos(0.11 * steps), np.sin(0.3 * steps + 1), np.cos(0.2 * steps),
                               steps == 40, np.where(steps % 7 == 0, 0, np.where(steps % 5 == 0, 0.5, 1))])
    np.savetxt(tmp / "series.txt", columns, header="u v y z begins weight", comments="")
    task = {"name": "file", "drive": None, "split": 1, "path": "series.txt", "input": "u, v", "target": "y, z", "segments": "begins",
            "step_weight": "weight"}
    return small(**{"learner.a": None, "reservoir": {"size": N, "gain": 1.2, "connectivity": 0.2, "noise": 0.01}, "task": task,
                    "protocol": {"washout": 1, "train": 9, "test": 2, "learn_every": 2, "feedback": "teacher"},
                    "record": {"every": 1, "network": "true", "rates": "0..69", "weights_every": 33, "recurrent": "5, 0, 64"},
                    **changes})


def learned_state(path):
    with h5py.File(path) as file:
        return {name: {**{key: group[key][()] for key in ("J", "W_in", "W_fb") if key in group},
                       **{key: value[()] for key, value in group["recurrent"].items()}}
                for name, group in file["state/learners"].items()}


class WorkedExample(CommandLineTest):
    """The one of Murray's rule for this neuron, by hand."""

    def test_weights_after_each_of_three_steps(self):
        with h5py.File(self.folder / "net.h5", "w") as file:
            file["J"] = [[0, 0.5], [-0.4, 0]]
            file["W_in"] = [[1.0], [-0.5]]
            file["W_fb"] = [[0.0], [0.0]]
            file["bias"], file["x0"] = [0.0, 0.0], [0.2, -0.1]
        np.savetxt(self.folder / "s.txt", np.tile([1, 0.5], (9, 1)), header="u z", comments="")
        seen = []
        for steps in (1, 2, 3):
            learner = {"rule": "bayes", "kappa": 2, "recurrent.rule": "bayes", "recurrent.kappa": 2}
            path = self.result({"reservoir": {"network": "net.h5", "size": 2, "dt": 0.1, "tau": 1},
                                "task": {"name": "file", "path": "s.txt", "input": "u", "target": "z"},
                                "protocol": {"washout": 0, "train": steps / 10, "test": 0},
                                "learner.a": learner, "record": {"every": 1}}, "--force")
            with h5py.File(path) as file:
                z, w = file["learners/a/output"][-1, 0], file["learners/a/weights"][-1].ravel()
            state = learned_state(f"{path}.checkpoint")["a"]
            seen.append([z, *w, *state["J"], state["sums"][0]])
        np.testing.assert_allclose(seen, [
            [0, 0.0647416688923, -0.036315077942, 0.5, -0.4, 0],
            [0.0281638176541, 0.135676076516, -0.0802031321034, 0.499677514234, -0.400368037807, 1.86852718841e-06],
            [0.0698569824474, 0.205535158039, -0.127684755663, 0.498665428321, -0.401557057346, 2.40137179458e-05],
        ], rtol=0, atol=1e-12)


def simulated(path, rule, keys, apply_every=1, weights="J"):
    """Outputs, the columns of (J, W_in, W_fb) that learn, and their S, of a learner of `config` without noise, anew in numpy.
    Weights are recorded every 33 steps."""
    with h5py.File(path) as file:
        W_in, W_fb, bias, x0 = (file[f"network/{name}"][()] for name in ("W_in", "W_fb", "bias", "x0"))
        starts, columns, values = (file[f"network/J_{name}"][()] for name in ("indptr", "indices", "data"))
        u, target, phase, weight = file["input"][()], file["target"][()], file["phase"][()], file["step_weight"][()]
        begins = np.diff(file["segment"][()], prepend=0) > 0
    J = np.zeros((N, N))
    J[np.repeat(np.arange(N), np.diff(starts)), columns] = values
    W = np.hstack([J, W_in, W_fb])  # what drives a neuron: rates, inputs, outputs fed back
    plastic = W.shape[1] if weights != "J" else N
    mask = W[:, :plastic] != 0
    w, S, precision = np.zeros((2, N)), np.zeros((N, plastic)), np.full(N, float(N))
    common = keys.get("recurrent.kappa", 0)
    x, r, trace, y, pending, outputs = x0.copy(), np.tanh(x0), np.zeros(plastic), np.zeros(2), [], []

    def apply():
        nonlocal S, pending
        g = sum((np.outer(post, pre) for post, _, pre in pending), np.zeros(S.shape))
        S = S + sum((np.outer(square, pre**2) for _, square, pre in pending), np.zeros(S.shape))
        change = {"delta": lambda: keys["recurrent.eta"] * g, "bayes": lambda: g / (keys["recurrent.kappa"] + S),
                  "adagrad": lambda: keys["recurrent.eta"] * g / (np.sqrt(S) + 1e-8), "delta-decay": lambda: g / common}
        if pending:
            W[:, :plastic] += mask * change[rule]()
        pending = []

    trained = 0
    for t in range(len(u)):
        if begins[t]:
            apply()
            x, r, trace, y = x0.copy(), np.tanh(x0), np.zeros(plastic), np.zeros(2)
        drive = np.concatenate([r, u[t], y])
        trace = trace + LEAK * (drive[:plastic] - trace)
        x = x + LEAK * (-x + W @ drive + bias)
        r = np.tanh(x)
        outputs.append(w @ r)
        delta = target[t] - outputs[-1]
        if phase[t] == 1:
            if trained % 2 == 0 and weight[t] > 0:
                slope = 1 - r**2
                post = weight[t] * slope * (w.T @ delta)
                square = weight[t] * slope**2 * (w**2).sum(0)
                common += np.mean(square) * np.mean(trace**2)
                pending.append((post, post**2 if rule == "adagrad" else square, trace))
                if len(pending) == apply_every:
                    apply()
                precision += weight[t] * r**2
                w = w + weight[t] * np.outer(delta, r) / precision
            trained += 1
            if (t + 1 - 10) % 33 == 0 or t + 1 == 100:
                apply()
        y = target[t] if phase[t] < 2 else outputs[-1]
    return outputs, W[:, :plastic], np.where(mask, S, 0)


def columns_of(path, state, weights):
    """What has been learned, from a checkpoint, as `simulated` returns it."""
    with h5py.File(path) as file:
        starts, columns = (file[f"network/J_{name}"][()] for name in ("indptr", "indices"))
    J, S = np.zeros((N, N)), np.zeros((N, N))
    rows = np.repeat(np.arange(N), np.diff(starts))
    J[rows, columns] = state["J"]
    S[rows, columns] = state.get("sums", 0)
    if weights == "J":
        return J, S
    return np.hstack([J, state["W_in"].T, state["W_fb"].T]), np.hstack([S, state.get("channel_sums", np.zeros((4, N))).T])


class RecurrentTest(CommandLineTest):
    def test_every_rule_is_what_numpy_gives(self):
        for apply_every, weights in ((1, "J"), (7, "J"), (1, "J+W_in+W_fb"), (7, "J+W_in+W_fb")):
            sections = config(self.folder, **learners(**{"recurrent.apply_every": apply_every, "recurrent.weights": weights}))
            sections["reservoir"]["noise"] = 0
            path = self.result(sections, "--force", ranks=2)
            state = learned_state(f"{path}.checkpoint")
            with h5py.File(path) as file:
                seen = {rule: file[f"learners/{rule}/output"][()] for rule in RULES}
                applied = {rule: file[f"learners/{rule}"].attrs["recurrent.apply_every"] for rule in RULES}
            self.assertEqual(set(applied.values()), {apply_every})
            for rule, keys in RULES.items():
                outputs, W, S = simulated(path, rule, keys, apply_every, weights)
                learned, sums = columns_of(path, state[rule], weights)
                np.testing.assert_allclose(seen[rule], outputs, rtol=0, atol=1e-9, err_msg=rule)
                np.testing.assert_allclose(learned, W, rtol=0, atol=1e-10, err_msg=rule)
                self.assertGreater(np.abs(state[rule]["J"] - state["delta"]["J"]).max() + (rule == "delta"), 1e-6)
                if rule in ("bayes", "adagrad"):
                    np.testing.assert_allclose(sums, S, rtol=1e-8, err_msg=rule)

    def test_any_number_of_ranks_gives_the_same_bits(self):
        for keys in ({}, {"recurrent.apply_every": 5, "recurrent.feedback": "random", "recurrent.sum_type": "float32"},
                     {"recurrent.apply_every": 3, "recurrent.weights": "J+W_in+W_fb"}):
            sections = config(self.folder, **learners(**keys))
            paths = [self.result(sections, "--force", ranks=ranks, name=f"r{ranks}") for ranks in (1, 2, 3, 5)]
            for path in paths[1:]:
                self.check_same_arrays(paths[0], path)
                np.testing.assert_equal(learned_state(f"{paths[0]}.checkpoint"), learned_state(f"{path}.checkpoint"))

    def test_recorded_weights_are_rows_of_J(self):
        path = self.result(config(self.folder, **learners()), ranks=2)
        with h5py.File(path) as file:
            self.assertEqual(list(file["recurrent_neuron"]), [0, 5, 64])
            for rule in RULES:
                for snapshot, group in ((0, "network"), (-1, f"learners/{rule}/network")):
                    starts, columns, weights = (file[f"{group}/J_{name}"][()] for name in ("indptr", "indices", "data"))
                    for k, neuron in enumerate((0, 5, 64)):
                        row, own = np.zeros(N), slice(starts[neuron], starts[neuron + 1])
                        row[columns[own]] = weights[own]
                        np.testing.assert_array_equal(file[f"learners/{rule}/recurrent_weights"][snapshot, k], row)
        for key, words in (("record.recurrent=70", "there is no neuron 70: allowed is 0 to 69"),
                           ("record.recurrent=-1", "record.recurrent")):
            finished = self.run_bayres("run", "c.ini", "-o", "d.h5", f"--{key}")
            self.check_code(finished, USAGE)
            self.assertIn(words, finished.err)
        self.write("fixed.ini", config(self.folder, **{"learner.a": {"rule": "bayes"}}))
        finished = self.run_bayres("run", "fixed.ini", "-o", "d.h5")
        self.check_code(finished, USAGE)
        self.assertIn("record.recurrent = 5, 0, 64 has no effect where no learner learns J", finished.err)

    def test_what_has_diverged_is_not_taken_for_learned(self):
        sections = config(self.folder, **{"learner.wild": {"rule": "delta", "eta": 10, "recurrent.rule": "bayes"}, **learners()})
        path = self.result(sections, ranks=2)
        with h5py.File(path) as file:
            self.assertGreaterEqual(file["learners/wild"].attrs["diverged_at_step"], 0)
            group = file["learners/wild/network"]
            self.assertEqual(group.attrs["state"], "diverged")
            self.assertTrue(all(np.isnan(group[name][()]).all() for name in ("J_data", "W_in", "W_fb")))
            self.assertEqual(file["learners/bayes/network"].attrs["state"], "learned")
        self.check_code(self.run_bayres("evaluate", path, "-o", "e.h5", "--evaluate.span=1", "--evaluate.start=10"), DONE)
        with h5py.File(self.folder / "e.h5") as file:
            self.assertTrue(np.isnan(file["learners/wild/nrmse"][()]).all())
            self.assertTrue(np.isfinite(file["learners/bayes/nrmse"][()]).all())
        self.write("next.ini", small(**{"reservoir": {"network": path.name, "network_learner": "wild"},
                                        "task": {**sections["task"], "drive": None},
                                        "protocol": {"washout": 1, "train": 2, "test": 2, "feedback": "teacher"}}))
        finished = self.run_bayres("run", "next.ini", "-o", "n.h5", ranks=2)
        self.check_code(finished, INPUT_OUTPUT)
        self.assertIn("the learner wild (reservoir.network_learner) has diverged", finished.err)
        path = self.result(sections, "--ensemble.seeds=1, 2", "--force", ranks=2)
        with h5py.File(path) as file:
            self.assertTrue(np.isnan(file["learners/wild/network/J_data"][()]).all())
            self.assertTrue(np.isfinite(file["learners/bayes/network/J_data"][()]).all())

    def test_storage_changes_hardly_anything_and_absent_weights_stay_absent(self):
        sections = config(self.folder, **learners())
        sections["reservoir"]["connectivity"] = 1
        changes = {}
        for storage in ("dense", "sparse"):
            path = self.result(sections, f"--reservoir.storage={storage}", "--force", name=storage)
            with h5py.File(path) as file:
                first = file["network/J"][()].ravel() if storage == "dense" else file["network/J_data"][()]
            changes[storage] = {rule: state["J"] - first for rule, state in learned_state(f"{path}.checkpoint").items()}
            self.assertEqual(len(first), N * N)
        for rule in RULES:  # products are summed in another order
            np.testing.assert_allclose(changes["dense"][rule], changes["sparse"][rule], rtol=0, atol=1e-9)
        path = self.result(config(self.folder, **learners()), "--force")
        with h5py.File(path) as file:
            self.assertEqual(len(learned_state(f"{path}.checkpoint")["bayes"]["J"]), len(file["network/J_data"]))

    def test_weights_of_the_input_that_are_absent_stay_absent(self):
        rng = np.random.default_rng(3)
        W_in, W_fb = rng.uniform(-1, 1, (2, N, 2)) * (rng.random((2, N, 2)) < 0.5)
        with h5py.File(self.folder / "net.h5", "w") as file:
            file["J"] = rng.normal(size=(N, N)) / N**0.5
            file["W_in"], file["W_fb"], file["bias"], file["x0"] = W_in, W_fb, np.zeros(N), np.zeros(N)
        sections = config(self.folder, **learners(**{"recurrent.weights": "J+W_in+W_fb"}))
        sections["reservoir"] = {"network": "net.h5", "size": N}
        path = self.result(sections)
        with h5py.File(path) as file:
            for rule in RULES:
                for name, before in (("W_in", W_in), ("W_fb", W_fb)):
                    after = file[f"learners/{rule}/network/{name}"][()]
                    np.testing.assert_array_equal(after != before, before != 0, err_msg=f"{rule} {name}")
            inputs = (np.count_nonzero(file["network/J_data"]) + np.count_nonzero(W_in) + np.count_nonzero(W_fb)) / N
        del sections["learner.bayes"]["recurrent.kappa"]
        self.assertAlmostEqual(attributes(self.result(sections, "--force"), "learners/bayes")["recurrent.kappa"], 3 * inputs / 2)

    def test_what_is_not_there_does_not_learn(self):
        """Without feedback W_fb stays; without an input as well, nothing but J is there to learn, and the key is refused."""
        sections = config(self.folder, **learners(**{"recurrent.weights": "J+W_in+W_fb"}))
        sections["protocol"]["feedback"] = "none"
        path = self.result(sections)
        with h5py.File(path) as file:
            learned = file["learners/bayes/network"]
            np.testing.assert_array_equal(learned["W_fb"][()], file["network/W_fb"][()])
            self.assertTrue((learned["W_in"][()] != file["network/W_in"][()]).all())
            self.assertEqual(learned.attrs["state"], "learned")
        finished = self.run_bayres("run", "c.ini", "-o", "d.h5", "--task.input=")
        self.check_code(finished, USAGE)
        for rule in RULES:
            self.assertIn(f"learner.{rule}.recurrent.weights = J+W_in+W_fb has no effect without an input or feedback", finished.err)

    def test_precisions_learn_nearly_the_same(self):
        states = {}
        for precision in ("double", "single"):
            path = self.result(config(self.folder, run={"seed": 1, "precision": precision}, **learners()), "--force")
            states[precision] = learned_state(f"{path}.checkpoint")
        for rule in RULES:
            difference = np.abs(states["double"][rule]["J"] - states["single"][rule]["J"]).max()
            self.assertTrue(0 < difference < 1e-4, f"{rule}: {difference}")

    def test_default_kappa_is_stored_and_printed(self):
        keys = {"learner.a": {"rule": "bayes", "recurrent.rule": "bayes"}}
        path = self.result(config(self.folder, **keys))
        with h5py.File(path) as file:
            kappa = 3 * len(file["network/J_data"]) / N / 2  # with learn_every = 2
            self.assertAlmostEqual(file["learners/a"].attrs["recurrent.kappa"], kappa)
        finished = self.run_bayres("run", "c.ini", "-o", "d.h5")
        self.assertIn(f"auto: recurrent.kappa = {kappa:.4g}"[:26], finished.out)

    def test_storage_auto_is_dense_where_no_weight_is_absent(self):
        for connectivity, storage in ((1, "dense"), (0.9, "sparse")):
            sections = config(self.folder, **learners())
            sections["reservoir"] = {"size": N, "connectivity": connectivity}
            path = self.result(sections, "--force")
            self.assertIn(f"storage = auto  # {storage}", attributes(path)["config"])

    def test_refusals(self):
        for changes, words in (
            ({"run": {"precision": "mixed"}}, ("recurrent.rule", "bfloat16")),
            ({"reservoir": {"size": N, "storage": "dense", "connectivity": 0.2}}, ("storage", "dense", "absent")),
            ({"learner.bayes": {"rule": "ridge", "recurrent.rule": "bayes"}}, ("recurrent.rule", "end of training alone")),
            ({"learner.none": {"rule": "bayes", "recurrent.rule": "bayes"}}, ("called none", "rename")),
            ({"learner.bayes": {"rule": "bayes", "recurrent.rule": "bays"}}, ("recurrent.rule", "bays", "bayes")),
            ({"learner.bayes": {"rule": "bayes", "recurrent.rule": "bayes", "recurrent.apply_every": 0}},
             ("apply_every", "0", "1 to 1024")),
            ({"learner.bayes": {"rule": "bayes", "recurrent.rule": "bayes", "recurrent.eta": 1}}, ("recurrent.eta",)),
        ):
            sections = config(self.folder, **{**learners(), **changes})
            self.write("c.ini", sections)
            finished = self.run_bayres("run", "c.ini", "-o", "c.h5", "--force", ranks=2)
            self.check_code(finished, USAGE)
            for word in words:
                self.assertIn(word, finished.err)

    def test_memory_that_does_not_fit_is_refused_with_the_number_of_learners_that_would(self):
        with open("/proc/meminfo") as file:
            free = 1024 * next(int(line.split()[1]) for line in file if line.startswith("MemAvailable"))
        size = int((free / 60) ** 0.5)  # a learner takes J, its sums and a copy that is read or written
        sections = config(self.folder, **learners())
        sections["reservoir"] = {"size": size, "connectivity": 1}
        for rule in range(8):
            sections[f"learner.more-{rule}"] = {"rule": "bayes", "recurrent.rule": "bayes"}
        self.write("c.ini", sections)
        finished = self.run_bayres("run", "c.ini", "-o", "c.h5")
        self.check_code(finished, USAGE)
        self.assertIn("12 learners need about", finished.err)
        self.assertRegex(finished.err, "use at most [1-9] learners")
        sections["reservoir"]["size"] = 300000
        self.write("c.ini", sections)
        self.assertIn("use fewer learners", self.run_bayres("run", "c.ini", "-o", "c.h5").err)


if __name__ == "__main__":
    unittest.main()
