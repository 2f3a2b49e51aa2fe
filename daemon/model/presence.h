// Whether somebody is there, and what he is at (RFC 6121 section 4.7). Values; any thread.
#pragma once

#include <string>

#include "daemon/base/time.h"
#include "daemon/model/ids.h"

namespace commd::model {

// Of section 4.7.2.1, and the two that are no <show/>.
enum class Availability { unavailable, available, chat, away, xa, dnd };

const char* to_string(Availability value);

// Longer words are not said, and are cut when they come.
inline constexpr size_t max_status_bytes = 1024;

struct Presence {
  Availability availability = Availability::unavailable;
  std::string status;     // valid UTF-8, as it came: to be escaped where it is shown
  base::WallTime time{};  // since when; 1970: not known

  friend bool operator==(const Presence&, const Presence&) = default;
};

// What one account says of this person whenever it is online.
struct OwnPresence {
  AccountId account;
  Presence presence;

  friend bool operator==(const OwnPresence&, const OwnPresence&) = default;
};

}  // namespace commd::model
