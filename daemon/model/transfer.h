// One file on its way to or from a person. Values; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/time.h"
#include "daemon/model/ids.h"
#include "daemon/model/message.h"

namespace commd::model {

enum class TransferMethod {
  undecided,
  http,     // by a server that keeps it
  socks5,   // from device to device
  in_band,  // within the account's own stream
};

enum class TransferState {
  offered,    // incoming: this person has to say
  waiting,    // for its account, or for the far end to accept
  active,     // on its way
  paused,     // stopped; can go on
  done,       // all of it has gone, or is here
  failed,     // will not come
  cancelled,  // one of the two did not want it
};

// How a person wants it sent.
enum class TransferRoute { any, server, direct };

const char* to_string(TransferMethod value);
const char* to_string(TransferState value);

struct FileTransfer {
  TransferId id;
  AccountId account;  // empty: an address that was fetched without one
  std::string peer;   // as Message::peer; may be empty
  MessageDirection direction = MessageDirection::incoming;
  TransferMethod method = TransferMethod::undecided;
  TransferState state = TransferState::waiting;
  std::string name;   // without folders and controls
  uint64_t size = 0;  // bytes; 0: not known
  uint64_t transferred = 0;
  std::string media_type;   // may be empty
  std::string description;  // as it came
  std::string path;         // where it is, or what was asked for; absolute
  std::string part;         // where it is while it is not whole; empty: nowhere
  std::string url;          // with http
  std::string etag;         // names what part is a part of
  std::string sha256;       // hexadecimal, of the whole
  MessageId message;        // that tells of it
  std::string fail_reason;  // UPPER_SNAKE
  std::string fail_message;
  base::WallTime create_time{};
  base::WallTime state_time{};
  std::string request_id;  // of the client that asked; may be empty

  friend bool operator==(const FileTransfer&, const FileTransfer&) = default;
};

// Something may still become of it by itself or by a word of this person's.
bool is_live(const FileTransfer& transfer);

inline constexpr size_t max_description_bytes = 4096;

}  // namespace commd::model
