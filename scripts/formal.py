#!/usr/bin/env python3
"""formal.py [--fast] [--only KIND] [--jobs N] BUILD_DIR [PROOF...]: proves rtl/formal/*.toml and breaks what it proved.

Every proof is three kinds of job: its properties, by PDR or k-induction (without bound) or BMC (to the depth printed);
its REACH statements, each of which must happen, and not in reset; and its broken twins: the design with one text replaced,
against the one property that is to notice. --fast takes the proofs marked fast, --only the jobs of one kind (prove, reach,
break). Each job is a folder in BUILD_DIR/formal with the RTL it saw, the tools' scripts and logs, and trace.vcd if a property
failed. rtl/formal/README.md has the file format.
Exit 1 with a line per failed job, 77 if a tool is missing.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
RTL = ROOT / "rtl"
FORMAL = RTL / "formal"
STATEMENT = re.compile(r"^\s*`(PROVE|REACH)\((\w+)", re.M)
HIT = re.compile(r"Output\s+(\d+) (?:of miter \"\w+\" )?was asserted in frame\s+(\d+)")
MISSING_TOOLS = 77     # exit code that ctest takes for "skipped"
CLOCKS = {1: "async2sync", 2: "clk2fflogic"}
# Word-level design to an AIGER file of and-gates; constraints and assertions by order in names.txt.
TO_GATES = """setattr -unset keep; delete -output; opt -full; techmap; opt -fast
memory_map -formal; formalff -clk2ff; simplemap; dffunmap
setundef -undriven -anyseq; setundef -anyseq; dffunmap
abc -g AND -fast; opt_clean
tee -o names.txt select -list t:$assert
write_aiger -I -B -zinit -no-startoffset -map design.aim design.aig
"""

FIELDS = {"top", "rtl", "props", "engine", "depth"}
OPTIONAL = {"k", "parameters", "also", "clocks", "seconds", "cover_depth", "weight", "fast", "replace", "broken"}

Result = collections.namedtuple("Result", "ok line")
Twin = collections.namedtuple("Twin", "file property source target")


class Broken(Exception):
    """The input, a tool or a file is not what it should be: the message says which."""


def load(path):
    """The proofs a file describes, one for its parameters and one for each of `also`; their twins as a list."""
    try:
        proof = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Broken(f"rtl/formal/{path.name}: {error}") from error
    wrong = FIELDS - set(proof) or set(proof) - FIELDS - OPTIONAL
    if wrong or proof["engine"] not in ("pdr", "induction", "bmc"):
        raise Broken(f"rtl/formal/{path.name}: missing, unknown or wrong: {', '.join(sorted(wrong)) or 'engine'}")
    proof["twins"] = [Twin(name, label, *change) for name, changes in proof.get("broken", {}).items()
                      for label, change in changes.items()]
    others = [("_".join([path.stem, *(f"{name}{value}" for name, value in change.items())]), change)
              for change in proof.get("also", [])]
    return [proof | {"file": path.stem, "name": name, "parameters": proof.get("parameters", {}) | change}
            for name, change in [(path.stem, {}), *others]]


def statements(files):
    """{'PROVE': labels, 'REACH': labels} of the property files."""
    found = {"PROVE": [], "REACH": []}
    for name in files:
        for kind, label in STATEMENT.findall((FORMAL / name).read_text(encoding="utf-8")):
            found[kind].append(label)
    return found


def replaced(text, name, source, target, where):
    if text.count(source) != 1:
        raise Broken(f"{where}: {name} holds '{source}' {text.count(source)} times, expected once")
    return text.replace(source, target)


def copy_sources(proof, folder, twin):
    """The RTL of a proof, with its replacements and the twin's, and the property files."""
    for name in proof["rtl"]:
        text = (RTL / name).read_text(encoding="utf-8")
        for source, target in proof.get("replace", {}).get(name, {}).items():
            text = replaced(text, name, source, target, f"{proof['file']}.toml: replace")
        if twin and twin.file == name:
            text = replaced(text, name, twin.source, twin.target, f"{proof['file']}.toml: {twin.property}")
        (folder / name).write_text(text, encoding="utf-8")
    for name in ["check.svh", *proof["props"]]:
        (folder / name).write_text((FORMAL / name).read_text(encoding="utf-8"), encoding="utf-8")


def yosys_script(proof, covers, only):
    defines = [f"-D{pathlib.Path(name).stem.upper()}" for name in proof["props"]] + (["-DCOVERS"] if covers else [])
    parameters = "".join(f" -set {name} {value}" for name, value in proof.get("parameters", {}).items())
    lines = [f"read_verilog -sv -formal {' '.join(defines)} {' '.join(proof['rtl'] + proof['props'])}",
             # hierarchy -chparam fails an assertion of 0.23 where a generate loop repeats a module
             f"chparam{parameters} {proof['top']}" if parameters else "",
             f"hierarchy -check -top {proof['top']}",
             "prep -flatten -nordff",
             CLOCKS[proof.get("clocks", 1)], "dffunmap",
             # what a neighbour guarantees is assumed of the top module only
             "chformal -assume -remove c:*.u_props.given_*" if covers else
             "chformal -assume2assert c:*.u_props.given_*",
             "tee -o all.txt select -list t:$assert"]
    if only:
        lines.append(f"select -set others t:$assert c:*.{only} %d; chformal -assert -remove @others")
    lines += ["write_smt2 -wires design.smt2", TO_GATES]
    return "\n".join(lines)


def run(command, folder, log, seconds):
    """Output of a tool, kept in `log`; Broken if it fails, None if it takes longer than `seconds`."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None
    (folder / log).write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode != 0 and command[0] != "yosys-smtbmc":
        last = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-1:]
        raise Broken(f"{command[0]} failed in {folder}: {' '.join(last)}")
    return done.stdout


def labels(folder, name):
    return [line.rsplit(".", 1)[-1] for line in (folder / name).read_text().split()]


def prepare(proof, folder, covers=False, twin=None):
    """Builds design.aig in `folder`; the labels of its outputs in order."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_sources(proof, folder, twin)
    (folder / "design.ys").write_text(yosys_script(proof, covers, twin and twin.property), encoding="utf-8")
    run(["yosys", "-q", "-l", "yosys.log", "design.ys"], folder, "yosys.out", 300)
    wanted = statements(proof["props"])["REACH" if covers else "PROVE"]
    missing = set(wanted) - set(labels(folder, "all.txt"))
    if missing:
        raise Broken(f"{proof['name']}: lost on the way through yosys: {', '.join(sorted(missing))}")
    return labels(folder, "names.txt")


def abc(folder, commands, seconds):
    out = run(["yosys-abc", "-c", f"read_aiger design.aig; fold; strash; {commands}"], folder, "abc.log", seconds + 60)
    return out or ""


def hits(out, names):
    """{label: frame} of the outputs that were asserted."""
    return {names[int(output)]: int(frame) for output, frame in HIT.findall(out) if int(output) < len(names)}


def trace(folder, frames):
    """Best effort: a waveform of the failure; returns words about it."""
    run(["yosys-smtbmc", "--noprogress", "--unroll", "-s", "z3", "-t", str(frames + 2), "--dump-vcd", "trace.vcd",
         "design.smt2"], folder, "trace.log", 120)
    return f", waveform {folder / 'trace.vcd'}" if (folder / "trace.vcd").exists() else ""


def inductive(folder, k, depth, seconds, count):
    """The step of a k-induction; its base is the BMC to `depth`, which must not be the shorter."""
    if k > depth:
        raise Broken(f"{folder}: k {k} is more than depth {depth}")
    start = time.monotonic()
    out = run(["yosys-smtbmc", "--noprogress", "--unroll", "-s", "z3", "-i", "-t", str(k), "--dump-vcd", "step.vcd",
               "design.smt2"], folder, "step.log", seconds)
    if out and "Status: PASSED" in out:
        return Result(True, f"k-induction, without bound, k {k}: {count}")
    failed = sorted(set(re.findall(r"Assert failed in .*?: (?:\S*\.)?(\w+)", out or "")))
    return Result(False, f"step of k-induction, k {k}, {time.monotonic() - start:.0f} s: "
                         f"{', '.join(failed) or 'no result'}, waveform {folder / 'step.vcd'}")


def prove(proof, folder):
    names = prepare(proof, folder)
    depth, seconds = proof["depth"], proof.get("seconds", 300)
    count = f"{len(names)} properties"
    if proof["engine"] == "pdr":
        out = abc(folder, f"orpos; pdr -T {seconds}", seconds)
        if "Property proved" in out:
            return Result(True, f"pdr, without bound: {count}")
    elif proof["engine"] == "induction":
        out = abc(folder, f"bmc3 -F {depth} -T {seconds}", seconds)
        if not HIT.search(out):
            return inductive(folder, proof.get("k", 1), depth, seconds, count)
    else:
        out = abc(folder, f"bmc3 -F {depth} -T {seconds}", seconds)
        if re.search(rf"No output asserted in {depth} frames", out):
            return Result(True, f"bmc, depth {depth}: {count}")
    failed = HIT.search(out)
    if not failed:
        return Result(False, f"{proof['engine']}: no result in {seconds} s: {' '.join(out.splitlines()[-1:])}")
    frames = int(failed.group(2)) + 1
    which = hits(abc(folder, f"bmc3 -a -F {frames} -T {seconds}", seconds), names)
    return Result(False, f"{proof['engine']}: {', '.join(sorted(which))} fails in cycle {frames - 1}"
                         f"{trace(folder, frames)}")


def reach(proof, folder):
    names = prepare(proof, folder, covers=True)
    if not names:
        return Result(False, "no REACH statement")
    seconds = proof.get("seconds", 300)
    out = abc(folder, f"bmc3 -a -F {proof.get('cover_depth', proof['depth'])} -T {seconds}", seconds)
    found = hits(out, names)
    missing = sorted(set(names) - set(found)) + sorted(name for name, frame in found.items() if frame == 0)
    if missing:
        return Result(False, f"never reached: {', '.join(missing)}")
    return Result(True, f"bmc, depth {min(found.values())} to {max(found.values())}: {len(names)} states reached")


def break_it(proof, folder, twin):
    names = prepare(proof, folder, twin=twin)
    if not names or set(names) != {twin.property}:
        return Result(False, f"the twin's design holds {names or 'no property'}, expected {twin.property}")
    depth, seconds = proof.get("cover_depth", proof["depth"]), proof.get("seconds", 300)
    found = hits(abc(folder, f"bmc3 -F {depth} -T {seconds}", seconds), names)
    what = " ".join(f"{twin.property}: {twin.file}: '{twin.source}' -> '{twin.target}'".split())
    if not found:
        return Result(False, f"NOT NOTICED in {depth} cycles by {what}")
    return Result(True, f"noticed in cycle {found[twin.property]} by {what}")


def plan(proofs, out):
    """(name, function) of every job, the long ones first."""
    jobs = []
    for proof in sorted(proofs, key=lambda proof: -proof.get("weight", 0)):
        folder = out / proof["name"]
        jobs.append((f"{proof['name']}: prove", lambda p=proof, f=folder: prove(p, f / "prove")))
        jobs.append((f"{proof['name']}: reach", lambda p=proof, f=folder: reach(p, f / "reach")))
        for number, twin in enumerate(proof["twins"]):
            jobs.append((f"{proof['name']}: break",
                         lambda p=proof, t=twin, f=folder / f"break{number}": break_it(p, f, t)))
    return jobs


def check_lists(proofs):
    """Every property has a twin in some proof, every twin a property and a file, every property file a proof."""
    for proof in proofs:
        own = set(statements(proof["props"])["PROVE"])
        for twin in proof["twins"]:
            if twin.property not in own or twin.file not in proof["rtl"]:
                raise Broken(f"{proof['file']}.toml: broken: this proof has no {twin.property} or no {twin.file}")
    used = {name for proof in proofs for name in proof["props"]}
    unused = {path.name for path in FORMAL.glob("*.sv")} - used
    if unused:
        raise Broken(f"rtl/formal: no proof uses {', '.join(sorted(unused))}")
    lonely = set(statements(sorted(used))["PROVE"]) - {twin.property for proof in proofs for twin in proof["twins"]}
    if lonely:
        raise Broken(f"rtl/formal: no proof breaks {', '.join(sorted(lonely))}")


def perform(job):
    name, function = job
    start = time.monotonic()
    try:
        result = function()
    except Broken as error:
        result = Result(False, str(error))
    print(f"{'ok    ' if result.ok else 'FAILED'} {time.monotonic() - start:6.1f} s  {name}: {result.line}", flush=True)
    return result.ok


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--only", choices=("prove", "reach", "break"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD_DIR")
    parser.add_argument("proof", nargs="*")
    args = parser.parse_args()
    start = time.monotonic()
    absent = [tool for tool in ("yosys", "yosys-abc", "yosys-smtbmc", "z3") if not shutil.which(tool)]
    if absent:
        print(f"formal.py: not installed: {', '.join(absent)} (scripts/install-deps.sh formal)", file=sys.stderr)
        sys.exit(MISSING_TOOLS)
    try:
        proofs = [proof for path in sorted(FORMAL.glob("*.toml")) for proof in load(path)]
        if not args.proof:
            check_lists(proofs)
        unknown = set(args.proof) - {proof[key] for proof in proofs for key in ("name", "file")}
        if unknown:
            raise Broken(f"no proof '{unknown.pop()}', expected {', '.join(proof['name'] for proof in proofs)}")
    except Broken as error:
        sys.exit(f"formal.py: {error}")
    chosen = [proof for proof in proofs if (not args.proof or {proof["name"], proof["file"]} & set(args.proof))
              and (not args.fast or proof.get("fast"))]
    jobs = [job for job in plan(chosen, args.build.resolve() / "formal") if not args.only or job[0].endswith(args.only)]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = list(pool.map(perform, jobs))
    failed = results.count(False)
    print(f"formal: {len(chosen)} proofs, {len(jobs)} jobs, {failed} failed, {time.monotonic() - start:.0f} s")
    sys.exit(1 if failed else 0)


main()
