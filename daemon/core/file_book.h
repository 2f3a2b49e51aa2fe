// Files on their way: what is sent, offered and fetched, and what becomes of it. What has
// stopped can go on, also with the next daemon.
//
// Nothing is fetched because somebody else says so: only a word of this person's starts it.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/core/account_book.h"
#include "daemon/core/event_log.h"
#include "daemon/core/message_book.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/files.h"
#include "daemon/ports/store.h"
#include "daemon/ports/web_files.h"

namespace commd::core {

// The protocol rooms that carry files, by what they speak.
using FilesByProtocol = std::map<model::Protocol, ports::Files*>;

class FileBook {
 public:
  // So many are kept; the oldest of those that are over go first.
  static constexpr size_t most_kept = 1000;
  // Others may offer; of so many it is kept.
  static constexpr size_t most_offered = 50;
  static constexpr size_t most_offered_by_one = 16;
  static constexpr uint64_t usual_most_bytes = uint64_t{4} << 30;

  using Done = std::function<void(base::Result<model::FileTransfer>)>;

  struct Draft {
    std::string address;  // as typed
    std::string account;  // empty: the only one that can reach the address, or the default
    std::string path;     // absolute
    std::string description;
    model::TransferRoute route = model::TransferRoute::any;
    std::string request_id;
    std::string media_type;  // empty: by the name
  };
  // Exactly one of the first three.
  struct Wish {
    std::string id, message, url;
    std::string path;         // as ReceiveFile has it; empty: the daemon's own folder
    uint64_t most_bytes = 0;  // 0: usual_most_bytes
  };

  // `web` may be absent: then nothing goes by servers. `folder`: where what comes is put.
  struct Parts {
    EventLog& log;
    AccountBook& accounts;
    MessageBook& messages;
    const ports::Clock& clock;
    FilesByProtocol rooms;
    ports::WebFiles* web = nullptr;
    std::string folder;
    base::Logger logger;
  };
  explicit FileBook(Parts parts);

  void restore(const ports::StoredState& state);

  // Errors: INVALID_ARGUMENT (address, path, description), NO_ACCOUNT, ACCOUNT_REQUIRED,
  // FILES_NOT_SUPPORTED, those of ports::WebFiles::inspect(). `done` when it is kept.
  void send(Draft draft, Done done);
  // Errors: INVALID_ARGUMENT, NOT_FOUND, NO_ATTACHMENT, TRANSFER_STATE.
  void receive(Wish wish, Done done);
  // Errors of these: NOT_FOUND, AMBIGUOUS, TRANSFER_STATE (failed_precondition).
  void reject(const std::string& id, Done done);
  void cancel(const std::string& id, Done done);
  void resume(const std::string& id, Done done);
  // An id or the beginning of one.
  base::Result<model::FileTransfer> find(const std::string& id) const;
  // Newest first. `address` as typed, `account` as AccountBook::find() takes it; both may be
  // empty. `before`: an id; empty: from the newest.
  base::Result<std::vector<model::FileTransfer>> list(const std::string& address,
                                                      const std::string& account, size_t most,
                                                      const std::string& before) const;

  void account_removed(const model::AccountId& account);

  // From the protocol rooms and the web.
  void ready(const model::AccountId& account);
  void offered(ports::IncomingFile offer);
  void moved(ports::FileNews news);
  void ended(ports::FileEnd end);
  void moved(ports::WebProgress news);
  void ended(ports::WebEnd end);

 private:
  using Edit = std::function<void(model::FileTransfer&)>;

  ports::Files* room_of(const model::AccountId& account) const;
  model::FileTransfer made(model::MessageDirection direction) const;
  base::Result<model::FileTransfer> draft_of(const Draft& draft) const;
  model::FileTransfer* get(const model::TransferId& id);
  base::Result<model::TransferId> id_of(const std::string& reference) const;
  // Changes it, keeps it and tells of it; the transfer as it is then.
  model::FileTransfer* edit(const model::TransferId& id, const Edit& change, Done done = {});
  void set_state(model::FileTransfer& transfer, model::TransferState state,
                 const base::Error& why = {}) const;
  void stop_with(const model::TransferId& id, const base::Error& why);
  void put(model::FileTransfer transfer, Done done);
  void forget_oldest();
  bool go_on_with(model::FileTransfer& anew);

  void start(const model::TransferId& id);
  void start_sending(const model::FileTransfer& transfer);
  void wait_for_account(const model::TransferId& id);
  void by_server(const model::FileTransfer& transfer);
  void upload(const model::TransferId& id, const base::Result<ports::UploadSlot>& slot);
  void to_device(const model::FileTransfer& transfer);
  void offer(const model::TransferId& id, const base::Result<ports::FileFacts>& facts);
  void uploaded(const model::FileTransfer& transfer);
  void fetch(const model::FileTransfer& transfer);
  void fetch_attachment(const Wish& wish, Done done);
  void accept(const model::TransferId& id, const Wish& wish, Done done);
  std::string place_of(const Wish& wish) const;
  std::string ca_file_for(const model::FileTransfer& transfer) const;

  Parts parts_;
  base::ThreadCheck thread_;
  std::map<model::TransferId, model::FileTransfer> transfers_;
  std::map<model::TransferId, model::TransferRoute> routes_;  // of those that are sent
  std::map<model::TransferId, uint64_t> most_bytes_;          // of those that are fetched
  std::set<model::AccountId> ready_;
};

}  // namespace commd::core
