// The kernel and AVStream as far as vcapdrv calls them: one processor, no time, everything checked that a call
// promises.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#include "tests/driver/fake_chip.h"

constexpr ULONG kVgaBytes = 640 * 480 * 2;

/// One queued buffer, as an IRP with one stream header.
struct FakeFrame {
  std::vector<UCHAR> memory;
  std::vector<KSMAPPING> mappings;
  KSSTREAM_HEADER header{};
  int references = 0;
  NTSTATUS status = STATUS_SUCCESS;
};

class FakeKernel {
 public:
  FakeKernel();
  ~FakeKernel();

  // -- device and pin, in the order a stream goes through -------------------------------------------------------------
  NTSTATUS start();
  NTSTATUS create_pin(LONG width, LONG height);
  NTSTATUS set_state(KSSTATE state);
  /// Queues a buffer of `bytes`, mapped in pieces of `piece` bytes, and processes as AVStream would (rule R-PR-1).
  FakeFrame* queue(ULONG bytes, ULONG piece);
  /// Interrupts, DPCs, work items and processing, until nothing is left to do.
  void pump();
  void surprise_removal();
  void close_pin();
  void remove();
  const KSPIN_DESCRIPTOR_EX& pin_descriptor() const;
  KSPROPERTY_DROPPEDFRAMES_CURRENT_S dropped_frames();

  std::vector<FakeFrame*> completed;  ///< in order of completion
  FakeChip chip;
  KSDEVICE device{};
  KSPIN pin{};
  bool pin_open = false;
  KIRQL irql = PASSIVE_LEVEL;

  // -- what the driver holds
  // --------------------------------------------------------------------------------------------
  std::map<std::string, int> held;
  ULONG map_registers = 16384;
  int refused_interrupts = 0;
  bool messages = false;  // the interrupt is message-signalled

  // -- used by the exports
  // ---------------------------------------------------------------------------------------------
  void require(bool holds, const char* what);
  void complete_if_released(FakeFrame* frame);
  void process();
  void run_interrupts();
  std::deque<PKDPC> dpcs;
  std::deque<std::function<void()>> work;
  std::vector<KSPIN_LOCK*> locks;
  PKSERVICE_ROUTINE isr = nullptr;
  PVOID isr_context = nullptr;
  bool attempt = false;
  std::deque<FakeFrame*> queue_ahead;  ///< at and behind the leading edge
  KSSTREAM_POINTER leading{};
  bool leading_locked = false;
  const KSDEVICE_DESCRIPTOR* descriptor = nullptr;
  std::vector<PVOID> bag;
  std::vector<std::unique_ptr<char[]>> edits;

 private:
  std::vector<std::unique_ptr<FakeFrame>> frames_;
  KS_DATAFORMAT_VIDEOINFOHEADER format_{};
};

extern FakeKernel* fake;
/// A handle on the driver module: its entry point runs once per FakeKernel.
NTSTATUS load_driver();
