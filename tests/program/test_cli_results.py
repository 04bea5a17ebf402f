#!/usr/bin/python3
"""What a run prints and writes, and what becomes of damaged results, diverging learners and runs that meet."""
import datetime
import re
import subprocess
import time
import unittest

import h5py
import numpy as np

from command_line import (ALL_DIVERGED, DONE, INPUT_OUTPUT, CommandLineTest, attributes, command, data_sets,
                          environment, learner_names, small)

TIME = np.arange(1, 251) / 10  # of the steps of small(), at their ends


def recorded(**changes):
    """A configuration that records everything there is."""
    base = {
        "learner__d": {"rule": "delta", "eta": "1e-3, 3e-3"},
        "record": {"rates": "0..3, 49", "network": "true"},
    }
    merged = {**base, **changes}
    return small(protocol={"evaluate_at": "0, 10, 20", **changes.pop("protocol", {})},
                 **{key: value for key, value in merged.items() if key != "protocol"})


class RecordedQuantitiesTest(CommandLineTest):
    def test_of_chosen_neurons_at_times_of_their_own(self):
        record = {"rates": "0..49", "every": 2, "state": "3, 49, 3", "state.every": 5}
        self.result(small(record=record), ranks=3)
        arrays, one = data_sets(self.folder / "c.h5"), data_sets(self.result(small(record={"rates": "0..49"}), name="o"))
        np.testing.assert_array_equal(arrays["state_neuron"], [3, 49])
        np.testing.assert_array_equal(arrays["state_time"], one["time"][::5])
        np.testing.assert_allclose(np.tanh(arrays["state"]), one["rates"][::5, [3, 49]], rtol=1e-14)
        np.testing.assert_array_equal(arrays["rates"], one["rates"][::2])
        config = attributes(self.folder / "c.h5")["config"]
        self.assertIn("\nstate = 3, 49\nstate.every = 5\n", config)
        # In parts that are joined, and with the networks of an ensemble.
        self.check_code(self.run_bayres("resume", "c.h5.checkpoint", "--protocol.test=8", "--quiet", ranks=2), DONE)
        longer = small(record=record, protocol={"test": 8})
        whole = data_sets(self.result(longer, name="whole"))
        both = data_sets(self.result({**longer, "ensemble": {"seeds": "1, 2"}}, name="both", ranks=2))
        for name in ("state", "state_time", "rates"):
            np.testing.assert_array_equal(data_sets(self.folder / "c.h5")[name], whole[name], name)
        np.testing.assert_array_equal(both["state"][0], whole["state"])
        np.testing.assert_array_equal(both["state_time"], whole["state_time"])

    def test_of_learners_that_have_it(self):
        record = {"learning_rate": "0, 49", "learning_rate.every": 2, "weights_every": 3}
        self.result(small(record=record, learner__d={"rule": "delta"}), ranks=3)
        arrays = data_sets(self.folder / "c.h5")
        np.testing.assert_array_equal(arrays["learning_rate_neuron"], [0, 49])
        series = arrays["learners/a/recorded_learning_rate"]
        self.assertEqual(series.shape, (len(arrays["learning_rate_time"]), 2))
        times, snapshots = arrays["learning_rate_time"], arrays["learners/a/learning_rate"]
        common, here, there = np.intersect1d(np.round(times, 9), np.round(arrays["snapshot_time"], 9), return_indices=True)
        self.assertGreater(len(common), 5)
        np.testing.assert_array_equal(series[here], snapshots[there][:, 0, [0, 49]])
        self.assertNotIn("learners/d/recorded_learning_rate", arrays)
        self.result(small(record={"learning_rate": "0, 49"}), name="every")
        finished = self.run_bayres("resume", "every.h5.checkpoint", "--record.learning_rate=")
        self.check_code(finished, 2)
        self.assertIn("record.learning_rate, which was 0, 49, is not there any more", finished.own_err)

    def test_what_neurons_do_not_have_is_refused(self):
        for keys, words in (({"stat": 1}, "did you mean record.state?"), ({"state": 50}, "there is no neuron 50"),
                            ({"state.every": 2}, "has no effect without record.state"), ({"state": -1}, "out of range"),
                            ({"state": 1, "state.every": 0}, "out of range")):
            self.write("c.ini", small(record=keys))
            finished = self.run_bayres("run", "c.ini")
            self.check_code(finished, 2)
            self.assertIn(words, finished.own_err)


class ReportTest(CommandLineTest):
    def test_report_names_every_learner(self):
        self.write("c.ini", recorded())
        for ranks in (None, 2):
            finished = self.run_bayres("run", "c.ini", "--force", ranks=ranks)
            self.check_code(finished, DONE)
            for name, rule in (("a", "bayes"), ("d_1", "delta"), ("d_2", "delta")):
                self.assertRegex(finished.out, rf"(?m)^ +{name} +{rule} +[\d.e+-]+ +[\d.e+-]+ +no$")
                self.assertEqual(len(re.findall(rf"(?m)^ +{name} ", finished.out)), 1)
            for word in ("train MAE", "test NRMSE", "diverged", "seconds", "50 neurons", "c.h5"):
                self.assertIn(word, finished.out)
            self.assertEqual(finished.own_err, "")
            self.assertEqual(self.files(), ["c.h5", "c.h5.checkpoint", "c.ini"])

    def test_report_has_the_errors_that_the_result_has(self):
        self.write("c.ini", small())
        line = next(line for line in self.run_bayres("run", "c.ini").out.splitlines() if " bayes " in line)
        written = attributes(self.folder / "c.h5", "learners/a")
        self.assertEqual(line.split()[2:4], [f"{written[key]:.4g}" for key in ("train_mae", "test_nrmse")])

    def test_quiet_run_prints_nothing(self):
        self.write("c.ini", recorded())
        for ranks in (None, 2):
            finished = self.run_bayres("run", "c.ini", "--quiet", "--force", ranks=ranks)
            self.check_code(finished, DONE)
            self.assertEqual(finished.out + finished.err, "")


class OutputNameTest(CommandLineTest):
    def check_files(self, *files):
        checkpoints = [name + ".checkpoint" for name in files if name.endswith(".h5")]
        self.assertEqual(self.files(), sorted([*files, *checkpoints]))

    def test_result_is_named_after_the_configuration(self):
        self.result(small(), name="my.experiment")
        self.check_files("my.experiment.ini", "my.experiment.h5")

    def test_key_names_the_result(self):
        self.write("c.ini", small(output={"file": "mine.h5"}))
        self.check_code(self.run_bayres("run", "c.ini"), DONE)
        self.check_files("c.ini", "mine.h5")

    def test_option_wins_over_the_key(self):
        self.write("c.ini", small(output={"file": "mine.h5"}))
        (self.folder / "sub").mkdir()
        for option, name in (("-o", "yours.h5"), ("--output", "sub/yours.h5")):
            self.check_code(self.run_bayres("run", "c.ini", option, name), DONE)
        self.check_files("c.ini", "yours.h5", "sub", "sub/yours.h5")


class ResultTest(CommandLineTest):
    @classmethod
    def setUpClass(cls):
        cls.content = None

    def setUp(self):
        super().setUp()
        if self.content is None:
            type(self).content = self.result(recorded(), ranks=2).read_bytes()
        self.path = self.folder / "c.h5"
        self.path.write_bytes(self.content)

    def test_attributes_say_where_it_comes_from(self):
        root = attributes(self.path)
        self.assertEqual(root["status"], "complete")
        self.assertEqual(root["ranks"], 2)
        self.assertEqual(root["seed"], 1)
        self.assertRegex(root["bayres_version"], r"^\d+\.\d+\.\d+$")
        self.assertTrue(root["git_hash"] and root["hostnames"])
        self.assertTrue(root["command_line"].endswith(" run c.ini --quiet"), root["command_line"])
        created = datetime.datetime.strptime(root["created"], "%Y-%m-%dT%H:%M:%S%z")
        self.assertEqual(created.utcoffset(), datetime.timedelta(0))

    def test_data_sets_have_the_shapes_of_the_table(self):
        arrays = data_sets(self.path)
        learners = {"a": True, "d_1": False, "d_2": False}
        shapes = {"time": (250,), "phase": (250,), "input": (250, 1), "target": (250, 1), "snapshot_time": (2,),
                  "rates": (250, 5), "network/J_indptr": (51,), "network/W_in": (50, 1), "network/W_fb": (50, 1),
                  "network/bias": (50,), "network/x0": (50,)}
        for name, has_rate in learners.items():
            group = f"learners/{name}"
            shapes |= {f"{group}/output": (250, 1), f"{group}/weights": (2, 1, 50), f"{group}/evaluation/time": (3,)}
            shapes |= {f"{group}/evaluation/{score}": (3, 1) for score in ("nrmse", "mae", "r2")}
            self.assertEqual(f"{group}/learning_rate" in arrays, has_rate)
        shapes["learners/a/learning_rate"] = (2, 1, 50)
        for name, shape in shapes.items():
            self.assertEqual(arrays[name].shape, shape, name)
        self.assertEqual(learner_names(self.path), sorted(learners))
        count = arrays["network/J_indptr"][-1]
        self.assertEqual((arrays["network/J_indices"].shape, arrays["network/J_data"].shape), ((count,), (count,)))

    def test_every_array_has_named_dimensions_units_and_long_name(self):
        dense = self.result(small(reservoir={"storage": "dense"}, record={"network": "true"}), name="dense")
        for path in (self.path, dense):
            with h5py.File(path) as file:
                def check(name, item):
                    if not isinstance(item, h5py.Dataset):
                        return
                    for key in ("units", "long_name"):
                        self.assertTrue(item.attrs.get(key), f"{name} has no {key}")
                    if h5py.h5ds.is_scale(item.id):
                        return
                    for number, dimension in enumerate(item.dims):
                        self.assertEqual(len(dimension), 1, f"{name}, dimension {number}")
                        self.assertEqual(dimension[0].shape, (item.shape[number],), f"{name}, dimension {number}")
                file.visititems(check)

    def test_dense_network_is_a_square(self):
        path = self.result(small(reservoir={"storage": "dense", "connectivity": 1}, record={"network": "true"}),
                           name="dense")
        self.assertEqual(data_sets(path)["network/J"].shape, (50, 50))
        self.assertNotIn("network/J_data", data_sets(path))

    def test_what_was_not_asked_for_is_not_written(self):
        arrays = data_sets(self.result(small(), name="plain"))
        self.assertNotIn("rates", arrays)
        self.assertFalse([name for name in arrays if name.startswith("network/")])

    def test_time_and_phase_follow_the_protocol(self):
        arrays = data_sets(self.path)
        np.testing.assert_allclose(arrays["time"], TIME, rtol=1e-12)
        np.testing.assert_array_equal(arrays["phase"], np.repeat([1, 2], [200, 50]))
        np.testing.assert_allclose(arrays["snapshot_time"], [0, 20])
        np.testing.assert_allclose(arrays["learners/a/evaluation/time"], [0, 10, 20])

    def test_phases_have_rounded_steps_and_every_so_manieth_is_recorded(self):
        path = self.result(small(reservoir={"dt": 0.3}, record={"every": 4, "rates": 7},
                                 protocol={"washout": 2, "train": 4, "test": 5}), name="rounded")
        arrays = data_sets(path)
        phase = np.repeat([0, 1, 2], [7, 13, 17])[::4]
        np.testing.assert_array_equal(arrays["phase"], phase)
        for name in ("time", "input", "target", "learners/a/output", "rates"):
            self.assertEqual(len(arrays[name]), len(phase), name)
        np.testing.assert_allclose(np.diff(arrays["time"]), 1.2)

    def test_input_is_the_target_that_drives(self):
        arrays = data_sets(self.path)
        np.testing.assert_array_equal(arrays["input"], arrays["target"])
        self.assertEqual(data_sets(self.result(small(task={"drive": "none"}), name="free"))["input"].shape, (250, 0))

    def test_learner_attributes_say_rule_parameters_and_errors(self):
        for name, rule, parameters in (("a", "bayes", {"kappa": 50, "drift": 0}), ("d_1", "delta", {"eta": 1e-3}),
                                       ("d_2", "delta", {"eta": 3e-3})):
            found = attributes(self.path, f"learners/{name}")
            self.assertEqual(found["rule"], rule)
            self.assertEqual({key: found[key] for key in parameters}, parameters)
            self.assertEqual(found["diverged_at_step"], -1)
            self.assertTrue(np.isfinite(found["train_mae"]) and np.isfinite(found["test_nrmse"]))

    def test_errors_are_those_of_the_recorded_outputs(self):
        arrays = data_sets(self.path)
        train, test = arrays["phase"] == 1, arrays["phase"] == 2
        for name in learner_names(self.path):
            delta = arrays["target"] - arrays[f"learners/{name}/output"]
            found = attributes(self.path, f"learners/{name}")
            self.assertAlmostEqual(found["train_mae"], np.abs(delta[train]).mean(), places=12)
            nrmse = np.sqrt((delta[test]**2).mean() / arrays["target"][test].var())
            self.assertAlmostEqual(found["test_nrmse"] / nrmse, 1, places=9)

    def test_performance_says_what_took_how_long(self):
        found = attributes(self.path, "performance")
        self.assertEqual(found["steps"], 250)
        for key in ("seconds_recurrent", "seconds_learning", "seconds_exchange", "seconds_total", "steps_per_second",
                    "synaptic_operations_per_second", "bytes_of_J_per_step", "bandwidth_bytes_per_second"):
            self.assertGreater(found[key], 0, key)

    def test_parts_of_a_step_are_within_it_and_steps_within_the_run(self):
        for ranks in (1, 3):
            found = attributes(self.result(small(), ranks=ranks, name=f"on{ranks}"), "performance")
            parts = [value for key, value in found.items()
                     if key.startswith("seconds_") and key not in ("seconds_in_steps", "seconds_total")]
            self.assertGreater(len(parts), 5)
            self.assertLessEqual(max(parts), found["seconds_in_steps"])
            self.assertLessEqual(found["seconds_in_steps"], sum(parts) * (1 + 1e-9))
            self.assertLessEqual(found["seconds_in_steps"], found["seconds_total"])
            self.assertAlmostEqual(found["steps_per_second"] * found["seconds_in_steps"] / found["steps"], 1, places=9)

    def test_performance_names_the_share_of_the_machines_bandwidth_when_asked(self):
        self.assertNotIn("read_bandwidth_bytes_per_second", attributes(self.path, "performance"))
        path = self.result(small(performance={"probe": "true"}), name="probed")
        found = attributes(path, "performance")
        self.assertGreater(found["read_bandwidth_bytes_per_second"], 0)
        self.assertAlmostEqual(found["share_of_read_bandwidth"] * found["read_bandwidth_bytes_per_second"],
                               found["bandwidth_bytes_per_second"], places=0)

    def check_reruns(self, path):
        config = attributes(path)["config"]
        (self.folder / "again.ini").write_text(config)
        self.check_code(self.run_bayres("run", "again.ini", "--quiet", "--force"), DONE)
        again = self.folder / "again.h5"
        self.check_same_arrays(path, again)
        self.check_same_learner_attributes(path, again)
        self.assertEqual(attributes(again)["config"], config)

    def test_config_of_a_result_gives_the_same_bits_again(self):
        self.check_reruns(self.path)

    def test_config_of_a_result_without_a_test_phase_runs_again(self):
        self.check_reruns(self.result(small(protocol={"test": 0}), name="no_test"))

    def test_config_of_a_result_of_a_file_runs_again(self):
        self.write("in.csv", "t,z\n" + "".join(f"{i},{np.sin(i / 20):.6f}\n" for i in range(251)))
        path = self.result(small(task={"name": "file", "drive": "target", "path": "in.csv", "target": "z"},
                                 protocol={"train": "auto", "test": "auto"}), name="file")
        self.check_reruns(path)

    def test_config_of_a_result_names_every_key(self):
        config = attributes(self.path)["config"]
        neurons = self.run_bayres("list", "neurons").out
        keys = [line.split(" = ")[0].strip() for line in neurons.splitlines() if line.startswith("    ")]
        keys = [key for key in keys if key.count(".") == 1 and " " not in key and "(" not in key]
        self.assertGreater(len(keys), 20)
        for key in keys:
            self.assertRegex(config, rf"(?m)^(# )?{key.split('.')[1]} =")

    def test_network_of_a_result_gives_the_same_bits_again(self):
        config = recorded()
        config["reservoir"]["network"] = "c.h5"
        for ranks in (None, 3):
            again = self.result(config, "--force", ranks=ranks, name="again")
            self.check_same_arrays(self.path, again)

    def test_what_is_written_in_several_pieces_is_whole(self):
        """Of 1,500 recorded steps and 701 snapshots, 16 MiB on a rank hold 1,045 and, on one rank alone, 507."""
        config = small(reservoir={"size": 2000, "connectivity": 0.02}, protocol={"train": 140, "test": 10},
                       record={"rates": "0..1999", "weights_every": 2})
        alone = self.result(config, name="alone")
        self.check_same_arrays(alone, self.result(config, ranks=3, name="three"))
        arrays = data_sets(alone)
        self.assertEqual((arrays["rates"].shape, arrays["learners/a/weights"].shape), ((1500, 2000), (701, 1, 2000)))
        self.assertFalse(np.isnan(arrays["rates"]).any() or np.isnan(arrays["learners/a/weights"]).any())
        self.assertTrue((np.diff(arrays["time"]) > 0).all() and (np.diff(arrays["snapshot_time"]) > 0).all())
        # The output of a step is that of the weights that were recorded before it.
        weights, rates = arrays["learners/a/weights"][:, 0], arrays["rates"]
        for snapshot in (0, 350, 506, 507, 508, 699):
            output = weights[snapshot] @ rates[2 * snapshot]
            self.assertAlmostEqual(output, arrays["learners/a/output"][2 * snapshot, 0], places=10)

    def test_other_seeds_give_other_networks(self):
        other = self.result(recorded(run={"seed": 2}), name="other")
        self.assertEqual(attributes(other)["seed"], 2)
        self.assertFalse(np.array_equal(data_sets(self.path)["network/x0"], data_sets(other)["network/x0"]))


class ListOfValuesTest(CommandLineTest):
    def test_list_makes_one_learner_per_value(self):
        path = self.result(small(learner__a=None, learner__d={"rule": "delta", "eta": "1e-4, 3e-4, 1e-3"}))
        self.assertEqual(learner_names(path), ["d_1", "d_2", "d_3"])
        self.assertEqual([attributes(path, f"learners/d_{i}")["eta"] for i in (1, 2, 3)], [1e-4, 3e-4, 1e-3])

    def test_two_lists_make_all_combinations(self):
        path = self.result(small(learner__a={"kappa": "10, 20", "drift": "0, 1e-5"}))
        found = [attributes(path, f"learners/{name}") for name in learner_names(path)]
        self.assertEqual(learner_names(path), ["a_1", "a_2", "a_3", "a_4"])
        self.assertEqual({(one["kappa"], one["drift"]) for one in found},
                         {(10, 0), (10, 1e-5), (20, 0), (20, 1e-5)})

    def test_learner_of_a_list_is_the_learner_of_its_value(self):
        several = self.result(small(learner__a={"kappa": "10, 20"}), name="several")
        alone = self.result(small(learner__a={"kappa": 20}), name="alone")
        for what in ("output", "weights", "learning_rate"):
            np.testing.assert_array_equal(data_sets(several)[f"learners/a_2/{what}"],
                                          data_sets(alone)[f"learners/a/{what}"])


class DivergenceTest(CommandLineTest):
    wild = {"rule": "delta", "eta": 1e3}

    def test_exit_code_says_that_every_learner_diverged(self):
        config = small(reservoir={"size": 203}, learner__a=self.wild, learner__b={"rule": "delta", "eta": "2e3, 3e3"})
        self.write("c.ini", config)
        for ranks in (None, 3):
            finished = self.run_bayres("run", "c.ini", "--force", ranks=ranks)
            self.check_code(finished, ALL_DIVERGED)
            self.assertEqual(self.files(), ["c.h5", "c.h5.checkpoint", "c.ini"])
            for name in ("a", "b_1", "b_2"):
                step = attributes(self.folder / "c.h5", f"learners/{name}")["diverged_at_step"]
                self.assertGreaterEqual(step, 0)
                self.assertRegex(finished.out, rf"(?m)^ +{name} .* {step}$")
            self.check_code(self.run_bayres("inspect", "c.h5"), DONE)

    def test_other_learners_go_on(self):
        for feedback in ("none", "output"):
            changes = {"reservoir": {"size": 203}, "protocol": {"feedback": feedback, "evaluate_at": "10, 20"}}
            alone = self.result(small(**changes), "--force", name="alone")
            beside = self.result(small(**changes, learner__wild=self.wild), "--force", name="beside")
            self.assertGreaterEqual(attributes(beside, "learners/wild")["diverged_at_step"], 0)
            self.assertEqual(attributes(beside, "learners/a")["diverged_at_step"], -1)
            one, other = data_sets(alone), data_sets(beside)
            for name in [name for name in one if not name.startswith("learners/")] + [
                    name for name in one if name.startswith("learners/a/")]:
                np.testing.assert_array_equal(one[name], other[name], name)
            self.check_same_learner_attributes(alone, beside, ["a"])

    def test_limit_decides_what_diverges(self):
        path = self.result(small(protocol={"divergence_limit": 1e-3}), code=ALL_DIVERGED)
        step = attributes(path, "learners/a")["diverged_at_step"]
        output = data_sets(path)["learners/a/output"][:, 0]
        self.assertTrue((np.abs(output[:step]) <= 1e-3).all())

    def test_divergence_is_found_in_the_step_in_which_it_happens(self):
        for limit in (10, 1e6):
            changes = {"protocol": {"divergence_limit": limit}, "learner__a": {**self.wild, "eta": 0.5},
                       "reservoir": {"size": 203}}
            path = self.result(small(**changes), "--force", code=ALL_DIVERGED)
            step = attributes(path, "learners/a")["diverged_at_step"]
            output = data_sets(path)["learners/a/output"][:, 0]
            beyond = ~(np.abs(output) <= limit)
            self.assertGreater(step, 1)
            self.assertEqual(np.argmax(beyond), step)


class InspectTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.path = self.result(recorded())

    def test_says_what_a_result_holds(self):
        for ranks in (None, 2):
            finished = self.run_bayres("inspect", "c.h5", ranks=ranks)
            self.check_code(finished, DONE)
            self.assertEqual(finished.own_err, "")
            for word in ("complete", "d_2", "train_mae", "[learner.a]", "(2, 1, 50)"):
                self.assertIn(word, finished.out)
            for name in data_sets(self.path):
                self.assertRegex(finished.out, rf"(?m)^ +/{name} +\(")

    def bytes_of(self, name):
        """Where the numbers of a data set lie in the file: offset and size, of its first chunk if it has chunks."""
        with h5py.File(self.path) as file:
            data = file[name]
            if data.chunks is None:
                return data.id.get_offset(), data.id.get_storage_size()
            chunk = data.id.get_chunk_info(0)
            return chunk.byte_offset, chunk.size

    def check_flip_is_found(self, name):
        with self.subTest(name):
            offset, size = self.bytes_of(name)
            content = bytearray(self.path.read_bytes())
            content[offset + min(size // 2, 150)] ^= 0x10
            self.check_damage_is_found(content, "bad.h5: is damaged")
            # A data set has a checksum of its own, also where the file has lost its seal.
            self.check_damage_is_found(content[:content.rfind(b"\nbayres: crc32 ")], name)

    def check_damage_is_found(self, content, words):
        (self.folder / "bad.h5").write_bytes(content)
        finished = self.run_bayres("inspect", "bad.h5")
        self.check_code(finished, INPUT_OUTPUT)
        self.check_one_message(finished)
        self.assertIn("bad.h5", finished.err)
        self.assertIn(words, finished.err)

    def test_finds_a_flipped_byte_in_series_weights_and_synapses(self):
        for name in ("time", "learners/a/weights", "learners/d_1/output", "learners/a/learning_rate", "rates", "phase",
                     "network/J_data", "network/J_indices"):
            self.check_flip_is_found(name)

    def test_finds_a_flipped_byte_in_scores_and_short_arrays(self):
        for name in ("learners/a/evaluation/nrmse", "network/x0", "network/W_in", "network/J_indptr", "snapshot_time"):
            self.check_flip_is_found(name)

    def test_finds_a_truncated_file(self):
        content = self.path.read_bytes()
        sealed = content.rfind(b"\nbayres: crc32 ")
        for size in (sealed - 1, len(content) // 2, 1000):
            with self.subTest(size):
                self.check_damage_is_found(content[:size], "bad.h5")
        (self.folder / "bad.h5").write_bytes(content[:-1])  # all of the data are there
        finished = self.run_bayres("inspect", "bad.h5")
        self.check_code(finished, DONE)
        self.assertIn("has been changed", finished.out)

    def test_refuses_hdf5_of_others(self):
        with h5py.File(self.folder / "other.h5", "w") as file:
            file["x"] = 1
        finished = self.run_bayres("inspect", "other.h5")
        self.check_code(finished, INPUT_OUTPUT)
        self.check_one_message(finished)
        self.assertIn("other.h5", finished.err)


class TwoRunsTest(CommandLineTest):
    def start_long_run(self):
        """Starts a run that does not end by itself; returns when it has begun to write."""
        before = self.files()
        process = subprocess.Popen(command("run", "long.ini", "-o", "x.h5", "--quiet"), cwd=self.folder,
                                   stdin=subprocess.DEVNULL, env=environment(None))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        while self.files() == before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertNotEqual(self.files(), before, "the long run writes nothing")
        time.sleep(0.2)
        self.assertIsNone(process.poll())
        return process

    def test_second_run_with_the_same_output_is_refused(self):
        self.write("long.ini", small(protocol={"train": 1e8}, record={"every": 1_000_000}))
        self.write("c.ini", small())
        first = self.start_long_run()
        files = self.files()
        for ranks, arguments in ((None, []), (None, ["--force"]), (2, [])):
            finished = self.run_bayres("run", "c.ini", "-o", "x.h5", *arguments, ranks=ranks)
            self.check_code(finished, INPUT_OUTPUT)
            self.check_one_message(finished)
            self.assertIn("x.h5", finished.own_err)
            self.assertIn("another run", finished.own_err)
            self.assertEqual(self.files(), files)
            self.assertIsNone(first.poll())

    def test_run_after_one_that_was_killed_is_not_refused(self):
        self.write("long.ini", small(protocol={"train": 1e8}, record={"every": 1_000_000}))
        self.write("c.ini", small())
        first = self.start_long_run()
        first.kill()
        first.wait()
        self.check_code(self.run_bayres("run", "c.ini", "-o", "x.h5"), DONE)
        self.assertEqual(attributes(self.folder / "x.h5")["status"], "complete")
        self.check_code(self.run_bayres("inspect", "x.h5"), DONE)
        self.assertEqual([name for name in self.files() if name.startswith("x.h5.tmp")], [])


if __name__ == "__main__":
    unittest.main()
