#include "daemon/sip/registered_account.h"

#include <algorithm>
#include <sstream>

#include "daemon/base/random.h"
#include "daemon/sip/local_address.h"
#include "daemon/sip/sip_uri.h"
#include "daemon/sip/tls_refusal.h"

namespace commd::sip {
namespace {

using model::AccountState;
using std::chrono::milliseconds;

constexpr milliseconds leave_patience{1'500};
constexpr size_t max_addresses = 64;

base::MonoTime now() { return std::chrono::steady_clock::now(); }

// It is told to the second: not each of them is news.
bool same_clock(const std::optional<std::chrono::seconds>& a,
                const std::optional<std::chrono::seconds>& b) {
  constexpr std::chrono::seconds jitter{10};
  return a.has_value() == b.has_value() && (!a || std::chrono::abs(*a - *b) <= jitter);
}

// Between `low` and `high` percent of it.
milliseconds share(milliseconds whole, unsigned low, unsigned high) {
  const unsigned percent = low + base::random_u32() % (high - low + 1);
  return std::max(milliseconds(1'000), whole * percent / 100);
}

// For whom realms were pinned: other servers ask for other realms.
std::string place_of(const RegistrarTarget& target) {
  return target.request_uri + " " + target.first.host;
}

// A fact: the place it is true of, then one realm a line.
std::set<std::string> realms_in(const std::string& fact, const std::string& place) {
  std::set<std::string> realms;
  std::istringstream lines(fact);
  std::string line;
  if (!std::getline(lines, line) || line != place) return realms;
  while (std::getline(lines, line)) realms.insert(line);
  return realms;
}

std::string fact_of(const std::set<std::string>& realms, const std::string& place) {
  std::string fact = place;
  for (const std::string& realm : realms)
    if (realm.find('\n') == std::string::npos) fact += "\n" + realm;
  return fact;
}

std::string fact_in(const std::map<std::string, std::string>& facts, const std::string& key) {
  const auto found = facts.find(key);
  return found == facts.end() ? std::string() : found->second;
}

std::string fact_key(const model::AccountId& id, const char* what) {
  return "account/" + id.str() + "/digest." + what;
}

// What decides where the account registers and with what it is seen there.
bool same_way(const model::Account& a, const model::Account& b) {
  const model::AccountSettings& x = a.settings;
  const model::AccountSettings& y = b.settings;
  return a.address == b.address && x.server == y.server && x.transport == y.transport &&
         x.outbound_proxy == y.outbound_proxy && x.register_ == y.register_ &&
         x.tls_ca_file == y.tls_ca_file && x.tls_client_certificate == y.tls_client_certificate;
}

}  // namespace

RegisteredAccount::RegisteredAccount(SipThread& thread, EndpointPool& endpoints,
                                     const model::Account& account, base::Secret password,
                                     const std::map<std::string, std::string>& facts,
                                     AccountEvents& events, base::Logger log)
    : thread_(thread),
      pool_(endpoints),
      account_(account),
      password_(std::move(password)),
      events_(events),
      log_(std::move(log)),
      token_(base::random_token(20)),
      realms_fact_(fact_in(facts, fact_key(account.id, "realms"))),
      strong_fact_(fact_in(facts, fact_key(account.id, "strong_realms"))),
      finder_(thread, endpoints.resolv_conf()) {
  start();
}

RegisteredAccount::~RegisteredAccount() = default;

void RegisteredAccount::report(AccountState state, const std::string& reason,
                               const std::string& message, milliseconds retry_in) {
  ports::AccountReport next;
  next.state = state;
  next.reason = reason;
  next.message = message;
  next.retry_in = retry_in;
  next.clock_ahead = clock_ahead_;
  if (state == AccountState::online && !server_ip_.empty()) {
    const uint16_t port = flow_ ? flow_->name().port : target_.first.port;
    next.server_in_use = protocol_ + " " + target_.first.host + " (" + bracketed(server_ip_) +
                         (port == 0 ? "" : ":" + std::to_string(port)) + ")";
  }
  if (reported_ && reported_->state == next.state && reported_->reason == next.reason &&
      reported_->message == next.message && reported_->server_in_use == next.server_in_use &&
      same_clock(reported_->clock_ahead, next.clock_ahead) && next.retry_in == milliseconds(0))
    return;
  reported_ = next;
  retry_at_ = now() + retry_in;
  events_.account_report(account_.id, next);
  if (!comes_up()) end_waiting();
}

// ---- from the settings to the server --------------------------------------------------

void RegisteredAccount::start() {
  stop();
  registration_.reset();
  endpoint_ = nullptr;
  addresses_.clear();
  service_route_.clear();
  server_ip_.clear();
  auto target = registrar_target(account_);
  if (!target)
    return report(AccountState::failed, target.error().reason, target.error().message, {});
  target_ = std::move(*target);
  make_digest();
  start_over();
}

// Whatever goes on or is waited for.
void RegisteredAccount::stop() {
  timer_.cancel();
  keepalive_.cancel();
  way_check_.cancel();
  finder_.cancel();
  flow_.reset();
  online_ = moving_ = false;
  attempts_ = 0;
  backoff_.reset();
}

void RegisteredAccount::start_over() {
  stop();
  if (takes_part() || has_hop()) return look_up();
  online_ = true;
  report(AccountState::online, {}, {}, {});
}

void RegisteredAccount::make_digest() {
  const std::string place = place_of(target_);
  const std::string& user = account_.settings.auth_user;
  digest_ = std::make_shared<DigestClient>(
      user.empty() ? target_.user : user, password_,
      DigestPolicy(target_.own_names, realms_in(realms_fact_, place)),
      realms_in(strong_fact_, place));
}

void RegisteredAccount::look_up() {
  timer_.cancel();
  if (attempts_ == 0) report(AccountState::connecting, {}, {}, {});
  finder_.find(target_.first,
               [this](base::Result<FoundServer> found) { on_found(std::move(found)); });
}

void RegisteredAccount::on_found(base::Result<FoundServer> found) {
  if (leaving_) return;
  if (!found)
    return on_problem({AccountState::retrying, found.error().reason, found.error().message, {}});
  found_ = std::move(*found);
  addresses_ = {found_.addresses.begin(), found_.addresses.end()};
  auto endpoint = choose_endpoint(found_);
  if (!endpoint) {
    // A file that cannot be read is for a person; a network without a route heals.
    const bool ours = endpoint.error().code == base::Code::invalid_argument;
    return on_problem({ours ? AccountState::failed : AccountState::retrying,
                       endpoint.error().reason,
                       endpoint.error().message,
                       {}});
  }
  endpoint_ = *endpoint;
  moves_ = endpoint_->moves();
  if (!takes_part()) {
    server_ip_ = found_.addresses.front();
    const bool tcp = target_.first.transport == model::SipTransport::tcp;
    protocol_ = found_.tls ? "tls" : tcp ? "tcp" : "udp";
    online_ = true;
    report(AccountState::online, {}, {}, {});
    return settled();
  }
  send_register();
}

// ---- REGISTER ---------------------------------------------------------------------------

void RegisteredAccount::send_register() {
  const model::SipTransport transport =
      found_.tls ? model::SipTransport::tls : target_.first.transport;
  if (!registration_ || registration_->options().endpoint != endpoint_ ||
      registration_->options().transport != transport) {
    Registration::Options options{endpoint_, target_, transport, token_, {}};
    if (registration_ && now() < bound_until_) options.old_contact = registration_->contact();
    registration_ = std::make_unique<Registration>(std::move(options), digest_);
  }
  sent_at_ = now();
  registration_->send(std::chrono::seconds(account_.settings.register_expiry_s),
                      [this](const RegisterAnswer& answer) { on_answer(answer); });
}

void RegisteredAccount::on_answer(const RegisterAnswer& answer) {
  way_check_.cancel();
  if (answer.status >= 200 && answer.status < 300) return on_registered(answer);
  std::optional<TlsFailure> tls;
  if (!answer.by_server)
    tls = tls_refusal(*endpoint_, target_.first.host, target_.first.port, sent_at_);
  // What does not answer may be a connection that is dead without our knowing.
  if (!answer.by_server && flow_) flow_->abandon();
  on_problem(problem_of(answer, target_.address, target_.first.host, tls,
                        std::chrono::system_clock::now()));
}

void RegisteredAccount::on_registered(const RegisterAnswer& answer) {
  attempts_ = 0;
  backoff_.reset();
  service_route_ = answer.service_route;
  server_ip_ = answer.source.ip;
  protocol_ = answer.protocol;
  clock_ahead_ = answer.clock_ahead;
  if (addresses_.size() < max_addresses) addresses_.insert(server_ip_);
  registered_at_ = now();
  bound_until_ = registered_at_ + answer.granted;
  remember_realms();
  follow_flow(answer);
  if (!std::exchange(online_, true))
    log_->info("event: account_online, account: {}, server: {}", account_.id.str(), server_ip_);
  report(AccountState::online, {}, {}, {});
  settled();
  timer_ = thread_.after(share(answer.granted, 80, 90), [this] {
    if (moved_elsewhere()) return look_up();
    send_register();
  });
}

void RegisteredAccount::on_problem(const RegisterProblem& problem) {
  if (std::exchange(online_, false) || attempts_ == 0)
    log_->info("event: account_{}, account: {}, reason: {}",
               problem.state == AccountState::failed ? "failed" : "retrying", account_.id.str(),
               problem.reason);
  flow_.reset();
  keepalive_.cancel();
  timer_.cancel();
  ++attempts_;
  if (problem.state == AccountState::failed) {
    moving_ = false;
    return report(AccountState::failed, problem.reason, problem.message, {});
  }
  const milliseconds wait =
      std::max<milliseconds>(backoff_.next(base::random_u32()), problem.not_before);
  report(AccountState::retrying, problem.reason, problem.message, wait);
  timer_ = thread_.after(wait, [this] { look_up(); });
}

void RegisteredAccount::remember_realms() {
  const std::string place = place_of(target_);
  const std::string realms = fact_of(digest_->pinned_realms(), place);
  const std::string strong = fact_of(digest_->strong_realms(), place);
  if (std::exchange(realms_fact_, realms) != realms)
    events_.remember(fact_key(account_.id, "realms"), realms);
  if (std::exchange(strong_fact_, strong) != strong)
    events_.remember(fact_key(account_.id, "strong_realms"), strong);
}

// ---- keeping it ------------------------------------------------------------------------

void RegisteredAccount::arm_keepalive() {
  if (account_.settings.keepalive_s == 0 || !flow_) return keepalive_.cancel();
  const std::chrono::seconds every(account_.settings.keepalive_s);
  keepalive_ = thread_.after(share(every, 80, 100), [this] { on_keepalive(); });
}

void RegisteredAccount::on_keepalive() {
  if (!flow_) return;
  if (moved_elsewhere() && !registration_->under_way()) return look_up();
  flow_->keep_alive();
  arm_keepalive();
}

// ---- changes and the end ----------------------------------------------------------------

void RegisteredAccount::update(const model::Account& account, base::Secret password) {
  const model::Account old = std::exchange(account_, account);
  const bool same_login =
      password_ == password && old.settings.auth_user == account.settings.auth_user;
  password_ = std::move(password);
  if (!same_way(old, account_)) {
    part();
    reported_.reset();
    return start();
  }
  if (!same_login || old.settings.register_expiry_s != account_.settings.register_expiry_s) {
    make_digest();
    if (registration_) registration_->use(digest_);
    reported_.reset();
    if (!online_ || !takes_part()) return start_over();
    // The server knows us: that holds until it has answered the new login.
    return send_register();
  }
  if (old.settings.keepalive_s != account_.settings.keepalive_s) arm_keepalive();
  // A person has acted: what has failed or waits is tried again at once.
  if (!online_ && !comes_up()) return registration_ ? start_over() : start();
  if (!reported_) return;
  ports::AccountReport again = *reported_;
  again.retry_in =
      std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(retry_at_ - now()));
  events_.account_report(account_.id, again);
}

// Takes the old registration back, as far as its server answers.
void RegisteredAccount::part() {
  const bool known = registration_ && (now() < bound_until_ || registration_->under_way());
  if (!known) return;
  parting_ = std::move(registration_);
  // Not from inside its own event.
  const auto forget = [this] {
    parting_patience_ = thread_.after(milliseconds(1), [this] { parting_.reset(); });
  };
  parting_patience_ = thread_.after(leave_patience, [this] { parting_.reset(); });
  parting_->send(std::chrono::seconds(0), [forget](const RegisterAnswer&) { forget(); });
}

void RegisteredAccount::leave(std::function<void()> done) {
  leaving_ = true;
  end_waiting();
  finder_.cancel();
  direct_finders_.clear();
  keepalive_.cancel();
  way_check_.cancel();
  timer_.cancel();
  flow_.reset();
  const bool known = registration_ && (now() < bound_until_ || registration_->under_way());
  if (!known) return thread_.post(std::move(done));
  on_left_ = std::move(done);
  // Never from inside the registration's own event: whoever hears it may destroy us.
  const auto left = [this] {
    timer_.cancel();
    if (on_left_) thread_.post(std::exchange(on_left_, nullptr));
  };
  timer_ = thread_.after(leave_patience, left);
  registration_->send(std::chrono::seconds(0), [left](const RegisterAnswer&) { left(); });
}

}  // namespace commd::sip
