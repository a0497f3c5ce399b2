// The functional coverage of a driver's life, from the events of the kernel and the class driver (docs/events.md).
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "tb/coverage/driver_bins.h"
#include "tb/event_listener.h"

namespace p2p::coverage {

class DriverWatch final : public tb::EventListener {
 public:
  using Fields = std::initializer_list<TraceField>;
  void on_event(std::uint64_t ns, std::string_view layer, std::string_view event, Fields fields) override;
  DriverBins& bins() { return bins_; }

 private:
  struct Frame {
    std::uint64_t irp;
    bool in_hand;
  };
  struct Pin {
    PinState state = kStop;
    std::map<std::uint64_t, Frame> frames;
    Load load() const;
  };
  struct Request {
    std::uint64_t major = 0, status = 0, pin = 0;
    bool called = false, stream = false, pended = false, completed = false, cancelled = false;
  };
  struct Processor {
    bool in_isr = false, in_dpc = false, queued = false;
    std::size_t finished = 0, meanwhile = 0;
  };

  void sim(std::string_view event);
  void ks(std::string_view event, Fields fields);
  void irp(std::string_view event, Fields fields);
  void interrupts(std::string_view event, Fields fields);
  void ended(const Request& request);
  void state_changed(Fields fields);
  PinState furthest() const;

  DriverBins bins_;
  std::map<std::uint64_t, Pin> pins_;
  std::map<std::uint64_t, Request> requests_;
  std::map<std::uint64_t, Processor> processors_;
  bool by_message_ = false;  // the last interrupt
};

}  // namespace p2p::coverage
