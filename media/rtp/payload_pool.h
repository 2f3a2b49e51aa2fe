// Room for the payloads of packets that wait: equal slots in one block, which
// grows when more or longer payloads wait at once, and never shrinks. Owned by a
// JitterBuffer; its thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace commd::rtp {

class PayloadPool {
 public:
  static constexpr size_t max_slots = 100;
  static constexpr size_t max_payload_size = 1500;

  // A copy of `payload`, kept until release(). nullopt when 100 are taken or it is
  // longer than 1500 bytes.
  std::optional<uint8_t> store(std::span<const uint8_t> payload);
  // The bytes of a slot; valid until the next store().
  const uint8_t* at(uint8_t slot) const { return bytes_.data() + slot * slot_size_; }
  // The slot may be taken again, its bytes stay as they are until then.
  void release(uint8_t slot) { free_.push_back(slot); }
  size_t capacity_bytes() const { return bytes_.size(); }

 private:
  void widen(size_t payload_size);
  bool add_slots();

  // Fits 20 ms of G.711 and most of Opus, so that a quiet call stays small.
  size_t slot_size_ = 192;
  size_t slots_ = 0;
  std::vector<uint8_t> bytes_;
  std::vector<uint8_t> free_;
};

}  // namespace commd::rtp
