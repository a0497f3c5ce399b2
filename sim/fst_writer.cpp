#include "sim/fst_writer.h"

#include <gtkwave/fstapi.h>
#include <gtkwave/lz4.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace p2p::sim {

namespace {
using Bytes = std::vector<std::uint8_t>;

// A block: its type, then its length without the type, then what it holds. Numbers are big-endian.
constexpr std::uint8_t kHeader = FST_BL_HDR, kValues = FST_BL_VCDATA_DYN_ALIAS2, kUnfinished = FST_BL_SKIP;
// In the file's header, which comes first.
constexpr long kBeginOffset = 9, kEndOffset = 17, kSectionsOffset = 65;
constexpr std::size_t kShort = 32;  // bytes of changes that are not worth compressing
constexpr int kCompression = 4;     // of zlib: rarely used data

void put_u64(Bytes* out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<std::uint8_t>(number >> shift));
}
std::uint64_t get_u64(const std::uint8_t* at) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | at[i];
  return number;
}

void put_varint(Bytes* out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out->push_back(static_cast<std::uint8_t>(number | 0x80));
  out->push_back(static_cast<std::uint8_t>(number));
}
void put_signed_varint(Bytes* out, std::int64_t number) {
  for (;;) {
    const auto byte = static_cast<std::uint8_t>(number & 0x7F);
    number >>= 7;
    if ((number == 0 && (byte & 0x40) == 0) || (number == -1 && (byte & 0x40) != 0)) return out->push_back(byte);
    out->push_back(byte | 0x80);
  }
}

void append(Bytes* out, const Bytes& more) { out->insert(out->end(), more.begin(), more.end()); }

/// As zlib makes it, or as it is if that is no shorter.
Bytes deflated(const Bytes& raw) {
  uLongf length = compressBound(raw.size());
  Bytes packed(length);
  if (compress2(packed.data(), &length, raw.data(), raw.size(), kCompression) != Z_OK || length >= raw.size())
    return raw;
  packed.resize(length);
  return packed;
}

bool is_real(unsigned type) {
  return type == FST_VT_VCD_REAL || type == FST_VT_VCD_REAL_PARAMETER || type == FST_VT_VCD_REALTIME ||
         type == FST_VT_SV_SHORTREAL;
}

std::vector<std::uint32_t> widths_of(const std::string& file) {
  const std::unique_ptr<void, void (*)(void*)> reader(fstReaderOpen(file.c_str()), fstReaderClose);
  if (reader == nullptr) throw std::runtime_error(file + ": not a waveform in FST format");
  std::vector<std::uint32_t> widths(fstReaderGetMaxHandle(reader.get()));
  while (const fstHier* item = fstReaderIterateHier(reader.get())) {
    if (item->htyp != FST_HT_VAR) continue;
    if (is_real(item->u.var.typ))
      throw std::runtime_error(file + ": " + item->u.var.name + " is a real number; expected bits or words");
    widths.at(item->u.var.handle - 1) = item->u.var.typ == FST_VT_GEN_STRING ? 0 : item->u.var.length;
  }
  return widths;
}

Bytes content_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
}  // namespace

FstWriter::FstWriter(const std::string& file) : file_name_(file) {
  for (const std::uint32_t bits : widths_of(file)) {
    Signal& signal = signals_.emplace_back();
    signal.bits = bits;
    signal.bytes = (bits + 7) / 8;
    signal.value_at = values_.size();
    values_.resize(values_.size() + (std::size_t{signal.bytes} + 7) / 8 * 8);
  }
  values_before_ = values_;
  keep_declarations(file);
}

FstWriter::~FstWriter() {
  if (file_ != nullptr) std::fclose(file_);
}

/// Leaves the blocks that declare in the file, and nothing else.
void FstWriter::keep_declarations(const std::string& file) {
  const Bytes all = content_of(file);
  Bytes kept;
  for (std::size_t at = 0; at + 9 <= all.size();) {
    const std::uint64_t length = get_u64(&all[at + 1]) + 1;
    if (length < 9 || at + length > all.size()) break;
    const bool declares = all[at] == kHeader || all[at] == FST_BL_GEOM || all[at] == FST_BL_HIER ||
                          all[at] == FST_BL_HIER_LZ4 || all[at] == FST_BL_HIER_LZ4DUO;
    if (declares)
      kept.insert(kept.end(), all.begin() + static_cast<std::ptrdiff_t>(at),
                  all.begin() + static_cast<std::ptrdiff_t>(at + length));
    at += length;
  }
  file_ = std::fopen(file.c_str(), "wb+");
  if (file_ == nullptr) fail();
  put(kept);
}

void FstWriter::time(std::uint64_t time) {
  if (time_count_ != 0 && time == time_) return;
  if (flush_due_) write_section();
  if (sections_ == 0 && time_count_ == 0) begin_ = time;
  put_varint(&times_, time_count_ == 0 ? time : time - time_);
  ++time_count_;
  time_ = time;
}

/// The beginning of a change: how many of the section's times it comes after the signal's last one, above the tag.
/// Returns where the rest goes, of which there is room for so many bytes.
inline std::uint8_t* FstWriter::change(Signal& signal, std::size_t room, unsigned tag_bits, std::uint64_t tag) {
  constexpr std::size_t kMostOfVarint = 10;
  if (signal.used + kMostOfVarint + room > signal.changes.size()) [[unlikely]]
    signal.changes.resize(2 * signal.changes.size() + kMostOfVarint + room);
  const std::uint32_t now = time_count_ - 1;
  std::uint64_t number = std::uint64_t{now - signal.last_change} << tag_bits | tag;
  std::uint8_t* to = &signal.changes[signal.used];
  for (; number >= 0x80; number >>= 7) *to++ = static_cast<std::uint8_t>(number | 0x80);
  *to++ = static_cast<std::uint8_t>(number);
  signal.last_change = now;
  signal.known = true;
  return to;
}

void FstWriter::number(std::uint32_t handle, std::uint64_t value) {
  Signal& signal = signals_[handle - 1];
  std::uint8_t* to;
  if (signal.bits == 1) {
    to = change(signal, 0, 2, value << 1);
    values_[signal.value_at] = static_cast<std::uint8_t>(value << 7);
  } else {
    to = change(signal, sizeof value, 1, 0);
    value = __builtin_bswap64(value << (64 - signal.bits));
    std::memcpy(to, &value, sizeof value);
    std::memcpy(&values_[signal.value_at], &value, sizeof value);
    to += signal.bytes;
  }
  signal.used = static_cast<std::size_t>(to - signal.changes.data());
}

void FstWriter::wide(std::uint32_t handle, const std::uint32_t* value) {
  Signal& signal = signals_[handle - 1];
  std::uint8_t* const from = change(signal, signal.bytes + 8, 1, 0);
  // Eight bytes at a time from the highest; the last ones are filled up from below.
  std::uint8_t* to = from;
  for (int low = static_cast<int>(signal.bits) - 64; low > -64; low -= 64, to += 8) {
    const auto at = [value, words = (static_cast<int>(signal.bits) + 31) / 32](int word) {
      return word < 0 || word >= words ? std::uint64_t{0} : value[word];
    };
    // Words below the lowest are none: what is shifted in there is zero.
    const int word = low >= 0 ? low / 32 : -((31 - low) / 32), shift = low - 32 * word;
    std::uint64_t part = at(word) >> shift | at(word + 1) << (32 - shift);
    if (shift != 0) part |= at(word + 2) << (64 - shift);
    part = __builtin_bswap64(part);
    std::memcpy(to, &part, sizeof part);
  }
  std::memcpy(&values_[signal.value_at], from, signal.bytes);
  signal.used = static_cast<std::size_t>(from + signal.bytes - signal.changes.data());
}

void FstWriter::words(std::uint32_t handle, std::string_view value) {
  Signal& signal = signals_[handle - 1];
  Bytes record;
  put_varint(&record, value.size());
  record.insert(record.end(), value.begin(), value.end());
  std::uint8_t* const to = change(signal, record.size(), 1, 0);
  std::copy(record.begin(), record.end(), to);
  signal.used = static_cast<std::size_t>(to - signal.changes.data()) + record.size();
}

/// What the numbers were when the section began, a character a bit.
Bytes FstWriter::frame() const {
  Bytes text;
  for (const Signal& signal : signals_) {
    for (std::uint32_t bit = 0; bit < signal.bits; ++bit) {
      const unsigned byte = values_before_[signal.value_at + bit / 8];
      text.push_back(static_cast<std::uint8_t>(!signal.known_before              ? 'x'
                                               : (byte << (bit % 8) & 0x80) != 0 ? '1'
                                                                                 : '0'));
    }
  }
  return text;
}

/// Each signal's changes, those that are the same once, and where they are.
void FstWriter::put_waves(Bytes* section) {
  const std::size_t start = section->size();
  section->push_back('4');  // LZ4
  Bytes places;
  std::map<std::string_view, std::int64_t> seen;
  std::int64_t place_before = 0, alias_before = 0;
  std::uint64_t without = 0;
  Bytes packed;
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    const std::string_view text(reinterpret_cast<const char*>(signals_[i].changes.data()), signals_[i].used);
    if (text.empty()) {
      ++without;
      continue;
    }
    if (without != 0) put_varint(&places, without << 1);
    without = 0;
    const auto [same, first] = seen.try_emplace(text, -static_cast<std::int64_t>(i + 1));
    if (!first) {
      put_signed_varint(&places, (same->second == alias_before ? 0 : same->second) * 2 + 1);
      alias_before = same->second;
      continue;
    }
    const auto place = static_cast<std::int64_t>(section->size() - start);
    put_signed_varint(&places, (place - place_before) * 2 + 1);
    place_before = place;
    int length = 0;
    if (text.size() > kShort) {
      packed.resize(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(text.size()))));
      length = LZ4_compress_default(text.data(), reinterpret_cast<char*>(packed.data()), static_cast<int>(text.size()),
                                    static_cast<int>(packed.size()));
    }
    if (length > 0 && static_cast<std::size_t>(length) < text.size()) {
      put_varint(section, text.size());
      section->insert(section->end(), packed.begin(), packed.begin() + length);
    } else {
      put_varint(section, 0);
      section->insert(section->end(), text.begin(), text.end());
    }
  }
  if (without != 0) put_varint(&places, without << 1);
  append(section, places);
  put_u64(section, places.size());
}

void FstWriter::write_section() {
  flush_due_ = false;
  if (time_count_ == 0 || failed_) return;
  Bytes body;
  put_u64(&body, begin_);
  put_u64(&body, time_);
  std::uint64_t memory = 0;
  for (const Signal& signal : signals_) memory += signal.used;
  put_u64(&body, memory);
  const Bytes initial = frame(), initial_packed = deflated(initial);
  put_varint(&body, initial.size());
  put_varint(&body, initial_packed.size());
  put_varint(&body, signals_.size());
  append(&body, initial_packed);
  put_varint(&body, signals_.size());
  put_waves(&body);
  const Bytes times_packed = deflated(times_);
  append(&body, times_packed);
  put_u64(&body, times_.size());
  put_u64(&body, times_packed.size());
  put_u64(&body, time_count_);

  Bytes head{kUnfinished};
  put_u64(&head, body.size() + 8);
  const long at = std::ftell(file_);
  put(head);
  put(body);
  // It counts from here on.
  if (at < 0 || std::fseek(file_, at, SEEK_SET) != 0 || std::fputc(kValues, file_) == EOF) fail();
  if (sections_++ == 0) patch(kBeginOffset, begin_);
  patch(kEndOffset, time_);
  patch(kSectionsOffset, sections_);
  if (std::fseek(file_, 0, SEEK_END) != 0 || std::fflush(file_) != 0) fail();

  values_before_ = values_;
  for (Signal& signal : signals_) {
    signal.used = 0;
    signal.last_change = 0;
    signal.known_before = signal.known;
  }
  times_.clear();
  time_count_ = 0;
  begin_ = time_;
}

void FstWriter::put(const Bytes& bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail();
}

void FstWriter::patch(long offset, std::uint64_t number) {
  Bytes bytes;
  put_u64(&bytes, number);
  if (std::fseek(file_, offset, SEEK_SET) != 0) fail();
  put(bytes);
}

void FstWriter::fail() {
  failed_ = true;
  throw std::runtime_error(file_name_ + ": cannot write the waveform: " + std::strerror(errno));
}

void FstWriter::close() {
  if (file_ == nullptr) return;
  write_section();
  std::FILE* const file = std::exchange(file_, nullptr);
  if (std::fclose(file) != 0 && !failed_) fail();
}

}  // namespace p2p::sim
