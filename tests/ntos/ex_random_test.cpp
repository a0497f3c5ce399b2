// BCryptGenRandom: random to look at, the same for the same seed.
#include "tests/ntos/kernel_fixture.h"

extern "C" NTSTATUS NTAPI BCryptGenRandom(PVOID hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer, ULONG dwFlags);

namespace p2p::test {
namespace {

constexpr ULONG kSystemPreferred = 2;

class RandomBytes : public KernelTest {};

TEST_F(RandomBytes, AreTheSeedsAndDifferFromCallToCall) {
  config.seed = 7;
  expect_no_bugcheck([] {
    UCHAR first[13] = {}, second[13] = {};
    EXPECT_EQ(BCryptGenRandom(nullptr, first, sizeof first, kSystemPreferred), STATUS_SUCCESS);
    EXPECT_EQ(BCryptGenRandom(nullptr, second, sizeof second, kSystemPreferred), STATUS_SUCCESS);
    EXPECT_NE(std::string(first, first + 13), std::string(second, second + 13));
    EXPECT_NE(first[12], 0) << "the end of the buffer was not reached";
    std::string all;
    for (const UCHAR byte : first) all += std::to_string(byte) + " ";
    EXPECT_EQ(all, "16 238 129 185 119 205 52 110 165 14 45 228 145 ");
  });
}

TEST_F(RandomBytes, ComeFromTheSystemsGeneratorOnly) {
  expect_no_bugcheck([] {
    UCHAR bytes[4] = {};
    EXPECT_EQ(BCryptGenRandom(nullptr, bytes, sizeof bytes, 0), STATUS_INVALID_HANDLE);
    EXPECT_EQ(BCryptGenRandom(bytes, bytes, sizeof bytes, kSystemPreferred), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptGenRandom(nullptr, nullptr, sizeof bytes, kSystemPreferred), STATUS_INVALID_PARAMETER);
  });
}

}  // namespace
}  // namespace p2p::test
