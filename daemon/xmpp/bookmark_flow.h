// The bookmarks of one account on the wire (XEP-0402), as its server keeps them. XMPP thread. What
// comes in is hostile.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "daemon/model/ids.h"
#include "daemon/ports/rooms.h"
#include "daemon/xmpp/bookmarks.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

class BookmarkFlow {
 public:
  using Done = ports::Rooms::Done;

  // `account`: bare. The rest outlives it.
  BookmarkFlow(model::AccountId id, Jid account, IqRequests& requests, ports::RoomEvents& events)
      : id_(std::move(id)), account_(std::move(account)), requests_(requests), events_(events) {}

  // Asks for all of them.
  void session_began();
  // True: it was a change of them, or claimed to be one.
  bool take_message(const Element& message);
  // BOOKMARKS_NOT_SUPPORTED where the server has none.
  void put(ports::Bookmark bookmark, Done done);
  void remove(const std::string& address, Done done);

 private:
  void keep(const BookmarkItem& item);
  void publish(const Jid& room, const ports::Bookmark& bookmark, PublishOptions options,
               const Done& done);
  Done answer(Done done) const;

  model::AccountId id_;
  Jid account_;
  IqRequests& requests_;
  ports::RoomEvents& events_;
  std::map<std::string, Stanza> extensions_;  // of other programs, by address
};

}  // namespace commd::xmpp
