// "pattern\nname": whatever is accepted is accepted for one of the two reasons there are.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/net/certificate_names.h"
#include "daemon/net/domain_name.h"

using namespace commd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = text.find('\n');
  if (end == text.npos) return 0;
  const std::string_view pattern = text.substr(0, end);
  const std::string_view name = text.substr(end + 1);
  net::CertificateNames names;
  names.dns.emplace_back(pattern);
  names.services.emplace_back(pattern);
  names.xmpp.emplace_back(pattern);
  const net::Reference reference{std::string(name), {"_xmpp-client"}, true};
  (void)net::matches(names, reference);
  if (!net::dns_name_matches(pattern, name)) return 0;
  if (!net::is_host_name(name) || name.find('\0') != name.npos) abort();
  if (net::same_name(pattern, name)) return 0;
  const size_t dot = name.find('.');
  if (!pattern.starts_with("*.") || dot == name.npos) abort();
  if (!net::same_name(pattern.substr(1), name.substr(dot))) abort();
  if (name.find('.', dot + 1) == name.npos) abort();
  return 0;
}
