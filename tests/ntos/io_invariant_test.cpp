// Buffers of reads and writes with direct I/O, which drivers may not change.
#include "tests/ntos/io_stack.h"

namespace p2p::test {
namespace {

class IoInvariant : public IoTest {
 protected:
  /// Sends a request with a locked buffer of `kBytes`; `upper` gets the buffer before it passes the request down,
  /// `lower` before it completes it.
  void transfer(UCHAR major, const std::function<void(PUCHAR)>& upper, const std::function<void(PUCHAR)>& lower) {
    auto* buffer = static_cast<PUCHAR>(ExAllocatePool2(POOL_FLAG_NON_PAGED, kBytes, 'tseT'));
    PMDL mdl = IoAllocateMdl(buffer, kBytes, FALSE, FALSE, nullptr);
    MmBuildMdlForNonPagedPool(mdl);
    add_layer([=](Layer&, PIRP irp) {
      if (lower) lower(buffer);
      return complete(irp, STATUS_SUCCESS);
    });
    add_layer([=](Layer& self, PIRP irp) {
      if (upper) upper(buffer);
      return self.pass_down(irp);
    });
    PIRP irp = own_irp();
    irp->MdlAddress = mdl;
    IoGetNextIrpStackLocation(irp)->MajorFunction = major;
    Routine stop([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    stop.set(irp);
    EXPECT_EQ(IoCallDriver(top(), irp), STATUS_SUCCESS);
    IoFreeIrp(irp);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(buffer, 'tseT');
  }
  static void change(PUCHAR buffer) { buffer[kBytes - 1] ^= 1; }
  static constexpr ULONG kBytes = 1001;
};

TEST_F(IoInvariant, V_C4_1010_FilterScramblesAWriteInPlace) {
  expect_bugcheck(0xC4, 0x1010, [&] { transfer(IRP_MJ_WRITE, change, nullptr); });
}

TEST_F(IoInvariant, V_C4_1010_LowestDriverChangesAWrite) {
  expect_bugcheck(0xC4, 0x1010, [&] { transfer(IRP_MJ_WRITE, nullptr, change); });
}

TEST_F(IoInvariant, V_C4_1011_FilterWritesIntoAReadBeforeItIsRead) {
  expect_bugcheck(0xC4, 0x1011, [&] { transfer(IRP_MJ_READ, change, nullptr); });
}

TEST_F(IoInvariant, AReadFillsItsBuffer) {
  expect_no_bugcheck([&] { transfer(IRP_MJ_READ, nullptr, change); });
}

TEST_F(IoInvariant, AWriteThatNobodyChangesPasses) {
  expect_no_bugcheck([&] { transfer(IRP_MJ_WRITE, nullptr, nullptr); });
}

}  // namespace
}  // namespace p2p::test
