#include "daemon/core/account_book.h"

#include <algorithm>
#include <utility>

#include "daemon/core/account_rules.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::AccountState;

const model::AccountId local_id{"local"};

// Kept with the account, so that a request that is repeated over a restart of the daemon
// makes no second one.
std::string request_key(const model::AccountId& id) { return "account/" + id.str() + "/request"; }

model::Account local_account() {
  model::Account account;
  account.id = local_id;
  account.address = "sip:local@localhost";
  account.protocol = model::Protocol::local;
  account.settings.register_ = false;
  // Loopback needs no keys to be private; a call to oneself still shows SRTP.
  account.settings.accept_from = model::AcceptFrom::any;
  return account;
}

}  // namespace

AccountBook::AccountBook(EventLog& log, ports::Secrets& secrets, const ports::Clock& clock,
                         SignallingByProtocol signalling, std::vector<std::string> codecs,
                         base::Logger logger)
    : log_(log),
      secrets_(secrets),
      clock_(clock),
      signalling_(std::move(signalling)),
      codecs_(std::move(codecs)),
      logger_(std::move(logger)) {
  thread_.bind();
}

void AccountBook::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  facts_ = state.facts;
  for (const model::Account& account : state.accounts) accounts_[account.id] = account;
  if (!accounts_.contains(local_id)) {
    accounts_[local_id] = local_account();
    accounts_[local_id].create_time = clock_.wall_now();
  }
  for (auto& [id, account] : accounts_) {
    account.has_turn_password = facts_.contains(turn_key(id));
    account.state = AccountState::disabled;
    account.state_time = clock_.wall_now();
    publish(account, id == local_id);
    if (!account.enabled) continue;
    const bool supported = prepare(account);
    publish(account, false);
    if (supported) bring_up(id);
  }
}

ports::Signalling* AccountBook::signalling_of(const model::Account& account) const {
  const auto found = signalling_.find(account.protocol);
  return found == signalling_.end() ? nullptr : found->second;
}

void AccountBook::publish(const model::Account& account, bool stored, Done done,
                          std::vector<ports::Change> changes) {
  if (stored) changes.push_back(ports::PutAccount{account});
  log_.emit(model::AccountChanged{account}, std::move(changes),
            [account, done = std::move(done)](base::Result<void> result) {
              if (!done) return;
              if (result)
                done(account);
              else
                done(fail(result.error()));
            });
}

void AccountBook::set_state(model::Account& account, AccountState state, std::string reason,
                            std::string message) {
  account.state = state;
  account.state_reason = std::move(reason);
  account.state_message = std::move(message);
  account.state_time = clock_.wall_now();
  account.retry_time = {};
  if (state != AccountState::online) account.server_in_use.clear();
}

// Whoever asked to enable the account is answered with the state it is in then.
bool AccountBook::prepare(model::Account& account) {
  if (signalling_of(account)) {
    set_state(account, AccountState::connecting, {}, {});
    return true;
  }
  set_state(account, AccountState::failed, "PROTOCOL_NOT_SUPPORTED",
            "this daemon does not speak " + std::string(model::to_string(account.protocol)));
  return false;
}

void AccountBook::bring_up(const model::AccountId& id) {
  if (!accounts_.at(id).has_password) return start_with(id, base::Secret{});
  secrets_.get(
      id, [this, id](base::Result<base::Secret> password) { start_with(id, std::move(password)); });
}

void AccountBook::start_with(const model::AccountId& id, base::Result<base::Secret> password) {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end() || !found->second.enabled) return;
  model::Account& account = found->second;
  if (!password) {
    set_state(account, AccountState::failed, "PASSWORD_UNAVAILABLE",
              "the password cannot be read: " + password.error().message);
    return publish(account, false);
  }
  std::map<std::string, std::string> facts;
  const std::string prefix = "account/" + id.str() + "/";
  for (auto i = facts_.lower_bound(prefix); i != facts_.end() && i->first.starts_with(prefix); ++i)
    facts.insert(*i);
  if (hooks_.coming) hooks_.coming(id);
  signalling_of(account)->account_up(account, std::move(*password), facts);
  if (hooks_.up) hooks_.up(id);
}

void AccountBook::keep_and_start(model::Account& account, Done done,
                                 std::vector<ports::Change> more) {
  const bool starts = account.enabled && prepare(account);
  publish(account, true, std::move(done), std::move(more));
  if (starts) bring_up(account.id);
}

void AccountBook::take_down(const model::AccountId& id) {
  model::Account& account = accounts_.at(id);
  if (ports::Signalling* signalling = signalling_of(account)) signalling->account_down(id);
  set_state(account, AccountState::disabled, {}, {});
  account.message_waiting = {};
}

base::Result<model::Account> AccountBook::account_of(const Draft& draft) const {
  auto parts = parse_own_address(draft.address);
  if (!parts) return fail(parts.error());
  model::Account account;
  account.id = model::AccountId(draft.id.empty() ? parts->uri : draft.id);
  account.address = parts->uri;
  account.protocol = parts->protocol;
  if (!signalling_of(account)) {
    const std::string protocol = model::to_string(account.protocol);
    return fail(base::Error{Code::failed_precondition,
                            "PROTOCOL_NOT_SUPPORTED",
                            "this daemon does not speak " + protocol + " yet",
                            {{"protocol", protocol}}});
  }
  account.enabled = draft.enabled;
  account.has_password = draft.password && !draft.password->empty();
  account.has_turn_password = draft.turn_password && !draft.turn_password->empty();
  account.settings = draft.settings;
  account.create_time = clock_.wall_now();
  if (auto ok = check_account_id(account.id.str()); !ok) return fail(ok.error());
  const auto confirmation =
      draft.confirm_open_microphone ? Confirmation::given : Confirmation::missing;
  if (auto ok = check_settings(account.settings, confirmation, codecs_); !ok)
    return fail(ok.error());
  if (auto ok = check_for_protocol(account.protocol, account.settings); !ok)
    return fail(ok.error());
  if (auto ok = check_relays(account.settings, account.has_turn_password); !ok)
    return fail(ok.error());
  if (accounts_.contains(account.id)) {
    base::Error error{Code::already_exists,
                      "ACCOUNT_EXISTS",
                      "there is an account \"" + account.id.str() + "\" already; choose another id",
                      {}};
    error.details["id"] = account.id.str();
    return fail(error);
  }
  return account;
}

const model::Account* AccountBook::made_by(const std::string& request) const {
  if (request.empty()) return nullptr;
  for (const auto& [id, account] : accounts_) {
    const auto made = facts_.find(request_key(id));
    if (made != facts_.end() && made->second == request &&
        clock_.wall_now() - account.create_time < std::chrono::hours(24))
      return &account;
  }
  return nullptr;
}

void AccountBook::create(Draft draft, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (const model::Account* before = made_by(draft.request_id)) return done(*before);
  auto made = account_of(draft);
  if (!made) return done(fail(made.error()));
  const model::AccountId id = made->id;
  accounts_[id] = std::move(*made);
  const bool has_turn_password = accounts_.at(id).has_turn_password;
  std::vector<ports::Change> known;
  const auto note = [&](const std::string& key, const std::string& value) {
    facts_[key] = value;
    known.emplace_back(ports::PutFact{key, value});
  };
  if (!draft.request_id.empty()) note(request_key(id), draft.request_id);
  if (has_turn_password) note(turn_key(id), "kept");
  const auto keep = [this, id, known = std::move(known), done](base::Result<void> stored) {
    const auto found = accounts_.find(id);
    if (found == accounts_.end()) return done(fail(base::not_found("account", id.str())));
    if (stored) return keep_and_start(found->second, done, known);
    accounts_.erase(found);
    facts_.erase(request_key(id));
    facts_.erase(turn_key(id));
    done(fail(stored.error()));
  };
  if (!accounts_.at(id).has_password) draft.password.reset();
  if (!has_turn_password) draft.turn_password.reset();
  keep_secrets(id, std::move(draft.password), std::move(draft.turn_password), keep);
}

void AccountBook::update(const model::AccountId& id, Update update, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return done(fail(base::not_found("account", id.str())));
  // Confirmed once is confirmed: other settings may change without asking again.
  const bool was_open = found->second.settings.auto_answer == model::AutoAnswer::always;
  const auto confirmation =
      update.confirm_open_microphone || was_open ? Confirmation::given : Confirmation::missing;
  if (auto ok = check_settings(update.settings, confirmation, codecs_); !ok)
    return done(fail(ok.error()));
  if (auto ok = check_for_protocol(found->second.protocol, update.settings); !ok)
    return done(fail(ok.error()));
  const bool turn_password = update.turn_password.has_value();
  if (auto ok = check_relays(update.settings, found->second.has_turn_password || turn_password);
      !ok)
    return done(fail(ok.error()));
  const auto apply = [this, id, settings = update.settings, enabled = update.enabled,
                      password = update.password.has_value(), turn_password,
                      done](base::Result<void> stored) {
    const auto account = accounts_.find(id);
    if (account == accounts_.end()) return done(fail(base::not_found("account", id.str())));
    if (!stored) return done(fail(stored.error()));
    const bool was_enabled = account->second.enabled;
    // Its protocol renews what has changed, and says when that takes the account down.
    const bool stays_up = was_enabled && enabled && account->second.state == AccountState::online;
    account->second.settings = settings;
    account->second.enabled = enabled;
    account->second.has_password = account->second.has_password || password;
    if (turn_password) {
      account->second.has_turn_password = true;
      remember(turn_key(id), "kept");
    }
    if (was_enabled && !enabled) take_down(id);
    if (!stays_up) return keep_and_start(account->second, done);
    publish(account->second, true, done);
    bring_up(id);
  };
  keep_secrets(id, std::move(update.password), std::move(update.turn_password), apply);
}

void AccountBook::set_enabled(const model::AccountId& id, bool enabled, Done done) {
  const model::Account* account = get(id);
  if (!account) return done(fail(base::not_found("account", id.str())));
  Update change;
  change.settings = account->settings;
  change.enabled = enabled;
  update(id, std::move(change), std::move(done));
}

void AccountBook::remove(const model::AccountId& id, std::function<void(base::Result<void>)> done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return done(fail(base::not_found("account", id.str())));
  if (found->second.protocol == model::Protocol::local)
    return done(fail(Code::failed_precondition, "ACCOUNT_IS_BUILT_IN",
                     "the local account cannot be removed; disable it instead"));
  take_down(id);
  if (hooks_.removed) hooks_.removed(id);
  accounts_.erase(found);
  std::vector<ports::Change> changes{ports::EraseAccount{id}};
  const std::string prefix = "account/" + id.str() + "/";
  for (auto i = facts_.lower_bound(prefix); i != facts_.end() && i->first.starts_with(prefix);) {
    changes.emplace_back(ports::PutFact{i->first, {}});
    i = facts_.erase(i);
  }
  log_.emit(model::AccountRemoved{id}, std::move(changes),
            [this, id, done = std::move(done)](base::Result<void> stored) {
              if (!stored) return done(std::move(stored));
              erase_secrets(id, done);
            });
}

const model::Account* AccountBook::get(const model::AccountId& id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second;
}

base::Result<const model::Account*> AccountBook::find(const std::string& reference) const {
  COMMD_ASSERT_THREAD(thread_);
  if (reference.empty())
    return fail(
        base::invalid_argument("id", "name an account: its id, a prefix of it, or its address"));
  if (const model::Account* exact = get(model::AccountId(reference))) return exact;
  std::vector<const model::Account*> matches;
  for (const auto& [id, account] : accounts_) {
    const std::string bare = account.address.substr(account.address.find(':') + 1);
    if (account.address == reference || bare == reference) return &account;
    if (id.str().starts_with(reference) || account.address.starts_with(reference) ||
        bare.starts_with(reference))
      matches.push_back(&account);
  }
  if (matches.empty()) return fail(base::not_found("account", reference));
  if (matches.size() == 1) return matches.front();
  base::Error error{
      Code::invalid_argument, "AMBIGUOUS", "\"" + reference + "\" could be several accounts", {}};
  for (const model::Account* account : matches)
    error.details["candidates"] +=
        (error.details["candidates"].empty() ? "" : " ") + account->id.str();
  error.message += ": " + error.details["candidates"];
  return fail(error);
}

std::vector<model::Account> AccountBook::list() const {
  std::vector<model::Account> all;
  for (const auto& [id, account] : accounts_) all.push_back(account);
  return all;
}

void AccountBook::report(const model::AccountId& id, const ports::AccountReport& report) {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end() || !found->second.enabled) return;
  model::Account& account = found->second;
  const model::Account before = account;
  if (account.state != report.state || account.state_reason != report.reason)
    logger_->info("event: account_state, account: {}, state: {}, reason: {}", id.str(),
                  model::to_string(report.state), report.reason);
  set_state(account, report.state, report.reason, report.message);
  if (account.state == before.state && account.state_reason == before.state_reason)
    account.state_time = before.state_time;
  account.server_in_use = report.server_in_use;
  account.clock_ahead = report.clock_ahead;
  if (report.state == AccountState::retrying)
    account.retry_time = clock_.wall_now() + report.retry_in;
  if (account != before) publish(account, false);
}

void AccountBook::report(const model::AccountId& id, const model::MessageWaiting& waiting) {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end() || !found->second.enabled) return;
  if (found->second.message_waiting == waiting) return;
  found->second.message_waiting = waiting;
  publish(found->second, false);
}

void AccountBook::remember(const std::string& key, const std::string& value) {
  COMMD_ASSERT_THREAD(thread_);
  // Told by a room that was still about to end: what comes after the account goes with it.
  constexpr std::string_view below = "account/";
  if (key.starts_with(below) && !accounts_.contains(model::AccountId(key.substr(
                                    below.size(), key.find('/', below.size()) - below.size()))))
    return;
  if (facts_[key] == value) return;
  facts_[key] = value;
  log_.remember(key, value);
}

std::string AccountBook::fact(const std::string& key) const {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = facts_.find(key);
  return found == facts_.end() ? std::string() : found->second;
}

}  // namespace commd::core
