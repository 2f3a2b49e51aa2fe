#include "daemon/sip/event_subscription.h"

#include <sofia-sip/nta.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>
#include <strings.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/sip/local_account.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using End = EventSubscription::End;

constexpr unsigned max_challenges = 2;
constexpr seconds longest_wait{86'400};
// One that has lived so long shows that its server is well.
constexpr seconds well_after{60};
// The library renews what is granted for a second each second, and as often as a NOTIFY says so;
// so many times, and then it is begun anew, later and later.
constexpr seconds shortest_renewal{10};
constexpr seconds pause_of_hasty{30};
constexpr unsigned most_hasty = 3;
// RFC 6665 section 4.1.2.4: Timer N.
constexpr seconds first_notice{32};

bool same_word(const char* a, const char* b) {
  return a != nullptr && b != nullptr && strcasecmp(a, b) == 0;
}

End meaning_of(int status) {
  switch (status) {
    case 405:
    case 489:
    case 501:
      return End::unsupported;
    case 404:
    case 410:
    case 604:
      return End::unknown;
    case 403:
    case 603:
      return End::refused;
    default:
      return End::failed;
  }
}

seconds retry_after(const sip_t* sip) {
  if (sip == nullptr || sip->sip_retry_after == nullptr) return seconds(0);
  return seconds(std::min<unsigned long>(sip->sip_retry_after->af_delta, longest_wait.count()));
}

std::string type_of(const sip_t* sip) {
  const sip_content_type_t* type = sip->sip_content_type;
  return type == nullptr || type->c_type == nullptr ? std::string() : type->c_type;
}

}  // namespace

EventSubscription::EventSubscription(SipThread& thread, FindAccount account, Options options,
                                     Events events)
    : thread_(thread),
      account_(std::move(account)),
      options_(std::move(options)),
      events_(std::move(events)),
      expiry_(options_.expiry) {}

// ---- asking ---------------------------------------------------------------------------

void EventSubscription::start() {
  if (asking_ || handle_) return;
  backoff_.reset();
  begin();
}

// Another address or connection of ours: what is told to the old one does not come.
void EventSubscription::account_online() {
  SipAccount* account = account_(options_.account);
  if (account == nullptr) return;
  const auto way = account->departure(options_.target, false);
  if (handle_ && way &&
      (way->endpoint != departure_.endpoint || way->contact != departure_.contact))
    handle_.reset();
  if (!handle_) asking_ = confirmed_ = false;
  start();
}

void EventSubscription::begin() {
  timer_.cancel();
  SipAccount* account = account_(options_.account);
  if (account == nullptr || std::exchange(asking_, true)) return;
  account->route(options_.target, [this, alive = std::weak_ptr<bool>(alive_)](const auto& route) {
    if (!alive.expired()) go(route);
  });
}

void EventSubscription::go(const base::Result<ports::MediaRoute>& route) {
  asking_ = false;
  SipAccount* account = account_(options_.account);
  if (account == nullptr) return;
  const auto departure = account->departure(options_.target, false);
  if (!route || !departure) {
    const base::Error& error = route ? departure.error() : route.error();
    if (error.reason == "ACCOUNT_OFFLINE" || error.reason == "NOT_LISTENING") return;
    return end({End::failed, 0, error.message}, {});
  }
  departure_ = *departure;
  if (account->account().protocol == model::Protocol::local)
    departure_.from = local_from(*departure_.endpoint);
  const std::string to = "<" + options_.target + ">";
  handle_ = SipHandle(nua_handle(departure_.endpoint->nua(), magic(), SIPTAG_TO_STR(to.c_str()),
                                 SIPTAG_FROM_STR(departure_.from.c_str()), TAG_END()));
  if (!handle_) return end({End::unknown, 0, "the address cannot be asked"}, {});
  confirmed_ = noticed_ = lengthened_ = false;
  remote_target_.clear();
  route_hop_.clear();
  challenges_ = 0;
  expiry_ = options_.expiry;
  transmit({}, false);
}

void EventSubscription::transmit(const std::string& auth, bool proxy) {
  asking_ = true;
  const std::string expires = std::to_string(expiry_.count());
  // In a dialog the library knows the way.
  const bool first = remote_target_.empty();
  nua_subscribe(
      handle_.get(), TAG_IF(first, NUTAG_URL(options_.target.c_str())),
      SIPTAG_EVENT_STR(options_.event.c_str()), SIPTAG_ACCEPT_STR(options_.accept.c_str()),
      SIPTAG_EXPIRES_STR(expires.c_str()), SIPTAG_CONTACT_STR(departure_.contact.c_str()),
      TAG_IF(first && !departure_.route.empty(), NUTAG_INITIAL_ROUTE_STR(departure_.route.c_str())),
      TAG_IF(!auth.empty() && proxy, SIPTAG_PROXY_AUTHORIZATION_STR(auth.c_str())),
      TAG_IF(!auth.empty() && !proxy, SIPTAG_AUTHORIZATION_STR(auth.c_str())), TAG_END());
}

// ---- what comes -----------------------------------------------------------------------

void EventSubscription::on_event(SipEndpoint&, const SipEvent& event) {
  if (!handle_) return;
  if (event.event == nua_r_subscribe && event.status >= 200) return answered(event);
  if (event.event == nua_i_notify) return noticed(event);
  // Nothing else belongs into this dialog.
  const bool request = event.status < 200 && event.sip != nullptr && event.sip->sip_request;
  if (request && event.event > nua_i_error && event.event < nua_r_set_params)
    nua_respond(handle_.get(), 501, "Not Implemented", NUTAG_WITH_THIS(departure_.endpoint->nua()),
                TAG_END());
}

void EventSubscription::answered(const SipEvent& event) {
  asking_ = false;
  if (event.status < 300) {
    learn_way(event.sip);
    challenges_ = 0;
    if (is_hasty())
      return end({End::failed, 0, "it is granted for too short a time"}, pause_of_hasty);
    if (!confirmed_) began_ = std::chrono::steady_clock::now();
    // The library renews it; that it does not, too, is told by a NOTIFY or a status.
    if (!std::exchange(confirmed_, true) && !noticed_)
      timer_ = thread_.after(first_notice, [this] {
        end({End::failed, 0, "nothing was told within half a minute"}, {});
      });
    return;
  }
  if (try_again(event)) return;
  const bool made_up = event.sip == nullptr || nta_sip_is_internal(event.sip) != 0;
  // A dialog that the other side has forgotten is made anew.
  const bool forgotten = event.status == 481 && confirmed_;
  Failure failure;
  failure.status = made_up ? 0 : event.status;
  failure.why = made_up || forgotten ? End::failed : meaning_of(event.status);
  failure.words = std::to_string(event.status) + " " + one_line(event.phrase);
  end(std::move(failure), made_up ? seconds(0) : retry_after(event.sip));
}

bool EventSubscription::is_hasty() {
  const auto now = std::chrono::steady_clock::now();
  const bool soon = confirmed_ && now - renewed_ < shortest_renewal;
  renewed_ = now;
  hasty_ = soon ? hasty_ + 1 : 0;
  return hasty_ >= most_hasty;
}

// Where requests in the dialog go, and are challenged: RFC 3261 section 12.1, as the library
// does it. A NOTIFY may come first (RFC 6665 section 4.4.1).
void EventSubscription::learn_way(const sip_t* sip) {
  if (sip == nullptr || sip->sip_contact == nullptr) return;
  const bool first = remote_target_.empty();
  remote_target_ = uri_text(sip->sip_contact->m_url);
  const sip_record_route_t* hop = sip->sip_record_route;
  if (!first || hop == nullptr) return;
  // The caller goes it from its last entry, the callee from its first.
  while (sip->sip_status != nullptr && hop->r_next != nullptr) hop = hop->r_next;
  route_hop_ = uri_text(hop->r_url);
}

bool EventSubscription::try_again(const SipEvent& event) {
  if (event.sip == nullptr) return false;
  if (event.status == 423 && event.sip->sip_min_expires != nullptr) {
    const seconds wanted(event.sip->sip_min_expires->me_delta);
    if (wanted <= expiry_ || wanted > longest_wait || std::exchange(lengthened_, true))
      return false;
    expiry_ = wanted;
    challenges_ = 0;
    transmit({}, false);
    return true;
  }
  const bool challenged = event.status == 401 || event.status == 407;
  SipAccount* account = account_(options_.account);
  if (!challenged || account == nullptr || challenges_ >= max_challenges) return false;
  const bool first = remote_target_.empty();
  std::string hop = first ? departure_.route : route_hop_;
  if (hop.empty()) hop = first ? options_.target : remote_target_;
  const auto authorization =
      account->answer(*event.sip, "SUBSCRIBE", first ? options_.target : remote_target_,
                      challenges_++, host_of_uri(hop), RequestStage::fresh);
  if (!authorization) return false;
  transmit(authorization->value, authorization->proxy);
  return true;
}

void EventSubscription::noticed(const SipEvent& event) {
  const sip_t* sip = event.sip;
  // The library has given it up by itself.
  if (sip == nullptr && event.status >= 300)
    return end({End::failed, 0, one_line(event.phrase)}, {});
  if (sip == nullptr || sip->sip_request == nullptr || to_tag(sip).empty()) return;
  // The library has answered what belongs to the subscription, and nothing else.
  if (event.status < 200) {
    nua_respond(handle_.get(), 489, "Bad Event", NUTAG_WITH_THIS(departure_.endpoint->nua()),
                TAG_END());
    return;
  }
  learn_way(sip);
  noticed_ = true;
  if (confirmed_) timer_.cancel();
  const sip_subscription_state_t* state = sip->sip_subscription_state;
  const bool over = state != nullptr && same_word(state->ss_substate, "terminated");
  const sip_payload_t* payload = sip->sip_payload;
  Notice notice;
  const std::string type = type_of(sip);
  notice.type = type;
  notice.pending = state != nullptr && same_word(state->ss_substate, "pending");
  if (payload != nullptr && payload->pl_data != nullptr)
    notice.body = {payload->pl_data, payload->pl_len};
  if (!over || !notice.body.empty()) events_.noticed(notice);
  if (!over) return;
  const char* reason = state->ss_reason;
  Failure failure;
  failure.why = same_word(reason, "rejected")     ? End::refused
                : same_word(reason, "noresource") ? End::unknown
                                                  : End::failed;
  failure.words = reason == nullptr ? "it was ended" : one_line(reason);
  const unsigned long wait =
      state->ss_retry_after == nullptr ? 0 : std::strtoul(state->ss_retry_after, nullptr, 10);
  end(std::move(failure), seconds(std::min<unsigned long>(wait, longest_wait.count())));
}

// ---- and again ------------------------------------------------------------------------

// Its handle goes, and with it whatever the library would do by itself.
void EventSubscription::end(Failure failure, seconds not_before) {
  handle_.reset();
  // One that is ended as soon as it begins is asked for less and less often.
  if (confirmed_ && std::chrono::steady_clock::now() - began_ >= well_after) backoff_.reset();
  asking_ = confirmed_ = false;
  const bool heals = failure.why == End::failed;
  milliseconds wait = heals ? backoff_.next(base::random_u32()) : milliseconds(options_.patience);
  again_in(std::max<milliseconds>(wait, not_before));
  events_.ended(failure);
}

void EventSubscription::again_in(milliseconds wait) {
  timer_ = thread_.after(wait, [this] { begin(); });
}

}  // namespace commd::sip
