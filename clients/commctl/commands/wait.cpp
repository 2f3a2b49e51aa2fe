#include <algorithm>
#include <chrono>

#include "clients/client/event_stream.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/reach.h"
#include "clients/commctl/terminal.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using client::EventStream;

// What differs between a call and an account.
struct CallKind {
  using Resource = v1::Call;
  static std::vector<v1::Call::State> states(const std::string& condition) {
    return call_states_of(condition);
  }
  static v1::Call get(const client::Client& client, const std::string& id) {
    return client.get_call(id);
  }
  static const v1::Call& changed(const v1::Event& event) { return event.call_changed(); }
  static std::string removed(const v1::Event&) { return {}; }
};

struct AccountKind {
  using Resource = v1::Account;
  static std::vector<v1::Account::State> states(const std::string& condition) {
    return account_states_of(condition);
  }
  static v1::Account get(const client::Client& client, const std::string& id) {
    return client.get_account(id);
  }
  static const v1::Account& changed(const v1::Event& event) { return event.account_changed(); }
  static std::string removed(const v1::Event& event) { return event.account_removed(); }
};

template <class Kind>
class Waiter {
 public:
  Waiter(Context& context, std::string id)
      : context_(context),
        id_(std::move(id)),
        wanted_(Kind::states(context.option("--for"))),
        events_(context.client()) {
    if (context.timeout()) deadline_ = std::chrono::steady_clock::now() + *context.timeout();
  }

  int run() {
    while (true) {
      const auto item = events_.next();
      if (!item) {
        if (wait_readable({events_.descriptor()}, deadline_)) continue;
        throw client::ClientError(client::Code::deadline_exceeded, "",
                                  resource_.id().empty()
                                      ? "the daemon did not answer in time"
                                      : resource_.id() + " is still " + word_of(resource_.state()));
      }
      if (item->kind == EventStream::Kind::lost) context_.out().say(item->error->message());
      if (const auto code = take(*item)) return *code;
    }
  }

 private:
  // The state is asked for after the stream is up, so that no change falls between;
  // and again after a new snapshot, where an ended call is absent.
  std::optional<int> take(const EventStream::Item& item) {
    if (item.kind == EventStream::Kind::checkpoint && !settled_) {
      settled_ = true;
      resource_ = Kind::get(context_.client(), resource_.id().empty() ? id_ : resource_.id());
      return judge();
    }
    if (item.kind == EventStream::Kind::snapshot) settled_ = false;
    if (item.kind != EventStream::Kind::event || item.in_snapshot || !settled_) return std::nullopt;
    const v1::Event& event = item.response.event();
    if (!resource_.id().empty() && Kind::removed(event) == resource_.id())
      return give_up("removed");
    if (Kind::changed(event).id() != resource_.id()) return std::nullopt;
    resource_ = Kind::changed(event);
    return judge();
  }

  std::optional<int> judge() {
    const auto is = [&](auto state) { return resource_.state() == state; };
    if (std::any_of(wanted_.begin(), wanted_.end(), is)) {
      if (context_.out().json()) context_.out().print(resource_);
      return 0;
    }
    const auto possible = [&](auto state) { return may_become(resource_, state); };
    if (std::any_of(wanted_.begin(), wanted_.end(), possible)) return std::nullopt;
    return give_up(word_of(resource_.state()));
  }

  int give_up(const std::string& state) const {
    context_.out().complain(resource_.id() + " is " + state + " and can no longer become " +
                            context_.option("--for").substr(6));
    return static_cast<int>(client::ExitCode::failed);
  }

  Context& context_;
  std::string id_;
  std::vector<decltype(std::declval<typename Kind::Resource>().state())> wanted_;
  EventStream events_;
  Deadline deadline_;
  typename Kind::Resource resource_;
  bool settled_ = false;  // the first answer of GetCall or GetAccount is there
};

int run(Context& context) {
  if (!context.has("--for")) context.usage_error("--for=state=STATE is missing");
  const std::string kind = context.word(0);
  if (kind == "call") return Waiter<CallKind>(context, context.word(1)).run();
  if (kind == "account") return Waiter<AccountKind>(context, context.word(1)).run();
  context.usage_error("\"" + kind + "\" is nothing to wait for; write call or account");
}

}  // namespace

Command wait_command() {
  return {"wait",
          "Wait until a call or an account is in a state",
          "Exit codes: 0 it is (at once if it was already), 1 it can no longer become so, 5 there "
          "is no\n"
          "such call or account, 6 --timeout ran out. Several states: --for=state=active,ended.",
          {{"commctl wait account alice --for=state=online --timeout 30s", ""},
           {"commctl wait call 4f2a --for=state=ended", ""}},
          {{"WHAT", "call or account", Word::resource},
           {"ID", "an id, a unique prefix of one, or an account's address", Word::of_resource}},
          {{"--for", "state=STATE", "the state to wait for", Word::wait_for}},
          run};
}

}  // namespace commd::commctl
