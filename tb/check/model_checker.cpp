#include "tb/check/model_checker.h"

namespace p2p::tb {

void ModelChecker::catch_up() {
  for (std::size_t i = 0; i < closed_; ++i) {
    const Instant& then = instants_[i];
    lockstep_.instant(then.pixel_edge ? 1 : 0, then.rst_n, then.pix_rst_n ? 1 : 0);
    if (then.bus_edge && lockstep_.bus_edge(then.found, then.bus)) [[unlikely]]
      fail("bus", then.bus_cycle);
    if (then.pixel_edge && lockstep_.pixel_edge(0, then.tready, then.video)) [[unlikely]]
      fail("pixel", then.pixel_cycle);
  }
  if (closed_ != 0 && open_) instants_[0] = instants_[closed_];
  closed_ = 0;
}

void ModelChecker::count() {
  close();
  catch_up();
  rules[kOutput].exercised = lockstep_.edges_compared();
}

}  // namespace p2p::tb
