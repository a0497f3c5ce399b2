#include "sim/control_dump.h"

#include <gtkwave/fstapi.h>

#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "sim/fst_scopes.h"

namespace p2p::sim {

namespace {
constexpr unsigned kNarrow = 16;  // bits

bool is_control(const ChipSignalPlace& signal) {
  static const std::set<std::string_view> kData{"s_axis_video_tdata", "m_axi_wdata", "m_axi_rdata"};
  return signal.port ? kData.count(signal.path) == 0 : signal.bits <= kNarrow;
}

std::string path_in_waveform(const ChipSignalPlace& signal) {
  return (signal.port ? "vcap." : "vcap.vcap.") + std::string(signal.path);
}

std::uint64_t create(void* fst, const FstDeclarations::Enumeration& enumeration) {
  std::vector<const char*> words, values;
  for (const std::string& word : enumeration.words) words.push_back(word.c_str());
  for (const std::string& value : enumeration.values) values.push_back(value.c_str());
  return fstWriterCreateEnumTable(fst, enumeration.name.c_str(), static_cast<std::uint32_t>(words.size()), 0,
                                  words.data(), values.data());
}

/// What is to be shown, by the handles of the whole waveform.
using Shown = std::map<std::uint32_t, const ChipSignalPlace*>;
Shown shown_of(const FstDeclarations& all, const std::vector<ChipSignalPlace>& signals) {
  std::map<std::string, std::uint32_t> handles;
  for (const FstDeclarations::Signal& signal : all.signals) handles[signal.path] = signal.handle;
  Shown shown;
  for (const ChipSignalPlace& signal : signals) {
    const auto handle = handles.find(path_in_waveform(signal));
    if (is_control(signal) && handle != handles.end()) shown[handle->second] = &signal;
  }
  return shown;
}

/// Declares them under all their names; their handles by those of the whole waveform.
std::map<std::uint32_t, std::uint32_t> declare_shown(void* fst, const FstDeclarations& all, const Shown& shown) {
  FstScopes scopes(fst);
  std::map<std::uint32_t, std::uint32_t> handles;
  std::map<std::uint64_t, std::uint64_t> enumerations;  // likewise
  for (const FstDeclarations::Signal& signal : all.signals) {
    if (shown.count(signal.handle) == 0) continue;
    scopes.enter(signal.path);
    if (signal.enumeration != 0) {
      std::uint64_t& enumeration = enumerations[signal.enumeration];
      if (enumeration == 0) enumeration = create(fst, all.enumerations.at(signal.enumeration));
      fstWriterEmitEnumTableRef(fst, static_cast<fstEnumHandle>(enumeration));
    }
    std::uint32_t& handle = handles[signal.handle];
    const std::uint32_t created =
        fstWriterCreateVar(fst, FST_VT_VCD_WIRE, FST_VD_IMPLICIT, signal.bits, signal.name.c_str(), handle);
    if (handle == 0) handle = created;
  }
  scopes.leave();
  return handles;
}
}  // namespace

ControlDump::ControlDump(std::unique_ptr<ChipDump> whole, std::vector<ChipSignalPlace> signals)
    : whole_(std::move(whole)), signals_(std::move(signals)) {}

void ControlDump::declare(const std::string& file, FstSignals& others) {
  whole_->declare(file, others);
  const FstDeclarations all = read_declarations(file);
  whole_.reset();
  const Shown shown = shown_of(all, signals_);
  void* const fst = fstWriterCreate(file.c_str(), 1);
  if (fst == nullptr) throw std::runtime_error(file + ": cannot write the waveform");
  fstWriterSetTimescaleFromString(fst, "1ps");
  const std::map<std::uint32_t, std::uint32_t> handles = declare_shown(fst, all, shown);
  others.declare(fst);
  fstWriterClose(fst);
  bus_clock_ = handles.at(port_handle(all, "clk_i"));
  pixel_clock_ = handles.at(port_handle(all, "pix_clk_i"));
  for (const auto& [whole, handle] : handles)
    if (handle != bus_clock_ && handle != pixel_clock_) watch(*shown.at(whole), handle);
}

void ControlDump::watch(const ChipSignalPlace& signal, std::uint32_t handle) {
  const auto add_to = [&signal, handle]<class T>(List<T>& list) {
    if (signal.bytes == sizeof(T)) list.push_back({static_cast<const T*>(signal.at), handle});
  };
  std::apply([&add_to](auto&... list) { (add_to(list), ...); }, watched_);
}

void ControlDump::dump(FstWriter& fst, bool bus_rises, bool pixel_rises) {
  const auto write_changes = [this, &fst](auto& list) {
    for (auto& signal : list) {
      if (*signal.at == signal.last && begun_) [[likely]]
        continue;
      signal.last = *signal.at;
      fst.number(signal.handle, signal.last);
    }
  };
  std::apply([&](auto&... list) { (write_changes(list), ...); }, watched_);
  if (begun_) return;
  begun_ = true;
  fst.number(bus_clock_, bus_rises ? 1 : 0);
  fst.number(pixel_clock_, pixel_rises ? 1 : 0);
}

}  // namespace p2p::sim
