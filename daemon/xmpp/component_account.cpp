#include "daemon/xmpp/component_account.h"

#include <utility>

#include "daemon/model/host_port.h"
#include "daemon/xmpp/iq_responder.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using model::AccountState;
using model::MessageState;

std::string_view without_scheme(const std::string& address) {
  return std::string_view(address).substr(address.find(':') + 1);
}

std::string uri_of(const Jid& jid) { return "xmpp:" + jid.str(); }

base::Error server_invalid(const std::string& server) {
  return {base::Code::invalid_argument,
          "SERVER_INVALID",
          "\"" + server +
              "\" is no HOST or HOST:PORT; correct it with commctl account set A "
              "server=...",
          {}};
}

}  // namespace

ComponentAccount::ComponentAccount(AccountSurroundings around, const model::Account& account,
                                   base::Secret secret)
    : around_(std::move(around)), account_(account), secret_(std::move(secret)) {
  auto jid = Jid::parse(without_scheme(account_.address));
  if (!jid) {
    failed(jid.error(), Retry::person);
    return;
  }
  address_ = std::move(*jid);
  connect();
}

ComponentAccount::~ComponentAccount() = default;

// ---- wishes ----------------------------------------------------------------------

void ComponentAccount::update(const model::Account& account, base::Secret secret) {
  if (stage_ == Stage::left || address_.empty()) return;
  const auto& is = account.settings;
  const auto& was = account_.settings;
  const bool same = is.server == was.server && is.transport == was.transport &&
                    is.tls_ca_file == was.tls_ca_file && is.keepalive_s == was.keepalive_s &&
                    is.allow_clear_text == was.allow_clear_text && secret == secret_;
  account_ = account;
  secret_ = std::move(secret);
  if (same && stage_ == Stage::online) return report(AccountState::online);
  if (live_) {
    leaving_ = std::move(live_);
    leaving_->close({}, [this] { leaving_.reset(); });
  }
  management_.disconnected();
  backoff_.reset();
  connect();
}

void ComponentAccount::network_changed() {
  if (live_) return live_->probe();
  if (stage_ == Stage::waiting) connect();
}

void ComponentAccount::leave(std::function<void()> done) {
  stage_ = Stage::left;
  retry_.reset();
  attempt_.reset();
  if (!live_) return done();
  leaving_ = std::move(live_);
  leaving_->close({}, std::move(done));
}

// ---- logging in ------------------------------------------------------------------

LoginPlan ComponentAccount::plan(const HostPort& server) const {
  LoginPlan plan;
  plan.component = true;
  plan.allow_clear_text = account_.settings.allow_clear_text;
  plan.login.account = address_;
  plan.login.credentials.password = secret_;
  // It is the server's certificate that is shown, not the component's.
  plan.server.domain =
      model::is_ip_literal(server.host) ? std::string(address_.domain()) : server.host;
  plan.server.server = server;
  plan.server.tls =
      account_.settings.transport == model::SipTransport::tls ? TlsMode::direct : TlsMode::starttls;
  plan.ca_file = account_.settings.tls_ca_file;
  plan.keepalive = std::chrono::seconds(account_.settings.keepalive_s);
  return plan;
}

void ComponentAccount::connect() {
  stage_ = Stage::connecting;
  retry_.reset();
  auto server = parse_host_port(account_.settings.server);
  if (!server) return failed(server_invalid(account_.settings.server), Retry::person);
  if (server->port == 0) server->port = usual_port;
  report(AccountState::connecting);
  attempt_ = std::make_unique<LoginAttempt>(
      around_.network, around_.timers, management_, plan(*server), around_.log,
      [this](LoginAttempt::Outcome outcome) { finished(std::move(outcome)); });
}

void ComponentAccount::finished(LoginAttempt::Outcome outcome) {
  attempt_.reset();
  if (outcome.in) return logged_in(std::move(*outcome.in));
  failed(outcome.failure.error, outcome.failure.retry);
}

// Nothing is acknowledged on such a stream: what may have been cut off is sent once more.
void ComponentAccount::logged_in(LoggedIn in) {
  stage_ = Stage::online;
  online_since_ = around_.clock.mono_now();
  server_in_use_ = in.server;
  around_.log->info("event: xmpp_component_online, account: {}, server: {}", account_.id.str(),
                    server_in_use_);
  live_ = std::make_unique<LiveStream>(
      LiveStream::Parts{std::move(in.stream), std::move(in.reader), management_, around_.timers,
                        around_.clock, around_.log, address_.str()},
      std::string(address_.domain()), static_cast<StreamObserver&>(*this));
  static_cast<void>(management_.withdraw());
  for (auto each = sent_.rbegin(); each != sent_.rend(); ++each)
    waiting_.push_front(std::move(each->second));
  sent_.clear();
  submit_waiting();
  report(AccountState::online);
  live_->begin(std::move(in.ready.early));
}

void ComponentAccount::failed(const base::Error& error, Retry retry) {
  if (retry == Retry::person) {
    stage_ = Stage::failed;
    return report(AccountState::failed, error);
  }
  stage_ = Stage::waiting;
  const std::chrono::milliseconds wait = backoff_.next(around_.random());
  retry_ = around_.timers.after(wait, [this] { connect(); });
  report(AccountState::retrying, error, wait);
}

void ComponentAccount::report(AccountState state, const base::Error& why,
                              std::chrono::milliseconds retry_in) {
  ports::AccountReport report;
  report.state = state;
  report.reason = why.reason;
  report.message = why.message;
  report.retry_in = retry_in;
  if (state == AccountState::online) report.server_in_use = server_in_use_;
  around_.events.account_report(account_.id, report);
}

void ComponentAccount::ended(StreamEnd end) {
  management_.disconnected();
  if (around_.clock.mono_now() - online_since_ >= XmppAccount::well_after) backoff_.reset();
  if (end.last_words.empty()) {
    live_.reset();
  } else {
    leaving_ = std::move(live_);
    leaving_->close(std::move(end.last_words), [this] { leaving_.reset(); });
  }
  unstored_ = 0;
  failed(end.error, end.retry);
}

// ---- messages --------------------------------------------------------------------

void ComponentAccount::send_message(ports::OutgoingMessage message) {
  if (waiting_.size() >= most_waiting || !known_.insert(message.id).second) return;
  waiting_.push_back(std::move(message));
  submit_waiting();
  if (live_) live_->flush();
}

void ComponentAccount::submit_waiting() {
  if (stage_ != Stage::online) return;
  while (!waiting_.empty() && submit(waiting_.front())) waiting_.pop_front();
}

// False: the queue of the stream is full.
bool ComponentAccount::submit(const ports::OutgoingMessage& message) {
  const auto to = Jid::parse(without_scheme(message.to));
  const auto from = Jid::parse(message.local.empty() ? std::string_view(address_.str())
                                                     : without_scheme(message.local));
  if (!to || !from || from->domain() != address_.domain()) {
    fail(message, to ? from ? server_invalid(from->str()) : from.error() : to.error());
    return true;
  }
  Stanza stanza = make_chat(*to, message.id.str(), message.text);
  stanza.set("from", from->str());
  const uint64_t tag = ++last_tag_;
  if (!management_.submit({tag, StanzaKind::message, stanza.to_text()})) return false;
  sent_[tag] = message;
  return true;
}

void ComponentAccount::fail(const ports::OutgoingMessage& message, const base::Error& why) {
  known_.erase(message.id);
  around_.events.message_report(
      {account_.id, message.id, {}, MessageState::failed, why.reason, why.message});
}

void ComponentAccount::acknowledged(const std::vector<uint64_t>& tags) {
  for (const uint64_t tag : tags) {
    auto sent = sent_.extract(tag);
    if (sent.empty()) continue;
    known_.erase(sent.mapped().id);
    around_.events.message_report({account_.id, sent.mapped().id, {}, MessageState::sent, {}, {}});
  }
  submit_waiting();
}

void ComponentAccount::message_stored(uint64_t) { one_less_unstored(); }

void ComponentAccount::message_not_stored() { one_less_unstored(); }

void ComponentAccount::one_less_unstored() {
  if (unstored_ > 0) --unstored_;
  if (live_) live_->read_on();
}

// ---- what comes ------------------------------------------------------------------

void ComponentAccount::stanza(Stanza stanza) {
  if (stanza.is("message", ns::kClient)) take_message(stanza);
  if (stanza.is("iq", ns::kClient)) take_iq(stanza);
}

void ComponentAccount::take_message(const Stanza& stanza) {
  auto content = read_message(stanza, address_, around_.clock.wall_now());
  // The server has checked that it is for this domain; whom in it, it says.
  if (!content || content->to.empty() || content->to.domain() != address_.domain()) return;
  const std::string peer = uri_of(content->from.bare());
  for (MessageNews& news : content->news)
    around_.events.message_report({account_.id, model::MessageId(std::move(news.id)), peer,
                                   news.state, std::move(news.error.reason),
                                   std::move(news.error.message)});
  if (!content->chat || content->amends) return;
  ports::IncomingMessage incoming;
  incoming.account = account_.id;
  incoming.peer = peer;
  incoming.sender = uri_of(content->from);
  incoming.local = uri_of(content->to.bare());
  incoming.remote_id = std::move(content->id);
  if (!content->fingerprint.empty())
    incoming.fingerprint = account_.id.str() + " " + content->fingerprint;
  incoming.text = std::move(content->chat->text);
  incoming.time = content->chat->time;
  incoming.ticket = ++last_ticket_;
  ++unstored_;
  around_.events.message_received(std::move(incoming));
}

// Nobody is a contact here: who asks is told what the domain is, and no more.
void ComponentAccount::take_iq(const Stanza& iq) {
  auto reply = answer_iq(iq);
  if (!reply) return;
  if (reply->from().empty() && !iq.to().empty()) reply->set("from", iq.to());
  send(std::move(*reply), StanzaKind::iq);
}

void ComponentAccount::send(Stanza stanza, StanzaKind kind) {
  if (stanza.from().empty()) stanza.set("from", address_.str());
  static_cast<void>(management_.submit({0, kind, stanza.to_text()}));
}

}  // namespace commd::xmpp
