// Pins filled in by hand, idle unless a test says otherwise.
#pragma once

#include "sim/pins.h"

namespace p2p::tb {

inline sim::BusPins<sim::Value> idle_bus() {
  sim::BusPins<sim::Value> pins{};
  pins.rst_n = 1;
  pins.axi.awready = pins.axi.wready = pins.axi.arready = 1;
  pins.axi.bready = pins.axi.rready = 1;
  pins.axi.awsize = pins.axi.arsize = 3;
  pins.axi.awburst = pins.axi.arburst = 1;
  pins.axi.wstrb = 0xFF;
  pins.axil.awready = pins.axil.wready = pins.axil.arready = 1;
  pins.axil.bready = pins.axil.rready = 1;
  return pins;
}

inline sim::VideoPins<sim::Value> idle_video() {
  sim::VideoPins<sim::Value> pins{};
  pins.rst_n = 1;
  pins.tready = 1;
  return pins;
}

}  // namespace p2p::tb
