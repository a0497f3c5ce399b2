// Holds rtl/vcap_reg_pkg.sv (as Verilator exports it) and sw/driver/vcap_hw.h together: a drift fails the build.
#include <cstddef>

#include "Vvcap_vcap_reg_pkg.h"
#include "sw/driver/vcap_hw.h"

namespace {
using Rtl = Vvcap_vcap_reg_pkg;

static_assert(Rtl::INTR_STATE == VCAP_INTR_STATE);
static_assert(Rtl::INTR_ENABLE == VCAP_INTR_ENABLE);
static_assert(Rtl::INTR_TEST == VCAP_INTR_TEST);
static_assert(Rtl::COALESCE == VCAP_COALESCE);
static_assert(Rtl::COALESCE_TIMEOUT == VCAP_COALESCE_TIMEOUT);
static_assert(Rtl::ID == VCAP_ID);
static_assert(Rtl::VERSION == VCAP_VERSION);
static_assert(Rtl::CAPS == VCAP_CAPS);
static_assert(Rtl::CLK_KHZ == VCAP_CLK_KHZ);
static_assert(Rtl::CTRL == VCAP_CTRL);
static_assert(Rtl::STATUS == VCAP_STATUS);
static_assert(Rtl::ERR_CAUSE == VCAP_ERR_CAUSE);
static_assert(Rtl::ERR_ADDR_LO == VCAP_ERR_ADDR_LO);
static_assert(Rtl::ERR_ADDR_HI == VCAP_ERR_ADDR_HI);
static_assert(Rtl::CHANNELS == VCAP_CHANNELS);
static_assert(Rtl::FAULT_TEST == VCAP_FAULT_TEST);
static_assert(Rtl::RING_BASE_LO == VCAP_RING_BASE_LO);
static_assert(Rtl::RING_BASE_HI == VCAP_RING_BASE_HI);
static_assert(Rtl::RING_SIZE == VCAP_RING_SIZE);
static_assert(Rtl::RING_HEAD == VCAP_RING_HEAD);
static_assert(Rtl::RING_TAIL == VCAP_RING_TAIL);
static_assert(Rtl::CPL_BASE_LO == VCAP_CPL_BASE_LO);
static_assert(Rtl::CPL_BASE_HI == VCAP_CPL_BASE_HI);
static_assert(Rtl::CPL_SIZE == VCAP_CPL_SIZE);
static_assert(Rtl::CPL_HEAD == VCAP_CPL_HEAD);
static_assert(Rtl::CPL_TAIL == VCAP_CPL_TAIL);
static_assert(Rtl::FORMAT_WIDTH == VCAP_FORMAT_WIDTH);
static_assert(Rtl::FORMAT_HEIGHT == VCAP_FORMAT_HEIGHT);
static_assert(Rtl::FORMAT_STRIDE == VCAP_FORMAT_STRIDE);
static_assert(Rtl::TIMESTAMP_LO == VCAP_TIMESTAMP_LO);
static_assert(Rtl::TIMESTAMP_HI == VCAP_TIMESTAMP_HI);
static_assert(Rtl::DETECT_CTRL == VCAP_DETECT_CTRL);
static_assert(Rtl::DETECT_TIMEOUT == VCAP_DETECT_TIMEOUT);
static_assert(Rtl::DETECT_SIZE == VCAP_DETECT_SIZE);
static_assert(Rtl::DETECT_LINE == VCAP_DETECT_LINE);
static_assert(Rtl::DETECT_FRAME == VCAP_DETECT_FRAME);
static_assert(Rtl::DETECT_STATUS == VCAP_DETECT_STATUS);
static_assert(Rtl::CNT_FRAMES == VCAP_CNT_FRAMES);
static_assert(Rtl::CNT_DROPPED == VCAP_CNT_DROPPED);
static_assert(Rtl::CNT_OVERFLOW == VCAP_CNT_OVERFLOW);
static_assert(Rtl::CNT_FORMAT == VCAP_CNT_FORMAT);
static_assert(Rtl::CNT_NOBUF == VCAP_CNT_NOBUF);
static_assert(Rtl::CNT_BUSERR == VCAP_CNT_BUSERR);
static_assert(Rtl::CNT_STARTED == VCAP_CNT_STARTED);
static_assert(Rtl::MSI_CTRL == VCAP_MSI_CTRL);
static_assert(Rtl::MSI_ADDR_LO == VCAP_MSI_ADDR_LO);
static_assert(Rtl::MSI_ADDR_HI == VCAP_MSI_ADDR_HI);
static_assert(Rtl::MSI_DATA == VCAP_MSI_DATA);
static_assert(Rtl::INPUT_SIZE == VCAP_INPUT_SIZE);
static_assert(Rtl::CROP_POS == VCAP_CROP_POS);
static_assert(Rtl::FIELD_MODE == VCAP_FIELD_MODE);
static_assert(Rtl::FORMAT_PIXEL == VCAP_FORMAT_PIXEL);
static_assert(Rtl::PLANE1_RING_BASE_LO == VCAP_PLANE1_RING_BASE_LO);
static_assert(Rtl::PLANE1_RING_BASE_HI == VCAP_PLANE1_RING_BASE_HI);
static_assert(Rtl::PLANE1_RING_SIZE == VCAP_PLANE1_RING_SIZE);
static_assert(Rtl::PLANE1_RING_HEAD == VCAP_PLANE1_RING_HEAD);
static_assert(Rtl::PLANE1_RING_TAIL == VCAP_PLANE1_RING_TAIL);

static_assert(Rtl::ID_VALUE == VCAP_ID_VALUE);
static_assert(Rtl::VERSION_VALUE == VCAP_VERSION_VALUE);

static_assert(Rtl::IRQ_FRAME_DONE == VCAP_IRQ_FRAME_DONE);
static_assert(Rtl::IRQ_NOBUF == VCAP_IRQ_NOBUF);
static_assert(Rtl::IRQ_OVERFLOW == VCAP_IRQ_OVERFLOW);
static_assert(Rtl::IRQ_FORMAT_ERR == VCAP_IRQ_FORMAT_ERR);
static_assert(Rtl::IRQ_BUS_ERR == VCAP_IRQ_BUS_ERR);
static_assert(Rtl::IRQ_DESC_ERR == VCAP_IRQ_DESC_ERR);
static_assert(Rtl::IRQ_DRAINED == VCAP_IRQ_DRAINED);
static_assert(Rtl::IRQ_FIFO_ERR == VCAP_IRQ_FIFO_ERR);
static_assert(Rtl::IRQ_VIDEO_SIZE == VCAP_IRQ_VIDEO_SIZE);
static_assert(Rtl::IRQ_VIDEO_LOST == VCAP_IRQ_VIDEO_LOST);
static_assert(Rtl::IRQ_COUNT == VCAP_IRQ_COUNT);

static_assert((1u << Rtl::CTRL_ENABLE) == VCAP_CTRL_ENABLE);
static_assert((1u << Rtl::CTRL_SOFT_RESET) == VCAP_CTRL_SOFT_RESET);
static_assert((1u << Rtl::CTRL_STALL) == VCAP_CTRL_STALL);

static_assert((1u << Rtl::STATUS_RUNNING) == VCAP_STATUS_RUNNING);
static_assert((1u << Rtl::STATUS_IDLE) == VCAP_STATUS_IDLE);
static_assert((1u << Rtl::STATUS_HALTED) == VCAP_STATUS_HALTED);
static_assert((1u << Rtl::STATUS_RESETTING) == VCAP_STATUS_RESETTING);
static_assert((1u << Rtl::STATUS_IN_FRAME) == VCAP_STATUS_IN_FRAME);
static_assert((1u << Rtl::STATUS_DESC_AVAIL) == VCAP_STATUS_DESC_AVAIL);
static_assert(VCAP_STATUS_OUTSTANDING(0x3Fu << Rtl::STATUS_OUTSTANDING) == 0x3Fu);

static_assert(Rtl::ACCESS_NONE == VCAP_ACCESS_NONE);
static_assert(Rtl::ACCESS_DESC_READ == VCAP_ACCESS_DESC_READ);
static_assert(Rtl::ACCESS_DATA_WRITE == VCAP_ACCESS_DATA_WRITE);
static_assert(Rtl::ACCESS_CPL_WRITE == VCAP_ACCESS_CPL_WRITE);
static_assert(Rtl::ACCESS_BAD_DESC == VCAP_ACCESS_BAD_DESC);
static_assert(Rtl::ACCESS_FIFO == VCAP_ACCESS_FIFO);
static_assert(Rtl::ACCESS_MSI == VCAP_ACCESS_MSI);
static_assert((1u << Rtl::ERR_CAUSE_PLANE) == VCAP_ERR_PLANE);
static_assert((1u << Rtl::CHANNELS_PLANES) == VCAP_CHANNELS_PLANES);
static_assert((1u << Rtl::MSI_CTRL_ENABLE) == VCAP_MSI_CTRL_ENABLE);

static_assert((1u << Rtl::FAULT_TEST_DATA) == VCAP_FAULT_TEST_DATA);
static_assert((1u << Rtl::FAULT_TEST_HEADER) == VCAP_FAULT_TEST_HEADER);
static_assert((1u << Rtl::FAULT_TEST_PLANE1) == VCAP_FAULT_TEST_PLANE1);
static_assert((1u << Rtl::DETECT_CTRL_ENABLE) == VCAP_DETECT_CTRL_ENABLE);
static_assert((1u << Rtl::DETECT_STATUS_PRESENT) == VCAP_DETECT_STATUS_PRESENT);
static_assert((1u << Rtl::DETECT_STATUS_STABLE) == VCAP_DETECT_STATUS_STABLE);

static_assert(Rtl::FIELD_MODE_SEPARATE == VCAP_FIELD_MODE_SEPARATE);
static_assert(Rtl::FIELD_MODE_WEAVE == VCAP_FIELD_MODE_WEAVE);
static_assert(Rtl::FORMAT_PIXEL_NV12 == VCAP_FORMAT_PIXEL_NV12);

static_assert((1u << Rtl::DESC_FIRST) == VCAP_DESC_FIRST);
static_assert((1u << Rtl::DESC_LAST) == VCAP_DESC_LAST);
static_assert((1u << Rtl::CPL_PHASE) == VCAP_CPL_PHASE);
static_assert((1u << Rtl::CPL_DISCONTINUITY) == VCAP_CPL_DISCONTINUITY);
static_assert((1u << Rtl::CPL_FIELD) == VCAP_CPL_FIELD);
static_assert((1u << Rtl::CPL_INTERLACED) == VCAP_CPL_INTERLACED);

static_assert(Rtl::CPL_PLANE1_INDEX == VCAP_CPL_PLANE1_INDEX_SHIFT);

static_assert(sizeof(VCAP_DESCRIPTOR) == Rtl::DESC_BYTES);
static_assert(offsetof(VCAP_DESCRIPTOR, Length) == 8 && offsetof(VCAP_DESCRIPTOR, Flags) == 12);
static_assert(sizeof(VCAP_COMPLETION) == Rtl::CPL_BYTES);
static_assert(offsetof(VCAP_COMPLETION, Bytes) == 4 && offsetof(VCAP_COMPLETION, Flags) == 8 &&
              offsetof(VCAP_COMPLETION, Sequence) == 12 && offsetof(VCAP_COMPLETION, StartTime) == 16 &&
              offsetof(VCAP_COMPLETION, EndTime) == 24);
}  // namespace
