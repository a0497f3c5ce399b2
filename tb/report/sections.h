// The sections of report.html: from what a run found out to HTML. Pure; an empty text is no section.
#pragma once

#include <string>

#include "tb/report/story.h"
#include "tb/run/result.h"

namespace p2p::tb {

/// PASS or FAIL, and the run in a few lines.
std::string verdict_section(const RunResult& result);
/// As Windows would show it, then call stacks and the history of the IRP.
std::string bugcheck_section(const RunResult& result);
/// What, where, the events that led there, and the command that replays it.
std::string failure_section(const RunResult& result, const Story& story);
/// Why nothing moves any more.
std::string stall_section(const RunResult& result);
/// Each frame's way by hop: bars that the page's script draws from the table, and the table.
std::string frames_section(const RunResult& result);
/// Percentiles of each hop, against the contract if there is one.
std::string latency_section(const RunResult& result);
/// Data beats on the memory bus over time.
std::string bus_section(const RunResult& result);
/// Counts, a line for each IRP, histories of some; interrupts.
std::string irp_section(const RunResult& result, const Story& story);
/// Rules, and how often each was put to the test.
std::string checks_section(const RunResult& result);
std::string coverage_section(const RunResult& result);
/// What the pins of a run without the chip delivered.
std::string streams_section(const RunResult& result);

}  // namespace p2p::tb
