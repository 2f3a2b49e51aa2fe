// The port between the core and a protocol that can ask what others offer: discovery, commands,
// registration with gateways (XMPP). The protocol room owns the wire; the core owns the runs of
// commands, and what a form must hold.
//
// Every method is called on the core thread and returns at once; `done` comes on the core
// thread, never from inside the call. Errors of all: ACCOUNT_NOT_ONLINE, CONNECTION_LOST,
// SERVER_SILENT, ANSWER_UNREADABLE for an answer that is none, XMPP_... of the far end.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/ids.h"
#include "daemon/model/service.h"

namespace commd::ports {

// One step of a command. Without a session it begins.
struct CommandRequest {
  std::string address;  // xmpp:...
  std::string node;
  std::string session;  // as the far end calls it
  model::CommandAction action = model::CommandAction::usual;
  // The filled form; with `next` and `complete` alone.
  std::optional<model::DataForm> form;
};

// What a service asked for, and in which of the two ways of XEP-0077.
struct RegistrationAsked {
  model::Registration registration;
  bool legacy = false;  // by elements, not by a form
};

class Services {
 public:
  template <class Value>
  using Done = std::function<void(base::Result<Value>)>;

  virtual ~Services() = default;
  // The address itself first, then what it lists. `address` empty: the account's own server.
  virtual void list_services(const model::AccountId& account, const std::string& address,
                             Done<std::vector<model::Service>> done) = 0;
  virtual void list_commands(const model::AccountId& account, const std::string& address,
                             Done<std::vector<model::Command>> done) = 0;
  // CommandStep::session is the far end's.
  virtual void run_command(const model::AccountId& account, CommandRequest request,
                           Done<model::CommandStep> done) = 0;
  virtual void get_registration(const model::AccountId& account, const std::string& address,
                                Done<RegistrationAsked> done) = 0;
  // `asked` with the answers filled in.
  virtual void do_register(const model::AccountId& account, const std::string& address,
                           RegistrationAsked asked, Done<void> done) = 0;
  virtual void unregister(const model::AccountId& account, const std::string& address,
                          Done<void> done) = 0;
  // What time it is at the account's own server (XEP-0202).
  virtual void server_time(const model::AccountId& account, Done<base::WallTime> done) = 0;
  // Tells a gateway that the account is there, so that it logs in to its network, or that it
  // is not (XEP-0100 section 4.4, 4.5).
  virtual void show_presence(const model::AccountId& account, const std::string& address,
                             bool available, Done<void> done) = 0;
};

}  // namespace commd::ports
