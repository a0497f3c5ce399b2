"""gdb commands for a pin2pin run: driver, kernel and chip stand still together, because they are one process."""
import gdb

PARKED = ("rip", "rsp", "rbp", "rbx", "r12", "r13", "r14", "r15")
GENERAL = PARKED + ("rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "eflags")
LEAVING = ("continue", "step", "next", "stepi", "nexti", "finish", "until", "advance", "jump", "signal", "run", "start",
           "starti", "detach", "kill", "quit")
RED_ZONE = 256  # bytes below the stack pointer that may be in use


def registers(names):
    # As text: $eflags is no number to gdb.
    return {name: int(gdb.execute(f"output/x ${name}", to_string=True), 16) for name in names}


def set_registers(values):
    gdb.execute("frame 0", to_string=True)
    for name, value in values.items():
        gdb.execute(f"set ${name} = {value}", to_string=True)


def address(symbol):
    try:
        return int(gdb.parse_and_eval(f"(unsigned long)&{symbol}"))
    except gdb.error as error:
        raise gdb.GdbError("p2p: no run of pin2pin is there; expected it to be started and to stand still") from error


def without_breakpoints(action):
    """The user's ones: none is hit, and none counts a hit, while the process works for gdb."""
    enabled = [point for point in gdb.breakpoints() if point.enabled]
    for point in enabled:
        point.enabled = False
    try:
        return action()
    finally:
        for point in enabled:
            if point.is_valid():
                point.enabled = True


def go_back(process, kept):
    """Steps back to where it stood: gdb steps over a breakpoint that it stands at only if it has stopped there itself."""
    process.write_memory(address("p2p_debug_origin"), kept["rip"].to_bytes(8, "little"))
    set_registers({**kept, "rip": address("p2p_debug_back")})
    gdb.execute("stepi", to_string=True)


def answer(question):
    """What the process says to `question`: it runs from p2p_debug_entry to p2p_debug_answered, and nothing else."""
    Elsewhere.back()
    process = gdb.selected_inferior()
    if not process.pid:
        raise gdb.GdbError("p2p: no run of pin2pin is there; expected it to be started and to stand still")
    process.write_memory(address("p2p_debug_question"), question.encode()[:255] + b"\0")
    kept = registers(GENERAL)

    def ask():
        set_registers({"rsp": (kept["rsp"] - RED_ZONE) & ~15, "rip": address("p2p_debug_entry")})
        gdb.Breakpoint("*p2p_debug_answered", internal=True, temporary=True).silent = True
        gdb.execute("continue", to_string=True)
        go_back(process, kept)

    without_breakpoints(ask)
    reply = int.from_bytes(bytes(process.read_memory(address("p2p_debug_reply"), 8)), "little")
    text = bytearray()
    while not text.endswith(b"\0"):
        text += bytes(process.read_memory(reply + len(text), 1))
    return text[:-1].decode(errors="replace")


class Elsewhere:
    """The stack of another simulated thread, shown by borrowing the registers."""
    own = None  # the registers of who executes

    @classmethod
    def go(cls, number):
        cls.back()
        context = answer(f"parked {number}").split()
        if len(context) != len(PARKED):
            raise gdb.GdbError(f"p2p thread {number}: it executes, has ended, or was never there; see p2p threads")
        own = registers(PARKED)
        set_registers(dict(zip(PARKED, context)))
        cls.own = own

    @classmethod
    def back(cls):
        own, cls.own = cls.own, None
        if own is not None:
            set_registers(own)

    @classmethod
    def forget(cls, _event):
        """The process is gone, and its registers with it."""
        cls.own = None


class P2p(gdb.Command):
    """Looks into a pin2pin run. p2p cpus | threads | dpcs | irps [all] | irp N | pins | chip [NAME] | cycle N | thread [N]"""

    def __init__(self):
        super().__init__("p2p", gdb.COMMAND_STATUS, prefix=True)

    def invoke(self, argument, from_tty):
        raise gdb.GdbError("p2p: expected cpus, threads, dpcs, irps, irp, pins, chip, cycle or thread")


class Question(gdb.Command):
    """Answered by the process itself."""

    def __init__(self, word, text, needs_number=False):
        self.__doc__ = text
        super().__init__("p2p " + word, gdb.COMMAND_STATUS)
        self.word, self.needs_number = word, needs_number

    def invoke(self, argument, from_tty):
        if self.needs_number and not argument.isdigit():
            raise gdb.GdbError(f"p2p {self.word} {argument}: expected a number")
        if not all(c.isalnum() or c in " ._[]" for c in argument):
            raise gdb.GdbError(f"p2p {self.word} {argument}: expected a name")
        gdb.write(answer(f"{self.word} {argument}".strip()))


class Cycle(gdb.Command):
    """Runs until that bus cycle, or until something else stops it: p2p cycle N."""

    def __init__(self):
        super().__init__("p2p cycle", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        if not argument.isdigit():
            raise gdb.GdbError(f"p2p cycle {argument}: expected a number")
        reply = answer(f"stop {argument}")
        if reply == "over":
            raise gdb.GdbError(f"p2p cycle {argument}: it is over; p2p chip tells the cycle")
        if reply != "yes":
            raise gdb.GdbError(f"p2p cycle {argument}: {reply.strip()}; expected a run with the chip that has begun")
        there = gdb.Breakpoint("*p2p_debug_stop", internal=True, temporary=True)
        there.silent = True
        gdb.execute("continue", to_string=True)
        if there.is_valid():  # something else stopped it on the way
            there.delete()
        if not gdb.selected_inferior().pid:
            raise gdb.GdbError(f"p2p cycle {argument}: the run ended before it")
        gdb.write(answer("cpus"))


class Thread(gdb.Command):
    """Shows a simulated thread that waits: its stack from here on, until p2p thread without a number, or until the run
    goes on. p2p threads lists them."""

    def __init__(self):
        super().__init__("p2p thread", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        if not argument:
            Elsewhere.back()
        elif argument.isdigit():
            Elsewhere.go(int(argument))
            gdb.execute("backtrace")
        else:
            raise gdb.GdbError(f"p2p thread {argument}: expected a number, or nothing to go back")


def watch_for_leaving():
    """Registers that were borrowed are given back before the process runs."""
    for command in LEAVING:
        gdb.execute(f"define hook-{command}\np2p thread\nend", to_string=True)


P2p()
Question("cpus", "Simulated processors: IRQL, what runs, DPCs that wait.")
Question("threads", "Simulated threads and what they wait for.")
Question("dpcs", "DPCs that wait or run, by their routines.")
Question("irps", "IRPs that somebody waits for, and how they got where they are; all: the others, too.")
Question("irp", "One IRP: p2p irp N.", needs_number=True)
Question("pins", "KS pins: state, queue, leading edge, clones.")
Question("chip", "The chip's registers, those with NAME in their path: p2p chip NAME.")
Cycle()
Thread()
watch_for_leaving()
gdb.events.exited.connect(Elsewhere.forget)
gdb.execute("set pagination off")
gdb.execute("set confirm off")
gdb.execute("set breakpoint pending on")
gdb.execute("handle SIGSEGV nostop noprint pass", to_string=True)  # the kernel looks at them first
gdb.execute("handle SIGVTALRM nostop noprint pass", to_string=True)
