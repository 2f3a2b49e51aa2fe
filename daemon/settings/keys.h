// The table of all keys: how each is checked and stored, what it may be, and
// whether a change needs a restart. Everything else follows from it: the parser,
// the suggestions, the comparison at a reload, the test of config/commd.toml.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/settings/settings.h"
#include "daemon/settings/values.h"

namespace commd::settings {

// When a change takes effect after SIGHUP.
enum class Applies {
  at_once,     // or with the next call
  at_restart,  // what was opened at start stays as it is
};

struct Key {
  std::string_view name;     // "sip.local_port"
  std::string_view allowed;  // for messages: "a whole number from 0 to 65535"
  Applies applies = Applies::at_once;
  // Stores the value; false when it is of another type or out of range.
  bool (*store)(const Value& value, Settings& settings);
  // The value in force, as TOML writes it.
  std::string (*text)(const Settings& settings);
};

// In the order of config/commd.toml.
std::span<const Key> keys();
const Key* find_key(std::string_view name);

struct Change {
  std::string key;
  std::string before;
  std::string after;
  Applies applies = Applies::at_once;
};

// What a reload changes, in the order of keys().
std::vector<Change> compare(const Settings& before, const Settings& after);

}  // namespace commd::settings
