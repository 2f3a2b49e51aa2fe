#include "daemon/sip/sdp_ice.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "daemon/model/media_address.h"
#include "daemon/sip/sdp_line.h"

namespace commd::sip {
namespace {

using model::IceCandidate;
using model::IceParameters;
using Transport = IceCandidate::Transport;
using Type = IceCandidate::Type;

constexpr size_t shortest_ufrag = 4;  // RFC 8839 section 5.4
constexpr size_t shortest_password = 22;
constexpr size_t longest_credential = 256;
constexpr size_t longest_foundation = 32;         // section 5.1
constexpr uint32_t highest_priority = INT32_MAX;  // RFC 8445 section 5.1.2
constexpr uint16_t lowest_port = 1024;            // SECURITY
constexpr uint16_t discard = 9;  // of who has no port to be called at (RFC 6544 section 4.5)

template <class E, size_t N>
using Words = std::array<std::pair<std::string_view, E>, N>;

constexpr Words<Type, 4> types = {{{"host", Type::host},
                                   {"srflx", Type::server_reflexive},
                                   {"prflx", Type::peer_reflexive},
                                   {"relay", Type::relayed}}};
constexpr Words<Transport, 3> tcp_types = {{{"active", Transport::tcp_active},
                                            {"passive", Transport::tcp_passive},
                                            {"so", Transport::tcp_so}}};

template <class E, size_t N>
std::optional<E> value_of(const Words<E, N>& words, std::string_view text) {
  for (const auto& [word, value] : words)
    if (text == word) return value;
  return std::nullopt;
}

template <class E, size_t N>
std::string word_of(const Words<E, N>& words, E value) {
  for (const auto& [word, each] : words)
    if (each == value) return std::string(word);
  return std::string(words.front().first);
}

bool is_ice_text(std::string_view text, size_t shortest, size_t longest) {
  return text.size() >= shortest && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c < 0x80 && std::isalnum(c)) || c == '+' || c == '/';
         });
}

bool equals(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](unsigned char a, char b) { return std::tolower(a) == b; });
}

// What stands behind the type, in any order, each with a value (section 5.1).
struct Extensions {
  std::string_view raddr, rport, tcptype;
};

Extensions read_extensions(std::string_view rest) {
  Extensions out;
  while (!rest.empty()) {
    const std::string_view name = take_word(rest);
    const std::string_view value = take_word(rest);
    if (name == "raddr") out.raddr = value;
    if (name == "rport") out.rport = value;
    if (name == "tcptype") out.tcptype = value;
  }
  return out;
}

std::optional<Transport> transport_of(std::string_view word, std::string_view tcp_type) {
  if (equals(word, "udp")) return Transport::udp;
  if (!equals(word, "tcp")) return std::nullopt;
  return value_of(tcp_types, tcp_type);
}

bool leads_to_a_host(const IceCandidate& candidate) {
  if (model::address_use(candidate.address.ip) != model::AddressUse::usable) return false;
  return candidate.address.port >= lowest_port ||
         (candidate.transport == Transport::tcp_active && candidate.address.port == discard);
}

// For diagnosis alone; who hides it says 0.0.0.0 or port 0.
model::TransportAddress related_of(const Extensions& said) {
  const auto port = to_number<uint16_t>(said.rport, 65535);
  if (!port || *port == 0 || model::address_use(said.raddr) != model::AddressUse::usable) return {};
  return {std::string(said.raddr), *port};
}

void read_options(IceParameters& ice, std::string_view value) {
  ice.trickle = false;
  while (!value.empty())
    if (take_word(value) == "trickle") ice.trickle = true;
}

bool is_same_host(const std::string& a, const std::string& b) {
  if (a == b) return true;
  in6_addr first{};
  in6_addr second{};
  return inet_pton(AF_INET6, a.c_str(), &first) == 1 &&
         inet_pton(AF_INET6, b.c_str(), &second) == 1 && IN6_ARE_ADDR_EQUAL(&first, &second);
}

bool is_mismatch(const IceParameters& ice, const model::TransportAddress& rtp) {
  if (model::address_use(rtp.ip) != model::AddressUse::usable) return false;
  if (ice.candidates.empty()) return !ice.trickle;
  return std::none_of(ice.candidates.begin(), ice.candidates.end(), [&](const IceCandidate& each) {
    return each.component == 1 && each.transport == Transport::udp &&
           each.address.port == rtp.port && is_same_host(each.address.ip, rtp.ip);
  });
}

}  // namespace

std::optional<IceCandidate> read_candidate(std::string_view value) {
  IceCandidate candidate;
  const std::string_view foundation = take_word(value);
  const auto component = to_number<uint16_t>(take_word(value), 256);
  const std::string_view protocol = take_word(value);
  const auto priority = to_number<uint32_t>(take_word(value), highest_priority);
  const std::string_view ip = take_word(value);
  const auto port = to_number<uint16_t>(take_word(value), 65535);
  const bool typed = take_word(value) == "typ";
  const auto type = value_of(types, take_word(value));
  if (!is_ice_text(foundation, 1, longest_foundation) || !component || *component == 0 ||
      !priority || *priority == 0 || !port || !typed || !type)
    return std::nullopt;
  const Extensions said = read_extensions(value);
  const auto transport = transport_of(protocol, said.tcptype);
  if (!transport) return std::nullopt;
  candidate.foundation = foundation;
  candidate.component = *component;
  candidate.transport = *transport;
  candidate.priority = *priority;
  candidate.address = {std::string(ip), *port};
  candidate.type = *type;
  if (*type != Type::host) candidate.related = related_of(said);
  if (!leads_to_a_host(candidate)) return std::nullopt;
  return candidate;
}

std::string candidate_text(const IceCandidate& candidate) {
  const bool udp = candidate.transport == Transport::udp;
  std::string out = clean_word(candidate.foundation) + " " + std::to_string(candidate.component);
  out += udp ? " UDP " : " TCP ";
  out += std::to_string(candidate.priority) + " " + clean_word(candidate.address.ip) + " ";
  out += std::to_string(candidate.address.port) + " typ " + word_of(types, candidate.type);
  if (candidate.type != Type::host) {
    // Both must be there; who keeps them to himself says so (section 5.1).
    const bool six = model::is_ipv6(candidate.address.ip);
    const model::TransportAddress hidden{six ? "::" : "0.0.0.0", discard};
    const model::TransportAddress& related = candidate.related ? candidate.related : hidden;
    out += " raddr " + clean_word(related.ip) + " rport " + std::to_string(related.port);
  }
  if (!udp) out += " tcptype " + word_of(tcp_types, candidate.transport);
  return out;
}

bool read_ice(model::TransportDescription& transport, std::string_view name,
              std::string_view value) {
  static constexpr std::array<std::string_view, 5> names = {"ice-ufrag", "ice-pwd", "ice-options",
                                                            "candidate", "end-of-candidates"};
  if (std::find(names.begin(), names.end(), name) == names.end()) return false;
  if (!transport.ice) transport.ice.emplace();
  IceParameters& ice = *transport.ice;
  if (name == "ice-ufrag") ice.ufrag = value.substr(0, longest_credential + 1);
  if (name == "ice-pwd") ice.password = base::Secret(value.substr(0, longest_credential + 1));
  if (name == "ice-options") read_options(ice, value);
  if (name == "end-of-candidates") ice.end_of_candidates = true;
  if (name != "candidate" || ice.candidates.size() >= max_candidates) return true;
  if (auto candidate = read_candidate(value)) ice.candidates.push_back(std::move(*candidate));
  return true;
}

void settle_ice(model::TransportDescription& transport) {
  if (!transport.ice) return;
  const IceParameters& ice = *transport.ice;
  const bool known = is_ice_text(ice.ufrag, shortest_ufrag, longest_credential) &&
                     is_ice_text(ice.password.reveal(), shortest_password, longest_credential);
  if (!known || is_mismatch(ice, transport.rtp)) transport.ice.reset();
}

void write_ice(const IceParameters& ice, std::string& out) {
  // Without them there is nothing to check a path with (Jingle may say them later).
  if (ice.ufrag.empty() || ice.password.empty()) return;
  out += "a=ice-ufrag:" + clean_word(ice.ufrag) + "\r\na=ice-pwd:";
  out += clean_word(ice.password.reveal());
  out += "\r\n";
  if (ice.trickle) out += "a=ice-options:trickle\r\n";
  for (const IceCandidate& candidate : ice.candidates)
    out += "a=candidate:" + candidate_text(candidate) + "\r\n";
  if (ice.end_of_candidates) out += "a=end-of-candidates\r\n";
}

}  // namespace commd::sip
