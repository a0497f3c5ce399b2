// A source pin of one filter, connected to a sink pin of another: a data source that stops after some frames, a sink
// that keeps what it gets.
#pragma once

#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace p2p::test {

/// What came of KsPinRegisterIrpCompletionCallback.
struct Callback {
  static inline std::vector<PIRP> irps;
  static inline std::vector<NTSTATUS> statuses;
  static inline PKSPIN pin = nullptr;
  static inline KIRQL highest = 0;
  static inline int others = 0;
  static void NTAPI completed(PKSPIN source, PIRP irp) {
    pin = source;
    irps.push_back(irp);
    statuses.push_back(irp->IoStatus.Status);
    highest = std::max(highest, KeGetCurrentIrql());
  }
  static void NTAPI other(PKSPIN, PIRP) { ++others; }
};

/// A source pin of one filter, connected to a sink pin of another.
struct Link {
  explicit Link(ULONG source_id = SYNTH_PIN_SOURCE, ULONG sink_id = SYNTH_PIN_RENDER) {
    EXPECT_EQ(from.open(), STATUS_SUCCESS);
    EXPECT_EQ(to.open(), STATUS_SUCCESS);
    EXPECT_EQ(to.create_pin(&sink, sink_id), STATUS_SUCCESS);
    connected = from.create_pin(&source, source_id, synth_format(),
                                [this](KSPIN_CONNECT& c) { c.PinToHandle = reinterpret_cast<HANDLE>(sink); });
  }
  ~Link() { close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  void close() {
    if (source != 0) nt::close(source);
    if (sink != 0) nt::close(sink);
    source = sink = 0;
  }
  /// R-ST-5: up the sink first, down the source first.
  void move(KSSTATE state) {
    const bool up = state > get_state(source);
    EXPECT_EQ(set_state(up ? sink : source, state), STATUS_SUCCESS);
    EXPECT_EQ(set_state(up ? source : sink, state), STATUS_SUCCESS);
  }
  Client from, to;
  nt::Handle source = 0, sink = 0;
  NTSTATUS connected = -1;
};

class Circuit : public KsTest {
 protected:
  Circuit() {
    driver.pin_create = [this](PKSPIN pin, PIRP) {
      (pin->Communication == KSPIN_COMMUNICATION_SOURCE ? source : sink) = pin;
      if (pin->Communication == KSPIN_COMMUNICATION_SOURCE && callback != nullptr) {
        KsPinRegisterIrpCompletionCallback(pin, callback);
      }
      return STATUS_SUCCESS;
    };
    // A data source that stops after `frames`; the sink keeps what it gets.
    driver.process = [this](PKSPIN pin) -> NTSTATUS {
      PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
      if (at == nullptr) return STATUS_PENDING;
      if (pin->DataFlow == KSPIN_DATAFLOW_OUT) {
        if (produced == frames) {
          KsStreamPointerUnlock(at, FALSE);
          return STATUS_PENDING;
        }
        std::memset(at->OffsetOut.Data, static_cast<int>(++produced), at->OffsetOut.Remaining);
        at->StreamHeader->DataUsed = at->OffsetOut.Remaining;
        at->StreamHeader->PresentationTime.Time = produced * 1000;
      } else {
        consumed.emplace_back(at->OffsetIn.Data[0], at->OffsetIn.Count);
        times.push_back(at->StreamHeader->PresentationTime.Time);
        addresses.push_back(at->OffsetIn.Data);
      }
      KsStreamPointerUnlock(at, TRUE);
      return STATUS_SUCCESS;
    };
  }
  PKSPIN source = nullptr, sink = nullptr;
  PFNKSPINIRPCOMPLETION callback = Callback::completed;
  int frames = 10, produced = 0;
  std::vector<std::pair<UCHAR, ULONG>> consumed;
  std::vector<LONGLONG> times;
  std::vector<PUCHAR> addresses;
};

}  // namespace p2p::test
