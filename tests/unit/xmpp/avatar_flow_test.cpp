#include "daemon/xmpp/avatar_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/xmpp/crypto.h"
#include "tests/unit/xmpp/fake_network.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {
namespace {

using test::stanza_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kPng = std::string("\x89PNG\r\n\x1a\n") + "a picture";
const std::string kHash = picture_hash(kPng);

struct Told final : ports::ContactEvents {
  void roster_report(ports::RosterReport) override {}
  void presence_report(ports::PresenceReport) override {}
  void presence_lost(const model::AccountId&) override {}
  void subscription_requested(ports::SubscriptionRequest) override {}
  void block_report(ports::BlockReport) override {}
  void avatar_report(ports::AvatarReport report) override {
    said.push_back(report.address + " " + report.hash);
  }
  void nickname_report(ports::NicknameReport report) override {
    said.push_back(report.address + " is " + report.nickname);
  }
  std::vector<std::string> said;
};

class AvatarFlowTest : public testing::Test {
 protected:
  void SetUp() override {
    roster.restore({{*Jid::parse("bob@example.org"), {}}}, {});
    flow.session_began();
  }
  bool event(const std::string& from, const std::string& hash = kHash) {
    return flow.take_message(stanza_of(
        "<message from='" + from +
        "'><event xmlns='http://jabber.org/protocol/pubsub#event'><items "
        "node='urn:xmpp:avatar:metadata'><item><metadata xmlns='urn:xmpp:avatar:metadata'><info "
        "bytes='17' type='image/png' id='" +
        hash +
        "'/></metadata></item></items></event>"
        "</message>"));
  }
  void presence(const std::string& from, const std::string& hash = kHash) {
    flow.take_presence(stanza_of("<presence from='" + from +
                                 "'><x xmlns='vcard-temp:x:update'><photo>" + hash +
                                 "</photo></x></presence>"));
  }
  void fetch() {
    flow.fetch_avatar("xmpp:bob@example.org", kHash, [this](auto result) {
      fetched.push_back(result ? "picture" : result.error().reason);
    });
  }
  // To the last request.
  void answer(const std::string& payload, const std::string& from = "bob@example.org") {
    const size_t at = sent.back().find(" id=\"") + 5;
    flow.take_iq(stanza_of("<iq type='result' from='" + from + "' id='" +
                           sent.back().substr(at, sent.back().find('"', at) - at) + "'>" + payload +
                           "</iq>"));
  }

  test::StillClock clock;
  test::StillTimers timers{clock};
  Told told;
  std::vector<std::string> sent, fetched;
  Roster roster{*Jid::parse("me@example.org")};
  AvatarFlow flow{{model::AccountId("me"), *Jid::parse("me@example.org"), roster, timers, told,
                   [this](const Stanza& stanza, StanzaKind) {
                     sent.push_back(stanza.to_text());
                     return true;
                   }}};
};

TEST_F(AvatarFlowTest, TellsOfContactsAlone) {
  EXPECT_TRUE(event("bob@example.org"));
  EXPECT_TRUE(event("eve@example.org")) << "taken, and for nothing";
  EXPECT_TRUE(event("me@example.org"));
  EXPECT_FALSE(event("bob@example.org/phone"));
  EXPECT_THAT(told.said, ElementsAre("xmpp:bob@example.org " + kHash));
}

TEST_F(AvatarFlowTest, AnEventCountsMoreThanACard) {
  const std::string other(40, 'a');
  presence("bob@example.org/phone", other);
  presence("bob@example.org/phone", other);
  presence("eve@example.org/x", other);
  EXPECT_THAT(told.said, ElementsAre("xmpp:bob@example.org " + other));
  event("bob@example.org");
  told.said.clear();
  presence("bob@example.org/pc", std::string(40, 'b'));
  EXPECT_THAT(told.said, IsEmpty());
}

TEST_F(AvatarFlowTest, FetchesByTheWayItWasTold) {
  fetch();
  EXPECT_THAT(sent.back(), HasSubstr("vcard-temp"));
  event("bob@example.org");
  fetch();
  EXPECT_THAT(sent.back(), HasSubstr("urn:xmpp:avatar:data"));
  const std::string picture =
      "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items><item><data "
      "xmlns='urn:xmpp:avatar:data'>" +
      base64_encode(kPng) + "</data></item></items></pubsub>";
  answer(picture, "eve@example.org");
  EXPECT_THAT(fetched, IsEmpty()) << "nobody else answers for him";
  answer(picture);
  EXPECT_THAT(fetched, ElementsAre("picture"));
}

TEST_F(AvatarFlowTest, APictureThatBreaksTheStreamIsNotAskedForAgain) {
  event("bob@example.org");
  fetch();
  flow.session_cut(true);
  flow.session_began();
  EXPECT_THAT(fetched, ElementsAre("CONNECTION_LOST"));
  sent.clear();
  fetch();
  EXPECT_THAT(sent, IsEmpty());
  EXPECT_THAT(fetched, ElementsAre("CONNECTION_LOST", "PICTURE_UNUSABLE"));
}

TEST_F(AvatarFlowTest, WhatAPictureIsIsToldAfterIt) {
  std::vector<std::string> done;
  flow.set_avatar(kPng, [&](auto result) { done.push_back(result ? "done" : "not"); });
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_THAT(sent[0], HasSubstr("urn:xmpp:avatar:data"));
  answer("", "me@example.org");
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_THAT(sent[1], HasSubstr("urn:xmpp:avatar:metadata"));
  EXPECT_THAT(done, IsEmpty());
  answer("", "me@example.org");
  EXPECT_THAT(done, ElementsAre("done"));
}

}  // namespace
}  // namespace commd::xmpp
