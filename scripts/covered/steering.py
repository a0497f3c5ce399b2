"""Draws configurations of runs at random, more of them near those that hit what few others did."""
import collections
import math
import random

# What a run can be asked for. Each value is (options, lines of TOML), of which any may be empty.
AXES = {
    "schedule": {"fifo": (["--schedule", "fifo"], ""), "random": (["--schedule", "random"], "")},
    "size": {size: (["--size", size], "") for size in ("16x4", "64x16", "322x8", "640x32")},
    "frames": {count: (["--frames", count], "") for count in ("1", "6", "24", "60")},
    "buffers": {count: (["--buffers", count], "") for count in ("1", "2", "3", "4", "8")},
    "hold": {us: (["--hold-us", us], "") for us in ("0", "20", "200", "1000")},
    "error": {"none": ([], ""), **{f"{kind}@{way}": (["--inject", f"{kind}@{way}:{{n}}"], "")
                                   for kind in ("slverr", "decerr") for way in ("write", "read")},
              "memory": (["--fail-allocation", "{m}"], "")},
    "interrupt": {"line": ([], ""), "message":
                  ([], "registry.device.'Interrupt Management'.MessageSignaledInterruptProperties.MSISupported = 1\n")},
    "processors": {count: ([], f"run.cpus = {count}\n") for count in ("1", "2", "4")},
    "registers": {ns: ([], f"cost.mmio_issue = {ns}\n") for ns in ("40", "1000", "4000")},
    "DPCs": {ns: ([], f"cost.dpc_dispatch = {ns}\n") for ns in ("500", "5000", "20000", "100000")},
    "interrupts": {ns: ([], f"cost.interrupt_latency = {ns}\n") for ns in ("1000", "5000", "20000")},
    "calls": {ns: ([], f"cost.system_call = {ns}\ncost.context_switch = {ns}\n") for ns in ("300", "20000")},
    "bus": {"as it is": ([], ""), "at once": ([], "bus.always_ready = true\n"),
            "late answers": ([], "bus.b_latency_min = 100\nbus.b_latency_max = 400\nbus.reorder = true\n")},
    "register bus": {"at once": ([], ""), "late": ([], "bus.axil_gap_min = 40\nbus.axil_gap_max = 200\n")},
}
HEAVY = {("error", "none"): 5}  # an error ends most runs early, before much has happened
SWEEP = 0.6  # runs with an error that none had before, while there is one
NEAR, OTHER = 0.8, 0.1  # others: drawn near another; values of theirs that are drawn anew
MOST_N, MOST_M = 40, 160  # bursts before an error, allocations before one fails


class Steering:
    """Draws each error and each allocation that can fail, all else at random; and near runs that hit what few others did."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.runs = []  # (values, what they hit)
        self.hits = collections.Counter()  # runs that hit a bin
        self.errors = [({"error": "memory"}, {"n": 0, "m": m}) for m in range(MOST_M)]
        self.errors += [({"error": error, "frames": "24", "size": size}, {"n": n, "m": 0}) for size in ("16x4", "64x16")
                        for error in AXES["error"] if "@" in error for n in range(MOST_N)]
        self.random.shuffle(self.errors)

    def draw(self, wanted):
        """{axis: value}, and the numbers that errors and allocations ask for. `wanted`: the bins that count, those beside
        which others are still to be hit."""
        values = {axis: self.random.choices(list(values), [HEAVY.get((axis, value), 1) for value in values])[0]
                  for axis, values in AXES.items()}
        if self.errors and self.random.random() < SWEEP:
            error, numbers = self.errors.pop()
            return values | error, numbers
        rare = [math.fsum(1 / self.hits[name] for name in hit & wanted) for _, hit in self.runs]  # in any order
        if any(rare) and self.random.random() < NEAR:
            near, _ = self.random.choices(self.runs, rare)[0]
            values = {axis: value if self.random.random() < OTHER else near[axis] for axis, value in values.items()}
        return values, {"n": self.random.randrange(MOST_N), "m": self.random.randrange(MOST_M)}

    def learn(self, values, hit):
        """`hit`: the bins that a run with these values hit."""
        self.runs.append((values, hit))
        self.hits.update(hit)


def options_of(values, numbers):
    """(options of `pin2pin run`, TOML)"""
    options, lines = [], []
    for axis, value in values.items():
        more, text = AXES[axis][value]
        options += [option.format(**numbers) for option in more]
        lines.append(text)
    return options, "".join(lines)


def expects_failure(values):
    return values["error"] != "none"
