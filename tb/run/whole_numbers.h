// Options that are counts and cycles.
#pragma once

#include <CLI/CLI.hpp>

namespace p2p::tb {

/// Every unsigned option that `command` has so far takes whole numbers from 0 on and says so where it gets something
/// else. CLI11 alone takes -1 for the greatest there is.
void expect_whole_numbers(CLI::App& command);

}  // namespace p2p::tb
