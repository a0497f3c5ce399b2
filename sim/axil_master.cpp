#include "sim/axil_master.h"

namespace p2p::sim {

AxilMaster::AxilMaster(const BusTiming& timing, std::uint64_t seed, Attention& attention)
    : gap_(timing.axil_gap), always_ready_(timing.always_ready), random_(seed, 2), attention_(attention) {}

void AxilMaster::begin() {
  current_ = std::move(queue_.front());
  queue_.pop_front();
  address_ = current_->address;
  wdata_ = current_->data;
  wstrb_ = current_->strobes;
  const unsigned gap = draw();
  address_wait_ = gap + draw();
  data_wait_ = gap + draw();
  response_wait_ = gap + draw();
  address_sent_ = data_sent_ = false;
  if (listener_ != nullptr) listener_->access_begins(current_->write, address_, current_->write ? wdata_ : 0);
}

void AxilMaster::step_request(std::uint8_t& valid, std::uint8_t ready, bool& sent, unsigned& wait) {
  if (valid) {
    if (ready) {
      valid = 0;
      sent = true;
      changed_ = true;
    }
  } else if (!sent && wait-- == 0) {
    valid = 1;
    changed_ = true;
  }
}

bool AxilMaster::step_response(std::uint8_t& ready, std::uint8_t valid) {
  if (ready) {
    if (!valid) return false;
    ready = 0;
    changed_ = true;
    return true;
  }
  if (response_wait_-- == 0) {
    ready = 1;
    changed_ = true;
  }
  return false;
}

void AxilMaster::finish(std::uint8_t response) {
  if (listener_ != nullptr) listener_->access_ends(current_->data, response);
  take_back(response);
}

void AxilMaster::take_back(std::uint8_t response) {
  current_->response = response;
  ended_.push_back(std::move(current_));
  current_.reset();
  ++accesses_;
  attention_.raised = true;
}

void AxilMaster::reset() {
  constexpr std::uint8_t kDecodeError = 3;
  awvalid_ = wvalid_ = bready_ = arvalid_ = rready_ = 0;
  changed_ = true;
  if (current_) finish(kDecodeError);
  while (!queue_.empty()) {
    current_ = std::move(queue_.front());
    queue_.pop_front();
    take_back(kDecodeError);  // it has not begun
  }
}

bool AxilMaster::deliver() {
  const bool any = !ended_.empty();
  for (const auto& access : ended_) access->done = true;
  ended_.clear();
  return any;
}

}  // namespace p2p::sim
