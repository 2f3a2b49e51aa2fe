// Somebody on an account's contact list, or who asks to be, or who is blocked. Values; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "daemon/model/ids.h"
#include "daemon/model/presence.h"

namespace commd::model {

// Who sees whose presence (RFC 6121 section 2.1.2.5).
enum class Subscription { none, to, from, both };

const char* to_string(Subscription value);

// Longer names are cut; more groups are left out.
inline constexpr size_t max_contact_name_bytes = 256;
inline constexpr size_t max_contact_groups = 32;
// Devices of one contact that are kept.
inline constexpr size_t max_resources = 16;

// One device that is there.
struct Resource {
  std::string name;  // RFC 7622's resourcepart
  Presence presence;
  int priority = 0;             // -128..127
  base::WallTime idle_since{};  // 1970: not said
  std::string client;           // what program it says it is; empty: not known
  std::string client_type;      // "phone", "pc" ...

  friend bool operator==(const Resource&, const Resource&) = default;
};

struct Contact {
  AccountId account;
  std::string address;   // "xmpp:bob@example.org", without a device
  std::string name;      // what this person calls him
  std::string nickname;  // what he calls himself
  std::vector<std::string> groups;
  Subscription subscription = Subscription::none;
  bool asked = false;  // for his presence; no answer yet
  bool asks = false;   // to see this person's presence
  std::string asks_text;
  bool blocked = false;
  bool listed = false;              // false: he asks, or is blocked
  Presence presence;                // the best of his devices, or the last that was heard
  std::vector<Resource> resources;  // best first
  std::string avatar_path;          // file of his picture; empty: none, or not fetched yet
  std::string avatar_hash;          // SHA-1 of it in hex; empty: none

  friend bool operator==(const Contact&, const Contact&) = default;
};

// "alice@example.org/xmpp:bob@example.org": names a contact among those of all accounts. No
// account's id has a "/".
std::string contact_id(const AccountId& account, const std::string& address);
inline std::string contact_id(const Contact& contact) {
  return contact_id(contact.account, contact.address);
}

// Sorts the devices, best first, and sets the contact's presence to that of the best; of
// none it becomes `last`, unavailable.
void settle_presence(Contact& contact, const Presence& last);

}  // namespace commd::model
