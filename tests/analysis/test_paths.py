#!/usr/bin/python3
"""The project in a folder whose path has spaces and a quote: configure, build, run, draw; the job scripts find themselves."""

import os
import re
import shutil
import subprocess
import unittest

import runner
from runner import ROOT

# Configures in earnest and builds one source and the header of the commit: what a path can break. The programs are those there.
CMAKE = """#!/bin/sh
case " $* " in
  *" --build "*)
    ninja -C build/release bayres_git_hash src/CMakeFiles/bayres_core.dir/core/text.cpp.o || exit 1
    for program in bayres bayres-analyze; do
      case " $* " in *" $program"*) ;; *) continue ;; esac
      cp "$PROGRAMS/$program" build/release/
    done ;;
  *) exec {cmake} "$@" ;;
esac
"""


class Paths(unittest.TestCase):
    def setUp(self):
        self.folder = runner.new_folder(self.addCleanup)

    def copy(self, name):
        """The project, with a short main job."""
        root = self.folder / name
        root.mkdir()
        for part in ("CMakeLists.txt", "CMakePresets.json", "src", "include", "analysis", "jobs"):
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, root / part)
        config = root / "jobs/experiments/quickstart/quickstart.ini"
        text = re.sub(r"(?m)^train = .*", "train = 120", config.read_text())
        text = re.sub(r"(?m)^test = .*", "test = 30", re.sub(r"(?m)^size = .*", "size = 100", text))
        config.write_text(re.sub(r"(?m)^evaluate_at = .*", "evaluate_at = 0, 30, 60", text))
        return root

    def call(self, script, **variables):
        programs = self.folder / "bin"
        programs.mkdir(exist_ok=True)
        (programs / "cmake").write_text(CMAKE.replace("{cmake}", shutil.which("cmake")))
        (programs / "cmake").chmod(0o755)
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}",
                       "PROGRAMS": os.path.dirname(os.path.abspath(os.environ["BAYRES"])), **variables}
        return subprocess.run(["bash", script], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def test_quickstart(self):
        root = self.copy("a b's folder")
        process = self.call(root / "jobs/quickstart")
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        self.assertTrue((root / "results/quickstart.h5").exists())
        self.assertEqual(len(list((root / "results/quickstart").glob("*.png"))), 5)
        for program in ("bayres", "bayres-analyze"):
            self.assertTrue((root / "build/release" / program).exists(), program)
        self.assertIn(str(root), process.stdout)

    def test_what_cmake_cannot_build_in_is_named(self):
        process = self.call(self.copy('a "b"') / "jobs/quickstart")
        self.assertNotEqual(process.returncode, 0)
        self.assertRegex(" ".join(process.stderr.split()), "folder whose path has a double quote")

    def test_job_scripts_find_their_folder(self):
        root = self.copy("a b's folder")
        slurm = self.folder / "bin"
        slurm.mkdir()
        (slurm / "scontrol").write_text("#!/bin/sh\nprintf 'JobId=1 JobName=x\\n   UserId=a b\\n   Command=%s\\n   WorkDir=/\\n'"
                                        ' "$SCRIPT /c d/e.ini --run.seed=1"\n')
        (slurm / "scontrol").chmod(0o755)
        scripts = sorted((root / "jobs/slurm").glob("*.sbatch"))
        self.assertGreater(len(scripts), 4)
        for script in scripts:
            with self.subTest(script=script.name):
                process = self.call(script, SLURM_JOB_ID="1", SCRIPT=str(script))
                self.assertEqual((process.returncode, process.stderr[:6]), (2, "usage:"), process.stderr)


if __name__ == "__main__":
    unittest.main()
