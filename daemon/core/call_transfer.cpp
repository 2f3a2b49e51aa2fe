// CallBook's transfers: those we ask the far end for, and those it asks us for, which
// happen only as the account's `transfers` says (RFC 3515, 3891, 5589).
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/base/random.h"
#include "daemon/core/call_book.h"
#include "daemon/model/host_port.h"

namespace commd::core {

using base::Code;
using base::fail;

// ---- we ask ----------------------------------------------------------------------

void CallBook::transfer(const std::string& reference, const std::string& address, Done done) {
  CallControl* c = talking_call(reference, "only an active or held call can be transferred", done);
  if (!c) return;
  const auto named = names_(address);
  if (!named) return done(fail(named.error()));
  const auto to = dial(accounts_, *named, c->call().account.str());
  if (!to) return done(fail(to.error()));
  c->transfer(to->uri, std::move(done));
}

void CallBook::transfer_to_call(const std::string& reference, const std::string& other, Done done) {
  CallControl* c = talking_call(reference, "only an active or held call can be transferred", done);
  if (!c) return;
  auto target = find(other, Eligible::live);
  if (!target) return done(fail(target.error()));
  if (*target == c)
    return done(fail(base::invalid_argument("call", "a call cannot be transferred to itself")));
  if (!model::is_talking((*target)->call()))
    return done(fail(wrong_state((*target)->call(), "transfer to an active or held call")));
  if (accounts_.get((*target)->call().account)->protocol !=
      accounts_.get(c->call().account)->protocol)
    return done(fail(base::invalid_argument("call", "both calls must use the same protocol")));
  c->transfer_to(**target, std::move(done));
}

// ---- the far end asks ------------------------------------------------------------

// A far end could make us call what only this machine reaches, or ourselves: the echo
// service would be told what the person says. Loopback is for those who are on it.
base::Result<DialTarget> CallBook::transfer_target(const CallControl& from,
                                                   const std::string& target) const {
  const model::Call& call = from.call();
  const auto wrong = [&](const std::string& why) {
    return fail(base::invalid_argument("target", target + " may not be called: " + why));
  };
  auto to = dial(accounts_, target, call.account.str());
  if (!to) return to;
  if (accounts_.get(call.account)->protocol == model::Protocol::xmpp) return to;
  const auto place = model::host_of_sip(to->uri);
  if (!place) return wrong(place.error().message);
  const bool near = model::is_this_machine(from.plan().media.signalling_peer_ip);
  if (!near && model::is_this_machine(place->host)) return wrong("it is on this machine");
  const uint16_t port = place->port == 0 ? 5060 : place->port;
  bool ours = place->host == "localhost";
  for (const auto& [protocol, room] : signalling_)
    for (const std::string& address : room->listening()) {
      const auto own = model::parse_host_port(address.substr(address.find(' ') + 1));
      ours = ours || (own && own->host == place->host && own->port == port);
    }
  if (ours) return wrong("it is this daemon");
  return to;
}

void CallBook::transfer_requested(const model::LegId& leg, const std::string& target,
                                  const std::string& replaces, const std::string& referred_by) {
  CallControl* control = by_leg(leg);
  const model::Account* account = control ? accounts_.get(control->call().account) : nullptr;
  if (!account) return;
  const model::Call& call = control->call();
  const auto refuse = [&](const std::string& why) {
    logger_->info("event: transfer_refused, call: {}, target: {}, reason: {}", call.id.str(),
                  base::escape_line(target), base::escape_line(why));
    control->refuse_transfer();
  };
  // One at a time; the room below sees to it, and what a person looks at stays.
  if (!call.transfer_request.target.empty())
    return signalling_.at(account->protocol)->refuse_transfer(leg);
  if (control->service() || !model::is_talking(call) || call.successor)
    return refuse("the call is in no state for it");
  if (account->settings.transfers == model::Transfers::refuse) return refuse("transfers=refuse");
  if (const auto to = transfer_target(*control, target); !to) return refuse(to.error().message);
  if (account->settings.transfers == model::Transfers::ask) {
    logger_->info("event: transfer_asked, call: {}, target: {}", call.id.str(),
                  base::escape_line(target));
    return control->ask_transfer({target, replaces, referred_by});
  }
  if (const auto ok = follow_transfer(*control, target, replaces, referred_by); !ok)
    refuse(ok.error().message);
}

// What was agreed on for the old call holds for the new one: a call that had to be
// encrypted stays so, and who hid stays hidden.
base::Result<void> CallBook::follow_transfer(CallControl& from, const std::string& target,
                                             const std::string& replaces,
                                             const std::string& referred_by) {
  const model::Call old = from.call();
  if (!model::is_talking(old) || old.successor)
    return fail(wrong_state(old, "only an active or held call can be transferred"));
  const auto to = transfer_target(from, target);
  if (!to) return fail(to.error());
  if (const auto room = room_for_a_call(); !room) return fail(room.error());
  ports::Signalling& signalling = *signalling_.at(accounts_.get(old.account)->protocol);
  signalling.accept_transfer(from.leg());
  model::Call call;
  call.id = new_id();
  call.account = old.account;
  call.remote.address = to->uri;
  call.local = old.local;
  call.referred_by = referred_by.empty() ? old.remote.address : referred_by;
  call.capture = old.capture;
  call.playback = old.playback;
  call.muted = old.muted;
  call.owned = old.owned;
  CallPlan plan;
  plan.target = to->uri;
  plan.media = from.plan().media;
  plan.zrtp = from.plan().zrtp;
  plan.dtmf = from.plan().dtmf;
  plan.hide_number = from.plan().hide_number;
  plan.replaces = replaces;
  plan.referred_by = referred_by;
  logger_->info("event: transfer_followed, call: {}, successor: {}, to: {}", old.id.str(),
                call.id.str(), base::escape_line(to->uri));
  CallControl& control = add(std::make_unique<CallControl>(
      context(signalling), call, model::LegId(base::random_token(16)), std::move(plan)));
  control.report_progress_to(from.leg());
  control.begin_outgoing([](const base::Result<model::Call>&) {});
  from.succeeded_by(call.id);
  return {};
}

// The common door of the verbs that answer the far end's wish.
CallControl* CallBook::asking_call(const std::string& reference, const Done& done) {
  auto control = find(reference, Eligible::asking_transfer);
  if (!control) {
    done(fail(control.error()));
    return nullptr;
  }
  if ((*control)->call().transfer_request.target.empty()) {
    done(fail(wrong_state((*control)->call(), "its far end asks for no transfer")));
    return nullptr;
  }
  return *control;
}

void CallBook::accept_transfer(const std::string& reference, Done done) {
  CallControl* c = asking_call(reference, done);
  if (!c) return;
  const CallControl::AskedTransfer asked = c->asked_transfer();
  const auto followed = follow_transfer(*c, asked.target, asked.replaces, asked.referred_by);
  if (!followed) {
    c->refuse_transfer();
    return done(fail(followed.error()));
  }
  done(c->call());
}

void CallBook::refuse_transfer(const std::string& reference, Done done) {
  CallControl* c = asking_call(reference, done);
  if (!c) return;
  c->refuse_transfer();
  done(c->call());
}

}  // namespace commd::core
