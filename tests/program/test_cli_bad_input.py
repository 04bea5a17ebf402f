#!/usr/bin/python3
"""Whatever is wrong with what bayres is given: it says so once, says where, exits with the right code, and leaves
nothing behind."""
import dataclasses
import re
import unittest

import h5py
import numpy as np

from command_line import DONE, INPUT_OUTPUT, USAGE, CommandLineTest, data_sets, ini, line_of, seal, small


@dataclasses.dataclass
class Bad:
    """A bad configuration: what it is, the line that is wrong (its number must be named), and words of the message.
    One mistake is one problem, or a message by itself."""

    name: str
    config: object  # sections, or a text
    line: str = None
    words: tuple = ()
    code: int = USAGE
    arguments: tuple = ()
    problems: int = 1
    files: dict = dataclasses.field(default_factory=dict)  # name: text, bytes, or a function that writes it


def reservoir(**keys):
    return small(reservoir=keys)


def from_csv(**keys):
    return small(task={"name": "file", "drive": None, "path": "in.csv", "target": "z", **keys})


def from_hdf5(**keys):
    return from_csv(path="in.h5", **keys)


def write_series(path):
    with h5py.File(path, "w") as file:
        file["y"] = np.sin(np.arange(1000) / 20)


def cut_series(path):
    write_series(path)
    path.write_bytes(path.read_bytes()[:-2000])


def series_with_nan(path):
    write_series(path)
    with h5py.File(path, "r+") as file:
        file["y"][700] = np.nan


def elsewhere(make):
    """Writes a file whose y is somewhere else, and what it leads to."""
    def write(path):
        write_series(path.with_name("other.h5"))
        np.sin(np.arange(1000) / 20).tofile(path.with_name("raw"))
        with h5py.File(path, "w") as file:
            make(file)
    return write


def external_link(file):
    file["y"] = h5py.ExternalLink("other.h5", "/y")


def external_group(file):
    file["g"] = h5py.ExternalLink("other.h5", "/")


def soft_link(file):
    file["here"] = np.sin(np.arange(1000) / 20)
    file["y"] = h5py.SoftLink("/here")


def virtual_data_set(file):
    layout = h5py.VirtualLayout((1000,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "y", (1000,))
    file.create_virtual_dataset("y", layout)


def external_storage(file):
    file.create_dataset("y", (1000,), "f8", external=[("raw", 0, 8000)])


def claims(**layout):
    def write(path):
        with h5py.File(path, "w") as file:
            file.create_dataset("y", dtype="f8", **layout)
    return write


def one_chunk_of_many(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("y", (2**40,), "f8", chunks=(1000,))[:1000] = 1


def size_in_bytes_that_wraps(file):
    """A compact data set whose size in bytes, 2^64, is 0 in the 64 bits that HDF5 counts it with."""
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(file.id, b"y", h5py.h5t.NATIVE_LDOUBLE, h5py.h5s.create_simple((2**60,)), creation)


def no_bytes_of_many(path):
    with h5py.File(path, "w") as file:
        size_in_bytes_that_wraps(file)


def write_texts(path):
    with h5py.File(path, "w") as file:
        file["y"] = ["a", "b", "c"]


COLUMN = "t,z\n" + "".join(f"{i},{np.sin(i / 20):.6f}\n" for i in range(251))

VALUES = [
    Bad("no neurons", reservoir(size=0), "size = 0", ("reservoir.size", '"0"', "1 to")),
    Bad("size that is no number", reservoir(size="many"), "size = many", ("reservoir.size", '"many"', "1 to")),
    Bad("size that is no whole number", reservoir(size=50.5), "size = 50.5", ("reservoir.size", '"50.5"', "1 to")),
    Bad("negative tau", reservoir(tau=-1), "tau = -1", ("reservoir.tau", '"-1"', "> 0")),
    Bad("connectivity over 1", reservoir(connectivity=1.5), "connectivity = 1.5",
        ("reservoir.connectivity", '"1.5"', "0 to 1")),
    Bad("no connectivity", reservoir(connectivity=0), "connectivity = 0", ("reservoir.connectivity", '"0"', "0 to 1")),
    Bad("gain nan", reservoir(gain="nan"), "gain = nan", ("reservoir.gain", '"nan"', ">= 0")),
    Bad("dt nan", reservoir(dt="-nan"), "dt = -nan", ("reservoir.dt", '"-nan"', "> 0")),
    Bad("gain infinite", reservoir(gain="inf"), "gain = inf", ("reservoir.gain", '"inf"', ">= 0")),
    Bad("gain too large a number", reservoir(gain="1e999"), "gain = 1e999", ("reservoir.gain", '"1e999"', ">= 0")),
    Bad("nan in a list", small(task={"amplitudes": "1, nan, 1, 1"}), "amplitudes = 1, nan, 1, 1",
        ("task.amplitudes", '"nan"')),
    Bad("infinite duration", small(protocol={"train": "inf"}), "train = inf", ("protocol.train", '"inf"', ">= 0")),
    Bad("negative duration", small(protocol={"test": -5}), "test = -5", ("protocol.test", '"-5"', ">= 0")),
    Bad("negative seed", small(run={"seed": -1}), "seed = -1", ("run.seed", '"-1"', ">= 0")),
    Bad("dt over tau", reservoir(dt=2), "dt = 2", ("reservoir.dt", "2", "reservoir.tau", "dt <= tau")),
    Bad("weights wider than their precision", small(reservoir={"weight_type": "float64"}, run={"precision": "single"}),
        None, ("reservoir.weight_type = float64", "run.precision = single", "float32", "double")),
    Bad("type of weights that is not known", reservoir(weight_type="float16"), "weight_type = float16",
        ("reservoir.weight_type", '"float16"', "float32", "bfloat16")),
    Bad("neither true nor false", small(record={"network": "maybe"}), "network = maybe",
        ("record.network", '"maybe"', "true", "false")),
    Bad("feedback that is not known", small(protocol={"feedback": "techer"}), "feedback = techer",
        ("protocol.feedback", '"techer"', "none", "teacher", "output", "did you mean")),
    Bad("rates of neurons beyond the last", small(record={"rates": "45..60"}), "rates = 45..60",
        ("record.rates", "50", "0 to 49")),
    Bad("evaluation after training", small(protocol={"evaluate_at": "10, 30"}), "evaluate_at = 10, 30",
        ("protocol.evaluate_at", "30", "0 to 20")),
    Bad("branches larger than the reservoir", small(learner__a={"rule": "branch", "branch_size": 51}),
        "branch_size = 51", ("learner.a.branch_size", "51", "1 to 50")),
    Bad("negative rate", small(learner__a={"rule": "delta", "eta": -1}), "eta = -1", ("learner.a.eta", '"-1"', "> 0")),
    Bad("target as input of a task with an input", small(task={"name": "narma10"}), None,
        ("c.ini:", "task.drive", "target", "narma10", "input")),
    Bad("periods and amplitudes of other lengths", small(task={"periods": "10, 20"}), None,
        ("c.ini:", "task.periods", "task.amplitudes")),
]

WORDS = [
    Bad("unknown key", reservoir(sise=60), "sise = 60", ("reservoir.sise", '"60"', "did you mean reservoir.size?")),
    Bad("unknown key of a task", small(task={"periodes": 3}), "periodes = 3",
        ("task.periodes", '"3"', "did you mean task.periods?")),
    Bad("unknown key of a learner", small(learner__a={"kapa": 3}), "kapa = 3",
        ("learner.a.kapa", '"3"', "did you mean learner.a.kappa?")),
    Bad("unknown key with a list of values", small(learner__a={"eta": "1, 2, 3"}), "eta = 1, 2, 3", ("learner.a.eta",)),
    Bad("unknown section", small(reservior={"gain": 1.25}), "gain = 1.25", ("[reservior]", "did you mean reservoir?")),
    Bad("unknown rule", small(learner__a={"rule": "bays"}), "rule = bays",
        ("learner.a.rule", "bays", "did you mean bayes?", "delta")),
    Bad("unknown task", small(task={"name": "sine"}), "name = sine",
        ("task.name", "sine", "did you mean sines?", "lorenz")),
    Bad("no rule", small(learner__a={"rule": None, "kappa": 3}), words=("learner.a", "rule is missing")),
    Bad("no learner", small(learner__a=None), words=("no learner", "[learner.")),
    Bad("no steps", small(protocol={"train": 0, "test": 0}), words=("no steps", "protocol.train")),
    Bad("two learners of one name", small(learner__a={"kappa": "1, 2"}, learner__a_2={"rule": "delta"}),
        words=("a_2", "two learners")),
    Bad("name of a learner that is no name", ini(small()) + "[learner.a/b]\nrule = delta\n",
        words=("learner.a/b", "name")),
]

TEXTS = [
    Bad("a learner twice", ini(small()) + "[learner.a]\nkappa = 3\n", "[learner.a]", ("learner.a", "before")),
    Bad("a key twice on the command line", small(), None, ("command line", "run.seed = 3", "before", "as 2"),
        arguments=("--run.seed=2", "--run.seed=3")),
    Bad("a key and the option that stands for it", small(), None, ("command line", "run.max_walltime", "before"),
        arguments=("--run.max_walltime=1:0:0", "--max-walltime", "2:0:0")),
    Bad("a key twice", ini(small()) + "kappa = 3\nkappa = 4\n", "kappa = 4", ("learner.a.kappa", "c.ini:")),
    Bad("a line without =", ini(small()) + "[record]\nhello there\n", "hello there", ('"hello there"',)),
    Bad("a key outside sections", "size = 50\n" + ini(small()), words=("c.ini:1:", '"size = 50"')),
    Bad("a section that is not closed", ini(small()) + "[record\n", "[record", ("[record",)),
    Bad("empty file", "", words=("c.ini", "empty")),
    Bad("only comments", "# nothing\n\n; here\n", words=("c.ini", "empty")),
    Bad("binary", "\0\1\2\3\n" * 10, words=("c.ini:1",), problems=10),
]

DATA = [
    Bad("CSV with text", from_csv(), words=("in.csv:3", "z", '"hello"'), code=INPUT_OUTPUT,
        files={"in.csv": "t,z\n0,1\n1,hello\n"}),
    Bad("CSV with ragged rows", from_csv(), words=("in.csv:4", "1", "2"), code=INPUT_OUTPUT,
        files={"in.csv": "t,z\n0,1\n1,2\n3\n"}),
    Bad("CSV with too many values", from_csv(), words=("in.csv:3", "3", "2"), code=INPUT_OUTPUT,
        files={"in.csv": "t,z\n0,1\n1,2,3\n"}),
    Bad("empty CSV", from_csv(), words=("in.csv",), code=INPUT_OUTPUT, files={"in.csv": ""}),
    Bad("CSV with only a header", from_csv(), words=("in.csv",), code=INPUT_OUTPUT, files={"in.csv": "t,z\n"}),
    Bad("CSV with nan", from_csv(), words=("in.csv:3", "z", '"nan"'), code=INPUT_OUTPUT,
        files={"in.csv": "t,z\n0,1\n1,nan\n"}),
    Bad("CSV with inf", from_csv(), words=("in.csv:3", "z", '"-inf"'), code=INPUT_OUTPUT,
        files={"in.csv": "t,z\n0,1\n1,-inf\n"}),
    Bad("CSV with a column twice", from_csv(), words=("in.csv:1", '"z"'), code=INPUT_OUTPUT,
        files={"in.csv": "z,z\n0,1\n"}),
    Bad("CSV that is missing", from_csv(), words=("in.csv", "No such file"), code=INPUT_OUTPUT),
    Bad("missing column", from_csv(target="zz"), "target = zz", ("task.target", '"zz"', "in.csv", "t, z"),
        files={"in.csv": COLUMN}),
    Bad("missing input column", from_csv(input="u"), "input = u", ("task.input", '"u"', "in.csv", "t, z"),
        files={"in.csv": COLUMN}),
    Bad("no path", from_csv(path=None), words=("task.path", "missing")),
    Bad("missing data set", from_hdf5(), words=("in.h5", "z", "no such data set"), code=INPUT_OUTPUT,
        files={"in.h5": write_series}),
    Bad("truncated HDF5 file", from_hdf5(target="y"), words=("in.h5", "truncated"), code=INPUT_OUTPUT,
        files={"in.h5": cut_series}),
    Bad("HDF5 with nan", from_hdf5(target="y"), words=("in.h5", "y", "700"), code=INPUT_OUTPUT,
        files={"in.h5": series_with_nan}),
    Bad("constant column to be normalised", from_csv(target="t", normalise="zscore", split=1),
        "normalise = zscore", ("task.normalise", '"t"', "in.csv", "constant"),
        files={"in.csv": "t,z\n" + "".join(f"3,{i}\n" for i in range(251))}),
    Bad("training beyond the split", from_csv(split=0.5), None, ("c.ini:", "task.split", "0.5", "20"),
        files={"in.csv": COLUMN}),
]

ELSEWHERE = [
    Bad("link to another file", from_hdf5(target="y"), words=("in.h5:y", "link to /y in other.h5", "copy"),
        code=INPUT_OUTPUT, files={"in.h5": elsewhere(external_link)}),
    Bad("link to another file on the way", from_hdf5(target="g/y"), words=("in.h5:g", "link to / in other.h5"),
        code=INPUT_OUTPUT, files={"in.h5": elsewhere(external_group)}),
    Bad("link within the file", from_hdf5(target="y"), words=("in.h5:y", "link to /here"), code=INPUT_OUTPUT,
        files={"in.h5": elsewhere(soft_link)}),
    Bad("virtual data set", from_hdf5(target="y"), words=("in.h5:y", "virtual data set"), code=INPUT_OUTPUT,
        files={"in.h5": elsewhere(virtual_data_set)}),
    Bad("numbers in another file", from_hdf5(target="y"), words=("in.h5:y", "another file, raw"), code=INPUT_OUTPUT,
        files={"in.h5": elsewhere(external_storage)}),
]

CLAIMS = [
    Bad("many numbers, none of them written", from_hdf5(target="y"), words=("in.h5:y", "claims 1099511627776", "written"),
        code=INPUT_OUTPUT, files={"in.h5": claims(shape=(2**40,))}),
    Bad("many numbers, few of them written", from_hdf5(target="y"), words=("in.h5:y", "claims 1099511627776", "written"),
        code=INPUT_OUTPUT, files={"in.h5": one_chunk_of_many}),
    Bad("numbers whose size in bytes wraps", from_hdf5(target="y"), code=INPUT_OUTPUT,
        words=("in.h5:y", "claims 1152921504606846976", "written"), files={"in.h5": no_bytes_of_many}),
    Bad("more numbers than there are", from_hdf5(target="y:0"), words=("in.h5:y", "more than any file"),
        code=INPUT_OUTPUT, files={"in.h5": claims(shape=(2**40, 2**40), chunks=(10, 10))}),
    Bad("chunks that are too large", from_hdf5(target="y"), words=("in.h5:y", "chunks", "134217728"), code=INPUT_OUTPUT,
        files={"in.h5": claims(shape=(1000,), chunks=(2**28,), maxshape=(None,))}),
    Bad("texts", from_hdf5(target="y"), words=("in.h5:y", "no numbers"), code=INPUT_OUTPUT,
        files={"in.h5": write_texts}),
]

NEED = [
    Bad("more learners than memory",
        small(reservoir={"size": 20000}, learner__a={"rule": "rls", "alpha": ", ".join(map(str, range(1, 10001)))}),
        words=("10000 learners", "GB", "reservoir.size")),
    Bad("more neurons than memory", reservoir(size=2_000_000, storage="dense"),
        words=("GB", "are free", "reservoir.size")),
    Bad("more learners than are allowed",
        small(learner__a={"kappa": ", ".join(map(str, range(1, 1001))), "drift": ", ".join(map(str, range(101)))}),
        words=("learner.a", "learners")),
]

OUTPUT = [
    Bad("missing configuration", None, words=("c.ini", "No such file"), code=INPUT_OUTPUT),
    Bad("output below a file", small(), words=("data.txt/x.h5", "cannot be written"), code=INPUT_OUTPUT,
        arguments=("-o", "data.txt/x.h5"), files={"data.txt": "data\n"}),
    Bad("output in a folder that is missing", small(), words=("nowhere/x.h5", "cannot be written"), code=INPUT_OUTPUT,
        arguments=("-o", "nowhere/x.h5")),
    Bad("output named in the configuration in a folder that is missing", small(output={"file": "nowhere/x.h5"}),
        words=("nowhere/x.h5", "cannot be written"), code=INPUT_OUTPUT),
    Bad("output that is a folder", small(), words=(".", "folder"), code=INPUT_OUTPUT, arguments=("-o", ".", "--force")),
]


class BadInputTest(CommandLineTest):
    def check_refused(self, bad, ranks=None):
        with self.subTest(bad.name, ranks=ranks):
            for old in self.folder.iterdir():
                old.unlink()
            for name, content in bad.files.items():
                if callable(content):
                    content(self.folder / name)
                else:
                    (self.folder / name).write_text(content)
            text = "" if bad.config is None else self.write("c.ini", bad.config)
            before = {name: (self.folder / name).read_bytes() for name in self.files()}
            finished = self.run_bayres("run", "c.ini", *bad.arguments, ranks=ranks)
            self.check_code(finished, bad.code)
            self.check_one_message(finished)
            self.assertLessEqual(len(finished.problems), bad.problems, f"one mistake, several problems\n{finished}")
            message = finished.own_err
            if bad.line is not None:
                place = f"c.ini:{line_of(text, bad.line)}: "
                self.assertTrue(any(line.startswith(place) for line in finished.problems), f"no {place}\n{message}")
            for word in bad.words:
                self.assertIn(word, message)
            self.assertEqual({name: (self.folder / name).read_bytes() for name in self.files()}, before)

    def check_all_refused(self, bad_inputs, ranks=None):
        for bad in bad_inputs:
            self.check_refused(bad, ranks)

    def test_bad_values(self):
        self.check_all_refused(VALUES)

    def test_unknown_words_and_missing_parts(self):
        self.check_all_refused(WORDS)

    def test_bad_texts(self):
        self.check_all_refused(TEXTS)

    def test_bad_data(self):
        self.check_all_refused(DATA)

    def test_data_that_are_elsewhere(self):
        self.check_all_refused(ELSEWHERE)

    def test_sizes_that_are_only_claimed(self):
        self.check_all_refused(CLAIMS)

    def test_too_much(self):
        self.check_all_refused(NEED)

    def test_bad_output(self):
        self.check_all_refused(OUTPUT)

    def test_on_two_ranks(self):
        self.check_all_refused([VALUES[0], WORDS[0], TEXTS[0], NEED[0]], ranks=2)

    def test_on_three_ranks(self):
        names = {"gain nan", "target as input of a task with an input", "CSV with ragged rows", "missing column",
                 "missing data set", "truncated HDF5 file", "more neurons than memory", "missing configuration",
                 "output below a file", "empty file"}
        chosen = [bad for bad in VALUES + TEXTS + DATA + NEED + OUTPUT if bad.name in names]
        self.assertEqual(len(chosen), len(names))
        self.check_all_refused(chosen, ranks=3)

    def test_configuration_that_is_a_folder(self):
        (self.folder / "c.ini").mkdir()
        for ranks in (None, 3):
            with self.subTest(ranks=ranks):
                finished = self.run_bayres("run", "c.ini", ranks=ranks)
                self.check_code(finished, INPUT_OUTPUT)
                self.check_one_message(finished)
                self.assertIn("c.ini", finished.own_err)
                self.assertNotIn("empty", finished.own_err)
                self.assertEqual(self.files(), ["c.ini"])

    def test_file_too_short_for_the_run(self):
        self.write("in.csv", COLUMN)
        self.write("c.ini", from_csv(split=1) | {"protocol": {"train": 20, "test": 5.2}})
        for ranks in (None, 3):
            with self.subTest(ranks=ranks):
                finished = self.run_bayres("run", "c.ini", ranks=ranks)
                self.check_code(finished, USAGE)
                self.check_one_message(finished)
                for word in ("in.csv", "25.2", "25.1"):
                    self.assertIn(word, finished.own_err)
                self.assertRegex(finished.own_err, r"c\.ini:\d+: .*(protocol\.|task\.)")
                self.assertEqual(self.files(), ["c.ini", "in.csv"])

    def test_file_too_short_for_an_evaluation(self):
        self.write("in.csv", COLUMN)
        keys = {"feedback": "output", "train": 20, "test": 5, "evaluate_at": 20, "evaluate_span": 10}
        self.write("c.ini", from_csv(split=1) | {"protocol": keys})
        finished = self.run_bayres("run", "c.ini")
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        self.assertIn("in.csv", finished.own_err)
        self.assertEqual(self.files(), ["c.ini", "in.csv"])


class AllProblemsTest(CommandLineTest):
    def check_problems(self, config, lines, ranks=None):
        text = self.write("c.ini", config)
        finished = self.run_bayres("run", "c.ini", ranks=ranks)
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        places = [re.match(r"c\.ini:\d+: ", problem) for problem in finished.problems]
        self.assertTrue(all(places), f"a problem without its line\n{finished}")
        self.assertEqual(sorted(place.group() for place in places),
                         sorted(f"c.ini:{line_of(text, line)}: " for line in lines), f"\n{finished}")

    def test_five_mistakes_are_five_lines(self):
        config = small(reservoir={"tau": -1, "sise": 3}, task={"name": "sine"}, learner__a={"rule": "bays"},
                       recrod={"every": 2})
        for ranks in (None, 3):
            self.check_problems(config, ["tau = -1", "sise = 3", "name = sine", "rule = bays", "every = 2"], ranks)

    def test_conflicts_are_listed_with_the_other_mistakes(self):
        config = small(reservoir={"tau": 0.05, "gian": 1}, protocol={"evaluate_at": 21}, record={"rates": 50},
                       learner__a={"rule": "branch", "branch_size": 51})
        text = self.write("c.ini", config)
        finished = self.run_bayres("run", "c.ini")
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        self.assertEqual(len(finished.problems), 5, f"\n{finished}")
        for line in ("gian = 1", "evaluate_at = 21", "rates = 50", "branch_size = 51"):
            self.assertIn(f"c.ini:{line_of(text, line)}: ", finished.own_err)
        self.assertIn("reservoir.dt", finished.own_err)

    def test_mistakes_of_file_and_command_line_come_together(self):
        self.write("c.ini", small(reservoir={"tau": -1}))
        finished = self.run_bayres("run", "c.ini", "--reservoir.gain=-2", "--task.nam=sines")
        self.check_code(finished, USAGE)
        self.check_one_message(finished)
        self.assertEqual(len(finished.problems), 3, f"\n{finished}")
        self.assertEqual(len([line for line in finished.problems if line.startswith("command line: ")]), 2)


class NetworkFileTest(CommandLineTest):
    """A network that is read from a file must be whole, and fit."""

    @classmethod
    def setUpClass(cls):
        cls.made = {}

    def network(self, storage):
        if storage not in self.made:
            keys = {"size": 203, "storage": storage}
            path = self.result(small(reservoir=keys, record={"network": "true"}), name=storage)
            self.made[storage] = path.read_bytes()
        return self.made[storage]

    def check_refused(self, name, change, words, storage="sparse", ranks=(None, 3), size=203, code=INPUT_OUTPUT):
        content = self.network(storage)
        for count in ranks:
            with self.subTest(name, ranks=count):
                for old in self.folder.iterdir():
                    old.unlink()
                (self.folder / "net.h5").write_bytes(content)
                with h5py.File(self.folder / "net.h5", "r+") as file:
                    change(file["network"])
                seal(self.folder / "net.h5")
                self.write("c.ini", small(reservoir={"size": size, "network": "net.h5"}))
                finished = self.run_bayres("run", "c.ini", ranks=count)
                self.check_code(finished, code)
                self.check_one_message(finished)
                for word in ("net.h5", *words):
                    self.assertIn(word, finished.own_err)
                self.assertEqual(self.files(), ["c.ini", "net.h5"])

    @staticmethod
    def replaced(name, change):
        def replace(network):
            values = np.asarray(change(network[name][()]))
            del network[name]
            network[name] = values
        return replace

    @staticmethod
    def with_last(value, kind=None):
        def change(values):
            values = values.astype(kind or values.dtype)
            values.flat[-1] = value
            return values
        return change

    def test_wrong_shapes(self):
        for name, change in {"W_in": lambda w: np.zeros((203, 3)), "x0": lambda x: x[:-1], "J_data": lambda j: j[:-1],
                             "J_indptr": lambda j: j[:-1], "bias": lambda b: b.reshape(-1, 1)}.items():
            self.check_refused(name, self.replaced(name, change), [f"/network/{name}"], ranks=(None,))
        self.check_refused("W_fb", self.replaced("W_fb", lambda w: w.T), ["/network/W_fb", "(1, 203)", "(203, 1)"])
        self.check_refused("scalar", self.replaced("J_indices", lambda j: np.int64(3)), ["/network/J_indices"],
                           ranks=(None,))
        self.check_refused("square", self.replaced("J", lambda j: j[:, :-1]), ["/network/J", "(203, 202)"], "dense")

    def test_another_number_of_neurons(self):
        self.check_refused("size", lambda network: None, ["/network/"], size=204)

    def test_indices_out_of_range(self):
        for index in (203, 2**32 + 1, -1):
            ranks = (None, 3) if index == 203 else (None,)
            self.check_refused(index, self.replaced("J_indices", self.with_last(index, np.int64)), ["J_indices"],
                               ranks=ranks)

    def test_row_starts_that_do_not_ascend(self):
        def swap(starts):
            starts[[190, 195]] = starts[[195, 190]]
            return starts
        self.check_refused("descending", self.replaced("J_indptr", swap), ["J_indptr"])
        self.check_refused("too large", self.replaced("J_indptr", self.with_last(10**6)), ["J_indptr"], ranks=(None,))

    def test_numbers_that_are_not_finite(self):
        for name in ("J_data", "x0", "W_in", "bias"):
            for value in (np.nan, np.inf):
                ranks = (None, 3) if name == "x0" else (None,)
                self.check_refused(f"{name} {value}", self.replaced(name, self.with_last(value)), [name, "finite"],
                                   ranks=ranks)
        self.check_refused("J", self.replaced("J", self.with_last(np.nan)), ["/network/J", "finite"], "dense")

    def test_data_sets_that_are_missing(self):
        def remove(name):
            return lambda network: network.__delitem__(name)
        for name in ("W_in", "W_fb", "bias", "x0", "J_indices"):
            self.check_refused(name, remove(name), [f"/network/{name}", "no such data set"], ranks=(None,))
        self.check_refused("J_data", remove("J_data"), ["/network/J_data", "no such data set"], ranks=(3,))

    def test_data_sets_that_are_elsewhere(self):
        def link(network):
            del network["bias"]
            network["bias"] = h5py.ExternalLink("other.h5", "/bias")

        def leave(network):
            del network["x0"]
            network.create_dataset("x0", (203,), "f8", external=[("raw", 0, 8 * 203)])
        self.check_refused("link", link, ["/network/bias", "link to /bias in other.h5"])
        self.check_refused("storage", leave, ["/network/x0", "another file, raw"], ranks=(None,))

    def test_file_that_is_damaged(self):
        path = self.result(small(record={"network": "true"}), name="net")
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 4
        path.write_bytes(content)
        self.write("c.ini", small(reservoir={"network": "net.h5"}))
        for ranks in (None, 3):
            finished = self.run_bayres("run", "c.ini", ranks=ranks)
            self.check_code(finished, INPUT_OUTPUT)
            self.check_one_message(finished)
            self.assertIn("net.h5: is damaged", finished.own_err)

    def test_file_that_is_missing(self):
        self.write("c.ini", small(reservoir={"network": "none.h5"}))
        for ranks in (None, 3):
            finished = self.run_bayres("run", "c.ini", ranks=ranks)
            self.check_code(finished, INPUT_OUTPUT)
            self.check_one_message(finished)
            self.assertIn("none.h5", finished.own_err)
            self.assertEqual(self.files(), ["c.ini"])


class InspectTest(CommandLineTest):
    def inspect(self, change):
        path = self.result(small(), "--force")
        with h5py.File(path, "r+") as file:
            change(file)
        return self.run_bayres("inspect", path.name)

    def test_says_that_every_byte_is_right(self):
        self.result(small())
        for name in ("c.h5", "c.h5.checkpoint"):
            finished = self.run_bayres("inspect", name)
            self.check_code(finished, DONE)
            self.assertIn("every byte is as it was written", finished.out)

    def test_says_that_a_file_was_changed(self):
        finished = self.inspect(lambda file: file.attrs.__setitem__("seed", 7))
        self.check_code(finished, DONE)
        self.assertIn("has been changed", finished.out)
        self.assertNotIn("every byte", finished.out)

    def test_follows_no_path(self):
        def link(file):
            file["learners/a/more"] = h5py.ExternalLink("c.h5.checkpoint", "/state")
        finished = self.inspect(link)
        self.check_code(finished, INPUT_OUTPUT)
        self.check_one_message(finished)
        self.assertIn("/learners/a/more: is a link to /state in c.h5.checkpoint", finished.own_err)

    def test_ends_where_groups_lead_in_a_circle(self):
        def circle(file):
            for k in range(8):
                file[f"learners/a/circle{k}"] = file["/"]
        self.check_code(self.inspect(circle), DONE)

    def test_ends_where_much_is_claimed(self):
        def claim(file):
            file.create_dataset("much", (2**40,), "f8", chunks=(1000,), fletcher32=True)[5000:6000] = 1
        finished = self.inspect(claim)
        self.check_code(finished, DONE)
        self.assertRegex(finished.out, r"/much +\(1099511627776\)")

    def test_ends_where_a_size_in_bytes_wraps(self):
        finished = self.inspect(size_in_bytes_that_wraps)
        self.check_code(finished, DONE)
        self.assertRegex(finished.out, r"/y +\(1152921504606846976\)")


class ExistingOutputTest(CommandLineTest):
    def test_output_that_exists_is_kept_without_force(self):
        self.write("c.ini", small())
        self.write("c.h5", "precious")
        for ranks in (None, 3):
            finished = self.run_bayres("run", "c.ini", ranks=ranks)
            self.check_code(finished, INPUT_OUTPUT)
            self.check_one_message(finished)
            for word in ("c.h5", "exists", "--force", "-o"):
                self.assertIn(word, finished.own_err)
            self.assertEqual((self.folder / "c.h5").read_text(), "precious")
            self.assertEqual(self.files(), ["c.h5", "c.ini"])

    def test_output_that_exists_is_replaced_with_force(self):
        self.write("c.h5", "precious")
        path = self.result(small(), "--force")
        self.assertIn("learners/a/weights", data_sets(path))
        self.assertEqual(self.files(), ["c.h5", "c.h5.checkpoint", "c.ini"])

    def test_output_that_exists_outlives_a_run_that_fails_with_force(self):
        for bad in (small(reservoir={"tau": -1}), small(reservoir={"network": "none.h5"}),
                    small(reservoir={"size": 2_000_000, "storage": "dense"})):
            self.write("c.ini", bad)
            self.write("c.h5", "precious")
            finished = self.run_bayres("run", "c.ini", "--force")
            self.assertNotEqual(finished.code, 0)
            self.assertEqual((self.folder / "c.h5").read_text(), "precious")
            self.assertEqual(self.files(), ["c.h5", "c.ini"])


if __name__ == "__main__":
    unittest.main()
