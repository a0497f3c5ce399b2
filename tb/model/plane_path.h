// One plane's way through the engine: its words leave the frame FIFO, its descriptors come from their ring, its bursts
// wait for the bus. What becomes of a frame the engine decides.
#pragma once

#include <cstdint>

#include "tb/model/descriptors.h"
#include "tb/model/frame_packer.h"
#include "tb/model/parameters.h"
#include "tb/model/queue.h"
#include "tb/model/video_input.h"

namespace p2p::model {

class PlanePath {
 public:
  /// What an edge of the bus clock finds.
  struct Inputs {
    Descriptors::Ring ring;
    bool word_offered = false;
    FrameWord word;
    unsigned outstanding = 0;  ///< write bursts of this plane
  };
  /// What the engine wants of an edge.
  struct Orders {
    bool begin = false;    ///< a frame begins to leave the FIFO
    bool start = false;    ///< write it, or its second field, from the buffer's first descriptor on
    bool take = false;     ///< its words
    bool stop = false;     ///< make no further beat
    bool pop = false;      ///< an entry that is not taken
    bool drop = false;     ///< all that is left of the frame
    bool restart = false;  ///< with the first descriptor of the buffer
    bool forget = false;   ///< the frame
    bool flush = false;    ///< the bursts that wait
    bool pad = false;      ///< a burst that was begun
    bool consume = false;  ///< the buffer
    bool reads = false;    ///< descriptors ahead
    bool whole = false;    ///< cut-through: a burst is offered with its last beat all the same
    Geometry geometry;
  };
  /// A piece of the completion record, behind the frame's last burst.
  struct RecordPiece {
    bool comes = false, names_burst = false;
    Beat beat;
    Burst burst;
  };

  explicit PlanePath(const Parameters& p);

  /// Decides; nothing changes before edge(). `released`: the record may leave.
  void decide(const Inputs& in, const Orders& orders, const RecordPiece& record, bool released);
  /// `burst_taken`, `beat_taken`: by the bus master. `reading` comes with the read port's pins.
  void edge(const Inputs& in, const Orders& orders, bool reset_ends, bool burst_taken, bool beat_taken,
            Descriptors::Edge& reading);
  void reset();
  /// Of an empty ring.
  void preset_ring(std::uint16_t index) {
    head_ = index;
    descriptors_.preset_index(index);
  }

  // As registers say.
  const FramePacker& packer() const { return packer_; }
  const Descriptors& descriptors() const { return descriptors_; }
  std::uint16_t head() const { return head_; }
  bool gone() const { return gone_; }  ///< the frame's last word has left the FIFO
  bool queue_empty() const { return bursts_.empty() && beats_.empty(); }
  bool has_room() const { return !beats_.full() && !bursts_.full(); }
  bool record_waits() const { return record_waits_; }  ///< its burst is in the queue, behind others perhaps
  bool quiet(unsigned outstanding) const { return outstanding == 0 && queue_empty() && !descriptors_.busy(); }
  /// The void frame's last word has left the FIFO, or does.
  bool dropped(const Inputs& in) const { return gone_ || (in.word_offered && (in.word.last || in.word.broken)); }

  // As decided. What leaves may have entered an empty queue in the same cycle.
  bool takes_word() const { return takes_word_; }
  bool offers_burst() const {
    return (!bursts_.empty() || burst_enters_) && (!burst().record || released_) && !(whole_ && torn());
  }
  bool offers_beat() const { return !beats_.empty() || beat_enters_; }
  const Burst& burst() const { return bursts_.empty() ? new_burst_ : bursts_.front(); }
  Beat beat(std::uint64_t end_time) const;

 private:
  static constexpr unsigned kBurstRoom = 4;
  /// The burst at the head lacks beats.
  bool torn() const {
    if (bursts_.empty()) return !new_burst_.record && new_burst_.length != 0;
    return bursts_.size() == 1 && missing_ != 0;
  }
  void pack(const Inputs& in, const Orders& orders);
  void enter(const Orders& orders, const RecordPiece& record);
  void queue_edge(bool burst_taken, bool beat_taken, bool clear);

  unsigned bus_;
  bool cut_through_;
  Descriptors descriptors_;
  FramePacker packer_;
  Queue<Beat> beats_;
  Queue<Burst> bursts_;
  bool gone_ = false;
  std::uint16_t head_ = 0;
  bool record_waits_ = false;
  bool record_left_ = false;  // the record's address was issued, its last beat was not sent
  unsigned missing_ = 0;      // cut-through: beats to come of the burst that was named last

  // Decided for this edge.
  bool whole_ = false, takes_word_ = false, packs_ = false, released_ = false, burst_enters_ = false,
       beat_enters_ = false;
  FramePacker::Edge packing_;
  FramePacker::Moves moves_;
  Burst new_burst_;
  Beat new_beat_;
};

}  // namespace p2p::model
