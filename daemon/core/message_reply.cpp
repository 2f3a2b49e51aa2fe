#include "daemon/core/message_reply.h"

namespace commd::core {
namespace {

constexpr size_t quote_bytes = 200;

// Its beginning, cut between two characters.
std::string quote_of(const std::string& text) {
  if (text.size() <= quote_bytes) return text;
  size_t end = quote_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "\u2026";
}

}  // namespace

std::string wire_id_of(const model::Message& message) {
  return message.room_id.empty() ? own_wire_id_of(message) : message.room_id;
}

std::string own_wire_id_of(const model::Message& message) {
  if (!message.remote_id.empty()) return message.remote_id;
  return message.direction == model::MessageDirection::outgoing ? message.id.str() : std::string();
}

bool is_named(const model::Message& message, const std::string& wire_id) {
  return !wire_id.empty() && (wire_id_of(message) == wire_id || own_wire_id_of(message) == wire_id);
}

std::string wire_key(const model::AccountId& account, const std::string& peer,
                     const std::string& wire_id) {
  std::string key = account.str();
  key.append(1, '\0').append(peer).append(1, '\0').append(wire_id);
  return key;
}

base::Result<model::Reply> reply_to(const model::Message& message, const model::Message& answer) {
  if (message.account != answer.account || message.peer != answer.peer)
    return base::fail(
        base::invalid_argument("reply_to", "the message " + message.id.str() +
                                               " was written to somebody else, or by "
                                               "another account; answer in its own conversation"));
  if (message.retracted)
    return base::fail(base::Code::failed_precondition, "MESSAGE_RETRACTED",
                      "that message was taken back; send a new one");
  model::Reply reply;
  reply.to = message.id;
  reply.wire_id = wire_id_of(message);
  reply.to_own = message.direction == model::MessageDirection::outgoing;
  reply.quote = quote_of(message.text);
  if (reply.wire_id.empty())
    return base::fail(base::Code::failed_precondition, "MESSAGE_UNNAMED",
                      "that message came without a name of its own; write without answering it");
  return reply;
}

}  // namespace commd::core
