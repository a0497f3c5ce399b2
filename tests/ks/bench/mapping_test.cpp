// Generated DMA mappings (spec 4.11), against the MDL and the machine's IOMMU.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {
namespace {

class Mapping : public KsTest {
 protected:
  Mapping() {
    driver.process = [](PKSPIN) { return STATUS_PENDING; };
    generate(1u << 20, sizeof(KSMAPPING));
  }
  void generate(ULONG max_bytes, ULONG stride, ULONG flags = 0) {
    driver.configure = [=](SYNTH_TABLES& tables) {
      tables.MaxMappingBytes = max_bytes;
      tables.MappingStride = stride;
      for (ULONG id : {SYNTH_PIN_CAPTURE, SYNTH_PIN_RENDER}) {
        tables.Pins[id].Flags = KSPIN_FLAG_GENERATE_MAPPINGS | flags;
      }
    };
    stride_ = stride;
  }
  PKSPIN pin() const { return static_cast<PKSPIN>(driver.last(SynthPinCreate)->object); }
  PKSSTREAM_POINTER edge(KSSTREAM_POINTER_STATE state = KSSTREAM_POINTER_STATE_LOCKED) const {
    return KsPinGetLeadingEdgeStreamPointer(pin(), state);
  }
  std::vector<KSMAPPING> mappings(const KSSTREAM_POINTER_OFFSET& offset) const {
    std::vector<KSMAPPING> list;
    const auto* at = reinterpret_cast<const UCHAR*>(offset.Mappings);
    for (ULONG i = 0; i < offset.Remaining; ++i, at += stride_) list.push_back(*reinterpret_cast<const KSMAPPING*>(at));
    return list;
  }
  ULONG stride_ = 0;
};

TEST_F(Mapping, R_MAP_1_locking_maps_the_frame_for_the_device) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({3 * PAGE_SIZE}, 0, 100);  // four pages
    read(c.pin, request);
    EXPECT_EQ(hardware.iommu().size(), 0u);
    PKSSTREAM_POINTER at = edge();
    ASSERT_NE(at, nullptr);
    EXPECT_EQ(hardware.iommu().size(), 4u);
    EXPECT_EQ(at->OffsetOut.Count, at->OffsetOut.Remaining);
    const std::vector<KSMAPPING> list = mappings(at->OffsetOut);
    // What the device writes through the mappings is what the client reads: in order, without gap.
    ULONG total = 0;
    for (const KSMAPPING& mapping : list) {
      std::vector<UCHAR> bytes(mapping.ByteCount);
      for (ULONG i = 0; i < mapping.ByteCount; ++i) bytes[i] = static_cast<UCHAR>((total + i) * 7);
      EXPECT_TRUE(
          hardware.dma_write(static_cast<std::uint64_t>(mapping.PhysicalAddress.QuadPart), bytes.data(), bytes.size()));
      total += mapping.ByteCount;
    }
    EXPECT_EQ(total, 3 * PAGE_SIZE);
    bool same = true;
    for (ULONG i = 0; i < total; ++i) same = same && request.frame()[i] == static_cast<UCHAR>(i * 7);
    EXPECT_TRUE(same);
    at->StreamHeader->DataUsed = total;
    KsStreamPointerUnlock(at, TRUE);
    EXPECT_EQ(hardware.iommu().size(), 0u);  // completed: the device has no business there
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.header()->DataUsed, total);
  });
}

TEST_F(Mapping, R_MAP_1_mappings_agree_with_the_mdl_page_by_page) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({2 * PAGE_SIZE + 10}, 0, 3000);
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    PMDL mdl = KsStreamPointerGetMdl(at);
    std::vector<std::uint64_t> from_mdl, from_mappings;
    for (ULONG i = 0; i < MmGetMdlByteCount(mdl); ++i) {
      const ULONG in = MmGetMdlByteOffset(mdl) + i;
      from_mdl.push_back(MmGetMdlPfnArray(mdl)[in / PAGE_SIZE] * PAGE_SIZE + in % PAGE_SIZE);
    }
    for (const KSMAPPING& mapping : mappings(at->OffsetOut)) {
      for (ULONG i = 0; i < mapping.ByteCount; ++i) {
        from_mappings.push_back(static_cast<std::uint64_t>(mapping.PhysicalAddress.QuadPart) + i);
      }
    }
    EXPECT_EQ(from_mappings, from_mdl);
    KsStreamPointerUnlock(at, TRUE);
  });
}

TEST_F(Mapping, R_MAP_2_entries_are_stride_bytes_apart_and_the_tail_is_the_drivers) {
  generate(1u << 20, sizeof(KSMAPPING) + 24);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({3 * PAGE_SIZE}, 0, 1);
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    const std::vector<KSMAPPING> before = mappings(at->OffsetOut);
    auto* bytes = reinterpret_cast<UCHAR*>(at->OffsetOut.Mappings);
    for (ULONG i = 0; i < at->OffsetOut.Count; ++i) {
      std::memset(bytes + std::size_t{i} * stride_ + sizeof(KSMAPPING), 0xFF, 24);
    }
    ULONG total = 0;
    for (const KSMAPPING& mapping : mappings(at->OffsetOut)) total += mapping.ByteCount;
    EXPECT_EQ(total, 3 * PAGE_SIZE);
    EXPECT_EQ(before.size(), at->OffsetOut.Count);
    KsStreamPointerUnlock(at, TRUE);
  });
}

TEST_F(Mapping, R_MAP_2_long_runs_are_split) {
  generate(1000, sizeof(KSMAPPING));
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({2500});
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    const std::vector<KSMAPPING> list = mappings(at->OffsetOut);
    ASSERT_EQ(list.size(), 3u);
    EXPECT_EQ(list[0].ByteCount, 1000u);
    EXPECT_EQ(list[1].ByteCount, 1000u);
    EXPECT_EQ(list[2].ByteCount, 500u);
    EXPECT_EQ(list[1].PhysicalAddress.QuadPart, list[0].PhysicalAddress.QuadPart + 1000);
    KsStreamPointerUnlock(at, TRUE);
  });
}

TEST_F(Mapping, R_MAP_1_offsets_advance_by_mappings) {
  generate(1000, sizeof(KSMAPPING) + 8);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({2500});
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    const std::vector<KSMAPPING> all = mappings(at->OffsetOut);
    EXPECT_EQ(KsStreamPointerAdvanceOffsets(at, 0, 2, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(at->OffsetOut.Remaining, 1u);
    EXPECT_EQ(at->OffsetOut.Count, 3u);
    EXPECT_EQ(mappings(at->OffsetOut)[0].PhysicalAddress.QuadPart, all[2].PhysicalAddress.QuadPart);
    KsStreamPointerUnlock(at, TRUE);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.header()->DataUsed, 2000u);  // R-MAP-3: what the edge went over, as the driver said nothing
  });
}

TEST_F(Mapping, R_MAP_3_what_the_driver_says_is_used_counts) {
  generate(1000, sizeof(KSMAPPING));
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({2500});
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    at->StreamHeader->DataUsed = 123;
    EXPECT_EQ(KsStreamPointerAdvanceOffsets(at, 0, 3, FALSE), STATUS_DEVICE_NOT_READY);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.header()->DataUsed, 123u);
  });
}

TEST_F(Mapping, R_MAP_4_a_clone_keeps_the_mappings_until_it_is_deleted) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({PAGE_SIZE});
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge(), clone = nullptr;
    KsStreamPointerClone(at, nullptr, 0, &clone);
    EXPECT_EQ(KsStreamPointerAdvanceOffsets(at, 0, at->OffsetOut.Remaining, FALSE), STATUS_DEVICE_NOT_READY);
    EXPECT_FALSE(request.done());
    EXPECT_EQ(hardware.iommu().size(), 1u);
    const UCHAR byte = 0x77;
    EXPECT_TRUE(
        hardware.dma_write(static_cast<std::uint64_t>(clone->OffsetOut.Mappings->PhysicalAddress.QuadPart), &byte, 1));
    clone->StreamHeader->DataUsed = 1;
    KsStreamPointerDelete(clone);
    EXPECT_EQ(hardware.iommu().size(), 0u);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.frame()[0], 0x77);
    EXPECT_EQ(request.header()->DataUsed, 1u);
  });
}

TEST_F(Mapping, R_MAP_1_written_frames_are_mapped_too) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_RENDER, KSSTATE_RUN);
    Request request({600});
    for (ULONG i = 0; i < 600; ++i) request.frame()[i] = static_cast<UCHAR>(i);
    write(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    ASSERT_NE(at, nullptr);
    EXPECT_EQ(at->Offset, &at->OffsetIn);
    std::vector<UCHAR> got;
    for (const KSMAPPING& mapping : mappings(at->OffsetIn)) {
      std::vector<UCHAR> bytes(mapping.ByteCount);
      EXPECT_TRUE(
          hardware.dma_read(static_cast<std::uint64_t>(mapping.PhysicalAddress.QuadPart), bytes.data(), bytes.size()));
      got.insert(got.end(), bytes.begin(), bytes.end());
    }
    ASSERT_EQ(got.size(), 600u);
    EXPECT_EQ(got[599], static_cast<UCHAR>(599));
    KsStreamPointerUnlock(at, TRUE);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Mapping, R_MAP_1_mappings_without_an_adapter_are_a_violation) {
  generate(0, sizeof(KSMAPPING));
  expect_ks_violation(0x81009, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    edge();
  });
}

TEST_F(Mapping, R_SP_2_a_lock_fails_while_map_registers_are_short_and_processing_is_tried_again_later) {
  config.map_registers = 4;
  std::vector<PKSSTREAM_POINTER> clones;
  std::vector<bool> locked;
  driver.process = [&](PKSPIN p) -> NTSTATUS {
    PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(p, KSSTREAM_POINTER_STATE_LOCKED);
    locked.push_back(at != nullptr);
    if (at == nullptr) return STATUS_PENDING;
    PKSSTREAM_POINTER clone = nullptr;
    KsStreamPointerClone(at, nullptr, 0, &clone);
    clones.push_back(clone);
    KsStreamPointerUnlock(at, TRUE);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({3 * PAGE_SIZE}), second({3 * PAGE_SIZE});
    read(c.pin, first);
    read(c.pin, second);
    EXPECT_EQ(locked, (std::vector<bool>{true, false}));
    clones[0]->StreamHeader->DataUsed = 1;
    KsStreamPointerDelete(clones[0]);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    sleep_us(1000);
    EXPECT_EQ(locked, (std::vector<bool>{true, false, true}));
    ASSERT_EQ(clones.size(), 2u);
    EXPECT_EQ(hardware.iommu().size(), 3u);
    KsStreamPointerDelete(clones[1]);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Mapping, R_SP_2_a_frame_whose_mappings_are_on_their_way_goes_when_they_have_come) {
  config.map_registers = 4;
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({3 * PAGE_SIZE}), second({3 * PAGE_SIZE});
    read(c.pin, first);
    read(c.pin, second);
    PKSSTREAM_POINTER at = edge(), clone = nullptr;
    KsStreamPointerClone(at, nullptr, 0, &clone);
    EXPECT_EQ(KsStreamPointerAdvance(at), STATUS_INSUFFICIENT_RESOURCES);
    nt::cancel_io_file(c.pin, &second.iosb);
    EXPECT_FALSE(second.done());  // the adapter still has its MDL
    KsStreamPointerDelete(clone);
    EXPECT_EQ(second.wait(), STATUS_CANCELLED);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    EXPECT_EQ(hardware.iommu().size(), 0u);
  });
}

TEST_F(Mapping, R_MAP_1_frames_larger_than_all_map_registers_cannot_be_locked) {
  config.map_registers = 2;
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({4 * PAGE_SIZE});
    read(c.pin, request);
    EXPECT_EQ(edge(), nullptr);
    EXPECT_EQ(KsStreamPointerLock(edge(KSSTREAM_POINTER_STATE_UNLOCKED)), STATUS_INSUFFICIENT_RESOURCES);
    set_state(c.pin, KSSTATE_STOP);
    EXPECT_EQ(request.wait(), STATUS_CANCELLED);
  });
}

}  // namespace
}  // namespace p2p::test
