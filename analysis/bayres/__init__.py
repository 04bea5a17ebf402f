"""bayres in Python. The names of `results`, which reads result files, are those of the package as well: bayres.Result, ...,
and so are bayres.Spikes, bayres.compare and bayres.table."""

from . import statistics
from .comparisons import compare
from .results import (TEST, TRAIN, Condition, Learner, Result, ResultError, Study, list_of, open_hdf5, open_many,
                      program, read, read_config, refuse_to_overwrite)
from .spikes import Spikes
from .tables import table
