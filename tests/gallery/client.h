// The applications that make the gallery's drivers work. Everything here runs in a simulated user thread.
#pragma once

#include "sw/ntos/ddk.h"

#include <functional>
#include <string>
#include <vector>

#include "ntos/syscalls.h"
#include "tests/gallery/interface.h"

namespace p2p::test {

/// What a client did, for a message: "read: STATUS".
struct Answer {
  std::string what;
  NTSTATUS status = 0;  ///< STATUS_TIMEOUT: the request did not come back
};

/// The standard stimulus of a WDM driver: opens its interface; a control request of each transfer method, a write, a
/// read that ends with an interrupt, a request that is cancelled.
class Client {
 public:
  explicit Client(std::function<void()> interrupt) : interrupt_(std::move(interrupt)) {}
  /// Opens the device and sends the requests. The answers, in order; those wanted are all STATUS_SUCCESS, but for the
  /// cancelled one, which is noted as STATUS_SUCCESS if it ends with STATUS_CANCELLED.
  std::vector<Answer> run();
  /// Sends one request that waits, and does not cancel it.
  void leave_waiting();
  void close();

 private:
  using Send = std::function<NTSTATUS(nt::Handle event, nt::IoStatusBlock*)>;
  NTSTATUS ask(const Send& send, const std::function<void()>& meanwhile = {});
  void note(const char* what, NTSTATUS status) { answers_.push_back({what, status}); }
  void control(const char* what, ULONG code);
  void cancelled();

  std::function<void()> interrupt_;
  std::vector<Answer> answers_;
  nt::Handle file_ = 0;
  char* memory_ = nullptr;
  nt::IoStatusBlock waiting_ = {};
};

/// The standard stimulus of an AVStream driver: opens the filter, connects its pin, runs it, reads three frames, stops
/// it, closes both.
std::vector<Answer> run_stream();

}  // namespace p2p::test
