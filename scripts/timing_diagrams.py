#!/usr/bin/env python3
"""Renders docs/timing/*.json (WaveDrom's WaveJSON, made from the chip's pins by tests/rtl/timing_test.cpp) to SVG.

    timing_diagrams.py            writes the pictures
    timing_diagrams.py --check    exit 1 if a picture is not what its source gives

Of WaveJSON it knows what those sources use: p, 0, 1, x, = with data, dots, a head, hscale.
"""
import argparse
import json
import pathlib
import sys
from xml.sax.saxutils import escape

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "docs/timing"
ROW, HIGH, SLANT, LEFT, TOP, CYCLE = 30, 18, 4, 150, 40, 40   # pixels
STYLE = """<style>
  svg { background: #fff } text { font: 12px sans-serif; fill: #111 } .head { font-size: 13px; font-weight: bold }
  .line { fill: none; stroke: #111 } .word { fill: #e8eefc; stroke: #111 } .none { fill: #ddd } .grid { stroke: #ccc }
</style>"""


def states(wave):
    """One state a cycle, and whether it begins there."""
    last = ""
    for letter in wave:
        fresh = letter != "."
        last = letter if fresh else last
        yield last, fresh


def spans(wave):
    """(state, first cycle, cycles) of each stretch that a letter begins."""
    found = []
    for cycle, (state, fresh) in enumerate(states(wave)):
        if fresh:
            found.append([state, cycle, 0])
        found[-1][2] += 1
    return found


def clock(wave, y, width):
    points = []
    for cycle in range(len(wave)):
        x = LEFT + cycle * width
        points += [(x, y + HIGH), (x, y), (x + width / 2, y), (x + width / 2, y + HIGH)]
    return points + [(LEFT + len(wave) * width, y + HIGH)]


def polyline(points):
    return f'<polyline class="line" points="{" ".join(f"{x:g},{y:g}" for x, y in points)}"/>'


def bits(wave, y, width):
    points = []
    for state, first, cycles in spans(wave):
        level = y if state == "1" else y + HIGH
        start = LEFT + first * width
        points += [(start + (SLANT if first else 0), level), (start + cycles * width, level)]
    return [polyline(points)]


def words(row, y, width):
    labels, out = iter(row.get("data", [])), []
    for state, first, cycles in spans(row["wave"]):
        x, end, middle = LEFT + first * width, LEFT + (first + cycles) * width, y + HIGH / 2
        if state == "x":
            out.append(f'<rect class="none" x="{x}" y="{y}" width="{end - x}" height="{HIGH}"/>')
            continue
        corners = [(x, middle), (x + SLANT, y), (end - SLANT, y), (end, middle), (end - SLANT, y + HIGH), (x + SLANT, y + HIGH)]
        out.append(f'<polygon class="word" points="{" ".join(f"{a:g},{b:g}" for a, b in corners)}"/>')
        out.append(f'<text x="{(x + end) / 2:g}" y="{middle + 4:g}" text-anchor="middle">{escape(next(labels))}</text>')
    return out


def picture(source):
    width = CYCLE * source.get("config", {}).get("hscale", 1)
    rows = source["signal"]
    cycles = len(rows[0]["wave"])
    right, bottom = LEFT + cycles * width + 10, TOP + len(rows) * ROW + 10
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{right}" height="{bottom}" viewBox="0 0 {right} {bottom}">', STYLE]
    out.append(f'<text class="head" x="10" y="16">{escape(source["head"]["text"])}</text>')
    for cycle in range(cycles + 1):
        x = LEFT + cycle * width
        out.append(f'<line class="grid" x1="{x}" y1="{TOP - 4}" x2="{x}" y2="{bottom - 6}"/>')
        if cycle < cycles:
            out.append(f'<text x="{x + width / 2:g}" y="{TOP - 8}" text-anchor="middle">{cycle}</text>')
    for place, row in enumerate(rows):
        y = TOP + place * ROW
        out.append(f'<text x="{LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(row["name"])}</text>')
        if row["wave"].startswith("p"):
            out.append(polyline(clock(row["wave"], y, width)))
        elif set(row["wave"]) <= set("01."):
            out += bits(row["wave"], y, width)
        else:
            out += words(row, y, width)
    return "\n".join(out + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check, wrong = parser.parse_args().check, 0
    for path in sorted(FOLDER.glob("*.json")):
        target, text = path.with_suffix(".svg"), picture(json.loads(path.read_text()))
        if not check:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            print(f"{target}: not what {path.name} gives; run scripts/timing_diagrams.py", file=sys.stderr)
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
