"""Survivors of which a person has said why they change nothing that can be seen: tests/mutation/rtl_equivalents.toml."""
import fnmatch
import pathlib
import tomllib

KEYS = {"file", "text", "reason"}
MAY = {"module", "wire", "wirebit", "port", "portbit", "ctrlbit", "mode"}


def places_of(rule, source):
    """Where `source` holds the rule's text: file:line, and with `exact` the columns that Yosys names, from 1."""
    lines = source.read_text().splitlines() if source.exists() else []
    found = [(number, line.index(rule["text"]) + 1) for number, line in enumerate(lines, 1) if rule["text"] in line]
    if rule.get("exact"):
        return {f"{rule['file']}:{number}.{column}-{number}.{column + len(rule['text'])}" for number, column in found}
    return {f"{rule['file']}:{number}" for number, _ in found}


class Explained:
    """Rules by place in the source; `rtl`: folder of the chip. ValueError: a rule that is none, or that names no line."""

    def __init__(self, path, rtl):
        self.rules = []
        if not path.exists():
            return
        for rule in tomllib.loads(path.read_text()).get("equivalent", []):
            if missing := KEYS - rule.keys():
                raise ValueError(f"{path}: {rule}: no {', '.join(sorted(missing))}")
            if unknown := rule.keys() - KEYS - MAY - {"exact"}:
                raise ValueError(f"{path}: {rule}: unknown key {', '.join(sorted(unknown))}")
            places = places_of(rule, pathlib.Path(rtl) / rule["file"])
            if not places:
                raise ValueError(f"{path}: no line of {rule['file']} holds \"{rule['text']}\"")
            self.rules.append((places, rule))

    def reason(self, mutant):
        """Why this mutant changes nothing; empty if nobody has said so."""
        for places, rule in self.rules:
            if places.isdisjoint(mutant.columns + mutant.places):
                continue
            if all(fnmatch.fnmatchcase(mutant.option(key), rule.get(key, "*")) for key in MAY):
                return rule["reason"]
        return ""
