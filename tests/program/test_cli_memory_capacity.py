#!/usr/bin/python3
"""bayres memory-capacity: the sum of squared correlations, of a network whose capacity is known, and against numpy."""
import re
import unittest

import h5py
import numpy as np

from command_line import DONE, USAGE, CommandLineTest, small

# A linear network remembers as many inputs as it has neurons, and no more (Jaeger 2001); one of them is that of the present.
NEURONS = 12
LINEAR = {"reservoir": {"size": NEURONS, "dt": 1, "tau": 1, "structure": "ring", "gain": 0.7, "connectivity": None},
          "neuron": {"model": "identity"}}


class MemoryCapacityTest(CommandLineTest):
    def capacity(self, *options, ranks=None):
        finished = self.run_bayres("memory-capacity", "c.ini", "--force", *options, ranks=ranks)
        self.check_code(finished, DONE)
        number = r"(-?[\d.]+)"
        return [float(x) for x in re.search(rf"ridge: {number}[^o]* of {NEURONS} neurons; the sum of r2 is {number}", finished.out).groups()]

    def test_of_a_linear_network_is_its_number_of_neurons_but_one(self):
        self.write("c.ini", small(**LINEAR))  # its task and its learners are left out
        found, r2 = self.capacity("--record.every=1", "--learner.ridge.lambda=1e-12", ranks=3)
        self.assertAlmostEqual(found, NEURONS - 1, delta=0.05)
        self.assertLess(r2, found)
        with h5py.File(self.folder / "c-memory.h5") as file:
            self.assertEqual(list(file["learners"]), ["ridge"])
            test = file["phase"][()] == 2
            z, target = file["learners/ridge/output"][test], file["target"][test]
            expected = [np.corrcoef(z[:, d], target[:, d])[0, 1] ** 2 for d in range(2 * NEURONS)]
            np.testing.assert_allclose(file["learners/ridge/evaluation/squared_correlation"][0], expected, rtol=1e-9, atol=1e-12)
            self.assertAlmostEqual(file["learners/ridge"].attrs["test_capacity"], sum(expected), 9)
            self.assertAlmostEqual(found, sum(expected), delta=1e-3 * NEURONS)
            u = file["input"][:, 0]
            for d in range(2 * NEURONS):
                np.testing.assert_array_equal(file["target"][d + 1:, d], u[:-d - 1])

    def test_fewer_delays_and_several_networks(self):
        self.write("c.ini", small(**LINEAR, ensemble={"seeds": "1..3"}))
        found, _ = self.capacity("--task.delays=5", "-o", "m.h5")
        self.assertAlmostEqual(found, 5, delta=0.05)
        with h5py.File(self.folder / "m.h5") as file:
            self.assertEqual(file["learners/ridge"]["test_capacity"].shape, (3,))

    def test_bad_input(self):
        self.write("c.ini", small(reservoir={"size": 12, "gian": 1}))
        finished = self.run_bayres("memory-capacity", "c.ini", ranks=2)
        self.check_code(finished, USAGE)
        self.assertIn("reservoir.gian", finished.err)
        self.check_code(self.run_bayres("memory-capacity"), USAGE)


if __name__ == "__main__":
    unittest.main()
