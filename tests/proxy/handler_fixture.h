// A standard interface handler on a recording pin over a scripted kernel pin, with buffers.
#pragma once

#include <vector>

#include "fake_capture.h"
#include "in_machine.h"
#include "recording_pin.h"
#include "sw/proxy/frame_allocator.h"
#include "sw/proxy/interface_handler.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::fake {

/// A device file that keeps every stream request.
class StreamFile final : public Device {
 public:
  nt::Status control(const std::shared_ptr<Request>& request) override {
    requests.push_back(request);
    if (answer != 0x103) request->information = request->output_bytes;
    return answer;
  }
  KSSTREAM_HEADER& header(std::size_t request, std::size_t index = 0) {
    auto* first = static_cast<KSSTREAM_HEADER*>(requests[request]->output);
    auto* bytes = reinterpret_cast<std::uint8_t*>(first) + index * first->Size;
    return *reinterpret_cast<KSSTREAM_HEADER*>(bytes);
  }
  void complete(std::size_t request, nt::Status status) {
    Machine::get().complete(requests[request], status, status < 0 ? 0 : requests[request]->output_bytes);
  }
  nt::Status answer = 0x103;
  std::vector<std::shared_ptr<Request>> requests;
};

/// Everything a handler needs; lives inside a simulated thread.
class HandlerBench {
 public:
  HandlerBench() {
    nt::create_file(&file_handle_, 0, 0, u"\\??\\stream", false);
    pin = std::make_unique<RecordingPin>(proxy::from_nt(file_handle_));
    proxy::create_standard_interface_handler(nullptr, unknown_.put());
    unknown_->QueryInterface(proxy::kIidKsInterfaceHandler, handler.put_void());
    allocator = proxy::ComPtr<proxy::FrameAllocator>::adopt(new proxy::FrameAllocator);
    ALLOCATOR_PROPERTIES properties{4, 4096, 1, 0};
    allocator->SetProperties(&properties, &properties);
    allocator->Commit();
  }
  ~HandlerBench() {
    handler->KsSetPin(nullptr);
    EXPECT_EQ(pin->references(), 1u) << "the handler kept a reference on its pin";
    EXPECT_EQ(allocator->outstanding(), 0u);
    allocator->Decommit();
    nt::close(file_handle_);
  }
  IMediaSample* buffer() {
    IMediaSample* sample = nullptr;
    EXPECT_EQ(allocator->GetBuffer(&sample, nullptr, nullptr, AM_GBF_NOWAIT), S_OK);
    return sample;
  }
  /// Submits one read and expects it to be in flight.
  PKSSTREAM_SEGMENT read(IMediaSample* sample, IKsDataTypeHandler* type_handler = nullptr) {
    return submit(sample, KsIoOperation_Read, type_handler);
  }
  PKSSTREAM_SEGMENT submit(IMediaSample* sample, KSIOOPERATION operation, IKsDataTypeHandler* type_handler = nullptr) {
    LONG count = 1;
    PKSSTREAM_SEGMENT segment = nullptr;
    EXPECT_EQ(handler->KsProcessMediaSamples(type_handler, &sample, &count, operation, &segment), S_OK);
    EXPECT_EQ(count, 1);
    return segment;
  }

  std::unique_ptr<RecordingPin> pin;
  proxy::ComPtr<IKsInterfaceHandler> handler;
  proxy::ComPtr<proxy::FrameAllocator> allocator;

 private:
  nt::Handle file_handle_ = 0;
  proxy::ComPtr<IUnknown> unknown_;
};

/// Runs `body(file, bench)` in a machine with one stream file.
template <class Body>
void with_handler(Body body) {
  Machine machine;
  auto file = std::make_shared<StreamFile>();
  machine.add_interface(u"\\??\\stream", file);
  in_machine(machine, [&] {
    HandlerBench bench;
    body(*file, bench);
  });
}

}  // namespace p2p::fake
