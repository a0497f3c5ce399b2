"""Runs of the programs, their CPU seconds, their instructions."""
import json
import os
import re
import shutil
import subprocess
import tempfile


class Failed(Exception):
    """A run that is not what it should be: one line."""


def words(command):
    return [str(word) for word in command]


def run(command, status=0):
    """(CPU seconds of the process, its standard output). Raises Failed unless it exits with `status`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(words(command), stdout=out, stderr=err)
        _, ended, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
        if process.returncode != status:
            err.seek(0)
            said = err.read().decode(errors="replace").strip().splitlines()
            raise Failed(f"{' '.join(words(command))}: exit status {process.returncode}, not {status}: "
                         f"{said[-1] if said else 'silent'}")
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, out.read().decode()


def pin2pin(build, scratch, options):
    """(CPU seconds of the whole process, summary.json) of a run that must end well."""
    out = scratch / "out"
    unchecked = "--checkers" in words(options)
    seconds, _ = run([build / "bin/pin2pin", "run", "--out", out] + options, 3 if unchecked else 0)
    summary = json.loads((out / "summary.json").read_text())
    if summary["status"] != ("unchecked" if unchecked else "pass"):
        raise Failed(f"pin2pin {' '.join(words(options))}: {summary['status']}")
    return seconds, summary


def bare(build, stimulus, options):
    """What bench_bare_chip printed; it fails itself if the outputs are not the recorded ones."""
    return json.loads(run([build / "bin/bench_bare_chip", stimulus] + options)[1])


def can_sample(scratch):
    """perf may be there and not be allowed."""
    return shutil.which("perf") is not None and subprocess.run(
        sampled(scratch / "probe.samples", ["true"]), capture_output=True, check=False).returncode == 0


def sampled(file, command):
    return ["perf", "record", "-q", "-e", "cpu-clock", "-F", "2000", "-o", str(file)] + words(command)


def over_chip(scratch, command):
    """CPU time of a process over the part of it that was spent within the Verilated chip, by samples of one and the same
    run: what else the machine does meets both. Where can_sample()."""
    file = scratch / "run.samples"
    run(sampled(file, command))
    _, told = run(["perf", "report", "-q", "--stdio", "-i", file, "--fields", "overhead,symbol", "--percent-limit", "0"])
    chip = whole = 0.0
    for share, symbol in re.findall(r"^\s*([\d.]+)%\s+(.*)$", told, re.MULTILINE):
        whole += float(share)
        chip += float(share) if re.search(r"\] (Vvcap|Verilated)", symbol) else 0
    if chip == 0:
        raise Failed(f"perf report: no sample within the Verilated chip in {' '.join(words(command))}")
    return whole / chip


def load_only(build, stimulus):
    return [build / "bin/bench_bare_chip", stimulus, "--load-only"]


class Counter:
    """Counts the instructions of a process in user mode: by the processor's counters, else by callgrind."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.tool = "perf" if self.perf(["true"], "probe", 0) else "callgrind"
        if self.tool == "callgrind" and shutil.which("valgrind") is None:
            raise Failed("neither perf's counters nor valgrind are there: scripts/install-deps.sh bench")

    def perf(self, command, mark, status):
        """Instructions, or None where the processor's counters are not to be had."""
        if shutil.which("perf") is None:
            return None
        file = self.scratch / f"{mark}.perf"
        ended = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "-o", str(file)] + words(command),
                               capture_output=True, check=False)
        if ended.returncode != status or not file.exists():
            return None
        found = re.search(r"^(\d+),[^,]*,instructions", file.read_text(), re.MULTILINE)
        return int(found.group(1)) if found else None

    def count(self, command, mark, status=0):
        """`mark` keeps apart what runs at the same time."""
        if self.tool == "perf":
            counted = self.perf(command, mark, status)
            if counted is None:
                raise Failed(f"perf stat {' '.join(words(command))} failed")
            return counted
        ended = subprocess.run(["valgrind", "--tool=callgrind", "--child-silent-after-fork=yes",  # of snapshots
                                f"--callgrind-out-file={self.scratch / mark}.callgrind"] + words(command), capture_output=True, text=True, errors="replace", check=False)
        found = re.search(r"Collected *: *(\d+)", ended.stderr)
        if ended.returncode != status or not found:
            raise Failed(f"callgrind of {' '.join(words(command))}: exit status {ended.returncode}, not {status}")
        return int(found.group(1))
