// A scripted capture filter with one pin, for tests of the proxy: answers the KS requests as the specification has it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "fake_machine.h"
#include "sw/proxy/windows_headers.h"

namespace p2p::fake {

class CaptureFilter;

/// The kernel pin. Reads pend until the script completes them.
class CapturePin final : public Device {
 public:
  explicit CapturePin(CaptureFilter& filter) : filter_(filter) {}
  nt::Status control(const std::shared_ptr<Request>& request) override;
  void cancel(nt::IoStatusBlock* iosb) override;
  void close() override;

  std::size_t queued() const { return reads_.size(); }
  KSSTREAM_HEADER& header(std::size_t index) { return *static_cast<KSSTREAM_HEADER*>(reads_[index]->output); }
  /// Completes the `index`th queued read as its header stands.
  void complete(std::size_t index, nt::Status status, std::uintptr_t information);
  /// Fills the header of the `index`th queued read and completes it with success.
  void complete_frame(std::size_t index, std::int64_t time_100ns, std::uint32_t bytes, std::uint32_t flags);
  void cancel_all();

 private:
  nt::Status property(Request& request);
  nt::Status read(const std::shared_ptr<Request>& request);
  nt::Status set_state(KSSTATE state);
  void generate();

  CaptureFilter& filter_;
  std::deque<std::shared_ptr<Request>> reads_;
  KSSTATE state_ = KSSTATE_STOP;
  bool resetting_ = false;
};

class CaptureFilter final : public Device {
 public:
  CaptureFilter();
  nt::Status create(std::u16string_view name, std::uint32_t access, std::shared_ptr<Device>* opened) override;
  nt::Status control(const std::shared_ptr<Request>& request) override;
  void close() override { ++closed; }

  // Script.
  std::vector<KS_DATARANGE_VIDEO> ranges;  ///< of pin 1
  bool intersect_wrong_height = false;
  nt::Status create_status = 0;
  nt::Status read_status = 0x103;   ///< what READ_STREAM returns at once
  nt::Status state_status[4] = {};  ///< what setting each state returns
  bool keep_reads_on_stop = false;
  bool ignore_cancel = false;
  bool zero_length_on_stop = false;  ///< completes queued reads with success and no data instead
  unsigned frames = 0;               ///< to generate from RUN on
  std::int64_t frame_interval_100ns = 333333;
  std::vector<std::uint8_t> framing_ex;  ///< KSALLOCATOR_FRAMING_EX of the pin; empty: it has none
  std::vector<std::uint8_t> framing;     ///< KSALLOCATOR_FRAMING, likewise
  bool end_of_stream = false;            ///< flagged on the last generated frame
  bool hears_complaints = false;         ///< the pin has KSPROPERTY_QUALITY_REPORT

  // Observed.
  std::vector<std::string> log;       ///< "state 2", "read", "reset 0", …
  std::vector<std::uint8_t> connect;  ///< the parameters of the pin's creation
  std::uint32_t connect_access = 0;
  std::uint64_t dropped = 0, captured = 0;
  unsigned closed = 0, pin_closed = 0;
  std::shared_ptr<CapturePin> pin;

 private:
  nt::Status pin_property(Request& request);
  nt::Status intersect(Request& request);
};

/// YUY2, `least`..`most` wide and high in steps of 16 and 8.
KS_DATARANGE_VIDEO yuy2_range(LONG least, LONG most);

}  // namespace p2p::fake
