#!/usr/bin/env python3
"""Merges what the tests covered of rtl/ and shows what they did not. docs/coverage.md says how to read it.

coverage.py FOLDER: the folder that P2P_COVERAGE_DIR named while programs with counting chips ran. Exit status: 0 done;
1 below a limit, or an exclusion is wrong; 2 bad input.
"""
import argparse
import pathlib
import sys

from covered import bins, exclusions, points, report

RTL = pathlib.Path(__file__).resolve().parents[1] / "rtl"


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="of the *.points and *.bins")
    parser.add_argument("--sources", type=pathlib.Path, default=RTL, help="of the chip (rtl/)")
    parser.add_argument("--exclusions", type=pathlib.Path, default=RTL / "coverage.toml", help="(rtl/coverage.toml)")
    parser.add_argument("--least-line", type=float, default=0, metavar="PERCENT")
    parser.add_argument("--least-toggle", type=float, default=0, metavar="PERCENT")
    parser.add_argument("--least-cover", type=float, default=0, metavar="PERCENT")
    parser.add_argument("--least-bins", type=float, default=0, metavar="PERCENT")
    parser.add_argument("--bins-only", action="store_true", help="of any build: there are no *.points")
    parser.add_argument("--json", type=pathlib.Path, help="write the same for programs")
    parser.add_argument("--html", type=pathlib.Path, help="write the same for a browser")
    return parser.parse_args()


def limits_of(options, found, functional):
    """{what: {percent, least, holds}}"""
    table = report.sums(found).get("", {})
    out = {}
    for kind in report.KINDS:
        covered, total, _ = table.get(kind, [0, 0, 0])
        out[kind] = {"covered": covered, "total": total, "least": getattr(options, f"least_{kind}")}
    covered, total = functional.sums() if functional else (0, 0)
    out["bins"] = {"covered": covered, "total": total, "least": options.least_bins}
    for limit in out.values():
        limit["percent"] = report.percent(limit["covered"], limit["total"])
        limit["holds"] = limit["percent"] >= limit["least"]
    return out


def main():
    options = parsed()
    try:
        functional = bins.read(options.folder)
        if functional is None and (options.bins_only or options.least_bins):
            raise ValueError(f"{options.folder}: no *.bins")
        found, runs, wrong = [], 0, []
        if not options.bins_only:
            found, runs = points.read(options.folder)
            wrong = exclusions.apply(found, options.exclusions, options.sources)
    except (OSError, ValueError, KeyError) as error:
        print(f"coverage.py: {error}", file=sys.stderr)
        return 2
    wrong += functional.wrong() if functional else []
    limits = limits_of(options, found, functional)
    print(report.text(found, functional))
    print(f"\n{runs} runs")
    for kind, limit in limits.items():
        print(f"{kind} {limit['percent']:.2f} % ({limit['covered']} of {limit['total']}), at least {limit['least']:g} %" +
              ("" if limit["holds"] else ": BELOW"))
    for line in wrong:
        print(f"WRONG: {line}")
    if options.json:
        report.write_json(options.json, report.as_json(found, functional, limits))
    if options.html:
        options.html.write_text(report.as_html(found, functional))
    return 1 if wrong or not all(limit["holds"] for limit in limits.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
