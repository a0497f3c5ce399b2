// The trap flag steps through the driver's own code. Breakpoints at its entry points, and where its calls return to,
// spare the steps through everything else.
#include "tests/driver/every_instruction.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <csignal>
#include <cstdint>
#include <map>
#include <vector>

#include "tests/driver/fake_kernel.h"

namespace {

using Address = std::uintptr_t;
constexpr long long kTrapFlag = 0x100;
constexpr unsigned char kBreakpoint = 0xCC;

class Stepper {
 public:
  Stepper() : base_(module_of(fake->descriptor->Dispatch->Add)) {
    dl_iterate_phdr(find_code, this);
    const KSPIN_DISPATCH& pin = *fake->pin_descriptor().Dispatch;
    entries_ = {address_of(fake->isr), address_of(fake->dpc_routine), address_of(pin.Process),
                address_of(pin.SetDeviceState)};
    mprotect(reinterpret_cast<void*>(begin_), end_ - begin_, PROT_READ | PROT_WRITE | PROT_EXEC);
    plant_entries();
  }
  ~Stepper() {
    remove_all();
    mprotect(reinterpret_cast<void*>(begin_), end_ - begin_, PROT_READ | PROT_EXEC);
  }
  Stepper(const Stepper&) = delete;
  Stepper& operator=(const Stepper&) = delete;

  const std::function<bool(unsigned)>* when = nullptr;
  const std::function<void()>* then = nullptr;
  bool happened = false;

  void trap(greg_t* registers) {
    auto at = static_cast<Address>(registers[REG_RIP]);
    if (!stepping_ && remove(at - 1)) registers[REG_RIP] = static_cast<greg_t>(--at);
    stepping_ = in_code(at);
    if (!stepping_) {
      // Called or returned: what is on top of the stack tells which.
      const Address back = *reinterpret_cast<const Address*>(registers[REG_RSP]);
      in_code(back) ? plant(back) : plant_entries();
    } else if ((*when)(++count_)) {
      stepping_ = false;
      happened = true;
      remove_all();
      (*then)();
    }
    registers[REG_EFL] = stepping_ ? registers[REG_EFL] | kTrapFlag : registers[REG_EFL] & ~kTrapFlag;
  }

 private:
  template <class Function>
  static Address address_of(Function* function) {
    return reinterpret_cast<Address>(function);
  }
  template <class Function>
  static Address module_of(Function* function) {
    Dl_info info{};
    dladdr(reinterpret_cast<const void*>(function), &info);
    return reinterpret_cast<Address>(info.dli_fbase);
  }
  static int find_code(dl_phdr_info* info, std::size_t, void* context) {
    auto& self = *static_cast<Stepper*>(context);
    if (info->dlpi_addr != self.base_) return 0;
    constexpr Address kPage = 4096;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& segment = info->dlpi_phdr[i];
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
      self.begin_ = (self.base_ + segment.p_vaddr) / kPage * kPage;
      self.end_ = (self.base_ + segment.p_vaddr + segment.p_memsz + kPage - 1) / kPage * kPage;
    }
    return 1;
  }

  bool in_code(Address at) const { return at >= begin_ && at < end_; }
  void plant(Address at) {
    auto& byte = *reinterpret_cast<unsigned char*>(at);
    if (planted_.emplace(at, byte).second) byte = kBreakpoint;
  }
  void plant_entries() {
    for (const Address entry : entries_) plant(entry);
  }
  bool remove(Address at) {
    const auto found = planted_.find(at);
    if (found == planted_.end()) return false;
    *reinterpret_cast<unsigned char*>(at) = found->second;
    planted_.erase(found);
    return true;
  }
  void remove_all() {
    while (!planted_.empty()) remove(planted_.begin()->first);
  }

  Address base_, begin_ = 0, end_ = 0;
  std::vector<Address> entries_;
  std::map<Address, unsigned char> planted_;  // to what was there
  bool stepping_ = false;
  unsigned count_ = 0;
};

Stepper* stepper = nullptr;

}  // namespace

bool run_by_instruction(const std::function<void()>& body, const std::function<bool(unsigned)>& when,
                        const std::function<void()>& then) {
  Stepper here;
  here.when = &when;
  here.then = &then;
  stepper = &here;
  struct sigaction trap {};
  struct sigaction before {};
  trap.sa_sigaction = [](int, siginfo_t*, void* context) {
    stepper->trap(static_cast<ucontext_t*>(context)->uc_mcontext.gregs);
  };
  trap.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &trap, &before);
  body();
  sigaction(SIGTRAP, &before, nullptr);
  return here.happened;
}
