#!/usr/bin/env python3
"""scripts/scenarios.py: it steers towards what is new, stops when all is hit, and says what is wrong. A stand-in for
pin2pin counts what the test tells it to."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/scenarios.py"
# Hits "a: usual" always and "a: rare" with one value of an axis only; KIND says what else happens.
STAND_IN = """#!{python}
import json, pathlib, sys
options = sys.argv[1:]
out = pathlib.Path(options[options.index("--out") + 1])
out.mkdir()
rare = "--buffers" in options and options[options.index("--buffers") + 1] == "3"
bins = [("a: usual", 1, None), ("a: rare", int(rare), None), ("a: never", int("{kind}" == "impossible"), "no way"),
        ("a: closed", int("{kind}" == "excluded"), None)]
(out / "driver.bins").write_text(json.dumps({{"crosses": [{{"name": "a", "says": "s", "bins": [
    {{"name": n, "count": c, **({{"impossible": i}} if i else {{}})}} for n, c, i in bins]}}]}}))
status = "fail" if "{kind}" == "failing" or "--inject" in options or "--fail-allocation" in options else "pass"
(out / "summary.json").write_text(json.dumps({{"status": status, "failures": ["it failed"] if status == "fail" else [],
    "checks": {{"violations": [{{"rule": "R", "text": "t"}}] if "{kind}" == "violating" else
        [{{"rule": "FRAME_ACCOUNTED", "text": "2 are missing" if "{kind}" == "missing" else "it could not be read"}}]
        if "--fail-allocation" in options else []}},
    "verifier": {{"bugcheck": None}}, "irps": {{"outstanding": 0}}}}))
"""
CLOSED = '[[exclude]]\nbins = ["a: cl*"]\nreason = "is closed"\n'


class Scenarios(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name)
        (self.root / "bin").mkdir()
        self.stand_in("")

    def stand_in(self, kind):
        program = self.root / "bin/pin2pin"
        program.write_text(STAND_IN.format(python=sys.executable, kind=kind))
        program.chmod(0o755)

    def ran(self, *options, exclusions=CLOSED, folder="bins"):
        (self.root / "not.toml").write_text(exclusions)
        done = subprocess.run([sys.executable, SCRIPT, self.root, self.root / folder, "--exclusions",
                               self.root / "not.toml", *options], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_it_runs_until_all_is_hit(self):
        code, text = self.ran("--runs", "80", "--least", "100")
        self.assertEqual(code, 0, text)
        self.assertIn("100.00 % of the driver's bins (2 of 2, 1 excluded)", text)
        self.assertLess(len(list((self.root / "bins").glob("*.bins"))), 80)

    def test_a_gap_is_named_and_fails_below_the_limit(self):
        code, text = self.ran("--runs", "8", "--least", "100", exclusions="")
        self.assertEqual(code, 1, text)
        self.assertIn("gap: a: closed", text)

    def test_what_lies_there_counts(self):
        (self.root / "bins").mkdir()
        (self.root / "bins/earlier.bins").write_text(json.dumps({"crosses": [{"name": "a", "says": "s", "bins": [
            {"name": f"a: {name}", "count": 1} for name in ("usual", "rare")]}]}))
        code, text = self.ran("--least", "100", exclusions="")
        self.assertEqual(code, 0, text)
        self.assertIn("0 scenarios: 100.00 %", text)

    def test_the_same_seed_draws_the_same(self):
        first, second = (self.ran("--runs", "24", "--jobs", jobs, "--seed", "7", folder=jobs) for jobs in ("1", "4"))
        self.assertEqual(first, second)
        one, other = (sorted((path.name, path.read_text()) for path in (self.root / jobs).glob("*")) for jobs in ("1", "4"))
        self.assertEqual(one, other)

    def test_exclusions_that_name_nothing_or_too_much(self):
        code, text = self.ran("--runs", "8", exclusions=CLOSED + '[[exclude]]\nbins = ["b: *"]\nreason = "?"\n')
        self.assertEqual(code, 1, text)
        self.assertIn("b: * names no bin: remove it", text)
        self.stand_in("excluded")
        code, text = self.ran("--runs", "8", folder="more")
        self.assertEqual(code, 1, text)
        self.assertIn("a: cl*: a: closed was hit: remove it", text)

    def test_faults_are_told_with_the_run(self):
        for kind, told in (("impossible", "no way"), ("failing", "it failed"), ("violating", "'rule': 'R'")):
            self.stand_in(kind)
            code, text = self.ran("--runs", "8", folder=kind)
            self.assertEqual(code, 1, text)
            self.assertIn("WRONG", text)
            self.assertIn(told, text)

    def test_a_frame_of_which_memory_was_withheld_to_ask(self):
        for kind, wanted in (("", 0), ("missing", 1)):
            self.stand_in(kind)
            code, text = self.ran("--runs", "24", folder=str(wanted))
            self.assertEqual(code, wanted, text)

    def test_bad_input_is_one_line(self):
        code, text = self.ran(exclusions='[[exclude]]\nbin = "x"\n')
        self.assertEqual((code, text.count("\n")), (2, 1), text)
        self.assertIn("expected bins and reason", text)


if __name__ == "__main__":
    unittest.main()
