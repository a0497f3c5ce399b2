// IRP_MJ_… by number.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace p2p::tb {

/// "DEVICE_CONTROL" of IRP_MJ_DEVICE_CONTROL, 14; "?" of a number that no IRP has.
inline std::string_view irp_major_name(std::uint64_t major) {
  static constexpr std::array<std::string_view, 28> kNames{"CREATE",
                                                           "CREATE_NAMED_PIPE",
                                                           "CLOSE",
                                                           "READ",
                                                           "WRITE",
                                                           "QUERY_INFORMATION",
                                                           "SET_INFORMATION",
                                                           "QUERY_EA",
                                                           "SET_EA",
                                                           "FLUSH_BUFFERS",
                                                           "QUERY_VOLUME_INFORMATION",
                                                           "SET_VOLUME_INFORMATION",
                                                           "DIRECTORY_CONTROL",
                                                           "FILE_SYSTEM_CONTROL",
                                                           "DEVICE_CONTROL",
                                                           "INTERNAL_DEVICE_CONTROL",
                                                           "SHUTDOWN",
                                                           "LOCK_CONTROL",
                                                           "CLEANUP",
                                                           "CREATE_MAILSLOT",
                                                           "QUERY_SECURITY",
                                                           "SET_SECURITY",
                                                           "POWER",
                                                           "SYSTEM_CONTROL",
                                                           "DEVICE_CHANGE",
                                                           "QUERY_QUOTA",
                                                           "SET_QUOTA",
                                                           "PNP"};
  return major < kNames.size() ? kNames[major] : std::string_view("?");
}

}  // namespace p2p::tb
