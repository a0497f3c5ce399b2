// Whose code does something with an IRP: judged by the module a call comes from. Drivers linked into the program cannot
// be told apart, nobody is blamed there. Needs sw/ntos/ddk.h before it.
#pragma once

#include "sw/ntos/io/irp.h"

namespace p2p::io {

/// The image of a driver; nullptr for the kernel's own drivers and those linked into the program.
const void* image_of(PDRIVER_OBJECT driver);
/// Is `code` in a driver that has passed the IRP to the one whose it is now?
bool passed_it_down(const void* code, const IRP* irp, const IrpInfo& info);
/// Whose IRP it is decides whether it can be cancelled, not a driver that has passed it on: 0xC9/0x229 (R-IRP-85).
void check_cancel_routine(const IRP* irp, const IrpInfo& info);

}  // namespace p2p::io
