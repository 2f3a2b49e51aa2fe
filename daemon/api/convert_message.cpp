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
}

}  // namespace commd::api
