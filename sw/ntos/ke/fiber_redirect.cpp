#include "sw/ntos/ke/fiber_redirect.h"

#include <cstdint>

extern "C" {
void (*p2p_redirect_routine)() = nullptr;
// Entered by a signal handler's hand. Keeps what a caller expects to be kept where the unwinder finds it.
void p2p_redirect_entry();
asm(R"(
  .text
  .type p2p_redirect_entry, @function
p2p_redirect_entry:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  pushq %rbx
  .cfi_offset %rbx, -24
  pushq %r12
  .cfi_offset %r12, -32
  pushq %r13
  .cfi_offset %r13, -40
  pushq %r14
  .cfi_offset %r14, -48
  pushq %r15
  .cfi_offset %r15, -56
  andq $-16, %rsp
  call *p2p_redirect_routine(%rip)
  ud2
  .cfi_endproc
  .size p2p_redirect_entry, . - p2p_redirect_entry
)");
}

namespace p2p::ke {

void redirect_fiber(ucontext_t* context, bool called, void (*routine)()) {
  greg_t* registers = context->uc_mcontext.gregs;
  auto* top = reinterpret_cast<std::uintptr_t*>(registers[REG_RSP]);
  if (!called) *--top = static_cast<std::uintptr_t>(registers[REG_RIP]) + 1;  // one byte on, as return addresses are
  constexpr greg_t kDirectionAndAlignment = 0x40400;
  registers[REG_RSP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(top));
  registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(&p2p_redirect_entry));
  registers[REG_EFL] &= ~kDirectionAndAlignment;
  p2p_redirect_routine = routine;
}

}  // namespace p2p::ke
