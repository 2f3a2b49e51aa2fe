// The port between the core and a protocol that carries files (XMPP: XEP-0363 for those that a
// server keeps, XEP-0234 for those from device to device).
//
// Every method is called on the core thread and returns at once; what happens is told through
// FileEvents or `done`, on the core thread, never from inside the call.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/ids.h"
#include "daemon/model/transfer.h"

namespace commd::ports {

// Where a server lets a file be put, and where others get it from.
struct UploadSlot {
  std::string put_url, get_url;                             // https
  std::vector<std::pair<std::string, std::string>> fields;  // of the PUT
};

struct SlotWish {
  model::AccountId account;
  std::string name, media_type;
  uint64_t size = 0;
};

// One that goes from device to device.
struct FileOffer {
  model::AccountId account;
  model::TransferId id;
  std::string peer;  // FileTransfer::peer, with a device or without
  std::string path;
  std::string name, media_type, description;
  uint64_t size = 0;
  std::string sha256;  // 32 bytes
};

// Somebody offers one.
struct IncomingFile {
  model::AccountId account;
  model::TransferId id;  // made here
  std::string peer;      // as FileTransfer::peer
  std::string name;      // safe
  std::string media_type, description;
  uint64_t size = 0;   // 0: not said
  std::string sha256;  // 32 bytes, or empty
};

// Where to put one that was offered.
struct FilePlace {
  std::string to;           // as WebDownload::to
  std::string part;         // of an earlier attempt, or empty
  uint64_t most_bytes = 0;  // more of it is not taken, whatever was announced
};

// At most four in a second for a transfer.
struct FileNews {
  model::TransferId id;
  model::TransferMethod method = model::TransferMethod::undecided;
  uint64_t bytes = 0;
  std::string part{};  // incoming
};

struct FileEnd {
  model::TransferId id;
  // Errors: FILE_REJECTED, FILE_CANCELLED (aborted) by the far end; FILE_..., DISK_FULL,
  // FOLDER_UNUSABLE, FILE_HASH_WRONG; CONNECTION_LOST, FILE_TIMEOUT (unavailable): it can be
  // offered anew.
  base::Result<void> result{};
  FileNews last{};
  std::string path{};    // incoming: where it is now
  std::string sha256{};  // 32 bytes
};

// The core's side.
class FileEvents {
 public:
  virtual ~FileEvents() = default;
  // An account is online.
  virtual void files_ready(const model::AccountId& account) = 0;
  virtual void file_offered(IncomingFile offer) = 0;
  virtual void file_moved(FileNews news) = 0;
  // Once for each that was offered from here or accepted, unless it was stopped; also for one
  // whose offer was withdrawn.
  virtual void file_ended(FileEnd end) = 0;
};

class Files {
 public:
  virtual ~Files() = default;
  // Errors: ACCOUNT_NOT_ONLINE, UPLOAD_NOT_SUPPORTED (unimplemented), FILE_TOO_LARGE
  // (resource_exhausted) with `most_bytes` in the details, UPLOAD_SLOT_INVALID, CONNECTION_LOST,
  // XMPP_...
  virtual void ask_slot(SlotWish wish, std::function<void(base::Result<UploadSlot>)> done) = 0;
  virtual void offer(FileOffer offer) = 0;
  virtual void accept(const model::AccountId& account, const model::TransferId& id,
                      FilePlace place) = 0;
  // Ends what is under way, or says no to what was offered. Nothing is told of it afterwards.
  virtual void stop(const model::AccountId& account, const model::TransferId& id) = 0;
};

}  // namespace commd::ports
