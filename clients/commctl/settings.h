// KEY=VALUE onto AccountSettings, by the descriptor of the message: a new setting of
// the API needs nothing here. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "commd/v1/account.pb.h"

namespace commd::commctl {

// All keys, in the API's order.
std::vector<std::string> setting_keys();
// Those that CreateCall takes for one call.
std::vector<std::string> call_setting_keys();

// The words a key takes, where they are few: enums and switches. Else empty.
std::vector<std::string> setting_values(const std::string& key);

// Sets what `text` ("encryption=required", "codecs=opus,PCMU") says and returns the
// key. An empty value clears the field, which stands for its default; so do `auto`
// and `default` where they are no value of the key. Enum values are written in lower case without
// their prefix, switches on/off, true/false or yes/no, lists with commas, times in seconds ("_s")
// as durations too. Paths become absolute. Throws UsageError with the nearest key or the choices;
// keys outside `allowed` are refused.
std::string apply_setting(const std::string& text, const std::vector<std::string>& allowed,
                          v1::AccountSettings& settings);

// "codecs = opus, G722" without its key: the value for a person, empty for unset.
std::string setting_text(const v1::AccountSettings& settings, const std::string& key);

}  // namespace commd::commctl
