// The user-mode system-call surface: what ntdll would export to sw/proxy. Plain C++ types (no DDK header), because user
// and kernel headers of Windows cannot meet in one translation unit. Every call charges CostModel::system_call, sets
// previous mode UserMode for its duration and must run in a simulated thread at PASSIVE_LEVEL.
// Statuses are NTSTATUS values. Handles are small multiples of four, never pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace p2p::nt {

using Status = std::int32_t;
using Handle = std::uintptr_t;

/// Same layout as IO_STATUS_BLOCK on x64.
struct IoStatusBlock {
  union {
    Status status;
    void* pointer;
  };
  std::uintptr_t information;
};

struct CompletionPacket {
  std::uintptr_t key;
  void* apc_context;
  IoStatusBlock iosb;
};

/// NtCreateFile. `root` 0: `name` is a symbolic link or device path ("\\??\\…", UTF-16). Else `name` is relative to the
/// open file `root` and may hold binary data after its first backslash (KSPIN_CONNECT and the data format).
Status create_file(Handle* file, std::uint32_t desired_access, Handle root, std::u16string_view name, bool synchronous);
Status close(Handle handle);

/// NtDeviceIoControlFile. `event` may be 0. `apc_context` non-null posts a packet to the file's completion port.
Status device_io_control_file(Handle file, Handle event, void* apc_context, IoStatusBlock* iosb, std::uint32_t code,
                              void* input, std::uint32_t input_bytes, void* output, std::uint32_t output_bytes);
/// NtReadFile, NtWriteFile. `offset` in bytes.
Status read_file(Handle file, Handle event, void* apc_context, IoStatusBlock* iosb, void* buffer, std::uint32_t bytes,
                 std::int64_t offset);
Status write_file(Handle file, Handle event, void* apc_context, IoStatusBlock* iosb, const void* buffer,
                  std::uint32_t bytes, std::int64_t offset);
/// Cancels every request of the calling process on `file`, or the one issued with `iosb` if it is not null.
Status cancel_io_file(Handle file, IoStatusBlock* iosb);

Status create_event(Handle* event, bool manual_reset, bool initial_state);
Status set_event(Handle event);
Status reset_event(Handle event);
/// Timeouts in 100 ns: nullptr infinite, negative relative, zero poll. Return STATUS_WAIT_0 + index or STATUS_TIMEOUT.
Status wait_for_single_object(Handle handle, bool alertable, const std::int64_t* timeout);
Status wait_for_multiple_objects(const Handle* handles, std::uint32_t count, bool wait_all, bool alertable,
                                 const std::int64_t* timeout);
Status delay_execution(bool alertable, const std::int64_t* interval);

Status create_io_completion(Handle* port);
Status associate_io_completion(Handle port, Handle file, std::uintptr_t key);
Status remove_io_completion(Handle port, CompletionPacket* packet, const std::int64_t* timeout);

/// Page-aligned, zeroed, DMA-able host memory, scattered in physical address. nullptr when exhausted.
void* allocate_virtual_memory(std::size_t bytes);
void free_virtual_memory(void* base);

/// The thread handle is signalled when `body` returns.
Status create_thread(Handle* thread, std::string_view name, std::function<void()> body);
/// Simulated system time, 100 ns units since boot.
std::int64_t query_system_time();

/// Symbolic links of the enabled interfaces of a class; `class_guid` points to 16 bytes (a GUID).
std::vector<std::u16string> enumerate_device_interfaces(const void* class_guid);

}  // namespace p2p::nt
