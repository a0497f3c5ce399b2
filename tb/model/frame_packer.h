// A frame's bytes on their way into its buffer: cut into beats and bursts along lines, gaps, descriptors and 4 KiB
// pages, one beat a cycle.
#pragma once

#include <array>
#include <cstdint>

#include "tb/model/descriptors.h"
#include "tb/model/pins.h"

namespace p2p::model {

struct Beat {
  Lanes data;
  std::uint16_t strobes = 0;
  bool last = false;  ///< of its burst
};
struct Burst {
  std::uint64_t address = 0;
  std::uint8_t length = 0;  ///< beats - 1
  std::uint16_t index = 0;  ///< of its last descriptor
  bool record = false;      ///< a completion record
};

/// The frame as it lies in memory.
struct Geometry {
  std::uint32_t line_bytes = 0, gap_bytes = 0;
  std::uint32_t first_gap = 0;  ///< before the first line
  std::uint16_t lines = 0;
  std::uint64_t frame_bytes = 0;
};

class FramePacker {
 public:
  struct Edge {
    bool clear = false, start = false, stop = false;
    Geometry geometry;
    bool word_offered = false;
    Lanes word;
    bool descriptor_offered = false;
    Descriptor descriptor;
    bool no_room = false;  ///< for a beat or a burst
  };
  /// What one edge does, decided from the registers before it.
  struct Moves {
    bool takes_word = false, takes_descriptor = false;
    bool makes_beat = false, ends_burst = false, names_burst = false;
    Beat beat;
    Burst burst;

   private:
    friend class FramePacker;
    bool skips = false, loads = false, refuses = false, line_ends = false, piece_ends = false;
    unsigned bytes = 0;
    std::uint32_t skipped = 0;
  };

  FramePacker(unsigned data_bytes, unsigned max_burst, bool cut_through)
      : bus_(data_bytes), max_burst_(max_burst), cut_through_(cut_through) {}

  /// A frame is in hand: without one, nothing moves.
  bool active() const { return active_; }
  void decide(const Edge& e, Moves& m) const;
  void edge(const Edge& e, const Moves& m);
  void reset() { *this = FramePacker(bus_, max_burst_, cut_through_); }

  bool done() const { return done_; }                       ///< every byte is in a beat
  bool has_last_piece() const { return last_piece_; }       ///< the buffer's LAST descriptor was loaded
  std::uint16_t last_index() const { return last_index_; }  ///< of the newest descriptor
  bool too_short() const { return too_short_; }             ///< the buffer ended before the frame
  bool bad_descriptor() const { return bad_; }
  std::uint16_t bad_index() const { return bad_index_; }

 private:
  /// The stream's next bytes, oldest first; the rest is zero.
  class Bytes {
   public:
    unsigned count() const { return count_; }
    Lanes lanes(unsigned from, unsigned bus) const;
    void drop(unsigned bytes);
    void append(const Lanes& word, unsigned bus);
    void clear() { *this = {}; }

   private:
    std::array<std::uint8_t, 48> bytes_{};
    unsigned count_ = 0;
  };
  void load(const Descriptor& d);
  void begin(const Edge& e);
  void advance(const Edge& e, const Moves& m);

  /// Beats of the burst that begins here, less one.
  std::uint8_t length_ahead() const;

  unsigned bus_, max_burst_;
  bool cut_through_;
  Bytes bytes_;
  bool active_ = false, loaded_ = false, last_piece_ = false, too_short_ = false, bad_ = false, done_ = false;
  std::uint64_t address_ = 0;
  std::uint32_t room_ = 0;  // bytes left in the piece
  std::uint16_t index_ = 0, last_index_ = 0, bad_index_ = 0;
  std::uint16_t lines_ = 0;  // to write, this one among them
  std::uint64_t line_ = 0;   // bytes left of the line
  std::uint32_t gap_ = 0;    // bytes left to pass over
  unsigned beats_ = 0;       // of the burst so far
  std::uint64_t burst_address_ = 0;
};

}  // namespace p2p::model
