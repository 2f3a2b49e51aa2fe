// File transfers in the store: all their fields, replaced and erased.
#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

using model::FileTransfer;
using testing::ElementsAre;
using testing::IsEmpty;

// No field has its default.
FileTransfer full_transfer(const std::string& id, int64_t seconds) {
  FileTransfer t;
  t.id = model::TransferId(id);
  t.account = model::AccountId("alice");
  t.peer = "xmpp:bob@example.org";
  t.direction = model::MessageDirection::outgoing;
  t.method = model::TransferMethod::in_band;
  t.state = model::TransferState::paused;
  t.name = "a 'b'.txt";
  t.size = 5'000'000'000;
  t.transferred = 4'000'000'000;
  t.media_type = "text/plain";
  t.description = "words";
  t.path = "/to/";
  t.part = "/to/a.x.part";
  t.url = "https://example.org/f";
  t.etag = "\"e\"";
  t.sha256 = "ab";
  t.message = model::MessageId("m1");
  t.fail_reason = "REASON";
  t.fail_message = "in words";
  t.create_time = base::WallTime(std::chrono::seconds(seconds));
  t.state_time = base::WallTime(std::chrono::seconds(seconds + 1));
  t.request_id = "request";
  return t;
}

using TransferTest = StoreTest;

TEST_F(TransferTest, TheNextDaemonGetsAllOldestFirst) {
  open();
  FileTransfer changed = full_transfer("t1", 200);
  changed.state = model::TransferState::done;
  ASSERT_TRUE(commit({ports::PutTransfer{full_transfer("t1", 200)},
                      ports::PutTransfer{full_transfer("t2", 100)},
                      ports::PutTransfer{full_transfer("t3", 300)}}));
  ASSERT_TRUE(commit({ports::PutTransfer{changed}, ports::EraseTransfer{model::TransferId("t3")}}));
  EXPECT_THAT(open().transfers, ElementsAre(full_transfer("t2", 100), changed));
  ASSERT_TRUE(commit({ports::EraseTransfer{model::TransferId("t1")},
                      ports::EraseTransfer{model::TransferId("t2")}}));
  EXPECT_THAT(open().transfers, IsEmpty());
}

}  // namespace
}  // namespace commd::store
