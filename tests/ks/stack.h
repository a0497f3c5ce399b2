// The whole stack in one process: chip, machine, kernel, AVStream, the reference driver, ksproxy.
#pragma once

// The Verilated model's headers come before SystemC's.
#include "sim/machine_with.h"

#include <dlfcn.h>

#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <systemc>
#include <vector>

#include "ntos/kernel.h"
#include "ntos/syscalls.h"
#include "proxy/capture.h"
#include "sim/sanitizer_stack.h"
#include "sim/trace_sink.h"
#include "sim/video_source.h"
#include "tests/driver_under_test.h"
#include "tests/ntos/random_schedule.h"

namespace p2p {

/// Keeps the frames the source sent.
class Sent final : public sim::FrameListener {
 public:
  void frame_started(std::uint64_t, std::span<const std::uint8_t> bytes, std::uint64_t) override {
    frames.emplace_back(bytes.begin(), bytes.end());
  }
  void frame_ended(std::uint64_t, bool, std::uint64_t) override {}
  std::vector<std::vector<std::uint8_t>> frames;
};

/// One event line a trace event, for messages and comparisons.
class Log final : public TraceSink {
 public:
  explicit Log(const Hardware& hardware) : hardware_(hardware) {}
  void event(std::string_view layer, std::string_view name, std::initializer_list<TraceField> fields) override {
    std::ostringstream line;
    line << hardware_.bus_cycle() << ' ' << layer << ' ' << name;
    for (const TraceField& field : fields) {
      line << ' ' << field.name << '=';
      std::visit([&line](const auto& value) { line << value; }, field.value);
    }
    lines.push_back(line.str());
  }
  std::size_t count(std::string_view what) const {
    std::size_t n = 0;
    for (const std::string& line : lines) n += line.find(what) != std::string::npos ? 1u : 0u;
    return n;
  }
  std::vector<std::string> lines;

 private:
  const Hardware& hardware_;
};

/// `Observer` looks at the chip's pins.
template <class Observer>
class ObservedStack {
 public:
  explicit ObservedStack(const sim::MachineConfig& config = {}, const ntos::KernelConfig& kernel_config = {})
      : machine(config, observer), log(machine), kernel(machine, test::with_schedule(kernel_config)) {
    set_trace_sink(&log);
    machine.player().set_listener(&sent);
  }
  ~ObservedStack() { set_trace_sink(nullptr); }

  /// Runs `application` in a user thread of a machine with the driver loaded and its device started; then removes both.
  void run(const std::function<void()>& application) {
    void* module = dlopen(driver, RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) throw std::runtime_error(dlerror());
    void* entry = dlsym(module, "DriverEntry");
    kernel.run_in_system_thread("boot", [this, entry, application] {
      load_status = kernel.load_driver("vcapdrv", entry);
      start_status = kernel.start_device("vcapdrv", 0);
      kernel.run_in_user_thread("application", [this, application] {
        application();
        kernel.run_in_system_thread("shutdown", [this] {
          remove_status = kernel.query_remove_and_remove_device(0);
          await_removal();
          kernel.unload_driver("vcapdrv");
          machine.stop("done");
        });
      });
    });
    const sim::ThreadStackAfterwards back;
    sc_core::sc_start();
  }

  /// After a surprise removal, a worker thread sends IRP_MN_REMOVE_DEVICE once the last handle is closed.
  void await_removal() {
    const auto going_on = [this] {
      const ntos::KernelCounters counters = kernel.counters();
      return counters.irps_outstanding != 0 || counters.pool_bytes_outstanding != 0;
    };
    for (int tries = 0; tries < 100 && remove_status != 0 && going_on(); ++tries) {
      const std::int64_t interval = -200;
      nt::delay_execution(false, &interval);
    }
  }

  const char* driver = driver_under_test();
  Observer observer;
  sim::MachineWith<Observer> machine;
  Log log;
  Sent sent;
  ntos::Kernel kernel;
  std::int32_t load_status = -1, start_status = -1, remove_status = -1;
};
using Stack = ObservedStack<sim::NullObserver>;

}  // namespace p2p
