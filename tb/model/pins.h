// The chip's pins as the model takes and predicts them: plain values, of any bus width.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "tb/model/parameters.h"

namespace p2p::model {

/// A pin of one bit: 0 or 1.
using Bit = std::uint8_t;

/// A beat of the data bus, lowest byte first; `high` is zero on a bus of 8 bytes.
struct Lanes {
  std::uint64_t low = 0, high = 0;
  bool operator==(const Lanes&) const = default;
};

struct RegisterInputs {
  std::uint16_t awaddr = 0, araddr = 0;
  std::uint32_t wdata = 0;
  std::uint8_t wstrb = 0;
  Bit awvalid = 0, wvalid = 0, bready = 0, arvalid = 0, rready = 0;
};
struct MemoryInputs {
  Bit awready = 0, wready = 0, bvalid = 0, arready = 0, rvalid = 0, rlast = 0;
  std::uint8_t bid = 0, bresp = 0, rid = 0, rresp = 0;
  Lanes rdata;
};
/// What an edge of the bus clock samples.
struct BusInputs {
  RegisterInputs axil;
  MemoryInputs axi;
};

struct RegisterOutputs {
  Bit awready = 0, wready = 0, bvalid = 0, arready = 0, rvalid = 0;
  std::uint8_t bresp = 0, rresp = 0;
  std::uint8_t unused = 0;
  std::uint32_t rdata = 0;
};
struct MemoryOutputs {
  std::uint64_t awaddr = 0, araddr = 0;
  Lanes wdata;
  std::uint16_t wstrb = 0;
  Bit awvalid = 0, wvalid = 0, wlast = 0, bready = 0, arvalid = 0, rready = 0;
  std::uint8_t awid = 0, awlen = 0, arid = 0, arlen = 0;
  // The same in every burst.
  std::uint8_t awsize = 0, awburst = 0, awcache = 0, awprot = 0;
  std::uint8_t arsize = 0, arburst = 0, arcache = 0, arprot = 0;
  std::array<std::uint8_t, 4> unused{};
};
/// What the pins show from one edge of the bus clock to the next. Without padding: same() compares bytes.
struct BusOutputs {
  Bit intr = 0;
  std::array<std::uint8_t, 3> unused{};
  RegisterOutputs axil;
  MemoryOutputs axi;
};

static_assert(std::has_unique_object_representations_v<BusOutputs>);

/// What an edge of a channel's pixel clock samples.
struct VideoInputs {
  std::uint32_t tdata = 0;
  Bit tvalid = 0, tuser = 0, tlast = 0, tfid = 0;
};

}  // namespace p2p::model
