#!/usr/bin/env python3
"""tidy.py BUILD_DIR: clang-tidy over our translation units, one job a core, output sorted by unit.

A unit whose source, headers of ours and configuration did not change since it last passed is skipped (stamp files under
BUILD_DIR/tidy). Units that clang cannot parse because they need GCC's Windows calling convention are listed in SKIP.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# clang has no -mabi=ms and no GCC-style MS extensions: units built for the driver's border are checked by GCC's -Wall
# -Wextra in both conventions and by the cross compiler instead.
SKIP = re.compile(r"^(sw/driver/|sw/ddk/|tests/(driver|ddk)/)")
GCC_ONLY = re.compile(r"^(-fno-threadsafe-statics|-fno-use-cxa-atexit|-mabi=ms|-fno-aligned-new)$")


def digest(unit, args):
    h = hashlib.sha256(" ".join(args).encode())
    h.update((ROOT / ".clang-tidy").read_bytes())
    for header in sorted(ROOT.glob("s[iw]*/**/*.h")) + sorted(ROOT.glob("t*/**/*.h")):
        h.update(header.read_bytes())
    h.update(unit.read_bytes())
    return h.hexdigest()


def main():
    build = pathlib.Path(sys.argv[1])
    commands = json.loads((build / "compile_commands.json").read_text())
    stamps = build / "tidy"
    stamps.mkdir(exist_ok=True)
    units = {}
    for entry in commands:
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(ROOT) and not path.is_relative_to(build.resolve()):
            name = str(path.relative_to(ROOT))
            if not SKIP.match(name):
                units[name] = entry

    def run(name):
        entry = units[name]
        key = digest(ROOT / name, [entry["command"]])
        stamp = stamps / (name.replace("/", "_") + ".ok")
        if stamp.exists() and stamp.read_text() == key:
            return name, 0, ""
        done = subprocess.run(["clang-tidy", "--quiet", "-p", str(build), str(ROOT / name)],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            stamp.write_text(key)
        return name, done.returncode, done.stdout + (done.stderr if done.returncode else "")

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, output in pool.map(run, sorted(units)):
            if code != 0:
                failed += 1
                print(f"clang-tidy: {name}\n{output}", file=sys.stderr)
    print(f"lint: clang-tidy: {len(units)} units, {failed} with findings")
    sys.exit(1 if failed else 0)


main()
