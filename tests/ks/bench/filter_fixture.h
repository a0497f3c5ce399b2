// A filter-centric filter whose Process the test writes.
#pragma once

#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <algorithm>
#include <cstring>

namespace p2p::test {

class FilterCentric : public KsTest {
 protected:
  FilterCentric() {
    driver.configure = [this](SYNTH_TABLES& tables) {
      tables.FilterDispatch->Process = tables.FilterProcess;
      tables.PinDispatch->Process = nullptr;  // R-KS-5
      if (edit) edit(tables);
    };
    driver.filter_process = [this](PKSFILTER, PKSPROCESSPIN_INDEXENTRY index) {
      ++calls;
      irql = KeGetCurrentIrql();
      return process ? process(index) : STATUS_PENDING;
    };
  }
  PKSFILTER filter() const { return static_cast<PKSFILTER>(driver.last(SynthFilterCreate)->object); }
  /// Copies from the render pin to the capture pin, as a transform does.
  static NTSTATUS transform(PKSPROCESSPIN_INDEXENTRY index) {
    PKSPROCESSPIN in = index[SYNTH_PIN_RENDER].Pins[0], out = index[SYNTH_PIN_CAPTURE].Pins[0];
    const ULONG bytes = std::min(in->BytesAvailable, out->BytesAvailable);
    for (ULONG i = 0; i < bytes; ++i) {
      static_cast<PUCHAR>(out->Data)[i] = static_cast<UCHAR>(static_cast<PUCHAR>(in->Data)[i] + 1);
    }
    in->BytesUsed = out->BytesUsed = bytes;
    return STATUS_SUCCESS;
  }
  std::function<void(SYNTH_TABLES&)> edit;
  std::function<NTSTATUS(PKSPROCESSPIN_INDEXENTRY)> process;
  int calls = 0;
  KIRQL irql = 0;
};

/// One filter with a pin that is written to and one that is read from.
struct Transform {
  explicit Transform(KSSTATE state = KSSTATE_RUN) {
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
    EXPECT_EQ(client.create_pin(&in, SYNTH_PIN_RENDER), STATUS_SUCCESS);
    EXPECT_EQ(client.create_pin(&out, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
    move(state);
  }
  ~Transform() {
    nt::close(out);
    nt::close(in);
  }
  Transform(const Transform&) = delete;
  Transform& operator=(const Transform&) = delete;
  void move(KSSTATE state) {
    EXPECT_EQ(set_state(in, state), STATUS_SUCCESS);
    EXPECT_EQ(set_state(out, state), STATUS_SUCCESS);
  }
  Client client;
  nt::Handle in = 0, out = 0;
};

}  // namespace p2p::test
