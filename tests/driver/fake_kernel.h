// The kernel and AVStream as far as vcapdrv calls them: one processor, no time, everything checked that a call
// promises.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
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
  KS_FRAME_INFO info{};  // behind the header, as its Size says
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
  /// Interrupts and DPCs.
  void run_interrupts();
  /// What other processors do meanwhile, whatever level this one is at: interrupts and DPCs, then a work item.
  void on_another_processor(const std::function<void()>& what);
  void run_work();
  bool run_work_item();  // false: there was none
  /// Begins in the next wait that would block; goes on whenever this thread blocks, and in the end.
  void in_another_thread(std::function<void()> what);
  void join_other_thread();
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
  int timeouts = 0;       // waits that were in vain

  // -- used by the exports
  // ---------------------------------------------------------------------------------------------
  void require(bool holds, const char* what);
  void complete_if_released(FakeFrame* frame);
  void process();
  /// Lets time pass and others run until `object` is signalled; false: nobody will.
  bool blocked_until(const DISPATCHER_HEADER& object);
  std::deque<PKDPC> dpcs;
  std::deque<std::function<void()>> work;
  std::map<PVOID, ULONG> common_buffers;  ///< to their lengths
  std::vector<KSPIN_LOCK*> locks;
  PKSERVICE_ROUTINE isr = nullptr;
  PVOID isr_context = nullptr;
  PKDEFERRED_ROUTINE dpc_routine = nullptr;
  bool attempt = false;
  std::deque<FakeFrame*> queue_ahead;  ///< at and behind the leading edge
  KSSTREAM_POINTER leading{};
  bool leading_locked = false;
  const KSDEVICE_DESCRIPTOR* descriptor = nullptr;
  std::vector<PVOID> bag;
  std::vector<std::unique_ptr<char[]>> edits;

 private:
  /// Two threads of which one runs at a time.
  struct OtherThread {
    std::function<void()> body;
    std::thread thread;
    std::binary_semaphore may_run{0}, may_return{0};
    bool ended = false;
  };
  bool is_other_thread() const { return other_ && std::this_thread::get_id() == other_->thread.get_id(); }
  void switch_to_other_thread();

  std::unique_ptr<OtherThread> other_;
  std::vector<std::unique_ptr<FakeFrame>> frames_;
  KS_DATAFORMAT_VIDEOINFOHEADER format_{};
};

extern FakeKernel* fake;
/// A handle on the driver module: its entry point runs once per FakeKernel.
NTSTATUS load_driver();
