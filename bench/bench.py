#!/usr/bin/env python3
"""make bench: what the co-simulation costs over the bare Verilated model, and what the chip makes of its bus.

    bench.py BUILD_DIR REPORT.json [--quick]      --quick: tiny runs, to see that it works at all

Every figure comes from runs made here and now; docs/performance.md has the method. Exit status 1 if a run is not what it
should be, or if a target is missed (CPU seconds of different runs depend on the machine's mood and decide nothing).
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import limits  # noqa: E402  (the line above comes first)
from measure import Counter, Failed, bare, can_sample, load_only, over_chip, pin2pin  # noqa: E402

BARE, COSIM = "bare", "pin2pin"
WINDOW = ["--no-capture"]  # --trace window is the default
QUIET = WINDOW + ["--trace", "off"]
FULL = WINDOW + ["--trace", "full"]
CONTROL = WINDOW + ["--trace", "control"]
# A group's rows are run in turn on one stimulus; the first is the yardstick. A row: name, program, its options beside
# size, frames and output. `rounds`: runs of each row. `counted`: the size at which instructions are counted, since
# callgrind is slow.
GROUPS = [
    {"name": "trace off", "size": "640x480", "frames": 12, "rounds": 15, "counted": "640x480", "rows": [
        ("bare model", BARE, []),
        ("checkers off", COSIM, QUIET + ["--checkers", "off"]),
        ("checkers on", COSIM, QUIET + ["--no-model"]),
        ("checkers and model on", COSIM, QUIET),
        ("checkers on, verifier off", COSIM, QUIET + ["--no-model", "--no-verifier"]),
        ("all on, trace window", COSIM, WINDOW),
        ("all on, pictures written", COSIM, ["--trace", "off"])]},
    {"name": "waveforms", "size": "640x480", "frames": 5, "rounds": 5, "counted": "160x120", "rows": [
        ("bare model, trace off", BARE, []),
        ("bare model, plain dump", BARE, ["--trace"]),
        ("checkers off, trace off", COSIM, QUIET + ["--checkers", "off"]),
        ("checkers off, trace full", COSIM, FULL + ["--checkers", "off"]),
        ("all on, trace off", COSIM, QUIET),
        ("all on, trace control", COSIM, CONTROL),
        ("all on, trace full", COSIM, FULL)]},
]
FEWER, MORE = 1, 2  # frames of the two runs whose instructions are subtracted
TARGETS = [("checkers off", 1.10), ("checkers on", 1.30), ("checkers and model on", 1.50)]  # in instructions, trace off
CPU_TARGET = 1.50  # checkers and model on, trace off: CPU time over that of the chip within the same run
WINDOW_TARGET = 1.05  # all on, trace window over off, in instructions
CONTROL_TARGET = 4.0  # likewise
FULL_TARGET = 0.5  # what trace full adds, over what a plain dump adds
SAMPLED = 3  # such runs
W_TARGET = 0.95
VERIFIER_TARGET = 1.15  # instructions with the verifier over those without
IRP_BENCHMARK = "irp_down_and_up_three_drivers"
# A memory that is always ready, and a source that outruns the bus: 4 bytes every 3.95 ns against 8 bytes every 8 ns.
W_CONFIG = "[bus]\nalways_ready = true\n[clock]\npixel_period_ps = 3950\n[video]\nhblank_clocks = 0\n"


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def base(size, frames):
    return ["--size", size, "--frames", str(frames)]


class Bench:
    def __init__(self, build, scratch):
        self.build, self.scratch = pathlib.Path(build), pathlib.Path(scratch)
        self.counter = Counter(self.scratch)

    def record(self, size, frames):
        """Stimulus file and summary of a checked run, whose outputs the replay must reproduce on every edge."""
        path = self.scratch / f"stimulus.{size}.{frames}"
        _, summary = pin2pin(self.build, self.scratch, base(size, frames) + QUIET + ["--record-stimulus", path])
        bare(self.build, path, ["--check"])
        return path, summary

    def trace_option(self, options, name):
        return options + [self.scratch / f"{name}.fst"] if options else []

    def cpu_seconds(self, group):
        """CPU seconds of each run by row, the rows taking turns, and the summary all runs must agree with."""
        size, frames, rows, runs = group["size"], group["frames"], group["rows"], group["rounds"]
        stimulus, expected = self.record(size, frames)
        seconds = {name: [] for name, _, _ in rows}
        for turn in range(runs):
            for name, program, options in rows[turn % len(rows):] + rows[:turn % len(rows)]:
                progress(f"CPU time, {group['name']}: round {turn + 1} of {runs}, {name}")
                if program == BARE:
                    seconds[name].append(bare(self.build, stimulus, self.trace_option(options, "bare"))["cpu_s"])
                    continue
                spent, summary = pin2pin(self.build, self.scratch, base(size, frames) + options)
                for key in ("cycles", "frames"):
                    if summary[key] != expected[key]:
                        raise Failed(f"{name}: {key} {summary[key]}, the recorded run has {expected[key]}")
                seconds[name].append(spent)
        return seconds, expected

    def count(self, group, row, stimulus, frames):
        """Instructions of one run of a row; of the bare model without those that read the stimulus."""
        name, program, options = group["rows"][row]
        mark = f"{group['name']}.{row}.{frames}".replace(" ", "-")
        if program == BARE:
            replay = [self.build / "bin/bench_bare_chip", stimulus] + self.trace_option(options, mark)
            return self.counter.count(replay, mark) - self.counter.count(load_only(self.build, stimulus), mark)
        run = [self.build / "bin/pin2pin", "run"] + base(group["counted"], frames) + options
        status = 3 if "--checkers" in options else 0
        counted = self.counter.count(run + ["--out", self.scratch / mark], mark, status)
        progress(f"instructions ({self.counter.tool}), {group['name']}: {name}, {frames} frames")
        return counted

    def instructions(self, group):
        """Instructions a bus cycle by row: a longer run less a shorter one, so that start and end do not count."""
        recorded = {frames: self.record(group["counted"], frames) for frames in (FEWER, MORE)}
        span = recorded[MORE][1]["cycles"]["bus"] - recorded[FEWER][1]["cycles"]["bus"]
        rows = range(len(group["rows"]))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            totals = {(row, frames): pool.submit(self.count, group, row, recorded[frames][0], frames)
                      for frames in (MORE, FEWER) for row in rows}
            return {group["rows"][row][0]: (totals[row, MORE].result() - totals[row, FEWER].result()) / span
                    for row in rows}

    def measure(self, group):
        seconds, run = self.cpu_seconds(group)
        counted = self.instructions(group)
        yardstick = group["rows"][0][0]
        cycles, frames = run["cycles"]["bus"], run["frames"]["delivered"]
        rows = {}
        for name, samples in seconds.items():
            median = statistics.median(samples)
            # Runs of one round are neighbours: what the machine does to one it does to the other.
            ratios = [spent / of_yardstick for spent, of_yardstick in zip(samples, seconds[yardstick])]
            rows[name] = {"cpu_s": median, "cpu_s_runs": samples, "cpu_ratio": statistics.median(ratios),
                          "bus_cycles_per_s": cycles / median, "frames_per_s": frames / median,
                          "instructions_per_bus_cycle": counted[name],
                          "instruction_ratio": counted[name] / counted[yardstick]}
        return {"size": group["size"], "frames": frames, "rounds": group["rounds"], "bus_cycles": cycles,
                "pixel_cycles": run["cycles"]["pixel"],
                "instructions_counted_at": group["counted"], "rows": rows}

    def over_chip(self):
        """CPU time of runs with checkers and model on over that of the chip within them: the median; None: not known."""
        if not can_sample(self.scratch):
            return None
        progress("CPU time within a run")
        command = [self.build / "bin/pin2pin", "run"] + base("640x480", 12) + QUIET + ["--out", self.scratch / "sampled"]
        return statistics.median(over_chip(self.scratch, command) for _ in range(SAMPLED))

    def irps_per_s(self):
        """IRPs a second through a stack of three drivers, as Google Benchmark counts them."""
        done = subprocess.run([self.build / "bin/bench_irp_stack", "--benchmark_format=json"], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"bench_irp_stack: exit status {done.returncode}: {done.stderr.strip()}")
        # the simulation's kernel ends with a line of its own
        entries = json.loads(done.stdout[done.stdout.index("{"):done.stdout.rindex("}") + 1])["benchmarks"]
        return next(entry["items_per_second"] for entry in entries if entry["name"].startswith(IRP_BENCHMARK))

    def software_frames_per_s(self, runs, frames):
        """Frames a second of the software path alone, a device model in the chip's place: the median of some runs."""
        samples = []
        for turn in range(runs):
            progress(f"software path: round {turn + 1} of {runs}")
            command = [self.build / "bin/bench_software_path", self.build / "lib/drivers/vcapdrv.so", "--frames", str(frames)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode != 0:
                raise Failed(f"bench_software_path: exit status {done.returncode}: {done.stderr.strip()}")
            samples.append(json.loads(done.stdout)["software_frames_per_s"])
        return statistics.median(samples)

    def snapshot_bytes(self, frames):
        """What the snapshots of a longer run have for themselves, a snapshot about every second."""
        progress("memory of snapshots")
        return pin2pin(self.build, self.scratch, base("640x480", frames) + WINDOW)[1]["performance"]["snapshot_peak_bytes"]

    def w_channel(self):
        config = self.scratch / "ready.toml"
        config.write_text(W_CONFIG)
        _, summary = pin2pin(self.build, self.scratch, base("640x480", 6) + QUIET + ["--config", config])
        return summary["bus"]["w_in_frame"]


def show(name, group):
    print(f"\n{name}: {group['frames']} frames of {group['size']}, {group['bus_cycles']:,} bus and "
          f"{group['pixel_cycles']:,} pixel cycles; median of {group['rounds']} runs in turn; instructions at "
          f"{group['instructions_counted_at']}\n")
    print(f"  {'':30} {'CPU s':>8} {'ratio':>6} {'cycles/s':>10} {'frames/s':>9} {'instr/cycle':>12} {'ratio':>6}")
    for row, r in group["rows"].items():
        print(f"  {row:30} {r['cpu_s']:8.3f} {r['cpu_ratio']:6.2f} {r['bus_cycles_per_s']:10,.0f} "
              f"{r['frames_per_s']:9.2f} {r['instructions_per_bus_cycle']:12,.0f} {r['instruction_ratio']:6.3f}")


def verdict(text, value, target, met):
    print(f"  {text}: {value:.3f}, target {target:.2f}: {'met' if met else 'MISSED'}")
    return 0 if met else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("report")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    groups = GROUPS
    if arguments.quick:
        groups = [dict(group, size="64x48", counted="64x48", frames=2, rounds=1) for group in GROUPS]
    report = pathlib.Path(arguments.report)
    report.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=report.parent) as scratch:
        bench = Bench(arguments.build, scratch)
        measured = {group["name"]: bench.measure(group) for group in groups}
        w = bench.w_channel()
        snapshots = bench.snapshot_bytes(2 if arguments.quick else 60)
        chip = limits.measure(bench.build)
        cpu_over_chip = None if arguments.quick else bench.over_chip()  # start and end of the process count here
        irps = bench.irps_per_s()
        software = bench.software_frames_per_s(1 if arguments.quick else 5, 50 if arguments.quick else 2000)
    progress("")
    for name, group in measured.items():
        show(name, group)
    print(f"\n  ratio: to the first row of the block; cycles: of the 125 MHz bus; instructions: {bench.counter.tool}, "
          f"a run of {MORE} frames less one of {FEWER}")
    print(f"\nW channel, memory always ready, source faster than the bus, within the median frame: "
          f"{w['utilisation']:.3f} of the cycles carry a beat,\n  {w['bytes_per_cycle']:.2f} bytes a cycle, "
          f"{w['beats_per_burst']:.1f} beats a burst\n\nIRPs down a stack of three drivers and up through their completion "
          f"routines: {irps:,.0f} a second\n\nsoftware path alone, 640x480, a device model in the chip's place: "
          f"{software:,.0f} frames a second of CPU time")
    missed = limits.show(chip)
    print("\ntargets")
    rows = measured["trace off"]["rows"]
    missed += sum(verdict(f"{name}, trace off, in instructions", rows[name]["instruction_ratio"], target,
                         rows[name]["instruction_ratio"] <= target) for name, target in TARGETS)
    if cpu_over_chip is None:
        print("  checkers and model on, trace off, in CPU time sampled within a run: not looked at")
    else:
        missed += verdict("checkers and model on, trace off, in CPU time sampled within a run", cpu_over_chip, CPU_TARGET,
                          cpu_over_chip <= CPU_TARGET)
    verifier = (rows["checkers on"]["instructions_per_bus_cycle"] /
                rows["checkers on, verifier off"]["instructions_per_bus_cycle"])
    missed += verdict("verifier on over off, in instructions", verifier, VERIFIER_TARGET, verifier <= VERIFIER_TARGET)
    window = (rows["all on, trace window"]["instructions_per_bus_cycle"] /
              rows["checkers and model on"]["instructions_per_bus_cycle"])
    missed += verdict("trace window over off, in instructions", window, WINDOW_TARGET, window <= WINDOW_TARGET)
    window_cpu = statistics.median(on / off for on, off in zip(rows["all on, trace window"]["cpu_s_runs"],
                                                               rows["checkers and model on"]["cpu_s_runs"]))
    print(f"  trace window over off, in CPU time of neighbouring runs, snapshots included: {window_cpu:.3f}\n"
          f"  snapshots' own memory, at most: {snapshots / 2**20:.1f} MiB")
    traced = {name: row["instructions_per_bus_cycle"] for name, row in measured["waveforms"]["rows"].items()}
    control = traced["all on, trace control"] / traced["all on, trace off"]
    missed += verdict("trace control over off, in instructions", control, CONTROL_TARGET, control <= CONTROL_TARGET)
    full = traced["all on, trace full"] / traced["all on, trace off"]
    over_plain = ((traced["checkers off, trace full"] - traced["checkers off, trace off"]) /
                  (traced["bare model, plain dump"] - traced["bare model, trace off"]))
    print(f"  trace full over off, in instructions: {full:.3f}")
    missed += verdict("what trace full adds over what a plain dump adds, in instructions", over_plain, FULL_TARGET,
                      over_plain <= FULL_TARGET)
    missed += verdict("W utilisation, worst frame", w["utilisation_min"], W_TARGET, w["utilisation_min"] >= W_TARGET)
    report.write_text(json.dumps({"schema": 1, "instructions_by": bench.counter.tool,
                                  "cpus": os.cpu_count(), "groups": measured, "w_channel": w, "chip_limits": chip,
                                  "verifier_over_off_instr": verifier, "trace_window_over_off_instr": window,
                                  "trace_window_over_off": window_cpu, "trace_control_over_off_instr": control,
                                  "trace_full_over_off_instr": full, "trace_full_over_plain_dump_instr": over_plain,
                                  "snapshot_peak_bytes": snapshots, "cpu_over_chip": cpu_over_chip, "irps_per_s": irps,
                                  "software_frames_per_s": software,
                                  "targets_missed": missed}, indent=2) + "\n")
    print(f"\nreport: {report}")
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        progress("")
        print(f"bench: {failure}", file=sys.stderr)
        sys.exit(1)
