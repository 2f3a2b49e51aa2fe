#include "daemon/store/schema.h"

#include <array>
#include <utility>

#include "daemon/store/opener.h"
#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

// An artificial past: version 0 kept names alone, 1 gave them numbers, 2 an index.
const Migration to_1{1, [](Database& database) {
                       database.exec("ALTER TABLE person ADD COLUMN number INTEGER DEFAULT 7");
                     }};
const Migration to_2{
    2, [](Database& database) { database.exec("CREATE INDEX by_number ON person (number)"); }};
const Migration broken{2, [](Database& database) {
                         database.exec("UPDATE person SET number = 8");
                         database.exec("CREATE INDEX by_shoe ON person (shoe)");
                       }};

class SchemaTest : public testing::Test {
 protected:
  void SetUp() override {
    database_ = Database::create(temp_.path() / "old.db");
    database_->exec("CREATE TABLE person (name TEXT); INSERT INTO person VALUES ('alice')");
  }
  TempFolder temp_;
  std::unique_ptr<Database> database_;
};

TEST_F(SchemaTest, TakesTheStepsThatAreMissing) {
  ASSERT_TRUE(migrate(*database_, std::array{to_1}));
  EXPECT_EQ(schema_version(*database_), 1);
  EXPECT_EQ(database_->integer("SELECT number FROM person WHERE name = 'alice'"), 7);
  database_->exec("UPDATE person SET number = 9");
  ASSERT_TRUE(migrate(*database_, std::array{to_1, to_2}));
  EXPECT_EQ(schema_version(*database_), 2);
  EXPECT_EQ(database_->integer("SELECT number FROM person"), 9) << "step 1 was not repeated";
}

TEST_F(SchemaTest, TakesSeveralStepsAtOnce) {
  ASSERT_TRUE(migrate(*database_, std::array{to_1, to_2}));
  EXPECT_EQ(schema_version(*database_), 2);
  EXPECT_EQ(database_->integer("SELECT count(*) FROM sqlite_master WHERE name = 'by_number'"), 1);
}

TEST_F(SchemaTest, DoesNothingToTheNewest) {
  ASSERT_TRUE(migrate(*database_, std::array{to_1}));
  ASSERT_TRUE(migrate(*database_, std::array{to_1}));
  EXPECT_EQ(schema_version(*database_), 1);
}

TEST_F(SchemaTest, LeavesTheFileAsItWasWhenAStepFails) {
  EXPECT_THROW((void)migrate(*database_, std::array{to_1, broken}), SqliteError);
  EXPECT_EQ(schema_version(*database_), 0);
  EXPECT_FALSE(database_->in_transaction());
  EXPECT_EQ(database_->integer("SELECT count(*) FROM pragma_table_info('person')"), 1);
}

TEST_F(SchemaTest, RefusesTheFuture) {
  database_->exec("PRAGMA user_version = 3");
  const auto result = migrate(*database_, std::array{to_1, to_2});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "STORE_NEWER_VERSION");
  EXPECT_EQ(schema_version(*database_), 3);
}

TEST(Migrations, CountUpFromOne) {
  int before = 0;
  for (const Migration& step : migrations()) EXPECT_GT(step.to, std::exchange(before, step.to));
  EXPECT_EQ(migrations().front().to, 1);
}

// The whole way: a store of the version before is opened by one that has a step
// more, and keeps what was in it.
TEST_F(StoreTest, MigratesWhatIsThere) {
  open();
  ASSERT_TRUE(commit({ports::PutAccount{full_account("alice")}, event(1)}));
  store_->close();
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  const int next = steps.back().to + 1;
  steps.push_back({next, [](Database& database) {
                     database.exec("ALTER TABLE account ADD COLUMN colour TEXT DEFAULT 'red'");
                   }});
  auto folder = StateFolder::open(state_dir());
  ASSERT_TRUE(folder);
  auto database = open_for_writing(*folder, steps);
  ASSERT_TRUE(database) << database.error().message;
  EXPECT_EQ(schema_version(**database), next);
  EXPECT_EQ((*database)->text("SELECT id || colour FROM account"), "alicered");
  EXPECT_EQ((*database)->integer("SELECT count(*) FROM event"), 1);
}

TEST_F(StoreTest, AFailedMigrationIsRefusedAndLeavesTheStoreUsable) {
  open();
  ASSERT_TRUE(commit({event(1)}));
  store_->close();
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({steps.back().to + 1, [](Database& database) {
                     database.exec("DELETE FROM event; INSERT INTO nowhere VALUES (1)");
                   }});
  {
    auto folder = StateFolder::open(state_dir());
    ASSERT_TRUE(folder);
    EXPECT_FALSE(open_for_writing(*folder, steps));
  }
  EXPECT_EQ(open().last_sequence, 1u);
}

}  // namespace
}  // namespace commd::store
