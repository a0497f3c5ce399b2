#!/usr/bin/env python3
"""rules.py [--missing] [--ran JUNIT]: each rule of docs/semantics.md, and each row of its verifier tables (V-C4-32: bug
check 0xC4, parameter 1 0x32), with the tests that prove it. Exit 1 if a test names no rule that exists; with --missing,
lists the rules that no test names, and exits 1 if there is one. With --ran, only tests count that passed in that run
(`make test` writes build/reports/tests.xml).

A test proves a rule when its name holds the number (R_IRP_32, V_C4_32) or the comment directly above it does (R-IRP-32);
it proves a row also by `expect_bugcheck(0xC4, 0x32, …)`, and a driver of tests/gallery by its first two lines. Rows that cannot
apply here stand with their reasons in docs/verifier-not-applicable.md.
"""
import argparse
import collections
import pathlib
import re
import sys
import xml.etree.ElementTree

sys.dont_write_bytecode = True
import verifier_rows  # noqa: E402  (the line above comes first)

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMED = re.compile(r"R[_-]([A-Z]+)[_-](\d+)")
ROW = re.compile(r"(?<![0-9A-Za-z])V[_-]([0-9A-F]+)(?:[_-]([0-9A-F]+))?(?![0-9A-Za-z])")
CAUGHT = re.compile(r"expect_bugcheck\(0x([0-9A-Fa-f]+)u?, 0x([0-9A-Fa-f]+)u?,|expect_bugcheck\(0x([0-9A-Fa-f]+)u?, \[|"
                    r"expect_ks_violation\(0x([0-9A-Fa-f]+)u?,|expect_io_bugcheck\(0x([0-9A-Fa-f]+)u?,")
GALLERY = re.compile(r"// gallery: 0x([0-9A-Fa-f]+)(?: 0x([0-9A-Fa-f]+))?")
TEST = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")


def known_rules():
    text = (ROOT / "docs/semantics.md").read_text(encoding="utf-8")
    rules = dict(re.findall(r"^\* \*\*(R-[A-Z]+-\d+)\*\*\s*(.*)", text, flags=re.M))
    return rules, verifier_rows.rows(text)


def not_applicable(rows):
    """Row -> why it cannot apply; a row that does not exist is an error."""
    found = {}
    page = ROOT / "docs/verifier-not-applicable.md"
    for line in page.read_text(encoding="utf-8").splitlines():
        match = re.match(r"\* ((?:\*\*V-[0-9A-F-]+\*\*,? ?)+)\s*(.*)", line)
        if match:
            for row in re.findall(r"\*\*(V-[0-9A-F-]+)\*\*", match.group(1)):
                if row not in rows:
                    sys.exit(f"rules.py: {page.relative_to(ROOT)}: {row} is no row of docs/semantics.md")
                found[row] = match.group(2)
    return found


def row_name(rows, code, sub_code):
    """The row a bug check belongs to: with its sub-code where the tables have one."""
    with_sub = verifier_rows.name(code, sub_code) if sub_code else ""
    return with_sub if with_sub in rows else verifier_rows.name(code)


def caught(rows, text):
    for match in CAUGHT.finditer(text):
        code, sub_code, alone, ks, io = match.groups()
        if code or alone:
            yield row_name(rows, code or alone, sub_code)
        elif ks or io:
            yield row_name(rows, "C4" if ks else "C9", ks or io)


def tests_by_rule(rows, passed):
    found = collections.defaultdict(list)

    def note(rule, where, test):
        if passed is None or any(name.endswith(test) or f".{test}/" in name or f"/{test}/" in name for name in passed):
            if where not in found[rule]:
                found[rule].append(where)

    for path in sorted((ROOT / "tests").rglob("*.cpp")):
        relative, comment, where, test = path.relative_to(ROOT), "", None, ""
        text = path.read_text(encoding="utf-8")
        gallery = GALLERY.match(text)
        if gallery:
            row = row_name(rows, *gallery.groups())
            if row in rows:
                note(row, f"{relative}", f"{path.stem}_broken")
            for kind, number in NAMED.findall(text.splitlines()[1]):
                note(f"R-{kind}-{number}", f"{relative}", f"{path.stem}_broken")
            continue
        for line in text.splitlines():
            stripped = line.strip()
            match = TEST.match(line)
            if match:
                test = f"{match.group(1)}.{match.group(2)}"
                where = f"{relative}: {test}"
                for kind, number in sorted(set(NAMED.findall(match.group(2) + " " + comment))):
                    note(f"R-{kind}-{number}", where, test)
                for code, sub_code in sorted(set(ROW.findall(match.group(2) + " " + comment))):
                    note(row_name(rows, code, sub_code), where, test)
            comment = comment + stripped if stripped.startswith("//") else ""
            if where is not None:
                for row in caught(rows, stripped):
                    if row in rows:  # other bug checks have no row
                        note(row, where, test)
    return found


def test_names():
    """Every test of tests/ as Suite.Test, without the instances of parametrised ones."""
    texts = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("*.cpp")))
    matches = (TEST.match(line) for text in texts for line in text.splitlines())
    return {f"{match.group(1)}.{match.group(2)}" for match in matches if match}


def passed_tests(path):
    cases = xml.etree.ElementTree.parse(path).getroot().iter("testcase")
    return {case.get("name").split("  #")[0] for case in cases if case.get("status") == "run"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--ran", type=pathlib.Path)
    options = parser.parse_args()
    rules, rows = known_rules()
    reasons = not_applicable(rows)
    tests = tests_by_rule(rows, passed_tests(options.ran) if options.ran else None)
    everything = {**rules, **rows}
    without = [rule for rule in everything if rule not in tests and rule not in reasons]
    if options.missing:
        for rule in without:
            print(f"{rule}  {everything[rule][:110]}")
    else:
        for rule, says in everything.items():
            print(f"{rule}  {says[:90]}")
            for test in tests.get(rule, [f"cannot apply: {reasons[rule]}" if rule in reasons else "(no test)"]):
                print(f"    {test}")
    unknown = [rule for rule in tests if rule not in everything]
    for rule in unknown:
        print(f"rules.py: {rule} is not in docs/semantics.md: {tests[rule][0]}", file=sys.stderr)
    for kind, names in (("rules", rules), ("verifier rows", rows)):
        proven = sum(rule in tests for rule in names)
        excused = sum(rule in reasons and rule not in tests for rule in names)
        print(f"{len(names)} {kind}, {proven} with a test, {excused} that cannot apply, "
              f"{len(names) - proven - excused} without")
    sys.exit(1 if unknown or (options.missing and without) else 0)


if __name__ == "__main__":
    main()
