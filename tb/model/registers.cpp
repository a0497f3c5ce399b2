#include "tb/model/registers.h"

namespace p2p::model {
namespace {

enum class Kind : std::uint8_t {
  kNone,
  kLive,   // another part of the channel knows; writes are ignored or act at once
  kRw,     // what was written
  kSetUp,  // likewise, writable only while the channel stands still
  kCtrl    // likewise, but not during a soft reset
};
struct Row {
  const char* name = "no register";
  Kind kind = Kind::kNone;
  std::uint32_t writable = 0, initial = 0;
};
struct Place {
  std::uint16_t offset;
  Row row;
};

constexpr std::uint32_t kAll = 0xFFFFFFFF, kHalf = 0xFFFF, kPage = 0xFFFFFFC0;
constexpr Place kPlaces[] = {
    {reg::kIntrState, {"INTR_STATE", Kind::kLive}},
    {reg::kIntrEnable, {"INTR_ENABLE", Kind::kLive, kAll}},
    {reg::kIntrTest, {"INTR_TEST", Kind::kLive}},
    {reg::kCoalesce, {"COALESCE", Kind::kRw, 0xFF, 1}},
    {reg::kCoalesceTimeout, {"COALESCE_TIMEOUT", Kind::kRw, 0xFFFFFF}},
    {reg::kId, {"ID", Kind::kLive}},
    {reg::kVersion, {"VERSION", Kind::kLive}},
    {reg::kCaps, {"CAPS", Kind::kLive}},
    {reg::kClkKhz, {"CLK_KHZ", Kind::kLive}},
    {reg::kCtrl, {"CTRL", Kind::kCtrl, reg::kCtrlEnable | reg::kCtrlStall}},
    {reg::kStatus, {"STATUS", Kind::kLive}},
    {reg::kErrCause, {"ERR_CAUSE", Kind::kLive}},
    {reg::kErrAddrLo, {"ERR_ADDR_LO", Kind::kLive}},
    {reg::kErrAddrHi, {"ERR_ADDR_HI", Kind::kLive}},
    {reg::kChannels, {"CHANNELS", Kind::kLive}},
    {reg::kFaultTest, {"FAULT_TEST", Kind::kLive}},
    {reg::kRingBaseLo, {"RING_BASE_LO", Kind::kSetUp, kPage}},
    {reg::kRingBaseHi, {"RING_BASE_HI", Kind::kSetUp, kAll}},
    {reg::kRingSize, {"RING_SIZE", Kind::kSetUp, 0xF}},
    {reg::kRingHead, {"RING_HEAD", Kind::kLive}},
    {reg::kRingTail, {"RING_TAIL", Kind::kRw, kHalf}},
    {reg::kCplBaseLo, {"CPL_BASE_LO", Kind::kSetUp, kPage}},
    {reg::kCplBaseHi, {"CPL_BASE_HI", Kind::kSetUp, kAll}},
    {reg::kCplSize, {"CPL_SIZE", Kind::kSetUp, 0xF}},
    {reg::kCplHead, {"CPL_HEAD", Kind::kLive}},
    {reg::kCplTail, {"CPL_TAIL", Kind::kRw, kHalf}},
    {reg::kFormatWidth, {"FORMAT_WIDTH", Kind::kSetUp, kHalf, 640}},
    {reg::kFormatHeight, {"FORMAT_HEIGHT", Kind::kSetUp, kHalf, 480}},
    {reg::kFormatStride, {"FORMAT_STRIDE", Kind::kSetUp, 0x3FFFF, 1280}},
    {reg::kTimestampLo, {"TIMESTAMP_LO", Kind::kLive}},
    {reg::kTimestampHi, {"TIMESTAMP_HI", Kind::kRw}},  // latched, not written
    {reg::kDetectCtrl, {"DETECT_CTRL", Kind::kRw, 1}},
    {reg::kDetectTimeout, {"DETECT_TIMEOUT", Kind::kRw, kAll}},
    {reg::kDetectSize, {"DETECT_SIZE", Kind::kLive}},
    {reg::kDetectLine, {"DETECT_LINE", Kind::kLive}},
    {reg::kDetectFrame, {"DETECT_FRAME", Kind::kLive}},
    {reg::kDetectStatus, {"DETECT_STATUS", Kind::kLive}},
    {reg::kCntFrames, {"CNT_FRAMES", Kind::kLive}},
    {0x0C4, {"CNT_DROPPED", Kind::kLive}},
    {0x0C8, {"CNT_OVERFLOW", Kind::kLive}},
    {0x0CC, {"CNT_FORMAT", Kind::kLive}},
    {0x0D0, {"CNT_NOBUF", Kind::kLive}},
    {0x0D4, {"CNT_BUSERR", Kind::kLive}},
    {reg::kCntStarted, {"CNT_STARTED", Kind::kLive}},
    {reg::kMsiCtrl, {"MSI_CTRL", Kind::kRw, 1}},
    {reg::kMsiAddrLo, {"MSI_ADDR_LO", Kind::kRw, kAll & ~3u}},
    {0x0E8, {"MSI_ADDR_HI", Kind::kRw, kAll}},
    {reg::kMsiData, {"MSI_DATA", Kind::kRw, kAll}},
    {reg::kInputSize, {"INPUT_SIZE", Kind::kSetUp, kAll & ~1u}},
    {reg::kCropPos, {"CROP_POS", Kind::kSetUp, kAll & ~1u}},
    {reg::kFieldMode, {"FIELD_MODE", Kind::kSetUp, 3}},
    {reg::kFormatPixel, {"FORMAT_PIXEL", Kind::kSetUp, 1}},
    {reg::kPlane1RingBaseLo, {"PLANE1_RING_BASE_LO", Kind::kSetUp, kPage}},
    {0x104, {"PLANE1_RING_BASE_HI", Kind::kSetUp, kAll}},
    {reg::kPlane1RingSize, {"PLANE1_RING_SIZE", Kind::kSetUp, 0xF}},
    {reg::kPlane1RingHead, {"PLANE1_RING_HEAD", Kind::kLive}},
    {reg::kPlane1RingTail, {"PLANE1_RING_TAIL", Kind::kRw, kHalf}},
};

constexpr unsigned kRows = 0x114 / 4;
constexpr std::array<Row, kRows> make_rows() {
  std::array<Row, kRows> rows{};
  for (const Place& place : kPlaces) rows[place.offset / 4] = place.row;
  return rows;
}
constexpr std::array<Row, kRows> kTable = make_rows();
constexpr Row kNowhere{};

const Row& row(std::uint16_t offset) { return offset % 4 == 0 && offset / 4 < kRows ? kTable[offset / 4] : kNowhere; }

constexpr std::uint32_t kIdValue = 0x56434150, kVersionValue = 0x00010300;

std::uint32_t selected_bits(std::uint8_t strobes) {
  std::uint32_t bits = 0;
  for (unsigned byte = 0; byte < 4; ++byte) {
    if ((strobes >> byte) & 1) bits |= 0xFFu << (8 * byte);
  }
  return bits;
}

}  // namespace

const char* register_name(std::uint16_t offset) { return row(offset).name; }

Registers::Registers(const Parameters& p, unsigned channel)
    : two_planes_(p.planes == 2),
      caps_(p.max_burst | (p.max_outstanding - 1) << 12 | 4u << 16 | p.data_bytes << 24),
      channels_(p.channels | channel << 8 | (p.planes - 1) << 16),
      clk_khz_(p.clk_khz) {
  reset();
}

void Registers::reset() {
  for (unsigned i = 0; i < kCount; ++i) values_[i] = kTable[i].initial;
}

bool Registers::known(std::uint16_t offset) const {
  return row(offset).kind != Kind::kNone && (two_planes_ || offset < reg::kFormatPixel);
}

std::uint32_t Registers::merged(std::uint32_t old, const Access& access) const {
  const std::uint32_t bits = selected_bits(access.strobes) & row(access.write_offset).writable;
  return (old & ~bits) | (access.data & bits);
}

std::uint32_t Registers::ones(const Access& access, std::uint16_t offset) {
  if (!access.write || access.write_offset != offset) return 0;
  return access.data & selected_bits(access.strobes);
}

void Registers::edge(const Access& access, bool set_up, bool resetting, bool clear, std::uint64_t timestamp) {
  if (access.read && access.read_offset == reg::kTimestampLo) {
    values_[reg::kTimestampHi / 4] = static_cast<std::uint32_t>(timestamp >> 32);
  }
  if (access.write && known(access.write_offset)) {
    const Kind kind = row(access.write_offset).kind;
    if (kind == Kind::kRw || (kind == Kind::kSetUp && set_up) || (kind == Kind::kCtrl && !resetting)) {
      std::uint32_t& value = values_[access.write_offset / 4];
      value = merged(value, access);
    }
  }
  if (!clear) return;
  for (const std::uint16_t offset : {reg::kCtrl, reg::kRingTail, reg::kPlane1RingTail, reg::kCplTail}) {
    values_[offset / 4] = 0;
  }
}

std::uint32_t Registers::read(std::uint16_t offset, const LiveValues& live) const {
  if (!known(offset)) return 0;
  switch (offset) {
    case reg::kIntrState:
      return live.intr_state;
    case reg::kIntrEnable:
      return live.intr_enable;
    case reg::kIntrTest:
    case reg::kFaultTest:
      return 0;
    case reg::kId:
      return kIdValue;
    case reg::kVersion:
      return kVersionValue;
    case reg::kCaps:
      return caps_;
    case reg::kClkKhz:
      return clk_khz_;
    case reg::kChannels:
      return channels_;
    case reg::kCtrl:
      return value(offset) | (live.resetting ? reg::kCtrlSoftReset : 0);
    case reg::kStatus:
      return live.status;
    case reg::kErrCause:
      return live.err_cause;
    case reg::kErrAddrLo:
      return static_cast<std::uint32_t>(live.err_address);
    case reg::kErrAddrHi:
      return static_cast<std::uint32_t>(live.err_address >> 32);
    case reg::kRingHead:
      return live.ring_head;
    case reg::kPlane1RingHead:
      return live.plane1_ring_head;
    case reg::kCplHead:
      return live.cpl_head;
    case reg::kTimestampLo:
      return static_cast<std::uint32_t>(live.timestamp);
    case reg::kDetectSize:
      return live.detect_size;
    case reg::kDetectLine:
      return live.detect_line;
    case reg::kDetectFrame:
      return live.detect_frame;
    case reg::kDetectStatus:
      return live.detect_status;
    default:
      break;
  }
  if (offset >= reg::kCntFrames && offset <= reg::kCntStarted) return live.counters[(offset - reg::kCntFrames) / 4u];
  return value(offset);
}

}  // namespace p2p::model
