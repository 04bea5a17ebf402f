"""Reading result files of bayres into numpy arrays.

    with Result("result.h5") as result:
        error = result.target - result.learners["bayes"].output
    with Result("ensemble.h5") as ensemble:
        errors = ensemble.target - ensemble.learners["bayes"].output    # (seed, time, output)
"""

import configparser

import h5py
import numpy as np

TRAIN, TEST = 1, 2  # values of Result.phase; 0 is washout


class ResultError(Exception):
    """The file cannot be read, or is not a result of bayres."""


def open_hdf5(path):
    """The file, open for reading, as h5py.File."""
    try:
        return h5py.File(path, "r")
    except FileNotFoundError:
        raise ResultError(f"{path}: no such file") from None
    except OSError as error:
        raise ResultError(f"{path}: cannot be read as HDF5: {' '.join(str(error).split())}") from None


def _decoded(attributes):
    """The attributes as a dict, with texts as str."""
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in attributes.items()}


class Learner:
    """One learner of a result: its name, its `attributes` (rule, parameters, scores) and its series."""

    def __init__(self, group, parameter_names, network=None):
        self._group, self._network = group, network
        self.name = group.name.split("/")[-1]
        self.attributes = _decoded(group.attrs)
        if network is not None:
            self.attributes = {name: value[network] if isinstance(value, np.ndarray) else value
                               for name, value in self.attributes.items()}
        self.rule = self.attributes["rule"]
        #: the parameters of its rule, in the order of the configuration
        self.parameters = {name: self.attributes[name] for name in parameter_names if name in self.attributes}
        self.label = self.name

    def _series(self, path):
        if path not in self._group:
            return None
        # Of an ensemble, the times of evaluations are all that its networks share.
        return self._group[path][() if self._network is None or path.endswith("/time") else self._network]

    @property
    def output(self):
        """z before the update of each recorded step: (time, output)."""
        return self._series("output")

    @property
    def weights(self):
        """Readout weights: (snapshot, output, neuron)."""
        return self._series("weights")

    @property
    def learning_rate(self):
        """Learning rate of each synapse: (snapshot, output, neuron); None if the rule has no such rates."""
        return self._series("learning_rate")

    @property
    def evaluation(self):
        """Scores of frozen weights: {"time": (evaluation), "nrmse", "mae", "r2": (evaluation, output)}; {} if none."""
        return {name: self._series(f"evaluation/{name}") for name in self._group.get("evaluation", {})}


class Result:
    """A result file, open until closed (or until the end of a `with`).

    config                a ConfigParser of the whole configuration, defaults included
    attributes            attributes of the file: seed, status, bayres_version, ...
    performance           {"steps", "seconds_recurrent", ...}: where the time went
    learners              {name: Learner}
    time, phase           (time): times of recorded steps; 0 washout, 1 training, 2 test
    input, target         (time, input), (time, output)
    snapshot_time         (snapshot): times of the snapshots of weights
    rates                 (time, recorded), or None

    seeds                 (seed): of the networks of an ensemble; None for one network

    In an ensemble the series and scores of learners, and rates, have a leading axis for its networks; with `network`, a
    number from 0, they are those of that network, as in a result of its own.
    """

    def __init__(self, path, network=None):
        self._file = open_hdf5(path)
        try:
            self._open(path, network)
        except (KeyError, configparser.Error) as error:
            self.close()
            raise ResultError(f"{path}: not a result of bayres: {' '.join(str(error).split())}") from None
        except ResultError:
            self.close()
            raise

    def _open(self, path, network):
        missing = [name for name in ("time", "phase", "target", "snapshot_time", "learners") if name not in self._file]
        self.attributes = _decoded(self._file.attrs)
        if missing or "config" not in self.attributes:
            raise ResultError(f"{path}: not a result of bayres: it has no {', '.join(missing) or 'config'}")
        self.seeds = self._file["seed"][()] if "seed" in self._file else None
        if network is not None and self.seeds is None:
            raise ResultError(f"{path}: holds one network only: ask for none by its number")
        if network is not None and not 0 <= network < len(self.seeds):
            raise ResultError(f"{path}: has no network {network}: it has 0 to {len(self.seeds) - 1}")
        self._network = network
        self.config = configparser.ConfigParser(interpolation=None)
        self.config.read_string(self.attributes["config"])
        self.learners = {}
        for name in self._in_order_of_config(self._file["learners"]):
            section = f"learner.{name}"
            names = self.config[section] if section in self.config else []
            self.learners[name] = Learner(self._file["learners"][name], [key for key in names if key != "rule"],
                                          network)
        self._set_labels()

    def _in_order_of_config(self, names):
        order = {section: position for position, section in enumerate(self.config.sections())}
        return sorted(names, key=lambda name: order.get(f"learner.{name}", len(order)))

    def _set_labels(self):
        """Labels say as many parameters as tell learners of one rule apart, the first of the rule's first."""
        for rule in {learner.rule for learner in self.learners.values()}:
            family = [learner for learner in self.learners.values() if learner.rule == rule]
            shown = []
            for name in family[0].parameters:
                if len({tuple(learner.parameters.get(key) for key in shown) for learner in family}) == len(family):
                    break
                if len({learner.parameters.get(name) for learner in family}) > 1:
                    shown.append(name)
            for learner in family:
                values = [f"{name.replace('_', ' ')} = {learner.parameters[name]:.4g}" for name in shown]
                learner.label = ", ".join([learner.name] + values)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self._file.close()

    def _series(self, name):
        return self._file[name][()] if name in self._file else None

    @property
    def performance(self):
        return _decoded(self._file["performance"].attrs) if "performance" in self._file else {}

    time = property(lambda self: self._series("time"))
    phase = property(lambda self: self._series("phase"))
    input = property(lambda self: self._series("input"))
    target = property(lambda self: self._series("target"))
    snapshot_time = property(lambda self: self._series("snapshot_time"))

    @property
    def rates(self):
        rates = self._series("rates")
        return rates if rates is None or self._network is None else rates[self._network]
