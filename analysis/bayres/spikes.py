"""Recorded spikes, and what they say: intervals, rates, the rate of the population and its power spectrum.

    with Result("result.h5") as result:
        spikes = result.spikes
        for time, neuron in spikes.pieces():                 # of a large file, piece by piece
            ...
        test = spikes.between(*result.phase_times(TEST))     # nothing is read yet
        rates, cvs = test.rates(), test.cvs()                # (neuron)
        frequency, power = test.power_spectrum()

    Spikes(time, neuron)                                     # of one's own arrays

Times are in ms, and rates and frequencies in Hz. All that is computed reads the spikes in pieces, so memory does not grow with
their number; only `time`, `neuron`, `trains` and `for_neo` hold all of them.
"""

import bisect

import numpy as np

PIECE = 2**20  # spikes
HZ = 1000  # of 1/ms
SEGMENT = 1024  # windows of a power spectrum


class Spikes:
    """Spikes of one network from `start` to `end` (ms).

    time, neuron    (spike): time in ms, and number of the neuron; in order of time, then of neurons
    neurons         (neuron): numbers of all recorded neurons, ascending, silent ones too; results are in this order
    step            ms: a spike at time t came in the step from t - step to t. 0: times are exact

    Anything of which numpy reads a slice will do for time and neuron, such as data sets of a file.
    """

    def __init__(self, time, neuron, neurons=None, start=0.0, end=None, step=0.0, rows=None):
        self._time, self._neuron = time, neuron
        self._first, self._last = rows or (0, len(time))
        self.neurons = np.unique(neuron[self._first:self._last]) if neurons is None else np.asarray(neurons)
        self.start, self.step = float(start), float(step)
        self.end = float(time[self._last - 1] if end is None and len(self) else start if end is None else end)

    def __len__(self):
        return self._last - self._first

    time = property(lambda self: self._time[self._first:self._last])
    neuron = property(lambda self: self._neuron[self._first:self._last])

    def pieces(self, most=PIECE):
        """(time, neuron) of at most so many spikes, one piece after the other."""
        for first in range(self._first, self._last, most):
            rows = slice(first, min(first + most, self._last))
            yield self._time[rows], self._neuron[rows]

    def between(self, start, end):
        """The spikes of the steps from time `start` to time `end`; of exact times those in [start, end)."""
        start, end = (min(max(time, self.start), self.end) for time in (start, end))
        first, last = (bisect.bisect_left(self._time, time + self.step / 2, self._first, self._last) for time in (start, end))
        return Spikes(self._time, self._neuron, self.neurons, start, max(start, end), self.step, (first, max(first, last)))

    def _placed(self):
        """(time, place in `neurons`) of each piece."""
        for time, neuron in self.pieces():
            place = np.searchsorted(self.neurons, neuron)
            strange = self.neurons[np.minimum(place, len(self.neurons) - 1)] != neuron if len(self.neurons) else neuron == neuron
            if strange.any():
                raise ValueError(f"a spike of neuron {neuron[strange][0]}, which is not among the neurons recorded")
            yield time, place

    def counts(self):
        """(neuron): numbers of spikes."""
        counts = np.zeros(len(self.neurons), int)
        for _, place in self._placed():
            counts += np.bincount(place, minlength=len(counts))
        return counts

    def rates(self):
        """(neuron): spikes in the whole time, in Hz; NaN where there is no time."""
        return HZ * self.counts() / ((self.end - self.start) or np.nan)

    def _intervals(self):
        """(interval, place in `neurons`) of each piece: by neuron, then in order of time."""
        last = np.full(len(self.neurons), np.nan)  # spike of each neuron
        for time, place in self._placed():
            order = np.argsort(place, kind="stable")
            time, place = time[order], place[order]
            starts = np.concatenate([[True], place[1:] != place[:-1]])
            before = np.concatenate([[np.nan], time[:-1]])
            before[starts] = last[place[starts]]
            ends = np.concatenate([starts[1:], [True]])
            last[place[ends]] = time[ends]
            known = np.isfinite(before)
            yield (time - before)[known], place[known]

    def intervals(self):
        """(interval, neuron): all intervals between two spikes of a neuron, in ms, and whose they are; in no order."""
        pieces = list(self._intervals())
        empty = (np.zeros(0), np.zeros(0, int))
        intervals, places = (np.concatenate(parts) for parts in zip(*(pieces or [empty])))
        return intervals, self.neurons[places]

    def cvs(self):
        """(neuron): standard deviation / mean of the intervals: 0 of regular spikes, 1 of a Poisson process. NaN with fewer
        than two intervals. Of few intervals it comes out too small."""
        size = len(self.neurons)
        number, sums, squares, one = np.zeros(size, int), np.zeros(size), np.zeros(size), np.full(size, np.nan)
        for interval, place in self._intervals():
            met, where = np.unique(place, return_index=True)
            one[met] = np.where(np.isnan(one[met]), interval[where], one[met])  # the sums are of differences from the first
            number += np.bincount(place, minlength=size)
            sums += np.bincount(place, interval - one[place], size)
            squares += np.bincount(place, (interval - one[place])**2, size)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = sums / number
            cvs = np.sqrt(np.maximum(squares / number - mean**2, 0)) / (one + mean)
        return np.where(number < 2, np.nan, cvs)

    def _whole_steps(self, window):
        return self.step * max(1, round(window / self.step)) if self.step else window

    def population_rate(self, window=1.0):
        """(time, rate): the middle of each window of so many ms, and spikes in it for each recorded neuron, in Hz. Windows are
        rounded to whole steps; one that has no full length at the end is left out."""
        window = self._whole_steps(window)
        number = int((self.end - self.start) / window * (1 + 1e-12))
        counts = np.zeros(number)
        for time, _ in self.pieces():
            place = np.floor((time - self.step / 2 - self.start) / window).astype(int)
            counts += np.bincount(place[place < number], minlength=number)
        return self.start + window * (np.arange(number) + 0.5), HZ * counts / (window * max(1, len(self.neurons)))

    def power_spectrum(self, window=1.0, segment=SEGMENT):
        """(frequency, power): one-sided power density of the population rate (Welch 1967: Hann windows of `segment` values that
        overlap by half, without their means), in Hz and in Hz^2/Hz. Of n independent Poisson processes of rate r it is 2 r/n
        at every frequency."""
        from scipy import signal  # it takes long to load

        _, rate = self.population_rate(window)
        if len(rate) < 2:
            raise ValueError(f"{len(rate)} windows have no power spectrum: needs two at least")
        return signal.welch(rate, HZ / self._whole_steps(window), nperseg=min(segment, len(rate)))

    def trains(self):
        """{number of the neuron: (spike) times}, of every recorded neuron."""
        order = np.argsort(self.neuron, kind="stable")
        time, neuron = self.time[order], self.neuron[order]
        return dict(zip(self.neurons.tolist(), np.split(time, np.searchsorted(neuron, self.neurons[1:]))))

    def for_neo(self):
        """What Neo's spike trains are made of: [neo.SpikeTrain(**train) for train in spikes.for_neo()]."""
        return [{"times": np.clip(times, self.start, self.end), "units": "ms", "t_start": self.start, "t_stop": self.end,
                 "neuron": neuron} for neuron, times in self.trains().items()]


class Rows:
    """The spikes of one network in a data set that is read by slices; of an ensemble, without the padding at its end."""

    def __init__(self, read, network=None):
        self._read, self._network = read, network

    def __getitem__(self, index):
        return self._read(index if self._network is None else (self._network, index))
