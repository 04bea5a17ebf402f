#!/usr/bin/python3
"""Makes the packages of this tree, without a network: that of Python by pip, and those of Debian by dpkg-buildpackage; looks into them, and starts
what they hold. packages.py ROOT BUILD.

The packages of Debian are made of what is already built in BUILD. To compile them anew, a quarter of an hour on one core, and to have them checked:

    dpkg-buildpackage -us -uc && lintian ../bayres_*.changes
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ALONE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
HELD = {
    "bayres": ["usr/bin/bayres", "usr/bin/bayres-analyze", "usr/share/bash-completion/completions/bayres", "usr/share/bash-completion/completions/bayres-analyze",
               "usr/share/zsh/vendor-completions/_bayres", "usr/share/doc/bayres/docs/tutorial.md"],
    "libbayres-dev": ["usr/lib/cmake/bayres/bayresConfig.cmake", "usr/lib/libbayres_app.a", "usr/include/bayres/rules/rule.hpp"],
    "python3-bayres": ["usr/bin/bayres-figures", "usr/lib/python3/dist-packages/bayres/__init__.py"],
}


def call(command, **options):
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} fails:\n{done.stdout[-4000:]}")
    return done.stdout


def copy_of(root, folder):
    """The tree, as one who has an archive of it has it."""
    left_out = shutil.ignore_patterns("build*", "results", ".*", "__pycache__", "*.h5", "*.egg-info")
    return pathlib.Path(shutil.copytree(root, folder, ignore=lambda path, names: left_out(path, names) if path == str(root) else
                                        shutil.ignore_patterns("__pycache__")(path, names)))


def check_pip(source, folder, root):
    """The package of Python and its programs."""
    target = folder / "python"
    call([*ALONE, "/usr/bin/python3", "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-index", "--no-deps", "--target", target, source],
         env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})
    modules = sorted(path.relative_to(root / "analysis") for path in (root / "analysis/bayres").rglob("*.py*") if path.suffix in (".py", ".pyi"))
    lacking = [str(path) for path in modules if not (target / path).exists()]
    assert not lacking, f"pip does not install {lacking}"
    call([target / "bin/bayres-figures", "--help"], cwd=folder, env={**os.environ, "PYTHONPATH": target})


def check_debian(source, folder, version, build):
    call([*ALONE, "dpkg-buildpackage", "-us", "-uc", "--source-option=-Zgzip", "--source-option=-z1"], cwd=source, env={**os.environ, "BAYRES_BUILT": build})
    system = folder / "system"
    for name, paths in HELD.items():
        package, = folder.glob(f"{name}_{version}_*.deb")
        call(["dpkg-deb", "--extract", package, system])
        held = call(["dpkg-deb", "--contents", package])
        assert all(f"./{path}\n" in held for path in paths), f"{package.name} does not hold all of {paths}:\n{held}"
    assert version in call([system / "usr/bin/bayres", "--version"])
    call([system / "usr/bin/bayres-figures", "--help"], cwd=folder)


def main(root, build):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        source = copy_of(root, folder / "bayres")
        version = re.search(r"project\(bayres VERSION (\S+)", (root / "CMakeLists.txt").read_text()).group(1)
        check_debian(source, folder, version, build)
        check_pip(source, folder, root)
    print("pip and dpkg-buildpackage make packages that work.")


main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
