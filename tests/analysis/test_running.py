#!/usr/bin/python3
"""bayres from Python: the same bits as the command line, data of any kind, and errors by their kind."""
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import unittest

import h5py
import numpy as np
import pandas
import scipy.sparse
import xarray

import runner

import bayres

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
        new = bayres.predict(result, {"u": data["u"][:50]})["r"]
        self.assertEqual(new.shape, (50, 1))
        again = bayres.predict(self.folder / "kept.h5", {name: values[:50] for name, values in data.items()})["r"]
        self.assertTrue(np.array_equal(new, again))
        result.close()

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
        threading.Thread(target=lambda: (time.sleep(0.6), signal.pthread_kill(main, signal.SIGINT))).start()
        with self.assertRaises(bayres.Interrupted) as caught:
            bayres.run(config(20000000), self.folder / "stopped.h5")
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

    def test_sweep_is_one_table(self):
        found = bayres.sweep(CONFIG, {"reservoir.gain": [0.5, 0.9], "run.seed": range(1, 4), "reservoir.dt": [0.1, -1]},
                             self.folder / "many", ranks=2)
        nrmse = found[(found.metric == "test_nrmse") & (found.output == "all")]
        self.assertEqual(len(nrmse), 2 * 3 * 2)
        self.assertEqual(sorted(set(nrmse["reservoir.gain"])), [0.5, 0.9])
        runs = pandas.read_csv(self.folder / "many/runs.csv")
        with self.assertRaises(bayres.ConfigurationError):
            bayres.sweep(CONFIG, {"run.seed": [1, 2]}, self.folder / "many")
        self.assertEqual(bayres.running.value_text([[1, 2], [3]]), '"1, 2", 3')
        self.assertEqual((runs.status == "failed").sum(), 6)


if __name__ == "__main__":
    unittest.main()
