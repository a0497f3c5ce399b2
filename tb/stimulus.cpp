#include "tb/stimulus.h"

#include <bit>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace p2p::tb {

namespace {

static_assert(std::endian::native == std::endian::little, "the file is little endian");
constexpr std::uint64_t kMagic = 0x31304D4954533250;  // "P2STIM01"

struct Header {
  std::uint64_t magic, seed, bus_period_ps, pixel_period_ps, bus_cycles, pixel_cycles, full_sum, sparse_sum, frames;
  std::uint64_t bus_bytes, pixel_bytes;
};

std::size_t entry_bytes(std::uint8_t bits) {
  std::size_t bytes = 1;
  if (bits & kResetBit) bytes += sizeof(ResetGroup);
  if (bits & kWriteBit) bytes += sizeof(WriteGroup);
  if (bits & kReadBit) bytes += sizeof(ReadGroup);
  if (bits & kRegisterBit) bytes += sizeof(RegisterGroup);
  if (bits & kVideoBit) bytes += sizeof(VideoGroup);
  return bytes;
}

/// A stream holds exactly `cycles` entries of allowed groups: the replay reads it without looking at its end.
bool well_formed(const std::vector<std::uint8_t>& stream, std::uint64_t cycles, std::uint8_t allowed) {
  std::size_t at = 0;
  for (; cycles != 0; --cycles) {
    if (at >= stream.size() || (stream[at] & ~allowed) != 0) return false;
    at += entry_bytes(stream[at]);
  }
  return at == stream.size();
}

}  // namespace

Stimulus StimulusRecorder::finish(std::uint64_t seed, std::uint64_t bus_period_ps, std::uint64_t pixel_period_ps) {
  stimulus_.seed = seed;
  stimulus_.bus_period_ps = bus_period_ps;
  stimulus_.pixel_period_ps = pixel_period_ps;
  stimulus_.full_sum = full_.value();
  stimulus_.sparse_sum = sparse_.value();
  return std::move(stimulus_);
}

void Stimulus::save(const std::string& path) const {
  std::ofstream file(path, std::ios::binary);
  const Header header{kMagic,   seed,       bus_period_ps, pixel_period_ps, bus_cycles,  pixel_cycles,
                      full_sum, sparse_sum, frames,        bus.size(),      pixel.size()};
  file.write(reinterpret_cast<const char*>(&header), sizeof header);
  file.write(reinterpret_cast<const char*>(bus.data()), static_cast<std::streamsize>(bus.size()));
  file.write(reinterpret_cast<const char*>(pixel.data()), static_cast<std::streamsize>(pixel.size()));
  file.close();
  if (!file) throw std::runtime_error(path + ": could not be written");
}

Stimulus Stimulus::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw std::runtime_error(path + ": expected a recorded stimulus that can be read");
  const auto size = static_cast<std::uint64_t>(file.tellg());
  file.seekg(0);
  Header header{};
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header) || header.magic != kMagic)
    throw std::runtime_error(path + ": not a recorded stimulus");
  const std::uint64_t content = size - sizeof header;
  if (header.bus_bytes > content || header.pixel_bytes != content - header.bus_bytes || header.bus_period_ps == 0 ||
      header.pixel_period_ps == 0)
    throw std::runtime_error(path + ": a recorded stimulus that is cut off or damaged");
  Stimulus s;
  s.seed = header.seed;
  s.bus_period_ps = header.bus_period_ps;
  s.pixel_period_ps = header.pixel_period_ps;
  s.bus_cycles = header.bus_cycles;
  s.pixel_cycles = header.pixel_cycles;
  s.full_sum = header.full_sum;
  s.sparse_sum = header.sparse_sum;
  s.frames = header.frames;
  s.bus.resize(header.bus_bytes);
  s.pixel.resize(header.pixel_bytes);
  file.read(reinterpret_cast<char*>(s.bus.data()), static_cast<std::streamsize>(s.bus.size()));
  file.read(reinterpret_cast<char*>(s.pixel.data()), static_cast<std::streamsize>(s.pixel.size()));
  if (!file || !well_formed(s.bus, s.bus_cycles, kResetBit | kWriteBit | kReadBit | kRegisterBit) ||
      !well_formed(s.pixel, s.pixel_cycles, kResetBit | kVideoBit))
    throw std::runtime_error(path + ": a recorded stimulus that is cut off or damaged");
  return s;
}

}  // namespace p2p::tb
