// Messages between two people, read and written (RFC 6121 section 5), with receipts
// (XEP-0184), markers (XEP-0333), typing (XEP-0085), delays (XEP-0203), stable ids
// (XEP-0359), and what is said of messages afterwards (message_extras.h). Pure; on the thread of
// the stanza. What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.h"
#include "daemon/base/time.h"
#include "daemon/model/message.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

struct ChatText {
  std::string id;         // the sender's; may be empty
  std::string text;       // valid UTF-8, at most model::max_message_bytes
  bool receipt = false;   // asks for one; never without an id
  bool markable = false;  // asks to be told when it was read; never without an id
  base::WallTime time{};  // when the server got it, if it has waited there; else 1970
  model::Reply reply{};   // wire_id and to_own
  model::Attachment attachment{};
};

// Of a message of ours.
struct MessageNews {
  std::string id;
  model::MessageState state = model::MessageState::delivered;  // delivered, read, failed
  base::Error error{};                                         // with failed
};

// It says something of another message. With correct there is a chat text, else none.
struct Amends {
  model::AmendmentKind kind = model::AmendmentKind::correct;
  std::string target;               // an id on the wire; never empty
  std::vector<std::string> emojis;  // with react; model::is_emoji()
};

// What a message stanza says; all of it may be absent.
struct MessageContent {
  Jid from;
  Jid to;          // empty: nobody that can be read
  std::string id;  // the sender's; may be empty
  // Where the account's own archive keeps it; empty: nowhere, or somebody else says so.
  std::string archive_id;
  bool in_room = false;  // it says that it goes between two who are in one (XEP-0045 section 7.5)
  std::string occupant_id;  // XEP-0421, as it says; may be empty
  std::optional<ChatText> chat;
  std::optional<Amends> amends;
  std::vector<MessageNews> news;
  std::optional<model::Typing> typing;
  // Names it for ever, see model::Message; empty where there is neither chat nor amends, and
  // where it has no id of any kind.
  std::string fingerprint;
};

// Nothing where it is for others to judge: rooms, headlines, no sender that can be read.
// `account`, bare: whose server is believed. `now`: no message is from the future.
// `archive_id`: of one that comes from the archive.
std::optional<MessageContent> read_message(const Element& message, const Jid& account,
                                           base::WallTime now, const std::string& archive_id = {});

// When the account's own server got it, if it has waited there (XEP-0203); else 1970. Others are
// not believed: anybody could make a message older than it is. `account`: bare.
base::WallTime waited_since(const Element& message, const Jid& account, base::WallTime now);

// Who hears it.
enum class Audience { person, room };
// A person is asked for a receipt, and to mark it as read.
Stanza make_chat(const Jid& to, std::string_view id, std::string_view text,
                 Audience audience = Audience::person);
// The one in no language of its own, else the first; valid UTF-8, at most
// model::max_message_bytes.
std::string body_of(const Element& message);
// Ids longer than 512 bytes are nobody's: empty.
std::string id_of(std::string_view text);
// XEP-0421: who in a room sends it; empty: it does not say. Whether the room says it, and not the
// sender, is the caller's to know.
std::string occupant_id_of(const Element& stanza);
Stanza make_receipt(const Jid& to, std::string_view id);

// XEP-0082, "2026-07-31T12:00:00.5Z"; nothing for what is none.
std::optional<base::WallTime> parse_stamp(std::string_view text);

}  // namespace commd::xmpp
