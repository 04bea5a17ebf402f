"""Reading result files of bayres into numpy arrays.

    with Result("result.h5") as result:
        error = result.target - result.learners["bayes"].output         # xarray, in the units of the user
        figures = result.plot()                                         # the usual ones, {name: matplotlib figure}
        error = result.series("target") - result.learners["bayes"].series("output")     # numpy, as they are in the file
    with Result("result.h5") as result:
        rates = result.select("rates", phase=TEST, columns=[0, 3])      # nothing else is read
        data = result.to_xarray()                                       # {"/": Dataset, "learners/bayes": Dataset, ...}
    with open_many(["seed1.h5", "seed2.h5", "other.h5"]) as study:
        for condition in study.conditions:
            print(condition.label, condition.scores("bayes", "test_nrmse"))
"""

import bisect
import codecs
import configparser
import functools
import pathlib
import re
import sys

import h5py
import numpy as np

from .spikes import Rows, Spikes

TRAIN, TEST = 1, 2  # values of Result.phase; 0 is washout

# Keys in which the networks of one condition may differ, as in bayres-analyze (study.cpp).
OWN_SECTIONS = ("ensemble", "output", "evaluate", "performance")
OWN_KEYS = ("run.seed", "run.replica", "run.checkpoint_every", "run.keep_checkpoints", "run.max_walltime", "run.stall_limit")

# Texts and numbers of a configuration that every result has (TEXTS, POSITIVE, NUMBERS), and numbers that some have.
TEXTS = ("task.name", "protocol.feedback")
POSITIVE = ("reservoir.size", "reservoir.dt", "reservoir.tau", "protocol.learn_every", "record.every")
NUMBERS = ("protocol.washout", "protocol.train")
OPTIONAL = ("reservoir.noise", "reservoir.gain", "protocol.evaluate_span", "run.replica", "task.delays", "task.interval")
# Neurons that have one of these have their own time constants, in ms, and reservoir.tau has no effect.
OWN_TIMES = ("neuron.tau_m", "neuron.tau_decay")
WHOLE = ("reservoir.size", "protocol.learn_every", "record.every", "run.replica", "task.delays")

# Data sets of a result and their dimensions; only an ensemble has `seed`. A dimension has the same length in all data sets;
# that of `neuron` is reservoir.size.
REQUIRED = {"time": "time", "phase": "time", "target": "time output", "input": "time input", "snapshot_time": "snapshot"}
OF_RATES = {"recorded": "recorded", "rates": "seed time recorded"}
OF_ENSEMBLE = {"seed": "seed", "replica": "seed"}
OF_NETWORK = {"W_in": "seed neuron input", "W_fb": "seed neuron output", "bias": "seed neuron", "x0": "seed neuron"}
DENSE = {"J": "seed neuron neuron"}
SPARSE = {"J_indptr": "seed row", "J_indices": "entry", "J_data": "entry"}
OF_SPIKES = {"time": "seed spike", "neuron": "seed spike"}
OF_LEARNER = {"output": "seed time output", "weights": "seed snapshot output feature"}
OF_LEARNERS_TRIALS = {"trial_output": "seed trial output", "trial_right": "seed trial output", "trial_class": "seed trial"}
OF_TRIALS = {"trial": "trial", "trial_time": "trial", "trial_phase": "trial", "trial_kind": "trial", "trial_target": "trial output"}
OF_SOME_LEARNERS = {"learning_rate": "seed snapshot output synapse", "test_nrmse_per_output": "seed output",
                    "recurrent_change": "seed snapshot neuron", "recurrent_weights": "seed snapshot recurrent neuron"}
INTEGERS = ("phase", "seed", "replica", "recorded", "neuron", "recurrent_neuron", "trial", "trial_phase", "trial_kind", "trial_class", "J_indptr", "J_indices")
KINDS = {int: "iu", float: "iuf"}  # numpy's kinds of numbers
SCORES = re.compile("(train|test)_(?!.*per_output).+")  # by measures, whatever they are
# Measures of outputs that are rates, and of those that send spikes, of which the others say nothing.
OF_VALUES = ("mae", "mse", "nrmse", "r2", "nrmse_joint", "nrmse_range", "nrmse_range_joint", "squared_correlation",
             "capacity")
OF_SENT_SPIKES = ("log_likelihood", "van_rossum", "coincidence")


class Error(RuntimeError):
    """Whatever bayres refuses, or the program has ended with."""


class ResultError(Error):
    """The file cannot be read, or is not a result of bayres."""


def _one_line(value):
    return " ".join(str(value).split())


def program(main):
    """A main function that reports an error in one line and returns exit code 2. What it draws goes to files alone."""
    def told():
        if "matplotlib" in sys.modules:
            sys.modules["matplotlib"].use("Agg")
        try:
            return main()
        except (ResultError, OSError) as error:
            print(f"{pathlib.Path(main.__code__.co_filename).stem}: {error}", file=sys.stderr)
            return 2
    return told


# A value as it is written in an INI file: items between commas, each plain or in double quotes.
QUOTED = r'"(?:[^"\\]|\\.)*"'
ITEM = re.compile(rf"[ \t]*({QUOTED}|[^,#]*)[ \t]*(?=[,#]|$)")


def _meaning(word):
    """A value or item without its quotes, if it has any."""
    if not (len(word) > 1 and word.startswith('"') and word.endswith('"')):
        return word
    return codecs.escape_decode(word[1:-1].encode(errors="surrogateescape"))[0].decode(errors="surrogateescape")


def _parsed(text):
    """(items, text, comment) of a value as it is written."""
    items, at = [], 0
    while True:
        found = ITEM.match(text, at)
        if found is None:
            raise configparser.ParsingError(f"a value whose quotes do not close: {text}")
        items.append(found[1].strip())
        at = found.end()
        if at == len(text) or text[at] == "#":
            break
        at += 1
    return ([] if items == [""] else items), text[:at].strip(), text[at + 1:].strip()


class _Values(configparser.Interpolation):
    def before_get(self, parser, section, option, value, defaults):
        items, text, comment = _parsed(value)
        if text == "auto" and comment:
            return comment  # the value that was used
        return _meaning(text) if len(items) == 1 else text


def read_config(text):
    """The configuration in a result or checkpoint (its attribute `config`), as a ConfigParser. Its values have no quotes and
    no comments, and `auto` is replaced by the value that was used; with raw=True they are as written. Keys without effect
    are left out. `list_of` gives the items of a list."""
    config = configparser.ConfigParser(delimiters=("=",), comment_prefixes=("#", ";"), interpolation=_Values(),
                                       default_section="")
    config.optionxform = str
    config.read_string(text.decode() if isinstance(text, bytes) else text)
    return config


def list_of(config, section, key):
    """The items of a list in a configuration, as texts."""
    return list_items(config.get(section, key, raw=True))


def list_items(text):
    """The items of a list as it is written, as texts."""
    return [_meaning(item) for item in _parsed(text)[0]]


def has_own_times(config):
    """Whether times of a configuration are in ms."""
    return any(config.has_option(*key.split(".")) for key in OWN_TIMES)


def open_hdf5(path):
    """The file, open for reading, as h5py.File."""
    try:
        return h5py.File(path, "r")
    except FileNotFoundError:
        raise ResultError(f"{path}: no such file") from None
    except OSError as error:
        raise ResultError(f"{path}: cannot be read as HDF5: {_one_line(error)}") from None


def read(data, index=()):
    """The values of a data set; a ResultError names damaged data."""
    try:
        return data[index]
    except OSError as error:
        raise ResultError(f"{data.file.filename}:{data.name}: {_one_line(error)}") from None


def refuse_to_overwrite(outputs, inputs):
    """A ResultError if one of the files to be written is one of those that are read."""
    for output in map(pathlib.Path, outputs):
        for path in map(pathlib.Path, inputs):
            if output.exists() and path.exists() and output.samefile(path):
                raise ResultError(f"{output}: would overwrite an input: choose another name with -o")


class _Layout:
    """Checks that an open file is a result. A ResultError names the data set or attribute that is wrong.

    Only attributes and shapes are read; after that, the data sets can be used without further checks.
    """

    def __init__(self, file):
        self._file, self._path = file, file.filename
        self._sizes = {}  # {dimension: (size, what it is known from)}
        self.of_networks = set()  # data sets that differ between the networks of an ensemble
        self._ensemble = "seed" in file
        self.config = self._configuration()
        self._attribute("/", "status", str)
        if self._ensemble:
            self._require(OF_ENSEMBLE)
        else:
            self._attribute("/", "seed", int)
        self._require(REQUIRED)
        if "rates" in file or "recorded" in file:
            self._require(OF_RATES)
        if "trial" in file:
            self._require(OF_TRIALS)
        if "recurrent_neuron" in file:
            self._require({"recurrent_neuron": "recurrent"})
        if "spikes" in file:
            self._group("spikes")
            self._require(OF_SPIKES, "spikes/")
        if "network" in file:
            self._network("network")
        for group in ("inputs", "performance"):
            if group in file:
                self._group(group)
        for name in self._group("learners"):
            self._learner(name)

    def _fail(self, what):
        raise ResultError(f"{self._path}: not a result of bayres: {what}")

    def _configuration(self):
        text = self._attribute("/", "config", str)
        try:
            config = read_config(text)
            values = {key: config.get(*key.split("."), fallback="") for key in (*POSITIVE, *NUMBERS, *OPTIONAL, *TEXTS)}
            if has_own_times(config) or ".." in values["reservoir.tau"]:  # or a range of time constants
                del values["reservoir.tau"]
        except (configparser.Error, UnicodeDecodeError, ValueError) as error:
            self._fail(f"its configuration cannot be read: {_one_line(error)}")
        for key, value in values.items():
            if not value and key not in OPTIONAL:
                self._fail(f"its configuration has no {key}")
            if key not in TEXTS:
                self._number(key, value or "0")
        size = config.getint("reservoir", "size")
        self._sizes |= {"neuron": (size, "reservoir.size"), "row": (size + 1, "reservoir.size")}
        return config

    def _number(self, key, text):
        try:
            number = (int if key in WHOLE else float)(text)
        except ValueError:
            number = np.nan
        if not np.isfinite(number) or (key in POSITIVE and number <= 0):
            kind = ("a positive" if key in POSITIVE else "a") + (" whole number" if key in WHOLE else " number")
            self._fail(f"its configuration has {key} = {text}, and should have {kind}")

    # ---- attributes

    def _attribute(self, group, name, kind, required=True):
        """Its value; kind is str, int or float. Numbers are one, or in learners of an ensemble one for each network."""
        attributes = self._file[group].attrs
        where = f"attribute {name}" if group == "/" else f"attribute {name} of /{group}"
        if name not in attributes:
            return self._fail(f"it has no {where}") if required else None
        try:
            value = attributes[name]
        except (OSError, TypeError, ValueError, KeyError):
            self._fail(f"{where} cannot be read")
        array = np.asarray(value)
        if not (isinstance(value, (str, bytes)) if kind is str else array.dtype.kind in KINDS[kind]):
            wanted = {str: "a text", int: "a whole number", float: "a number"}[kind]
            shown = _one_line(value)
            self._fail(f"{where} is {shown if len(shown) <= 30 else shown[:27] + '...'}, and should be {wanted}")
        shapes = [(), (self._sizes["seed"][0],)] if self._ensemble and kind is not str else [()]
        if array.shape not in shapes:
            self._fail(f"{where} has the shape {array.shape}, and should have {' or '.join(map(str, shapes))}")
        return value

    # ---- data sets

    def _group(self, name):
        if not isinstance(self._file.get(name), h5py.Group):
            self._fail(f"it has no {name}" if name not in self._file else f"/{name} should be a group")
        return self._file[name]

    def _require(self, layout, place="", required=True):
        for name, text in layout.items():
            path, dimensions = place + name, text.split()
            if dimensions[0] == "seed" and self._ensemble:
                self.of_networks.add(path)
            dimensions = [name for name in dimensions if name != "seed" or self._ensemble]
            kind = int if name in INTEGERS else float
            wanted = f"{'whole numbers' if kind is int else 'numbers'} ({', '.join(dimensions)})"
            if path in self._file:
                self._data(path, dimensions, kind, wanted)
            elif required:
                self._fail(f"it has no /{path}: {wanted}")

    def _data(self, path, dimensions, kind, wanted):
        data = self._file[path]
        if not isinstance(data, h5py.Dataset):
            self._fail(f"/{path} is a group, and should be {wanted}")
        try:
            dtype, shape = data.dtype, data.shape
        except (OSError, TypeError, ValueError):
            self._fail(f"/{path} cannot be read, and should be {wanted}")
        if dtype.kind not in KINDS[kind]:
            self._fail(f"/{path} is {'text' if dtype.kind in 'OSU' else f'of type {dtype}'}, and should be {wanted}")
        if shape is None or len(shape) != len(dimensions):
            self._fail(f"/{path} has the shape {shape}, and should be {wanted}")
        for name, size in zip(dimensions, shape):
            known, source = self._sizes.setdefault(name, (size, f"/{path}"))
            if size != known:
                self._fail(f"/{path} has the shape {shape}, and should be {wanted}: by {source}, {name} is {known} long")

    def _network(self, place):
        self._group(place)
        self._require(OF_NETWORK, f"{place}/")
        self._require(DENSE if "J" in self._file[place] else SPARSE, f"{place}/")

    def _learner(self, name):
        place = f"learners/{name}"
        group = self._group(place)
        self._attribute(place, "rule", str)
        self._attribute(place, "diverged_at_step", int)
        for score in filter(SCORES.fullmatch, list(group.attrs)):
            self._attribute(place, score, float)
        self._parameters(place, f"learner.{name}")
        for dimension in ("feature", "synapse"):
            self._sizes.pop(dimension, None)  # of each learner
        self._require(OF_LEARNER, f"{place}/")
        self._require(OF_SOME_LEARNERS, f"{place}/", required=False)
        if "network" in group:
            self._network(f"{place}/network")
        if "trial" in self._file:
            other = "trial_right" if "trial_class" in group else "trial_class"
            self._require({name: shape for name, shape in OF_LEARNERS_TRIALS.items() if name != other}, f"{place}/")
        if "evaluation" in group:
            measures = dict.fromkeys(measures_in(self._group(f"{place}/evaluation")), "seed evaluation output")
            self._require(measures | {"time": "evaluation"}, f"{place}/evaluation/")
        if "free_run" in group:
            scores = {name: data for name, data in self._group(f"{place}/free_run").items() if name != "seed"}
            of_windows = {name: data.ndim > self._ensemble for name, data in scores.items() if isinstance(data, h5py.Dataset)}
            self._require({name: "seed window" if of_windows.get(name) else "seed" for name in scores}, f"{place}/free_run/")

    def _parameters(self, place, section):
        """Parameters that are numbers in the configuration must be numbers in the attributes too."""
        for key in self.config[section] if section in self.config else ():
            try:
                float(self.config.get(section, key))
            except (ValueError, configparser.Error):
                continue
            self._attribute(place, key, float, required=False)


def measures_in(group):
    """The data sets of a group, but for the seeds of its networks."""
    return [name for name in group if name != "seed"]


def _open(path):
    """(h5py.File, _Layout) of a result, whose data sets and attributes have the right types and shapes."""
    file = open_hdf5(path)
    try:
        return file, _Layout(file)
    except BaseException:
        file.close()
        raise


def _decoded(attributes):
    """The attributes as a dict, with texts as str."""
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in attributes.items()}


def _short(value):
    return value if isinstance(value, str) else f"{value:.4g}"


def _of_network(value, network, networks):
    """The number or numbers of one of the networks of an ensemble, or of all (None): those of each follow one another."""
    if value.size > networks and value.size % networks == 0:
        value = value.reshape(networks, -1)
    return value if network is None else value[network]


class Network:
    """A network in a result: the one that a run began with, or what a learner has made of it.

    state               "initial", "learned" or, where numbers are NaN, "diverged"; of an ensemble "initial" or "learned"
    J                   (neuron, neuron), onto the first from the second: an array, or a scipy.sparse.csr_matrix if it is stored
                        so; of all networks of an ensemble an array (seed, neuron, neuron), or a list of matrices
    W_in, W_fb          (neuron, input), (neuron, output)
    bias, x0            (neuron)
    """

    def __init__(self, result, place):
        self._result, self._place = result, place
        self.state = _decoded(result._file[place].attrs).get("state", "initial")

    def _series(self, name):
        return self._result.series(f"{self._place}/{name}")

    W_in = property(lambda self: self._series("W_in"))
    W_fb = property(lambda self: self._series("W_fb"))
    bias = property(lambda self: self._series("bias"))
    x0 = property(lambda self: self._series("x0"))

    @property
    def J(self):
        if f"{self._place}/J" in self._result._file:
            return self._series("J")
        starts = self._series("J_indptr").astype(np.int64)
        return self._sparse(starts) if starts.ndim == 1 else [self._sparse(row) for row in starts]

    def _sparse(self, starts):
        """The rows that these are the starts of: the entries of the networks of an ensemble follow each other."""
        import scipy.sparse

        columns, values = (read(self._result._file[f"{self._place}/J_{name}"], slice(starts[0], starts[-1]))
                           for name in ("indices", "data"))
        size = len(starts) - 1
        if np.any(np.diff(starts) < 0) or starts[0] < 0 or len(values) != starts[-1] - starts[0] or np.any(columns >= size):
            raise ResultError(f"{self._result.path}: /{self._place}/J_indptr and J_indices are not those of a J ({size}, {size})")
        return scipy.sparse.csr_matrix((values, columns.astype(np.int64), starts - starts[0]), (size, size))


def known(times):
    """Of one network without the NaN by which the shorter trains of its ensemble end."""
    return times if times is None or times.ndim > 1 else times[np.isfinite(times)]


class Learner:
    """One learner of a result.

    name, rule      and label, which says by its parameters what it is among the learners of its rule
    attributes      rule, parameters, scores; of a choice of lambda "fit_validation_lambda", "fit_validation_nrmse": (candidate)
    parameters      those of its rule, in the order of the configuration
    output          z before the update of each recorded step: an xarray.DataArray (time, output), of which only what is used is
                    read, in the units and with the names of the user's columns; of an ensemble (seed, time, output)
    weights         readout weights: (snapshot, output, neuron); of a bias and inputs (readout.features) after those of neurons
    learning_rate   learning rate of each synapse: (snapshot, output, neuron); None if the rule has no such rates
    shared_variance V of each recorded step: (time); None if the rule does not share its uncertainty
    test_nrmse      NRMSE of each output in the test phase: (output). None in results of an ensemble by the first versions
    evaluation      scores of frozen weights by every measure: {"time": (evaluation), "nrmse", ...: (evaluation, output)}; {} if none
    free_run        scores of the test phase in a closed loop: {"valid_time", "held", ...: a number, "aligned_nrmse", ...:
                    (window)}; {} if none
    trial_output    mean output in each trial: (trial, output), beside Result.trials; None for tasks without trials
    trial_right     1 if it has the sign of the mean target, 0 if not, NaN if nothing was asked: (trial, output). Of classes
                    1 if trial_class is that of the trial: (trial, 1)
    trial_class     the class that is answered, as the place of its output: (trial), -1 where none is scored; None if outputs
                    are not classes (task.target_is = class)
    fold            of a cross-validation (protocol.folds), from 1; 0 without. without_fold is the name that all folds share
    sends_spikes    whether its output sends spikes
    spike_time      the times of these: (spike), of an ensemble (network, spike), shorter trains ending in NaN; None if it
                    sends none
    network         the Network as it has learned it; None if it leaves J alone, or was not recorded
    recurrent_change    how far the recurrent weights onto each neuron have moved: (snapshot, neuron); None as above
    recurrent_weights   those onto Result.recurrent_neuron, 0 where there are none: (snapshot, recurrent, neuron); None if not
                        recorded (record.recurrent)
    """

    def __init__(self, result, name):
        self._result, self.name = result, name
        self._group, network = result._file[f"learners/{name}"], result._network
        networks = 0 if result.seeds is None else len(result.seeds)
        self.attributes = {key: _of_network(value, network, networks) if networks and isinstance(value, np.ndarray) else value
                           for key, value in result._of_learners[name].items()}
        self.rule, self.label = self.attributes["rule"], name
        section = f"learner.{name}"
        keys = result.config[section] if section in result.config else ()
        self.parameters = {key: self.attributes[key] for key in keys if key != "rule" and key in self.attributes}

    def series(self, path):
        """A data set of this learner as it is in the file, such as "output", as a numpy array; None if there is none."""
        return self._result.series(f"learners/{self.name}/{path}")

    @property
    def output(self):
        from .lazy import series

        return series(self._result, f"learners/{self.name}/output", "target")

    @property
    def networks(self):
        """[(seed, replica)] of the networks whose scores `attributes` holds."""
        result = self._result
        all_of_them = result.seeds is not None and result._network is None
        return [_draws(result, number) for number in (range(len(result.seeds)) if all_of_them else [result._network])]

    weights = property(lambda self: self.series("weights"))
    shared_variance = property(lambda self: self.series("shared_variance"))
    learning_rate = property(lambda self: self.series("learning_rate"))
    trial_output = property(lambda self: self.series("trial_output"))
    trial_class = property(lambda self: self.series("trial_class"))
    fold = property(lambda self: int(self.attributes.get("fold", 0)))
    without_fold = property(lambda self: self.name.rpartition("_fold_")[0] or self.name)
    network = property(lambda self: self._result._network_in(f"learners/{self.name}/network"))
    sends_spikes = property(lambda self: self.attributes.get("output") == "spikes")
    spike_time = property(lambda self: known(self.series("spike_time")))
    recurrent_change = property(lambda self: self.series("recurrent_change"))
    recurrent_weights = property(lambda self: self.series("recurrent_weights"))

    @property
    def trial_right(self):
        said = self.trial_class
        if said is None:
            return self.series("trial_right")
        kind = self._result.trials["kind"]
        return np.where((said < 0) | (kind < 0), np.nan, said == kind)[..., None]

    def confusion(self, phase=TEST):
        """How many trials of each class in a phase were taken for each class: (class, class that is answered), of an ensemble
        all networks together. ResultError if outputs are not classes."""
        said, trials = self.trial_class, self._result.trials
        if said is None:
            raise ResultError(f"{self._result.path}: outputs are not classes (task.target_is = class)")
        classes = self._result.outputs
        inside = trials["phase"] == phase
        kinds = np.broadcast_to(trials["kind"], said.shape)[..., inside].ravel()
        said = said[..., inside].ravel()
        counts = np.zeros((classes, classes), int)
        known = (said >= 0) & (kinds >= 0)
        np.add.at(counts, (kinds[known], said[known]), 1)
        return counts

    def is_scored_by(self, name):
        """Whether a score, such as test_nrmse, says how good its output is: an error of values says little of spikes."""
        measure = name.removeprefix("train_").removeprefix("test_")
        return measure not in (OF_VALUES if self.sends_spikes else OF_SENT_SPIKES)

    @property
    def test_nrmse(self):
        scores = self.series("test_nrmse_per_output")
        return self.attributes.get("test_nrmse_per_output") if scores is None else scores

    @property
    def evaluation(self):
        return {name: self.series(f"evaluation/{name}") for name in measures_in(self._group.get("evaluation", {}))}

    @property
    def free_run(self):
        return {name: self.series(f"free_run/{name}") for name in measures_in(self._group.get("free_run", {}))}


class Result:
    """A result file, open until closed (or until the end of a `with`).

    config                a ConfigParser of the whole configuration, defaults included (see read_config)
    attributes            attributes of the file: seed, status, bayres_version, ...
    performance           {"steps", "seconds_recurrent", ...}: where the time went
    learners              {name: Learner}
    time, phase           (time): times of recorded steps; 0 washout, 1 training, 2 test
    input, target         (time, input), (time, output): xarray, as the output of a learner
    outputs               their number
    snapshot_time         (snapshot): times of the snapshots of weights
    rates                 (time, recorded), or None
    network               the Network that the run began with, or None if it was not recorded
    time_unit             of all times: "unit of tau", or "ms" of neurons that have their own time constants
    spikes                the recorded Spikes, of an ensemble without `network` a list of them; None if there are none
    recurrent_neuron      (recurrent): neurons whose recurrent weights were recorded, or None
    target_spike_time     (spike): times at which an output is to send spikes; None if none does
    trials                {"time", "phase", "kind": (trial), "target": (trial, output)}: end, phase (of its beginning),
                          type and mean target of each trial; {} if the task has none

    seeds                 (seed): of the networks of an ensemble; None for one network

    inputs                {"task": {"path", "checksum", "columns", "units", "mean", "sd", ...}}: files it was made from
    columns               {"input": names of channels, "target": names of channels (and outputs)}; without names [] each

    In an ensemble the series and scores of learners, and rates, have a leading axis for its networks; with `network`, a
    number from 0, they are those of that network, as in a result of its own.
    """

    _whole = None  # the ensemble that this is one network of, if it was opened by of_network

    def __init__(self, path, network=None):
        self.path, self._network = path, network
        self._file, self._layout = _open(path)
        self.config = self._layout.config
        try:
            self._read_settings()
        except ResultError:
            self.close()
            raise

    def of_network(self, network):
        """One network of an ensemble, as Result(path, network); it is not read again, and is closed with this one."""
        one = Result.__new__(Result)
        one.path, one._network, one._whole = self.path, network, self
        one._file, one._layout, one.config = self._file, self._layout, self.config
        one._read_settings()
        return one

    def _read_settings(self):
        whole = self._whole
        self.attributes = whole.attributes if whole else _decoded(self._file.attrs)
        self._of_learners = whole._of_learners if whole else {
            name: _decoded(group.attrs) for name, group in self._file["learners"].items()}
        self.seeds = whole.seeds if whole else self._file["seed"][()] if "seed" in self._file else None
        if self._network is not None and self.seeds is None:
            raise ResultError(f"{self.path}: holds one network only: ask for none by its number")
        if self._network is not None and not 0 <= self._network < len(self.seeds):
            raise ResultError(f"{self.path}: has no network {self._network}: it has 0 to {len(self.seeds) - 1}")
        order = {section: position for position, section in enumerate(self.config.sections())}
        names = sorted(self._of_learners, key=lambda name: order.get(f"learner.{name}", len(order)))
        self.learners = {name: Learner(self, name) for name in names}
        self._set_labels()

    def _set_labels(self):
        """Labels say as many parameters as tell learners of one rule apart: those that were set, then those that follow from
        them, each in the rule's order."""
        def follows(name):
            sections = [f"learner.{learner.name}" for learner in family]
            return any(self.config.get(section, name, raw=True, fallback="auto").startswith("auto") for section in sections)

        for rule in {learner.rule for learner in self.learners.values()}:
            family = [learner for learner in self.learners.values() if learner.rule == rule]
            shown = []
            for name in sorted(family[0].parameters, key=follows):
                if len({tuple(learner.parameters.get(key) for key in shown) for learner in family}) == len(family):
                    break
                if len({learner.parameters.get(name) for learner in family}) > 1:
                    shown.append(name)
            for learner in family:
                values = [f"{name.replace('_', ' ')} = {_short(learner.parameters.get(name, 'none'))}" for name in shown]
                learner.label = ", ".join([learner.name] + values)

    def __repr__(self):
        networks = "" if self.seeds is None else f", {len(self.seeds)} networks"
        return f"Result({str(self.path)!r}: {self.attributes['status']}{networks}, learners {', '.join(self.learners)})"

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        if self._whole is None:
            self._file.close()

    def require_one_network(self):
        if self.seeds is not None and self._network is None:
            raise ResultError(f"{self.path}: an ensemble of {len(self.seeds)} networks: choose one, with --network 0 to "
                              f"{len(self.seeds) - 1}")

    def series(self, path, rows=()):
        """A data set as it is in the file, or rows of it, of the chosen network, as a numpy array; None if there is none."""
        if path not in self._file:
            return None
        chosen = self._network is not None and path in self._layout.of_networks
        return read(self._file[path], (self._network, *np.index_exp[rows]) if chosen else rows)

    time = property(lambda self: self.series("time"))
    phase = property(lambda self: self.series("phase"))
    input = property(lambda self: self._in_units("input"))
    target = property(lambda self: self._in_units("target"))
    outputs = property(lambda self: self._file["target"].shape[-1])
    snapshot_time = property(lambda self: self.series("snapshot_time"))
    rates = property(lambda self: self.series("rates"))
    step_weight = property(lambda self: self.series("step_weight"))
    recurrent_neuron = property(lambda self: self.series("recurrent_neuron"))
    target_spike_time = property(lambda self: known(self.series("target_spike_time")))
    network = property(lambda self: self._network_in("network"))

    def _network_in(self, place):
        return Network(self, place) if place in self._file else None

    @property
    def time_unit(self):
        return "ms" if has_own_times(self.config) else "unit of tau"

    def phase_times(self, phase):
        """(from, to): when a phase begins and ends, as it is planned. Its steps end after `from`, and by `to`."""
        dt = self.config.getfloat("reservoir", "dt")
        steps = [round(self.config.getfloat("protocol", key, fallback=0) / dt) for key in ("washout", "train", "test")]
        return sum(steps[:phase]) * dt, sum(steps[:phase + 1]) * dt

    @functools.cached_property
    def spikes(self):
        if "spikes" not in self._file:
            return None
        if self.seeds is None or self._network is not None:
            return self._spikes_of(self._network)
        return [self._spikes_of(network) for network in range(len(self.seeds))]

    def _spikes_of(self, network):
        """Of the only network (None), or of one of an ensemble."""
        time, neuron = (Rows(functools.partial(read, self._file[f"spikes/{name}"]), network) for name in ("time", "neuron"))
        number = self._file["spikes/time"].shape[-1]
        if network is not None:  # the padding, of numbers -1, is at the end
            number = bisect.bisect_left(range(number), True, key=lambda row: neuron[row] < 0)
        end = self.phase_times(TEST)[1]
        if self.attributes["status"] != "complete":  # it stopped some time after its last record
            end = max([0, *self.time[-1:], *([time[number - 1]] if number else [])])
        return Spikes(time, neuron, self._spiking(), 0, end, self.config.getfloat("reservoir", "dt"), (0, number))

    def _spiking(self):
        """Numbers of the neurons whose spikes were recorded."""
        wanted = list_of(self.config, "record", "spikes")
        if wanted == ["true"]:
            return np.arange(self.config.getint("reservoir", "size"))
        try:
            ends = [[int(end) for end in item.split("..")] for item in wanted]
        except ValueError:
            raise ResultError(f"{self.path}: its configuration has record.spikes = {', '.join(wanted)}, and should have numbers of "
                              "neurons") from None
        return np.unique(np.concatenate([np.arange(first[0], first[-1] + 1) for first in ends]))

    @property
    def trials(self):
        return {name: self.series(f"trial_{name}") for name in ("time", "phase", "kind", "target") if "trial" in self._file}

    @property
    def inputs(self):
        return {name: _decoded(group.attrs) for name, group in self._file.get("inputs", {}).items()}

    @property
    def columns(self):
        return {name: [column.decode() if isinstance(column, bytes) else str(column)
                       for column in self._file[name].attrs.get("columns", [])] for name in ("input", "target")}

    def _of_columns(self, values, channel):
        """What is said of each column of the task's file, of those that are inputs or targets."""
        inputs = len(values) - len(self.columns["target"])
        return values[:inputs] if channel == "input" and inputs > 0 else values[inputs:]

    def scale(self, channel):
        """(mean, sd) of each "input" or "target" by which task.normalise has scaled it; None if it has not."""
        task = self.inputs.get("task", {})
        scales = [self._file[channel].attrs, {key: self._of_columns(task[key], channel) for key in ("mean", "sd") if "mean" in task}]
        return next(((scale["mean"], scale["sd"]) for scale in scales if "mean" in scale), None)

    def units(self, channel):
        """The units of each "input" or "target", as the user's file names them; [] if it does not."""
        return list(self._of_columns(self.inputs.get("task", {}).get("units", []), channel))

    def in_units(self, values, channel="target"):
        """Targets or outputs (..., output), or with channel = "input" inputs (..., input), in the units of the task or of
        the user's file; as they are if task.normalise has not scaled them."""
        scale = self.scale(channel)
        return values if scale is None else values * scale[1] + scale[0]

    def _in_units(self, channel):
        from .lazy import series

        return series(self, channel, channel)

    def predict(self, data, **options):
        """Outputs of the trained readouts for new data, as bayres.predict."""
        from .running import predict

        return predict(self, data, **options)

    def plot(self, *names, **options):
        """The usual figures, or those that are named, as plots.plot."""
        from .plots import plot

        return plot(self, *names, **options)

    @property
    def seed(self):
        """Of the one network; of an ensemble without `network`, of all."""
        return self.attributes["seed"] if self._network is None else self.seeds[self._network]

    @functools.cached_property
    def replicas(self):
        """(seed): numbers of the initial states and noise streams of the networks of an ensemble, or None."""
        return self._whole.replicas if self._whole else self._file["replica"][()] if "replica" in self._file else None

    @property
    def performance(self):
        """Seconds per part of the step and the like, by name."""
        return _decoded(self._file["performance"].attrs) if "performance" in self._file else {}

    def select(self, path, time=None, phase=None, columns=None):
        """Part of a series over time: only that part is read.

        path      of a data set that has the dimension time, such as "rates", "target", "learners/bayes/output"
        time      (from, to): recorded steps whose time is in [from, to)
        phase     TRAIN or TEST
        columns   numbers along the last dimension

        Of an ensemble, without `network`, all networks, along the first axis.
        """
        if path not in self._file:
            raise ResultError(f"{self._file.filename}: has no {path}")
        data = self._file[path]
        dimensions = [scale[0].name.split("/")[-1] if len(scale) else "" for scale in data.dims]
        dimensions = ["time"] if path.strip("/") == "time" else dimensions
        if "time" not in dimensions:
            raise ResultError(f"{self._file.filename}:{path}: has no dimension time")
        chosen = np.ones(len(self._file["time"]), bool)
        if time is not None:
            chosen &= (self.time >= time[0]) & (self.time < time[1])
        if phase is not None:
            chosen &= self.phase == phase
        steps = np.flatnonzero(chosen)  # one run of steps, since time rises and phases follow each other
        rows = slice(steps[0], steps[-1] + 1) if steps.size else slice(0, 0)
        index = [rows if name == "time" else slice(None) for name in dimensions]
        if self._network is not None and dimensions[0] == "seed":
            index[0] = self._network
        if columns is not None:
            index[-1] = np.asarray(columns)
        return data[tuple(index)]

    def to_xarray(self):
        """The whole result, read into memory: {path of a group: xarray.Dataset}, the file itself as "/".

        Data sets have the dimensions of the file, with their numbers as coordinates; snapshots and evaluations have
        their times as further coordinates. Attributes are those of the groups, and `units` and `long_name`. With
        `network`, of that network alone.
        """
        import xarray

        names = ["/"]
        self._file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Group) else None)
        groups = {}
        for name in names:
            data = xarray.load_dataset(self.path, group=name, engine="netcdf4", mask_and_scale=False, decode_times=False)
            if "time" in data and "time" not in data.dims and name != "spikes":
                data = data.rename(time="evaluation_time").set_coords("evaluation_time")
            whole = groups.get("/", data)
            numbers = {key: whole[key] for key in data.dims if key in whole.coords}
            if "snapshot" in data.dims:
                numbers["snapshot_time"] = whole["snapshot_time"]
            groups[name] = data.assign_coords(numbers)
        if self._network is not None:
            groups = {name: data.isel(seed=self._network, drop=True, missing_dims="ignore") for name, data in groups.items()}
            if "spikes" in groups:  # without the padding
                groups["spikes"] = groups["spikes"].isel(spike=groups["spikes"]["neuron"].values >= 0)
        return groups

class Condition:
    """Networks that differ only in their random numbers.

    label      the keys in which the configuration differs from that of other conditions, with its values, or "all"
    networks   [(Result, number of the network in it, or None)], by seed and replica
    seeds      (network)
    learners   names, in the order of the configuration
    """

    def __init__(self, keys):
        self.keys, self.label, self.networks = keys, "all", []

    @property
    def result(self):
        """The first network's file."""
        return self.networks[0][0]

    @property
    def learners(self):
        return list(self.result.learners)

    @property
    def seeds(self):
        return np.array([_draws(*network)[0] for network in self.networks])

    @functools.cached_property
    def single(self):
        """[Result of one network], in the same order; closed with the study."""
        return [result if number is None else result.of_network(number) for result, number in self.networks]

    def each(self, value):
        """value(Result of one network) for each network, stacked along a first axis."""
        return np.array([value(network) for network in self.single])

    def scores(self, learner, name):
        """(network): an attribute of a learner, such as test_nrmse; NaN where there is none."""
        return np.array([result.learners[learner].attributes.get(name, np.nan) if number is None else
                         np.broadcast_to(result.learners[learner].attributes.get(name, np.nan), len(result.seeds))[number]
                         for result, number in self.networks])

    def by_network(self, learner, name):
        """The same as {(seed, replica): value}, which `compare` takes."""
        return dict(zip((_draws(*network) for network in self.networks), self.scores(learner, name)))


def _draws(result, network):
    """Seed and replica of one network."""
    if network is None:
        return int(result.attributes["seed"]), result.config.getint("run", "replica", fallback=0)
    return int(result.seeds[network]), int(result.replicas[network])


class Study:
    """Several results, grouped as bayres-analyze does; open until closed (or until the end of a `with`).

    conditions   [Condition], in the order in which they are first met
    """

    def __init__(self, paths):
        self.results, self.conditions = [], []
        try:
            for path in paths:
                self._add(Result(path))
            for condition in self.conditions:
                self._set_label(condition)
                self._sort(condition)
        except ResultError:
            self.close()
            raise

    def _add(self, result):
        self.results.append(result)
        keys = {f"{section}.{key}": value for section in result.config.sections() if section not in OWN_SECTIONS
                for key, value in result.config[section].items() if f"{section}.{key}" not in OWN_KEYS}
        condition = next((known for known in self.conditions if known.keys == keys), None)
        if condition is None:
            condition = Condition(keys)
            self.conditions.append(condition)
        numbers = [None] if result.seeds is None else range(len(result.seeds))
        condition.networks += [(result, number) for number in numbers]

    def _set_label(self, condition):
        shown = [f"{key} = {value}" for key, value in condition.keys.items()
                 if any(other.keys.get(key) != value for other in self.conditions)]
        condition.label = ", ".join(shown) or "all"

    @staticmethod
    def _sort(condition):
        condition.networks.sort(key=lambda network: _draws(*network))
        for before, after in zip(condition.networks, condition.networks[1:]):
            if _draws(*before) == _draws(*after):
                raise ResultError(f"{after[0].path}: the network of seed {_draws(*after)[0]} is in {before[0].path} too: "
                                  "give each network once")

    def compare(self, **options):
        """A table of how learners compare, as comparisons.table_of."""
        from .comparisons import table_of

        return table_of(self, **options)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        for result in self.results:
            result.close()


def open_many(paths):
    """Several results, of single networks or ensembles, as one Study."""
    return Study(paths)
