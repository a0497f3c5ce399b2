"""What scripts/mutate_rtl.py found, as data and as text."""
import collections
import statistics

HOWS = {"noticed": "by a failed expectation", "crashed": "the process died", "unsettled": "the netlist never settles",
        "endless": "more bus cycles than four times the tests' own", "timeout": "the process took too long"}


def made(options, mutants, verdicts, proofs, left_out, explained):
    """The report, ready for JSON."""
    reached = [mutant for mutant in mutants if mutant.number in verdicts]
    rows = []
    for mutant in reached:
        verdict = verdicts[mutant.number]
        rows.append({"number": mutant.number, "module": mutant.module, "places": mutant.places, "text": str(mutant),
                     "how": verdict.how, "test": verdict.test, "cycle": verdict.cycle, "distance": verdict.distance,
                     "proof": proofs.get(mutant.number, ""), "whole": verdict.whole,
                     "explained": explained.reason(mutant)})
    killed = sum(row["how"] != "survived" for row in rows)
    wrong = [row["text"] for row in rows if row["explained"] and row["how"] != "survived"]
    equivalent = sum(alike(row) for row in rows)
    counted = len(rows) - equivalent
    distances = [row["distance"] for row in rows if row["distance"] >= 0]
    return {"seed": options.seed, "parameters": options.parameters, "listed": len(mutants), "reached": len(rows),
            "killed": killed, "equivalent": equivalent,
            "noticed_percent": 100.0 * killed / counted if counted else 0.0,
            "median_distance": statistics.median(distances) if distances else None, "left_out": left_out,
            "explained": sum(alike(row) and row["proof"] != "equivalent" for row in rows), "wrongly_explained": wrong,
            "mutants": rows}


def alike(row):
    """Proven equivalent, or explained as such and not noticed."""
    return row["how"] == "survived" and (row["proof"] == "equivalent" or row["explained"] != "")


def table(title, pairs):
    print(title)
    width = max((len(str(name)) for name, _ in pairs), default=0)
    for name, text in pairs:
        print(f"  {name:<{width}}  {text}")


def show(report):
    rows = report["mutants"]
    dead = [row for row in rows if row["how"] != "survived"]
    for number, tests in report["left_out"].items():
        if tests:
            print(f"netlist {number}: left out, for a mutant sits where it presets a register: {', '.join(tests)}")
    by_how = collections.Counter(row["how"] for row in dead)
    table("killed, how:", [(count, f"{how}: {HOWS[how]}") for how, count in by_how.most_common()])
    by_test = collections.Counter(row["test"] for row in dead)
    table("killed, by the first test that failed:", [(count, test) for test, count in by_test.most_common()])
    modules = collections.defaultdict(list)
    for row in rows:
        modules[row["module"]].append(row)
    table("by module, killed of all less those equivalent:", [
        (module, f"{sum(row['how'] != 'survived' for row in found)} of {sum(not alike(row) for row in found)}")
        for module, found in sorted(modules.items())])
    # The tests see the chip's effects on memory and registers. A reference model that is compared every cycle belongs
    # here: its distance would be 0 by construction.
    if report["median_distance"] is not None:
        later = [row for row in dead if row["distance"] >= 0]
        print(f"cycles from the first difference at a pin to the failed expectation: median {report['median_distance']:g}, "
              f"0 for {sum(row['distance'] == 0 for row in later)} of {len(later)}")
        print(f"  no difference at the pins before it (an inner signal that a test reads): "
              f"{sum(row['how'] == 'noticed' and row['distance'] < 0 for row in dead)}")
    for proof, title in (("", "survivors, no proof tried"), ("unproven", "survivors, equivalence not proven"),
                         ("equivalent", "survivors, proven equivalent")):
        found = [row for row in rows if row["how"] == "survived" and row["proof"] == proof and not row["explained"]]
        if found:
            table(f"{title}: {len(found)}", [(row["number"], row["text"]) for row in found])
    named = [row for row in rows if alike(row) and row["explained"]]
    if named:
        table(f"survivors, explained as equivalent: {len(named)}",
              [(row["number"], f"{row['text']}: {row['explained']}") for row in named])
    for text in report["wrongly_explained"]:
        print(f"killed although explained as equivalent: {text}")
    short = sum(row["how"] == "survived" and not alike(row) and not row["whole"] for row in rows)
    if short:
        print(f"survivors that only the shorter tests have seen, for want of time: {short}")
    missing = report["listed"] - report["reached"]
    if missing:
        print(f"not reached in the time given: {missing} of {report['listed']} mutants")
    print(f"killed {report['killed']} of {report['reached']}, {report['equivalent']} equivalent ({report['explained']} of "
          f"them explained, the others proven): "
          f"{report['noticed_percent']:.1f} per cent (seed {report['seed']})")
