// report.html: one file that needs no network.
#pragma once

#include <string>

#include "tb/report/story.h"
#include "tb/run/result.h"

namespace p2p::tb {

std::string report_html(const RunResult& result, const Story& story);

}  // namespace p2p::tb
