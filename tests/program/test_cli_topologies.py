#!/usr/bin/python3
"""Structures of J, distributions of weights, the spectral radius, and neurons, against plain echo-state networks in numpy; their
bits on any ranks; what is refused."""
import unittest

import h5py
import numpy as np

from command_line import DONE, USAGE, CommandLineTest, attributes, data_sets, small
from test_cli_resume import complete_with_stops

LAMBDA = 1e-4
# Each kind of network, with other keys that it can have in one run or another.
KINDS = {
    "delay-line": {"reservoir": {"structure": "delay-line", "gain": 0.9, "leak_on": "rate"}},
    "cycle-jumps": {"reservoir": {"structure": "cycle-jumps", "jump_length": 6, "jump_weight": 0.3, "gain": 0.8,
                                  "tau": "0.5..8"}},
    "small-world": {"reservoir": {"structure": "small-world", "neighbours": 6, "rewiring": 0.2, "weights": "uniform",
                                  "input_connectivity": 0.4, "leak_on": "rate", "tau": "0.5..8"}},
    "block": {"reservoir": {"structure": "block", "blocks": 3, "connectivity": 0.5, "weights": "bernoulli",
                            "spectral_radius": 0.9}},
    "orthogonal": {"reservoir": {"structure": "orthogonal", "spectral_radius": 1.1}, "neuron": {"model": "sigmoid"}},
    "transform": {"reservoir": {"structure": "transform", "gain": 1.2, "leak_on": "rate", "tau": "0.5..8"}},
    "transform-orthogonal": {"reservoir": {"structure": "transform", "transform": "orthogonal", "spectral_radius": 0.9}},
    "dale": {"reservoir": {"fraction_excitatory": 0.8, "connectivity": 0.2, "spectral_radius": 0.95, "leak_on": "rate"},
             "neuron": {"model": "relu"}},
    "intrinsic": {"reservoir": {"gain": 1.2}, "intrinsic_plasticity": {"rate": 0.002, "mean": 0.1, "sd": 0.3}},
    "intrinsic-sigmoid": {"reservoir": {"gain": 3, "leak_on": "rate"}, "neuron": {"model": "sigmoid"},
                          "intrinsic_plasticity": {"rate": 0.005, "duration": 15}},
}
RATES = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: 1 / (1 + np.exp(-x))}


def config(**changes):
    """A small network that predicts a series, all of which is recorded."""
    keys = {"reservoir": {"size": 134, "gain": None, "dt": 0.5, "bias_scale": 0.2, **changes.pop("reservoir", {})},
            "task": {"name": "mackey-glass", "drive": "target", "horizon": 3},
            "protocol": {"washout": 20, "train": 100, "test": 20},
            "learner__a": None, "learner__ridge": {"rule": "ridge", "lambda": LAMBDA},
            "record": {"rates": "0..133", "network": "true"}}
    return small(**{**keys, **changes})


def matrix(network):
    """J of a group /network, dense."""
    if "J" in network:
        return network["J"][()]
    indptr, indices, data = (network[f"J_{name}"][()] for name in ("indptr", "indices", "data"))
    J = np.zeros((len(indptr) - 1,) * 2)
    J[np.repeat(np.arange(len(J)), np.diff(indptr)), indices] = data
    return J


def radius(path):
    with h5py.File(path) as file:
        return np.abs(np.linalg.eigvals(matrix(file["network"]))).max()


def echo_state_network(path, kind, dt):
    """States and outputs of a plain echo-state network with the weights, inputs and targets of a result."""
    f, keys = RATES[kind.get("neuron", {}).get("model", "tanh")], kind["reservoir"]
    with h5py.File(path) as file:
        J = matrix(file["network"])
        W, b, x = (file[f"network/{name}"][()] for name in ("W_in", "bias", "x0"))
        u, target, phase = (file[name][()] for name in ("input", "target", "phase"))
        a = dt / file["network/tau"][()] if "tau" in keys else dt
    r, states, plasticity = f(x), [], IntrinsicPlasticity(kind, dt, len(b))
    for number, step in enumerate(u):
        drive = J @ r + W @ step + b
        if keys.get("leak_on") == "rate":
            approached = f(plasticity.of(drive))
            r = (1 - a) * r + a * approached
            plasticity.adapt(drive, approached, number)
        else:
            x = (1 - a) * x + a * drive
            plasticity.adapt(x, f(plasticity.of(x)), number)
            r = f(plasticity.of(x))
        states.append(r)
    states, trained = np.array(states), phase == 1
    R, Z = states[trained], target[trained]
    return states, states @ np.linalg.solve(R.T @ R + LAMBDA * np.eye(len(b)), R.T @ Z), phase == 2


class IntrinsicPlasticity:
    """Gains and biases of neurons, as in Schrauwen et al. 2008 (tanh: normal rates) and Triesch 2005 (sigmoid:
    exponential ones)."""

    def __init__(self, kind, dt, neurons):
        keys = kind.get("intrinsic_plasticity", {"rate": 0})
        self.rate, self.steps = keys["rate"], keys.get("duration", 20) / dt
        self.normal = "neuron" not in kind
        self.mean, self.variance = keys.get("mean", 0.2), keys.get("sd", 0.2) ** 2
        self.gain, self.bias = np.ones(neurons), np.zeros(neurons)

    def of(self, x):
        return self.gain * x + self.bias

    def adapt(self, x, y, step):
        if self.rate == 0 or step >= self.steps:
            return
        if self.normal:
            down = (y * (2 * self.variance + 1 - y**2 + self.mean * y) - self.mean) / self.variance
        else:
            down = (2 + 1 / self.mean) * y - 1 - y**2 / self.mean
        self.gain += self.rate * (1 / self.gain - down * x)
        self.bias -= self.rate * down


class EchoStateNetworks(CommandLineTest):
    def test_of_each_kind_are_those_of_numpy_and_the_same_on_any_ranks(self):
        for number, (name, kind) in enumerate(KINDS.items()):
            with self.subTest(kind=name):
                one = self.result(config(**{key: dict(keys) for key, keys in kind.items()}), name=name, ranks=1)
                states, outputs, tested = echo_state_network(one, kind, 0.5)
                with h5py.File(one) as file:
                    self.assertLess(np.abs(file["rates"][()] - states).max(), 1e-12)
                    self.assertLess(np.abs(file["learners/ridge/output"][()] - outputs)[tested].max(), 1e-8)
                self.assertGreater(states.std(), 0.01)
                for ranks in ((2, 3), (3, 5), (2, 5))[number % 3]:
                    self.check_same_arrays(one, self.result(config(**kind), name=f"{name}{ranks}", ranks=ranks))

    def test_go_on_after_stops(self):
        kind = {"reservoir": {**KINDS["small-world"]["reservoir"], "spectral_radius": 0.9},
                "protocol": {"train": 4000}, "record": {"every": 100, "network": "true"}}
        self.traces = str(self.folder)
        whole = self.result(config(**kind), name="whole")
        self.write("c.ini", config(**kind))
        complete_with_stops(self, (0,))
        self.check_same_arrays(whole, self.folder / "c.h5")
        self.assertEqual(attributes(whole)["gain"], attributes(self.folder / "c.h5")["gain"])

    def test_with_float32_and_in_ensembles(self):
        kind = {"reservoir": {**KINDS["small-world"]["reservoir"], "spectral_radius": 0.9}}
        ensemble = self.result(config(**kind, ensemble={"seeds": "1, 4"}), name="ensemble", ranks=2)
        together, gains = data_sets(ensemble), attributes(ensemble)["gain"]
        for number, seed in enumerate((1, 4)):
            alone = self.result(config(**kind, run={"seed": seed}), name=f"seed{seed}")
            self.assertEqual(attributes(alone)["gain"], gains[number])
            for name in ("network/tau", "network/W_in", "rates"):
                self.assertTrue(np.array_equal(together[name][number], data_sets(alone)[name]), name)
        evaluated = self.run_bayres("evaluate", "ensemble.h5", "--evaluate.initial_states=2", "-o", "e.h5", ranks=2)
        self.check_code(evaluated, DONE)
        for precision in ("single", "mixed"):
            path = self.result(config(**kind, run={"precision": precision}), name=precision)
            self.assertAlmostEqual(radius(path) / 0.9, 1, delta=1e-6 if precision == "single" else 1e-2)


class IntrinsicPlasticityTest(CommandLineTest):
    def test_rates_get_the_wanted_distribution(self):
        """Of neurons that hear noise alone, whose states are normal: without it, the standard deviation of rates is 0.4."""
        keys = {"reservoir": {"gain": 0, "noise": 0.8, "bias_scale": 0.5, "input_scale": 0.01}, "protocol": {"washout": 2000}}
        for mean in (0, 0.2):
            path = self.result(config(**keys, intrinsic_plasticity={"rate": 5e-4, "mean": mean}), name=f"normal{mean}")
            rates = data_sets(path)["rates"][2000:4000]
            self.assertAlmostEqual(rates.std(0).mean(), 0.2, delta=0.01)
            self.assertAlmostEqual(rates.mean(), mean, delta=0.01)
        path = self.result(config(**keys, neuron={"model": "sigmoid"}, intrinsic_plasticity={"rate": 2e-3, "mean": 0.15}),
                           name="exponential")
        self.assertAlmostEqual(data_sets(path)["rates"][2000:4000].mean(), 0.15, delta=0.01)

    def test_it_is_kept_where_a_run_goes_on(self):
        kind = {"reservoir": {"gain": 0.8}, "readout": {"features": "rates+bias"}, "protocol": {"washout": 4000, "train": 2000}, "record": {"every": 100, "intrinsic_gain": "0..9, 133"},
                "intrinsic_plasticity": {"rate": 5e-4}}
        whole = self.result(config(**kind), name="whole")
        self.traces = str(self.folder)
        self.write("c.ini", config(**kind))
        complete_with_stops(self, (0,))
        self.check_same_arrays(whole, self.folder / "c.h5")
        found = data_sets(whole)
        self.assertGreater(found["neuron_gain"][-1].std(), 0.05)
        self.assertTrue(np.array_equal(found["neuron_gain"][0], found["neuron_gain"][-1]))
        self.assertTrue(np.array_equal(found["intrinsic_gain"][-1], found["neuron_gain"][-1, [*range(10), 133]]))
        # It does not matter whether gains are those of a checkpoint or of a result.
        for number, (source, ranks) in enumerate((("whole.h5", 2), ("whole.h5.checkpoint", 3))):
            evaluated = self.run_bayres("evaluate", source, "--evaluate.initial_states=2", "--evaluate.washout=100",
                                        "--evaluate.span=20", "-o", f"e{number}.h5", "--quiet", ranks=ranks)
            self.check_code(evaluated, DONE)
        self.check_same_arrays(self.folder / "e0.h5", self.folder / "e1.h5")
        with h5py.File(self.folder / "e0.h5") as file:
            self.assertLess(file["learners/ridge/nrmse"][()].max(), 2 * attributes(whole, "learners/ridge")["test_nrmse"])

    def test_evaluation_goes_on_from_states_whatever_the_number_of_learners(self):
        scores = []
        for name, more in (("one", {}), ("two", {"learner__z": {"rule": "bayes"}})):
            self.result(config(intrinsic_plasticity={"rate": 1e-3}, **more), name=name)
            self.check_code(self.run_bayres("evaluate", f"{name}.h5.checkpoint", "--evaluate.span=20", "-o", f"e{name}.h5", "--quiet"), DONE)
            scores.append(data_sets(self.folder / f"e{name}.h5")["learners/ridge/nrmse"])
        self.assertTrue(np.array_equal(*scores))

    def test_memory_capacity_is_of_adapted_neurons(self):
        for name, keys in (("plain", {}), ("adapted", {"rate": 1e-3, "duration": 50})):
            self.write(f"{name}.ini", config(reservoir={"size": 50}, record={"rates": None}, intrinsic_plasticity=keys))
        said = [self.run_bayres("memory-capacity", f"{name}.ini").out for name in ("plain", "adapted")]
        self.assertTrue(all("memory capacity" in text.lower() for text in said), said)
        self.assertNotEqual(*said)


class Transforms(CommandLineTest):
    """J that is not stored."""
    KIND = {"structure": "transform", "gain": 1.2}

    def test_has_the_spectrum_of_normal_weights_or_is_orthogonal(self):
        run = {"protocol": {"washout": 0, "train": 2, "test": 0}, "learner__ridge": {"rule": "delta"}}
        for size in (500, 512, 600):
            path = self.result(config(reservoir={**self.KIND, "size": size}, **run), name=f"g{size}")
            with h5py.File(path) as file:
                J = matrix(file["network"]) / 1.2
            moduli = np.sort(np.abs(np.linalg.eigvals(J)))
            law = np.abs(moduli ** 2 - np.arange(size) / size).max()  # of the uniform disc
            self.assertLess(law, 0.1)
            self.assertLess(np.linalg.norm(J, 2), 2.1)
            self.assertAlmostEqual(J.var() * size, 1, delta=0.01)
        path = self.result(config(reservoir={**self.KIND, "transform": "orthogonal", "size": 512}, **run), name="o")
        with h5py.File(path) as file:
            J = matrix(file["network"])
        self.assertLess(np.abs(J @ J.T / 1.44 - np.eye(512)).max(), 1e-13)

    def test_goes_on_and_its_dense_J_can_be_run_with(self):
        kind = {"reservoir": self.KIND, "protocol": {"train": 4000}, "record": {"every": 100, "network": "true"}}
        self.traces = str(self.folder)
        whole = self.result(config(**kind), name="whole")
        self.write("c.ini", config(**kind))
        complete_with_stops(self, (0,))
        self.check_same_arrays(whole, self.folder / "c.h5")
        self.write("f.ini", config(reservoir={"network": "whole.h5", "gain": None, "size": None, "bias_scale": None},
                                   protocol={"train": 20}, record={"rates": "0..133", "network": "false"}))
        self.check_code(self.run_bayres("run", "f.ini"), DONE)
        first, dense = (data_sets(self.result(config(reservoir=self.KIND, protocol={"train": 20}), name="first"))["rates"],
                        data_sets(self.folder / "f.h5")["rates"])
        self.assertLess(np.abs(first - dense).max(), 1e-11)

    def test_spikes_ensembles_evaluations_and_float32(self):
        lif = {"reservoir": {"structure": "transform", "gain": 2, "dt": 0.5, "bias_scale": None},
               "neuron": {"model": "lif", "bias": 1.2}, "record": {"rates": None, "spikes": "true", "network": "false"}}
        lif["task"] = {"name": "sines", "horizon": None}
        one, three = (self.result(config(**lif), name=f"lif{ranks}", ranks=ranks) for ranks in (1, 3))
        self.assertGreater(len(data_sets(one)["spikes/neuron"]), 0)
        self.check_same_arrays(one, three)
        kind = {"reservoir": {**self.KIND, "gain": 0.9}}
        double = data_sets(self.result(config(**kind), name="double"))["rates"]
        single = [data_sets(self.result(config(**kind, run={"precision": "single"}), name=f"s{ranks}", ranks=ranks))["rates"]
                  for ranks in (1, 2)]
        self.assertTrue(np.array_equal(*single))
        self.assertLess(np.abs(single[0] - double).max(), 1e-5)
        ensemble = self.result(config(**kind, ensemble={"seeds": "1, 4"}), name="ensemble", ranks=2)
        self.assertTrue(np.array_equal(data_sets(ensemble)["rates"][0], double))
        self.check_code(self.run_bayres("evaluate", "ensemble.h5", "--evaluate.initial_states=2", "-o", "e.h5", ranks=2), DONE)


class SpectralRadius(CommandLineTest):
    def test_is_that_of_numpy(self):
        networks = [{"size": size, "connectivity": p} for size, p in ((3, 1), (40, 0.1), (134, 0.05), (300, 1), (600, 0.1))]
        networks += [{"size": 300, "structure": "cycle-jumps", "jump_length": 7},
                     {"size": 200, "structure": "small-world", "fraction_excitatory": 0.5},
                     {"size": 150, "structure": "block", "blocks": 7, "weights": "uniform"},
                     {"size": 129, "structure": "ring", "fraction_excitatory": 0.3, "relative_inhibition": 2}]
        for number, keys in enumerate(networks):
            with self.subTest(**keys):
                run = {"protocol": {"washout": 0, "train": 2, "test": 0}, "record": {"network": "true"},
                       "learner__ridge": {"rule": "delta"}}
                path = self.result(config(reservoir={**keys, "spectral_radius": 0.8}, **run), name=f"n{number}")
                self.assertLess(abs(radius(path) / 0.8 - 1), 1e-9)
                # The gain that was found can be given, and makes the same bits.
                gain = f"{attributes(path)['gain']:.10g}"
                again = self.result(config(reservoir={**keys, "gain": gain}, **run), name=f"again{number}")
                self.check_same_arrays(path, again)

    def test_is_printed(self):
        self.write("c.ini", config(reservoir={"connectivity": 0.2, "gain": 0.7}))
        path = self.result(config(reservoir={"connectivity": 0.2, "gain": 0.7}), name="c")
        texts = {self.run_bayres("spectrum", "c.ini", ranks=ranks).out for ranks in (1, 3)}
        self.assertEqual(len(texts), 1)
        lines = texts.pop().splitlines()
        with h5py.File(path) as file:
            eigenvalues = np.linalg.eigvals(matrix(file["network"]))
        found = [float(line.split(": ")[1].split()[0]) for line in lines]
        self.assertAlmostEqual(found[0], np.abs(eigenvalues).max(), 8)
        self.assertEqual(found[1], 0.7)
        self.assertAlmostEqual(found[2], np.abs(0.5 + 0.5 * eigenvalues).max(), 8)
        by_file = self.run_bayres("spectrum", "c.ini", "--reservoir.network=c.h5", "--reservoir.gain=1")
        self.check_code(by_file, USAGE)
        self.write("f.ini", small(reservoir={"network": "c.h5", "size": None, "dt": 0.5}))
        self.assertEqual(self.run_bayres("spectrum", "f.ini").out.splitlines(), [lines[0], lines[2]])
        self.check_code(self.run_bayres("spectrum"), USAGE)
        self.assertIn("bayres spectrum CONFIG", self.run_bayres("spectrum", "--help").out)


class Refusals(CommandLineTest):
    TRANSFORM = {"structure": "transform"}

    def test_say_what_is_wrong(self):
        line = {"structure": "delay-line", "spectral_radius": 0.9}
        for words, changes in (
                ("radius 0 whatever its gain", {"reservoir": line}),
                ("radius 0 whatever its gain", {"reservoir": {"connectivity": 1e-5, "spectral_radius": 0.9}}),
                ("with reservoir.spectral_radius", {"reservoir": {"gain": 1, "spectral_radius": 0.9}}),
                ("reservoir.jump_length = 80", {"reservoir": {"structure": "cycle-jumps", "jump_length": 80}}),
                ("reservoir.neighbours = 7", {"reservoir": {"structure": "small-world", "neighbours": 7}}),
                ("reservoir.blocks = 999", {"reservoir": {"structure": "block", "blocks": 999}}),
                ("a J that is not stored does not learn", {"reservoir": self.TRANSFORM, "learner__ridge": {
                    "rule": "bayes", "recurrent.rule": "delta"}}),
                ("which a J that is not stored does not take", {"reservoir": {**self.TRANSFORM, "fraction_excitatory": 0.8}}),
                ("diagonals in float64 or float32", {"reservoir": {**self.TRANSFORM, "weight_type": "bfloat16"}}),
                ("whose J is not stored", {"reservoir": {**self.TRANSFORM, "storage": "dense"}}),
                ("which says itself what weights are", {"reservoir": {"structure": "ring", "weights": "uniform"}}),
                ('reservoir.tau = "5..2" is neither', {"reservoir": {"tau": "5..2"}}),
                ("allowed is 0 < dt <= tau", {"reservoir": {"tau": "0.2..2"}}),
                ("the rules for J follow states", {"reservoir": {"leak_on": "rate"},
                                                   "learner__ridge": {"rule": "bayes", "recurrent.rule": "delta"}}),
                ("the rules for J know one time constant", {
                    "reservoir": {"tau": "1..2"}, "learner__ridge": {"rule": "bayes", "recurrent.rule": "delta"}}),
                ("reservoir.leak_on", {"reservoir": {"leak_on": "rate"}, "neuron": {"model": "lif"}}),
                ("use neuron.model = tanh or sigmoid", {"neuron": {"model": "relu"}, "intrinsic_plasticity": {"rate": 1e-3}}),
                ("for a duration that is 0", {"protocol": {"washout": 0}, "intrinsic_plasticity": {"rate": 1e-3}}),
                ("duration = 30 is longer", {"intrinsic_plasticity": {"rate": 1e-3, "duration": 30}}),
                ("have a mean alone", {"neuron": {"model": "sigmoid"}, "intrinsic_plasticity": {"rate": 1e-3, "sd": 0.1}}),
                ("allowed is 0 < mean < 1", {"neuron": {"model": "sigmoid"}, "intrinsic_plasticity": {"rate": 1e-3, "mean": 0}}),
                ("rate = 0.05 is too large a step", {"intrinsic_plasticity": {"rate": 0.05}}),
                ("would differ from learner to learner", {
                    "intrinsic_plasticity": {"rate": 1e-3}, "protocol": {"washout": 9, "feedback": "output"}, "learner__b": {"rule": "bayes"},
                    "learner__ridge": {"rule": "bayes", "recurrent.rule": "delta"}}),
                ("without intrinsic_plasticity.rate", {"intrinsic_plasticity": {"sd": 0.1}}),
                ("reservoir.input_connectivity", {"reservoir": {"input_connectivity": 0.3}, "task": {"drive": "none",
                                                                                                      "name": "sines"}})):
            with self.subTest(words=words):
                self.write("c.ini", config(**changes))
                refused = self.run_bayres("run", "c.ini", "--quiet", ranks=2 if "radius 0" in words else None)
                self.check_code(refused, USAGE)
                self.assertIn(words, refused.err)

    def test_periods_are_in_units_of_1_with_a_range_of_tau(self):
        """Those of sines are 120, 60, 40 and 30 times tau."""
        keys = {"task": {"name": "sines", "horizon": None, "drive": "target"}}
        targets = [data_sets(self.result(config(reservoir={"tau": tau}, **keys), name=f"t{number}"))["target"]
                   for number, tau in enumerate(("1", "2..9", "2"))]
        self.assertTrue(np.array_equal(targets[0], targets[1]))
        self.assertFalse(np.array_equal(targets[0], targets[2]))


class NetworkOfAResult(CommandLineTest):
    def test_has_its_time_constants(self):
        kind = {"tau": "0.5..8", "gain": 0.9}
        whole = self.result(config(reservoir=kind), "--run.seed=9", name="whole")
        taken = {"reservoir": {"tau": "0.5..8", "network": "whole.h5", "gain": None, "size": None, "bias_scale": None}}
        again = self.result(config(**taken), name="again", ranks=2)
        self.check_same_arrays(whole, again, only="rates")
        self.write("c.ini", config(**taken))
        finished = self.run_bayres("run", "c.ini", "--reservoir.tau=1")
        self.assertIn("say their range, reservoir.tau = A..B", finished.own_err)


if __name__ == "__main__":
    unittest.main()
