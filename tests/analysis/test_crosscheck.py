#!/usr/bin/python3
"""The program against an independent simulation in numpy (resimulate.py), over tasks, feedback and storage of J."""

import shutil
import unittest

import h5py
import numpy as np

import resimulate
import runner

LEARNERS = """
[learner.bayes]
rule = bayes

[learner.drift]
rule = bayes
kappa = 90
drift = 1e-5

[learner.delta]
rule = delta
eta = 1e-4, 1e-3

[learner.branch]
rule = branch
branch_size = 1, 25, 64

[learner.rls]
rule = rls
alpha = 2

[learner.decay]
rule = bayes
drift = 1e-5
prior_decay = 1e-3

[learner.shared]
rule = bayes
drift = 1e-5
prior_decay = 1e-3
others = shared, joint

[learner.shared-branch]
rule = branch
branch_size = 4, 25
others = shared

[learner.joint-branch]
rule = branch
branch_size = 64
others = joint
forgetting = 0.99

[learner.forgetful]
rule = rls
forgetting = 0.98

[learner.resources]
rule = branch
branch_size = 20
resource_sd = 0.3

[learner.delta-decay]
rule = delta-decay

[learner.nlms]
rule = nlms
eta = 0.2

[learner.adagrad]
rule = adagrad
eta = 1e-2

[learner.dale]
rule = dale

[learner.excitatory]
rule = dale
w0 = 0.01
v0 = 0.5
fraction_excitatory = 0.8

[learner.clipped]
rule = clipped
fraction_excitatory = 1

[learner.exponentiated-gradient]
rule = exponentiated-gradient

[learner.ridge]
rule = ridge
lambda = 1
"""

CONFIG = (
    """
[run]
seed = 5

[reservoir]
size = 150
gain = 1.5
connectivity = 0.15
bias_scale = 0.2

[protocol]
washout = 3
train = 85
test = 20
learn_every = 2

[record]
every = 1
weights_every = 100
network = true
"""
    + LEARNERS
)

# Keys that a network is drawn by, which have no effect on one from a file.
DRAWN_BY = ("gain", "connectivity", "bias_scale")

# Here weights outgrow the prior of dale. With the default variance, which belongs to that prior, it diverges.
LORENZ = (
    "--task.name=lorenz",
    "--task.dimensions=3",
    "--learner.dale.likelihood_variance=1",
    "--learner.excitatory.likelihood_variance=1",
)


def runge_kutta(velocity, state, interval, longest, transient, before, samples):
    """Samples of a flow, `before` of them before step 0, in the program's order of operations."""
    substeps = int(np.ceil(interval / longest))
    h = interval / substeps
    skipped = int(np.ceil(transient / h)) - before * substeps
    moved = lambda v, h: [x + h * dx for x, dx in zip(state, v)]
    series = []
    for i in range(skipped + samples * substeps):
        k1 = velocity(*state)
        k2 = velocity(*moved(k1, h / 2))
        k3 = velocity(*moved(k2, h / 2))
        k4 = velocity(*moved(k3, h))
        state = [x + h / 6 * (a + 2 * b + 2 * c + d) for x, a, b, c, d in zip(state, k1, k2, k3, k4)]
        if i >= skipped and (i - skipped + 1) % substeps == 0:
            series.append(state)
    return np.array(series)


def iterates(step, state, samples, skipped):
    series = []
    for i in range(skipped + samples):
        state = step(*state)
        series.append(state)
    return np.array(series[skipped:])


def field_steps(field, length, h, steps):
    """u after each step of ETDRK4 (Kassam & Trefethen 2005, eqs. 2.5 and following) from a field of Kuramoto and Sivashinsky."""
    count = len(field)
    k = 2 * np.pi * np.fft.rfftfreq(count, length / count)
    linear = k**2 - k**4
    z = h * linear[:, None] + np.exp(2j * np.pi * (np.arange(32) + 0.5) / 32)  # a whole circle: means are real
    mean = lambda values: h * values.mean(axis=1).real
    half = mean((np.exp(z / 2) - 1) / z)
    first = mean((-4 - z + np.exp(z) * (4 - 3 * z + z**2)) / z**3)
    middle = mean((2 + z + np.exp(z) * (z - 2)) / z**3)
    last = mean((-4 - 3 * z - z**2 + np.exp(z) * (4 - z)) / z**3)
    slope = np.where(np.arange(len(k)) < count // 2, -0.5j * k, 0)
    change = lambda v: slope * np.fft.rfft(np.fft.irfft(v, count)**2)
    grown, half_grown = np.exp(h * linear), np.exp(h * linear / 2)
    v, series = np.fft.rfft(field), []
    for _ in range(steps):
        n = change(v)
        a = half_grown * v + half * n
        n_a = change(a)
        n_b = change(half_grown * v + half * n_a)
        n_c = change(half_grown * a + half * (2 * n_b - n))
        v = grown * v + first * n + 2 * middle * (n_a + n_b) + last * n_c
        series.append(np.fft.irfft(v, count))
    return np.array(series)


class Series(unittest.TestCase):
    """Tasks of dynamical systems: the same numbers, to the last bit where no transform rounds, from their equations in Python."""

    CONFIG = """
[reservoir]
size = 10
[protocol]
washout = 0
train = 20
test = 0
[learner.a]
rule = delta
"""

    def series(self, *task):
        folder = runner.new_folder(self.addCleanup)
        with h5py.File(runner.run(folder, "run", self.CONFIG, *(f"--task.{key}" for key in task))) as file:
            return file["input"][()] if "input" in file else None, file["target"][()]

    def test_rossler(self):
        velocity = lambda x, y, z: (-y - z, x + 0.2 * y, 0.2 + z * (x - 5.7))
        expected = runge_kutta(velocity, [-1, 0, 0], 0.1 * 0.5, 0.01, 200, 3, 203)
        past, now = self.series("name=rossler", "dimensions=3", "horizon=-0.3")[::-1]
        np.testing.assert_array_equal(now, 0.1 * expected[3:])
        np.testing.assert_array_equal(past, 0.1 * expected[:200])
        self.assertEqual(self.series("name=rossler")[0].shape[1], 0)

    def test_lorenz(self):
        velocity = lambda x, y, z: (10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z)
        expected = runge_kutta(velocity, [1, 1, 25], 0.1 * 0.1, 0.005, 50, 0, 201) - [0, 0, 25]
        now, ahead = self.series("name=lorenz", "dimensions=3", "horizon=0.1")
        np.testing.assert_array_equal(now, 0.05 * expected[:200])
        np.testing.assert_array_equal(ahead, 0.05 * expected[1:])

    def test_lorenz96(self):
        forced = lambda x: (np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + 7.5
        start = 7.5 * np.modf(1.618033988749895 * np.arange(5))[0]
        expected = runge_kutta(lambda *x: forced(np.array(x)), start, 0.1 * 0.3, 0.01, 50, 2, 202)
        past, now = self.series("name=lorenz96", "sites=5", "forcing=7.5", "speed=0.3", "scale=1", "horizon=-0.2")[::-1]
        np.testing.assert_array_equal(now, expected[2:] - 2.33)
        np.testing.assert_array_equal(past, expected[:200] - 2.33)

    def test_kuramoto_sivashinsky(self):
        """From the first sample on, over 2.4 Lyapunov times. The first shows that it begins after the burn-in, and where."""
        u = self.series("name=kuramoto-sivashinsky", "scale=1")[1]
        self.assertEqual(u.shape, (200, 64))
        np.testing.assert_allclose(field_steps(u[0], 22, 0.25, 199), u[1:], atol=1e-9)
        before, now = self.series("name=kuramoto-sivashinsky", "scale=1", "horizon=-2")[::-1]
        np.testing.assert_array_equal(now, u)
        np.testing.assert_array_equal(before[20:], u[:-20])
        x = 2 * np.pi * np.arange(64) / 64
        start = (np.cos(x) + np.cos(2 * x)) / 2
        early = self.series("name=kuramoto-sivashinsky", "scale=1", "horizon=-400")[1]
        np.testing.assert_allclose(field_steps(start, 22, 0.25, 200), early, atol=1e-9)
        halved = self.series("name=kuramoto-sivashinsky", "scale=1", "speed=5", "length=44", "points=128")[1]
        np.testing.assert_allclose(field_steps(halved[0], 44, 0.25, 200)[1::2], halved[1:101], atol=1e-9)

    def test_maps(self):
        henon = iterates(lambda x, y: (1 - 1.4 * x * x + y, 0.3 * x), (0, 0), 21, 1000)
        now, ahead = self.series("name=henon", "dimensions=2", "horizon=1")
        np.testing.assert_array_equal(now, np.repeat(henon[:20], 10, axis=0))
        np.testing.assert_array_equal(ahead, np.repeat(henon[1:], 10, axis=0))
        logistic = iterates(lambda x: (3.7 * x * (1 - x),), (0.3,), 205, 995)
        now, behind = self.series("name=logistic", "r=3.7", "interval=0.1", "horizon=-0.5")
        np.testing.assert_array_equal(now, 2 * logistic[5:] - 1)
        np.testing.assert_array_equal(behind, 2 * logistic[:200] - 1)

    def test_mso(self):
        k = 0.1 * np.arange(1, 201)
        expected = 0.2 * sum(np.sin(a * k) for a in (0.2, 0.311, 0.42))
        np.testing.assert_allclose(self.series("name=mso", "count=3")[1][:, 0], expected, atol=1e-14)
        past, now = self.series("name=mso", "count=3", "horizon=-1")[::-1]
        np.testing.assert_allclose(now[:, 0], expected, atol=1e-14)
        np.testing.assert_allclose(past[10:, 0], expected[:-10], atol=1e-14)


class CrossCheck(unittest.TestCase):
    def setUp(self):
        self.folder = runner.new_folder(self.addCleanup)

    def run_bayres(self, *overrides, name="run", without=()):
        """`without`: keys of CONFIG that are left out."""
        kept = [line for line in CONFIG.splitlines() if line.split(" = ")[0] not in without]
        return runner.run(self.folder, name, "\n".join(kept), *overrides)

    def assert_agrees(self, path, learners=24):
        rows, diverged = resimulate.compare(path)
        self.assertEqual(diverged, [])
        self.assertEqual(len({row[0] for row in rows}), learners)
        for name, what, steps, difference, tolerance in rows:
            with self.subTest(learner=name, what=what):
                self.assertGreater(steps, 0)
                self.assertLessEqual(difference, tolerance)
        return rows

    def test_driven_by_target_sparse(self):
        rows = self.assert_agrees(self.run_bayres("--task.drive=target"))
        self.assertEqual({row[2] for row in rows if row[1] == "driven output"}, {1080})
        self.assertEqual({row[2] for row in rows if row[1] == "weights"}, {880})  # the end of training

    def test_driven_by_target_dense(self):
        path = self.run_bayres("--task.drive=target", "--reservoir.connectivity=1", "--reservoir.size=200")
        with h5py.File(path) as file:
            self.assertEqual(file["network/J"].shape, (200, 200))
        self.assert_agrees(path)

    def test_sparse_network_in_dense_storage(self):
        self.assert_agrees(self.run_bayres("--task.drive=target", "--reservoir.storage=dense"))

    def test_ring(self):
        path = self.run_bayres("--reservoir.structure=ring", "--task.drive=target", "--reservoir.gain=0.9",
                               without=("connectivity",))
        J = resimulate.Run(path).J
        np.testing.assert_array_equal(J, 0.9 * np.roll(np.eye(len(J)), 1, axis=0))
        self.assert_agrees(path)

    def test_neurons(self):
        for model in ("relu", "identity"):
            rows = self.assert_agrees(self.run_bayres(f"--neuron.model={model}", "--task.drive=target",
                                                      "--reservoir.gain=0.8", name=model))
            self.assertIn("driven output", {row[1] for row in rows})

    def test_input_of_its_own(self):
        self.assert_agrees(self.run_bayres("--task.name=narma10", "--protocol.learn_every=3", "--reservoir.dt=0.2"))

    def test_teacher(self):
        rows = self.assert_agrees(self.run_bayres("--protocol.feedback=teacher"))
        self.assertEqual({row[2] for row in rows if row[1] == "driven output"}, {880})
        self.assertEqual({row[2] for row in rows if row[1] == "closed output"}, {200})

    def test_teacher_of_three_outputs(self):
        overrides = (*LORENZ, "--protocol.feedback=teacher")
        self.assert_agrees(self.run_bayres(*overrides))

    def test_closed_loop(self):
        rows = self.assert_agrees(self.run_bayres("--protocol.feedback=output"))
        self.assertEqual({row[2] for row in rows if row[1] == "closed output"}, {200})

    def test_closed_loop_of_three_outputs(self):
        overrides = (*LORENZ, "--protocol.feedback=output")
        self.assert_agrees(self.run_bayres(*overrides))

    def test_closed_loop_frozen_early(self):
        """The free run is within the steps that can be compared."""
        self.assert_agrees(self.run_bayres("--protocol.feedback=output", "--protocol.train=12"))

    def test_noise_while_training(self):
        """Each by itself, and all of them beside noise at all times: drawn again by numpy."""
        some = ("--task.drive=target", "--protocol.train=8", "--protocol.test=5")
        for k, options in enumerate((("--protocol.state_noise=0.1",),
                                     ("--protocol.feedback_noise=0.3", "--protocol.feedback=teacher"),
                                     ("--protocol.feedback_noise=0.3", "--protocol.feedback=output"),
                                     ("--reservoir.noise=0.05", "--protocol.state_noise=0.1", "--protocol.feedback=teacher",
                                      "--task.training_noise=0.2", "--protocol.input_noise=0"))):
            with self.subTest(options=options):
                path = self.run_bayres(*some, *options, name=f"noise{k}")
                self.assert_agrees(path)
                run = resimulate.Run(path)
                run.training_noise = run.feedback_noise = 0  # without it the numbers are others
                z, _ = resimulate.simulate(run, "bayes", 80)
                self.assertGreater(np.abs(z - run.z["bayes"][:80]).max(), 1e-4)

    def test_a_small_change_is_noticed(self):
        path = self.run_bayres("--task.drive=target")
        for data in ("network/J_data", "network/x0", "input", "target"):
            changed = f"{self.folder}/changed.h5"
            shutil.copy(path, changed)
            with h5py.File(changed, "r+") as file:
                file[data][...] *= 1 + 1e-6
            with self.subTest(data=data):
                for name, what, steps, difference, tolerance in resimulate.compare(changed)[0]:
                    self.assertGreater(difference, tolerance, (name, what))

    def test_scores(self):
        """Scores are those of the recorded outputs, and of weights frozen at times of the evaluation."""
        path = self.run_bayres("--task.drive=target", "--protocol.evaluate_at=3,23,53", "--protocol.evaluate_span=15")
        run = resimulate.Run(path)
        held_out = slice(880, 1030)  # the first 15 of the test's time
        target = run.target[held_out, 0]
        rates = rates_driven(run)[held_out]
        with h5py.File(path) as file:
            for name, learner in file["learners"].items():
                with self.subTest(learner=name):
                    errors = run.target - run.z[name]
                    training, test = run.phase == 1, run.phase == 2
                    attributes = learner.attrs
                    self.assertAlmostEqual(attributes["train_mae"], np.abs(errors[training]).mean(), 12)
                    nrmse = np.sqrt(np.mean(errors[test] ** 2) / np.var(run.target[test]))
                    self.assertAlmostEqual(attributes["test_nrmse"], nrmse, 12)
                    for row, step in enumerate((30, 230, 530)):
                        weights = run.snapshots[name][list(run.snapshot_steps).index(step), 0]
                        error = target - rates @ weights
                        nrmse = np.sqrt(np.mean(error**2) / np.var(target))
                        self.assertAlmostEqual(learner["evaluation/nrmse"][row, 0] / nrmse, 1, 10)

    def series_with_gaps(self):
        """Writes in.csv, with gaps in input and target; the series, NaN where they are missing."""
        steps = np.arange(1090)
        series = {"u": np.sin(steps / 11), "z": np.sin(steps / 7) * np.cos(steps / 31)}
        series["u"][[5, 300, 301, 302, 700]] = np.nan
        series["z"][[3, 31, 32, 33, 299, 300, 400, 402, 404, 878, 900, 901]] = np.nan
        words = {column: ["NA" if np.isnan(x) else repr(float(x)) for x in series[column]] for column in series}
        text = "u,z\n" + "".join(f"{u},{z}\n" for u, z in zip(words["u"], words["z"]))
        with open(f"{self.folder}/in.csv", "w") as file:
            file.write(text)
        return series

    def test_steps_without_a_target_are_skipped(self):
        """By every rule, and by the scores: what is recorded goes through the equations without them."""
        series = self.series_with_gaps()
        task = ("--task.name=file", "--task.path=in.csv", "--task.target=z", "--task.missing=skip", "--task.split=1",
                "--learner.dale.likelihood_variance=1", "--learner.excitatory.likelihood_variance=1")
        for options in (("--task.input=u",), ("--task.input=u", "--protocol.feedback=teacher"), ("--task.drive=target",)):
            path = self.run_bayres(*task, "--protocol.learn_every=1", *options)
            run = resimulate.Run(path)
            with self.subTest(options=options):
                np.testing.assert_allclose(run.target[:, 0], series["z"][:1080], atol=1e-12)
                driving = series["z" if "--task.drive=target" in options else "u"][:1080]
                known = np.flatnonzero(~np.isnan(driving))
                held = driving[known[np.maximum(np.searchsorted(known, np.arange(1080), "right") - 1, 0)]]
                np.testing.assert_allclose(run.input[:, 0], held, atol=1e-12)
                self.assert_agrees(path)
                with h5py.File(path) as file:
                    for name, learner in file["learners"].items():
                        self.assertTrue(np.isfinite(run.z[name]).all())
                        error, phase = (run.target - run.z[name])[:, 0], run.phase
                        self.assertAlmostEqual(learner.attrs["train_mae"], np.nanmean(np.abs(error[phase == 1])), 12)
                        nrmse = np.sqrt(np.nanmean(error[phase == 2] ** 2) / np.nanvar(run.target[phase == 2]))
                        self.assertAlmostEqual(learner.attrs["test_nrmse"] / nrmse, 1, 12)

    def test_segments_and_weights_of_steps(self):
        """By every rule, and by the scores: states return where a segment begins, and a step counts as its weight says."""
        rng = np.random.default_rng(3)
        steps = np.arange(1090)
        begins = np.where(rng.random(1090) < 0.02, rng.integers(1, 5, 1090), 0)
        begins[:3] = 0, 4, 0  # before the first beginning there is a segment of kind 0
        weight = rng.choice([0, 1, 0.4], 1090)
        columns = np.transpose([np.sin(steps / 11), np.sin(steps / 7), begins, weight])
        np.savetxt(f"{self.folder}/in.csv", columns, delimiter=",", header="u,z,trial,counts", comments="", fmt="%.17g")
        task = ("--task.name=file", "--task.path=in.csv", "--task.input=u", "--task.target=z", "--task.segments=trial",
                "--task.step_weight=counts", "--task.split=1", "--protocol.learn_every=1",
                "--learner.dale.likelihood_variance=1", "--learner.excitatory.likelihood_variance=1")
        segment, last = np.cumsum(begins > 0), np.maximum.accumulate(np.where(begins > 0, steps, 0))
        for feedback in ("none", "teacher"):
            path = self.run_bayres(*task, f"--protocol.feedback={feedback}")
            with self.subTest(feedback=feedback), h5py.File(path) as file:
                np.testing.assert_array_equal(file["segment"], segment[:1080])
                np.testing.assert_array_equal(file["segment_kind"], begins[last][:1080])
                np.testing.assert_array_equal(file["step_weight"], weight[:1080])
                self.assert_agrees(path)
                run = resimulate.Run(path)
                for name, learner in file["learners"].items():
                    error, train, test = (run.target - run.z[name])[:, 0], run.phase == 1, run.phase == 2
                    mae = np.average(np.abs(error[train]), weights=run.weight[train])
                    self.assertAlmostEqual(learner.attrs["train_mae"], mae, 12)
                    of_test, counts = run.target[test, 0], run.weight[test]
                    variance = np.average((of_test - np.average(of_test, weights=counts)) ** 2, weights=counts)
                    mse = np.average(error[test] ** 2, weights=counts)
                    self.assertAlmostEqual(learner.attrs["test_nrmse"] / np.sqrt(mse / variance), 1, 12)

    def test_lower_precision(self):
        """The network that is written is the one that is used, on its grid; only rates and sums are rounded besides.

        A rate's rounding, 2^-24 or 2^-17 of it, moves a state by about as much as J is large times the root of N, and
        adds up over the steps that a driven state remembers.
        """
        grids = {"single": (2**-24, 1e-4), "mixed": (2**-17, 1e-2)}
        for precision, (rounding, tolerance) in grids.items():
            for storage in ("sparse", "dense"):
                options = ("--task.drive=target", f"--run.precision={precision}", f"--reservoir.storage={storage}")
                run = resimulate.Run(self.run_bayres(*options))
                weights = run.J[run.J != 0]
                single = weights.astype(np.float32)
                np.testing.assert_array_equal(single, weights)
                if precision == "mixed":
                    np.testing.assert_array_equal(single.view(np.uint32) & 0xFFFF, 0)
                for name in ("bayes", "branch_2", "delta_1", "rls"):
                    z, _ = resimulate.simulate(run, name, len(run.input))
                    with self.subTest(precision=precision, storage=storage, learner=name):
                        difference = np.abs(z - run.z[name]).max()
                        self.assertLess(difference, tolerance)
                        self.assertGreater(difference, rounding * 1e-3, "nothing was rounded")

    def test_narrow_weights(self):
        """J is on its grid, sums are in double; the same J kept in float64 gives the same bits."""
        for storage, weight_type, unit in (("sparse", "float32", 2**-23), ("dense", "bfloat16", 2**-7)):
            options = ("--task.drive=target", f"--reservoir.storage={storage}")
            path = self.run_bayres(*options, f"--reservoir.weight_type={weight_type}", name="narrow")
            wide = self.run_bayres(*options, "--reservoir.network=narrow.h5", name="wide", without=DRAWN_BY)
            with self.subTest(weight_type=weight_type, storage=storage):
                self.assert_agrees(path)
                weights = resimulate.Run(path).J
                _, exponents = np.frexp(weights)
                units = weights / np.ldexp(unit, exponents - 1)
                np.testing.assert_array_equal(units, np.round(units))
                self.assertTrue(np.any(units % 2 != 0), "weights have fewer bits than they could")
                with h5py.File(path) as one, h5py.File(wide) as other:
                    for name in one["learners"]:
                        for data in ("output", "weights"):
                            found = other["learners"][name][data][()]
                            self.assertEqual(one["learners"][name][data][()].tobytes(), found.tobytes(), name)

    def test_a_network_from_a_file_is_rounded(self):
        path = self.run_bayres(name="whole")
        rounded = self.run_bayres("--reservoir.network=whole.h5", "--reservoir.weight_type=float32", name="rounded",
                                  without=DRAWN_BY)
        whole = resimulate.Run(path).J
        np.testing.assert_array_equal(resimulate.Run(rounded).J, whole.astype(np.float32))
        self.assertTrue(np.any(whole.astype(np.float32) != whole))

    def test_recorded_network_gives_the_same_run(self):
        # Signs of weights are no part of a network; where none are drawn, the seed has no effect and is refused.
        signed = ("dale", "excitatory", "exponentiated-gradient")
        same_signs = [f"--learner.{name}.fraction_excitatory=1" for name in signed]
        for feedback in ("none", "teacher", "output"):
            options = ("--task.drive=target", f"--protocol.feedback={feedback}", *same_signs)
            first = self.run_bayres(*options, name="first")
            again = self.run_bayres(*options, f"--reservoir.network={first}", name="again",
                                    without=(*DRAWN_BY, "seed"))
            with self.subTest(feedback=feedback), h5py.File(first) as one, h5py.File(again) as other:
                for name in one["learners"]:
                    for data in ("output", "weights"):
                        expected, found = one["learners"][name][data][()], other["learners"][name][data][()]
                        self.assertEqual(expected.tobytes(), found.tobytes(), (name, data))

    def test_network_written_by_numpy(self):
        random = np.random.default_rng(1)
        size = 170
        network = {
            "J": random.normal(0, 1.4 / np.sqrt(size), (size, size)),
            "W_in": random.uniform(-1, 1, (size, 1)),
            "W_fb": random.uniform(-1, 1, (size, 1)),
            "bias": random.uniform(-0.3, 0.3, size),
            "x0": random.normal(0, 0.5, size),
        }
        with h5py.File(f"{self.folder}/network.h5", "w") as file:
            for name, values in network.items():
                file[f"network/{name}"] = values
        for feedback in ("none", "teacher"):
            path = self.run_bayres(
                "--task.drive=target",
                f"--protocol.feedback={feedback}",
                "--reservoir.size=170",
                "--reservoir.network=network.h5",
                without=DRAWN_BY,
            )
            with self.subTest(feedback=feedback):
                self.assert_agrees(path)
                with h5py.File(path) as file:
                    for name, values in network.items():
                        np.testing.assert_array_equal(file["network"][name][()], values)


def rates_driven(run):
    """Rates (time, N) of a run without feedback."""
    x, r, rates = run.x0, run.rate(run.x0), []
    for u in run.input:
        x = x + run.leak * (-x + run.J @ r + run.W_in @ u + run.bias)
        r = run.rate(x)
        rates.append(r)
    return np.array(rates)


if __name__ == "__main__":
    unittest.main()
