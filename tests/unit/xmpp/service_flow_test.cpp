#include "daemon/xmpp/service_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/xmpp/fake_network.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {
namespace {

using namespace std::chrono_literals;
using test::stanza_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ServiceFlowTest : public testing::Test {
 protected:
  void SetUp() override { flow.session_began(); }
  // Answers the last request to that address that holds `word`.
  bool answer(const std::string& from, const std::string& word, const std::string& payload,
              const std::string& type = "result", const std::string& sender = "") {
    for (size_t i = sent.size(); i-- > 0;) {
      if (sent[i].find(word) == std::string::npos ||
          sent[i].find("to=\"" + from + "\"") == std::string::npos)
        continue;
      const size_t at = sent[i].find(" id=\"") + 5;
      const std::string id = sent[i].substr(at, sent[i].find('"', at) - at);
      return flow.take_iq(stanza_of("<iq type='" + type + "' id='" + id + "' from='" +
                                    (sender.empty() ? from : sender) + "'>" + payload + "</iq>"));
    }
    ADD_FAILURE() << "nothing was asked of " << from << " about " << word;
    return false;
  }
  static std::string info(const std::string& category, const std::string& type,
                          const std::string& feature = "") {
    return "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='" + category +
           "' type='" + type + "'/>" + (feature.empty() ? "" : "<feature var='" + feature + "'/>") +
           "</query>";
  }
  void list() {
    flow.list_services("", [this](auto result) { listed = std::move(result); });
  }
  std::vector<std::string> addresses() const {
    std::vector<std::string> all;
    if (listed && *listed)
      for (const auto& each : **listed) all.push_back(each.address);
    return all;
  }

  test::StillClock clock;
  test::StillTimers timers{clock};
  std::vector<std::string> sent;
  ServiceFlow flow{{model::AccountId("me"), *Jid::parse("me@example.org"), timers,
                    [this](const Stanza& stanza, StanzaKind) {
                      sent.push_back(stanza.to_text());
                      return true;
                    }}};
  std::optional<base::Result<std::vector<model::Service>>> listed;
};

const std::string kInfo = "disco#info", kItems = "disco#items";

TEST_F(ServiceFlowTest, ListsAServerAndWhatItLists) {
  list();
  answer("example.org", kInfo, info("server", "im"));
  answer("example.org", kItems,
         "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='sms.example.org' "
         "name='Texts'/><item jid='chat.example.org'/><item jid='sms.example.org'/></query>");
  answer("chat.example.org", kInfo, info("conference", "text"));
  EXPECT_FALSE(listed);
  answer("sms.example.org", kInfo, info("gateway", "sms", "jabber:iq:register"));
  EXPECT_FALSE(listed) << "it is asked whether the account is registered";
  answer("sms.example.org", "jabber:iq:register",
         "<query xmlns='jabber:iq:register'><registered/></query>");
  EXPECT_THAT(addresses(),
              ElementsAre("xmpp:example.org", "xmpp:chat.example.org", "xmpp:sms.example.org"));
  EXPECT_TRUE((**listed)[2].registered);
  EXPECT_EQ((**listed)[2].name, "Texts");
  EXPECT_EQ(timers.running(), 0U);
}

TEST_F(ServiceFlowTest, WhoeverIsMuteIsListedWithout) {
  list();
  answer("example.org", kInfo, info("server", "im"));
  answer("example.org", kItems,
         "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='mute.example.org'/>"
         "</query>");
  timers.fire(clock.mono + ServiceFlow::list_patience);
  EXPECT_THAT(addresses(), ElementsAre("xmpp:example.org", "xmpp:mute.example.org"));
  // Too late, and nobody waits for it.
  answer("mute.example.org", kInfo, info("gateway", "sms", "jabber:iq:register"));
  EXPECT_THAT((**listed)[1].identities, IsEmpty());
}

TEST_F(ServiceFlowTest, AServerThatRefusesIsAnError) {
  list();
  answer("example.org", kInfo,
         "<error type='cancel'><service-unavailable "
         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
         "error");
  ASSERT_TRUE(listed && !*listed);
  EXPECT_EQ(listed->error().reason, "XMPP_SERVICE_UNAVAILABLE");
}

TEST_F(ServiceFlowTest, AnswersOfOthersCountForNothing) {
  std::optional<base::Result<model::CommandStep>> step;
  ports::CommandRequest request;
  request.address = "xmpp:sms.example.org";
  request.node = "order";
  flow.run_command(request, [&](auto result) { step = std::move(result); });
  const std::string done =
      "<command xmlns='http://jabber.org/protocol/commands' node='order' status='completed'/>";
  for (const char* from : {"eve@example.org/x", "example.org", "sms.example.org/x"})
    EXPECT_FALSE(answer("sms.example.org", "commands", done, "result", from)) << from;
  EXPECT_FALSE(step);
  EXPECT_TRUE(answer("sms.example.org", "commands", done));
  ASSERT_TRUE(step && *step);
  EXPECT_EQ((*step)->status, model::CommandStatus::completed);
}

TEST_F(ServiceFlowTest, NothingIsAskedWithoutASession) {
  flow.session_cut();
  list();
  ASSERT_TRUE(listed && !*listed);
  EXPECT_EQ(listed->error().reason, "ACCOUNT_NOT_ONLINE");
  EXPECT_THAT(sent, IsEmpty());
}

TEST_F(ServiceFlowTest, WhatWaitsWhenTheSessionEndsIsTold) {
  list();
  flow.session_ended();
  ASSERT_TRUE(listed && !*listed);
  EXPECT_EQ(listed->error().reason, "CONNECTION_LOST");
}

TEST_F(ServiceFlowTest, OneWithoutCommandsHasNone) {
  std::optional<base::Result<std::vector<model::Command>>> commands;
  flow.list_commands("xmpp:sms.example.org", [&](auto result) { commands = std::move(result); });
  answer("sms.example.org", "protocol/commands",
         "<error type='cancel'><item-not-found "
         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
         "error");
  ASSERT_TRUE(commands && *commands);
  EXPECT_THAT(**commands, IsEmpty());
}

TEST_F(ServiceFlowTest, AsksTheOwnServerWhatTimeItIs) {
  std::optional<base::Result<base::WallTime>> time;
  const auto ask = [&](const std::string& utc) {
    flow.server_time([&](auto result) { time = std::move(result); });
    answer("example.org", "urn:xmpp:time",
           "<time xmlns='urn:xmpp:time'><tzo>-06:00</tzo><utc>" + utc + "</utc></time>");
  };
  ask("2006-12-19T17:58:35Z");
  ASSERT_TRUE(time && *time);
  EXPECT_EQ(**time, base::WallTime(std::chrono::seconds(1'166'551'115)));
  ask("yesterday");
  ASSERT_TRUE(time && !*time);
  EXPECT_EQ(time->error().reason, "ANSWER_UNREADABLE");
}

TEST_F(ServiceFlowTest, TellsAGatewayThatTheAccountIsThere) {
  std::optional<base::Result<void>> told;
  flow.show_presence("xmpp:sms.example.org", false, [&](auto result) { told = std::move(result); });
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_THAT(sent[0], AllOf(HasSubstr("<presence"), HasSubstr("type=\"unavailable\""),
                             HasSubstr("to=\"sms.example.org\"")));
  answer("example.org", "urn:xmpp:ping", "");
  EXPECT_TRUE(told && *told);
}

}  // namespace
}  // namespace commd::xmpp
