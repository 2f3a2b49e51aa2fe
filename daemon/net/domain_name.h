// Domain names as DNS and certificates write them. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/net/address.h"

namespace commd::net {

// The name in A-labels, lower case, without a final dot (RFC 5891, RFC 5893; IDNA2008 with
// the mappings of UTS 46). Leading labels with an underscore ("_xmpp-client._tcp") stay as
// they are. Error (invalid_argument): DOMAIN_INVALID.
base::Result<std::string> ascii_domain(std::string_view domain);

// An address literal, with or without brackets around IPv6.
std::optional<IpAddress> address_literal(std::string_view host);

// Letters, digits, hyphens, underscores and dots, labels of 1 to 63, at most 253 in all,
// and no address: what may be asked of DNS or believed of an answer.
bool is_host_name(std::string_view name);

// Both in A-labels; ASCII case does not count.
bool same_name(std::string_view a, std::string_view b);
std::string lower_case(std::string_view ascii);

}  // namespace commd::net
