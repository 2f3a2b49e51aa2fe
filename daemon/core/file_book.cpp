#include "daemon/core/file_book.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/core/message_address.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::FileTransfer;
using model::MessageDirection;
using model::TransferMethod;
using model::TransferState;

bool may_go_on(const base::Error& why) {
  return why.code == Code::unavailable || why.code == Code::deadline_exceeded ||
         why.reason == "ACCOUNT_NOT_ONLINE";
}

std::string to_hex(const std::string& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

bool newer(const FileTransfer& a, const FileTransfer& b) {
  return std::tie(a.create_time, a.id) > std::tie(b.create_time, b.id);
}

base::Error restarted() {
  return {Code::unavailable,
          "DAEMON_RESTARTED",
          "the daemon ended before it was through; commctl file resume goes on with it",
          {}};
}

}  // namespace

FileBook::FileBook(Parts parts) : parts_(std::move(parts)) { thread_.bind(); }

// What was on its way when the last daemon ended is told to nobody anew: the log has it. What
// it is now, is.
void FileBook::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  for (const FileTransfer& each : state.transfers) transfers_[each.id] = each;
  for (const FileTransfer& each : state.transfers) {
    if (!model::is_live(each)) continue;
    const bool gone = each.state == TransferState::offered;
    const bool cut =
        each.state == TransferState::active ||
        (each.state == TransferState::waiting &&
         (each.direction == MessageDirection::incoming || each.method != TransferMethod::http));
    if (gone || cut)
      edit(each.id, [&](FileTransfer& now) {
        set_state(now, gone ? TransferState::failed : TransferState::paused, restarted());
        if (gone) now.fail_message = "the daemon ended before it was accepted; ask for it again";
      });
    else
      parts_.log.show(model::FileChanged{each});
  }
}

// ---- what is known -----------------------------------------------------------------------

ports::Files* FileBook::room_of(const model::AccountId& account) const {
  const model::Account* found = parts_.accounts.get(account);
  if (!found) return nullptr;
  const auto speaks = parts_.rooms.find(found->protocol);
  return speaks == parts_.rooms.end() ? nullptr : speaks->second;
}

FileTransfer FileBook::made(MessageDirection direction) const {
  FileTransfer transfer;
  transfer.id = model::TransferId(base::random_token(16));
  transfer.direction = direction;
  transfer.create_time = transfer.state_time = parts_.clock.wall_now();
  return transfer;
}

FileTransfer* FileBook::get(const model::TransferId& id) {
  const auto found = transfers_.find(id);
  return found == transfers_.end() ? nullptr : &found->second;
}

base::Result<model::TransferId> FileBook::id_of(const std::string& reference) const {
  if (reference.empty()) return fail(base::invalid_argument("id", "say which transfer"));
  const auto first = transfers_.lower_bound(model::TransferId(reference));
  if (first == transfers_.end() || !first->first.str().starts_with(reference))
    return fail(base::not_found("transfer", reference));
  const auto second = std::next(first);
  if (first->first.str() != reference && second != transfers_.end() &&
      second->first.str().starts_with(reference))
    return fail({Code::invalid_argument,
                 "AMBIGUOUS",
                 "several transfers begin with \"" + reference + "\"; write more of it",
                 {{"candidates", first->first.str() + " " + second->first.str()}}});
  return first->first;
}

base::Result<FileTransfer> FileBook::find(const std::string& id) const {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = id_of(id);
  if (!found) return fail(found.error());
  return transfers_.at(*found);
}

base::Result<std::vector<FileTransfer>> FileBook::list(const std::string& address,
                                                       const std::string& account, size_t most,
                                                       const std::string& before) const {
  COMMD_ASSERT_THREAD(thread_);
  std::string peer;
  if (!address.empty()) {
    auto found = peer_address(parts_.accounts, address);
    if (!found) return fail(found.error());
    peer = std::move(*found);
  }
  model::AccountId id(account);
  if (!account.empty())
    if (const auto found = parts_.accounts.find(account)) id = (*found)->id;
  const auto last = transfers_.find(model::TransferId(before));
  if (!before.empty() && last == transfers_.end())
    return fail(base::invalid_argument("page_token", "begin with the first page again"));
  std::vector<FileTransfer> all;
  for (const auto& [key, each] : transfers_)
    if ((peer.empty() || each.peer == peer) && (id.empty() || each.account == id) &&
        (before.empty() || newer(last->second, each)))
      all.push_back(each);
  std::sort(all.begin(), all.end(), newer);
  if (all.size() > most) all.resize(most);
  return all;
}

// ---- changes -----------------------------------------------------------------------------

void FileBook::set_state(FileTransfer& transfer, TransferState state,
                         const base::Error& why) const {
  transfer.state = state;
  transfer.state_time = parts_.clock.wall_now();
  transfer.fail_reason = why.reason;
  transfer.fail_message = why.message;
}

FileTransfer* FileBook::edit(const model::TransferId& id, const Edit& change, Done done) {
  FileTransfer* transfer = get(id);
  if (!transfer) return nullptr;
  const FileTransfer before = *transfer;
  change(*transfer);
  if (*transfer == before) {
    if (done) done(before);
    return transfer;
  }
  if (!model::is_live(*transfer)) {
    routes_.erase(id);
    most_bytes_.erase(id);
  }
  parts_.log.emit(model::FileChanged{*transfer}, {ports::PutTransfer{*transfer}},
                  [done = std::move(done), now = *transfer](const base::Result<void>& kept) {
                    if (!done) return;
                    done(kept ? base::Result<FileTransfer>(now) : fail(kept.error()));
                  });
  return transfer;
}

void FileBook::put(FileTransfer transfer, Done done) {
  const model::TransferId id = transfer.id;
  transfers_[id] = transfer;
  forget_oldest();
  parts_.log.emit(model::FileChanged{transfer}, {ports::PutTransfer{transfer}},
                  [this, id, transfer, done = std::move(done)](const base::Result<void>& kept) {
                    if (!kept) transfers_.erase(id);
                    if (done)
                      done(kept ? base::Result<FileTransfer>(transfer) : fail(kept.error()));
                    if (kept) start(id);
                  });
}

void FileBook::forget_oldest() {
  if (transfers_.size() <= most_kept) return;
  const FileTransfer* oldest = nullptr;
  for (const auto& [id, each] : transfers_)
    if ((!model::is_live(each) || each.state == TransferState::paused) &&
        (!oldest || newer(*oldest, each)))
      oldest = &each;
  if (!oldest) return;
  const model::TransferId id = oldest->id;
  if (parts_.web && !oldest->part.empty()) parts_.web->remove_part(oldest->part);
  transfers_.erase(id);
  parts_.log.keep({ports::EraseTransfer{id}});
}

void FileBook::stop_with(const model::TransferId& id, const base::Error& why) {
  edit(id, [&](FileTransfer& transfer) {
    const bool refused = why.reason == "FILE_REJECTED" || why.reason == "FILE_CANCELLED";
    // What nobody has accepted cannot go on.
    const bool wanted = transfer.state != TransferState::offered;
    set_state(transfer,
              refused                    ? TransferState::cancelled
              : wanted && may_go_on(why) ? TransferState::paused
                                         : TransferState::failed,
              why);
    // What cannot go on leaves nothing behind.
    if (transfer.state == TransferState::paused || transfer.part.empty()) return;
    if (parts_.web) parts_.web->remove_part(transfer.part);
    transfer.part.clear();
    transfer.etag.clear();
  });
  parts_.logger->info("event: file_stopped, transfer: {}, reason: {}", id.str(), why.reason);
}

void FileBook::account_removed(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  ready_.erase(account);
  std::vector<model::TransferId> left;
  for (const auto& [id, each] : transfers_)
    if (each.account == account && model::is_live(each)) left.push_back(id);
  for (const model::TransferId& id : left) {
    if (parts_.web) parts_.web->stop(id);
    edit(id, [this](FileTransfer& transfer) {
      set_state(transfer, TransferState::failed,
                {Code::failed_precondition, "ACCOUNT_REMOVED", "its account was removed", {}});
    });
  }
}

// ---- from the rooms ----------------------------------------------------------------------

void FileBook::ready(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  ready_.insert(account);
  std::vector<model::TransferId> waiting;
  for (const auto& [id, each] : transfers_)
    if (each.account == account && each.state == TransferState::waiting &&
        each.direction == MessageDirection::outgoing)
      waiting.push_back(id);
  for (const model::TransferId& id : waiting) start(id);
}

void FileBook::offered(ports::IncomingFile offer) {
  COMMD_ASSERT_THREAD(thread_);
  size_t open = 0, of_his = 0;
  for (const auto& [id, each] : transfers_) {
    if (each.state != TransferState::offered) continue;
    ++open;
    of_his += each.account == offer.account && each.peer == offer.peer ? 1 : 0;
  }
  ports::Files* room = room_of(offer.account);
  if (!room) return;
  if (open >= most_offered || of_his >= most_offered_by_one) {
    parts_.logger->warn("event: file_offer_dropped, account: {}", offer.account.str());
    return room->stop(offer.account, offer.id);
  }
  FileTransfer transfer = made(MessageDirection::incoming);
  transfer.id = offer.id;
  transfer.account = offer.account;
  transfer.peer = offer.peer;
  transfer.state = TransferState::offered;
  transfer.name = offer.name;
  transfer.size = offer.size;
  transfer.media_type = offer.media_type;
  transfer.description = offer.description.substr(0, model::max_description_bytes);
  transfer.sha256 = to_hex(offer.sha256);
  if (go_on_with(transfer))
    room->accept(transfer.account, transfer.id, {transfer.path, transfer.part, transfer.size});
  put(std::move(transfer), {});
}

// What was wanted and was cut is wanted still, when the same person offers the same again.
bool FileBook::go_on_with(FileTransfer& anew) {
  const auto before = std::find_if(transfers_.begin(), transfers_.end(), [&](const auto& each) {
    const FileTransfer& old = each.second;
    return old.state == TransferState::paused && old.direction == MessageDirection::incoming &&
           old.method != TransferMethod::http && old.account == anew.account &&
           old.peer == anew.peer && !old.sha256.empty() && old.sha256 == anew.sha256 &&
           anew.size > 0 && old.size == anew.size && !old.path.empty();
  });
  if (before == transfers_.end()) return false;
  set_state(anew, TransferState::waiting);
  anew.path = before->second.path;
  anew.part = before->second.part;
  edit(before->second.id, [&](FileTransfer& old) {
    set_state(old, TransferState::cancelled,
              {Code::aborted, "OFFERED_ANEW", "it goes on as " + anew.id.str(), {}});
    old.part.clear();
  });
  return true;
}

void FileBook::moved(ports::FileNews news) {
  COMMD_ASSERT_THREAD(thread_);
  FileTransfer* transfer = get(news.id);
  if (!transfer || !model::is_live(*transfer)) return;
  transfer->transferred = news.bytes;
  if (transfer->state != TransferState::active || transfer->method != news.method ||
      transfer->part != news.part)
    edit(news.id, [&](FileTransfer& now) {
      if (now.state != TransferState::active) set_state(now, TransferState::active);
      now.method = news.method;
      now.part = news.part;
    });
  else
    parts_.log.tell(model::FileProgress{news.id, news.bytes, transfer->size});
}

void FileBook::ended(ports::FileEnd end) {
  COMMD_ASSERT_THREAD(thread_);
  const FileTransfer* known = get(end.id);
  if (!known || !model::is_live(*known)) return;
  if (!end.result) {
    const bool unsent =
        known->direction == MessageDirection::outgoing && known->state == TransferState::waiting;
    if (unsent && end.result.error().reason == "ACCOUNT_NOT_ONLINE")
      return wait_for_account(end.id);
    if (!end.last.part.empty()) moved(end.last);
    return stop_with(end.id, end.result.error());
  }
  edit(end.id, [&](FileTransfer& transfer) {
    set_state(transfer, TransferState::done);
    if (end.last.method != TransferMethod::undecided) transfer.method = end.last.method;
    transfer.transferred = transfer.size = end.last.bytes;
    transfer.part.clear();
    if (!end.path.empty()) transfer.path = end.path;
    if (!end.sha256.empty()) transfer.sha256 = to_hex(end.sha256);
  });
}

void FileBook::moved(ports::WebProgress news) {
  COMMD_ASSERT_THREAD(thread_);
  FileTransfer* transfer = get(news.id);
  if (!transfer || !model::is_live(*transfer)) return;
  transfer->transferred = news.bytes;
  if (transfer->direction == MessageDirection::outgoing ||
      (transfer->part == news.part && transfer->etag == news.etag))
    return parts_.log.tell(model::FileProgress{news.id, news.bytes, news.size});
  edit(news.id, [&](FileTransfer& now) {
    now.part = news.part;
    now.etag = news.etag;
    if (!news.name.empty()) now.name = news.name;
    if (news.size > 0) now.size = news.size;
    if (now.media_type.empty()) now.media_type = news.content_type;
  });
}

void FileBook::ended(ports::WebEnd end) {
  COMMD_ASSERT_THREAD(thread_);
  FileTransfer* transfer = get(end.id);
  if (!transfer || transfer->state != TransferState::active) return;
  if (transfer->direction == MessageDirection::incoming) moved(end.last);
  if (!end.result) return stop_with(end.id, end.result.error());
  if (transfer->direction == MessageDirection::outgoing) return uploaded(*transfer);
  edit(end.id, [&](FileTransfer& now) {
    set_state(now, TransferState::done);
    now.path = end.path;
    now.name = end.path.substr(end.path.rfind('/') + 1);
    now.part.clear();
    now.sha256 = to_hex(end.sha256);
    now.size = now.transferred = end.last.bytes;
  });
}

}  // namespace commd::core
