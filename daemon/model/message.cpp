#include "daemon/model/message.h"

namespace commd::model {

const char* to_string(MessageState value) {
  switch (value) {
    case MessageState::queued:
      return "queued";
    case MessageState::sent:
      return "sent";
    case MessageState::delivered:
      return "delivered";
    case MessageState::read:
      return "read";
    case MessageState::failed:
      return "failed";
    case MessageState::received:
      return "received";
  }
  return "";
}

bool may_become(MessageState from, MessageState to) {
  switch (from) {
    case MessageState::queued:
    case MessageState::sent:
      return to > from && to <= MessageState::failed;
    case MessageState::delivered:
      return to == MessageState::read;
    case MessageState::read:
    case MessageState::failed:
    case MessageState::received:
      return false;
  }
  return false;
}

}  // namespace commd::model
