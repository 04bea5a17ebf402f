#!/usr/bin/python3
"""Files as other programs write them: the numbers that a run takes from them are those that were written, or it says what
is in the way and what to do."""
import bz2
import dataclasses
import gzip
import io
import lzma
import os
import pickle
import shutil
import unittest
import zipfile

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
    File("thousands in a column that is not read", text(";", ("u", "n", "y"), (U, ["2.037"] * ROWS, Y), decimal=","),
         {"decimal": "comma"}),
    File("surely decimal commas", "u;n;y\n" + "".join(
        f"{u:.6f};2.037;{y:.6f}\n".replace(".", ",").replace("2,037", "2.037") for u, y in zip(U, Y))),
    File("surely decimal points", text(";", ("u", "n", "y"), (U, ["2,037"] * ROWS, Y))),
    File("dates, versions and units", text("\t", ("when", "v", "u", "y"), (["01.02.2024"] * ROWS, ["1.2.3"] * ROWS, U, Y))),
    File("decimal points that are said", text("\t", ("u", "kg", "y"), (U, ["1,25 kg"] * ROWS, Y)), {"decimal": "point"}),
    File("names in UTF-8", text(header=("größe", "y")), {"input": "größe"}),
    File("Latin-1 in a column that is not read", text(header=("u", "y", "w"), columns=(U, Y, ["Größe"] * ROWS)).encode("latin-1")),
    File("one column with decimal commas", text(header=("y",), columns=(Y,), decimal=","),
         {"decimal": "comma", "input": None}),
]

THOUSANDS = [f"{1 + i}.037" for i in range(ROWS)]
COMMAS = [f"{i},25" for i in range(ROWS)]


def with_commas_elsewhere(separator, other, series=THOUSANDS, swap=False):
    """A series that may have marks between thousands, beside a column that is not read."""
    written = text(separator, ("when", "y", "other"), (["01.01.2020"] * ROWS, series, other))
    return written.translate(str.maketrans(".,", ",.")) if swap else written


MARKS = ("column that is not read", "task.decimal = comma", "task.decimal = point")
ONLY_Y = {"input": None}
REFUSED = [
    *(Refused(f"thousands or decimals, {name}", with_commas_elsewhere(separator, other), ("in.dat:2", '"1.037"', *MARKS), ONLY_Y)
      for name, separator, other in (("semicolon", ";", COMMAS), ("tab", "\t", COMMAS), ("blanks", "  ", COMMAS),
                                     ("comma", ",", [f'"{x}"' for x in COMMAS]), ("quotes", ";", [f'"{x}"' for x in COMMAS]),
                                     ("unit", ";", [f"{x} €" for x in COMMAS]), ("both marks", ";", ["1.234,5"] * ROWS),
                                     ("millions", ";", ["1.234.567"] * ROWS), ("once", ";", ["1"] * (ROWS - 1) + ["0,5"]),
                                     ("either", ";", ["1,234"] * ROWS))),
    Refused("thousands or decimals, other direction", with_commas_elsewhere(";", COMMAS, swap=True),
            ("in.dat:2", '"1,037"', *MARKS), ONLY_Y),
    Refused("decimals against decimals", with_commas_elsewhere(";", COMMAS, [f"{y:.6f}" for y in Y]), MARKS, ONLY_Y),
    Refused("names in Latin-1", text(header=("größe", "y")).encode("latin-1"), ("in.dat:1", "UTF-8", "iconv"), {"input": "größe"}),
    Refused("value in Latin-1", text(columns=(U, ["°"] * ROWS)).encode("latin-1"), ("in.dat:2", "UTF-8", "iconv")),
    Refused("one row", text(columns=(U[:1], Y[:1])), ("one sample",)),
    Refused("numbers as names", text(header=("7", "3")), ("in.dat:1", '"7"', "task.header = first", "task.header = none")),
    Refused("one column or two", text(header=("y",), columns=(Y,), decimal=","),
            ("in.dat:1", "task.separator", "task.decimal"), {"input": None}),
    Refused("name that is nearly right", text(header=("u", "yield")), ("task.target", '"yeild"', "did you mean yield?"),
            {"target": "yeild"}, USAGE),
]

WORDS = [("task.file", "task.path"), ("task.csv", "task.path"), ("task.filename", "task.path"),
         ("task.data", "task.path"), ("task.delimiter", "task.separator"), ("task.inputs", "task.input"),
         ("reservoir.rho", "reservoir.spectral_radius"), ("reservoir.neurons", "reservoir.size"),
         ("protocol.warmup", "protocol.washout"), ("task.fs", "task.sample_interval"), ("task.column", "task.target")]


def with_gaps(series, *missing):
    changed = series.copy()
    changed[list(missing)] = np.nan
    return changed


def held(series):
    known = np.flatnonzero(~np.isnan(series))
    return series[known[np.searchsorted(known, np.arange(len(series)), "right") - 1]]


def on_lines(series):
    known = np.flatnonzero(~np.isnan(series))
    return np.interp(np.arange(len(series)), known, series[known])


GAPS_U, GAPS_Y = with_gaps(U, 3, 20, 21, 39), with_gaps(Y, 4, 5, 20, 30)
GAPS_WITHIN = with_gaps(U, 3, 20, 21, 38)


def gap_text(word, columns=(GAPS_U, GAPS_Y)):
    return text(columns=columns).replace("nan", word)


MISSING = [
    File("hold", gap_text(""), {"missing": "hold"}, held(GAPS_U), held(GAPS_Y)),
    File("interpolate", gap_text("NA", (GAPS_WITHIN, GAPS_Y)), {"missing": "interpolate"}, on_lines(GAPS_WITHIN),
         on_lines(GAPS_Y)),
    File("skip", gap_text("null"), {"missing": "skip"}, held(GAPS_U), GAPS_Y),
    File("skip the first target", gap_text("N/A", (GAPS_U, with_gaps(Y, 0, 1, 9))), {"missing": "skip"}, held(GAPS_U),
         with_gaps(Y, 0, 1, 9)),
    File("blank lines", text(header=("y",), columns=(GAPS_Y,)).replace("nan", ""), {"missing": "skip", "input": None},
         y=GAPS_Y),
    File("other spellings", gap_text("#N/A"), {"missing": "hold"}, held(GAPS_U), held(GAPS_Y)),
]

NOT_TO_BE_FILLED = [
    Refused("no value to hold", gap_text("", (with_gaps(U, 0, 1), Y)), ("column u", "first 2", "hold"),
            {"missing": "hold"}),
    Refused("no input to hold", gap_text("", (with_gaps(U, 0), Y)), ("column u", "first 1", "hold"),
            {"missing": "skip"}),
    Refused("no end of a line", gap_text("", (U, with_gaps(Y, 39))), ("column y", "last 1", "line"),
            {"missing": "interpolate"}),
    Refused("no start of a line", gap_text("", (U, with_gaps(Y, 0))), ("column y", "first 1", "line"),
            {"missing": "interpolate"}),
    *(Refused(f"nothing to learn from, {normalise}", gap_text("", (U, with_gaps(Y, *range(2, 25)))), words,
              {"missing": "skip", "split": 0.5, "normalise": normalise}, USAGE)
      for normalise, words in (("none", ("task.target", "nothing can be learned")), ("zscore", ("task.target", "nothing can be learned")))),
    Refused("no value to scale by", gap_text("", (U, with_gaps(Y, *range(25)))), ("task.target", "nothing can be learned"),
            {"missing": "skip", "normalise": "zscore"}, USAGE),
    Refused("nothing but gaps", gap_text("", (U, np.full(ROWS, np.nan))), ("column y", "all"), {"missing": "skip"}),
    Refused("infinite", text(columns=(U, np.where(np.arange(ROWS) == 7, np.inf, Y))), ("in.dat:9: column y", "finite"),
            {"missing": "skip"}),
    Refused("gap", gap_text(""), ("in.dat:5: column u", "missing", "task.missing = hold", "interpolate", "skip")),
    Refused("blank line", text(columns=(U, Y)).replace("\n0.3", "\n\n0.3", 1), ("in.dat:3", "blank line"),
            {"missing": "skip"}),
]


def npy(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def npz(compressed=False, **arrays):
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


BOTH = np.column_stack((U, Y))
INTEGERS, BYTES = np.arange(ROWS) ** 3 % 101, np.arange(ROWS) % 7
TABLE = np.zeros(ROWS, dtype=[("when", "S10"), ("u", ">f8"), ("y", "<f8"), ("m", "<f4", (2,))])
TABLE["u"], TABLE["y"] = U, Y
LATIN_1 = np.zeros(ROWS, dtype=[("größe", "f8"), ("y", "f8")])
LATIN_1["größe"], LATIN_1["y"] = U, Y
ONE_AND_TWO = {"input": "1", "target": "2"}


def of_type(kind):
    """The series of a matrix of this type, exactly."""
    if kind in ("f8", ">f8"):
        return File(f"npy {kind}", npy(BOTH.astype(kind)), ONE_AND_TWO)
    whole = (BYTES > 2, BYTES == 1) if kind == "|?" else (BYTES, INTEGERS - 50 if "i" in kind else INTEGERS)
    series = np.column_stack((U, Y) if "f" in kind else whole).astype(kind)
    return File(f"npy {kind}", npy(series), ONE_AND_TWO, series[:, 0].astype("f8"), series[:, 1].astype("f8"))


NUMPY = [
    *(of_type(kind) for kind in ("f8", ">f8", "<f4", ">f4", "<f2", ">f2", "<i2", ">i4", "<i8", "|u1", ">u2", "<u8", "|?")),
    File("Fortran's order", npy(np.asfortranarray(BOTH)), ONE_AND_TWO),
    File("one-dimensional", npy(Y), {"input": None, "target": "1"}),
    File("version 2", npy(BOTH, (2, 0)), ONE_AND_TWO),
    File("version 3", npy(BOTH, (3, 0)), ONE_AND_TWO),
    File("fields", npy(TABLE)),
    File("1 x T", npy(Y[None]), {"input": None, "target": "1"}),
    File("1 x T in Fortran's order", npy(np.asfortranarray(Y[None])), {"input": None, "target": "1"}),
    File("T x 1", npy(Y[:, None]), {"input": None, "target": "1"}),
    File("npz, 1 x T and T x 1", npz(u=U[None], y=Y[:, None])),
    File("npz, one-dimensional with a column", npz(u=U, y=Y), {"input": "u:0", "target": "y:0"}),
    *(File(f"names in version {version}", npy(LATIN_1, (version, 0)), {"input": "größe"}) for version in (1, 2, 3)),
    File("npz", npz(u=U, y=Y, other=np.zeros(3))),
    File("npz, compressed", npz(True, u=U.astype("f8"), y=Y)),
    File("npz, matrix and fields", npz(True, m=BOTH, t=TABLE), {"input": "m:0", "target": "t:y"}),
    File("npy with NaN", npy(np.column_stack((GAPS_U, GAPS_Y))), {**ONE_AND_TWO, "missing": "skip"}, held(GAPS_U), GAPS_Y),
]


def hdf5(write, **options):
    def write_file(path):
        with h5py.File(path, "w", **options) as file:
            write(file)
    return write_file


def series(u=U, y=Y, **attributes):
    def write(file):
        for name, values in (("u", u), ("y", y)):
            file[name] = values
            file[name].attrs.update(attributes)
    return hdf5(write)


def netcdf(write):
    def write_file(path):
        import netCDF4
        with netCDF4.Dataset(path, "w") as file:
            file.createDimension("time", ROWS)
            write(file)
    return write_file


def packed(file):
    """Numbers as netCDF4 packs and masks them, which this library does itself as it writes."""
    u = file.createVariable("u", "i2", ("time",), fill_value=-32767)
    u.scale_factor, u.add_offset, u.units = 0.5, 10.0, "mV"
    u[:] = np.ma.masked_invalid(0.5 * BYTES + 10)
    y = file.createVariable("y", "f4", ("time",), fill_value=1e20)
    y[:] = np.ma.masked_invalid(GAPS_Y)


LOW, HIGH = -0.35, 0.45
THOUSANDTHS = np.round(1000 * Y).astype("i2")


def in_range(file):
    """Values beyond the range that is said to be valid, which netCDF4 masks as it reads."""
    u = file.createVariable("u", "f8", ("time",))
    u.valid_range = np.array([LOW, HIGH])
    u[:] = U
    y = file.createVariable("y", "i2", ("time",))
    y.scale_factor, y.valid_min, y.valid_max = 0.001, np.int16(-300), np.int16(400)
    y.set_auto_maskandscale(False)
    y[:] = THOUSANDTHS


def beyond(series, low, high):
    return np.where((series < low) | (series > high), np.nan, series)


def never_written(file):
    file.createVariable("u", "f8", ("time",))[:] = U
    file.createVariable("y", "f8", ("time",))[:20] = Y[:20]


def matlab(rows_or_columns):
    def write(path):
        with h5py.File(path, "w", userblock_size=512) as file:
            for name, values in (("u", U), ("y", Y)):
                file[name] = values[None, :] if rows_or_columns == "column" else values[:, None]
                file[name].attrs["MATLAB_class"] = np.bytes_("double")
            file["m"] = BOTH.T  # of time and channel
            file["m"].attrs["MATLAB_class"] = np.bytes_("double")
            file["word"] = np.array([[104], [105]], dtype="u2")
            file["word"].attrs["MATLAB_class"] = np.bytes_("char")
            file.create_group("s").attrs["MATLAB_class"] = np.bytes_("struct")
        with open(path, "r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")
    return write


def hdf5_of_type(kind):
    values = (BYTES > 2) if kind == "|?" else U if "f" in kind else BYTES - 3 if "i" in kind else BYTES
    values = values.astype(kind)
    return File(f"HDF5 {kind}", series(values, values), {}, values.astype("f8"), values.astype("f8"))


SINGLE_Y = np.where(np.isnan(GAPS_Y), np.nan, GAPS_Y.astype("f4").astype("f8"))
HDF5 = [
    *(hdf5_of_type(kind) for kind in ("<f2", ">f2", ">f4", ">f8", "|i1", ">i2", "<u4", ">i8", "<u8", "|?")),
    File("packed and masked", netcdf(packed), {"missing": "skip"}, 0.5 * BYTES + 10, SINGLE_Y),
    File("valid ranges", netcdf(in_range), {"missing": "skip"}, held(beyond(U, LOW, HIGH)),
         beyond(THOUSANDTHS * 0.001, -0.3005, 0.4005)),
    File("never written", netcdf(never_written), {"missing": "skip"}, U,
         np.where(np.arange(ROWS) < 20, Y, np.nan)),
    File("missing_value with more digits", series(y=np.where(np.isnan(GAPS_Y), 1e20, GAPS_Y).astype("f4"), missing_value=1e20),
         {"missing": "skip"}, y=SINGLE_Y),
    File("unit that is no text", series(units=3)),
    File("unit that is empty", series(units=h5py.Empty("S1"))),
    File("unit", series(units=np.bytes_("mV"))),
    File("unsigned", series((BYTES - 8).astype("i1"), _Unsigned="true"), {}, BYTES + 248.0),
    File("table", hdf5(lambda file: file.create_dataset("g/t", data=TABLE)), {"input": "g/t:u", "target": "g/t:y"}),
    File("matrix", hdf5(lambda file: file.create_dataset("m", data=BOTH)), {"input": "m:0", "target": "m:1"}),
    File("block before HDF5", hdf5(lambda file: file.update({"u": U, "y": Y}), userblock_size=2048)),
    File("1 x T and T x 1", hdf5(lambda file: file.update({"u": U[None], "y": Y[:, None]}))),
    File("MATLAB, T x 1", matlab("column")),
    File("MATLAB, 1 x T", matlab("row")),
    File("MATLAB, matrix", matlab("row"), {"input": "m:0", "target": "m:1"}),
]


def zipped(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


def cut(content):
    return content[:-40]


def damaged(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]


def scipy_file(write):
    def write_file(path):
        import scipy.io
        write(scipy.io, path)
    return write_file


def netcdf_3(path):
    import netCDF4
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("time", 3)
        file.createVariable("u", "f8", ("time",))[:] = 1


def sqlite(path):
    import sqlite3
    with sqlite3.connect(path) as base:
        base.execute("create table t (u, y)")


FOREIGN = [
    Refused("gzip", gzip.compress(text().encode()), ("gzip", "gunzip")),
    Refused("bzip2", bz2.compress(text().encode()), ("bzip2", "bunzip2")),
    Refused("xz", lzma.compress(text().encode()), ("xz", "unxz")),
    Refused("compress", b"\x1f\x9d\x90abc", (".Z", "uncompress")),
    Refused("Avro", b"Obj\x01\x04\x14avro.codec", ("Avro",)),
    Refused("ORC", b"ORC\x0a\x0b\0\0", ("ORC",)),
    Refused("GRIB", b"GRIB\0\0\0\2", ("GRIB", "netCDF")),
    Refused("ABF", b"ABF2\0\0\6\2", ("ABF",)),
    Refused("tar", b"a.csv" + bytes(252) + b"ustar\x0000" + bytes(300), ("tar",)),
    Refused("EDF", b"0".ljust(8) + b"X".ljust(80) + b"Startdate".ljust(80) + b"02.03.20" + b"10.11.12" + b"512".ljust(8) +
            b" ".ljust(320) + b"\1\2\3\4", ("EDF",)),
    Refused("pickle of protocol 0", pickle.dumps([1, 2], protocol=0), ("pickle",)),
    Refused("sep=", "sep=;\nu;y\n1,5;2,5\n", ("Excel", "first line")),
    Refused("zstd", b"\x28\xb5\x2f\xfd\x04\x58\0\0", ("zstd",)),
    Refused("xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), ("Excel", "CSV")),
    Refused("ods", zipped("mimetype", "content.xml"), ("OpenDocument", "CSV")),
    Refused("zip", zipped("a.csv"), ("zip", "unpack")),
    Refused("MATLAB 5", scipy_file(lambda scipy, path: scipy.savemat(path, {"u": U})), ("MATLAB", "-v7.3")),
    Refused("netCDF-3", netcdf_3, ("netCDF-3", "nccopy -k nc4")),
    Refused("parquet", b"PAR1\x15\0\x15", ("Parquet",)),
    Refused("Arrow", b"ARROW1\0\0\xff\xff", ("Arrow",)),
    Refused("pickle", pickle.dumps({"u": 1}), ("pickle", "numpy.save")),
    Refused("old pickle", pickle.dumps({"u": 1}, protocol=2), ("pickle",)),
    Refused("UTF-16", text().encode("utf-16"), ("UTF-16", "iconv")),
    Refused("UTF-16 without its mark", text().encode("utf-16-le"), ("UTF-16", "iconv")),
    Refused("sound", scipy_file(lambda scipy, path: scipy.wavfile.write(path, 100, INTEGERS.astype("i2"))), ("WAV",)),
    Refused("PDF", b"%PDF-1.5\n%\xe2\xe3", ("PDF",)),
    Refused("SQLite", sqlite, ("SQLite", "CSV")),
    Refused("HTML", "\n<!DOCTYPE html>\n<html></html>", ("HTML",)),
    Refused("JSON", '{"u": [1, 2]}', ("JSON",)),
    Refused("binary", b"\1\2\0\3" * 50, ("binary",)),
    Refused("empty", "", ("in.dat: is empty",)),
    Refused("folder", lambda path: path.mkdir(), ("folder",)),
    Refused("pipe", os.mkfifo, ("pipe",)),
    Refused("objects", npy(np.array([None] * 3)), ("Python objects",), {"input": None, "target": "1"}),
    Refused("one sample", npy(Y[:1]), ("one sample",), {"input": None, "target": "1"}),
    Refused("one sample of HDF5", series(U[:1], Y[:1]), ("one sample",)),
    Refused("field that is not there, with other letters", npy(LATIN_1), ("task.input", "größe"), {}, USAGE),
    Refused("complex numbers", npy(BOTH * 1j), ("complex",), ONE_AND_TWO),
    Refused("texts", npy(np.array(["a", "b"])), ("texts",), {"input": None, "target": "1"}),
    Refused("three dimensions", npy(np.zeros((3, 4, 5))), ("3 dimensions",), ONE_AND_TWO),
    Refused("field of text", npy(TABLE), ("column when", "S10"), {"target": "when"}),
    Refused("column that is not there", npy(BOTH), ("task.target", '"3"', "1, 2"), {**ONE_AND_TWO, "target": "3"}, USAGE),
    Refused("cut off", cut(npy(BOTH)), ("in.dat", "cut off"), ONE_AND_TWO),
    Refused("NaN", npy(np.column_stack((GAPS_U, GAPS_Y))), ("column 1", "sample 3", "task.missing"), ONE_AND_TWO),
    Refused("infinite", npy(np.where(BOTH == U[7], np.inf, BOTH)), ("column 1", "sample 7", "finite"),
            {**ONE_AND_TWO, "missing": "skip"}),
    Refused("array that is not there", npz(u=U, yield_=Y), ("task.target", "did you mean yield_?"), {"target": "yield"}, USAGE),
    Refused("matrix without a column", npz(u=U, y=BOTH), ("in.dat:y", "NAME:0 to NAME:1")),
    Refused("archive that is cut off", cut(npz(u=U, y=Y)), ("zip archive",)),
    Refused("archive that is damaged", damaged(npz(u=U, y=Y), 300), ("checksum",)),
    Refused("packed data that are damaged", damaged(npz(True, u=U, y=Y), 200), ("in.dat",)),
    Refused("unlike lengths", npz(u=U, y=Y[:-1]), ("as many",)),
    Refused("MATLAB text", matlab("row"), ("in.dat:word", "char"), {"target": "word"}),
    Refused("MATLAB struct", matlab("row"), ("in.dat:s", "struct", "STRUCT/FIELD"), {"target": "s"}),
    Refused("table without a field", hdf5(lambda file: file.update({"u": U, "t": TABLE})), ("PATH:FIELD", "u, y"),
            {"target": "t"}),
    Refused("field that is an array", hdf5(lambda file: file.update({"u": U, "t": TABLE})), ("PATH:FIELD", "u, y"),
            {"target": "t:m"}),
    Refused("data set that is nearly there", hdf5(lambda file: file.update({"u": U, "g/yield": Y})),
            ("no such data set", "did you mean g/yield?"), {"target": "g/yeild"}),
    Refused("filter of h5py", hdf5(lambda file: [file.create_dataset(name, data=U, chunks=(10,), compression="lzf") for name in "uy"]),
            ("in.dat:u", "lzf", "32000", "h5repack -f GZIP=4")),
    Refused("_FillValue", series(_FillValue=U[3]), ("in.dat:u", "sample 3", "missing", "task.missing")),
]


class DataFilesTest(CommandLineTest):
    def write_file(self, content):
        path = self.folder / "in.dat"
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
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

    def test_numpy(self):
        for file in NUMPY:
            self.check_read(file)

    def test_hdf5(self):
        for file in HDF5:
            self.check_read(file)

    def test_foreign(self):
        for file in FOREIGN:
            self.check_refused(file)

    def test_missing_values(self):
        for file in MISSING:
            self.check_read(file)

    def test_scale_is_of_the_values_that_are_there(self):
        self.write_file(gap_text("NaN"))
        path = self.result(configuration(path="in.dat", missing="skip", normalise="zscore"))
        with h5py.File(path) as result:
            target, trained = result["target"][:, 0], result["phase"][()] < 2
        self.assertAlmostEqual(np.nanmean(target[trained]), 0, 12)
        self.assertAlmostEqual(np.nanstd(target[trained]), 1, 12)
        scale = np.nanstd(GAPS_Y[trained])
        np.testing.assert_allclose(target, (GAPS_Y - np.nanmean(GAPS_Y[trained])) / scale, atol=1e-12)

    def test_between_samples_of_which_one_is_missing_there_is_none(self):
        self.write_file(gap_text(""))
        steps = 2 * ROWS - 1
        path = self.result(configuration(path="in.dat", missing="skip", sample_interval=2))
        with h5py.File(path) as result:
            target, series = result["target"][:, 0], result["input"][:, 0]
        between = (GAPS_Y[:-1] + GAPS_Y[1:]) / 2
        np.testing.assert_allclose(target[::2], GAPS_Y, atol=1e-12)
        np.testing.assert_allclose(target[1::2], between, atol=1e-12)
        np.testing.assert_allclose(series, np.interp(np.arange(steps) / 2, np.arange(ROWS), held(GAPS_U)), atol=1e-12)

    def test_evaluation_passes_over_missing_targets(self):
        """As the test phase of a run does; in windows too."""
        long = np.round(np.sin(np.arange(300) / 3) * np.cos(np.arange(300) / 17), 6)
        gaps = with_gaps(long, 7, 100, 210, 211, 290)
        self.write_file(text(columns=(long, gaps)).replace("nan", "NA"))
        config = configuration(path="in.dat", missing="skip")
        config["protocol"] = {"washout": 20, "train": 130, "test": 150}
        self.result(config, "--force", "--protocol.test=0", name="head")
        finished = self.run_bayres("evaluate", "head.h5.checkpoint", "--evaluate.span=150", "--evaluate.window=20",
                                   "-o", "e.h5", "--quiet")
        self.check_code(finished, 0)
        with h5py.File(self.result(config, name="whole")) as result, h5py.File(self.folder / "e.h5") as evaluated:
            learner, found = result["learners/a"], evaluated["learners/a"]
            self.assertEqual(found["nrmse"][0, 0], learner.attrs["test_nrmse"])
            target = result["target"][150:, 0]
            squares = (target - learner["output"][150:, 0]) ** 2
            windows = [np.sqrt(np.nanmean(squares[start:start + 20]) / np.nanvar(target)) for start in range(0, 150, 20)]
            np.testing.assert_allclose(found["window_nrmse"][0], windows, rtol=1e-12)
            self.assertEqual(np.isnan(target).sum(), 3)

    def test_refused(self):
        for file in REFUSED + NOT_TO_BE_FILLED:
            self.check_refused(file)

    def test_ranges_of_columns(self):
        """And an input scale for each."""
        data = np.round(np.random.default_rng(1).normal(size=(ROWS, 12)), 6)
        np.save(self.folder / "in.npy", data)
        with h5py.File(self.folder / "in.h5", "w") as file:
            file["eeg/x"] = data
        header = ",".join(f"d{i:02}" for i in range(12))
        np.savetxt(self.folder / "in.csv", data, delimiter=",", header=header, comments="", fmt="%.6f")
        scale = "0.5, 0, 1, 2, 3"
        for path, columns, target, listed in (
                ("in.csv", "d03..d06, d11", "d09..10", "d03, d04, d05, d06, d11"),
                ("in.npy", "4..7, 12", "10..11", "4, 5, 6, 7, 12"),
                ("in.h5", "eeg/x:3..6, eeg/x:11", "eeg/x:9..eeg/x:10", "eeg/x:3, eeg/x:4, eeg/x:5, eeg/x:6, eeg/x:11")):
            with self.subTest(path=path):
                config = configuration(path=path, input=columns, target=target)
                result = self.result(config, "--record.network=true", f"--reservoir.input_scale={scale}", "--force",
                                     ranks=2 if path == "in.h5" else None)
                plain = self.result(config, "--record.network=true", "--force", name="plain")
                with h5py.File(result) as file, h5py.File(plain) as same:
                    steps = len(file["input"])
                    np.testing.assert_array_equal(file["input"], data[:steps, [3, 4, 5, 6, 11]])
                    np.testing.assert_array_equal(file["target"], data[:steps, 9:11])
                    self.assertIn(f"input = {listed}", file.attrs["config"])
                    np.testing.assert_array_equal(file["network/W_in"], same["network/W_in"][()] * [0.5, 0, 1, 2, 3])
        for change, words in (({"input": "eeg/x:9..12"}, "has no column 12: allowed is 0 to 11"),
                              ({"input": "eeg/x"}, "PATH:0..9 for several")):
            self.write("c.ini", configuration(path="in.h5", target="eeg/x:0", **change))
            finished = self.run_bayres("run", "c.ini")
            self.check_code(finished, INPUT_OUTPUT)
            self.assertIn(words, finished.err)
        self.write("c.ini", configuration(path="in.h5", input="eeg/x:0..2", target="eeg/x:0"))
        finished = self.run_bayres("run", "c.ini", "--reservoir.input_scale=1,2")
        self.check_code(finished, USAGE)
        self.assertIn("reservoir.input_scale has 2 values, but the task has 3 inputs", finished.err)

    def test_predicts_the_past(self):
        """With a negative horizon the target is the input of before; the first steps have none, and do not count."""
        (self.folder / "in.csv").write_text(text())
        paths = [self.result(configuration(path="in.csv", input="y", horizon=-3), ranks=ranks, name=f"r{ranks}")
                 for ranks in (1, 3)]
        self.check_same_arrays(*paths)
        with h5py.File(paths[0]) as file:
            np.testing.assert_array_equal(file["input"][:, 0], Y[:len(file["input"])])
            np.testing.assert_array_equal(file["target"][3:, 0], file["input"][:-3, 0])
            self.assertTrue(np.isnan(file["target"][:3]).all())
            self.assertEqual(len(file["input"]), ROWS)

    def test_every_rank_has_the_table(self):
        self.write_file(text(";", decimal=","))
        path = self.result(configuration(path="in.dat"), ranks=2)
        with h5py.File(path) as result:
            np.testing.assert_array_equal(result["target"][:, 0], Y)

    def test_what_follows_from_another_problem_is_not_said(self):
        self.write_file(npz(u=U, y=Y))
        for keys, word in (({"inptu": "u"}, "did you mean task.input?"), ({"input": "v", "target": "w"}, 'no column "v"'),
                           ({"path": "is/not/there"}, "is/not/there")):
            self.write("c.ini", configuration(**{"path": "in.dat", **keys}))
            finished = self.run_bayres("run", "c.ini")
            self.assertIn(finished.code, (USAGE, INPUT_OUTPUT))
            self.assertIn(word, finished.own_err)
            self.assertNotIn("no steps", finished.own_err)

    def test_bytes_that_are_no_text_stay_out_of_the_terminal(self):
        self.write_file(b"")
        finished = self.run_bayres("r\udcfcn\x1b[2J")
        self.check_code(finished, USAGE)
        self.assertIn(r'"r\xfcn\x1b[2J"', finished.own_err)

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
