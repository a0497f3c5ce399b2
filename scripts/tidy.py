#!/usr/bin/env python3
"""tidy.py [--deep] BUILD_DIR [UNIT...]: clang-tidy over our translation units, one job a core, output sorted by unit.

--deep adds the path-sensitive clang-analyzer checks, which take five times as long. A unit is skipped when neither it,
nor a header of ours that it includes, nor the configuration changed since it last passed (stamp files under
BUILD_DIR/tidy).
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# GCC spells these, clang does not. Without -mabi=ms the default convention differs; what clang-tidy looks at does not.
GCC_ONLY = {"-mabi=ms", "-fno-threadsafe-statics", "-fno-aligned-new", "-Wno-restrict",
            "-fno-tree-loop-distribute-patterns", "-fno-aggressive-loop-optimizations"}
# Units that see the Windows headers: clang brings builtins and types of its own under names that mingw-w64 declares.
CLANG_BUILTINS = ("__readgsqword _BitScanForward64 _BitScanReverse64 _umul128 _mul128 __shiftleft128 __shiftright128 "
                  "_InterlockedCompareExchange64 _exception_code _exception_info _abnormal_termination").split()
WINDOWS = ([f"-D{name}=p2p_{name}" for name in CLANG_BUILTINS] +
           ["-U__WINT_TYPE__", "-D__WINT_TYPE__=unsigned short", "-D_WCTYPE_T_DEFINED", "-D__MM_MALLOC_H",
            "-Wno-macro-redefined"])
# winnt.h declares these two; the kernel's wdm.h uses clang's.
USER_MODE = ["-D__mulh=p2p___mulh", "-D__umulh=p2p___umulh"]
# Drivers in Microsoft's dialect, which only pin2pin-cc understands.
FOREIGN = ("tests/ddk/seh/seh_driver.c", "tests/ddk/seh/seh_driver.cpp")


def adapted(entry):
    """The compile command as clang understands it."""
    args = [arg for arg in shlex.split(entry["command"]) if arg not in GCC_ONLY]
    args += ["-Wno-unknown-warning-option", "-Wno-everything"]
    if "-fms-extensions" in args:
        args[1:1] = WINDOWS
        if "-DP2P_DDK_USER" in args:
            args[1:1] = USER_MODE
    return {"directory": entry["directory"], "file": entry["file"], "arguments": args}


def headers_by_object(build):
    """Object file -> headers of ours, as ninja learned them from the compiler."""
    listed = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], check=True, capture_output=True, text=True).stdout
    found, headers = {}, []
    for line in listed.splitlines():
        if line.startswith("    "):
            path = pathlib.Path(os.path.normpath(build / line.strip()))
            if path.is_relative_to(ROOT):
                headers.append(path)
        elif ": #deps" in line:
            headers = found.setdefault(line.split(": #deps")[0], [])
    return found


def main():
    args = sys.argv[1:]
    deep = "--deep" in args
    args = [arg for arg in args if arg != "--deep"]
    if not args:
        sys.exit(f"usage: {__doc__.splitlines()[0]}")
    build, wanted = pathlib.Path(args[0]).resolve(), args[1:]
    stamps = build / "tidy"
    stamps.mkdir(exist_ok=True)
    units = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(ROOT) and not path.is_relative_to(build) and path.is_file():
            name = str(path.relative_to(ROOT))
            if name not in FOREIGN and (not wanted or any(name.startswith(prefix) for prefix in wanted)):
                units[name] = adapted(entry)
    (stamps / "compile_commands.json").write_text(json.dumps(list(units.values())))
    headers = headers_by_object(build)
    common = hashlib.sha256(pathlib.Path(__file__).read_bytes())
    for configuration in [ROOT / ".clang-tidy", *sorted(ROOT.glob("*/.clang-tidy")), *sorted(ROOT.glob("*/*/.clang-tidy"))]:
        common.update(configuration.read_bytes())
    checks = [] if deep else ["--checks=-clang-analyzer-*"]

    def run(name):
        key = common.copy()
        key.update((" ".join(units[name]["arguments"] + checks)).encode() + (ROOT / name).read_bytes())
        output = units[name]["arguments"][units[name]["arguments"].index("-o") + 1]
        for header in sorted(set(headers.get(output, []))):
            key.update(header.read_bytes() if header.is_file() else b"gone")
        stamp = stamps / (name.replace("/", "_") + (".deep" if deep else ".ok"))
        if stamp.exists() and stamp.read_text() == key.hexdigest():
            return name, 0, ""
        done = subprocess.run(["clang-tidy", "--quiet", *checks, "-p", str(stamps), str(ROOT / name)],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            stamp.write_text(key.hexdigest())
        return name, done.returncode, done.stdout + (done.stderr if done.returncode else "")

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, output in pool.map(run, sorted(units)):
            if code != 0:
                failed += 1
                # a crash of the tool has no diagnostic line
                print(f"clang-tidy: {name}\n{output or f'exit {code}'}", file=sys.stderr)
    print(f"clang-tidy: {len(units)} units, {failed} with findings")
    sys.exit(1 if failed else 0)


main()
