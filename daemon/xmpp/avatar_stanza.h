// Pictures and nicknames of people as stanzas: by events of their servers (XEP-0163; pictures
// XEP-0084 1.1, nicknames XEP-0172 1.1), and the older way in business cards (XEP-0153 1.1, 0054).
// Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/picture.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// What somebody publishes of himself.
struct PersonalNews {
  Jid who;  // bare
  // SHA-1 of his picture; empty: he has none (any more). Absent: it is about something else.
  std::optional<std::string> picture;
  std::optional<std::string> nickname;  // valid UTF-8, at most 256 bytes; empty: none
};

// Nothing where it is no event of these, or not of the person himself: only a server speaks for
// a bare address. A picture that is too large, or only on the web, is left out.
std::optional<PersonalNews> read_personal_event(const Element& message);

// What presence says of the picture in the business card: its SHA-1, or empty for none.
// Nothing: it says nothing of it.
std::optional<std::string> card_picture(const Element& presence);

Stanza picture_request(const Jid& of, std::string_view hash);
Stanza card_request(const Jid& of);
// The bytes of an answer to either; nothing where there is none, where it is too large, no
// picture, or another one than `hash`.
std::optional<std::string> read_picture(const Element& answer, std::string_view hash);
std::string picture_hash(std::string_view bytes);

// What this person publishes: the picture, then what it is. `bytes` are a picture.
Stanza publish_picture(std::string_view bytes);
Stanza publish_picture_facts(std::string_view bytes);
Stanza publish_no_picture();
Stanza publish_nickname(std::string_view nickname);

}  // namespace commd::xmpp
