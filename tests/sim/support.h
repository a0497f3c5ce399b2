// Shared by the tests of sim: a recorder of trace events, software processes, and runs in a process of their own.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <systemc>

#include <functional>
#include <stdexcept>
#include <string>
#include <variant>

#include "sim/hardware.h"
#include "sim/trace_sink.h"

namespace p2p::sim {

/// Every event as a line "ps layer.event name=value …"; other observations can be appended in between.
class Recorder final : public TraceSink {
 public:
  explicit Recorder(const Hardware& hardware) : hardware_(hardware) { set_trace_sink(this); }
  ~Recorder() override { set_trace_sink(nullptr); }
  void event(std::string_view layer, std::string_view event, std::initializer_list<TraceField> fields) override {
    std::string line = std::string(layer) + "." + std::string(event);
    for (const TraceField& field : fields) {
      line += " " + std::string(field.name) + "=";
      std::visit([&](const auto& value) { append(line, value); }, field.value);
    }
    note(line);
  }
  void note(const std::string& what) { text_ += std::to_string(hardware_.now_ps()) + " " + what + "\n"; }
  const std::string& text() const { return text_; }

 private:
  static void append(std::string& line, std::string_view value) { line += value; }
  template <class Number>
  static void append(std::string& line, Number value) {
    line += std::to_string(value);
  }
  const Hardware& hardware_;
  std::string text_;
};

/// A process of simulated software, started at time 0.
inline void run_software(const char* name, std::function<void()> body) { sc_core::sc_spawn(std::move(body), name); }

inline void wait_ps(std::uint64_t ps) { sc_core::wait(sc_core::sc_time::from_value(ps)); }

/// Runs `body` in a child process (SystemC elaborates once a process) and returns the text it returned.
inline std::string in_own_process(const std::function<std::string()>& body) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe failed");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    close(ends[0]);
    std::string text;
    int status = 0;
    try {
      text = body();
    } catch (const std::exception& error) {
      text = std::string("child threw: ") + error.what();
      status = 1;
    }
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t n = write(ends[1], text.data() + sent, text.size() - sent);
      if (n <= 0) _exit(2);
      sent += static_cast<std::size_t>(n);
    }
    _exit(status);
  }
  close(ends[1]);
  std::string text;
  char buffer[65536];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("child failed: " + text);
  return text;
}

}  // namespace p2p::sim
