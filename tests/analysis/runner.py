"""Running bayres in tests: the binary is BAYRES, and BAYRES_MPIRUN, if set, is what starts it on several ranks. With this module,
the Python of analysis/ and of the experiments can be imported."""

import os
import pathlib
import shlex
import subprocess
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "analysis/bin"
for place in ("tests/program", "analysis", "jobs/experiments/poster", "jobs/experiments/performance-model"):
    sys.path.insert(0, str(ROOT / place))
from command_line import environment, new_folder  # noqa: E402,F401


def start(arguments, folder):
    """Run bayres with the given arguments in a folder; returns the finished process, with its output as text."""
    launcher = shlex.split(os.environ.get("BAYRES_MPIRUN", ""))
    command = [*launcher, os.path.abspath(os.environ["BAYRES"]), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment(launcher or None))


def seal(path):
    """Ends a file as bayres does that was changed since: what is tested is what comes after the seal."""
    content = path.read_bytes()
    path.write_bytes(content + b"\nbayres: crc32 %08x of %020d bytes\n" % (zlib.crc32(content), len(content)))


def run(folder, name, config, *overrides):
    """Simulate a configuration, given as text; returns the path of the result, NAME.h5 in the folder."""
    folder = pathlib.Path(folder)
    (folder / f"{name}.ini").write_text(config)
    process = start(["run", f"{name}.ini", "-o", f"{name}.h5", "--force", "--quiet", *overrides], folder)
    if process.returncode != 0:
        raise RuntimeError(f"bayres ended with {process.returncode}:\n{process.stdout}{process.stderr}")
    return folder / f"{name}.h5"
