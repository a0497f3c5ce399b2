#!/usr/bin/env python3
"""scripts/coverage.py does what docs/coverage.md says: on small inputs made by hand."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/coverage.py"
SOURCE = "module one;\n  if (!rst_ni) q <= 0;\n  else q <= d;\n  default: q <= 1;\nendmodule\n"


def point(page, line, name, count, file="one.sv", column=5, folder="/here/rtl/"):
    return "\t".join([f"{page}/one__W8", folder + file, str(line), str(column), str(line), str(count), name])


WHOLE = [point("v_branch", 2, "if", 3), point("v_branch", 3, "else", 8), point("v_line", 4, "case", 2),
         point("v_toggle", 1, "q[0]", 1), point("v_toggle", 1, "q[1]", 4), point("v_user", 5, "seen", 1)]


class Machinery(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name)
        (self.root / "points").mkdir()
        (self.root / "rtl").mkdir()
        (self.root / "rtl/one.sv").write_text(SOURCE)
        self.rules("")

    def rules(self, text):
        (self.root / "rtl/coverage.toml").write_text(text)

    def run_of(self, name, points):
        (self.root / f"points/{name}.points").write_text("".join(p + "\n" for p in points))

    def ran(self, *options):
        done = subprocess.run(
            [sys.executable, SCRIPT, self.root / "points", "--sources", self.root / "rtl", "--exclusions",
             self.root / "rtl/coverage.toml", "--json", self.root / "out.json", "--html", self.root / "out.html",
             *options], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def all_of(self):
        return json.loads((self.root / "out.json").read_text())["files"]["all"]

    def test_all_covered_holds_every_limit(self):
        self.run_of("a.1", WHOLE)
        code, text = self.ran("--least-line", "100", "--least-toggle", "100", "--least-cover", "100")
        self.assertEqual(code, 0, text)
        self.assertIn("gaps:\n  none", text)
        self.assertEqual(self.all_of()["line"], {"covered": 3, "total": 3, "excluded": 0})

    def test_runs_builds_and_instances_are_one(self):
        self.run_of("a.1", [point("v_toggle", 1, "q[0]", 0), point("v_toggle", 1, "q[1]", 2),
                            point("v_toggle", 1, "q[1]", 0)])
        self.run_of("b.2", [point("v_toggle", 1, "q[0]", 1, folder="/there/rtl/"), point("v_toggle", 1, "q[2]", 0)])
        code, text = self.ran()
        self.assertEqual(code, 0, text)
        self.assertEqual(self.all_of()["toggle"], {"covered": 2, "total": 3, "excluded": 0})
        self.assertIn("2 runs", text)

    def test_branches_of_a_line_are_two(self):
        self.run_of("a.1", [point("v_branch", 2, "if", 1, column=3), point("v_branch", 2, "if", 0, column=30)])
        code, text = self.ran("--least-line", "100")
        self.assertEqual(code, 1, text)
        self.assertEqual(self.all_of()["line"], {"covered": 1, "total": 2, "excluded": 0})

    def test_a_gap_is_named_by_file_line_and_bits(self):
        self.run_of("a.1", WHOLE + [point("v_toggle", 7, f"wide[{bit}]", int(bit == 4)) for bit in range(8)] +
                    [point("v_branch", 9, "else", 0)])
        code, text = self.ran("--least-toggle", "98")
        self.assertEqual(code, 1, text)
        self.assertIn("rtl/one.sv:7: toggle wide[7:5,3:0]", text)
        self.assertIn("rtl/one.sv:9: line else", text)
        self.assertIn("BELOW", text)
        self.assertIn("wide[7:5,3:0]", (self.root / "out.html").read_text())

    def test_each_limit_counts_for_itself(self):
        missing = {"line": point("v_line", 4, "case", 0, column=9), "toggle": point("v_toggle", 1, "z", 0),
                   "cover": point("v_user", 6, "never", 0)}
        for kind, gap in missing.items():
            self.run_of("a.1", WHOLE + [gap])
            for limited in missing:
                code, text = self.ran(f"--least-{limited}", "100")
                self.assertEqual(code, int(limited == kind), f"{kind} missing, {limited} limited\n{text}")

    def test_an_exclusion_takes_its_points_out_and_says_why(self):
        self.run_of("a.1", WHOLE + [point("v_toggle", 7, f"wide[{bit}]", int(bit < 6)) for bit in range(8)])
        self.rules('[[exclude]]\nfile = "one.sv"\nsignals = ["wide[7:6]"]\nreason = "tied low"\n')
        code, text = self.ran("--least-toggle", "100")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.all_of()["toggle"], {"covered": 8, "total": 8, "excluded": 2})
        excluded = json.loads((self.root / "out.json").read_text())["excluded"]
        self.assertEqual([(e["what"], e["reason"]) for e in excluded],
                         [("wide[6]", "tied low"), ("wide[7]", "tied low")])

    def test_a_rule_of_several_files_must_name_something_in_each(self):
        self.run_of("a.1", WHOLE + [point("v_toggle", 7, "unused", 0), point("v_toggle", 7, "unused", 0, file="two.sv")])
        self.rules('[[unmeasured]]\nfile = ["one.sv", "two.sv"]\nsignals = ["unused"]\nreason = "read by nothing"\n')
        code, text = self.ran("--least-toggle", "100")
        self.assertEqual(code, 0, text)
        self.rules('[[unmeasured]]\nfile = ["one.sv", "three.sv"]\nsignals = ["unused"]\nreason = "read by nothing"\n')
        code, text = self.ran()
        self.assertEqual(code, 1, text)
        self.assertIn("'unused' is no point of three.sv", text)

    def test_an_exclusion_by_text_finds_its_line_wherever_it_is(self):
        self.run_of("a.1", [point("v_line", 4, "case", 0), point("v_branch", 2, "if", 1)])
        self.rules('[[exclude]]\nfile = "one.sv"\ntext = "default: q"\nreason = "every value has its case"\n')
        code, text = self.ran("--least-line", "100")
        self.assertEqual(code, 0, text)

    def test_a_stale_exclusion_is_an_error(self):
        self.run_of("a.1", WHOLE)
        for rule in ('signals = ["gone"]', 'signals = ["q[7:4]"]', 'text = "no such text"',
                     'text = "endmodule"\nbranch = "if"'):
            self.rules(f'[[exclude]]\nfile = "one.sv"\n{rule}\nreason = "was so once"\n')
            code, text = self.ran()
            self.assertEqual(code, 1, f"{rule}\n{text}")
            self.assertIn("remove it", text)

    def test_an_exclusion_that_is_reached_is_an_error(self):
        self.run_of("a.1", WHOLE)
        self.rules('[[exclude]]\nfile = "one.sv"\nsignals = ["q[1]"]\nreason = "cannot change"\n')
        code, text = self.ran()
        self.assertEqual(code, 1, text)
        self.assertIn("q[1] was reached 4 times", text)

    def test_what_is_unmeasured_counts_neither_way_but_must_be_there(self):
        self.run_of("a.1", WHOLE + [point("v_toggle", 3, f"mem[{i}][0]", i) for i in range(3)])
        self.rules('[[unmeasured]]\nfile = "one.sv"\nsignals = ["mem"]\nreason = "a memory"\n')
        code, text = self.ran("--least-toggle", "100")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.all_of()["toggle"], {"covered": 2, "total": 2, "excluded": 3})
        self.rules('[[unmeasured]]\nfile = "one.sv"\nsignals = ["rom"]\nreason = "a memory"\n')
        self.assertEqual(self.ran()[0], 1)

    def bins_of(self, name, counts, says="what it is"):
        bins = [{"name": f"wait: {bin_name}", "count": count} for bin_name, count in counts.items()]
        bins[-1]["impossible"] = "the answer comes first"
        (self.root / f"points/{name}.bins").write_text(
            json.dumps({"crosses": [{"name": "wait", "says": says, "bins": bins}]}))

    def test_bins_of_all_runs_are_summed_and_gaps_named(self):
        self.bins_of("a.1", {"short": 2, "long": 0, "late": 0, "never": 0})
        self.bins_of("b.2", {"short": 1, "long": 4, "late": 0, "never": 0})
        code, text = self.ran("--bins-only", "--least-bins", "60")
        self.assertEqual(code, 0, text)
        self.assertIn("wait  2/3 (1 impossible)", text)
        self.assertIn("bin wait: late: what it is", text)
        self.assertEqual(self.ran("--bins-only", "--least-bins", "99")[0], 1)
        self.assertIn("wait: late", (self.root / "out.html").read_text())

    def test_a_hit_of_an_impossible_bin_is_an_error(self):
        self.bins_of("a.1", {"short": 2, "never": 1})
        code, text = self.ran("--bins-only")
        self.assertEqual(code, 1, text)
        self.assertIn("never was hit 1 times", text)

    def test_bins_that_changed_their_meaning_are_not_added_up(self):
        self.bins_of("a.1", {"short": 2, "never": 0})
        self.bins_of("b.2", {"short": 2, "never": 0}, says="something else")
        self.assertEqual(self.ran("--bins-only")[0], 2)

    def test_bins_that_are_limited_must_be_there(self):
        self.run_of("a.1", WHOLE)
        self.assertEqual(self.ran("--least-bins", "1")[0], 2)

    def test_bad_input_says_where(self):
        self.assertEqual(self.ran()[0], 2, "no runs")
        self.run_of("a.1", WHOLE + ["v_line\tbroken"])
        code, text = self.ran()
        self.assertEqual(code, 2, text)
        self.assertIn("a.1.points:7", text)
        self.run_of("a.1", WHOLE)
        for bad in ('signals = ["q[1]"]', 'reason = "r"', 'reason = "r"\nsignals = ["q["]',
                    'reason = "r"\nsignals = ["q"]\nlines = 7'):
            self.rules(f'[[exclude]]\nfile = "one.sv"\n{bad}\n')
            self.assertEqual(self.ran()[0], 2, bad)


if __name__ == "__main__":
    unittest.main()
