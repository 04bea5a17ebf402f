#!/usr/bin/python3
"""Recorded spikes in Python: what is read, and statistics of trains whose answers are known."""
import os
import re
import subprocess
import sys
import unittest

import h5py
import numpy as np

import runner

import bayres
from bayres import diagnostics, overview

CONFIG = """
[reservoir]
size = 150
gain = 0.632
connectivity = 0.1
input_scale = 1.2
dt = 0.1
[neuron]
model = lif
[task]
name = sines
drive = target
periods = 200
amplitudes = 1
[protocol]
washout = 100
train = 500
test = 200
learn_every = 25
evaluate_at = 100, 500
[learner.b]
rule = bayes
[record]
every = 25
spikes = true
"""
SOME = "--record.spikes=149,3,70..80"


def merged(*trains):
    """Spikes of neurons 0, 1, ... at these times, in order of time."""
    time = np.concatenate(trains)
    neuron = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
    order = np.lexsort((neuron, time))
    return time[order], neuron[order]


class KnownAnswers(unittest.TestCase):
    def test_regular_trains(self):
        time, neuron = merged(10 + 25 * np.arange(40), 5 + 10 * np.arange(100), np.array([7.0]), np.array([]))
        spikes = bayres.Spikes(time, neuron, np.arange(4), end=1000)
        np.testing.assert_array_equal(spikes.counts(), [40, 100, 1, 0])
        np.testing.assert_allclose(spikes.rates(), [40, 100, 1, 0])
        cvs = spikes.cvs()
        np.testing.assert_allclose(cvs[:2], 0, atol=1e-12)
        self.assertTrue(np.isnan(cvs[2:]).all())
        interval, whose = spikes.intervals()
        self.assertEqual((set(interval[whose == 0]), set(interval[whose == 1])), ({25}, {10}))
        self.assertEqual(len(interval), 39 + 99)

    def test_alternating_intervals(self):
        """a, b, a, b: mean (a + b)/2, deviation |a - b|/2."""
        time = np.concatenate([[0], np.cumsum(np.tile([10.0, 30.0], 50))])
        self.assertAlmostEqual(bayres.Spikes(time, np.zeros(len(time), int)).cvs()[0], 0.5, 12)

    def test_windows(self):
        """A spike that comes in a step belongs to it, though its time is that of the end of the step."""
        time = np.array([1, 10, 11, 20, 20, 29, 30]) * 0.1  # of steps 1, 10, ...
        steps = bayres.Spikes(time, np.arange(7) % 2, [0, 1], end=3.0, step=0.1)
        middle, rate = steps.population_rate(1.0)
        np.testing.assert_allclose(middle, [0.5, 1.5, 2.5])
        np.testing.assert_allclose(rate, [1000, 1500, 1000])
        np.testing.assert_array_equal(steps.between(1, 2).time, time[2:5])
        self.assertEqual(len(steps.between(0, 1)), 2)
        self.assertEqual(len(steps.between(5, 9)), 0)
        np.testing.assert_allclose(steps.population_rate(1.04)[1], rate)  # whole steps
        exact = bayres.Spikes(np.array([0.0, 1.0, 2.5]), np.zeros(3, int), end=3.0)
        np.testing.assert_allclose(exact.population_rate(1.0)[1], [1000, 1000, 1000])
        self.assertEqual(len(exact.population_rate(1.1)[1]), 2)  # the last one is not whole

    def test_poisson_trains(self):
        random, rates, end = np.random.default_rng(5), np.linspace(20, 60, 30), 50_000
        time, neuron = merged(*(np.sort(random.uniform(0, end, random.poisson(rate * end / 1000))) for rate in rates))
        spikes = bayres.Spikes(time, neuron, end=end)
        deviation = np.sqrt(rates / (end / 1000))
        self.assertLess(np.abs((spikes.rates() - rates) / deviation).max(), 4)
        self.assertLess(abs(spikes.cvs().mean() - 1), 0.02)
        frequency, power = spikes.power_spectrum()
        self.assertEqual((frequency[0], frequency[-1]), (0, 500))
        self.assertLess(abs(power[1:-1].mean() / (2 * rates.mean() / 30) - 1), 0.03)

    def test_spectrum_of_a_rhythm(self):
        """The population spikes 20 times in a second: the power is at 20 Hz and its multiples, and sums to the variance."""
        period = 50.0
        spikes = bayres.Spikes(*merged(*[25.5 + period * np.arange(400)] * 3), end=20_000)
        frequency, power = spikes.power_spectrum(segment=1000)
        self.assertEqual(set(np.flatnonzero(power > 0.4 * power.max()) % 20), {0})
        variance = spikes.population_rate()[1].var()
        self.assertLess(abs(power.sum() * frequency[1] / variance - 1), 0.02)

    def test_pieces_do_not_matter(self):
        random = np.random.default_rng(3)
        time, neuron = np.sort(random.uniform(0, 500, 2000)), random.integers(0, 40, 2000) * 3
        whole, part = bayres.Spikes(time, neuron), bayres.Spikes(time, neuron)
        part.pieces = lambda: bayres.Spikes.pieces(part, 7)
        self.assertEqual(len(list(part.pieces())), 286)
        np.testing.assert_array_equal(np.concatenate([piece for piece, _ in part.pieces()]), time)
        np.testing.assert_array_equal(part.counts(), whole.counts())
        np.testing.assert_allclose(part.cvs(), whole.cvs(), rtol=1e-12)
        for found, expected in zip(part.population_rate(2.0), whole.population_rate(2.0)):
            np.testing.assert_array_equal(found, expected)
        by_hand = [np.diff(time[neuron == n]) for n in whole.neurons]
        np.testing.assert_allclose(whole.cvs(), [each.std() / each.mean() for each in by_hand], rtol=1e-12)
        for a, b in zip(map(np.sort, part.intervals()), map(np.sort, whole.intervals())):
            np.testing.assert_array_equal(a, b)

    def test_trains(self):
        trains = [np.array([1.0, 4.0]), np.array([]), np.array([2.0, 3.0, 9.0])]
        time, neuron = merged(*trains)
        spikes = bayres.Spikes(time, neuron, [0, 1, 2], end=8.9)
        self.assertEqual(list(spikes.trains()), [0, 1, 2])
        for found, expected in zip(spikes.trains().values(), trains):
            np.testing.assert_array_equal(found, expected)
        neo = spikes.for_neo()[2]
        self.assertEqual((neo["units"], neo["t_start"], neo["t_stop"], neo["neuron"]), ("ms", 0, 8.9, 2))
        np.testing.assert_array_equal(neo["times"], [2, 3, 8.9])  # Neo takes none that is later than t_stop

    def test_nothing(self):
        none = bayres.Spikes(np.zeros(0), np.zeros(0, int), [4, 5], end=100)
        self.assertEqual((none.rates().tolist(), np.isnan(none.cvs()).tolist()), ([0, 0], [True, True]))
        self.assertEqual((len(none.intervals()[0]), none.population_rate(10)[1].sum(), list(none.pieces())), (0, 0, []))
        with self.assertRaisesRegex(ValueError, "neuron 9"):
            bayres.Spikes(np.ones(1), np.array([9]), [4, 5]).counts()


class Results(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        cls.one = runner.run(cls.folder, "one", CONFIG)
        cls.some = runner.run(cls.folder, "some", CONFIG, SOME, "--ensemble.seeds=1..3")

    def test_all_neurons(self):
        with h5py.File(self.one) as file, bayres.Result(self.one) as result:
            spikes = result.spikes
            np.testing.assert_array_equal(spikes.time, file["spikes/time"])
            np.testing.assert_array_equal(spikes.neuron, file["spikes/neuron"])
            self.assertAlmostEqual(spikes.rates().mean(), 1000 * file.attrs["firing_rate"], 10)
            self.assertEqual((len(spikes.neurons), spikes.start, spikes.end, result.time_unit), (150, 0, 800, "ms"))
            test = spikes.between(*result.phase_times(bayres.TEST))
            np.testing.assert_array_equal(test.time, file["spikes/time"][()][file["spikes/time"][()] > 600.05])
            self.assertGreater(np.nanmedian(spikes.cvs()), 0.3)
            self.assertEqual(result.to_xarray()["spikes"]["time"].dims, ("spike",))

    def test_some_neurons_of_an_ensemble(self):
        with h5py.File(self.some) as file, bayres.Result(self.some) as result:
            neurons = file["spikes/neuron"][()]
            self.assertTrue((neurons == -1).any())
            self.assertEqual([len(spikes) for spikes in result.spikes], (neurons >= 0).sum(axis=1).tolist())
            for k, spikes in enumerate(result.spikes):
                np.testing.assert_array_equal(spikes.neurons, [3, *range(70, 81), 149])
                kept = file["spikes/neuron"][k] >= 0
                np.testing.assert_array_equal(spikes.time, file["spikes/time"][k][kept])
                with bayres.Result(self.some, k) as network:
                    np.testing.assert_array_equal(network.spikes.neuron, file["spikes/neuron"][k][kept])
                    self.assertEqual(network.to_xarray()["spikes"].sizes["spike"], kept.sum())
        with bayres.Result(self.one) as one:  # seed 1, too
            wanted = np.isin(one.spikes.neuron, spikes.neurons)
            with bayres.Result(self.some, 0) as network:
                np.testing.assert_array_equal(network.spikes.time, one.spikes.time[wanted])

    def test_without_spikes(self):
        path = runner.run(self.folder, "without", CONFIG, "--record.spikes=false")
        with bayres.Result(path) as result:
            self.assertIsNone(result.spikes)
        self.assertIn("record.spikes", self.analyze(path, "-o", "no.h5", "--parts=spikes", code=3))
        self.assertIn("spikes.png skipped: no spikes were recorded", self.program("figures", path, "-o", self.folder / "w"))

    def program(self, name, *arguments, code=0):
        done = subprocess.run([sys.executable, "-B", runner.BIN / name, *map(str, arguments)], capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done.stdout + done.stderr

    def test_figures_and_report(self):
        self.program("figures", self.some, "--network", 2, "-o", self.folder / "figures")
        self.assertEqual((self.folder / "figures/spikes.png").read_bytes()[:4], b"\x89PNG")
        self.program("report", self.one, self.some, "-o", self.folder / "report.html")
        text = (self.folder / "report.html").read_text()
        self.assertIn('aria-label="spikes"', text)

    def test_figures_of_outputs_that_send_spikes(self):
        path = runner.run(self.folder, "sent", CONFIG.replace("drive = target\nperiods = 200\namplitudes = 1", "period = 100\nspikes = 2")
                          .replace("name = sines", "name = spike-pattern\nmargin = 5"), "--learner.b.output=spikes",
                          "--learner.rate.rule=delta", "--protocol.learn_every=1")
        said = self.program("figures", path, "-o", self.folder / "sent")
        for name in ("output_spikes", "outputs", "error", "learning_curve"):
            self.assertTrue((self.folder / f"sent/{name}.png").exists(), said)
        with bayres.Result(path) as result:
            self.assertEqual(len(result.target_spike_time), 16)
            b, rate = (result.learners[name] for name in ("b", "rate"))
            self.assertTrue(b.sends_spikes and not rate.sends_spikes)
            self.assertTrue((np.diff(b.spike_time) > 2).all())
            self.assertIsNone(rate.spike_time)
            with self.assertRaisesRegex(bayres.ResultError, "learner b sends spikes, of which test_nrmse says nothing"):
                bayres.compare(b, rate)
        with bayres.open_many([path]) as study:
            for by, one in (("test_nrmse", "b"), ("test_van_rossum", "rate")):
                with self.assertRaisesRegex(bayres.ResultError, "no two learners to compare"):
                    study.compare(by=by)
                with self.assertRaisesRegex(bayres.ResultError, f"of learner {one} "):
                    study.compare(by=by, learners=["b", "rate"])
        (self.folder / "alone.ini").write_text((self.folder / "sent.ini").read_text())
        done = runner.start(["run", "alone.ini", "--learner.b.output=spikes", "--ensemble.seeds=1..2"], self.folder)
        self.assertRegex(done.stdout, r"train MAE +test NRMSE +diverged\n  b +- +- +0\n", done.stderr)
        alone = self.folder / "alone.h5"
        self.assertIn("outputs.png skipped: all outputs send spikes", self.program("figures", alone, "--network", 0, "-o", self.folder / "alone"))

    def test_without_a_reservoir(self):
        """Neurons that nothing drives have no reservoir.tau: their times are in ms, too."""
        config = (runner.ROOT / "tests/golden/spike-teacher.ini").read_text() + (
            "[learner.slow]\nrule = delta\noutput = spikes\n[learner.rate]\nrule = delta\n")
        path, other = (runner.run(self.folder, f"poisson{seed}", config, f"--run.seed={seed}", "--protocol.evaluate_at=100,240")
                       for seed in (1, 2))
        self.program("figures", path, "-o", self.folder / "poisson")
        self.assertTrue((self.folder / "poisson/output_spikes.png").exists())
        self.analyze(path, "-o", "poisson-analysis.h5")
        with h5py.File(self.folder / "poisson-analysis.h5") as file:
            self.assertEqual(file["conditions/c0/window_time"].attrs["units"], "ms")
        self.program("report", path, other, "-o", self.folder / "poisson.html")
        page = (self.folder / "poisson.html").read_text()
        self.assertEqual(page.count(">-</td>"), 2 * 3 + 2 * 2)  # of both in the table of networks, and in that of learners
        self.assertIn("No comparison of learners: there are no two", page)
        table = bayres.table([path])
        self.assertEqual(set(table["learner"]), {"bayes", "slow", "rate"})
        with bayres.open_many([path, other]) as study:
            self.assertEqual(study.results[0].time_unit, "ms")
            for by, sign in (("test_log_likelihood", 1), ("test_coincidence", 1), ("test_van_rossum", -1)):
                (row,) = study.compare(by=by).itertuples()
                self.assertEqual((row.first, row.second), ("bayes", "slow"))
                a, b = (sign * study.conditions[0].scores(name, by) for name in ("bayes", "slow"))
                self.assertEqual((row.wins, row.losses), ((a > b).sum(), (a < b).sum()), by)
            rows = overview.rows_of(study, lambda condition, name: name, by="test_nrmse")
            self.assertEqual([name for *_, name in rows], ["rate"])
            self.assertEqual([overview.curve_of(study.conditions[0], name) is None for name in ("bayes", "rate")], [True, False])

    def test_analysis_is_in_ms(self):
        path = runner.run(self.folder, "rates", CONFIG, "--record.rates=0..9", "--record.every=5")
        analysis = self.folder / "analysis.h5"
        program = os.path.abspath(os.environ["BAYRES_ANALYZE"])
        subprocess.run([program, path, "-o", analysis, "--segment=256", "--quiet"], check=True)
        with h5py.File(analysis) as file:
            condition = file["conditions/c0"]
            units = {name: condition[name].attrs["units"] for name in ("window_time", "evaluation_time", "lag", "frequency")}
        self.assertEqual(set(units.values()), {"ms", "1/ms"}, units)
        self.program("report", path, "--analysis", analysis, "-o", self.folder / "analysed.html")

    def analyze(self, *arguments, ranks=1, code=0):
        """Returns what bayres-analyze prints."""
        program = [os.path.abspath(os.environ["BAYRES_ANALYZE"]), *map(str, arguments)]
        if ranks > 1:
            program = [*os.environ["BAYRES_MPIRUN_BASE"].split(), "-n", str(ranks), *program]
        done = subprocess.run(program, capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout + done.stderr

    def check_analysis(self, group, place, spikes, phases):
        """That the analysis of network `place` has the numbers of this package."""
        def equal(name, expected, **tolerance):
            np.testing.assert_allclose(group[f"spikes/{name}"][place], expected, err_msg=name, rtol=1e-12, **tolerance)
        np.testing.assert_array_equal(group["spiking_neuron"], spikes.neurons)
        for name, (start, end) in phases.items():
            phase = spikes.between(start, end)
            equal(f"{name}_rate", phase.rates())
            equal(f"{name}_cv", phase.cvs(), atol=1e-12)
            equal(f"{name}_rate_over_neurons", np.quantile(phase.rates(), [0.25, 0.5, 0.75]))
            equal(f"{name}_cv_over_neurons", np.nanquantile(phase.cvs(), [0.25, 0.5, 0.75]))
        both = spikes.between(phases["train"][0], phases["test"][1])
        time, rate = both.population_rate(1.04)
        equal("population_rate", rate)
        np.testing.assert_allclose(group["spike_time"], time)
        frequency, power = both.power_spectrum(1.04, 256)
        np.testing.assert_allclose(group["spike_frequency"], frequency)
        np.testing.assert_allclose(group["spikes/power"][place], power, rtol=1e-9, atol=1e-9 * power.max())

    def test_analysis_of_spikes(self):
        options = ("--bin=1.04", "--segment=256", "--force", "-o", "spikes.h5")  # windows are rounded to steps
        many, random = self.folder / "many.h5", np.random.default_rng(2)  # more than ranks read at a time
        many.write_bytes(self.one.read_bytes())
        with h5py.File(many, "r+") as file:
            for name, values in (("time", 0.1 * np.sort(random.integers(1, 8001, 300_000))),
                                 ("neuron", random.integers(0, 150, 300_000))):
                del file[f"spikes/{name}"]
                file[f"spikes/{name}"] = values
        runner.seal(many)
        for path, ranks in ((self.one, 2), (self.some, 3), (many, 2)):
            report = self.analyze(path, *options)
            with h5py.File(self.folder / "spikes.h5") as file:
                arrays = {}
                file.visititems(lambda name, item: arrays.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
                for place in range(3 if path == self.some else 1):
                    with bayres.Result(path, place if path == self.some else None) as result:
                        phases = {name: result.phase_times(k) for name, k in (("train", bayres.TRAIN), ("test", bayres.TEST))}
                        self.check_analysis(file["conditions/c0"], place, result.spikes, phases)
                for phase in ("train", "test"):
                    rates = np.median(arrays[f"conditions/c0/spikes/{phase}_rate_over_neurons"], axis=0)
                    said = re.search(rf"spikes, {phase}: (\S+) Hz \[(\S+), (\S+)\]", report)
                    self.assertEqual([f"{rate:.3g}" for rate in rates[[1, 0, 2]]], [f"{float(n):.3g}" for n in said.groups()])
            self.analyze(path, *options, ranks=ranks)
            with h5py.File(self.folder / "spikes.h5") as file:
                for name, values in arrays.items():
                    self.assertEqual(values.tobytes(), file[name][()].tobytes(), (name, ranks))

    def test_analysis_of_a_run_that_ended_early(self):
        (self.folder / "early.ini").write_text(CONFIG)
        done = runner.start(["run", "early.ini", "--learner.b.rule=delta", "--learner.b.eta=1e9"], self.folder)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.analyze("early.h5", "-o", "early-analysis.h5")
        with h5py.File(self.folder / "early-analysis.h5") as file:
            self.assertTrue(np.isnan(file["conditions/c0/spikes/train_rate"]).all())

    def test_analysis_refuses(self):
        self.assertIn('--bin = "0" is out of range', self.analyze(self.one, "-o", "no.h5", "--bin=0", code=2))
        for name, value, said in (("neuron", 150, "spike of neuron 150"), ("neuron", -7, "spike of neuron -7"),
                                  ("time", 900., "not in order")):
            path = self.folder / "strange.h5"
            path.write_bytes(self.one.read_bytes())
            with h5py.File(path, "r+") as file:
                file[f"spikes/{name}"][7] = value
            runner.seal(path)
            self.assertIn(said, self.analyze(path, "-o", "no.h5", ranks=2 if value == 900 else 1, code=3))

    def test_stopped(self):
        """Of a run that has stopped some time after its last record."""
        path = self.folder / "stopped.h5"
        path.write_bytes(self.one.read_bytes())
        with h5py.File(path, "r+") as file:
            file.attrs["status"] = "interrupted"
            last = file["spikes/time"][-1] + 20
            file["spikes/time"][-1] = last
        with bayres.Result(path) as result:
            self.assertAlmostEqual(result.spikes.end, last)
            self.assertEqual(len(result.spikes.between(0, 1e9)), len(result.spikes))

    def test_silence(self):
        path = runner.run(self.folder, "silent", CONFIG, "--neuron.bias=0.5", "--reservoir.initial_scale=0.5",
                          "--reservoir.input_scale=0.1", "--learner.b.kappa=100")
        with bayres.Result(path) as result:
            self.assertEqual((len(result.spikes), result.spikes.rates().max()), (0, 0))
        self.assertIn("spikes.png skipped: no recorded neuron spikes", self.program("figures", path, "-o", self.folder / "s"))

    def test_damaged(self):
        for name, values, said in (("neuron", np.array([0.5]), "whole numbers"), ("neuron", np.array([1]), "spike is"),
                                   ("time", None, "has no /spikes/time")):
            path = self.folder / "damaged.h5"
            path.write_bytes(self.one.read_bytes())
            with h5py.File(path, "r+") as file:
                del file[f"spikes/{name}"]
                if values is not None:
                    file[f"spikes/{name}"] = values
            with self.assertRaisesRegex(bayres.ResultError, said):
                bayres.Result(path)
        path.write_bytes(self.some.read_bytes())
        with h5py.File(path, "r+") as file:
            last = (file["spikes/neuron"][1] >= 0).sum() - 1
            file["spikes/neuron"][1, last] = 4
        self.assertIn("a spike of neuron 4", self.program("figures", path, "--network", 1, "-o", self.folder / "d", code=2))

    def test_diagnostics_refuse_spikes(self):
        with self.assertRaisesRegex(bayres.ResultError, "neuron.model = lif"):
            diagnostics.Recording(self.one)


if __name__ == "__main__":
    unittest.main()
