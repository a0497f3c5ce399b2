#!/usr/bin/env python3
"""Writes copies of the chip's sources with the mistakes of mistakes.toml in them, each behind a switch.

    plant.py MISTAKES OUT SOURCE...

A mistake replaces text that must be there exactly once; else this fails and names the file and the text. Files that have
not changed are left alone, those that are no copy of a SOURCE any more are removed.
"""
import pathlib
import re
import sys
import tomllib

PORTS_END = re.compile(r"^\);$", re.MULTILINE)


class Refused(Exception):
    pass


def planted(text, mistake, where):
    """The source with one mistake more."""
    name, old, new = mistake["name"], mistake["old"], mistake["new"]
    count = text.count(old)
    if count != 1:
        raise Refused(f"{where}: mistake '{name}': expected once, found {count} times: {old}")
    if "PLANTED" not in new:
        raise Refused(f"{where}: mistake '{name}': expected PLANTED, its switch, in: {new}")
    ends = PORTS_END.search(text)
    if ends is None:
        raise Refused(f"{where}: mistake '{name}': expected the end of a list of ports, a line ');'")
    switch = (f"\n  logic planted_{name};\n  planted_switch #(.Name(\"{name}\")) u_planted_{name} (\n"
              f"    .clk_i, .on_o(planted_{name})\n  );")
    text = text.replace(old, new.replace("PLANTED", f"planted_{name}"))
    return text[:ends.end()] + switch + text[ends.end():]


def main(mistakes_file, out, sources):
    mistakes = tomllib.loads(pathlib.Path(mistakes_file).read_text())["mistake"]
    texts = {pathlib.Path(source).name: pathlib.Path(source).read_text() for source in sources}
    for mistake in mistakes:
        name = mistake["in"] + ".sv"
        if name not in texts:
            raise Refused(f"{mistakes_file}: mistake '{mistake['name']}': no {name} among the sources")
        texts[name] = planted(texts[name], mistake, name)
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.sv"):
        if left.name not in texts:
            left.unlink()
    for name, text in texts.items():
        file = folder / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], sys.argv[3:])
    except Refused as refused:
        sys.exit(f"plant.py: {refused}")
