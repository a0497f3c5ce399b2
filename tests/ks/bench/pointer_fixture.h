// A pin whose stream pointers the test moves.
#pragma once

#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {

class Pointer : public KsTest {
 protected:
  Pointer() {
    driver.process = [](PKSPIN) { return STATUS_PENDING; };
  }
  void flags(ULONG value) {
    driver.configure = [value](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_CAPTURE].Flags = value; };
  }
  PKSPIN pin() const { return static_cast<PKSPIN>(driver.last(SynthPinCreate)->object); }
  PKSSTREAM_POINTER edge(KSSTREAM_POINTER_STATE state = KSSTREAM_POINTER_STATE_LOCKED) const {
    return KsPinGetLeadingEdgeStreamPointer(pin(), state);
  }
  PKSSTREAM_POINTER unlocked_edge() const { return edge(KSSTREAM_POINTER_STATE_UNLOCKED); }
};

}  // namespace p2p::test
