"""Draws configurations of runs at random, with more weight on the values that have shown something new."""
import random

# What a run can be asked for. Each value is (options, TOML), of which any may be empty.
AXES = {
    "schedule": {"fifo": (["--schedule", "fifo"], ""), "random": (["--schedule", "random"], "")},
    "size": {size: (["--size", size], "") for size in ("16x4", "64x16", "322x8", "640x32")},
    "frames": {count: (["--frames", count], "") for count in ("1", "6", "24")},
    "buffers": {count: (["--buffers", count], "") for count in ("1", "2", "3", "4", "8")},
    "hold": {us: (["--hold-us", us], "") for us in ("0", "20", "200", "1000")},
    "error": {"none": ([], ""), **{f"{kind}@{way}": (["--inject", f"{kind}@{way}:{{n}}"], "")
                                   for kind in ("slverr", "decerr") for way in ("write", "read")},
              "memory": (["--fail-allocation", "{m}"], "")},
    "interrupt": {"line": ([], ""), "message":
                  ([], "[registry.device.'Interrupt Management'.MessageSignaledInterruptProperties]\nMSISupported = 1\n")},
    "processors": {count: ([], f"[run]\ncpus = {count}\n") for count in ("1", "2", "4")},
    "software": {"as it is": ([], ""),
                 "slow registers": ([], "[cost]\nmmio_issue = 4000\n"),
                 "slow DPCs": ([], "[cost]\ndpc_dispatch = 200000\n"),
                 "slow interrupts": ([], "[cost]\ninterrupt_latency = 20000\n"),
                 "slow calls": ([], "[cost]\nsystem_call = 20000\ncontext_switch = 20000\n")},
    "bus": {"as it is": ([], ""), "at once": ([], "[bus]\nalways_ready = true\n"),
            "late answers": ([], "[bus]\nb_latency_min = 100\nb_latency_max = 400\nreorder = true\n"),
            "late registers": ([], "[bus]\naxil_gap_min = 40\naxil_gap_max = 200\n")},
}
MOST_N, MOST_M = 40, 160  # bursts before an error, allocations before one fails


class Steering:
    """Weights by axis and value: 1 to begin with, more for each run that showed something new."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.weights = {axis: dict.fromkeys(values, 1.0) for axis, values in AXES.items()}

    def draw(self):
        """{axis: value}, and the numbers that errors and allocations ask for."""
        values = {axis: self.random.choices(list(weights), list(weights.values()))[0]
                  for axis, weights in self.weights.items()}
        return values, {"n": self.random.randrange(MOST_N), "m": self.random.randrange(MOST_M)}

    def learn(self, values, new):
        """`new`: bins that a run with these values was the first to hit."""
        for axis, value in values.items():
            old = self.weights[axis][value]
            # What showed nothing is still drawn now and then.
            self.weights[axis][value] = min(8.0, old + new) if new else max(0.25, 0.9 * old)


def options_of(values, numbers):
    """(options of `pin2pin run`, TOML)"""
    options, tables = [], []
    for axis, value in values.items():
        more, text = AXES[axis][value]
        options += [option.format(**numbers) for option in more]
        tables.append(text)
    return options, "".join(tables)


def expects_failure(values):
    return values["error"] != "none"
