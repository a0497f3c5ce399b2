// AXI4-Lite master: one write and one read at a time, with the channel order and the waiting a test asks for. Their
// protection differs from one to the next: the chip takes any.
#pragma once

#include <cstdint>

#include "Vvcap.h"

namespace p2p::rtltest {

struct Answer {
  uint32_t data;
  uint8_t response;  // 0 OKAY, 2 SLVERR
};

class AxilMaster {
 public:
  // Cycles each channel waits from the start of the access.
  struct Delays {
    uint32_t address = 0, data = 0, response = 0;
  };

  void start_write(uint32_t offset, uint32_t data, uint8_t strobes, Delays delays) {
    write_ = {true, false, false, offset, data, strobes, delays, 0, ++protection_ & 7u};
  }
  void start_read(uint32_t offset, Delays delays) {
    read_ = {true, false, false, offset, 0, 0, delays, 0, ++protection_ & 7u};
  }
  bool writing() const { return write_.busy; }
  bool reading() const { return read_.busy; }
  const Answer& written() const { return written_; }
  const Answer& read() const { return read_answer_; }

  void before_edge(const Vvcap& dut) {
    if (dut.s_axil_awvalid && dut.s_axil_awready) write_.address_done = true;
    if (dut.s_axil_wvalid && dut.s_axil_wready) write_.data_done = true;
    if (dut.s_axil_bvalid && dut.s_axil_bready) {
      written_ = {0, dut.s_axil_bresp};
      write_.busy = false;
    }
    if (dut.s_axil_arvalid && dut.s_axil_arready) read_.address_done = true;
    if (dut.s_axil_rvalid && dut.s_axil_rready) {
      read_answer_ = {dut.s_axil_rdata, dut.s_axil_rresp};
      read_.busy = false;
    }
  }

  void after_edge(Vvcap& dut) {
    dut.s_axil_awvalid = write_.busy && !write_.address_done && write_.age >= write_.delays.address;
    dut.s_axil_awaddr = static_cast<uint16_t>(write_.offset & kWindows);
    dut.s_axil_awprot = static_cast<uint8_t>(write_.protection);
    dut.s_axil_wvalid = write_.busy && !write_.data_done && write_.age >= write_.delays.data;
    dut.s_axil_wdata = write_.data;
    dut.s_axil_wstrb = write_.strobes;
    dut.s_axil_bready = write_.busy && write_.age >= write_.delays.response;
    dut.s_axil_arvalid = read_.busy && !read_.address_done && read_.age >= read_.delays.address;
    dut.s_axil_araddr = static_cast<uint16_t>(read_.offset & kWindows);
    dut.s_axil_arprot = static_cast<uint8_t>(read_.protection);
    dut.s_axil_rready = read_.busy && read_.age >= read_.delays.response;
    ++write_.age;
    ++read_.age;
  }

 private:
  static constexpr uint32_t kWindows = P2P_CHANNELS == 1 ? 0xFFF : P2P_CHANNELS == 2 ? 0x1FFF : 0x3FFF;

  struct Access {
    bool busy = false, address_done = false, data_done = false;
    uint32_t offset = 0, data = 0;
    uint8_t strobes = 0;
    Delays delays;
    uint32_t age = 0, protection = 0;
  };
  Access write_, read_;
  Answer written_{}, read_answer_{};
  uint32_t protection_ = 0;
};

}  // namespace p2p::rtltest
