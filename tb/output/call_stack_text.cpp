#include "tb/output/call_stack_text.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>

namespace p2p::tb {

namespace {
namespace fs = std::filesystem;

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// Two lines from addr2line: function and place; empty if it cannot be asked.
std::string ask(const ntos::CallFrame& frame) {
  std::ostringstream command;
  command << "addr2line -f -C -e " << quoted(frame.module) << " 0x" << std::hex << frame.offset << " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.str().c_str(), "r"), pclose);
  if (pipe == nullptr) return {};
  std::string text;
  std::array<char, 512> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) text += buffer.data();
  return text;
}

bool of_the_system(const std::string& module) {
  return module.rfind("/lib", 0) == 0 || module.rfind("/usr/lib", 0) == 0;
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return fs::equivalent(a, b, error) && !error;
}
}  // namespace

std::vector<CallSite> call_sites(const std::vector<ntos::CallFrame>& stack, const std::string& program) {
  std::vector<CallSite> sites;
  for (const ntos::CallFrame& frame : stack) {
    CallSite site;
    site.module = fs::path(frame.module).filename().string();
    site.function = frame.symbol;
    site.driver = !of_the_system(frame.module) && !same_file(frame.module, program);
    if (site.driver) {
      std::istringstream answer(ask(frame));
      std::string function, location;
      std::getline(answer, function);
      std::getline(answer, location);
      if (!function.empty() && function != "??") site.function = function;
      if (!location.empty() && location.rfind("??", 0) != 0)
        site.location = fs::path(location.substr(0, location.find(' '))).lexically_normal().string();
    }
    if (site.function.empty()) site.function = "??";
    sites.push_back(std::move(site));
  }
  return sites;
}

}  // namespace p2p::tb
