"""What the chip makes of its bus, work by work (bench_chip_limits), and how that is shown and judged."""
import json
import subprocess

from measure import Failed

PROGRAMS = ("bench_chip_limits", "bench_chip_limits_long")  # bursts of 16 and of 256 beats, 16 in flight
# Cycles from event to event: name in the program's output, text, target.
DISTANCES = (
    ("doorbell_to_read", "doorbell accepted to descriptor read", 2),
    ("record_to_interrupt", "record's response to interrupt line", 1),
    ("response_to_interrupt", "last data response to interrupt line, record between", 7),
    ("clear_to_low", "clear accepted to line low", 2),
)


def measure(build):
    """{"works": [row, …], "distances": {name: cycles}}; the distances are those of the chip as it is simulated."""
    works, distances = [], None
    for program in PROGRAMS:
        done = subprocess.run([build / "bin" / program], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"{program}: exit status {done.returncode}: {done.stderr.strip()}")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        works += rows[:-1]
        distances = distances or rows[-1]
    return {"works": works, "distances": distances}


def show(limits):
    """Prints the table; the number of targets that were missed: every cycle of a frame carries a beat, no beat too many."""
    latencies = sorted({row["latency"] for row in limits["works"]})
    print("\nW channel of the chip alone, from a frame's first beat to its last, memory answering after so many cycles\n")
    print(f"  {'':50} {'burst':>5} " + " ".join(f"{latency:>7}" for latency in latencies) + f" {'bytes/beat':>11}")
    missed = 0
    for name, burst in dict.fromkeys((row["work"], row["burst"]) for row in limits["works"]):
        rows = [row for row in limits["works"] if (row["work"], row["burst"]) == (name, burst)]
        rows.sort(key=lambda row: row["latency"])
        missed += sum(row["beats"] != row["cycles"] or row["beats"] != row["least_beats"] for row in rows)
        print(f"  {name:50} {burst:5} " + " ".join(f"{row['beats'] / row['cycles']:7.4f}" for row in rows) +
              f" {640 * 480 * 2 / rows[0]['beats']:11.3f}")
    print(f"\n  target: 1.0000 everywhere, and no beat more than the bytes touch: {'met' if missed == 0 else 'MISSED'}\n")
    for key, text, target in DISTANCES:
        cycles = limits["distances"][key]
        missed += cycles > target
        print(f"  {text:55} {cycles:3} cycles, contract {target}: {'met' if cycles <= target else 'MISSED'}")
    return missed
