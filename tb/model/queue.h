// A queue of fixed room inside one clock domain.
#pragma once

#include <vector>

namespace p2p::model {

template <class T>
class Queue {
 public:
  explicit Queue(unsigned room) : slots_(room), room_(room) {}

  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == room_; }
  unsigned size() const { return count_; }
  /// The oldest; what an earlier one left there if the queue is empty.
  const T& front() const { return slots_[first_]; }
  void push(const T& value) {
    slots_[wrapped(first_ + count_)] = value;
    ++count_;
  }
  void pop() {
    first_ = wrapped(first_ + 1);
    --count_;
  }
  void clear() { count_ = 0; }

 private:
  unsigned wrapped(unsigned place) const { return place >= room_ ? place - room_ : place; }

  std::vector<T> slots_;
  unsigned room_;
  unsigned first_ = 0, count_ = 0;
};

}  // namespace p2p::model
