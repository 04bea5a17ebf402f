#!/usr/bin/python3
"""Installs bayres to a new folder, builds a small project against it with find_package, and runs its programs."""
import pathlib
import subprocess
import sys
import tempfile

cmake, build, source, compiler = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    prefix = pathlib.Path(folder) / "installed"
    own_build = pathlib.Path(folder) / "build"
    for command in (
        [cmake, "--install", build, "--prefix", prefix],
        [cmake, "-S", source, "-B", own_build, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={compiler}"],
        [cmake, "--build", own_build],
        [own_build / "downstream"],
        [prefix / "bin" / "bayres", "--version"],
    ):
        subprocess.run(command, check=True)
    rules = subprocess.run([own_build / "own", "list", "rules"], check=True, capture_output=True, text=True).stdout
    assert "toy-rule" in rules and "bayes" in rules, rules
