// A core in a faked world, with one SIP account online.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/unit/core/core_world.h"

namespace commd::core {

class CoreFixture : public CoreWorld {
 protected:
  // `xmpp`: calls over it are spoken as well.
  void start(const CoreSettings& settings = {}, bool xmpp = false) {
    sip = &wire;
    CorePorts with = faked_ports();
    if (!xmpp) with.signalling.erase(model::Protocol::xmpp);
    with.prober = prober;
    if (!services.empty()) with.services = services;
    start_core(std::move(with), settings);
    core->account_report(model::AccountId("local"), {model::AccountState::online, {}, {}, {}, {}});
  }
  void add_account(const std::string& address, model::AccountSettings settings = {},
                   const std::string& id = {}) {
    AccountBook::Draft draft;
    draft.address = address;
    draft.id = id;
    draft.settings = std::move(settings);
    base::Result<model::Account> made = base::fail(base::Code::internal, "NEVER", "never called");
    core->accounts().create(std::move(draft), [&](auto result) { made = std::move(result); });
    ASSERT_TRUE(made) << made.error().message;
    core->account_report(made->id, {model::AccountState::online, {}, {}, "test", {}});
  }
  // Places a call to bob and returns it.
  model::Call place(const std::string& address = "sip:bob@example.org") {
    PlaceCall request;
    request.address = address;
    return place(std::move(request));
  }
  model::Call place(PlaceCall request) {
    model::Call placed;
    core->calls().place(std::move(request), [&](base::Result<model::Call> call) {
      EXPECT_TRUE(call) << call.error().message;
      if (call) placed = *call;
    });
    return placed;
  }
  // A call from bob comes in on alice's account; returns its leg.
  model::LegId ring_in(bool with_offer = true, const std::string& from_ip = "192.0.2.2") {
    ports::IncomingCall call;
    call.account = model::AccountId("sip:alice@example.org");
    call.remote = {"sip:bob@example.org", "Bob"};
    call.route = {"192.0.2.1", from_ip, false};
    if (with_offer) call.offer = fakes::FakeSession::described(model::Direction::send_recv);
    return ring_in(std::move(call));
  }
  model::LegId ring_in(ports::IncomingCall call) {
    const model::LegId leg("in" + std::to_string(++legs));
    core->incoming(leg, std::move(call));
    return leg;
  }
  model::Call talk_out() {
    const model::Call call = place();
    core->accepted(wire.last_leg, model::BranchId("b1"),
                   fakes::FakeSession::described(model::Direction::send_recv));
    return now(call.id);
  }
  model::Call now(const model::CallId& id) {
    model::Call found;
    core->calls().get(id.str(), [&](base::Result<model::Call> call) {
      EXPECT_TRUE(call) << call.error().message;
      if (call) found = *call;
    });
    return found;
  }
  model::Call only() {
    const auto live = core->calls().live();
    EXPECT_EQ(live.size(), 1U);
    return live.empty() ? model::Call{} : live.front();
  }
  // Runs a verb and returns what it was told.
  template <class Verb>
  base::Result<model::Call> told(Verb verb) {
    base::Result<model::Call> result = base::fail(base::Code::internal, "NEVER", "never called");
    int times = 0;
    verb([&](base::Result<model::Call> r) {
      result = std::move(r);
      ++times;
    });
    EXPECT_LE(times, 1);
    return result;
  }
  fakes::FakeSession& session() { return *media.sessions.back(); }

  fakes::FakeSignalling* sip = nullptr;
  ports::Prober* prober = nullptr;
  ServicesByProtocol services;
  int legs = 0;
};

// With alice's account online.
class CallFixture : public CoreFixture {
 protected:
  void SetUp() override {
    start();
    add_account("sip:alice@example.org");
  }
};

}  // namespace commd::core
