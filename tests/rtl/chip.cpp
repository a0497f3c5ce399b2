#include "tests/rtl/chip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <stdexcept>
#include <vector>

#include "Vvcap___024root.h"
#include "sim/chip_pins.h"
#include "sw/driver/vcap_hw.h"
#include "tests/rtl/mutant.h"
#ifdef P2P_COVERAGE
#include "Vvcap__Syms.h"
#include "tests/rtl/code_coverage.h"
#endif

// A signal inside a channel, and of one of its planes. A netlist keeps instances and signals under their names, but
// Verilator spells brackets and dots otherwise where they are part of a name.
#ifdef P2P_MUTANTS
#define P2P_CHANNEL(number, name) vcap__DOT__gen_channel__05b##number##__05d__02eu_channel__DOT__##name
#define P2P_PLANE(channel, number, name) \
  P2P_CHANNEL(channel, u_dma__DOT__gen_plane__05b##number##__05d__02eu_plane__DOT__##name)
#else
#define P2P_CHANNEL(number, name) vcap__DOT__gen_channel__BRA__##number##__KET____DOT__u_channel__DOT__##name
#define P2P_PLANE(channel, number, name) \
  P2P_CHANNEL(channel, u_dma__DOT__gen_plane__BRA__##number##__KET____DOT__u_plane__DOT__##name)
#endif
#define P2P_CHANNEL_0(name) P2P_CHANNEL(0, name)

// The indices of a plane's ring, and of all of a channel.
#define P2P_RING(channel, plane, tail)                                                                          \
  {                                                                                                             \
    &root.P2P_PLANE(channel, plane, head_q), &root.P2P_PLANE(channel, plane, u_fetch__DOT__next_q),             \
        &root.P2P_PLANE(channel, plane, u_fetch__DOT__index_q), &root.P2P_CHANNEL(channel, u_regs__DOT__##tail) \
  }
#ifdef P2P_PLANES
#define P2P_RINGS(channel) P2P_RING(channel, 0, ring_tail_q), P2P_RING(channel, 1, ring1_tail_q)
#else
#define P2P_RINGS(channel) P2P_RING(channel, 0, ring_tail_q)
#endif

namespace p2p::rtltest {
namespace {

std::vector<const Chip*>& living() {
  static std::vector<const Chip*> chips;
  return chips;
}

class FailurePlace : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    for (const Chip* chip : living()) std::cout << "  at " << chip->where() << std::endl;
#ifdef P2P_MUTANTS
    MutantRun::instance().failed();
#endif
  }
#ifdef P2P_MUTANTS
  void OnTestEnd(const testing::TestInfo& test) override { MutantRun::instance().test_ends(test); }
#endif
};

#ifdef P2P_COVERAGE
std::atomic<uint32_t>* counters(Vvcap& chip) { return chip.rootp->vlSymsp->__Vcoverage; }
static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t));
const uint32_t* plain_counters(Vvcap& chip) { return reinterpret_cast<const uint32_t*>(counters(chip)); }

void reset_ends(Vvcap& chip) {
  CodeCoverage::instance().reset_ends(plain_counters(chip));
  for (std::atomic<uint32_t>& counter : chip.rootp->vlSymsp->__Vcoverage) counter = 0;
}
#endif

using RingIndices = std::array<SData*, 4>;

std::vector<RingIndices> rings_of(Vvcap___024root& root, uint32_t channel) {
  switch (channel) {
    case 0:
      return {P2P_RINGS(0)};
#if P2P_CHANNELS > 1
    case 1:
      return {P2P_RINGS(1)};
#endif
#if P2P_CHANNELS > 2
    case 2:
      return {P2P_RINGS(2)};
#endif
#if P2P_CHANNELS > 3
    case 3:
      return {P2P_RINGS(3)};
#endif
    default:
      throw std::out_of_range("no such channel");
  }
}

std::vector<VideoSource> video_sources(uint32_t seed) {
  std::vector<VideoSource> sources;
  for (uint32_t c = 0; c < kChannels; ++c) sources.emplace_back(seed + c, c);
  return sources;
}

}  // namespace

Chip::Chip(ChipOptions options)
    : memory(kMemoryBase, options.memory_size, kMaxBurst, kMaxOutstanding, options.seed),
      videos(video_sources(options.seed + 1)),
      video(videos.front()),
      options_(options),
      context_(std::make_unique<VerilatedContext>()),
      next_bus_ps_(options.bus_period_ps) {
  for (uint32_t c = 0; c < kChannels; ++c) {
    // A phase of its own, so that edges do not fall together from the start.
    const uint64_t period = options.pixel_period_ps * (8 + c) / 8;
    pixel_clocks_.push_back({period, period / 3 + 1});
  }
  [[maybe_unused]] static const bool listening = [] {
    testing::UnitTest::GetInstance()->listeners().Append(new FailurePlace);
    return true;
  }();
  living().push_back(this);
  if (FunctionalCoverage::instance().wanted()) coverage_ = std::make_unique<coverage::ChipWatch>(chip_parameters());
  context_->randReset(2);
  context_->randSeed(static_cast<int>(options.seed));
#ifdef P2P_COVERAGE
  CodeCoverage::instance().chip_begins();
#endif
  dut_ = std::make_unique<Vvcap>(context_.get());
#ifdef P2P_COVERAGE
  CodeCoverage::instance().chip_made(plain_counters(*dut_));
#endif
#ifdef P2P_MUTANTS
  dut_->mutsel = static_cast<SData>(MutantRun::instance().mutant());
  trace_number_ = MutantRun::instance().next_chip();
#endif
  dut_->clk_i = 0;
  dut_->pix_clk_i = 0;
  dut_->rst_ni = 0;
  dut_->pix_rst_ni = 0;
  memory.after_edge(*dut_, 0);
  axil.after_edge(*dut_);
  dut_->s_axis_video_tvalid = dut_->s_axis_video_tuser = dut_->s_axis_video_tlast = 0;
  dut_->s_axis_video_tfid = 0;
  for (VideoSource& source : videos) source.after_edge(*dut_);
  dut_->eval();
  hold_reset();
#ifdef P2P_COVERAGE
  reset_ends(*dut_);
#endif
  leave_reset();
}

void Chip::hold_reset() {
  const uint64_t end = now_ps_ + 4 * options_.pixel_period_ps;
  run(8);
  while (now_ps_ < end) step();
}

void Chip::leave_reset() {
  dut_->rst_ni = 1;
  dut_->pix_rst_ni = (1u << kChannels) - 1;
  dut_->eval();
  cycle_ = 0;
  run(4);
}

void Chip::reset_pins() {
  memory.reset();
  axil = {};
  memory.after_edge(*dut_, cycle_);
  axil.after_edge(*dut_);
  dut_->s_axis_video_tvalid = 0;
  for (VideoSource& source : videos) source.reset();
  dut_->rst_ni = 0;
  dut_->pix_rst_ni = 0;
  dut_->eval();
  model_.instant(0, false, 0);
  if (coverage_) coverage_->reset();
  hold_reset();
  leave_reset();
}

Chip::~Chip() {
  std::erase(living(), this);
  // The model looks for its scopes in the context made last, which may be another chip's.
  Verilated::threadContextp(context_.get());
  dut_->final();
  if (coverage_) FunctionalCoverage::instance().add(*coverage_);
#ifdef P2P_COVERAGE
  CodeCoverage::instance().add(plain_counters(*dut_));
#endif
}

std::string Chip::where() const {
  const auto pin = [](const char* name, uint64_t value) {
    return std::string(" ") + name + "=" + std::to_string(value);
  };
  const auto& pins = *dut_;
  return "bus cycle " + std::to_string(cycle_) + ":" + pin("STATUS", status()) + pin("intr_o", pins.intr_o) +
         pin("tvalid", pins.s_axis_video_tvalid) + pin("tready", pins.s_axis_video_tready) +
         pin("awvalid", pins.m_axi_awvalid) + pin("awaddr", pins.m_axi_awaddr) + pin("wvalid", pins.m_axi_wvalid) +
         pin("bvalid", pins.m_axi_bvalid) + pin("arvalid", pins.m_axi_arvalid) + pin("rvalid", pins.m_axi_rvalid) +
         " video beats taken " + std::to_string(video.taken());
}

uint32_t Chip::status() const { return dut_->rootp->P2P_CHANNEL_0(status); }

bool Chip::interrupt_due() const {
  return (dut_->rootp->P2P_CHANNEL_0(u_intr__DOT__state_q) & dut_->rootp->P2P_CHANNEL_0(u_intr__DOT__enable_q)) != 0;
}

model::ChipModel& Chip::model_to_preset() {
#ifdef P2P_MUTANTS
  MutantRun::instance().registers_set();
#endif
  return model_.model();
}

void Chip::preset_completion_index(uint16_t value) {
  dut_->rootp->P2P_CHANNEL_0(u_dma__DOT__cpl_head_q) = value;
  model_to_preset().preset_record_head(value);
}

void Chip::preset_frame_number(uint32_t value) {
  dut_->rootp->P2P_CHANNEL_0(u_header_in__DOT__next_q) = value;
  model_to_preset().preset_frame_number(value);
}

void Chip::preset_coalescing(uint32_t cycles) {
  dut_->rootp->P2P_CHANNEL_0(u_intr__DOT__timer_q) = cycles;
  model_to_preset().preset_coalescing(cycles);
  if (coverage_) coverage_->registers_set();
}

void Chip::preset_rings(uint32_t channel, uint16_t index) {
  for (const RingIndices& ring : rings_of(*dut_->rootp, channel)) {
    for (SData* place : ring) *place = index;
  }
  model_to_preset().preset_rings(channel, index);
}

void Chip::set_message(uint64_t address, uint32_t data, uint32_t channel) {
  const uint32_t window = channel * kWindow;
  write(window + VCAP_MSI_ADDR_LO, static_cast<uint32_t>(address));
  write(window + VCAP_MSI_ADDR_HI, static_cast<uint32_t>(address >> 32));
  write(window + VCAP_MSI_DATA, data);
}

uint64_t Chip::read_both(uint32_t offset) {
  const uint32_t low = read(offset);
  return uint64_t{read(offset + 4)} << 32 | low;
}

uint64_t Chip::time() { return read_both(VCAP_TIMESTAMP_LO); }

void Chip::preset_timestamp(uint64_t value) {
  dut_->rootp->vcap__DOT__timestamp_q = value;
  model_to_preset().preset_time(value);
}

void Chip::preset_counters(uint32_t value) {
  auto& root = *dut_->rootp;
  root.P2P_CHANNEL_0(u_frames__DOT__count_q) = root.P2P_CHANNEL_0(u_dropped__DOT__count_q) = value;
  root.P2P_CHANNEL_0(u_overflow__DOT__count_q) = root.P2P_CHANNEL_0(u_format__DOT__count_q) = value;
  root.P2P_CHANNEL_0(u_nobuf__DOT__count_q) = root.P2P_CHANNEL_0(u_buserr__DOT__count_q) = value;
  root.P2P_CHANNEL_0(u_started__DOT__count_q) = value;
  model_to_preset().preset_counters(value);
  if (coverage_) coverage_->registers_set();
}

void Chip::preset_video_clocks(uint32_t line, uint32_t frame) {
  dut_->rootp->P2P_CHANNEL_0(u_measure__DOT__line_clock_q) = line;
  dut_->rootp->P2P_CHANNEL_0(u_measure__DOT__frame_clock_q) = frame;
  model_to_preset().preset_video_clocks(line, frame);
}

void Chip::preset_silence(uint32_t cycles) {
  dut_->rootp->P2P_CHANNEL_0(u_detect__DOT__timer_q) = cycles;
  model_to_preset().preset_silence(cycles);
}

void Chip::compare(bool bus_rises, uint32_t pixel_rises) {
  model_.instant(pixel_rises, dut_->rst_ni != 0, dut_->pix_rst_ni);
#ifdef P2P_CDC_JITTER
  const auto& root = *dut_->rootp;
  model_.model().set_lateness(
      0, {.to_pixel = root.P2P_CHANNEL_0(u_to_pix__DOT__late_q),
          .from_pixel = root.P2P_CHANNEL_0(u_from_pix__DOT__late_q),
          .words_read = root.P2P_CHANNEL_0(u_entries__DOT__u_sync_rd__DOT__late_q) != 0,
          .headers_read = root.P2P_CHANNEL_0(u_headers__DOT__u_sync_rd__DOT__late_q) != 0,
          .words_written = root.P2P_CHANNEL_0(u_entries__DOT__u_sync_wr__DOT__late_q) != 0,
          .headers_written = root.P2P_CHANNEL_0(u_headers__DOT__u_sync_wr__DOT__late_q) != 0,
          .chroma_read = root.P2P_CHANNEL_0(gen_chroma__DOT__u_entries__DOT__u_sync_rd__DOT__late_q) != 0,
          .chroma_written = root.P2P_CHANNEL_0(gen_chroma__DOT__u_entries__DOT__u_sync_wr__DOT__late_q) != 0});
#endif
  bool differs = false;
  if (bus_rises) {
    const auto pins = sim::bus_pins(*dut_);
    model::BusOutputs found = model::outputs_of(pins);
    if (tamper) tamper(found);
    const model::BusInputs in = model::inputs_of(pins);
    if (coverage_ && !model_.differed()) coverage_->edge(in, found, model_.model());
    differs = model_.bus_edge(found, in);
  }
  for (uint32_t c = 0; c < kChannels; ++c) {
    if (((pixel_rises >> c) & 1) == 0) continue;
    const bool ready = ((dut_->s_axis_video_tready >> c) & 1) != 0;
    differs |= model_.pixel_edge(c, tamper_tready ? tamper_tready(ready) : ready, video_inputs(*dut_, c));
  }
  if (!differs) return;
  if (on_difference) return on_difference(model_.difference());
  ADD_FAILURE() << "cycle " << cycle_ << ": " << model_.difference();
}

void Chip::step() {
  now_ps_ = next_bus_ps_;
  for (const PixelClock& clock : pixel_clocks_) now_ps_ = std::min(now_ps_, clock.next_ps);
  const bool bus_rises = now_ps_ == next_bus_ps_;
  uint32_t pixel_rises = 0;
  for (uint32_t c = 0; c < kChannels; ++c) {
    if (pixel_clocks_[c].next_ps == now_ps_) pixel_rises |= 1u << c;
  }
  const auto for_each_rising = [&](auto act) {
    for (uint32_t c = 0; c < kChannels; ++c) {
      if ((pixel_rises >> c) & 1) act(videos[c]);
    }
  };
  // In reset the pins mean nothing: flip-flops power up with random values.
  const bool out_of_reset = dut_->rst_ni != 0;
  if (bus_rises && out_of_reset) {
    if (watch) watch(*dut_);
#ifdef P2P_MUTANTS
    MutantRun::instance().cycle(trace_number_, cycle_, *dut_);
#endif
    memory.before_edge(*dut_, cycle_);
    axil.before_edge(*dut_);
  }
  if (out_of_reset) {
    compare(bus_rises, pixel_rises);
    if ((pixel_rises & 1) != 0 && video.start_taken(*dut_)) {
      starts_taken.push_back(dut_->rootp->vcap__DOT__timestamp_q);
    }
    for_each_rising([&](VideoSource& source) { source.before_edge(*dut_); });
  }
  if (bus_rises) {
    dut_->clk_i = 1;
    next_bus_ps_ += options_.bus_period_ps;
  }
  dut_->pix_clk_i = static_cast<CData>(pixel_rises);
  for (PixelClock& clock : pixel_clocks_) {
    if (clock.next_ps == now_ps_) clock.next_ps += clock.period_ps;
  }
  context_->time(now_ps_);
  dut_->eval();
  if (bus_rises) {
    memory.after_edge(*dut_, cycle_);
    axil.after_edge(*dut_);
    ++cycle_;
  }
  for_each_rising([&](VideoSource& source) { source.after_edge(*dut_); });
  // Nothing acts on a falling edge: the clocks fall with the change of the inputs, at no evaluation of their own.
  dut_->clk_i = 0;
  dut_->pix_clk_i = 0;
  dut_->eval();
}

void Chip::run(uint64_t cycles) {
  for (const uint64_t end = cycle_ + cycles; cycle_ < end;) step();
}

bool Chip::run_until(const std::function<bool()>& done, uint64_t limit) {
  for (uint64_t i = 0; i < limit; ++i) {
    if (done()) return true;
    run(1);
  }
  return done();
}

Answer Chip::read_answer(uint32_t offset, AxilMaster::Delays delays) {
  axil.start_read(offset, delays);
  if (!run_until([&] { return !axil.reading(); }, 1000)) throw std::runtime_error("register read hangs");
  return axil.read();
}

uint8_t Chip::write(uint32_t offset, uint32_t data, uint8_t strobes, AxilMaster::Delays delays) {
  axil.start_write(offset, data, strobes, delays);
  if (!run_until([&] { return !axil.writing(); }, 1000)) throw std::runtime_error("register write hangs");
  return axil.written().response;
}

}  // namespace p2p::rtltest
