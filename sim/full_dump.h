// Every signal of the Verilated model, by Verilator's own tracing: once an instant at which a clock rises. At falls
// nothing changes in this design (positive edges only), so nothing is evaluated or compared there.
#pragma once

#include <gtkwave/fstapi.h>
#include <verilated_fst_c.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "sim/chip_dump.h"
#include "sim/fst_context.h"

namespace p2p::sim {

/// `file` declares what Verilator declares of a model, and `others`.
template <class Model>
FstDeclarations declare_all(Model& model, const std::string& file, FstSignals& others) {
  VerilatedFstC declaring;
  declaring.set_time_unit("1ps");
  declaring.set_time_resolution("1ps");
  model.trace(&declaring, 99);
  declaring.open(file.c_str());
  others.declare(fst_context(*declaring.spTrace()));
  declaring.close();
  return read_declarations(file);
}

template <class Model>
class FullDump final : public ChipDump {
 public:
  explicit FullDump(Model& model) : model_(model) {}
  void declare(const std::string& file, FstSignals& others) override {
    const FstDeclarations declared = declare_all(model_, file, others);
    bus_clock_ = port_handle(declared, "clk_i");
    pixel_clock_ = port_handle(declared, "pix_clk_i");
    // Verilator compares only for a file of its own, which nobody else need see.
    const std::string unused = file + ".unused";
    model_.trace(&compared_, 99);
    compared_.open(unused.c_str());
    for (const char* end : {"", ".hier"}) std::filesystem::remove(unused + end);
  }
  std::uint32_t bus_clock() const override { return bus_clock_; }
  std::uint32_t pixel_clock() const override { return pixel_clock_; }
  void dump(FstWriter& fst, bool bus_rises, bool pixel_rises) override {
    // The model's clocks fall here, with the logic behind its inputs.
    model_.clk_i = 0;
    model_.pix_clk_i = 0;
    model_.eval();
    if (dumps_ == 0) {
      bus_shown_ = bus_rises;
      pixel_shown_ = pixel_rises;
    }
    // Verilator is to see no change of them.
    model_.clk_i = bus_shown_;
    model_.pix_clk_i = pixel_shown_;
    take_dumped_values(&fst);
    compared_.dump(dumps_++);
    take_dumped_values(nullptr);
    if (dumps_ % kKept == 0) forget();
    if (dumped_values_taken() == 0)
      throw std::runtime_error("this Verilator dumps by functions that rtl/dumped_values.cpp does not know");
    model_.clk_i = 0;
    model_.pix_clk_i = 0;
  }

 private:
  static constexpr std::uint64_t kKept = 65536;  // times that fstapi has to keep for a file without values
  /// Lets fstapi write them: it does so for a value.
  void forget() {
    fstWriterEmitValueChange(fst_context(*compared_.spTrace()), bus_clock_, "0");
    compared_.flush();
  }

  Model& model_;
  VerilatedFstC compared_;
  std::uint32_t bus_clock_ = 0, pixel_clock_ = 0;
  std::uint64_t dumps_ = 0;
  bool bus_shown_ = false, pixel_shown_ = false;
};

}  // namespace p2p::sim
