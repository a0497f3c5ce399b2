#include "sw/ntos/ex/low_resources.h"

#include "sw/ntos/ke/machine.h"

namespace p2p::ex {

bool refuse_allocation(std::string_view what) {
  const std::uint64_t number = ++ke::state().counters.allocations;
  if (number != ke::state().config.fail_allocation) return false;
  ke::trace("allocation.refused", {{"number", number}, {"what", what}});
  return true;
}

}  // namespace p2p::ex
