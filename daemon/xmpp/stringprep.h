// Strings brought into the one form in which they are compared: profiles of stringprep
// (RFC 3454) by libidn, domain names by libidn2. Pure; any thread.
//
// RFC 7622 and RFC 8265 name PRECIS profiles instead; neither the servers that are
// deployed nor Debian 12 have them, and for what people have in their addresses both give
// the same. What RFC 7622 forbids on top is checked in Jid.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace commd::xmpp {

enum class Profile {
  nodeprep,      // localparts: case folded, no blanks, none of "&'/:<>@ (RFC 6122 appendix A)
  resourceprep,  // resources: case kept (RFC 6122 appendix B)
  saslprep,      // user names and passwords in SASL (RFC 4013)
};

// Nothing where the profile forbids the text, or where it is longer than 8 KiB. Code
// points newer than Unicode 3.2 pass, as in a query (RFC 3454 section 7).
std::optional<std::string> prepare(Profile profile, std::string_view text);

// A domain name as U-labels in lower case (IDNA 2008 with the mappings of UTS 46, not
// transitional); nothing where it is none. ASCII letters, digits, '-' and '_', and labels
// of at most 63 octets are taken as they are. An A-label must be one that its U-label
// leads back to (RFC 5891 section 5.4). No trailing dot.
std::optional<std::string> prepare_domain(std::string_view domain);
// The same as A-labels: what DNS, SNI and certificates speak.
std::optional<std::string> ascii_domain(std::string_view domain);

}  // namespace commd::xmpp
