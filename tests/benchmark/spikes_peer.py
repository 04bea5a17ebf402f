#!/usr/bin/python3
"""A spiking network in numpy or Brian2, without a readout. spikes.py calls it:

    spikes_peer.py RESULT numpy|brian-cython|brian-standalone WARM_UP STEPS FOLDER

RESULT is a run of bayres whose J, W_in and V(0) it takes. It prints microseconds of a step by the clock and of the processor,
after a warm-up, and the spikes of a neuron per ms in the warm-up and as many steps again. FOLDER keeps what is compiled."""
import os
import pathlib
import subprocess
import sys
import time

import h5py
import numpy as np

DT, TAU_M, TAU_RISE, TAU_DECAY, REFRACTORY, BIAS = 0.1, 10.0, 2.0, 20.0, 20, 1.0  # ms, steps


class Network:
    def __init__(self, path):
        with h5py.File(path) as file:
            of = file["network"]
            self.W, self.V = of["W_in"][:, 0], of["x0"][()]
            self.n = len(self.V)
            self.starts, self.sources, self.values = (of["J_" + name][()] for name in ("indptr", "indices", "data"))
        self.targets = np.repeat(np.arange(self.n), np.diff(self.starts))


def inputs(steps):
    return np.sin(2 * np.pi * DT * np.arange(1, steps + 1) / 200)


def in_numpy(network, warm_up, steps):
    """In place; a spike's column is added by the routine below scipy's sparse product, which takes 64-bit weights."""
    import scipy.sparse
    from scipy.sparse._sparsetools import csc_matvec

    n = network.n
    J = scipy.sparse.csr_matrix((network.values.astype(float), network.sources, network.starts), shape=(n, n)).tocsc()
    rates = np.array([1 / TAU_M, 1 / TAU_RISE, 1 / TAU_DECAY])
    keep_V, keep_I, keep_h = map(float, np.exp(-DT * rates))
    m, r, d = rates
    I_to_V, h_to_I = m * (keep_V - keep_I) / (r - m), r * (keep_I - keep_h) / (d - r)
    h_to_V = m * r * (keep_V / ((d - m) * (r - m)) + keep_h / ((m - d) * (r - d)) + keep_I / ((m - r) * (d - r)))
    V, I, h, until = network.V.copy(), np.zeros(n), np.zeros(n), np.zeros(n, int)
    W, bias, part, one = (1 - keep_V) * network.W, (1 - keep_V) * BIAS, np.empty(n), np.ones(1)
    late, fired = np.empty(n, bool), 0

    def run(series, first):
        nonlocal fired
        for step, u in enumerate(series, first):
            np.multiply(V, keep_V, out=V)
            for source, factor in ((I, I_to_V), (h, h_to_V), (W, u)):
                np.multiply(source, factor, out=part)
                np.add(V, part, out=V)
            np.add(V, bias, out=V)
            np.less(step, until, out=late)
            V[late] = 0
            np.multiply(I, keep_I, out=I)
            np.multiply(h, h_to_I, out=part)
            np.add(I, part, out=I)
            np.multiply(h, keep_h, out=h)
            spikes = np.flatnonzero(V >= 1)
            V[spikes] = 0
            until[spikes] = step + 1 + REFRACTORY
            fired += len(spikes)
            for j in spikes.tolist():
                csc_matvec(n, 1, J.indptr[j:j + 2], J.indices, J.data, one, h)

    series = inputs(2 * warm_up + steps).tolist()
    run(series[:2 * warm_up], 0)
    rate = fired / (n * 2 * warm_up * DT)
    clock, processor = time.perf_counter(), time.process_time()
    run(series[2 * warm_up:], 2 * warm_up)
    print(1e6 * (time.perf_counter() - clock) / steps, 1e6 * (time.process_time() - processor) / steps, rate)


def built_in_brian(network, warm_up, steps):
    import brian2 as b

    b.defaultclock.dt = DT * b.ms
    stimulus = b.TimedArray(inputs(2 * warm_up + steps), dt=DT * b.ms)
    equations = """dv/dt = (bias + I + W * stimulus(t) - v) / tau_m : 1 (unless refractory)
                   dI/dt = (h - I) / tau_rise : 1
                   dh/dt = -h / tau_decay : 1
                   W : 1"""
    names = {"bias": BIAS, "tau_m": TAU_M * b.ms, "tau_rise": TAU_RISE * b.ms, "tau_decay": TAU_DECAY * b.ms, "stimulus": stimulus}
    group = b.NeuronGroup(network.n, equations, threshold="v >= 1", reset="v = 0", refractory=REFRACTORY * DT * b.ms,
                          method="exact", namespace=names)
    group.v, group.W = network.V, network.W
    synapses = b.Synapses(group, group, "w : 1", on_pre="h_post += w")
    by_source = np.argsort(network.sources, kind="stable")  # what a spike reaches lies in one piece
    synapses.connect(i=network.sources[by_source].astype(int), j=network.targets[by_source])
    synapses.w = network.values[by_source]
    return b.Network(group, synapses), b.SpikeMonitor(group, record=False)


def in_cython(network, warm_up, steps):
    import brian2 as b

    b.prefs.codegen.target = "cython"
    whole, spikes = built_in_brian(network, warm_up, steps)
    whole.add(spikes)
    whole.run(2 * warm_up * DT * b.ms)
    rate = spikes.num_spikes / (network.n * 2 * warm_up * DT)
    whole.remove(spikes)
    whole.run(10 * DT * b.ms)  # what is compiled anew
    steps -= 10
    clock, processor = time.perf_counter(), time.process_time()
    whole.run(steps * DT * b.ms)
    print(1e6 * (time.perf_counter() - clock) / steps, 1e6 * (time.process_time() - processor) / steps, rate)


def in_standalone(network, warm_up, steps, folder):
    """Compiled in the first round; later ones start the program again."""
    if not (folder / "main").exists():
        compile_standalone(network, warm_up, steps, folder)
    print(subprocess.run([folder / "main"], cwd=folder, check=True, capture_output=True, text=True).stdout)


def compile_standalone(network, warm_up, steps, folder):
    import brian2 as b

    b.set_device("cpp_standalone", build_on_run=False, directory=str(folder))
    whole, spikes = built_in_brian(network, warm_up, steps)
    whole.add(spikes)
    whole.run(2 * warm_up * DT * b.ms)
    whole.remove(spikes)
    b.device.insert_code("main", "const auto microseconds = [](clockid_t of) { timespec now; clock_gettime(of, &now); "
                         "return 1e6 * now.tv_sec + 1e-3 * now.tv_nsec; };")
    counter = b.device.get_array_name(spikes.variables["N"], access_data=False)
    b.device.insert_code("main", f"const double rate = double({counter}[0]) / {network.n * 2 * warm_up * DT!r};\n"
                         "const double clock = microseconds(CLOCK_MONOTONIC), processor = microseconds(CLOCK_PROCESS_CPUTIME_ID);")
    whole.run(steps * DT * b.ms)
    b.device.insert_code("main", f'std::cout << (microseconds(CLOCK_MONOTONIC) - clock) / {steps} << " " << '
                         f'(microseconds(CLOCK_PROCESS_CPUTIME_ID) - processor) / {steps} << " " << rate << std::endl;')
    b.device.build(directory=str(folder), compile=True, run=False)


if __name__ == "__main__":
    of_bayres, kind, first_steps, timed_steps = Network(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if kind == "numpy":
        in_numpy(of_bayres, first_steps, timed_steps)
    elif kind == "brian-cython":
        in_cython(of_bayres, first_steps, timed_steps)
    else:
        in_standalone(of_bayres, first_steps, timed_steps, pathlib.Path(sys.argv[5]))
