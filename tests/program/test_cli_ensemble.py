"""Ensembles: every network is the network of a run by itself, however the ranks share them, stop and go on."""
import os
import signal
import time
import unittest

import h5py
import numpy as np

from command_line import (ALL_DIVERGED, DONE, INPUT_OUTPUT, SECONDS_TO_HANG, USAGE, CommandLineTest, attributes,
                          data_sets, new_folder, small)
from test_cli_resume import Started

STOPPED = 75
SEEDS = [3, 1, 8]
SHARED = ["time", "phase", "input", "target", "snapshot_time"]
DRAWN = ["network/W_in", "network/W_fb", "network/bias", "network/x0"]
SCORES = ["train_mae", "train_nrmse", "test_mae", "test_mse", "test_nrmse", "test_r2", "diverged_at_step"]


def ensemble(**changes):
    """A small ensemble that records all there is."""
    config = {
        "reservoir": {"size": 130, "noise": 0.01, "bias_scale": 0.1},
        "protocol": {"train": 20, "test": 5, "evaluate_at": "5, 20"},
        "ensemble": {"seeds": ", ".join(map(str, SEEDS))},
        "learner__b": {"rule": "branch", "branch_size": 7},
        "record": {"rates": "0, 70..72", "weights_every": 50, "network": "true"},
    }
    for name, keys in changes.items():
        config[name] = {**config.get(name, {}), **keys}
    return small(**config)


class EnsembleTest(CommandLineTest):
    def single(self, config, seed, replica=0):
        alone = {name: keys for name, keys in config.items() if name != "ensemble"}
        alone["run"] = {"seed": seed, "replica": replica}
        return self.result(alone, name=f"single{seed}_{replica}")

    def check_is_network(self, together, number, alone):
        """Network `number` of an ensemble has the bits of a run by itself."""
        whole, one = data_sets(together), data_sets(alone)
        for name in SHARED:
            self.assertTrue(np.array_equal(whole[name], one[name]), name)
        varying = DRAWN + ["rates"] + [name for name in one if name.startswith("learners/")]
        for name in varying:
            mine = whole[name] if name.endswith("evaluation/time") else whole[name][number]
            self.assertTrue(np.array_equal(mine, one[name], equal_nan=True), name)
        starts = whole["network/J_indptr"][number]
        part = slice(starts[0], starts[-1])
        self.assertTrue(np.array_equal(starts - starts[0], one["network/J_indptr"]))
        self.assertTrue(np.array_equal(whole["network/J_indices"][part], one["network/J_indices"]))
        self.assertTrue(np.array_equal(whole["network/J_data"][part], one["network/J_data"]))
        for learner in ("a", "b"):
            many, few = attributes(together, f"learners/{learner}"), attributes(alone, f"learners/{learner}")
            for score in SCORES:
                self.assertTrue(np.array_equal(many[score][number], few[score], equal_nan=True), score)
            self.assertEqual(many["rule"], few["rule"])


def shapes(path):
    """{path of a data set, path@attribute: (shape, names of dimensions)} of a file."""
    found = {}

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            scales = [scale[0].name.strip("/") if len(scale) else "" for scale in item.dims]
            found[name] = (item.shape, scales)
        for key, value in item.attrs.items():
            if key not in ("CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST") and not key.startswith("_"):
                found[f"{name}@{key}"] = (np.shape(value), [])

    with h5py.File(path) as file:
        add("", file)
        file.visititems(add)
    return found


class Layout(EnsembleTest):
    """A quantity has one place and shape: in an ensemble it has a leading dimension `seed` if networks differ in it."""

    # What there is of the networks of an ensemble alone, and lists that hold all networks one after the other.
    OF_ENSEMBLES = {"seed", "replica", "seed@units", "seed@long_name", "replica@units", "replica@long_name",
                    "performance@seconds_of_ensemble"}
    LISTS = {"network/J_data", "network/J_indices"}

    @staticmethod
    def repeats(name, many):
        """Whether it is the seeds in a group once more, or scores that are attributes too, so that they have a coordinate."""
        group, _, data = name.split("@")[0].rpartition("/")
        is_seed = bool(group) and data == "seed"
        return bool(group) and many[f"{group}/{data}"] == (many["seed"][0], ["seed"]) and (is_seed or f"{group}@{data}" in many)

    def check_layouts(self, alone, together, of_ensembles, networks=1):
        one, many = shapes(alone), shapes(together)
        self.assertEqual({name for name in set(many) - set(one) if not self.repeats(name, many)}, of_ensembles)
        self.assertEqual(set(one) - set(many), set())
        differ = []
        for name in set(one) - self.LISTS:
            shape, dimensions = one[name]
            if many[name] == (shape, dimensions):
                continue
            differ.append(name)
            self.assertEqual(many[name], ((networks, *shape), ["seed", *dimensions] if "@" not in name else []), name)
        return differ

    def test_results(self):
        for outputs, seed in ((1, 5), (3, 6)):
            config = ensemble(ensemble={"seeds": seed}, task={"name": "lorenz", "drive": "none", "dimensions": outputs})
            together = self.result(config, name=f"ensemble{outputs}")
            alone = self.single(config, seed)
            differ = self.check_layouts(alone, together, self.OF_ENSEMBLES)
            self.check_is_network(together, 0, alone)
            for name in ("@seed", "@replica", "learners/a/test_nrmse_per_output", "learners/a@test_nrmse", "network/bias"):
                self.assertIn(name, differ)
            self.assertEqual(shapes(alone)["learners/a/test_nrmse_per_output"], ((outputs,), ["output_channel"]))

    def test_evaluations(self):
        config = ensemble(ensemble={"seeds": "5, 2"}, task={"name": "lorenz", "drive": "none"})
        files = [self.single(config, 5), self.result(config, name="ensemble")]
        scores = [path.with_name(f"scores_{path.name}") for path in files]
        for path, scored in zip(files, scores):
            given = ("--evaluate.initial_states=3", "--quiet", "-o", scored)
            self.check_code(self.run_bayres("evaluate", path, *given), DONE)
        differ = self.check_layouts(*scores, {"seed", "seed@units", "seed@long_name"}, networks=2)
        self.assertIn("learners/a/nrmse", differ)
        self.assertIn("@seed", differ)


class Networks(EnsembleTest):
    def test_are_those_of_single_runs_on_any_ranks(self):
        config = ensemble()
        first = self.result(config, name="one")
        for number, seed in enumerate(SEEDS):
            self.check_is_network(first, number, self.single(config, seed))
        for ranks, extra in ((2, []), (3, ["--ensemble.ranks_per_network=3"]), (5, ["--ensemble.ranks_per_network=2"])):
            other = self.result(config, *extra, ranks=ranks, name=f"ranks{ranks}")
            self.check_same_arrays(first, other)
        self.assertEqual(list(attributes(first)["seed"]), SEEDS)
        self.assertEqual(list(data_sets(first)["seed"]), SEEDS)

    def test_differ_by_replica_in_initial_state_and_noise_alone(self):
        config = ensemble(ensemble={"seeds": "4", "replicas": 2})
        path = self.result(config, ranks=2)
        for replica in (0, 1):
            self.check_is_network(path, replica, self.single(config, 4, replica))
        found = data_sets(path)
        self.assertEqual(list(found["replica"]), [0, 1])
        self.assertTrue(np.array_equal(found["network/W_in"][0], found["network/W_in"][1]))
        self.assertFalse(np.array_equal(found["network/x0"][0], found["network/x0"][1]))
        self.assertFalse(np.array_equal(found["rates"][0], found["rates"][1]))

    def test_leave_one_file(self):
        self.result(ensemble(), ranks=2)
        self.assertEqual(self.files(), ["c.h5", "c.ini"])

    def test_dense_networks_have_a_leading_dimension(self):
        path = self.result(ensemble(reservoir={"storage": "dense", "size": 70}), "--record.rates=1")
        self.assertEqual(data_sets(path)["network/J"].shape, (3, 70, 70))

    def test_report_has_medians_and_quartiles(self):
        self.write("c.ini", ensemble())
        finished = self.run_bayres("run", "c.ini", ranks=2)
        self.check_code(finished, DONE)
        scores = attributes(self.folder / "c.h5", "learners/a")["test_nrmse"]
        shown = [f"{np.quantile(scores, q):.4g}" for q in (0.5, 0.25, 0.75)]
        self.assertIn(f"{shown[0]} ({shown[1]} - {shown[2]})", finished.out)


class Divergence(EnsembleTest):
    def test_of_every_learner_in_every_network_is_exit_code_4(self):
        config = ensemble(protocol={"divergence_limit": 1e-9})
        path = self.result(config, ranks=2, code=ALL_DIVERGED)
        self.assertTrue((attributes(path, "learners/a")["diverged_at_step"] >= 0).all())

    def test_of_one_network_leaves_the_others_whole(self):
        config = ensemble(protocol={"evaluate_at": None}, learner__b={"rule": "bayes", "branch_size": None},
                          record={"network": "false", "weights_every": 0})
        free = self.result(config, name="free")
        peaks = np.abs(data_sets(free)["learners/a/output"]).max(axis=(1, 2))
        limit = np.sort(peaks)[-2:].mean()
        path = self.result(config, f"--protocol.divergence_limit={limit!r}", name="limited")
        found, expected = data_sets(path)["learners/a/output"], data_sets(free)["learners/a/output"]
        for number in range(len(SEEDS)):
            if peaks[number] < limit:
                self.assertTrue(np.array_equal(found[number], expected[number]))
            else:
                self.assertTrue(np.isnan(found[number, -1]).all())


class Stopping(EnsembleTest):
    def setUp(self):
        super().setUp()
        self.traces = str(new_folder(self.addCleanup))

    def wait_for(self, condition):
        end = time.monotonic() + SECONDS_TO_HANG
        while not condition():
            self.assertLess(time.monotonic(), end, "what should happen did not")
            time.sleep(0.002)

    def test_one_rank_stops_all_and_resume_gives_the_same_bits(self):
        config = ensemble(protocol={"train": 6000}, ensemble={"seeds": "1..6"}, record={"weights_every": 0, "every": 10})
        whole = self.result(config, name="whole")
        self.write("c.ini", config)
        started = Started(self, "run", "c.ini", "--quiet", ranks=2)
        self.wait_for(lambda: (self.folder / "c.h5.seed1.checkpoint").exists())
        os.kill(started.pids()[-1], signal.SIGUSR1)
        self.check_code(started.end(), STOPPED)
        self.assertFalse((self.folder / "c.h5").exists())
        finished = self.run_bayres("resume", "c.h5.checkpoint", "--protocol.train=6100", ranks=2)
        self.check_code(finished, USAGE)  # networks that are complete would stay shorter than the others
        self.assertIn("protocol.train", finished.own_err)
        started = Started(self, "resume", "c.h5.checkpoint", "--quiet", ranks=3)
        self.wait_for(lambda: any(self.folder.glob("c.h5.seed4.tmp.*")))
        started.kill()
        self.check_code(self.run_bayres("resume", "c.h5.checkpoint", "--quiet", ranks=1), DONE)
        self.check_same_arrays(whole, self.folder / "c.h5")
        self.check_same_learner_attributes(whole, self.folder / "c.h5")
        self.assertEqual(len(attributes(self.folder / "c.h5")["history"].splitlines()), 3)

    def test_leftovers_of_another_run_are_not_taken_over(self):
        config = ensemble()
        whole = self.result(config, name="whole")
        other = self.result(small(), name="other")
        checkpoint = other.with_name("other.h5.checkpoint")
        other.rename(self.folder / "c.h5.seed3")
        checkpoint.rename(self.folder / "c.h5.seed3.checkpoint")
        self.write("c.h5.seed3.tmp.0123456789abcdef", "not of this run")
        refused = self.run_bayres("run", "whole.ini", "-o", "c.h5", "--quiet")
        self.check_code(refused, INPUT_OUTPUT)
        self.assertIn("c.h5.seed3: exists already", refused.own_err)
        self.check_same_arrays(whole, self.result(config, "--force"))
        self.assertEqual(self.files(), ["c.h5", "c.ini", "other.ini", "whole.h5", "whole.ini"])
        # An ensemble that was forced to replace a result goes on after a stop.
        started = Started(self, "run", "c.ini", "--force", "--quiet", "--protocol.train=6000", "--record.every=10",
                          "--ensemble.seeds=1..6", ranks=2)
        self.wait_for(lambda: (self.folder / "c.h5.seed1.checkpoint").exists())
        os.kill(started.pids()[-1], signal.SIGUSR1)
        self.check_code(started.end(), STOPPED)
        self.check_code(self.run_bayres("resume", "c.h5.checkpoint", "--quiet", ranks=2), DONE)


class Mistakes(EnsembleTest):
    def check_refused(self, code, *words, arguments=()):
        finished = self.run_bayres("run", "c.ini", "--quiet", *arguments, ranks=2)
        self.check_code(finished, code)
        self.check_one_message(finished)
        for word in words:
            self.assertIn(word, finished.own_err)

    def test_a_seed_twice(self):
        self.write("c.ini", ensemble(ensemble={"seeds": "1..4, 3"}))
        self.check_refused(USAGE, "ensemble.seeds", "3 comes twice", "c.ini:")

    def test_seeds_that_are_no_numbers(self):
        self.write("c.ini", ensemble(ensemble={"seeds": "one"}))
        self.check_refused(USAGE, "ensemble.seeds", "whole number")

    def test_seeds_with_one_given_network(self):
        self.write("c.ini", ensemble(reservoir={"network": "net.h5"}))
        self.check_refused(USAGE, "ensemble.seeds conflicts with reservoir.network")

    def test_an_unknown_key_names_the_nearest(self):
        for changes in ({"seeds": "1, 2"}, {"seeds": "1", "replicas": 2}):
            self.write("c.ini", ensemble(ensemble=changes, run={"replica": 3}))
            self.check_refused(USAGE, "run.replica", "[ensemble]")
        self.write("c.ini", ensemble(ensemble={"replica": 2}))
        self.check_refused(USAGE, "ensemble.replica", "did you mean ensemble.replicas?")

    def test_a_result_that_exists(self):
        self.write("c.ini", ensemble())
        self.write("c.h5", "mine")
        self.check_refused(INPUT_OUTPUT, "exists already")
        self.assertEqual((self.folder / "c.h5").read_text(), "mine")


if __name__ == "__main__":
    unittest.main()
