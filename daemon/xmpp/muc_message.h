// Messages of rooms, read and written (XEP-0045 1.34 sections 7.4, 7.5, 7.8, 8.1), invitations
// (XEP-0249 1.2, XEP-0045 section 7.8.2), and who is mentioned. Pure; on the thread of the stanza.
// What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/message.h"
#include "daemon/model/room.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// What somebody said in a room, or what the room says of itself.
struct RoomMessage {
  Jid from;                            // the room, with the nick; the room alone: it speaks itself
  std::string id;                      // the sender's; may be empty
  std::string stanza_id;               // the room's own (XEP-0359); may be empty
  std::string occupant_id;             // XEP-0421; may be empty
  Jid address;                         // the sender's own, where the room tells; else empty
  std::string text;                    // valid UTF-8, at most model::max_message_bytes
  std::optional<std::string> subject;  // it sets that, and has no text
  base::WallTime time{};               // when it was said, of one that is told later; else 1970
  std::optional<Amends> amends;
  model::Attachment attachment;
  model::Reply reply;      // wire_id alone
  std::string reply_to;    // whom it answers: nick; may be empty
  std::vector<int> codes;  // of the room's settings; at most 16
};

// Of type groupchat, from the room `room`, which is bare; nothing else is one. `stanza_id`: of one
// that comes from the room's archive. `now`: none is from the future.
std::optional<RoomMessage> read_room_message(const Element& message, const Jid& room,
                                             base::WallTime now, const std::string& stanza_id = {});

// Names it for ever, see model::Message; empty where it has no id of any kind.
std::string room_fingerprint(const RoomMessage& message, const Jid& room);

// Whether `nick` stands in `text` as a word of its own; ASCII letters in any case.
bool mentions(std::string_view text, std::string_view nick);

// Somebody asks in, or says no to having been asked.
struct RoomInvitation {
  Jid room;             // bare
  std::string inviter;  // as model::Invitation
  std::string text;
  std::string password;
  bool mediated = false;  // by the room, to which one says no
  bool declined = false;  // he does not come
};
// Of anybody; whether he may be believed is the caller's to know.
std::optional<RoomInvitation> read_room_invitation(const Element& message);

Stanza make_subject(const Jid& room, std::string_view id, std::string_view subject);
// Directly (XEP-0249), or by the room, which lets him in where only members may.
Stanza make_direct_invitation(const Jid& whom, const Jid& room, std::string_view text,
                              std::string_view password);
Stanza make_mediated_invitation(const Jid& room, const Jid& whom, std::string_view text);
Stanza make_decline(const Jid& room, const Jid& inviter, std::string_view text);

}  // namespace commd::xmpp
