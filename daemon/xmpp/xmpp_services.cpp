#include "daemon/xmpp/xmpp_services.h"

#include <utility>

#include "daemon/xmpp/xmpp_account.h"

namespace commd::xmpp {

// `done` is told on the core thread, also of an account that is not up.
template <class Value>
void XmppServices::ask(const model::AccountId& id, Done<Value> done,
                       std::function<void(ServiceFlow&, Done<Value>)> work) {
  const Done<Value> told = [post = door_.post, done = std::move(done)](base::Result<Value> result) {
    post([done, result = std::move(result)] { done(result); });
  };
  door_.on_account(id, [id, told, work = std::move(work)](XmppAccount* account) {
    bool there = false;
    if (account)
      account->with_services([&](ServiceFlow& services) {
        there = true;
        work(services, told);
      });
    if (!there)
      told(base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE",
                      "the account " + id.str() + " is not up; enable it: commctl account enable"));
  });
}

void XmppServices::list_services(const model::AccountId& account, const std::string& address,
                                 Done<std::vector<model::Service>> done) {
  ask<std::vector<model::Service>>(account, std::move(done), [address](auto& flow, auto told) {
    flow.list_services(address, std::move(told));
  });
}

void XmppServices::list_commands(const model::AccountId& account, const std::string& address,
                                 Done<std::vector<model::Command>> done) {
  ask<std::vector<model::Command>>(account, std::move(done), [address](auto& flow, auto told) {
    flow.list_commands(address, std::move(told));
  });
}

void XmppServices::run_command(const model::AccountId& account, ports::CommandRequest request,
                               Done<model::CommandStep> done) {
  ask<model::CommandStep>(account, std::move(done),
                          [request = std::move(request)](auto& flow, auto told) {
                            flow.run_command(request, std::move(told));
                          });
}

void XmppServices::get_registration(const model::AccountId& account, const std::string& address,
                                    Done<ports::RegistrationAsked> done) {
  ask<ports::RegistrationAsked>(account, std::move(done), [address](auto& flow, auto told) {
    flow.get_registration(address, std::move(told));
  });
}

void XmppServices::do_register(const model::AccountId& account, const std::string& address,
                               ports::RegistrationAsked asked, Done<void> done) {
  ask<void>(account, std::move(done), [address, asked = std::move(asked)](auto& flow, auto told) {
    flow.do_register(address, asked, std::move(told));
  });
}

void XmppServices::unregister(const model::AccountId& account, const std::string& address,
                              Done<void> done) {
  ask<void>(account, std::move(done),
            [address](auto& flow, auto told) { flow.unregister(address, std::move(told)); });
}

void XmppServices::server_time(const model::AccountId& account, Done<base::WallTime> done) {
  ask<base::WallTime>(account, std::move(done),
                      [](auto& flow, auto told) { flow.server_time(std::move(told)); });
}

void XmppServices::show_presence(const model::AccountId& account, const std::string& address,
                                 bool available, Done<void> done) {
  ask<void>(account, std::move(done), [address, available](auto& flow, auto told) {
    flow.show_presence(address, available, std::move(told));
  });
}

}  // namespace commd::xmpp
