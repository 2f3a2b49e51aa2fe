// Who watches this person at this daemon itself, and what is told to them.
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/sip/end_reason.h"
#include "daemon/sip/pidf.h"
#include "daemon/sip/sip_presence.h"
#include "daemon/sip/sip_text.h"
#include "daemon/sip/sip_uri.h"

namespace commd::sip {
namespace {

using Standing = PresenceWatcher::Standing;

constexpr size_t most_watchers = 256;        // of an account
constexpr size_t most_watchers_of_each = 8;  // one person's devices
// From one address: From is whatever its sender likes. The account's own server stands for many.
constexpr size_t most_watchers_from_one = 32;
constexpr size_t most_name_bytes = model::max_contact_name_bytes;

// Whoever takes only what we do not write.
bool takes_pidf(const sip_t* sip) {
  const sip_accept_t* accept = sip->sip_accept;
  if (accept == nullptr) return true;
  for (; accept != nullptr; accept = accept->ac_next) {
    const std::string type = accept->ac_type == nullptr ? std::string() : accept->ac_type;
    if (type == pidf_type || type == "*/*" || type == "application/*") return true;
  }
  return false;
}

// As the account is reached by whoever came that way.
std::string contact_on(const SipAccount& account, const SipEndpoint& endpoint,
                       const std::string& peer) {
  const auto departure = account.departure(peer, false);
  if (departure && departure->endpoint == &endpoint) return departure->contact;
  return "<sip:" + account.token() + "@" + bracketed(endpoint.options().bind_address) + ":" +
         std::to_string(endpoint.port()) + (endpoint.tls() == nullptr ? ">" : ";transport=tls>");
}

}  // namespace

void SipPresence::receive(SipEndpoint& endpoint, const SipEvent& event, const SipAccount& account) {
  const auto refuse = [&](const StatusLine& line) {
    nua_respond(event.handle, line.code, line.phrase, NUTAG_WITH_THIS(endpoint.nua()),
                TAG_IF(line.code == 406, SIPTAG_ACCEPT_STR(pidf_type)),
                TAG_IF(line.code == 503, SIPTAG_RETRY_AFTER_STR("30")), TAG_END());
    nua_handle_destroy(event.handle);
  };
  const model::AccountId id = account.account().id;
  Person* there = person(id);
  const std::string peer = sender_address(event.sip);
  if (there == nullptr) return refuse({SIP_404_NOT_FOUND});
  if (!peer.starts_with("sip:") && !peer.starts_with("sips:"))
    return refuse({403, "From Is No SIP Address"});
  if (!takes_pidf(event.sip)) return refuse({SIP_406_NOT_ACCEPTABLE});
  const auto entry = there->list.find(peer);
  if (entry != there->list.end() && entry->second.blocked) return refuse({SIP_603_DECLINE});
  const auto of_his = std::count_if(there->watchers.begin(), there->watchers.end(),
                                    [&](const auto& each) { return each->options().peer == peer; });
  const MessageSource from = endpoint.source();
  const std::string source = account.is_server(from) ? std::string() : from.ip;
  if (static_cast<size_t>(of_his) >= most_watchers_of_each ||
      !gate_.admits(id.str() + " " + peer, std::chrono::steady_clock::now()) ||
      !has_place(*there, source))
    return refuse({SIP_503_SERVICE_UNAVAILABLE});
  const bool allowed = entry != there->list.end() && entry->second.allowed;
  PresenceWatcher::Options options{
      id, peer, contact_on(account, endpoint, peer), there->account.address, device_, source};
  there->watchers.push_back(
      std::make_unique<PresenceWatcher>(endpoint, event.handle, std::move(options)));
  PresenceWatcher* watcher = there->watchers.back().get();
  watcher->on_over([this, id, watcher, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) watcher_over(id, watcher);
  });
  watcher->accept(event, allowed ? Standing::active : Standing::pending, there->presence);
  if (allowed || of_his > 0 || watcher->is_ending()) return;
  ports::SubscriptionRequest asks{id, peer, {}, {}, false};
  asks.nickname =
      base::to_valid_utf8(caller_of(event.sip).display_name.substr(0, most_name_bytes / 3));
  tell_([asks](ports::ContactEvents& core) { core.subscription_requested(asks); });
}

// Where all places are taken, the oldest of those who have not answered yet gives way.
bool SipPresence::has_place(Person& person, const std::string& source) {
  auto& watchers = person.watchers;
  const auto from_there = std::count_if(watchers.begin(), watchers.end(), [&](const auto& each) {
    return !source.empty() && each->options().source == source;
  });
  if (static_cast<size_t>(from_there) >= most_watchers_from_one) return false;
  if (watchers.size() < most_watchers) return true;
  const auto stranger = std::find_if(watchers.begin(), watchers.end(),
                                     [](const auto& each) { return each->is_unconfirmed(); });
  if (stranger == watchers.end()) return false;
  watcher_over(person.account.id, stranger->get());
  return true;
}

// Told to whoever may see it; who waits is told when he may.
void SipPresence::tell_watchers(Person& person) {
  for (const auto& watcher : person.watchers) {
    const auto entry = person.list.find(watcher->options().peer);
    if (entry != person.list.end() && entry->second.allowed && !entry->second.blocked)
      watcher->tell(Standing::active, person.presence);
  }
}

void SipPresence::end_watchers(Person& person, const std::string& address, const char* reason) {
  for (const auto& watcher : person.watchers)
    if (watcher->options().peer == address) watcher->end(reason);
}

void SipPresence::watcher_over(const model::AccountId& account, const PresenceWatcher* watcher) {
  Person* there = person(account);
  if (there == nullptr) return;
  const auto found = std::find_if(there->watchers.begin(), there->watchers.end(),
                                  [&](const auto& each) { return each.get() == watcher; });
  if (found == there->watchers.end()) return;
  const std::string peer = watcher->options().peer;
  const bool waited = watcher->standing() == Standing::pending;
  there->watchers.erase(found);
  const bool more = std::any_of(there->watchers.begin(), there->watchers.end(),
                                [&](const auto& each) { return each->options().peer == peer; });
  if (!waited || more) return;
  tell_([account, peer](ports::ContactEvents& core) {
    core.subscription_requested({account, peer, {}, {}, true});
  });
}

}  // namespace commd::sip
