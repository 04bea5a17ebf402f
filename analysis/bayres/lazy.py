"""Series of a result as xarray.DataArray: nothing of their values is read before it is used, and then only what is
asked for.

    output = result.learners["bayes"].output            # (time, output), in the units of the user's file
    output.sel(output="temperature", time=slice(10, 20)).plot()
    error = result.target - output                      # now they are read
"""

import os

import numpy as np
import xarray
from xarray.backends import BackendArray
from xarray.core import indexing

from .results import open_hdf5, read


class Series(BackendArray):
    """A data set of a result, of which `scale`, (mean, sd) of each column, makes the units of the user. The file is
    opened where the result has been closed meanwhile."""

    def __init__(self, file, path, network, scale):
        self._file, self._name = file, os.path.abspath(file.filename)
        self._path, self._network, self._scale = path, network, scale
        data = file[path]
        self.shape = data.shape if network is None else data.shape[1:]
        self.dtype = np.dtype(data.dtype if scale is None else float)

    def __getstate__(self):
        return {**self.__dict__, "_file": None}  # of another process or a copy, which opens the file by its name

    def __getitem__(self, key):
        if isinstance(key, indexing.VectorizedIndexer):
            return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._values)
        return self._values(key.tuple)

    def _values(self, key):
        if self._file:
            return self._of(self._file, key)
        with open_hdf5(self._name) as file:
            return self._of(file, key)

    def _of(self, file, key):
        """Of numbers of rows all between the first and the last are read, which HDF5 does much faster than one by
        one."""
        stored, taken = [], []
        for one, size in zip(key, self.shape):
            if isinstance(one, np.ndarray):
                first = int(one.min()) if one.size else 0
                stored.append(slice(first, int(one.max()) + 1 if one.size else 0))
                taken.append(one - first)
            elif isinstance(one, slice):
                rows = range(*one.indices(size))
                ends = sorted((rows[0], rows[-1])) if rows else (0, -1)
                stored.append(slice(ends[0], ends[1] + 1, abs(rows.step)))
                taken.append(slice(None, None, -1 if rows.step < 0 else 1))
            else:
                stored.append(one)
        own = () if self._network is None else (self._network,)
        values = read(file[self._path], (*own, *stored))
        for axis, rows in enumerate(taken):
            values = values[(slice(None),) * axis + (rows,)]
        if self._scale is None:
            return values
        mean, sd = (column[key[-1]] for column in self._scale)
        return values * sd + mean


def series(result, path, channel):
    """A series over time of a result, `path`, whose columns are those of `channel`, "input" or "target"."""
    data = result._file[path]
    network = result._network if path in result._layout.of_networks else None
    ensemble = result.seeds is not None and result._network is None and path in result._layout.of_networks
    last = "input" if channel == "input" else "output"
    dimensions = ("seed", "time", last) if ensemble else ("time", last)
    names = result.columns[channel] or list(range(data.shape[-1]))
    coordinates = {"time": ("time", result.time, {"units": result.time_unit}), "phase": ("time", result.phase),
                   last: names}
    if ensemble:
        coordinates |= {"seed": result.seeds, "replica": ("seed", result.replicas)}
    found = xarray.DataArray(indexing.LazilyIndexedArray(Series(result._file, path, network, result.scale(channel))),
                             coordinates, dimensions, name=path.rsplit("/", 1)[-1])
    units = result.units(channel)
    found.attrs = {"long_name": "readout output" if path.startswith("learners/") else channel}
    found.attrs |= {"units": units[0] if len(set(units)) == 1 else ", ".join(units)} if any(units) else {}
    return found
