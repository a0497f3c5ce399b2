// printf-style formatting as kernel code uses it, in the border's calling convention.
#pragma once

#include "sw/ntos/ddk.h"

#include <string>

namespace p2p::rtl {

/// The conversions of the kernel's printf: c C d i o p s S u x X Z %, with flags, width, precision (also *), and the
/// prefixes h l ll w I32 I64 z t. Pointers print as "ptr": an address would differ from run to run. An unknown
/// conversion ends the text, because the arguments after it cannot be found.
std::string format(const char* text, P2P_VA_LIST& arguments);

}  // namespace p2p::rtl
