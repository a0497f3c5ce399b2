#include "bench/replay.h"

#include <algorithm>

namespace p2p::bench {

Replay::Replay(const tb::Stimulus& stimulus, const std::string& trace_file)
    : stimulus_(stimulus), model_(&context_, "vcap") {
  context_.randReset(2);
  context_.randSeed(static_cast<int>(stimulus.seed % 0x7FFFFFFFu) + 1);
  if (!trace_file.empty()) {
    context_.traceEverOn(true);
    waveform_ = std::make_unique<VerilatedFstC>();
    waveform_->set_time_unit("1ps");
    waveform_->set_time_resolution("1ps");
    model_.trace(&*waveform_, 99);
    waveform_->open(trace_file.c_str());
  }
  model_.clk_i = 0;
  model_.pix_clk_i = 0;
  model_.s_axis_video_tfid = 0;
  model_.rst_ni = 1;
  model_.pix_rst_ni = 1;
  model_.eval();
  model_.rst_ni = 0;
  model_.pix_rst_ni = 0;
  model_.eval();
}

Replay::~Replay() { model_.final(); }

inline void Replay::apply_bus() {
  const std::uint8_t bits = *bus_++;
  if (bits == 0) return;
  const bool was_out_of_reset = model_.rst_ni != 0;
  if (bits & tb::kResetBit) model_.rst_ni = take<tb::ResetGroup>(bus_).rst_n;
  if (bits & tb::kWriteBit) {
    const auto g = take<tb::WriteGroup>(bus_);
    model_.m_axi_awready = g.awready;
    model_.m_axi_wready = g.wready;
    model_.m_axi_bvalid = g.bvalid;
    model_.m_axi_bid = g.bid;
    model_.m_axi_bresp = g.bresp;
    model_.m_axi_arready = g.arready;
  }
  if (bits & tb::kReadBit) {
    const auto g = take<tb::ReadGroup>(bus_);
    std::memcpy(&model_.m_axi_rdata, g.rdata, sizeof g.rdata);
    model_.m_axi_rvalid = g.rvalid;
    model_.m_axi_rid = g.rid;
    model_.m_axi_rresp = g.rresp;
    model_.m_axi_rlast = g.rlast;
  }
  if (bits & tb::kRegisterBit) {
    const auto g = take<tb::RegisterGroup>(bus_);
    model_.s_axil_wdata = g.wdata;
    model_.s_axil_awaddr = g.awaddr;
    model_.s_axil_araddr = g.araddr;
    model_.s_axil_awprot = g.awprot;
    model_.s_axil_awvalid = g.awvalid;
    model_.s_axil_wstrb = g.wstrb;
    model_.s_axil_wvalid = g.wvalid;
    model_.s_axil_bready = g.bready;
    model_.s_axil_arprot = g.arprot;
    model_.s_axil_arvalid = g.arvalid;
    model_.s_axil_rready = g.rready;
  }
  // Resets are asynchronous: the chip's outputs fall now, not with a clock.
  if (was_out_of_reset && model_.rst_ni == 0) model_.eval();
}

inline void Replay::apply_pixel() {
  const std::uint8_t bits = *pixel_++;
  if (bits == 0) return;
  const bool was_out_of_reset = model_.pix_rst_ni != 0;
  if (bits & tb::kResetBit) model_.pix_rst_ni = take<tb::ResetGroup>(pixel_).rst_n;
  if (bits & tb::kVideoBit) {
    const auto g = take<tb::VideoGroup>(pixel_);
    model_.s_axis_video_tdata = g.tdata;
    model_.s_axis_video_tvalid = g.tvalid;
    model_.s_axis_video_tuser = g.tuser;
    model_.s_axis_video_tlast = g.tlast;
  }
  if (was_out_of_reset && model_.pix_rst_ni == 0) model_.eval();
}

inline void Replay::rise(bool bus_edge, bool pixel_edge) {
  if ((bus_edge & (model_.clk_i != 0)) | (pixel_edge & (model_.pix_clk_i != 0))) {
    model_.clk_i = 0;
    model_.pix_clk_i = 0;
    model_.eval();
  }
  model_.clk_i = bus_edge;
  model_.pix_clk_i = pixel_edge;
  model_.eval();
}

void Replay::rise_traced(std::uint64_t time, bool bus_edge, bool pixel_edge) {
  if (bus_edge) {
    model_.clk_i = 1;
    bus_fall_ps_ = time + stimulus_.bus_period_ps / 2;
  }
  if (pixel_edge) {
    model_.pix_clk_i = 1;
    pixel_fall_ps_ = time + stimulus_.pixel_period_ps / 2;
  }
  if (bus_fall_ps_ == time) {
    model_.clk_i = 0;
    bus_fall_ps_ = kNever;
  }
  if (pixel_fall_ps_ == time) {
    model_.pix_clk_i = 0;
    pixel_fall_ps_ = kNever;
  }
  model_.eval();
}

void Replay::fall_before(std::uint64_t time) {
  while (std::min(bus_fall_ps_, pixel_fall_ps_) < time) {
    const std::uint64_t fall = std::min(bus_fall_ps_, pixel_fall_ps_);
    if (bus_fall_ps_ == fall) {
      model_.clk_i = 0;
      bus_fall_ps_ = kNever;
    }
    if (pixel_fall_ps_ == fall) {
      model_.pix_clk_i = 0;
      pixel_fall_ps_ = kNever;
    }
    context_.time(fall);
    model_.eval();
    waveform_->dump(fall);
  }
}

template <bool kTraced, bool kFull>
std::uint64_t Replay::cycles() {
  const sim::BusPins<sim::Reference> bus = sim::bus_pins(model_);
  const sim::VideoPins<sim::Reference> video = sim::video_pins(model_);
  tb::OutputSum sum;
  std::uint64_t bus_left = stimulus_.bus_cycles, pixel_left = stimulus_.pixel_cycles;
  std::uint64_t next_bus = 0, next_pixel = 0, bus_cycle = 0;
  if (bus_left == 0 || pixel_left == 0) return 0;
  apply_bus();
  apply_pixel();
  while ((bus_left | pixel_left) != 0) {
    const std::uint64_t time = std::min(next_bus, next_pixel);
    const bool bus_edge = next_bus == time, pixel_edge = next_pixel == time;
    if constexpr (kTraced) fall_before(time);
    context_.time(time);
    if (bus_edge && (kFull || bus_cycle % tb::Stimulus::kSparse == 0)) sum.bus(bus);
    if (kFull && pixel_edge) sum.pixel(video);
    if constexpr (kTraced) {
      rise_traced(time, bus_edge, pixel_edge);
    } else {
      rise(bus_edge, pixel_edge);
    }
    if (bus_edge) {
      ++bus_cycle;
      next_bus += stimulus_.bus_period_ps;
      if (--bus_left != 0) {
        apply_bus();
      } else {
        next_bus = kNever;
      }
    }
    if (pixel_edge) {
      next_pixel += stimulus_.pixel_period_ps;
      if (--pixel_left != 0) {
        apply_pixel();
      } else {
        next_pixel = kNever;
      }
    }
    if constexpr (kTraced) {
      model_.eval();
      waveform_->dump(time);
    }
  }
  return sum.value();
}

std::uint64_t Replay::run(Check check) {
  bus_ = stimulus_.bus.data();
  pixel_ = stimulus_.pixel.data();
  if (waveform_) return check == Check::kFull ? cycles<true, true>() : cycles<true, false>();
  return check == Check::kFull ? cycles<false, true>() : cycles<false, false>();
}

}  // namespace p2p::bench
