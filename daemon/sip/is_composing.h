// Whether somebody types, as SIP writes it (RFC 3994). Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace commd::sip {

inline constexpr const char* is_composing_type = "application/im-iscomposing+xml";

struct IsComposing {
  bool active = false;  // else idle
  // Active and not told again for so long: idle. 10 s to 10 min.
  std::chrono::seconds refresh{120};

  friend bool operator==(const IsComposing&, const IsComposing&) = default;
};

// Nothing where it is none. A state that is not known is idle (section 3.4 leaves others open).
std::optional<IsComposing> read_is_composing(std::string_view body);
std::string write_is_composing(const IsComposing& state);

}  // namespace commd::sip
