"""An echo state network with the methods of scikit-learn.

    esn = bayres.ESN(units=500, spectral_radius=0.9, leak=0.3, ridge=1e-6)
    esn.fit(u, y).score(u_new, y_new)           # (time, inputs) and (time,) or (time, outputs)
    future = bayres.ESN(units=500).fit(y).forecast(200)
    GridSearchCV(bayres.ESN(), {"leak": [0.1, 0.3, 1]}, cv=TimeSeriesSplit(5)).fit(u, y)

Every fit is a run of the program, which `configuration` gives, and has the bits of bayres.run.
"""

import numpy as np

from . import running
from .results import Result

try:
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.metrics import r2_score
    from sklearn.utils.validation import check_array, check_is_fitted
except ImportError as error:
    hint = "apt-get install python3-sklearn, or pip install scikit-learn"
    raise ImportError(f"bayres.ESN needs scikit-learn: {hint}") from error

try:
    from sklearn.utils.validation import validate_data  # from 1.6 on
except ImportError:
    def validate_data(estimator, *arguments, **options):
        return estimator._validate_data(*arguments, **options)

RESULT = "result.h5"  # in the folder of a fit
READOUT = "readout"  # the learner's name
# What check_estimator asks of estimators whose samples have no order.
OF_SAMPLES_WITHOUT_ORDER = {
    "check_methods_sample_order_invariance": "samples are steps of time: their order is what is learned",
    "check_methods_subset_invariance": "samples are steps of time: an output depends on the steps before it",
}


class ESN(RegressorMixin, BaseEstimator):
    """A reservoir with a readout: r(k+1) = (1 - leak) r(k) + leak tanh(J r(k) + W_in u(k) + b), z = w (r, 1).

    Parameters
    units             number of neurons
    spectral_radius   of J; at most about 1 for the network to forget how it began. None leaves it to `gain`
    gain              in place of it: J is drawn from Normal(0, gain^2 / (connectivity units))
    leak              share of a rate that is new in each step, above 0 up to 1
    input_scale       W_in is uniform within +- this, a number or one for each input
    bias_scale        b is uniform within +- this; with 0 the network can only learn odd functions of its inputs
    connectivity      share of the synapses of J that are there
    ridge             penalty on the sum of squares of weights, of rule "ridge"
    washout           steps at the beginning of a series from which nothing is learned, and which `score` leaves out
    noise             standard deviation of noise on states
    normalise         whether inputs and targets are scaled by the mean and sd of what is learned from; outputs are in
                      the units given
    neuron            "tanh", "relu", "identity", "sigmoid": bayres.list_neurons()
    rule              of the readout, one of bayres.list_rules()
    rule_keys         {key: value} of the rule
    keys              {"section.key": value} of anything else, which win over what is said here
    seed              of all random numbers: the same seed gives the same bits
    ranks             of each run

    A series begins with x(0) in `fit` and in each call of `predict`.
    """

    def __init__(self, units=100, *, spectral_radius=0.9, gain=None, leak=1.0, input_scale=0.3, bias_scale=0.2,
                 connectivity=0.1, ridge=1e-6, washout=0, noise=0.0, normalise=True, neuron="tanh", rule="ridge",
                 rule_keys=None, keys=None, seed=1, ranks=1):
        self.units, self.spectral_radius, self.gain, self.leak = units, spectral_radius, gain, leak
        self.input_scale, self.bias_scale, self.connectivity = input_scale, bias_scale, connectivity
        self.ridge, self.washout, self.noise, self.normalise = ridge, washout, noise, normalise
        self.neuron, self.rule, self.rule_keys = neuron, rule, rule_keys
        self.keys, self.seed, self.ranks = keys, seed, ranks

    # ---- what is run

    def configuration(self, steps, inputs, outputs):
        """What is run for a series of so many steps, {"section.key": value}; `outputs` 0: each input is to be forecast.
        bayres.run of it, with the series as data={"u": ..., "y": ...}, gives the bits of `fit`."""
        if not 0 < self.leak <= 1:
            raise ValueError(f"leak = {self.leak}: allowed is above 0 up to 1")
        horizon = self._horizon(outputs == 0)
        if not 0 <= self.washout < steps - horizon:
            raise ValueError(f"washout = {self.washout}: of {steps} steps allowed is 0 to {steps - horizon - 1}")
        radius = {"gain": self.gain} if self.gain is not None else {"spectral_radius": self.spectral_radius}
        target = {"target": columns("y", outputs)} if outputs else {"target": columns("u", inputs), "horizon": 1}
        sections = {
            "run": {"seed": self.seed},
            "reservoir": {"size": self.units, **radius, "connectivity": self.connectivity, "dt": 1,
                          "tau": 1 / self.leak, "leak_on": "rate", "input_scale": self.input_scale,
                          "bias_scale": self.bias_scale, "noise": self.noise},
            "neuron": {"model": self.neuron},
            "readout": {"features": "rates+bias"},
            "task": {"name": "file", "input": columns("u", inputs), "split": 1, **target,
                     "normalise": "zscore" if self.normalise else "none"},
            "protocol": {"washout": self.washout, "train": steps - self.washout - horizon, "test": 0},
            "record": {"every": steps},
            f"learner.{READOUT}": {"rule": self.rule, **({"lambda": self.ridge} if self.rule == "ridge" else {}),
                                   **(self.rule_keys or {})}}
        found = {f"{section}.{key}": value for section, keys in sections.items() for key, value in keys.items()}
        return found | (self.keys or {})

    def _horizon(self, of_series):
        """How many steps ahead a target is, which the last steps of a series do not have."""
        return max(0, round((self.keys or {}).get("task.horizon", int(of_series))))

    def fit(self, X, y=None):
        """Learns y (time,) or (time, outputs) from X (time, inputs), or to forecast X (time,) or (time, channels)
        itself."""
        X, y = self._checked(X, y)
        data = {"u": X} if y is None else {"u": X, "y": y if y.ndim == 2 else y[:, None]}
        config = self.configuration(len(X), X.shape[1], data["y"].shape[1] if "y" in data else 0)
        folder = running.Folder()
        [path] = running.words(config, {}, None, folder.path)
        try:
            with running.run(path, folder.path / RESULT, ranks=self.ranks, data=data) as result:
                learners = list(result.learners)
        except running.Interrupted:  # its checkpoint vanishes with the folder, and a search would go on with the next fit
            raise KeyboardInterrupt from None
        if learners != [READOUT]:
            raise ValueError(f"a list of values makes {len(learners)} readouts: give one value to each parameter")
        self._folder = folder
        self._series = X if y is None else None
        return self

    def _checked(self, X, y):
        self._one_dimensional = np.asarray(X if y is None else y).ndim == 1
        if y is None:
            X = np.asarray(X)[:, None] if self._one_dimensional else X
            return validate_data(self, X, dtype=float, ensure_min_samples=3), None
        return validate_data(self, X, y, dtype=float, multi_output=True, y_numeric=True, ensure_min_samples=2)

    # ---- what it has learned

    @property
    def _path(self):
        return self._folder.path / RESULT

    @property
    def result_(self):
        """The open bayres.Result of `fit`."""
        check_is_fitted(self, "_folder")
        return Result(self._path)

    @property
    def coef_(self):
        """Readout weights of neurons and bias, of what task.normalise has scaled: (outputs, units + 1)."""
        with self.result_ as result:
            return result.learners[READOUT].weights[-1]

    def _evaluated(self, X, **keys):
        found = running.predict(self._path, {"u": X}, ranks=self.ranks, **keys)[READOUT]
        return found[:, 0] if self._one_dimensional else found

    def predict(self, X):
        """Outputs (time,) or (time, outputs) for a series X (time, inputs), which begins with x(0); of a network that
        was fitted to forecast, of the step after each."""
        check_is_fitted(self, "_folder")
        X = np.asarray(X)[:, None] if self._series is not None and np.asarray(X).ndim == 1 else X
        X = validate_data(self, X, dtype=float, reset=False)
        after = np.repeat(X[-1:], self._horizon(self._series is not None), axis=0)  # which is not heard
        return self._evaluated(np.concatenate([X, after]))

    def forecast(self, n, history=None):
        """The next n steps, (n,) or (n, channels), of the series that was fitted, or of another `history`: the network
        hears all of it, and then its own outputs."""
        check_is_fitted(self, "_folder")
        if self._series is None:
            raise ValueError("forecast: outputs become inputs only if they are the series itself: call fit(series), "
                             "without y")
        heard = self._series if history is None else check_array(np.reshape(history, (len(history), -1)), dtype=float)
        padded = np.concatenate([heard, np.repeat(heard[-1:], n + 1, axis=0)])  # which is not heard
        return self._evaluated(padded, **{"evaluate.closed_loop": True, "evaluate.washout": len(heard) - 1,
                                          "evaluate.span": n})

    def score(self, X, y=None, sample_weight=None):
        """R^2 of predict(X) after the washout, the mean over outputs; without y of the series one step ahead."""
        z = self.predict(X)
        y, z = (np.asarray(y), z) if y is not None else (np.asarray(X)[1:], z[:-1])
        weight = None if sample_weight is None else np.asarray(sample_weight)[self.washout:]
        return r2_score(y[self.washout:], z[self.washout:], sample_weight=weight)

    # ---- pickle, and what scikit-learn asks

    def __getstate__(self):
        state = super().__getstate__().copy()
        if state.pop("_folder", None) is not None:
            state["_saved"] = self._path.read_bytes()
        return state

    def __setstate__(self, state):
        saved = state.pop("_saved", None)
        super().__setstate__(state)
        if saved is not None:
            self._folder = running.Folder()
            self._path.write_bytes(saved)

    def __sklearn_tags__(self):  # from 1.6 on
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _more_tags(self):
        return {"multioutput": True, "_xfail_checks": OF_SAMPLES_WITHOUT_ORDER}


def columns(name, number):
    return ", ".join(f"{name}:{column}" for column in range(number))
