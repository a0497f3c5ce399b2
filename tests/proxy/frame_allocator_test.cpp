#include <algorithm>
#include <cstdint>

#include "in_machine.h"
#include "sw/proxy/frame_allocator.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::proxy {
namespace {

class CountingNotify final : public IMemAllocatorNotifyCallbackTemp {
 public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void**) override { return E_NOINTERFACE; }
  ULONG STDMETHODCALLTYPE AddRef() override { return references.add(); }
  ULONG STDMETHODCALLTYPE Release() override { return references.release(); }
  HRESULT STDMETHODCALLTYPE NotifyRelease() override {
    ++notified;
    return S_OK;
  }
  RefCount references;
  int notified = 0;
};

ComPtr<FrameAllocator> make(LONG buffers, LONG bytes, LONG align = 1, LONG prefix = 0) {
  auto allocator = ComPtr<FrameAllocator>::adopt(new FrameAllocator);
  ALLOCATOR_PROPERTIES properties{buffers, bytes, align, prefix};
  EXPECT_EQ(allocator->SetProperties(&properties, &properties), S_OK);
  return allocator;
}

TEST(FrameAllocator, RefusesWhatItCannotDo) {
  fake::in_machine([] {
    auto allocator = ComPtr<FrameAllocator>::adopt(new FrameAllocator);
    EXPECT_EQ(allocator->Commit(), VFW_E_SIZENOTSET);
    ALLOCATOR_PROPERTIES actual{};
    ALLOCATOR_PROPERTIES bad{1, 100, 3, 0};
    EXPECT_EQ(allocator->SetProperties(&bad, &actual), VFW_E_BADALIGN);
    bad = {1, 100, 8192, 0};
    EXPECT_EQ(allocator->SetProperties(&bad, &actual), VFW_E_BADALIGN);
    bad = {1, -1, 1, 0};
    EXPECT_EQ(allocator->SetProperties(&bad, &actual), E_INVALIDARG);
    ALLOCATOR_PROPERTIES good{1, 100, 1, 0};
    EXPECT_EQ(allocator->SetProperties(&good, &actual), S_OK);
    IMediaSample* sample = nullptr;
    EXPECT_EQ(allocator->GetBuffer(&sample, nullptr, nullptr, AM_GBF_NOWAIT), VFW_E_NOT_COMMITTED);
    EXPECT_EQ(allocator->Commit(), S_OK);
    EXPECT_EQ(allocator->SetProperties(&good, &actual), VFW_E_ALREADY_COMMITTED);
    EXPECT_EQ(allocator->Decommit(), S_OK);
  });
}

TEST(FrameAllocator, BuffersAreAlignedBehindTheirPrefixAndDistinct) {
  fake::in_machine([] {
    auto allocator = make(3, 5000, 64, 10);
    ASSERT_EQ(allocator->Commit(), S_OK);
    ComPtr<IMediaSample> samples[3];
    BYTE* data[3] = {};
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(allocator->GetBuffer(samples[i].put(), nullptr, nullptr, AM_GBF_NOWAIT), S_OK);
      samples[i]->GetPointer(&data[i]);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data[i]) % 4096, 64u);
      std::fill(data[i], data[i] + 5000, static_cast<BYTE>(i));
    }
    EXPECT_EQ(data[0][4999], 0);
    EXPECT_EQ(data[2][0], 2);
    IMediaSample* none = nullptr;
    EXPECT_EQ(allocator->GetBuffer(&none, nullptr, nullptr, AM_GBF_NOWAIT), VFW_E_TIMEOUT);
    for (auto& sample : samples) sample.reset();
    allocator->Decommit();
  });
}

TEST(FrameAllocator, FailedCommitLeavesNothing) {
  fake::in_machine([] {
    auto allocator = make(3, 5000);
    fake::Machine::get().fail_memory_after = 2;
    EXPECT_EQ(allocator->Commit(), E_OUTOFMEMORY);
    EXPECT_EQ(fake::Machine::get().memory_blocks(), 0u);
    EXPECT_EQ(allocator->Commit(), S_OK);
    allocator->Decommit();
  });
}

TEST(FrameAllocator, AReturnedBufferIsAnnouncedAndComesBackLast) {
  fake::in_machine([] {
    auto allocator = make(2, 16);
    CountingNotify notify;
    allocator->SetNotify(&notify);
    ASSERT_EQ(allocator->Commit(), S_OK);
    IMediaSample* first = nullptr;
    ASSERT_EQ(allocator->GetBuffer(&first, nullptr, nullptr, 0), S_OK);
    first->SetDiscontinuity(TRUE);
    EXPECT_EQ(first->AddRef(), 2u);
    EXPECT_EQ(first->Release(), 1u);
    EXPECT_EQ(notify.notified, 0);
    EXPECT_EQ(first->Release(), 0u);
    EXPECT_EQ(notify.notified, 1);
    LONG free = 0;
    EXPECT_EQ(allocator->GetFreeCount(&free), S_OK);
    EXPECT_EQ(free, 2);
    IMediaSample* second = nullptr;
    IMediaSample* again = nullptr;
    allocator->GetBuffer(&second, nullptr, nullptr, 0);
    allocator->GetBuffer(&again, nullptr, nullptr, 0);
    EXPECT_NE(second, first);
    EXPECT_EQ(again, first);
    EXPECT_EQ(again->IsDiscontinuity(), S_FALSE) << "a buffer is handed out as new";
    second->Release();
    again->Release();
    allocator->SetNotify(nullptr);
    EXPECT_EQ(notify.references.count(), 1u);
    allocator->Decommit();
  });
}

TEST(FrameAllocator, DecommitWaitsForBuffersThatAreOut) {
  fake::in_machine([] {
    auto allocator = make(2, 16);
    allocator->Commit();
    IMediaSample* out = nullptr;
    allocator->GetBuffer(&out, nullptr, nullptr, 0);
    EXPECT_EQ(allocator->Decommit(), S_OK);
    EXPECT_EQ(fake::Machine::get().memory_blocks(), 2u) << "the device may still write";
    EXPECT_EQ(allocator->Commit(), VFW_E_BUFFERS_OUTSTANDING);
    // The buffer keeps the allocator alive even when nobody else does.
    allocator.reset();
    out->Release();
    EXPECT_EQ(fake::Machine::get().memory_blocks(), 0u);
  });
}

TEST(FrameAllocator, GetBufferBlocksUntilABufferIsBackOrDecommit) {
  fake::in_machine([] {
    auto allocator = make(1, 16);
    allocator->Commit();
    IMediaSample* out = nullptr;
    allocator->GetBuffer(&out, nullptr, nullptr, 0);
    HRESULT first = E_FAIL;
    HRESULT second = S_OK;
    const HANDLE waiter = start_thread("waiter", [&] {
      IMediaSample* got = nullptr;
      first = allocator->GetBuffer(&got, nullptr, nullptr, 0);
      IMediaSample* none = nullptr;
      second = allocator->GetBuffer(&none, nullptr, nullptr, 0);
      got->Release();
    });
    EXPECT_EQ(WaitForSingleObject(waiter, 10), static_cast<DWORD>(WAIT_TIMEOUT));
    out->Release();
    EXPECT_EQ(WaitForSingleObject(waiter, 10), static_cast<DWORD>(WAIT_TIMEOUT));
    allocator->Decommit();
    EXPECT_EQ(WaitForSingleObject(waiter, 10), WAIT_OBJECT_0);
    CloseHandle(waiter);
    EXPECT_EQ(first, S_OK);
    EXPECT_EQ(second, VFW_E_NOT_COMMITTED);
  });
}

}  // namespace
}  // namespace p2p::proxy
