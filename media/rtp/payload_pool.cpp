#include "media/rtp/payload_pool.h"

#include <algorithm>
#include <cstring>

namespace commd::rtp {
namespace {
constexpr size_t first_slots = 8;
}

std::optional<uint8_t> PayloadPool::store(std::span<const uint8_t> payload) {
  if (payload.size() > max_payload_size) return std::nullopt;
  if (payload.size() > slot_size_) widen(payload.size());
  if (free_.empty() && !add_slots()) return std::nullopt;
  const uint8_t slot = free_.back();
  free_.pop_back();
  if (!payload.empty())
    std::memcpy(bytes_.data() + slot * slot_size_, payload.data(), payload.size());
  return slot;
}

void PayloadPool::widen(size_t payload_size) {
  const size_t size = std::min(max_payload_size, std::max(payload_size, slot_size_ * 2));
  std::vector<uint8_t> wider(slots_ * size);
  for (size_t i = 0; i < slots_; ++i)
    std::memcpy(wider.data() + i * size, bytes_.data() + i * slot_size_, slot_size_);
  bytes_ = std::move(wider);
  slot_size_ = size;
}

bool PayloadPool::add_slots() {
  if (slots_ == max_slots) return false;
  const size_t more = std::min(max_slots, std::max(first_slots, slots_ * 2));
  bytes_.resize(more * slot_size_);
  free_.reserve(more);
  for (size_t i = more; i-- > slots_;) free_.push_back(static_cast<uint8_t>(i));
  slots_ = more;
  return true;
}

}  // namespace commd::rtp
