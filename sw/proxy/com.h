// The little of COM the proxy needs: a counted reference and an object's reference count.
#pragma once

#include "sw/proxy/windows_headers.h"

#include <utility>

namespace p2p::proxy {

/// Owns one reference on a COM object.
template <class T>
class ComPtr {
 public:
  ComPtr() = default;
  /// Adds a reference.
  explicit ComPtr(T* object) : object_(object) {
    if (object_ != nullptr) object_->AddRef();
  }
  ComPtr(const ComPtr& other) : ComPtr(other.object_) {}
  ComPtr(ComPtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ComPtr& operator=(ComPtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ComPtr() { reset(); }

  /// Takes over a reference that the caller already holds.
  static ComPtr adopt(T* object) {
    ComPtr pointer;
    pointer.object_ = object;
    return pointer;
  }
  void reset() {
    if (T* object = std::exchange(object_, nullptr)) object->Release();
  }
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  /// For out parameters: drops what it held.
  T** put() {
    reset();
    return &object_;
  }
  void** put_void() { return reinterpret_cast<void**>(put()); }
  T* detach() { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

/// Simulated threads switch only inside system calls, so a plain counter is an interlocked one.
class RefCount {
 public:
  ULONG add() { return ++count_; }
  ULONG release() { return --count_; }
  ULONG count() const { return count_; }

 private:
  ULONG count_ = 1;
};

}  // namespace p2p::proxy
