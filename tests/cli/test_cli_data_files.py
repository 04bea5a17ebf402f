#!/usr/bin/python3
"""Files as other programs write them: the numbers that a run takes from them are those that were written, or it says what
is in the way and what to do."""
import dataclasses
import unittest

import h5py
import numpy as np

from command_line import INPUT_OUTPUT, USAGE, CommandLineTest, small

ROWS = 40
U = np.round(np.sin(np.arange(ROWS) / 3), 6)
Y = np.round(np.cos(np.arange(ROWS) / 5) + 0.001 * np.arange(ROWS), 6)


def configuration(**task):
    return small(reservoir={"size": 20, "dt": 1, "tau": 2}, protocol={"train": None, "test": None, "washout": 2},
                 task={"name": "file", "drive": None, "input": "u", "target": "y", "split": 0.5, **task})


@dataclasses.dataclass
class File:
    """A file: its content (text, bytes, or a function that writes it), the keys it needs, and the series in it."""

    name: str
    content: object
    keys: dict = dataclasses.field(default_factory=dict)
    u: np.ndarray = dataclasses.field(default_factory=lambda: U)
    y: np.ndarray = dataclasses.field(default_factory=lambda: Y)


@dataclasses.dataclass
class Refused:
    """A file that is refused, and words of the message."""

    name: str
    content: object
    words: tuple
    keys: dict = dataclasses.field(default_factory=dict)
    code: int = INPUT_OUTPUT


def text(separator=",", header=("u", "y"), columns=(U, Y), end="\n", decimal="."):
    rows = [[f"{x:.6f}".replace(".", decimal) if isinstance(x, float) else str(x) for x in row] for row in zip(*columns)]
    return "".join(separator.join(row) + end for row in ([list(header)] if header else []) + rows)


def pandas_frame():
    import pandas
    return pandas.DataFrame({"u": U, "label": ["a, b" if i % 2 else 'say "c"' for i in range(ROWS)], "y": Y},
                            index=pandas.date_range("2024-01-01", periods=ROWS, freq="h"))


def numpy_text(path):
    np.savetxt(path, np.column_stack((U, Y)), header="u y")


WHEN = [f"2024-01-01 00:00:{i:02}" for i in range(ROWS)]
FIRST_AND_SECOND = {"header": "none", "input": "1", "target": "2"}

TEXTS = [
    File("plain.csv", text()),
    File("semicolon and decimal comma", text(";", decimal=",")),
    File("tab and decimal comma", text("\t", decimal=",", end="\r\n")),
    File("blanks and decimal comma", text("  ", decimal=",")),
    File("numbers as names", text(header=("7", "3")), {"header": "first", "input": 7, "target": 3}),
    File("no names", text(header=None), FIRST_AND_SECOND),
    File("numpy.savetxt", numpy_text, FIRST_AND_SECOND),
    File("time stamps", text(header=("when", "u", "y"), columns=(WHEN, U, Y))),
    File("R, write.table", text(" ", ('"u"', '"y"'), ([f'"{i + 1}"' for i in range(ROWS)], U, Y))),
    File("R, write.csv", text(",", ('""', '"u"', '"y"'), ([f'"{i + 1}"' for i in range(ROWS)], U, Y))),
    File("pandas", lambda path: pandas_frame().to_csv(path)),
    File("pandas, European", lambda path: pandas_frame().to_csv(path, sep=";", decimal=",", encoding="utf-8-sig")),
    File("pandas, tabs", lambda path: pandas_frame().to_csv(path, sep="\t", lineterminator="\r\n")),
    File("separator that is said", text(header=None, columns=(np.arange(ROWS), 2 * np.arange(ROWS))),
         {**FIRST_AND_SECOND, "separator": "comma"}, np.arange(ROWS), 2 * np.arange(ROWS)),
    File("one column with decimal commas", text(header=("y",), columns=(Y,), decimal=","),
         {"decimal": "comma", "input": None}),
]

REFUSED = [
    Refused("numbers as names", text(header=("7", "3")), ("in.dat:1", '"7"', "task.header = first", "task.header = none")),
    Refused("one column or two", text(header=("y",), columns=(Y,), decimal=","),
            ("in.dat:1", "task.separator", "task.decimal"), {"input": None}),
    Refused("name that is nearly right", text(header=("u", "yield")), ("task.target", '"yeild"', "did you mean yield?"),
            {"target": "yeild"}, USAGE),
]

WORDS = [("task.file", "task.path"), ("task.csv", "task.path"), ("task.filename", "task.path"),
         ("task.data", "task.path"), ("task.delimiter", "task.separator"), ("task.inputs", "task.input"),
         ("reservoir.spectral_radius", "reservoir.gain"), ("reservoir.neurons", "reservoir.size"),
         ("protocol.warmup", "protocol.washout")]


class DataFilesTest(CommandLineTest):
    def write_file(self, content):
        path = self.folder / "in.dat"
        path.unlink(missing_ok=True)
        if callable(content):
            content(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def check_read(self, file):
        with self.subTest(file.name):
            self.write_file(file.content)
            path = self.result(configuration(path="in.dat", **file.keys), "--force")
            with h5py.File(path) as result:
                np.testing.assert_array_equal(result["target"][:, 0], file.y)
                if file.keys.get("input", "u") is not None:
                    np.testing.assert_array_equal(result["input"][:, 0], file.u)

    def check_refused(self, file):
        with self.subTest(file.name):
            self.write_file(file.content)
            self.write("c.ini", configuration(path="in.dat", **file.keys))
            finished = self.run_bayres("run", "c.ini", "--quiet", "--force")
            self.check_code(finished, file.code)
            self.check_one_message(finished)
            for word in file.words:
                self.assertIn(word, finished.own_err)

    def test_texts(self):
        for file in TEXTS:
            self.check_read(file)

    def test_refused(self):
        for file in REFUSED:
            self.check_refused(file)

    def test_every_rank_has_the_table(self):
        self.write_file(text(";", decimal=","))
        path = self.result(configuration(path="in.dat"), ranks=2)
        with h5py.File(path) as result:
            np.testing.assert_array_equal(result["target"][:, 0], Y)

    def test_words_of_other_programs(self):
        self.write("c.ini", configuration(path="in.dat"))
        for word, key in WORDS:
            finished = self.run_bayres("run", "c.ini", f"--{word}=1")
            self.check_code(finished, USAGE)
            self.assertIn(f"did you mean {key}?", finished.own_err)
        self.write("d.ini", small(task={"file": "in.dat"}))  # where the task is another
        finished = self.run_bayres("run", "d.ini")
        self.check_code(finished, USAGE)
        self.assertIn("did you mean task.path (of task.name = file)?", finished.own_err)


if __name__ == "__main__":
    unittest.main()
