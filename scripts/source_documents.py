#!/usr/bin/env python3
"""source_documents.py [PAGE]: checks docs/source-documents.md. Each statement of the four source documents names tests
that exist in tests/, or says why it is not behaviour; each test names one of its rules, and each rule is in one of its
tests; no statement is left out. Exit 1 with a line for each mistake. Tests itself first.
"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import rules  # noqa: E402  (the line above comes first)

PAGE = rules.ROOT / "docs/source-documents.md"
# Each with its last statement.
DOCUMENTS = {"IoCompletion": (17, 5), "KsCompleteIo": (8, 1), "KsPinRegisterIrpCompletionCallback": (8, 1),
             "KsStreamIo": (27, 1)}
ROW = re.compile(r"\| (\w+) (\d+)\.(\d+) \|(.*)\|$")
EXCUSE = re.compile(r"not behaviour: \S+")


def rows(text):
    """(line number, section, document, paragraph, sentence, cells) of each statement; mistakes as strings."""
    section = None
    for number, line in enumerate(text.splitlines(), 1):
        heading = re.match(r"## (\w+)", line)
        if heading:
            section = heading.group(1)
        match = ROW.match(line)
        if match:
            cells = [cell.strip() for cell in match.group(4).split("|")]
            yield number, section, match.group(1), int(match.group(2)), int(match.group(3)), cells
        elif line.startswith("|") and not line.startswith(("| statement |", "|---")):
            yield number, section, None, 0, 0, [line]


def follows(last, paragraph, sentence):
    """Is it the next sentence, or the first one of the next paragraph?"""
    if last is None:
        return sentence == 1 and paragraph in (0, 1)
    return (paragraph, sentence) in ((last[0], last[1] + 1), (last[0] + 1, 1))


def mistakes_of(cells, known_tests, tests_of):
    """`tests_of`: rule -> names of the tests that prove it."""
    if len(cells) != 3 or not cells[0]:
        yield "expected a statement, rules and tests"
        return
    _, named_rules, proof = cells
    tests = re.findall(r"`([^`]+)`", proof)
    for test in tests:
        if test not in known_tests:
            yield f"there is no test {test}"
    if not tests and not EXCUSE.match(proof):
        yield "has no test, and no \"not behaviour: why\""
    if tests and not named_rules:
        yield "has tests but neither a rule nor -"
    named = [] if named_rules == "-" else list(filter(None, re.split(r",\s*", named_rules)))
    for rule in named:
        if rule not in tests_of:
            yield f"{rule} is no rule of docs/semantics.md"
        elif not tests_of[rule] & set(tests):
            yield f"none of its tests proves {rule}"
    for test in tests if named else ():
        if test in known_tests and not any(test in tests_of.get(rule, ()) for rule in named):
            yield f"{test} proves none of its rules"


def check(text, known_tests, tests_of):
    """(mistakes, statements with a test, statements that are not behaviour)."""
    mistakes, last, proven, excused = [], {}, 0, 0
    for number, section, document, paragraph, sentence, cells in rows(text):
        where = f"docs/source-documents.md:{number}: {document} {paragraph}.{sentence}"
        if document is None:
            mistakes.append(f"{where}: no statement number such as \"IoCompletion 3.2\": {cells[0][:60]}")
            continue
        if document != section or document not in DOCUMENTS:
            mistakes.append(f"{where}: stands under {section}")
        if not follows(last.get(document), paragraph, sentence):
            mistakes.append(f"{where}: does not follow {'.'.join(map(str, last.get(document, ('nothing',))))}")
        last[document] = (paragraph, sentence)
        mistakes += [f"{where}: {what}" for what in mistakes_of(cells, known_tests, tests_of)]
        proven, excused = (proven + 1, excused) if "`" in cells[-1] else (proven, excused + 1)
    for document, end in DOCUMENTS.items():
        if last.get(document) != end:
            mistakes.append(f"docs/source-documents.md: {document} does not end with {end[0]}.{end[1]}")
    return mistakes, proven, excused


def test_myself():
    """Each kind of mistake is found, and only it."""
    def page(row):
        lines = []
        for document, (paragraphs, sentences) in DOCUMENTS.items():
            lines.append(f"## {document}")
            numbers = [(i, 1) for i in range(1, paragraphs + 1)] + [(paragraphs, i) for i in range(2, sentences + 1)]
            lines += [f"| {document} {i}.{j} | says | | not behaviour: reason |" for i, j in numbers]
        return "\n".join(lines).replace("| KsCompleteIo 2.1 | says | | not behaviour: reason |", row)

    def mistakes(row):
        return check(page(row), {"Suite.Test"}, {"R-IRP-1": {"Suite.Test"}, "R-IRP-3": set()})[0]

    assert not mistakes("| KsCompleteIo 2.1 | says | R-IRP-1 | `Suite.Test` |")
    for wrong, why in (("| KsCompleteIo 2.1 | says | R-IRP-1 | `Suite.Other` |", "there is no test Suite.Other"),
                       ("| KsCompleteIo 2.1 | says | R-IRP-2 | `Suite.Test` |", "R-IRP-2 is no rule"),
                       ("| KsCompleteIo 2.1 | says | R-IRP-1, R-IRP-3 | `Suite.Test` |", "none of its tests proves"),
                       ("| KsCompleteIo 2.1 | says | | `Suite.Test` |", "has tests but neither"),
                       ("| KsCompleteIo 2.1 | says | R-IRP-1 | |", "has no test"),
                       ("| KsCompleteIo 2.1 | says | | not behaviour: |", "has no test"),
                       ("| KsCompleteIo 2.1 | | | not behaviour: reason |", "expected a statement"),
                       ("| KsCompleteIo 2,1 | says | R-IRP-1 | `Suite.Test` |", "no statement number"),
                       ("| KsStreamIo 2.1 | says | R-IRP-1 | `Suite.Test` |", "stands under KsCompleteIo"),
                       ("", "does not follow 1.1")):
        found = mistakes(wrong)
        assert found and why in found[0], f"{wrong}: {found}"
    short = page("").replace("| IoCompletion 17.5 | says | | not behaviour: reason |\n", "")
    assert any("IoCompletion does not end" in mistake for mistake in check(short, set(), {})[0])


def main():
    test_myself()
    page = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    known_rules, verifier_rows = rules.known_rules()
    proofs = rules.tests_by_rule(verifier_rows, None)
    tests_of = {rule: {where.split(": ")[-1] for where in proofs.get(rule, ())}
                for rule in (*known_rules, *verifier_rows)}
    mistakes, proven, excused = check(page.read_text(encoding="utf-8"), rules.test_names(), tests_of)
    for mistake in mistakes:
        print(f"source_documents.py: {mistake}", file=sys.stderr)
    print(f"{proven + excused} statements, {proven} with tests, {excused} that are not behaviour")
    sys.exit(1 if mistakes else 0)


if __name__ == "__main__":
    main()
