#include "tb/debug/debug_port.h"

#include <cstdlib>

#include "ntos/inspect.h"
#include "tb/debug/state_text.h"

extern "C" {
// Seen from gdb.
__attribute__((used)) char p2p_debug_question[256];
__attribute__((used)) const char* p2p_debug_reply;
__attribute__((used)) void* p2p_debug_origin;
// Room for XSAVE, whatever the processor has.
__attribute__((used, aligned(64))) unsigned char p2p_debug_state[16384];
void p2p_debug_stop();
void p2p_debug_answer();
}

asm(R"(
    .text
    .globl p2p_debug_entry
    .type p2p_debug_entry, @function
p2p_debug_entry:
    movl $-1, %eax
    movl $-1, %edx
    xsave64 p2p_debug_state(%rip)
    call p2p_debug_answer
    movl $-1, %eax
    movl $-1, %edx
    xrstor64 p2p_debug_state(%rip)
    .globl p2p_debug_answered
p2p_debug_answered:
    nop
    hlt
    .globl p2p_debug_back
p2p_debug_back:
    jmp *p2p_debug_origin(%rip)
    .size p2p_debug_entry, .-p2p_debug_entry
)");

namespace p2p::tb {

namespace {
bool g_runs = false;
sim::Machine* g_machine = nullptr;  // with a chip

std::string stop_at(std::uint64_t bus_cycle) {
  if (g_machine == nullptr) return "no chip";
  if (bus_cycle <= g_machine->bus_cycle()) return "over";
  g_machine->call_at(bus_cycle * g_machine->config().bus_period_ps, [] { p2p_debug_stop(); });
  return "yes";
}

std::string parked(std::uint64_t thread) {
  const ntos::ParkedContext* context = ntos::parked_context(thread);
  if (context == nullptr) return {};
  std::string numbers;
  for (const std::uint64_t value :
       {context->rip, context->rsp, context->rbp, context->rbx, context->r12, context->r13, context->r14, context->r15})
    numbers += std::to_string(value) + " ";
  return numbers;
}
}  // namespace

DebugPort::DebugPort(sim::Machine& machine) {
  g_runs = true;
  g_machine = &machine;
}
DebugPort::DebugPort() { g_runs = true; }
DebugPort::~DebugPort() {
  g_runs = false;
  g_machine = nullptr;
}

std::string debug_answer(std::string_view question) {
  if (!g_runs) return "no machine runs\n";
  const std::size_t space = question.find(' ');
  const std::string_view word = question.substr(0, space);
  const std::string rest(space == std::string_view::npos ? std::string_view() : question.substr(space + 1));
  const std::uint64_t number = std::strtoull(rest.c_str(), nullptr, 10);
  if (word == "cpus") return cpus_text();
  if (word == "threads") return threads_text();
  if (word == "dpcs") return dpcs_text();
  if (word == "irps") return irps_text(rest == "all");
  if (word == "irp" && !rest.empty()) return irp_text(number);
  if (word == "pins") return pins_text();
  if (word == "chip")
    return g_machine != nullptr ? chip_text(*g_machine, rest) : "there is no chip with --device none\n";
  if (word == "stop") return stop_at(number);
  if (word == "parked") return parked(number);
  return "expected cpus, threads, dpcs, irps [all], irp NUMBER, pins or chip [NAME]\n";
}

}  // namespace p2p::tb

__attribute__((noinline)) void p2p_debug_stop() { asm volatile(""); }

void p2p_debug_answer() {
  static std::string reply;
  reply = p2p::tb::debug_answer(p2p_debug_question);
  p2p_debug_reply = reply.c_str();
}
