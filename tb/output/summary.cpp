#include "tb/output/summary.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

#include "tb/stall/diagnosis.h"

namespace p2p::tb {

namespace {
/// The W channel within the median frame, from its first data beat to its last; null without a frame.
nlohmann::ordered_json w_channel(const RunResult& r) {
  const auto utilisation = [](const FrameJourney* j) {
    return static_cast<double>(j->w_beats) / static_cast<double>(j->w_cycles);
  };
  std::vector<const FrameJourney*> frames;
  for (const FrameJourney& journey : r.journeys) {
    if (journey.recorded && journey.w_cycles != 0 && journey.w_bursts != 0) frames.push_back(&journey);
  }
  if (frames.empty()) return nullptr;
  std::stable_sort(frames.begin(), frames.end(),
                   [&](const FrameJourney* a, const FrameJourney* b) { return utilisation(a) < utilisation(b); });
  const FrameJourney* median = frames[(frames.size() - 1) / 2];
  return {{"utilisation", utilisation(median)},
          {"utilisation_min", utilisation(frames.front())},
          {"bytes_per_cycle", static_cast<double>(median->bytes) / static_cast<double>(median->w_cycles)},
          {"beats_per_burst", static_cast<double>(median->w_beats) / static_cast<double>(median->w_bursts)}};
}
}  // namespace

namespace {
/// Data beats on the W and R channels, span by span of the run.
nlohmann::ordered_json over_time(const BusUseResult& use) {
  using nlohmann::ordered_json;
  if (use.spans.empty()) return nullptr;
  ordered_json written = ordered_json::array(), read = ordered_json::array();
  for (const BusBeats& span : use.spans) {
    written.push_back(span.written);
    read.push_back(span.read);
  }
  return {{"span_cycles", use.span_cycles}, {"w_beats", std::move(written)}, {"r_beats", std::move(read)}};
}
}  // namespace

namespace {
nlohmann::ordered_json stack_json(const std::vector<CallSite>& stack) {
  nlohmann::ordered_json sites = nlohmann::ordered_json::array();
  for (const CallSite& site : stack) {
    sites.push_back(
        {{"module", site.module}, {"function", site.function}, {"location", site.location}, {"driver", site.driver}});
  }
  return sites;
}
}  // namespace

namespace {
nlohmann::ordered_json stream_json(const StreamResult& stream) {
  using nlohmann::ordered_json;
  return {{"pin", stream.pin},
          {"kind", stream.kind},
          {"format", stream.format},
          {"delivered", stream.delivered},
          {"mismatched", stream.mismatched},
          {"bytes", stream.bytes},
          {"sha256", stream.sha256},
          {"dropped", stream.dropped ? ordered_json(*stream.dropped) : ordered_json(nullptr)},
          {"file", stream.file.empty() ? ordered_json(nullptr) : ordered_json(stream.file)}};
}
}  // namespace

namespace {
nlohmann::ordered_json coverage_json(const RunResult& r) {
  using nlohmann::ordered_json;
  if (!r.coverage) return nullptr;
  ordered_json crosses = ordered_json::array();
  for (const CrossResult& cross : r.coverage->crosses) {
    crosses.push_back({{"subject", cross.subject},
                       {"name", cross.name},
                       {"says", cross.says},
                       {"covered", cross.covered},
                       {"possible", cross.possible},
                       {"missing", cross.missing}});
  }
  return {{"covered", r.coverage->covered()}, {"possible", r.coverage->possible()}, {"crosses", crosses}};
}
}  // namespace

namespace {
nlohmann::ordered_json stall_json(const RunResult& r) {
  using nlohmann::ordered_json;
  if (!r.stall) return nullptr;
  const StallEvidence& e = *r.stall;
  const Diagnosis why = diagnose(e);
  const auto cycle = [](const std::optional<std::uint64_t>& at) {
    return at ? ordered_json(*at) : ordered_json(nullptr);
  };
  ordered_json pin = nullptr;
  if (e.pin) {
    pin = {{"pin", e.pin->id},          {"state", e.pin->state},   {"irps", e.pin->irps},
           {"waiting", e.pin->waiting}, {"clones", e.pin->clones}, {"completed", e.pin->completed}};
  }
  return {{"cycle", e.cycle},
          {"verdict", why.verdict},
          {"because", why.because},
          {"pin", pin},
          {"chip",
           {{"enabled", e.channel.enabled},
            {"descriptors", e.channel.descriptors},
            {"records", e.channel.records},
            {"causes", e.channel.causes},
            {"enables", e.channel.enables},
            {"fifo_words", e.channel.fifo_words},
            {"written", e.channel.written}}},
          {"interrupt",
           {{"line", e.line},
            {"last_isr", cycle(e.last_isr)},
            {"last_dpc", cycle(e.last_dpc)},
            {"dpcs_queued", e.queued_dpcs}}},
          {"held_samples", e.held_samples}};
}
}  // namespace

namespace {
std::uint64_t hertz(std::uint64_t period_ps) { return period_ps == 0 ? 0 : 1'000'000'000'000 / period_ps; }

nlohmann::ordered_json traced_json(const RunResult& r) {
  if (!r.traced) return nullptr;
  return {{"from_cycle", r.traced->from_cycle()},
          {"to_cycle", r.traced->to_cycle()},
          {"failure_cycle", r.traced->failure_ps ? nlohmann::ordered_json(*r.traced->failure_ps / r.traced->cycle_ps)
                                                 : nlohmann::ordered_json(nullptr)}};
}
}  // namespace

std::string summary_json(const RunResult& r) {
  using nlohmann::ordered_json;
  ordered_json rules = ordered_json::object();
  for (const Rule& rule : r.rules) rules[rule.name] = rule.exercised;
  ordered_json violations = ordered_json::array();
  for (const Violation& v : r.violations) {
    violations.push_back({{"rule", v.rule}, {"clock", v.clock}, {"cycle", v.cycle}, {"text", v.text}});
  }
  ordered_json latency = ordered_json::object();
  for (const HopLatency& hop : r.latencies)
    latency[hop.hop] = {{"p50", hop.p50}, {"p99", hop.p99}, {"max", hop.max}, {"frames", hop.samples}};
  ordered_json bugcheck = nullptr;
  if (r.bugcheck) {
    bugcheck = {
        {"code", r.bugcheck->code},       {"rule", r.bugcheck->rule},       {"parameters", r.bugcheck->parameters},
        {"message", r.bugcheck->message}, {"cycle", r.bugcheck->bus_cycle}, {"cpu", r.bugcheck->cpu},
        {"irql", r.bugcheck->irql},       {"thread", r.bugcheck->thread},   {"stack", stack_json(r.bugcheck_stack)}};
    bugcheck["irp"] = r.bugcheck->irp != 0 ? ordered_json(r.bugcheck->irp) : ordered_json(nullptr);
    bugcheck["irp_history"] = ordered_json::array();
    for (const RecordedEvent& event : r.bugcheck_irp) {
      bugcheck["irp_history"].push_back(
          {{"cycle", event.cycle}, {"ns", event.ns}, {"event", event.what()}, {"fields", event.text("irp")}});
    }
    if (!r.contrary_stack.empty()) bugcheck["contrary_stack"] = stack_json(r.contrary_stack);
  }
  ordered_json streams = ordered_json::array();
  for (const StreamResult& stream : r.streams) streams.push_back(stream_json(stream));
  const double seconds = r.wall_s > 0 ? r.wall_s : 1;
  ordered_json summary{
      {"schema", 1},
      {"status", r.status()},
      {"seed", r.seed},
      {"schedule", r.random_schedule ? "random" : "fifo"},
      {"source", r.source},
      {"device", r.device},
      {"driver", r.driver},
      {"clocks_hz", {{"bus", hertz(r.bus_period_ps)}, {"pixel", hertz(r.pixel_period_ps)}}},
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
       {{"cycles_checked", r.checked ? r.bus_cycles + r.pixel_cycles : 0},
        {"axi_beats_checked", r.axi_beats_checked},
        {"rules", rules},
        {"violations", violations}}},
      {"latency_ns", latency},
      {"bus",
       {{"w_beats", r.w_beats},
        {"w_utilisation", r.bus_cycles != 0 ? static_cast<double>(r.w_beats) / static_cast<double>(r.bus_cycles) : 0.0},
        {"w_in_frame", w_channel(r)},
        {"over_time", over_time(r.bus_use)}}},
      {"allocations", {{"made", r.kernel.allocations}, {"pool_bytes_left", r.kernel.pool_bytes_outstanding}}},
      {"verifier", {{"enabled", r.verifier}, {"bugcheck", bugcheck}}},
      {"coverage", coverage_json(r)},
      {"failures", r.failures},
      {"notes", r.notes},
      {"stall", stall_json(r)},
      {"trace_window", traced_json(r)},
      {"replay_of", r.replayed ? ordered_json(r.replayed->folder) : ordered_json(nullptr)},
      {"performance",
       {{"wall_s", r.wall_s},
        {"bus_cycles_per_s", static_cast<double>(r.bus_cycles) / seconds},
        {"frames_per_s", static_cast<double>(r.delivered) / seconds},
        {"snapshot_peak_bytes", r.snapshot_peak_bytes}}}};
  if (r.device == "none") {
    summary["streams"] = streams;
    summary["fed"] = r.fed ? stream_json(*r.fed) : ordered_json(nullptr);
  }
  return summary.dump(2) + "\n";
}

}  // namespace p2p::tb
