#!/usr/bin/python3
"""The table of jobs/experiments/transforms/run: networks with a J that is not stored against those with a dense or sparse one.

    jobs/experiments/transforms/transforms.py FOLDER -o OUTPUT
"""

import pathlib
import sys

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "analysis"))
from bayres import program, study
from bayres.study import Ensemble, spread, table, test_error

KINDS = ("dense", "sparse", "gaussian", "orthogonal")


def row(folder, kind):
    sines, loop, memory = (Ensemble(folder / f"{kind}-{name}.h5") for name in ("sines", "loop", "memory"))
    rls = loop.one("rls")
    with h5py.File(folder / f"{kind}-forecasts.h5") as file:
        valid = file["learners/ridge/valid_time"][()]  # (network, start)
    return [kind, *(spread(test_error(sines.one(rule))) for rule in ("bayes", "delta", "ridge")),
            spread(memory.one("ridge").attributes["test_capacity"]), spread(test_error(rls)),
            f"{int(np.nansum(rls.free_run['held']))} of {loop.networks}",
            spread(np.median(valid, axis=1))]


@program
def main():
    folder, output = study.folders(__doc__, "jobs/experiments/transforms/run")
    text = table(["J", "bayes", "delta 1e-4", "ridge", "memory capacity", "FORCE", "held", "Lorenz, valid time"],
                 [row(folder, kind) for kind in KINDS])
    (output / "results.md").write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
