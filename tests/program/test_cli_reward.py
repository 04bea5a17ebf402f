#!/usr/bin/python3
"""Learning from rewards: neurons whose rates are held, readouts that do not learn."""
import unittest

import h5py
import numpy as np

from command_line import USAGE, CommandLineTest, small

N = 70


class ClampTest(CommandLineTest):
    def test_held_rates_are_what_numpy_gives_on_any_number_of_ranks(self):
        sections = small(reservoir={"size": N, "gain": 1.2, "storage": "dense", "clamp": "1:1, 10:1, 65:-1"}, learner__a={"rule": "none"},
                         learner__b={"rule": "bayes"}, protocol={"train": 5, "test": 2},
                         record={"every": 1, "network": "true", "rates": "0..69"})
        path = self.result(sections)
        self.check_same_arrays(path, self.result(sections, name="d", ranks=2))
        with h5py.File(path) as file:
            W_in, bias, x = (file[f"network/{name}"][()] for name in ("W_in", "bias", "x0"))
            J = file["network/J"][()]
            u, rates, output = file["input"][()], file["rates"][()], file["learners/a/output"][()]

        def rates_of(x):
            r = np.tanh(x)
            r[[1, 10, 65]] = 1, 1, -1
            return r
        r = rates_of(x)
        for t, seen in enumerate(rates):
            x = x + 0.1 * (-x + J @ r + bias + W_in @ u[t])
            r = rates_of(x)
            np.testing.assert_allclose(seen, r, rtol=0, atol=1e-11)
        np.testing.assert_allclose(output[:, 0], rates[:, 0], rtol=0, atol=0)  # the rate of neuron 0

    def test_every_bad_clamp_is_said(self):
        self.write("c.ini", small(reservoir={"clamp": "1:1, 50:1, 1:2, 3, 4:inf"}))
        finished = self.run_bayres("run", "c.ini", "-o", "c.h5", ranks=2)
        self.check_code(finished, USAGE)
        for words in ("no neuron 50: allowed is 0 to 49", "neuron 1 comes twice", '"3" is not NEURON:RATE', '"4:inf" is not'):
            self.assertIn(words, finished.err)
        self.assertIn("c.ini:3: reservoir.clamp", finished.err)


if __name__ == "__main__":
    unittest.main()
