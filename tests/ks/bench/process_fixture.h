// A pin whose Process the test writes.
#pragma once

#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <algorithm>

namespace p2p::test {

class Process : public KsTest {
 protected:
  void flags(ULONG value) {
    driver.configure = [value](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_CAPTURE].Flags = value; };
  }
  std::size_t calls() const { return driver.count(SynthPinProcess); }
  /// Process that takes nothing.
  void keep() {
    driver.process = [](PKSPIN) { return STATUS_PENDING; };
  }
  /// Process that takes one frame a call and answers `status`.
  void eject(NTSTATUS status) {
    driver.process = [status](PKSPIN pin) -> NTSTATUS {
      PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
      if (leading == nullptr) return STATUS_PENDING;
      leading->StreamHeader->DataUsed = 1;
      KsStreamPointerUnlock(leading, TRUE);
      return status;
    };
  }
  PKSPIN only_pin() const { return static_cast<PKSPIN>(driver.last(SynthPinCreate)->object); }
};

}  // namespace p2p::test
