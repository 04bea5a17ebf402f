#!/usr/bin/python3
"""Reservoirs side by side, each with a group of the outputs: against plain numpy and runs of one reservoir; their bits on any
ranks; checkpoints and ensembles; what is refused."""
import functools
import unittest

import h5py
import numpy as np

from command_line import DONE, USAGE, CommandLineTest, data_sets, new_folder, small
from test_cli_resume import complete_with_stops
from test_cli_topologies import matrix

CHANNELS, GROUPS, OVERLAP, NEURONS = 12, 4, 2, 70
EACH = CHANNELS // GROUPS
HEARD = EACH + 2 * OVERLAP
DT, WASHOUT, TRAIN, STEPS = 0.5, 40, 300, 700  # the last three in steps
LAMBDA = 1e-4


@functools.cache
def series():
    """Waves on a ring that are no sum of a few sines (step, channel)."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal(CHANNELS)
    rows = []
    for _ in range(10 * STEPS):
        for _ in range(2):
            x = x + 0.0025 * ((np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + 8)
        rows.append(x)
    return np.array(rows[::10]) / 4


def names(channels):
    return ", ".join(f"c{c}" for c in channels)


def heard(group, open_ends=False):
    channels = np.arange(group * EACH - OVERLAP, (group + 1) * EACH + OVERLAP)
    return channels if open_ends else channels % CHANNELS


def config(**changes):
    keys = {"reservoir": {"size": NEURONS, "gain": 0.7, "connectivity": 0.2, "tau": DT, "dt": DT, "bias_scale": 0.5,
                          "input_scale": 0.3, **changes.pop("reservoir", {})},
            "parallel": {"groups": GROUPS, "overlap": OVERLAP, **changes.pop("parallel", {})},
            "task": {"name": "file", "drive": None, "path": "series.csv", "input": names(range(CHANNELS)), "target": names(range(CHANNELS)),
                     "sample_interval": DT, "horizon": DT, **changes.pop("task", {})},
            "protocol": {"washout": WASHOUT * DT, "train": TRAIN * DT, "test": 20, **changes.pop("protocol", {})},
            "learner__a": None, "learner__ridge": {"rule": "ridge", "lambda": LAMBDA}}
    return small(**{**keys, **changes})


EVALUATE = {"closed_loop": "true", "starts": 3, "washout": 10, "span": 15, "trajectories": "true"}
EVERY_RULE = {"learner__ridge": {"rule": "ridge", "lambda": "1e-4, 1e-2"}, "learner__rls": {"rule": "rls"},
              "learner__bayes": {"rule": "bayes"}, "learner__branch": {"rule": "branch", "branch_size": 20},
              "learner__joint": {"rule": "branch", "branch_size": 20, "others": "joint"},
              "learner__delta": {"rule": "delta", "eta": 1e-3}}


class GroupsTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.traces = str(new_folder(self.addCleanup))
        header = ",".join(f"c{c}" for c in range(CHANNELS))
        np.savetxt(self.folder / "series.csv", series(), delimiter=",", header=header, comments="", fmt="%.17g")

    def one_reservoir(self, group=0, **changes):
        """The configuration of a reservoir that hears what a group hears."""
        channels = heard(group)
        return config(parallel={"groups": None, "overlap": None},
                      task={"input": names(channels), "target": names(channels[OVERLAP:-OVERLAP])}, **changes)

    def evaluated(self, name, ranks=None, divide="auto"):
        finished = self.run_bayres("evaluate", f"{name}.h5", "-o", f"{name}-scores.h5", "--quiet", "--force", f"--evaluate.divide={divide}",
                                   ranks=ranks)
        self.check_code(finished, DONE)
        return self.folder / f"{name}-scores.h5"


class AgainstNumpy(GroupsTest):
    def network(self):
        """J, W_in, bias and x(0) of a group."""
        with h5py.File(self.result(self.one_reservoir(record={"network": "true"}), name="one")) as file:
            network = file["network"]
            return matrix(network), *(network[name][()] for name in ("W_in", "bias", "x0"))

    def states(self, network, inputs):
        """Rates of all groups (step, group, neuron), driven by channels (step, channel)."""
        J, W, b, x0 = network
        r = np.tile(np.tanh(x0), (GROUPS, 1))
        rows = []
        for u in inputs:
            r = np.tanh(r @ J.T + np.array([u[heard(g)] for g in range(GROUPS)]) @ W.T + b)
            rows.append(r)
        return np.array(rows)

    def test_shared_readouts_are_those_of_all_groups_data(self):
        network = self.network()
        rates = self.states(network, series()[:-1])
        targets = series()[1:].reshape(-1, GROUPS, EACH)
        learned = slice(WASHOUT, WASHOUT + TRAIN)
        r, z = rates[learned].reshape(-1, NEURONS), targets[learned].reshape(-1, EACH)
        weights = np.linalg.solve(r.T @ r + LAMBDA * np.eye(NEURONS), r.T @ z).T
        path = self.result(config(evaluate=EVALUATE), name="shared")
        with h5py.File(path) as file:
            found = file["learners/ridge/weights"][-1]
            np.testing.assert_allclose(found, np.tile(weights, (GROUPS, 1)), rtol=1e-5, atol=1e-7)
            tested = slice(WASHOUT + TRAIN, WASHOUT + TRAIN + 40)
            outputs = (rates[tested] @ weights.T).reshape(40, CHANNELS)
            np.testing.assert_allclose(file["learners/ridge/output"][tested], outputs, atol=1e-6)
        self.check_free_run(network, found[:EACH])

    def check_free_run(self, network, weights):
        """From the first start: 20 steps with the truth, then 15 alone."""
        J, W, b, x0 = network
        start = WASHOUT + TRAIN
        with h5py.File(self.evaluated("shared")) as file:
            found = file["learners/ridge/output"][0]
        r = np.tile(np.tanh(x0), (GROUPS, 1))
        u, outputs = series()[start], []
        for step in range(20 + 15):
            r = np.tanh(r @ J.T + np.array([u[heard(g)] for g in range(GROUPS)]) @ W.T + b)
            z = (r @ weights.T).reshape(CHANNELS)
            u = series()[start + step + 1] if step < 20 else z
            outputs.append(z)
        np.testing.assert_allclose(found[:15], outputs[20:], atol=1e-5)
        self.assertGreater(np.abs(found[14] - series()[start + 35]).max(), 1e-3, "the truth leaks into the free run")

    def test_open_ends_hear_nothing_beyond(self):
        path = self.result(config(parallel={"boundary": "open"}))
        J, W, b, x0 = self.network()
        r = np.tile(np.tanh(x0), (GROUPS, 1))
        rows = []
        for u in series()[:WASHOUT + TRAIN]:
            padded = np.concatenate([np.zeros(OVERLAP), u, np.zeros(OVERLAP)])
            r = np.tanh(r @ J.T + np.array([padded[g * EACH:g * EACH + HEARD] for g in range(GROUPS)]) @ W.T + b)
            rows.append(r)
        r, z = np.array(rows[WASHOUT:]).reshape(-1, NEURONS), series()[WASHOUT + 1:WASHOUT + TRAIN + 1].reshape(-1, EACH)
        weights = np.linalg.solve(r.T @ r + LAMBDA * np.eye(NEURONS), r.T @ z).T
        with h5py.File(path) as file:
            np.testing.assert_allclose(file["learners/ridge/weights"][-1][:EACH], weights, rtol=1e-5, atol=1e-7)


class AgainstOneReservoir(GroupsTest):
    def test_a_separate_group_is_a_reservoir_that_hears_its_channels(self):
        path = self.result(config(parallel={"shared": "false"}, **EVERY_RULE), name="groups")
        one = self.result(self.one_reservoir(**EVERY_RULE), name="one")
        groups, alone = data_sets(path), data_sets(one)
        for name in alone:
            if not name.endswith(("/weights", "/output")):
                continue
            of_group = groups[name][..., :EACH, :] if name.endswith("weights") else groups[name][..., :EACH]
            self.assertTrue(np.array_equal(of_group, alone[name]), name)
        weights = groups["learners/ridge_1/weights"][-1].reshape(GROUPS, EACH, NEURONS)
        for group in range(1, GROUPS):
            self.assertFalse(np.array_equal(weights[group], weights[0]))
        # Weights of another group would predict nothing.
        self.assertLess(groups["learners/ridge_1/test_nrmse_per_output"].max(), 0.3)

    def test_the_default_prior_counts_the_neurons_of_all_groups_that_share_readouts(self):
        self.result(config(learner__ridge=None, learner__bayes={"rule": "bayes"}))
        with h5py.File(self.folder / "c.h5") as file:
            self.assertEqual(file["learners/bayes"].attrs["kappa"], GROUPS * NEURONS)


class SameBits(GroupsTest):
    KINDS = {
        "shared": {},
        "separate": {"parallel": {"shared": "false", "boundary": "open"}},
        "features": {"readout": {"features": "rates+bias+input+squares"}, "reservoir": {"noise": 0.01},
                     "protocol": {"input_noise": 0.01}},
        "teacher": {"task": {"input": None, "horizon": None}, "reservoir": {"feedback_scale": 0.3, "input_scale": None},
                    "protocol": {"feedback": "teacher", "evaluate_at": 100, "evaluate_span": 5}},
        "frozen": {"protocol": {"evaluate_at": "100, 150", "evaluate_span": 10, "test": 40}},
        "transform": {"reservoir": {"structure": "transform", "connectivity": None}, "run": {"precision": "single"}},
    }

    DIVIDED = {2: ("auto", "neurons"), 3: ("neurons",), 5: ("neurons", "replicas")}  # by so many ranks, in an evaluation

    def config_of(self, kind):
        keys = {section: dict(of) for section, of in self.KINDS[kind].items()}
        return config(record={"rates": "0, 69", "weights_every": 100}, evaluate=EVALUATE, **EVERY_RULE, **keys)

    def test_on_any_ranks(self):
        """Also on more ranks than there are groups."""
        for kind in self.KINDS:
            with self.subTest(kind=kind):
                first = self.result(self.config_of(kind), "--check", name="r1")
                scores = self.evaluated("r1")
                for ranks in (2, 3, 5):
                    path = self.result(self.config_of(kind), name=f"r{ranks}", ranks=ranks)
                    self.check_same_arrays(first, path)
                    self.check_same_learner_attributes(first, path)
                    for divide in self.DIVIDED[ranks] if kind != "features" else ():
                        self.check_same_arrays(scores, self.evaluated(f"r{ranks}", ranks, divide))
                for name in self.files():
                    if name.startswith("r"):
                        (self.folder / name).unlink()

    def test_stopped_and_resumed_on_other_ranks(self):
        for kind in ("shared", "separate", "teacher", "frozen"):
            with self.subTest(kind=kind):
                keys = self.config_of(kind)
                reference = self.result(keys, name="reference")
                self.write("c.ini", keys)
                complete_with_stops(self)
                self.check_same_arrays(reference, self.folder / "c.h5")
                for name in self.files():
                    if ".h5" in name:
                        (self.folder / name).unlink()

    def test_a_checkpoint_is_evaluated_from_its_states(self):
        for kind in ("shared", "separate"):
            keys = self.config_of(kind) | {"run": {"checkpoint_every": 1, "keep_checkpoints": 1}, "evaluate": {"span": 10}}
            self.result(keys, "--protocol.test=0", name="kept")
            scores = []
            for ranks in (1, 3):
                finished = self.run_bayres("evaluate", "kept.h5", "-o", f"{ranks}.h5", "--force", "--quiet",
                                           "--evaluate.starts=1", ranks=ranks)
                self.check_code(finished, DONE)
                scores.append(self.folder / f"{ranks}.h5")
            self.check_same_arrays(*scores)
            (self.folder / "kept.h5").unlink()

    def test_networks_of_an_ensemble(self):
        for shared in ("true", "false"):
            keys = config(parallel={"shared": shared}, evaluate=EVALUATE)
            path = self.result(keys, "--ensemble.seeds=4, 9", "--force", ranks=3)
            one = self.result(keys, "--run.seed=9", "--force", name="one")
            with h5py.File(path) as all_of_them, h5py.File(one) as alone:
                for name in ("learners/ridge/weights", "learners/ridge/output"):
                    self.assertTrue(np.array_equal(all_of_them[name][1], alone[name]), name)
            self.check_same_ensemble_scores()
            path.unlink()
            one.unlink()

    def check_same_ensemble_scores(self):
        scores = data_sets(self.evaluated("c", ranks=2)), data_sets(self.evaluated("one"))
        name = "learners/ridge/output"
        self.assertTrue(np.array_equal(scores[0][name][1], scores[1][name]))
        for stem in ("c", "one"):
            (self.folder / f"{stem}-scores.h5").unlink()


class Mistakes(GroupsTest):
    def check_refused(self, words, *arguments, **changes):
        self.write("c.ini", config(**changes))
        finished = self.run_bayres("run", "c.ini", *arguments, ranks=2)
        self.check_code(finished, USAGE)
        for word in words:
            self.assertIn(word, finished.err)

    def test_are_named_with_what_is_allowed(self):
        for words, changes in (
                (["parallel.groups = 5", "12 outputs", "divisor"], {"parallel": {"groups": 5}}),
                (["parallel.overlap = 5", "at most 4"], {"parallel": {"overlap": 5}}),
                (["as many inputs as outputs", "12 and 4"], {"task": {"target": names(range(4))}}),
                (["parallel.groups", "neuron.model", "tanh"], {"neuron": {"model": "lif"}}),
                (["record.network", "without groups"], {"record": {"network": "true"}}),
                (["parallel.groups", "recurrent.rule"], {"learner__a": {"rule": "rls", "recurrent.rule": "delta"}}),
                (["spectral_radius", "parallel.shared"], {"reservoir": {"spectral_radius": 0.9, "gain": None},
                                                          "parallel": {"shared": "false"}}),
                (["learner.b.others", "forget"], {"learner__b": {"rule": "branch", "branch_size": 10, "others": "joint",
                                                                 "forgetting": 0.99}}),
                (["2 values", "a group hears 7"], {"reservoir": {"input_scale": "1, 2"}}),
                (["parallel.overlap", "no effect"], {"parallel": {"groups": None}})):
            with self.subTest(words=words):
                self.check_refused(words, **changes)

    def test_groups_stay_as_they_are_in_a_resumed_run(self):
        self.write("c.ini", config(run={"checkpoint_every": 1}, protocol={"test": 0}))
        self.check_code(self.run_bayres("run", "c.ini", "--quiet"), DONE)
        finished = self.run_bayres("run", "c.ini", "--continue", "--parallel.groups=2", "--quiet")
        self.check_code(finished, USAGE)
        self.assertIn("parallel.groups", finished.err)


if __name__ == "__main__":
    unittest.main()
