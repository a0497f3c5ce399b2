/* What a driver of the gallery and its client agree on: interface class, control codes, registers of the device. */
#pragma once

/* {7B0F4C52-9B7E-4F4B-9C0A-6A11E5000001} */
#define GALLERY_GUID                                                               \
  {                                                                                \
    0x7b0f4c52, 0x9b7e, 0x4f4b, { 0x9c, 0x0a, 0x6a, 0x11, 0xe5, 0x00, 0x00, 0x01 } \
  }

#define GALLERY_CODE(function, method) ((ULONG)CTL_CODE(0x8000, 0x800 + (function), method, FILE_ANY_ACCESS))
#define IOCTL_GALLERY_BUFFERED GALLERY_CODE(0, METHOD_BUFFERED)
#define IOCTL_GALLERY_IN_DIRECT GALLERY_CODE(1, METHOD_IN_DIRECT)
#define IOCTL_GALLERY_OUT_DIRECT GALLERY_CODE(2, METHOD_OUT_DIRECT)
#define IOCTL_GALLERY_NEITHER GALLERY_CODE(3, METHOD_NEITHER)
#define IOCTL_GALLERY_WAIT GALLERY_CODE(4, METHOD_BUFFERED) /* stays until it is cancelled */

/* Bytes a client sends and takes with each request; its read and write buffers begin in the middle of a page. */
#define GALLERY_CONTROL_BYTES 64u
#define GALLERY_TRANSFER_BYTES 10000u

/* Registers in BAR 0. */
#define GALLERY_STATUS 0u /* bit 0: the device interrupts */
#define GALLERY_ACK 4u    /* writing anything withdraws the interrupt */
