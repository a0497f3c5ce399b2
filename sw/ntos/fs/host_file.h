// Files of the host below the folders that the configuration names (KernelConfig::files), under Windows' names for
// them. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace p2p::fs {

/// What a name means: a path of the host, which may not exist, or why it means none.
struct Place {
  NTSTATUS status = STATUS_SUCCESS;
  std::filesystem::path path;
  bool exists = false;
};
/// `name`: \DosDevices\c:\folder\file or \??\…, in any case. STATUS_OBJECT_PATH_NOT_FOUND for a drive without a folder,
/// but for c:, which is empty then, and for a folder that is not there, STATUS_OBJECT_NAME_INVALID for dots and other
/// wildcards in it.
Place locate(std::u16string_view name);

/// An open file. Offsets in bytes.
class HostFile {
 public:
  /// `create`: makes it; `truncate`: empties it. bad() if the host refuses.
  HostFile(const std::filesystem::path& path, bool writable, bool create, bool truncate);
  bool bad() const { return !stream_.is_open(); }
  std::uint64_t size();
  /// As many bytes as there are, 0 at the end.
  std::size_t read(std::uint64_t offset, std::span<std::uint8_t> bytes);
  bool write(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  bool set_size(std::uint64_t bytes);

  std::uint64_t position = 0;
  bool synchronous = false, readable = false, writable = false;

 private:
  std::filesystem::path path_;
  std::fstream stream_;
};

}  // namespace p2p::fs
