#include <sstream>

#include "tb/report/html.h"
#include "tb/report/sections.h"

namespace p2p::tb {

std::string checks_section(const RunResult& r) {
  if (r.rules.empty()) return {};
  std::ostringstream out;
  std::size_t exercised = 0;
  for (const Rule& rule : r.rules) exercised += rule.exercised != 0 ? 1 : 0;
  out << "<p>" << exercised << " of " << count(r.rules.size(), "rule")
      << " were put to the test; one with 0 proved nothing in this run.</p>\n";
  open_table(out, "Rules", {".rule", "exercised", "violated", ".says", ".reference"});
  for (const Rule& rule : r.rules) {
    out << (rule.violated != 0 ? "<tr class=\"bad\">" : "<tr>");
    text_cell(out, rule.name);
    out << "<td>" << rule.exercised << "<td>" << rule.violated;
    text_cell(out, rule.text);
    text_cell(out, rule.reference);
    out << "\n";
  }
  close_table(out);
  return out.str();
}

std::string coverage_section(const RunResult& r) {
  if (!r.coverage) return {};
  const CoverageResult& coverage = *r.coverage;
  std::ostringstream out;
  out << "<p>What this run was seen to do: " << coverage.covered() << " of " << coverage.possible()
      << " bins. <code>scripts/coverage.py --bins-only</code> merges runs.</p>\n";
  open_table(out, "Functional coverage", {".of", ".group", "bins", ".counts", ".not seen"});
  for (const CrossResult& cross : coverage.crosses) {
    out << "<tr>";
    text_cell(out, cross.subject);
    text_cell(out, cross.name);
    out << "<td>" << cross.covered << "/" << cross.possible;
    text_cell(out, cross.says);
    out << "<td class=\"t\">";
    if (!cross.missing.empty()) {
      out << "<details><summary>" << cross.missing.size() << "</summary>";
      for (const std::string& bin : cross.missing) out << escape(bin) << "<br>";
      out << "</details>";
    }
    out << "\n";
  }
  close_table(out);
  return out.str();
}

}  // namespace p2p::tb
