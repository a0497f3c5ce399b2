#!/usr/bin/env python3
"""Mutates rtl/ and counts how many mutants the tests of tests/rtl notice. docs/mutation.md says how to read the report.

A mutant is a wire of the synthesised chip inverted or stuck, chosen by Yosys. Each runs
in a process of its own until the first test fails. Exit status: 0 done; 1 the chip as it is fails a test, fewer than
--least per cent were noticed, or one that is explained as equivalent was; 2 a bad option or a tool that fails.
"""
import argparse
import concurrent.futures
import json
import pathlib
import queue
import re
import shutil
import sys
import time

from mutation import rtl_build, rtl_equivalence, rtl_explained, rtl_report, rtl_run


def numbers(text):
    """17,500-599 as a set."""
    if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", text):
        raise argparse.ArgumentTypeError(f"{text}: expected numbers and ranges of them: 17,230,500-599")
    ranges = [part.split("-") for part in text.split(",")]
    return {number for ends in ranges for number in range(int(ends[0]), int(ends[-1]) + 1)}


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="mutants (1000)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--minutes", type=float, default=60, help="no mutant is begun after so long (60)")
    parser.add_argument("--only", type=numbers, metavar="NUMBERS", help="of mutants in the list: 17,230,500-599 (all)")
    parser.add_argument("--netlist", type=int, default=500, help="mutants a netlist (500)")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    parser.add_argument("--seconds", type=float, default=900, help="longest process of tests (900)")
    parser.add_argument("--prove", type=float, default=120, help="seconds a survivor to prove it equivalent; 0: none (120)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="parameter of vcap: NumCh=2")
    parser.add_argument("--suites", default="", help="suites of tests/rtl, comma between them (all that fit NumCh)")
    parser.add_argument("--rtl", type=pathlib.Path, default=rtl_build.ROOT / "rtl", help="folder of vcap*.sv (rtl)")
    parser.add_argument("--work", type=pathlib.Path, default=rtl_build.ROOT / "build/mutation/rtl", help="folder to work in")
    parser.add_argument("--equivalents", type=pathlib.Path, default=rtl_build.ROOT / "tests/mutation/rtl_equivalents.toml",
                        help="mutants that are explained as equivalent")
    parser.add_argument("--no-cycles", action="store_true", help="do not look for the first visible cycle")
    parser.add_argument("--least", type=float, default=0, help="per cent that must be noticed, equivalent ones aside")
    options = parser.parse_args()
    options.work = options.work.resolve()
    options.parameters = {}
    for setting in options.set:
        name, _, value = setting.partition("=")
        if name not in rtl_build.PARAMETERS or not value.isdigit():
            parser.error(f"--set {setting}: expected NAME=NUMBER with one of {', '.join(rtl_build.PARAMETERS)}")
        options.parameters[name] = int(value)
    several = options.parameters.get("NumCh", 1) > 1
    known = ["channels"] if several else rtl_build.SUITES
    options.suites = options.suites.split(",") if options.suites else known
    for suite in options.suites:
        if suite not in known:
            parser.error(f"--suites {suite}: expected of {', '.join(known)}")
    if not 1 <= options.netlist <= 65535:
        parser.error(f"--netlist {options.netlist}: expected 1 to 65535")
    if options.count < 1 or options.jobs < 1:
        parser.error("--count and --jobs: expected at least 1")
    return options


def parts(mutants, most):
    """Mutants, netlist by netlist. Those on registers that tests preset stand apart: they cost their netlist these tests."""
    for preset in False, True:
        group = [mutant for mutant in mutants if (mutant.option("wire") in rtl_build.PRESET) == preset]
        yield from (group[first:first + most] for first in range(0, len(group), most))


class Job:
    """A run over all mutants: netlist after netlist, each mutant through the shorter tests, survivors to the prover, what
    it cannot prove through the longer tests."""

    def __init__(self, options):
        self.options = options
        self.deadline = time.monotonic() + 60 * options.minutes
        self.explained = rtl_explained.Explained(options.equivalents, options.rtl)
        self.verdicts, self.proofs, self.left_out = {}, {}, {}
        self.folders = queue.Queue()

    def run(self):
        options = self.options
        options.work.mkdir(parents=True, exist_ok=True)
        mutants = rtl_build.list_mutants(options.work, options.rtl, options.parameters, options.count, options.seed)
        if options.only:
            mutants = [mutant for mutant in mutants if mutant.number in options.only]
        bench = rtl_build.Bench(options.work, options.rtl, options.parameters, options.suites, options.jobs)
        for number, part in enumerate(parts(mutants, options.netlist)):
            if time.monotonic() > self.deadline:
                break
            self._netlist(number, part, bench)
        report = rtl_report.made(options, mutants, self.verdicts, self.proofs, self.left_out, self.explained)
        (options.work / "report.json").write_text(json.dumps(report, indent=1) + "\n")
        rtl_report.show(report)
        return 0 if report["noticed_percent"] >= options.least and not report["wrongly_explained"] else 1

    def _netlist(self, number, mutants, bench):
        print(f"netlist {number}: {len(mutants)} mutants", flush=True)
        runner = rtl_run.Runner(bench.program(number, mutants), self.options.seconds, not self.options.no_cycles)
        runner.control()
        self.left_out[number] = runner.left_out
        for job in range(self.options.jobs):
            folder = self.options.work / f"scratch{job}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            self.folders.put(folder)
        self._judge(runner, mutants, at_length=False)
        left = [mutant for mutant in self._survivors(mutants) if not self.explained.reason(mutant)]
        print(f"netlist {number}: {len(left)} survive the shorter tests and are not explained", flush=True)
        self.proofs.update(rtl_equivalence.prove_all(self.options.work, left, self.options.prove, self.options.jobs))
        left = [mutant for mutant in left if self.proofs.get(mutant.number) != "equivalent"]
        print(f"netlist {number}: {len(left)} of them are not proven equivalent", flush=True)
        self._judge(runner, [mutant for mutant in left if not self.verdicts[mutant.number].whole], at_length=True)
        print(f"netlist {number}: {len(self._survivors(left))} survive all tests", flush=True)
        while not self.folders.empty():
            self.folders.get()

    def _survivors(self, mutants):
        return [mutant for mutant in mutants
                if mutant.number in self.verdicts and not self.verdicts[mutant.number].killed]

    def _judge(self, runner, mutants, at_length):
        """Verdicts by mutant's number; those not reached before the deadline keep what they have, or stay missing."""
        def one(mutant):
            if time.monotonic() > self.deadline:
                return None
            scratch = self.folders.get()
            try:
                return runner.judge(mutant.selector, scratch, at_length)
            finally:
                self.folders.put(scratch)

        tests = "longest" if at_length else "shorter"
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for done, (mutant, verdict) in enumerate(zip(mutants, pool.map(one, mutants)), 1):
                if verdict:
                    self.verdicts[mutant.number] = verdict
                    if not verdict.killed:
                        print(f"  survives the {tests} tests: {mutant.number} {mutant}", flush=True)
                if done % 50 == 0:
                    print(f"  {done} of {len(mutants)} through the {tests} tests", flush=True)


def main():
    options = parsed()
    try:
        return Job(options).run()
    except rtl_run.ControlError as error:
        print(f"mutate_rtl.py: {error}", file=sys.stderr)
        return 1
    except (rtl_build.BuildError, ValueError) as error:
        print(f"mutate_rtl.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
