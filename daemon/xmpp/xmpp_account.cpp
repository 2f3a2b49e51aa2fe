#include "daemon/xmpp/xmpp_account.h"

#include <utility>

#include "daemon/base/random.h"
#include "daemon/model/host_port.h"
#include "daemon/net/local_address.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using model::AccountState;

std::string_view without_scheme(const std::string& address) {
  return std::string_view(address).substr(address.find(':') + 1);
}

// "scram plus": facts are text.
SaslPins pins_of(const std::string& text) {
  const auto has = [&](const char* word) { return text.find(word) != std::string::npos; };
  return {has("scram"), has("plus"), has("plain")};
}

std::string text_of(const SaslPins& pins) {
  std::string text;
  for (const auto& [set, word] : {std::pair{pins.scram, "scram"}, std::pair{pins.plus, "plus"},
                                  std::pair{pins.plain, "plain"}})
    if (set) text += (text.empty() ? "" : " ") + std::string(word);
  return text;
}

// Of "tls example.org (192.0.2.1:5222)"; empty: there is no such address.
std::string local_ip_towards(const std::string& server) {
  const size_t open = server.rfind('('), close = server.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  const auto place =
      model::parse_host_port(std::string_view(server).substr(open + 1, close - open - 1));
  return place ? net::local_address_towards(place->host) : std::string();
}

void restore(Roster& roster, const ports::KnownRoster& known) {
  std::map<Jid, RosterItem> items;
  for (const ports::RosterEntry& each : known.entries)
    if (const auto jid = Jid::parse(without_scheme(each.address)))
      items[*jid] = {each.name, each.groups, each.subscription, each.asked};
  roster.restore(std::move(items), known.version);
}

// Whether the way to the server is another one.
bool same_way(const model::AccountSettings& a, const model::AccountSettings& b) {
  return a.server == b.server && a.transport == b.transport && a.tls_ca_file == b.tls_ca_file &&
         a.auth_user == b.auth_user && a.keepalive_s == b.keepalive_s;
}

}  // namespace

XmppAccount::XmppAccount(AccountSurroundings around, const model::Account& account,
                         base::Secret password, const std::map<std::string, std::string>& facts,
                         const ports::KnownRoster& known)
    : around_(std::move(around)), account_(account), password_(std::move(password)) {
  const auto fact = [&](const char* name) {
    const auto found = facts.find(fact_key(name));
    return found == facts.end() ? std::string() : found->second;
  };
  pins_ = pins_of(fact("xmpp.pins"));
  resource_ = fact("xmpp.resource");
  if (resource_.empty()) {
    // The same one each time, so that a new session takes the place of one that died with
    // the daemon, and what was on its way to that comes here.
    resource_ = "commd." + base::random_token(8);
    around_.events.remember(fact_key("xmpp.resource"), resource_);
  }
  auto jid = Jid::parse(without_scheme(account_.address));
  if (!jid) {
    failed(jid.error(), Retry::person);
    return;
  }
  address_ = std::move(*jid);
  roster_.emplace(address_);
  if (!known.version.empty()) restore(*roster_, known);
  contacts_.emplace(ContactFlow::Parts{
      account_.id, address_, *roster_, around_.timers, around_.clock, around_.events,
      [this](const Stanza& stanza, StanzaKind kind) { return send(stanza, kind); }});
  rooms_.emplace(parts_of_rooms(facts));
  sessions_.emplace([this](const Stanza& iq) { send(iq, StanzaKind::iq); });
  files_.emplace(FileFlow::Parts{
      account_.id, address_, around_.timers, around_.clock, *roster_, around_.events, *sessions_,
      around_.files, account_.settings.relay_only,
      [this] { return model::server_is_here(account_); },
      [this](const Jid& person) { return contacts_->devices_of(person); },
      [this] {
        if (live_) live_->flush();
      },
      [this](const Stanza& stanza, StanzaKind kind) { return send(stanza, kind); }});
  calls_.emplace(parts_of_calls());
  sessions_->add_kind(calls_->offers());
  flow_.emplace(account_.id, address_, management_, *roster_, around_.timers, fact("xmpp.archive"),
                told_by_flow());
  services_.emplace(ServiceFlow::Parts{
      account_.id, address_, around_.timers,
      [this](const Stanza& stanza, StanzaKind kind) { return send(stanza, kind); }});
  avatars_.emplace(AvatarFlow::Parts{
      account_.id, address_, *roster_, around_.timers, around_.events,
      [this](const Stanza& stanza, StanzaKind kind) { return send(stanza, kind); }});
  connect();
}

MessageFlow::Told XmppAccount::told_by_flow() {
  AccountEvents& events = around_.events;
  return {
      [&events](ports::IncomingMessage message) { events.message_received(std::move(message)); },
      [&events](const ports::MessageReport& report) { events.message_report(report); },
      [&events](const ports::TypingNews& news) { events.typing(news); },
      [this](const std::string& place) {
        around_.events.remember(fact_key("xmpp.archive"), place);
      },
      [this] {
        if (live_) live_->flush();
      },
      [this](const Jid& bare) { return rooms_->is_room(bare); }};
}

RoomFlow::Parts XmppAccount::parts_of_rooms(const std::map<std::string, std::string>& facts) {
  const std::string prefix = fact_key("xmpp.room/");
  std::map<std::string, std::string> places;
  for (auto i = facts.lower_bound(prefix); i != facts.end() && i->first.starts_with(prefix); ++i)
    places[i->first.substr(prefix.size())] = i->second;
  MessageFlow::Told told = told_by_flow();
  return {account_.id,
          address_,
          around_.timers,
          around_.clock,
          around_.events,
          std::move(told.received),
          std::move(told.report),
          [this, prefix](const Jid& room, const std::string& place) {
            around_.events.remember(prefix + "xmpp:" + room.str(), place);
          },
          std::move(places),
          [this](const Stanza& stanza, StanzaKind kind) { return send(stanza, kind); },
          std::move(told.flush),
          [this](const std::string& reason, const std::string& words) {
            around_.events.notice(reason, words, account_.id.str());
          },
          around_.random};
}

XmppCalls::Parts XmppAccount::parts_of_calls() {
  return {account_.id,
          address_,
          around_.timers,
          *roster_,
          *sessions_,
          [this](std::function<void(ports::SignallingEvents&)> what) {
            around_.events.tell(std::move(what));
          },
          around_.clock,
          [this] { return local_ip_towards(server_in_use_); },
          [this] { return account_.settings.tls_ca_file; },
          [this](IceServerFlow::Servers servers, std::function<void(IceServerFlow::Servers)> done) {
            return around_.network.find_ice_servers(std::move(servers), std::move(done));
          },
          [this] {
            if (live_) live_->flush();
          },
          [this](const Stanza& stanza, StanzaKind kind) { return send(stanza, kind); },
          [this](const Jid& bare) { return rooms_->is_room(bare); }};
}

XmppAccount::~XmppAccount() = default;

std::string XmppAccount::fact_key(const char* name) const {
  return "account/" + account_.id.str() + "/" + name;
}

// ---- wishes ----------------------------------------------------------------------

void XmppAccount::update(const model::Account& account, base::Secret password) {
  if (stage_ == Stage::left) return;
  if (address_.empty())
    return failed(Jid::parse(without_scheme(account_.address)).error(), Retry::person);
  const bool same = same_way(account.settings, account_.settings) && password == password_;
  account_ = account;
  if (!(password == password_)) keys_.reset();
  password_ = std::move(password);
  if (same && stage_ == Stage::online) return report(AccountState::online);
  if (live_) part({});
  management_.disconnected();
  session_cut();
  backoff_.reset();
  other_host_.reset();
  connect();
}

void XmppAccount::set_in_use(bool in_use, std::function<void()> caught_up) {
  const bool kept_back =
      std::exchange(in_use_, in_use) != in_use && in_use && live_ && says_client_state_;
  if (!live_) return caught_up();
  contacts_->used();
  say_client_state();
  if (kept_back)
    contacts_->after_all([caught_up = std::move(caught_up)](const auto&) { caught_up(); });
  else
    caught_up();
  live_->flush();
}

void XmppAccount::say_client_state() {
  if (!says_client_state_) return;
  around_.log->debug("event: xmpp_client_state, account: {}, in_use: {}", account_.id.str(),
                     in_use_);
  live_->say(std::string(in_use_ ? "<active" : "<inactive") + " xmlns='" + ns::kClientState +
             "'/>");
}

void XmppAccount::network_changed() {
  const std::string way = live_ ? local_ip_towards(server_in_use_) : std::string();
  if (live_ && (way.empty() || way == way_ip_)) return live_->probe();
  // Nothing comes to the address that it has left by.
  if (live_)
    drop({{base::Code::unavailable,
           "CONNECTION_LOST",
           "this machine has another address; the connection begins anew",
           {}},
          Retry::later,
          false,
          {},
          {}});
  if (stage_ == Stage::waiting) connect();
}

void XmppAccount::leave(std::function<void()> done) {
  stage_ = Stage::left;
  retry_.reset();
  attempt_.reset();
  if (live_) with_calls([](XmppCalls& calls) { calls.say_goodbye(); });
  if (contacts_) contacts_->session_ended();
  if (rooms_) rooms_->session_ended();
  if (files_) files_->session_ended();
  if (calls_) calls_->session_ended();
  if (flow_) flow_->end();
  if (services_) services_->session_ended();
  if (avatars_) avatars_->session_ended();
  if (!live_) return done();
  leaving_ = std::move(live_);
  leaving_->close({}, std::move(done));
}

// ---- logging in ------------------------------------------------------------------

LoginPlan XmppAccount::plan() {
  LoginPlan plan;
  plan.login.account = address_;
  plan.login.resource = resource_;
  plan.login.pins = pins_;
  plan.login.credentials.username = account_.settings.auth_user;
  plan.login.credentials.password = password_;
  plan.login.credentials.cached = keys_;
  plan.server.domain = std::string(address_.domain());
  plan.server.server = std::exchange(other_host_, std::nullopt);
  if (!plan.server.server && !account_.settings.server.empty())
    plan.server.server = parse_host_port(account_.settings.server);
  if (account_.settings.transport == model::SipTransport::tls) plan.server.tls = TlsMode::direct;
  if (account_.settings.transport == model::SipTransport::tcp) plan.server.tls = TlsMode::starttls;
  plan.ca_file = account_.settings.tls_ca_file;
  plan.keepalive = std::chrono::seconds(account_.settings.keepalive_s);
  return plan;
}

void XmppAccount::connect() {
  stage_ = Stage::connecting;
  retry_.reset();
  // The server will repeat what was not acknowledged by now.
  inbound_.forget();
  flow_->forget_tickets();
  rooms_->forget_tickets();
  if (!account_.settings.server.empty() && !parse_host_port(account_.settings.server))
    return failed(
        {base::Code::invalid_argument,
         "SERVER_INVALID",
         "\"" + account_.settings.server +
             "\" is no HOST or HOST:PORT; correct it with commctl account set A server=...",
         {}},
        Retry::person);
  report(AccountState::connecting);
  attempt_ = std::make_unique<LoginAttempt>(
      around_.network, around_.timers, management_, plan(), around_.log,
      [this](LoginAttempt::Outcome outcome) { finished(std::move(outcome)); });
}

void XmppAccount::finished(LoginAttempt::Outcome outcome) {
  attempt_.reset();
  if (!outcome.loss.acked.empty()) acknowledged(outcome.loss.acked);
  if (outcome.in) return logged_in(std::move(*outcome.in));
  // Keys that the server does not take are of no use a second time.
  if (outcome.failure.retry == Retry::person) keys_.reset();
  failed(outcome.failure.error, outcome.failure.retry);
}

void XmppAccount::logged_in(LoggedIn in) {
  stage_ = Stage::online;
  online_since_ = around_.clock.mono_now();
  server_in_use_ = in.server;
  way_ip_ = local_ip_towards(server_in_use_);
  keys_ = std::move(in.ready.keys);
  keep_pins(in.ready);
  around_.log->info("event: xmpp_online, account: {}, server: {}, mechanism: {}, resumed: {}",
                    account_.id.str(), server_in_use_, in.ready.mechanism, in.ready.resumed);
  live_ = std::make_unique<LiveStream>(
      LiveStream::Parts{std::move(in.stream), std::move(in.reader), management_, around_.timers,
                        around_.clock, around_.log},
      std::string(address_.domain()), static_cast<StreamObserver&>(*this));
  if (!in.ready.acked.empty()) acknowledged(in.ready.acked);
  if (in.ready.resumed) {
    contacts_->session_resumed();
    services_->session_resumed();
    avatars_->session_resumed();
    files_->session_resumed();
    flow_->session_resumed();
    rooms_->session_resumed();
  } else {
    contacts_->session_began(in.ready.features);
    services_->session_began();
    avatars_->session_began();
    files_->session_began(in.ready.jid);
    calls_->session_began(in.ready.jid);
    flow_->begin_session(around_.clock.wall_now());
    rooms_->session_began();
  }
  says_client_state_ = in.ready.features.client_state;
  // A session begins in use; of one that is resumed it is not known what it remembers.
  if (!in_use_ || in.ready.resumed) say_client_state();
  report(AccountState::online);
  live_->begin(std::move(in.ready.early));
}

void XmppAccount::keep_pins(const Ready& ready) {
  if (ready.disclosed_password && !pins_.plain)
    around_.events.notice(
        "PASSWORD_DISCLOSED",
        "the server of " + account_.id.str() +
            " knows no way to log in that keeps the password secret from it: it was told the "
            "password, over a verified connection. Ask its operator for SCRAM",
        account_.id.str());
  if (ready.pins == pins_) return;
  pins_ = ready.pins;
  around_.events.remember(fact_key("xmpp.pins"), text_of(pins_));
}

void XmppAccount::failed(const base::Error& error, Retry retry) {
  if (retry == Retry::later) return wait_and_retry(error);
  stage_ = Stage::failed;
  report(AccountState::failed, error);
}

void XmppAccount::wait_and_retry(const base::Error& error) {
  stage_ = Stage::waiting;
  const std::chrono::milliseconds wait = backoff_.next(around_.random());
  retry_ = around_.timers.after(wait, [this] { connect(); });
  report(AccountState::retrying, error, wait);
}

void XmppAccount::report(AccountState state, const base::Error& why,
                         std::chrono::milliseconds retry_in) {
  ports::AccountReport report;
  report.state = state;
  report.reason = why.reason;
  report.message = why.message;
  report.retry_in = retry_in;
  if (state == AccountState::online) report.server_in_use = server_in_use_;
  around_.events.account_report(account_.id, report);
}

}  // namespace commd::xmpp
