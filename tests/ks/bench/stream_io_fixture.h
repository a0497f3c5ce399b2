// A filter below the pin that sees the requests of KsStreamIo, and a caller of it.
#pragma once

#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {

/// What a completion routine and a fast I/O routine saw.
struct Seen {
  static inline int routine_calls = 0;
  static inline PVOID context = nullptr;
  static inline PDEVICE_OBJECT device = nullptr;
  static inline NTSTATUS status = 0;
  static inline bool event_was_set = false;
  static inline PKEVENT event = nullptr;
  static inline PIO_STATUS_BLOCK iosb = nullptr;
  static inline NTSTATUS iosb_status = 0;
  static inline int fast_calls = 0;
  static inline bool fast_answer = true;
  static inline ULONG fast_code = 0;
  static inline NTSTATUS fast_status = STATUS_SUCCESS;

  static NTSTATUS NTAPI routine(PDEVICE_OBJECT device_object, PIRP irp, PVOID context_pointer) {
    ++routine_calls;
    device = device_object;
    context = context_pointer;
    status = irp->IoStatus.Status;
    if (event != nullptr) event_was_set = KeReadStateEvent(event) != 0;
    if (iosb != nullptr) iosb_status = iosb->Status;
    return STATUS_SUCCESS;
  }
  static BOOLEAN NTAPI fast(PFILE_OBJECT, BOOLEAN, PVOID, ULONG, PVOID out, ULONG out_bytes, ULONG code,
                            PIO_STATUS_BLOCK block, PDEVICE_OBJECT) {
    ++fast_calls;
    fast_code = code;
    if (!fast_answer) return FALSE;
    if (out_bytes >= sizeof(KSSTREAM_HEADER)) static_cast<PKSSTREAM_HEADER>(out)->DataUsed = 9;
    block->Status = fast_status;
    block->Information = out_bytes;
    return TRUE;
  }
};

class StreamIo : public KsTest {
 protected:
  void keep() {
    driver.process = [](PKSPIN) { return STATUS_PENDING; };
  }
  PKSPIN pin() const { return static_cast<PKSPIN>(driver.last(SynthPinCreate)->object); }
  /// Finishes the frame at the leading edge.
  void eject() const {
    PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_LOCKED);
    if (at->Offset == &at->OffsetOut) at->StreamHeader->DataUsed = 5;
    KsStreamPointerUnlock(at, TRUE);
  }
  /// Runs `body` in a system thread with the pin's file object.
  void with_file(const Connection& c, const std::function<void(PFILE_OBJECT)>& body) {
    in_system_thread([&] {
      PFILE_OBJECT file = file_of(c.pin);
      body(file);
      ObDereferenceObject(file);
    });
  }
  static NTSTATUS stream(PFILE_OBJECT file, Request& request, PKEVENT event, PIO_STATUS_BLOCK iosb, ULONG flags = 0,
                         KPROCESSOR_MODE mode = KernelMode) {
    return KsStreamIo(file, event, nullptr, nullptr, nullptr, static_cast<KSCOMPLETION_INVOCATION>(0), iosb,
                      request.headers(), request.header_bytes(), flags, mode);
  }
  static PKEVENT object_event(const Request& request) {
    PVOID body = nullptr;
    ObReferenceObjectByHandle(reinterpret_cast<HANDLE>(request.event), 0, *ExEventObjectType, KernelMode, &body,
                              nullptr);
    return static_cast<PKEVENT>(body);
  }
  FAST_IO_DISPATCH fast_table_{};
  void install_fast_io(PFILE_OBJECT file) {
    fast_table_.SizeOfFastIoDispatch = sizeof fast_table_;
    fast_table_.FastIoDeviceControl = Seen::fast;
    IoGetRelatedDeviceObject(file)->DriverObject->FastIoDispatch = &fast_table_;
  }
};

/// A header list in the kernel's own memory, for kernel buffers.
struct KernelHeaders {
  explicit KernelHeaders(ULONG count, POOL_FLAGS pool = POOL_FLAG_NON_PAGED)
      : all(static_cast<PKSSTREAM_HEADER>(ExAllocatePool2(pool, count * (sizeof(KSSTREAM_HEADER) + 64), 'rdHT'))) {
    auto* data = reinterpret_cast<UCHAR*>(all + count);
    for (ULONG i = 0; i < count; ++i) {
      all[i].Size = sizeof(KSSTREAM_HEADER);
      all[i].PresentationTime.Numerator = all[i].PresentationTime.Denominator = 1;
      all[i].FrameExtent = 64;
      all[i].Data = data + i * 64;
    }
  }
  ~KernelHeaders() { ExFreePoolWithTag(all, 'rdHT'); }
  KernelHeaders(const KernelHeaders&) = delete;
  KernelHeaders& operator=(const KernelHeaders&) = delete;
  PKSSTREAM_HEADER all;
};

}  // namespace p2p::test
