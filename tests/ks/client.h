// A user-mode client of a filter: system calls only. Everything here runs in a simulated user thread.
#pragma once

#include "sw/ks/ddk.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "ntos/syscalls.h"
#include "tests/ks/synth/synth.h"

namespace p2p::test {

/// Format of the synthetic pins; its size is what KSPROPERTY_CONNECTION_DATAFORMAT returns.
KSDATAFORMAT synth_format(ULONG bytes_a_frame = 256);

/// One READ_STREAM or WRITE_STREAM request: headers, their frames, IOSB and event.
class Request {
 public:
  /// `sizes`: bytes of each frame; `extension`: bytes behind each KSSTREAM_HEADER; `offset`: of the first frame in its
  /// page.
  explicit Request(std::vector<ULONG> sizes, ULONG extension = 0, ULONG offset = 0);
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  PKSSTREAM_HEADER header(std::size_t index = 0) const;
  UCHAR* frame(std::size_t index = 0) const { return static_cast<UCHAR*>(header(index)->Data); }
  void* headers() const { return memory_; }
  ULONG header_bytes() const { return static_cast<ULONG>(sizes_.size() * header_size_); }
  std::size_t count() const { return sizes_.size(); }
  /// Is the event set, that is, has the request completed?
  bool done() const;
  /// Waits for the event; the final status.
  NTSTATUS wait() const;

  nt::Handle event = 0;
  nt::IoStatusBlock iosb;
  NTSTATUS sent = -1;  ///< what the system call returned

 private:
  std::vector<ULONG> sizes_;
  std::size_t header_size_;
  UCHAR* memory_;
};

class Client {
 public:
  Client() = default;
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Opens the first filter of the category, the synthetic filter's by default.
  NTSTATUS open(const GUID* category = nullptr);
  void close();
  nt::Handle handle() const { return handle_; }
  /// Creates pin `id`; `connect` edits KSPIN_CONNECT before it goes out.
  NTSTATUS create_pin(nt::Handle* pin, ULONG id, const KSDATAFORMAT& format = synth_format(),
                      const std::function<void(KSPIN_CONNECT&)>& connect = {}, bool synchronous = false,
                      std::uint32_t access = GENERIC_READ | GENERIC_WRITE) const;
  /// The same with a format that is longer than KSDATAFORMAT.
  NTSTATUS create_pin_with(nt::Handle* pin, ULONG id, const KSDATAFORMAT* format,
                           const std::function<void(KSPIN_CONNECT&)>& connect = {}, bool synchronous = false,
                           std::uint32_t access = GENERIC_READ | GENERIC_WRITE) const;
  /// The same with a format and whatever follows it.
  NTSTATUS create_pin_bytes(nt::Handle* pin, ULONG id, const std::vector<UCHAR>& format) const;

 private:
  NTSTATUS create_named_pin(nt::Handle* pin, ULONG id, const KSDATAFORMAT* format, std::size_t format_bytes,
                            const std::function<void(KSPIN_CONNECT&)>& connect, bool synchronous,
                            std::uint32_t access) const;

  nt::Handle handle_ = 0;
};

/// IOCTL_KS_PROPERTY and its kin on `file`, waited for. `returned` may be null.
NTSTATUS control(nt::Handle file, ULONG code, const void* in, std::size_t in_bytes, void* out, std::size_t out_bytes,
                 ULONG* returned = nullptr);
NTSTATUS get_property(nt::Handle file, const GUID& set, ULONG id, void* value, std::size_t bytes,
                      ULONG* returned = nullptr, ULONG flags = KSPROPERTY_TYPE_GET);
NTSTATUS set_property(nt::Handle file, const GUID& set, ULONG id, const void* value, std::size_t bytes);
NTSTATUS set_state(nt::Handle pin, KSSTATE state);
/// -1 if it cannot be had.
int get_state(nt::Handle pin);
NTSTATUS reset(nt::Handle pin, KSRESET reset);
NTSTATUS read(nt::Handle pin, Request& request);
NTSTATUS write(nt::Handle pin, Request& request);
/// The kernel's view of a handle, with a reference the caller gives back.
PFILE_OBJECT file_of(nt::Handle handle);

/// A filter with one pin, opened; closes both.
struct Connection {
  explicit Connection(ULONG id = SYNTH_PIN_CAPTURE, KSSTATE state = KSSTATE_STOP);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void close_pin();

  Client filter;
  nt::Handle pin = 0;
};

}  // namespace p2p::test
