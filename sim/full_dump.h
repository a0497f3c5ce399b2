// Every signal of the Verilated model, by Verilator's own tracing: once an instant at which a clock rises. At falls
// nothing changes in this design (positive edges only), so nothing is evaluated or compared there.
#pragma once

#include <verilated_fst_c.h>

#include <string>

#include "sim/chip_dump.h"
#include "sim/fst_context.h"

namespace p2p::sim {

/// What Verilator declares of a model. Leaves `file` behind, to be written over.
template <class Model>
FstDeclarations declarations_of(Model& model, const std::string& file) {
  VerilatedFstC probe;
  model.trace(&probe, 99);
  probe.open(file.c_str());
  probe.close();
  return read_declarations(file);
}

template <class Model>
class FullDump final : public ChipDump {
 public:
  FullDump(Model& model, const std::string& file) : model_(model) {
    const FstDeclarations declared = declarations_of(model, file);
    bus_clock_ = port_handle(declared, "clk_i");
    pixel_clock_ = port_handle(declared, "pix_clk_i");
    fst_.set_time_unit("1ps");
    fst_.set_time_resolution("1ps");
    model.trace(&fst_, 99);
    fst_.open(file.c_str());
  }
  void* context() override { return fst_context(*fst_.spTrace()); }
  std::uint32_t bus_clock() const override { return bus_clock_; }
  std::uint32_t pixel_clock() const override { return pixel_clock_; }
  void dump(std::uint64_t time_ps, bool bus_rises, bool pixel_rises) override {
    // The model's clocks fall here, with the logic behind its inputs.
    model_.clk_i = 0;
    model_.pix_clk_i = 0;
    model_.eval();
    if (!begun_) {
      begun_ = true;
      bus_shown_ = bus_rises;
      pixel_shown_ = pixel_rises;
    }
    // Verilator is to see no change of them.
    model_.clk_i = bus_shown_;
    model_.pix_clk_i = pixel_shown_;
    fst_.dump(time_ps);
    model_.clk_i = 0;
    model_.pix_clk_i = 0;
  }
  void flush() override { fst_.flush(); }
  void close() override { fst_.close(); }

 private:
  Model& model_;
  VerilatedFstC fst_;
  std::uint32_t bus_clock_ = 0, pixel_clock_ = 0;
  bool begun_ = false, bus_shown_ = false, pixel_shown_ = false;
};

}  // namespace p2p::sim
