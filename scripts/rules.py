#!/usr/bin/env python3
"""rules.py [--missing]: each rule of docs/semantics.md with the tests that prove it. Exit 1 if a test names no rule that
exists; with --missing, lists the rules that no test names, and exits 1 if there is one.

A test proves a rule when its name holds the number (R_IRP_32) or the comment directly above it does (R-IRP-32, R-IRP-33).
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMED = re.compile(r"R[_-]([A-Z]+)[_-](\d+)")
TEST = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")


def known_rules():
    rules = {}
    for line in (ROOT / "docs/semantics.md").read_text(encoding="utf-8").splitlines():
        match = re.match(r"\* \*\*(R-[A-Z]+-\d+)\*\*\s*(.*)", line)
        if match:
            rules[match.group(1)] = match.group(2)
    return rules


def tests_by_rule():
    found = collections.defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("*.cpp")):
        comment = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            stripped = line.strip()
            if stripped.startswith("//"):
                comment += stripped
                continue
            match = TEST.match(line)
            if match:
                where = f"{path.relative_to(ROOT)}: {match.group(1)}.{match.group(2)}"
                for kind, number in sorted(set(NAMED.findall(match.group(2) + " " + comment))):
                    found[f"R-{kind}-{number}"].append(where)
            comment = ""
    return found


def order(rule):
    kind, number = rule[2:].rsplit("-", 1)
    return kind, int(number)


def main():
    rules, tests = known_rules(), tests_by_rule()
    without = [rule for rule in rules if rule not in tests]
    if "--missing" in sys.argv[1:]:
        for rule in without:
            print(f"{rule}  {rules[rule][:110]}")
    else:
        for rule in rules:
            print(f"{rule}  {rules[rule][:90]}")
            for test in tests.get(rule, ["(no test)"]):
                print(f"    {test}")
    unknown = sorted((rule for rule in tests if rule not in rules), key=order)
    for rule in unknown:
        print(f"rules.py: {rule} is not in docs/semantics.md: {tests[rule][0]}", file=sys.stderr)
    print(f"{len(rules)} rules, {len(rules) - len(without)} with a test, {len(without)} without")
    sys.exit(1 if unknown or ("--missing" in sys.argv[1:] and without) else 0)


main()
