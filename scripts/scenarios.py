#!/usr/bin/env python3
"""Runs a driver against the chip in random configurations, steered by what they show, until its functional bins are hit.

scenarios.py BUILD FOLDER: what each run counted goes into FOLDER, for scripts/coverage.py --bins-only; what lies there
already counts as hit. docs/coverage.md says how bins are named and excluded. Exit status: 0 done; 1 a run showed a fault, or
fewer than --least per cent of the bins were hit; 2 bad input.
"""
import argparse
import concurrent.futures
import fnmatch
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

from covered import bins, steering

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROUND = 8  # runs drawn with the same weights, so that what is drawn does not depend on which of them ends first


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="build folder with bin/pin2pin")
    parser.add_argument("folder", type=pathlib.Path, help="of the *.bins")
    parser.add_argument("--driver", default="vcapdrv", help="as pin2pin run has it (vcapdrv)")
    parser.add_argument("--exclusions", type=pathlib.Path, default=ROOT / "sw/driver/coverage.toml",
                        help="bins that this driver cannot hit (sw/driver/coverage.toml)")
    parser.add_argument("--runs", type=int, default=2000, help="at most (2000)")
    parser.add_argument("--idle", type=int, default=600, help="stop after so many runs that showed nothing new (600)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--least", type=float, default=0, metavar="PERCENT")
    return parser.parse_args()


class Exclusions:
    """Patterns of bins, each with its reason."""

    def __init__(self, path):
        self.path, self.patterns = path, {}
        for rule in tomllib.loads(path.read_text()).get("exclude", []):
            if set(rule) != {"bins", "reason"}:
                raise ValueError(f"{path}: {rule}: expected bins and reason")
            self.patterns.update(dict.fromkeys(rule["bins"], rule["reason"]))

    def of(self, names):
        return {name for name in names for pattern in self.patterns if fnmatch.fnmatchcase(name, pattern)}

    def wrong(self, possible, hit):
        """An exclusion that names nothing, or something that was hit after all."""
        for pattern in self.patterns:
            named = fnmatch.filter(possible, pattern)
            reached = sorted(set(named) & hit)
            if not named:
                yield f"{self.path}: {pattern} names no bin: remove it"
            if reached:
                yield f"{self.path}: {pattern}: {reached[0]} was hit: remove it"


class Runs:
    def __init__(self, options):
        self.options = options
        self.steering = steering.Steering(options.seed)
        self.exclusions = Exclusions(options.exclusions)
        self.bins = bins.Bins()
        self.faults = []

    def open_bins(self):
        gaps = self.bins.possible() - self.bins.hit()
        return gaps - self.exclusions.of(gaps)

    def unfinished(self):
        return not self.bins.crosses or bool(self.open_bins())

    def one(self, number, drawn):
        """What the run counted, as a file of FOLDER; a fault or None."""
        values, numbers = drawn
        options, toml = steering.options_of(values, numbers)
        with tempfile.TemporaryDirectory() as scratch:
            config = pathlib.Path(scratch) / "config.toml"
            config.write_text(toml)
            command = [self.options.build / "bin/pin2pin", "run", "--coverage", "--no-capture", "--driver",
                       self.options.driver, "--seed", str(self.options.seed + number), "--config", config, "--out",
                       pathlib.Path(scratch) / "out", *options]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            told = f"run {number} ({' '.join(options)}; {', '.join(f'{k} {v}' for k, v in values.items())})"
            counted = pathlib.Path(scratch) / "out/driver.bins"
            if not counted.exists():
                return None, f"{told}: {done.stderr.strip() or done.returncode}"
            file = self.options.folder / f"scenario.{number}.bins"
            shutil.copy(counted, file)
            summary = json.loads((pathlib.Path(scratch) / "out/summary.json").read_text())
        return file, fault_of(summary, values, told)

    def round(self, first):
        wanted = self.bins.beside(self.open_bins())
        drawn = [self.steering.draw(wanted) for _ in range(ROUND)]
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            results = list(pool.map(self.one, range(first, first + ROUND), drawn))
        before = self.bins.hit()
        for (values, _), (file, fault) in zip(drawn, results):
            if fault:
                self.faults.append(fault)
            if file is None:
                continue
            self.bins.add(file)
            self.steering.learn(values, bins.of_files([file]).hit())
        return len(self.bins.hit() - before)

    def all(self):
        """How many runs there were."""
        before = bins.read(self.options.folder)
        if before:
            self.bins = before
        runs = idle = 0
        while runs < self.options.runs and idle < self.options.idle and not self.faults and self.unfinished():
            new = self.round(runs)
            runs += ROUND
            idle = 0 if new else idle + ROUND
        return runs


def unknown(violation):
    """Memory that the run was asked to withhold kept it from asking what became of a frame."""
    return violation["rule"] == "FRAME_ACCOUNTED" and "could not be read" in violation["text"]


def fault_of(summary, values, told):
    """A fault of driver or chip; errors that the run asked for are none."""
    violations = summary["checks"]["violations"]
    if values["error"] == "memory":
        violations = [violation for violation in violations if not unknown(violation)]
    if violations or summary["verifier"]["bugcheck"] or summary["irps"]["outstanding"]:
        return f"{told}: {summary['failures'] or violations or summary['verifier']['bugcheck']}"
    if summary["status"] != "pass" and not steering.expects_failure(values):
        return f"{told}: {summary['failures']}"
    return None


def main():
    options = parsed()
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        runs = Runs(options)
        count = runs.all()
    except (OSError, ValueError) as error:
        print(f"scenarios.py: {error}", file=sys.stderr)
        return 2
    left, possible = sorted(runs.open_bins()), runs.bins.possible()
    excluded = runs.exclusions.of(possible)
    wrong = runs.bins.wrong() + list(runs.exclusions.wrong(possible, runs.bins.hit()))
    counted = len(possible - excluded)
    percent = 100 * (counted - len(left)) / max(counted, 1)
    print("\n".join(runs.bins.table()))
    for name in left:
        print(f"gap: {name}")
    for pattern, reason in runs.exclusions.patterns.items():
        print(f"excluded: {pattern}: {reason}")
    for line in wrong + runs.faults:
        print(f"WRONG: {line}")
    print(f"{count} scenarios: {percent:.2f} % of the driver's bins ({counted - len(left)} of {counted}, "
          f"{len(excluded)} excluded), at least {options.least:g} %")
    return 1 if wrong or runs.faults or percent < options.least else 0


if __name__ == "__main__":
    sys.exit(main())
