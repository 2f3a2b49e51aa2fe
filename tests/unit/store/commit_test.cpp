#include <signal.h>
#include <sys/resource.h>

#include "daemon/store/database.h"
#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

TEST_F(StoreTest, AnswersManyBatchesInTheirOrder) {
  open({.events = 0});
  constexpr uint64_t count = 10'000;
  std::vector<uint64_t> order;
  for (uint64_t i = 1; i <= count; ++i) {
    store_->commit({event(i), ports::PutFact{"last", std::to_string(i)}},
                   [&order, i](const base::Result<void>& result) {
                     ASSERT_TRUE(result);
                     order.push_back(i);
                   });
  }
  ASSERT_TRUE(core_.run_until([&] { return order.size() == count; }));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  const auto state = open();
  EXPECT_EQ(state.last_sequence, count);
  EXPECT_EQ(state.facts.at("last"), std::to_string(count));
}

TEST_F(StoreTest, CommitsAnEmptyBatchAndOneWithoutACallback) {
  open();
  store_->commit({ports::PutFact{"quiet", "1"}}, nullptr);
  EXPECT_TRUE(commit({}));
  EXPECT_EQ(open().facts.count("quiet"), 1u);
}

TEST_F(StoreTest, ABatchIsStoredWholeOrNotAtAll) {
  open();
  ASSERT_TRUE(commit({event(1)}));
  // The number is taken already.
  const auto result = commit({ports::PutFact{"half", "1"}, event(1)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::Code::unavailable);
  EXPECT_EQ(result.error().reason, "STORE_WRITE_FAILED");
  const auto state = open();
  EXPECT_EQ(state.facts.count("half"), 0u);
  EXPECT_EQ(state.last_sequence, 1u);
}

TEST_F(StoreTest, ABatchThatFailsDoesNotTakeItsNeighboursWithIt) {
  open({.events = 0});
  std::vector<uint64_t> stored;
  std::vector<uint64_t> failed;
  size_t answered = 0;
  constexpr uint64_t count = 1000;
  for (uint64_t i = 1; i <= count; ++i) {
    store_->commit({event(i % 10 == 0 ? i - 1 : i)}, [&, i](const base::Result<void>& result) {
      (result ? stored : failed).push_back(i);
      ++answered;
    });
  }
  ASSERT_TRUE(core_.run_until([&] { return answered == count; }));
  EXPECT_EQ(failed.size(), count / 10);
  for (const uint64_t i : failed) EXPECT_EQ(i % 10, 0u);
  open();
  EXPECT_EQ(sequences(*events(0, 2000)), stored);
}

// A file size limit is as good as a full disk: write() fails, and later it works.
TEST_F(StoreTest, LivesThroughAFullDisk) {
  open();
  ASSERT_TRUE(commit({event(1)}));
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{256 << 10, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  const auto full = commit({event(2, std::string(1 << 20, 'x'))});
  const auto small = commit({event(3, "small")});
  setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().reason, "STORE_WRITE_FAILED");
  EXPECT_TRUE(small);
  EXPECT_TRUE(commit({event(4, std::string(1 << 20, 'x'))}));
  EXPECT_EQ(open().last_sequence, 4u);
  EXPECT_THAT(sequences(*events(0)), testing::ElementsAre(1, 3, 4));
}

TEST_F(StoreTest, WritesWhatIsQueuedBeforeItCloses) {
  open();
  size_t answered = 0;
  for (uint64_t i = 1; i <= 500; ++i)
    store_->commit({event(i)}, [&](const base::Result<void>& result) { answered += !!result; });
  store_->close();
  core_.drain();
  EXPECT_EQ(answered, 500u);
  EXPECT_EQ(open().last_sequence, 500u);
}

TEST_F(StoreTest, AnswersWhenItIsClosed) {
  open();
  store_->close();
  store_->close();
  EXPECT_EQ(commit({event(1)}).error().reason, "STORE_CLOSED");
  EXPECT_EQ(calls({}).error().reason, "STORE_CLOSED");
  EXPECT_EQ(events(0).error().reason, "STORE_CLOSED");
}

TEST_F(StoreTest, AReadDoesNotWaitBehindAWriter) {
  open();
  ASSERT_TRUE(commit({event(1)}));
  // Another process holds the write lock; the store's own writer waits for it.
  Database other(file());
  other.exec("BEGIN IMMEDIATE");
  bool written = false;
  store_->commit({event(2)}, [&](const base::Result<void>& result) { written = !!result; });
  EXPECT_THAT(sequences(*events(0)), testing::ElementsAre(1));
  EXPECT_FALSE(written);
  other.exec("ROLLBACK");
  EXPECT_TRUE(core_.run_until([&] { return written; }));
}

TEST_F(StoreTest, RefusesMoreThanADiskThatStandsStillCanBeOwed) {
  open();
  Database other(file());
  other.exec("BEGIN IMMEDIATE");
  std::optional<base::Error> refused;
  size_t queued = 0;
  for (; !refused && queued < 200'000; ++queued) {
    store_->commit({}, [&](const base::Result<void>& result) {
      if (!result && result.error().reason == "STORE_OVERLOADED") refused = result.error();
    });
    core_.drain();
  }
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, base::Code::unavailable);
  EXPECT_GE(queued, 100'000u);
  other.exec("ROLLBACK");
  store_->close();
}

// The newest pages are in the log; they must get into the file without a pause.
TEST_F(StoreTest, FoldsItsLogIntoTheFileWhileItRuns) {
  open({.events = 0});
  uint64_t i = 0;
  while (std::filesystem::file_size(file()) < (1 << 20) && i < 3000)
    ASSERT_TRUE(commit({event(++i, std::string(4000, 'x'))}));
  EXPECT_LT(i, 3000u);
}

// A person's sqlite3 may hold the write lock for longer than the store waits.
TEST_F(StoreTest, FailsSoonWhenTheFileStaysLockedAndRecovers) {
  open();
  Database other(file());
  other.exec("BEGIN IMMEDIATE");
  size_t failed = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t i = 1; i <= 100; ++i)
    store_->commit({event(i)}, [&](const base::Result<void>& result) { failed += !result; });
  ASSERT_TRUE(core_.run_until([&] { return failed == 100; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s) << "one wait, not one a batch";
  other.exec("ROLLBACK");
  EXPECT_TRUE(commit({event(1)}));
}

}  // namespace
}  // namespace commd::store
