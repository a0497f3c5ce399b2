#!/usr/bin/env python3
"""Mutants that a person has explained: found by their place, counted out, and an error where a test notices one."""
import pathlib
import sys
import tempfile
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from mutation import rtl_build, rtl_explained, rtl_report, rtl_run  # after the path is known

RULE = '[[equivalent]]\nfile = "one.sv"\ntext = "q <= d"\nwire = "q*"\nreason = "nobody reads it"\n'


def mutant(number, line, wire):
    return rtl_build.Mutant(number, f"-mode inv -module one -cell c -port Q -portbit 0 -wire {wire} -wirebit 3 "
                                    f"-src /x/rtl/one.sv:{line}.3-{line}.9")


class Explained(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name)
        (self.root / "one.sv").write_text("module one;\n  q <= d;\n  r <= d;\nendmodule\n")

    def rules(self, text):
        (self.root / "rules.toml").write_text(text)
        return rtl_explained.Explained(self.root / "rules.toml", self.root)

    def test_by_line_and_wire(self):
        rules = self.rules(RULE)
        self.assertEqual(rules.reason(mutant(1, 2, "q_q")), "nobody reads it")
        self.assertEqual(rules.reason(mutant(2, 3, "q_q")), "")
        self.assertEqual(rules.reason(mutant(3, 2, "r_q")), "")
        self.assertEqual(self.rules("").reason(mutant(1, 2, "q_q")), "")

    def test_by_bits(self):
        reasons = [self.rules(RULE + f'{key} = "{bits}"\n').reason(mutant(1, 2, "q_q"))
                   for key in ("portbit", "wirebit") for bits in ("[0-2]", "3")]
        self.assertEqual(reasons, ["nobody reads it", "", "", "nobody reads it"])
        self.assertEqual(self.rules(RULE + 'ctrlbit = "8"\n').reason(mutant(1, 2, "q_q")), "")

    def test_by_module(self):
        reasons = [self.rules(RULE + f'module = "{module}"\n').reason(mutant(1, 2, "q_q")) for module in ("o*", "two")]
        self.assertEqual(reasons, ["nobody reads it", ""])

    def test_by_columns(self):
        for text, reason in (("q <= d", "nobody reads it"), ("q <=", ""), (" q <= d", "")):
            self.assertEqual(self.rules(RULE.replace("q <= d", text) + "exact = true\n").reason(mutant(1, 2, "q_q")), reason)

    def test_rules_that_are_none(self):
        for change, told in ((("reason", "why"), "no reason"), (("q <= d", "q <= e"), 'no line of one.sv holds "q <= e"'),
                             (("one.sv", "two.sv"), "no line of two.sv"), (("wire", "wyre"), "unknown key wyre")):
            with self.assertRaisesRegex(ValueError, told):
                self.rules(RULE.replace(*change))

    def test_counted_out_unless_noticed(self):
        rules, options = self.rules(RULE), types.SimpleNamespace(seed=1, parameters={})
        mutants = [mutant(1, 2, "q_q"), mutant(2, 3, "q_q"), mutant(3, 3, "r_q")]
        verdicts = {1: rtl_run.Verdict("survived"), 2: rtl_run.Verdict("noticed", "T.t", 5, 0), 3: rtl_run.Verdict("survived")}
        report = rtl_report.made(options, mutants, verdicts, {}, {}, rules)
        self.assertEqual((report["killed"], report["equivalent"], report["explained"]), (1, 1, 1))
        self.assertEqual((report["noticed_percent"], report["wrongly_explained"]), (50.0, []))
        verdicts[1] = rtl_run.Verdict("noticed", "T.t", 5, 0)
        report = rtl_report.made(options, mutants, verdicts, {}, {}, rules)
        self.assertEqual((report["killed"], report["equivalent"]), (2, 0))
        self.assertEqual(report["wrongly_explained"], [str(mutants[0])])


if __name__ == "__main__":
    unittest.main()
