#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "sim/iommu.h"
#include "sim/memory_target.h"

namespace p2p::sim {
namespace {

struct Device : sc_core::sc_module {
  explicit Device(const sc_core::sc_module_name& n) : sc_core::sc_module(n), socket("socket") {}
  tlm_utils::simple_initiator_socket<Device> socket;
  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address, std::vector<unsigned char>& data,
                                  unsigned char* enables = nullptr) {
    tlm::tlm_generic_payload t;
    t.set_command(command);
    t.set_address(address);
    t.set_data_ptr(data.data());
    t.set_data_length(static_cast<unsigned>(data.size()));
    t.set_streaming_width(static_cast<unsigned>(data.size()));
    t.set_byte_enable_ptr(enables);
    t.set_byte_enable_length(enables != nullptr ? static_cast<unsigned>(data.size()) : 0);
    sc_core::sc_time delay;
    socket->b_transport(t, delay);
    EXPECT_EQ(t.get_address(), address) << "the interposer gives the transaction back as it got it";
    EXPECT_EQ(t.get_data_ptr(), data.data());
    EXPECT_EQ(t.get_data_length(), data.size());
    return t.get_response_status();
  }
};

class IommuTest : public ::testing::Test {
 protected:
  IommuTest()
      : memory(64 * kPageBytes, 5),
        target("memory", memory),
        iommu("iommu", [this] { return cycle; }),
        device("device") {
    device.socket.bind(iommu.device);
    iommu.memory.bind(target.socket);
    pages = static_cast<std::byte*>(memory.allocate(4));
    sc_core::sc_start(sc_core::SC_ZERO_TIME);  // ports are bound from here on
  }
  std::uint64_t physical(unsigned page) const { return memory.physical_page(pages + page * kPageBytes); }

  std::uint64_t cycle = 0;
  HostMemory memory;
  MemoryTarget target;
  Iommu iommu;
  Device device;
  std::byte* pages;
};

TEST_F(IommuTest, TranslatesBurstsThatCrossPagesPieceByPiece) {
  iommu.map(0x100, physical(2), DmaAccess::kReadWrite);
  iommu.map(0x101, physical(0), DmaAccess::kReadWrite);
  std::vector<unsigned char> out(256), in(256);
  std::iota(out.begin(), out.end(), 0);
  const std::uint64_t at = 0x101 * kPageBytes - 100;
  EXPECT_EQ(device.access(tlm::TLM_WRITE_COMMAND, at, out), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(std::memcmp(pages + 3 * kPageBytes - 100, out.data(), 100), 0);
  EXPECT_EQ(std::memcmp(pages, out.data() + 100, 156), 0);
  EXPECT_EQ(device.access(tlm::TLM_READ_COMMAND, at, in), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(in, out);
  EXPECT_EQ(iommu.fault_count(), 0u);
}

TEST_F(IommuTest, ByteEnablesSurviveThePageCrossing) {
  iommu.map(0x100, physical(2), DmaAccess::kWrite);
  iommu.map(0x101, physical(0), DmaAccess::kWrite);
  std::vector<unsigned char> data(16, 0x5A), enables(16, TLM_BYTE_DISABLED);
  enables[1] = enables[7] = enables[8] = enables[14] = TLM_BYTE_ENABLED;
  EXPECT_EQ(device.access(tlm::TLM_WRITE_COMMAND, 0x101 * kPageBytes - 8, data, enables.data()), tlm::TLM_OK_RESPONSE);
  const std::byte* left = pages + 3 * kPageBytes - 8;
  for (unsigned i = 0; i < 16; ++i) {
    const std::byte got = i < 8 ? left[i] : pages[i - 8];
    EXPECT_EQ(got, enables[i] == TLM_BYTE_ENABLED ? std::byte{0x5A} : std::byte{0}) << i;
  }
}

TEST_F(IommuTest, AMissIsAFaultAndNothingIsWritten) {
  iommu.map(0x100, physical(1), DmaAccess::kReadWrite);
  std::vector<unsigned char> data(64, 0xFF);
  cycle = 1234;
  EXPECT_EQ(device.access(tlm::TLM_WRITE_COMMAND, 0x101 * kPageBytes - 32, data), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_TRUE(std::all_of(pages, pages + 4 * kPageBytes, [](std::byte b) { return b == std::byte{0}; }));
  cycle = 2000;
  EXPECT_EQ(device.access(tlm::TLM_READ_COMMAND, 0x7000, data), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(iommu.fault_count(), 2u);
  ASSERT_NE(iommu.first_fault(), nullptr);
  EXPECT_EQ(iommu.first_fault()->address, 0x101 * kPageBytes - 32);
  EXPECT_EQ(iommu.first_fault()->bytes, 64u);
  EXPECT_TRUE(iommu.first_fault()->write);
  EXPECT_EQ(iommu.first_fault()->bus_cycle, 1234u);
}

TEST_F(IommuTest, PermissionsAreTheDevices) {
  iommu.map(0x100, physical(0), DmaAccess::kRead);
  iommu.map(0x200, physical(1), DmaAccess::kWrite);
  std::vector<unsigned char> data(8, 0xFF);
  EXPECT_EQ(device.access(tlm::TLM_WRITE_COMMAND, 0x100 * kPageBytes, data), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(device.access(tlm::TLM_READ_COMMAND, 0x200 * kPageBytes, data), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(device.access(tlm::TLM_READ_COMMAND, 0x100 * kPageBytes, data), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(device.access(tlm::TLM_WRITE_COMMAND, 0x200 * kPageBytes, data), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(iommu.fault_count(), 2u);
  iommu.unmap(0x100);
  iommu.map(0x200, physical(1), DmaAccess::kNone);
  EXPECT_EQ(iommu.mapped_pages(), 0u);
  EXPECT_EQ(device.access(tlm::TLM_READ_COMMAND, 0x100 * kPageBytes, data), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(IommuTest, AMappingToAPageThatDoesNotExistIsAnError) {
  iommu.map(0x100, 1, DmaAccess::kReadWrite);
  std::vector<unsigned char> data(8, 0xFF);
  EXPECT_EQ(device.access(tlm::TLM_WRITE_COMMAND, 0x100 * kPageBytes, data), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

}  // namespace
}  // namespace p2p::sim
