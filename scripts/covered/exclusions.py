"""What no test can reach, by name and with a reason (rtl/coverage.toml). A rule that excludes nothing, or something that
was reached after all, is an error."""
import re
import tomllib

BIT = re.compile(r"^(?P<name>[^\[]+)(\[(?P<high>\d+)(:(?P<low>\d+))?\])?$")


def bits_of(pattern):
    """name[7:4] -> (name, 4, 7); name -> (name, None, None)."""
    match = BIT.match(pattern)
    if match is None:
        raise ValueError(f"no signal, nor a range of its bits: {pattern!r}")
    high = match["high"]
    low = match["low"] if match["low"] is not None else high
    return match["name"], None if low is None else int(low), None if high is None else int(high)


def names_signal(pattern, point_name):
    name, low, high = bits_of(pattern)
    found = re.match(r"^([^\[]+)((?:\[\d+\])*)$", point_name)
    if found is None or found[1] != name:
        return False
    if low is None:
        return True
    indices = re.findall(r"\d+", found[2])
    return len(indices) == 1 and low <= int(indices[0]) <= high


class Rule:
    def __init__(self, table, number):
        self.where = f"exclusion {number} ({table.get('file')})"
        if not table.get("reason", "").strip():
            raise ValueError(f"{self.where}: an exclusion needs a reason")
        self.file, self.reason = table["file"], table["reason"]
        self.signals, self.text, self.branch = table.get("signals", []), table.get("text"), table.get("branch")
        if bool(self.signals) == bool(self.text):
            raise ValueError(f"{self.where}: either signals or text")
        unknown = set(table) - {"file", "reason", "signals", "text", "branch"}
        if unknown:
            raise ValueError(f"{self.where}: unknown {sorted(unknown)}")

    def lines(self, sources):
        """Numbers of the lines that hold the text."""
        path = sources / self.file
        return [n for n, line in enumerate(path.read_text().splitlines(), 1) if self.text in line]

    def parts(self, sources):
        """What the rule names, each with its test of a point: every one must match."""
        if self.signals:
            return [(s, lambda p, s=s: p.kind == "toggle" and names_signal(s, p.name)) for s in self.signals]
        return [(self.text, lambda p, at=tuple(self.lines(sources)): p.kind != "toggle" and p.line in at and
                 self.branch in (None, p.name))]


def rules_of(tables):
    """A rule for each file that a table names: `file` is one name or a list."""
    for number, table in enumerate(tables, 1):
        files = table["file"]
        for file in files if isinstance(files, list) else [files]:
            yield Rule({**table, "file": file}, number)


def apply(points, path, sources):
    """Marks excluded points; returns what is wrong with the rules."""
    with open(path, "rb") as file:
        tables = tomllib.load(file)
    wrong = []
    by_file = {}
    for point in points:
        by_file.setdefault(point.file, []).append(point)
    for rule in rules_of(tables.get("exclude", [])):
        for what, matches in rule.parts(sources):
            found = [p for p in by_file.get(rule.file, []) if matches(p)]
            if not found:
                wrong.append(f"{rule.where}: {what!r} is no point of {rule.file}: remove it")
            for point in found:
                if point.count > 0:
                    wrong.append(f"{rule.where}: {point.file}:{point.line} {point.name} was reached {point.count} times: "
                                 "no exclusion")
                point.excluded = rule.reason
    for rule in rules_of(tables.get("unmeasured", [])):
        for what, matches in rule.parts(sources):
            found = [p for p in by_file.get(rule.file, []) if matches(p)]
            if not found:
                wrong.append(f"unmeasured {rule.where}: {what!r} is no point of {rule.file}: remove it")
            for point in found:
                point.excluded = rule.reason
    return wrong
