#include "sw/ntos/ddk.h"

#include "sw/ntos/ke/cpu_watch.h"

#include <string>

#include "ntos/ks_support.h"
#include "sw/ntos/ke/call_stack.h"
#include "sw/ntos/ke/cpu.h"

namespace p2p {

void ntos::set_cpu_watch(CpuWatch* watch) { ke::cpu_watch = watch; }

void ke::WatchedFunction::begin(ntos::Entry entry, std::uint64_t code) {
  cpu_watch->function_begins(current_cpu().number, entry, place_of(code));
}

void ke::WatchedFunction::end() {
  if (cpu_watch != nullptr) cpu_watch->function_ends(current_cpu().number);
}

bool ntos::callback_begins(std::string_view name) {
  if (ke::cpu_watch == nullptr || ke::current_thread() == nullptr) return false;
  ke::cpu_watch->function_begins(ke::current_cpu().number, Entry::kCallback, {{}, 0, std::string(name)});
  return true;
}

void ntos::callback_ends() {
  if (ke::cpu_watch != nullptr) ke::cpu_watch->function_ends(ke::current_cpu().number);
}

}  // namespace p2p
