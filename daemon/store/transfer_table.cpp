#include "daemon/store/transfer_table.h"

#include "daemon/store/call_table.h"
#include "daemon/store/fields.h"

namespace commd::store {
namespace {

using model::FileTransfer;

constexpr const char* names =
    "id, account, peer, direction, method, state, name, size, transferred, media_type, "
    "description, path, part, url, etag, sha256, message, fail_reason, fail_message, create_time, "
    "state_time, request_id";
static_assert(field_count<FileTransfer>() == 22, "a field of FileTransfer is not stored");

template <class E>
E word_at(const Statement& row, int at, const char* column) {
  const std::string word = row.text(at);
  const auto known = from_word<E>(word);
  if (!known) throw UnknownWord(column, word);
  return *known;
}

base::WallTime time_at(const Statement& row, int at) {
  return base::WallTime(base::WallTime::duration(row.integer(at)));
}

FileTransfer read_transfer(const Statement& row) {
  FileTransfer t;
  t.id = model::TransferId(row.text(0));
  t.account = model::AccountId(row.text(1));
  t.peer = row.text(2);
  t.direction = word_at<model::MessageDirection>(row, 3, "transfer.direction");
  t.method = word_at<model::TransferMethod>(row, 4, "transfer.method");
  t.state = word_at<model::TransferState>(row, 5, "transfer.state");
  t.name = row.text(6);
  t.size = static_cast<uint64_t>(row.integer(7));
  t.transferred = static_cast<uint64_t>(row.integer(8));
  t.media_type = row.text(9);
  t.description = row.text(10);
  t.path = row.text(11);
  t.part = row.text(12);
  t.url = row.text(13);
  t.etag = row.text(14);
  t.sha256 = row.text(15);
  t.message = model::MessageId(row.text(16));
  t.fail_reason = row.text(17);
  t.fail_message = row.text(18);
  t.create_time = time_at(row, 19);
  t.state_time = time_at(row, 20);
  t.request_id = row.text(21);
  return t;
}

}  // namespace

TransferTable::TransferTable(Database& database)
    : put_(database, std::string("INSERT OR REPLACE INTO transfer (") + names +
                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                         "?, ?)"),
      erase_(database, "DELETE FROM transfer WHERE id = ?"),
      all_(database, std::string("SELECT ") + names + " FROM transfer ORDER BY create_time, id") {}

void TransferTable::put(const FileTransfer& t) {
  put_.bind(1, t.id.str())
      .bind(2, t.account.str())
      .bind(3, t.peer)
      .bind(4, to_word(t.direction))
      .bind(5, to_word(t.method))
      .bind(6, to_word(t.state))
      .bind(7, t.name)
      .bind(8, static_cast<int64_t>(t.size))
      .bind(9, static_cast<int64_t>(t.transferred))
      .bind(10, t.media_type)
      .bind(11, t.description)
      .bind(12, t.path)
      .bind(13, t.part)
      .bind(14, t.url)
      .bind(15, t.etag)
      .bind(16, t.sha256)
      .bind(17, t.message.str())
      .bind(18, t.fail_reason)
      .bind(19, t.fail_message)
      .bind(20, t.create_time.time_since_epoch().count())
      .bind(21, t.state_time.time_since_epoch().count())
      .bind(22, t.request_id)
      .run();
}

void TransferTable::erase(const model::TransferId& id) { erase_.bind(1, id.str()).run(); }

std::vector<FileTransfer> TransferTable::all() {
  std::vector<FileTransfer> transfers;
  all_.for_each([&](const Statement& row) { transfers.push_back(read_transfer(row)); });
  return transfers;
}

}  // namespace commd::store
