#include "media/engine/tick_wheel.h"

#include <algorithm>

namespace commd::engine {

void TickWheel::add(Ticked& member, base::MonoTime now) {
  const int64_t index = index_at(now);
  Slot& slot = slots_[static_cast<size_t>(index % slot_count)];
  if (slot.entries.empty()) slot.due = index + slot_count;
  slot.entries.push_back({&member, index + slot_count});
}

void TickWheel::add_due(Ticked& member, base::MonoTime due, base::MonoTime now) {
  int64_t index = std::max(index_at(due + slot_length / 2), index_at(now) + 1);
  // A slot whose turn has been is not due again for a whole frame.
  const auto slot_of = [this](int64_t at) -> Slot& {
    return slots_[static_cast<size_t>(at % slot_count)];
  };
  if (!slot_of(index).entries.empty() && slot_of(index).due > index) ++index;
  Slot& slot = slot_of(index);
  if (slot.entries.empty()) slot.due = index;
  slot.entries.push_back({&member, index});
}

void TickWheel::remove(Ticked& member) {
  for (Slot& slot : slots_)
    std::erase_if(slot.entries, [&](const Entry& entry) { return entry.member == &member; });
}

void TickWheel::run_slot(Slot& slot, base::MonoTime now, int64_t now_index) {
  unsigned skipped = 0;
  const int64_t behind = (now_index - slot.due) / slot_count;
  if (behind > max_catch_up) {
    skipped = static_cast<unsigned>(behind);
    slot.due += behind * slot_count;
  }
  for (const Entry& entry : slot.entries)
    if (slot.due >= entry.first) entry.member->tick(now, skipped);
  slot.due += slot_count;
}

void TickWheel::run(base::MonoTime now) {
  const int64_t now_index = index_at(now);
  while (true) {
    Slot* earliest = nullptr;
    for (Slot& slot : slots_) {
      if (slot.entries.empty() || slot.due > now_index) continue;
      if (earliest == nullptr || slot.due < earliest->due) earliest = &slot;
    }
    if (earliest == nullptr) return;
    run_slot(*earliest, now, now_index);
  }
}

std::optional<base::MonoTime> TickWheel::next_deadline() const {
  std::optional<int64_t> due;
  for (const Slot& slot : slots_)
    if (!slot.entries.empty() && (!due || slot.due < *due)) due = slot.due;
  if (!due) return std::nullopt;
  return origin_ + *due * slot_length;
}

}  // namespace commd::engine
