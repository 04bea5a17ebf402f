"""Outputs that send spikes: what they learn as numpy computes it, the same bits on any ranks, and what is refused."""
import re
import unittest

import h5py
import numpy as np

from command_line import DONE, USAGE, CommandLineTest, attributes, data_sets
from test_cli_resume import complete_with_stops

DT = 0.1
MEASURES = ("log_likelihood", "van_rossum", "coincidence")


def spiking(**changes):
    """A small spiking reservoir whose outputs learn a pattern of spikes."""
    config = {
        "reservoir": {"size": 150, "gain": 0.632, "connectivity": 0.1, "input_scale": 1.2, "dt": DT},
        "neuron": {"model": "lif"},
        "task": {"name": "spike-pattern", "period": 60, "spikes": 2, "margin": 4},
        "protocol": {"washout": 120, "train": 180, "test": 120, "evaluate_at": 200},
        "learner__bayes": {"rule": "bayes", "output": "spikes"},
        "learner__discount": {"rule": "bayes", "others": "discount", "output": "spikes"},
        "learner__delta": {"rule": "delta", "eta": 0.01, "output": "spikes"},
        "learner__rls": {"rule": "rls", "alpha": 10, "output": "spikes", "output.bias": 4},
        "learner__branch": {"rule": "branch", "branch_size": 20, "output": "spikes"},
        "learner__rate": {"rule": "bayes"},
        "record": {"rates": "0..149"},
    }
    for name, keys in changes.items():
        config[name] = {**config.get(name, {}), **(keys or {})}
        if keys is None:
            del config[name]
    return {name.replace("__", "."): keys for name, keys in config.items()}


class Learned:
    """What one learner does, from the rates and the desired spikes alone."""

    def __init__(self, rates, desired, train, rule, kappa, *, bias=5., tau_decay=20., alpha=10., eta=0.01):
        self.z, self.log_likelihood = [], []
        weights, information = np.zeros(rates.shape[1]), np.zeros(rates.shape[1])
        covariance = np.eye(rates.shape[1]) / alpha
        adaptation, left = 0., 0
        for step, (r, spike) in enumerate(zip(rates, desired)):
            self.z.append(weights @ r)
            x = DT * np.exp(self.z[-1] - bias - adaptation)
            refractory, left = left > 0, max(left - 1, 0)
            self.log_likelihood.append(np.nan if refractory else np.log(-np.expm1(-x)) if spike else -x)
            if not refractory and step in train:
                x = min(x, 3)
                gradient, fisher = x / np.expm1(x) if spike else -x, x**2 / np.expm1(x)
                gain = covariance @ r
                variance = (r**2 / (kappa + information)).sum()
                if rule == "rls":
                    weights = weights + gain * gradient / (1 + fisher * r @ gain)
                    covariance -= np.outer(gain, gain) * fisher / (1 + fisher * r @ gain)
                elif rule == "delta":
                    weights = weights + eta * gradient * r
                else:
                    information += fisher * r**2 / (1 + (fisher / DT * tau_decay * variance if rule == "discount" else 0))
                    weights = weights + gradient * r / (kappa + information)
            adaptation = (adaptation + 5 * spike) * np.exp(-DT / 10)
            left = 20 if spike else left
        self.z = np.array(self.z)

    def score(self, desired, steps):
        """Nats per desired spike above a constant rate."""
        values, spikes = np.array(self.log_likelihood)[steps], desired[steps]
        counts = ~np.isnan(values)
        n, p = spikes[counts].sum(), spikes[counts].mean()
        return (values[counts].sum() - n * np.log(p) - (counts.sum() - n) * np.log(1 - p)) / n


class SpikingOutputs(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.traces = str(self.folder)

    def test_learn_as_numpy_does(self):
        result = self.result(spiking())
        with h5py.File(result) as file:
            rates, desired = file["rates"][()], file["target"][:, 0]
            washout, train, test = 1200, range(1200, 3000), slice(3000, 4200)
            self.assertEqual(desired.sum(), 14)
            mean = (rates[:washout]**2).sum(1).mean()
            for name in ("bayes", "discount", "delta", "rls"):
                learner = file["learners/" + name]
                kappa = learner.attrs.get("kappa", np.nan)
                if name in ("bayes", "discount"):
                    self.assertAlmostEqual(kappa, 0.3 * mean, places=9)
                expected = Learned(rates, desired, train, name, kappa, bias=4 if name == "rls" else 5)
                self.assertLess(np.abs(learner["output"][:, 0] - expected.z).max(), 1e-9, name)
                self.assertGreater(np.abs(expected.z).max(), 1)
                self.assertAlmostEqual(learner.attrs["test_log_likelihood"], expected.score(desired, test), places=9)
            self.assertAlmostEqual(file["learners/branch"].attrs["kappa"], 0.3 * 130 / 150 * mean + 1, places=9)

    def test_send_spikes_that_are_scored(self):
        """The spikes in the file have the van Rossum distance of the attribute; a rate beside them has no such scores."""
        result = self.result(spiking())
        with h5py.File(result) as file:
            desired = file["target"][:, 0]
            times = np.rint(file["target_spike_time"][()] / DT).astype(int) - 1
            self.assertTrue(np.array_equal(times, np.flatnonzero(desired)))
            self.assertTrue(np.array_equal(file["target_spike"], np.arange(len(times))))
            for name in ("bayes", "rls", "branch"):
                learner = file["learners/" + name]
                self.assertEqual(learner.attrs["output"], "spikes")
                steps = np.rint(learner["spike_time"][()] / DT).astype(int) - 1
                self.assertTrue(np.array_equal(learner["spike"], np.arange(len(steps))))
                self.assertGreater(np.diff(steps).min(), 20)
                sent = np.zeros(len(desired))
                sent[steps] = 1
                for phase, of in (("train", slice(1200, 3000)), ("test", slice(3000, 4200))):
                    traces = []
                    for train in (sent[of], desired[of]):
                        trace = [0.]
                        for spike in train:
                            trace.append(trace[-1] * np.exp(-DT / 10) + spike)
                        traces.append(np.array(trace))
                    distance = ((traces[0] - traces[1])**2).sum() / (traces[1]**2).sum()
                    self.assertAlmostEqual(learner.attrs[phase + "_van_rossum"], distance, places=10)
            self.assertNotIn("spike_time", file["learners/rate"])
            self.assertNotIn("output", file["learners/rate"].attrs)
            self.assertTrue(np.isnan(file["learners/rate"].attrs["test_log_likelihood"]))
            self.assertTrue(np.isfinite(file["learners/bayes/evaluation/log_likelihood"][()]).all())

    def test_are_told_of_desired_spikes_that_they_cannot_send(self):
        for refractory, count in ((2, 0), (40, 1)):
            self.write("close.ini", spiking(learner__other={"rule": "delta", "output": "spikes", "output.tau_ref": refractory}))
            said = self.run_bayres("run", "close.ini", "--force", "--check")
            self.check_code(said, DONE)
            found = re.findall(r"Note: \d+ desired spikes came within output.tau_ref = 40 ms .* in which other cannot spike", said.out)
            self.assertEqual(len(found), count, said.out)

    def test_that_diverge_have_no_scores(self):
        config = spiking(learner__wild={"rule": "delta", "eta": 1e6, "output": "spikes"}, record={"rates": ""})
        result = self.result(config)
        with h5py.File(result) as file:
            wild = file["learners/wild"]
            self.assertGreater(wild.attrs["diverged_at_step"], 0)
            self.assertLess(wild["spike_time"][()].max(initial=0), (wild.attrs["diverged_at_step"] + 2) * DT)
            for measure in MEASURES:
                for phase in ("train", "test"):
                    self.assertTrue(np.isnan(wild.attrs[f"{phase}_{measure}"]), measure)
                self.assertTrue(np.isnan(wild["evaluation/" + measure]).all(), measure)
                self.assertTrue(np.isfinite(file["learners/bayes"].attrs["test_" + measure]), measure)
        self.check_code(self.run_bayres("evaluate", "c.h5", "-o", "e.h5", "--quiet"), DONE)
        scores = data_sets(self.folder / "e.h5")
        self.assertTrue(all(np.isnan(scores["learners/wild/" + measure]).all() for measure in MEASURES))

    def test_have_the_same_bits_on_any_ranks(self):
        config = spiking(neuron={"delay": "0.1..3"}, reservoir={"noise": 0.1}, record={"rates": ""},
                         protocol={"washout": 20, "train": 50, "test": 20, "evaluate_at": 40})
        one = self.result(config, name="one", ranks=1)
        for ranks in (2, 3):
            self.check_same_arrays(one, self.result(config, name=f"on{ranks}", ranks=ranks))

    def test_of_a_teacher_are_learned(self):
        config = spiking(neuron={"model": "poisson", "rate": 0.02}, task=None, reservoir=None, learner__rate=None,
                         learner__rls={"alpha": 1, "output.bias": 5}, record={"rates": ""},
                         protocol={"washout": 200, "train": 20000, "test": 5000, "evaluate_at": ""})
        config |= {"reservoir": {"size": 70, "dt": 0.2}, "task": {"name": "spike-teacher", "sd": 2},
                   "record": {"every": 500}}
        one, two = (self.result(config, name=f"on{ranks}", ranks=ranks) for ranks in (1, 2))
        self.check_same_arrays(one, two)
        dry = self.run_bayres("run", "on1.ini", "--dry-run", "-o", "d.h5", "--reservoir.size=20000")
        self.assertRegex(dry.out, r"J: [0-9.]+ kB")  # nothing is connected
        for name in ("bayes", "rls"):
            self.assertGreater(attributes(one, "learners/" + name)["test_log_likelihood"], 0.3, name)

    def test_of_an_ensemble(self):
        config = spiking(ensemble={"seeds": "1, 5"}, record={"rates": ""})
        together = data_sets(self.result(config, name="together", ranks=2))
        scores = attributes(self.folder / "together.h5", "learners/bayes")
        for number, seed in enumerate((1, 5)):
            alone = {key: value for key, value in config.items() if key != "ensemble"} | {"run": {"seed": seed}}
            alone = self.result(alone, name=f"seed{seed}")
            one = data_sets(alone)["learners/bayes/spike_time"]
            self.assertTrue(np.array_equal(together["learners/bayes/spike_time"][number][:len(one)], one))
            for measure in MEASURES:
                self.assertEqual(scores["test_" + measure][number], attributes(alone, "learners/bayes")["test_" + measure])

    def test_go_on_after_a_stop(self):
        config = spiking(record={"every": 100, "rates": ""}, neuron={"delay": "0.6..2"},
                         protocol={"train": 800, "evaluate_at": 300, "learn_every": 7})
        whole = self.result(config, name="whole")
        self.write("c.ini", config)
        complete_with_stops(self, (0, 0.1, 0.2))
        self.check_same_arrays(whole, self.folder / "c.h5")

    def test_are_evaluated(self):
        """Frozen weights from the checkpoint after training have the likelihood of the test, on other ranks too."""
        config = spiking(protocol={"test": 0, "evaluate_at": ""}, record={"rates": ""}, learner__rate=None)
        self.result(config, name="trained")
        self.result({**config, "protocol": {**config["protocol"], "test": 120}}, name="tested")
        for ranks in (1, 2):
            finished = self.run_bayres("evaluate", "trained.h5.checkpoint", "-o", f"e{ranks}.h5", "--quiet",
                                       "--evaluate.span=120", ranks=ranks)
            self.check_code(finished, DONE)
        self.check_same_arrays(self.folder / "e1.h5", self.folder / "e2.h5")
        scored = data_sets(self.folder / "e1.h5")
        for name in ("bayes", "rls"):
            tested = attributes(self.folder / "tested.h5", "learners/" + name)["test_log_likelihood"]
            self.assertEqual(scored[f"learners/{name}/log_likelihood"].ravel()[0], tested, name)
        self.check_replicas("tested.h5")

    def check_replicas(self, source):
        """New initial states have their spikes whichever rank has them."""
        keys = ["--quiet", "--evaluate.initial_states=3", "--evaluate.noise=0.05", "--evaluate.span=60"]
        for ranks, divide in ((1, "auto"), (2, "neurons"), (3, "replicas")):
            finished = self.run_bayres("evaluate", source, "-o", f"{divide}.h5", f"--evaluate.divide={divide}", *keys, ranks=ranks)
            self.check_code(finished, DONE)
        for divide in ("neurons", "replicas"):
            self.check_same_arrays(self.folder / "auto.h5", self.folder / f"{divide}.h5")
        self.assertGreater(np.ptp(data_sets(self.folder / "auto.h5")["learners/bayes/log_likelihood"]), 0)


class Files(CommandLineTest):
    def write_times(self, times, columns=""):
        rows = [f"{np.sin(k / 50)}," + (f"{times[k]}" if k < len(times) else "") for k in range(4200)]
        self.write_text("data.csv", "u,spike\n" + "\n".join(rows) + "\n")

    def write_text(self, name, text):
        (self.folder / name).write_text(text)

    def config(self, **task):
        return spiking(task=None, protocol={"evaluate_at": ""}, record={"rates": ""}) | {
            "task": {"name": "file", "path": "data.csv", "input": "u", "target": "spike", "target_is": "times",
                     "missing": "skip", **task}}

    def test_of_times_say_when_spikes_are_desired(self):
        times = [0, 0.1, 33.33, 150.05, 250, 350.21, 380, 419.95]
        self.write_times(times)
        with h5py.File(self.result(self.config())) as file:
            steps = np.flatnonzero(file["target"][:, 0])
            self.assertEqual(list(steps), [0, 1, 333, 1500, 2500, 3502, 3800, 4199])
            self.assertTrue(np.isfinite(file["learners/bayes"].attrs["test_log_likelihood"]))

    def test_that_are_wrong_are_refused(self):
        self.write_times([5, 3, 7])
        self.write("c.ini", self.config())
        refused = self.run_bayres("run", "c.ini", "--quiet", ranks=2)
        self.check_code(refused, USAGE)
        self.assertIn("does not have times that ascend", refused.own_err)


class Refusals(CommandLineTest):
    def check_refused(self, *words, **changes):
        self.write("c.ini", spiking(**changes))
        refused = self.run_bayres("run", "c.ini", "--quiet")
        self.check_code(refused, USAGE)
        for word in words:
            self.assertIn(word, refused.own_err)

    def test_say_what_is_wrong(self):
        spikes = {"rule": "bayes", "output": "spikes"}
        self.check_refused("learner.bayes.output conflicts with task.name", "spike-teacher",
                           task={"name": "narma10", "period": None, "spikes": None, "margin": None})
        self.check_refused("learner.bayes.output conflicts with neuron.model", neuron={"model": "tanh"})
        self.check_refused("learner.bayes.output conflicts with protocol.feedback", protocol={"feedback": "teacher"})
        self.check_refused("others = discount", learner__x={**spikes, "others": "shared"})
        self.check_refused("this output is a rate", learner__x={"rule": "bayes", "others": "discount"})
        self.check_refused("minimises squared errors", learner__x={"rule": "ridge", "output": "spikes"})
        self.check_refused("output.tau_ref", "is not a number", learner__x={**spikes, "output.tau_ref": "long"})
        self.check_refused("key learner.x.output.bias", learner__x={"rule": "bayes", "output.bias": 3})
        self.check_refused("allowed is one of rate, spikes", learner__x={"rule": "bayes", "output": "spike"})
        self.check_refused("task.normalise conflicts with task.name", task={"normalise": "zscore"})
        self.check_refused("task.margin = 40 leaves no time", task={"margin": 40})
        self.check_refused("set neuron.model = poisson", task={"name": "spike-teacher", "period": None, "spikes": None,
                                                              "margin": None})
        self.check_refused("make a run for each seed", neuron={"model": "poisson"}, ensemble={"seeds": "1, 2"}, reservoir={"gain": 0},
                           task={"name": "spike-teacher", "period": None, "spikes": None, "margin": None})
        self.check_refused("reservoir.gain = 0.632 has no effect", neuron={"model": "poisson"})

    def test_nothing_is_half_written(self):
        self.check_refused("washout", protocol={"washout": 0})
        self.assertEqual([p.name for p in self.folder.glob("*.h5*")], [])


if __name__ == "__main__":
    unittest.main()
