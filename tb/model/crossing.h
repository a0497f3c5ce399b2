// What passes between the pixel clock and the bus clock: flags, and a FIFO whose two ends see each other's place late.
//
// A value is seen two edges of the destination's clock after the edge that samples it. What changed since the edge
// before may be sampled an edge later, as docs/vcap.md allows ("Between the clocks"): a simulation of the chip that
// does so at random tells which bits were late, and the model counts where it took that liberty.
#pragma once

#include <cstdint>
#include <vector>

namespace p2p::model {

class Crossing {
 public:
  /// An edge of the destination's clock. `source`: what the other domain held when it came; `late`: bits of it that are
  /// taken as they were at the edge before.
  void edge(std::uint32_t source, std::uint32_t late) {
    seen_ = sampled_;
    const std::uint32_t taken = (before_ & late) | (source & ~late);
    late_ += taken != source;
    sampled_ = taken;
    before_ = source;
  }
  std::uint32_t seen() const { return seen_; }
  /// Edges at which something was late.
  std::uint64_t times_late() const { return late_; }
  void reset() { seen_ = sampled_ = before_ = 0; }

 private:
  std::uint32_t before_ = 0, sampled_ = 0, seen_ = 0;
  std::uint64_t late_ = 0;
};

/// Each end has an edge function for its own clock. `latch()` comes before either is called for an instant in which
/// both clocks rise: the writing end must not see what the reading end does in it.
template <class Entry>
class CrossingFifo {
 public:
  explicit CrossingFifo(unsigned depth)
      : slots_(depth != 0 ? depth : 1), depth_(depth), turns_(depth != 0 ? 2 * depth - 1 : 0) {}

  /// Of no depth: it is not there.
  bool exists() const { return depth_ != 0; }
  void latch() { read_latched_ = read_; }
  std::uint64_t times_late() const { return written_seen_.times_late() + read_seen_.times_late(); }

  // -- the pixel clock's end
  unsigned used() const { return (written_ - read_seen_.seen()) & turns_; }
  bool full() const { return used() == depth_; }
  /// At least this many entries, as this end sees it, are free no more.
  bool almost_full(unsigned spare) const { return used() >= depth_ - spare; }
  /// `late`: the other end's place is taken as it was at the edge before.
  void write_edge(bool push, const Entry& entry, bool late) {
    if (push && !full()) {
      slots_[written_ & (turns_ >> 1)] = entry;
      written_ = (written_ + 1) & turns_;
    }
    read_seen_.edge(read_latched_, late ? ~0u : 0u);
  }
  void write_reset() {
    written_ = 0;
    read_seen_.reset();
  }

  // -- the bus clock's end
  bool empty() const { return written_seen_.seen() == read_; }
  const Entry& front() const { return slots_[read_ & (turns_ >> 1)]; }
  void read_edge(bool pop, bool late) {
    if (pop && !empty()) read_ = (read_ + 1) & turns_;
    written_seen_.edge(written_, late ? ~0u : 0u);
  }
  void read_reset() {
    read_ = read_latched_ = 0;
    written_seen_.reset();
  }

 private:
  std::vector<Entry> slots_;
  std::uint32_t depth_, turns_;  // turns_: places count modulo twice the depth
  std::uint32_t written_ = 0, read_ = 0, read_latched_ = 0;
  Crossing written_seen_, read_seen_;
};

/// What is late at the next edge of a channel's two clocks: bits of the flags, and the places of the FIFOs.
struct Lateness {
  std::uint32_t to_pixel = 0, from_pixel = 0;
  bool words_read = false, headers_read = false;        ///< the readers' places, as the pixel clock sees them
  bool words_written = false, headers_written = false;  ///< the writers' places, as the bus clock sees them
  bool chroma_read = false, chroma_written = false;     ///< likewise, of plane 1's words
};

}  // namespace p2p::model
