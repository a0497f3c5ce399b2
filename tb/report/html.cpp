#include "tb/report/html.h"

#include <array>
#include <cstdio>

#include "tb/events/event_words.h"

namespace p2p::tb {

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string microseconds(std::uint64_t ns) {
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%llu.%03u", static_cast<unsigned long long>(ns / 1000),
                static_cast<unsigned>(ns % 1000));
  return text.data();
}

void open_table(std::ostream& out, std::string_view caption, std::initializer_list<std::string_view> columns) {
  out << "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" << escape(caption)
      << "\"><table><thead><tr>";
  for (const std::string_view column : columns) {
    const bool words = column.starts_with('.');
    out << (words ? "<th class=\"t\">" : "<th>") << escape(column.substr(words ? 1 : 0));
  }
  out << "</thead><tbody>\n";
}

void close_table(std::ostream& out) { out << "</tbody></table></div>\n"; }

void number_cell(std::ostream& out, std::uint64_t number) { out << "<td>" << number; }

void text_cell(std::ostream& out, std::string_view text) { out << "<td class=\"t\">" << escape(text); }

void event_table(std::ostream& out, std::string_view caption, const std::vector<RecordedEvent>& events,
                 const char* left_out) {
  open_table(out, caption, {"bus cycle", "us", ".event", ".with"});
  for (const RecordedEvent& event : events) {
    out << "<tr><td>" << event.cycle << "<td>" << microseconds(event.ns);
    text_cell(out, event.what());
    text_cell(out, event_words(event, left_out));
    out << "\n";
  }
  close_table(out);
}

void stack_table(std::ostream& out, std::string_view caption, const std::vector<CallSite>& stack) {
  out << "<div class=\"stack\">";
  open_table(out, caption, {".module", ".function", ".where"});
  for (const CallSite& site : stack) {
    out << (site.driver ? "<tr class=\"mine\">" : "<tr>");
    text_cell(out, site.module);
    text_cell(out, site.function);
    text_cell(out, site.location);
    out << "\n";
  }
  close_table(out);
  out << "</div>";
}

std::string command(std::string_view text) {
  std::string marked = "<code class=\"command\">";
  const std::size_t dir = text.find("DIR");
  if (dir == std::string_view::npos) return marked + escape(text) + "</code>";
  marked += escape(text.substr(0, dir)) + "<span class=\"dir\">DIR</span>" + escape(text.substr(dir + 3));
  return marked + "</code>";
}

}  // namespace p2p::tb
