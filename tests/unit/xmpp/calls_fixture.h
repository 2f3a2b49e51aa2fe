// The calls of accounts as the core has them: two people with several devices, and the servers
// between them.
#pragma once

#include <gmock/gmock.h>

#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/xmpp_calls.h"
#include "tests/unit/xmpp/fake_network.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {

using model::Direction;
using model::LegId;

inline model::SessionDescription sound(Direction direction = Direction::send_recv,
                                       model::MediaKind kind = model::MediaKind::audio) {
  model::SessionDescription description;
  model::StreamDescription& stream = description.streams.emplace_back();
  stream.mid = "0";
  stream.kind = kind;
  stream.direction = direction;
  stream.formats = {{0, "PCMU", 8000, 1, {}, {}}};
  stream.transport.rtp = {"192.0.2.1", 5000};
  return description;
}

// What a core is told.
struct Core final : ports::SignallingEvents {
  std::vector<std::string> said;
  LegId leg;
  ports::IncomingCall call;
  std::optional<ports::LegEnd> end;

  void account_report(const model::AccountId&, const ports::AccountReport&) override {}
  void message_waiting(const model::AccountId&, const model::MessageWaiting&) override {}
  void remember(const std::string&, const std::string&) override {}
  void notice(const std::string&, const std::string&, const std::string&) override {}
  void incoming(const LegId& id, ports::IncomingCall incoming) override {
    leg = id;
    call = std::move(incoming);
    said.push_back("incoming " + call.remote.address + (call.offer ? " with an offer" : ""));
  }
  void progress(const LegId&, const model::BranchId& branch, ports::Progress progress,
                std::optional<model::SessionDescription>) override {
    said.push_back((progress == ports::Progress::ringing ? "ringing " : "trying ") + branch.str());
  }
  void accepted(const LegId&, const model::BranchId& branch,
                std::optional<model::SessionDescription> answer) override {
    said.push_back("accepted " + branch.str() + (answer ? "" : " without an answer"));
  }
  void confirmed(const LegId&, std::optional<model::SessionDescription>) override {
    said.emplace_back("confirmed");
  }
  void offered(const LegId&, std::optional<model::SessionDescription> offer) override {
    said.push_back(std::string("offered ") + model::to_string(offer->streams.at(0).direction));
  }
  void transport(const LegId&, size_t stream, model::TransportDescription news) override {
    said.push_back("transport " + std::to_string(stream) + " " +
                   (news.ice ? std::to_string(news.ice->candidates.size()) : "without ice"));
  }
  void answered(const LegId&, model::SessionDescription answer) override {
    said.push_back(std::string("answered ") + model::to_string(answer.streams.at(0).direction));
  }
  void modify_refused(const LegId&, bool, int code) override {
    said.push_back("refused " + std::to_string(code));
  }
  void refresh_due(const LegId&) override {}
  void identity(const LegId&, model::Party) override {}
  void digit(const LegId&, char) override {}
  void transfer_requested(const LegId&, const std::string& target, const std::string& replaces,
                          const std::string& by) override {
    said.push_back("transfer to " + target + " (" + replaces + ") by " + by);
  }
  void transfer_progress(const LegId&, model::TransferStatus status) override {
    said.push_back("transfer " + std::to_string(static_cast<int>(status.state)) + " " +
                   status.text);
  }
  void ended(const LegId&, ports::LegEnd told) override {
    end = told;
    said.push_back(std::string("ended ") + model::to_string(told.reason));
  }
};

struct Device {
  Jid self;
  std::deque<std::pair<Jid, std::string>>& wire;
  StillTimers& timers;
  StillClock clock{};
  Core core{};
  Roster roster{self.bare()};
  std::vector<std::string> sent{};
  std::vector<StanzaKind> kinds{};  // of what calls have sent
  std::set<std::string> rooms{};
  JingleSessions sessions{[this](const Stanza& iq) { send(iq); }};
  XmppCalls calls{{model::AccountId("me"), self.bare(), timers, roster, sessions,
                   [this](const auto& what) { what(core); }, clock, [] { return "127.0.0.1"; },
                   [] { return std::string(); }, nullptr, [] {},
                   [this](const Stanza& stanza, StanzaKind kind) {
                     kinds.push_back(kind);
                     send(stanza);
                     return true;
                   },
                   [this](const Jid& bare) { return rooms.contains(bare.str()); }}};

  Device(const std::string& address, std::deque<std::pair<Jid, std::string>>& to,
         StillTimers& all_timers)
      : self(*Jid::parse(address)), wire(to), timers(all_timers) {
    sessions.add_kind(calls.offers());
    calls.session_began(self);
  }
  void knows(const std::string& person) {
    std::map<Jid, RosterItem> items = roster.items();
    items[*Jid::parse(person)].subscription = model::Subscription::both;
    roster.restore(std::move(items), "1");
  }
  void send(const Stanza& stanza) {
    const Stanza copy = Stanza::copy_of(stanza);
    copy.set("from", self.str());
    sent.push_back(copy.to_text());
    wire.emplace_back(self, copy.to_text());
  }
  std::vector<std::string> told() { return std::exchange(core.said, {}); }
};

struct XmppCallsTest : testing::Test {
  StillClock clock;
  StillTimers timers{clock};
  std::deque<std::pair<Jid, std::string>> wire;
  Device alice{"alice@x.test/desk", wire, timers};
  Device phone{"bob@x.test/phone", wire, timers};
  Device tablet{"bob@x.test/tablet", wire, timers};
  std::vector<Device*> devices{&alice, &phone, &tablet};
  const LegId out{"out"};

  XmppCallsTest() {
    alice.knows("bob@x.test");
    phone.knows("alice@x.test");
    tablet.knows("alice@x.test");
  }

  // What servers do with it (RFC 6121 section 8.5, XEP-0280).
  void deliver() {
    while (!wire.empty()) {
      const auto [from, text] = wire.front();
      wire.pop_front();
      const Stanza stanza = stanza_of(text);
      const auto to = Jid::parse(stanza.to());
      if (!to) continue;
      const bool message = stanza.name() == "message";
      bool found = false;
      for (Device* device : devices) {
        const bool meant = to->is_full() ? *to == device->self : to->same_bare(device->self);
        found = found || meant;
        if (meant)
          hear(*device, stanza);
        else if (message && (device->self.same_bare(from) && device->self != from))
          hear(*device, stanza_of(carbon(device->self, "sent", text)));
        else if (message && device->self.same_bare(*to))
          hear(*device, stanza_of(carbon(device->self, "received", text)));
      }
      if (!found && stanza.name() == "iq" && stanza.type() == "set") bounce(stanza);
    }
  }
  static std::string carbon(const Jid& to, const std::string& kind, const std::string& text) {
    return "<message from='" + to.bare().str() + "'><" + kind +
           " xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>" +
           std::string(text).insert(8, " xmlns='jabber:client'") + "</forwarded></" + kind +
           "></message>";
  }
  void hear(Device& device, const Stanza& stanza) const {
    if (stanza.name() == "message")
      device.calls.take_message(stanza, clock.wall);
    else if (!device.calls.take_iq(stanza))
      device.sessions.take_iq(stanza);
  }
  void bounce(const Stanza& stanza) {
    const auto error = make_error_reply(stanza, Condition::service_unavailable);
    for (Device* device : devices)
      if (error->to() == device->self.str()) hear(*device, *error);
  }
  void pass(base::Duration time) {
    const base::MonoTime end = clock.mono + time;
    deliver();
    while (timers.fire(end)) deliver();
    clock.mono = end;
  }
  void place(const std::string& target = "xmpp:bob@x.test") {
    ports::InviteRequest request;
    request.target = target;
    request.offer = sound();
    alice.calls.invite(out, request);
    deliver();
  }
  // Up to a running call with bob's phone.
  void talk() {
    place();
    answer();
  }
  void answer() {
    phone.calls.accept(phone.core.leg, sound());
    deliver();
    phone.calls.answer_offer(phone.core.leg, sound());
    deliver();
    ASSERT_THAT(alice.told(), testing::Contains("accepted bob@x.test/phone"));
    phone.told();
    tablet.told();
  }
};

}  // namespace commd::xmpp::test
