#!/usr/bin/python3
"""Whatever result a reader is given, stopped, diverged, of one step or none at all: what can be drawn, or a plain sentence."""

import contextlib
import io
import itertools
import os
import shutil
import subprocess
import sys
import unittest
import unittest.mock
import warnings

import h5py
import netCDF4  # noqa: F401  before warnings are errors: it warns of numpy's version when it is loaded
import numpy as np
import pandas

import runner

import performance_model
import poster
from bayres import diagnostics, figures, merge, report, scaling

CONFIG = """
[reservoir]
size = 40

[task]
name = sines
drive = target

[protocol]
washout = 1
train = 20
test = 5
evaluate_at = 1, 11, 21

[learner.bayes]
rule = bayes

[learner.delta]
rule = delta
eta = 1e-4, 1e-3

[record]
every = 2
rates = 3..30
weights_every = 50
network = true
"""

SHORT = ["--protocol.washout=0", "--record.every=1"]
UNSCORED = "--protocol.evaluate_at="
ODD = {  # keys of a run, with CONFIG
    "usual": [],
    "one_row": ["--record.every=100000"],
    "one_step": [*SHORT, UNSCORED, "--protocol.train=0.1", "--protocol.test=0"],
    "two_steps": [*SHORT, "--protocol.train=0.2", "--protocol.test=0.2", "--protocol.evaluate_at=0,0.1",
                  "--protocol.evaluate_span=0.1"],
    "one_step_of_each": [*SHORT, UNSCORED, "--protocol.train=0.1", "--protocol.test=0.1"],
    "no_test": ["--protocol.test=0", UNSCORED],
    "no_training": ["--protocol.train=0", UNSCORED],
    "washout_only": ["--protocol.train=0", "--protocol.test=0", UNSCORED],
    "no_evaluation": [UNSCORED],
    "one_snapshot": ["--record.weights_every=0"],
    "one_neuron": ["--reservoir.size=1", "--record.rates=0"],
    "one_diverged": ["--learner.delta.eta=1e-4,5"],
    "all_diverged": ["--learner.bayes.kappa=1e-9", "--learner.delta.eta=50,1e6"],
    "diverged_at_once": ["--learner.bayes.kappa=1e-9", "--learner.delta.eta=1e15"],
    "closed_loop_diverged": ["--protocol.feedback=output", "--learner.bayes.kappa=1e-9", "--learner.delta.eta=1e15"],
    "ensemble": ["--ensemble.seeds=1,2"],
    "ensemble_of_one": ["--ensemble.seeds=4"],
    "ensemble_of_one_step": [*SHORT, UNSCORED, "--protocol.train=0.1", "--protocol.test=0", "--ensemble.seeds=1,2"],
    "ensemble_all_diverged": ["--ensemble.seeds=1,2", "--learner.bayes.kappa=1e-9", "--learner.delta.eta=1e15"],
}


def delete(file, name, attribute):
    del (file[name].attrs if attribute else file)[attribute or name]


def replace_by_text(file, name, attribute):
    if attribute:
        file[name].attrs[attribute] = "text"
    else:
        replaced(file, name, "text")


def cut(file, name, attribute):
    """One less in the first dimension."""
    place, key = (file[name].attrs, attribute) if attribute else (file, name)
    values = place[key] if attribute else place[key][()]
    del place[key]
    place[key] = values[:-1]


def can_be_cut(file, name, attribute):
    if attribute is None:
        return file[name].ndim > 0
    return attribute not in ("DIMENSION_LIST", "REFERENCE_LIST") and np.ndim(file[name].attrs[attribute]) > 0


def parts(file):
    """(path, attribute or None) of every data set and of every attribute."""
    found = [("/", name) for name in file.attrs]

    def add(name, item):
        found.extend([(name, None)] if isinstance(item, h5py.Dataset) else [])
        found.extend((name, attribute) for attribute in item.attrs)

    file.visititems(add)
    return found


def is_read(file, name, attribute):
    """Whether the scripts need it."""
    if attribute is None:
        return not h5py.h5ds.is_scale(file[name].id) and not name.startswith("learners/delta")
    return attribute in ("config", "seed", "status", "rule", "kappa", "eta", "diverged_at_step", "test_nrmse")


def save_quickly(figure, where, **settings):
    """Instead of drawing a figure that nobody looks at."""
    if isinstance(where, io.StringIO):
        where.write("<svg ></svg>")


def change_all_numbers_to_nan(file):
    def change(name, data):
        if isinstance(data, h5py.Dataset) and data.dtype == float and name.split("/")[-1] not in ("time", "snapshot_time"):
            data[...] = np.nan
    file.visititems(change)


def without_learners(file):
    for name in list(file["learners"]):
        del file["learners"][name]


def with_another_configuration(file):
    file.attrs["config"] = "[other]\nkey = 1\n"


def replaced(file, name, values):
    del file[name]
    file[name] = values


def with_steps_of_two_kinds(file):
    replaced(file, "phase", np.zeros((3, 2)))


CHANGED = {change_all_numbers_to_nan: 0, without_learners: None, with_another_configuration: 2, with_steps_of_two_kinds: 2}
NAMED = {  # a change of a result, and what is said of it
    lambda file: replaced(file, "target", "a text"): r"/target is text, and should be numbers \(time, output\)",
    lambda file: delete(file, "learners/bayes/output", None): r"it has no /learners/bayes/output: numbers \(time, output\)",
    lambda file: replaced(file, "learners/bayes/output", np.zeros((10, 1))):
        r"/learners/bayes/output has the shape \(10, 1\), and should be numbers \(time, output\): by /time, time is 130 long",
    lambda file: file["network"].create_dataset("J", data=np.zeros((3, 4))):
        r"/network/J has the shape \(3, 4\), and .* \(neuron, neuron\): by reservoir.size, neuron is 40 long",
    lambda file: replaced(file, "phase", np.zeros(130)): r"/phase is of type float64, and should be whole numbers \(time\)",
    lambda file: replaced(file, "learners", 1.0): r"/learners should be a group",
    lambda file: delete(file, "/", "config"): r"it has no attribute config",
    lambda file: delete(file, "learners/bayes", "rule"): r"it has no attribute rule of /learners/bayes",
    lambda file: replace_by_text(file, "learners/bayes", "kappa"): r"kappa of /learners/bayes is text, and should be a number",
    lambda file: file.attrs.__setitem__("config", file.attrs["config"].replace("dt = 0.1", "dt = 0")):
        r"its configuration has reservoir.dt = 0, and should have a positive number",
}
SCRIPTS = {figures: "figures", report: "report.html", diagnostics: "diagnostics"}


class OddResults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        (cls.folder / "c.ini").write_text(CONFIG)
        cls.results = {name: cls.run_bayres(name, keys) for name, keys in ODD.items()}
        for phase in ("washout", "train"):
            cls.results[f"stopped_in_{phase}"] = cls.stopped(phase)
        figures.plt.rcParams.update({"savefig.dpi": 40, "figure.constrained_layout.use": False})  # quicker

    @classmethod
    def command(cls, name, keys):
        return [os.path.abspath(os.environ["BAYRES"]), "run", "c.ini", "-o", f"{name}.h5", "--quiet", *keys]

    @classmethod
    def run_bayres(cls, name, keys):
        environment = {**os.environ, "OMPI_MCA_ess_singleton_isolated": "1"}
        done = subprocess.run(cls.command(name, keys), cwd=cls.folder, env=environment, capture_output=True, text=True)
        wanted = 4 if "diverged" in name and name != "one_diverged" else 0
        if done.returncode != wanted:
            raise RuntimeError(f"{name}: bayres ended with {done.returncode}: {done.stderr}")
        return cls.folder / f"{name}.h5"

    @classmethod
    def stopped(cls, phase):
        """A run that is stopped in a phase that would last for hours."""
        name = f"stopped_in_{phase}"
        environment = {**os.environ, "OMPI_MCA_ess_singleton_isolated": "1"}
        keys = [f"--protocol.{phase}=1e6", UNSCORED, "--record.weights_every=100000", "--record.every=1000"]
        process = subprocess.Popen([*cls.command(name, keys), "--max-walltime", "0:0:1"], cwd=cls.folder, env=environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if process.wait(timeout=60) != 75:
            raise RuntimeError(f"{name}: bayres ended with {process.returncode}")
        return cls.folder / f"{name}.h5"

    def call(self, module, *arguments):
        """Exit code, output and errors of a script, called here; any warning of numpy is an error."""
        given, sys.argv = sys.argv, [module.__name__, *map(str, arguments)]
        out, err = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                code = module.main()
        finally:
            sys.argv = given
        return code, out.getvalue(), err.getvalue()

    def check(self, path, wanted=0):
        network = ["--network", "0"] if path.stem.startswith("ensemble") else []
        for module, output in SCRIPTS.items():
            with self.subTest(script=module.__name__, result=path.name):
                own = network if module is not report else []
                code, out, err = self.call(module, path, *own, "-o", self.folder / "out" / path.stem / output)
                if wanted is not None:
                    self.assertEqual(code, wanted, out + err)
                self.assertIn(code, (0, 2, 3))
                self.assertEqual(len(err.splitlines()), 0 if code == 0 else 1, err)
                if code:
                    self.assertIn(module.__name__.split(".")[-1], err)
                if code == 0 and module is figures:
                    self.assertEqual(len(out.splitlines()), len(figures.FIGURES))
                    for line in out.splitlines():
                        self.assertRegex(line, r"^[a-z_]+\.png skipped: .+|/[a-z_]+\.png$")

    def test_every_result(self):
        for path in self.results.values():
            self.check(path)

    def test_changed_results(self):
        for change, wanted in CHANGED.items():
            path = self.folder / f"{change.__name__}.h5"
            shutil.copy(self.results["usual"], path)
            with h5py.File(path, "r+") as file:
                change(file)
            self.check(path, None if change is change_all_numbers_to_nan else wanted)

    def test_names_what_is_odd(self):
        path = self.folder / "odd.h5"
        for change, wanted in NAMED.items():
            shutil.copy(self.results["usual"], path)
            with h5py.File(path, "r+") as file:
                change(file)
            for module, output in SCRIPTS.items():
                with self.subTest(script=module.__name__, wanted=wanted):
                    code, _, err = self.call(module, path, "-o", self.folder / "out" / "odd" / output)
                    self.assertEqual((code, len(err.splitlines())), (2, 1), err)
                    self.assertRegex(err, f"{path}: not a result of bayres: .*{wanted}")

    @unittest.mock.patch("matplotlib.figure.Figure.savefig", save_quickly)
    def test_every_part(self):
        """Each data set and attribute in turn is missing, a text, or too short. Of those that only say what others are or
        that nothing depends on, a few, each in one of these ways."""
        path = self.folder / "part.h5"
        changes = itertools.cycle((delete, replace_by_text, cut))
        for kind in ("usual", "ensemble"):
            with h5py.File(self.results[kind]) as file:
                known = [part for part in parts(file) if not part[0].startswith("learners/delta_2")]
                read = [part for part in known if is_read(file, *part)]
                lesser = [part for part in known if part not in read][::50]
                cases = [(part, change) for part in read for change in (delete, replace_by_text, cut)]
                cases = [(part, change) for part, change in cases + list(zip(lesser, changes))
                         if change is not cut or can_be_cut(file, *part)]
            for (name, attribute), change in cases:
                shutil.copy(self.results[kind], path)
                with h5py.File(path, "r+") as file:
                    change(file, name, attribute)
                self.check_part(path, kind, name, attribute, change)

    def check_part(self, path, kind, name, attribute, change):
        network = ["--network", "0"] if kind == "ensemble" else []
        for module, output in SCRIPTS.items():
            with self.subTest(script=module.__name__, part=name, attribute=attribute, change=change.__name__, kind=kind):
                own = [] if module is report else network
                code, _, err = self.call(module, path, *own, "-o", self.folder / "out" / "part" / output)
                self.assertIn(code, (0, 2), err)
                self.assertEqual(len(err.splitlines()), 0 if code == 0 else 1, err)
                self.assertNotRegex(err, "Can't|Unable|object|None|KeyError")

    def test_inputs_are_not_overwritten(self):
        folder = self.folder / "overwritten"
        folder.mkdir()
        for name in ("outputs.png", "weights.png", "diagnostics.png", "merged.nc"):
            shutil.copy(self.results["usual"], folder / name)
        (folder / "merged.csv").symlink_to(folder / "merged.nc")
        (folder / "tasks.tsv").write_text("#\t0\trun.seed\nmerged.nc\tc.ini\t--run.seed=1\n")
        calls = [(figures, [folder / "outputs.png"]), (figures, [folder / "weights.png", "-o", folder]),
                 (diagnostics, [folder / "diagnostics.png", "-o", folder]), (merge, [folder]),
                 (report, [folder / "merged.nc", "-o", folder / "merged.nc"]),
                 (report, [folder / "merged.nc", "-o", folder / "merged.csv"]),
                 (report, [self.results["usual"], "--analysis", folder / "merged.nc", "-o", folder / "merged.nc"])]
        for module, arguments in calls:
            with self.subTest(script=module.__name__, arguments=arguments):
                code, _, err = self.call(module, *arguments)
                self.assertEqual((code, len(err.splitlines())), (2, 1), err)
                self.assertIn("would overwrite an input", err)
        for path in folder.iterdir():
            if path.name != "tasks.tsv":
                self.assertEqual(path.read_bytes(), self.results["usual"].read_bytes())

    def test_no_results(self):
        (self.folder / "empty.h5").touch()
        (self.folder / "text.h5").write_text("time,target\n1,2\n")
        usual = self.results["usual"].read_bytes()
        (self.folder / "cut.h5").write_bytes(usual[:len(usual) // 2])
        with h5py.File(self.folder / "other.h5", "w") as file:
            file["time"] = np.arange(3.0)
        checkpoint = self.folder / "usual.h5.checkpoint"
        for path in (*(self.folder / f"{name}.h5" for name in ("empty", "text", "cut", "other", "none")), checkpoint, self.folder):
            self.check(path, 2)

    def test_merge(self):
        """Of results of one network, and of ensembles; the table names what cannot be read."""
        for kind in (True, False):
            folder = self.folder / f"merged_{kind}"
            folder.mkdir()
            names = [path.name for name, path in self.results.items() if name.startswith("ensemble") == kind]
            for name in names:
                shutil.copy(self.folder / name, folder)
            (folder / "broken.h5").write_text("no result")
            names += ["broken.h5", "missing.h5"]
            lines = ["\t".join(("#", "0", "run.seed"))] + ["\t".join((name, "c.ini", f"--run.seed={k}")) for k, name in enumerate(names)]
            (folder / "tasks.tsv").write_text("\n".join(lines) + "\n")
            code, out, err = self.call(merge, folder)
            self.assertEqual(code, 1, out + err)
            self.assertIn("1 missing", out)
            self.assertIn("1 unreadable", out)
            self.assertEqual(len({line.split(",")[0] for line in (folder / "merged.csv").read_text().splitlines()[1:]}), len(names))

    def test_merge_compares_values(self):
        for stored, given, same in (("0.1, 0.2", "0.1,2e-1", True), ("0.1, 0.2", "0.1,0.3", False), ("0.1", "0.1,0.2", False),
                                    ("3, 4, 5, 9", "3..5,9", True), ("/a/b.csv", '"c/b.csv"', True), ("a/b.csv", "a/c.csv", False),
                                    ("3", "auto", True), ("1:1, 10:-1", "1:1,10:1", False), ("1:1", "1:1.0", True), ("1..2.5", "1.0..2.5", True),
                                    ("..2", "..3", False), ("u v", '"u v"', True), ("", "1", False)):
            self.assertEqual(merge.same_value(stored, given), same, (stored, given))
        config = {"learner.delta_1.eta": "1", "learner.delta_2.eta": "2", "learner.delta_x.eta": "3", "task.sd": "1"}
        self.assertEqual(merge.value_in(config, "learner.delta.eta"), "1, 2")
        self.assertEqual([merge.value_in(config, key) for key in ("task.sd", "task.no", "learner.b.eta")], ["1", None, None])

    def test_merge_of_no_array(self):
        folder = self.folder / "no_array"
        folder.mkdir()
        for text in ("", "#\t0\n", "#\t0\trun.seed\nname\n", "\0\xff", "a\tb\nc\td\n"):
            with self.subTest(text=text):
                (folder / "tasks.tsv").write_text(text, encoding="latin1")
                code, _, err = self.call(merge, folder)
                self.assertEqual((code, len(err.splitlines())), (2, 1), err)
        self.assertEqual(self.call(merge, self.folder / "nowhere")[0], 2)

    def test_folders_without_results(self):
        (self.folder / "nothing").mkdir(exist_ok=True)
        for module, arguments in ((poster, ["-o", self.folder / "out" / "poster"]), (scaling, []), (performance_model, [])):
            for folder in (self.folder / "nothing", self.folder / "nowhere", self.results["usual"]):
                with self.subTest(script=module.__name__, folder=folder.name):
                    words = ["draw", folder] if module is performance_model else [folder, *arguments]
                    code, _, err = self.call(module, *words)
                    self.assertEqual((code, len(err.splitlines())), (2, 1), err)

    def test_scaling_reads_what_a_dry_run_prints(self):
        folder = self.folder / "sizes"
        folder.mkdir()
        tables = []
        for size in (40, 64):
            path = runner.run(folder, f"n{size}", f"[reservoir]\nsize = {size}\n[task]\nname = sines\n[protocol]\ntrain = 5\n"
                              "[learner.a]\nrule = bayes\n")
            said = runner.start(["run", f"{path.stem}.ini", "--dry-run", "--ranks", "1,2", "--format", "csv"], folder)
            self.assertEqual(said.returncode, 0, said.stderr)
            tables.append(said.stdout)
        (folder / "model.csv").write_text("".join(tables))  # the line of names comes twice
        code, _, err = self.call(scaling, folder, "--model", folder / "model.csv")
        self.assertEqual((code, err), (0, ""))
        found = pandas.read_csv(folder / "scaling.csv")
        model = pandas.concat(pandas.read_csv(io.StringIO(table)) for table in tables)
        expected = model[model.ranks == found.ranks[0]].step_us
        np.testing.assert_allclose(found.model_seconds_per_step, 1e-6 * np.array(expected), rtol=1e-5)
        for text in ("ranks,neurons\n1,40\n", "ranks,neurons,step_us\n1,40,fast\n", "ranks,neurons,step_us\n1,41,3\n", "\n"):
            (folder / "model.csv").write_text(text)
            code, _, err = self.call(scaling, folder, "--model", folder / "model.csv")
            self.assertEqual((code, len(err.splitlines())), (2, 1), err)

    def test_bayres_analyze(self):
        environment = {**os.environ, "OMPI_MCA_ess_singleton_isolated": "1"}
        for name, path in self.results.items():
            with self.subTest(result=name):
                done = subprocess.run([os.environ["BAYRES_ANALYZE"], path, "-o", self.folder / f"{name}.analysis.h5", "--quiet"],
                                      env=environment, capture_output=True, text=True)
                self.assertIn(done.returncode, (0, 2, 3), done.stderr)
                if done.returncode:
                    self.assertIn(str(path), done.stderr)


if __name__ == "__main__":
    unittest.main()
