// x86-64. Both calling conventions leave r11 to whoever stands between a caller and the function it calls. The Windows
// convention preserves xmm6 to xmm15, the System V one, in which the check is written, does not: all are saved.
#include "sw/ntos/verifier/gate.h"

#include <sys/mman.h>

#include <array>
#include <cstring>
#include <new>

#ifdef P2P_ABI_MS
#define P2P_FIRST_ARGUMENT "%rcx"
#else
#define P2P_FIRST_ARGUMENT "%rdi"
#endif

// clang-format off
asm(R"(
  .text
  .globl p2p_gate_entry
  .type p2p_gate_entry, @function
p2p_gate_entry:
  .cfi_startproc
  push %rax
  push %rcx
  push %rdx
  push %rsi
  push %rdi
  push %r8
  push %r9
  push %r10
  push %r11
  .cfi_adjust_cfa_offset 72
  sub $256, %rsp
  .cfi_adjust_cfa_offset 256
  movups %xmm0, (%rsp)
  movups %xmm1, 16(%rsp)
  movups %xmm2, 32(%rsp)
  movups %xmm3, 48(%rsp)
  movups %xmm4, 64(%rsp)
  movups %xmm5, 80(%rsp)
  movups %xmm6, 96(%rsp)
  movups %xmm7, 112(%rsp)
  movups %xmm8, 128(%rsp)
  movups %xmm9, 144(%rsp)
  movups %xmm10, 160(%rsp)
  movups %xmm11, 176(%rsp)
  movups %xmm12, 192(%rsp)
  movups %xmm13, 208(%rsp)
  movups %xmm14, 224(%rsp)
  movups %xmm15, 240(%rsp)
  mov )" P2P_FIRST_ARGUMENT R"(, %rsi
  mov %r11, %rdi
  call p2p_gate_check
  movups (%rsp), %xmm0
  movups 16(%rsp), %xmm1
  movups 32(%rsp), %xmm2
  movups 48(%rsp), %xmm3
  movups 64(%rsp), %xmm4
  movups 80(%rsp), %xmm5
  movups 96(%rsp), %xmm6
  movups 112(%rsp), %xmm7
  movups 128(%rsp), %xmm8
  movups 144(%rsp), %xmm9
  movups 160(%rsp), %xmm10
  movups 176(%rsp), %xmm11
  movups 192(%rsp), %xmm12
  movups 208(%rsp), %xmm13
  movups 224(%rsp), %xmm14
  movups 240(%rsp), %xmm15
  add $256, %rsp
  .cfi_adjust_cfa_offset -256
  pop %r11
  pop %r10
  pop %r9
  pop %r8
  pop %rdi
  pop %rsi
  pop %rdx
  pop %rcx
  pop %rax
  .cfi_adjust_cfa_offset -72
  jmp *8(%r11)
  .cfi_endproc
  .size p2p_gate_entry, .-p2p_gate_entry
)");
// clang-format on

extern "C" void p2p_gate_check(const p2p::verifier::Gate* gate, const void* first) {
  p2p::verifier::check_irql(*gate->rule, first);
}

namespace p2p::verifier {

namespace {
static_assert(offsetof(Gate, entry) == 0 && offsetof(Gate, target) == 8, "the instructions know this");

constexpr std::size_t kCodeBytes = 16;
constexpr std::size_t kPages = 4;  // 1024 gates: more than there are exports
constexpr std::size_t kAreaBytes = kPages * 4096;

struct Area {
  std::byte* start = nullptr;
  std::size_t used = 0;
};
Area& area() {
  static Area the_area;
  return the_area;
}
}  // namespace

void* make_gate_code(const Gate& gate) {
  Area& codes = area();
  if (codes.start == nullptr) {
    void* pages = mmap(nullptr, kAreaBytes, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    codes.start = static_cast<std::byte*>(pages);
  }
  if (codes.used + kCodeBytes > kAreaBytes) throw std::bad_alloc();
  std::byte* code = codes.start + codes.used;
  codes.used += kCodeBytes;
  std::array<std::uint8_t, kCodeBytes> bytes = {0x49, 0xBB, 0,    0, 0, 0, 0, 0, 0, 0,  // movabs $gate, %r11
                                                0x41, 0xFF, 0x23,                       // jmp *(%r11)
                                                0xCC, 0xCC, 0xCC};
  const auto record = reinterpret_cast<std::uintptr_t>(&gate);
  std::memcpy(&bytes[2], &record, sizeof record);
  // Never writable and executable at once.
  mprotect(codes.start, kAreaBytes, PROT_READ | PROT_WRITE);
  std::memcpy(code, bytes.data(), bytes.size());
  mprotect(codes.start, kAreaBytes, PROT_READ | PROT_EXEC);
  return code;
}

bool is_gate_code(const void* code) {
  const Area& codes = area();
  return codes.start != nullptr && code >= codes.start && code < codes.start + kAreaBytes;
}

}  // namespace p2p::verifier
