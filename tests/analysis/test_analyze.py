#!/usr/bin/python3
"""bayres-analyze: the same bits on any number of ranks, and the numbers that numpy finds."""

import functools
import itertools
import os
import shlex
import shutil
import subprocess
import unittest

import h5py
import numpy as np
import pandas
import scipy.signal
import xarray

import runner

import bayres
from bayres.diagnostics import autocorrelation, efolding_time, participation_ratio
from bayres.statistics import bca_limits, compare_pairs, holm, paired_ratios, quantiles, ranked

CONFIG = """
[reservoir]
size = 70

[task]
name = lorenz
dimensions = 2
drive = target

[protocol]
washout = 2
train = 60
test = 20
evaluate_at = 2, 12, 32, 62
learn_every = 2

[learner.wild]
rule = delta
eta = 5

[learner.bayes]
rule = bayes

[learner.delta]
rule = delta
eta = 3e-3

[record]
every = 2
rates = 0..20, 23..38
weights_every = 100
"""
LEARNERS = ("wild", "bayes", "delta")
MEASURES = ("capacity", "mae", "mse", "nrmse", "nrmse_joint", "nrmse_range", "nrmse_range_joint", "r2", "squared_correlation")
QUANTILES = [0.25, 0.5, 0.75]
CRITERIA = [0.9, 0.5]
SAMPLES = 150
LAGS = 40
SEGMENT = 256
WINDOWS = 7


def analyze(arguments, folder, ranks=1, **environment):
    """The finished process; started directly for one rank."""
    launcher = shlex.split(os.environ["BAYRES_MPIRUN_BASE"]) + ["-n", str(ranks)] if ranks > 1 else []
    command = launcher + [os.path.abspath(os.environ["BAYRES_ANALYZE"]), *map(str, arguments)]
    # What Open MPI would take time to find out.
    known = {"OMPI_MCA_pml": "ob1", "OMPI_MCA_btl": "self,vader"}
    if ranks == 1:
        known["OMPI_MCA_ess_singleton_isolated"] = "1"
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60,
                          env=known | os.environ | environment)


def arrays(path):
    """{path: numbers} of all data sets."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def same_bits(a, b):
    return a.keys() == b.keys() and all(a[name].tobytes() == b[name].tobytes() for name in a)


class Source:
    """One network of a result, read with h5py."""

    def __init__(self, path, place=None):
        self.path, self.place = path, place
        with h5py.File(path) as file:
            self.config = bayres.read_config(file.attrs["config"])

    def __call__(self, name):
        with h5py.File(self.path) as file:
            shared = name in ("phase", "time", "target", "snapshot_time", "recorded") or name.endswith("evaluation/time")
            return file[name][()] if shared or self.place is None else file[name][self.place]

    def attribute(self, group, name):
        with h5py.File(self.path) as file:
            return file[group].attrs[name] if self.place is None else file[group].attrs[name][self.place]


# ---- the quantities, by numpy and by the functions of analysis/bayres


def online_errors(source, learner):
    train = np.flatnonzero(source("phase") == 1)
    target, output = source("target"), source(f"learners/{learner}/output")
    variance = target[train].var(axis=0)
    edges = [len(train) * w // WINDOWS for w in range(WINDOWS + 1)]
    parts = [train[first:last] for first, last in zip(edges, edges[1:])]
    errors = [np.sqrt(((target[part] - output[part]) ** 2).mean(axis=0) / variance).mean() for part in parts]
    return np.array(errors), source("time")[[part[-1] for part in parts]]


def time_to(times, errors, criterion, start):
    for k in range(len(times)):
        if np.all(errors[k:] <= criterion):
            return times[k] - start
    return np.inf


def movement(source, learner):
    w = source(f"learners/{learner}/weights")
    w = w.reshape(len(w), -1)
    before = np.concatenate([w[:1], w[:-1]])
    return np.array([np.linalg.norm(a, axis=1) for a in (w, w - before, w - w[:1])])


def rates_of(source, phases):
    return source("rates")[np.isin(source("phase"), phases)]


@functools.lru_cache(maxsize=None)
def uniforms(seed, number, count):
    """Draws of core::Philox: counter (index / 4, number, stream 12, 0), key (seed, 0)."""
    counter = ((12 << 128) | (number << 64)) - 1  # numpy counts before it draws
    raw = np.random.Philox(counter=counter % (1 << 256), key=seed).random_raw(4 * (-(-count // 4)))[:count]
    return ((raw >> np.uint64(11)) | np.uint64(1)) * 2.0**-53


def resampled(values, number):
    return values[(uniforms(1, number, len(values)) * len(values)).astype(int)]


def median(values):
    return quantiles(values, [0.5])[0]


def bca(statistics, values):
    """None of fewer than five values."""
    return bca_limits(np.array(statistics), ranked(values)) if len(values) >= 5 else (np.nan, np.nan)


class Analyze(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = runner.new_folder(cls.addClassCleanup)
        # One condition in three files, a second one with the same networks, and a third with another.
        cls.files = [
            runner.run(cls.folder, "b", CONFIG, "--run.seed=12"),
            runner.run(cls.folder, "a", CONFIG, "--ensemble.seeds=1..3"),
            runner.run(cls.folder, "c", CONFIG, "--run.seed=11"),
            runner.run(cls.folder, "d", CONFIG, "--reservoir.gain=1.2", "--ensemble.seeds=1..3,11,12"),
            runner.run(cls.folder, "e", CONFIG, "--reservoir.gain=0.9", "--run.seed=1"),
        ]
        one, two, three, four, five = cls.files
        cls.networks = [
            [*(Source(two, k) for k in range(3)), Source(three), Source(one)],
            [Source(four, k) for k in range(5)],
            [Source(five)],
        ]
        cls.options = ["--bootstrap", SAMPLES, "--lags", LAGS, "--segment", SEGMENT, "--windows", WINDOWS,
                       "--criterion", ",".join(map(str, CRITERIA)), "--force"]
        names = [path.name for path in cls.files]
        for ranks in (1, 2, 3):
            process = analyze([*names, "-o", f"out{ranks}.h5", "--csv", f"csv{ranks}", *cls.options], cls.folder, ranks)
            assert process.returncode == 0, process.stderr
        cls.found = arrays(cls.folder / "out1.h5")

    def close(self, path, expected, rtol=1e-9, atol=1e-13):
        np.testing.assert_allclose(self.found[path], expected, rtol=rtol, atol=atol, err_msg=path)

    def with_quantiles(self, path, expected, **tolerance):
        self.close(path, expected, **tolerance)
        self.close(f"{path}_quantiles", quantiles(np.array(expected), QUANTILES), **tolerance)

    def each(self):
        for c, networks in enumerate(self.networks):
            for learner in LEARNERS:
                with self.subTest(condition=c, learner=learner):
                    yield f"conditions/c{c}", networks, learner, f"conditions/c{c}/learners/{learner}"

    def test_same_bits_on_any_number_of_ranks(self):
        for ranks in (2, 3):
            self.assertTrue(same_bits(self.found, arrays(self.folder / f"out{ranks}.h5")))
            for table in (self.folder / "csv1").iterdir():
                self.assertEqual(table.read_bytes(), (self.folder / f"csv{ranks}" / table.name).read_bytes())

    def test_same_bits_however_it_is_stored_and_computed(self):
        expected = self.folder / "stored.h5"
        analyze(["d.h5", "-o", expected.name, *self.options], self.folder)
        for chunk in (64, None):
            copy = self.folder / "copy.h5"
            shutil.copy(self.folder / "d.h5", copy)
            with h5py.File(copy, "r+") as file:
                rates = file["rates"][()]
                del file["rates"]
                file.create_dataset("rates", data=rates, chunks=chunk and (1, chunk, rates.shape[2]), fletcher32=bool(chunk))
            runner.seal(copy)
            process = analyze(["copy.h5", "-o", "copied.h5", *self.options, "--memory", 192], self.folder, 3,
                              BAYRES_INSTRUCTION_SET="baseline", BAYRES_EXCHANGE="mpi")
            self.assertEqual((process.returncode, process.stderr), (0, ""))
            self.assertTrue(same_bits(arrays(expected), arrays(self.folder / "copied.h5")))

    def test_inspect_verifies_it(self):
        command = [os.environ["BAYRES"], "inspect", self.folder / "out2.h5"]
        process = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        for words in ("analysed_by", "/conditions/c0/seed", "every byte is as it was written"):
            self.assertIn(words, process.stdout)

    def test_conditions(self):
        with h5py.File(self.folder / "out1.h5") as file:
            conditions = [file[f"conditions/c{c}"].attrs for c in range(3)]
            self.assertEqual([c["label"] for c in conditions],
                             ["reservoir.gain = 1.5", "reservoir.gain = 1.2", "reservoir.gain = 0.9"])
            self.assertEqual(conditions[0]["files"].splitlines(), ["a.h5", "c.h5", "b.h5"])
            self.assertNotIn("run.seed", conditions[0]["config"])
            self.assertEqual(file["conditions/c0/rates"].attrs["analysed_neurons"], 37)
        self.close("conditions/c0/seed", [1, 2, 3, 11, 12])
        self.close("conditions/c2/seed", [1])

    def test_curves(self):
        for _, networks, learner, path in self.each():
            for measure in MEASURES:
                scores = [s(f"learners/{learner}/evaluation/{measure}").mean(axis=1) for s in networks]
                self.with_quantiles(f"{path}/evaluation/{measure}", scores)
            for score in (f"{phase}_{measure}" for phase in ("train", "test") for measure in MEASURES):
                self.with_quantiles(f"{path}/{score}", [s.attribute(f"learners/{learner}", score) for s in networks])
            self.with_quantiles(f"{path}/online/nrmse", [online_errors(s, learner)[0] for s in networks])

    def test_times_to_criterion(self):
        finite = 0
        for _, networks, learner, path in self.each():
            frozen, online = [], []
            for s in networks:
                times = s("learners/bayes/evaluation/time")
                errors, ends = online_errors(s, learner), s(f"learners/{learner}/evaluation/nrmse").mean(axis=1)
                frozen.append([time_to(times, ends, c, 2) for c in CRITERIA])
                online.append([time_to(errors[1], errors[0], c, 2) for c in CRITERIA])
            self.with_quantiles(f"{path}/time_to_criterion", frozen)
            self.with_quantiles(f"{path}/online_time_to_criterion", online)
            finite += np.isfinite(online).sum()
        self.assertGreater(finite, 5)

    def test_weights(self):
        for group, networks, learner, path in self.each():
            self.close(f"{group}/snapshot_time", networks[0]("snapshot_time"))
            moved = np.array([movement(s, learner) for s in networks])
            for k, name in enumerate(("norm", "step", "distance")):
                self.with_quantiles(f"{path}/weights/{name}", moved[:, k])
            if learner != "bayes":
                self.assertNotIn(f"{path}/learning_rate/rate", self.found)
                continue
            rates = np.array([s(f"learners/{learner}/learning_rate") for s in networks])
            rates = rates.reshape(*rates.shape[:2], -1)
            self.with_quantiles(f"{path}/learning_rate/mean", rates.mean(axis=2))
            expected = np.moveaxis(np.quantile(rates, self.found["synapse_quantile"], axis=2), 0, 2)
            self.close(f"{path}/learning_rate/rate", expected)

    def test_rates(self):
        for c, networks in enumerate(self.networks):
            rates = [rates_of(s, (1, 2)) for s in networks]
            spectra = [np.linalg.eigvalsh(np.cov(r.T, bias=True))[::-1] for r in rates]
            path = f"conditions/c{c}/rates"
            self.with_quantiles(f"{path}/eigenvalue", spectra, atol=1e-12)
            self.with_quantiles(f"{path}/total_variance", [r.var(axis=0).sum() for r in rates])
            self.with_quantiles(f"{path}/participation_ratio", [participation_ratio(r) for r in rates])
            self.with_quantiles(f"{path}/autocorrelation", [autocorrelation(r, LAGS) for r in rates], atol=1e-12)
            self.close(f"conditions/c{c}/lag", 0.2 * np.arange(LAGS + 1))
            welch = [scipy.signal.welch(r, fs=5, nperseg=SEGMENT, axis=0) for r in rates]
            self.close(f"conditions/c{c}/frequency", welch[0][0])
            self.with_quantiles(f"{path}/power", [density.mean(axis=1) for _, density in welch], rtol=1e-8)

    def test_correlation_time(self):
        for c, networks in enumerate(self.networks):
            expected = []
            for source in networks:
                expected.append(efolding_time(autocorrelation(rates_of(source, (1, 2)), LAGS), 0.2))
            self.with_quantiles(f"conditions/c{c}/rates/correlation_time", expected)

    def test_phases_and_some_neurons(self):
        process = analyze(["e.h5", "-o", "few.h5", "--phase", "test", "--neurons", 20, "--lags", LAGS, "--parts", "rates"],
                          self.folder, 2)
        self.assertEqual(process.returncode, 0, process.stderr)
        found = arrays(self.folder / "few.h5")
        rates = rates_of(self.networks[2][0], (2,))[:, [k * 37 // 20 for k in range(20)]]
        np.testing.assert_allclose(found["conditions/c0/rates/autocorrelation"][0], autocorrelation(rates, LAGS), rtol=1e-9)
        self.assertNotIn("conditions/c0/rates/power", found)  # 100 steps are too few
        self.assertFalse([name for name in found if "learners" in name])

    def compared(self, measure):
        """The values that are compared: [(networks) of each learner of each condition]."""
        name = measure if not measure.startswith("time") else "time_to_criterion"
        samples = [self.found[f"conditions/c{c}/learners/{learner}/{name}"] for c in range(3) for learner in LEARNERS]
        return [values if values.ndim == 1 else values[:, 0] for values in samples]

    def test_comparison(self):
        with h5py.File(self.folder / "out1.h5") as file:
            items = file["comparison"].attrs["items"].splitlines()
            pairs = file["comparison"].attrs["pairs"].splitlines()
            self.assertEqual(file["comparison/time_to_0.9/median"].attrs["units"], "unit of tau")
            self.assertEqual(file["comparison/time_to_0.9/ratio"].attrs["units"], "1")
        self.assertEqual(items[1], "bayes (reservoir.gain = 1.5)")
        self.assertEqual(pairs[0], f"{items[0]} / {items[1]}")
        self.assertNotIn("comparison/test_r2/median", self.found)  # no error: more is better
        seeds = [self.found[f"conditions/c{c}/seed"] for c in range(3) for _ in LEARNERS]
        for measure in ("test_nrmse", "train_mse", "time_to_0.9"):
            samples = self.compared(measure)
            path = f"comparison/{measure}"
            self.close(f"{path}/median", [median(values) for values in samples])
            intervals = [bca([median(resampled(v, 2 * b)) for b in range(SAMPLES)], v) for v in samples]
            self.close(f"{path}/low", [low for low, _ in intervals])
            self.close(f"{path}/high", [high for _, high in intervals])
            expected = []
            for i, j in itertools.combinations(range(len(samples)), 2):
                a, b = (samples[k][np.isin(seeds[k], seeds[i + j - k])] for k in (i, j))
                found, ratios = compare_pairs(a, b), paired_ratios(a, b)
                low, high = bca([median(resampled(ratios, 2 * k)) for k in range(SAMPLES) if len(ratios)], ratios)
                expected.append([found.ratio, low, high, found.better, found.ties, found.worse, found.networks, found.p])
            columns = ("ratio", "ratio_low", "ratio_high", "better", "ties", "worse", "shared", "p")
            self.assertEqual(len(expected), len(pairs))
            for name, values in zip(columns, np.transpose(expected)):
                self.close(f"{path}/{name}", values)
            self.close(f"{path}/p_holm", holm(self.found[f"{path}/p"]))
        networks = self.found["comparison/test_nrmse/shared"]
        self.assertEqual(set(networks), {1, 5})  # the third condition shares one network with the others

    def test_comparison_with_a_reference_and_without_shared_networks(self):
        process = analyze(["a.h5", "b.h5", "c.h5", "d.h5", "-o", "reference.h5", "--reference", "bayes", "--parts", "curves", *self.options],
                          self.folder, 2)
        self.assertEqual(process.returncode, 0, process.stderr)
        with h5py.File(self.folder / "reference.h5") as file:
            pairs = file["comparison"].attrs["pairs"].splitlines()
            p = file["comparison/test_nrmse/p"][()]
            np.testing.assert_allclose(file["comparison/test_nrmse/p_holm"], holm(p))
        expected = [f"bayes ({of}) / {other} ({of})" for of in ("reservoir.gain = 1.5", "reservoir.gain = 1.2")
                    for other in ("wild", "delta")]
        self.assertEqual(pairs, expected)
        process = analyze(["b.h5", "e.h5", "-o", "apart.h5", "--learner", "bayes", "--parts", "curves", *self.options], self.folder)
        self.assertEqual(process.returncode, 0, process.stderr)
        found = {name.split("/")[-1]: values[0] for name, values in arrays(self.folder / "apart.h5").items()
                 if name.startswith("comparison/test_nrmse/")}
        first, second = (self.found[f"conditions/c{c}/learners/bayes/test_nrmse"][k] for c, k in ((0, 4), (2, 0)))
        self.assertAlmostEqual(found["ratio"], first / second)
        self.assertEqual(found["shared"], 0)
        self.assertTrue(np.isnan([found[name] for name in ("better", "ties", "worse", "p", "p_holm", "ratio_low")]).all())

    def test_tables(self):
        lines = (self.folder / "csv1" / "learning_curve.csv").read_text().splitlines()
        self.assertEqual(lines[0], "condition,learner,network,evaluation_time," + ",".join(MEASURES))
        self.assertEqual(len(lines), 1 + 3 * (5 + 5 + 1) * 4)
        last = lines[-1].split(",")
        self.assertEqual(last[:4], ["reservoir.gain = 0.9", "delta", "0", "62"])
        self.assertEqual(float(last[7]), self.found["conditions/c2/learners/delta/evaluation/nrmse"][0, 3])
        pairs = (self.folder / "csv1" / "pairs.csv").read_text().splitlines()
        self.assertEqual(len(pairs), 1 + (2 * 6 + len(CRITERIA)) * 36)  # errors of two phases, and times

    def test_tidy_table(self):
        """It is that of bayres.table, but for free runs, which are none here."""
        found = pandas.read_csv(self.folder / "csv1" / "table.csv", float_precision="round_trip")
        expected = bayres.table(self.files)
        self.assertEqual([*found.columns], ["reservoir.gain", "seed", "learner", "rule", "learner.eta", "output", "metric", "value"])
        pandas.testing.assert_frame_equal(found, expected, check_exact=True, check_dtype=False)
        self.assertEqual(found["seed"].dtype, int)
        self.assertEqual(len(found.query("seed == 11 and learner == 'delta' and metric == 'test_nrmse'")), 2 * 3)

    def test_it_is_netcdf(self):
        for engine in ("netcdf4", "h5netcdf"):
            with xarray.open_dataset(self.folder / "out1.h5", group="conditions/c0/rates", engine=engine) as data:
                self.assertEqual(data["eigenvalue"].dims, ("network", "component"))
                self.assertEqual(data["autocorrelation_quantiles"].dims, ("quantile", "lag"))
                self.assertEqual(data["correlation_time"].attrs["units"], "unit of tau")

    def test_windows_are_whole_periods_of_the_target(self):
        config = CONFIG.replace("name = lorenz\ndimensions = 2\ndrive = target", "name = triangle\nperiod = 7")
        runner.run(self.folder, "periods", config, "--ensemble.seeds=1,2")
        for ranks in (1, 3):
            process = analyze(["periods.h5", "-o", f"periods{ranks}.h5", "--parts", "curves"], self.folder, ranks)
            self.assertEqual(process.returncode, 0, process.stderr)
        found = arrays(self.folder / "periods1.h5")
        self.assertTrue(same_bits(found, arrays(self.folder / "periods3.h5")))
        source, path = Source(self.folder / "periods.h5", 1), "conditions/c0/learners/bayes/online/nrmse"
        np.testing.assert_allclose(found["conditions/c0/window_time"], 61.9 - 7.0 * np.arange(7, -1, -1), atol=0.01)
        train = source("phase") == 1
        target, output = source("target")[train], source("learners/bayes/output")[train]
        edges = [0, *np.searchsorted(source("time")[train], found["conditions/c0/window_time"], side="right")]
        errors = [np.sqrt(((target - output)[a:b] ** 2).mean() / target.var()) for a, b in zip(edges, edges[1:])]
        np.testing.assert_allclose(found[path][1], errors, rtol=1e-9)
        with xarray.open_dataset(self.folder / "periods1.h5", group="conditions/c0/learners/bayes/online") as data:
            chosen = data.swap_dims(network="seed").sel(seed=2)
            np.testing.assert_array_equal(chosen["nrmse"], found[path][1])

    def test_outputs_that_send_spikes_are_compared_by_measures_of_spikes(self):
        config = CONFIG.replace("name = lorenz\ndimensions = 2\ndrive = target", "name = spike-pattern\nperiod = 50\nspikes = 2\nmargin = 4")
        config = config.replace("rule = bayes", "rule = bayes\noutput = spikes").replace("size = 70", "size = 70\ndt = 0.1\n[neuron]\nmodel = lif")
        runner.run(self.folder, "sent", config.replace("rates = 0..20, 23..38", ""))
        process = analyze(["sent.h5", "-o", "sent.analysis.h5", "--parts", "curves"], self.folder)
        self.assertEqual(process.returncode, 0, process.stderr)
        found = arrays(self.folder / "sent.analysis.h5")
        has = {measure: [not np.isnan(one) for one in found[f"comparison/{measure}/median"]]
               for measure in ("test_nrmse", "time_to_0.5", "test_van_rossum")}
        self.assertEqual(has, {"test_nrmse": [True, False, True], "time_to_0.5": [True, False, True], "test_van_rossum": [False, True, False]})
        np.testing.assert_array_equal(found["comparison/test_nrmse/shared"], [0, 1, 0])
        self.assertIn("conditions/c0/learners/bayes/test_log_likelihood", found)
        self.assertNotIn("conditions/c0/learners/bayes/online/nrmse", found)
        self.assertIn("conditions/c0/learners/delta/online/nrmse", found)

    def test_a_run_whose_learners_all_diverged(self):
        config = CONFIG[: CONFIG.index("[learner.bayes]")] + CONFIG[CONFIG.index("[record]") :]
        (self.folder / "wild.ini").write_text(config)
        self.assertEqual(runner.start(["run", "wild.ini", "--quiet"], self.folder).returncode, 4)
        process = analyze(["wild.h5", "-o", "w.h5", "--criterion", 0.5], self.folder, 2)
        self.assertEqual(process.returncode, 0, process.stderr)
        found = arrays(self.folder / "w.h5")
        self.assertEqual(found["conditions/c0/learners/wild/time_to_criterion"], np.inf)

    def refused(self, arguments, code, message, ranks=1):
        process = analyze([*arguments, "-o", "refused.h5"], self.folder, ranks)
        self.assertEqual(process.returncode, code, process.stderr)
        self.assertIn(message, process.stderr)
        self.assertEqual(sorted(self.folder.glob("refused*")), [])

    def test_bad_files(self):
        whole = (self.folder / "e.h5").read_bytes()
        (self.folder / "text.h5").write_text("not HDF5")
        (self.folder / "cut.h5").write_bytes(whole[: len(whole) // 2])
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 4
        (self.folder / "flipped.h5").write_bytes(flipped)
        with h5py.File(self.folder / "other.h5", "w") as file:
            file["time"] = np.arange(3)
        shutil.copy(self.folder / "e.h5", self.folder / "changed.h5")
        with h5py.File(self.folder / "changed.h5", "r+") as file:
            file.attrs["note"] = "changed"
        # With a seal of another program: what is left are the checksums of data sets.
        for name in ("chunk.h5", "phase.h5"):
            shutil.copy(self.folder / "e.h5", self.folder / name)
        with h5py.File(self.folder / "phase.h5", "r+") as file:
            file["phase"][100] = 2
        with h5py.File(self.folder / "chunk.h5", "r+") as file:
            file.attrs["note"] = "changed"
            row = file["rates"][100].tobytes()
        changed = bytearray((self.folder / "chunk.h5").read_bytes())
        changed[changed.index(row) + 5] ^= 4
        (self.folder / "chunk.h5").write_bytes(changed)
        shutil.copy(self.folder / "e.h5", self.folder / "claim.h5")
        with h5py.File(self.folder / "claim.h5", "r+") as file:
            file.create_dataset("seed", (2**59,), "i8", chunks=(1000,))
        for name in ("chunk.h5", "phase.h5", "claim.h5"):
            runner.seal(self.folder / name)
        runner.run(self.folder, "silent", CONFIG, "--record.rates=")
        for name, message, ranks in (
            ("none.h5", "cannot be read", 2),
            ("text.h5", "is not an HDF5 file", 1),
            ("cut.h5", "cut.h5", 2),
            ("flipped.h5", "is damaged", 3),
            ("other.h5", "no result of bayres", 1),
            ("changed.h5", "has no seal", 2),
            ("chunk.h5", "H5Dread failed", 3),
            ("phase.h5", "/phase: must be 0", 2),
            ("claim.h5", "/seed: claims 576460752303423488", 2),
            ("c.h5.checkpoint", "is a checkpoint", 1),
        ):
            with self.subTest(name=name):
                self.refused(["d.h5", name], 3, message, ranks)
        self.refused(["silent.h5", "--parts", "rates"], 3, "record.rates")

    def test_usage(self):
        shutil.copy(self.folder / "e.h5", self.folder / "twice.h5")
        runner.run(self.folder, "untested", CONFIG.replace("evaluate_at = 2, 12, 32, 62\n", ""), "--protocol.test=0")
        self.refused(["e.h5", "twice.h5"], 2, "give each network once", ranks=3)
        for arguments, message in (
            ([], "a file is missing"),
            (["e.h5", "--learner", "bayse"], "did you mean bayes"),
            (["e.h5", "--reference", "dleta"], "did you mean delta"),
            (["e.h5", "--criterion", "0"], "--criterion"),
            (["e.h5", "--segment", "300"], "a power of 2"),
            (["e.h5", "--quantiles", "half"], "--quantiles"),
            (["e.h5", "--phase", "later"], "one of train, test, all"),
            (["untested.h5", "--phase", "test"], "choose another --phase"),
            (["e.h5", "--unknown"], "unknown"),
            (["e.h5", "--memory", "100"], "192 to"),
        ):
            with self.subTest(arguments=arguments):
                self.refused(arguments, 2, message)

    def test_nothing_is_overwritten(self):
        (self.folder / "kept").mkdir()
        (self.folder / "kept" / "scores.csv").write_text("mine")
        (self.folder / "kept.h5").write_text("mine")
        for arguments in (["-o", "kept.h5"], ["-o", "new.h5", "--csv", "kept"]):
            process = analyze(["e.h5", *arguments], self.folder)
            self.assertEqual(process.returncode, 3)
            self.assertIn("exists already", process.stderr)
        self.assertEqual((self.folder / "kept" / "scores.csv").read_text(), "mine")
        self.assertEqual((self.folder / "kept.h5").read_text(), "mine")

    def test_help_and_version(self):
        self.assertIn("--bootstrap", analyze(["--help"], self.folder).stdout)
        self.assertIn("bayres-analyze 0.", analyze(["--version"], self.folder).stdout)


if __name__ == "__main__":
    unittest.main()
