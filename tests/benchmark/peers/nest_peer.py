"""NEST (3.x): a random network of its tanh rate neurons that hears the target, without a readout that learns.

`linear_summation` takes the tanh of the sum, once for each neuron, which is faster than once for each synapse. The
delay of every connection is one time step, so that NEST exchanges rates once a step.
"""

import time

import nest
import numpy as np

import problem

DT = 0.1  # ms
TAU = DT / problem.LEAK


def build(options, steps):
    nest.ResetKernel()
    nest.set_verbosity("M_ERROR")
    nest.SetKernelStatus({"resolution": DT, "use_wfr": False, "print_time": False})
    parameters = {"tau": TAU, "sigma": 0.0, "mu": 0.0, "linear_summation": True}
    neurons = nest.Create("tanh_ipn", options.size, params=parameters)
    synapse = {"synapse_model": "rate_connection_delayed", "delay": DT}
    sd = problem.GAIN / np.sqrt(options.connectivity * options.size)
    nest.Connect(
        neurons,
        neurons,
        {"rule": "pairwise_bernoulli", "p": options.connectivity},
        {**synapse, "weight": nest.random.normal(mean=0.0, std=sd)},
    )
    times = np.round(DT * np.arange(1, steps + 1), 10)
    series = {"amplitude_times": times, "amplitude_values": problem.sines(steps)}
    generator = nest.Create("step_rate_generator", params=series)
    nest.Connect(generator, neurons, "all_to_all", {**synapse, "weight": nest.random.uniform(min=-1.0, max=1.0)})


if __name__ == "__main__":
    options = problem.parse_arguments(__doc__, ["bayes"])
    warm_up = problem.warm_up_steps(options.steps)
    build(options, warm_up + options.steps)
    nest.Simulate(round(warm_up * DT, 10))
    start = time.perf_counter()
    nest.Simulate(round(options.steps * DT, 10))
    seconds = time.perf_counter() - start
    if nest.Rank() == 0:
        print(1e6 * seconds / options.steps)
