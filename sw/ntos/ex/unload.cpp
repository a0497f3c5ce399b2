#include "sw/ntos/ex/unload.h"

#include <string>

#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ex/lookaside.h"
#include "sw/ntos/ex/module.h"
#include "sw/ntos/ex/pool.h"
#include "sw/ntos/ex/work_item.h"
#include "sw/ntos/ke/objects.h"
#include "sw/ntos/mm/locked_pages.h"

namespace p2p::ex {

namespace {
using ke::value_of;

struct InProgress {  // one driver at a time: PnP's operations exclude each other
  const void* module = nullptr;
  const ke::Thread* thread = nullptr;
};
InProgress g_unloading;

void check_timers(const Image& image, const std::string& driver) {
  const auto stop = [&](std::uint64_t kind, const void* object, const char* what) {
    if (object == nullptr) return;
    ntos::bug_check(0xC7, kind, value_of(object), image.first, image.end, "TIMER_OR_DPC_INVALID",
                    driver + " was unloaded with " + what);
  };
  stop(0, ke::active_timer_in(image.base(), image.bytes()), "a timer set that lies in its image");
  stop(1, ke::queued_dpc_in(image.base(), image.bytes()), "a DPC queued that lies in its image");
  stop(1, ke::timer_dpc_in(image.base(), image.bytes()), "the DPC of a set timer in its image");
  stop(2, ke::pending_routine_in(image.base(), image.bytes()), "a DPC queued, or waiting for a timer, that calls it");
}

void check_pending(const Image& image, const std::string& driver) {
  const auto stop = [&](const void* object, const char* what) {
    if (object == nullptr) return;
    ntos::bug_check(0xCE, value_of(object), 0, 0, 0, "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
                    driver + " was unloaded with " + what);
  };
  stop(work_routine_in(image.base(), image.bytes()), "a work routine of its own queued or running");
  stop(lookaside_in(image.base(), image.bytes()), "a lookaside list in its image");
  for (const ke::Thread* thread : ke::all_threads()) {
    if (!thread->ended && image.contains(value_of(thread->start_routine))) {
      stop(thread->start_routine, "a system thread of its own that has not ended");
    }
  }
}

void check_locked_pages(const void* module, const std::string& driver) {
  const mm::LockedPages left = mm::pages_locked_by(module);
  if (left.mdl == nullptr) return;
  ntos::bug_check(0xCB, value_of(left.mdl), 0, value_of(left.mdl), left.pages, "DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS",
                  driver + " was unloaded with pages locked");
}
}  // namespace

Unloading::Unloading(const void* code) { g_unloading = {module_of(code), ke::current_thread()}; }
Unloading::~Unloading() { g_unloading = {}; }

bool unloaded_by_another(const void* module) {
  return module != nullptr && module == g_unloading.module && ke::current_thread() != g_unloading.thread;
}

void check_unloaded(const void* code, std::string_view driver) {
  const Image image = image_of(code);
  const std::string name(driver);
  if (image.bytes() != 0) {
    check_timers(image, name);
    if (ntos::verifier_enabled()) {
      check_pending(image, name);
      check_locked_pages(module_of(code), name);
    }
  }
  check_pool_at_unload(code, driver, g_unloading.module == nullptr || g_unloading.module != module_of(code));
}

}  // namespace p2p::ex
