"""Mutants of rtl/ by Yosys, netlists that carry hundreds of them each, and the tests of tests/rtl linked with one."""
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess

from mutation import rtl_netlist

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ["axi_memory", "capture", "functional_coverage", "limits", "session"]
# For one channel; channels_test is for several. rtl/vcap.sv's parameters and the bench's names for them.
SUITES = ["registers", "interrupts", "messages", "records", "faults", "detect", "latency", "crop", "fields", "mixed",
          "broken_frames", "errors", "frames", "throughput", "pressure", "reset", "addresses",
          "hard_reset", "bins", "saturation", "numbers", "sizes"]
PARAMETERS = {"MaxBurst": ("P2P_MAX_BURST", 16), "MaxOutstanding": ("P2P_MAX_OUTSTANDING", 8),
              "DataWidth": ("P2P_DATA_WIDTH", 64), "NumCh": ("P2P_CHANNELS", 1), "FifoDepth": ("P2P_FIFO_DEPTH", 1024),
              "PrefetchDepth": ("P2P_PREFETCH_DEPTH", 16)}
# What chip.cpp reads or writes inside the chip must keep its name.
INSIDE = """`verilator_config
public_flat_rw -module "vcap" -var "timestamp_q"
public_flat_rw -module "*vcap_channel" -var "status"
public_flat_rw -module "*vcap_intr*" -var "state_q"
public_flat_rw -module "*vcap_intr*" -var "enable_q"
public_flat_rw -module "*vcap_intr*" -var "timer_q"
public_flat_rw -module "*vcap_dma" -var "cpl_head_q"
public_flat_rw -module "*vcap_plane*" -var "head_q"
public_flat_rw -module "*vcap_desc_fetch*" -var "next_q"
public_flat_rw -module "*vcap_desc_fetch*" -var "index_q"
public_flat_rw -module "*vcap_header_in*" -var "next_q"
public_flat_rw -module "*vcap_regs*" -var "ring_tail_q"
public_flat_rw -module "*vcap_counter*" -var "count_q"
public_flat_rw -module "*vcap_measure*" -var "line_clock_q"
public_flat_rw -module "*vcap_measure*" -var "frame_clock_q"
public_flat_rw -module "*vcap_detect*" -var "timer_q"
"""
# Their names.
PRESET = set(re.findall(r'-var "(\w+)"', INSIDE))


class BuildError(Exception):
    """A tool failed; the text says which and ends with what it said."""


@dataclasses.dataclass
class Mutant:
    """One line of Yosys' list. `selector`: its number in its netlist, from 1."""
    number: int
    options: str
    selector: int = 0

    def option(self, name):
        """The text after -name; empty if there is none."""
        found = re.search(rf"(?:^| )-{name} (\S+)", self.options)
        return found.group(1) if found else ""

    @property
    def module(self):
        name = self.option("module")
        return re.split(r"\\", name)[1] if "$paramod" in name else name.removeprefix("\\")

    @property
    def columns(self):
        """file:line.column-line.column of what the cell was made from."""
        return [pathlib.Path(source).name for source in re.findall(r"-src (\S+)", self.options)]

    @property
    def places(self):
        """file:line of what the cell was made from, each once."""
        return list(dict.fromkeys(re.sub(r":(\d+)\..*", r":\1", source) for source in self.columns))

    def __str__(self):
        wire = self.option("wire")
        at = f"{self.option('port')}[{self.option('portbit')}]"
        named = f" {wire}[{self.option('wirebit')}]" if wire else ""
        return f"{' '.join(self.places) or self.module}: {self.option('mode')} of {at}{named} in {self.module}"


def run(command, log, cwd=None, seconds=None):
    """Runs a tool, for so long at most, its output in the file `log`."""
    try:
        with open(log, "w") as out:
            done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, cwd=cwd, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{command[0]} takes more than {seconds:g} s ({log})") from error
    if done.returncode != 0:
        tail = "\n".join(pathlib.Path(log).read_text(errors="replace").splitlines()[-8:])
        raise BuildError(f"{command[0]} failed ({log}):\n{tail}")


def rtl_files(rtl):
    package = rtl / "vcap_reg_pkg.sv"
    return [package] + sorted(file for file in rtl.glob("vcap*.sv") if file != package)


def list_mutants(work, rtl, parameters, count, seed):
    """dut.il and `count` mutants of it, in Yosys' order, which its seed decides."""
    # By their names alone: cells are named after their files, and which are chosen depends on the names.
    script = [f"read_verilog -sv {' '.join(file.name for file in rtl_files(rtl))}"]
    script += [f"chparam -set {name} {value} vcap" for name, value in parameters.items()]
    script += ["hierarchy -check -top vcap", "prep", "rename -top vcap", "check -assert", f"write_rtlil {work}/dut.il",
               f"mutate -list {2 * count + 20} -seed {seed} -o {work}/mutants.txt"]
    (work / "list.ys").write_text("\n".join(script) + "\n")
    run(["yosys", "-q", "-s", str(work / "list.ys")], work / "list.log", cwd=rtl)
    lines = (work / "mutants.txt").read_text().splitlines()
    listed = [Mutant(number, line.removeprefix("mutate ")) for number, line in enumerate(lines, 1)]
    return [mutant for mutant in listed if simulates(mutant)][:count]


def simulates(mutant):
    """Whether a netlist may carry it. A clock behind a multiplexer comes later than the clock, so that flip-flops
    race."""
    return "clk" not in mutant.option("port").lower()


def tests_flags(parameters):
    flags = [f"-D{define}={parameters.get(name, default)}" for name, (define, default) in PARAMETERS.items() if define]
    return flags + ["-DP2P_MUTANTS"]


def verilator_root():
    text = subprocess.run(["verilator", "-V"], capture_output=True, text=True, check=True).stdout
    return pathlib.Path(re.search(r"^\s*VERILATOR_ROOT\s*=\s*(\S+)", text, re.M).group(1))


class Bench:
    """The tests, compiled once; one program a netlist."""

    def __init__(self, work, rtl, parameters, suites, jobs):
        self.work, self.rtl, self.parameters, self.jobs = work, rtl, parameters, jobs
        self.suites = suites
        self.verilator = verilator_root()
        self.objects = None

    def _compile(self, sources, out, flags, model):
        """Objects of `sources`, `jobs` at a time."""
        out.mkdir(parents=True, exist_ok=True)
        launcher = ["ccache"] if shutil.which("ccache") else []
        includes = [f"-I{ROOT}", "-isystem", str(model), "-isystem", str(self.verilator / "include"), "-isystem",
                    str(self.verilator / "include/vltstd")]

        def one(source):
            target = out / (source.name + ".o")
            run(launcher + [os.environ.get("CXX", "g++"), "-std=gnu++20", "-DVL_TIME_CONTEXT", *flags, *includes, "-c",
                            str(source), "-o", str(target)], out / (source.name + ".log"))
            return target

        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(one, sources))

    def program(self, number, mutants):
        """The tests with a netlist of these mutants; sets their selectors."""
        folder = self.work / f"netlist{number}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        lines = [f"read_rtlil {self.work}/dut.il"]
        for selector, mutant in enumerate(mutants, 1):
            mutant.selector = selector
            lines.append(f"mutate -ctrl mutsel 16 {selector} {mutant.options}")
        # A wire whose bits have drivers of their own looks like a loop to Verilator, which then evaluates until nothing
        # changes; opt_clean would join what splitnets takes apart.
        lines += ["opt_clean", "splitnets -driver", f"write_verilog -noattr {folder}/split.v"]
        (folder / "netlist.ys").write_text("\n".join(lines) + "\n")
        run(["yosys", "-q", "-s", str(folder / "netlist.ys")], folder / "yosys.log")
        text = rtl_netlist.rejoined((folder / "split.v").read_text(), PRESET)
        (folder / "mutants.v").write_text(rtl_netlist.registered(text, "mutsel", "clk_i"))
        (folder / "inside.vlt").write_text(INSIDE)
        model = folder / "model"
        # Verilator 5.006's data flow optimizer miscompiles wires of which one bit depends on another, as in cnot0, cnot1.
        run(["verilator", "--cc", "-O3", "-fno-dfg", "-Wno-fatal", "-Wno-lint", "-Wno-UNOPTFLAT", "--x-assign", "unique",
             "--x-initial", "unique", "--output-split", "10000", "--prefix", "Vvcap", "--Mdir", str(model),
             "--top-module", "vcap",
             str(folder / "inside.vlt"), str(folder / "mutants.v")], folder / "verilator.log")
        # -O1: these models are compiled for a few minutes of simulation.
        objects = self._compile(sorted(model.glob("*.cpp")), folder, ["-w", "-O1"], model)
        tests = ROOT / "tests/rtl"
        flags = ["-O2", *tests_flags(self.parameters)]
        objects += self._compile([tests / "chip.cpp"], folder, flags, model)
        if self.objects is None:
            names = BENCH + [f"{suite}_test" for suite in self.suites]
            self.objects = self._compile([tests / f"{name}.cpp" for name in names], self.work / "bench", flags, model)
            for library in ("model", "coverage"):
                sources = sorted((ROOT / "tb" / library).glob("*.cpp"))
                self.objects += self._compile(sources, self.work / "bench", ["-O2"], model)
            runtime = ["verilated.cpp", "verilated_dpi.cpp", "verilated_threads.cpp"]
            self.objects += self._compile([self.verilator / "include" / file for file in runtime], self.work / "bench",
                                          ["-w", "-O2"], model)
        program = folder / "tests"
        run([os.environ.get("CXX", "g++"), *map(str, objects + self.objects), "-lgtest", "-lgtest_main", "-lpthread", "-o",
             str(program)], folder / "link.log")
        return program
