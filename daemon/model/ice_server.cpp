#include "daemon/model/ice_server.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "daemon/model/host_port.h"
#include "daemon/model/media_address.h"

namespace commd::model {
namespace {

using base::Result;
using Kind = IceServer::Kind;
using Transport = IceServer::Transport;

constexpr std::array<std::pair<std::string_view, Kind>, 4> schemes = {
    {{"stun", Kind::stun}, {"stuns", Kind::stuns}, {"turn", Kind::turn}, {"turns", Kind::turns}}};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

struct Setting {
  const char* name;
  const char* example;
};
constexpr Setting stun_setting{"stun", "stun=stun.example.org:3478"};
constexpr Setting turn_setting{
    "turn", "turn=turn:relay.example.org:3478?transport=udp, or turns:relay.example.org:5349"};

tl::unexpected<base::Error> wrong(const Setting& setting, std::string_view server,
                                  const std::string& why) {
  const bool shown =
      is_printable(server) && server.find('@') == server.npos && server.size() <= 300;
  const std::string quoted = shown ? "\"" + std::string(server) + "\"" : "a server of it";
  base::Error error =
      base::invalid_argument(setting.name, std::string(setting.name) + ": " + quoted + " " + why +
                                               "; for example " + setting.example);
  if (shown) error.details["value"] = std::string(server);
  return base::fail(std::move(error));
}

// Cuts "turn:" off; nothing: there is no scheme ("host:3478" has none, its port is a number).
std::optional<Kind> take_scheme(std::string_view& text) {
  for (const auto& [name, kind] : schemes) {
    if (text.size() <= name.size() || !text.starts_with(name) || text[name.size()] != ':') continue;
    const std::string_view rest = text.substr(name.size() + 1);
    // A host that is called "stun" or "turn".
    if (!rest.empty() &&
        std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; }))
      continue;
    text = rest;
    return kind;
  }
  return std::nullopt;
}

// "?transport=tcp"; false: something else.
bool take_transport(std::string_view& text, std::optional<Transport>& transport) {
  const size_t mark = text.find('?');
  if (mark == std::string_view::npos) return true;
  const std::string_view query = text.substr(mark);
  text = text.substr(0, mark);
  if (query == "?transport=udp") transport = Transport::udp;
  if (query == "?transport=tcp") transport = Transport::tcp;
  return transport.has_value();
}

Result<void> read_place(const Setting& setting, std::string_view said, std::string_view place,
                        IceServer& server) {
  if (place.starts_with("//")) return wrong(setting, said, "has no // (RFC 7065)");
  const auto parsed = parse_host_port(place);
  if (!parsed) return wrong(setting, said, "names no server: " + parsed.error().message);
  if (is_ip_literal(parsed->host) && address_use(parsed->host) != AddressUse::usable)
    return wrong(setting, said, "is no address of a host");
  const bool tls = server.kind == Kind::stuns || server.kind == Kind::turns;
  server.host = parsed->host;
  server.port = parsed->port != 0 ? parsed->port : tls ? ice_server_tls_port : ice_server_port;
  return {};
}

Result<IceServer> stun_server(std::string_view said) {
  IceServer server;
  std::string_view place = said;
  const auto kind = take_scheme(place);
  if (kind && *kind == Kind::stuns)
    return wrong(stun_setting, said, "cannot be asked over TLS; name it without stuns:");
  if (kind && *kind != Kind::stun)
    return wrong(stun_setting, said, "is a relay; it belongs into `turn`");
  if (auto read = read_place(stun_setting, said, place, server); !read)
    return base::fail(read.error());
  return server;
}

Result<IceServer> turn_server(std::string_view said) {
  IceServer server;
  std::string_view place = said;
  const auto kind = take_scheme(place);
  if (!kind || (*kind != Kind::turn && *kind != Kind::turns))
    return wrong(turn_setting, said, "must begin with turn: or turns:");
  server.kind = *kind;
  std::optional<Transport> transport;
  if (!take_transport(place, transport))
    return wrong(turn_setting, said, "has something other than ?transport=udp or ?transport=tcp");
  const bool tls = *kind == Kind::turns;
  if (tls && transport == Transport::udp)
    return wrong(turn_setting, said, "wants TLS over UDP, which is not spoken here; turns: is TCP");
  server.transport = transport.value_or(tls ? Transport::tcp : Transport::udp);
  if (auto read = read_place(turn_setting, said, place, server); !read)
    return base::fail(read.error());
  return server;
}

Result<std::vector<IceServer>> parse(const Setting& setting, std::string_view text,
                                     Result<IceServer> (*read)(std::string_view)) {
  std::vector<IceServer> servers;
  if (trimmed(text).empty()) return servers;
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view said = trimmed(text.substr(0, comma));
    if (said.find('@') != said.npos)
      return wrong(setting, said,
                   "has a user or a password in it; they are turn_username and the TURN password "
                   "(commctl: --turn-password-file)");
    if (servers.size() == most_ice_servers) return wrong(setting, said, "is one more than 8");
    auto server = read(said);
    if (!server) return base::fail(server.error());
    servers.push_back(std::move(*server));
    if (comma == text.size()) return servers;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<std::vector<IceServer>> parse_stun_setting(std::string_view text) {
  return parse(stun_setting, text, stun_server);
}

Result<std::vector<IceServer>> parse_turn_setting(std::string_view text) {
  return parse(turn_setting, text, turn_server);
}

}  // namespace commd::model
