#include "daemon/model/room.h"

namespace commd::model {

const char* to_string(RoomState value) {
  switch (value) {
    case RoomState::left:
      return "left";
    case RoomState::invited:
      return "invited";
    case RoomState::joining:
      return "joining";
    case RoomState::joined:
      return "joined";
    case RoomState::failed:
      return "failed";
  }
  return "";
}

const char* to_string(Affiliation value) {
  switch (value) {
    case Affiliation::none:
      return "none";
    case Affiliation::member:
      return "member";
    case Affiliation::admin:
      return "admin";
    case Affiliation::owner:
      return "owner";
    case Affiliation::outcast:
      return "outcast";
  }
  return "";
}

const char* to_string(RoomRole value) {
  switch (value) {
    case RoomRole::none:
      return "none";
    case RoomRole::visitor:
      return "visitor";
    case RoomRole::participant:
      return "participant";
    case RoomRole::moderator:
      return "moderator";
  }
  return "";
}

}  // namespace commd::model
