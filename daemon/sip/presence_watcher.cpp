#include "daemon/sip/presence_watcher.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>
#include <utility>

#include "daemon/sip/pidf.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {
namespace {

using std::chrono::seconds;

constexpr seconds longest{3'600};
constexpr seconds last_patience{4};
// Whoever does not answer the first NOTIFY may not have asked at all.
constexpr seconds first_patience{35};

seconds wanted_by(const sip_t* sip) {
  if (sip->sip_expires == nullptr) return longest;
  return std::min(seconds(sip->sip_expires->ex_delta), longest);
}

// With the id that tells two subscriptions of one dialog apart.
std::string event_of(const sip_t* sip) {
  std::string event = presence_event;
  const char* id = sip->sip_event == nullptr ? nullptr : sip->sip_event->o_id;
  if (id == nullptr) return event;
  const std::string text = one_line(id);
  if (text.find_first_of(" ;,\"<>") == text.npos) event += ";id=" + text;
  return event;
}

}  // namespace

PresenceWatcher::PresenceWatcher(SipEndpoint& endpoint, nua_handle_t* handle, Options options)
    : endpoint_(endpoint), handle_(handle), options_(std::move(options)) {
  nua_handle_bind(handle, magic());
}

seconds PresenceWatcher::left() const {
  const auto rest = until_ - std::chrono::steady_clock::now();
  return std::max(seconds(0), std::chrono::duration_cast<seconds>(rest + seconds(1)));
}

void PresenceWatcher::accept(const SipEvent& event, Standing standing,
                             const model::Presence& presence) {
  event_ = event_of(event.sip);
  standing_ = standing;
  presence_ = presence;
  const std::string expires = std::to_string(wanted_by(event.sip).count());
  nua_respond(handle_.get(), standing == Standing::active ? 200 : 202,
              standing == Standing::active ? "OK" : "Accepted", NUTAG_WITH_THIS(endpoint_.nua()),
              SIPTAG_EXPIRES_STR(expires.c_str()), SIPTAG_CONTACT_STR(options_.contact.c_str()),
              TAG_END());
  renewed(event);
  if (!ending_) tell(standing_, presence_);
}

// RFC 6665 section 4.2.1: each SUBSCRIBE is followed by a NOTIFY, also the last. The library
// answers a renewal by itself, and says again what was said last.
void PresenceWatcher::renewed(const SipEvent& event) {
  const seconds granted = wanted_by(event.sip);
  until_ = std::chrono::steady_clock::now() + granted;
  if (granted.count() == 0) return last_word("terminated;reason=timeout");
  watch_end();
}

void PresenceWatcher::watch_end() {
  const seconds rest = left();
  if (confirmed_)
    timer_ = endpoint_.thread().after(rest + seconds(1), [this] { end("timeout"); });
  else
    timer_ = endpoint_.thread().after(std::min(rest, first_patience), [this] { finish(); });
}

void PresenceWatcher::tell(Standing standing, const model::Presence& presence) {
  standing_ = standing;
  presence_ = presence;
  notify((standing == Standing::active ? "active;expires=" : "pending;expires=") +
         std::to_string(left().count()));
}

void PresenceWatcher::end(const char* reason) {
  last_word(std::string("terminated;reason=") + reason);
}

// The handle stays until it is answered, so that what is lost is sent again.
void PresenceWatcher::last_word(const std::string& state) {
  if (ending_ || !handle_) return;
  notify(state);
  ending_ = true;
  timer_ = endpoint_.thread().after(last_patience, [this] { finish(); });
}

void PresenceWatcher::notify(const std::string& state) {
  if (!handle_ || ending_) return;
  ++untold_;
  const bool last = state.starts_with("terminated");
  // Whoever is turned out learns nothing more.
  const bool tells = standing_ == Standing::active && (!last || state.ends_with("timeout"));
  const std::string body =
      tells ? write_pidf(options_.entity, options_.device, presence_) : std::string();
  nua_notify(handle_.get(), SIPTAG_EVENT_STR(event_.c_str()),
             NUTAG_SUBSTATE(last    ? nua_substate_terminated
                            : tells ? nua_substate_active
                                    : nua_substate_pending),
             SIPTAG_SUBSCRIPTION_STATE_STR(state.c_str()),
             SIPTAG_CONTACT_STR(options_.contact.c_str()),
             TAG_IF(tells, SIPTAG_CONTENT_TYPE_STR(pidf_type)),
             TAG_IF(tells, SIPTAG_PAYLOAD_STR(body.c_str())), TAG_END());
}

void PresenceWatcher::on_event(SipEndpoint&, const SipEvent& event) {
  if (!handle_) return;
  if (event.event == nua_i_subscribe) {
    if (event.status < 200)
      nua_respond(handle_.get(), SIP_489_BAD_EVENT, NUTAG_WITH_THIS(endpoint_.nua()), TAG_END());
    // As of a call: a request without a To tag only seems to be of this dialog.
    else if (event.status < 300 && event.sip != nullptr && !to_tag(event.sip).empty())
      renewed(event);
    return;
  }
  // Who does not know the subscription any more, or is not there, is told nothing more.
  if (event.event == nua_r_notify && event.status >= 200) {
    untold_ -= untold_ > 0 ? 1 : 0;
    if (event.status < 300 && !std::exchange(confirmed_, true) && !ending_) watch_end();
    if (event.status >= 300 || (ending_ && untold_ == 0)) finish();
    return;
  }
  const bool request = event.status < 200 && event.sip != nullptr && event.sip->sip_request;
  if (request && event.event > nua_i_error && event.event < nua_r_set_params)
    nua_respond(handle_.get(), SIP_501_NOT_IMPLEMENTED, NUTAG_WITH_THIS(endpoint_.nua()),
                TAG_END());
}

void PresenceWatcher::finish() {
  timer_.cancel();
  if (over_) endpoint_.thread().post(std::exchange(over_, nullptr));
}

}  // namespace commd::sip
