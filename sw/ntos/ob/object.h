// Kernel objects, reference counts and handles. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <functional>

namespace p2p::ob {

enum class Kind : std::uint8_t {
  kDevice,
  kDriver,
  kFile,
  kEvent,
  kThread,
  kCompletionPort,
  kKey,
  kCallback,
  kHostFile
};

/// Makes `body` a reference-counted object with one reference. `destroy` runs when the last one goes; for a file at
/// PASSIVE_LEVEL, in a worker thread if need be.
void create(void* body, Kind kind, std::function<void()> destroy);
bool is_object(const void* body, Kind kind);
void reference(void* body);
/// How many references there are; 0 for no object.
std::uint64_t references_of(const void* body);
void dereference(void* body);

/// Whose a handle is: a driver must not take one for the other. kEither: a system thread plays an application.
enum class HandleOwner : std::uint8_t { kKernel, kUser, kEither };
/// What a system call of the calling thread opens.
HandleOwner owner_of_caller();
/// Does it name anything?
bool is_open(std::uintptr_t handle);
/// What it names, of whatever kind; nullptr if it is not open.
void* any_body_of(std::uintptr_t handle, std::uint32_t* access);

/// Handles are multiples of four, reused lowest first.
std::uintptr_t insert_handle(void* body, std::uint32_t access, std::function<void()> closing = {},
                             HandleOwner owner = HandleOwner::kKernel);
/// nullptr if the handle is not open or names another kind of object. Adds no reference.
void* body_of(std::uintptr_t handle, Kind kind, std::uint32_t* access = nullptr);
/// Any object that can be waited on; its DISPATCHER_HEADER, and the object itself.
void* waitable_of(std::uintptr_t handle, void** body = nullptr);
/// kEither if not open.
HandleOwner owner_of(std::uintptr_t handle);
/// STATUS_INVALID_HANDLE if not open.
NTSTATUS close_handle(std::uintptr_t handle);
void reset();

}  // namespace p2p::ob
