"""bayres in Python. The names of `results`, which reads result files, are those of the package as well: bayres.Result, ...,
and so are bayres.Spikes, bayres.compare and bayres.table, and those of `running`, which runs the program: bayres.run, ..."""

from . import statistics
from .comparisons import compare
from .results import (TEST, TRAIN, Condition, Learner, Result, ResultError, Study, list_of, open_hdf5, open_many,
                      program, read, read_config, refuse_to_overwrite)
from .running import (ConfigurationError, Diverged, FileError, Interrupted, RunError, dry_run, list_connections, list_measures,
                      list_neurons, list_rules, list_tasks, predict, program_path, resume, run, sweep, write_data, write_network)
from .spikes import Spikes
from .tables import table
