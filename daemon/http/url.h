// Addresses of files on the web (RFC 3986, RFC 9110 section 4.2), as others write them.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace commd::http {

struct Url {
  bool secure = true;  // https
  std::string host;    // in A-labels, or an address literal without brackets
  uint16_t port = 443;
  std::string target;  // path and query, at least "/"; printable ASCII alone

  // "example.org", "[::1]:8443": what stands in the Host field.
  std::string authority() const;
  std::string text() const;
  // Whether it never leaves this machine.
  bool loopback() const;
  friend bool operator==(const Url&, const Url&) = default;
};

inline constexpr size_t most_url_bytes = 8192;

// Errors (invalid_argument): URL_INVALID: no http or https, a user or password inside, no
// name of a host, controls or blanks.
base::Result<Url> parse_url(std::string_view text);
// What a Location field names from there (RFC 3986 section 5.2): a whole address, one without
// its scheme, or a path; never a fragment.
base::Result<Url> follow(const Url& from, std::string_view location);
// The last part of its path, without the escapes; may be empty, and is not safe as a name.
std::string name_in(const Url& url);

}  // namespace commd::http
