// Answers of name servers: the first byte chooses the type asked for, the rest is the
// message. What comes out is bounded and fit to be asked for again.
#include <cstdint>
#include <cstdlib>

#include "daemon/net/dns_answer.h"
#include "daemon/net/domain_name.h"

using namespace commd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr net::RecordType types[] = {net::RecordType::a, net::RecordType::aaaa,
                                       net::RecordType::srv, net::RecordType::txt};
  const net::RecordType type = types[data[0] % 4];
  const auto answer = net::parse_dns_answer({data + 1, size - 1}, type);
  if (!answer) return 0;
  if (answer->addresses.size() + answer->services.size() + answer->texts.size() > 64) abort();
  for (const net::IpAddress& address : answer->addresses) {
    if ((address.family() == net::Family::v4) != (type == net::RecordType::a)) abort();
    if (net::IpAddress::parse(address.text()) != address) abort();
  }
  for (const net::ServiceRecord& service : answer->services)
    if (!service.target.empty() && !net::is_host_name(service.target)) abort();
  return 0;
}
