#include "sw/ntos/io/invariant_mdl.h"

#include <cstring>

#include "sw/ntos/ke/verify.h"
#include "sw/ntos/mm/mdl.h"

namespace p2p::io {

namespace {
/// FNV-1a over words, then over the bytes that are left.
std::uint64_t sum_of(const MDL* mdl) {
  constexpr std::uint64_t kOffset = 0xCBF29CE484222325, kPrime = 0x100000001B3;
  const auto* bytes = static_cast<const UCHAR*>(MmGetMdlVirtualAddress(mdl));
  std::size_t left = mdl->ByteCount;
  std::uint64_t sum = kOffset;
  for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t), bytes += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    sum = (sum ^ word) * kPrime;
  }
  for (; left != 0; --left) sum = (sum ^ *bytes++) * kPrime;
  return sum;
}

void check(PIRP irp, const InvariantMdl& watched, std::uint64_t sub_code, const char* message) {
  if (irp->MdlAddress != watched.mdl) return;  // a driver's own while it has the request
  ke::verify(sum_of(watched.mdl) == watched.sum, sub_code, ke::value_of(watched.device), ke::value_of(irp),
             ke::value_of(MmGetMdlVirtualAddress(watched.mdl)), "InvariantMdl", message);
}

constexpr const char* kWriteChanged = "a driver changed the buffer of a write request: its sender still owns it";
}  // namespace

void watch_buffer(PIRP irp, PDEVICE_OBJECT device, const IO_STACK_LOCATION* location, InvariantMdl* watched) {
  *watched = {};
  const bool transfer = location->MajorFunction == IRP_MJ_WRITE || location->MajorFunction == IRP_MJ_READ;
  if (!transfer || irp->MdlAddress == nullptr || !ntos::verifier_enabled()) return;
  if ((irp->MdlAddress->MdlFlags & MDL_IO_SPACE) != 0 || !mm::has_pages(irp->MdlAddress)) return;
  *watched = {irp->MdlAddress, device, sum_of(irp->MdlAddress)};
}

void check_buffer_passed(PIRP irp, const IO_STACK_LOCATION* location, const InvariantMdl& watched) {
  if (watched.mdl == nullptr) return;
  if (location->MajorFunction == IRP_MJ_WRITE) check(irp, watched, 0x1010, kWriteChanged);
  if (location->MajorFunction == IRP_MJ_READ) {
    check(irp, watched, 0x1011, "a driver changed the buffer of a read request before it passed the request down");
  }
}

void check_buffer_completed(PIRP irp, const IO_STACK_LOCATION* location, const InvariantMdl& watched) {
  if (watched.mdl != nullptr && location->MajorFunction == IRP_MJ_WRITE) check(irp, watched, 0x1010, kWriteChanged);
}

}  // namespace p2p::io
