"""Running bayres from Python, in a script or a notebook.

    import bayres
    result = bayres.run("lorenz.ini", ranks=2, **{"reservoir.size": 2000})
    result = bayres.run({"reservoir": {"size": 200}, "task.name": "narma10", "learner.r.rule": "ridge",
                         "protocol": {"washout": 20, "train": 500, "test": 100}})
    result = bayres.run(config, data={"u": u, "y": y}, **{"task.input": "u", "task.target": "y"})
    print(result.learners["r"].attributes["test_nrmse"])

The program is that of BAYRES, of the PATH, or of a build of this tree; several ranks are started by srun within a job
of SLURM, else by mpirun. It runs in a session of its own: under an outer MPI program nothing of that is inherited, and
results have the bits that the command line gives.
"""

import atexit
import collections.abc
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import weakref

import numpy as np

from . import progress as progress_bar
from .results import Error, Result, open_hdf5

DONE, USAGE, INPUT_OUTPUT, ALL_DIVERGED, STOPPED = 0, 2, 3, 4, 75
ROOT = pathlib.Path(__file__).resolve().parents[2]
# Of an outer MPI program, which a run must not take for its own.
OF_OUTER_MPI = re.compile("(OMPI|PMIX|PMI|PRTE|ORTE|HYDRA|MPI)_")
KEPT = re.compile("OMPI_(MCA_(?!orte_|ess_|pmix_)|ALLOW_RUN_AS_ROOT)")  # settings, not what a launcher says


class RunError(Error):
    """The program has ended with an error. `code` is its exit code, and `message` what it said."""

    def __init__(self, message, code=1):
        super().__init__(message)
        self.message, self.code = message, code


class ConfigurationError(RunError):
    """The configuration or the command is wrong. `problems` has each mistake, with its key and what is allowed."""

    def __init__(self, message, code=USAGE):
        super().__init__(message, code)
        lines = [line.strip() for line in message.splitlines() if line.startswith("  ")]
        self.problems = lines or [message.removeprefix("bayres: ").strip()]


class FileError(RunError):
    """A file cannot be read or written, or is damaged."""


class Diverged(RunError):
    """Every learner has diverged. `path` is the result, which says when."""

    def __init__(self, message, path):
        super().__init__(message, ALL_DIVERGED)
        self.path = path


class Interrupted(RunError):
    """The run was stopped, by a signal, Ctrl-C or its wall time; `checkpoint` holds it, and `resume(...)` goes on."""

    def __init__(self, message, checkpoint):
        super().__init__(message, STOPPED)
        self.checkpoint = checkpoint

    def resume(self, **options):
        if self.checkpoint is None:  # of several runs
            raise Error("there is no one checkpoint to resume from: the same call goes on")
        return resume(self.checkpoint, **options)


def program_path(name="bayres"):
    """The program: that of the environment variable (BAYRES), of the PATH, or the newest build of this tree. FileError
    if there is none."""
    given = os.environ.get(name.upper().replace("-", "_"))
    found = given or shutil.which(name)
    if not found:
        builds = sorted(ROOT.glob(f"build/*/{name}"), key=lambda path: path.stat().st_mtime)
        found = str(builds[-1]) if builds else None
    if not found or not os.access(found, os.X_OK):
        raise FileError(f"{found or name}: there is no such program: name it in the environment variable "
                        f"{name.upper()}, put it on the PATH, or build it: cmake --preset release && "
                        "cmake --build --preset release",
                        INPUT_OUTPUT)
    return os.path.abspath(found)


def launcher(ranks):
    """What starts so many ranks."""
    if ranks == 1:
        return []
    given = os.environ.get("BAYRES_LAUNCH")
    if given:
        return [*given.split(), "-n", str(ranks)]
    if "SLURM_JOB_ID" in os.environ and shutil.which("srun"):
        return ["srun", "--mpi=pmix", "-n", str(ranks)]
    return ["mpirun", "--oversubscribe", "-n", str(ranks)]


def environment(launched=False):
    """That of the program. One that is not started by a launcher needs no daemon of Open MPI, which takes most of a
    short run."""
    known = {name: value for name, value in os.environ.items() if not OF_OUTER_MPI.match(name) or KEPT.match(name)}
    if os.geteuid() == 0:  # a container
        known |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return known if launched else known | {"OMPI_MCA_ess_singleton_isolated": "1"}


def call(arguments, ranks=1, progress=False):
    """(exit code, stdout, stderr) of the program. With `progress` what it prints to stderr is shown, its progress as a
    bar. Ctrl-C asks the run for a checkpoint, and waits for it."""
    command = [*launcher(ranks), program_path(), *map(str, arguments)]
    own = environment(ranks > 1) | ({"BAYRES_PROGRESS": "second"} if progress else {})
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                               text=True, errors="replace", env=own, start_new_session=True)
    bar, said = progress_bar.Bar() if progress else None, {"out": [], "err": []}

    def read(stream, name):
        for line in stream:
            said[name].append(line)
            if bar and name == "err":
                bar.line(line.rstrip("\n"))
    readers = [threading.Thread(target=read, args=stream, daemon=True)
               for stream in ((process.stdout, "out"), (process.stderr, "err"))]
    for reader in readers:
        reader.start()
    while True:
        try:
            process.wait()
            break
        except KeyboardInterrupt:
            process.send_signal(signal.SIGUSR1)
    for reader in readers:
        reader.join()
    process.stdout.close()
    process.stderr.close()
    if bar:
        bar.end()
    return process.returncode, "".join(said["out"]), "".join(said["err"])


def require(code, err, *, path=None, checkpoint=None):
    """Raises what an exit code means."""
    of_mpi = re.compile(r"^-{20,}\n.*?^-{20,}\n?", re.MULTILINE | re.DOTALL)
    message = "\n".join(line for line in of_mpi.sub("", err).strip().splitlines() if not progress_bar.LINE.match(line))
    message = message or f"bayres has ended with exit code {code}"
    if code == DONE:
        return
    if code == STOPPED:
        raise Interrupted(f"{path}: stopped; .resume() goes on", checkpoint)
    if code == ALL_DIVERGED:
        raise Diverged(f"{path}: every learner has diverged", path)
    kind = {USAGE: ConfigurationError, INPUT_OUTPUT: FileError}.get(code, RunError)
    raise kind(message, code)


def scratch():
    """A new folder, which is there until Python ends."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bayres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class Folder:
    """A new folder, which is there as long as this object."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="bayres-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


# ---- what is given as a configuration, keys and data


def value_text(value):
    """A value as it is written in an INI file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, range):
        return ", ".join(map(str, value))
    if isinstance(value, np.ndarray) or (isinstance(value, collections.abc.Sequence) and not isinstance(value, str)):
        return ", ".join(map(item_text, value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return str(value)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def item_text(value):
    """An item of a list, in quotes if it is a list itself or has a comma."""
    text = value_text(value)
    return quoted(text) if re.search('[,#"]', text) and not isinstance(value, (int, float, np.number)) else text


def line_text(value):
    """A value in a file, where # begins a comment outside quotes."""
    text = value_text(value)
    return quoted(text) if "#" in text and '"' not in text else text


def config_text(config):
    """INI of {section: {key: value}}, or {"section.key": value}; the name of a learner belongs to its section."""
    sections = {}
    for name, value in config.items():
        if isinstance(value, collections.abc.Mapping):
            sections.setdefault(name, {}).update(value)
            continue
        parts = name.split(".")
        count = 2 if parts[0] == "learner" else 1
        section, key = ".".join(parts[:count]), ".".join(parts[count:])
        if not key:
            raise ConfigurationError(f"{name}: is no section of keys, and no section.key")
        sections.setdefault(section, {})[key] = value
    return "\n".join(f"[{name}]\n" + "".join(f"{key} = {line_text(value)}\n" for key, value in keys.items())
                     for name, keys in sections.items())


def write_data(path, data):
    """Writes an HDF5 file for task.path: {name: array}, a pandas.DataFrame or an xarray.Dataset. One-dimensional arrays
    are columns of their name, columns of others are NAME:0, ... ; with task.sequence = first_dimension the first
    dimension numbers sequences."""
    import h5py

    if hasattr(data, "data_vars"):  # xarray
        data = {name: variable.values for name, variable in data.data_vars.items()}
    elif hasattr(data, "columns"):  # pandas
        data = {str(name): data[name].to_numpy() for name in data.columns}
    numbers = {name: as_numbers(name, values) for name, values in data.items()}
    with h5py.File(path, "w") as file:
        for name, values in numbers.items():
            file[name] = values
    return path


def as_numbers(name, values):
    """A column as an array; ConfigurationError if it holds something else."""
    try:
        values = np.asarray(values)
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        wrong = next((value for value in np.asarray(values, object).ravel() if not is_number(value)), "rows of several lengths")
        raise ConfigurationError(f"data: column {name} holds {wrong!r}, which is no number: leave the column out, or make it "
                                 f"numbers") from None
    if values.dtype.kind in "mM":
        numbers[np.isnat(values)] = np.nan
    return numbers


def is_number(value):
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def write_once(path, data, force=False):
    """The same, unless other data are there, which earlier runs were made from: ConfigurationError then, without `force`."""
    new = write_data(path.with_name(f"{path.name}.new"), data)
    if not force and path.exists() and path.read_bytes() != new.read_bytes():
        new.unlink()
        raise ConfigurationError(f"{path}: holds other data, of an earlier call: choose another folder or output")
    new.replace(path)
    return path


def write_network(path, J, W_in=None, W_fb=None, bias=None, x0=None):
    """Writes a file for reservoir.network: J (neuron, neuron), onto the first from the second, an array or of
    scipy.sparse; with it all or none of W_in (neuron, input), W_fb (neuron, output), bias and x0 (neuron)."""
    import h5py

    with h5py.File(path, "w") as file:
        if hasattr(J, "tocsr"):
            J = J.tocsr()
            file["J_indptr"], file["J_indices"], file["J_data"] = J.indptr, J.indices, J.data
        else:
            file["J"] = np.asarray(J, float)
        for name, values in (("W_in", W_in), ("W_fb", W_fb), ("bias", bias), ("x0", x0)):
            if values is not None:
                file[name] = np.asarray(values, float)
    return path


def key_words(keys):
    """Keys as they stand on the command line."""
    return [f"--{key}={value_text(value)}" for key, value in keys.items()]


def words(config, keys, data, folder=None, start=""):
    """The configuration's path and the words for keys. What is no file is written to one in the folder, by default one
    that is there until Python ends; its name begins so."""
    written = data is not None or not isinstance(config, (str, os.PathLike)) or "\n" in str(config)
    folder = scratch() if folder is None and written else folder
    if isinstance(config, collections.abc.Mapping) or (isinstance(config, str) and "\n" in config):
        path = folder / f"{start}config.ini"
        path.write_text(config if isinstance(config, str) else config_text(config))
        config = path
    keys = dict(keys)
    if data is not None:
        keys["task.path"] = write_once(folder / f"{start}data.h5", data)
    return [str(config), *key_words(keys)]


# ---- what can be done


def shown(arguments, ranks, progress):
    """(exit code, stderr) of a run, with a bar, or quiet."""
    progress = progress_bar.in_notebook() if progress is None else progress
    code, _, err = call([*arguments, *([] if progress else ["--quiet"])], ranks, progress)
    return code, err


def run(config, output=None, *, ranks=1, data=None, progress=None, force=False, **keys):
    """Runs a configuration, and returns its open bayres.Result.

    config   path of an INI file, or its text; or {section: {key: value}}, {"section.key": value} or a bayres.Config
    output   path of the result; by default in a folder that is there until Python ends
    data     what task.path is to hold (write_data); with an output in the file OUTPUT.data.h5, which a checkpoint needs
    keys     **{"section.key": value}, which win over the configuration
    progress whether a bar is shown while it runs; by default in a notebook

    Raises ConfigurationError, FileError, Diverged or Interrupted. Ctrl-C writes a checkpoint and raises Interrupted.
    """
    if output is not None and data is not None:  # which resume needs, also after Python has ended
        path = pathlib.Path(f"{pathlib.Path(output).resolve()}.data.h5")
        keys, data = {**keys, "task.path": write_once(path, data, force)}, None
    output = pathlib.Path(output) if output is not None else scratch() / "result.h5"
    said = ["run", *words(config, keys, data), "-o", str(output), *(["--force"] if force else [])]
    code, err = shown(said, ranks, progress)
    require(code, err, path=output, checkpoint=f"{output}.checkpoint")
    return Result(output)


def resume(checkpoint, *, ranks=1, progress=None, **keys):
    """Goes on from a checkpoint, on any number of ranks; the open bayres.Result."""
    with open_hdf5(checkpoint) as file:
        output = file.attrs["result"]
    output = output.decode() if isinstance(output, bytes) else str(output)
    code, err = shown(["resume", str(checkpoint), *key_words(keys)], ranks, progress)
    require(code, err, path=output, checkpoint=checkpoint)
    return Result(output)


def predict(result, data, *, ranks=1, **keys):
    """Outputs of the trained readouts of a result for new data: {learner: (time, output)}, of several starts
    (start, time, output), of an ensemble (network, ..., time, output), in the units of the user's file.

    result   a bayres.Result or its path, of task.name = file
    data     a path, or what write_data takes
    keys     **{"evaluate.key" or "task.key": value}
    """
    source = result.path if isinstance(result, Result) else result
    with tempfile.TemporaryDirectory(prefix="bayres-") as folder:
        path = data if isinstance(data, (str, os.PathLike)) else write_data(f"{folder}/data.h5", data)
        scores = f"{folder}/scores.h5"
        keys = {"task.start": 0} | keys  # so that data that it has learned from are another recording, too
        code, _, err = call(["evaluate", str(source), f"--task.path={path}", "-o", scores, "--quiet",
                             *key_words(keys)], ranks)
        require(code, err, path=source)
        with open_hdf5(scores) as file:
            found = {name: group["output"][()] for name, group in file["learners"].items()}
    with Result(source) as origin:
        is_one = origin.seeds is None and all(np.prod(values.shape[:-2]) == 1 for values in found.values())
        return {name: origin.in_units(values.reshape(values.shape[-2:]) if is_one else values)
                for name, values in found.items()}


def dry_run(config, *, ranks=(1,), data=None, **keys):
    """What a run would need, as a pandas.DataFrame with a row for each number of ranks."""
    import io

    import pandas

    code, out, err = call(["run", *words(config, keys, data), "--dry-run", "--format", "csv", "--ranks",
                           ",".join(map(str, ranks))])
    require(code, err)
    return pandas.read_csv(io.StringIO(out), comment="#")


def modified(path):
    return path.stat().st_mtime_ns if path.exists() else None


def listed(kind):
    code, out, err = call(["list", kind, "--format=json"])
    require(code, err)
    return {entry["name"]: entry for entry in json.loads(out)}


def list_rules():
    """{name: {"equation", "source", "parameters": [...], ...}} of the learning rules; so do the other lists."""
    return listed("rules")


def list_tasks():
    return listed("tasks")


def list_neurons():
    return listed("neurons")


def list_connections():
    return listed("connections")


def list_measures():
    return listed("measures")
