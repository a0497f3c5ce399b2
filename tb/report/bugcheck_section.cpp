#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include "tb/report/html.h"
#include "tb/report/sections.h"

namespace p2p::tb {
namespace {

struct StopName {
  std::uint32_t code;
  const char* name;
};

/// Windows' names of the codes whose rule here is one of Driver Verifier's, which has a name of its own.
constexpr std::array<StopName, 24> kStopNames{{{0x0A, "IRQL_NOT_LESS_OR_EQUAL"},
                                               {0x1E, "KMODE_EXCEPTION_NOT_HANDLED"},
                                               {0x44, "MULTIPLE_IRP_COMPLETE_REQUESTS"},
                                               {0x50, "PAGE_FAULT_IN_NONPAGED_AREA"},
                                               {0x76, "PROCESS_HAS_LOCKED_PAGES"},
                                               {0x9F, "DRIVER_POWER_STATE_FAILURE"},
                                               {0xB8, "ATTEMPTED_SWITCH_FROM_DPC"},
                                               {0xBE, "ATTEMPTED_WRITE_TO_READONLY_MEMORY"},
                                               {0xC1, "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION"},
                                               {0xC2, "BAD_POOL_CALLER"},
                                               {0xC4, "DRIVER_VERIFIER_DETECTED_VIOLATION"},
                                               {0xC6, "DRIVER_CAUGHT_MODIFYING_FREED_POOL"},
                                               {0xC7, "TIMER_OR_DPC_INVALID"},
                                               {0xC9, "DRIVER_VERIFIER_IOMANAGER_VIOLATION"},
                                               {0xCA, "PNP_DETECTED_FATAL_ERROR"},
                                               {0xCB, "DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS"},
                                               {0xCE, "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS"},
                                               {0xD1, "DRIVER_IRQL_NOT_LESS_OR_EQUAL"},
                                               {0xE4, "WORKER_INVALID"},
                                               {0xE6, "DRIVER_VERIFIER_DMA_VIOLATION"},
                                               {0xEA, "THREAD_STUCK_IN_DEVICE_DRIVER"},
                                               {0x133, "DPC_WATCHDOG_VIOLATION"},
                                               {0x139, "KERNEL_SECURITY_CHECK_FAILURE"},
                                               {0xF7, "DRIVER_OVERRAN_STACK_BUFFER"}}};

bool is_stop_name(const std::string& rule) {
  return !rule.empty() && std::all_of(rule.begin(), rule.end(), [](unsigned char c) {
    return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '_';
  });
}

std::string stop_name(const ntos::BugCheck& bugcheck) {
  const auto* found = std::find_if(kStopNames.begin(), kStopNames.end(),
                                   [&bugcheck](const StopName& stop) { return stop.code == bugcheck.code; });
  if (found != kStopNames.end()) return found->name;
  return is_stop_name(bugcheck.rule) ? bugcheck.rule : hex(bugcheck.code);
}

std::string sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

/// The panel that Windows users know.
void panel(std::ostream& out, const RunResult& r) {
  const ntos::BugCheck& bugcheck = *r.bugcheck;
  const std::string name = stop_name(bugcheck);
  const auto driver =
      std::find_if(r.bugcheck_stack.begin(), r.bugcheck_stack.end(), [](const CallSite& site) { return site.driver; });
  out << "<div class=\"stop\"><p class=\"face\" aria-hidden=\"true\">:(</p>\n<p class=\"big\">The driver ran into a "
         "problem, and the run stopped here.</p>\n<p>"
      << escape(sentence(bugcheck.message)) << "</p>\n<dl><dt>Stop code<dd>" << escape(name) << " ("
      << hex(bugcheck.code) << ")";
  if (bugcheck.rule != name) out << "<dt>Rule<dd>" << escape(bugcheck.rule);
  out << "<dt>Parameters<dd><code>";
  for (const std::uint64_t parameter : bugcheck.parameters) out << hex(parameter) << " ";
  out << "</code>";
  if (driver != r.bugcheck_stack.end()) {
    out << "<dt>What failed<dd>" << escape(driver->module) << ", " << escape(driver->function);
    if (!driver->location.empty()) out << "<br><code>" << escape(driver->location) << "</code>";
  }
  out << "<dt>Where<dd>bus cycle " << bugcheck.bus_cycle << ", CPU " << bugcheck.cpu << ", IRQL " << bugcheck.irql
      << ", thread " << escape(bugcheck.thread) << "</dl></div>\n";
}

}  // namespace

std::string bugcheck_section(const RunResult& r) {
  if (!r.bugcheck) return {};
  std::ostringstream out;
  panel(out, r);
  if (!r.bugcheck_stack.empty()) {
    out << "<h3>Call stack</h3>\n<p>Innermost first; the driver's own lines are marked.</p>\n";
    stack_table(out, "Call stack", r.bugcheck_stack);
  }
  if (!r.contrary_stack.empty()) {
    out << "<h3>The other way round, earlier</h3>\n";
    stack_table(out, "The other way round, earlier", r.contrary_stack);
  }
  if (!r.bugcheck_irp.empty()) {
    const std::string title = "IRP " + std::to_string(r.bugcheck->irp);
    out << "<h3>" << title << "</h3>\n";
    event_table(out, title, r.bugcheck_irp, "irp");
  }
  return out.str();
}

}  // namespace p2p::tb
