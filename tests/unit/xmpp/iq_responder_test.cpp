#include "daemon/xmpp/iq_responder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/xmpp/disco.h"
#include "daemon/xmpp/inbound_order.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/stanza_error.h"

namespace commd::xmpp {
namespace {

Stanza request(const char* type, const char* name, const char* ns) {
  Stanza iq("iq", ns::kClient);
  iq.set("type", type).set("id", "i1").set("from", "other@example.org/x");
  iq.add(name, ns);
  return iq;
}

TEST(IqResponder, SaysWhatItIs) {
  const auto answer = answer_iq(request("get", "query", ns::kDiscoInfo));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->to(), "other@example.org/x");
  EXPECT_EQ(answer->id(), "i1");
  const Element query = answer->child("query", ns::kDiscoInfo);
  EXPECT_EQ(query.child("identity", ns::kDiscoInfo).attribute("category"), "client");
  std::vector<std::string> features;
  for (const Element each : query)
    if (each.name() == "feature") features.emplace_back(each.attribute("var"));
  EXPECT_THAT(features, testing::Contains(ns::kPing));
}

TEST(IqResponder, RefusesWhatItDoesNotKnow) {
  const auto refused = [](const Stanza& iq) {
    const auto answer = answer_iq(iq);
    return answer ? read_stanza_error(*answer).condition : Condition::undefined_condition;
  };
  EXPECT_EQ(refused(request("set", "ping", ns::kPing)), Condition::service_unavailable);
  EXPECT_EQ(refused(request("get", "query", "jabber:iq:version")), Condition::service_unavailable);
  const Stanza node = request("get", "query", ns::kDiscoInfo);
  MutableElement(node.child("query", ns::kDiscoInfo).raw()).set("node", "x");
  EXPECT_EQ(refused(node), Condition::item_not_found);
}

TEST(IqResponder, AnswersTheNodeThatStandsInPresence) {
  const std::string mine = std::string(kCapsNode) + "#" + own_caps_ver();
  const Stanza iq = request("get", "query", ns::kDiscoInfo);
  MutableElement(iq.child("query", ns::kDiscoInfo).raw()).set("node", mine);
  const auto answer = answer_iq(iq);
  ASSERT_TRUE(answer);
  const Element query = answer->child("query", ns::kDiscoInfo);
  EXPECT_EQ(query.attribute("node"), mine);
  const auto info = read_disco(query);
  ASSERT_TRUE(info);
  EXPECT_EQ(caps_ver(*info, Hash::sha1), own_caps_ver());
}

TEST(IqResponder, TellsContactsItsVersionAndWhenItWasUsed) {
  const Asker contact{true, std::chrono::seconds(42)};
  const auto version = answer_iq(request("get", "query", ns::kVersion), contact);
  ASSERT_TRUE(version);
  EXPECT_EQ(version->child("query", ns::kVersion).child_text("name", ns::kVersion), "commd");
  EXPECT_EQ(version->child("query", ns::kVersion).child_text("version", ns::kVersion),
            COMMD_VERSION);
  const auto last = answer_iq(request("get", "query", ns::kLastActivity), contact);
  EXPECT_EQ(last->child("query", ns::kLastActivity).attribute("seconds"), "42");
}

TEST(IqResponder, StrangersAreToldNeitherVersionNorActivity) {
  EXPECT_EQ(read_stanza_error(*answer_iq(request("get", "query", ns::kVersion))).condition,
            Condition::service_unavailable);
  EXPECT_EQ(read_stanza_error(*answer_iq(request("get", "query", ns::kLastActivity))).condition,
            Condition::forbidden);
}

TEST(IqResponder, NeverAnswersAnAnswer) {
  for (const char* type : {"result", "error", "", "other"})
    EXPECT_FALSE(answer_iq(request(type, "ping", ns::kPing))) << type;
}

TEST(InboundOrder, AcknowledgesInTheOrderOfArrival) {
  InboundOrder order;
  const uint64_t a = order.open(), b = order.open(), c = order.open();
  EXPECT_EQ(order.close(b), 0U);
  EXPECT_EQ(order.close(a), 2U);
  EXPECT_EQ(order.close(a), 0U) << "done is done";
  EXPECT_EQ(order.waiting(), 1U);
  order.forget();
  EXPECT_EQ(order.close(c), 0U) << "the server sends it again";
  EXPECT_EQ(order.close(order.open()), 1U);
}

}  // namespace
}  // namespace commd::xmpp
