// Small pieces of HTML that all sections of the page are made of.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tb/events/recorded_event.h"
#include "tb/numbers.h"
#include "tb/output/call_stack_text.h"

namespace p2p::tb {

/// Safe between tags and in a quoted attribute.
std::string escape(std::string_view text);
/// "12.345", of 12,345 ns.
std::string microseconds(std::uint64_t ns);

/// A column of words begins with '.': ".what". Others hold numbers.
void open_table(std::ostream& out, std::string_view caption, std::initializer_list<std::string_view> columns);
void close_table(std::ostream& out);
void number_cell(std::ostream& out, std::uint64_t number);
void text_cell(std::ostream& out, std::string_view text);

/// Cycle, time, what and with what.
void event_table(std::ostream& out, std::string_view caption, const std::vector<RecordedEvent>& events,
                 const char* left_out = "");
void stack_table(std::ostream& out, std::string_view caption, const std::vector<CallSite>& stack);

/// A command line to copy; DIR in it is the folder that the page lies in, which its script knows.
std::string command(std::string_view text);

}  // namespace p2p::tb
