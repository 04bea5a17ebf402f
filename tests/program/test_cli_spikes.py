"""Spiking neurons: spikes as numpy computes them, the same bits on any ranks, after a stop, and what is refused."""
import unittest

import h5py
import numpy as np

from command_line import DONE, USAGE, CommandLineTest, attributes, data_sets
from test_cli_resume import complete_with_stops


def spiking(**changes):
    """A small spiking reservoir that records all of its neurons."""
    config = {
        "reservoir": {"size": 150, "gain": 0.632, "connectivity": 0.1, "input_scale": 1.2, "dt": 0.1},
        "neuron": {"model": "lif"},
        "task": {"name": "sines", "drive": "target", "periods": 50, "amplitudes": 1},
        "protocol": {"washout": 20, "train": 60, "test": 20, "learn_every": 5},
        "learner__b": {"rule": "bayes"},
        "learner__r": {"rule": "rls"},
        "learner__br": {"rule": "branch", "branch_size": 20},
        "record": {"spikes": "true", "potential": "0..149", "rates": "0..149", "network": "true"},
    }
    for name, keys in changes.items():
        config[name] = {**config.get(name, {}), **(keys or {})}
        if keys is None:
            del config[name]
    return {name.replace("__", "."): keys for name, keys in config.items()}


def matrix(file):
    group = file["network"]
    starts, columns, values = (group["J_" + name][()] for name in ("indptr", "indices", "data"))
    J = np.zeros((len(starts) - 1,) * 2)
    for row in range(len(J)):
        J[row, columns[starts[row]:starts[row + 1]]] = values[starts[row]:starts[row + 1]]
    return J


def difference(x, y, dt):
    """Of exp(-dt/tau) over two rates that are not near: the propagator from a filter of rate y to one of rate x."""
    return (np.exp(-dt * x) - np.exp(-dt * y)) / (y - x)


def simulated(file, *, tau_m=10., tau_rise=2., tau_decay=20., refractory=20, bias=1., threshold=1., dt=0.1, delay=1):
    """Spikes, potentials and rates (steps x neurons) of the network in a result, from its input alone."""
    J, W = matrix(file), file["network/W_in"][()]
    offset = bias + file["network/bias"][()]
    V, x = file["network/x0"][()].copy(), [np.zeros(len(J)) for _ in range(4)]
    current, drive, filtered, kept = x
    left = np.zeros(len(J), int)
    m, r, d = 1 / tau_m, 1 / tau_rise, 1 / tau_decay
    to_I, I_to_V = r * difference(r, d, dt), m * difference(m, r, dt)
    h_to_V = m * r * (np.exp(-m * dt) / ((d - m) * (r - m)) + np.exp(-d * dt) / ((m - d) * (r - d))
                      + np.exp(-r * dt) / ((m - r) * (d - r)))
    all_spikes, potentials, rates = [], [], []
    for u in file["input"][()]:
        V = np.exp(-m * dt) * V + I_to_V * current + h_to_V * drive + (1 - np.exp(-m * dt)) * (offset + W @ u)
        V[left > 0] = 0
        left = np.maximum(left - 1, 0)
        current, drive = np.exp(-r * dt) * current + to_I * drive, np.exp(-d * dt) * drive
        filtered, kept = np.exp(-r * dt) * filtered + to_I * kept, np.exp(-d * dt) * kept
        spikes = V >= threshold
        V[spikes], left[spikes] = 0, refractory
        kept[spikes] += 1
        all_spikes.append(spikes), potentials.append(V.copy()), rates.append(filtered)
        if len(all_spikes) >= delay:
            drive = drive + J[:, all_spikes[-delay]].sum(1)
    return np.array(all_spikes), np.array(potentials), np.array(rates)


class Spikes(CommandLineTest):
    def test_are_those_of_numpy(self):
        for name, changes in {
                "usual": {},
                "heterogeneous": {"reservoir": {"bias_scale": 0.3}, "neuron": {"bias": 0.9}},
                "delayed": {"neuron": {"delay": 1.5}},
                "dale": {"reservoir": {"fraction_excitatory": 0.8, "gain": 0.3}},
                "strong": {"reservoir": {"gain": 3, "input_scale": 0.5}, "neuron": {"balanced": "false"}}}.items():
            result = self.result(spiking(**changes), name=name)
            with h5py.File(result) as file:
                spikes, potentials, rates = simulated(file, bias=float(changes.get("neuron", {}).get("bias", 1)),
                                                      delay=15 if name == "delayed" else 1)
                steps, neurons = np.nonzero(spikes)
                self.assertGreater(len(steps), 300, name)
                self.assertTrue(np.array_equal(file["spikes/neuron"][()], neurons), name)
                self.assertLess(np.abs(file["spikes/time"][()] - (steps + 1) * 0.1).max(), 1e-9)
                self.assertTrue(np.array_equal(file["spikes/spike"][()], np.arange(len(steps))))
                self.assertEqual(file["spikes/time"].attrs["units"], "ms")
                self.assertLess(np.abs(file["potential"][()] - potentials).max(), 1e-10)
                self.assertLess(np.abs(file["rates"][()] - rates).max(), 1e-10)
                self.assertAlmostEqual(file.attrs["firing_rate"], len(steps) / 150 / 100, places=12)

    def test_have_the_same_bits_on_any_ranks(self):
        config = spiking(reservoir={"noise": 0.2}, neuron={"threshold": "0.9..1.2", "delay": "0.1..3"},
                         protocol={"feedback": "output", "evaluate_at": 40},
                         learner__s={"rule": "branch", "branch_size": 64, "others": "shared"})
        one = self.result(config, name="one", ranks=1)
        for ranks in (2, 3, 5):
            self.check_same_arrays(one, self.result(config, name=f"on{ranks}", ranks=ranks))

    def test_are_the_same_whether_or_not_steps_share_a_collective(self):
        """They do with delays of several steps, unless states are recorded, which are then ahead of the step."""
        config = spiking(neuron={"delay": "0.7..3"}, reservoir={"noise": 0.1}, record={"potential": ""},
                         protocol={"evaluate_at": 40, "learn_every": 9}, learner__s={"rule": "bayes", "others": "shared"},
                         learner__ridge={"rule": "ridge"})
        single = self.result({**config, "record": {**config["record"], "potential": "0"}}, name="single")
        with h5py.File(single, "a") as file:
            del file["potential"], file["potential_neuron"]
        for ranks in (1, 3):
            self.check_same_arrays(single, self.result(config, name=f"shared{ranks}", ranks=ranks))

    def test_are_the_same_in_any_storage(self):
        record = {"network": "false"}
        one = self.result(spiking(record=record), name="one")
        for storage in ("dense", "sparse"):
            config = spiking(record=record, reservoir={"storage": storage})
            self.check_same_arrays(one, self.result(config, name=storage))

    def test_of_some_neurons(self):
        whole, part = (self.result(spiking(record={"spikes": neurons}), name=f"n{len(neurons)}")
                       for neurons in ("true", "3, 70..80, 149"))
        with h5py.File(whole) as whole, h5py.File(part) as part:
            wanted = np.isin(whole["spikes/neuron"], [3, *range(70, 81), 149])
            self.assertTrue(np.array_equal(part["spikes/neuron"], whole["spikes/neuron"][()][wanted]))
            self.assertTrue(np.array_equal(part["spikes/time"], whole["spikes/time"][()][wanted]))

    def test_of_an_ensemble(self):
        config = spiking(ensemble={"seeds": "1, 5"})
        together = data_sets(self.result(config, name="together", ranks=2))
        for number, seed in enumerate((1, 5)):
            alone = {key: value for key, value in config.items() if key != "ensemble"} | {"run": {"seed": seed}}
            alone = self.result(alone, name=f"seed{seed}")
            one = data_sets(alone)
            count = len(one["spikes/neuron"])
            for name in ("spikes/neuron", "spikes/time"):
                self.assertTrue(np.array_equal(together[name][number][:count], one[name]), name)
            kappa = attributes(self.folder / "together.h5", "learners/b")["kappa"]
            self.assertEqual(kappa[number], attributes(alone, "learners/b")["kappa"])
        self.check_code(self.run_bayres("evaluate", "together.h5", "-o", "e.h5", "--quiet", "--evaluate.span=5"), DONE)
        self.assertEqual(attributes(self.folder / "e.h5", "learners/b")["kappa"].tolist(), kappa.tolist())


class Defaults(CommandLineTest):
    def test_of_kappa_are_measured_in_the_washout(self):
        result = self.result(spiking(protocol={"washout": 400, "train": 20}))
        with h5py.File(result) as file:
            squares = (file["rates"][()][:4000] ** 2).sum(1)
            self.assertAlmostEqual(file["learners/b"].attrs["kappa"], 2 * squares.max(), places=9)
            mean = squares[3000:].mean() / 150  # what has decayed in 300 ms does not count
            self.assertAlmostEqual(file["learners/br"].attrs["kappa"], 130 * mean + 1, places=9)

    def test_of_kappa_hold_in_a_long_or_silent_washout(self):
        """300.3 ms are not longer than the transient by a step; a silent network says nothing of its rates."""
        silent = {"neuron": {"bias": 0.5}, "reservoir": {"input_scale": 0.1, "initial_scale": 0.9}}
        for name, changes in {"odd": {"reservoir": {"dt": 0.7}, "protocol": {"washout": 300}}, "silent": silent}.items():
            result = self.result(spiking(**changes), name=name)
            kappa = attributes(result, "learners/b")["kappa"]
            self.assertEqual(attributes(result, "learners/b")["diverged_at_step"], -1)
            self.assertTrue(kappa == 150 if name == "silent" else kappa > 10, kappa)

    def test_of_signs_without_excitation_are_inhibition(self):
        result = self.result(spiking(reservoir={"fraction_excitatory": 0}))
        with h5py.File(result) as file:
            self.assertLess(file["network/J_data"][()].max(), 0)

    def test_of_kappa_need_a_washout(self):
        config = spiking(protocol={"washout": 0})
        self.write("c.ini", config)
        refused = self.run_bayres("run", "c.ini", "--quiet")
        self.check_code(refused, USAGE)
        self.assertIn("measured in the washout", refused.own_err)
        self.check_code(self.run_bayres("run", "c.ini", "--quiet", "--learner.b.kappa=300", "--learner.br.kappa=300"),
                        DONE)

    def test_of_kappa_follow_from_one_washout_alone(self):
        """Where outputs are fed back and a readout starts from weights, each learner has a washout of its own."""
        with h5py.File(self.folder / "w.h5", "w") as file:
            file["weights"] = np.random.default_rng(3).normal(size=(1, 150)) / 20
        config = spiking(protocol={"feedback": "output"}, learner__b={"weights": "w.h5"})
        self.write("c.ini", config)
        refused = self.run_bayres("run", "c.ini", "--quiet", ranks=2)
        self.check_code(refused, USAGE)
        self.assertIn("differs from learner to learner", refused.own_err)
        self.result(config | {"learner.b": {"rule": "bayes", "weights": "w.h5", "kappa": 300},
                              "learner.br": {"rule": "none"}}, name="given")
        self.result(config | {"protocol": {**config["protocol"], "feedback": "teacher"}}, name="taught")
        alone = spiking(protocol={"feedback": "output"}, learner__r=None, learner__br=None)
        zero, other = (self.result(alone | {"learner.b": keys}, name=name) for name, keys in
                       {"zero": {"rule": "bayes"}, "other": {"rule": "bayes", "weights": "w.h5"}}.items())
        with h5py.File(zero) as zero, h5py.File(other) as other:
            washout = [file["rates"][()][:200] for file in (zero, other)]
            self.assertGreater(np.abs(washout[0] - washout[1]).max(), 0.1)
            for rates, file in zip(washout, (zero, other)):
                self.assertAlmostEqual(file["learners/b"].attrs["kappa"], 2 * (rates**2).sum(1).max(), places=9)


class Stopping(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.traces = str(self.folder)

    def test_within_refractory_times_changes_no_bit(self):
        config = spiking(reservoir={"noise": 0.1}, neuron={"delay": "0.5..4"},
                         protocol={"feedback": "output", "train": 1500},
                         record={"every": 100, "potential": "0..5", "rates": "0..5"})
        whole = self.result(config, name="whole")
        self.write("c.ini", config)
        # The first stop is within the refractory times after V(0), which is above the threshold of most neurons; others
        # come while there are steps left.
        complete_with_stops(self)
        self.check_same_arrays(whole, self.folder / "c.h5")


class Refusals(CommandLineTest):
    def check_refused(self, *words, **changes):
        self.write("c.ini", spiking(**changes))
        refused = self.run_bayres("run", "c.ini", "--quiet")
        self.check_code(refused, USAGE)
        for word in words:
            self.assertIn(word, refused.own_err)

    def test_say_what_is_wrong(self):
        self.check_refused("neuron.threshold = 0.5 is not above reset = 0.6", neuron={"threshold": 0.5, "reset": 0.6})
        self.check_refused("neuron.tau_ref = 0.05 is shorter than a step", neuron={"tau_ref": 0.05})
        self.check_refused("neuron.delay = 3..1 is neither auto", neuron={"delay": "3..1"})
        self.check_refused("reservoir.tau", "its own time constants".split()[-1], reservoir={"tau": 3})
        self.check_refused("run.precision conflicts with neuron.model", run={"precision": "single"})
        self.check_refused("neuron.balanced conflicts with reservoir.fraction_excitatory", neuron={"balanced": "true"},
                           reservoir={"fraction_excitatory": 0.8})
        self.check_refused("learner.b.recurrent.rule conflicts with neuron.model",
                           learner__b={"recurrent.rule": "bayes"})
        self.check_refused("record.spikes = some is neither true nor false", record={"spikes": "some"})
        self.check_refused("record.spikes =  is neither true nor false", record={"spikes": ""})
        self.check_refused("record.spikes: there is no neuron 150", record={"spikes": "100..150"})
        self.check_refused("record.spikes conflicts with neuron.model", neuron={"model": "tanh"},
                           record={"potential": "", "rates": ""})

    def test_equal_time_constants_are_none(self):
        for rise in (0, 10, 20):
            result = self.result(spiking(neuron={"tau_rise": rise}), name=f"rise{rise}")
            self.assertTrue(np.isfinite(data_sets(result)["potential"]).all())

    def test_silence_and_storms_are_named(self):
        silent = self.run_report(spiking(neuron={"bias": 0.5}, reservoir={"input_scale": 0.1, "initial_scale": 0.9}))
        self.assertIn("no spikes", silent.out)
        storm = self.run_report(spiking(neuron={"bias": 50}))
        self.assertIn("neurons fire at", storm.out)
        self.assertIn("too strong", storm.out)

    def run_report(self, config):
        self.write("c.ini", config)
        finished = self.run_bayres("run", "c.ini", "--force", "--learner.b.kappa=1000", "--learner.br.kappa=1000")
        self.assertIn(finished.code, (DONE, 4), finished)
        return finished


class Others(CommandLineTest):
    def test_an_evaluation_goes_on_with_the_spikes_under_way(self):
        """What is scored from a checkpoint at the end of training is what the test of the run scored."""
        config = spiking(neuron={"delay": "1..4"}, protocol={"feedback": "output"}, learner__br=None, learner__r=None)
        self.result(config, name="whole")
        trained = {**config, "protocol": {**config["protocol"], "test": 0}}
        self.result(trained, name="trained", ranks=2)
        finished = self.run_bayres("evaluate", "trained.h5.checkpoint", "-o", "e.h5", "--quiet", "--evaluate.span=20")
        self.check_code(finished, DONE)
        scored = data_sets(self.folder / "e.h5")["learners/b/nrmse"].ravel()
        self.assertEqual(scored[0], attributes(self.folder / "whole.h5", "learners/b")["test_nrmse"])

    def test_commands_know_spikes(self):
        result = self.result(spiking(protocol={"feedback": "output"}))
        self.check_code(self.run_bayres("evaluate", "c.h5.checkpoint", "-o", "e.h5", "--quiet", ranks=2), DONE)
        self.assertTrue(np.isfinite(data_sets(self.folder / "e.h5")["learners/b/nrmse"]).all())
        self.check_code(self.run_bayres("evaluate", "c.h5", "-o", "r.h5", "--quiet"), DONE)
        for name in ("b", "br"):  # was measured in the washout of the run
            kappas = {attributes(self.folder / file, f"learners/{name}")["kappa"] for file in ("c.h5", "e.h5", "r.h5")}
            self.assertEqual(len(kappas), 1, kappas)
        dry = self.run_bayres("run", "c.ini", "--dry-run", "-o", "d.h5")
        self.check_code(dry, DONE)
        self.assertIn("by-source", dry.out)
        self.check_code(self.run_bayres("inspect", str(result)), DONE)
        self.assertIn("tau_rise", self.run_bayres("list", "neurons").out)


if __name__ == "__main__":
    unittest.main()
