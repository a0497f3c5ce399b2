// The chip's FST waveform. Two runs that do the same leave the same bytes: the file's date is blanked on closing.
#pragma once

#include <verilated_fst_c.h>

#include <cstdint>
#include <string>

namespace p2p::sim {

/// Throws std::runtime_error with one line naming the file if it cannot be written.
void check_writable(const std::string& file);
/// Replaces the creation date in the header of a closed FST file by spaces.
void blank_fst_date(const std::string& file);

class Waveform {
 public:
  /// Registers every signal of `model` and opens the file. The model's context must have tracing switched on.
  template <class Model>
  Waveform(Model& model, const std::string& file) : file_(file) {
    check_writable(file);
    fst_.set_time_unit("1ps");
    fst_.set_time_resolution("1ps");
    model.trace(&fst_, 99);
    fst_.open(file.c_str());
  }
  ~Waveform() { close(); }
  Waveform(const Waveform&) = delete;
  Waveform& operator=(const Waveform&) = delete;

  void dump(std::uint64_t time_ps) { fst_.dump(time_ps); }
  /// What was dumped so far can be read even if the process dies.
  void flush() { fst_.flush(); }
  void close() {
    if (!fst_.isOpen()) return;
    fst_.close();
    blank_fst_date(file_);
  }

 private:
  std::string file_;
  VerilatedFstC fst_;
};

}  // namespace p2p::sim
