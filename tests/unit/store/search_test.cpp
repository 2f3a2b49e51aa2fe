// Search, paging and pruning of the history, and how its index is kept and mended.
#include "daemon/store/opener.h"
#include "daemon/store/schema.h"
#include "daemon/store/search_index.h"
#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

using model::Message;
using model::MessageDirection;
using model::MessageState;
using testing::ElementsAre;
using testing::IsEmpty;

base::WallTime at(int64_t seconds) { return base::WallTime(std::chrono::seconds(seconds)); }

Message said(const std::string& id, const std::string& text, int64_t seconds = 100) {
  Message m;
  m.id = model::MessageId(id);
  m.account = model::AccountId("alice");
  m.peer = "xmpp:bob@example.org";
  m.direction = MessageDirection::incoming;
  m.state = MessageState::received;
  m.text = text;
  m.time = m.state_time = at(seconds);
  return m;
}

class SearchTest : public StoreTest {
 protected:
  void put(const Message& message) { ASSERT_TRUE(commit({ports::PutMessage{message}})); }
  std::vector<std::string> found(const ports::MessageQuery& query) {
    std::optional<base::Result<std::vector<Message>>> result;
    store_->query_messages(query, [&](auto rows) { result = std::move(rows); });
    EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
    if (!*result) return {result->error().reason};
    std::vector<std::string> all;
    for (const Message& each : **result) all.push_back(each.id.str());
    return all;
  }
  std::vector<std::string> with_words(const std::string& words) { return found({.words = words}); }
  // With the store closed: whether the index says what the messages say.
  bool index_is_whole() {
    store_->close();
    Database database(file());
    return search_index_is_whole(database);
  }
};

TEST_F(SearchTest, FindsAllTheWordsInAnyCaseAndAccent) {
  open();
  put(said("m1", "Lunch on Tuesday?", 100));
  put(said("m2", "Tuesday: no lunch, d\xc3\xa9j\xc3\xa0 vu", 200));
  put(said("m3", "breakfast on Tuesday", 300));
  EXPECT_THAT(with_words("lunch"), ElementsAre("m2", "m1"));
  EXPECT_THAT(with_words("TUESDAY lunch"), ElementsAre("m2", "m1"));
  EXPECT_THAT(with_words("deja"), ElementsAre("m2"));
  EXPECT_THAT(with_words("D\xc3\x89J\xc3\x80"), ElementsAre("m2"));
  EXPECT_THAT(with_words("\"on tuesday\""), ElementsAre("m3", "m1"));
  EXPECT_THAT(with_words("tue*"), ElementsAre("m3", "m2", "m1"));
  EXPECT_THAT(with_words("break* tues*"), ElementsAre("m3"));
  EXPECT_THAT(with_words("supper"), IsEmpty());
  EXPECT_THAT(with_words("lunch supper"), IsEmpty());
}

// Words are no language: no operators, no column names, no syntax errors.
TEST_F(SearchTest, WhateverIsTypedIsText) {
  open();
  put(said("m1", "either NOT or AND; 100% O'Neill (x) bob@example.org \xf0\x9f\x98\x80"));
  for (const char* words : {"NOT", "AND or", "100%", "O'Neill", "(x)", "bob@example.org",
                            "\"either", "e\"i\"", "not NEAR", "x) OR (y"})
    EXPECT_NE(with_words(words), std::vector<std::string>{"STORE_READ_FAILED"}) << words;
  EXPECT_THAT(with_words("bob@example.org"), ElementsAre("m1"));
  EXPECT_THAT(with_words("NOT either"), ElementsAre("m1"));
  // The tags are no part of the text, nor punctuation a word.
  EXPECT_THAT(with_words("incoming"), IsEmpty());
  EXPECT_THAT(with_words("tags:incoming"), IsEmpty());
  EXPECT_THAT(with_words("\xf0\x9f\x98\x80"), IsEmpty());
  EXPECT_THAT(with_words("!!!"), IsEmpty());
  EXPECT_THAT(with_words("!!! either"), ElementsAre("m1"));
  EXPECT_THAT(with_words("--* either"), ElementsAre("m1"));
  EXPECT_THAT(with_words(" "), ElementsAre("INVALID_ARGUMENT"));
}

TEST_F(SearchTest, FiltersByPersonAccountDirectionAndTime) {
  open();
  put(said("m1", "same words", 100));
  Message other = said("m2", "same words", 200);
  other.peer = "xmpp:bob@example.org.uk";
  put(other);
  Message work = said("m3", "same words", 300);
  work.account = model::AccountId("work");
  work.direction = MessageDirection::outgoing;
  put(work);
  const std::string words = "same";
  EXPECT_THAT(found({.peer = "xmpp:bob@example.org", .words = words}), ElementsAre("m3", "m1"));
  EXPECT_THAT(found({.account = model::AccountId("work"), .words = words}), ElementsAre("m3"));
  EXPECT_THAT(found({.words = words, .direction = MessageDirection::incoming}),
              ElementsAre("m2", "m1"));
  EXPECT_THAT(found({.words = words, .since = at(200)}), ElementsAre("m3", "m2"));
  EXPECT_THAT(found({.words = words, .until = at(300)}), ElementsAre("m2", "m1"));
  EXPECT_THAT(found({.words = words, .since = at(200), .until = at(300)}), ElementsAre("m2"));
  EXPECT_THAT(found({.peer = "xmpp:nobody@example.org", .words = words}), IsEmpty());
  // The same without words.
  EXPECT_THAT(found({.since = at(200), .until = at(300)}), ElementsAre("m2"));
  EXPECT_THAT(found({.direction = MessageDirection::outgoing}), ElementsAre("m3"));
}

TEST_F(SearchTest, GoesOnPageByPageInBothOrders) {
  open();
  // As a server's stamps are: many in one second, and some from before that came late.
  for (int i = 0; i < 7; ++i) put(said("m" + std::to_string(i), "word", 100));
  put(said("late", "word", 50));
  put(said("new", "word", 900));
  std::vector<std::string> all;
  for (std::string before;;) {
    const auto page = found({.limit = 2, .before = before, .words = "word"});
    all.insert(all.end(), page.begin(), page.end());
    if (page.size() < 2) break;
    before = page.back();
  }
  EXPECT_THAT(all, ElementsAre("new", "m6", "m5", "m4", "m3", "m2", "m1", "m0", "late"));
  EXPECT_THAT(found({.before = "nobody", .words = "word"}), ElementsAre("NOT_FOUND"));
  EXPECT_THAT(found({.limit = 3, .oldest_first = true}), ElementsAre("late", "m0", "m1"));
  EXPECT_THAT(found({.limit = 1000, .before = "m5", .oldest_first = true}),
              ElementsAre("m6", "new"));
}

TEST_F(SearchTest, TheIndexFollowsEveryChange) {
  open();
  Message message = said("m1", "first words", 100);
  put(message);
  put(said("m2", "other words", 100));
  message.state = MessageState::read;  // most changes are of the state alone
  put(message);
  EXPECT_THAT(with_words("words"), ElementsAre("m2", "m1"));
  message.text = "corrected";
  put(message);
  EXPECT_THAT(with_words("first"), IsEmpty());
  EXPECT_THAT(with_words("corrected"), ElementsAre("m1"));
  EXPECT_TRUE(index_is_whole());
}

TEST_F(SearchTest, AStoreOfTheSecondVersionIsTakenOver) {
  {
    make();
    const auto folder = StateFolder::open(state_dir());
    ASSERT_TRUE(folder) << folder.error().message;
    auto database = open_for_writing(*folder, migrations().first(2));
    ASSERT_TRUE(database) << database.error().message;
    (*database)->exec(
        "INSERT INTO message SELECT 'm' || value, 'alice', 'xmpp:bob@example.org', '', 'incoming', "
        "'received', 'old words', 100000000000 + value / 4 * 1000, 0, '', '', '', '', '' "
        "FROM (WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value "
        "< 9) SELECT value FROM n)");
    mark_closed(**database);
  }
  open();
  put(said("new", "new words", 100));
  EXPECT_THAT(with_words("old"),
              ElementsAre("m9", "m8", "m7", "m6", "m5", "m4", "m3", "m2", "m1", "m0"));
  EXPECT_THAT(with_words("words new"), ElementsAre("new"));
  EXPECT_TRUE(index_is_whole());
}

TEST_F(SearchTest, ADamagedIndexIsMadeAnewAfterACrash) {
  open();
  for (int i = 0; i < 50; ++i) put(said("m" + std::to_string(i), "needle " + std::to_string(i)));
  store_->close();
  {
    Database database(file());
    database.exec(
        "INSERT INTO message_words (message_words, rowid, body, tags) VALUES ('delete', "
        "100000000, 'needle 0', (SELECT tags FROM message_indexed WHERE id = 'm0'));"
        "DELETE FROM meta WHERE key = 'closed'");
    ASSERT_FALSE(search_index_is_whole(database));
  }
  const auto state = open();
  EXPECT_FALSE(state.facts.contains(search_index_doubt)) << "it was looked at";
  EXPECT_EQ(found({.limit = 100, .words = "needle"}).size(), 50u);
  EXPECT_TRUE(index_is_whole());
}

TEST_F(SearchTest, DamageThatASearchMeetsIsMendedByTheNextStart) {
  open();
  put(said("m1", "needle"));
  store_->close();
  {
    Database database(file());
    database.exec("UPDATE message_words_data SET block = x'00' WHERE id > 10");
  }
  open();
  EXPECT_THAT(with_words("needle"), ElementsAre("STORE_READ_FAILED"));
  ASSERT_TRUE(commit({}));  // what the search left to do is done before it
  open();
  EXPECT_THAT(with_words("needle"), ElementsAre("m1"));
}

TEST_F(SearchTest, OldMessagesGoAndWaitingOnesStay) {
  const int64_t now = clock_.wall_now().time_since_epoch() / 1s;
  open();
  for (int i = 0; i < 600; ++i)
    put(said("old" + std::to_string(i), "words", now - 40 * 86'400 + i));
  Message waits = said("waits", "words", now - 40 * 86'400);
  waits.direction = MessageDirection::outgoing;
  waits.state = MessageState::queued;
  put(waits);
  put(said("new", "words", now - 86'400));
  EXPECT_EQ(found({.limit = 1000}).size(), 602u) << "kept for ever unless told otherwise";
  for (int i = 0; i < 5; ++i) {  // idle pruning stops for what is queued
    open({.message_days = 30});
    ASSERT_TRUE(commit({}));
  }
  EXPECT_THAT(found({.limit = 1000}), ElementsAre("new", "waits"));
  EXPECT_THAT(with_words("words"), ElementsAre("new", "waits"));
  clock_.advance(24h * 35);
  ASSERT_TRUE(commit({}));
  ASSERT_TRUE(commit({}));
  EXPECT_THAT(found({}), ElementsAre("waits"));
  EXPECT_TRUE(index_is_whole());
}

}  // namespace
}  // namespace commd::store
