#include "daemon/net/certificate_names.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "daemon/net/domain_name.h"

namespace commd::net {
namespace {

constexpr int max_names = 1000;

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

void take_other(const OTHERNAME& other, CertificateNames& names) {
  const int kind = OBJ_obj2nid(other.type_id);
  if (kind == NID_XmppAddr && other.value->type == V_ASN1_UTF8STRING)
    names.xmpp.push_back(text_of(other.value->value.utf8string));
  if (kind == NID_SRVName && other.value->type == V_ASN1_IA5STRING)
    names.services.push_back(text_of(other.value->value.ia5string));
}

bool service_matches(std::string_view name, const Reference& reference) {
  const size_t dot = name.find('.');
  if (dot == name.npos || !same_name(name.substr(dot + 1), reference.domain)) return false;
  return std::any_of(
      reference.services.begin(), reference.services.end(),
      [&](const std::string& service) { return same_name(name.substr(0, dot), service); });
}

// The domain of a JID, which may be written in U-labels.
bool xmpp_matches(const std::string& name, const Reference& reference) {
  if (same_name(name, reference.domain)) return true;
  const auto ascii = ascii_domain(name);
  return ascii && same_name(*ascii, reference.domain);
}

}  // namespace

CertificateNames names_of(X509* certificate) {
  CertificateNames names;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> list(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  const int count = list ? std::min(sk_GENERAL_NAME_num(list.get()), max_names) : 0;
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
    if (name->type == GEN_DNS) {
      names.dns.push_back(text_of(name->d.dNSName));
    } else if (name->type == GEN_IPADD) {
      const ASN1_OCTET_STRING* bytes = name->d.iPAddress;
      const auto address = IpAddress::of_bytes(
          {ASN1_STRING_get0_data(bytes), static_cast<size_t>(ASN1_STRING_length(bytes))});
      if (address) names.addresses.push_back(*address);
    } else if (name->type == GEN_OTHERNAME) {
      take_other(*name->d.otherName, names);
    }
  }
  return names;
}

bool dns_name_matches(std::string_view pattern, std::string_view name) {
  if (!is_host_name(name)) return false;
  // Also keeps out a NUL, with which a name could end early for others.
  if (is_host_name(pattern)) return same_name(pattern, name);
  if (!pattern.starts_with("*.")) return false;
  const std::string_view parent = pattern.substr(2);
  const size_t dot = name.find('.');
  if (!is_host_name(parent) || parent.find('.') == parent.npos || dot == name.npos) return false;
  return same_name(parent, name.substr(dot + 1));
}

bool matches(const CertificateNames& names, const Reference& reference) {
  // An address is matched by an address alone: "127.0.0.1" as a dNSName is no name.
  if (const auto address = address_literal(reference.domain))
    return std::find(names.addresses.begin(), names.addresses.end(), *address) !=
           names.addresses.end();
  if (!is_host_name(reference.domain)) return false;
  const auto any = [](const std::vector<std::string>& list, auto&& fits) {
    return std::any_of(list.begin(), list.end(), fits);
  };
  return any(names.dns,
             [&](const auto& name) { return dns_name_matches(name, reference.domain); }) ||
         any(names.services, [&](const auto& name) { return service_matches(name, reference); }) ||
         (reference.xmpp &&
          any(names.xmpp, [&](const auto& name) { return xmpp_matches(name, reference); }));
}

}  // namespace commd::net
