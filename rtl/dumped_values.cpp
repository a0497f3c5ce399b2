#include "rtl/dumped_values.h"

#include <verilated_fst_c.h>

#include <cstring>

namespace {

using Buffer = VerilatedTraceBuffer<VerilatedFstBuffer>;

// Verilator keeps these to itself. Access is not checked for what an explicit instantiation names.
template <class Tag, typename Tag::Member kMember>
struct Opened {
  friend typename Tag::Member member(Tag) { return kMember; }
};
struct OldValues {
  using Member = std::uint32_t* const Buffer::*;
  friend Member member(OldValues);
};
template struct Opened<OldValues, &Buffer::m_sigs_oldvalp>;
struct Handles {
  using Member = const std::uint32_t* const VerilatedFstBuffer::*;
  friend Member member(Handles);
};
template struct Opened<Handles, &VerilatedFstBuffer::m_symbolp>;

p2p::DumpedValues* g_taker = nullptr;
std::uint64_t g_taken = 0;

std::uint32_t handle_of(const Buffer* buffer, const std::uint32_t* old) {
  ++g_taken;
  return (buffer->*member(Handles{}))[old - buffer->*member(OldValues{})];
}

}  // namespace

namespace p2p {

void take_dumped_values(DumpedValues* taker) { g_taker = taker; }

std::uint64_t dumped_values_taken() { return g_taken; }

}  // namespace p2p

// By their names for the linker.
#define P2P_FULL(prefix, symbol) __asm__(prefix "_ZN20VerilatedTraceBufferI18VerilatedFstBufferE" symbol)
// The two functions for one type: Verilator's, and the one in its place.
#define P2P_TAKE(name, symbol, type)                                                \
  void real_##name(Buffer*, std::uint32_t*, type, int) P2P_FULL("__real_", symbol); \
  void take_##name(Buffer*, std::uint32_t*, type, int) P2P_FULL("__wrap_", symbol); \
  void take_##name(Buffer* buffer, std::uint32_t* old, type value, int bits) {      \
    if (g_taker == nullptr) return real_##name(buffer, old, value, bits);           \
    if constexpr (sizeof(type) == 8) {                                              \
      std::memcpy(old, &value, sizeof value);                                       \
    } else {                                                                        \
      *old = value;                                                                 \
    }                                                                               \
    g_taker->number(handle_of(buffer, old), value);                                 \
  }
P2P_TAKE(byte, "9fullCDataEPjhi", CData)
P2P_TAKE(half, "9fullSDataEPjti", SData)
P2P_TAKE(word, "9fullIDataEPjji", IData)
P2P_TAKE(quad, "9fullQDataEPjmi", QData)

void real_bit(Buffer*, std::uint32_t*, CData) P2P_FULL("__real_", "7fullBitEPjh");
void take_bit(Buffer*, std::uint32_t*, CData) P2P_FULL("__wrap_", "7fullBitEPjh");
void take_bit(Buffer* buffer, std::uint32_t* old, CData value) {
  if (g_taker == nullptr) return real_bit(buffer, old, value);
  *old = value;
  g_taker->number(handle_of(buffer, old), value);
}

void real_wide(Buffer*, std::uint32_t*, const WData*, int) P2P_FULL("__real_", "9fullWDataEPjPKji");
void take_wide(Buffer*, std::uint32_t*, const WData*, int) P2P_FULL("__wrap_", "9fullWDataEPjPKji");
void take_wide(Buffer* buffer, std::uint32_t* old, const WData* value, int bits) {
  if (g_taker == nullptr) return real_wide(buffer, old, value, bits);
  std::memcpy(old, value, VL_WORDS_I(bits) * sizeof(WData));
  g_taker->wide(handle_of(buffer, old), value);
}
