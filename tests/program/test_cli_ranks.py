#!/usr/bin/python3
"""A run gives the same bits on any number of ranks, and whether or not its frozen weights are evaluated on the way."""
import os
import re
import unittest
import unittest.mock

import numpy as np

from command_line import CommandLineTest, attributes, data_sets, every_rule, learner_names, small


def everything(feedback, size, **changes):
    """Every rule, with noise, evaluations, recorded rates and the network."""
    config = small(
        reservoir={"size": size, "noise": 0.01, "bias_scale": 0.1, **changes.get("reservoir", {})},
        task=changes.get("task", {}),
        protocol={"feedback": feedback, "washout": 1, "train": 8, "test": 3, "evaluate_at": "4, 9"},
        learner__a=None,
        record={"rates": f"0..5, {size // 2}, {size - 1}", "network": "true", "weights_every": 30},
    )
    return config | every_rule()


class RanksTest(CommandLineTest):
    def check_ranks(self, config):
        one = self.result(config, name="one")
        self.assertTrue(all(attributes(one, f"learners/{name}") for name in learner_names(one)))
        for ranks in (1, 2, 3, 4, 7):
            other = self.result(config, "--force", ranks=ranks, name="other")
            self.assertEqual(attributes(other)["ranks"], ranks)
            self.assertEqual(attributes(other)["config"], attributes(one)["config"])
            with self.subTest(ranks=ranks):
                self.check_same_arrays(one, other)
                self.check_same_learner_attributes(one, other)

    def test_without_feedback(self):
        self.check_ranks(everything("none", 203))

    def test_with_the_teacher_fed_back(self):
        self.check_ranks(everything("teacher", 203, reservoir={"storage": "dense"},
                                    task={"name": "lorenz", "drive": "none", "dimensions": 3}))

    def test_with_the_output_fed_back(self):
        self.check_ranks(everything("output", 203))

    def test_with_narrow_weights(self):
        self.check_ranks(everything("none", 203, reservoir={"storage": "dense", "weight_type": "bfloat16"}))

    def test_in_single_precision(self):
        self.check_ranks(everything("none", 203) | {"run": {"precision": "single"}})

    def check_dealt_rows(self, feedback="none", **changes):
        """Where ranks take over rows of J from each other."""
        config = everything(feedback, 417, **changes) | changes.get("sections", {})
        one = self.result(config, name="one")
        for ranks in (2, 3, 5):
            other = self.result(config, "--force", "--parallel.balance=always", ranks=ranks, name="other")
            with self.subTest(ranks=ranks):
                performance = attributes(other, "performance")
                self.assertEqual(performance["product_of_J"], "dealt")
                self.assertTrue(0 <= performance["rows_of_J_taken_over"] < 1)
                self.assertEqual(len(performance["waiting_of_ranks"]), ranks)
                self.assertTrue((performance["waiting_of_ranks"] >= 0).all())
                self.check_same_arrays(one, other)
                self.check_same_learner_attributes(one, other)

    def test_rows_of_a_sparse_J_that_other_ranks_multiply(self):
        self.check_dealt_rows("output")

    def test_rows_of_a_dense_J_that_other_ranks_multiply(self):
        self.check_dealt_rows(reservoir={"storage": "dense"})

    def test_rows_in_single_precision_that_other_ranks_multiply(self):
        self.check_dealt_rows(reservoir={"storage": "dense"}, sections={"run": {"precision": "single"}})

    def test_without_a_stored_J(self):
        self.check_ranks(everything("output", 203, reservoir={"structure": "transform", "connectivity": None}))

    def check_shared_products(self, rule, size=8300, way="shared", **changes):
        """Of so many neurons that ranks make J r together: a closed loop, and weights that are frozen on the way."""
        config = small(reservoir={"size": size, "structure": "transform", "connectivity": None, "noise": 0.01},
                       protocol={"feedback": "output", "washout": 1, "train": 6, "test": 2, "evaluate_at": "3"},
                       learner__a={"rule": rule}, record={"rates": f"0..5, {size // 2}, {size - 1}", "network": "false"}) | changes
        one = self.result(config, name="one")
        self.assertEqual(attributes(one, "performance")["product_of_J"], "alone")
        for ranks in (2, 3, 5):
            other = self.result(config, "--force", ranks=ranks, name="other")
            with self.subTest(ranks=ranks):
                self.assertEqual(attributes(other, "performance")["product_of_J"], way)
                self.check_same_arrays(one, other)
                self.check_same_learner_attributes(one, other)

    def test_products_that_ranks_make_together(self):
        self.check_shared_products("bayes")

    def test_products_that_ranks_make_by_parts(self):
        with unittest.mock.patch.dict(os.environ, {"BAYRES_EXCHANGE": "mpi"}):
            self.check_shared_products("bayes", 16400, "split")

    def test_products_in_single_precision_that_ranks_make_together(self):
        self.check_shared_products("bayes", run={"precision": "single"})

    def test_products_that_ranks_make_together_beside_a_rule_that_needs_all_rates(self):
        self.check_shared_products("nlms")

    def test_in_mixed_precision(self):
        self.check_ranks(everything("output", 203, reservoir={"storage": "dense"}) | {"run": {"precision": "mixed"}})

    def test_more_ranks_than_blocks_without_feedback(self):
        self.check_ranks(everything("none", 50, reservoir={"storage": "dense"}))

    def test_more_ranks_than_blocks_with_the_teacher_fed_back(self):
        self.check_ranks(everything("teacher", 50))

    def test_more_ranks_than_blocks_with_the_output_fed_back(self):
        self.check_ranks(everything("output", 50, task={"name": "narma10", "drive": "none"}))


class CheckTest(CommandLineTest):
    """`--check` finds nothing wrong with any rule, and leaves every bit as it is."""

    def test_every_rule_is_sound(self):
        config = everything("none", 203) | {
            "learner.drift": {"rule": "bayes", "drift": 1e-5, "prior_decay": 1e-4},
            "learner.forgetful": {"rule": "rls", "forgetting": 0.99},
            "learner.shared": {"rule": "branch", "others": "shared", "forgetting": 0.99}}
        config["protocol"] |= {"train": 60, "evaluate_at": None}
        config["protocol"].pop("evaluate_at")
        plain = self.result(config, name="plain")
        for ranks in (1, 3):
            with self.subTest(ranks=ranks):
                self.check_same_arrays(plain, self.result(config, "--force", "--check", ranks=ranks, name="checked"))

    def test_a_learner_that_is_unsound_ends_the_job(self):
        """So large a regularisation of P that it is lost to rounding: P stops being positive definite."""
        config = everything("none", 203)
        config["protocol"] |= {"train": 60}
        config = {name: keys for name, keys in config.items() if not name.startswith("learner.")}
        config["learner.a"] = {"rule": "rls", "alpha": 1e-15}
        self.write("c.ini", config)
        finished = self.run_bayres("run", "c.ini", "--quiet", "--check", ranks=2)
        self.check_code(finished, 1)
        self.assertRegex(finished.err, "check: learner a, step [0-9]+: ")


class InstructionSetTest(CommandLineTest):
    """A result has the same bits whatever the processor can do: here it is told not to use the widest registers."""

    def tearDown(self):
        os.environ.pop("BAYRES_INSTRUCTION_SET", None)
        super().tearDown()

    def check_instruction_sets(self, config):
        used = set()
        results = []
        for limit in ("avx512", "avx2", "baseline"):
            os.environ["BAYRES_INSTRUCTION_SET"] = limit
            used.update(re.findall("AVX-512|AVX2|baseline", self.run_bayres("--version").out))
            results.append(self.result(config, "--force", name=limit))
        self.assertIn("baseline", used)
        for other in results[1:]:
            self.check_same_arrays(results[0], other)

    def test_in_double(self):
        self.check_instruction_sets(everything("none", 203))

    def test_without_a_stored_J(self):
        for precision in ("double", "single"):
            self.check_instruction_sets(everything("output", 203, reservoir={"structure": "transform", "connectivity": None}) |
                                        {"run": {"precision": precision}})

    def test_with_narrow_weights(self):
        for storage, weight_type in (("dense", "float32"), ("sparse", "bfloat16")):
            self.check_instruction_sets(everything("output", 203, reservoir={"storage": storage,
                                                                             "weight_type": weight_type}))

    def test_in_single_precision_in_a_closed_loop(self):
        self.check_instruction_sets(everything("output", 203) | {"run": {"precision": "single"}})

    def test_in_mixed_precision(self):
        for storage in ("dense", "sparse"):
            self.check_instruction_sets(everything("output", 203, reservoir={"storage": storage}) |
                                        {"run": {"precision": "mixed"}})


class EvaluationTest(CommandLineTest):
    def test_evaluations_leave_the_run_as_it_is(self):
        for feedback in ("none", "teacher", "output"):
            for ranks in (None, 2):
                with self.subTest(feedback, ranks=ranks):
                    config = everything(feedback, 203)
                    with_them = self.result(config, "--force", ranks=ranks, name="with")
                    del config["protocol"]["evaluate_at"]
                    without = self.result(config, "--force", ranks=ranks, name="without")
                    one, other = data_sets(with_them), data_sets(without)
                    same = [name for name in other if "evaluation" not in name]
                    self.assertIn("learners/rls/output", same)
                    for name in same:
                        np.testing.assert_array_equal(one[name], other[name], name)
                    self.check_same_learner_attributes(with_them, without)

    def test_evaluation_at_the_end_of_training_is_the_test(self):
        for feedback in ("none", "teacher", "output"):
            with self.subTest(feedback):
                config = everything(feedback, 50)
                config["protocol"]["evaluate_span"] = config["protocol"]["test"]
                path = self.result(config, "--force")
                arrays = data_sets(path)
                for name in learner_names(path):
                    found = attributes(path, f"learners/{name}")
                    evaluation = f"learners/{name}/evaluation"
                    np.testing.assert_allclose(arrays[f"{evaluation}/time"], [4, 9])
                    self.assertEqual(arrays[f"{evaluation}/nrmse"][-1, 0], found["test_nrmse"], name)

    def test_evaluation_has_the_error_of_the_weights_of_its_time(self):
        config = small(protocol={"train": 20, "test": 5, "evaluate_at": "5, 10, 15, 20"},
                       record={"rates": "0..49", "weights_every": 50}, learner__d={"rule": "delta"})
        arrays = data_sets(self.result(config))
        test = arrays["phase"] == 2
        target = arrays["target"][test]
        np.testing.assert_allclose(arrays["snapshot_time"], [0, 5, 10, 15, 20])
        for name in ("a", "d"):
            for number in range(4):
                weights = arrays[f"learners/{name}/weights"][number + 1]
                delta = target - arrays["rates"][test] @ weights.T
                expected = {"nrmse": np.sqrt((delta**2).mean() / target.var()), "mae": np.abs(delta).mean(),
                            "r2": 1 - (delta**2).mean() / target.var(), "nrmse_joint": np.sqrt((delta**2).mean() / target.var()),
                            "nrmse_range": np.sqrt((delta**2).mean()) / np.ptp(target),
                            "nrmse_range_joint": np.sqrt((delta**2).mean()) / np.ptp(target),
                            "squared_correlation": np.corrcoef(target[:, 0], (target - delta)[:, 0])[0, 1] ** 2}
                expected["capacity"] = expected["squared_correlation"]
                for score, value in expected.items():
                    found = arrays[f"learners/{name}/evaluation/{score}"][number, 0]
                    np.testing.assert_allclose(found, value, rtol=1e-9, err_msg=f"{name} {score} {number}")


if __name__ == "__main__":
    unittest.main()
