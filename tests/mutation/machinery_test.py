#!/usr/bin/env python3
"""machinery_test.py rtl|driver BUILD: scripts/mutate_rtl.py and scripts/mutate_driver.py do what docs/mutation.md says."""
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from mutation import rtl_build, rtl_equivalence  # after the path is known


def ran(script, *arguments):
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / script), *map(str, arguments)], capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def expect(condition, what, text):
    if not condition:
        print(f"FAILED: {what}\n{text}")
        sys.exit(1)
    print(f"ok: {what}")


def rtl(build):
    if shutil.which("yosys") is None:
        print("no yosys")
        sys.exit(77)
    work = build / "mutation/rtl"
    quick = ["--count", 5, "--suites", "registers,interrupts", "--seconds", 300]
    code, text = ran("mutate_rtl.py", *quick, "--work", work, "--prove", 60, "--least", 1)
    expect(code == 0 and "netlist 0: 5 mutants" in text, "five mutants of the chip run, the chip as it is passes", text)
    mutants = json.loads((work / "report.json").read_text())["mutants"]
    noticed = [mutant for mutant in mutants if mutant["how"] == "noticed"]
    expect(noticed and all(mutant["test"] for mutant in noticed), "one is noticed at least, by a test that has a name", text)
    expect(any(mutant["distance"] >= 0 for mutant in noticed),
           "the pins of a noticed one differ before the test says so", text)

    # One bit of a wire that another bit of it inverts: what Verilator's data flow optimizer made wrong frames of.
    listed = rtl_build.list_mutants(work, ROOT / "rtl", {}, 12000, 1)
    odd = [str(mutant.number) for mutant in listed if mutant.option("mode") in ("cnot0", "cnot1") and
           mutant.option("wire") in ("low_d", "word") and mutant.option("port") == "Y"]
    expect(odd, "there is a mutant of a bit by another bit of its wire", f"{len(listed)} listed")
    code, text = ran("mutate_rtl.py", "--count", 12000, "--seed", 1, "--only", ",".join(odd[:4]), "--suites", "interrupts",
                     "--seconds", 300, "--work", work, "--prove", 0)
    expect(code == 0 and "the chip as it is fails" not in text, "the chip as it is passes with mutants of that kind", text)

    # In a chip of one channel the pick above the last one is never used; what is read of a register always is.
    unused = next(mutant for mutant in listed if mutant.option("wire") == "above" and mutant.option("port") == "Y")
    used = next(mutant for mutant in listed if mutant.module == "vcap_regs" and mutant.option("wire") == "frame_period_i")
    proofs = rtl_equivalence.prove_all(work, [unused, used], 300, 2)
    expect(proofs == {unused.number: "equivalent", used.number: "unproven"},
           "a change of what nothing uses is proven equivalent, another is not", f"{unused}\n{used}\n{proofs}")

    broken = build / "mutation/broken_rtl"
    shutil.rmtree(broken, ignore_errors=True)
    shutil.copytree(ROOT / "rtl", broken)
    package = broken / "vcap_reg_pkg.sv"
    whole = package.read_text()
    package.write_text(whole.replace("5643_4150", "5643_4151"))
    expect(package.read_text() != whole, "the identification is where this test breaks it", whole)
    code, text = ran("mutate_rtl.py", *quick, "--work", build / "mutation/rtl_broken", "--rtl", broken)
    expect(code == 1 and "the chip as it is fails Registers." in text, "a broken chip is told from a mutant", text)
    code, text = ran("mutate_rtl.py", "--set", "NoSuch=2")
    expect(code == 2 and "NoSuch=2" in text, "an unknown parameter is named", text)
    code, text = ran("mutate_rtl.py", "--only", "1,4-")
    expect(code == 2 and "--only: 1,4-: expected numbers" in text, "what is no number is named", text)


def driver(build):
    work = build / "mutation/driver"
    quick = [build, "--work", work, "--stages", "fake"]
    code, text = ran("mutate_driver.py", *quick, "--only", "isr_queues_no_dpc,last_flag_forgotten")
    expect(code == 0 and "killed 2 of 2" in text, "two mistakes are killed, the driver as it is passes", text)

    def own(**changes):
        mutant = {"name": "own", "file": "ring.cpp", "from": "// The descriptor and completion rings", "to": "// Rings",
                  "want": "nothing", **changes}
        path = work / "own.toml"
        path.write_text("[[mutant]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in mutant.items()))
        return ran("mutate_driver.py", *quick, "--mutants", path)

    code, text = own()
    expect(code == 1 and "survived  own" in text, "a change of a comment survives and is told", text)
    code, text = own(same="a comment")
    expect(code == 0 and "1 called the same" in text, "unless it is called the same", text)
    code, text = own(**{"from": "    if (left == 0) flags |= VCAP_DESC_LAST;\n", "to": "", "same": "no reason"})
    expect(code == 1 and "killed although called the same: own" in text, "a mistake called the same is told", text)
    code, text = own(**{"from": "no such text"})
    expect(code == 2 and "'from' is 0 times in sw/driver/ring.cpp" in text, "a from that is not there is told", text)


if __name__ == "__main__":
    {"rtl": rtl, "driver": driver}[sys.argv[1]](pathlib.Path(sys.argv[2]).resolve())
