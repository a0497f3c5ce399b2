"""Tries to prove that a mutant that no test noticed is no change at all."""
import concurrent.futures
import re
import subprocess

# One module at a time: memories and the instances in it are cut off at their ports, so that what is proven holds whatever
# they do. Both copies have the same registers under the same names; if from equal registers and inputs follow equal
# registers and outputs, then, reset once, they never differ.
SCRIPT = """read_rtlil {work}/dut.il
hierarchy -top {module}
rename -top gold
proc
copy gold gate
mutate {options}
select gold/t:$mem* gold/t:$paramod* gold/t:vcap_* gate/t:$mem* gate/t:$paramod* gate/t:vcap_*
expose -evert %
select -clear
select -set copies gold gate
delete @copies %n
async2sync
equiv_make gold gate equiv
hierarchy -top equiv
opt -purge
equiv_simple -undef
equiv_induct -undef -seq {depth}
equiv_status -assert
"""


# The chip in one piece, without what no output and no register needs.
FLAT = """read_rtlil {file}
hierarchy -top vcap
flatten
opt -full -purge
opt_clean -purge
write_rtlil {file}
"""


def flattened(work, name, options, seconds):
    """Text of the chip, mutated if there are `options`, as Yosys flattens and optimises it; empty if that takes too long."""
    file, script = work / f"{name}.il", work / f"{name}.ys"

    def yosys(text):
        script.write_text(text)
        subprocess.run(["yosys", "-q", "-s", str(script)], capture_output=True, timeout=seconds, check=True)

    try:
        change = f"mutate {options}\n" if options else ""
        yosys(f"read_rtlil {work}/dut.il\n{change}write_rtlil {file}\n")
        # Yosys numbers its names from here on: equal chips get equal names.
        file.write_text(re.sub(r"(?m)^autoidx \d+$", "autoidx 1000000", file.read_text()))
        yosys(FLAT.format(file=file))
        return file.read_text()
    except subprocess.SubprocessError:
        return ""
    finally:
        file.unlink(missing_ok=True)


def prove(work, mutant, gold, seconds):
    """`gold`: the chip as it is, flattened. Where the mutated logic is not used in it nothing is left of the mutant."""
    if gold and flattened(work, f"flat{mutant.number}", mutant.options, seconds) == gold:
        return "equivalent"
    options = re.sub(r"-module \S+", "-module gate", mutant.options)
    script = work / f"prove{mutant.number}.ys"
    script.write_text(SCRIPT.format(work=work, module=mutant.option("module"), options=options, depth=4))
    try:
        done = subprocess.run(["yosys", "-q", "-s", str(script)], capture_output=True, text=True, timeout=seconds,
                              check=False)
    except subprocess.TimeoutExpired:
        return "unproven"
    script.with_suffix(".log").write_text(done.stdout + done.stderr)
    return "equivalent" if done.returncode == 0 else "unproven"


def prove_all(work, survivors, seconds, jobs):
    """By number: "equivalent" if proven, "unproven" if not; empty without time."""
    if seconds <= 0 or not survivors:
        return {}
    gold = flattened(work, "gold", "", seconds)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        proofs = pool.map(lambda mutant: prove(work, mutant, gold, seconds), survivors)
        return dict(zip([mutant.number for mutant in survivors], proofs))
