#include <unistd.h>

#include "daemon/store/database.h"
#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST_F(StoreTest, BeginsEmpty) {
  const auto state = open();
  EXPECT_THAT(state.accounts, IsEmpty());
  EXPECT_THAT(state.unended_calls, IsEmpty());
  EXPECT_THAT(state.facts, IsEmpty());
  EXPECT_EQ(state.log_id.size(), 16u);
  EXPECT_EQ(state.last_sequence, 0u);
  EXPECT_EQ(state.first_sequence, 1u);
}

TEST_F(StoreTest, KeepsEveryFieldOfAnAccount) {
  open();
  const auto account = full_account("alice");
  ASSERT_TRUE(commit({ports::PutAccount{account}}));
  EXPECT_THAT(open().accounts, ElementsAre(account));
}

TEST_F(StoreTest, DoesNotKeepTheStateOfAnAccount) {
  open();
  auto account = full_account("alice");
  account.state = model::AccountState::failed;
  account.state_reason = "TLS_FAILED";
  account.state_message = "words";
  account.server_in_use = "192.0.2.1";
  account.state_time = account.retry_time = account.create_time;
  ASSERT_TRUE(commit({ports::PutAccount{account}}));
  EXPECT_THAT(open().accounts, ElementsAre(full_account("alice")));
}

TEST_F(StoreTest, ReplacesAndErasesAccounts) {
  open();
  auto bob = full_account("bob");
  ASSERT_TRUE(commit({ports::PutAccount{full_account("alice")}, ports::PutAccount{bob}}));
  bob.settings.server = "other.example.org";
  ASSERT_TRUE(commit({ports::PutAccount{bob}, ports::EraseAccount{model::AccountId("alice")},
                      ports::EraseAccount{model::AccountId("nobody")}}));
  EXPECT_THAT(open().accounts, ElementsAre(bob));
}

TEST_F(StoreTest, KeepsSettingsOfANewerVersionWhenAnAccountIsChanged) {
  open();
  ASSERT_TRUE(commit({ports::PutAccount{full_account("alice")}}));
  store_->close();
  Database(file()).exec("UPDATE account SET settings = settings || 'video=on' || char(10)");
  auto account = open().accounts.at(0);
  EXPECT_EQ(account, full_account("alice"));
  account.enabled = true;
  ASSERT_TRUE(commit({ports::PutAccount{account}}));
  store_->close();
  Database database(file());
  EXPECT_THAT(database.text("SELECT settings FROM account"), testing::EndsWith("\nvideo=on\n"));
}

TEST_F(StoreTest, KeepsEveryFieldOfACall) {
  open();
  const auto call = full_call("c1");
  ASSERT_TRUE(commit({ports::PutCall{call}}));
  const auto found = calls({});
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, ElementsAre(call));
}

// The test above proves nothing about a field that has its default.
TEST_F(StoreTest, IsTestedWithACallWhoseFieldsAllDifferFromTheirDefaults) {
  open();
  ASSERT_TRUE(commit({ports::PutCall{full_call("full")}, ports::PutCall{model::Call{}}}));
  store_->close();
  Database database(file());
  std::vector<std::string> columns;
  Statement(database, "SELECT name FROM pragma_table_info('call')")
      .for_each([&](const Statement& row) { columns.push_back(row.text(0)); });
  ASSERT_GT(columns.size(), 40u);
  for (const std::string& column : columns)
    EXPECT_EQ(database.integer("SELECT count(DISTINCT " + column + ") FROM call"), 2) << column;
}

TEST_F(StoreTest, GivesTheCallsThatWereAlive) {
  open();
  auto old = full_call("old");
  auto live = full_call("live");
  live.state = model::CallState::held;
  auto later = full_call("later");
  later.state = model::CallState::dialing;
  later.create_time += 1s;
  ASSERT_TRUE(commit({ports::PutCall{later}, ports::PutCall{old}, ports::PutCall{live}}));
  EXPECT_THAT(open().unended_calls, ElementsAre(live, later));
  live.state = later.state = model::CallState::ended;
  ASSERT_TRUE(commit({ports::PutCall{later}, ports::PutCall{live}}));
  EXPECT_THAT(open().unended_calls, IsEmpty());
}

TEST_F(StoreTest, KeepsFactsUntilTheyAreEmptied) {
  open();
  ASSERT_TRUE(commit({ports::PutFact{"a/b", "1"}, ports::PutFact{"gone", "x"}}));
  ASSERT_TRUE(commit({ports::PutFact{"a/b", "2"}, ports::PutFact{"gone", ""}}));
  EXPECT_THAT(open().facts, ElementsAre(Pair("a/b", "2")));
}

TEST_F(StoreTest, KeepsEventsByteByByte) {
  open();
  const std::string bytes("\0\xff\n", 3);
  ASSERT_TRUE(commit({event(1, bytes), event(2, ""), event(3, std::string(300'000, 'x'))}));
  const auto found = events(0);
  ASSERT_TRUE(found);
  EXPECT_THAT(sequences(*found), ElementsAre(1, 2, 3));
  EXPECT_EQ(*found->at(0).bytes, bytes);
  EXPECT_EQ(*found->at(1).bytes, "");
  EXPECT_EQ(found->at(2).bytes->size(), 300'000u);
  EXPECT_THAT(sequences(*events(1, 1)), ElementsAre(2));
  EXPECT_THAT(*events(3), IsEmpty());
  EXPECT_THAT(*events(UINT64_MAX), IsEmpty());
}

TEST_F(StoreTest, NamesItsEventLogForGood) {
  const auto first = open();
  ASSERT_TRUE(commit({event(1), event(2)}));
  const auto second = open();
  EXPECT_EQ(second.log_id, first.log_id);
  EXPECT_EQ(second.last_sequence, 2u);
}

// After a power cut numbers may be given twice; see ADR 3.
TEST_F(StoreTest, RenamesItsEventLogWhenTheMachineDiedUnderIt) {
  const auto first = open();
  store_->close();
  Database(file()).exec("UPDATE meta SET value = 'another boot' WHERE key = 'boot_id'");
  EXPECT_EQ(open().log_id, first.log_id) << "it was closed before the machine went down";
  store_->close();
  Database(file()).exec(
      "UPDATE meta SET value = 'another boot' WHERE key = 'boot_id';"
      "DELETE FROM meta WHERE key = 'closed'");
  EXPECT_NE(open().log_id, first.log_id);
}

TEST_F(StoreTest, KeepsPeopleWhole) {
  open();
  const model::Person bob{model::PersonId("p1"),
                          "Bob 'M'",
                          {{"xmpp:bob@example.org", "work"}, {"tel:+1", ""}},
                          "Gong",
                          "note",
                          base::WallTime(std::chrono::seconds(5)),
                          base::WallTime(std::chrono::seconds(6))};
  model::Person eve = bob;
  eve.id = model::PersonId("p2");
  ASSERT_TRUE(commit({ports::PutPerson{eve}, ports::PutPerson{bob}}));
  ASSERT_TRUE(commit({ports::ErasePerson{eve.id}}));
  store_->close();
  EXPECT_THAT(open().people, testing::ElementsAre(bob));
}

}  // namespace
}  // namespace commd::store
