#!/usr/bin/env python3
"""Builds sw/driver with one mistake of tests/mutation/driver_mutants.toml at a time and runs tests until one says so.

docs/mutation.md says how to read the report. Exit status: 0 done; 1 the driver as it is fails, or a mutant survived that is
not called the same, or one that is was killed; 2 a bad option, or a `from` that is not there once.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]
DRIVER = ROOT / "sw/driver"
KEYS = {"name", "file", "from", "to", "want"}
# The chip with every check on: bus errors, want of buffers, short memory, processors and threads in any order.
RUNS = ["--size 64x16 --frames 12 --seed 1", "--size 64x16 --frames 20 --seed 2 --schedule random --buffers 2",
        "--size 64x16 --frames 20 --seed 3 --schedule random --hold-us 200 --buffers 3",
        "--size 640x480 --frames 4 --seed 4", "--size 64x16 --frames 80 --seed 5 --schedule random"]
SLOW = "no end within"
STAGES = ["fake", "chip", "run", "sequences"]


class UsageError(Exception):
    """Something in the list of mutants, or in the build folder, is not as it must be."""


@dataclasses.dataclass
class Step:
    """One process. `module`: how the driver's path reaches it, as an option or in the environment."""
    stage: str
    name: str
    command: list


def mutants_of(path):
    """The list, checked: every key there, every `from` once in its file."""
    found = tomllib.loads(path.read_text()).get("mutant", [])
    names = set()
    for mutant in found:
        name = mutant.get("name", "?")
        if missing := KEYS - mutant.keys():
            raise UsageError(f"{path.name}: mutant {name}: no {', '.join(sorted(missing))}")
        if unknown := mutant.keys() - KEYS - {"same"}:
            raise UsageError(f"{path.name}: mutant {name}: unknown key {', '.join(sorted(unknown))}")
        if name in names:
            raise UsageError(f"{path.name}: mutant {name} is there twice")
        names.add(name)
        source = DRIVER / mutant["file"]
        count = source.read_text().count(mutant["from"]) if source.exists() else 0
        if count != 1:
            raise UsageError(f"{path.name}: mutant {name}: 'from' is {count} times in sw/driver/{mutant['file']}, "
                             "expected once")
    return found


class Builder:
    """Links the objects of vcapdrv anew, the mutated ones in their places."""

    def __init__(self, build, work):
        self.build, self.work = build.resolve(), work
        text = subprocess.run(["ninja", "-C", str(build), "-t", "commands", "vcapdrv"], capture_output=True, text=True,
                              check=True).stdout
        self.compile, self.link = {}, ""
        for line in text.splitlines():
            source = re.search(rf"-c {re.escape(str(DRIVER))}/(\S+\.cpp)$", line)
            if source and "vcapdrv.dir" in line:
                self.compile[source.group(1)] = line
            elif "-o lib/drivers/vcapdrv.so" in line:
                self.link = line
        if not self.compile or not self.link:
            raise UsageError(f"{build}: no commands of vcapdrv; expected a build folder of this tree")

    def module(self, mutant):
        """The path of the mutated driver, or what the compiler said."""
        folder = self.work / mutant["name"]
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(DRIVER, folder / "src")
        source = folder / "src" / mutant["file"]
        source.write_text(source.read_text().replace(mutant["from"], mutant["to"]))
        wanted = [mutant["file"]] if mutant["file"] in self.compile else sorted(self.compile)
        link = self.link.replace("-o lib/drivers/vcapdrv.so", f"-o {folder}/vcapdrv.so")
        for name in wanted:
            target = folder / (name + ".o")
            command = self.compile[name].replace(f"-c {DRIVER}/{name}", f"-c {folder}/src/{name}")
            command = re.sub(r"-MD -MT \S+ -MF \S+ -o \S+", f"-o {target} -Wno-error", command)
            done = subprocess.run(shlex.split(command), cwd=self.build, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise UsageError(f"mutant {mutant['name']} does not compile:\n{done.stderr[-2000:]}")
            link = re.sub(rf"\S+vcapdrv\.dir/{re.escape(name)}\.o", str(target), link)
        done = subprocess.run(link, shell=True, cwd=self.build, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise UsageError(f"mutant {mutant['name']} does not link:\n{done.stderr[-2000:]}")
        return folder / "vcapdrv.so"


def cases(program):
    """Test cases of a GoogleTest program: SystemC elaborates once a process, so each runs alone."""
    out = subprocess.run([str(program), "--gtest_list_tests"], capture_output=True, text=True, check=True).stdout
    suite, found = "", []
    for line in out.splitlines():
        if line and not line.startswith(" ") and line.split()[0].endswith("."):
            suite = line.split()[0]
        elif line.startswith("  "):
            found.append(suite + line.split()[0])
    return found


def steps_of(build, stages, sequences):
    tests = build.resolve() / "tests"
    steps = []
    if "fake" in stages:
        steps.append(Step("fake", "tests/driver", [str(tests / "test_driver_vcapdrv"), "--gtest_fail_fast=1"]))
    if "chip" in stages:
        for program in ("test_ks_capture", "test_ks_chip"):
            for case in cases(tests / program):
                steps.append(Step("chip", case, [str(tests / program), f"--gtest_filter={case}"]))
    if "run" in stages:
        for options in RUNS:
            steps.append(Step("run", f"run {options}", [str(build.resolve() / "bin/pin2pin"), "run", "--no-capture",
                                                        *options.split()]))
    if "sequences" in stages:
        for first in range(1, sequences + 1, 25):
            case = f"Seeds/Sequences.EverySeedIsPlayedWithoutFault/from_{first}"
            steps.append(Step("sequences", f"sequences from {first}", [str(tests / "test_ks_sequences"),
                                                                       f"--gtest_filter={case}"]))
    return steps


def said(text):
    """The line of a failed step's output that says most."""
    lines = [line.strip() for line in text.splitlines()]
    for pattern in (r"^bug ?check|BUGCHECK|^\*\*\*", r"violation|rule ", r"Failure$", r"expected|Expected|error"):
        for number, line in enumerate(lines):
            if re.search(pattern, line):
                return " ".join(lines[number:number + (4 if line.endswith("Failure") else 1)])[:200]
    return next((line for line in reversed(lines) if line), "nothing")[:200]


def failure(step, module, folder, seconds):
    """What the step said if it failed, else None."""
    folder.mkdir(parents=True, exist_ok=True)
    command = list(step.command)
    if step.stage == "run":
        command += ["--driver", str(module), "--out", str(folder / "out")]
    environment = {**os.environ, "P2P_DRIVER_UNDER_TEST": str(module)}
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, cwd=folder,
                              timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return f"{SLOW} {seconds:g} s"
    if done.returncode < 0:
        return f"died of signal {-done.returncode}: {said(done.stdout + done.stderr)}"
    return said(done.stdout + "\n" + done.stderr) if done.returncode != 0 else None


def judged(mutant, builder, steps, options, deadline):
    """{"stage": (step, what it said)} of the stages that failed; None: out of time."""
    if time.monotonic() > deadline:
        return None
    module = builder.module(mutant)
    found = {}
    for step in steps:
        if step.stage in found or (found and not options.every_stage):
            continue
        text = failure(step, module, builder.work / mutant["name"] / "run", options.seconds)
        if text is not None:
            found[step.stage] = (step.name, text)
    return found


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="build folder with vcapdrv, pin2pin and the tests")
    parser.add_argument("--mutants", type=pathlib.Path, default=ROOT / "tests/mutation/driver_mutants.toml")
    parser.add_argument("--only", default="", help="names of mutants, comma between them")
    parser.add_argument("--stages", default=",".join(STAGES), help=f"of {','.join(STAGES)}; in that order")
    parser.add_argument("--every-stage", action="store_true", help="go on after the first failure: which stages see it")
    parser.add_argument("--sequences", type=int, default=100, help="random sequences for a mutant, 25 a step (100)")
    parser.add_argument("--minutes", type=float, default=60, help="no mutant is begun after so long (60)")
    parser.add_argument("--seconds", type=float, default=120, help="longest step (120)")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time (2)")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/mutation/driver", help="folder to work in")
    options = parser.parse_args()
    options.stages = options.stages.split(",")
    for stage in options.stages:
        if stage not in STAGES:
            parser.error(f"--stages {stage}: expected of {', '.join(STAGES)}")
    return options


def show(mutants, verdicts):
    """Prints the report; the exit status."""
    dead = [mutant for mutant in mutants if verdicts.get(mutant["name"])]
    alive = [mutant for mutant in mutants if verdicts.get(mutant["name"]) == {}]
    missing = [mutant for mutant in mutants if verdicts.get(mutant["name"]) is None]
    for mutant in dead:
        found = verdicts[mutant["name"]]
        step, text = next(iter(found.values()))
        print(f"killed    {mutant['name']}: {', '.join(found)}: {step}: {text}")
    for mutant in alive:
        print(f"survived  {mutant['name']} ({mutant['file']}): " +
              (f"the same: {mutant['same']}" if "same" in mutant else f"unseen: {mutant['want']}"))
    if missing:
        print(f"not reached in the time given: {len(missing)} of {len(mutants)} mutants")
    same = [mutant for mutant in alive if "same" in mutant]
    wrong = [mutant["name"] for mutant in dead if "same" in mutant]
    if wrong:
        print(f"killed although called the same: {', '.join(wrong)}")
    slow = [mutant["name"] for mutant in dead if all(text.startswith(SLOW) for _, text in verdicts[mutant["name"]].values())]
    if slow:
        print(f"of the killed only for taking too long, which a busy machine does too: {', '.join(slow)}")
    print(f"killed {len(dead)} of {len(dead) + len(alive)}, {len(same)} called the same")
    return 1 if wrong or len(alive) > len(same) else 0


def run(options):
    mutants = mutants_of(options.mutants)
    if options.only:
        wanted = options.only.split(",")
        if unknown := set(wanted) - {mutant["name"] for mutant in mutants}:
            raise UsageError(f"--only: no mutant {', '.join(sorted(unknown))}")
        mutants = [mutant for mutant in mutants if mutant["name"] in wanted]
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    builder = Builder(options.build, options.work)
    steps = steps_of(options.build, options.stages, options.sequences)
    # The driver as it is, through the same machinery.
    control = {"name": "control", "file": mutants[0]["file"], "from": "", "to": ""}
    module = builder.module({**control, "from": "// ", "to": "// "})
    for step in steps:
        if (text := failure(step, module, options.work / "control/run", options.seconds)) is not None:
            print(f"mutate_driver.py: the driver as it is fails {step.name}: {text}", file=sys.stderr)
            return 1
    print(f"the driver as it is passes {len(steps)} steps", flush=True)
    deadline = time.monotonic() + 60 * options.minutes
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        found = pool.map(lambda mutant: judged(mutant, builder, steps, options, deadline), mutants)
        verdicts = {mutant["name"]: verdict for mutant, verdict in zip(mutants, found)}
    (options.work / "report.json").write_text(json.dumps(verdicts, indent=1) + "\n")
    return show(mutants, verdicts)


def main():
    try:
        return run(parsed())
    except UsageError as error:
        print(f"mutate_driver.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
