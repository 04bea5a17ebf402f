#!/usr/bin/python3
"""A loop closed through the input, against an independent simulation in numpy: outputs take the place of the input that
they predict."""

import unittest

import h5py
import numpy as np

import resimulate
import runner

CONFIG = """
[reservoir]
size = 120
gain = 0.9
bias_scale = 0.1
{reservoir}
[task]
{task}
[protocol]
washout = {washout}
train = {train}
test = {test}
[learner.rls]
rule = rls
[learner.ridge]
rule = ridge
lambda = 1e-6
[record]
network = true
"""
SINES = {"task": "name = sines\ndrive = target\nhorizon = 0.1", "reservoir": "", "washout": 20, "train": 300, "test": 30}
LORENZ = SINES | {"task": "name = lorenz\ndimensions = 2\nhorizon = 0.1"}
FILE = {"task": "name = file\npath = in.csv\ninput = b, a\ntarget = b, a\nhorizon = 1\nnormalise = zscore",
        "reservoir": "tau = 2\ndt = 1", "washout": 20, "train": 1500, "test": 400}
FILE_DRIVEN = FILE | {"task": FILE["task"].replace("input = b, a\n", "drive = target\n")}


def free_run(run, weights, start, washout, span, factor=1.0, offset=0.0):
    """z (span, output) of weights (output, N) from x(0): the series drives the first steps, then z its place."""
    x, r = run.x0, np.tanh(run.x0)
    outputs, z = [], None
    for t in range(washout + span):
        u = run.input[start + t] if t <= washout else factor * z + offset
        x = x + run.leak * (-x + run.J @ r + run.W_in @ u + run.bias)
        r = np.tanh(x)
        z = weights @ r
        outputs.append(z)
    return np.array(outputs[washout:])


class FreeRun(unittest.TestCase):
    def setUp(self):
        self.folder = runner.new_folder(self.addCleanup)
        t = np.arange(2500)
        a = 5 + 3 * np.sin(t / 9) + 1e-4 * t
        b = -2 + np.cos(t / 13) * np.sin(t / 31)
        rows = "".join(f"{x!r},{y!r}\n" for x, y in zip(a.tolist(), b.tolist()))
        (self.folder / "in.csv").write_text("a,b\n" + rows)

    def evaluated(self, path, *keys):
        process = runner.start(["evaluate", path, "-o", "e.h5", "--force", "--quiet", *keys], self.folder)
        self.assertEqual(process.returncode, 0, process.stderr)
        with h5py.File(self.folder / "e.h5") as file:
            return {name: group["nrmse"][0] for name, group in file["learners"].items()}

    def check(self, config, dt, largest):
        path = runner.run(self.folder, "run", CONFIG.format(**config))
        run = resimulate.Run(path)
        start, washout, span = round((config["washout"] + config["train"]) / dt), 150, 20
        found = self.evaluated(path, "--evaluate.closed_loop=true", f"--evaluate.start={start * dt}",
                               f"--evaluate.washout={washout * dt}", f"--evaluate.span={span * dt}")
        target = run.target[start + washout:start + washout + span]
        # The columns of an input and of a target a step later have scales of their own.
        factor, offset = np.ones(target.shape[1]), np.zeros(target.shape[1])
        for m in range(target.shape[1]):
            factor[m], offset[m] = np.polyfit(run.target[:-1, m], run.input[1:, m], 1)
        for name, snapshots in run.snapshots.items():
            z = free_run(run, snapshots[-1], start, washout, span, factor, offset)
            expected = np.sqrt(np.mean((target - z)**2, axis=0) / np.var(target, axis=0))
            with self.subTest(learner=name):
                np.testing.assert_allclose(found[name], expected, rtol=1e-6)
            if name == "ridge":  # before errors have grown; a loop that lags is wrong from its first step on
                self.assertLess(np.abs(z[:5] - target[:5]).max(), largest * run.target.std())

    def test_generated_series(self):
        self.check(SINES, 0.1, 0.05)

    def test_prediction_of_two_outputs(self):
        self.check(LORENZ, 0.1, 0.1)

    def test_columns_of_a_file(self):
        self.check(FILE, 1, 0.1)

    def test_a_file_that_drives_itself(self):
        self.check(FILE_DRIVEN, 1, 0.1)

    def test_horizon_shifts_the_target_of_a_driven_task(self):
        def arrays(name, **changes):
            short = SINES | {"washout": 1, "train": 4, "test": 1}
            with h5py.File(runner.run(self.folder, name, CONFIG.format(**short | changes))) as file:
                return file["input"][()], file["target"][()]

        for task in ("sines", "triangle", "lorenz\ndimensions = 3", "mackey-glass"):
            u, z = arrays("ahead", task=f"name = {task}\ndrive = target\nhorizon = 0.7")
            s, same = arrays("now", task=f"name = {task}\ndrive = target")
            with self.subTest(task):
                self.assertEqual(s.tobytes(), same.tobytes())
                self.assertEqual(u.tobytes(), s.tobytes())
                self.assertEqual(z[:-7].tobytes(), s[7:].tobytes())
                self.assertEqual(z.tobytes(), arrays("own", task=f"name = {task}\nhorizon = 0.7")[1].tobytes())


if __name__ == "__main__":
    unittest.main()
