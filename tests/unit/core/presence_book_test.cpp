#include "daemon/core/presence_book.h"

#include "daemon/core/contact_text.h"
#include "tests/unit/core/contacts_fixture.h"

namespace commd::core {
namespace {

using model::Availability;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class PresenceBookTest : public ContactsFixture {
 protected:
  std::string set(Availability availability, const std::string& status = {},
                  const std::string& account = {}) {
    const auto told = core->presences().set(account, {availability, status, {}});
    if (!told) return told.error().reason;
    std::string accounts;
    for (const auto& each : *told) accounts += each.account.str() + ";";
    return accounts;
  }
  std::vector<std::string> shown() const {
    std::vector<std::string> all;
    for (const auto& each : core->presences().list())
      all.push_back(each.account.str() + " " + model::to_string(each.presence.availability) + " " +
                    each.presence.status);
    return all;
  }
};

TEST_F(PresenceBookTest, SpeaksToEveryAccountAndToThoseThatCome) {
  add_account("xmpp:other@example.org");
  room.asked.clear();
  EXPECT_EQ(set(Availability::away, "out"), kAlice + ";xmpp:other@example.org;");
  EXPECT_THAT(room.asked, ElementsAre("presence " + kAlice + " away out",
                                      "presence xmpp:other@example.org away out"));
  add_account("xmpp:third@example.org");
  EXPECT_EQ(room.asked.back(), "presence xmpp:third@example.org away out");
  EXPECT_THAT(shown(), SizeIs(3)) << "the local account has none";
  EXPECT_EQ(events<model::PresenceChanged>().back().presence.presence.time, clock.wall);
}

TEST_F(PresenceBookTest, SpeaksByOneAccount) {
  add_account("xmpp:other@example.org");
  EXPECT_EQ(set(Availability::dnd, {}, "other@example.org"), "xmpp:other@example.org;");
  EXPECT_THAT(shown(), ElementsAre(kAlice + " available ", "xmpp:other@example.org dnd "));
  EXPECT_EQ(set(Availability::dnd, {}, "nobody"), "NOT_FOUND");
  EXPECT_EQ(set(Availability::dnd, {}, "local"), "INVALID_ARGUMENT");
  EXPECT_EQ(set(Availability::dnd, std::string(1025, 'x')), "INVALID_ARGUMENT");
}

TEST_F(PresenceBookTest, IsSaidAgainAfterARestart) {
  set(Availability::xa, "back\non monday");
  const auto before = core->presences().list();
  clock.wall += std::chrono::hours(1);
  restart();
  EXPECT_EQ(core->presences().list(), before);
  EXPECT_THAT(room.asked, ElementsAre("presence " + kAlice + " xa back\non monday"));
  EXPECT_THAT(events<model::PresenceChanged>(), SizeIs(1)) << "in the snapshot alone";
  EXPECT_THAT(sink.published.size(), testing::Gt(0U));
}

TEST_F(PresenceBookTest, ADisabledAccountIsToldWhenItComesUp) {
  core->accounts().set_enabled(model::AccountId(kAlice), false, [](auto) {});
  room.asked.clear();
  set(Availability::chat);
  EXPECT_THAT(room.asked, IsEmpty());
  core->accounts().set_enabled(model::AccountId(kAlice), true, [](auto) {});
  EXPECT_THAT(room.asked, ElementsAre("presence " + kAlice + " chat "));
}

TEST(PresenceText, GoesThereAndBack) {
  const model::Presence presence{Availability::dnd,
                                 "a\x1f"
                                 "b",
                                 base::WallTime(std::chrono::seconds(5))};
  const auto back = presence_of(text_of(presence));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->availability, Availability::dnd);
  EXPECT_EQ(back->status, "ab");
  EXPECT_EQ(back->time, presence.time);
  for (const char* bad : {"", "away",
                          "away\x1f"
                          "5",
                          "happy\x1f"
                          "5\x1fx",
                          "away\x1fx\x1fx", "away\x1f-5\x1fx",
                          "away\x1f"
                          "99999999999999999999\x1fx"})
    EXPECT_FALSE(presence_of(bad)) << bad;
}

}  // namespace
}  // namespace commd::core
