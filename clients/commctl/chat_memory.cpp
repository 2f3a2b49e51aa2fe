#include "clients/commctl/chat_memory.h"

#include <utility>

namespace commd::commctl {

std::optional<v1::Message> ChatMemory::take(const v1::Message& message) {
  const bool own = message.direction() == v1::Message::DIRECTION_OUTGOING;
  const auto [known, fresh] = messages_.try_emplace(message.id(), message);
  const v1::Message* before = fresh ? nullptr : &known->second;
  if (!own) {
    if (message.has_attachment() && (fresh || !before->has_attachment())) last_file_ = message.id();
    const bool waits = message.state() == v1::Message::STATE_RECEIVED;
    if (waits && (fresh || before->state() != message.state())) unread_ = message.id();
  }
  if (!fresh) return std::exchange(known->second, message);
  if (own) {
    last_own_ = message.id();
  } else {
    last_theirs_ = message.id();
    they_type_ = false;  // what was typed is here
  }
  return std::nullopt;
}

void ChatMemory::take(const v1::Typing& typing) {
  they_type_ = typing.state() == v1::Typing::STATE_COMPOSING;
}

std::string ChatMemory::take_unread() { return std::exchange(unread_, {}); }

std::optional<v1::Message::State> ChatMemory::state_of_last_own() const {
  const auto last = messages_.find(last_own_);
  if (last == messages_.end()) return std::nullopt;
  return last->second.state();
}

}  // namespace commd::commctl
