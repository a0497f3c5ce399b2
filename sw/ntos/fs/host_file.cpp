#include "sw/ntos/ddk.h"

#include "sw/ntos/fs/host_file.h"

#include <algorithm>
#include <vector>

#include "sw/ntos/ke/machine.h"

namespace p2p::fs {

namespace {
namespace stdfs = std::filesystem;

char16_t lower(char16_t c) { return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + 32) : c; }
std::string folded(std::u16string_view text) {
  std::string out;
  for (const char16_t c : text) {
    const char16_t small = lower(c);
    if (small < 0x80) {
      out += static_cast<char>(small);
    } else if (small < 0x800) {
      out += static_cast<char>(0xC0 | small >> 6);
      out += static_cast<char>(0x80 | (small & 0x3F));
    } else {
      out += static_cast<char>(0xE0 | small >> 12);
      out += static_cast<char>(0x80 | (small >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (small & 0x3F));
    }
  }
  return out;
}
std::string folded(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// Without the folder of drives, which has several names, and without a slash at the end.
std::string short_name(std::string name) {
  for (const std::string_view drives : {"\\dosdevices\\", "\\??\\", "\\global??\\"}) {
    if (name.rfind(drives, 0) == 0) name.erase(0, drives.size());
  }
  while (!name.empty() && name.back() == '\\') name.pop_back();
  return name;
}

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('\\'), path.size());
    out.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return out;
}

bool valid(const std::string& component) {
  return !component.empty() && component != "." && component != ".." &&
         component.find_first_of("/*?\"<>|:") == std::string::npos;
}

/// The entry of `folder` with this name in any case; the first by name if there are several, so that the order in which
/// the host lists them does not matter.
stdfs::path entry_of(const stdfs::path& folder, const std::string& name) {
  std::vector<std::string> found;
  std::error_code error;
  for (const stdfs::directory_entry& entry : stdfs::directory_iterator(folder, error)) {
    if (folded(entry.path().filename().string()) == name) found.push_back(entry.path().filename().string());
  }
  if (found.empty()) return {};
  return folder / *std::min_element(found.begin(), found.end());
}
}  // namespace

Place locate(std::u16string_view name) {
  const std::string path = short_name(folded(name));
  for (const ntos::FileFolder& mapped : ke::state().config.files) {
    const std::string drive = short_name(folded(mapped.name));
    if (path.rfind(drive + "\\", 0) != 0) continue;
    const std::vector<std::string> parts = components(std::string_view(path).substr(drive.size() + 1));
    if (!std::all_of(parts.begin(), parts.end(), valid)) return {STATUS_OBJECT_NAME_INVALID, {}, false};
    stdfs::path at = mapped.folder;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const stdfs::path next = entry_of(at, parts[i]);
      const bool last = i + 1 == parts.size();
      if (next.empty() && !last) return {STATUS_OBJECT_PATH_NOT_FOUND, {}, false};
      if (next.empty()) return {STATUS_SUCCESS, at / parts[i], false};
      at = next;
    }
    return {STATUS_SUCCESS, at, true};
  }
  // Every Windows has a drive c:. Without a folder it is empty, and nothing can be made on it.
  const bool in_its_root = path.rfind("c:\\", 0) == 0 && path.find('\\', 3) == std::string::npos && path.size() > 3;
  return {in_its_root ? STATUS_SUCCESS : STATUS_OBJECT_PATH_NOT_FOUND, {}, false};
}

HostFile::HostFile(const std::filesystem::path& path, bool writes, bool create, bool truncate) : path_(path) {
  if (create || truncate) std::ofstream(path, std::ios::binary | std::ios::trunc).flush();
  stream_.open(path, std::ios::binary | std::ios::in | (writes ? std::ios::out : std::ios::openmode{}));
}

std::uint64_t HostFile::size() {
  stream_.clear();
  stream_.seekg(0, std::ios::end);
  return static_cast<std::uint64_t>(stream_.tellg());
}

std::size_t HostFile::read(std::uint64_t offset, std::span<std::uint8_t> bytes) {
  stream_.clear();
  stream_.seekg(static_cast<std::streamoff>(offset));
  stream_.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return static_cast<std::size_t>(stream_.gcount());
}

bool HostFile::write(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  // Windows fills the gap behind the old end with zeros; so does the host.
  stream_.clear();
  stream_.seekp(static_cast<std::streamoff>(offset));
  stream_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  stream_.flush();
  return stream_.good();
}

bool HostFile::set_size(std::uint64_t bytes) {
  stream_.flush();
  std::error_code error;
  std::filesystem::resize_file(path_, bytes, error);
  return !error;
}

}  // namespace p2p::fs
