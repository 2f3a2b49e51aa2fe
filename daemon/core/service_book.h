// What services of the network offer: who is there, commands to be run, gateways to register
// with. Nothing of it is kept but the runs of commands, for a while.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/base/thread_check.h"
#include "daemon/core/account_book.h"
#include "daemon/ports/services.h"
#include "daemon/ports/timers.h"

namespace commd::core {

using ServicesByProtocol = std::map<model::Protocol, ports::Services*>;

class ServiceBook {
 public:
  // A run that nobody goes on with is forgotten after so long ...
  static constexpr std::chrono::minutes run_patience{10};
  // ... and so many are remembered.
  static constexpr size_t most_runs = 100;

  template <class Value>
  using Done = ports::Services::Done<Value>;

  // `account` empty: the only one that can ask, then the one marked default. `address` as typed:
  // xmpp:..., or without the scheme; empty: the account's own server.
  struct Target {
    std::string account, address;
  };
  struct Step {
    Target target;  // these three of a run that begins
    std::string node;
    std::string session;  // of one that goes on
    model::CommandAction action = model::CommandAction::usual;
    model::DataForm form;  // the answers; what is left out stays as it is
  };

  ServiceBook(AccountBook& accounts, ServicesByProtocol rooms, ports::Timers& timers);

  // Errors of all: INVALID_ARGUMENT of the account or the address, NO_ACCOUNT,
  // ACCOUNT_REQUIRED, SERVICES_NOT_SUPPORTED, and those of ports::Services.
  void list_services(const Target& target, Done<std::vector<model::Service>> done);
  void list_commands(const Target& target, Done<std::vector<model::Command>> done);
  // CommandStep::session is ours. Also: NOT_FOUND for a session that is over,
  // ACTION_NOT_POSSIBLE, and INVALID_ARGUMENT of the form's field that is wrong.
  void run_command(const Step& step, Done<model::CommandStep> done);
  void get_registration(const Target& target, Done<model::Registration> done);
  void do_register(const Target& target, model::DataForm answers, Done<void> done);
  void unregister(const Target& target, Done<void> done);
  void show_presence(const Target& target, bool available, Done<void> done);

  // The runs of its commands are over.
  void account_removed(const model::AccountId& account);

 private:
  struct Way {
    model::AccountId account;
    std::string address;  // with its scheme, or empty
    ports::Services* room = nullptr;
  };
  struct Run {
    Way way;
    std::string node;
    model::CommandStep step;  // its session is the far end's
    bool busy = false;        // a step is under way
    ports::TimerHandle timer;
  };

  base::Result<Way> way_of(const Target& target) const;
  base::Result<const model::Account*> account_of(const std::string& reference) const;
  void begin(const Step& step, Done<model::CommandStep> done);
  void go_on(const Step& step, Done<model::CommandStep> done);
  base::Result<ports::CommandRequest> next_request(const Run& run, const Step& step) const;
  void stepped(const std::string& session, model::CommandStep step, Done<model::CommandStep> done);
  void remember(const std::string& session, Run run);

  AccountBook& accounts_;
  ServicesByProtocol rooms_;
  ports::Timers& timers_;
  base::ThreadCheck thread_;
  std::map<std::string, Run> runs_;  // by our session
};

}  // namespace commd::core
