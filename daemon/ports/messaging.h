// The port between the core and a protocol that carries messages (XMPP, SIP MESSAGE). The protocol
// room owns the wire; the core owns the history and what may become of a message.
//
// Every method is called on the core thread and returns at once; what happens is told
// through MessagingEvents, on the core thread, never from inside the call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/ids.h"
#include "daemon/model/message.h"

namespace commd::ports {

struct OutgoingMessage {
  model::AccountId account;
  model::MessageId id;
  std::string to;  // Message::peer
  std::string text;
  model::Reply reply{};
  // It may have gone out before the daemon ended: where the server can be asked, it is not
  // sent twice.
  bool again = false;
  std::string local{};             // as in model::Message
  model::Attachment attachment{};  // its url is the text
};

struct IncomingMessage {
  model::AccountId account;
  std::string peer, sender, text;  // as in model::Message
  base::WallTime time{};           // 1970: when it comes is when it was written
  std::string remote_id;
  std::string fingerprint;
  // For acknowledge().
  uint64_t ticket = 0;
  // Another device of this person sent it: `peer` is whom to.
  bool outgoing = false;
  model::Reply reply{};   // wire_id and to_own
  bool markable = false;  // as in model::Message
  // It is no message but says something of one: that with the id `target` on the wire. A
  // correction of something unknown is a message of its own.
  std::optional<model::AmendmentKind> amends{};
  std::string target{};
  std::vector<std::string> emojis{};  // with react; each model::is_emoji()
  // Said in a room of several people: `peer` is the room, `sender` the room with the nick.
  bool room = false;
  std::string room_id{};     // as in model::Message
  std::string occupant{};    // as in model::Message
  bool lasting = false;      // `occupant` is the same whenever that person comes back
  bool mentioned = false;    // as in model::Message
  bool perhaps_own = false;  // it may be one that was sent from here: its id and its text tell
  std::string local{};       // as in model::Message
  model::Attachment attachment{};
};

// Transient; not repeated.
struct TypingNews {
  model::AccountId account;
  std::string peer;  // as in model::Message
  model::Typing state = model::Typing::stopped;
};

// What the far end, or a server on the way, says of a message of ours.
struct MessageReport {
  model::AccountId account;
  model::MessageId id;
  // Who says so, as Message::peer; empty: our own server, about its own part.
  std::string by;
  model::MessageState state = model::MessageState::sent;
  std::string fail_reason;  // with failed
  std::string fail_message;
};

// The core's side.
class MessagingEvents {
 public:
  virtual ~MessagingEvents() = default;
  virtual void message_received(IncomingMessage message) = 0;
  virtual void message_report(const MessageReport& report) = 0;
  // Of protocols that have it.
  virtual void typing(const TypingNews&) {}
};

class Messaging {
 public:
  virtual ~Messaging() = default;
  // Takes over a message that is on disk. What is known of it already is not sent again; the
  // core repeats all that are queued whenever the account comes up. A message that the
  // account cannot send at all is reported as failed.
  virtual void send(OutgoingMessage message) = 0;
  // An incoming message is on disk, or was there already: only now may the server, and the
  // sender, be told that it came.
  virtual void acknowledge(const model::AccountId& account, uint64_t ticket) = 0;
  // It could not be stored: the protocol lets whoever sent it send it again, and where it cannot
  // say which one, whatever of the account is not acknowledged.
  virtual void not_kept(const model::AccountId& account, uint64_t ticket) = 0;

  // Whether the protocol can say something of a message afterwards.
  virtual bool can_amend() const { return false; }
  // As send(); what becomes of it is reported under its own id. `again`: as in
  // OutgoingMessage.
  virtual void amend(model::Amendment, bool /*again*/) {}
  // Told now or never.
  virtual void set_typing(const TypingNews&) {}
};

}  // namespace commd::ports
