#include "daemon/sip/publication.h"

#include <sofia-sip/nta.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/sip/pidf.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds usual_expiry{3'600};
constexpr seconds longest_expiry{86'400};
constexpr unsigned max_challenges = 2;
// Whoever grants less is not renewed oftener, and less and less often.
constexpr seconds shortest_renewal{30};
constexpr unsigned most_doublings = 6;
constexpr size_t most_etag_bytes = 256;

// RFC 3903 section 11.3: a token. Whatever else it is cannot be said again.
std::string etag_of(const sip_t* sip) {
  const char* text = sip->sip_etag == nullptr ? nullptr : sip->sip_etag->g_string;
  if (text == nullptr) return {};
  std::string etag = text;
  const bool odd = std::any_of(etag.begin(), etag.end(), [](char c) {
    return c <= ' ' || c >= 0x7f || c == ',' || c == ';' || c == '"';
  });
  return odd || etag.size() > most_etag_bytes ? std::string() : etag;
}

// Nobody there does this: not asked again until something has changed.
bool is_refusal(int status) {
  return (status >= 400 && status < 500 && status != 408 && status != 412 && status != 423 &&
          status != 480) ||
         status == 501 || status >= 600;
}

}  // namespace

Publication::Publication(SipThread& thread, FindAccount account, Options options, base::Logger log)
    : thread_(thread),
      account_(std::move(account)),
      options_(std::move(options)),
      log_(std::move(log)),
      etag_(options_.etag),
      expiry_(usual_expiry) {}

void Publication::keep(const std::string& etag) {
  if (std::exchange(etag_, etag) != etag) options_.remember(etag);
}

void Publication::say(const model::Presence& presence) {
  const bool same = wanted_ && presence.availability == wanted_->availability &&
                    presence.status == wanted_->status;
  if (same && (said_ || sending_)) return;
  wanted_ = presence;
  said_ = false;
  changed_ = true;
  backoff_.reset();
  begin();
}

void Publication::take_back(std::function<void()> done) {
  taken_back_ = std::move(done);
  if (is_there() || !etag_.empty()) return say({});
  if (!sending_) settle();
}

// Nothing is under way: who waits for the end is told, not from inside an event.
void Publication::settle() {
  if (!taken_back_) return;
  timer_.cancel();
  thread_.post(std::exchange(taken_back_, nullptr));
}

// A server that was away may have forgotten it: a renewal finds out.
void Publication::account_online() {
  if (wanted_) begin();
}

// ---- one request ----------------------------------------------------------------------

void Publication::begin() {
  // What is said meanwhile is said after it.
  if (sending_) return;
  timer_.cancel();
  SipAccount* account = account_(options_.account);
  if (account == nullptr || (!is_there() && etag_.empty())) {
    said_ = account != nullptr;
    return settle();
  }
  sending_ = true;
  account->route(options_.entity, [this, alive = std::weak_ptr<bool>(alive_)](const auto& route) {
    if (!alive.expired()) go(route);
  });
}

void Publication::go(const base::Result<ports::MediaRoute>& route) {
  sending_ = false;
  SipAccount* account = account_(options_.account);
  if (account == nullptr) return settle();
  const auto departure = account->departure(options_.entity, false);
  if (!route || !departure) {
    const base::Error& error = route ? departure.error() : route.error();
    if (error.reason == "ACCOUNT_OFFLINE") return settle();  // account_online() comes
    return failed(0, error.message.c_str(), {});
  }
  departure_ = *departure;
  const std::string to = "<" + options_.entity + ">";
  handle_ = SipHandle(nua_handle(departure_.endpoint->nua(), magic(), SIPTAG_TO_STR(to.c_str()),
                                 SIPTAG_FROM_STR(departure_.from.c_str()), TAG_END()));
  if (!handle_) return settle();
  challenges_ = 0;
  lengthened_ = renewed_ = false;
  transmit({}, false);
}

// RFC 3903 section 4.1: the first and every change have a body; a renewal has none.
void Publication::transmit(const std::string& auth, bool proxy) {
  sending_ = true;
  changed_ = false;
  const bool whole = is_there() && (etag_.empty() || !said_);
  const std::string body =
      whole ? write_pidf(options_.entity, options_.device, *wanted_) : std::string();
  asked_ = is_there() ? expiry_ : seconds(0);
  const std::string expires = std::to_string(asked_.count());
  nua_method(handle_.get(), NUTAG_METHOD("PUBLISH"), NUTAG_DIALOG(0),
             NUTAG_URL(options_.entity.c_str()),
             TAG_IF(!departure_.route.empty(), NUTAG_INITIAL_ROUTE_STR(departure_.route.c_str())),
             SIPTAG_EVENT_STR(presence_event), SIPTAG_EXPIRES_STR(expires.c_str()),
             TAG_IF(!etag_.empty(), SIPTAG_IF_MATCH_STR(etag_.c_str())),
             TAG_IF(whole, SIPTAG_CONTENT_TYPE_STR(pidf_type)),
             TAG_IF(whole, SIPTAG_PAYLOAD_STR(body.c_str())),
             TAG_IF(!auth.empty() && proxy, SIPTAG_PROXY_AUTHORIZATION_STR(auth.c_str())),
             TAG_IF(!auth.empty() && !proxy, SIPTAG_AUTHORIZATION_STR(auth.c_str())), TAG_END());
}

// ---- its answer -----------------------------------------------------------------------

void Publication::on_event(SipEndpoint&, const SipEvent& event) {
  if (event.event == nua_r_method && event.status >= 200 && sending_) answered(event);
}

void Publication::answered(const SipEvent& event) {
  sending_ = false;
  if (event.status < 300) return published(event.sip);
  if (try_again(event)) return;
  const bool made_up = event.sip == nullptr || nta_sip_is_internal(event.sip) != 0;
  seconds wait{0};
  if (!made_up && event.sip->sip_retry_after != nullptr)
    wait = seconds(
        std::min<unsigned long>(event.sip->sip_retry_after->af_delta, longest_expiry.count()));
  failed(made_up ? 0 : event.status, event.phrase, wait);
}

bool Publication::try_again(const SipEvent& event) {
  if (event.sip == nullptr) return false;
  if (event.status == 412 && !etag_.empty() && !std::exchange(renewed_, true)) {
    keep({});
    if (is_there())
      transmit({}, false);
    else
      published(nullptr);
    return true;
  }
  if (event.status == 423 && event.sip->sip_min_expires != nullptr) {
    const seconds wanted(event.sip->sip_min_expires->me_delta);
    if (wanted <= expiry_ || wanted > longest_expiry || std::exchange(lengthened_, true))
      return false;
    expiry_ = wanted;
    transmit({}, false);
    return true;
  }
  const bool challenged = event.status == 401 || event.status == 407;
  SipAccount* account = account_(options_.account);
  if (!challenged || account == nullptr || challenges_ >= max_challenges) return false;
  const std::string& hop = departure_.route.empty() ? options_.entity : departure_.route;
  const auto authorization = account->answer(*event.sip, "PUBLISH", options_.entity, challenges_++,
                                             host_of_uri(hop), RequestStage::fresh);
  if (!authorization) return false;
  transmit(authorization->value, authorization->proxy);
  return true;
}

void Publication::published(const sip_t* sip) {
  backoff_.reset();
  keep(sip == nullptr || asked_.count() == 0 ? std::string() : etag_of(sip));
  seconds granted = asked_;
  if (sip != nullptr && sip->sip_expires != nullptr)
    granted = std::min(seconds(sip->sip_expires->ex_delta), longest_expiry);
  // RFC 3903 section 4.1: without a tag it can be neither renewed nor changed.
  if (granted.count() == 0) keep({});
  said_ = !changed_;
  if (changed_) return begin();
  settle();
  if (etag_.empty() || !is_there()) return;
  timer_ = thread_.after(renewal_of(granted), [this] { begin(); });
}

// A server that has it lapse each second shall not have it made anew each second.
milliseconds Publication::renewal_of(seconds granted) {
  if (granted >= shortest_renewal) {
    hasty_ = 0;
    return milliseconds(granted) * 4 / 5;
  }
  return milliseconds(shortest_renewal) * (1U << std::min(hasty_++, most_doublings));
}

void Publication::failed(int status, const char* phrase, seconds not_before) {
  log_->debug("presence not published, account: {}, {} {}", options_.account.str(), status,
              one_line(phrase));
  said_ = false;
  if (taken_back_) return settle();
  if (is_refusal(status)) return keep({});
  timer_ = thread_.after(std::max<milliseconds>(backoff_.next(base::random_u32()), not_before),
                         [this] { begin(); });
}

}  // namespace commd::sip
