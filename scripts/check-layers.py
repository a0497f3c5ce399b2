#!/usr/bin/env python3
"""Enforces who may include whom (README, "Layers"). Exit 1 with a line per offending include.

    check-layers.py            checks the tree
    check-layers.py --self-test  proves that a forbidden include is found
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]')

# layer -> folder; longest prefix wins
FOLDERS = {
    "sim": "sim/", "ddk": "sw/ddk/", "ntos": "sw/ntos/", "ks": "sw/ks/", "proxy": "sw/proxy/",
    "driver": "sw/driver/", "tb": "tb/", "bench": "bench/",
}
# What a quoted or angled include may resolve to, as prefixes of repository paths.
ALLOWED = {
    "sim": ["sim/"],
    "ddk": ["sw/ddk/"],
    "ntos": ["sw/ntos/", "sw/ddk/", "sim/hardware.h", "sim/random.h", "sim/trace_sink.h"],
    "ks": ["sw/ks/", "sw/ddk/", "sw/ntos/include/ntos/ks_support.h", "sim/trace_sink.h"],
    "proxy": ["sw/proxy/", "sw/ddk/", "sw/ntos/include/ntos/syscalls.h", "sim/trace_sink.h"],
    "driver": ["sw/driver/", "sw/ddk/"],
    "tb": ["sim/", "sw/", "tb/"],
    "bench": ["bench/", "sim/chip_pins.h", "sim/waveform.h", "sw/ntos/", "tb/stimulus.h", "tests/ntos/fake_hardware.h",
              "sw/driver/vcap_hw.h", "sw/proxy/include/"],
}
# Headers from outside, by layer: only the dispatcher sees SystemC, drivers see nothing but the DDK and themselves.
SYSTEMC_ALLOWED = ("sim/", "tb/", "bench/", "sw/ntos/ke/")
HOST_HEADERS_FORBIDDEN_IN_DRIVER = re.compile(
    r"^(iostream|vector|string|map|memory|functional|algorithm|cstdlib|cstdio|stdio\.h|stdlib\.h|unistd\.h|systemc)$")


def layer_of(path):
    best = None
    for layer, folder in FOLDERS.items():
        if path.startswith(folder) and (best is None or len(folder) > len(FOLDERS[best])):
            best = layer
    return best


def resolve(including, name, known):
    """Repository path an include names, or None if it comes from outside."""
    candidates = [str(pathlib.PurePosixPath(including).parent / name), name, "sw/ntos/include/" + name,
                  "sw/proxy/include/" + name, "sw/" + name, "sw/ntos/" + name, "sw/ks/" + name, "sw/driver/" + name,
                  "tb/" + name, "sim/" + name]
    for candidate in candidates:
        normal = re.sub(r"[^/]+/\.\./", "", candidate)
        if normal in known:
            return normal
    return None


def check_file(path, lines, known):
    layer = layer_of(path)
    if layer is None:
        return []
    problems = []
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        name = match.group(1)
        target = resolve(path, name, known)
        if target is None:
            if name in ("systemc", "systemc.h", "tlm", "tlm.h") and not path.startswith(SYSTEMC_ALLOWED):
                problems.append(f"{path}:{number}: includes <{name}>: only sim, tb and sw/ntos/ke may see SystemC")
            if layer == "driver" and HOST_HEADERS_FORBIDDEN_IN_DRIVER.match(name):
                problems.append(f"{path}:{number}: includes <{name}>: drivers include DDK headers only")
            continue
        if target.startswith(("sim/", "sw/", "tb/", "bench/")) and not any(target.startswith(p) for p in ALLOWED[layer]):
            problems.append(f"{path}:{number}: layer '{layer}' may not include {target}")
    return problems


def tree_files():
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                         check=True, capture_output=True, text=True).stdout
    # --cached lists a file that was deleted but not yet committed
    return [f for f in out.splitlines()
            if f.endswith((".h", ".hpp", ".cpp", ".c", ".inc")) and (ROOT / f).is_file()]


def self_test():
    known = {"tb/x.h", "sim/machine.h", "sw/ks/q.h", "sim/hardware.h", "sw/ntos/ke/thread.h"}
    bad = [("sim/a.cpp", '#include "tb/x.h"'), ("sw/ntos/io/b.cpp", '#include "sim/machine.h"'),
           ("sw/ks/c.cpp", '#include "sw/ntos/ke/thread.h"'), ("sw/driver/d.cpp", "#include <vector>"),
           ("sw/ks/e.cpp", "#include <systemc>"), ("sw/proxy/f.cpp", '#include "sw/ks/q.h"')]
    for path, line in bad:
        if not check_file(path, [line], known):
            sys.exit(f"check-layers.py: self-test: '{line}' in {path} was not found")
    good = [("sw/ntos/io/b.cpp", '#include "sim/hardware.h"'), ("tb/a.cpp", '#include "sw/ks/q.h"')]
    for path, line in good:
        if check_file(path, [line], known):
            sys.exit(f"check-layers.py: self-test: '{line}' in {path} was refused")


def main():
    self_test()
    if "--self-test" in sys.argv[1:]:
        return
    files = tree_files()
    known = set(files)
    problems = []
    for path in files:
        problems += check_file(path, (ROOT / path).read_text(encoding="utf-8").splitlines(), known)
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


main()
