// The contact list of a SIP account as facts, and as the core has it.
#include "daemon/sip/presence_list.h"

#include <gtest/gtest.h>

namespace commd::sip {
namespace {

using model::Subscription;

TEST(PresenceList, AnEntryGoesThereAndBack) {
  ListEntry entry{"B\x1fob", {"Work", "Friends"}, true, true, false, true, false};
  const auto again = read_entry(fact_text_of(entry));
  entry.name = "Bob";
  EXPECT_EQ(again, entry);
  const ListEntry blocked{{}, {}, false, false, false, false, true};
  EXPECT_EQ(read_entry(fact_text_of(blocked)), blocked);
}

TEST(PresenceList, WhatIsEmptyIsNoFact) {
  EXPECT_EQ(fact_text_of({}), "");
  EXPECT_EQ(fact_text_of({"name", {}, false, true, true, false, false}), "")
      << "on no list, may see nothing, and is not blocked";
  for (const char* text : {"", "l", "x\x1f", "w\x1fname"}) EXPECT_FALSE(read_entry(text)) << text;
}

TEST(PresenceList, IsThatOfOneAccountAlone) {
  const model::AccountId alice("sip:alice@example.org"), other("sip:alice@example.org2");
  const ListEntry entry{"Bob", {}, true, false, false, false, false};
  const std::map<std::string, std::string> facts = {
      {fact_key_of(alice, "sip:bob@example.org"), fact_text_of(entry)},
      {fact_key_of(alice, "sip:gone@example.org"), ""},
      {fact_key_of(other, "sip:eve@example.org"), fact_text_of(entry)},
      {"account/sip:alice@example.org/presence", "available"}};
  const PresenceList list = read_list(alice, facts);
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list.at("sip:bob@example.org"), entry);
}

TEST(PresenceList, SaysWhoSeesWhom) {
  const auto sees = [](bool wanted, bool seen, bool allowed) {
    const auto entry =
        roster_entry_of("sip:bob@example.org", {"Bob", {"A"}, true, wanted, seen, allowed, false});
    EXPECT_EQ(entry.asked, wanted && !seen);
    EXPECT_EQ(entry.name, "Bob");
    return entry.subscription;
  };
  EXPECT_EQ(sees(false, false, false), Subscription::none);
  EXPECT_EQ(sees(true, false, false), Subscription::none);
  EXPECT_EQ(sees(true, true, false), Subscription::to);
  EXPECT_EQ(sees(true, false, true), Subscription::from);
  EXPECT_EQ(sees(true, true, true), Subscription::both);
}

}  // namespace
}  // namespace commd::sip
