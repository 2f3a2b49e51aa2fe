#include "daemon/api/convert.h"
#include "daemon/base/escape.h"

namespace commd::api {
namespace {

v1::Message::State state_of(model::MessageState state) {
  switch (state) {
    case model::MessageState::queued:
      return v1::Message::STATE_QUEUED;
    case model::MessageState::sent:
      return v1::Message::STATE_SENT;
    case model::MessageState::delivered:
      return v1::Message::STATE_DELIVERED;
    case model::MessageState::read:
      return v1::Message::STATE_READ;
    case model::MessageState::failed:
      return v1::Message::STATE_FAILED;
    case model::MessageState::received:
      return v1::Message::STATE_RECEIVED;
  }
  return v1::Message::STATE_UNSPECIFIED;
}

}  // namespace

void to_proto(const model::Message& in, v1::Message* out) {
  out->set_id(in.id.str());
  out->set_account(in.account.str());
  out->set_peer(base::to_valid_utf8(in.peer));
  out->set_sender(base::to_valid_utf8(in.sender));
  out->set_direction(in.direction == model::MessageDirection::incoming
                         ? v1::Message::DIRECTION_INCOMING
                         : v1::Message::DIRECTION_OUTGOING);
  out->set_state(state_of(in.state));
  out->set_text(base::to_valid_utf8(in.text));
  set_time(in.time, out->mutable_time());
  set_time(in.state_time, out->mutable_state_time());
  out->set_fail_reason(in.fail_reason);
  out->set_fail_message(base::to_valid_utf8(in.fail_message));
  if (in.edit_time != base::WallTime{}) set_time(in.edit_time, out->mutable_edit_time());
  out->set_retracted(in.retracted);
  out->set_reply_to(in.reply.to.str());
  for (const model::Reaction& each : in.reactions) {
    v1::Reaction* reaction = out->add_reactions();
    reaction->set_sender(base::to_valid_utf8(each.sender));
    for (const std::string& emoji : each.emojis) reaction->add_emojis(base::to_valid_utf8(emoji));
  }
  out->set_mentioned(in.mentioned);
  if (const size_t slash = in.sender.find('/'); !in.occupant.empty() && slash != std::string::npos)
    out->set_nick(base::to_valid_utf8(in.sender.substr(slash + 1)));
  out->set_local(base::to_valid_utf8(in.local));
  if (!in.attachment.empty()) to_proto(in.attachment, out->mutable_attachment());
}

void to_proto(const model::Conversation& in, v1::Conversation* out) {
  out->set_account(in.last.account.str());
  out->set_peer(base::to_valid_utf8(in.last.peer));
  out->set_unread(static_cast<int32_t>(in.unread));
  out->set_unread_mentions(static_cast<int32_t>(in.unread_mentions));
  to_proto(in.last, out->mutable_last());
}

v1::Typing::State to_proto(model::Typing state) {
  switch (state) {
    case model::Typing::composing:
      return v1::Typing::STATE_COMPOSING;
    case model::Typing::paused:
      return v1::Typing::STATE_PAUSED;
    case model::Typing::stopped:
      return v1::Typing::STATE_STOPPED;
  }
  return v1::Typing::STATE_UNSPECIFIED;
}

std::optional<model::Typing> typing_from(v1::Typing::State state) {
  if (state == v1::Typing::STATE_COMPOSING) return model::Typing::composing;
  if (state == v1::Typing::STATE_PAUSED) return model::Typing::paused;
  if (state == v1::Typing::STATE_STOPPED) return model::Typing::stopped;
  return std::nullopt;
}

std::optional<model::MessageDirection> direction_from(v1::Message::Direction in) {
  if (in == v1::Message::DIRECTION_INCOMING) return model::MessageDirection::incoming;
  if (in == v1::Message::DIRECTION_OUTGOING) return model::MessageDirection::outgoing;
  return std::nullopt;
}

}  // namespace commd::api
