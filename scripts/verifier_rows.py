"""The rows of the verifier tables (docs/semantics.md, 7.1 to 7.6) as V-<bug check>-<parameter 1>."""
import re

CODE = r"0x([0-9A-Fa-f]+)"
# Codes whose first parameter is no sub-code: the row is V-<bug check> alone.
SECTIONS = {"7.2": "C4", "7.3": "C9", "7.4": "E6", "7.6": "C4"}


def name(code, sub_code=None):
    text = f"V-{int(code, 16):X}"
    return text if sub_code is None else f"{text}-{int(sub_code, 16):X}"


def expanded(cell):
    """Sub-codes named in the first cell of a row: lists, ranges, alternatives."""
    found = []
    for first, last in re.findall(CODE + r"(?:\s*-\s*" + CODE + ")?", cell):
        if last:
            found += [f"{value:X}" for value in range(int(first, 16), int(last, 16) + 1)]
        else:
            found.append(first)
    return found


def rows(text):
    """Row name -> what it says, in the order of the document."""
    section, found = "", {}
    start, end = text.index("### 7.1"), text.index("### 7.7")
    for line in text[start:end].splitlines():
        head = re.match(r"### (7\.\d)", line)
        if head:
            section = head.group(1)
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if section == "7.1" and line.startswith("| 0x"):
            for code in expanded(cells[0].replace("/3", "")):
                found.setdefault(name(code), cells[1])
        elif section in ("7.2", "7.6") and line.startswith("| 0x"):
            for sub_code in expanded(re.split(r"[A-Z][a-z]", cells[0])[0]):
                found.setdefault(name("C4", sub_code), cells[1])
        elif section == "7.3":
            if line.startswith("| 0x"):
                for sub_code in expanded(cells[0]):
                    found.setdefault(name("C9", sub_code), cells[-1])
            elif line.startswith("Level 1"):
                for part in line.split(":", 1)[1].split("·"):
                    for sub_code in expanded(part.split("(")[0].strip().split(" ")[0]):
                        found.setdefault(name("C9", sub_code), part.strip())
        elif section == "7.4" and line.startswith("0x"):
            for part in line.split("·"):
                words = part.strip().split(" ")[0].split("/")
                for word in words:
                    if word.startswith("0x"):
                        found.setdefault(name("E6", word), part.strip())
        elif section == "7.5" and line.startswith("| "):
            for sub_code in re.findall(r"\b([24]00[0-9A-F]{2}|4[13]0[0-9A-F]{2})\b", cells[0]):
                found.setdefault(name("C4", sub_code), cells[1])
    return found
