// One account against a server that the test plays.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/xmpp/xmpp_account.h"
#include "tests/unit/xmpp/fake_network.h"
#include "tests/unit/xmpp/login_fixture.h"

namespace commd::xmpp {

using namespace test;
using namespace std::chrono_literals;
using model::AccountState;
using testing::HasSubstr;

struct Told final : AccountEvents {
  void account_report(const model::AccountId&, const ports::AccountReport& report) override {
    reports.push_back(report);
  }
  void remember(const std::string& key, const std::string& value) override { facts[key] = value; }
  void notice(const std::string& reason, const std::string&, const std::string&) override {
    notices.push_back(reason);
  }
  void message_received(ports::IncomingMessage message) override {
    received.push_back(std::move(message));
  }
  void message_report(const ports::MessageReport& report) override {
    news.push_back(report.id.str() + " " + model::to_string(report.state) + " " + report.by);
  }
  void typing(const ports::TypingNews& told) override {
    typers.push_back(told.peer + (told.state == model::Typing::composing ? " types" : " rests"));
  }
  void roster_report(ports::RosterReport report) override { rosters.push_back(std::move(report)); }
  void presence_report(ports::PresenceReport report) override {
    presences.push_back(std::move(report));
  }
  void presence_lost(const model::AccountId&) override { ++lost; }
  void subscription_requested(ports::SubscriptionRequest) override {}
  void block_report(ports::BlockReport) override {}
  void room_report(ports::RoomReport report) override { rooms.push_back(std::move(report)); }
  void occupant_report(model::OccupantNews) override {}
  void room_invitation(ports::InvitationReport) override {}
  void bookmark_report(ports::BookmarkReport) override {}
  std::vector<ports::RoomReport> rooms;
  void files_ready(const model::AccountId&) override {}
  void file_offered(ports::IncomingFile) override {}
  void file_moved(ports::FileNews) override {}
  void file_ended(ports::FileEnd) override {}
  void tell(std::function<void(ports::SignallingEvents&)>) override {}
  std::vector<ports::RosterReport> rosters;
  std::vector<ports::PresenceReport> presences;
  int lost = 0;
  std::vector<std::string> typers;
  std::vector<ports::AccountReport> reports;
  std::vector<ports::IncomingMessage> received;
  std::vector<std::string> news;
  std::map<std::string, std::string> facts;
  std::vector<std::string> notices;
};

class XmppAccountTest : public testing::Test {
 protected:
  // What a new session says by itself.
  static constexpr int first_stanzas = 7;

  static model::Account user() {
    model::Account account;
    account.id = model::AccountId("me");
    account.address = "xmpp:user@example.org";
    account.protocol = model::Protocol::xmpp;
    return account;
  }
  void up(const model::Account& account = user(), const std::string& password = "pencil",
          const ports::KnownRoster& known = {}) {
    account_ = std::make_unique<XmppAccount>(
        AccountSurroundings{network, timers, clock, told, base::null_logger(),
                            [] { return 0xFFFFFFFFU; }},
        account, base::Secret(password), told.facts, known);
    network.run();
  }
  void pass(base::Duration time) {
    const base::MonoTime end = clock.mono + time;
    network.run();
    while (timers.fire(end)) network.run();
    clock.mono = end;
  }
  // What was sent since the last time.
  std::string sent() { return std::exchange(network.wire().sent, {}); }
  std::string say(const std::string& bytes) {
    auto& wire = network.wire();
    if (!wire.read) ADD_FAILURE() << "nobody reads: " << bytes;
    if (wire.read) std::exchange(wire.read, nullptr)(std::string_view(bytes));
    network.run();
    return sent();
  }
  void hang_up() {
    std::exchange(network.wire().read, nullptr)(std::string_view());
    network.run();
  }
  // From the stream's header to the offer of bind; gives the request that follows.
  std::string authenticate(const std::string& offer = kBind + kSm) {
    sent();  // the stream's header
    const std::string auth = say(kHeader + features(mechanisms({"SCRAM-SHA-256"})));
    const std::string response = say(sasl("challenge", scram.first(Login::text_of(auth))));
    EXPECT_THAT(say(sasl("success", scram.final(Login::text_of(response)))), HasSubstr("<stream:"));
    return say(kHeader + features(offer));
  }
  std::string log_in() {
    const std::string bind = authenticate();
    EXPECT_EQ(Login::text_of(bind.substr(bind.find("<resource"))),
              told.facts["account/me/xmpp.resource"]);
    EXPECT_THAT(say(bound(bind)), HasSubstr("<enable"));
    return say("<enabled xmlns='urn:xmpp:sm:3' id='s1' resume='true'/>");
  }
  void acknowledge(int count) {
    say("<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(count) + "'/>");
  }
  // The id of the question to the archive in what was sent last.
  static std::string archive_question(const std::string& said) {
    const std::string mark = "queryid=\"";
    const size_t at = said.rfind(mark);
    return at == std::string::npos
               ? std::string()
               : said.substr(at + mark.size(), said.find('"', at + mark.size()) - at - mark.size());
  }
  static std::string fin(const std::string& question, const std::string& last = {},
                         const std::string& more = " complete='true'") {
    return "<iq type='result' id='" + question + "'><fin xmlns='urn:xmpp:mam:2'" + more +
           "><set xmlns='http://jabber.org/protocol/rsm'>" +
           (last.empty() ? "" : "<first>" + last + "</first><last>" + last + "</last>") +
           "</set></fin></iq>";
  }
  static std::string archived(const std::string& question, const std::string& id,
                              const std::string& message, const std::string& from = {}) {
    return "<message" + (from.empty() ? "" : " from='" + from + "'") +
           "><result xmlns='urn:xmpp:mam:2' queryid='" + question + "' id='" + id +
           "'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' "
           "stamp='2001-02-03T04:05:06Z'/>" +
           message + "</forwarded></result></message>";
  }
  static std::string inner(const std::string& from, const std::string& to, const std::string& id,
                           const std::string& content) {
    return "<message xmlns='jabber:client' type='chat' from='" + from + "' to='" + to + "' id='" +
           id + "'>" + content + "</message>";
  }
  bool was(const std::string& why) const {
    return std::any_of(told.reports.begin(), told.reports.end(),
                       [&](const auto& each) { return each.reason == why; });
  }
  AccountState state() const { return told.reports.back().state; }
  std::string reason() const { return told.reports.back().reason; }

  StillClock clock;
  StillTimers timers{clock};
  FakeNetwork network;
  Told told;
  ScramServer scram;
  std::unique_ptr<XmppAccount> account_;
};

}  // namespace commd::xmpp
