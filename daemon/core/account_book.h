// The accounts: creating, changing, bringing up and down, and what their protocol
// rooms report of them.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/core/event_log.h"
#include "daemon/model/ice_server.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/secrets.h"
#include "daemon/ports/signalling.h"
#include "daemon/ports/store.h"

namespace commd::core {

// The protocol rooms, by what they speak. A protocol that this build does not have
// is absent.
using SignallingByProtocol = std::map<model::Protocol, ports::Signalling*>;

class AccountBook {
 public:
  using Done = std::function<void(base::Result<model::Account>)>;

  struct Draft {
    std::string id;       // empty: the address
    std::string address;  // as typed; a bare user@domain is SIP
    bool enabled = true;
    model::AccountSettings settings;
    std::optional<base::Secret> password;
    std::optional<base::Secret> turn_password;
    std::string request_id;
    bool confirm_open_microphone = false;
  };
  struct Update {
    model::AccountSettings settings;  // whole
    bool enabled = true;
    std::optional<base::Secret> password;  // empty: unchanged
    std::optional<base::Secret> turn_password;
    bool confirm_open_microphone = false;
  };

  AccountBook(EventLog& log, ports::Secrets& secrets, const ports::Clock& clock,
              SignallingByProtocol signalling, std::vector<std::string> codecs,
              base::Logger logger);

  // Loads the stored accounts, makes the `local` one if it is not there, and
  // brings up what is enabled.
  void restore(const ports::StoredState& state);

  void create(Draft draft, Done done);
  void update(const model::AccountId& id, Update update, Done done);
  void set_enabled(const model::AccountId& id, bool enabled, Done done);
  void remove(const model::AccountId& id, std::function<void(base::Result<void>)> done);

  // An id, a unique prefix of one, or an address. NOT_FOUND, or INVALID_ARGUMENT
  // with reason AMBIGUOUS and the candidates.
  base::Result<const model::Account*> find(const std::string& reference) const;
  const model::Account* get(const model::AccountId& id) const;
  std::vector<model::Account> list() const;
  // The STUN and TURN servers of its settings, by preference, with what they are asked with.
  // PASSWORD_UNAVAILABLE when the keyring does not give it; `done` may come later.
  using Servers = base::Result<std::vector<model::IceServer>>;
  void ice_servers(const model::AccountId& id, std::function<void(Servers)> done) const;

  // Called whenever an account is about to be brought up, was brought up, or removed for good.
  using Hook = std::function<void(const model::AccountId&)>;
  struct Hooks {
    Hook coming, up, removed;
  };
  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }

  // From the protocol rooms.
  void report(const model::AccountId& id, const ports::AccountReport& report);
  void report(const model::AccountId& id, const model::MessageWaiting& waiting);
  void remember(const std::string& key, const std::string& value);
  // What was remembered; empty: nothing.
  std::string fact(const std::string& key) const;

 private:
  // Sets the state of an account that is to come up: connecting, or failed where
  // nothing speaks its protocol; then false, and bring_up() is not for it.
  bool prepare(model::Account& account);
  void bring_up(const model::AccountId& id);
  // Stores it, answers with it, and brings it up where it is enabled.
  void keep_and_start(model::Account& account, Done done, std::vector<ports::Change> more = {});
  void take_down(const model::AccountId& id);
  void start_with(const model::AccountId& id, base::Result<base::Secret> password);
  void publish(const model::Account& account, bool stored, Done done = {},
               std::vector<ports::Change> changes = {});
  void set_state(model::Account& account, model::AccountState state, std::string reason,
                 std::string message);
  base::Result<model::Account> account_of(const Draft& draft) const;
  // account_secrets.cpp
  using Stored = std::function<void(base::Result<void>)>;
  void keep_secrets(const model::AccountId& id, std::optional<base::Secret> password,
                    std::optional<base::Secret> turn_password, Stored done);
  void erase_secrets(const model::AccountId& id, Stored done);
  // A fact that a password of its relays is kept; nothing else of the account says so.
  static std::string turn_key(const model::AccountId& id);
  // What this request made within a day; null: nothing that is still there.
  const model::Account* made_by(const std::string& request) const;
  ports::Signalling* signalling_of(const model::Account& account) const;

  EventLog& log_;
  ports::Secrets& secrets_;
  const ports::Clock& clock_;
  SignallingByProtocol signalling_;
  const std::vector<std::string> codecs_;  // that an account may list
  base::Logger logger_;
  base::ThreadCheck thread_;
  std::map<model::AccountId, model::Account> accounts_;
  std::map<std::string, std::string> facts_;
  Hooks hooks_;
};

}  // namespace commd::core
