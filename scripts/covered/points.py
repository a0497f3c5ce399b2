"""The points of Verilated chips (tests/rtl/code_coverage.cpp), summed over runs, builds of the chip and instances."""
import dataclasses
import pathlib

KINDS = {"v_line": "line", "v_branch": "line", "v_toggle": "toggle", "v_user": "cover"}


@dataclasses.dataclass
class Point:
    kind: str       # line, toggle or cover
    file: str       # without folders
    line: int
    name: str       # a signal's bit, "if", "else", "case", "block", or the name of a cover
    count: int = 0
    excluded: str = ""  # reason


def key_of(row, path, number):
    try:
        page, file, line, column, _, count, comment = row
        kind = KINDS[page.split("/")[0]]
        # A cover's name is in its hierarchy; branches of a line are told apart by their columns.
        return (kind, pathlib.PurePath(file).name, int(line), int(column), comment), int(count)
    except (ValueError, KeyError) as error:
        raise ValueError(f"{path}:{number}: no coverage point: {error}") from error


def read(folder):
    """All *.points of a folder as Points; the same place of several builds or instances is one point."""
    files = sorted(pathlib.Path(folder).glob("*.points"))
    if not files:
        raise ValueError(f"{folder}: no *.points; was the chip built with P2P_COVERAGE, was P2P_COVERAGE_DIR set?")
    counts = {}
    for path in files:
        with open(path, encoding="utf-8") as lines:
            for number, text in enumerate(lines, 1):
                key, count = key_of(text.rstrip("\n").split("\t"), path, number)
                counts[key] = counts.get(key, 0) + count
    return [Point(kind, file, line, name, count)
            for (kind, file, line, _, name), count in sorted(counts.items())], len(files)
