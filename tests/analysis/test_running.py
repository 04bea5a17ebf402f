#!/usr/bin/python3
"""bayres from Python: the same bits as the command line, data of any kind, and errors by their kind."""
import ast
import io
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import types
import unittest
import unittest.mock

import h5py
import matplotlib
import numpy as np
import pandas
import scipy.sparse
import xarray

import runner

import bayres
import bayres.stubs
from bayres import lazy, plots, progress

CONFIG = {"reservoir": {"size": 60}, "task.name": "narma10", "protocol": {"washout": 5, "train": 40, "test": 10},
          "learner.r": {"rule": "ridge", "lambda": [1e-6, 1e-3]}}
FILE = {"reservoir": {"size": 50, "bias_scale": 0.5}, "task": {"name": "file", "input": "u", "target": "y"}, "learner.r": {"rule": "rls"}}


def series(rows=400):
    t = np.arange(rows)
    return {"u": np.sin(t / 5), "y": np.cos(t / 7) * np.sin(t / 5)}


class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        os.environ["BAYRES_LAUNCH"] = os.environ["BAYRES_MPIRUN_BASE"]

    def test_bits_are_those_of_the_command_line(self):
        text = bayres.running.config_text(CONFIG)
        self.assertIn("lambda = 1e-06, 0.001\n", text)
        path = runner.run(self.folder, "line", text)
        with bayres.run(CONFIG, ranks=2, **{"record.weights_every": 0}) as result, bayres.Result(path) as line:
            self.assertEqual(sorted(result.learners), ["r_1", "r_2"])
            for name, learner in result.learners.items():
                self.assertTrue(np.array_equal(learner.output, line.learners[name].output))

    def test_data_of_any_kind(self):
        data = series()
        outputs = []
        for given in (data, pandas.DataFrame(data), xarray.Dataset({name: ("time", values) for name, values in data.items()})):
            with bayres.run(FILE, data=given) as result:
                outputs.append(result.learners["r"].output)
                self.assertTrue(result.inputs["task"]["path"].endswith("data.h5"))
        self.assertTrue(all(np.array_equal(outputs[0], other) for other in outputs[1:]))
        result = bayres.run(FILE, self.folder / "kept.h5", data=data, **{"task.normalise": "zscore"})
        self.assertEqual(result.inputs["task"]["path"], f"{self.folder.resolve() / 'kept.h5'}.data.h5")
        self.assertEqual(plots.outputs(result).axes[0].get_ylabel(), "y")
        self.assertIn("(sd of the target)", result.plot("error")["error"].axes[0].get_ylabel())
        for wrong, said in ((["1", "Monday"], "column day holds 'Monday'"), ([[1], [2, 3]], "column day holds")):
            with self.assertRaisesRegex(bayres.ConfigurationError, said):
                bayres.run(FILE, self.folder / "kept.h5", data=data | {"day": wrong}, force=True)
        self.assertTrue((self.folder / "kept.h5.data.h5").exists())
        new = bayres.predict(result, {"u": data["u"][:50]})["r"]
        self.assertEqual(new.shape, (50, 1))
        again = bayres.predict(self.folder / "kept.h5", {name: values[:50] for name, values in data.items()})["r"]
        self.assertTrue(np.array_equal(new, again))
        result.close()

    def test_series_are_read_when_they_are_used(self):
        t = np.arange(400.0)
        with h5py.File(self.folder / "units.h5", "w") as file:
            for name, values, unit in (("current", np.sin(t / 5), "mV"), ("heat", 20 + 3 * np.cos(t / 7), "K"), ("other", t % 7, "K")):
                file[name] = values
                file[name].attrs["units"] = unit
        keys = {"task.path": self.folder / "units.h5", "task.input": "current", "task.target": ["heat", "other"],
                "task.normalise": "zscore", "ensemble.seeds": [3, 4]}
        result = bayres.run(FILE, self.folder / "units-result.h5", **keys)
        stored, scale = result.learners["r"].series("output"), result.scale("target")
        expected = stored * scale[1] + scale[0]
        with unittest.mock.patch.object(lazy, "read", wraps=lazy.read) as read:
            output = result.learners["r"].output
            some = output.sel(output="other", seed=4).isel(time=slice(-3, None))
            read.assert_not_called()
            np.testing.assert_array_equal(some, expected[1, -3:, 1])
            self.assertEqual(read.call_args.args[1], (1, slice(397, 400, 1), 1))
        self.assertEqual((output.dims, output.attrs["units"]), (("seed", "time", "output"), "K"))
        rows = np.array([5, 2, 2, 390])
        for chosen, same in ((output[:, rows], expected[:, rows]), (output[:, ::-7, 1:], expected[:, ::-7, 1:]),
                             (output[:, result.phase == bayres.TEST], expected[:, result.phase == bayres.TEST]),
                             (output[..., rows, [1, 0]], expected[..., rows, :][..., [1, 0]])):
            np.testing.assert_array_equal(chosen, same)
        self.assertEqual(output[:, rows, rows[:0]].shape, (2, 4, 0))
        np.testing.assert_allclose(result.target.sel(output="heat"), 20 + 3 * np.cos(t / 7))
        self.assertEqual((result.input.attrs["units"], result.input.dims), ("mV", ("time", "input")))
        of_one = result.of_network(1).learners["r"].output
        result.close()
        np.testing.assert_array_equal(of_one, expected[1])  # opened again
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(output)), expected)

    def test_figures(self):
        style = dict(matplotlib.rcParams)
        with bayres.run(CONFIG, **{"ensemble.seeds": [1, 2]}) as ensemble, bayres.Result(ensemble.path, 0) as result:
            drawn = result.plot()
            self.assertEqual(list(drawn), ["outputs", "error", "weights"])
            self.assertIn("record.spikes", drawn.skipped["spikes"])
            self.assertEqual(drawn._repr_html_().count('src="data:image/png;base64,iVBOR'), 3)
            self.assertEqual([path.name for path in result.plot("error").save(self.folder, "svg")], ["error.svg"])
            self.assertEqual(len(plots.outputs(result).axes), 3)
            self.assertIn("scores", ensemble.plot())
            for name, said in (("trials", "no trials"), ("eror", "there is no figure eror")):
                with self.assertRaisesRegex(bayres.ResultError, said):
                    result.plot(name)
        self.assertEqual(dict(matplotlib.rcParams), style)
        self.assertEqual(matplotlib.pyplot.get_fignums(), [])

    def test_configurations_know_their_keys(self):
        config = bayres.Config({"protocol.washout": 3, "protocol.folds": 0} | CONFIG)
        self.assertEqual(dict(config.protocol), {"washout": 5, "folds": 0, "train": 40, "test": 10})
        del config["protocol.folds"]
        self.assertEqual(dict(bayres.Config({"reservoir": {"size": 5, "gain": 1}}, reservoir={"size": 6}).reservoir), {"size": 6, "gain": 1})
        self.assertIn("[learner.r]\nrecurrent.rule = none", bayres.running.config_text({"learner.r.recurrent.rule": "none"}))
        config.learner.b.rule = "bayes"
        config["learner.b"]["recurrent.rule"] = "none"
        config.reservoir.gain, config.learner.r.lambda_ = 0.9, 1e-3
        self.assertEqual(bayres.Config(repr(config)), {name: {key: bayres.running.line_text(value) for key, value in section.items()}
                                                       for name, section in config.items()})
        other = bayres.Config(config.write(self.folder / "config.ini"), **{"run.seed": 3})
        with bayres.run(other) as one, bayres.run(config, **{"run.seed": 3}) as two:
            self.assertEqual(list(one.learners), ["r", "b"])
            self.assertTrue(np.array_equal(one.learners["r"].weights, two.learners["r"].weights))
        self.assertTrue({"spectral_radius", "jump_length"} <= set(dir(config.reservoir)))
        self.assertTrue({"lambda_", "kappa", "recurrent_rule"} <= set(dir(config.learner.b)))
        self.assertIn("mackey-glass", bayres.config.tables()["task"]["speed"]["of"])
        self.assertEqual(("neuron.model" in config, "reservoir.gain" in config, "neuron" in config), (False, True, False))
        for said, mistake in (("did you mean size", lambda: config["reservoir"].update(sice=3)),
                              ("did you mean gain", lambda: config.update({"reservoir.gian": 3})),
                              ("did you mean protocol", lambda: bayres.Config({"protocoll": {}})),
                              ("learner.NAME", lambda: config["learner"]),
                              ("give \\{key: value\\}", lambda: config.update(reservoir=3)),
                              ("no section headers", lambda: bayres.Config("a = 3\n"))):
            with self.assertRaisesRegex(bayres.ConfigurationError, said):
                mistake()
        with self.assertRaisesRegex(AttributeError, "not set: the default is 0.1"):
            config.reservoir.dt
        self.assertRaises(bayres.FileError, bayres.Config, "nowhere.ini")
        config.reservoir.dt, config.run.seed = -1, 2.5
        with self.assertRaises(bayres.ConfigurationError) as caught:
            config.check()
        self.assertEqual(len(caught.exception.problems), 2)

    def test_stubs_are_those_of_the_program(self):
        text = bayres.stubs.PATH.read_text()
        self.assertEqual(text, bayres.stubs.stub(), "run python3 -m bayres.stubs")
        self.assertIn("Reservoir", [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)])

    def test_a_notebook_has_a_bar(self):
        program = self.folder / "fake"
        program.write_text("#!/bin/sh\necho \"$BAYRES_PROGRESS $*\" >> asked\necho ' 25.0% train t=3 9 steps/s b=0.1 left 0:00:09' >&2\n"
                           "echo 'a warning' >&2\necho '100.0% test t=9 9 steps/s left 0:00:00' >&2\necho 'bayres: wrong' >&2\nexit 2\n")
        program.chmod(0o755)
        shell = type("ZMQInteractiveShell", (), {})()
        here = os.getcwd()
        try:
            os.chdir(self.folder)
            fake = {"IPython": types.SimpleNamespace(get_ipython=lambda: shell)}
            with unittest.mock.patch.dict(sys.modules, fake), \
                    unittest.mock.patch.dict(os.environ, {"BAYRES": str(program)}), \
                    unittest.mock.patch("sys.stderr", io.StringIO()) as shown, \
                    self.assertRaises(bayres.ConfigurationError) as caught:
                bayres.run("c.ini", "r.h5")
        finally:
            os.chdir(here)
        first = "[#####...............]  25.0% train t=3 9 steps/s b=0.1 left 0:00:09"
        second = "[####################] 100.0% test t=9 9 steps/s left 0:00:00"
        blank = [" " * len(line) for line in (first, second)]
        self.assertEqual(shown.getvalue(), f"\r{first}\r{blank[0]}\ra warning\n\r{second}\r{blank[1]}\rbayres: wrong\n")
        self.assertEqual(caught.exception.message, "a warning\nbayres: wrong")
        self.assertEqual((self.folder / "asked").read_text(), "second run c.ini -o r.h5\n")
        self.assertFalse(progress.in_notebook())

    def test_networks(self):
        J = scipy.sparse.random(60, 60, 0.1, random_state=1)
        for name, given in (("sparse", J), ("dense", J.toarray())):
            bayres.write_network(self.folder / f"{name}.h5", given)
        found = [bayres.run(CONFIG, **{"reservoir.network": self.folder / f"{name}.h5", "record.network": True}).network.J
                 for name in ("sparse", "dense")]
        for one in found:
            np.testing.assert_array_equal(one.toarray() if hasattr(one, "toarray") else one, J.toarray())

    def test_errors_have_their_kind(self):
        with self.assertRaises(bayres.ConfigurationError) as caught:
            bayres.run(CONFIG, **{"reservoir.sice": 3, "reservoir.dt": -1})
        self.assertEqual(len(caught.exception.problems), 2)
        self.assertIn("did you mean", caught.exception.problems[0] + caught.exception.problems[1])
        with self.assertRaises(bayres.ConfigurationError):
            bayres.run({"size": 3})
        with self.assertRaises(bayres.FileError):
            bayres.run(FILE, **{"task.path": "nowhere.csv"})
        with self.assertRaises(bayres.Diverged) as caught:
            bayres.run(CONFIG | {"learner.r": {"rule": "delta", "eta": 1e3}})
        with bayres.Result(caught.exception.path) as result:
            self.assertGreaterEqual(result.learners["r"].attributes["diverged_at_step"], 0)
        kept = os.environ["BAYRES"]
        try:
            os.environ["BAYRES"] = "/nowhere/bayres"
            self.assertRaises(bayres.FileError, bayres.run, CONFIG)
        finally:
            os.environ["BAYRES"] = kept

    def test_an_interrupted_run_goes_on(self):
        def config(train):
            return CONFIG | {"protocol": {"train": train, "test": 10}, "learner.r": {"rule": "bayes"}, "record.every": 1000}

        main = threading.get_ident()
        threading.Thread(target=lambda: (time.sleep(1.5), signal.pthread_kill(main, signal.SIGINT))).start()
        with self.assertRaises(bayres.Interrupted) as caught, unittest.mock.patch("sys.stderr", io.StringIO()) as shown:
            bayres.run(config(20000000), self.folder / "stopped.h5", progress=True)
        self.assertRegex(shown.getvalue(), r"\r\[\.{20}\]   0\.\d% train t=\S+ .* left ")
        with h5py.File(caught.exception.checkpoint) as file:
            train = file.attrs["steps_done"] // 10 + 20
        with caught.exception.resume(**{"protocol.train": int(train)}) as result, bayres.run(config(train)) as whole:
            self.assertTrue(np.array_equal(result.learners["r"].weights[-1], whole.learners["r"].weights[-1]))
        with self.assertRaises(bayres.ConfigurationError):
            bayres.resume(caught.exception.checkpoint, **{"reservoir.gain": 1.2})

    def test_under_an_outer_mpi(self):
        script = self.folder / "outer.py"
        script.write_text(textwrap.dedent(f"""
            import sys
            sys.path.insert(0, {str(runner.ROOT / "analysis")!r})
            from mpi4py import MPI
            import bayres
            with bayres.run({CONFIG!r}, ranks=2) as result:
                print(MPI.COMM_WORLD.size, result.attributes["status"])
            """))
        done = subprocess.run([*os.environ["BAYRES_MPIRUN_BASE"].split(), "-n", "1", sys.executable, "-B", str(script)],
                              capture_output=True, text=True, env=runner.environment(1), timeout=60)
        self.assertEqual(done.stdout.split(), ["1", "complete"], done.stderr)

    def test_lists_and_costs(self):
        rules = bayres.list_rules()
        self.assertIn("kappa", [parameter["name"] for parameter in rules["bayes"]["parameters"]])
        for listed in (bayres.list_tasks(), bayres.list_neurons(), bayres.list_connections(), bayres.list_measures()):
            self.assertTrue(all(entry["name"] == name for name, entry in listed.items()))
        costs = bayres.dry_run(CONFIG, ranks=(1, 2))
        self.assertEqual(costs["ranks"].tolist(), [1, 2])
        with unittest.mock.patch.dict(os.environ, {"PATH": "/nowhere"}), self.assertRaisesRegex(bayres.FileError, "no login node"):
            bayres.submit(CONFIG, self.folder / "job.h5")


if __name__ == "__main__":
    unittest.main()
