// Somebody in the address book. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/ids.h"

namespace commd::model {

struct PersonAddress {
  // person_address() has made it: xmpp:user@domain, sip:..., sips:..., tel:..., mailto:...
  std::string address;
  std::string label;  // "work", "home", "cell"; may be empty

  friend bool operator==(const PersonAddress&, const PersonAddress&) = default;
};

struct Person {
  PersonId id;  // random, never reused
  std::string name;
  std::vector<PersonAddress> addresses;  // in the order to try them; no two are the same
  std::string organization;
  std::string note;
  base::WallTime create_time{};
  base::WallTime update_time{};

  bool has(std::string_view address) const;
  friend bool operator==(const Person&, const Person&) = default;
};

inline constexpr size_t max_person_addresses = 32;
inline constexpr size_t max_person_name_bytes = 256;  // also of organizations
inline constexpr size_t max_person_note_bytes = 4096;
inline constexpr size_t max_label_bytes = 32;

// An address as it stands in the book, so that two spellings are one: a scheme in lower case,
// the domain, and the user of an XMPP address, too; a number without what makes it readable
// (RFC 3966 section 3). Without a scheme: a number is tel:, user@domain is `usual` ("xmpp:").
// INVALID_ARGUMENT names the field "address".
base::Result<std::string> person_address(std::string_view typed, std::string_view usual);

// Whether two names are the same to people: case and blanks do not count.
std::string folded(std::string_view text);

}  // namespace commd::model
