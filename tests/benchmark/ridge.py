#!/usr/bin/python3
"""What ridge regression takes for one lambda and for eight, in processor time beyond a run with `delta`: per step, and at
the end for the solution. Usage: ridge.py BAYRES [NEURONS ...]. The fastest of three rounds."""
import pathlib
import resource
import subprocess
import sys
import tempfile

STEPS = (2000, 6000)
CONFIG = """[reservoir]
size = {neurons}
connectivity = 0.02
[task]
name = lorenz
[protocol]
washout = 10
train = {train}
test = 1
[learner.r]
{learner}
"""
LAMBDAS = "1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3"


def seconds(bayres, folder, **keys):
    """Processor time of a whole run."""
    (folder / "r.ini").write_text(CONFIG.format(**keys))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([bayres, "run", "r.ini", "--quiet", "--force"], cwd=folder, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def costs(bayres, folder, **keys):
    """Seconds of a step, and of a run beside its steps."""
    short, long = (min(seconds(bayres, folder, train=steps / 10, **keys) for _ in range(3)) for steps in STEPS)
    step = (long - short) / (STEPS[1] - STEPS[0])
    return step, long - STEPS[1] * step


def main():
    bayres = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for neurons in [int(text) for text in sys.argv[2:]] or [300, 1000]:
            step, fixed = costs(bayres, folder, neurons=neurons, learner="rule = delta")
            for lambdas in (LAMBDAS.split(", ")[4], LAMBDAS):
                learner = f"rule = ridge\nlambda = {lambdas}"
                ridge_step, ridge_fixed = costs(bayres, folder, neurons=neurons, learner=learner)
                print(f"N = {neurons}, {len(lambdas.split(','))} lambda: {1e6 * (ridge_step - step):.1f} us a step, "
                      f"{ridge_fixed - fixed:.2f} s at the end", flush=True)


if __name__ == "__main__":
    main()
