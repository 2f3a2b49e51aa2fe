// Bookmarks of rooms (XEP-0402 1.1), which the account's own server keeps (XEP-0163). Only what it
// says of itself is believed: anybody else could send this person where he likes
// (CVE-2020-26547 and its kin). Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/ports/rooms.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// Asks for all of them.
Stanza make_bookmarks_request();
// `extensions`: of other programs, to be kept (section 3.3); borrowed; may be none.
struct BookmarkItem {
  ports::Bookmark bookmark;
  Element extensions;
};
// What came for an answer; at most model::max_rooms.
std::vector<BookmarkItem> read_bookmarks(const Element& answer);

// A change by another device of the account; nothing for what is none, or comes from anybody
// but the account itself. `account`: bare.
struct BookmarkChange {
  std::vector<BookmarkItem> put;
  std::vector<std::string> removed;  // Room::address
};
std::optional<BookmarkChange> read_bookmark_change(const Element& message, const Jid& account);

// With the options that keep them private; where a server has the node with others
// (XEP-0060 section 7.1.5, conflict) it is configured first, or asked without.
enum class PublishOptions { given, left_out };
Stanza make_bookmark(const Jid& room, const BookmarkItem& item, PublishOptions options);
Stanza make_bookmark_removal(const Jid& room);
Stanza make_bookmark_node_configuration();

}  // namespace commd::xmpp
