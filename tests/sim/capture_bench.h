// A capture programmed by hand, straight on the registers, as the simplest possible driver would.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "sim/machine.h"
#include "tests/sim/support.h"

namespace p2p::sim {

/// Register offsets and bits of docs/registers.md that the tests use.
namespace reg {
constexpr unsigned kIntrState = 0x000, kIntrEnable = 0x004, kIntrTest = 0x008, kId = 0x020, kVersion = 0x024;
constexpr unsigned kCtrl = 0x030, kStatus = 0x034, kErrCause = 0x038, kErrAddrLo = 0x03C, kErrAddrHi = 0x040;
constexpr unsigned kRingBaseLo = 0x050, kRingBaseHi = 0x054, kRingSize = 0x058, kRingTail = 0x060;
constexpr unsigned kCplBaseLo = 0x070, kCplBaseHi = 0x074, kCplSize = 0x078, kCplHead = 0x07C, kCplTail = 0x080;
constexpr unsigned kWidth = 0x090, kHeight = 0x094, kStride = 0x098;
constexpr unsigned kCntFrames = 0x0C0, kCntDropped = 0x0C4, kCntBusErr = 0x0D4;
constexpr std::uint32_t kIdValue = 0x56434150;
constexpr std::uint32_t kFrameDone = 1u << 0, kBusErr = 1u << 4;
constexpr std::uint32_t kEnable = 1u << 0, kStall = 1u << 2;
constexpr std::uint32_t kRunning = 1u << 0, kHalted = 1u << 2;
}  // namespace reg

class CaptureBench {
 public:
  static constexpr unsigned kRingLog2 = 10, kCompletionLog2 = 4;

  /// `buffer_offset`: where in its first page a frame buffer begins. Pages get logical addresses of their own,
  /// scattered.
  CaptureBench(Machine& machine, FrameSize size, unsigned buffers, unsigned buffer_offset = 0)
      : machine_(machine), size_(size), offset_(buffer_offset) {
    ring_ = pages((16u << kRingLog2) / kPageBytes, DmaAccess::kRead, 0x40000);
    completions_ = pages(1, DmaAccess::kWrite, 0x50000);
    for (unsigned i = 0; i < buffers; ++i) {
      const std::size_t count = (offset_ + size.bytes() + kPageBytes - 1) / kPageBytes;
      buffers_.push_back(pages(count, DmaAccess::kWrite, 0));
    }
  }

  // -- in a software process
  // -------------------------------------------------------------------------------------------
  std::uint32_t read(unsigned offset) { return static_cast<std::uint32_t>(machine_.mmio_read(bar() + offset, 4)); }
  void write(unsigned offset, std::uint32_t value) { machine_.mmio_write(bar() + offset, 4, value); }
  /// Programs format and rings, queues every buffer, enables capture.
  void begin(std::uint32_t control = reg::kEnable) {
    write(reg::kWidth, size_.width);
    write(reg::kHeight, size_.height);
    write(reg::kStride, static_cast<std::uint32_t>(size_.line_bytes()));
    write64(reg::kRingBaseLo, ring_.logical[0]);
    write(reg::kRingSize, kRingLog2);
    write64(reg::kCplBaseLo, completions_.logical[0]);
    write(reg::kCplSize, kCompletionLog2);
    for (unsigned i = 0; i < buffers_.size(); ++i) queue(i);
    write(reg::kIntrEnable, 0x7F);
    write(reg::kCtrl, control);
    while ((control & reg::kEnable) != 0 && (read(reg::kStatus) & reg::kRunning) == 0) {
    }
  }
  /// Descriptors of buffer `index`, one a page, then the doorbell. The cookie is the index.
  void queue(unsigned index) {
    const Pages& buffer = buffers_.at(index);
    std::size_t left = size_.bytes();
    std::size_t from = offset_;
    for (std::size_t page = 0; left != 0; ++page) {
      const std::size_t piece = std::min(left, kPageBytes - from);
      const std::uint64_t address = buffer.logical[page] + from;
      const std::uint32_t flags = (page == 0 ? 1u : 0u) | (piece == left ? 2u : 0u) | index << 16;
      const auto length = static_cast<std::uint32_t>(piece);
      std::byte* slot = ring_.cpu + 16u * (tail_++ % (1u << kRingLog2));
      std::memcpy(slot, &address, 8);
      std::memcpy(slot + 8, &length, 4);
      std::memcpy(slot + 12, &flags, 4);
      left -= piece;
      from = 0;
    }
    write(reg::kRingTail, tail_);
  }

  struct Completion {
    std::uint16_t index, cookie;
    std::uint32_t bytes, flags, sequence;
    std::uint64_t started, written;
  };
  static_assert(sizeof(Completion) == 32);
  /// The next record, if hardware has written it; releases its slot.
  bool next(Completion* completion) {
    std::memcpy(completion, completions_.cpu + 32u * (completed_ % (1u << kCompletionLog2)), sizeof *completion);
    const bool phase = (completed_ >> kCompletionLog2) % 2 == 0;
    if (((completion->flags & 1u) != 0) != phase) return false;
    write(reg::kCplTail, ++completed_ & 0xFFFFu);
    return true;
  }
  std::vector<std::uint8_t> frame(unsigned index) const {
    std::vector<std::uint8_t> bytes(size_.bytes());
    std::memcpy(bytes.data(), buffers_.at(index).cpu + offset_, bytes.size());
    return bytes;
  }
  std::uint64_t logical(unsigned buffer, unsigned page) const { return buffers_.at(buffer).logical.at(page); }
  std::uint64_t bar() const { return machine_.pci_function(0).bar0_physical; }

 private:
  struct Pages {
    std::byte* cpu;
    std::vector<std::uint64_t> logical;  // address of each page as the device sees it
  };
  /// `logical_page` 0: scattered, else contiguous from there.
  Pages pages(std::size_t count, DmaAccess access, std::uint64_t logical_page) {
    Pages result{static_cast<std::byte*>(machine_.allocate_pages(count)), {}};
    if (result.cpu == nullptr) throw std::runtime_error("simulated memory is exhausted");
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t physical = machine_.physical_page(result.cpu + i * kPageBytes);
      const std::uint64_t logical = logical_page != 0 ? logical_page + i : physical ^ 0x5A5;
      machine_.iommu_map(0, logical, physical, access);
      result.logical.push_back(logical * kPageBytes);
    }
    return result;
  }
  void write64(unsigned offset, std::uint64_t value) {
    write(offset, static_cast<std::uint32_t>(value));
    write(offset + 4, static_cast<std::uint32_t>(value >> 32));
  }

  Machine& machine_;
  FrameSize size_;
  unsigned offset_;
  Pages ring_{}, completions_{};
  std::vector<Pages> buffers_;
  std::uint32_t tail_ = 0;
  std::uint32_t completed_ = 0;
};

/// Keeps what the source sent.
class SentFrames final : public FrameListener {
 public:
  void frame_started(std::uint64_t, std::span<const std::uint8_t> bytes, std::uint64_t) override {
    frames.emplace_back(bytes.begin(), bytes.end());
  }
  void frame_ended(std::uint64_t, bool, std::uint64_t) override {}
  std::vector<std::vector<std::uint8_t>> frames;
};

/// Lets a software process wait for the interrupt line; remembers its edges.
class LineSink final : public InterruptSink {
 public:
  explicit LineSink(Machine& machine) : machine_(machine) { machine.set_interrupt_sink(this); }
  void interrupt_line_changed(unsigned line, bool asserted) override {
    edges.push_back({machine_.now_ps(), line, asserted});
    changed.notify();
  }
  void wait_for(bool level) {
    while (machine_.interrupt_line(kInterruptLine) != level) sc_core::wait(changed);
  }
  struct Edge {
    std::uint64_t ps;
    unsigned line;
    bool level;
  };
  std::vector<Edge> edges;
  sc_core::sc_event changed{"line_changed"};

 private:
  Machine& machine_;
};

}  // namespace p2p::sim
