// The chip and its two clocks: the Verilated model in a tight loop with its bridges, its video player and an observer,
// all inlined. Each instant with a rising edge goes: pins are observed and sampled, the edge is evaluated, inputs are
// driven.
//
// Falling edges do nothing in this design (positive edges only, outputs from registers): a clock falls together with
// the other clock's next rise, or with what a waveform wants evaluated, which costs no evaluation of its own. The
// waveform shows its fall at half period.
#pragma once

#include <Vvcap.h>  // before any SystemC header

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "sim/axi_slave.h"
#include "sim/axil_master.h"
#include "sim/chip_base.h"
#include "sim/chip_pins.h"
#include "sim/config.h"
#include "sim/control_dump.h"
#include "sim/full_dump.h"
#include "sim/video_player.h"
#include "sim/waveform.h"

namespace p2p::sim {

/// `Observer` has the two calls of NullObserver (sim/pins.h), which cost nothing if they do nothing; it may have the
/// third that is described there.
template <class Observer>
class ClockedChip final : public ChipBase {
 public:
  struct Parts {
    AxiSlave& memory;
    AxilMaster& registers;
    VideoPlayer& video;
    Attention& attention;
  };
  ClockedChip(const MachineConfig& config, const Parts& parts, Observer& observer);
  ~ClockedChip() override { model_.final(); }

  const Vvcap& model() const { return model_; }
  std::vector<ChipSignal> signals() const override { return chip_signals(model_); }
  void begin_trace(const std::string& file) override;
  void end_trace() override {
    if (waveform_) waveform_->close(now_ps());
    waveform_.reset();
  }
  WaveSignals* wave_signals() override { return signals_ ? &*signals_ : nullptr; }
  void hold_reset(bool held) override;

 protected:
  void advance(std::uint64_t horizon_ps, std::uint64_t batch) override {
    if (waveform_) {
      run_ahead<true>(horizon_ps, batch);
    } else {
      run_ahead<false>(horizon_ps, batch);
    }
  }
  std::uint64_t next_edge_ps() const override { return std::min(next_bus_ps_, next_pixel_ps_); }
  void halted() override {
    if (waveform_) waveform_->write_now();
  }

 private:
  static constexpr std::uint64_t kFlushCycles = 16384;  // bus cycles between flushes of the waveform
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  template <bool kTraced>
  void run_ahead(std::uint64_t horizon_ps, std::uint64_t batch);
  void raise(bool bus_edge, bool pixel_edge);
  void drive_bus();
  void reset_bus();
  void reset_pixel();
  void drive_pixel();
  void dump(bool bus_edge, bool pixel_edge);
  void open_waveform(const std::string& file);
  /// Without the threads that Verilator would keep ready: a run has one.
  static VerilatedContext* one_thread(VerilatedContext& context) {
    context.threads(1);
    return &context;
  }

  VerilatedContext context_;
  Vvcap model_;
  AxiSlave& memory_;
  AxilMaster& registers_;
  VideoPlayer& video_;
  Observer& observer_;
  std::optional<FstSignals> signals_;
  std::unique_ptr<Waveform> waveform_;  // refers to the signals
  std::uint64_t bus_period_ps_, pixel_period_ps_;
  std::uint64_t next_bus_ps_ = 0, next_pixel_ps_ = 0;
  bool trace_control_;
  std::uint64_t reset_cycles_;
  std::uint64_t bus_release_, pixel_release_;  // the cycles with which resets end
  bool bus_reset_due_ = false, pixel_reset_due_ = false;
};

template <class Observer>
ClockedChip<Observer>::ClockedChip(const MachineConfig& config, const Parts& parts, Observer& observer)
    : ChipBase(config.batch, config.time_limit_ps, parts.attention),
      model_(one_thread(context_), "vcap"),
      memory_(parts.memory),
      registers_(parts.registers),
      video_(parts.video),
      observer_(observer),
      bus_period_ps_(config.bus_period_ps),
      pixel_period_ps_(config.pixel_period_ps),
      trace_control_(config.trace_control),
      reset_cycles_(config.reset_cycles),
      bus_release_(config.reset_cycles),
      pixel_release_(config.reset_cycles) {
  context_.fatalOnError(false);  // what stops the chip ends the run, not the process
  // Registers that reset forgot start with seeded noise, not with a lucky zero.
  context_.randReset(2);
  context_.randSeed(static_cast<int>(config.seed % 0x7FFFFFFFu) + 1);
  if (config.traceable || !config.trace_file.empty()) {
    context_.traceEverOn(true);
    signals_.emplace([this] { return now_ps(); });
  }
  if (!config.trace_file.empty()) open_waveform(config.trace_file);
  model_.clk_i = 0;
  model_.pix_clk_i = 0;
  model_.s_axis_video_tfid = 0;  // the video is progressive
  model_.rst_ni = 1;
  model_.pix_rst_ni = 1;
  model_.eval();
  model_.rst_ni = 0;  // an edge, as the asynchronous resets want
  model_.pix_rst_ni = 0;
  model_.eval();
}

template <class Observer>
void ClockedChip<Observer>::begin_trace(const std::string& file) {
  if (!signals_) throw std::logic_error("begin_trace: expected MachineConfig::traceable");
  // The clocks begin low: a fall that is due is no part of the waveform.
  model_.clk_i = 0;
  model_.pix_clk_i = 0;
  model_.eval();
  open_waveform(file);
}

template <class Observer>
void ClockedChip<Observer>::open_waveform(const std::string& file) {
  std::unique_ptr<ChipDump> dump = std::make_unique<FullDump<Vvcap>>(model_);
  if (trace_control_) dump = std::make_unique<ControlDump>(std::move(dump), chip_signal_places(model_));
  const Waveform::Clocks clocks{bus_period_ps_, pixel_period_ps_};
  waveform_ = std::make_unique<Waveform>(std::move(dump), file, clocks, *signals_);
}

template <class Observer>
void ClockedChip<Observer>::hold_reset(bool held) {
  if (held) bus_reset_due_ = pixel_reset_due_ = true;  // with the inputs of the next edge, as a replay drives them
  bus_release_ = held ? kNever : bus_cycle_ + reset_cycles_ + 1;
  pixel_release_ = held ? kNever : pixel_cycle_ + reset_cycles_ + 1;
}

/// Resets are asynchronous: the chip's outputs fall now, not with a clock.
template <class Observer>
void ClockedChip<Observer>::reset_bus() {
  bus_reset_due_ = false;
  model_.rst_ni = 0;
  memory_.reset();
  registers_.reset();
  memory_.drive(model_);
  registers_.drive(model_);
  model_.eval();
}

template <class Observer>
void ClockedChip<Observer>::reset_pixel() {
  pixel_reset_due_ = false;
  model_.pix_rst_ni = 0;
  video_.hold();
  video_.drive(model_);
  model_.eval();
}

template <class Observer>
template <bool kTraced>
void ClockedChip<Observer>::run_ahead(std::uint64_t horizon_ps, std::uint64_t batch) {
  const BusPins<Reference> bus = bus_pins(model_);
  const VideoPins<Reference> video = video_pins(model_);
  for (; batch != 0; --batch) {
    const std::uint64_t time = std::min(next_bus_ps_, next_pixel_ps_);
    if (time >= horizon_ps) return;
    const bool bus_edge = next_bus_ps_ == time;
    const bool pixel_edge = next_pixel_ps_ == time;
    time_ps_ = time;
    context_.time(time);

    if constexpr (WatchesInstants<Observer>) observer_.instant(pixel_edge, bus.rst_n != 0, video.rst_n != 0);
    if (bus_edge) {
      observer_.bus_cycle(bus_cycle_, bus);
      if (bus.rst_n) {
        memory_.sample(bus_cycle_, bus.axi);
        registers_.sample(bus.axil);
      }
    }
    if (pixel_edge) {
      observer_.pixel_cycle(pixel_cycle_, video);
      if (video.rst_n) video_.sample(pixel_cycle_, video);
    }
    if constexpr (kTraced && PutsOff<Observer>) observer_.instant_observed();

    raise(bus_edge, pixel_edge);
    if (bus_edge) drive_bus();
    if (pixel_edge) drive_pixel();
    if constexpr (kTraced) dump(bus_edge, pixel_edge);
    if (context_.gotFinish()) [[unlikely]] {
      context_.gotFinish(false);
      stopped_itself();
    }
    if (attention_.raised) return;
  }
}

template <class Observer>
inline void ClockedChip<Observer>::raise(bool bus_edge, bool pixel_edge) {
  // A clock that has not had the chance to fall since its last rise falls now, at the price of an evaluation.
  if ((bus_edge & (model_.clk_i != 0)) | (pixel_edge & (model_.pix_clk_i != 0))) {
    model_.clk_i = 0;
    model_.pix_clk_i = 0;
    model_.eval();
  }
  model_.clk_i = bus_edge;
  model_.pix_clk_i = pixel_edge;
  model_.eval();
}

template <class Observer>
inline void ClockedChip<Observer>::drive_bus() {
  next_bus_ps_ += bus_period_ps_;
  if (++bus_cycle_ == bus_release_) model_.rst_ni = 1;
  memory_.drive(model_);
  registers_.drive(model_);
  if (bus_reset_due_) [[unlikely]]
    reset_bus();
  const bool level = model_.intr_o != 0;
  if (level != interrupt_level_) {
    interrupt_level_ = level;
    attention_.raised = true;
  }
}

template <class Observer>
inline void ClockedChip<Observer>::drive_pixel() {
  next_pixel_ps_ += pixel_period_ps_;
  if (++pixel_cycle_ == pixel_release_) model_.pix_rst_ni = 1;
  video_.drive(model_);
  if (pixel_reset_due_) [[unlikely]]
    reset_pixel();
}

template <class Observer>
void ClockedChip<Observer>::dump(bool bus_edge, bool pixel_edge) {
  waveform_->dump(time_ps_, bus_edge, pixel_edge);
  if (bus_edge && bus_cycle_ % kFlushCycles == 0) waveform_->flush();
}

}  // namespace p2p::sim
