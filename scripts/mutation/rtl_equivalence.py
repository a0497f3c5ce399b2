"""Tries to prove that a mutant that no test noticed is no change at all."""
import concurrent.futures
import re

from mutation import rtl_build

# The chip in one piece, as gates and flip-flops. Memories are cut off at their ports: what is written must be equal, and
# what is read is any value. Undefined bits are 0 in both chips.
FLAT = """read_rtlil {work}/dut.il
{change}
hierarchy -top vcap
proc
flatten
opt -full -purge
memory_nordff
select t:$mem*
expose -evert %
select -clear
dffunmap
techmap
dffunmap
setundef -zero
setundef -undriven -zero
opt_expr
opt_clean
write_rtlil {name}.il
"""
AIGER = """read_rtlil {name}.il
aigmap
opt_clean
write_aiger -symbols {name}.aig
"""
FLIP_FLOP = re.compile(r"  cell \$_(DFF\w*)_ \S+\n(.*?)  end\n", re.S)


def cut(text):
    """RTLIL with an input (its value) and outputs (its next value, its reset, its clock) in place of each flip-flop."""
    def ports(cell):
        kind, connections = cell[1], dict(re.findall(r"connect \\(\w+) (.*)", cell[2]))
        value = connections.pop("Q")
        name = re.sub(r"\W", "_", kind + value)
        lines = [f"wire input 1 \\{name}", f"connect {value} \\{name}"]
        for port, driver in connections.items():
            lines += [f"wire output 1 \\{name}_{port}", f"connect \\{name}_{port} {driver}"]
        return "".join(f"  {line}\n" for line in lines)

    return FLIP_FLOP.sub(ports, text)


def gates(work, name, options, seconds):
    """Writes NAME.aig, the chip with the mutant of these options, between its registers."""
    script, design, log = (work / f"{name}.{kind}" for kind in ("ys", "il", "log"))
    change = f"mutate {options}" if options else ""
    try:
        script.write_text(FLAT.format(work=work, name=name, change=change))
        rtl_build.run(["yosys", "-q", "-s", script.name], log, work, seconds)
        design.write_text(cut(design.read_text()))
        script.write_text(AIGER.format(name=name))
        rtl_build.run(["yosys", "-q", "-s", script.name], log, work, seconds)
    finally:
        script.unlink(missing_ok=True)
        design.unlink(missing_ok=True)


def prove(work, mutant, seconds):
    """If equal registers and inputs always give equal next registers and outputs in both chips, then, reset once, they
    never differ. Registers that nothing needs are not there."""
    name = f"mutant{mutant.number}"
    log = work / f"{name}.log"
    try:
        gates(work, name, mutant.options, seconds)
        rtl_build.run(["yosys-abc", "-c", f"cec -T {seconds:g} gold.aig {name}.aig"], log, work, 2 * seconds)
    except rtl_build.BuildError:
        return "unproven"
    finally:
        (work / f"{name}.aig").unlink(missing_ok=True)
    return "equivalent" if "Networks are equivalent" in log.read_text() else "unproven"


def prove_all(work, survivors, seconds, jobs):
    """By number: "equivalent" if proven, "unproven" if not; empty without time."""
    if seconds <= 0 or not survivors:
        return {}
    try:
        gates(work, "gold", "", seconds)
    except rtl_build.BuildError:
        return {mutant.number: "unproven" for mutant in survivors}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        proofs = pool.map(lambda mutant: prove(work, mutant, seconds), survivors)
        return dict(zip([mutant.number for mutant in survivors], proofs))
