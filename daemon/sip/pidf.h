// Presence as SIP writes it: PIDF (RFC 3863) with the person of RFC 4479 and the simplest of
// what RPID has (RFC 4480 section 3.2: activities). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/contact.h"

namespace commd::sip {

inline constexpr const char* pidf_type = "application/pidf+xml";
inline constexpr const char* presence_event = "presence";

struct PresenceDocument {
  // His devices that are there: the tuples that are open. Names are told once each, and no
  // more than model::max_resources. Times are not set.
  std::vector<model::Resource> resources;
  // What is said where he is not there.
  std::string last_words;

  friend bool operator==(const PresenceDocument&, const PresenceDocument&) = default;
};

// Nothing where it is no PIDF. Hostile: bounded, valid UTF-8.
std::optional<PresenceDocument> read_pidf(std::string_view body);

// `entity`: whose it is, a URI; `device`: names this program among his, an XML name.
std::string write_pidf(const std::string& entity, const std::string& device,
                       const model::Presence& presence);

}  // namespace commd::sip
