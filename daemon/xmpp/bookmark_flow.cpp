#include "daemon/xmpp/bookmark_flow.h"

#include <utility>

#include "daemon/model/room.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

base::Result<Jid> jid_of(const std::string& address) {
  return Jid::parse(std::string_view(address).substr(address.find(':') + 1));
}

// What servers say that have no such thing (XEP-0060 section 7.1.3).
bool is_missing(const base::Error& error) {
  return error.reason == "XMPP_SERVICE_UNAVAILABLE" ||
         error.reason == "XMPP_FEATURE_NOT_IMPLEMENTED";
}

}  // namespace

void BookmarkFlow::session_began() {
  requests_.ask(make_bookmarks_request(), [this](const base::Result<Element>& answer) {
    // A node that nothing was put into yet is not there.
    const bool none = !answer && answer.error().reason == "XMPP_ITEM_NOT_FOUND";
    if (!answer && !none) return;
    ports::BookmarkReport report;
    report.account = id_;
    report.whole = true;
    extensions_.clear();
    if (answer)
      for (BookmarkItem& each : read_bookmarks(*answer)) {
        keep(each);
        report.bookmarks.push_back(std::move(each.bookmark));
      }
    events_.bookmark_report(std::move(report));
  });
}

void BookmarkFlow::keep(const BookmarkItem& item) {
  extensions_.erase(item.bookmark.address);
  if (item.extensions && extensions_.size() < model::max_rooms)
    extensions_.emplace(item.bookmark.address, Stanza::copy_of(item.extensions));
}

bool BookmarkFlow::take_message(const Element& message) {
  const Element items = message.child("event", ns::kPubsubEvents).child("items", ns::kPubsubEvents);
  if (items.attribute("node") != ns::kBookmarks) return false;
  auto change = read_bookmark_change(message, account_);
  if (!change) return true;  // somebody else's
  ports::BookmarkReport report;
  report.account = id_;
  for (BookmarkItem& each : change->put) {
    keep(each);
    report.bookmarks.push_back(std::move(each.bookmark));
  }
  for (const std::string& each : change->removed) extensions_.erase(each);
  report.removed = std::move(change->removed);
  if (!report.bookmarks.empty() || !report.removed.empty())
    events_.bookmark_report(std::move(report));
  return true;
}

BookmarkFlow::Done BookmarkFlow::answer(Done done) const {
  return [id = id_, done = std::move(done)](const base::Result<void>& result) {
    if (result || !is_missing(result.error())) return done(result);
    done(base::fail(base::Code::unimplemented, "BOOKMARKS_NOT_SUPPORTED",
                    "the server of " + id.str() +
                        " keeps no bookmarks (XEP-0402); rooms that were joined are joined again "
                        "from here all the same"));
  };
}

void BookmarkFlow::put(ports::Bookmark bookmark, Done done) {
  const auto room = jid_of(bookmark.address);
  if (!room) return done(base::fail(room.error()));
  publish(room->bare(), bookmark, PublishOptions::given, answer(std::move(done)));
}

// A node that another program has made may not be private: it is made so first (XEP-0060
// section 7.1.5).
void BookmarkFlow::publish(const Jid& room, const ports::Bookmark& bookmark, PublishOptions options,
                           const Done& done) {
  BookmarkItem item{bookmark, {}};
  if (const auto kept = extensions_.find(bookmark.address); kept != extensions_.end())
    item.extensions = kept->second;
  requests_.ask(make_bookmark(room, item, options), [this, room, bookmark, options,
                                                     done](const base::Result<Element>& answer) {
    if (answer) return done({});
    const bool conflict = answer.error().reason == "XMPP_CONFLICT";
    if (!conflict || options == PublishOptions::left_out) return done(base::fail(answer.error()));
    requests_.ask(make_bookmark_node_configuration(),
                  [this, room, bookmark, done](const base::Result<Element>& configured) {
                    if (!configured) return done(base::fail(configured.error()));
                    publish(room, bookmark, PublishOptions::left_out, done);
                  });
  });
}

void BookmarkFlow::remove(const std::string& address, Done done) {
  const auto room = jid_of(address);
  if (!room) return done(base::fail(room.error()));
  extensions_.erase(address);
  requests_.ask(make_bookmark_removal(room->bare()),
                [done = answer(std::move(done))](const base::Result<Element>& answer) {
                  const bool gone = answer || answer.error().reason == "XMPP_ITEM_NOT_FOUND";
                  done(gone ? base::Result<void>() : base::fail(answer.error()));
                });
}

}  // namespace commd::xmpp
