#include "tb/run/verdict.h"

#include <algorithm>

#include "sim/machine.h"
#include "tb/output/call_stack_text.h"

namespace p2p::tb {

namespace {
/// Why a run that came to no end did not: who has the requests that somebody waits for.
void tell_outstanding(RunResult* result) {
  constexpr std::size_t kMost = 5;
  const std::size_t count = result->outstanding_irps.size();
  for (std::size_t i = 0; i < std::min(count, kMost); ++i)
    result->failures.push_back("not completed: " + result->outstanding_irps[i]);
  if (count > kMost) result->failures.push_back("and " + std::to_string(count - kMost) + " more requests");
}
}  // namespace

void take_kernel_results(ntos::Kernel& kernel, const std::string& program, RunResult* result) {
  result->kernel = kernel.counters();
  for (const ntos::OutstandingIrp& irp : kernel.outstanding_irps()) result->outstanding_irps.push_back(irp.description);
  if (kernel.bugcheck() == nullptr) return;
  result->bugcheck = *kernel.bugcheck();
  result->bugcheck_stack = call_sites(result->bugcheck->stack, program);
  result->contrary_stack = call_sites(result->bugcheck->contrary_stack, program);
}

std::string stop_text(const std::string& reason, const RunOptions& options) {
  return reason == sim::kTimeLimitReached && options.timeout_ps != 0 ? "--timeout " + options.timeout + " was over"
                                                                     : reason;
}

void judge_leftovers(bool stuck, RunResult* result) {
  if (stuck) tell_outstanding(result);
  if (result->bugcheck || !result->failures.empty()) return;
  if (result->kernel.irps_outstanding != 0)
    result->failures.push_back(std::to_string(result->kernel.irps_outstanding) + " IRPs are outstanding at the end");
  if (result->kernel.pool_bytes_outstanding != 0)
    result->failures.push_back(std::to_string(result->kernel.pool_bytes_outstanding) +
                               " bytes of pool are not freed at the end");
}

void note_allocation(const RunOptions& options, RunResult* result) {
  const std::uint64_t refused = options.kernel.fail_allocation, made = result->kernel.allocations;
  if (refused <= made) return;
  result->notes.push_back("--fail-allocation " + std::to_string(refused) + " has refused none: the run made " +
                          std::to_string(made));
}

}  // namespace p2p::tb
