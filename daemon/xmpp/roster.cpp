#include "daemon/xmpp/roster.h"

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_name_bytes = 256;

Subscription subscription_of(std::string_view word) {
  if (word == "to") return Subscription::to;
  if (word == "from") return Subscription::from;
  return word == "both" ? Subscription::both : Subscription::none;
}

}  // namespace

Stanza Roster::request() {
  asked_ = make_id();
  Stanza iq = make_iq("get", {}, asked_);
  iq.add("query", ns::kRoster);
  return iq;
}

// Section 2.1.6: the account itself, or nobody named.
bool Roster::from_our_server(const Element& iq) const {
  if (iq.from().empty()) return true;
  const auto from = Jid::parse(iq.from());
  return from && *from == account_;
}

Roster::Taken Roster::take(const Element& iq) {
  const Element query = iq.child("query", ns::kRoster);
  if (!from_our_server(iq)) return {};
  if (!asked_.empty() && iq.id() == asked_ && (iq.type() == "result" || iq.type() == "error")) {
    asked_.clear();
    if (iq.type() == "error") return {true};
    items_.clear();
    for (const Element item : query) set(item);
    return {true};
  }
  if (iq.type() != "set" || !query) return {};
  // Exactly one item (section 2.1.6); more are no reason to be out of step.
  for (const Element item : query) set(item);
  return {true, make_result(iq)};
}

void Roster::set(const Element& item) {
  if (!item.is("item", ns::kRoster)) return;
  auto jid = Jid::parse(item.attribute("jid"));
  if (!jid) return;
  const Jid person = jid->bare();
  if (item.attribute("subscription") == "remove") {
    items_.erase(person);
    return;
  }
  if (items_.size() >= most_items && !items_.contains(person)) return;
  items_[person] = {base::to_valid_utf8(item.attribute("name").substr(0, most_name_bytes)),
                    subscription_of(item.attribute("subscription"))};
}

bool Roster::may_know(const Jid& person) const {
  if (person.same_bare(account_)) return true;
  const auto found = items_.find(person.bare());
  return found != items_.end() && (found->second.subscription == Subscription::from ||
                                   found->second.subscription == Subscription::both);
}

}  // namespace commd::xmpp
