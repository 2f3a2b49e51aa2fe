#include "daemon/sip/sip_stack.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <set>
#include <string_view>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/sip/local_account.h"
#include "daemon/sip/message_summary.h"
#include "daemon/sip/registered_account.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {
namespace {

// As the hooks let it through, in the place of a MESSAGE: without a dialog.
bool is_notify(const sip_t* sip) {
  return sip && sip->sip_request && sip->sip_request->rq_method_name &&
         std::string_view(sip->sip_request->rq_method_name) == "NOTIFY";
}

}  // namespace

SipStack::SipStack(SipThread& thread, StackOptions options, Tell tell,
                   SipMessages::Tell tell_messages, SipPresence::Tell tell_presence,
                   base::Logger log)
    : thread_(thread),
      options_(std::move(options)),
      tell_(std::move(tell)),
      log_(std::move(log)),
      endpoints_(thread, *this, {options_.user_agent, options_.resolv_conf}),
      call_stack_{thread,
                  tell_,
                  [this](const model::AccountId& id) { return account(id); },
                  [this](const model::LegId& leg) { return call(leg); },
                  [this](SipEndpoint& endpoint, const SipEvent& event, const model::AccountId& id) {
                    const SipAccount* there = account(id);
                    if (there != nullptr)
                      receive_message(endpoint, event, *there, SipMessages::Within::call);
                  },
                  [this](SipCall& call) { call_over(call); },
                  log_},
      messages_(
          thread, [this](const model::AccountId& id) { return account(id); }, tell_messages, log_),
      typing_(
          thread, [this](const model::AccountId& id) { return account(id); },
          std::move(tell_messages), log_),
      mailboxes_(
          thread, [this](const model::AccountId& id) { return account(id); }, tell_, log_),
      presence_(
          thread, [this](const model::AccountId& id) { return any_account(id); },
          std::move(tell_presence),
          [this](const std::string& key, const std::string& value) { remember(key, value); },
          log_) {}

SipStack::~SipStack() = default;

// ---- accounts ----------------------------------------------------------------------

SipAccount* SipStack::account(const model::AccountId& id) {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.get();
}

void SipStack::account_up(const model::Account& account, base::Secret password,
                          const std::map<std::string, std::string>& facts) {
  if (stopping_) return;
  if (SipAccount* up = this->account(account.id)) {
    up->update(account, std::move(password));
  } else if (account.protocol == model::Protocol::local) {
    accounts_[account.id] = std::make_unique<LocalAccount>(
        endpoints_, account, LocalAccount::Options{options_.local_port, options_.local_listen},
        *this, [this](const std::string& reason, const std::string& message) {
          tell_([=](ports::SignallingEvents& core) { core.notice(reason, message, "local"); });
        });
  } else {
    accounts_[account.id] = std::make_unique<RegisteredAccount>(
        thread_, endpoints_, account, std::move(password), facts, *this, log_);
  }
  mailboxes_.account_up(account);
  presence_.account_up(account, facts);
}

void SipStack::account_down(const model::AccountId& id) {
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return;
  messages_.account_gone(id);
  typing_.account_gone(id);
  mailboxes_.account_gone(id);
  for (const auto& [leg, call] : calls_)
    if (call->account_id() == id) call->end_with(model::EndReason::account_offline);
  const uint64_t ticket = next_leaving_++;
  SipAccount& account = *found->second;
  leaving_[ticket] = std::move(found->second);
  accounts_.erase(found);
  // Who is gone is not there: that is said first, while the server still knows us.
  presence_.account_gone(id, [this, &account, ticket] {
    if (!leaving_.contains(ticket)) return;
    account.leave([this, ticket] {
      // Not inside one of its own events.
      thread_.post([this, ticket] { leaving_.erase(ticket); });
    });
  });
}

SipAccount* SipStack::any_account(const model::AccountId& id) {
  if (SipAccount* there = account(id)) return there;
  for (const auto& [ticket, leaving] : leaving_)
    if (leaving->account().id == id) return leaving.get();
  return nullptr;
}

void SipStack::account_report(const model::AccountId& id, const ports::AccountReport& report) {
  tell_([id, report](ports::SignallingEvents& core) { core.account_report(id, report); });
  // Not inside the account's own event, nor its constructor.
  if (report.state == model::AccountState::online)
    thread_.post([this, id] {
      messages_.account_online(id);
      mailboxes_.account_online(id);
      presence_.account_online(id);
    });
}

void SipStack::remember(const std::string& key, const std::string& value) {
  tell_([key, value](ports::SignallingEvents& core) { core.remember(key, value); });
}

// ---- networks that change -------------------------------------------------------------

void SipStack::network_changed() {
  if (stopping_) return;
  move_endpoints();
  for (const auto& [id, account] : accounts_) account->network_changed();
}

void SipStack::network_noticed() {
  move_endpoints();
  thread_.post([this] { network_changed(); });
}

void SipStack::move_endpoints() {
  std::map<SipEndpoint*, std::set<std::string>> wanted;
  for (const auto& [id, account] : accounts_)
    for (const SipAccount::Way& way : account->ways())
      if (!way.local_ip.empty()) wanted[way.endpoint].insert(way.local_ip);
  for (const auto& [endpoint, addresses] : wanted) {
    // Where accounts disagree it stays with those whose way it still is; others get another one.
    const std::string from = endpoint->options().bind_address;
    if (addresses.contains(from)) continue;
    const std::string& to = *addresses.begin();
    if (const auto moved = endpoints_.move(*endpoint, to); moved)
      log_->info("event: sip_endpoint_moved, from: {}, to: {}", from, to);
    else
      log_->warn("event: sip_endpoint_not_moved, to: {}, message: {}", to, moved.error().message);
  }
}

void SipStack::contact_settled(const model::AccountId& id) {
  // Not inside an event of an endpoint.
  thread_.post([this, id] {
    for (const auto& [leg, call] : calls_)
      if (call->account_id() == id) call->contact_settled();
  });
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
    return is_notify(event.sip) ? on_notify(endpoint, event) : on_message(endpoint, event);
  if (event.event == nua_i_subscribe && event.status < 200 && event.handle && event.sip)
    return on_subscribe(endpoint, event);
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
  nua_respond(
      event.handle, known ? 200 : 404, known ? "OK" : "Not Found", NUTAG_WITH_THIS(endpoint.nua()),
      TAG_IF(known,
             SIPTAG_ACCEPT_STR("application/sdp, text/plain, application/im-iscomposing+xml")),
      TAG_END());
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
  receive_message(endpoint, event, *account, SipMessages::Within::nothing);
}

// A text, or that somebody types one.
void SipStack::receive_message(SipEndpoint& endpoint, const SipEvent& event,
                               const SipAccount& account, SipMessages::Within within) {
  const std::string sender = sender_address(event.sip);
  if (!SipTyping::is_typing(event.sip)) {
    typing_.message_came(account.account().id, sender);
    return messages_.receive(endpoint, event, account, within);
  }
  StatusLine answer{503, "Service Unavailable"};
  if (messages_.admits(account.account().id, sender))
    answer = typing_.receive(event.sip, account.account().id, sender);
  nua_respond(event.handle, answer.code, answer.phrase, NUTAG_WITH_THIS(endpoint.nua()),
              TAG_IF(answer.code == 503, SIPTAG_RETRY_AFTER_STR("2")), TAG_END());
  if (within == SipMessages::Within::nothing) nua_handle_destroy(event.handle);
}

// Somebody asks for presence: as a message, for an account's token, from where its calls may
// come.
void SipStack::on_subscribe(SipEndpoint& endpoint, const SipEvent& event) {
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
  presence_.receive(endpoint, event, *account);
}

// In no dialog: only a mailbox may tell something unasked.
void SipStack::on_notify(SipEndpoint& endpoint, const SipEvent& event) {
  std::string service;
  const sip_t* sip = event.sip;
  SipAccount* account = account_of(endpoint, sip, &service);
  StatusLine answer{481, "Call Does Not Exist"};
  const bool tagged = sip->sip_to && sip->sip_to->a_tag;
  const bool summary = sip->sip_event && sip->sip_event->o_type &&
                       std::string(sip->sip_event->o_type) == message_summary_event;
  if (!stopping_ && account && service.empty() && !tagged && summary)
    answer = mailboxes_.receive(sip, *account, endpoint.source());
  nua_respond(event.handle, answer.code, answer.phrase, NUTAG_WITH_THIS(endpoint.nua()),
              TAG_IF(answer.code == 415, SIPTAG_ACCEPT_STR(message_summary_type)), TAG_END());
  nua_handle_destroy(event.handle);
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
  for (const auto& [id, account] : accounts_) {
    SipAccount* leaving = account.get();
    presence_.account_gone(id, [leaving, one_less] { leaving->leave(one_less); });
  }
}

void SipStack::shut_down(std::function<void()> done) {
  if (std::exchange(stopping_, true)) return done();
  SipShutdown::Steps steps;
  // The steps run later: shutdown_ is set by then.
  steps.say_goodbye = [this] { thread_.post([this] { say_goodbye(); }); };
  steps.drop_handles = [this] {
    for (const auto& [leg, call] : calls_) call->drop();
    messages_.drop();
    typing_.drop();
    mailboxes_.drop();
    presence_.drop();
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
