#include "tests/driver/fake_kernel.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <gtest/gtest.h>

#include "tests/driver_under_test.h"

FakeKernel* fake = nullptr;

namespace {

constexpr KIRQL kDirql = 9;

PKSFILTER_DESCRIPTOR filter_of(const KSDEVICE_DESCRIPTOR* descriptor) {
  return const_cast<PKSFILTER_DESCRIPTOR>(descriptor->FilterDescriptors[0]);
}

}  // namespace

NTSTATUS load_driver() {
  static void* module = dlopen(p2p::driver_under_test(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    ADD_FAILURE() << dlerror();
    return STATUS_DRIVER_UNABLE_TO_LOAD;
  }
  auto* entry = reinterpret_cast<PDRIVER_INITIALIZE>(dlsym(module, "DriverEntry"));
  static DRIVER_OBJECT driver_object;
  UNICODE_STRING path{};
  return entry(&driver_object, &path);
}

FakeKernel::FakeKernel() {
  fake = this;
  leading.Offset = &leading.OffsetOut;
  EXPECT_EQ(load_driver(), STATUS_SUCCESS);
}

FakeKernel::~FakeKernel() {
  if (other_) join_other_thread();
  for (PVOID item : bag) {
    --held["pool"];
    std::free(item);
  }
  for (const auto& [what, count] : held) EXPECT_EQ(count, 0) << what << " left behind";
  fake = nullptr;
}

void FakeKernel::require(bool holds, const char* what) { EXPECT_TRUE(holds) << "the driver breaks: " << what; }

const KSPIN_DESCRIPTOR_EX& FakeKernel::pin_descriptor() const { return filter_of(descriptor)->PinDescriptors[0]; }

NTSTATUS FakeKernel::start() {
  if (device.Context == nullptr) {
    const NTSTATUS added = descriptor->Dispatch->Add(&device);
    if (!NT_SUCCESS(added)) return added;
  }
  struct {
    CM_RESOURCE_LIST list;
    CM_PARTIAL_RESOURCE_DESCRIPTOR more;
  } resources{};
  resources.list.Count = 1;
  CM_PARTIAL_RESOURCE_LIST& partial = resources.list.List[0].PartialResourceList;
  partial.Count = 2;
  partial.PartialDescriptors[0].Type = CmResourceTypeInterrupt;
  partial.PartialDescriptors[0].ShareDisposition = messages ? CmResourceShareDeviceExclusive : CmResourceShareShared;
  if (messages) partial.PartialDescriptors[0].Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
  partial.PartialDescriptors[0].u.Interrupt.Level = kDirql;
  partial.PartialDescriptors[0].u.Interrupt.Vector = 0x51;
  partial.PartialDescriptors[0].u.Interrupt.Affinity = 1;
  partial.PartialDescriptors[1].Type = CmResourceTypeMemory;
  partial.PartialDescriptors[1].u.Memory.Start.QuadPart = 0xF0000000;
  partial.PartialDescriptors[1].u.Memory.Length = 0x1000;
  const NTSTATUS status = descriptor->Dispatch->Start(&device, nullptr, &resources.list, &resources.list);
  device.Started = NT_SUCCESS(status);
  return status;
}

NTSTATUS FakeKernel::create_pin(LONG width, LONG height) {
  KS_DATARANGE_VIDEO range = *reinterpret_cast<const KS_DATARANGE_VIDEO*>(pin_descriptor().PinDescriptor.DataRanges[0]);
  range.VideoInfoHeader.bmiHeader.biWidth = width;
  range.VideoInfoHeader.bmiHeader.biHeight = height;
  ULONG size = 0;
  NTSTATUS status =
      pin_descriptor().IntersectHandler(nullptr, nullptr, nullptr, &range.DataRange,
                                        pin_descriptor().PinDescriptor.DataRanges[0], sizeof format_, &format_, &size);
  if (!NT_SUCCESS(status)) return status;
  pin = {};
  pin.Descriptor = &pin_descriptor();
  pin.ConnectionFormat = &format_.DataFormat;
  status = pin_descriptor().Dispatch->SetDataFormat(&pin, nullptr, nullptr, nullptr, nullptr);
  if (NT_SUCCESS(status)) status = pin_descriptor().Dispatch->Create(&pin, nullptr);
  pin_open = NT_SUCCESS(status);
  return status;
}

NTSTATUS FakeKernel::set_state(KSSTATE state) {
  while (pin.DeviceState != state) {
    const KSSTATE from = pin.DeviceState;
    const auto to = static_cast<KSSTATE>(from < state ? from + 1 : from - 1);
    const NTSTATUS status = pin_descriptor().Dispatch->SetDeviceState(&pin, to, from);
    if (!NT_SUCCESS(status)) return status;
    pin.DeviceState = to;
    if (to == KSSTATE_PAUSE && from == KSSTATE_ACQUIRE) process();
    if (to == KSSTATE_STOP) {
      for (FakeFrame* frame : std::exchange(queue_ahead, {})) {
        frame->status = STATUS_CANCELLED;
        --frame->references;
        complete_if_released(frame);
      }
    }
  }
  return STATUS_SUCCESS;
}

FakeFrame* FakeKernel::queue(ULONG bytes, ULONG piece) {
  frames_.push_back(std::make_unique<FakeFrame>());
  FakeFrame* frame = frames_.back().get();
  frame->memory.resize(bytes, 0xEE);
  for (ULONG at = 0; at < bytes; at += piece) {
    KSMAPPING mapping{};
    mapping.PhysicalAddress.QuadPart = reinterpret_cast<LONGLONG>(frame->memory.data() + at);
    mapping.ByteCount = std::min(piece, bytes - at);
    frame->mappings.push_back(mapping);
  }
  static_assert(offsetof(FakeFrame, info) == offsetof(FakeFrame, header) + sizeof(KSSTREAM_HEADER));
  frame->header.Size = sizeof(KSSTREAM_HEADER) + sizeof(KS_FRAME_INFO);
  frame->header.FrameExtent = bytes;
  frame->references = 1;
  const bool previously_empty = queue_ahead.empty();
  queue_ahead.push_back(frame);
  if (previously_empty && pin.DeviceState >= KSSTATE_PAUSE) process();
  return frame;
}

void FakeKernel::process() {
  while (!queue_ahead.empty() && pin.DeviceState >= KSSTATE_PAUSE) {
    const auto before = queue_ahead.size();
    const NTSTATUS status = pin_descriptor().Dispatch->Process(&pin);
    require(!leading_locked, "Process leaves the leading edge locked");
    require(irql == PASSIVE_LEVEL && locks.empty(), "Process returns as it was called");
    if (status != STATUS_SUCCESS) return;
    require(queue_ahead.size() < before, "Process returns success without progress (R-PR-4)");
    if (queue_ahead.size() >= before) return;
  }
}

void FakeKernel::run_interrupts() {
  const KIRQL before = irql;
  for (int pass = 0;; ++pass) {
    require(pass < 1000, "the interrupt line goes down (interrupt storm)");
    if (pass >= 1000) return;
    if (isr != nullptr && chip.line()) {
      irql = kDirql;
      const bool claimed = isr(nullptr, isr_context);
      require(claimed, "the ISR claims its own interrupt");
      if (!claimed) return;
    } else if (!dpcs.empty()) {
      PKDPC dpc = dpcs.front();
      dpcs.pop_front();
      irql = DISPATCH_LEVEL;
      dpc->DeferredRoutine(dpc, dpc->DeferredContext, nullptr, nullptr);
      require(irql == DISPATCH_LEVEL && locks.empty(), "a DPC returns as it was called");
    } else {
      break;
    }
  }
  irql = before;
}

void FakeKernel::pump() {
  for (;;) {
    run_interrupts();
    // Threads that need the stream's mutex wait while someone holds it.
    if (held["mutex"] != 0) return;
    if (run_work_item()) continue;
    if (!std::exchange(attempt, false)) return;
    process();
  }
}

void FakeKernel::run_work() {
  run_interrupts();
  while (run_work_item()) {
  }
}

bool FakeKernel::run_work_item() {
  if (work.empty()) return false;
  const auto item = std::move(work.front());
  work.pop_front();
  item();
  return true;
}

void FakeKernel::on_another_processor(const std::function<void()>& what) {
  const KIRQL before = std::exchange(irql, PASSIVE_LEVEL);
  what();
  irql = before;
}

void FakeKernel::in_another_thread(std::function<void()> what) {
  other_ = std::make_unique<OtherThread>();
  other_->body = std::move(what);
  other_->thread = std::thread([this] {
    other_->may_run.acquire();
    other_->body();
    other_->ended = true;
    other_->may_return.release();
  });
}

void FakeKernel::switch_to_other_thread() {
  other_->may_run.release();
  other_->may_return.acquire();
}

void FakeKernel::join_other_thread() {
  while (!other_->ended) switch_to_other_thread();
  other_->thread.join();
  other_.reset();
}

bool FakeKernel::blocked_until(const DISPATCHER_HEADER& object) {
  if (is_other_thread()) {
    while (object.SignalState <= 0) {
      other_->may_return.release();
      other_->may_run.acquire();
    }
    return true;
  }
  chip.time_passes();
  pump();
  if (object.SignalState <= 0 && other_ && !other_->ended) switch_to_other_thread();
  return object.SignalState > 0;
}

void FakeKernel::complete_if_released(FakeFrame* frame) {
  require(frame->references >= 0, "a frame released more often than referenced");
  if (frame->references != 0) return;
  const bool given_up = chip.never_drains && (chip.reg(VCAP_STATUS) & VCAP_STATUS_RESETTING) != 0;
  require(given_up || !chip.may_write(frame->memory.data(), frame->memory.data() + frame->memory.size()),
          "a buffer is given back that the chip may still write to");
  completed.push_back(frame);
}

void FakeKernel::surprise_removal() {
  chip.gone = true;
  descriptor->Dispatch->SurpriseRemoval(&device, nullptr);
}

void FakeKernel::close_pin() {
  EXPECT_EQ(set_state(KSSTATE_STOP), STATUS_SUCCESS);
  EXPECT_EQ(pin_descriptor().Dispatch->Close(&pin, nullptr), STATUS_SUCCESS);
  pin_open = false;
}

void FakeKernel::remove() { descriptor->Dispatch->Remove(&device, nullptr); }

KSPROPERTY_DROPPEDFRAMES_CURRENT_S FakeKernel::dropped_frames() {
  const KSPROPERTY_SET& set = pin_descriptor().AutomationTable->PropertySets[0];
  EXPECT_TRUE(IsEqualGUID(*set.Set, PROPSETID_VIDCAP_DROPPEDFRAMES));
  KSPROPERTY_DROPPEDFRAMES_CURRENT_S value{};
  KSPROPERTY request{};
  IRP irp{};
  EXPECT_EQ(set.PropertyItem[0].GetPropertyHandler(&irp, &request, &value), STATUS_SUCCESS);
  EXPECT_EQ(irp.IoStatus.Information, sizeof value);
  return value;
}
