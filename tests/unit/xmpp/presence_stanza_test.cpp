#include "daemon/xmpp/presence_stanza.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/escape.h"
#include "daemon/xmpp/disco.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {
namespace {

using model::Availability;
using test::stanza_of;
using testing::HasSubstr;
using testing::Not;

const base::WallTime kNow{std::chrono::seconds(1'700'000'000)};

std::optional<PresenceContent> read(const std::string& attributes, const std::string& inside = "") {
  return read_presence(stanza_of("<presence " + attributes + ">" + inside + "</presence>"), kNow);
}
const std::string kBob = "from='bob@example.org/phone'";

TEST(PresenceStanza, SaysWhoIsThereAndWhatHeIsAt) {
  const auto content =
      read(kBob,
           "<show>dnd</show><status>busy</status><priority>-5</priority>"
           "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/>"
           "<nick xmlns='http://jabber.org/protocol/nick'>Bobby</nick>");
  ASSERT_TRUE(content);
  EXPECT_EQ(content->kind, PresenceKind::available);
  EXPECT_EQ(content->from.str(), "bob@example.org/phone");
  EXPECT_EQ(content->resource.name, "phone");
  EXPECT_EQ(content->resource.presence.availability, Availability::dnd);
  EXPECT_EQ(content->resource.presence.status, "busy");
  EXPECT_EQ(content->resource.presence.time, kNow);
  EXPECT_EQ(content->resource.priority, -5);
  EXPECT_EQ(content->nickname, "Bobby");
  EXPECT_EQ(content->caps, (Caps{"sha-1", "n", "v"}));
}

TEST(PresenceStanza, KindsAreThoseOfRfc6121) {
  const auto kind = [](const std::string& type) {
    const auto content = read(kBob + " type='" + type + "'");
    return content ? static_cast<int>(content->kind) : -1;
  };
  EXPECT_EQ(kind("unavailable"), static_cast<int>(PresenceKind::unavailable));
  EXPECT_EQ(kind("error"), static_cast<int>(PresenceKind::unavailable));
  EXPECT_EQ(kind("subscribe"), static_cast<int>(PresenceKind::subscribe));
  EXPECT_EQ(kind("subscribed"), static_cast<int>(PresenceKind::subscribed));
  EXPECT_EQ(kind("unsubscribe"), static_cast<int>(PresenceKind::unsubscribe));
  EXPECT_EQ(kind("unsubscribed"), static_cast<int>(PresenceKind::unsubscribed));
  EXPECT_EQ(kind("probe"), -1);
  EXPECT_EQ(kind("nonsense"), -1);
}

TEST(PresenceStanza, OthersJudgeRoomsAndWhoHasNoName) {
  EXPECT_FALSE(read(kBob, "<x xmlns='http://jabber.org/protocol/muc#user'/>"));
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("from='@'"));
}

TEST(PresenceStanza, WhatMakesNoSenseIsAsIfItWereNotThere) {
  const auto content = read(kBob, "<show>happy</show><priority>1000</priority>");
  ASSERT_TRUE(content);
  EXPECT_EQ(content->resource.presence.availability, Availability::available);
  EXPECT_EQ(content->resource.priority, 0);
  EXPECT_EQ(read(kBob, "<priority>5x</priority>")->resource.priority, 0);
  EXPECT_TRUE(read(kBob, "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='" +
                             std::string(300, 'x') + "'/>")
                  ->caps.empty());
}

TEST(PresenceStanza, StatusesAreCutAndStayUtf8) {
  std::string umlauts;
  for (int i = 0; i < 1000; ++i) umlauts += "\xC3\xA4";
  const auto content = read(kBob, "<status>x" + umlauts + "</status>");
  EXPECT_LE(content->resource.presence.status.size(), model::max_status_bytes + 2);
  EXPECT_TRUE(base::is_valid_utf8(content->resource.presence.status));
}

TEST(PresenceStanza, KnowsSinceWhen) {
  const auto delayed = read(kBob, "<delay xmlns='urn:xmpp:delay' stamp='2023-11-14T22:13:19Z'/>");
  EXPECT_EQ(delayed->resource.presence.time, kNow - std::chrono::seconds(1));
  const auto future = read(kBob, "<delay xmlns='urn:xmpp:delay' stamp='2033-11-14T22:13:19Z'/>");
  EXPECT_EQ(future->resource.presence.time, kNow);
  const auto idle = read(kBob, "<idle xmlns='urn:xmpp:idle:1' since='2023-11-14T22:13:10Z'/>");
  EXPECT_EQ(idle->resource.idle_since, kNow - std::chrono::seconds(10));
  const auto last = read(kBob, "<query xmlns='jabber:iq:last' seconds='60'/>");
  EXPECT_EQ(last->resource.idle_since, kNow - std::chrono::seconds(60));
  for (const char* bad : {"-5", "x", "99999999999999999999"})
    EXPECT_EQ(read(kBob, "<query xmlns='jabber:iq:last' seconds='" + std::string(bad) + "'/>")
                  ->resource.idle_since,
              base::WallTime{})
        << bad;
}

TEST(PresenceStanza, SaysOfThisEnd) {
  const std::string away = make_availability({Availability::away, "<out>", {}}).to_text();
  EXPECT_THAT(away, HasSubstr("<show>away</show><status>&lt;out&gt;</status>"));
  EXPECT_THAT(away, HasSubstr(own_caps_ver()));
  const std::string here = make_availability({Availability::available, {}, {}}).to_text();
  EXPECT_THAT(here, Not(HasSubstr("<show")));
  EXPECT_THAT(here, Not(HasSubstr("<status")));
  EXPECT_EQ(make_availability({Availability::unavailable, {}, {}}).to_text(),
            "<presence type=\"unavailable\"/>");
}

TEST(PresenceStanza, AsksThePersonAndNoDevice) {
  const auto to = *Jid::parse("bob@example.org/phone");
  EXPECT_THAT(
      make_subscription(to, "subscribe", "Me").to_text(),
      testing::AllOf(HasSubstr("to=\"bob@example.org\""), HasSubstr("type=\"subscribe\""),
                     HasSubstr("<nick xmlns=\"http://jabber.org/protocol/nick\">Me</nick>")));
  EXPECT_THAT(make_subscription(to, "subscribed").to_text(), Not(HasSubstr("<nick")));
}

}  // namespace
}  // namespace commd::xmpp
