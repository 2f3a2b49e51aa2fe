#include "media/engine/packet_ring.h"

#include <algorithm>
#include <cstring>

namespace commd::engine {

bool PacketRing::put(unsigned component, std::span<const uint8_t> datagram,
                     base::MonoTime arrival) {
  const std::lock_guard lock(mutex_);
  if (datagram.empty() || datagram.size() > UINT16_MAX ||
      !make_room(sizeof(Head) + datagram.size())) {
    ++lost_;
    return false;
  }
  const Head head{arrival, static_cast<uint16_t>(datagram.size()), static_cast<uint8_t>(component)};
  write(&head, sizeof head);
  write(datagram.data(), datagram.size());
  return true;
}

PacketRing::Head PacketRing::take(std::span<uint8_t> into) {
  const std::lock_guard lock(mutex_);
  if (used_ == 0) return {};
  Head head;
  read(&head, sizeof head);
  const size_t fits = std::min<size_t>(head.length, into.size());
  read(into.data(), fits);
  first_ = (first_ + head.length - fits) % octets_.size();
  used_ -= head.length - fits;
  head.length = static_cast<uint16_t>(fits);
  return head;
}

uint64_t PacketRing::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

bool PacketRing::make_room(size_t wanted) {
  size_t capacity = std::max(octets_.size(), first_capacity);
  while (capacity - used_ < wanted && capacity < most_capacity) capacity *= 2;
  if (capacity - used_ < wanted) return false;
  if (capacity == octets_.size()) return true;
  std::vector<uint8_t> larger(capacity);
  const size_t used = used_;
  read(larger.data(), used);
  octets_ = std::move(larger);
  first_ = 0;
  used_ = used;
  return true;
}

void PacketRing::write(const void* octets, size_t length) {
  const auto* from = static_cast<const uint8_t*>(octets);
  const size_t at = (first_ + used_) % octets_.size();
  const size_t before_the_end = std::min(length, octets_.size() - at);
  std::memcpy(octets_.data() + at, from, before_the_end);
  std::memcpy(octets_.data(), from + before_the_end, length - before_the_end);
  used_ += length;
}

void PacketRing::read(void* octets, size_t length) {
  if (length == 0) return;
  auto* to = static_cast<uint8_t*>(octets);
  const size_t before_the_end = std::min(length, octets_.size() - first_);
  std::memcpy(to, octets_.data() + first_, before_the_end);
  std::memcpy(to + before_the_end, octets_.data(), length - before_the_end);
  first_ = (first_ + length) % octets_.size();
  used_ -= length;
}

}  // namespace commd::engine
