// `s_axil`: one register access at a time in each direction; address and data of a write may come in either order.
#pragma once

#include <cstdint>

#include "tb/model/pins.h"

namespace p2p::model {

class RegisterPort {
 public:
  /// The write and the read that this cycle carries out; addresses are of all windows.
  bool writes() const { return have_address_ && have_data_ && !answer_write_; }
  bool reads() const { return have_read_ && !answer_read_; }
  std::uint16_t write_address() const { return write_address_; }
  std::uint16_t read_address() const { return read_address_; }
  std::uint32_t data() const { return data_; }
  std::uint8_t strobes() const { return strobes_; }

  /// `known`: the address that is accessed holds a register.
  void edge(const RegisterInputs& in, bool write_known, bool read_known, std::uint32_t read_data);
  RegisterOutputs outputs() const {
    return {.awready = Bit{up_ && !have_address_},
            .wready = Bit{up_ && !have_data_},
            .bvalid = Bit{answer_write_},
            .arready = Bit{up_ && !have_read_},
            .rvalid = Bit{answer_read_},
            .bresp = write_response_,
            .rresp = read_response_,
            .rdata = read_data_};
  }
  void reset() { *this = {}; }

 private:
  static constexpr std::uint8_t kSlvErr = 2;
  bool up_ = false;
  bool have_address_ = false, have_data_ = false, answer_write_ = false;
  bool have_read_ = false, answer_read_ = false;
  std::uint16_t write_address_ = 0, read_address_ = 0;
  std::uint32_t data_ = 0, read_data_ = 0;
  std::uint8_t strobes_ = 0, write_response_ = 0, read_response_ = 0;
};

inline void RegisterPort::edge(const RegisterInputs& in, bool write_known, bool read_known, std::uint32_t read_data) {
  const RegisterOutputs now = outputs();
  const bool write = writes(), read = reads();
  if (in.awvalid && now.awready) {
    have_address_ = true;
    write_address_ = in.awaddr;
  }
  if (in.wvalid && now.wready) {
    have_data_ = true;
    data_ = in.wdata;
    strobes_ = in.wstrb;
  }
  if (in.bready) answer_write_ = false;
  if (write) {
    have_address_ = have_data_ = false;
    answer_write_ = true;
    write_response_ = write_known ? 0 : kSlvErr;
  }
  if (in.arvalid && now.arready) {
    have_read_ = true;
    read_address_ = in.araddr;
  }
  if (in.rready) answer_read_ = false;
  if (read) {
    have_read_ = false;
    answer_read_ = true;
    read_data_ = read_known ? read_data : 0;
    read_response_ = read_known ? 0 : kSlvErr;
  }
  up_ = true;
}

}  // namespace p2p::model
