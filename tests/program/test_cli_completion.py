#!/usr/bin/python3
"""What bash and zsh offer for a line that is begun: they ask the program."""
import os
import pathlib
import pty
import re
import select
import subprocess
import time
import unittest

from command_line import CommandLineTest, environment, listed

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "jobs/completion"
PROGRAMS = os.pathsep.join({str(pathlib.Path(os.environ[name]).resolve().parent) for name in ("BAYRES", "BAYRES_ANALYZE")})


class CompletionTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.variables = environment(None) | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
        self.write("own.ini", "[task]\nname = sines\n[learner.mine]\nrule = bayes\n")
        self.write("own.h5.checkpoint", "")

    def offered(self, *lines):
        """What bash offers for each of some lines, of which `|` is a blank that ends a word; one shell, which asks once."""
        script = [f"source {FOLDER}/bayres.bash", "compopt() { :; }"]
        for line in lines:
            words = " ".join(f"'{word}'" for word in re.sub("=", "|=|", line).split("|"))
            script.append(f"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _bayres; echo \"${{COMPREPLY[*]}}\"")
        done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=self.folder, env=self.variables, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return [line.split() for line in done.stdout.split("\n")[:len(lines)]]

    def test_bash_offers_commands_options_keys_words_and_files(self):
        commands, lists, run, resume, options, keys, learner, tasks, switch, over, formats, analyze = self.offered(
            "bayres|", "bayres|list|", "bayres|run|", "bayres|resume|", "bayres|run|own.ini|--", "bayres|run|own.ini|--reservoir.s",
            "bayres|run|own.ini|--learner.mine.br", "bayres|run|own.ini|--task.name=", "bayres|run|own.ini|--record.network=t",
            "bayres|sweep|own.ini|--over|run.s", "bayres|run|own.ini|--dry-run|--format|", "bayres-analyze|--qu")
        self.assertLessEqual({"run", "resume", "sweep", "evaluate", "inspect", "list", "spectrum", "memory-capacity", "calibrate"}, set(commands))
        self.assertIn("keys", lists)
        self.assertEqual((run, resume), (["own.ini"], ["own.h5.checkpoint"]))
        self.assertLessEqual({"--output", "--force", "--dry-run", "--reservoir.", "--learner."}, set(options))
        self.assertIn("--reservoir.size=", keys)
        self.assertEqual(learner, ["--learner.mine.branch_size="])
        self.assertLessEqual({"sines", "lorenz", "narma10"}, set(tasks))
        self.assertLessEqual(set(tasks), set(listed("tasks")))
        self.assertEqual((switch, formats), (["true"], ["text", "csv"]))
        self.assertIn("run.seed=", over)
        self.assertEqual(analyze, ["--quantiles", "--quiet"])

    def test_zsh_completes_a_line(self):
        """In a terminal of its own, with a command and a key that nothing else begins like."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], self.variables | {"TERM": "dumb"})
        try:
            os.write(terminal, f"PS1='> '; fpath=({FOLDER} $fpath); autoload -U compinit; compinit -u -D; print rea''dy\n".encode())
            self.read_until(terminal, "ready")
            os.write(terminal, b"bayres memory-c\t")
            self.read_until(terminal, "memory-capacity")
            os.write(terminal, b"own.ini --reservoir.spectral_r\t")
            self.read_until(terminal, "--reservoir.spectral_radius=")
        finally:
            os.write(terminal, b"\x15exit\n")
            os.close(terminal)
            os.waitpid(pid, 0)

    def read_until(self, terminal, text, limit=60):
        seen, end = "", time.monotonic() + limit
        while text not in seen:
            self.assertLess(time.monotonic(), end, f"{text!r} does not come: {seen!r}")
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 4096).decode(errors="replace").replace("\a", "")


if __name__ == "__main__":
    unittest.main()
