/* Registers, descriptors and completion records of the vcap chip for software: docs/registers.md in C. Compiles in a
 * Windows driver and in host code alike. rtl/vcap_reg_pkg.sv holds the same values; tb/register_contract.cpp fails the
 * build when they differ. */
#ifndef VCAP_HW_H
#define VCAP_HW_H

/* PCI identity */
#define VCAP_PCI_VENDOR_ID 0x5032
#define VCAP_PCI_DEVICE_ID 0x5643

/* Register offsets in BAR 0, each 32 bits */
#define VCAP_INTR_STATE 0x000
#define VCAP_INTR_ENABLE 0x004
#define VCAP_INTR_TEST 0x008
#define VCAP_COALESCE 0x00C
#define VCAP_COALESCE_TIMEOUT 0x010
#define VCAP_ID 0x020
#define VCAP_VERSION 0x024
#define VCAP_CAPS 0x028
#define VCAP_CLK_KHZ 0x02C
#define VCAP_CTRL 0x030
#define VCAP_STATUS 0x034
#define VCAP_ERR_CAUSE 0x038
#define VCAP_ERR_ADDR_LO 0x03C
#define VCAP_ERR_ADDR_HI 0x040
#define VCAP_CHANNELS 0x044
#define VCAP_FAULT_TEST 0x048
#define VCAP_RING_BASE_LO 0x050
#define VCAP_RING_BASE_HI 0x054
#define VCAP_RING_SIZE 0x058
#define VCAP_RING_HEAD 0x05C
#define VCAP_RING_TAIL 0x060
#define VCAP_CPL_BASE_LO 0x070
#define VCAP_CPL_BASE_HI 0x074
#define VCAP_CPL_SIZE 0x078
#define VCAP_CPL_HEAD 0x07C
#define VCAP_CPL_TAIL 0x080
#define VCAP_FORMAT_WIDTH 0x090
#define VCAP_FORMAT_HEIGHT 0x094
#define VCAP_FORMAT_STRIDE 0x098
#define VCAP_TIMESTAMP_LO 0x0A0
#define VCAP_TIMESTAMP_HI 0x0A4
#define VCAP_DETECT_CTRL 0x0A8
#define VCAP_DETECT_TIMEOUT 0x0AC
#define VCAP_DETECT_SIZE 0x0B0
#define VCAP_DETECT_LINE 0x0B4
#define VCAP_DETECT_FRAME 0x0B8
#define VCAP_DETECT_STATUS 0x0BC
#define VCAP_CNT_FRAMES 0x0C0
#define VCAP_CNT_DROPPED 0x0C4
#define VCAP_CNT_OVERFLOW 0x0C8
#define VCAP_CNT_FORMAT 0x0CC
#define VCAP_CNT_NOBUF 0x0D0
#define VCAP_CNT_BUSERR 0x0D4
#define VCAP_CNT_STARTED 0x0D8
#define VCAP_MSI_CTRL 0x0E0
#define VCAP_MSI_ADDR_LO 0x0E4
#define VCAP_MSI_ADDR_HI 0x0E8
#define VCAP_MSI_DATA 0x0EC
#define VCAP_INPUT_SIZE 0x0F0
#define VCAP_CROP_POS 0x0F4
#define VCAP_FIELD_MODE 0x0F8
#define VCAP_FORMAT_PIXEL 0x0FC
#define VCAP_PLANE1_RING_BASE_LO 0x100
#define VCAP_PLANE1_RING_BASE_HI 0x104
#define VCAP_PLANE1_RING_SIZE 0x108
#define VCAP_PLANE1_RING_HEAD 0x10C
#define VCAP_PLANE1_RING_TAIL 0x110

#define VCAP_ID_VALUE 0x56434150u
#define VCAP_VERSION_VALUE 0x00010300u
#define VCAP_VERSION_MAJOR(version) (((version) >> 16) & 0xFFu)

/* INTR_STATE, INTR_ENABLE, INTR_TEST: bit numbers and masks */
#define VCAP_IRQ_FRAME_DONE 0
#define VCAP_IRQ_NOBUF 1
#define VCAP_IRQ_OVERFLOW 2
#define VCAP_IRQ_FORMAT_ERR 3
#define VCAP_IRQ_BUS_ERR 4
#define VCAP_IRQ_DESC_ERR 5
#define VCAP_IRQ_DRAINED 6
#define VCAP_IRQ_FIFO_ERR 7
#define VCAP_IRQ_VIDEO_SIZE 8
#define VCAP_IRQ_VIDEO_LOST 9
#define VCAP_INTR_FRAME_DONE (1u << VCAP_IRQ_FRAME_DONE)
#define VCAP_INTR_NOBUF (1u << VCAP_IRQ_NOBUF)
#define VCAP_INTR_OVERFLOW (1u << VCAP_IRQ_OVERFLOW)
#define VCAP_INTR_FORMAT_ERR (1u << VCAP_IRQ_FORMAT_ERR)
#define VCAP_INTR_BUS_ERR (1u << VCAP_IRQ_BUS_ERR)
#define VCAP_INTR_DESC_ERR (1u << VCAP_IRQ_DESC_ERR)
#define VCAP_INTR_DRAINED (1u << VCAP_IRQ_DRAINED)
#define VCAP_INTR_FIFO_ERR (1u << VCAP_IRQ_FIFO_ERR)
#define VCAP_INTR_VIDEO_SIZE (1u << VCAP_IRQ_VIDEO_SIZE)
#define VCAP_INTR_VIDEO_LOST (1u << VCAP_IRQ_VIDEO_LOST)
#define VCAP_IRQ_COUNT 10
#define VCAP_INTR_ALL ((1u << VCAP_IRQ_COUNT) - 1u)

/* CTRL */
#define VCAP_CTRL_ENABLE (1u << 0)
#define VCAP_CTRL_SOFT_RESET (1u << 1)
#define VCAP_CTRL_STALL (1u << 2)

/* STATUS */
#define VCAP_STATUS_RUNNING (1u << 0)
#define VCAP_STATUS_IDLE (1u << 1)
#define VCAP_STATUS_HALTED (1u << 2)
#define VCAP_STATUS_RESETTING (1u << 3)
#define VCAP_STATUS_IN_FRAME (1u << 4)
#define VCAP_STATUS_DESC_AVAIL (1u << 5)
#define VCAP_STATUS_OUTSTANDING(status) (((status) >> 8) & 0x3Fu)

/* ERR_CAUSE */
#define VCAP_ERR_RESPONSE(cause) ((cause)&3u)
#define VCAP_ERR_ACCESS(cause) (((cause) >> 2) & 7u)
#define VCAP_ERR_PLANE (1u << 5)
#define VCAP_ERR_INDEX(cause) (((cause) >> 16) & 0xFFFFu)
#define VCAP_ACCESS_NONE 0
#define VCAP_ACCESS_DESC_READ 1
#define VCAP_ACCESS_DATA_WRITE 2
#define VCAP_ACCESS_CPL_WRITE 3
#define VCAP_ACCESS_BAD_DESC 4
#define VCAP_ACCESS_FIFO 5
#define VCAP_ACCESS_MSI 6

/* CHANNELS */
#define VCAP_CHANNELS_PLANES (1u << 16)

/* MSI_CTRL */
#define VCAP_MSI_CTRL_ENABLE (1u << 0)

/* FAULT_TEST */
#define VCAP_FAULT_TEST_DATA (1u << 0)
#define VCAP_FAULT_TEST_HEADER (1u << 1)
#define VCAP_FAULT_TEST_PLANE1 (1u << 2)

/* DETECT_CTRL, DETECT_SIZE, DETECT_STATUS */
#define VCAP_DETECT_CTRL_ENABLE (1u << 0)
#define VCAP_DETECT_WIDTH(size) ((size)&0xFFFFu)
#define VCAP_DETECT_LINES(size) ((size) >> 16)
#define VCAP_DETECT_STATUS_PRESENT (1u << 0)
#define VCAP_DETECT_STATUS_STABLE (1u << 1)

/* FIELD_MODE */
#define VCAP_FIELD_MODE_SEPARATE 1
#define VCAP_FIELD_MODE_WEAVE 2

/* FORMAT_PIXEL */
#define VCAP_FORMAT_PIXEL_NV12 1

/* CAPS */
#define VCAP_CAPS_MAX_BURST(caps) ((caps)&0x1FFu)
#define VCAP_CAPS_MAX_OUTSTANDING(caps) ((((caps) >> 12) & 0xFu) + 1u)

/* Descriptor ring */
#define VCAP_DESC_FIRST 0x1u
#define VCAP_DESC_LAST 0x2u
#define VCAP_DESC_COOKIE_SHIFT 16
#define VCAP_DESC_MAX_LENGTH 0xFFFFFFu
#define VCAP_RING_ALIGNMENT 64

typedef struct _VCAP_DESCRIPTOR {
  unsigned long long Address; /* bus address of the piece */
  unsigned int Length;        /* bytes, 1 .. VCAP_DESC_MAX_LENGTH */
  unsigned int Flags;         /* VCAP_DESC_*, cookie in the upper half */
} VCAP_DESCRIPTOR;

/* Completion ring */
#define VCAP_CPL_PHASE 0x1u
#define VCAP_CPL_DISCONTINUITY 0x2u
#define VCAP_CPL_FIELD 0x4u
#define VCAP_CPL_INTERLACED 0x8u
#define VCAP_CPL_PLANE1_INDEX_SHIFT 16

typedef struct _VCAP_COMPLETION {
  unsigned short Index;  /* free-running index of the buffer's LAST descriptor */
  unsigned short Cookie; /* of the buffer's FIRST descriptor */
  unsigned int Bytes;
  unsigned int Flags; /* VCAP_CPL_*, in NV12 plane 1's Index in the upper half */
  unsigned int Sequence;
  unsigned long long StartTime; /* bus cycles, start of frame */
  unsigned long long EndTime;   /* bus cycles, last data write response */
} VCAP_COMPLETION;

#endif
