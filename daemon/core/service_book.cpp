#include "daemon/core/service_book.h"

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::CommandAction;
using model::CommandStatus;

constexpr size_t most_address_bytes = 3071;  // RFC 7622 section 3.1

base::Result<std::string> address_of(const std::string& typed) {
  if (typed.empty()) return typed;
  const size_t colon = typed.find(':');
  const bool has_scheme = colon != std::string::npos && typed.find_first_of("@/") > colon;
  if (has_scheme && typed.substr(0, colon) != "xmpp")
    return fail(base::invalid_argument(
        "address", "services are asked over XMPP: expected for example xmpp:irc.example.org"));
  std::string bare = has_scheme ? typed.substr(colon + 1) : typed;
  if (bare.empty() || bare.size() > most_address_bytes)
    return fail(
        base::invalid_argument("address", "an address is for example xmpp:irc.example.org"));
  return "xmpp:" + std::move(bare);
}

const char* word_of(CommandAction action) {
  switch (action) {
    case CommandAction::usual:
      return "execute";
    case CommandAction::next:
      return "next";
    case CommandAction::prev:
      return "prev";
    case CommandAction::complete:
      return "complete";
    case CommandAction::cancel:
      return "cancel";
  }
  return "";
}

bool may(const model::CommandStep& step, CommandAction action) {
  return action == CommandAction::usual || action == CommandAction::cancel ||
         std::find(step.actions.begin(), step.actions.end(), action) != step.actions.end();
}

}  // namespace

ServiceBook::ServiceBook(AccountBook& accounts, ServicesByProtocol rooms, ports::Timers& timers)
    : accounts_(accounts), rooms_(std::move(rooms)), timers_(timers) {
  thread_.bind();
}

// ---- whom to ask, and by whom ---------------------------------------------------------------

base::Result<const model::Account*> ServiceBook::account_of(const std::string& reference) const {
  if (!reference.empty()) return accounts_.find(reference);
  std::vector<model::AccountId> candidates;
  for (const model::Account& account : accounts_.list()) {
    if (!account.enabled || !rooms_.contains(account.protocol)) continue;
    if (account.settings.is_default) return accounts_.get(account.id);
    candidates.push_back(account.id);
  }
  if (candidates.size() == 1) return accounts_.get(candidates.front());
  if (candidates.empty())
    return fail(Code::failed_precondition, "NO_ACCOUNT",
                "no xmpp account is enabled; add one: commctl account add xmpp:USER@DOMAIN");
  base::Error error{Code::invalid_argument,
                    "ACCOUNT_REQUIRED",
                    "several accounts can ask this; choose one (commctl: --from)",
                    {}};
  std::string& choices = error.details["choices"];
  for (const model::AccountId& each : candidates)
    choices += (choices.empty() ? "" : " ") + each.str();
  error.message += ": " + choices;
  return fail(std::move(error));
}

base::Result<ServiceBook::Way> ServiceBook::way_of(const Target& target) const {
  const auto account = account_of(target.account);
  if (!account) return fail(account.error());
  const auto room = rooms_.find((*account)->protocol);
  if (room == rooms_.end())
    return fail(Code::unimplemented, "SERVICES_NOT_SUPPORTED",
                "services are asked by XMPP accounts alone; " + (*account)->id.str() + " is none");
  auto address = address_of(target.address);
  if (!address) return fail(address.error());
  return Way{(*account)->id, std::move(*address), room->second};
}

void ServiceBook::list_services(const Target& target, Done<std::vector<model::Service>> done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_of(target);
  if (!way) return done(fail(way.error()));
  way->room->list_services(way->account, way->address, std::move(done));
}

void ServiceBook::list_commands(const Target& target, Done<std::vector<model::Command>> done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_of(target);
  if (!way) return done(fail(way.error()));
  way->room->list_commands(way->account, way->address, std::move(done));
}

// ---- commands ------------------------------------------------------------------------------

void ServiceBook::run_command(const Step& step, Done<model::CommandStep> done) {
  COMMD_ASSERT_THREAD(thread_);
  if (step.session.empty())
    begin(step, std::move(done));
  else
    go_on(step, std::move(done));
}

void ServiceBook::begin(const Step& step, Done<model::CommandStep> done) {
  if (step.node.empty())
    return done(fail(base::invalid_argument(
        "node", "a command is named by its node; \"commctl service commands\" lists them")));
  auto way = way_of(step.target);
  if (!way) return done(fail(way.error()));
  ports::CommandRequest request;
  request.address = way->address;
  request.node = step.node;
  way->room->run_command(way->account, std::move(request),
                         [this, way = *way, node = step.node,
                          done = std::move(done)](base::Result<model::CommandStep> first) {
                           if (!first) return done(std::move(first));
                           const std::string session = base::random_token(12);
                           remember(session, Run{way, node, {}, true, nullptr});
                           stepped(session, std::move(*first), done);
                         });
}

void ServiceBook::go_on(const Step& step, Done<model::CommandStep> done) {
  const auto found = runs_.find(step.session);
  if (found == runs_.end())
    return done(fail(Code::not_found, "NOT_FOUND",
                     "there is no such run of a command any more; begin it anew"));
  Run& run = found->second;
  auto request = next_request(run, step);
  if (!request) return done(fail(request.error()));
  run.busy = true;
  run.way.room->run_command(run.way.account, std::move(*request),
                            [this, session = step.session,
                             done = std::move(done)](base::Result<model::CommandStep> next) {
                              if (next) return stepped(session, std::move(*next), done);
                              // What was asked may have been wrong: it can be tried again.
                              if (const auto still = runs_.find(session); still != runs_.end())
                                still->second.busy = false;
                              done(std::move(next));
                            });
}

base::Result<ports::CommandRequest> ServiceBook::next_request(const Run& run,
                                                              const Step& step) const {
  if (run.busy)
    return fail(Code::failed_precondition, "COMMAND_BUSY",
                "the far end has not answered the step before");
  if (!may(run.step, step.action)) {
    base::Error error{
        Code::failed_precondition,
        "ACTION_NOT_POSSIBLE",
        std::string("the command cannot go \"") + word_of(step.action) + "\" from here",
        {}};
    for (const CommandAction each : run.step.actions)
      error.details["choices"] += std::string(word_of(each)) + " ";
    error.details["choices"] += "cancel";
    error.message += "; it can: " + error.details["choices"];
    return fail(std::move(error));
  }
  ports::CommandRequest request;
  request.address = run.way.address;
  request.node = run.node;
  request.session = run.step.session;
  request.action = step.action;
  const CommandAction meant =
      step.action == CommandAction::usual ? run.step.default_action : step.action;
  // Who goes back or away answers nothing.
  if (meant == CommandAction::prev || meant == CommandAction::cancel) return request;
  if (!run.step.form && !step.form.fields.empty())
    return fail(base::invalid_argument("form", "this step of the command asks nothing"));
  if (!run.step.form) return request;
  auto filled = model::fill_in(*run.step.form, step.form);
  if (!filled) return fail(filled.error());
  request.form = std::move(*filled);
  return request;
}

void ServiceBook::stepped(const std::string& session, model::CommandStep step,
                          Done<model::CommandStep> done) {
  const auto found = runs_.find(session);
  if (found == runs_.end()) {
    // Its account went meanwhile.
    step.session.clear();
    return done(std::move(step));
  }
  Run& run = found->second;
  run.busy = false;
  model::CommandStep told = step;
  told.session = session;
  if (step.status == CommandStatus::executing) {
    run.step = std::move(step);
    run.timer = timers_.after(run_patience, [this, session] { runs_.erase(session); });
  } else {
    runs_.erase(found);
  }
  done(std::move(told));
}

// Where there are too many, one that waits for no answer makes room.
void ServiceBook::remember(const std::string& session, Run run) {
  if (runs_.size() >= most_runs) {
    const auto idle = std::find_if(runs_.begin(), runs_.end(),
                                   [](const auto& each) { return !each.second.busy; });
    runs_.erase(idle == runs_.end() ? runs_.begin() : idle);
  }
  runs_.emplace(session, std::move(run));
}

void ServiceBook::account_removed(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  std::erase_if(runs_, [&](const auto& each) { return each.second.way.account == account; });
}

// ---- gateways ------------------------------------------------------------------------------

void ServiceBook::get_registration(const Target& target, Done<model::Registration> done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_of(target);
  if (!way) return done(fail(way.error()));
  way->room->get_registration(
      way->account, way->address,
      [done = std::move(done)](base::Result<ports::RegistrationAsked> asked) {
        if (!asked) return done(fail(asked.error()));
        done(std::move(asked->registration));
      });
}

// Asked anew: what is hidden in a form goes with it.
void ServiceBook::do_register(const Target& target, model::DataForm answers, Done<void> done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_of(target);
  if (!way) return done(fail(way.error()));
  way->room->get_registration(
      way->account, way->address,
      [way = *way, answers = std::move(answers),
       done = std::move(done)](base::Result<ports::RegistrationAsked> asked) {
        if (!asked) return done(fail(asked.error()));
        auto filled = model::fill_in(std::move(asked->registration.form), answers);
        if (!filled) return done(fail(filled.error()));
        asked->registration.form = std::move(*filled);
        way.room->do_register(way.account, way.address, std::move(*asked), done);
      });
}

void ServiceBook::unregister(const Target& target, Done<void> done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_of(target);
  if (!way) return done(fail(way.error()));
  way->room->unregister(way->account, way->address, std::move(done));
}

void ServiceBook::show_presence(const Target& target, bool available, Done<void> done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_of(target);
  if (!way) return done(fail(way.error()));
  way->room->show_presence(way->account, way->address, available, std::move(done));
}

}  // namespace commd::core
