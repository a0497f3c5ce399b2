#include "tb/output/wave_writer.h"

#include <stdexcept>

namespace p2p::tb {

namespace {
void put(std::ostream& out, std::uint32_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out.put(static_cast<char>(value >> (8 * i)));
}
}  // namespace

WaveWriter::WaveWriter(const std::string& path, const proxy::AudioFormat& format)
    : path_(path), format_(format), file_(path, std::ios::binary) {
  write_header();
  if (!file_) throw std::runtime_error(path + ": could not be created");
}

void WaveWriter::write_header() {
  constexpr std::uint32_t kHeadBytes = 36, kFormatBytes = 16, kPcm = 1;
  const auto block = static_cast<std::uint32_t>(format_.block_bytes());
  file_ << "RIFF";
  put(file_, kHeadBytes + bytes_, 4);
  file_ << "WAVEfmt ";
  put(file_, kFormatBytes, 4);
  put(file_, kPcm, 2);
  put(file_, format_.channels, 2);
  put(file_, format_.rate, 4);
  put(file_, format_.rate * block, 4);
  put(file_, block, 2);
  put(file_, format_.bits, 2);
  file_ << "data";
  put(file_, bytes_, 4);
}

void WaveWriter::add(std::span<const std::uint8_t> samples) {
  file_.write(reinterpret_cast<const char*>(samples.data()), static_cast<std::streamsize>(samples.size()));
  bytes_ += static_cast<std::uint32_t>(samples.size());
}

void WaveWriter::close() {
  file_.seekp(0);
  write_header();
  file_.close();
  if (!file_) throw std::runtime_error(path_ + ": could not be written");
}

}  // namespace p2p::tb
