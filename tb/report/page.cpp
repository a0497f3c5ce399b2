#include "tb/report/page.h"

#include <sstream>
#include <vector>

#include "page_files.h"
#include "tb/report/html.h"
#include "tb/report/sections.h"

namespace p2p::tb {

namespace {
struct Section {
  const char* id;
  const char* title;
  std::string html;
  bool bad = false;
};
}  // namespace

std::string report_html(const RunResult& r, const Story& story) {
  const Section sections[] = {
      {"bugcheck", "Bug check", bugcheck_section(r), true},
      {"failed", "What failed", failure_section(r, story), true},
      {"stands", "Where it stands", stall_section(r), true},
      {"streams", "Streams", streams_section(r)},
      {"frames", "Frames", frames_section(r)},
      {"latency", "Latency", latency_section(r)},
      {"bus", "Bus utilisation", bus_section(r)},
      {"irps", "IRPs and interrupts", irp_section(r, story)},
      {"checks", "Checks", checks_section(r)},
      {"coverage", "Functional coverage", coverage_section(r)},
  };
  std::ostringstream out;
  out << "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width\"><title>pin2pin: "
      << r.status() << "</title><style>\n"
      << kPageStyle << "</style></head><body>\n<a class=\"skip\" href=\"#main\">Skip to the sections</a>\n<header>\n"
      << verdict_section(r) << "</header>\n<nav aria-label=\"Sections\"><ul>\n";
  for (const Section& section : sections) {
    if (!section.html.empty()) out << "<li><a href=\"#" << section.id << "\">" << section.title << "</a>\n";
  }
  out << "</ul></nav>\n<main id=\"main\" tabindex=\"-1\">\n";
  for (const Section& section : sections) {
    if (section.html.empty()) continue;
    out << "<section id=\"" << section.id << "\"><h2" << (section.bad ? " class=\"fail\"" : "") << ">" << section.title
        << "</h2>\n"
        << section.html << "</section>\n";
  }
  out << "</main>\n<script>\n" << kPageScript << "</script></body></html>\n";
  return out.str();
}

}  // namespace p2p::tb
