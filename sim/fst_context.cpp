#include "sim/fst_context.h"

#include <verilated_fst_c.h>

#include <fstream>

namespace {

// VerilatedFst keeps the file's context to itself. Access is not checked for what an explicit instantiation names.
using FstContext = void* VerilatedFst::*;
FstContext context_member();
template <FstContext kMember>
struct ContextOf {
  friend FstContext context_member() { return kMember; }
};
template struct ContextOf<&VerilatedFst::m_fst>;

}  // namespace

namespace p2p::sim {
namespace {

// FST header block: type, length, then fixed fields; the date follows eight 64-bit fields, the endianness test, the
// timescale and the writer's name.
constexpr std::streamoff kDateOffset = 1 + 8 * 9 + 1 + 128;
constexpr std::size_t kDateBytes = 26;  // as asctime() writes it

}  // namespace

void* fst_context(VerilatedFst& file) { return file.*context_member(); }

void blank_fst_date(const std::string& file) {
  std::fstream fst(file, std::ios::binary | std::ios::in | std::ios::out);
  if (!fst || fst.get() != 0) return;  // a packed or foreign file is left alone
  fst.seekp(kDateOffset);
  const std::string spaces(kDateBytes - 2, ' ');
  fst.write(spaces.data(), static_cast<std::streamsize>(spaces.size()));
}

}  // namespace p2p::sim
