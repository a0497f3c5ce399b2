// KsProbeStreamIrp and the headers of streaming requests (spec 4.12, R-PRB-1..3).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {
namespace {

/// An IRP as a driver would see it, with `request`'s headers.
class StreamingIrp {
 public:
  StreamingIrp(Request& request, KPROCESSOR_MODE mode = UserMode) : irp_(IoAllocateIrp(2, FALSE)) {
    IoSetNextIrpStackLocation(irp_);
    irp_->UserBuffer = request.headers();
    irp_->RequestorMode = mode;
    IoGetCurrentIrpStackLocation(irp_)->Parameters.DeviceIoControl.OutputBufferLength = request.header_bytes();
  }
  ~StreamingIrp() {
    if (irp_->AssociatedIrp.SystemBuffer != nullptr) ExFreePool(irp_->AssociatedIrp.SystemBuffer);
    for (PMDL mdl = irp_->MdlAddress; mdl != nullptr;) {
      PMDL next = mdl->Next;
      if ((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(mdl);
      IoFreeMdl(mdl);
      mdl = next;
    }
    IoFreeIrp(irp_);
  }
  StreamingIrp(const StreamingIrp&) = delete;
  StreamingIrp& operator=(const StreamingIrp&) = delete;
  PIRP operator->() const { return irp_; }
  NTSTATUS probe(ULONG flags, ULONG header_size = 0) const { return KsProbeStreamIrp(irp_, flags, header_size); }
  /// MDL_* flags of the chain.
  std::vector<int> mdl_flags() const {
    std::vector<int> flags;
    for (PMDL mdl = irp_->MdlAddress; mdl != nullptr; mdl = mdl->Next) {
      flags.push_back(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_WRITE_OPERATION));
    }
    return flags;
  }

 private:
  PIRP irp_;
};

constexpr ULONG kAll = KSPROBE_ALLOCATEMDL | KSPROBE_PROBEANDLOCK | KSPROBE_SYSTEMADDRESS;

class Probe : public KsTest {};

TEST_F(Probe, R_PRB_1_headers_are_copied_and_not_looked_at_again) {
  expect_clean([&] {
    Request request({100, 200}, 16);
    StreamingIrp irp(request);
    EXPECT_EQ(irp.probe(KSPROBE_STREAMREAD), STATUS_SUCCESS);
    ASSERT_NE(irp->AssociatedIrp.SystemBuffer, nullptr);
    EXPECT_EQ(std::memcmp(irp->AssociatedIrp.SystemBuffer, request.headers(), request.header_bytes()), 0);
    EXPECT_EQ(irp->MdlAddress, nullptr);
    PVOID copy = irp->AssociatedIrp.SystemBuffer;
    request.header()->Size = 3;  // the client cannot change its mind
    EXPECT_EQ(irp.probe(KSPROBE_STREAMREAD, 999), STATUS_SUCCESS);
    EXPECT_EQ(irp->AssociatedIrp.SystemBuffer, copy);
    EXPECT_EQ(irp.probe(KSPROBE_STREAMREAD | KSPROBE_ALLOCATEMDL), STATUS_SUCCESS);
    EXPECT_EQ(irp.mdl_flags().size(), 2u);
    EXPECT_EQ(irp.probe(KSPROBE_STREAMREAD | KSPROBE_ALLOCATEMDL), STATUS_SUCCESS);
    EXPECT_EQ(irp.mdl_flags().size(), 2u);  // idempotent
  });
}

TEST_F(Probe, R_PRB_2_mdls_are_built_locked_and_mapped_as_the_flags_say) {
  expect_clean([&] {
    Request request({100, 0, 5000});  // the second has no buffer: no MDL
    {
      StreamingIrp irp(request);
      EXPECT_EQ(irp.probe(KSPROBE_ALLOCATEMDL), STATUS_SUCCESS);
      EXPECT_EQ(irp.mdl_flags(), (std::vector<int>{0, 0}));
      // Ignored: they must come with ALLOCATEMDL in the same call.
      EXPECT_EQ(irp.probe(KSPROBE_PROBEANDLOCK | KSPROBE_SYSTEMADDRESS), STATUS_SUCCESS);
      EXPECT_EQ(irp.mdl_flags(), (std::vector<int>{0, 0}));
    }
    {
      StreamingIrp irp(request);
      EXPECT_EQ(irp.probe(KSPROBE_ALLOCATEMDL | KSPROBE_SYSTEMADDRESS), STATUS_SUCCESS);
      EXPECT_EQ(irp.mdl_flags(), (std::vector<int>{0, 0}));  // no lock, no address
    }
    {
      StreamingIrp irp(request);
      EXPECT_EQ(irp.probe(KSPROBE_ALLOCATEMDL | KSPROBE_PROBEANDLOCK), STATUS_SUCCESS);
      const int locked = MDL_PAGES_LOCKED | MDL_WRITE_OPERATION;  // the device writes what the client reads
      EXPECT_EQ(irp.mdl_flags(), (std::vector<int>{locked, locked}));
      EXPECT_EQ(MmGetMdlByteCount(irp->MdlAddress), 100u);
      EXPECT_EQ(MmGetMdlVirtualAddress(irp->MdlAddress->Next), request.frame(2));
    }
    {
      StreamingIrp irp(request);
      EXPECT_EQ(irp.probe(kAll), STATUS_SUCCESS);
      const int mapped = MDL_PAGES_LOCKED | MDL_WRITE_OPERATION | MDL_MAPPED_TO_SYSTEM_VA;
      EXPECT_EQ(irp.mdl_flags(), (std::vector<int>{mapped, mapped}));
    }
  });
}

TEST_F(Probe, R_PRB_2_a_write_is_locked_for_reading_unless_it_may_be_modified) {
  expect_clean([&] {
    Request request({100});
    request.header()->DataUsed = 60;
    {
      StreamingIrp irp(request);
      EXPECT_EQ(irp.probe(KSPROBE_STREAMWRITE | KSPROBE_ALLOCATEMDL | KSPROBE_PROBEANDLOCK), STATUS_SUCCESS);
      EXPECT_EQ(irp.mdl_flags(), std::vector<int>{MDL_PAGES_LOCKED});
      EXPECT_EQ(MmGetMdlByteCount(irp->MdlAddress), 60u);  // the data, not the buffer
    }
    StreamingIrp irp(request);
    EXPECT_EQ(irp.probe(KSPROBE_STREAMWRITEMODIFY | KSPROBE_ALLOCATEMDL | KSPROBE_PROBEANDLOCK), STATUS_SUCCESS);
    EXPECT_EQ(irp.mdl_flags(), std::vector<int>{MDL_PAGES_LOCKED | MDL_WRITE_OPERATION});
  });
}

TEST_F(Probe, R_PRB_2_nonpaged_data_of_a_kernel_client_is_described_not_locked) {
  expect_clean([&] {
    Request request({100});
    StreamingIrp irp(request, KernelMode);
    irp->Flags |= IRP_NOCACHE;
    EXPECT_EQ(irp.probe(kAll), STATUS_SUCCESS);
    EXPECT_EQ(irp->MdlAddress->MdlFlags & MDL_PAGES_LOCKED, 0);
    EXPECT_NE(irp->MdlAddress->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL, 0);
  });
}

TEST_F(Probe, R_PRB_3_every_header_must_have_the_pins_size) {
  expect_clean([&] {
    Request request({100, 200}, 16);
    constexpr ULONG kSize = sizeof(KSSTREAM_HEADER) + 16;
    {
      StreamingIrp irp(request);
      EXPECT_EQ(irp.probe(KSPROBE_STREAMREAD, kSize), STATUS_SUCCESS);
    }
    StreamingIrp irp(request);
    EXPECT_EQ(irp.probe(KSPROBE_STREAMREAD, sizeof(KSSTREAM_HEADER)), STATUS_INVALID_BUFFER_SIZE);
  });
}

TEST_F(Probe, R_PRB_3_sizes_that_make_no_list_are_refused) {
  expect_clean([&] {
    const auto status_with = [](const std::function<void(Request&)>& edit) {
      Request request({100, 200});
      edit(request);
      StreamingIrp irp(request);
      return irp.probe(KSPROBE_STREAMREAD | kAll);
    };
    EXPECT_EQ(status_with([](Request& r) { r.header()->Size = sizeof(KSSTREAM_HEADER) - 8; }),
              STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(status_with([](Request& r) { r.header()->Size = sizeof(KSSTREAM_HEADER) + 4; }),
              STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(status_with([](Request& r) { r.header()->Size = 3 * sizeof(KSSTREAM_HEADER); }),
              STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(status_with([](Request& r) { r.header()->Size = sizeof(KSSTREAM_HEADER) + 8; }),
              STATUS_INVALID_BUFFER_SIZE);  // leaves a rest that is no header
    EXPECT_EQ(status_with([](Request& r) { r.header()->Size = 0; }), STATUS_INVALID_BUFFER_SIZE);
    Request empty({});
    StreamingIrp irp(empty);
    EXPECT_EQ(irp.probe(KSPROBE_STREAMREAD), STATUS_INVALID_BUFFER_SIZE);
  });
}

TEST_F(Probe, R_HDR_2_data_used_must_fit_the_direction) {
  expect_clean([&] {
    Request request({100});
    request.header()->DataUsed = 1;
    {
      StreamingIrp irp(request);
      EXPECT_EQ(irp.probe(KSPROBE_STREAMREAD), STATUS_INVALID_PARAMETER);
    }
    {
      StreamingIrp irp(request);
      EXPECT_EQ(irp.probe(KSPROBE_STREAMWRITE), STATUS_SUCCESS);
    }
    request.header()->DataUsed = 101;
    StreamingIrp irp(request);
    EXPECT_EQ(irp.probe(KSPROBE_STREAMWRITE), STATUS_INVALID_PARAMETER);
  });
}

TEST_F(Probe, R_PRB_3_a_format_change_stands_alone_in_a_write_that_allows_it) {
  expect_clean([&] {
    const auto status_with = [](std::vector<ULONG> sizes, ULONG extension, ULONG flags, ULONG header_size) {
      Request request(std::move(sizes), extension);
      request.header()->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_TYPECHANGED;
      StreamingIrp irp(request);
      return irp.probe(flags, header_size);
    };
    constexpr ULONG kAllowed = KSPROBE_STREAMWRITE | KSPROBE_ALLOWFORMATCHANGE;
    constexpr ULONG kExtended = sizeof(KSSTREAM_HEADER) + 16;
    EXPECT_EQ(status_with({64}, 0, kAllowed, kExtended), STATUS_SUCCESS);
    EXPECT_EQ(status_with({64}, 0, KSPROBE_STREAMWRITE, kExtended), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(status_with({64, 64}, 0, kAllowed, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(status_with({64}, 16, kAllowed, kExtended), STATUS_INVALID_PARAMETER);
  });
}

TEST_F(Probe, R_PRB_3_data_that_cannot_be_locked_is_an_access_violation_of_the_request) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({100, 100});
    request.header(1)->Data = reinterpret_cast<PVOID>(std::uintptr_t{0x1000});
    EXPECT_EQ(read(c.pin, request), STATUS_ACCESS_VIOLATION);
    Request good({100});
    read(c.pin, good);
    EXPECT_EQ(good.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Probe, R_HDR_1_R_KS_9_extended_headers_travel_both_ways_and_the_pin_may_get_plain_ones) {
  constexpr ULONG kExtension = 24;
  driver.pin_create = [](PKSPIN pin, PIRP) {
    pin->StreamHeaderSize = sizeof(KSSTREAM_HEADER) + kExtension;
    return STATUS_SUCCESS;
  };
  driver.process = [](PKSPIN pin) -> NTSTATUS {
    PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    if (at == nullptr) return STATUS_PENDING;
    auto* extension = reinterpret_cast<UCHAR*>(at->StreamHeader + 1);
    const bool extended = at->StreamHeader->Size == sizeof(KSSTREAM_HEADER) + kExtension;
    for (ULONG i = 0; extended && i < kExtension; ++i) extension[i] = static_cast<UCHAR>(extension[i] + 1);
    KsStreamPointerUnlock(at, TRUE);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request plain({64});
    read(c.pin, plain);
    EXPECT_EQ(plain.wait(), STATUS_SUCCESS);
    Request extended({64, 64}, kExtension);
    auto* bytes = reinterpret_cast<UCHAR*>(extended.header(1) + 1);
    bytes[kExtension - 1] = 41;
    read(c.pin, extended);
    EXPECT_EQ(extended.wait(), STATUS_SUCCESS);
    EXPECT_EQ(bytes[kExtension - 1], 42);
    EXPECT_EQ(extended.iosb.information, 2 * (sizeof(KSSTREAM_HEADER) + kExtension));
  });
}

}  // namespace
}  // namespace p2p::test
