// Life of a frame in the bus clock domain: accepted into a buffer, written, reported by a record; or void, and its
// buffer kept for the next.
#pragma once

#include <array>
#include <cstdint>

#include "tb/model/bus_master.h"
#include "tb/model/parameters.h"
#include "tb/model/plane_path.h"

namespace p2p::model {

/// A frame's number and the time its start was seen.
struct FrameStart {
  std::uint32_t sequence = 0;
  std::uint64_t time = 0;
  bool field = false;
};

class Engine {
 public:
  using Outstanding = std::array<unsigned, kMaxPlanes>;  ///< write bursts of each plane
  /// What an edge of the bus clock finds.
  struct Inputs {
    bool resetting = false;   ///< a soft reset is under way
    bool reset_ends = false;  ///< with this edge
    std::uint64_t time = 0;
    std::array<PlanePath::Inputs, kMaxPlanes> planes;
    bool nv12 = false;  ///< frames have two planes
    std::uint64_t record_base = 0;
    unsigned record_log2 = 0;
    std::uint16_t record_tail = 0;
    std::uint16_t width = 0, height = 0;
    std::uint32_t stride = 0;
    bool separate = false, weave = false;  ///< interlaced: a field a frame, or two
    bool frame_offered = false;
    FrameStart frame;
    bool parity_error = false;
    bool message_error = false;  ///< of this channel's message
    bool parity_of_plane_1 = false;
    Answer answer;  ///< for this channel
    unsigned answered_plane = 0;
  };
  /// What happens with this edge.
  struct Events {
    bool takes_frame = false;
    bool frame_done = false, dropped_overflow = false, dropped_format = false, dropped_nobuf = false,
         dropped_halted = false, extra_lines = false;
    bool bus_error = false, fifo_error = false, descriptor_error = false;
    std::uint8_t error_response = 0, error_access = 0;
    std::uint64_t error_address = 0;
    std::uint16_t error_index = 0;
    bool error_plane_1 = false;
    bool holds_back = false;  ///< issue no further burst
    /// Something that a counter, an interrupt or ERR_CAUSE tells.
    bool noteworthy() const {
      return frame_done | dropped_overflow | dropped_format | dropped_nobuf | dropped_halted | extra_lines | bus_error |
             fifo_error | descriptor_error;
    }
  };

  explicit Engine(const Parameters& p);

  /// Decides; nothing changes before edge().
  const Events& decide(const Inputs& in);
  /// `taken`: by the bus master. `reading` comes with the read port's pins.
  struct Taken {
    std::array<bool, kMaxPlanes> burst{}, beat{};
  };
  void edge(const Inputs& in, const Taken& taken, std::array<Descriptors::Edge, kMaxPlanes>& reading);
  void reset();

  const PlanePath& plane(unsigned plane) const { return planes_[plane]; }
  Beat beat(unsigned plane) const { return planes_[plane].beat(end_time_); }

  bool idle(const Outstanding& outstanding) const;
  bool in_frame() const {
    return state_ == State::kData || state_ == State::kAgain || state_ == State::kSurplus || state_ == State::kReport;
  }
  bool halted() const { return halted_; }
  std::uint16_t ring_head(unsigned plane = 0) const { return planes_[plane].head(); }
  std::uint16_t record_head() const { return record_head_; }
  std::uint32_t sequence() const { return sequence_; }
  const char* state_name() const;
  void preset_record_head(std::uint16_t value) { record_head_ = value; }
  void preset_rings(std::uint16_t index) {
    for (PlanePath& plane : planes_) plane.preset_ring(index);
  }

 private:
  static constexpr unsigned kRecordBytes = 32;
  enum class State : std::uint8_t {
    kIdle,     // between frames
    kData,     // a frame is being written
    kAgain,    // its first field is written, its buffer begins again for the second
    kSurplus,  // the rest of its buffer is passed over, the record is laid ready
    kReport,   // the record waits for the last of the data's answers, then for its own
    kRewind,   // void: answers are awaited, then back to the buffer's first descriptor
    kDiscard   // the rest of a void frame is thrown away
  };
  enum Access : std::uint8_t { kNone, kDescriptorRead, kDataWrite, kRecordWrite, kBadDescriptor, kFifo };

  Geometry geometry(const Inputs& in, unsigned plane) const;
  std::uint64_t frame_bytes(const Inputs& in, unsigned plane) const;
  /// How many planes the frames have.
  static unsigned used(const Inputs& in) { return in.nv12 ? 2 : 1; }
  /// `holds(plane, its inputs)` of each plane of the frame.
  template <class Condition>
  bool all(const Inputs& in, Condition holds) const {
    return holds(planes_[0], in.planes[0]) && (!in.nv12 || holds(planes_[1], in.planes[1]));
  }
  template <class Condition>
  bool any(const Inputs& in, Condition holds) const {
    return holds(planes_[0], in.planes[0]) || (in.nv12 && holds(planes_[1], in.planes[1]));
  }
  bool answered(const Inputs& in) const;
  bool may_lay_record(const Inputs& in) const;
  bool bursts_answered(const Inputs& in) const;
  void decide_idle(const Inputs& in);
  void decide_data(const Inputs& in);
  void decide_again(const Inputs& in);
  void decide_surplus(const Inputs& in);
  void decide_report(const Inputs& in);
  bool meets_break(const Inputs& in);
  void decide_rewind(const Inputs& in);
  bool dropped(const Inputs& in) const;
  void drop_halted(const Inputs& in);
  void give_orders(const Inputs& in);
  void report_errors(const Inputs& in);
  void fill_record(const Inputs& in);

  unsigned bus_;
  std::array<PlanePath, kMaxPlanes> planes_;
  unsigned count_;  // of planes that are there

  State state_ = State::kIdle;
  bool halted_ = false;
  std::uint16_t record_head_ = 0, cookie_ = 0;
  std::uint32_t sequence_ = 0, expected_ = 0;
  std::uint64_t start_time_ = 0, end_time_ = 0;
  unsigned record_beats_ = 0;            // pushed
  bool field_ = false, second_ = false;  // which field it is; the second of a woven frame is being written

  // Decided for this edge.
  Events events_;
  State next_ = State::kIdle;
  bool stop_ = false, accept_ = false, fail_ = false, push_record_ = false;
  PlanePath::Orders orders_, second_orders_;  // plane 1's differ in part
  bool pop_second_ = false;                   // plane 1's entry that is not taken
  PlanePath::RecordPiece record_;
};

}  // namespace p2p::model
