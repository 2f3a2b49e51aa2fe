// The text in which an account's settings are stored, one `key=value` a line:
//
//   commd-settings 1
//   display_name=Alice
//   codecs=opus;G722;
//
// `\\`, `\n` and, in lists, `\;` are escaped; each element of a list is closed by a
// semicolon. A key that is missing has its default. A key that this version does
// not know was written by a newer one: its line is kept and written back. A value
// that it does not know is refused, since a guess could lower the security that the
// person asked for; so is another number in the first line.
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/model/account.h"

namespace commd::store {

struct DecodedSettings {
  model::AccountSettings settings;
  // Whole lines with their line ends, in the order they came.
  std::string unknown_lines;
};

std::string encode_settings(const model::AccountSettings& settings, std::string_view unknown_lines);

// FAILED_PRECONDITION with reason STORE_NEWER_VERSION for a format or a value of a
// newer version, STORE_DAMAGED for text that no version writes. Linear time.
base::Result<DecodedSettings> decode_settings(std::string_view text);

}  // namespace commd::store
