// Whether a certificate is for the one that was to be reached: RFC 9525 (before: RFC
// 6125), RFC 6120 section 13.7.1.2. Only subject alternative names count, never the
// common name.
//
// Pure; any thread.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <string_view>
#include <vector>

#include "daemon/net/address.h"

namespace commd::net {

// The subject alternative names of the kinds that are looked at, as they stand there.
struct CertificateNames {
  std::vector<std::string> dns;
  std::vector<IpAddress> addresses;
  std::vector<std::string> services;  // SRVName: "_xmpp-client.example.org"
  std::vector<std::string> xmpp;      // XmppAddr: "example.org"
};

// At most 1000 of them.
CertificateNames names_of(X509* certificate);

// Whom the certificate must be for.
struct Reference {
  // The domain in A-labels, or an address literal: what the person wrote, never what DNS
  // made of it.
  std::string domain;
  // SRVName is looked at for these: "_xmpp-client".
  std::vector<std::string> services;
  bool xmpp = false;  // XmppAddr is looked at
};

bool matches(const CertificateNames& names, const Reference& reference);

// A dNSName against a name in A-labels: "*" only as the whole left-most label, for
// exactly one label, and above at least two others.
bool dns_name_matches(std::string_view pattern, std::string_view name);

}  // namespace commd::net
