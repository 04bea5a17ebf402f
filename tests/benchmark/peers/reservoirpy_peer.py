"""ReservoirPy (0.3 or 0.4): its reservoir and its online readouts, LMS (one fixed rate) for `bayes` and RLS.

ReservoirPy has no rule `bayes`; LMS does less work. Its online training takes the whole series in one call.
"""

import importlib.metadata
import time

import reservoirpy
from reservoirpy.nodes import LMS, RLS, Reservoir

import problem

WORKLOADS = {"bayes": LMS, "rls": RLS}
OLD = importlib.metadata.version("reservoirpy").startswith("0.3")


def reservoir_of(network):
    weights = {"W": network.J, "Win": network.W_in[:, None], "lr": problem.LEAK, "dtype": network.J.dtype}
    if OLD:
        return Reservoir(equation="external", input_bias=False, **weights)
    return Reservoir(bias=0.0, **weights)  # the rate itself leaks: as much work


def readout_of(workload):
    if OLD:
        return WORKLOADS[workload](1, alpha=1 if workload == "rls" else 1e-6, input_bias=False)
    return RLS(alpha=1, fit_bias=False) if workload == "rls" else LMS(learning_rate=1e-6, fit_bias=False)


def train(model, series):
    if hasattr(model, "train"):
        return model.train(series, series)
    return model.partial_fit(series, series)


if __name__ == "__main__":
    options = problem.parse_arguments(__doc__, WORKLOADS)
    if hasattr(reservoirpy, "verbosity"):
        reservoirpy.verbosity(0)
    model = reservoir_of(problem.network_of(options)) >> readout_of(options.workload)
    warm_up = problem.warm_up_steps(options.steps)
    target = problem.sines(warm_up + options.steps)[:, None].astype(options.dtype)
    train(model, target[:warm_up])
    start = time.perf_counter()
    train(model, target[warm_up:])
    print(1e6 * (time.perf_counter() - start) / options.steps)
