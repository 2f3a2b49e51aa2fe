#include "daemon/xmpp/login_attempt.h"

#include <iterator>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/base/secret.h"
#include "daemon/model/host_port.h"
#include "daemon/xmpp/component_negotiator.h"

namespace commd::xmpp {
namespace {

TlsMode mode_of(const net::Target& target) { return static_cast<TlsMode>(target.tag); }

bool is_this_machine(const std::string& place) {
  const auto parsed = model::parse_host_port(place);
  return parsed && model::is_this_machine(parsed->host);
}

base::Error not_protected(const std::string& host) {
  return {
      base::Code::failed_precondition,
      "COMPONENT_NOT_PROTECTED",
      "the way to " + base::escape_line(host) +
          " leads over a network, and a component's stream has no TLS: anybody on the way could "
          "read and change it. Use transport=tls where the server offers that, or accept it: "
          "commctl account set ... allow_clear_text=on",
      {{"server", host}}};
}

void merge(SmLoss& into, SmLoss more) {
  const auto move_all = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move_all(into.acked, more.acked);
  move_all(into.uncertain, more.uncertain);
  move_all(into.dropped, more.dropped);
}

}  // namespace

LoginAttempt::LoginAttempt(Network& network, ports::Timers& timers, StreamManagement& management,
                           LoginPlan plan, base::Logger log, Done done)
    : network_(network),
      timers_(timers),
      management_(management),
      plan_(std::move(plan)),
      log_(std::move(log)),
      done_(std::move(done)) {
  find();
}

LoginAttempt::~LoginAttempt() {
  *gone_ = true;
  forget_unsent();
}

// ---- the way to a connection -----------------------------------------------------

void LoginAttempt::find() {
  pending_ = network_.find(plan_.server, [this](base::Result<net::FoundTargets> found) {
    if (!found) {
      const bool wrong = found.error().code == base::Code::invalid_argument;
      return give_up({found.error(), wrong ? Retry::person : Retry::later});
    }
    ascii_domain_ = found->domain;
    targets_ = std::move(found->targets);
    connect();
  });
}

void LoginAttempt::connect() {
  pending_ = network_.connect(
      targets_, plan_.keepalive,
      [this](base::Result<std::unique_ptr<Connection>> made) { connected(std::move(made)); });
}

void LoginAttempt::connected(base::Result<std::unique_ptr<Connection>> made) {
  if (!made) {
    targets_.clear();  // it has tried them all
    return place_failed(made.error(), Retry::later);
  }
  connection_ = std::move(*made);
  // Those before it were tried and did not answer.
  const auto tried = static_cast<std::ptrdiff_t>(connection_->target_index()) + 1;
  targets_.erase(targets_.begin(), targets_.begin() + tried);
  place_ = server_text();
  log_->debug("event: xmpp_connected, account: {}, server: {}", plan_.login.account.str(), place_);
  const bool in_clear = plan_.component && mode_of(connection_->target()) != TlsMode::direct;
  if (in_clear && !plan_.allow_clear_text && !is_this_machine(connection_->remote()))
    return place_failed(not_protected(connection_->target().host), Retry::person);
  negotiate();
}

std::unique_ptr<Negotiator> LoginAttempt::make_negotiator() const {
  if (plan_.component)
    return std::make_unique<ComponentNegotiator>(plan_.login.account,
                                                 plan_.login.credentials.password, management_);
  LoginConfig login = plan_.login;
  login.tls = mode_of(connection_->target());
  login.redirects = redirects_;
  return std::make_unique<StreamNegotiator>(std::move(login), management_);
}

void LoginAttempt::negotiate() {
  negotiator_ = make_negotiator();
  deadline_ = timers_.after(patience, [this] {
    negotiator_->timed_out();
    take_actions();
  });
  negotiator_->start();
  if (mode_of(connection_->target()) == TlsMode::direct) return secure();
  take_actions();
  read();
}

void LoginAttempt::secure() {
  // The stream in clear goes; what it was asked to do, its peer has answered.
  securing_ = true;
  reading_ = writing_ = false;
  connection_->secure({ascii_domain_, plan_.ca_file},
                      [this](base::Result<Secured> up) { secured(std::move(up)); });
}

void LoginAttempt::secured(base::Result<Secured> up) {
  securing_ = false;
  if (!up) {
    const bool ours = up.error().code == base::Code::invalid_argument;  // the file of authorities
    return place_failed(up.error(), ours ? Retry::person : Retry::later);
  }
  secure_stream_ = std::move(up->stream);
  log_->debug("event: xmpp_secured, account: {}, tls: {}", plan_.login.account.str(), up->version);
  negotiator_->tls_up(std::move(up->facts));
  const std::shared_ptr<bool> gone = gone_;
  take_actions();
  if (!*gone && negotiator_ && !reading_) read();
}

net::ByteStream& LoginAttempt::stream() {
  return secure_stream_ ? *secure_stream_ : connection_->clear();
}

// ---- bytes -----------------------------------------------------------------------

void LoginAttempt::read() {
  reading_ = true;
  stream().read([this](base::Result<std::string_view> bytes) { received(std::move(bytes)); });
}

void LoginAttempt::received(base::Result<std::string_view> bytes) {
  reading_ = false;
  const std::shared_ptr<bool> gone = gone_;
  if (!bytes && bytes.error().reason != "CONNECTION_LOST")
    return place_failed(bytes.error(), Retry::later);  // TLS has more to say
  if (!bytes || bytes->empty())
    negotiator_->closed();
  else
    negotiator_->received(*bytes);
  take_actions();
  // After the end, and while TLS is set up, whoever comes next reads.
  if (*gone || !negotiator_ || negotiator_->finished() || reading_ || securing_) return;
  read();
}

void LoginAttempt::send(std::string bytes) {
  unsent_.push_back(std::move(bytes));
  write_next();
}

void LoginAttempt::write_next() {
  if (writing_ || unsent_.empty()) return;
  writing_ = true;
  std::string bytes = std::move(unsent_.front());
  unsent_.pop_front();
  // What cannot be written is told by the read that is waiting.
  stream().write(std::move(bytes), [this](base::Result<void>) {
    writing_ = false;
    write_next();
    maybe_finish();
  });
}

// ---- actions ---------------------------------------------------------------------

void LoginAttempt::take_actions() {
  const std::shared_ptr<bool> gone = gone_;
  for (LoginAction& action : negotiator_->take_actions()) {
    take(std::move(action));
    if (*gone || !negotiator_) return;
  }
}

void LoginAttempt::take(LoginAction action) {
  if (auto* bytes = std::get_if<SendBytes>(&action)) return send(std::move(bytes->bytes));
  if (std::holds_alternative<StartTls>(action)) return secure();
  if (auto* keys = std::get_if<DeriveKeys>(&action)) return derive(std::move(*keys));
  if (auto* to = std::get_if<Redirect>(&action)) return redirect(to->to);
  if (auto* ready = std::get_if<Ready>(&action)) {
    deadline_.reset();
    ready_ = std::move(*ready);
    return maybe_finish();
  }
  auto& failed = std::get<Failed>(action);
  merge(loss_, std::move(failed.loss));
  place_failed(std::move(failed.error), failed.retry);
}

void LoginAttempt::derive(DeriveKeys what) {
  pending_ = network_.derive(std::move(what), [this](ScramKeys keys) {
    negotiator_->keys_derived(std::move(keys));
    take_actions();
  });
}

// ---- the end ---------------------------------------------------------------------

void LoginAttempt::redirect(const HostPort& to) {
  log_->info("event: xmpp_redirected, account: {}, to: {}", plan_.login.account.str(),
             base::escape_line(to.host));
  ++redirects_;
  plan_.server.server = to;
  leave_place();
  targets_.clear();
  find();
}

// The next place may do better, unless a person has to act first.
void LoginAttempt::place_failed(base::Error error, Retry retry) {
  log_->debug("event: xmpp_place_failed, account: {}, server: {}, reason: {}",
              plan_.login.account.str(), place_, error.reason);
  if (!first_failure_ || retry == Retry::person) first_failure_ = {std::move(error), retry};
  leave_place();
  if (retry == Retry::person || targets_.empty()) return give_up(std::move(*first_failure_));
  connect();
}

// Without a goodbye: there is no session yet that could be left open.
void LoginAttempt::leave_place() {
  deadline_.reset();
  negotiator_.reset();
  forget_unsent();
  writing_ = reading_ = securing_ = false;
  secure_stream_.reset();
  connection_.reset();
}

void LoginAttempt::forget_unsent() {
  for (std::string& bytes : unsent_) base::wipe_memory(bytes.data(), bytes.size());
  unsent_.clear();
}

// The stream is handed on when nothing of ours is being written any more.
void LoginAttempt::maybe_finish() {
  if (!ready_ || writing_ || !unsent_.empty()) return;
  Outcome outcome;
  outcome.loss = std::move(loss_);
  merge(outcome.loss, std::exchange(ready_->loss, {}));
  auto stream = secure_stream_ ? std::move(secure_stream_) : connection_->take_clear();
  outcome.in = LoggedIn{std::move(stream), negotiator_->take_reader(), std::move(*ready_), place_};
  ready_.reset();
  const Done done = std::move(done_);
  done(std::move(outcome));
}

void LoginAttempt::give_up(LoginFailure failure) {
  Outcome outcome;
  outcome.failure = std::move(failure);
  outcome.loss = std::move(loss_);
  const Done done = std::move(done_);
  done(std::move(outcome));
}

std::string LoginAttempt::server_text() const {
  const net::Target& target = connection_->target();
  std::string text = plan_.component ? "tcp " : "starttls ";
  if (mode_of(target) == TlsMode::direct) text = "tls ";
  return text + target.host + " (" + connection_->remote() + ")";
}

}  // namespace commd::xmpp
