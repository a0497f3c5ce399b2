#!/usr/bin/env python3
"""ddi_coverage.py [--check]: writes docs/ddi-coverage.md from the headers and our sources; with --check, exit 1 if a
function of ours stands there otherwise (the headers' share depends on their version), or if the IRQL table lacks it.

What exists is what wdm.h, ntddk.h and ks.h of mingw-w64 declare; what is implemented is defined in sw/ntos or sw/ks or
inline in the headers. IRQLs are those of sw/ntos/verifier/irql_table.inc, rules those the function's code and comment name.
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/ddi-coverage.md"
TABLE = ROOT / "sw/ntos/verifier/irql_table.inc"
DDK = pathlib.Path("/usr/share/mingw-w64/include")
HEADERS = {"wdm.h": DDK / "ddk/wdm.h", "ntddk.h": DDK / "ddk/ntddk.h", "ks.h": DDK / "ks.h"}
EXTRAS = sorted((ROOT / "sw/ddk").rglob("*.h"))
DECLARED = re.compile(r"\b(?:NTAPI|FASTCALL|DDKAPI|DDKFASTAPI|KSDDKAPI[^(;]{0,60}?|NTAPI_INLINE)\s+([A-Z][A-Za-z]\w+)\s*\(")
INLINE = re.compile(r"(?:FORCEINLINE|static inline|CFORCEINLINE)[^;{}()]*?\b([A-Z][A-Za-z]\w+)\s*\(")
MACRO = re.compile(r"^\s*#\s*define\s+([A-Z][a-z]\w+)\s*(?:\(|_?[A-Z]?[a-z]\w+\s*$)", re.M)
DEFINED = re.compile(r"^(?!\s*//)[\w:*&<> ]*?\b(?:NTAPI|FASTCALL)\s+([A-Z]\w+)\s*\(", re.M)
IRQL = re.compile(r"^P2P_IRQL(_OWN|_ANY|_DMA)?\((\w+)(?:, (\w+), (\w+))?(?:, (0x\w+))?\)", re.M)
RULE = re.compile(r"\bR-[A-Z]+-\d+\b")
PREFIX = re.compile(r"^(Csq|Io|Ke|Ex|Mm|Ob|Po|Ps|Rtl|Zw|Hal|Ks|Interlocked|Pfx|Se|Cc|Dbg|Etw|Wmi|Tm|Cm|Vsl|Nt|Kd|READ|WRITE)")
TITLES = {"Io": "I/O manager", "Ke": "dispatcher", "Ex": "executive", "Mm": "memory", "Ob": "objects", "Po": "power",
          "Ps": "processes and threads", "Rtl": "run-time library", "Zw": "system services", "Hal": "HAL",
          "Ks": "kernel streaming", "Dbg": "debugging", "READ": "registers", "WRITE": "registers"}


def irql_table():
    """Function -> (its levels in words, sub-code of bug check 0xC4 or "")."""
    found = {}
    for kind, name, lowest, highest, code in IRQL.findall(TABLE.read_text(encoding="utf-8")):
        if kind == "_ANY":
            words = "any"
        elif lowest == highest:
            words = f"{highest}_LEVEL"
        else:
            words = f"<= {highest}_LEVEL" if highest != "HIGH" else f">= {lowest}_LEVEL"
        found[name] = (words, "0x13" if kind == "_DMA" else code)
    return found


def definitions():
    """Function -> (file, rules named at it)."""
    found = {}
    for folder in ("sw/ntos", "sw/ks"):
        for path in sorted((ROOT / folder).rglob("*.cpp")):
            text = path.read_text(encoding="utf-8")
            for match in DEFINED.finditer(text):
                end = text.find("\n}", match.end())
                brace = text.find("{", match.end())
                semicolon = text.find(";", match.end())
                if brace < 0 or (0 <= semicolon < brace):
                    continue  # a declaration
                line_end = text.find("\n", brace)
                body = text[brace:line_end] if text[brace:line_end].rstrip().endswith("}") else text[brace:end]
                comment = []
                for line in reversed(text[:match.start()].rstrip("\n").splitlines()):
                    if not line.startswith("//"):
                        break
                    comment.append(line)
                rules = list(dict.fromkeys(RULE.findall("\n".join(comment) + body)))
                found[match.group(1)] = (str(path.relative_to(ROOT)), rules)
    return found


def declared():
    """Function -> header, in the order of the headers; and those that headers define themselves."""
    functions, inline = collections.OrderedDict(), set()
    for name, path in HEADERS.items():
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8", errors="replace"), flags=re.S)
        inline.update(INLINE.findall(text))
        inline.update(MACRO.findall(text))
        for function in DECLARED.findall(text):
            if PREFIX.match(function):
                functions.setdefault(function, name)
    for path in EXTRAS:
        text = path.read_text(encoding="utf-8")
        inline.update(INLINE.findall(text))
        inline.update(MACRO.findall(text))
        for function in DECLARED.findall(text):
            if PREFIX.match(function):
                functions.setdefault(function, "sw/ddk")
    return functions, inline


def row(function, ours, irql):
    path, rules = ours
    words, code = irql.get(function, ("", ""))
    return f"| `{function}` | {words} | {code} | {', '.join(rules)} | `{path}` |"


def page():
    functions, inline = declared()
    ours = definitions()
    irql = irql_table()
    everything = {**{name: "" for name in ours if PREFIX.match(name)}, **functions}
    groups = collections.defaultdict(list)
    for name in everything:
        groups[PREFIX.match(name).group(1)].append(name)
    out = ["# DDI coverage", "",
           "Written by `scripts/ddi_coverage.py` from mingw-w64's `wdm.h`, `ntddk.h` and `ks.h` and from our sources; "
           "`make lint` checks", "that it is current. IRQL: at which a driver may call the function, from "
           "`sw/ntos/verifier/irql_table.inc`. Code: parameter 1 of bug", "check 0xC4 when it calls it at another; empty where "
           "the function looks for itself. Rules: those named at the function, of", "[semantics.md](semantics.md). A driver "
           "that calls a function that is not there does not load: the message names it.", ""]
    body = []
    here = there = 0
    for prefix in sorted(groups, key=lambda p: (p not in ("Io", "Ke", "Ex", "Mm", "Ks"), p)):
        names = sorted(groups[prefix])
        implemented = [name for name in names if name in ours]
        in_header = [name for name in names if name not in ours and name in inline]
        absent = [name for name in names if name not in ours and name not in inline]
        here += len(implemented) + len(in_header)
        there += len(absent)
        body += [f"## {prefix}…{': ' + TITLES[prefix] if prefix in TITLES else ''}", ""]
        if implemented:
            body += ["| function | IRQL | code | rules | in |", "|---|---|---|---|---|"]
            body += [row(name, ours[name], irql) for name in implemented] + [""]
        if in_header:
            body += ["Inline in the headers: " + ", ".join(f"`{name}`" for name in in_header) + ".", ""]
        if absent:
            body += ["Not there: " + ", ".join(f"`{name}`" for name in absent) + ".", ""]
    out += [f"{here} functions are there, {there} are not.", ""]
    return "\n".join(out + body).rstrip("\n") + "\n"


def ours_in(text):
    return sorted(line for line in text.splitlines() if line.startswith("| `"))


def main():
    text = page()
    if "--check" in sys.argv[1:]:
        exports, table = definitions(), irql_table()
        lacking = [name for name in sorted(exports) if PREFIX.match(name) and name not in table]
        if lacking:
            sys.exit(f"{TABLE.relative_to(ROOT)} says nothing of {', '.join(lacking)}: add a line each")
        dma = [name for name, (_, code) in table.items() if code == "0x13"]
        stale = [name for name in table if name not in exports and name not in dma and PREFIX.match(name)
                 and not name.startswith("Dbg")]  # variadic: another kind of definition
        if stale:
            sys.exit(f"{TABLE.relative_to(ROOT)} names {', '.join(stale)}, which no source of ours defines")
        if ours_in(PAGE.read_text(encoding="utf-8")) != ours_in(text):
            sys.exit(f"{PAGE.relative_to(ROOT)} is out of date: run scripts/ddi_coverage.py")
        return
    PAGE.write_text(text, encoding="utf-8")


main()
