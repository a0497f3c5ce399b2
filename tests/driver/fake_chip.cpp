#include "tests/driver/fake_chip.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <gtest/gtest.h>

namespace {
constexpr std::uint32_t kAllOnes = 0xFFFFFFFFu;

/// Written only while the chip is idle and not enabled.
bool is_locked(std::uint32_t offset) {
  return (offset >= VCAP_RING_BASE_LO && offset <= VCAP_RING_SIZE) ||
         (offset >= VCAP_CPL_BASE_LO && offset <= VCAP_CPL_SIZE) ||
         (offset >= VCAP_FORMAT_WIDTH && offset <= VCAP_FORMAT_STRIDE);
}
}  // namespace

void FakeChip::reset_all() {
  reg(VCAP_ID) = VCAP_ID_VALUE;
  reg(VCAP_VERSION) = VCAP_VERSION_VALUE;
  reg(VCAP_CAPS) = 16u | 3u << 12 | 4u << 16 | 8u << 24;
  reg(VCAP_CLK_KHZ) = 125000;
  reg(VCAP_STATUS) = VCAP_STATUS_IDLE;
}

std::uint32_t FakeChip::read(std::uint32_t offset) {
  if (gone) {
    ++accesses_when_gone;
    return kAllOnes;
  }
  return reg(offset);
}

void FakeChip::write(std::uint32_t offset, std::uint32_t value) {
  if (gone) {
    ++accesses_when_gone;
    return;
  }
  if (is_locked(offset)) {
    EXPECT_TRUE((reg(VCAP_STATUS) & VCAP_STATUS_IDLE) != 0 && reg(VCAP_CTRL) == 0)
        << "register " << std::hex << offset << " written while it is locked";
  }
  if (offset == VCAP_INTR_STATE) {
    reg(offset) |= std::exchange(early_cause, 0);
    reg(offset) = (reg(offset) & ~value) | std::exchange(late_cause, 0);
  } else if (offset == VCAP_RING_TAIL) {
    doorbell(value);
  } else if (offset == VCAP_CTRL) {
    if ((value & VCAP_CTRL_SOFT_RESET) != 0) return soft_reset();
    const bool was_enabled = (reg(VCAP_CTRL) & VCAP_CTRL_ENABLE) != 0;
    reg(VCAP_CTRL) = value;
    if (was_enabled && (value & VCAP_CTRL_ENABLE) == 0) reg(VCAP_INTR_STATE) |= VCAP_INTR_DRAINED;
  } else {
    reg(offset) = value;
  }
}

void FakeChip::soft_reset() {
  ++soft_resets;
  draining_ = drain_waits;
  if (!never_drains && draining_ == 0) return drained();
  reg(VCAP_STATUS) = VCAP_STATUS_RESETTING;
}

void FakeChip::drained() {
  for (std::uint32_t offset : {VCAP_CTRL, VCAP_RING_HEAD, VCAP_RING_TAIL, VCAP_CPL_HEAD, VCAP_CPL_TAIL, VCAP_ERR_CAUSE,
                               VCAP_CNT_FRAMES, VCAP_CNT_DROPPED, VCAP_CNT_NOBUF, VCAP_CNT_STARTED, VCAP_CNT_BUSERR}) {
    reg(offset) = 0;
  }
  lost_since_record_ = false;
  reg(VCAP_STATUS) = VCAP_STATUS_IDLE;
  reg(VCAP_INTR_STATE) = VCAP_INTR_DRAINED;
}

void FakeChip::time_passes() {
  if (draining_ == 0 || never_drains || gone) return;
  if (std::exchange(drained_before, false)) reg(VCAP_INTR_STATE) |= VCAP_INTR_DRAINED;
  if (--draining_ == 0) drained();
}

void FakeChip::doorbell(std::uint32_t tail) {
  EXPECT_EQ(reg(VCAP_STATUS) & VCAP_STATUS_RESETTING, 0u) << "a doorbell during a soft reset";
  const std::uint64_t base = reg(VCAP_RING_BASE_LO) | std::uint64_t{reg(VCAP_RING_BASE_HI)} << 32;
  const std::uint32_t size = 1u << reg(VCAP_RING_SIZE);
  EXPECT_LE((tail - reg(VCAP_RING_HEAD)) & 0xFFFFu, size) << "more descriptors than the ring has slots";
  fetched_.resize(size);
  for (std::uint32_t index = reg(VCAP_RING_TAIL); index != tail; index = (index + 1) & 0xFFFFu) {
    fetched_[index % size] = reinterpret_cast<const VCAP_DESCRIPTOR*>(base)[index % size];
  }
  reg(VCAP_RING_TAIL) = tail;
}

const VCAP_DESCRIPTOR& FakeChip::descriptor(unsigned index) const { return fetched_[index % fetched_.size()]; }

bool FakeChip::may_write(const std::uint8_t* begin, const std::uint8_t* end) const {
  if (gone) return false;
  for (unsigned i = 0; i < posted(); ++i) {
    const std::uint64_t address = descriptor(reg(VCAP_RING_HEAD) + i).Address;
    if (address >= reinterpret_cast<std::uint64_t>(begin) && address < reinterpret_cast<std::uint64_t>(end))
      return true;
  }
  return false;
}

void FakeChip::video_frame(std::uint8_t fill) {
  if ((reg(VCAP_CTRL) & VCAP_CTRL_ENABLE) == 0 || (reg(VCAP_STATUS) & VCAP_STATUS_HALTED) != 0) return;
  ++reg(VCAP_CNT_STARTED);
  const unsigned records = (reg(VCAP_CPL_HEAD) - reg(VCAP_CPL_TAIL)) & 0xFFFFu;
  if (posted() == 0 || records >= 1u << reg(VCAP_CPL_SIZE)) {
    ++reg(VCAP_CNT_DROPPED);
    ++reg(VCAP_CNT_NOBUF);
    lost_since_record_ = true;
    return;
  }
  std::uint32_t left = reg(VCAP_FORMAT_STRIDE) * (reg(VCAP_FORMAT_HEIGHT) - 1) + 2 * reg(VCAP_FORMAT_WIDTH);
  const std::uint32_t bytes = left;
  auto index = static_cast<std::uint16_t>(reg(VCAP_RING_HEAD));
  const auto cookie = static_cast<std::uint16_t>(descriptor(index).Flags >> VCAP_DESC_COOKIE_SHIFT);
  for (;; ++index) {
    const VCAP_DESCRIPTOR& piece = descriptor(index);
    const std::uint32_t now = std::min(left, piece.Length);
    std::memset(reinterpret_cast<void*>(piece.Address), fill, now);
    left -= now;
    if ((piece.Flags & VCAP_DESC_LAST) != 0) break;
  }
  reg(VCAP_RING_HEAD) = static_cast<std::uint16_t>(index + 1);
  complete(index, cookie, bytes);
}

void FakeChip::complete(std::uint16_t last, std::uint16_t cookie, std::uint32_t bytes) {
  const std::uint64_t base = reg(VCAP_CPL_BASE_LO) | std::uint64_t{reg(VCAP_CPL_BASE_HI)} << 32;
  const std::uint32_t size = 1u << reg(VCAP_CPL_SIZE);
  const std::uint32_t head = reg(VCAP_CPL_HEAD);
  VCAP_COMPLETION& record = reinterpret_cast<VCAP_COMPLETION*>(base)[head % size];
  record.Index = static_cast<std::uint16_t>(last + index_error);
  record.Cookie = cookie;
  record.Bytes = bytes;
  record.Flags = (head / size % 2 == 0 ? VCAP_CPL_PHASE : 0u) | (lost_since_record_ ? VCAP_CPL_DISCONTINUITY : 0u);
  record.Sequence = reg(VCAP_CNT_STARTED) - 1;
  record.StartTime = timestamp;
  record.EndTime = timestamp + 1000;
  lost_since_record_ = false;
  reg(VCAP_CPL_HEAD) = (head + 1) & 0xFFFFu;
  ++reg(VCAP_CNT_FRAMES);
  reg(VCAP_INTR_STATE) |= VCAP_INTR_FRAME_DONE;
}

void FakeChip::bus_error() {
  reg(VCAP_STATUS) = VCAP_STATUS_HALTED | VCAP_STATUS_IDLE;
  reg(VCAP_ERR_CAUSE) = 2u | VCAP_ACCESS_DATA_WRITE << 2;
  ++reg(VCAP_CNT_BUSERR);
  reg(VCAP_INTR_STATE) |= VCAP_INTR_BUS_ERR;
}
