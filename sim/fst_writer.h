// The values of an FST file, packed as they come: fstapi, which takes them as text of one character a bit and packs
// them when it flushes, costs several times as much. What the file declares is fstapi's.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "rtl/dumped_values.h"

namespace p2p::sim {

class FstWriter final : public DumpedValues {
 public:
  /// `file` has been closed by fstapi, with declarations and no value: what it declares stays, values follow. Throws
  /// std::runtime_error with one line if it cannot be read or written, or declares real numbers, which are not written.
  explicit FstWriter(const std::string& file);
  ~FstWriter() override;
  FstWriter(const FstWriter&) = delete;
  FstWriter& operator=(const FstWriter&) = delete;

  /// What follows is at this time, which never falls.
  void time(std::uint64_t time);
  /// Handles are those of the declarations, from 1. Up to 64 bits; higher ones than the signal has are zero.
  void number(std::uint32_t handle, std::uint64_t value) override;
  /// The same of more bits, 32 in a word, the lowest first.
  void wide(std::uint32_t handle, const std::uint32_t* value) override;
  /// Of a signal of words.
  void words(std::uint32_t handle, std::string_view value);

  /// When the time goes on, everything up to now is written, and can be read even if the process dies.
  void flush() { flush_due_ = true; }
  /// Writes it at once. What still comes may be of the same time.
  void write_now() { write_section(); }
  /// Throws, as every function that writes, std::runtime_error with one line if the file cannot be written; nothing is
  /// written after that.
  void close();

 private:
  using Bytes = std::vector<std::uint8_t>;
  struct Signal {
    std::uint32_t bits = 0;         // 0: words
    std::uint32_t bytes = 0;        // packed
    std::size_t value_at = 0;       // in values_, whole words of 8 bytes
    std::uint32_t last_change = 0;  // index of its time in this section
    bool known = false;             // has had a value
    bool known_before = false;      // before this section
    Bytes changes;                  // of this section, in front of room for more
    std::size_t used = 0;           // bytes of them
  };
  void keep_declarations(const std::string& file);
  std::uint8_t* change(Signal& signal, std::size_t room, unsigned tag_bits, std::uint64_t tag);
  void write_section();
  Bytes frame() const;
  void put_waves(Bytes* section);
  void put(const Bytes& section);
  void patch(long offset, std::uint64_t number);
  [[noreturn]] void fail();

  std::string file_name_;
  std::FILE* file_ = nullptr;
  std::vector<Signal> signals_;                        // by handle less 1
  Bytes values_, values_before_;                       // packed: as they are, and as they were when the section began
  Bytes times_;                                        // of the section, each as the difference to the one before
  std::uint64_t time_ = 0, begin_ = 0, sections_ = 0;  // begin_: of the section, where the one before has ended
  std::uint32_t time_count_ = 0;
  bool flush_due_ = false, failed_ = false;
};

}  // namespace p2p::sim
