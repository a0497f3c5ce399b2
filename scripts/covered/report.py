"""Table, gaps, JSON and HTML of what was covered."""
import html
import json
import re

KINDS = ("line", "toggle", "cover")


def sums(points):
    """{file: {kind: [covered, total, excluded]}}, and of all files under ''."""
    table = {}
    for point in points:
        for file in (point.file, ""):
            cell = table.setdefault(file, {kind: [0, 0, 0] for kind in KINDS})[point.kind]
            if point.excluded:
                cell[2] += 1
            else:
                cell[0] += point.count > 0
                cell[1] += 1
    return table


def percent(covered, total):
    return 100.0 if total == 0 else 100.0 * covered / total


def gaps(points):
    """(file, line, kind, what) of what was not reached; bits of a signal side by side are one."""
    missed = {}
    for point in points:
        if point.count == 0 and not point.excluded:
            name, bits = re.match(r"^([^\[]*)(.*)$", point.name).groups()
            missed.setdefault((point.file, point.line, point.kind, name), []).append(bits)
    found = []
    for (file, line, kind, name), bits in sorted(missed.items()):
        found.append((file, line, kind, name + ranges(bits)))
    return found


def ranges(bits):
    """['[0]', '[1]', '[3]'] -> '[3,1:0]'; what has no single index stays as it is."""
    if not all(re.fullmatch(r"\[\d+\]", bit) for bit in bits):
        shown = sorted(set(bits))
        return ",".join(shown[:4]) + (f" and {len(shown) - 4} more" if len(shown) > 4 else "")
    parts = []
    for number in sorted({int(bit[1:-1]) for bit in bits}, reverse=True):
        if parts and parts[-1][1] == number + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return "[" + ",".join(str(h) if h == l else f"{h}:{l}" for h, l in parts) + "]"


def cell_text(cell):
    covered, total, excluded = cell
    if total == 0 and excluded == 0:
        return "-"
    return f"{covered}/{total}" + (f" ({excluded} excluded)" if excluded else "")


def text(points, bins):
    rows = [["file", "line", "toggle", "cover"]]
    table = sums(points)
    for file in sorted(table, key=lambda name: (name == "", name)):
        rows.append([file or "all of rtl"] + [cell_text(table[file][kind]) for kind in KINDS])
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    if bins:
        lines += ["", *bins.table()]
    lines += ["", "gaps:"]
    lines += [f"  rtl/{file}:{line}: {kind} {what}" for file, line, kind, what in gaps(points)]
    lines += [f"  bin {name}: {says}" for name, says in (bins.gaps() if bins else [])]
    if lines[-1] == "gaps:":
        lines.append("  none")
    return "\n".join(lines)


def as_json(points, bins, limits):
    table = sums(points)
    return {"files": {file or "all": {kind: dict(zip(("covered", "total", "excluded"), cells[kind])) for kind in KINDS}
                      for file, cells in table.items()},
            "gaps": [{"file": f"rtl/{file}", "line": line, "kind": kind, "what": what}
                     for file, line, kind, what in gaps(points)],
            "excluded": [{"file": f"rtl/{p.file}", "line": p.line, "kind": p.kind, "what": p.name, "reason": p.excluded}
                         for p in points if p.excluded],
            "bins": bins.as_json() if bins else None,
            "limits": limits}


STYLE = (":root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}body{max-width:72rem;margin:2rem auto;"
         "padding:0 1rem}table{border-collapse:collapse}th,td{padding:.25rem .7rem;text-align:left;"
         "border-bottom:1px solid #8884}")


def html_table(head, rows):
    out = "<table><tr>" + "".join(f"<th>{html.escape(cell)}" for cell in head) + "</tr>\n"
    for row in rows:
        out += "<tr>" + "".join(f"<td>{html.escape(str(cell))}" for cell in row) + "</tr>\n"
    return out + "</table>\n"


def as_html(points, bins):
    table = sums(points)
    rows = []
    for file in sorted(table, key=lambda name: (name != "", name)):
        row = [file or "all of rtl"]
        for kind in KINDS:
            covered, total, _ = table[file][kind]
            row += [f"{percent(covered, total):.2f} %", cell_text(table[file][kind])]
        rows.append(row)
    excluded = {}
    for point in points:
        if point.excluded:
            excluded.setdefault((point.file, point.excluded), []).append(point)
    out = ("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>coverage</title><style>" + STYLE +
           "</style>\n<h1>Coverage</h1>\n")
    out += html_table(["file", "line", "", "toggle", "", "cover", ""], rows)
    if bins:
        out += "<h2>Functional bins</h2>\n" + html_table(["group", "covered", "bins", "impossible", "means"], bins.rows())
    missed = [(f"rtl/{file}:{line}", kind, what) for file, line, kind, what in gaps(points)]
    missed += [("", "bin", f"{name}: {says}") for name, says in (bins.gaps() if bins else [])]
    out += "<h2>Gaps</h2>\n" + (html_table(["where", "kind", "what"], missed) if missed else "<p>none</p>\n")
    out += "<h2>Excluded</h2>\n" + html_table(
        ["file", "points", "reason"], [(file, len(found), reason) for (file, reason), found in sorted(excluded.items())])
    return out + "</html>\n"


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")
