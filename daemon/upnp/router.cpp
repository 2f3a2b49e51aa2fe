#include "daemon/upnp/router.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/base/random.h"
#include "daemon/model/media_address.h"
#include "daemon/upnp/gateways.h"

namespace commd::upnp {
namespace {

using namespace std::chrono_literals;
using base::Code;

constexpr std::chrono::milliseconds ask_again_after = 500ms;
constexpr std::chrono::milliseconds answer_time = 1s;
constexpr unsigned lease_s = 3600;
constexpr unsigned most_ports = 4;
constexpr size_t most_locations = 8;

// UPnP's errors (WANIPConnection:1, section 2.4.16; :2, section 2.5.16).
constexpr unsigned conflict = 718;
constexpr unsigned only_permanent = 725;

const char* word_of(Router::Carries what) { return what == Router::Carries::udp ? "UDP" : "TCP"; }

uint16_t other_port() { return static_cast<uint16_t>(20000 + base::random_u32() % 40000); }

sockaddr_in place(const std::string& ip, uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  ::inet_pton(AF_INET, ip.c_str(), &out.sin_addr);
  return out;
}

base::UniqueFd search_socket(const std::string& local_ip) {
  base::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_in local = place(local_ip, 0);
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
    return {};
  // Out by that address's device, and no further than this network.
  ::setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_IF, &local.sin_addr, sizeof local.sin_addr);
  const int hops = 2;
  ::setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops);
  return fd;
}

// All at once, and the routers by themselves too: some answer to the one alone, and to a
// question of their own without delay.
void search(int fd, const std::vector<std::string>& gateways, const SearchPlaces& places) {
  std::vector<std::string> hosts{places.group};
  hosts.insert(hosts.end(), gateways.begin(), gateways.end());
  for (const std::string& host : hosts) {
    const std::string question = search_request(host, places.port);
    const sockaddr_in to = place(host, places.port);
    ::sendto(fd, question.data(), question.size(), 0, reinterpret_cast<const sockaddr*>(&to),
             sizeof to);
  }
}

struct Found {
  std::string gateway;
  std::string location;
};

// One datagram that counts; nothing: none, or from somebody else.
std::optional<Found> receive(int fd, const std::vector<std::string>& gateways) {
  std::array<char, 2048> bytes;
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t got =
      ::recvfrom(fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (got <= 0) return std::nullopt;
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
  if (std::find(gateways.begin(), gateways.end(), text.data()) == gateways.end())
    return std::nullopt;
  auto location = location_in({bytes.data(), static_cast<size_t>(got)});
  if (!location) return std::nullopt;
  return Found{text.data(), std::move(*location)};
}

bool leads_to(const http::Url& url, const std::string& gateway) {
  return !url.secure && url.host == gateway;
}

base::Error refused(unsigned code) {
  return {Code::unavailable,
          "IGD_REFUSED",
          "the router maps no port: error " + std::to_string(code),
          {{"error", std::to_string(code)}}};
}

}  // namespace

base::Result<Router> Router::find(const std::string& local_ip,
                                  const std::vector<std::string>& gateways,
                                  const SearchPlaces& places, const CallOff& off) {
  const base::UniqueFd fd = search_socket(local_ip);
  if (!fd) return base::fail(Code::unavailable, "IGD_UNREACHABLE", "there is no such address here");
  const Patience all(off, places.time);
  std::vector<std::string> tried;
  while (!all.over() && !off.called()) {
    search(fd.get(), gateways, places);
    const Patience turn(off, std::min(ask_again_after, places.time));
    while (turn.wait(fd.get(), POLLIN)) {
      const auto found = receive(fd.get(), gateways);
      if (!found || std::find(tried.begin(), tried.end(), found->location) != tried.end() ||
          tried.size() == most_locations)
        continue;
      tried.push_back(found->location);
      if (auto router = at(local_ip, found->gateway, found->location, off)) return *router;
    }
  }
  return base::fail(Code::not_found, "IGD_NONE", "no router of this network maps ports");
}

std::optional<Router> Router::at(const std::string& local_ip, const std::string& gateway,
                                 const std::string& location, const CallOff& off) {
  const auto where = http::parse_url(location);
  if (!where || !leads_to(*where, gateway)) return std::nullopt;
  const auto got = exchange(local_ip, *where, "GET", "", "", Patience(off, answer_time));
  if (!got || got->status != 200) return std::nullopt;
  const auto description = read_description(got->body);
  if (!description) return std::nullopt;
  const auto base = description->base.empty() ? where : http::parse_url(description->base);
  if (!base) return std::nullopt;
  for (const Connection& one : description->connections) {
    const auto control = http::follow(*base, one.control);
    if (!control || !leads_to(*control, gateway)) continue;
    Router router(local_ip, one.type, *control);
    if (router.outside_ip(off)) return router;
  }
  return std::nullopt;
}

base::Result<Answer> Router::ask(const char* action, const Arguments& arguments,
                                 std::chrono::milliseconds patience, const CallOff& off) const {
  const std::string head = "Content-Type: text/xml; charset=\"utf-8\"\r\nSOAPAction: \"" + type_ +
                           "#" + action + "\"\r\n";
  const auto got = exchange(local_ip_, control_, "POST", head,
                            action_body(type_, action, arguments), Patience(off, patience));
  if (!got) return base::fail(got.error());
  auto answer = read_answer(got->body);
  // A failure has status 500 and says which in its body (section 3.2.3).
  if (!answer || (got->status != 200 && answer->error == 0))
    return base::fail(refused(got->status));
  return std::move(*answer);
}

base::Result<std::string> Router::outside_ip(const CallOff& off) const {
  const auto answer = ask("GetExternalIPAddress", {}, answer_time, off);
  if (!answer) return base::fail(answer.error());
  const auto found = answer->values.find("NewExternalIPAddress");
  const bool good = found != answer->values.end() &&
                    model::address_use(found->second) == model::AddressUse::usable &&
                    !model::is_ipv6(found->second) && !is_private(found->second) &&
                    !found->second.starts_with("127.") && !found->second.starts_with("169.254.");
  if (good) return found->second;
  return base::fail(Code::unavailable, "IGD_NO_ADDRESS",
                    "the router has no address that others can reach");
}

base::Result<uint16_t> Router::map(Carries what, const model::TransportAddress& inside,
                                   const CallOff& off) const {
  unsigned lease = lease_s;
  uint16_t port = inside.port;
  unsigned error = 0;
  for (unsigned tries = 0; tries < most_ports; ++tries) {
    const auto answer = ask("AddPortMapping",
                            {{"NewRemoteHost", ""},
                             {"NewExternalPort", std::to_string(port)},
                             {"NewProtocol", word_of(what)},
                             {"NewInternalPort", std::to_string(inside.port)},
                             {"NewInternalClient", inside.ip},
                             {"NewEnabled", "1"},
                             {"NewPortMappingDescription", "commd"},
                             {"NewLeaseDuration", std::to_string(lease)}},
                            answer_time, off);
    if (!answer) return base::fail(answer.error());
    error = answer->error;
    if (error == 0) return port;
    if (error == only_permanent && lease != 0)
      lease = 0;
    else if (error == conflict)
      port = other_port();
    else
      break;
  }
  return base::fail(refused(error));
}

base::Result<void> Router::forget(Carries what, uint16_t outside_port,
                                  std::chrono::milliseconds patience, const CallOff& off) const {
  const auto answer = ask("DeletePortMapping",
                          {{"NewRemoteHost", ""},
                           {"NewExternalPort", std::to_string(outside_port)},
                           {"NewProtocol", word_of(what)}},
                          patience, off);
  if (!answer) return base::fail(answer.error());
  if (answer->error != 0) return base::fail(refused(answer->error));
  return {};
}

}  // namespace commd::upnp
