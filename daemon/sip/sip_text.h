// Parts of a received message as plain values: safe where the part is missing, valid
// UTF-8, bounded. They stay hostile and are escaped where they are shown. Alert-Info,
// Call-Info and their like are not read: nothing a caller names is ever fetched.
//
// They read sofia's structures, so: SIP thread, while these live (inside
// on_sip_event). Functions of text alone are pure.
#pragma once

#include <sofia-sip/sip.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/model/call.h"

namespace commd::sip {

// The whole URI with parameters and headers, at most 2048 bytes and fit to be sent in a
// header field of ours, else empty; never a password.
std::string uri_text(const url_t* url);
// Scheme, user and host alone: what a person is shown.
std::string address_text(const url_t* url);

std::string to_tag(const sip_t* sip);
// Whether the option tag stands in Require.
bool requires_option(const sip_t* sip, std::string_view option);

// Whether the peer says that it takes UPDATE (Allow; RFC 3311 section 5.1).
bool allows_update(const sip_t* sip);

// The SDP of a message: its body, or the only SDP part of a multipart body (RFC 3261
// section 7.4, RFC 5621); two are ambiguous and count as none. The view lives as long
// as the message.
std::optional<std::string_view> sdp_body(const sip_t* sip);

// From and To as identities.
model::Party caller_of(const sip_t* sip);
model::Party callee_of(const sip_t* sip);
// Who sent a request outside of calls: scheme, user, host and port, as the core names people.
// Empty without a From.
std::string sender_address(const sip_t* sip);
// P-Asserted-Identity (RFC 3325); only to be believed from a trusted proxy.
std::optional<model::Party> asserted_identity(const sip_t* sip);
// Referred-By (RFC 3892) and Diversion (RFC 5806): the address, empty if none.
std::string referred_by(const sip_t* sip);
std::string diverted_by(const sip_t* sip);

// Reason (RFC 3326): the first one's text, and the cause of the one for "SIP", 0 if none.
std::string reason_text(const sip_t* sip);
int reason_cause(const sip_t* sip);

// The digit of an INFO: application/dtmf-relay ("Signal=5") or application/dtmf.
std::optional<char> info_digit(const sip_t* sip);
// Status and phrase of a message/sipfrag body (RFC 3420).
std::optional<std::pair<int, std::string>> sipfrag_status(const sip_t* sip);

struct ReferTarget {
  std::string uri;       // without headers
  std::string replaces;  // of its Replaces header (RFC 3891), escapes undone; empty if none
};
// Refer-To (RFC 3515) with a sip: or sips: URI.
std::optional<ReferTarget> refer_to(const sip_t* sip);

// `text` fit for the value of a header in a URI (RFC 3261 section 25.1).
std::string escape_uri_header(std::string_view text);
// At most 128 bytes without control characters, fit for a reason phrase.
std::string one_line(std::string_view text);

// The host of a URI or of a name-addr, without brackets; empty if there is none.
std::string host_of_uri(std::string_view uri);
// Its port, or `fallback`.
uint16_t port_of_uri(std::string_view uri, uint16_t fallback);

}  // namespace commd::sip
