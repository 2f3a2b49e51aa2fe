// ports::Services over the XMPP accounts: from the core thread to theirs and back.
//
// Core thread, like the port says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/ports/services.h"

namespace commd::xmpp {

class ServiceFlow;
class XmppAccount;

class XmppServices final : public ports::Services {
 public:
  // The ways between the threads; both outlive it.
  struct Door {
    // Runs it on the XMPP thread, with null for an account that is not up.
    std::function<void(const model::AccountId&, std::function<void(XmppAccount*)>)> on_account;
    // Runs it on the core thread; any thread.
    std::function<void(std::function<void()>)> post;
  };
  explicit XmppServices(Door door) : door_(std::move(door)) {}

  void list_services(const model::AccountId& account, const std::string& address,
                     Done<std::vector<model::Service>> done) override;
  void list_commands(const model::AccountId& account, const std::string& address,
                     Done<std::vector<model::Command>> done) override;
  void run_command(const model::AccountId& account, ports::CommandRequest request,
                   Done<model::CommandStep> done) override;
  void get_registration(const model::AccountId& account, const std::string& address,
                        Done<ports::RegistrationAsked> done) override;
  void do_register(const model::AccountId& account, const std::string& address,
                   ports::RegistrationAsked asked, Done<void> done) override;
  void unregister(const model::AccountId& account, const std::string& address,
                  Done<void> done) override;
  void server_time(const model::AccountId& account, Done<base::WallTime> done) override;
  void show_presence(const model::AccountId& account, const std::string& address, bool available,
                     Done<void> done) override;

 private:
  template <class Value>
  void ask(const model::AccountId& account, Done<Value> done,
           std::function<void(ServiceFlow&, Done<Value>)> work);

  Door door_;
};

}  // namespace commd::xmpp
