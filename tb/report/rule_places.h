// Where in the RTL a rule looks: the ports of the chip that it is about.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace p2p::tb {

/// A port of the chip's top module, as the build has found it.
struct RtlPort {
  std::string_view name;
  unsigned line = 0;  ///< of its declaration in kRtlTop
};

inline constexpr const char* kRtlTop = "rtl/vcap.sv";
inline constexpr const char* kRtlScope = "vcap";  ///< in the waveform

/// None for a rule of software. `text`: of the violation; what differs from the reference model is named there only.
std::vector<RtlPort> rule_ports(std::string_view rule, std::string_view text);

}  // namespace p2p::tb
