"""Configurations and input files as they are when jobs are submitted, and whether they still are when a job starts.

    python3 jobs/slurm/campaign/frozen.py CONFIG.inputs      ends with 3 if a file has changed since
"""

import difflib
import pathlib
import re
import sys
import zlib

INPUT = re.compile(r"^input (\S+): (\d+) bytes, crc32 ([0-9a-f]{8}): (.*)$", re.MULTILINE)
MOST_LINES = 10  # of a difference that is shown


def checksum(path):
    """Bytes and CRC-32 of a file, as texts."""
    size, digest = 0, 0
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            size, digest = size + len(piece), zlib.crc32(piece, digest)
    return str(size), f"{digest:08x}"


def record_of(config, said):
    """What is frozen beside a configuration, as lines of name, bytes, CRC-32 and path: itself, and what dry runs read."""
    rows = [("configuration", *checksum(config), str(config))]
    rows += [row for text in said for row in INPUT.findall(text)]
    return "".join("\t".join(row) + "\n" for row in dict.fromkeys(rows))


def differences(record, config=None):
    """What differs today from a record, a line for each file. `config`: where the configuration is now."""
    found = []
    for line in record.splitlines():
        name, size, digest, path = line.split("\t")
        path = str(config) if name == "configuration" and config else path
        try:
            now = checksum(path)
        except OSError as error:
            found.append(f"{name} {path}: {error.strerror}, was {size} bytes, crc32 {digest}")
            continue
        if now != (size, digest):
            found.append(f"{name} {path}: is {now[0]} bytes, crc32 {now[1]}, was {size} bytes, crc32 {digest}")
    return found


def text_differences(old, new):
    """Lines of a configuration that were and are, marked with - and +."""
    lines = [line for line in difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
             if line[:1] in "+-" and line[:3] not in ("---", "+++")]
    return lines[:MOST_LINES] + ([f"and {len(lines) - MOST_LINES} lines more"] if len(lines) > MOST_LINES else [])


def main():
    record = pathlib.Path(sys.argv[1])
    found = differences(record.read_text(), re.sub(r"\.inputs$", "", str(record)))
    if found:
        print("changed since the job was submitted, so that it would not run what was asked:\n  " + "\n  ".join(found) +
              "\nput these files back, or submit anew", file=sys.stderr)
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main())
