// A booted kernel on fake hardware. A test runs its body in a system thread and looks at the bug check, if any.
// SystemC elaborates once a process: ctest runs each case in its own, so should whoever calls the binary by hand.
#pragma once

#include "sw/ntos/ddk.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "ntos/kernel.h"
#include "ntos/ks_support.h"
#include "sim/trace_sink.h"
#include "tests/ntos/fake_hardware.h"
#include "tests/ntos/random_schedule.h"

namespace p2p::test {

/// The arguments one after the other.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// Every event as "layer.event name=value …".
class EventLog final : public TraceSink {
 public:
  void event(std::string_view layer, std::string_view event, std::initializer_list<TraceField> fields) override {
    std::string line = std::string(layer) + "." + std::string(event);
    for (const TraceField& field : fields) {
      line.append(" ").append(field.name).append("=");
      std::visit(
          [&line](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
              line += value;
            } else {
              line += std::to_string(value);
            }
          },
          field.value);
    }
    lines.push_back(std::move(line));
  }
  std::size_t count(std::string_view what) const {
    std::size_t n = 0;
    for (const std::string& line : lines) n += line.find(what) != std::string::npos ? 1 : 0;
    return n;
  }
  std::vector<std::string> lines;
};

class KernelTest : public ::testing::Test {
 protected:
  KernelTest() { set_trace_sink(&events); }
  ~KernelTest() override { set_trace_sink(nullptr); }

  /// Boots with `config`, once; run() does it if the test has not.
  void boot() {
    if (kernel == nullptr) kernel = std::make_unique<ntos::Kernel>(hardware, config);
  }
  /// Runs `body` in a system thread until nothing is left to do. The bug check, or nullptr if none happened and the
  /// body came to its end.
  const ntos::BugCheck* run(std::function<void()> body) {
    boot();
    kernel->run_in_system_thread("test", [this, work = std::move(body)] {
      work();
      finished = true;
    });
    FakeHardware::run();
    if (kernel->bugcheck() == nullptr) {
      EXPECT_TRUE(finished) << "the test's thread waits for ever";
    }
    return kernel->bugcheck();
  }
  void expect_no_bugcheck(std::function<void()> body) {
    const ntos::BugCheck* bugcheck = run(std::move(body));
    EXPECT_EQ(bugcheck, nullptr) << bugcheck->message;
  }
  /// `p1` is compared for codes whose first parameter is a sub-code.
  void expect_bugcheck(std::uint32_t code, std::uint64_t p1, std::function<void()> body) {
    const ntos::BugCheck* bugcheck = run(std::move(body));
    ASSERT_NE(bugcheck, nullptr) << "no bug check where one was expected";
    EXPECT_EQ(bugcheck->code, code) << bugcheck->rule << ": " << bugcheck->message;
    EXPECT_EQ(bugcheck->parameters[0], p1) << bugcheck->rule << ": " << bugcheck->message;
    EXPECT_FALSE(bugcheck->rule.empty());
    EXPECT_FALSE(finished);
    EXPECT_NE(hardware.stop_reason(), "");
    EXPECT_EQ(events.count("ntos.bugcheck"), 1u);
    EXPECT_LE(bugcheck->bus_cycle, hardware.bus_cycle());
  }
  void expect_bugcheck(std::uint32_t code, std::function<void()> body) {
    const ntos::BugCheck* bugcheck = run(std::move(body));
    ASSERT_NE(bugcheck, nullptr) << "no bug check where one was expected";
    EXPECT_EQ(bugcheck->code, code) << bugcheck->rule << ": " << bugcheck->message;
    EXPECT_FALSE(finished);
  }
  /// Starts another system thread.
  std::uint64_t spawn(const char* name, std::function<void()> body) {
    return kernel->run_in_system_thread(name, std::move(body));
  }

  FakeHardware hardware;
  EventLog events;
  ntos::KernelConfig config = with_schedule({});
  std::unique_ptr<ntos::Kernel> kernel;
  bool finished = false;
};

inline LARGE_INTEGER relative_us(std::int64_t microseconds) {
  LARGE_INTEGER time;
  time.QuadPart = -10 * microseconds;
  return time;
}
inline void sleep_us(std::int64_t microseconds) {
  LARGE_INTEGER interval = relative_us(microseconds);
  KeDelayExecutionThread(KernelMode, FALSE, &interval);
}
inline NTSTATUS wait_for(PVOID object) { return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, nullptr); }
inline NTSTATUS wait_for_us(PVOID object, std::int64_t microseconds) {
  LARGE_INTEGER timeout = relative_us(microseconds);
  return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &timeout);
}

/// A DPC whose routine is a C++ callable.
struct Dpc {
  explicit Dpc(std::function<void(Dpc&)> work) : routine(std::move(work)) { KeInitializeDpc(&dpc, enter, this); }
  static VOID NTAPI enter(PKDPC, PVOID context, PVOID argument1, PVOID argument2) {
    auto* self = static_cast<Dpc*>(context);
    self->argument1 = argument1;
    self->argument2 = argument2;
    ++self->calls;
    if (self->routine) self->routine(*self);
  }
  KDPC dpc;
  std::function<void(Dpc&)> routine;
  PVOID argument1 = nullptr, argument2 = nullptr;
  int calls = 0;
};

}  // namespace p2p::test
