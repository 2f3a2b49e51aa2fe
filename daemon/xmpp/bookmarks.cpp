#include "daemon/xmpp/bookmarks.h"

#include <string_view>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/model/room.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr const char* node_config = "http://jabber.org/protocol/pubsub#node_config";
constexpr const char* owner_ns = "http://jabber.org/protocol/pubsub#owner";

std::string cut(std::string_view text, size_t bytes) {
  return base::to_valid_utf8(text.substr(0, bytes));
}

bool is_true(std::string_view text) { return text == "true" || text == "1"; }

// The id of the item is the room.
std::optional<BookmarkItem> read_item(const Element& item) {
  const Element conference = item.child("conference", ns::kBookmarks);
  const auto room = Jid::parse(item.id());
  if (!conference || !room || !room->is_bare() || room->local().empty()) return std::nullopt;
  ports::Bookmark read;
  read.address = "xmpp:" + room->str();
  read.autojoin = is_true(conference.attribute("autojoin"));
  read.name = cut(conference.attribute("name"), model::max_room_name_bytes);
  read.nick = cut(conference.child_text("nick", ns::kBookmarks), model::max_nick_bytes);
  read.password =
      cut(conference.child_text("password", ns::kBookmarks), model::max_room_text_bytes);
  return BookmarkItem{std::move(read), conference.child("extensions", ns::kBookmarks)};
}

void add_field(const MutableElement& form, std::string_view name, std::string_view value) {
  const MutableElement field = form.add("field").set("var", name);
  if (name == "FORM_TYPE") field.set("type", "hidden");
  field.add_with_text("value", value);
}

// XEP-0402 section 3.3.
void add_options(const MutableElement& parent, std::string_view form_type) {
  const MutableElement form = parent.add("x", ns::kDataForms).set("type", "submit");
  add_field(form, "FORM_TYPE", form_type);
  add_field(form, "pubsub#persist_items", "true");
  add_field(form, "pubsub#max_items", "max");
  add_field(form, "pubsub#send_last_published_item", "never");
  add_field(form, "pubsub#access_model", "whitelist");
}

}  // namespace

Stanza make_bookmarks_request() {
  Stanza iq = make_iq("get", {}, make_id());
  iq.add("pubsub", ns::kPubsub).add("items").set("node", ns::kBookmarks);
  return iq;
}

std::vector<BookmarkItem> read_bookmarks(const Element& answer) {
  std::vector<BookmarkItem> read;
  const Element items = answer.child("pubsub", ns::kPubsub).child("items", ns::kPubsub);
  if (items.attribute("node") != ns::kBookmarks) return read;
  for (const Element item : items) {
    if (read.size() >= model::max_rooms) break;
    if (!item.is("item", ns::kPubsub)) continue;
    if (auto bookmark = read_item(item)) read.push_back(std::move(*bookmark));
  }
  return read;
}

std::optional<BookmarkChange> read_bookmark_change(const Element& message, const Jid& account) {
  const Element items = message.child("event", ns::kPubsubEvents).child("items", ns::kPubsubEvents);
  if (items.attribute("node") != ns::kBookmarks || message.from() != account.str() ||
      message.type() == "error")
    return std::nullopt;
  BookmarkChange change;
  for (const Element each : items) {
    if (change.put.size() + change.removed.size() >= model::max_rooms) break;
    if (each.is("item", ns::kPubsubEvents)) {
      if (auto bookmark = read_item(each)) change.put.push_back(std::move(*bookmark));
    } else if (each.is("retract", ns::kPubsubEvents)) {
      if (const auto room = Jid::parse(each.id()))
        change.removed.push_back("xmpp:" + room->bare().str());
    }
  }
  return change;
}

Stanza make_bookmark(const Jid& room, const BookmarkItem& item, PublishOptions options) {
  const ports::Bookmark& bookmark = item.bookmark;
  Stanza iq = make_iq("set", {}, make_id());
  const MutableElement pubsub = iq.add("pubsub", ns::kPubsub);
  const MutableElement conference = pubsub.add("publish")
                                        .set("node", ns::kBookmarks)
                                        .add("item")
                                        .set("id", room.str())
                                        .add("conference", ns::kBookmarks)
                                        .set("autojoin", bookmark.autojoin ? "true" : "false");
  if (!bookmark.name.empty()) conference.set("name", bookmark.name);
  if (!bookmark.nick.empty()) conference.add_with_text("nick", bookmark.nick);
  if (!bookmark.password.empty()) conference.add_with_text("password", bookmark.password);
  if (item.extensions) Stanza::append(conference, Stanza::copy_of(item.extensions));
  if (options == PublishOptions::given)
    add_options(pubsub.add("publish-options"), ns::kPublishOptions);
  return iq;
}

Stanza make_bookmark_removal(const Jid& room) {
  Stanza iq = make_iq("set", {}, make_id());
  iq.add("pubsub", ns::kPubsub)
      .add("retract")
      .set("node", ns::kBookmarks)
      .set("notify", "true")
      .add("item")
      .set("id", room.str());
  return iq;
}

Stanza make_bookmark_node_configuration() {
  Stanza iq = make_iq("set", {}, make_id());
  add_options(iq.add("pubsub", owner_ns).add("configure").set("node", ns::kBookmarks), node_config);
  return iq;
}

}  // namespace commd::xmpp
