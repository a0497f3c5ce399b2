// SIGSEGV and its kin. The handler, on a stack of its own, only decides whether the fault is a simulated thread's; then
// it lets the fiber go on in fault_taken(), as if the faulting instruction had called it. There everything is as in any
// other bug check: the stack can be walked, and the fiber may wait for ever.
#include "sw/ntos/ke/fault.h"

#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ex/module.h"
#include "sw/ntos/ex/special_pool.h"
#include "sw/ntos/ke/call_stack.h"
#include "sw/ntos/ke/exception.h"
#include "sw/ntos/ke/fiber_redirect.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/mmio.h"

extern "C" [[noreturn]] void p2p_fault_taken();

namespace p2p::ke {

namespace {
constexpr std::array kSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr std::size_t kHandlerStackBytes = std::size_t{64} << 10;
constexpr std::uint32_t kExceptionNotHandled = 0x1E;
constexpr std::uintptr_t kLowest = 0x10000;  // nothing is mapped below it, here as on Windows

enum class Access : std::uint8_t { kRead, kWrite, kExecute };
struct Fault {
  int signal = 0;
  std::uintptr_t address = 0, instruction = 0;
  Access access = Access::kRead;
  bool addressable = true;  // false: the processor names no address for it
};
// One OS thread runs every fiber.
Fault g_fault;
bool g_taken = false;
std::array<struct sigaction, kSignals.size()> g_before;

bool is_memory_fault(const Fault& fault) { return fault.signal == SIGSEGV || fault.signal == SIGBUS; }

Fault read_fault(int signal, const siginfo_t* info, const ucontext_t* context) {
  constexpr greg_t kGeneralProtection = 13, kWriteBit = 2, kFetchBit = 16;
  const greg_t* registers = context->uc_mcontext.gregs;
  Fault fault;
  fault.signal = signal;
  fault.address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  fault.instruction = static_cast<std::uintptr_t>(registers[REG_RIP]);
  fault.addressable = registers[REG_TRAPNO] != kGeneralProtection;
  if (!is_memory_fault(fault)) return fault;
  const greg_t error = registers[REG_ERR];
  if ((error & kWriteBit) != 0) fault.access = Access::kWrite;
  if ((error & kFetchBit) != 0 || fault.address == fault.instruction) fault.access = Access::kExecute;
  return fault;
}

/// The stack ends in a page that cannot be touched: what faults close to the stack pointer ran into it.
bool overflows_stack(const Fault& fault, std::uintptr_t stack_pointer) {
  constexpr std::uintptr_t kNear = std::uintptr_t{64} << 10;
  return fault.addressable && fault.address - (stack_pointer - kNear) < kNear + 64;
}

void say(const char* line) {
  const ssize_t written = write(STDERR_FILENO, line, std::strlen(line));
  static_cast<void>(written);  // there is nobody else to tell
}

void restore_actions() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &g_before[i], nullptr);
}

void handle(int signal, siginfo_t* info, void* raw_context) {
  auto* context = static_cast<ucontext_t*>(raw_context);
  if (info->si_code <= 0) {  // somebody has sent it: no instruction has faulted
    restore_actions();
    raise(signal);
    return;
  }
  const Fault fault = read_fault(signal, info, context);
  const void* address = reinterpret_cast<const void*>(fault.address);
  if (is_memory_fault(fault) && fault.addressable && ex::special_pool_admit(address)) return;
  const Thread* thread = current_thread();
  const bool running = thread != nullptr && thread->cpu != nullptr;
  const bool overflow =
      running && overflows_stack(fault, static_cast<std::uintptr_t>(context->uc_mcontext.gregs[REG_RSP]));
  if (overflow) say("ntos: the stack of a simulated thread has overflowed\n");
  if (!running && is_memory_fault(fault) && ex::special_pool_touched_by_device(address)) return;
  if (overflow || !running || g_taken || state().bugchecked) {
    restore_actions();  // the instruction faults again and meets them
    return;
  }
  g_taken = true;
  g_fault = fault;
  // A call of what is no code has left its return address on the stack.
  redirect_fiber(context, fault.access == Access::kExecute, p2p_fault_taken);
}

/// Whose code faulted: the first frame of the driver's or of the kernel's program says; the host's libraries do not.
enum class Culprit : std::uint8_t { kDriver, kKernelForDriver, kKernel };
Culprit culprit_of(const std::vector<ntos::CallFrame>& frames) {
  Dl_info own{};
  dladdr(reinterpret_cast<const void*>(&install_fault_handler), &own);
  const auto is_driver = [](const ntos::CallFrame& frame) { return ex::is_driver_image(frame.module); };
  const auto first = std::find_if(frames.begin(), frames.end(), [&](const ntos::CallFrame& frame) {
    return is_driver(frame) || frame.module == own.dli_fname;
  });
  if (first == frames.end()) return Culprit::kKernel;
  if (is_driver(*first)) return Culprit::kDriver;
  return std::any_of(first, frames.end(), is_driver) ? Culprit::kKernelForDriver : Culprit::kKernel;
}

const char* verb(Access access) {
  return access == Access::kExecute ? "executed" : access == Access::kWrite ? "written" : "read";
}

struct Finding {
  std::uint32_t code;
  std::array<std::uint64_t, 4> parameters;
  const char* rule;
  std::string message;
};

Finding special_pool_finding(const Fault& fault, bool driver, bool freed) {
  const std::uint64_t write = fault.access == Access::kWrite ? 1 : 0;
  const std::array<std::uint64_t, 4> parameters = {fault.address, write, fault.instruction, 0};
  if (freed) {
    return {driver ? 0xD5u : 0xCCu, parameters,
            driver ? "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL" : "PAGE_FAULT_IN_FREED_SPECIAL_POOL",
            std::string("pool memory was ") + verb(fault.access) + " after it had been freed"};
  }
  return {driver ? 0xD6u : 0xCDu, parameters,
          driver ? "DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION" : "PAGE_FAULT_BEYOND_END_OF_ALLOCATION",
          std::string("pool memory was ") + verb(fault.access) + " beyond its end"};
}

Finding raised_finding(const Fault& fault, bool driver, KIRQL irql, const std::string& what) {
  const std::uint64_t kind = fault.access == Access::kExecute ? 8 : fault.access == Access::kWrite ? 1 : 0;
  return {driver ? 0xD1u : 0x0Au,
          {fault.address, irql, kind, fault.instruction},
          driver ? "DRIVER_IRQL_NOT_LESS_OR_EQUAL" : "IRQL_NOT_LESS_OR_EQUAL",
          what + " at DISPATCH_LEVEL or above"};
}

/// An exception of the processor that no __except took.
Finding exception_finding(const Fault& fault) {
  const bool divide = fault.signal == SIGFPE, illegal = fault.signal == SIGILL;
  const NTSTATUS status = divide    ? STATUS_INTEGER_DIVIDE_BY_ZERO
                          : illegal ? STATUS_ILLEGAL_INSTRUCTION
                                    : STATUS_ACCESS_VIOLATION;
  std::string message = divide    ? "an integer was divided by zero"
                        : illegal ? "an instruction was executed that is none"
                                  : "an address was used that cannot be one";
  std::uint64_t write = 0, address = ~std::uint64_t{0};
  if (is_memory_fault(fault) && fault.addressable) {
    write = fault.access == Access::kWrite ? 1 : 0;
    address = fault.address;
    message =
        std::string("address ") + std::to_string(fault.address) + " was " + verb(fault.access) + ", by a NULL pointer";
  }
  return {kExceptionNotHandled,
          {static_cast<ULONG>(status), fault.instruction, write, address},
          "KMODE_EXCEPTION_NOT_HANDLED",
          std::move(message)};
}

Finding finding_of(const Fault& fault, bool driver, KIRQL irql) {
  if (!is_memory_fault(fault) || !fault.addressable) return exception_finding(fault);
  const void* address = reinterpret_cast<const void*>(fault.address);
  const ex::PoolSpot spot = ex::special_pool_spot(address);
  if (spot == ex::PoolSpot::kFreed) return special_pool_finding(fault, driver, true);
  if (spot == ex::PoolSpot::kBehind) return special_pool_finding(fault, driver, false);
  const bool low = fault.address < kLowest;
  std::uint64_t physical = 0;
  const bool device = mmio_translate(address, &physical);
  const std::string what = spot == ex::PoolSpot::kLive ? "paged pool was "
                           : low                       ? "a NULL pointer was followed: memory was "
                           : device                    ? "a device's register, not through its routine, was "
                                                       : "memory that is not there was ";
  if (irql >= DISPATCH_LEVEL) return raised_finding(fault, driver, irql, what + verb(fault.access));
  if (low) return exception_finding(fault);
  const std::uint64_t kind = fault.access == Access::kExecute ? 16 : fault.access == Access::kWrite ? 2 : 0;
  return {0x50, {fault.address, kind, fault.instruction, 0}, "PAGE_FAULT_IN_NONPAGED_AREA", what + verb(fault.access)};
}

/// To the __try statements around who faulted; returns if none takes it. Addresses of the kernel are no exceptions.
void offer(const Finding& finding) {
  const auto status = static_cast<NTSTATUS>(finding.parameters[0]);
  const std::array<ULONG_PTR, 2> access = {finding.parameters[2], finding.parameters[3]};
  dispatch_exception(status, reinterpret_cast<const void*>(finding.parameters[1]),
                     status == STATUS_ACCESS_VIOLATION ? 2 : 0, access.data());
}

[[noreturn]] void die(int signal) {
  say("ntos: the simulator itself has faulted\n");
  restore_actions();
  raise(signal);
  _exit(128 + signal);
}
}  // namespace

void install_fault_handler() {
  static bool installed = false;
  if (std::exchange(installed, true)) return;
  stack_t stack{};
  stack.ss_size = kHandlerStackBytes;
  stack.ss_sp =
      mmap(nullptr, kHandlerStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, nullptr) != 0) return;
  struct sigaction action {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &g_before[i]);
}

}  // namespace p2p::ke

extern "C" void p2p_fault_taken() {
  using namespace p2p;
  const ke::Fault fault = ke::g_fault;
  ntos::BugCheck report;
  report.stack = ke::capture_call_stack(2);  // from who faulted
  const ke::Culprit culprit = ke::culprit_of(report.stack);
  const bool in_memory = fault.addressable && ke::hardware().is_host_memory(reinterpret_cast<void*>(fault.address));
  if (culprit == ke::Culprit::kKernel && !in_memory) ke::die(fault.signal);
  ke::Finding finding = ke::finding_of(fault, culprit == ke::Culprit::kDriver, ke::current_cpu().irql);
  if (finding.code == ke::kExceptionNotHandled) {
    ke::g_taken = false;
    ke::offer(finding);
    ke::g_taken = true;
  }
  report.code = finding.code;
  std::copy(finding.parameters.begin(), finding.parameters.end(), report.parameters);
  report.rule = finding.rule;
  report.message = std::move(finding.message);
  ke::raise_bug_check(std::move(report));
}
