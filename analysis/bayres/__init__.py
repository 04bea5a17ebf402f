"""bayres in Python: bayres.run, ..., runs the program (`running`, `sweeps`, `submission`); bayres.Result, ..., reads
what it has written (`results`); bayres.ESN is an estimator of scikit-learn, which is imported when it is used
(`esn`)."""

from . import statistics
from .comparisons import compare
from .config import Config
from .results import (TEST, TRAIN, Condition, Error, Learner, Result, ResultError, Study, list_of, open_hdf5, open_many,
                      program, read, read_config, refuse_to_overwrite)
from .results import Result as open  # bayres.open(path)
from .running import (ConfigurationError, Diverged, FileError, Interrupted, RunError, dry_run, list_connections,
                      list_measures, list_neurons, list_rules, list_tasks, predict, program_path, resume, run,
                      write_data, write_network)
from .spikes import Spikes
from .submission import Submitted, submit
from .sweeps import Sweep, integers, log_uniform, sweep, uniform
from .tables import table


def __getattr__(name):
    if name == "ESN":
        from .esn import ESN

        return ESN
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return [*globals(), "ESN"]
