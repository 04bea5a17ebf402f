"""run.start_from: a new run starts from what another one has learned."""
import unittest

import h5py
import numpy as np

from command_line import DONE, USAGE, CommandLineTest, attributes, data_sets, small

BEGUN, ROWS = 25, 400  # time units of the first run, samples
RULES = {"learner__bayes": {"rule": "bayes"}, "learner__branch": {"rule": "branch", "branch_size": 20, "others": "shared"},
         "learner__rls": {"rule": "rls"}, "learner__ridge": {"rule": "ridge", "lambda": 0.01}}


class WarmStartTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        t = np.arange(ROWS) / 8
        self.write("s.csv", "u,z\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(np.sin(t).tolist(), np.cos(1.7 * t).tolist())))

    def config(self, train, protocol=(), learners=RULES, **changes):
        """Times are whole in binary, so that a run which begins later reads the same numbers."""
        return small(reservoir={"size": 70, "dt": 0.125, "gain": 1.2, **changes.pop("reservoir", {})}, learner__a=None,
                     task={"name": "file", "drive": None, "path": "s.csv", "input": "u", "target": "z", "split": 1,
                           **changes.pop("task", {})},
                     protocol={"train": train, "test": 0, **dict(protocol)}, **changes, **learners)

    def check_goes_on(self, *arguments, ranks=(None, None), of_time=(), **changes):
        """Two runs, of which the second starts from the first, are one run."""
        whole = data_sets(self.result(self.config(BEGUN + 20, **changes), name="whole"))
        self.result(self.config(BEGUN, **changes), name="first", ranks=ranks[0])
        later = self.config(20, **changes)
        later["task"]["start"] = BEGUN
        second = self.result(later, "--run.start_from=first.h5.checkpoint", *arguments, name="second", ranks=ranks[1])
        found, steps = data_sets(second), BEGUN * 8
        compared = [(name, found[name], whole[name][steps:]) for name in found if name.endswith("/output")]
        compared += [(name, found[name][-1], whole[name][-1]) for name in found if name.endswith("/weights")]
        self.assertEqual(len(compared), 2 * len(changes.get("learners", RULES)))
        for name, one, other in compared:
            self.assertTrue((one.any() or name == "learners/ridge/output") and np.array_equal(one, other), name)
        return second

    def test_it_goes_on_as_one_run_would(self):
        self.check_goes_on()

    def test_it_goes_on_on_other_ranks_and_with_feedback(self):
        self.check_goes_on(ranks=(2, 3), protocol={"feedback": "output"}, reservoir={"feedback_scale": 0.5})

    def test_what_learned_J_goes_on(self):
        learners = {"learner__b": {"rule": "bayes", "recurrent.rule": "bayes"}}
        self.check_goes_on(ranks=(2, 1), protocol={"feedback": "output"}, learners=learners)

    def test_adapted_gains_stay(self):
        intrinsic = {"rate": 0.001, "duration": 5}
        whole = data_sets(self.result(self.config(BEGUN + 10, {"washout": 10}, intrinsic_plasticity=intrinsic), name="whole"))
        self.result(self.config(BEGUN, {"washout": 10}, intrinsic_plasticity=intrinsic), name="first")
        later = self.config(10, intrinsic_plasticity={**intrinsic, "duration": 0})
        later["task"]["start"] = BEGUN + 10
        second = data_sets(self.result(later, "--run.start_from=first.h5.checkpoint", name="second", ranks=2))
        self.assertTrue(np.array_equal(second["learners/rls/output"], whole["learners/rls/output"][-80:]))
        self.assertTrue(np.array_equal(second["neuron_gain"][0], whole["neuron_gain"][-1]))
        self.write("c.ini", self.config(10))
        refused = self.run_bayres("run", "c.ini", "--run.start_from=first.h5.checkpoint")
        self.check_code(refused, USAGE)
        self.assertIn("intrinsic_plasticity.rate = 0, there 0.001", refused.own_err)

    def test_spikes_under_way_arrive(self):
        reservoir = {"dt": 0.125, "tau": None, "gain": None}
        self.check_goes_on(reservoir=reservoir, neuron={"model": "lif", "bias": 1.5, "delay": 0.5},
                           learners={"learner__b": {"rule": "bayes", "kappa": 10}})

    def test_new_learners_branch_off(self):
        self.result(self.config(BEGUN), name="first")
        learners = {"learner__rls": {"rule": "none"}, "learner__new": {"rule": "none"}}
        self.write("c.ini", self.config(10, learners=learners))
        finished = self.run_bayres("run", "c.ini", "--run.start_from=first.h5.checkpoint")
        self.check_code(finished, DONE)
        first, found = data_sets(self.folder / "first.h5"), data_sets(self.folder / "c.h5")
        self.assertIn("rls has weights of rule = rls", finished.err)
        self.assertTrue(np.array_equal(found["learners/rls/weights"][-1], first["learners/rls/weights"][-1]))
        self.assertIn("new begins anew", finished.err)
        self.assertFalse(np.array_equal(found["learners/new/weights"][-1], found["learners/rls/weights"][-1]))
        self.assertEqual(attributes(self.folder / "c.h5", "inputs/start")["path"], "first.h5.checkpoint")

    def test_scales_are_those_of_the_run_before(self):
        scaled = {"task": {"normalise": "zscore"}}
        self.result(self.config(BEGUN, **scaled), name="first")
        later = self.config(10, **scaled)
        later["task"]["start"] = BEGUN
        second = self.result(later, "--run.start_from=first.h5.checkpoint", name="second")
        for key in ("mean", "sd"):
            self.assertTrue(np.array_equal(attributes(second, "input")[key], attributes(self.folder / "first.h5", "input")[key]))
        self.check_code(self.run_bayres("resume", "second.h5.checkpoint", "--protocol.test=5", "--quiet"), DONE)

    def test_what_does_not_fit_is_refused(self):
        self.result(self.config(BEGUN), name="first")
        refused = {
            "reservoir.gain = 1.1, there 1.2": {"reservoir": {"gain": 1.1}},
            "run.seed = 2, there 1": {"run": {"seed": 2}},
            "of learner branch": {"learners": RULES | {"learner__branch": {"rule": "branch", "branch_size": 10}}},
            "ensemble.seeds": {"ensemble": {"seeds": "1, 2"}},
            "task.normalise = zscore, there none": {"task": {"normalise": "zscore"}},
            "give those of the run before, ridge": {"learners": RULES | {"learner__b": {"rule": "ridge", "lambda": 1}}},
        }
        for said, changes in refused.items():
            with self.subTest(said=said):
                self.write("c.ini", self.config(10, **changes))
                finished = self.run_bayres("run", "c.ini", "--run.start_from=first.h5.checkpoint", ranks=2)
                self.check_code(finished, USAGE)
                self.assertIn(said, finished.own_err)
                self.assertNotIn("c.h5", self.files())

    def test_networks_of_files_are_compared_by_their_contents(self):
        for name in ("one", "two"):
            with h5py.File(self.folder / f"{name}.h5", "w") as file:
                file["J"] = np.eye(70) * (1 if name == "one" else 0.5)
        of_file = self.config(BEGUN)
        of_file["reservoir"] = {"network": "one.h5", "dt": 0.125}
        self.result(of_file, name="first")
        self.result(of_file, "--run.start_from=first.h5.checkpoint", name="second")
        finished = self.run_bayres("run", "first.ini", "--run.start_from=first.h5.checkpoint", "--reservoir.network=two.h5", "-o", "c.h5")
        self.check_code(finished, USAGE)
        self.assertIn("reservoir.network here is two.h5", finished.own_err)


if __name__ == "__main__":
    unittest.main()
