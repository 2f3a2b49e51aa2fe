#include "daemon/sip/sip_stack.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <utility>

#include "daemon/base/random.h"
#include "daemon/sip/local_account.h"
#include "daemon/sip/registered_account.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {

SipStack::SipStack(SipThread& thread, StackOptions options, Tell tell,
                   SipMessages::Tell tell_messages, base::Logger log)
    : thread_(thread),
      options_(std::move(options)),
      tell_(std::move(tell)),
      log_(std::move(log)),
      endpoints_(thread, *this, {options_.user_agent, options_.resolv_conf}),
      call_stack_{thread,
                  tell_,
                  [this](const model::AccountId& id) { return account(id); },
                  [this](const model::LegId& leg) { return call(leg); },
                  [this](SipCall& call) { call_over(call); },
                  log_},
      messages_(
          thread, [this](const model::AccountId& id) { return account(id); },
          std::move(tell_messages), log_) {}

SipStack::~SipStack() = default;

// ---- accounts ----------------------------------------------------------------------

SipAccount* SipStack::account(const model::AccountId& id) {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.get();
}

void SipStack::account_up(const model::Account& account, base::Secret password,
                          const std::map<std::string, std::string>& facts) {
  if (stopping_) return;
  if (SipAccount* up = this->account(account.id)) return up->update(account, std::move(password));
  if (account.protocol == model::Protocol::local) {
    accounts_[account.id] = std::make_unique<LocalAccount>(
        endpoints_, account, LocalAccount::Options{options_.local_port, options_.local_listen},
        *this, [this](const std::string& reason, const std::string& message) {
          tell_([=](ports::SignallingEvents& core) { core.notice(reason, message, "local"); });
        });
    return;
  }
  accounts_[account.id] = std::make_unique<RegisteredAccount>(
      thread_, endpoints_, account, std::move(password), facts, *this, log_);
}

void SipStack::account_down(const model::AccountId& id) {
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return;
  messages_.account_gone(id);
  for (const auto& [leg, call] : calls_)
    if (call->account_id() == id) call->end_with(model::EndReason::account_offline);
  const uint64_t ticket = next_leaving_++;
  SipAccount& account = *found->second;
  leaving_[ticket] = std::move(found->second);
  accounts_.erase(found);
  account.leave([this, ticket] {
    // Not inside one of its own events.
    thread_.post([this, ticket] { leaving_.erase(ticket); });
  });
}

void SipStack::account_report(const model::AccountId& id, const ports::AccountReport& report) {
  tell_([id, report](ports::SignallingEvents& core) { core.account_report(id, report); });
  // Not inside the account's own event, nor its constructor.
  if (report.state == model::AccountState::online)
    thread_.post([this, id] { messages_.account_online(id); });
}

void SipStack::remember(const std::string& key, const std::string& value) {
  tell_([key, value](ports::SignallingEvents& core) { core.remember(key, value); });
}

// ---- calls -------------------------------------------------------------------------

SipCall* SipStack::call(const model::LegId& leg) {
  const auto found = calls_.find(leg);
  return found == calls_.end() ? nullptr : found->second.get();
}

void SipStack::invite(const model::LegId& leg, ports::InviteRequest request) {
  if (stopping_) return;
  auto& call = calls_[leg];
  call = std::make_unique<SipCall>(call_stack_, leg, std::move(request));
  call->start();
}

// The call may be inside its own event now, so it goes in the next turn of the loop.
void SipStack::call_over(SipCall& call) {
  thread_.post([this, leg = call.leg()] { calls_.erase(leg); });
}

void SipStack::on_sip_event(SipEndpoint& endpoint, const SipEvent& event) {
  if (SipHandleOwner* owner = SipHandleOwner::of(event.magic))
    return owner->on_event(endpoint, event);
  if (event.event == nua_i_invite && event.status < 200) return on_new_call(endpoint, event);
  if (event.event == nua_i_message && event.status < 200 && event.handle && event.sip)
    return on_message(endpoint, event);
  on_stray(endpoint, event);
}

// Whose call is it: the user part of the request is an account's token, or a name of
// the local account on one of its own addresses.
SipAccount* SipStack::account_of(const SipEndpoint& endpoint, const sip_t* sip,
                                 std::string* service) {
  if (!sip || !sip->sip_request || !sip->sip_request->rq_url->url_user) return nullptr;
  const std::string user = sip->sip_request->rq_url->url_user;
  for (const auto& [id, account] : accounts_) {
    if (account->token() == user) return account.get();
    auto* local = dynamic_cast<LocalAccount*>(account.get());
    if (!local || !local->serves(endpoint)) continue;
    if (user == "local") return local;
    if (user != "echo") continue;
    *service = user;
    return local;
  }
  return nullptr;
}

model::LegId SipStack::replaced_leg(SipEndpoint& endpoint, const sip_t* sip, bool* unknown) {
  if (!sip->sip_replaces) return {};
  nua_handle_t* handle = nua_handle_by_replaces(endpoint.nua(), sip->sip_replaces);
  model::LegId found;
  for (const auto& [leg, call] : calls_)
    if (handle && call->handle() == handle) found = leg;
  if (handle) nua_handle_unref(handle);
  *unknown = found.empty();
  return found;
}

void SipStack::on_new_call(SipEndpoint& endpoint, const SipEvent& event) {
  const auto refuse = [&](int status, const char* phrase) {
    nua_respond(event.handle, status, phrase, TAG_END());
    nua_handle_destroy(event.handle);
  };
  if (stopping_) return refuse(503, "Service Unavailable");
  std::string service;
  SipAccount* account = account_of(endpoint, event.sip, &service);
  if (!account || !account->accepts_from(endpoint.source())) return refuse(SIP_404_NOT_FOUND);
  if (service.empty() && event.sip->sip_to && event.sip->sip_to->a_tag)
    return refuse(481, "Call Does Not Exist");
  bool unknown = false;
  const model::LegId replaces = replaced_leg(endpoint, event.sip, &unknown);
  if (unknown) return refuse(481, "Call Does Not Exist");
  const model::LegId leg(base::random_token(16));
  auto& call = calls_[leg];
  call = std::make_unique<SipCall>(call_stack_, leg, account->account().id, endpoint, event.handle);
  call->receive(event, service, replaces);
}

// "Are you there?", as servers ask to keep a way open: told to whom could call, and to
// nobody who looks for phones (RFC 3261 section 11.2: as an INVITE would be answered).
void SipStack::on_options(SipEndpoint& endpoint, const SipEvent& event) {
  std::string service;
  const MessageSource source = endpoint.source();
  SipAccount* account = account_of(endpoint, event.sip, &service);
  bool known = account != nullptr && account->accepts_from(source);
  const bool unnamed = event.sip->sip_request->rq_url->url_user == nullptr;
  for (const auto& [id, each] : accounts_) {
    const auto* local = dynamic_cast<const LocalAccount*>(each.get());
    const bool here = local == nullptr || local->serves(endpoint);
    known = known || (unnamed && here && each->accepts_from(source));
  }
  nua_respond(event.handle, known ? 200 : 404, known ? "OK" : "Not Found",
              NUTAG_WITH_THIS(endpoint.nua()),
              TAG_IF(known, SIPTAG_ACCEPT_STR("application/sdp, text/plain")), TAG_END());
}

// As a call: for an account's token, from where its calls may come.
void SipStack::on_message(SipEndpoint& endpoint, const SipEvent& event) {
  const auto refuse = [&](int status, const char* phrase) {
    nua_respond(event.handle, status, phrase, NUTAG_WITH_THIS(endpoint.nua()), TAG_END());
    nua_handle_destroy(event.handle);
  };
  std::string service;
  SipAccount* account = account_of(endpoint, event.sip, &service);
  if (stopping_) return refuse(SIP_503_SERVICE_UNAVAILABLE);
  if (!account || !service.empty() || !account->accepts_from(endpoint.source()))
    return refuse(SIP_404_NOT_FOUND);
  if (event.sip->sip_to && event.sip->sip_to->a_tag) return refuse(481, "Call Does Not Exist");
  messages_.receive(endpoint, event, *account);
}

// What belongs to no dialog and no account of ours. nua has answered most of it
// (status >= 200); the rest is refused here.
void SipStack::on_stray(SipEndpoint& endpoint, const SipEvent& event) {
  if (!event.handle) return;
  if (event.status < 200 && event.sip && event.sip->sip_request && event.event == nua_i_options) {
    on_options(endpoint, event);
  } else if (event.status < 200 && event.sip && event.sip->sip_request) {
    const bool in_dialog = event.event == nua_i_info || event.event == nua_i_notify ||
                           event.event == nua_i_update || event.event == nua_i_prack ||
                           event.event == nua_i_refer;
    const int status = in_dialog ? 481 : event.event == nua_i_subscribe ? 489 : 405;
    const char* phrase = in_dialog       ? "Call Does Not Exist"
                         : status == 489 ? "Bad Event"
                                         : "Method Not Allowed";
    nua_respond(event.handle, status, phrase, NUTAG_WITH_THIS(endpoint.nua()), TAG_END());
  }
  if (event.event >= nua_i_error && event.event < nua_r_set_params)
    nua_handle_destroy(event.handle);
}

// ---- the end -------------------------------------------------------------------------

void SipStack::say_goodbye() {
  for (const auto& [leg, call] : calls_) call->end_with(model::EndReason::daemon_stopped);
  auto left = std::make_shared<size_t>(accounts_.size());
  const auto one_less = [this, left] {
    if (--*left == 0) shutdown_->goodbyes_said();
  };
  if (accounts_.empty()) return shutdown_->goodbyes_said();
  for (const auto& [id, account] : accounts_) account->leave(one_less);
}

void SipStack::shut_down(std::function<void()> done) {
  if (std::exchange(stopping_, true)) return done();
  SipShutdown::Steps steps;
  // The steps run later: shutdown_ is set by then.
  steps.say_goodbye = [this] { thread_.post([this] { say_goodbye(); }); };
  steps.drop_handles = [this] {
    for (const auto& [leg, call] : calls_) call->drop();
    messages_.drop();
    accounts_.clear();
    leaving_.clear();
  };
  steps.done = [this, done = std::move(done)] {
    calls_.clear();
    endpoints_.clear();
    done();
  };
  shutdown_ = SipShutdown::start(thread_, endpoints_.all(), std::move(steps));
}

}  // namespace commd::sip
