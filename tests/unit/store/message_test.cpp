#include "daemon/store/opener.h"
#include "daemon/store/schema.h"
#include "daemon/store/search_index.h"
#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

using model::Message;
using model::MessageState;
using testing::ElementsAre;
using testing::IsEmpty;

// No field has its default.
Message full_message(const std::string& id, int64_t seconds = 100) {
  Message m;
  m.id = model::MessageId(id);
  m.account = model::AccountId("alice");
  m.peer = "xmpp:bob@example.org";
  m.sender = "xmpp:bob@example.org/x";
  m.direction = model::MessageDirection::incoming;
  m.state = MessageState::received;
  m.text = "line\nand 'quotes'";
  m.time = base::WallTime(std::chrono::seconds(seconds));
  m.state_time = base::WallTime(std::chrono::seconds(seconds + 1));
  m.remote_id = "remote";
  m.fingerprint = "print " + id;
  m.fail_reason = "REASON";
  m.fail_message = "words";
  m.request_id = "request";
  m.reply = {model::MessageId("answered"), "wire", true, "> quote"};
  m.edit_time = base::WallTime(std::chrono::seconds(seconds + 2));
  m.retracted = true;
  m.markable = true;
  m.reactions = {{"xmpp:bob@example.org", {"\U0001f44d", "ok"}},
                 {"xmpp:tea@rooms.example.org/Bob O", {"ok"}, "o-bob"},
                 {"", {"\u2764"}}};
  m.mentioned = true;
  m.room_id = "stanza-1";
  m.occupant = "occupant-1";
  m.local = "xmpp:weather@gw.example.org";
  m.attachment = {"https://example.org/f", "f.png", "image/png", 5'000'000'000, "seen", "t1"};
  return m;
}

model::Amendment full_amendment(const std::string& id, int64_t seconds = 100) {
  model::Amendment a;
  a.id = model::MessageId(id);
  a.account = model::AccountId("alice");
  a.peer = "xmpp:bob@example.org";
  a.kind = model::AmendmentKind::react;
  a.target = "target";
  a.text = "line\ntab\t";
  a.emojis = {"\U0001f44d", "ok"};
  a.time = base::WallTime(std::chrono::seconds(seconds));
  a.fingerprint = "print " + id;
  return a;
}

class MessageTest : public StoreTest {
 protected:
  base::Result<std::vector<Message>> messages(const ports::MessageQuery& query) {
    std::optional<base::Result<std::vector<Message>>> result;
    store_->query_messages(query, [&](auto found) { result = std::move(found); });
    EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
    return *result;
  }
  std::vector<std::string> found(const ports::MessageQuery& query) {
    std::vector<std::string> all;
    const auto rows = messages(query);
    if (!rows) return {rows.error().reason};
    for (const Message& each : *rows) all.push_back(each.id.str());
    return all;
  }
};

TEST_F(MessageTest, KeepsEveryFieldOverARestart) {
  open();
  ASSERT_TRUE(commit({ports::PutMessage{full_message("m1")}}));
  open();
  const auto rows = messages({});
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(*rows, ElementsAre(full_message("m1")));
}

TEST_F(MessageTest, AMessageIsReplacedByItsNextState) {
  open();
  Message message = full_message("m1");
  ASSERT_TRUE(commit({ports::PutMessage{message}}));
  message.state = MessageState::read;
  ASSERT_TRUE(commit({ports::PutMessage{message}}));
  EXPECT_THAT(*messages({}), ElementsAre(message));
}

TEST_F(MessageTest, IsFoundByPersonAccountAndId) {
  open();
  Message other = full_message("m3", 300);
  other.peer = "xmpp:carol@example.org";
  other.account = model::AccountId("work");
  // Two in the same instant: the id decides.
  ASSERT_TRUE(commit({ports::PutMessage{full_message("m1")}, ports::PutMessage{full_message("m2")},
                      ports::PutMessage{other}}));
  EXPECT_THAT(found({}), ElementsAre("m3", "m2", "m1"));
  EXPECT_THAT(found({.peer = "xmpp:bob@example.org"}), ElementsAre("m2", "m1"));
  EXPECT_THAT(found({.account = model::AccountId("work")}), ElementsAre("m3"));
  EXPECT_THAT(found({.id = model::MessageId("m1")}), ElementsAre("m1"));
  EXPECT_THAT(found({.id = model::MessageId("none")}), IsEmpty());
  EXPECT_THAT(found({.limit = 1}), ElementsAre("m3"));
  EXPECT_THAT(found({.limit = 2, .before = "m3"}), ElementsAre("m2", "m1"));
  EXPECT_THAT(found({.before = "nobody"}), ElementsAre("NOT_FOUND"));
}

TEST_F(MessageTest, TheNextDaemonGetsWhatWaitsAndWhatCameLast) {
  open();
  Message waits = full_message("m1", 300), first = full_message("m2", 200);
  waits.direction = first.direction = model::MessageDirection::outgoing;
  waits.state = first.state = MessageState::queued;
  Message plain = full_message("m5", 500);
  plain.fingerprint.clear();
  ASSERT_TRUE(commit({ports::PutMessage{waits}, ports::PutMessage{first},
                      ports::PutMessage{full_message("m3", 30)},
                      ports::PutMessage{full_message("m4", 20)}, ports::PutMessage{plain}}));
  const ports::StoredState state = open();
  EXPECT_THAT(state.queued_messages, ElementsAre(first, waits));
  EXPECT_THAT(state.fingerprints, ElementsAre("print m4", "print m3", "print m2", "print m1"));
}

TEST_F(MessageTest, IsFoundByWhatTheWireCallsItByABeginningAndByWhatIsUnread) {
  open();
  Message ours = full_message("m1", 300), read = full_message("m2", 200);
  ours.remote_id.clear();
  ours.direction = model::MessageDirection::outgoing;
  ours.state = MessageState::sent;
  read.state = MessageState::read;
  ASSERT_TRUE(commit(
      {ports::PutMessage{ours}, ports::PutMessage{read}, ports::PutMessage{full_message("n3")}}));
  EXPECT_THAT(found({.wire_id = "m1"}), ElementsAre("m1"));
  EXPECT_THAT(found({.wire_id = "m2"}), IsEmpty()) << "it came, and was called otherwise";
  EXPECT_THAT(found({.wire_id = "remote"}), ElementsAre("m2", "n3"));
  EXPECT_THAT(found({.id_prefix = "m"}), ElementsAre("m1", "m2"));
  EXPECT_THAT(found({.id_prefix = "%"}), IsEmpty());
  EXPECT_THAT(found({.unread = true}), ElementsAre("n3"));
}

TEST_F(MessageTest, TheNextDaemonGetsAmendmentsThatWait) {
  open();
  model::Amendment gone = full_amendment("a2", 50);
  gone.queued = false;
  ASSERT_TRUE(commit({ports::PutAmendment{full_amendment("a3", 300)},
                      ports::PutAmendment{full_amendment("a1", 200)}, ports::PutAmendment{gone}}));
  const ports::StoredState state = open();
  EXPECT_THAT(state.queued_amendments,
              ElementsAre(full_amendment("a1", 200), full_amendment("a3", 300)));
  EXPECT_THAT(state.fingerprints, ElementsAre("print a2", "print a1", "print a3"));
}

// A file of the version before has no messages, and gets a place for them.
TEST_F(MessageTest, AStoreOfTheFirstVersionIsTakenOver) {
  {
    make();
    const auto folder = StateFolder::open(state_dir());
    ASSERT_TRUE(folder) << folder.error().message;
    auto database = open_for_writing(*folder, migrations().first(1));
    ASSERT_TRUE(database) << database.error().message;
    (*database)->exec("INSERT INTO fact VALUES ('kept', 'yes')");
    mark_closed(**database);
  }
  const ports::StoredState state = open();
  EXPECT_EQ(state.facts.at("kept"), "yes");
  ASSERT_TRUE(commit({ports::PutMessage{full_message("m1")}}));
  EXPECT_THAT(found({}), ElementsAre("m1"));
}

// What was there before there were replies and reactions keeps what it has.
TEST_F(MessageTest, AStoreOfTheSecondVersionIsTakenOver) {
  {
    make();
    const auto folder = StateFolder::open(state_dir());
    ASSERT_TRUE(folder) << folder.error().message;
    auto database = open_for_writing(*folder, migrations().first(2));
    ASSERT_TRUE(database) << database.error().message;
    (*database)->exec(
        "INSERT INTO message VALUES ('m1', 'alice', 'xmpp:bob@example.org', 's', 'incoming', "
        "'received', 'text', 100, 101, 'r', 'f', '', '', ''), ('m2', 'alice', "
        "'xmpp:bob@example.org', '', 'outgoing', 'queued', 'waits', 200, 201, '', '', '', '', "
        "'q')");
    mark_closed(**database);
  }
  const ports::StoredState state = open();
  ASSERT_EQ(state.queued_messages.size(), 1U);
  EXPECT_EQ(state.queued_messages[0].text, "waits");
  EXPECT_TRUE(state.queued_messages[0].reply.empty());
  EXPECT_THAT(state.fingerprints, ElementsAre("f"));
  const auto rows = messages({.id = model::MessageId("m1")});
  ASSERT_TRUE(rows && rows->size() == 1);
  EXPECT_EQ(rows->front().text, "text");
  EXPECT_EQ(rows->front().state, MessageState::read) << "the history of before is not news";
  EXPECT_FALSE(rows->front().retracted);
  EXPECT_THAT(rows->front().reactions, IsEmpty());
}

TEST_F(MessageTest, ConversationsAreListedTheNewestFirst) {
  open();
  Message mention = full_message("a1", 100);
  Message plain = full_message("a2", 300);
  plain.mentioned = false;
  Message read = full_message("b1", 200);
  read.peer = "xmpp:eve@example.org";
  read.state = MessageState::read;
  Message other = full_message("c1", 250);
  other.account = model::AccountId("bob");
  ASSERT_TRUE(commit({ports::PutMessage{plain}, ports::PutMessage{mention}, ports::PutMessage{read},
                      ports::PutMessage{other}}));
  const auto list = [&](const ports::ConversationQuery& query) {
    std::optional<base::Result<std::vector<model::Conversation>>> result;
    store_->query_conversations(query, [&](auto found) { result = std::move(found); });
    EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
    std::vector<std::string> lines;
    if (result->has_value())
      for (const model::Conversation& each : **result)
        lines.push_back(each.last.id.str() + " " + std::to_string(each.unread) + " " +
                        std::to_string(each.unread_mentions));
    return lines;
  };
  EXPECT_THAT(list({}), ElementsAre("a2 2 1", "c1 1 1", "b1 0 0"));
  EXPECT_THAT(list({.unread = true}), ElementsAre("a2 2 1", "c1 1 1"));
  EXPECT_THAT(list({.account = model::AccountId("bob")}), ElementsAre("c1 1 1"));
  EXPECT_THAT(list({.limit = 1, .before = "a2"}), ElementsAre("c1 1 1"));
}

// The newest message of each conversation is known, and what was there before is looked through.
TEST_F(MessageTest, AStoreOfTheFourthVersionKnowsItsConversations) {
  {
    make();
    const auto folder = StateFolder::open(state_dir());
    ASSERT_TRUE(folder) << folder.error().message;
    auto database = open_for_writing(*folder, migrations().first(4));
    ASSERT_TRUE(database) << database.error().message;
    for (const char* row : {"'m1', 'alice', 'p', 100, 100", "'m2', 'alice', 'p', 200, 200",
                            "'m3', 'bob', 'p', 150, 150", "'m4', 'alice', 'q', 50, 50"})
      (*database)->exec(
          ("INSERT INTO message (id, account, peer, time, place, sender, direction, state, "
           "text, state_time, remote_id, fingerprint, fail_reason, fail_message, "
           "request_id) VALUES (" +
           std::string(row) + ", '', 'incoming', 'read', 'old words', 0, '', '', '', '', '')")
              .c_str());
    rebuild_search_index(**database);
    mark_closed(**database);
  }
  {
    const auto folder = StateFolder::open(state_dir());
    ASSERT_TRUE(folder) << folder.error().message;
    auto database = open_for_writing(*folder, migrations());
    ASSERT_TRUE(database) << database.error().message;
    EXPECT_EQ((*database)->text("SELECT group_concat(last) FROM (SELECT last FROM conversation "
                                "ORDER BY time DESC)"),
              "m2,m3,m4");
    EXPECT_TRUE(search_index_is_whole(**database));
    mark_closed(**database);
  }
  open();
  Message file = full_message("m5");
  file.retracted = false;
  ASSERT_TRUE(commit({ports::PutMessage{file}}));
  EXPECT_THAT(found({.words = "png"}), ElementsAre("m5")) << "by the name of its file";
}

}  // namespace
}  // namespace commd::store
