#include "tb/output/summary.h"

#include <nlohmann/json.hpp>

namespace p2p::tb {

std::string summary_json(const RunResult& r) {
  using nlohmann::ordered_json;
  ordered_json rules = ordered_json::object();
  for (const Rule& rule : r.rules) rules[rule.name] = rule.exercised;
  ordered_json violations = ordered_json::array();
  for (const Violation& v : r.violations) {
    violations.push_back({{"rule", v.rule}, {"clock", v.clock}, {"cycle", v.cycle}, {"text", v.text}});
  }
  ordered_json latency = ordered_json::object();
  for (const HopLatency& hop : r.latencies) latency[hop.hop] = {{"p50", hop.p50}, {"p99", hop.p99}, {"max", hop.max}};
  ordered_json bugcheck = nullptr;
  if (r.bugcheck) {
    bugcheck = {{"code", r.bugcheck->code},
                {"rule", r.bugcheck->rule},
                {"message", r.bugcheck->message},
                {"cycle", r.bugcheck->bus_cycle}};
  }
  const double seconds = r.wall_s > 0 ? r.wall_s : 1;
  const ordered_json summary{
      {"schema", 1},
      {"status", r.pass() ? "pass" : "fail"},
      {"seed", r.seed},
      {"source", r.source},
      {"driver", r.driver},
      {"clocks_hz", {{"bus", r.bus_hz}, {"pixel", r.pixel_hz}}},
      {"cycles", {{"bus", r.bus_cycles}, {"pixel", r.pixel_cycles}}},
      {"sim_time_ns", r.sim_time_ns},
      {"frames",
       {{"sent", r.sent},
        {"delivered", r.delivered},
        {"dropped", r.dropped},
        {"mismatched", r.mismatched},
        {"sha256", r.sha256}}},
      {"irps",
       {{"issued", r.kernel.irps_issued},
        {"completed", r.kernel.irps_completed},
        {"cancelled", r.kernel.irps_cancelled},
        {"outstanding", r.kernel.irps_outstanding}}},
      {"interrupts",
       {{"asserted", r.interrupts_asserted},
        {"isr_calls", r.kernel.isr_calls},
        {"dpcs", r.kernel.dpcs},
        {"spurious", r.kernel.spurious}}},
      {"checks",
       {{"cycles_checked", r.bus_cycles + r.pixel_cycles},
        {"axi_beats_checked", r.axi_beats_checked},
        {"rules", rules},
        {"violations", violations}}},
      {"latency_ns", latency},
      {"bus",
       {{"w_beats", r.w_beats},
        {"w_utilisation",
         r.bus_cycles != 0 ? static_cast<double>(r.w_beats) / static_cast<double>(r.bus_cycles) : 0.0}}},
      {"verifier", {{"enabled", r.verifier}, {"bugcheck", bugcheck}}},
      {"failures", r.failures},
      {"performance",
       {{"wall_s", r.wall_s},
        {"bus_cycles_per_s", static_cast<double>(r.bus_cycles) / seconds},
        {"frames_per_s", static_cast<double>(r.delivered) / seconds}}}};
  return summary.dump(2) + "\n";
}

}  // namespace p2p::tb
