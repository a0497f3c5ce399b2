// Drivers with one mistake each, and the same drivers corrected. What is wanted of a broken one stands in the first
// line of its file: the bug check's code and first parameter.
#include "tests/ntos/kernel_fixture.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <stdexcept>

#include "tests/gallery/client.h"

namespace p2p::test {

struct Exhibit {
  std::string name;
  std::uint32_t code;
  std::string p1;        ///< a number, or "address"
  std::string late;      ///< " late": noticed when the driver's code has returned, so that no frame of it is left
  std::string stimulus;  ///< what it needs beyond, or instead of, the standard one
  std::string sentence;
  bool needs(const char* what) const { return stimulus.find(what) != std::string::npos; }
};
void PrintTo(const Exhibit& exhibit, std::ostream* out) { *out << exhibit.name << ": " << exhibit.sentence; }

namespace {

const std::vector<Exhibit> kExhibits = {
#include "table.inc"
};

/// Where a bug check happened, for a message.
std::string where(const ntos::BugCheck& bugcheck) {
  std::string at;
  for (const ntos::CallFrame& frame : bugcheck.stack) {
    at += "\n  " + frame.module.substr(frame.module.rfind('/') + 1) + " " + frame.symbol;
  }
  return at;
}

class Gallery : public KernelTest, public ::testing::WithParamInterface<Exhibit> {
 protected:
  Gallery() {
    if (GetParam().needs("time-limit")) config.irp_limit_ms = 500;
    config.spin_limit_ms = 300;
    hardware.on_read = [this](std::uint64_t physical, unsigned) -> std::uint64_t {
      return physical == FakeHardware::kBar0 + GALLERY_STATUS && hardware.interrupt_line(FakeHardware::kLine) ? 1 : 0;
    };
    hardware.on_write = [this](std::uint64_t physical, unsigned, std::uint64_t) {
      if (physical == FakeHardware::kBar0 + GALLERY_ACK) hardware.set_line(FakeHardware::kLine, false);
    };
  }

  static void* entry_of(const std::string& module) {
    const std::string path = P2P_GALLERY + module + ".so";
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw std::runtime_error(dlerror());
    return dlsym(handle, "DriverEntry");
  }

  void load(const std::string& module) {
    const bool filter = GetParam().needs("filter");
    load_status = kernel->load_driver("driver", entry_of(module));
    if (!NT_SUCCESS(load_status)) return;
    if (filter) {
      kernel->load_driver("below", entry_of("sound"));
      kernel->add_filter("driver", 0, true);
    }
    if (GetParam().needs("watched")) {
      kernel->load_driver("above", entry_of("watcher"));
      kernel->add_filter("above", 0, true);
    }
    start_status = kernel->start_device(filter ? "below" : "driver", 0);
  }

  void use() {
    if (GetParam().needs("stream")) {
      answers = run_stream();
      return;
    }
    Client client([this] { hardware.set_line(FakeHardware::kLine, true); });
    answers = client.run();
    if (GetParam().needs("surprise-remove")) {
      client.leave_waiting();
      in_system_thread([this] { kernel->surprise_remove_device(0); });
    }
    client.close();
  }

  void unload() {
    if (GetParam().needs("stop")) {
      stop_status = kernel->stop_device(0);
      if (NT_SUCCESS(stop_status)) stop_status = kernel->restart_device(0);
    }
    if (GetParam().needs("sleep")) {
      kernel->set_system_power(3);
      kernel->set_system_power(0);
    }
    if (GetParam().needs("surprise-remove")) {
      sleep_us(1000);
    } else {
      remove_status = kernel->query_remove_and_remove_device(0);
    }
    unload_status = kernel->unload_driver("driver");
    if (GetParam().needs("filter")) kernel->unload_driver("below");
    if (GetParam().needs("watched")) kernel->unload_driver("above");
  }

  void in_system_thread(const std::function<void()>& body) {
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    spawn("system", [&] {
      body();
      KeSetEvent(&done, 0, FALSE);
    });
    wait_for(&done);
  }

  /// Loads `module`, starts its device, uses it, removes it, unloads the driver.
  const ntos::BugCheck* live(const std::string& module) {
    boot();
    spawn("boot", [this, module] {
      load(module);
      kernel->run_in_user_thread("client", [this] {
        if (NT_SUCCESS(start_status)) use();
        spawn("shutdown", [this] {
          unload();
          finished = true;
        });
      });
    });
    FakeHardware::run();
    return kernel->bugcheck();
  }

  NTSTATUS load_status = -1, start_status = -1, stop_status = 0, remove_status = 0, unload_status = -1;
  std::vector<Answer> answers;
};
class Broken : public Gallery {
 protected:
  /// A random schedule may well catch a driver at something else first.
  Broken() { config.schedule = ntos::Schedule::kFifo; }
};
class Fixed : public Gallery {};

TEST_P(Broken, IsCaught) {
  const Exhibit& exhibit = GetParam();
#ifdef __SANITIZE_ADDRESS__
  // The host's sanitizers see these first.
  for (const std::uint32_t code : {0xD1u, 0xD5u, 0xD6u, 0xCCu, 0x50u}) {
    if (exhibit.code == code) GTEST_SKIP() << "a memory fault";
  }
  if (exhibit.p1 == "0xF0") GTEST_SKIP() << "memcpy is the sanitizers'";
  if (exhibit.code == 0x1E && exhibit.p1.starts_with("0xC00000")) GTEST_SKIP() << "an exception of the processor";
#endif
  const std::string module = exhibit.name + "_broken";
  const ntos::BugCheck* bugcheck = live(module);
  std::string story;
  for (const Answer& answer : answers) story += text("\n  ", answer.what, ": 0x", std::hex, ULONG(answer.status));
  ASSERT_NE(bugcheck, nullptr) << module << " was not caught, want 0x" << std::hex << exhibit.code << " " << exhibit.p1
                               << "; start 0x" << ULONG(start_status) << ", remove 0x" << ULONG(remove_status)
                               << ", unload 0x" << ULONG(unload_status) << story;
  const std::string found = text("0x", std::hex, bugcheck->code, " 0x", bugcheck->parameters[0], " ", bugcheck->rule,
                                 ": ", bugcheck->message, where(*bugcheck));
  EXPECT_EQ(bugcheck->code, exhibit.code) << module << " got " << found;
  if (exhibit.p1 == "address") {
    EXPECT_NE(bugcheck->parameters[0], 0u) << module << " got " << found;
  } else {
    EXPECT_EQ(bugcheck->parameters[0], std::strtoull(exhibit.p1.c_str(), nullptr, 0)) << module << " got " << found;
  }
  EXPECT_FALSE(bugcheck->rule.empty());
  EXPECT_FALSE(bugcheck->message.empty());
  EXPECT_EQ(events.count("ntos.bugcheck"), 1u);
  const bool named = std::any_of(bugcheck->stack.begin(), bugcheck->stack.end(), [&](const ntos::CallFrame& frame) {
    return frame.module.find("gallery_" + module) != std::string::npos;
  });
  EXPECT_EQ(named, exhibit.late.empty()) << "whether the stack names the driver: " << found;
}

TEST_P(Fixed, IsClean) {
  const std::string module = GetParam().name + "_fixed";
  const ntos::BugCheck* bugcheck = live(module);
  ASSERT_EQ(bugcheck, nullptr) << module << " got 0x" << std::hex << bugcheck->code << " 0x" << bugcheck->parameters[0]
                               << " " << bugcheck->rule << ": " << bugcheck->message << where(*bugcheck);
  EXPECT_TRUE(finished) << module << ": the client or the shutdown waits for ever";
  EXPECT_EQ(load_status, STATUS_SUCCESS) << module;
  EXPECT_EQ(start_status, STATUS_SUCCESS) << module;
  EXPECT_EQ(stop_status, STATUS_SUCCESS) << module;
  EXPECT_EQ(remove_status, STATUS_SUCCESS) << module;
  EXPECT_EQ(unload_status, STATUS_SUCCESS) << module;
  EXPECT_FALSE(answers.empty()) << module;
  for (const Answer& answer : answers) EXPECT_EQ(answer.status, STATUS_SUCCESS) << module << ": " << answer.what;
  const ntos::KernelCounters counters = kernel->counters();
  EXPECT_EQ(counters.irps_outstanding, 0u) << module;
  EXPECT_EQ(counters.pool_bytes_outstanding, 0u) << module;
  EXPECT_EQ(counters.spurious, 0u) << module;
  EXPECT_EQ(hardware.iommu().size(), 0u) << module << ": pages are still mapped for the device";
}

std::string name_of(const ::testing::TestParamInfo<Exhibit>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Driver, Broken, ::testing::ValuesIn(kExhibits), name_of);
INSTANTIATE_TEST_SUITE_P(Driver, Fixed, ::testing::ValuesIn(kExhibits), name_of);

}  // namespace
}  // namespace p2p::test
