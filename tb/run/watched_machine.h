// The machine of a run and what watches its clock edges: nothing but a count; the checkers; the reference model, too; a
// recorder or the functional bins, too.
#pragma once

// The Verilated model's headers come before SystemC's.
#include "sim/machine_with.h"

#include <cstdint>
#include <memory>

#include "tb/check/model_checker.h"
#include "tb/coverage/chip_coverage.h"
#include "tb/observer.h"
#include "tb/stimulus.h"

namespace p2p::tb {

/// What is left with `--checkers off`.
struct CountingObserver {
  void bus_cycle(std::uint64_t, const sim::BusPins<sim::Reference>&) { ++bus_cycles; }
  void pixel_cycle(std::uint64_t, const sim::VideoPins<sim::Reference>&) { ++pixel_cycles; }
  std::uint64_t bus_cycles = 0, pixel_cycles = 0;
};

/// One observer after the other, at every edge.
template <class First, class Second>
struct Both {
  void instant(bool pixel_edge, bool rst_n, bool pix_rst_n) {
    if constexpr (sim::WatchesInstants<First>) first.instant(pixel_edge, rst_n, pix_rst_n);
    if constexpr (sim::WatchesInstants<Second>) second.instant(pixel_edge, rst_n, pix_rst_n);
  }
  void instant_observed() {
    if constexpr (sim::PutsOff<First>) first.instant_observed();
    if constexpr (sim::PutsOff<Second>) second.instant_observed();
  }
  void bus_cycle(std::uint64_t cycle, const sim::BusPins<sim::Reference>& pins) {
    first.bus_cycle(cycle, pins);
    second.bus_cycle(cycle, pins);
  }
  void pixel_cycle(std::uint64_t cycle, const sim::VideoPins<sim::Reference>& pins) {
    first.pixel_cycle(cycle, pins);
    second.pixel_cycle(cycle, pins);
  }
  First& first;
  Second& second;
};
using ModelledObserver = Both<CheckingObserver, ModelChecker>;
using RecordingObserver = Both<ModelledObserver, StimulusRecorder>;
using CoveringObserver = Both<ChipCoverage, ModelledObserver>;

class WatchedMachine {
 public:
  enum class Watch { kCount, kCheck, kModel, kModelAndRecord, kModelAndCover };
  WatchedMachine(const sim::MachineConfig& config, Watch watch) : watch_(watch) {
    switch (watch) {
      case Watch::kCount:
        machine_ = std::make_unique<sim::MachineWith<CountingObserver>>(config, counts_);
        break;
      case Watch::kCheck:
        machine_ = std::make_unique<sim::MachineWith<CheckingObserver>>(config, checks_);
        break;
      case Watch::kModel:
        machine_ = std::make_unique<sim::MachineWith<ModelledObserver>>(config, modelled_);
        break;
      case Watch::kModelAndRecord:
        machine_ = std::make_unique<sim::MachineWith<RecordingObserver>>(config, recording_);
        break;
      case Watch::kModelAndCover:
        machine_ = std::make_unique<sim::MachineWith<CoveringObserver>>(config, covering_);
        break;
    }
  }

  sim::Machine& machine() { return *machine_; }
  /// Without counts or violations with Watch::kCount.
  CheckingObserver& checks() { return checks_; }
  /// Without counts or violations but with Watch::kModel and those after it.
  ModelChecker& model() { return model_; }
  /// Empty but with Watch::kModelAndCover.
  coverage::ChipBins& bins() { return coverage_.bins(); }
  std::uint64_t bus_cycles() const { return watch_ == Watch::kCount ? counts_.bus_cycles : checks_.bus_cycles; }
  std::uint64_t pixel_cycles() const { return watch_ == Watch::kCount ? counts_.pixel_cycles : checks_.pixel_cycles; }
  /// Once, after the run, with Watch::kModelAndRecord.
  Stimulus recorded() {
    const sim::MachineConfig& config = machine_->config();
    return recorder_.finish(config.seed, config.bus_period_ps, config.pixel_period_ps);
  }

 private:
  Watch watch_;
  CheckingObserver checks_;
  CountingObserver counts_;
  ModelChecker model_;
  StimulusRecorder recorder_;
  ChipCoverage coverage_{model_};
  ModelledObserver modelled_{checks_, model_};
  RecordingObserver recording_{modelled_, recorder_};
  CoveringObserver covering_{coverage_, modelled_};
  std::unique_ptr<sim::Machine> machine_;  // refers to the observers: goes first
};

}  // namespace p2p::tb
