#include "tb/run/whole_numbers.h"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

namespace p2p::tb {

namespace {
/// What is wrong with it; empty: nothing.
std::string trouble(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return "expected a whole number, 0 or more, not " + text;
}
}  // namespace

void expect_whole_numbers(CLI::App& command) {
  for (CLI::Option* option : command.get_options())
    if (option->get_type_name() == "UINT") option->check(CLI::Validator(trouble, ""));
}

}  // namespace p2p::tb
