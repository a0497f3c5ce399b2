// Register offsets, fields and record layouts of vcap: the hardware side of docs/registers.md.
// sw/driver/vcap_hw.h holds the same values for software; tb/register_contract.cpp keeps both together.
package vcap_reg_pkg;
  // verilator lint_off UNUSEDPARAM
  // Some values describe fields that only software decodes.

  localparam bit [11:0] INTR_STATE       /*verilator public*/ = 12'h000;
  localparam bit [11:0] INTR_ENABLE      /*verilator public*/ = 12'h004;
  localparam bit [11:0] INTR_TEST        /*verilator public*/ = 12'h008;
  localparam bit [11:0] COALESCE         /*verilator public*/ = 12'h00C;
  localparam bit [11:0] COALESCE_TIMEOUT /*verilator public*/ = 12'h010;
  localparam bit [11:0] ID               /*verilator public*/ = 12'h020;
  localparam bit [11:0] VERSION          /*verilator public*/ = 12'h024;
  localparam bit [11:0] CAPS             /*verilator public*/ = 12'h028;
  localparam bit [11:0] CLK_KHZ          /*verilator public*/ = 12'h02C;
  localparam bit [11:0] CTRL             /*verilator public*/ = 12'h030;
  localparam bit [11:0] STATUS           /*verilator public*/ = 12'h034;
  localparam bit [11:0] ERR_CAUSE        /*verilator public*/ = 12'h038;
  localparam bit [11:0] ERR_ADDR_LO      /*verilator public*/ = 12'h03C;
  localparam bit [11:0] ERR_ADDR_HI      /*verilator public*/ = 12'h040;
  localparam bit [11:0] CHANNELS         /*verilator public*/ = 12'h044;
  localparam bit [11:0] FAULT_TEST       /*verilator public*/ = 12'h048;
  localparam bit [11:0] RING_BASE_LO     /*verilator public*/ = 12'h050;
  localparam bit [11:0] RING_BASE_HI     /*verilator public*/ = 12'h054;
  localparam bit [11:0] RING_SIZE        /*verilator public*/ = 12'h058;
  localparam bit [11:0] RING_HEAD        /*verilator public*/ = 12'h05C;
  localparam bit [11:0] RING_TAIL        /*verilator public*/ = 12'h060;
  localparam bit [11:0] CPL_BASE_LO      /*verilator public*/ = 12'h070;
  localparam bit [11:0] CPL_BASE_HI      /*verilator public*/ = 12'h074;
  localparam bit [11:0] CPL_SIZE         /*verilator public*/ = 12'h078;
  localparam bit [11:0] CPL_HEAD         /*verilator public*/ = 12'h07C;
  localparam bit [11:0] CPL_TAIL         /*verilator public*/ = 12'h080;
  localparam bit [11:0] FORMAT_WIDTH     /*verilator public*/ = 12'h090;
  localparam bit [11:0] FORMAT_HEIGHT    /*verilator public*/ = 12'h094;
  localparam bit [11:0] FORMAT_STRIDE    /*verilator public*/ = 12'h098;
  localparam bit [11:0] TIMESTAMP_LO     /*verilator public*/ = 12'h0A0;
  localparam bit [11:0] TIMESTAMP_HI     /*verilator public*/ = 12'h0A4;
  localparam bit [11:0] DETECT_CTRL      /*verilator public*/ = 12'h0A8;
  localparam bit [11:0] DETECT_TIMEOUT   /*verilator public*/ = 12'h0AC;
  localparam bit [11:0] DETECT_SIZE      /*verilator public*/ = 12'h0B0;
  localparam bit [11:0] DETECT_LINE      /*verilator public*/ = 12'h0B4;
  localparam bit [11:0] DETECT_FRAME     /*verilator public*/ = 12'h0B8;
  localparam bit [11:0] DETECT_STATUS    /*verilator public*/ = 12'h0BC;
  localparam bit [11:0] CNT_FRAMES       /*verilator public*/ = 12'h0C0;
  localparam bit [11:0] CNT_DROPPED      /*verilator public*/ = 12'h0C4;
  localparam bit [11:0] CNT_OVERFLOW     /*verilator public*/ = 12'h0C8;
  localparam bit [11:0] CNT_FORMAT       /*verilator public*/ = 12'h0CC;
  localparam bit [11:0] CNT_NOBUF        /*verilator public*/ = 12'h0D0;
  localparam bit [11:0] CNT_BUSERR       /*verilator public*/ = 12'h0D4;
  localparam bit [11:0] CNT_STARTED      /*verilator public*/ = 12'h0D8;
  localparam bit [11:0] MSI_CTRL         /*verilator public*/ = 12'h0E0;
  localparam bit [11:0] MSI_ADDR_LO      /*verilator public*/ = 12'h0E4;
  localparam bit [11:0] MSI_ADDR_HI      /*verilator public*/ = 12'h0E8;
  localparam bit [11:0] MSI_DATA         /*verilator public*/ = 12'h0EC;
  localparam bit [11:0] INPUT_SIZE       /*verilator public*/ = 12'h0F0;
  localparam bit [11:0] CROP_POS         /*verilator public*/ = 12'h0F4;
  localparam bit [11:0] FIELD_MODE       /*verilator public*/ = 12'h0F8;
  localparam bit [11:0] FORMAT_PIXEL     /*verilator public*/ = 12'h0FC;
  localparam bit [11:0] PLANE1_RING_BASE_LO /*verilator public*/ = 12'h100;
  localparam bit [11:0] PLANE1_RING_BASE_HI /*verilator public*/ = 12'h104;
  localparam bit [11:0] PLANE1_RING_SIZE    /*verilator public*/ = 12'h108;
  localparam bit [11:0] PLANE1_RING_HEAD    /*verilator public*/ = 12'h10C;
  localparam bit [11:0] PLANE1_RING_TAIL    /*verilator public*/ = 12'h110;

  localparam bit [31:0] ID_VALUE      /*verilator public*/ = 32'h5643_4150;
  localparam bit [31:0] VERSION_VALUE /*verilator public*/ = 32'h0001_0300;

  localparam int unsigned IRQ_FRAME_DONE /*verilator public*/ = 0;
  localparam int unsigned IRQ_NOBUF      /*verilator public*/ = 1;
  localparam int unsigned IRQ_OVERFLOW   /*verilator public*/ = 2;
  localparam int unsigned IRQ_FORMAT_ERR /*verilator public*/ = 3;
  localparam int unsigned IRQ_BUS_ERR    /*verilator public*/ = 4;
  localparam int unsigned IRQ_DESC_ERR   /*verilator public*/ = 5;
  localparam int unsigned IRQ_DRAINED    /*verilator public*/ = 6;
  localparam int unsigned IRQ_FIFO_ERR   /*verilator public*/ = 7;
  localparam int unsigned IRQ_VIDEO_SIZE /*verilator public*/ = 8;
  localparam int unsigned IRQ_VIDEO_LOST /*verilator public*/ = 9;
  localparam int unsigned IRQ_COUNT      /*verilator public*/ = 10;

  localparam int unsigned CTRL_ENABLE     /*verilator public*/ = 0;
  localparam int unsigned CTRL_SOFT_RESET /*verilator public*/ = 1;
  localparam int unsigned CTRL_STALL      /*verilator public*/ = 2;

  localparam int unsigned STATUS_RUNNING       /*verilator public*/ = 0;
  localparam int unsigned STATUS_IDLE          /*verilator public*/ = 1;
  localparam int unsigned STATUS_HALTED        /*verilator public*/ = 2;
  localparam int unsigned STATUS_RESETTING     /*verilator public*/ = 3;
  localparam int unsigned STATUS_IN_FRAME      /*verilator public*/ = 4;
  localparam int unsigned STATUS_DESC_AVAIL    /*verilator public*/ = 5;
  localparam int unsigned STATUS_OUTSTANDING   /*verilator public*/ = 8;

  localparam bit [2:0] ACCESS_NONE       /*verilator public*/ = 3'd0;
  localparam bit [2:0] ACCESS_DESC_READ  /*verilator public*/ = 3'd1;
  localparam bit [2:0] ACCESS_DATA_WRITE /*verilator public*/ = 3'd2;
  localparam bit [2:0] ACCESS_CPL_WRITE  /*verilator public*/ = 3'd3;
  localparam bit [2:0] ACCESS_BAD_DESC   /*verilator public*/ = 3'd4;
  localparam bit [2:0] ACCESS_FIFO       /*verilator public*/ = 3'd5;
  localparam bit [2:0] ACCESS_MSI        /*verilator public*/ = 3'd6;

  localparam int unsigned ERR_CAUSE_PLANE /*verilator public*/ = 5;

  localparam int unsigned CHANNELS_PLANES /*verilator public*/ = 16;

  localparam int unsigned MSI_CTRL_ENABLE /*verilator public*/ = 0;

  localparam int unsigned FAULT_TEST_DATA   /*verilator public*/ = 0;
  localparam int unsigned FAULT_TEST_HEADER /*verilator public*/ = 1;
  localparam int unsigned FAULT_TEST_PLANE1 /*verilator public*/ = 2;

  localparam int unsigned DETECT_CTRL_ENABLE    /*verilator public*/ = 0;
  localparam int unsigned DETECT_STATUS_PRESENT /*verilator public*/ = 0;
  localparam int unsigned DETECT_STATUS_STABLE  /*verilator public*/ = 1;

  localparam bit [1:0] FIELD_MODE_SEPARATE /*verilator public*/ = 2'd1;
  localparam bit [1:0] FIELD_MODE_WEAVE    /*verilator public*/ = 2'd2;

  localparam bit       FORMAT_PIXEL_NV12   /*verilator public*/ = 1'd1;

  localparam int unsigned DESC_FIRST /*verilator public*/ = 0;
  localparam int unsigned DESC_LAST  /*verilator public*/ = 1;
  localparam int unsigned DESC_BYTES /*verilator public*/ = 16;

  localparam int unsigned CPL_PHASE         /*verilator public*/ = 0;
  localparam int unsigned CPL_DISCONTINUITY /*verilator public*/ = 1;
  localparam int unsigned CPL_FIELD         /*verilator public*/ = 2;
  localparam int unsigned CPL_INTERLACED    /*verilator public*/ = 3;
  localparam int unsigned CPL_PLANE1_INDEX  /*verilator public*/ = 16;
  localparam int unsigned CPL_BYTES         /*verilator public*/ = 32;
  // verilator lint_on UNUSEDPARAM
endpackage
