#include "daemon/model/message.h"

#include <algorithm>

namespace commd::model {

const char* to_string(MessageState value) {
  switch (value) {
    case MessageState::queued:
      return "queued";
    case MessageState::sent:
      return "sent";
    case MessageState::delivered:
      return "delivered";
    case MessageState::read:
      return "read";
    case MessageState::failed:
      return "failed";
    case MessageState::received:
      return "received";
  }
  return "";
}

bool may_become(MessageState from, MessageState to) {
  switch (from) {
    case MessageState::queued:
    case MessageState::sent:
      return to > from && to <= MessageState::failed;
    case MessageState::delivered:
    case MessageState::received:
      return to == MessageState::read;
    case MessageState::read:
    case MessageState::failed:
      return false;
  }
  return false;
}

std::string own_fingerprint(const MessageId& id) { return "own/" + id.str(); }

namespace {

bool react(Message& message, const std::vector<std::string>& emojis, const std::string& by,
           const std::string& occupant) {
  const auto found =
      std::find_if(message.reactions.begin(), message.reactions.end(), [&](const Reaction& each) {
        const bool both_known = !each.occupant.empty() && !occupant.empty();
        return both_known ? each.occupant == occupant : each.sender == by;
      });
  if (found == message.reactions.end()) {
    if (emojis.empty() || message.reactions.size() >= max_reactions) return false;
    message.reactions.push_back({by, emojis, occupant});
    return true;
  }
  if (found->emojis == emojis) return false;
  if (emojis.empty())
    message.reactions.erase(found);
  else
    *found = {by, emojis, occupant.empty() ? found->occupant : occupant};
  return true;
}

}  // namespace

bool amend(Message& message, const Amendment& amendment, const std::string& by,
           const std::string& occupant) {
  if (message.retracted) return false;
  switch (amendment.kind) {
    case AmendmentKind::correct:
      if (message.text == amendment.text) return false;
      message.text = amendment.text;
      message.edit_time = amendment.time;
      return true;
    case AmendmentKind::retract:
      message.text.clear();
      message.reactions.clear();
      message.reply.quote.clear();
      message.retracted = true;
      return true;
    case AmendmentKind::react:
      return react(message, amendment.emojis, by, occupant);
    case AmendmentKind::displayed:
      return false;  // of many messages at once: not here
  }
  return false;
}

bool is_emoji(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
  });
}

}  // namespace commd::model
