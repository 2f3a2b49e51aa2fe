#include "clients/commctl/new_address.h"

#include <algorithm>

namespace commd::commctl {
namespace {

const char* name_of(v1::Account::Protocol protocol) {
  return protocol == v1::Account::PROTOCOL_SIP ? "sip" : "xmpp";
}

[[noreturn]] void nothing_found(const Output& out, const std::string& address,
                                const v1::DiscoverServersResponse& response) {
  for (const std::string& step : response.tried()) out.say("tried " + step);
  throw client::ClientError(
      client::Code::not_found, "NO_SERVER_FOUND",
      "no SIP or XMPP server was found for " + address +
          ". Check the spelling, or name the server: \"commctl account add sip:" + address +
          " --server HOST\" or \"commctl account add xmpp:" + address + " --server HOST\"");
}

}  // namespace

std::vector<NewAddress> new_addresses(Context& context) {
  const std::string address = context.word(0);
  const std::string id = context.option("--id");
  // With a server or a transport named the person knows what is spoken there.
  if (context.has("--server") || context.has("--transport")) return {{address, id}};
  const v1::DiscoverServersResponse response = context.client().discover_servers(address);
  if (response.servers().empty()) nothing_found(context.out(), address, response);
  std::vector<NewAddress> found;
  for (const v1::DiscoveredServer& server : response.servers()) {
    const std::string name = name_of(server.protocol());
    const bool several = response.servers_size() > 1;
    found.push_back({server.address(), several && !id.empty() ? id + "-" + name : id});
    if (!server.found_by().empty()) context.out().say(server.address() + ": " + server.found_by());
  }
  return found;
}

}  // namespace commd::commctl
