// The model beside the chip, edge by edge: compares before it steps, and says what differed first.
//
// At an instant with rising edges: instant(), then bus_edge() if the bus clock rises, then pixel_edge() for each
// channel whose pixel clock does. Outputs are taken as they are just before the edge. Once something differed nothing
// more is compared: what follows would be its consequence.
#pragma once

#include <cstdint>
#include <string>

#include "tb/model/chip_model.h"
#include "tb/model/comparison.h"

namespace p2p::model {

class Lockstep {
 public:
  explicit Lockstep(const Parameters& parameters) : model_(parameters), channels_(parameters.channels) {}

  /// `pixel_edges`, `pix_rst_n`: a bit a channel. Resets take effect before the edges of this instant.
  void instant(unsigned pixel_edges, bool rst_n, unsigned pix_rst_n);
  /// True if something differs, for the first time; difference() says what.
  bool bus_edge(const BusOutputs& found, const BusInputs& in) {
    if (differed_) return false;
    if (!same(model_.outputs(), found)) [[unlikely]]
      return note(found);
    ++bus_edges_;
    if (!bus_reset_) model_.bus_edge(in);
    return false;
  }
  bool pixel_edge(unsigned channel, bool tready, const VideoInputs& in) {
    if (differed_) return false;
    if (model_.tready(channel) != tready) [[unlikely]]
      return note_tready(channel, tready);
    ++pixel_edges_;
    if (!((pixel_reset_ >> channel) & 1)) model_.pixel_edge(channel, in);
    return false;
  }

  /// "m_axi_awlen is 0x7, expected 0xF: channel 0 is writing a frame (...)".
  const std::string& difference() const { return text_; }
  bool differed() const { return differed_; }
  std::uint64_t edges_compared() const { return bus_edges_ + pixel_edges_; }
  ChipModel& model() { return model_; }
  const ChipModel& model() const { return model_; }

 private:
  [[gnu::cold]] bool note(const BusOutputs& found);
  [[gnu::cold]] bool note_tready(unsigned channel, bool tready);
  [[gnu::cold]] bool note(const Difference& difference, const std::string& why);

  ChipModel model_;
  unsigned channels_;
  bool bus_reset_ = false, differed_ = false;
  unsigned pixel_reset_ = 0;
  std::uint64_t bus_edges_ = 0, pixel_edges_ = 0;
  std::string text_;
};

}  // namespace p2p::model
