// One message of a conversation, whichever protocol carries it. Values; any thread.
#pragma once

#include <string>

#include "daemon/base/time.h"
#include "daemon/model/ids.h"

namespace commd::model {

enum class MessageDirection { incoming, outgoing };

// Outgoing: queued -> sent -> delivered -> read, or failed. Incoming: received.
enum class MessageState {
  queued,     // on disk here; goes out when its account is online
  sent,       // a server has taken it
  delivered,  // a device of the other person has it
  read,       // it was shown there
  failed,     // it will not arrive; fail_reason says why
  received,
};

const char* to_string(MessageState value);

struct Message {
  // Random, ours. Of an outgoing message also its id on the wire.
  MessageId id;
  AccountId account;
  // The other person, without a device: "xmpp:bob@example.org", "sip:bob@example.org". What
  // was said with one person is one conversation.
  std::string peer;
  // With the device where the protocol names one: "xmpp:bob@example.org/phone". Of an
  // outgoing message empty.
  std::string sender;
  MessageDirection direction = MessageDirection::outgoing;
  MessageState state = MessageState::queued;
  std::string text;  // valid UTF-8, as it came: to be escaped where it is shown
  // When it was written: by this clock, or by the server's for one that waited there.
  base::WallTime time{};
  // When it came to its state.
  base::WallTime state_time{};
  // The sender's own id of an incoming message.
  std::string remote_id;
  // Names an incoming message for ever, so that one that comes twice is shown once. Empty:
  // nothing about it could.
  std::string fingerprint;
  std::string fail_reason;  // UPPER_SNAKE
  std::string fail_message;
  std::string request_id;  // of the client that sent it; may be empty

  friend bool operator==(const Message&, const Message&) = default;
};

// Whether a message may go from one state to the other: never back.
bool may_become(MessageState from, MessageState to);

// Longer texts are not sent, and are cut when they come.
inline constexpr size_t max_message_bytes = 64 * 1024;

}  // namespace commd::model
