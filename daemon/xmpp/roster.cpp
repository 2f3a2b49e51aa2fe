#include "daemon/xmpp/roster.h"

#include <algorithm>

#include "daemon/base/escape.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

Subscription subscription_of(std::string_view word) {
  if (word == "to") return Subscription::to;
  if (word == "from") return Subscription::from;
  return word == "both" ? Subscription::both : Subscription::none;
}

std::string cut(std::string_view text) {
  return base::to_valid_utf8(text.substr(0, model::max_contact_name_bytes));
}

std::vector<std::string> groups_of(const Element& item) {
  std::vector<std::string> groups;
  for (const Element each : item) {
    if (!each.is("group", ns::kRoster)) continue;
    if (groups.size() == model::max_contact_groups) break;
    if (std::string name = cut(each.text()); !name.empty()) groups.push_back(std::move(name));
  }
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

}  // namespace

void Roster::restore(std::map<Jid, RosterItem> items, std::string version) {
  items_ = std::move(items);
  version_ = std::move(version);
}

// An empty version is that of no list: the server is to say which one it has.
Stanza Roster::request(Wish wish) {
  asked_ = make_id();
  wish_ = wish;
  in_part_ = false;
  Stanza iq = make_iq("get", {}, asked_);
  const MutableElement query = iq.add("query", ns::kRoster);
  if (wish == Wish::changed) query.set("ver", version_);
  return iq;
}

Stanza Roster::set_request(const Jid& person, std::string_view name,
                           const std::vector<std::string>& groups) {
  Stanza iq = make_iq("set", {}, make_id());
  const MutableElement item =
      iq.add("query", ns::kRoster).add("item").set("jid", person.bare().str());
  if (!name.empty()) item.set("name", name);
  for (const std::string& group : groups) item.add_with_text("group", group);
  return iq;
}

Stanza Roster::remove_request(const Jid& person) {
  Stanza iq = make_iq("set", {}, make_id());
  iq.add("query", ns::kRoster)
      .add("item")
      .set("jid", person.bare().str())
      .set("subscription", "remove");
  return iq;
}

bool Roster::answers(const Element& iq) const {
  return !asked_.empty() && iq.id() == asked_ && (iq.type() == "result" || iq.type() == "error");
}

void Roster::begin_list() {
  if (!in_part_) {
    items_.clear();
    version_.clear();  // of a list that is not whole there is none
  }
  in_part_ = true;
}

void Roster::keep_version(const Element& query) {
  const std::string_view ver = query.attribute("ver");
  version_ = ver.size() <= most_version_bytes ? base::to_valid_utf8(ver) : std::string();
}

Roster::Taken Roster::take_part(const Element& iq) {
  if (!from_own_server(iq, account_) || !answers(iq)) return {};
  Taken taken{true};
  begin_list();
  for (const Element item : iq.child("query", ns::kRoster)) set(item, taken);
  return taken;
}

Roster::Taken Roster::take(const Element& iq) {
  const Element query = iq.child("query", ns::kRoster);
  if (!from_own_server(iq, account_)) return {};
  Taken taken{true};
  if (answers(iq)) {
    asked_.clear();
    if (iq.type() == "error") return taken;
    // Changes, if there are any, come as such (section 2.6.3).
    if (!query && wish_ == Wish::changed && !in_part_ && !version_.empty()) {
      taken.unchanged = true;
      return taken;
    }
    begin_list();
    keep_version(query);
    taken.complete = true;
  } else if (iq.type() == "set" && query) {
    taken.reply = make_result(iq);
    keep_version(query);
  } else {
    return {};
  }
  // Of a change exactly one (section 2.1.6); more are no reason to be out of step.
  for (const Element item : query) set(item, taken);
  return taken;
}

void Roster::set(const Element& item, Taken& taken) {
  if (!item.is("item", ns::kRoster)) return;
  auto jid = Jid::parse(item.attribute("jid"));
  if (!jid) return;
  Jid person = jid->bare();
  if (item.attribute("subscription") == "remove") {
    if (items_.erase(person) > 0) taken.removed.push_back(std::move(person));
    return;
  }
  if (items_.size() >= most_items && !items_.contains(person)) return;
  items_[person] = {cut(item.attribute("name")), groups_of(item),
                    subscription_of(item.attribute("subscription")),
                    item.attribute("ask") == "subscribe"};
  taken.changed.push_back(std::move(person));
}

bool Roster::may_know(const Jid& person) const {
  if (person.same_bare(account_)) return true;
  const auto found = items_.find(person.bare());
  return found != items_.end() && (found->second.subscription == Subscription::from ||
                                   found->second.subscription == Subscription::both);
}

}  // namespace commd::xmpp
