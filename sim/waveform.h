// The FST waveform: the chip's signals, and others beside them (sim/wave_signals.h). Two runs that do the same leave
// the same bytes: the file's date is blanked on closing.
#pragma once

#include <verilated_fst_c.h>

#include <cstdint>
#include <string>

#include "sim/fst_signals.h"

namespace p2p::sim {

/// Throws std::runtime_error with one line naming the file if it cannot be written.
void check_writable(const std::string& file);
/// The writer context of an open file, for signals that no model has.
void* fst_context(VerilatedFst& file);
/// Replaces the creation date in the header of a closed FST file by spaces.
void blank_fst_date(const std::string& file);

class Waveform {
 public:
  /// Registers every signal of `model` and opens the file, at any time of the run. The model's context must have had
  /// tracing switched on from the start. `others`: signals beside the chip's, or nullptr; they outlive this.
  template <class Model>
  Waveform(Model& model, const std::string& file, FstSignals* others) : file_(file), others_(others) {
    check_writable(file);
    fst_.set_time_unit("1ps");
    fst_.set_time_resolution("1ps");
    model.trace(&fst_, 99);
    fst_.open(file.c_str());
    if (others_ != nullptr) others_->attach(fst_context(*fst_.spTrace()));
  }
  ~Waveform() { close(); }
  Waveform(const Waveform&) = delete;
  Waveform& operator=(const Waveform&) = delete;

  /// The chip's signals as they are now, at `time_ps`, which never falls.
  void dump(std::uint64_t time_ps) {
    if (others_ != nullptr) others_->write_before(time_ps);
    fst_.dump(time_ps);
    if (others_ != nullptr) others_->write_at(time_ps);
  }
  /// What was dumped so far can be read even if the process dies.
  void flush() { fst_.flush(); }
  void close() {
    if (!fst_.isOpen()) return;
    if (others_ != nullptr) {
      others_->write_rest();
      others_->attach(nullptr);
    }
    fst_.close();
    blank_fst_date(file_);
  }

 private:
  std::string file_;
  VerilatedFstC fst_;
  FstSignals* others_;
};

}  // namespace p2p::sim
