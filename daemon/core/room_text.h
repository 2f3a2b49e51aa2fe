// Rooms as the text of facts, so that they outlive the daemon. Pure.
#pragma once

#include <string>

#include "daemon/model/room.h"

namespace commd::core {

// What is kept of a room: whether this person wants to be in it, his nick, the bookmark, the
// invitation. Nothing of who is in it.
struct KeptRoom {
  model::Room room;
  bool wanted = false;
  bool has_password = false;
  bool mediated = false;
  bool leaving = false;     // the bookmark at the server says otherwise still
  bool must_exist = false;  // as long as this person was not in it
};
std::string text_of(const KeptRoom& kept);
// Into one whose room has account and address; false for what text_of() did not write.
bool read_room(const std::string& text, KeptRoom& kept);

}  // namespace commd::core
