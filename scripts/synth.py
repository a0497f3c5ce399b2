#!/usr/bin/env python3
"""synth.py BUILD_DIR [TARGET...]: synthesises vcap with Yosys and prints its cells and flip-flops, a line a target.

Fails on a warning that is not among ACCEPTED, and on what `check -assert` finds: undriven or doubly driven nets, loops.
The logs are BUILD_DIR/synth/<target>.log.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ["rtl/vcap_reg_pkg.sv"] + [str(path.relative_to(ROOT)) for path in sorted((ROOT / "rtl").glob("vcap*.sv"))
                                     if path.name != "vcap_reg_pkg.sv"]
# Target -> parameters, commands. The generic target keeps memories as memories; iCE40 has no RAM that is read without a
# clock, so its FIFO becomes flip-flops and is made small here.
TARGETS = {
    "generic": ("", "synth -flatten -top vcap -run begin:fine; opt -full; techmap t:$mem_v2 %n; simplemap t:$mem_v2 %n; "
                    "opt -full; abc -fast t:$mem_v2 %n; opt_clean"),
    "ecp5": ("", "synth_ecp5 -top vcap"),
    "planes": ("-set Planes 2", "synth_ecp5 -top vcap"),  # NV12, on the same
    "ice40": ("-set FifoDepth 64", "synth_ice40 -top vcap"),
}
# Warning -> why it does not matter.
ACCEPTED = {
    r'ABC: Warning: The network is combinational': "what is handed to ABC has its flip-flops cut off",
}
FLIP_FLOP = re.compile(r"^(\$_.*DFF.*_|\$.*dff.*|SB_DFF\w*|TRELLIS_FF)$")
CELL = re.compile(r"^     (\S+)\s+(\d+)$", re.M)
WARNING = re.compile(r"^.*\bWarning:.*$", re.M)


def run(name, out):
    """(line, problems) of a target."""
    parameters, commands = TARGETS[name]
    log = out / f"{name}.log"
    chparam = f"chparam {parameters} vcap; " if parameters else ""
    script = (f"read_verilog -sv {' '.join(SOURCES)}; {chparam}{commands}; check -assert; stat")
    done = subprocess.run(["yosys", "-q", "-l", str(log), "-p", script], cwd=ROOT, capture_output=True, text=True, check=False)
    text = log.read_text(encoding="utf-8", errors="replace")
    problems = [line.strip() for line in WARNING.findall(text) if not any(re.search(known, line) for known in ACCEPTED)]
    if done.returncode != 0:
        problems.append((done.stdout + done.stderr).strip().splitlines()[-1])
    cells = {cell: int(number) for cell, number in CELL.findall(text[text.rfind("Printing statistics"):])}
    flip_flops = sum(number for cell, number in cells.items() if FLIP_FLOP.match(cell))
    line = (f"{name:8} {sum(cells.values()):6} cells, {flip_flops:5} flip-flops"
            f"{', ' + parameters.replace('-set ', '') if parameters else ''}: " +
            ", ".join(f"{number} {cell}" for cell, number in sorted(cells.items(), key=lambda item: -item[1])[:6]))
    if not flip_flops and not problems:
        problems.append("no flip-flop in the result: not vcap")
    return line, sorted(set(problems))


def main():
    if len(sys.argv) < 2 or set(sys.argv[2:]) - set(TARGETS):
        sys.exit(f"usage: {__doc__.splitlines()[0]} (targets: {', '.join(TARGETS)})")
    out = pathlib.Path(sys.argv[1]).resolve() / "synth"
    out.mkdir(parents=True, exist_ok=True)
    names = sys.argv[2:] or list(TARGETS)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, (line, problems) in zip(names, pool.map(lambda name: run(name, out), names)):
            print(f"{'FAILED' if problems else 'ok    '} {line}")
            for problem in problems:
                print(f"       {name}: {problem}")
            failed += bool(problems)
    sys.exit(1 if failed else 0)


main()
