#include "tb/model/lockstep.h"

namespace p2p::model {

void Lockstep::instant(unsigned pixel_edges, bool rst_n, unsigned pix_rst_n) {
  if (differed_) return;
  if (!rst_n) [[unlikely]]
    model_.bus_reset();
  bus_reset_ = !rst_n;
  const unsigned all = (1u << channels_) - 1;
  pixel_reset_ = ~pix_rst_n & all;
  for (unsigned c = 0; c < channels_; ++c) {
    if ((pixel_reset_ >> c) & 1) [[unlikely]]
      model_.pixel_reset(c);
    if ((pixel_edges >> c) & 1) model_.latch(c);
  }
}

bool Lockstep::note(const Difference& difference, const std::string& why) {
  differed_ = true;
  text_ = difference.signal + " is " + difference.found + ", expected " + difference.expected + ": " + why;
  return true;
}

bool Lockstep::note(const BusOutputs& found) {
  const Difference difference = first_difference(model_.outputs(), found);
  const std::string& signal = difference.signal;
  if (signal == "intr_o") return note(difference, model_.why_interrupt());
  if (signal.starts_with("s_axil")) return note(difference, model_.why_register());
  return note(difference, model_.why_bus());
}

bool Lockstep::note_tready(unsigned channel, bool tready) {
  const std::string name = "s_axis_video_tready[" + std::to_string(channel) + "]";
  return note({name, tready ? "0x0" : "0x1", tready ? "0x1" : "0x0"}, model_.why_video(channel));
}

}  // namespace p2p::model
