#include "daemon/upnp/igd.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/upnp/xml_leaves.h"

namespace commd::upnp {
namespace {

constexpr size_t most_connections = 8;
constexpr std::array known_types{"urn:schemas-upnp-org:service:WANIPConnection:2",
                                 "urn:schemas-upnp-org:service:WANIPConnection:1",
                                 "urn:schemas-upnp-org:service:WANPPPConnection:1"};

size_t rank(const std::string& type) {
  return static_cast<size_t>(std::find(known_types.begin(), known_types.end(), type) -
                             known_types.begin());
}

}  // namespace

std::optional<Description> read_description(std::string_view document) {
  const auto leaves = xml_leaves(document);
  if (!leaves) return std::nullopt;
  Description out;
  std::map<size_t, Connection> services;
  for (const XmlLeaf& leaf : *leaves) {
    if (leaf.name == "URLBase" && leaf.parent_name == "root") out.base = leaf.text;
    if (leaf.parent_name != "service") continue;
    if (leaf.name == "serviceType") services[leaf.parent].type = leaf.text;
    if (leaf.name == "controlURL") services[leaf.parent].control = leaf.text;
  }
  for (auto& [number, service] : services)
    if (rank(service.type) < known_types.size() && !service.control.empty())
      out.connections.push_back(std::move(service));
  if (out.connections.empty()) return std::nullopt;
  std::stable_sort(out.connections.begin(), out.connections.end(),
                   [](const auto& a, const auto& b) { return rank(a.type) < rank(b.type); });
  if (out.connections.size() > most_connections) out.connections.resize(most_connections);
  return out;
}

std::string action_body(const std::string& type, const char* action, const Arguments& arguments) {
  std::string body =
      "<?xml version=\"1.0\"?>\r\n"
      "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
      "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body><u:" +
      std::string(action) + " xmlns:u=\"" + type + "\">";
  for (const auto& [name, value] : arguments)
    body += std::string("<") + name + ">" + value + "</" + name + ">";
  return body + "</u:" + action + "></s:Body></s:Envelope>\r\n";
}

std::optional<Answer> read_answer(std::string_view document) {
  const auto leaves = xml_leaves(document);
  if (!leaves) return std::nullopt;
  Answer out;
  for (const XmlLeaf& leaf : *leaves) {
    out.values.emplace(leaf.name, leaf.text);
    if (leaf.name != "errorCode") continue;
    const char* const end = leaf.text.data() + leaf.text.size();
    if (std::from_chars(leaf.text.data(), end, out.error).ptr != end || out.error == 0)
      return std::nullopt;
  }
  return out;
}

}  // namespace commd::upnp
