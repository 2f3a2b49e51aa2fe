// What any machine of a network may send who is taken for its router: answers to a search,
// descriptions, answers to requests. Also the kernel's routes, which say who is.
#include <cstdint>
#include <cstdlib>

#include "daemon/upnp/gateways.h"
#include "daemon/upnp/igd.h"
#include "daemon/upnp/search.h"
#include "daemon/upnp/xml_leaves.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto location = commd::upnp::location_in(bytes);
  if (location && (location->empty() || location->find('\n') != location->npos)) abort();
  const auto leaves = commd::upnp::xml_leaves(bytes);
  if (leaves && leaves->size() > commd::upnp::most_xml_elements) abort();
  const auto description = commd::upnp::read_description(bytes);
  if (description && (description->connections.empty() || description->connections.size() > 8))
    abort();
  if (description)
    for (const auto& one : description->connections)
      if (!one.type.starts_with("urn:schemas-upnp-org:service:WAN") || one.control.empty()) abort();
  (void)commd::upnp::read_answer(bytes);
  for (const auto& gateway : commd::upnp::gateways_in(bytes))
    if (gateway.empty()) abort();
  return 0;
}
