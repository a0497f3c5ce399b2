// The pins of the chip's buses as checkers see them: sampled just before a rising clock edge, that is, with the values
// the flip-flops on both sides act upon at that edge.
//
// Kind = Reference: members refer to the Verilated model's ports, nothing is copied per cycle.
// Kind = Value:     members are plain values, which tests fill in by hand.
// A checker is a template over the pins type and works on both.
#pragma once

#include <cstdint>

namespace p2p::sim {

struct Value {
  template <class T>
  using Of = T;
};
struct Reference {
  template <class T>
  using Of = const T&;
};

/// AXI4 master port `m_axi_*`; a bus other than 64 bits wide has other `Data` and `Strobe`.
template <class Kind, class Data = std::uint64_t, class Strobe = std::uint8_t>
struct Axi4Pins {
  template <class T>
  using Pin = typename Kind::template Of<T>;
  Pin<std::uint8_t> awid, awlen, awsize, awburst, awcache, awprot, awvalid, awready;
  Pin<std::uint64_t> awaddr;
  Pin<Data> wdata;
  Pin<Strobe> wstrb;
  Pin<std::uint8_t> wlast, wvalid, wready;
  Pin<std::uint8_t> bid, bresp, bvalid, bready;
  Pin<std::uint8_t> arid, arlen, arsize, arburst, arcache, arprot, arvalid, arready;
  Pin<std::uint64_t> araddr;
  Pin<std::uint8_t> rid, rresp, rlast, rvalid, rready;
  Pin<Data> rdata;
};

/// AXI4-Lite slave port `s_axil_*`.
template <class Kind>
struct AxiLitePins {
  template <class T>
  using Pin = typename Kind::template Of<T>;
  Pin<std::uint16_t> awaddr;
  Pin<std::uint8_t> awprot, awvalid, awready;
  Pin<std::uint32_t> wdata;
  Pin<std::uint8_t> wstrb, wvalid, wready;
  Pin<std::uint8_t> bresp, bvalid, bready;
  Pin<std::uint16_t> araddr;
  Pin<std::uint8_t> arprot, arvalid, arready;
  Pin<std::uint32_t> rdata;
  Pin<std::uint8_t> rresp, rvalid, rready;
};

/// AXI4-Stream video input `s_axis_video_*`, in the pixel clock domain.
template <class Kind>
struct VideoPins {
  template <class T>
  using Pin = typename Kind::template Of<T>;
  Pin<std::uint8_t> rst_n;
  Pin<std::uint32_t> tdata;
  Pin<std::uint8_t> tvalid, tready, tuser, tlast;
};

/// Everything in the bus clock domain.
template <class Kind, class Data = std::uint64_t, class Strobe = std::uint8_t>
struct BusPins {
  template <class T>
  using Pin = typename Kind::template Of<T>;
  Pin<std::uint8_t> rst_n;
  Pin<std::uint8_t> intr;
  Axi4Pins<Kind, Data, Strobe> axi;
  AxiLitePins<Kind> axil;
};

/// What ClockedChip<Observer> calls. An observer sees every rising edge of its clock, in time order; cycle numbers
/// count rising edges from 0 at time 0. It must not block. Both calls are inlined into the clock loop.
struct NullObserver {
  void bus_cycle(std::uint64_t /*cycle*/, const BusPins<Reference>& /*pins*/) {}
  void pixel_cycle(std::uint64_t /*cycle*/, const VideoPins<Reference>& /*pins*/) {}
};

/// An observer that follows both clocks together has `instant(pixel_edge, rst_n, pix_rst_n)` as well: called first at
/// every instant with a rising edge. bus_cycle() comes before pixel_cycle() where both clocks rise at once.
template <class Observer>
concept WatchesInstants = requires(Observer& observer) {
  observer.instant(true, true, true);
};

/// One that puts off what it has to say has `instant_observed()` as well: called last at every instant of a run with a
/// waveform, in which everything is to stand at its time.
template <class Observer>
concept PutsOff = requires(Observer& observer) {
  observer.instant_observed();
};

}  // namespace p2p::sim
