// What a person asks of files: to send one, to fetch one, to say no, to stop, to go on.
#include <algorithm>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/core/file_book.h"
#include "daemon/core/message_address.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::FileTransfer;
using model::MessageDirection;
using model::TransferMethod;
using model::TransferRoute;
using model::TransferState;

base::Error wrong_state(const FileTransfer& transfer, const std::string& words) {
  return {Code::failed_precondition,
          "TRANSFER_STATE",
          "the transfer " + transfer.id.str() + " is " + model::to_string(transfer.state) + ": " +
              words,
          {{"state", model::to_string(transfer.state)}}};
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// "upload.example.org" of "https://upload.example.org:5281/a/b".
std::string_view host_of(std::string_view url) {
  const size_t begin = url.find("://");
  if (begin == url.npos) return {};
  url.remove_prefix(begin + 3);
  return url.substr(0, url.find_first_of(url.starts_with('[') ? "]" : ":/?#"));
}

// The same one, or one that stands below it.
bool belongs(std::string_view host, std::string_view domain) {
  return host == domain || (host.size() > domain.size() && host.ends_with(domain) &&
                            host[host.size() - domain.size() - 1] == '.');
}

}  // namespace

// ---- sending -----------------------------------------------------------------------------

base::Result<FileTransfer> FileBook::draft_of(const Draft& draft) const {
  if (draft.path.empty() || draft.path.back() == '/')
    return fail(base::invalid_argument("path", "name the file to send"));
  if (draft.description.size() > model::max_description_bytes ||
      !base::is_valid_utf8(draft.description))
    return fail(base::invalid_argument(
        "description", "it has at most " + std::to_string(model::max_description_bytes) +
                           " bytes of UTF-8; send the rest as a message"));
  auto way = message_way(parts_.accounts, draft.address, draft.account);
  if (!way) return fail(way.error());
  if (!room_of(way->account))
    return fail(Code::unimplemented, "FILES_NOT_SUPPORTED",
                "only XMPP accounts send files; write xmpp:user@domain");
  FileTransfer transfer = made(MessageDirection::outgoing);
  transfer.account = way->account;
  transfer.peer = way->peer;
  transfer.name = base::to_valid_utf8(name_of(draft.path));
  transfer.path = draft.path;
  transfer.description = draft.description;
  transfer.request_id = draft.request_id;
  transfer.method =
      draft.route == TransferRoute::direct ? TransferMethod::undecided : TransferMethod::http;
  return transfer;
}

void FileBook::send(Draft draft, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto before = std::find_if(transfers_.begin(), transfers_.end(), [&](const auto& each) {
    return !draft.request_id.empty() && each.second.request_id == draft.request_id;
  });
  if (before != transfers_.end()) return done(before->second);
  const auto made = draft_of(draft);
  if (!made) return done(fail(made.error()));
  if (!parts_.web)
    return done(fail(Code::unimplemented, "FILES_NOT_SUPPORTED", "this daemon sends no files"));
  parts_.web->inspect(
      draft.path, false,
      [this, transfer = *made, draft, done](const base::Result<ports::FileFacts>& facts) mutable {
        if (!facts) return done(fail(facts.error()));
        transfer.size = facts->size;
        transfer.media_type = draft.media_type.empty() ? facts->content_type : draft.media_type;
        routes_[transfer.id] = draft.route;
        put(std::move(transfer), done);
      });
}

void FileBook::start(const model::TransferId& id) {
  const FileTransfer* transfer = get(id);
  if (!transfer || transfer->state != TransferState::waiting) return;
  const FileTransfer copy = *transfer;
  if (copy.direction == MessageDirection::outgoing) return start_sending(copy);
  if (copy.method == TransferMethod::http) fetch(copy);
}

void FileBook::start_sending(const FileTransfer& transfer) {
  if (!ready_.contains(transfer.account)) return;  // it will be
  const auto route = routes_.find(transfer.id);
  const bool direct = transfer.method != TransferMethod::http ||
                      (route != routes_.end() && route->second == TransferRoute::direct);
  edit(transfer.id, [this](FileTransfer& now) { set_state(now, TransferState::active); });
  if (direct) return to_device(transfer);
  by_server(transfer);
}

// It goes out when its account is online again.
void FileBook::wait_for_account(const model::TransferId& id) {
  const FileTransfer* now =
      edit(id, [this](FileTransfer& each) { set_state(each, TransferState::waiting); });
  if (now) ready_.erase(now->account);
}

void FileBook::by_server(const FileTransfer& transfer) {
  room_of(transfer.account)
      ->ask_slot({transfer.account, transfer.name, transfer.media_type, transfer.size},
                 [this, id = transfer.id](const base::Result<ports::UploadSlot>& slot) {
                   upload(id, slot);
                 });
}

void FileBook::upload(const model::TransferId& id, const base::Result<ports::UploadSlot>& slot) {
  const FileTransfer* transfer = get(id);
  if (!transfer || transfer->state != TransferState::active) return;
  if (!slot) {
    const std::string& reason = slot.error().reason;
    const auto route = routes_.find(id);
    const bool may_go_direct = route != routes_.end() && route->second == TransferRoute::any;
    if (may_go_direct && (reason == "UPLOAD_NOT_SUPPORTED" || reason == "FILE_TOO_LARGE"))
      return to_device(*transfer);
    if (reason == "ACCOUNT_NOT_ONLINE" || reason == "CONNECTION_LOST") return wait_for_account(id);
    return stop_with(id, slot.error());
  }
  const FileTransfer* now = edit(id, [&](FileTransfer& each) { each.url = slot->get_url; });
  const model::Account* account = parts_.accounts.get(now->account);
  ports::WebUpload upload;
  upload.id = id;
  upload.url = slot->put_url;
  upload.fields = slot->fields;
  upload.path = now->path;
  upload.size = now->size;
  upload.content_type = now->media_type;
  upload.ca_file = account ? account->settings.tls_ca_file : std::string();
  parts_.web->upload(std::move(upload));
}

// The server has it: now the other person is told, in a message that waits like any other.
void FileBook::uploaded(const FileTransfer& transfer) {
  MessageBook::Draft draft;
  draft.address = transfer.peer;
  draft.account = transfer.account.str();
  draft.text = transfer.url;
  draft.attachment = {transfer.url,  transfer.name,        transfer.media_type,
                      transfer.size, transfer.description, transfer.id.str()};
  parts_.messages.send(std::move(draft),
                       [this, id = transfer.id](const base::Result<model::Message>& sent) {
                         if (!sent) return stop_with(id, sent.error());
                         edit(id, [&](FileTransfer& now) {
                           set_state(now, TransferState::done);
                           now.transferred = now.size;
                           now.message = sent->id;
                         });
                       });
}

// The hash tells the other end that it has what was sent.
void FileBook::to_device(const FileTransfer& transfer) {
  edit(transfer.id, [this](FileTransfer& now) {
    now.method = TransferMethod::undecided;
    set_state(now, TransferState::waiting);
  });
  parts_.web->inspect(
      transfer.path, true,
      [this, id = transfer.id](const base::Result<ports::FileFacts>& facts) { offer(id, facts); });
}

void FileBook::offer(const model::TransferId& id, const base::Result<ports::FileFacts>& facts) {
  const FileTransfer* transfer = get(id);
  if (!transfer || transfer->state != TransferState::waiting) return;
  ports::Files* room = room_of(transfer->account);
  if (!facts) return stop_with(id, facts.error());
  if (!room) return;
  room->offer({transfer->account, id, transfer->peer, transfer->path, transfer->name,
               transfer->media_type, transfer->description, facts->size, facts->sha256});
}

// ---- fetching ----------------------------------------------------------------------------

std::string FileBook::place_of(const Wish& wish) const {
  return wish.path.empty() ? parts_.folder + "/" : wish.path;
}

void FileBook::receive(Wish wish, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const int named = !wish.id.empty() + !wish.message.empty() + !wish.url.empty();
  if (named != 1)
    return done(fail(base::invalid_argument("id", "name one of a transfer, a message and a URL")));
  if (!wish.message.empty()) return fetch_attachment(wish, std::move(done));
  if (!wish.id.empty()) {
    const auto id = id_of(wish.id);
    if (!id) return done(fail(id.error()));
    return accept(*id, wish, std::move(done));
  }
  FileTransfer transfer = made(MessageDirection::incoming);
  transfer.method = TransferMethod::http;
  transfer.url = wish.url;
  transfer.path = place_of(wish);
  most_bytes_[transfer.id] = wish.most_bytes;
  put(std::move(transfer), std::move(done));
}

void FileBook::fetch_attachment(const Wish& wish, Done done) {
  parts_.messages.get(wish.message, [this, wish, done](const base::Result<model::Message>& found) {
    if (!found) return done(fail(found.error()));
    if (found->attachment.empty())
      return done(fail(Code::failed_precondition, "NO_ATTACHMENT",
                       "the message " + found->id.str() + " has no file"));
    FileTransfer transfer = made(MessageDirection::incoming);
    transfer.account = found->account;
    transfer.peer = found->peer;
    transfer.method = TransferMethod::http;
    transfer.url = found->attachment.url;
    transfer.name = found->attachment.name;
    transfer.media_type = found->attachment.media_type;
    transfer.size = found->attachment.size;
    transfer.description = found->attachment.description;
    transfer.path = place_of(wish);
    transfer.message = found->id;
    most_bytes_[transfer.id] = wish.most_bytes;
    parts_.messages.set_fetched(found->id, transfer.id);
    put(std::move(transfer), done);
  });
}

void FileBook::fetch(const FileTransfer& transfer) {
  if (!parts_.web) return;
  edit(transfer.id, [this](FileTransfer& now) { set_state(now, TransferState::active); });
  const auto most = most_bytes_.find(transfer.id);
  ports::WebDownload download;
  download.id = transfer.id;
  download.url = transfer.url;
  download.to = transfer.path;
  download.name = transfer.name;
  download.part = transfer.part;
  download.etag = transfer.etag;
  download.most_bytes =
      most == most_bytes_.end() || most->second == 0 ? usual_most_bytes : most->second;
  download.ca_file = ca_file_for(transfer);
  // What a person types himself may be of this machine.
  download.local_clear_allowed = transfer.message.empty();
  const model::Account* account = parts_.accounts.get(transfer.account);
  download.local_allowed = transfer.message.empty() || (account && model::server_is_here(*account));
  parts_.web->download(std::move(download));
}

// A server of the account's own domain is trusted as the account's server is.
std::string FileBook::ca_file_for(const FileTransfer& transfer) const {
  const model::Account* account = parts_.accounts.get(transfer.account);
  if (!account) return {};
  const std::string domain = account->address.substr(account->address.find('@') + 1);
  return belongs(host_of(transfer.url), domain) ? account->settings.tls_ca_file : std::string();
}

void FileBook::accept(const model::TransferId& id, const Wish& wish, Done done) {
  const FileTransfer* transfer = get(id);
  if (transfer->direction == MessageDirection::outgoing)
    return done(fail(wrong_state(*transfer, "it is one of this person's own")));
  if (transfer->state == TransferState::paused) return resume(id.str(), std::move(done));
  ports::Files* room = room_of(transfer->account);
  if (transfer->state != TransferState::offered || !room)
    return done(fail(wrong_state(*transfer, "only what is offered can be accepted")));
  const uint64_t most = wish.most_bytes == 0 ? usual_most_bytes : wish.most_bytes;
  if (transfer->size > most)
    return done(fail({Code::resource_exhausted,
                      "FILE_TOO_LARGE",
                      "the file has " + std::to_string(transfer->size) + " bytes, more than the " +
                          std::to_string(most) + " that are allowed; say --max-size",
                      {{"most_bytes", std::to_string(most)}}}));
  const FileTransfer* now = edit(
      id,
      [&](FileTransfer& each) {
        set_state(each, TransferState::waiting);
        each.path = place_of(wish);
      },
      std::move(done));
  most_bytes_[id] = most;
  room->accept(now->account, id, {now->path, now->part, most});
}

// ---- stopping and going on ---------------------------------------------------------------

void FileBook::reject(const std::string& reference, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto id = id_of(reference);
  if (!id) return done(fail(id.error()));
  if (get(*id)->state != TransferState::offered)
    return done(fail(wrong_state(*get(*id), "only what is offered can be rejected")));
  cancel(id->str(), std::move(done));
}

void FileBook::cancel(const std::string& reference, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto id = id_of(reference);
  if (!id) return done(fail(id.error()));
  const FileTransfer transfer = *get(*id);
  if (!model::is_live(transfer)) return done(fail(wrong_state(transfer, "it is over")));
  if (parts_.web) parts_.web->stop(*id);
  if (ports::Files* room = room_of(transfer.account)) room->stop(transfer.account, *id);
  if (!transfer.part.empty() && parts_.web) parts_.web->remove_part(transfer.part);
  edit(
      *id,
      [&](FileTransfer& now) {
        const bool offered = now.state == TransferState::offered;
        set_state(now, TransferState::cancelled,
                  {Code::aborted,
                   offered ? "REJECTED_HERE" : "CANCELLED_HERE",
                   offered ? "it was not wanted" : "it was stopped from here",
                   {}});
        now.part.clear();
      },
      std::move(done));
}

void FileBook::resume(const std::string& reference, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto id = id_of(reference);
  if (!id) return done(fail(id.error()));
  const FileTransfer& transfer = *get(*id);
  const bool stopped =
      transfer.state == TransferState::paused || transfer.state == TransferState::failed;
  if (!stopped) return done(fail(wrong_state(transfer, "only what has stopped can go on")));
  if (transfer.direction == MessageDirection::incoming && transfer.method != TransferMethod::http)
    return done(fail(wrong_state(transfer, "its sender has to offer it anew")));
  edit(
      *id, [this](FileTransfer& now) { set_state(now, TransferState::waiting); },
      [this, id = *id, done = std::move(done)](base::Result<FileTransfer> kept) {
        done(kept);
        if (kept) start(id);
      });
}

}  // namespace commd::core
