#include "sw/ntos/ke/call_stack.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <array>
#include <cstdlib>
#include <memory>

namespace p2p::ke {

namespace {
constexpr int kMostFrames = 64;

std::string demangled(const char* symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : symbol;
}
}  // namespace

std::vector<ntos::CallFrame> capture_call_stack(unsigned skip) {
  std::array<void*, kMostFrames> addresses;
  const int count = backtrace(addresses.data(), kMostFrames);
  std::vector<ntos::CallFrame> frames;
  for (int i = static_cast<int>(skip) + 1; i < count; ++i) {
    // One byte back lies in the call: a call that does not return is the last thing of its function.
    const auto at = reinterpret_cast<std::uintptr_t>(addresses[static_cast<std::size_t>(i)]) - 1;
    ntos::CallFrame frame = place_of(at);
    if (!frame.module.empty()) frames.push_back(std::move(frame));
  }
  return frames;
}

ntos::CallFrame place_of(std::uint64_t address) {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(address), &info) == 0 || info.dli_fname == nullptr) return {};
  return {info.dli_fname, address - reinterpret_cast<std::uintptr_t>(info.dli_fbase),
          info.dli_sname != nullptr ? demangled(info.dli_sname) : std::string()};
}

}  // namespace p2p::ke
