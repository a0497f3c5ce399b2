"""Runs the tests on one mutant at a time, the shortest first, and tells how it was noticed."""
import dataclasses
import os
import pathlib
import re
import struct
import subprocess

NOTICED, ENDLESS = 10, 11  # tests/rtl/mutant.h
# Bus cycles: a process for the tests of up to the first, one for those of up to the second, and so on, as within a process
# they run in no order of length. Beyond the last are the longest tests.
STEPS = (20_000, 60_000, 150_000, 300_000)


@dataclasses.dataclass
class Verdict:
    """`how`: noticed, crashed, unsettled, endless, timeout; survived. Cycles: of the test's bus clock; -1: unknown.
    `whole`: it survived every test, not the shorter ones only."""
    how: str
    test: str = ""
    cycle: int = -1
    distance: int = -1
    whole: bool = False

    @property
    def killed(self):
        return self.how != "survived"


class ControlError(Exception):
    """The unmutated chip fails a test."""


class Runner:
    def __init__(self, program, seconds, cycles):
        """`seconds`: the longest a process may take. `cycles`: whether to look for the first visible cycle."""
        self.program, self.seconds, self.cycles = program, seconds, cycles
        self.left_out, self.groups = [], []

    def _process(self, tests, mutant, limit, pins=None):
        environment = {**os.environ, "P2P_MUTANT": str(mutant), "P2P_CYCLES": str(limit)}
        if pins is not None:
            environment["P2P_PINS"] = str(pins)
        command = [str(self.program), "--gtest_fail_fast=1" if mutant else "--gtest_brief=1",
                   f"--gtest_filter={':'.join(tests) or '*'}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment,
                                  timeout=self.seconds, check=False)
        except subprocess.TimeoutExpired:
            return None, "", ""
        return done.returncode, done.stdout, done.stderr

    def control(self):
        """Every test on the chip as it is; sorts them by the bus cycles they take. Tests that put values into the chip
        which would take too long to reach may fail: where a mutant sits on such a register the netlist computes it anew.
        They are left out for that netlist."""
        code, out, err = self._process([], 0, 0)
        failed = set(re.findall(r"^\[  FAILED  \] (\w+\.\w+)", out, re.M))
        if code is None or (code != 0 and not failed):
            raise ControlError(f"the tests do not end on the chip as it is: {err or 'too slow'}")
        ended = re.findall(r"^CYCLES (\S+) (\d+)( registers set)?$", out, re.M)
        if broken := failed - {name for name, _, registers_set in ended if registers_set}:
            raise ControlError(f"the chip as it is fails {', '.join(sorted(broken))}")
        self.left_out = sorted(failed)
        taken = [(int(cycles), name) for name, cycles, _ in ended if name not in failed]
        bounds = [0, *STEPS, float("inf")]
        groups = [sorted(test for test in taken if low <= test[0] < high) for low, high in zip(bounds, bounds[1:])]
        # A limit of four times what is needed: the chip as it is never comes near.
        self.groups = [([name for _, name in group], 4 * sum(cycles for cycles, _ in group) + 500_000)
                       for group in groups]

    def judge(self, mutant, scratch, at_length):
        """Runs the shorter tests, or with `at_length` the others, until one notices. `scratch`: folder for this thread's
        traces."""
        for tests, limit in self.groups[-1:] if at_length else self.groups[:-1]:
            if not tests:
                continue
            code, out, err = self._process(tests, mutant, limit)
            if code == 0:
                continue
            running = re.findall(r"^\[ RUN      \] (\S+)", out, re.M)
            verdict = Verdict(self._how(code, err), running[-1] if running else "")
            if verdict.how == "noticed" and self.cycles:
                verdict.cycle, verdict.distance = self._first_difference(mutant, verdict.test, limit, scratch)
            return verdict
        return Verdict("survived", whole=at_length or not self.groups[-1][0])

    @staticmethod
    def _how(code, err):
        if code is None:
            return "timeout"
        if code == NOTICED:
            return "noticed"
        if code == ENDLESS:
            return "endless"
        return "unsettled" if "converge" in err else "crashed"

    def _first_difference(self, mutant, test, limit, scratch):
        """The bus cycle at which the test's pins first differ from the unmutated chip's, and how many cycles later the
        test says so; -1, -1 where they do not differ before."""
        traces = []
        for number in (mutant, 0):
            trace = pathlib.Path(scratch) / ("mutant.pins" if number else f"{test}.pins")
            if number or not trace.exists():
                self._process([test], number, limit, trace)
            traces.append(trace.read_bytes() if trace.exists() else b"")
        return compare(*traces)


def compare(mutated, control, entry=16, block=1 << 16):
    """Position of the first entry that differs: its cycle, and how many entries follow it in `mutated`."""
    for start in range(0, len(mutated), block):
        if mutated[start:start + block] == control[start:start + block]:
            continue
        for at in range(start, min(start + block, len(mutated)), entry):
            if mutated[at:at + entry] != control[at:at + entry]:
                return struct.unpack_from("<II", mutated, at)[1], (len(mutated) - at) // entry - 1
    return -1, -1
