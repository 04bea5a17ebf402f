#!/usr/bin/python3
"""Commands, help, lists, and keys on the command line."""
import json
import os
import re
import subprocess
import unittest

from command_line import (BAYRES, DONE, INPUT_OUTPUT, MPIRUN, USAGE, CommandLineTest, attributes, environment, every_rule,
                          listed, run, small)


class HelpTest(CommandLineTest):
    def test_help_names_every_command_and_exit_code(self):
        for option in ("--help", "-h"):
            finished = self.run_bayres(option)
            self.check_code(finished, DONE)
            self.assertEqual(finished.err, "")
            for word in ("bayres run CONFIG", "--section.key=value", "-o FILE", "--force", "--quiet",
                         "bayres inspect FILE", "bayres list rules|tasks|neurons", "--version", "mpirun"):
                self.assertIn(word, finished.out)
            for code in ("0 done", "2 usage or configuration", "3 input or output", "4 every learner diverged"):
                self.assertIn(code, finished.out)

    def test_help_fits_a_screen(self):
        lines = self.run_bayres("--help").out.splitlines()
        self.assertLess(len(lines), 24)  # with the prompt
        self.assertLessEqual(max(map(len, lines)), 80)

    def test_help_of_run_names_every_section(self):
        text = self.run_bayres("run", "--help").out
        for name in listed("sections"):
            self.assertIn(f"\n  [{name}] ", text)

    def test_every_command_has_help(self):
        for name in ("run", "memory-capacity", "inspect", "list"):
            with self.subTest(name):
                finished = self.run_bayres(name, "--help")
                self.check_code(finished, DONE)
                self.assertIn(f"bayres {name}", finished.out)
                self.assertEqual(finished.err, "")

    def test_help_comes_once_on_three_ranks(self):
        finished = self.run_bayres("--help", ranks=3)
        self.check_code(finished, DONE)
        self.assertEqual(finished.out, self.run_bayres("--help").out)

    def test_runs_without_mpirun_as_a_user_starts_it(self):
        self.write("c.ini", small())
        finished = run("run", "c.ini", "--quiet", folder=self.folder, own_environment=dict(os.environ))
        self.check_code(finished, DONE)
        self.assertEqual(self.files(), ["c.h5", "c.h5.checkpoint", "c.ini"])

    def test_many_at_once_without_a_launcher_share_nothing(self):
        """Open MPI has made no folder of a session, which processes alone would share, and which each removes at its end."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("OMPI_MCA_")}
        started = [subprocess.Popen([BAYRES, "--version"], env=own | {"TMPDIR": str(self.folder)}, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True) for _ in range(24)]
        for process in started:
            _, err = process.communicate(timeout=100)
            self.assertEqual((process.returncode, err), (DONE, ""))
        self.assertEqual(self.files(), [])

    def test_version_names_what_it_was_built_with(self):
        finished = self.run_bayres("--version")
        self.check_code(finished, DONE)
        self.assertRegex(finished.out, r"^bayres \d+\.\d+\.\d+ \(\S+\)")
        for word in ("compiler", "MPI", "HDF5", "SIMD"):
            self.assertRegex(finished.out, rf"(?m)^{word} +\S+")

    def test_version_and_hash_stand_in_a_result(self):
        path = self.result(small())
        version, git_hash = re.match(r"bayres (\S+) \((\S+)\)", self.run_bayres("--version").out).groups()
        self.assertEqual(attributes(path)["bayres_version"], version)
        self.assertEqual(attributes(path)["git_hash"], git_hash)

    def test_nothing_to_do_is_an_error(self):
        finished = self.run_bayres()
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        self.assertIn("--help", finished.err)

    def test_unknown_command_names_the_nearest(self):
        for word, near in (("rnu", "run"), ("inspct", "inspect"), ("lst", "list")):
            for ranks in (None, 2):
                with self.subTest(word, ranks=ranks):
                    finished = self.run_bayres(word, ranks=ranks)
                    self.check_code(finished, USAGE)
                    self.check_one_message(finished)
                    self.assertIn(f'"{word}"', finished.err)
                    self.assertRegex(finished.err, rf"did you mean {near}\b")

    def test_commands_without_their_argument_are_errors(self):
        for name, missing in (("run", "CONFIG"), ("inspect", "FILE"), ("list", "rules")):
            with self.subTest(name):
                finished = self.run_bayres(name)
                self.check_code(finished, USAGE)
                self.check_one_message(finished)
                self.assertIn(missing, finished.err)

    def test_inspect_refuses_what_is_not_a_result(self):
        self.write("text.h5", "not HDF5\n")
        self.write("empty.h5", "")
        for name in ("text.h5", "empty.h5", "missing.h5"):
            for ranks in (None, 2):
                with self.subTest(name, ranks=ranks):
                    finished = self.run_bayres("inspect", name, ranks=ranks)
                    self.check_code(finished, INPUT_OUTPUT)
                    self.check_one_message(finished)
                    self.assertIn(name, finished.err)


class EnvironmentTest(CommandLineTest):
    """Variables of the environment take their own words alone."""

    WORDS = {"BAYRES_INSTRUCTION_SET": ("avx512", "avx2", "baseline"), "BAYRES_EXCHANGE": ("auto", "mpi"),
             "BAYRES_PLACEMENT_WARNING": ("1", "0")}

    def with_variable(self, program, arguments, name, word, ranks):
        launcher = [] if ranks is None else [*MPIRUN, "-n", "1", "-x", f"{name}={word}", program, *arguments, ":",
                                             "-n", str(ranks - 1)]
        variables = dict(environment(ranks))
        if ranks is None:
            variables[name] = word
        else:
            variables.pop(name, None)
        return subprocess.run([*launcher, program, *arguments], cwd=self.folder, text=True, timeout=60,
                              capture_output=True, env=variables)

    def test_an_unknown_word_is_an_error(self):
        self.write("c.ini", small())
        for name, words in self.WORDS.items():
            for ranks in (None, 3):
                for program, arguments in ((BAYRES, ["run", "c.ini"]), (os.environ["BAYRES_ANALYZE"], ["c.h5"])):
                    with self.subTest(name, ranks=ranks, program=program):
                        process = self.with_variable(program, arguments, name, "tcp", ranks)
                        self.assertEqual(process.returncode, USAGE, process.stderr)
                        self.assertEqual(process.stderr.count(f'{name} = "tcp"'), 1, process.stderr)
                        self.assertIn("allowed is one of " + ", ".join(words), process.stderr)
        self.assertEqual(self.files(), ["c.ini"])

    def test_every_known_word_and_none_are_taken(self):
        for name, words in self.WORDS.items():
            for word in (*words, ""):
                process = self.with_variable(BAYRES, ["--version"], name, word, None)
                self.assertEqual((process.returncode, process.stderr), (DONE, ""), f"{name} = {word}")


class ListTest(CommandLineTest):
    def check_entry(self, name, text):
        self.assertRegex(text, r"(?m)^    source: \S", name)
        keys = re.findall(r"(?m)^    ([\w.]+)(?: =.*| \(required\))$", text)
        ranges = re.findall(r"(?m)^        .*; allowed: .+; unit: .+$", text)
        self.assertTrue(ranges or name == "none", name)
        self.assertGreaterEqual(len(keys), len(ranges), name)

    def test_rules_have_equation_parameters_and_source(self):
        rules = listed("rules")
        self.assertLessEqual({"delta", "bayes", "branch", "rls"}, set(rules))
        for name, text in rules.items():
            self.check_entry(name, text)
            self.assertIn("w", text.splitlines()[0], name)
        for rule, keys in {"delta": ["eta"], "bayes": ["kappa", "drift"], "branch": ["branch_size", "rho", "kappa"],
                           "rls": ["alpha"]}.items():
            for key in keys:
                self.assertRegex(rules[rule], rf"(?m)^    {key} = ", rule)

    def test_tasks_have_equation_parameters_and_source(self):
        tasks = listed("tasks")
        names = {"sines", "lorenz", "mackey-glass", "narma10", "file"}
        self.assertLessEqual(names, set(tasks))
        for name in names:
            self.check_entry(name, tasks[name])
            self.assertRegex(tasks[name].splitlines()[0], "[zy(]", name)
        for text in ("drive = none", "name = sines"):
            self.assertIn(text, "\n".join(tasks.values()))

    def test_keys_that_are_texts_are_not_said_to_be_numbers(self):
        for key in ("input", "target"):
            text = re.search(rf"(?m)^    {key}\b.*\n +(.*)$", listed("tasks")["file"]).group(1)
            self.assertNotIn("number", text, key)

    def test_neurons_have_equation_parameters_and_source(self):
        finished = self.run_bayres("list", "neurons")
        self.check_code(finished, DONE)
        self.check_entry("tanh", finished.out)
        for key in ("reservoir.size", "reservoir.tau", "reservoir.dt", "reservoir.gain", "reservoir.connectivity",
                    "reservoir.noise", "reservoir.network", "protocol.feedback", "protocol.evaluate_at", "run.seed",
                    "record.rates", "record.network", "output.file"):
            self.assertRegex(finished.out, rf"(?m)^    {re.escape(key)} = ")

    def as_json(self, what):
        finished = self.run_bayres("list", what, "--format=json")
        self.check_code(finished, DONE)
        return {entry["name"]: entry for entry in json.loads(finished.out)}

    def check_parameter(self, parameter, text, prefix=""):
        """A parameter in JSON against what the text says of it."""
        start = re.escape(f"    {prefix}{parameter['name']}")
        default = r" \(required\)" if parameter["required"] else re.escape(f" = {parameter['default']}")
        entry = re.search(rf"(?m)^{start}{default}\n +(.*); allowed: (.*); unit: (.*)$", text)
        self.assertIsNotNone(entry, parameter)
        self.assertEqual((entry[1], entry[3]), (parameter["help"], parameter["unit"]))
        for choice in parameter["choices"]:
            self.assertIn(choice, entry[2])
        self.assertIn(parameter["derived"], entry[2])
        self.assertEqual(parameter["low"] is None, re.search("real|number", parameter["type"]) is None, parameter)
        if parameter["low"] is not None:
            self.assertLess(parameter["low"], parameter["high"])
            ends = [float(end) for end in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?", entry[2])]
            self.assertLessEqual({parameter["low"], parameter["high"]}, set(ends), parameter)

    def test_keys_are_those_of_all_sections_and_components(self):
        """Each once for each owner, with what it is of; those that name a component have the names for choices."""
        keys = json.loads(self.run_bayres("list", "keys", "--format=json").out)
        names = {(key["of"], key["name"]) for key in keys}
        self.assertEqual(len(names), len(keys))
        for name, section in self.as_json("sections").items():
            for one in section["parameters"]:
                self.assertIn(("", f"{name}.{one['name']}"), names)
        prefixes = {"rules": "learner.NAME.", "plasticity": "learner.NAME.recurrent.", "tasks": "task.", "neurons": "neuron.",
                    "connections": "reservoir.", "exchanges": "parallel."}
        for kind, prefix in prefixes.items():
            for name, component in self.as_json(kind).items():
                for one in component["parameters"]:
                    self.assertIn((name, prefix + one["name"]), names)
        choices = {key["name"]: key["choices"] for key in keys if not key["of"]}
        self.assertEqual(choices["task.name"], list(self.as_json("tasks")))
        text = self.run_bayres("list", "keys").out
        for _, name in names:
            self.assertRegex(text, rf"(?m)^{re.escape(name)}( \(required\)| = )")

    def test_json_says_what_the_text_says(self):
        for what in ("rules", "tasks"):
            entries, texts = self.as_json(what), listed(what)
            self.assertLessEqual(set(entries), set(texts))
            self.assertGreater(len(entries), 5)
            for name, entry in entries.items():
                self.assertIn(entry["equation"], texts[name])
                self.assertIn(f"source: {entry['source']}", texts[name])
                self.assertEqual(len(entry["parameters"]), texts[name].count("; allowed: "), name)
                for parameter in entry["parameters"]:
                    self.check_parameter(parameter, texts[name])

    def test_json_of_sections_has_every_key(self):
        neurons = self.run_bayres("list", "neurons").out
        sections = self.as_json("sections")
        for section in ("run", "ensemble", "reservoir", "protocol", "record", "evaluate", "output", "performance"):
            for parameter in sections[section]["parameters"]:
                self.check_parameter(parameter, neurons, f"{section}.")
        self.assertEqual([p["name"] for p in sections["learner.NAME"]["parameters"]], ["rule", "output", "weights", "recurrent.rule", "fold"])
        self.assertEqual(sorted(self.as_json("neurons")), ["identity", "lif", "poisson", "relu", "sigmoid", "tanh"])
        config = attributes(self.result(small()))["config"]
        self.assertLessEqual(set(re.findall(r"(?m)^\[(\w+)\]$", config)), set(sections))

    def test_a_list_in_no_known_form_is_an_error(self):
        for arguments in (("rules", "--format=xml"), ("--format=json",), ("rules", "tasks")):
            finished = self.run_bayres("list", *arguments)
            self.check_code(finished, USAGE)
            self.check_one_message(finished)

    def test_every_listed_rule_runs_with_its_defaults(self):
        learners = every_rule()
        path = self.result({**small(learner__a=None), **learners})
        for section, keys in learners.items():
            self.assertEqual(attributes(path, section.replace("learner.", "learners/"))["rule"], keys["rule"])

    def test_every_listed_task_runs_with_its_defaults(self):
        for name, text in listed("tasks").items():
            if "(required)" in text or "source:" not in text:
                continue
            with self.subTest(name):
                own = {"neuron": {"model": "poisson"}, "learner.a": {"rule": "delta"}} if name == "spike-teacher" else {}
                self.result({**small(task={"name": name, "drive": None}), **own}, "--force")

    def test_unknown_list_is_an_error(self):
        finished = self.run_bayres("list", "rulse")
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        for word in ('"rulse"', "rules", "tasks", "neurons"):
            self.assertIn(word, finished.err)


class OverrideTest(CommandLineTest):
    def test_keys_may_have_dots_and_names_of_learners_none(self):
        dotted = small(learner__a={"rule": "bayes", "kappa.drift": 1})
        for config, options in ((dotted, ()), (small(), ("--learner.a.kappa.drift=1",))):
            self.write("c.ini", config)
            finished = self.run_bayres("run", "c.ini", *options)
            self.check_code(finished, USAGE)
            self.assertRegex(finished.err, r"key learner\.a\.kappa\.drift is not known; did you mean learner\.a\.\w+\?")
        self.write("c.ini", {**small(), "learner.b.c": {"rule": "bayes"}})
        finished = self.run_bayres("run", "c.ini")
        self.check_code(finished, USAGE)
        self.assertIn("[learner.b.c]: a learner's name may hold only letters, digits, _ and -", finished.err)

    def test_command_line_wins_over_the_file(self):
        path = self.result(small(reservoir={"gain": 1.5}), "--reservoir.gain=1.25", "--learner.a.kappa=7")
        self.assertIn("\ngain = 1.25\n", attributes(path)["config"])
        self.assertEqual(attributes(path, "learners/a")["kappa"], 7)

    def test_command_line_adds_keys_sections_and_learners(self):
        path = self.result(small(), "--record.every=2", "--learner.b.rule=delta", "--learner.b.eta=1e-3, 2e-3")
        self.assertIn("\nevery = 2\n", attributes(path)["config"])
        self.assertEqual(attributes(path, "learners/b_1")["eta"], 1e-3)
        self.assertEqual(attributes(path, "learners/b_2")["eta"], 2e-3)

    def test_command_line_can_empty_a_list(self):
        path = self.result(small(protocol={"evaluate_at": "10, 20"}), "--protocol.evaluate_at=")
        self.assertRegex(attributes(path)["config"], r"\nevaluate_at = *\n")

    def test_command_line_mends_a_bad_value_of_the_file(self):
        self.result(small(reservoir={"gain": -1}), "--reservoir.gain=1")

    def check_refused(self, *arguments, words, ranks=None):
        self.write("c.ini", small())
        finished = self.run_bayres("run", "c.ini", *arguments, ranks=ranks)
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        for word in words:
            self.assertIn(word, finished.err)
        self.assertEqual(self.files(), ["c.ini"])

    def test_unknown_override_names_the_command_line_and_the_nearest_key(self):
        for ranks in (None, 3):
            self.check_refused("--reservoir.sise=3", ranks=ranks,
                               words=["command line: ", "reservoir.sise", "did you mean reservoir.size", '"3"'])

    def test_bad_override_names_the_command_line_and_the_range(self):
        self.check_refused("--reservoir.gain=-1", words=["command line: reservoir.gain", '"-1"', ">= 0"])

    def test_override_in_an_unknown_section_is_an_error(self):
        self.check_refused("--reservor.size=3", words=["command line: ", "[reservor]", "did you mean reservoir"])

    def test_unknown_options_are_errors(self):
        for arguments in (["--quite"], ["-x"], ["--reservoir.gain"], ["-o"], ["another.ini"], ["--force=3"]):
            with self.subTest(arguments):
                self.check_refused(*arguments, words=["command line: "])


if __name__ == "__main__":
    unittest.main()
