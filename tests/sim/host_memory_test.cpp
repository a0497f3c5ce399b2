#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <vector>

#include "sim/hardware.h"
#include "sim/host_memory.h"

namespace p2p::sim {
namespace {

constexpr std::size_t kPages = 512;

TEST(HostMemory, AllocatedPagesAreContiguousInCpuAddressAndScatteredInPhysical) {
  HostMemory memory(kPages * kPageBytes, 1);
  auto* base = static_cast<std::byte*>(memory.allocate(64));
  ASSERT_NE(base, nullptr);
  std::set<std::uint64_t> pages;
  unsigned neighbours = 0;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint64_t page = memory.physical_page(base + i * kPageBytes + 17);
    EXPECT_GE(page, kMemoryBase / kPageBytes);
    EXPECT_LT(page, kMemoryBase / kPageBytes + kPages);
    EXPECT_EQ(memory.page_pointer(page), base + i * kPageBytes);
    if (pages.count(page - 1) != 0) ++neighbours;
    pages.insert(page);
  }
  EXPECT_EQ(pages.size(), 64u);
  EXPECT_LT(neighbours, 32u);
}

TEST(HostMemory, PermutationIsOneToOneAndDependsOnTheSeedOnly) {
  HostMemory a(kPages * kPageBytes, 7), b(kPages * kPageBytes, 7), c(kPages * kPageBytes, 8);
  const auto order = [](HostMemory& memory) {
    auto* base = static_cast<std::byte*>(memory.allocate(kPages));
    std::vector<std::uint64_t> pages;
    for (std::size_t i = 0; i < kPages; ++i) pages.push_back(memory.physical_page(base + i * kPageBytes));
    return pages;
  };
  const auto pages_a = order(a), pages_b = order(b), pages_c = order(c);
  EXPECT_EQ(pages_a, pages_b);
  EXPECT_NE(pages_a, pages_c);
  EXPECT_EQ(std::set<std::uint64_t>(pages_a.begin(), pages_a.end()).size(), kPages);
}

TEST(HostMemory, FreedPagesComeBackZeroedAndRunsMerge) {
  HostMemory memory(8 * kPageBytes, 1);
  auto* a = static_cast<std::byte*>(memory.allocate(3));
  auto* b = static_cast<std::byte*>(memory.allocate(3));
  auto* c = static_cast<std::byte*>(memory.allocate(2));
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(memory.allocate(1), nullptr);
  EXPECT_EQ(memory.free_pages_left(), 0u);
  std::memset(a, 0xAB, 3 * kPageBytes);
  memory.free(a, 3);
  memory.free(c, 2);
  EXPECT_EQ(memory.allocate(4), nullptr) << "no contiguous run yet";
  memory.free(b, 3);
  auto* all = static_cast<std::byte*>(memory.allocate(8));
  ASSERT_EQ(all, a);
  EXPECT_TRUE(std::all_of(all, all + 8 * kPageBytes, [](std::byte v) { return v == std::byte{0}; }));
}

TEST(HostMemory, FreeingWhatIsNotAllocatedIsAnError) {
  HostMemory memory(8 * kPageBytes, 1);
  auto* a = static_cast<std::byte*>(memory.allocate(2));
  EXPECT_THROW(memory.free(a, 3), std::logic_error);
  EXPECT_THROW(memory.free(a + 1, 1), std::logic_error);
  int elsewhere = 0;
  EXPECT_THROW(memory.free(&elsewhere, 1), std::logic_error);
  memory.free(a, 2);
  EXPECT_THROW(memory.free(a, 2), std::logic_error);
}

TEST(HostMemory, PhysicalAccessesFollowThePagesAndStopAtTheEdge) {
  HostMemory memory(8 * kPageBytes, 3);
  std::array<std::byte, 6000> out{}, in{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i * 7);
  const std::uint64_t at = kMemoryBase + 100;
  ASSERT_TRUE(memory.write(at, out));
  ASSERT_TRUE(memory.read(at, in));
  EXPECT_EQ(in, out);
  const std::byte* second = memory.page_pointer(kMemoryBase / kPageBytes + 1);
  EXPECT_EQ(second[0], out[kPageBytes - 100]);
  const std::uint64_t end = kMemoryBase + 8 * kPageBytes;
  EXPECT_FALSE(memory.write(end - 4, std::span(out).first(5)));
  EXPECT_FALSE(memory.read(kMemoryBase - 1, std::span(in).first(1)));
  EXPECT_FALSE(memory.read(~std::uint64_t{0} - 2, std::span(in).first(8)));
  EXPECT_EQ(memory.page_pointer(end / kPageBytes), nullptr);
  EXPECT_EQ(memory.page_pointer(0), nullptr);
}

}  // namespace
}  // namespace p2p::sim
