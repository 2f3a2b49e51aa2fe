// Reads the answer of a name server (RFC 1035 section 4, RFC 2782, RFC 3596). Hostile
// input: every length is checked, a compression pointer only leads backwards, records
// of other names than the one asked for (and its aliases) do not count.
//
// Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/net/address.h"

namespace commd::net {

enum class RecordType : uint16_t { a = 1, txt = 16, aaaa = 28, srv = 33 };

const char* to_string(RecordType type);

// RFC 2782.
struct ServiceRecord {
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t port = 0;
  std::string target;  // lower case, no final dot; empty: the service is not offered

  friend bool operator==(const ServiceRecord&, const ServiceRecord&) = default;
};

// The records of the type asked for, in the server's order, at most 64.
struct DnsAnswer {
  std::vector<IpAddress> addresses;     // a, aaaa
  std::vector<ServiceRecord> services;  // srv
  std::vector<std::string> texts;       // txt: raw bytes, the strings of a record joined
  // For how long all of it may be kept: the least of the records and aliases.
  std::chrono::seconds ttl{0};

  bool empty() const { return addresses.empty() && services.empty() && texts.empty(); }
};

// None: the message is broken, or about something else. An empty answer: there is no such
// record (or none whose names are fit to be used).
std::optional<DnsAnswer> parse_dns_answer(std::span<const uint8_t> message, RecordType type);

}  // namespace commd::net
