// How the requests of an IRP source pin go round.
#include "sw/ks/ddk.h"

#include <vector>

#include "ntos/ks_support.h"
#include "sw/ks/callback.h"
#include "sw/ks/circuit.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
constexpr ULONG kFrameTag = 0x7266734B;
}  // namespace

/// One request and its frame.
struct Circuit::Turn {
  Circuit* circuit;
  PIRP irp = nullptr;
  PKSSTREAM_HEADER header = nullptr;
  ULONG header_bytes = 0;
  PVOID data = nullptr;
  ULONG bytes = 0;
  PMDL mdl = nullptr;
  bool own_data = false;  // the requestor's memory
  bool own_mdl = false;
  bool injected = false;
  PVOID context = nullptr;    // of an injected frame
  bool idle = true;           // waits for go()
  std::uint64_t sent_in = 0;  // how often the way had been opened when it was launched
  bool at_sink = false;
};

Circuit::Circuit(Pin& pin, PFILE_OBJECT sink_file) : pin_(pin), sink_file_(sink_file) {
  KeInitializeEvent(&all_back_, NotificationEvent, TRUE);
}

Circuit::~Circuit() { ObDereferenceObject(sink_file_); }

NTSTATUS Circuit::connect(Pin& pin, HANDLE sink_handle, KPROCESSOR_MODE mode, std::unique_ptr<Circuit>* circuit) {
  PVOID object = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(sink_handle, 0, *IoFileObjectType, mode, &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  circuit->reset(new Circuit(pin, static_cast<PFILE_OBJECT>(object)));
  Pin* sink = pin_of_file((*circuit)->sink_file_);
  (*circuit)->sink_pin_ = sink;
  if (sink == nullptr)
    return filter_of_file((*circuit)->sink_file_) == nullptr ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
  const bool opposite = (sink->pub.DataFlow == KSPIN_DATAFLOW_IN) != (pin.pub.DataFlow == KSPIN_DATAFLOW_IN);
  return opposite && sink->pub.Communication == KSPIN_COMMUNICATION_SINK ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

std::unique_ptr<Circuit::Turn> Circuit::make_turn(PVOID data, ULONG bytes, PMDL mdl) {
  auto turn = std::make_unique<Turn>();
  turn->circuit = this;
  turn->bytes = bytes;
  turn->header_bytes =
      pin_.pub.StreamHeaderSize != 0 ? pin_.pub.StreamHeaderSize : static_cast<ULONG>(sizeof(KSSTREAM_HEADER));
  // R-ST-5: the sink's stack is complete when it has been acquired. One location is the pin's own.
  turn->irp = IoAllocateIrp(static_cast<CHAR>(sink_device()->StackSize + 1), FALSE);
  turn->header = static_cast<PKSSTREAM_HEADER>(ExAllocatePool2(POOL_FLAG_NON_PAGED, turn->header_bytes, kFrameTag));
  turn->data = data;
  turn->mdl = mdl;
  if (data == nullptr && mdl == nullptr && bytes != 0) {
    turn->own_data = true;
    turn->data = allocate_frame(bytes);
  }
  if (mdl == nullptr && turn->data != nullptr) {
    turn->own_mdl = true;
    turn->mdl = IoAllocateMdl(turn->data, bytes, FALSE, FALSE, nullptr);
    if (turn->mdl != nullptr) MmBuildMdlForNonPagedPool(turn->mdl);
  }
  const bool complete = turn->irp != nullptr && turn->header != nullptr && (bytes == 0 || turn->mdl != nullptr);
  if (complete) return turn;
  free_turn(*turn);
  return nullptr;
}

void Circuit::free_turn(Turn& turn) {
  if (turn.own_mdl && turn.mdl != nullptr) IoFreeMdl(turn.mdl);
  if (turn.own_data && turn.data != nullptr) free_frame(turn.data);
  if (turn.header != nullptr) ExFreePoolWithTag(turn.header, kFrameTag);
  if (turn.irp != nullptr) IoFreeIrp(turn.irp);
}

/// R-ALC-2: the allocator of this pin, else of the other one; both ends are in the kernel.
NTSTATUS Circuit::open_allocator(ULONG frames, ULONG bytes) {
  for (Pin* pin : {&pin_, sink_pin_}) {
    const KSPIN_DISPATCH* dispatch = pin != nullptr ? pin->pub.Descriptor->Dispatch : nullptr;
    if (dispatch == nullptr || dispatch->Allocator == nullptr) continue;
    KSALLOCATOR_FRAMING framing{};
    framing.PoolType = NonPagedPool;
    framing.Frames = frames;
    framing.FrameSize = bytes;
    const NTSTATUS status = call_driver(CallbackOf::kPin, "KSALLOCATOR_DISPATCH.InitializeAllocator", [&] {
      return dispatch->Allocator->InitializeAllocator(&pin->pub, &framing, &allocator_context_);
    });
    if (NT_SUCCESS(status)) allocator_ = dispatch->Allocator;
    return status;
  }
  return STATUS_SUCCESS;
}

void Circuit::close_allocator() {
  if (allocator_ == nullptr) return;
  call_driver(CallbackOf::kPin, "KSALLOCATOR_DISPATCH.Delete",
              [&] { allocator_->DeleteAllocator(allocator_context_); });
  allocator_ = nullptr;
}

PVOID Circuit::allocate_frame(ULONG bytes) {
  if (allocator_ == nullptr) return ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kFrameTag);
  return call_driver(CallbackOf::kPin, "KSALLOCATOR_DISPATCH.Allocate",
                     [&] { return allocator_->Allocate(allocator_context_); });
}

void Circuit::free_frame(PVOID data) {
  if (allocator_ == nullptr) {
    ExFreePoolWithTag(data, kFrameTag);
    return;
  }
  call_driver(CallbackOf::kPin, "KSALLOCATOR_DISPATCH.Free", [&] { allocator_->Free(allocator_context_, data); });
}

// R-CIR-2: count and size come from the allocator framing.
NTSTATUS Circuit::build() {
  retiring_ = false;
  built_ = true;
  if (pin_.frame_return != nullptr) return STATUS_SUCCESS;  // R-CIR-6: the driver injects
  ULONG frames = 1;
  ULONG bytes = pin_.pub.ConnectionFormat->SampleSize;
  const KSALLOCATOR_FRAMING_EX* framing = pin_.pub.Descriptor->AllocatorFraming;
  if (framing != nullptr && framing->CountItems != 0) {
    frames = framing->FramingItem[0].Frames != 0 ? framing->FramingItem[0].Frames : 1;
    if (bytes == 0) bytes = framing->FramingItem[0].FramingRange.Range.MaxFrameSize;
  }
  if (bytes == 0) bytes = PAGE_SIZE;
  const NTSTATUS opened = open_allocator(frames, bytes);
  if (!NT_SUCCESS(opened)) {
    free_turns();
    return opened;
  }
  for (ULONG i = 0; i < frames; ++i) {
    std::unique_ptr<Turn> turn = make_turn(nullptr, bytes, nullptr);
    if (turn == nullptr) {
      free_turns();
      return STATUS_INSUFFICIENT_RESOURCES;
    }
    turns_.push_back(std::move(turn));
  }
  return STATUS_SUCCESS;
}

/// An empty frame, and the IRP as if the pin's driver had just been sent it.
void Circuit::prepare(Turn& turn) {
  IoReuseIrp(turn.irp, STATUS_SUCCESS);
  IoSetNextIrpStackLocation(turn.irp);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(turn.irp);
  location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  location->DeviceObject = pin_.filter->factory->device->pub.FunctionalDeviceObject;
  location->FileObject = pin_.file;
  location->Parameters.DeviceIoControl.IoControlCode = is_writer() ? IOCTL_KS_WRITE_STREAM : IOCTL_KS_READ_STREAM;
  location->Parameters.DeviceIoControl.OutputBufferLength = turn.header_bytes;
  turn.irp->AssociatedIrp.SystemBuffer = turn.header;
  turn.irp->UserBuffer = turn.header;
  turn.irp->MdlAddress = turn.mdl;
  turn.irp->RequestorMode = KernelMode;
  if (turn.injected) return;  // the driver's own header
  RtlZeroMemory(turn.header, turn.header_bytes);
  turn.header->Size = turn.header_bytes;
  turn.header->PresentationTime.Numerator = turn.header->PresentationTime.Denominator = 1;
  turn.header->FrameExtent = turn.bytes;
  turn.header->Data = turn.data;
}

void Circuit::go() {
  std::vector<Turn*> waiting;
  {
    SpinGuard guard(lock_);
    if (!built_ || retiring_) return;
    ++opened_;
    for (auto& turn : turns_) {
      if (!turn->idle) continue;
      start(*turn);
      waiting.push_back(turn.get());
    }
  }
  for (Turn* turn : waiting) launch(*turn);
}

void Circuit::launch(Turn& turn) {
  prepare(turn);
  if (is_writer() && !turn.injected) {
    enter_queue(turn);
  } else {
    send(turn);
  }
}

/// With the lock: the turn is on its way.
void Circuit::start(Turn& turn) {
  turn.idle = false;
  turn.sent_in = opened_;
  ++active_;
  KeClearEvent(&all_back_);
}

/// With the lock: the turn rests, and may be gone as soon as the lock is released.
void Circuit::rest(Turn& turn) {
  turn.idle = true;
  if (--active_ == 0) KeSetEvent(&all_back_, IO_NO_INCREMENT, FALSE);
}

void Circuit::enter_queue(Turn& turn) {
  if (NT_SUCCESS(frames_arrived(pin_, turn.irp, turn.header_bytes))) return;
  if (!is_writer()) tell_completion(turn);  // a data sink's has been round
  recycle(turn, false);
}

// R-CIR-1.
void Circuit::send(Turn& turn) {
  bool late = false;
  {
    SpinGuard guard(lock_);
    late = retiring_;
    turn.at_sink = !late;
  }
  if (late) {
    if (turn.injected) {
      give_back(turn, STATUS_CANCELLED);
    } else {
      recycle(turn, false);
    }
    return;
  }
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(turn.irp);
  next->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  next->FileObject = sink_file_;
  next->Parameters = IoGetCurrentIrpStackLocation(turn.irp)->Parameters;
  IoSetCompletionRoutine(turn.irp, completed, &turn, TRUE, TRUE, TRUE);
  IoCallDriver(sink_device(), turn.irp);
}

NTSTATUS NTAPI Circuit::completed(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(irp);
  auto* turn = static_cast<Turn*>(context);
  turn->circuit->returned(*turn);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

/// R-CIR-4.
void Circuit::tell_completion(const Turn& turn) {
  if (pin_.irp_completion == nullptr) return;
  call_driver(CallbackOf::kPin, "a pin's IrpCompletion", [&] { pin_.irp_completion(&pin_.pub, turn.irp); });
}

/// The request is back from the sink. IRQL <= DISPATCH_LEVEL.
void Circuit::returned(Turn& turn) {
  bool retiring = false;
  {
    SpinGuard guard(lock_);
    turn.at_sink = false;
    retiring = retiring_;
  }
  const NTSTATUS status = turn.irp->IoStatus.Status;
  if (turn.injected) {
    give_back(turn, status);
  } else if (is_writer()) {
    tell_completion(turn);  // R-CIR-4, R-CIR-5
    recycle(turn, NT_SUCCESS(status));
  } else if (NT_SUCCESS(status) && !retiring) {
    enter_queue(turn);
  } else {
    tell_completion(turn);  // no queue needs what it brought: its way ends here
    recycle(turn, false);
  }
}

/// R-CIR-6: an injected frame returns to the driver. call_back() may be about to cancel its request, which then goes
/// with the circuit.
void Circuit::give_back(Turn& turn, NTSTATUS status) {
  PVOID data = turn.own_mdl ? turn.data : nullptr;
  PMDL mdl = turn.own_mdl ? nullptr : turn.mdl;
  call_driver(CallbackOf::kPin, "a pin's FrameReturn",
              [&] { pin_.frame_return(&pin_.pub, data, turn.bytes, mdl, turn.context, status); });
  std::unique_ptr<Turn> owned;
  {
    SpinGuard guard(lock_);
    for (auto at = turns_.begin(); at != turns_.end() && !retiring_; ++at) {
      if (at->get() != &turn) continue;
      owned = std::move(*at);
      turns_.erase(at);
      break;
    }
    rest(turn);
  }
  if (owned != nullptr) free_turn(*owned);
}

void Circuit::released(const StreamIrp& request) {
  Turn* found = nullptr;
  {
    SpinGuard guard(lock_);
    for (auto& turn : turns_) {
      if (turn->irp == request.irp) found = turn.get();
    }
  }
  if (is_writer()) {
    if (request.aborted) {
      recycle(*found, false);
    } else {
      found->irp->IoStatus.Status = request.status;
      send(*found);
    }
    return;
  }
  // R-CIR-5: a data sink's request has passed the queue that needed its data, or is retired there (R-CIR-4).
  tell_completion(*found);
  recycle(*found, !request.aborted);
}

/// Round again; after a failure, or while the circuit is being taken down, to rest until the next go(). A request that
/// clones or the sink have kept beyond a flush may have missed the go() that ended it.
void Circuit::recycle(Turn& turn, bool good) {
  {
    SpinGuard guard(lock_);
    if (retiring_ || (!good && turn.sent_in == opened_)) {
      rest(turn);
      return;
    }
    turn.sent_in = opened_;
  }
  launch(turn);
}

void Circuit::retire() {
  SpinGuard guard(lock_);
  retiring_ = true;
}

void Circuit::call_back() {
  std::vector<PIRP> at_sink;
  {
    SpinGuard guard(lock_);
    for (auto& turn : turns_) {
      if (turn->at_sink) at_sink.push_back(turn->irp);
    }
  }
  // None of these is freed before free_turns().
  for (PIRP irp : at_sink) IoCancelIrp(irp);
  for (;;) {
    KeWaitForSingleObject(&all_back_, Executive, KernelMode, FALSE, nullptr);
    SpinGuard guard(lock_);  // also: whoever was last has let go of the lock
    if (active_ == 0) return;
  }
}

void Circuit::free_turns() {
  for (auto& turn : turns_) free_turn(*turn);
  turns_.clear();
  close_allocator();
  built_ = false;
}

NTSTATUS Circuit::submit(PVOID data, ULONG bytes, PMDL mdl, PKSSTREAM_HEADER header, PVOID context) {
  if (!built_ || retiring_) return STATUS_INVALID_DEVICE_STATE;
  std::unique_ptr<Turn> made = make_turn(data, bytes, mdl);
  if (made == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  Turn& turn = *made;
  turn.injected = true;
  turn.context = context;
  if (header != nullptr) {
    RtlCopyMemory(turn.header, header, header->Size < turn.header_bytes ? header->Size : turn.header_bytes);
  }
  turn.header->Size = turn.header_bytes;
  turn.header->FrameExtent = bytes;
  turn.header->Data = data != nullptr || mdl == nullptr ? data : MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
  if (header == nullptr) {
    turn.header->PresentationTime.Numerator = turn.header->PresentationTime.Denominator = 1;
    turn.header->DataUsed = is_writer() ? bytes : 0;
  }
  bool accepted = false;
  {
    SpinGuard guard(lock_);
    accepted = !retiring_;
    if (accepted) {
      start(turn);
      turns_.push_back(std::move(made));
    }
  }
  if (!accepted) {  // the circuit is being taken down since
    free_turn(turn);
    return STATUS_INVALID_DEVICE_STATE;
  }
  launch(turn);
  return STATUS_SUCCESS;
}

}  // namespace p2p::ks
