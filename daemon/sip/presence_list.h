// The contact list of a SIP account. No server keeps it, so it is kept here: each entry is a
// fact that outlives the daemon. Values; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/model/ids.h"
#include "daemon/ports/contacts.h"

namespace commd::sip {

struct ListEntry {
  std::string name;
  std::vector<std::string> groups;
  bool listed = false;
  bool wanted = false;   // his presence is asked for
  bool seen = false;     // and he lets it be seen
  bool allowed = false;  // he may see this person's
  bool blocked = false;

  bool is_empty() const { return !listed && !allowed && !blocked; }
  friend bool operator==(const ListEntry&, const ListEntry&) = default;
};

// By address.
using PresenceList = std::map<std::string, ListEntry>;

inline constexpr size_t max_list_entries = 1'000;

// A fact is a key and its text; of an entry that is empty the text is.
std::string fact_key_of(const model::AccountId& account, const std::string& address);
std::string fact_text_of(const ListEntry& entry);
// Nothing for what fact_text_of() did not write.
std::optional<ListEntry> read_entry(const std::string& text);
// Of all the facts of the account.
PresenceList read_list(const model::AccountId& account,
                       const std::map<std::string, std::string>& facts);

// As the core has them.
ports::RosterEntry roster_entry_of(const std::string& address, const ListEntry& entry);

}  // namespace commd::sip
