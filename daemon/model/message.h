// One message of a conversation, whichever protocol carries it. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/ids.h"

namespace commd::model {

enum class MessageDirection { incoming, outgoing };

// Outgoing: queued -> sent -> delivered -> read, or failed. Incoming: received -> read.
enum class MessageState {
  queued,     // on disk here; goes out when its account is online
  sent,       // a server has taken it
  delivered,  // a device of the other person has it
  read,       // it was shown there; an incoming one: here, or on another device of this person
  failed,     // it will not arrive; fail_reason says why
  received,
};

const char* to_string(MessageState value);

// Whether somebody types.
enum class Typing { composing, paused, stopped };

// What a message answers; empty: nothing.
struct Reply {
  MessageId to;         // empty: a message that is not here
  std::string wire_id;  // its id on the wire
  bool to_own = false;  // this person wrote it
  std::string quote;    // outgoing: what is shown of it where replies are not known

  bool empty() const { return wire_id.empty(); }
  friend bool operator==(const Reply&, const Reply&) = default;
};

// What one person thinks of a message.
struct Reaction {
  std::string sender;               // as Message::peer; empty: this person
  std::vector<std::string> emojis;  // each is_emoji()
  // In a room that knows its occupants by more than their nicks: who it is. Empty: it does not.
  std::string occupant{};

  friend bool operator==(const Reaction&, const Reaction&) = default;
};

// A file that goes with a message, which a server keeps.
struct Attachment {
  std::string url;          // as it came
  std::string name;         // without folders and controls; may be empty
  std::string media_type;   // as its sender says; may be empty
  uint64_t size = 0;        // bytes, as its sender says; 0: not said
  std::string description;  // may be empty
  std::string transfer;     // id of the transfer that sent or fetched it; may be empty

  bool empty() const { return url.empty(); }
  friend bool operator==(const Attachment&, const Attachment&) = default;
};

struct Message {
  // Random, ours. Of an outgoing message also its id on the wire.
  MessageId id;
  AccountId account;
  // The other person, without a device: "xmpp:bob@example.org", "sip:bob@example.org". What
  // was said with one person is one conversation.
  std::string peer;
  // With the device where the protocol names one: "xmpp:bob@example.org/phone". Of an
  // outgoing message empty, but for one that another device of this person sent.
  std::string sender;
  MessageDirection direction = MessageDirection::outgoing;
  MessageState state = MessageState::queued;
  std::string text;  // valid UTF-8, as it came: to be escaped where it is shown
  // When it was written: by this clock, or by the server's for one that waited there.
  base::WallTime time{};
  // When it came to its state.
  base::WallTime state_time{};
  // Its id on the wire, of a message that was not sent from here.
  std::string remote_id;
  // Names an incoming message for ever, so that one that comes twice is shown once. Empty:
  // nothing about it could.
  std::string fingerprint;
  std::string fail_reason;  // UPPER_SNAKE
  std::string fail_message;
  std::string request_id;  // of the client that sent it; may be empty
  Reply reply;
  base::WallTime edit_time{};  // when the text was corrected last; 1970: never
  bool retracted = false;      // taken back: there is no text any more
  bool markable = false;       // incoming: its sender wants to know when it is read
  std::vector<Reaction> reactions;
  bool mentioned = false;  // in a room: it has this person's nick in it
  // In a room: how that names it; empty: it does not.
  std::string room_id;
  // Of one that came in a room, or from one in it alone: who there wrote it, whatever he is called
  // now, so that nobody else changes it. Empty: it did not come in a room, or the room does not
  // say.
  std::string occupant;
  Attachment attachment;  // empty: none
  // With a component's account: which address of its domain wrote it, or got it. Empty else.
  std::string local;

  friend bool operator==(const Message&, const Message&) = default;
};

// All messages with one person or room by one account, in short.
struct Conversation {
  Message last;  // the newest
  size_t unread = 0;
  size_t unread_mentions = 0;  // of these
};

// Whether a message may go from one state to the other: never back.
bool may_become(MessageState from, MessageState to);

// What is said of a message afterwards. It is a message of its own on the wire.
enum class AmendmentKind {
  correct,
  retract,
  react,
  displayed,  // it, and all before it, was read
};

struct Amendment {
  // Random, ours. Of an outgoing one also its id on the wire.
  MessageId id;
  AccountId account;
  std::string peer;  // as in Message
  MessageDirection direction = MessageDirection::outgoing;
  AmendmentKind kind = AmendmentKind::correct;
  std::string target;               // the message's id on the wire
  std::string text;                 // with correct
  std::vector<std::string> emojis;  // with react
  bool queued = true;               // outgoing: no server has taken it yet
  base::WallTime time{};
  // As in Message; of an outgoing one own_fingerprint(id).
  std::string fingerprint;

  friend bool operator==(const Amendment&, const Amendment&) = default;
};

// Names an amendment that was sent from here, should it come back from the archive.
std::string own_fingerprint(const MessageId& id);

// Applies what may be applied: false where it changes nothing. Whether its sender may say so
// is the caller's to know. `by`, `occupant`: of a reaction, as Reaction has them; where both
// are known by it, the occupant decides whose it is, not what he is called.
bool amend(Message& message, const Amendment& amendment, const std::string& by,
           const std::string& occupant = {});

// 1 to 64 bytes without blanks and controls.
bool is_emoji(std::string_view text);
inline constexpr size_t max_emojis = 16;
// Of one message: names are cheap in rooms, and each change is told with the whole message.
inline constexpr size_t max_reactions = 500;

// Longer texts are not sent, and are cut when they come.
inline constexpr size_t max_message_bytes = 64 * 1024;

}  // namespace commd::model
