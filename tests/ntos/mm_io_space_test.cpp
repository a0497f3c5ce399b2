// Registers in kernel address space: rule R-RES-1.
#include "tests/ntos/kernel_fixture.h"

namespace p2p::test {
namespace {

class MmIoSpace : public KernelTest {
 protected:
  static PVOID map(std::uint64_t offset, std::size_t bytes) {
    PHYSICAL_ADDRESS at;
    at.QuadPart = static_cast<LONGLONG>(FakeHardware::kBar0 + offset);
    return MmMapIoSpace(at, bytes, MmNonCached);
  }
};

TEST_F(MmIoSpace, R_RES_1_RegistersAreReadAndWrittenThroughTheMapping) {
  expect_no_bugcheck([&] {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> writes;
    hardware.on_read = [](std::uint64_t physical, unsigned) { return physical - FakeHardware::kBar0; };
    hardware.on_write = [&](std::uint64_t physical, unsigned, std::uint64_t value) {
      writes.push_back({physical, value});
    };
    auto* registers = static_cast<volatile ULONG*>(map(0x100, 0x40));
    ASSERT_NE(registers, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(registers) % PAGE_SIZE, 0x100u);
    EXPECT_EQ(READ_REGISTER_ULONG(registers + 2), 0x108u);
    WRITE_REGISTER_ULONG(registers + 3, 5);
    EXPECT_EQ(writes, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{FakeHardware::kBar0 + 0x10C, 5}}));
    MmUnmapIoSpace(const_cast<ULONG*>(registers), 0x40);
  });
}

TEST_F(MmIoSpace, R_RES_1_TwoMappingsOfTheSameRegistersLiveTheirOwnLives) {
  expect_no_bugcheck([&] {
    hardware.on_read = [](std::uint64_t, unsigned) { return 9u; };
    auto* a = static_cast<volatile ULONG*>(map(0, 16));
    auto* b = static_cast<volatile ULONG*>(map(0, 16));
    EXPECT_NE(a, b);
    MmUnmapIoSpace(const_cast<ULONG*>(a), 16);
    EXPECT_EQ(READ_REGISTER_ULONG(b), 9u);
    MmUnmapIoSpace(const_cast<ULONG*>(b), 16);
  });
}

TEST_F(MmIoSpace, R_RES_1_AnAccessAfterUnmapIsD1) {
  expect_bugcheck(0xD1, [&] {
    auto* registers = static_cast<volatile ULONG*>(map(0, 16));
    MmUnmapIoSpace(const_cast<ULONG*>(registers), 16);
    READ_REGISTER_ULONG(registers);
  });
}

TEST_F(MmIoSpace, R_RES_1_NothingToMapIsC4_73) {
  expect_bugcheck(0xC4, 0x73, [&] { map(0, 0); });
}

TEST_F(MmIoSpace, R_RES_1_MappedAboveDispatchLevelIsC4_73) {
  expect_bugcheck(0xC4, 0x73, [&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
    map(0, 16);
  });
}

TEST_F(MmIoSpace, R_RES_1_UnmappedWithAnotherSizeIsC4_7B) {
  expect_bugcheck(0xC4, 0x7B, [&] { MmUnmapIoSpace(map(0, 16), 32); });
}

TEST_F(MmIoSpace, R_RES_1_UnmappedAtDispatchLevelIsC4_7B) {
  expect_bugcheck(0xC4, 0x7B, [&] {
    PVOID registers = map(0, 16);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    MmUnmapIoSpace(registers, 16);
  });
}

}  // namespace
}  // namespace p2p::test
