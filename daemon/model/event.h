// Everything that changes, as one typed value with the whole resource in it.
// Values; any thread.
#pragma once

#include <string>
#include <variant>

#include "daemon/base/time.h"
#include "daemon/model/account.h"
#include "daemon/model/call.h"
#include "daemon/model/contact.h"
#include "daemon/model/device.h"
#include "daemon/model/message.h"
#include "daemon/model/person.h"
#include "daemon/model/presence.h"
#include "daemon/model/room.h"
#include "daemon/model/transfer.h"

namespace commd::model {

struct AccountChanged {
  Account account;
};
// Its contacts and its presence go with it.
struct AccountRemoved {
  AccountId id;
};
struct CallChanged {
  Call call;
};
// A digit that the far end pressed (RFC 4733 or INFO), reported once at its begin.
struct DtmfReceived {
  CallId call;
  char digit = '0';  // 0-9 * # A-D
};
struct DeviceChanged {
  Device device;
};
struct DeviceRemoved {
  std::string id;
};
// A message was sent, came, or is another step further.
struct MessageChanged {
  Message message;
};
// The other person types. Transient: not in the log.
struct TypingChanged {
  AccountId account;
  std::string peer;  // as Message::peer
  Typing state = Typing::stopped;
};
// A contact came, changed, or is seen to be there or gone.
struct ContactChanged {
  Contact contact;
};
struct ContactRemoved {
  AccountId account;
  std::string address;
};
// What an account says of this person is another.
struct PresenceChanged {
  OwnPresence presence;
};
// Somebody in the address book came or changed.
struct PersonChanged {
  Person person;
};
struct PersonRemoved {
  PersonId id;
};
// A room came, changed, or is known no more; not for who is in it.
struct RoomChanged {
  Room room;
};
struct RoomRemoved {
  AccountId account;
  std::string address;
};
// Somebody in a room came, went or changed. Transient: not in the log.
struct OccupantChanged {
  OccupantNews news;
};
// A transfer began, or is in another state.
struct FileChanged {
  FileTransfer transfer;
};
// How far one has come. Transient: not in the log.
struct FileProgress {
  TransferId id;
  uint64_t transferred = 0;
  uint64_t size = 0;  // 0: not known
};
// Something a person should know that is no resource's state: a degraded
// service, a refused client, a limit that was hit.
struct Notice {
  std::string reason;  // UPPER_SNAKE
  std::string message;
  std::string subject;  // account, call or device id; may be empty
};

using EventBody =
    std::variant<AccountChanged, AccountRemoved, CallChanged, DtmfReceived, DeviceChanged,
                 DeviceRemoved, MessageChanged, TypingChanged, ContactChanged, ContactRemoved,
                 PresenceChanged, PersonChanged, PersonRemoved, RoomChanged, RoomRemoved,
                 OccupantChanged, FileChanged, FileProgress, Notice>;

struct Event {
  // Position in the event log, from 1, without gaps; 0: transient, not in it.
  uint64_t sequence = 0;
  base::WallTime time{};
  EventBody body;
};

}  // namespace commd::model
