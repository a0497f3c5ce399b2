#include "tests/rtl/chip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <vector>

#include "Vvcap___024root.h"

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
  }
};

}  // namespace

Chip::Chip(ChipOptions options)
    : memory(kMemoryBase, options.memory_size, kMaxBurst, kMaxOutstanding, options.seed),
      video(options.seed + 1),
      options_(options),
      context_(std::make_unique<VerilatedContext>()),
      next_bus_ps_(options.bus_period_ps),
      // A phase of its own, so that edges do not fall together from the start.
      next_pixel_ps_(options.pixel_period_ps / 3 + 1) {
  [[maybe_unused]] static const bool listening = [] {
    testing::UnitTest::GetInstance()->listeners().Append(new FailurePlace);
    return true;
  }();
  living().push_back(this);
  context_->randReset(2);
  context_->randSeed(static_cast<int>(options.seed));
  dut_ = std::make_unique<Vvcap>(context_.get());
  dut_->clk_i = 0;
  dut_->pix_clk_i = 0;
  dut_->rst_ni = 0;
  dut_->pix_rst_ni = 0;
  memory.after_edge(*dut_, 0);
  axil.after_edge(*dut_);
  video.after_edge(*dut_);
  dut_->s_axil_awprot = 0;
  dut_->s_axil_arprot = 0;
  dut_->eval();
  run(8);
  while (now_ps_ < 4 * options_.pixel_period_ps) step();
  dut_->rst_ni = 1;
  dut_->pix_rst_ni = 1;
  dut_->eval();
  cycle_ = 0;
  run(4);
}

Chip::~Chip() {
  std::erase(living(), this);
  // The model looks for its scopes in the context made last, which may be another chip's.
  Verilated::threadContextp(context_.get());
  dut_->final();
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

uint32_t Chip::status() const { return dut_->rootp->vcap__DOT__status; }

bool Chip::interrupt_due() const {
  return (dut_->rootp->vcap__DOT__u_intr__DOT__state_q & dut_->rootp->vcap__DOT__u_intr__DOT__enable_q) != 0;
}

void Chip::preset_completion_index(uint16_t value) { dut_->rootp->vcap__DOT__u_dma__DOT__cpl_head_q = value; }

void Chip::preset_timestamp(uint64_t value) { dut_->rootp->vcap__DOT__timestamp_q = value; }

void Chip::preset_counters(uint32_t value) {
  auto& root = *dut_->rootp;
  root.vcap__DOT__u_frames__DOT__count_q = root.vcap__DOT__u_dropped__DOT__count_q = value;
  root.vcap__DOT__u_overflow__DOT__count_q = root.vcap__DOT__u_format__DOT__count_q = value;
  root.vcap__DOT__u_nobuf__DOT__count_q = root.vcap__DOT__u_buserr__DOT__count_q = value;
  root.vcap__DOT__u_started__DOT__count_q = value;
}

void Chip::step() {
  now_ps_ = std::min(next_bus_ps_, next_pixel_ps_);
  const bool bus = now_ps_ == next_bus_ps_;
  const bool pixel = now_ps_ == next_pixel_ps_;
  const bool bus_rises = bus && !dut_->clk_i;
  const bool pixel_rises = pixel && !dut_->pix_clk_i;
  // In reset the pins mean nothing: flip-flops power up with random values.
  const bool out_of_reset = dut_->rst_ni != 0;
  if (bus_rises && out_of_reset) {
    if (watch) watch(*dut_);
    memory.before_edge(*dut_, cycle_);
    axil.before_edge(*dut_);
  }
  if (pixel_rises && out_of_reset) {
    const auto& pins = *dut_;
    if (pins.s_axis_video_tvalid && pins.s_axis_video_tready && pins.s_axis_video_tuser) {
      starts_taken.push_back(pins.rootp->vcap__DOT__timestamp_q);
    }
    video.before_edge(pins);
  }
  if (bus) {
    dut_->clk_i = !dut_->clk_i;
    next_bus_ps_ += options_.bus_period_ps / 2;
  }
  if (pixel) {
    dut_->pix_clk_i = !dut_->pix_clk_i;
    next_pixel_ps_ += options_.pixel_period_ps / 2;
  }
  context_->time(now_ps_);
  dut_->eval();
  if (bus_rises) {
    memory.after_edge(*dut_, cycle_);
    axil.after_edge(*dut_);
    ++cycle_;
  }
  if (pixel_rises) video.after_edge(*dut_);
  if (bus_rises || pixel_rises) dut_->eval();
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
