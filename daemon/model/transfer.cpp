#include "daemon/model/transfer.h"

namespace commd::model {

const char* to_string(TransferMethod value) {
  switch (value) {
    case TransferMethod::undecided:
      return "undecided";
    case TransferMethod::http:
      return "http";
    case TransferMethod::socks5:
      return "socks5";
    case TransferMethod::in_band:
      return "in_band";
  }
  return "?";
}

const char* to_string(TransferState value) {
  switch (value) {
    case TransferState::offered:
      return "offered";
    case TransferState::waiting:
      return "waiting";
    case TransferState::active:
      return "active";
    case TransferState::paused:
      return "paused";
    case TransferState::done:
      return "done";
    case TransferState::failed:
      return "failed";
    case TransferState::cancelled:
      return "cancelled";
  }
  return "?";
}

bool is_live(const FileTransfer& transfer) {
  switch (transfer.state) {
    case TransferState::offered:
    case TransferState::waiting:
    case TransferState::active:
    case TransferState::paused:
      return true;
    case TransferState::done:
    case TransferState::failed:
    case TransferState::cancelled:
      return false;
  }
  return false;
}

}  // namespace commd::model
