#!/usr/bin/python3
"""The table of jobs/experiments/parallel/run: how far ahead reservoirs side by side see.

    jobs/experiments/parallel/parallel.py FOLDER -o OUTPUT
"""

import pathlib
import sys

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "analysis"))
from bayres import program, study
from bayres.study import Ensemble, table, test_error

def label(learner):
    return ", ".join([learner.rule, *(f"{key} = {learner.attributes[key]:g}" for key in ("branch_size", "lambda", "kappa")
                                      if key in learner.attributes)])


def rows(path, name):
    """One of each learner: medians of the error of one step, and of the valid time, over networks and starts."""
    ensemble = Ensemble(path)
    with h5py.File(path.with_name(f"{name}-scores.h5")) as file:
        for learner in ensemble.learners.values():
            times = file[f"learners/{learner.name}/valid_lyapunov_times"][()]  # (network, start)
            low, middle, high = np.percentile(times, (25, 50, 75))
            networks = " ".join(f"{time:.1f}" for time in np.median(np.atleast_2d(times), axis=1))
            yield [name, label(learner), f"{np.median(test_error(learner)):.1e}", f"{middle:.2f} ({low:.2f} - {high:.2f})", networks]


@program
def main():
    folder, output = study.folders(__doc__, "jobs/experiments/parallel/run")
    found = [path for path in sorted(folder.glob("*.h5")) if not path.stem.endswith("-scores")]
    text = table(["case", "learner", "error of one step", "valid time", "medians of networks"],
                 [row for path in found for row in rows(path, path.stem)])
    (output / "results.md").write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
