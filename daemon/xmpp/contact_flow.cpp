#include "daemon/xmpp/contact_flow.h"

#include <algorithm>
#include <utility>

#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using base::Code;
using base::fail;
using model::Availability;

std::string uri_of(const Jid& jid) { return "xmpp:" + jid.str(); }

base::Result<Jid> jid_of(const std::string& address) {
  return Jid::parse(std::string_view(address).substr(address.find(':') + 1));
}

base::Error connection_lost() {
  return {Code::unavailable,
          "CONNECTION_LOST",
          "the connection to the server was lost; it may have been done or not",
          {}};
}

Stanza blocking_request(const char* verb, const Jid& who) {
  Stanza iq = make_iq("set", {}, make_id());
  iq.add(verb, ns::kBlocking).add("item").set("jid", who.str());
  return iq;
}

std::vector<std::string> blocked_in(const Element& list) {
  std::vector<std::string> addresses;
  for (const Element item : list)
    if (item.is("item", ns::kBlocking))
      if (const auto jid = Jid::parse(item.attribute("jid"))) addresses.push_back(uri_of(*jid));
  return addresses;
}

}  // namespace

ContactFlow::ContactFlow(Parts parts)
    : parts_(std::move(parts)),
      requests_(parts_.account, parts_.timers,
                [this](const Stanza& iq) { return parts_.send(iq, StanzaKind::iq); }),
      caps_(requests_, [this](const Caps& caps) { learned(caps); }),
      last_used_(parts_.clock.mono_now()) {}

// ---- the session -----------------------------------------------------------------------

void ContactFlow::session_began(const StreamFeatures& features) {
  patience_.reset();
  caps_.forget_asked();
  requests_.fail_all(connection_lost());
  lose_presence();
  online_ = true;
  lost_ = false;
  list_begins_ = true;
  can_block_ = false;
  const auto wish = features.roster_versions ? Roster::Wish::changed : Roster::Wish::whole;
  parts_.send(parts_.roster.request(wish), StanzaKind::iq);
  Stanza blocked = make_iq("get", {}, make_id());
  blocked.add("blocklist", ns::kBlocking);
  requests_.ask(blocked, [this](const base::Result<Element>& list) { take_block_list(list); });
  // Only who has said that he is there gets messages (RFC 6121 section 4.2).
  said_ = {};
  say_presence();
}

void ContactFlow::session_resumed() {
  patience_.reset();
  online_ = true;
  if (std::exchange(lost_, false))
    for (const auto& [who, there] : there_) tell(who, there.resource);
  say_presence();
}

void ContactFlow::session_cut(bool can_resume) {
  online_ = false;
  if (lost_) return;
  const auto lose = [this] {
    lost_ = true;
    parts_.events.presence_lost(parts_.id);
  };
  if (!can_resume) return lose();
  patience_ = parts_.timers.after(resume_patience, lose);
}

void ContactFlow::session_ended() {
  patience_.reset();
  online_ = false;
  caps_.forget_asked();
  requests_.fail_all(connection_lost());
  lose_presence();
}

void ContactFlow::lose_presence() {
  there_.clear();
  parts_.events.presence_lost(parts_.id);
}

// ---- the list --------------------------------------------------------------------------

bool ContactFlow::take_iq(const Element& iq) {
  if (requests_.take(iq)) return true;
  const Roster::Taken taken = parts_.roster.take(iq);
  if (!taken.ours) return take_block(iq);
  tell(taken);
  if (taken.reply) parts_.send(*taken.reply, StanzaKind::iq);
  return true;
}

void ContactFlow::take_part(const Element& iq) { tell(parts_.roster.take_part(iq)); }

void ContactFlow::tell(const Roster::Taken& taken) {
  ports::RosterReport report;
  report.account = parts_.id;
  for (const Jid& person : taken.changed) {
    const auto item = parts_.roster.items().find(person);
    if (item == parts_.roster.items().end()) continue;
    report.entries.push_back({uri_of(person), item->second.name, item->second.groups,
                              item->second.subscription, item->second.asked});
  }
  for (const Jid& person : taken.removed) {
    report.removed.push_back(uri_of(person));
    for (const Jid& device : devices_of(person)) there_.erase(device);
  }
  report.complete = taken.complete;
  if (taken.complete || taken.reply) report.version = parts_.roster.version();
  if (taken.unchanged) list_begins_ = false;
  if (report.entries.empty() && report.removed.empty() && !report.version) return;
  report.begins = std::exchange(list_begins_, false);
  parts_.events.roster_report(std::move(report));
}

// ---- who is there ----------------------------------------------------------------------

// They stand close together; between them are those whose address only begins the same.
std::vector<Jid> ContactFlow::devices_of(const Jid& person) const {
  std::vector<Jid> devices;
  for (auto i = there_.lower_bound(person.bare());
       i != there_.end() && i->first.str().starts_with(person.bare().str()); ++i)
    if (i->first.same_bare(person)) devices.push_back(i->first);
  return devices;
}

void ContactFlow::take_presence(const Element& presence) {
  auto content = read_presence(presence, parts_.clock.wall_now());
  // What other devices of this account say is no contact's.
  if (!content || content->from.same_bare(parts_.account)) return;
  const std::string address = uri_of(content->from.bare());
  switch (content->kind) {
    case PresenceKind::available:
      if (parts_.roster.contains(content->from)) arrived(std::move(*content));
      return;
    case PresenceKind::unavailable:
      if (parts_.roster.contains(content->from)) departed(*content);
      return;
    case PresenceKind::subscribe:
      // Who may know already is told so by the server (section 3.1.3).
      if (!parts_.roster.may_know(content->from))
        parts_.events.subscription_requested(
            {parts_.id, address, content->nickname, content->resource.presence.status, false});
      return;
    case PresenceKind::unsubscribe:
      return parts_.events.subscription_requested({parts_.id, address, {}, {}, true});
    case PresenceKind::subscribed:
    case PresenceKind::unsubscribed:
      return;  // the list's change says it
  }
}

void ContactFlow::arrived(PresenceContent content) {
  const auto found = there_.find(content.from);
  if (found == there_.end() && devices_of(content.from).size() >= model::max_resources) return;
  // To ask one who does not see this person's presence would show it to him.
  const Program* program =
      parts_.roster.may_know(content.from) ? caps_.find(content.caps, content.from) : nullptr;
  if (program) {
    content.resource.client = program->name;
    content.resource.client_type = program->type;
  }
  // The same again says nothing of when it began.
  if (found != there_.end()) {
    const model::Presence& before = found->second.resource.presence;
    model::Presence& now = content.resource.presence;
    if (before.availability == now.availability && before.status == now.status)
      now.time = before.time;
  }
  there_[content.from] = {content.resource, std::move(content.caps)};
  tell(content.from, content.resource);
}

void ContactFlow::departed(const PresenceContent& content) {
  const bool every = content.from.is_bare();
  const size_t before = there_.size();
  if (every)
    for (const Jid& device : devices_of(content.from)) there_.erase(device);
  else
    there_.erase(content.from);
  // That one who was not there is not there is nothing, unless it is told since when.
  const bool says_something = content.stamped || !content.resource.presence.status.empty();
  if (there_.size() == before && !says_something) return;
  tell(content.from, content.resource, every);
}

void ContactFlow::learned(const Caps& caps) {
  for (auto& [who, there] : there_) {
    if (there.caps.ver != caps.ver || there.caps.hash != caps.hash) continue;
    const Program* program = caps_.find(there.caps, who);
    if (!program) continue;
    there.resource.client = program->name;
    there.resource.client_type = program->type;
    tell(who, there.resource);
  }
}

void ContactFlow::tell(const Jid& who, const model::Resource& resource, bool every_device) {
  parts_.events.presence_report({parts_.id, uri_of(who.bare()), resource, every_device});
}

// ---- who is blocked --------------------------------------------------------------------

void ContactFlow::take_block_list(const base::Result<Element>& answer) {
  can_block_ = answer.has_value();
  if (answer)
    parts_.events.block_report(
        {parts_.id, blocked_in(answer->child("blocklist", ns::kBlocking)), true, true});
}

// XEP-0191 section 3.3: changes by another device of this account, from its server alone.
bool ContactFlow::take_block(const Element& iq) {
  const Element block = iq.child("block", ns::kBlocking);
  const Element list = block ? block : iq.child("unblock", ns::kBlocking);
  if (iq.type() != "set" || !list || !from_own_server(iq, parts_.account)) return false;
  ports::BlockReport report{parts_.id, blocked_in(list), static_cast<bool>(block), false};
  // To unblock without a name is to unblock all.
  report.whole = !report.blocked && !list.first_child();
  if (report.whole || !report.addresses.empty()) parts_.events.block_report(std::move(report));
  parts_.send(make_result(iq), StanzaKind::iq);
  return true;
}

void ContactFlow::set_blocked(const std::string& address, bool blocked, Done done) {
  const auto who = jid_of(address);
  if (!who) return done(fail(who.error()));
  if (online_ && !can_block_)
    return done(fail(Code::unimplemented, "BLOCKING_NOT_SUPPORTED",
                     "the server of " + parts_.id.str() + " cannot block anybody (XEP-0191)"));
  ask_set(blocking_request(blocked ? "block" : "unblock", *who), std::move(done));
}

// ---- outwards --------------------------------------------------------------------------

std::chrono::seconds ContactFlow::idle() const {
  return std::chrono::duration_cast<std::chrono::seconds>(parts_.clock.mono_now() - last_used_);
}

void ContactFlow::set_presence(model::Presence presence) {
  presence_ = std::move(presence);
  used();
  if (online_) say_presence();
}

// What the session does not know yet.
void ContactFlow::say_presence() {
  if (presence_.availability == said_.availability && presence_.status == said_.status) return;
  const bool was_there = said_.availability != Availability::unavailable;
  const bool is_there = presence_.availability != Availability::unavailable;
  said_ = presence_;
  if (!was_there && !is_there) return;
  parts_.send(make_availability(presence_), StanzaKind::presence);
  // Nobody is told of others who does not tell of himself.
  if (!is_there) lose_presence();
}

void ContactFlow::ask_set(const Stanza& iq, Done done) {
  if (!online_)
    return done(fail(Code::failed_precondition, "ACCOUNT_NOT_ONLINE",
                     "the account " + parts_.id.str() +
                         " is not online: its server keeps the list; \"commctl account show\" "
                         "tells why"));
  used();
  requests_.ask(iq, [done = std::move(done)](const base::Result<Element>& answer) {
    done(answer ? base::Result<void>() : fail(answer.error()));
  });
}

void ContactFlow::put_contact(const ports::RosterEntry& entry, Done done) {
  const auto who = jid_of(entry.address);
  if (!who) return done(fail(who.error()));
  ask_set(Roster::set_request(*who, entry.name, entry.groups), std::move(done));
}

void ContactFlow::remove_contact(const std::string& address, Done done) {
  const auto who = jid_of(address);
  if (!who) return done(fail(who.error()));
  ask_set(Roster::remove_request(*who), std::move(done));
}

void ContactFlow::ask_presence(const std::string& address, const std::string& nickname, Done done) {
  subscription(address, "subscribe", nickname, std::move(done));
}

void ContactFlow::allow_presence(const std::string& address, bool allowed, Done done) {
  subscription(address, allowed ? "subscribed" : "unsubscribed", {}, std::move(done));
}

// Presence is not answered: what is asked behind it shows that the server has it, and its
// changes of the list have come before.
void ContactFlow::subscription(const std::string& address, std::string_view type,
                               const std::string& nickname, Done done) {
  const auto who = jid_of(address);
  if (!who) return done(fail(who.error()));
  if (online_) parts_.send(make_subscription(*who, type, nickname), StanzaKind::presence);
  after_all(std::move(done));
}

void ContactFlow::after_all(Done done) {
  const Stanza ping = make_iq("get", parts_.account.domain(), make_id());
  ping.add("ping", ns::kPing);
  ask_set(ping, [done = std::move(done)](const base::Result<void>& answer) {
    // A server that knows no ping has answered all the same.
    const bool came = answer || answer.error().reason.starts_with("XMPP_");
    done(came ? base::Result<void>() : answer);
  });
}

}  // namespace commd::xmpp
