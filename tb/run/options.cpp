#include "tb/run/options.h"

#include <toml++/toml.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <utility>

#include "tb/run/registry_config.h"

namespace p2p::tb {

namespace {
bool number(std::string_view text, std::uint64_t* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}
/// [files]: Windows' name of a drive or folder, and a folder of the host, from the configuration's own folder on.
std::vector<ntos::FileFolder> file_folders(const std::string& path, const toml::table& table) {
  std::vector<ntos::FileFolder> folders;
  for (const auto& [name, value] : table) {
    const std::string key = path + ": files.'" + std::string(name.str()) + "'";
    if (!value.is_string()) throw UsageError(key + ": expected the name of a folder");
    const std::filesystem::path folder = std::filesystem::path(path).parent_path() / value.as_string()->get();
    if (!std::filesystem::is_directory(folder)) throw UsageError(key + ": " + folder.string() + " is no folder");
    folders.push_back({std::string(name.str()), folder.string()});
  }
  return folders;
}
}  // namespace

sim::FrameSize parse_size(const std::string& text) {
  const std::size_t x = text.find('x');
  std::uint64_t width = 0, height = 0;
  if (x == std::string::npos || !number(std::string_view(text).substr(0, x), &width) ||
      !number(std::string_view(text).substr(x + 1), &height) || width > 1000000 || height > 1000000) {
    throw UsageError("--size " + text + ": expected WIDTHxHEIGHT, as in 640x480");
  }
  sim::FrameSize size{static_cast<unsigned>(width), static_cast<unsigned>(height)};
  sim::check_frame_size("--size " + text, size.width, size.height);
  return size;
}

std::uint64_t parse_duration(const std::string& option, const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, double>, 4> kUnits{
      {{"s", 1e12}, {"ms", 1e9}, {"us", 1e6}, {"ns", 1e3}}};
  constexpr double kDayPs = 86400e12;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  for (const auto& [unit, ps] : kUnits) {
    if (end == text.c_str() || unit != end || !(value * ps >= 1e3) || value * ps > kDayPs) continue;
    return static_cast<std::uint64_t>(std::llround(value * ps));
  }
  throw UsageError(option + " " + text + ": expected a time with its unit, as in 1.5s, 20ms, 300us");
}

InjectedFault parse_fault(const std::string& text) {
  const std::size_t at = text.find('@'), colon = text.find(':');
  InjectedFault fault;
  const std::string kind = text.substr(0, at), what = at == std::string::npos || colon == std::string::npos
                                                          ? ""
                                                          : text.substr(at + 1, colon - at - 1);
  if ((kind != "slverr" && kind != "decerr") || (what != "write" && what != "read") ||
      !number(std::string_view(text).substr(colon + 1), &fault.nth)) {
    throw UsageError("--inject " + text + ": expected slverr@write:N, slverr@read:N, decerr@write:N or decerr@read:N");
  }
  fault.decode_error = kind == "decerr";
  fault.write = what == "write";
  return fault;
}

void read_config(const std::string& path, RunOptions& options) {
  std::ifstream file(path);
  if (!file) throw UsageError(path + ": --config expected a TOML file that can be read");
  toml::table table;
  try {
    table = toml::parse(file, path);
  } catch (const toml::parse_error& error) {
    throw UsageError(path + ":" + std::to_string(error.source().begin.line) +
                     ": not TOML: " + std::string(error.description()));
  }
  const auto u32 = [](std::uint32_t& target) {
    return [&target](std::int64_t value) { target = static_cast<std::uint32_t>(value); };
  };
  const auto u64 = [](std::uint64_t& target) {
    return [&target](std::int64_t value) { target = static_cast<std::uint64_t>(value); };
  };
  const auto refuse = [&path](const std::string& key, const char* why) {
    std::string text = path;
    text += ": " + key + why;
    throw UsageError(text);
  };
  ntos::CostModel& cost = options.kernel.cost;
  sim::BusTiming& bus = options.machine.timing;
  const std::map<std::string, std::function<void(std::int64_t)>> integers{
      {"run.buffers", u32(options.buffers)},
      {"run.hold_us", u64(options.hold_us)},
      {"run.reads", u64(options.reads)},
      {"run.cpus", u32(options.kernel.cpus)},
      {"clock.pixel_period_ps", u64(options.machine.pixel_period_ps)},
      {"video.hblank_clocks", u32(options.machine.video.hblank_clocks)},
      {"video.vblank_lines", u32(options.machine.video.vblank_lines)},
      {"bus.aw_stall_percent", u32(bus.aw.percent)},
      {"bus.aw_stall_cycles", u32(bus.aw.max_cycles)},
      {"bus.w_stall_percent", u32(bus.w.percent)},
      {"bus.w_stall_cycles", u32(bus.w.max_cycles)},
      {"bus.ar_stall_percent", u32(bus.ar.percent)},
      {"bus.ar_stall_cycles", u32(bus.ar.max_cycles)},
      {"bus.r_stall_percent", u32(bus.r.percent)},
      {"bus.r_stall_cycles", u32(bus.r.max_cycles)},
      {"bus.b_latency_min", u32(bus.b_latency.min)},
      {"bus.b_latency_max", u32(bus.b_latency.max)},
      {"bus.r_latency_min", u32(bus.r_latency.min)},
      {"bus.r_latency_max", u32(bus.r_latency.max)},
      {"bus.axil_gap_min", u32(bus.axil_gap.min)},
      {"bus.axil_gap_max", u32(bus.axil_gap.max)},
      {"latency.pin_to_deliver_ns", u64(options.latency_limit_ns)},
      {"cost.interrupt_latency", u32(cost.interrupt_latency)},
      {"cost.dpc_dispatch", u32(cost.dpc_dispatch)},
      {"cost.context_switch", u32(cost.context_switch)},
      {"cost.system_call", u32(cost.system_call)},
      {"cost.mmio_issue", u32(cost.mmio_issue)},
      {"cost.copy_per_kib", u32(cost.copy_per_kib)},
      {"dma.map_registers", u32(options.kernel.map_registers)},
      {"limits.interrupt_passes", u32(options.kernel.storm_limit)},
      {"limits.cancel_ms", u32(options.kernel.cancel_limit_ms)},
      {"limits.power_ms", u32(options.kernel.power_limit_ms)},
      {"limits.irp_ms", u32(options.kernel.irp_limit_ms)},
      {"limits.spin_ms", u32(options.kernel.spin_limit_ms)},
      {"limits.stall_ms", u32(options.stall_limit_ms)},
      {"limits.dispatch_us", u32(options.kernel.dispatch_limit_us)},
  };
  const std::map<std::string, bool*> booleans{
      {"bus.always_ready", &options.machine.timing.always_ready},
      {"bus.reorder", &options.machine.timing.reorder},
      {"dma.bounce", &options.kernel.dma_bounce},
  };
  for (const auto& [section, content] : table) {
    const toml::table* keys = content.as_table();
    if (keys == nullptr)
      throw UsageError(path + ": '" + std::string(section.str()) + "': expected a section like [run]");
    if (section.str() == "registry") {
      options.kernel.registry = registry_values(path, *keys);
      continue;
    }
    if (section.str() == "files") {
      options.kernel.files = file_folders(path, *keys);
      continue;
    }
    for (const auto& [key, value] : *keys) {
      const std::string name = std::string(section.str()) + "." + std::string(key.str());
      if (const auto boolean = booleans.find(name); boolean != booleans.end()) {
        if (!value.is_boolean()) refuse(name, ": expected true or false");
        *boolean->second = value.as_boolean()->get();
        continue;
      }
      const auto found = integers.find(name);
      if (found == integers.end()) refuse(name, ": unknown key");
      if (!value.is_integer() || value.as_integer()->get() < 0) refuse(name, ": expected a whole number, 0 or more");
      found->second(value.as_integer()->get());
    }
  }
}

}  // namespace p2p::tb
