// The packets that wait in a JitterBuffer, by rising sequence. A ring that grows
// to 100; packets nearly always go to its end. Owned by a JitterBuffer; its thread.
#pragma once

#include <cstdint>
#include <vector>

namespace commd::rtp {

struct QueuedPacket {
  int64_t sequence = 0;  // extended
  uint32_t timestamp = 0;
  uint16_t size = 0;
  uint8_t slot = 0;  // in the PayloadPool
  uint8_t payload_type = 0;
};

class PacketQueue {
 public:
  PacketQueue() : ring_(16) {}

  bool empty() const { return count_ == 0; }
  size_t size() const { return count_; }
  size_t capacity_bytes() const { return ring_.size() * sizeof(QueuedPacket); }
  // index 0 is the lowest sequence; index < size()
  const QueuedPacket& at(size_t index) const { return ring_[place(index)]; }
  const QueuedPacket& front() const { return at(0); }
  const QueuedPacket& back() const { return at(count_ - 1); }
  void pop_front() {
    first_ = place(1);
    --count_;
  }

  // False when the sequence is there already.
  bool insert(const QueuedPacket& packet) {
    if (contains(packet.sequence)) return false;
    if (count_ == ring_.size()) grow();
    size_t at_index = count_++;
    for (; at_index > 0 && at(at_index - 1).sequence > packet.sequence; --at_index)
      ring_[place(at_index)] = ring_[place(at_index - 1)];
    ring_[place(at_index)] = packet;
    return true;
  }

  bool contains(int64_t sequence) const {
    for (size_t i = count_; i > 0 && at(i - 1).sequence >= sequence; --i)
      if (at(i - 1).sequence == sequence) return true;
    return false;
  }

 private:
  size_t place(size_t index) const { return (first_ + index) & (ring_.size() - 1); }

  void grow() {
    std::vector<QueuedPacket> larger(ring_.size() * 2);  // a power of two, for place()
    for (size_t i = 0; i < count_; ++i) larger[i] = at(i);
    ring_ = std::move(larger);
    first_ = 0;
  }

  std::vector<QueuedPacket> ring_;
  size_t first_ = 0;
  size_t count_ = 0;
};

}  // namespace commd::rtp
