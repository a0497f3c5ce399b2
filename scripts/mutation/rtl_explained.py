"""Survivors of which a person has said why they change nothing that can be seen: tests/mutation/rtl_equivalents.toml."""
import fnmatch
import pathlib
import tomllib

KEYS = {"file", "text", "reason"}
MAY = {"wire", "wirebit", "port", "portbit", "ctrlbit", "mode"}


class Explained:
    """Rules by place in the source; `rtl`: folder of the chip. ValueError: a rule that is none, or that names no line."""

    def __init__(self, path, rtl):
        self.rules = []
        if not path.exists():
            return
        for rule in tomllib.loads(path.read_text()).get("equivalent", []):
            if missing := KEYS - rule.keys():
                raise ValueError(f"{path}: {rule}: no {', '.join(sorted(missing))}")
            if unknown := rule.keys() - KEYS - MAY:
                raise ValueError(f"{path}: {rule}: unknown key {', '.join(sorted(unknown))}")
            source = pathlib.Path(rtl) / rule["file"]
            lines = source.read_text().splitlines() if source.exists() else []
            places = {f"{rule['file']}:{number}" for number, line in enumerate(lines, 1) if rule["text"] in line}
            if not places:
                raise ValueError(f"{path}: no line of {rule['file']} holds \"{rule['text']}\"")
            self.rules.append((places, rule))

    def reason(self, mutant):
        """Why this mutant changes nothing; empty if nobody has said so."""
        for places, rule in self.rules:
            if not places & set(mutant.places):
                continue
            if all(fnmatch.fnmatchcase(mutant.option(key), rule.get(key, "*")) for key in MAY):
                return rule["reason"]
        return ""
