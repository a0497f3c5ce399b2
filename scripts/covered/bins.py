"""Functional bins (tb/coverage), summed over runs."""
import json
import pathlib


class Bins:
    """{bin: [count, impossible or None]}, cross by cross."""

    def __init__(self):
        self.crosses = {}

    def add(self, path):
        try:
            crosses = json.loads(path.read_text())["crosses"]
            for cross in crosses:
                says, bins = self.crosses.setdefault(cross["name"], (cross["says"], {}))
                if says != cross["says"]:
                    raise ValueError(f"{cross['name']} means two things: runs of different builds?")
                for one in cross["bins"]:
                    bins.setdefault(one["name"], [0, one.get("impossible")])[0] += one["count"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: no functional bins: {error}") from error

    def rows(self):
        """(cross, covered, bins, impossible, means)"""
        out = []
        for name, (says, bins) in self.crosses.items():
            possible = [count for count, reason in bins.values() if reason is None]
            out.append((name, sum(count > 0 for count in possible), len(possible), len(bins) - len(possible), says))
        return out

    def sums(self):
        rows = self.rows()
        return sum(row[1] for row in rows), sum(row[2] for row in rows)

    def table(self):
        width = max(len(name) for name in self.crosses)
        return [f"{name.ljust(width)}  {covered}/{total}" + (f" ({never} impossible)" if never else "")
                for name, covered, total, never, _ in self.rows()]

    def _each(self):
        """(bin, count, impossible or None, what its cross means)"""
        for says, bins in self.crosses.values():
            for name, (count, reason) in bins.items():
                yield name, count, reason, says

    def gaps(self):
        """(bin, what its cross means) of those never hit."""
        return [(name, says) for name, count, reason, says in self._each() if count == 0 and reason is None]

    def possible(self):
        """Names of bins that are not said to be impossible."""
        return {name for name, _, reason, _ in self._each() if reason is None}

    def hit(self):
        return {name for name, count, _, _ in self._each() if count > 0}

    def beside(self, names):
        """Names of all bins of the crosses that these are in."""
        return {other for _, bins in self.crosses.values() if names & bins.keys() for other in bins}

    def wrong(self):
        return [f"{name} was hit {count} times: impossible, it was said: {reason}"
                for name, count, reason, _ in self._each() if count > 0 and reason is not None]

    def as_json(self):
        return [{"name": name, "says": says,
                 "bins": [{"name": bin_name, "count": count, "impossible": reason}
                          for bin_name, (count, reason) in bins.items()]}
                for name, (says, bins) in self.crosses.items()]


def of_files(files):
    bins = Bins()
    for path in files:
        bins.add(path)
    return bins


def read(folder):
    """All *.bins of a folder; None if there are none."""
    files = sorted(pathlib.Path(folder).glob("*.bins"))
    return of_files(files) if files else None
