#include "daemon/xmpp/jingle_transport.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "daemon/model/media_address.h"
#include "daemon/xmpp/jingle_values.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using model::IceCandidate;
using model::IceParameters;
using model::TransportAddress;
using model::TransportDescription;
using Setup = model::DtlsParameters::Setup;

constexpr size_t most_credential = 256;  // RFC 8839 section 5.4
constexpr size_t most_foundation = 32;   // section 5.1
constexpr size_t most_hash_name = 16;
constexpr size_t most_hash_bytes = 64;
constexpr uint16_t lowest_port = 1024;  // SECURITY
// An end that only calls has no port of its own: it says "discard" (RFC 6544 section 4.5).
constexpr uint16_t no_port = 9;

template <class E, size_t N>
using Words = std::array<std::pair<const char*, E>, N>;

constexpr Words<IceCandidate::Type, 4> types = {{{"host", IceCandidate::Type::host},
                                                 {"srflx", IceCandidate::Type::server_reflexive},
                                                 {"prflx", IceCandidate::Type::peer_reflexive},
                                                 {"relay", IceCandidate::Type::relayed}}};
constexpr Words<IceCandidate::Transport, 3> tcp_types = {
    {{"active", IceCandidate::Transport::tcp_active},
     {"passive", IceCandidate::Transport::tcp_passive},
     {"so", IceCandidate::Transport::tcp_so}}};
constexpr Words<Setup, 4> setups = {{{"actpass", Setup::actpass},
                                     {"active", Setup::active},
                                     {"passive", Setup::passive},
                                     {"holdconn", Setup::holdconn}}};

template <class E, size_t N>
std::optional<E> value_of(const Words<E, N>& words, std::string_view text) {
  for (const auto& [word, value] : words)
    if (text == word) return value;
  return std::nullopt;
}

template <class E, size_t N>
const char* word_of(const Words<E, N>& words, E value) {
  for (const auto& [word, each] : words)
    if (each == value) return word;
  return words.front().first;
}

// ---- the certificate ---------------------------------------------------------------

std::optional<uint8_t> byte_of(std::string_view hex) {
  uint8_t byte = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
  if (hex.size() != 2 || error != std::errc() || end != hex.data() + hex.size())
    return std::nullopt;
  return byte;
}

std::optional<model::DtlsParameters> dtls_of(const Element& fingerprint) {
  model::DtlsParameters dtls;
  dtls.hash = fingerprint.attribute("hash");
  if (!is_word(dtls.hash, most_hash_name)) return std::nullopt;
  std::transform(dtls.hash.begin(), dtls.hash.end(), dtls.hash.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  const std::string text = fingerprint.text();
  std::string_view rest = trimmed(text);
  while (!rest.empty() && dtls.fingerprint.size() <= most_hash_bytes) {
    const auto byte = byte_of(rest.substr(0, rest.find(':')));
    if (!byte || rest.size() == 3) return std::nullopt;  // "AB:" ends in nothing
    dtls.fingerprint.push_back(*byte);
    rest.remove_prefix(std::min<size_t>(rest.size(), 3));
  }
  if (dtls.fingerprint.empty() || dtls.fingerprint.size() > most_hash_bytes) return std::nullopt;
  // What XEP-0320 had before 0.2 said nothing of roles.
  if (!fingerprint.has_attribute("setup")) return dtls;
  const auto setup = value_of(setups, fingerprint.attribute("setup"));
  if (!setup) return std::nullopt;
  dtls.setup = *setup;
  return dtls;
}

void write_dtls(const model::DtlsParameters& dtls, const MutableElement& transport) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string text;
  for (const uint8_t byte : dtls.fingerprint) {
    if (!text.empty()) text += ':';
    text += hex[byte >> 4];
    text += hex[byte & 15];
  }
  transport.add_with_text("fingerprint", text, ns::kJingleDtls)
      .set("hash", dtls.hash)
      .set("setup", word_of(setups, dtls.setup));
}

// ---- addresses ---------------------------------------------------------------------

std::optional<TransportAddress> address_of(const Element& candidate) {
  const auto port = number_of<uint16_t>(candidate.attribute("port"), 65535);
  const std::string_view ip = candidate.attribute("ip");
  if (!port || *port < lowest_port || model::address_use(ip) != model::AddressUse::usable)
    return std::nullopt;
  return TransportAddress{std::string(ip), *port};
}

std::optional<IceCandidate::Transport> protocol_of(const Element& candidate) {
  const std::string_view protocol = candidate.attribute("protocol");
  if (protocol == "udp") return IceCandidate::Transport::udp;
  if (protocol != "tcp") return std::nullopt;
  return value_of(tcp_types, candidate.attribute("tcptype"));
}

std::optional<IceCandidate> candidate_of(const Element& element) {
  IceCandidate candidate;
  candidate.foundation = element.attribute("foundation");
  const auto component = number_of<uint16_t>(element.attribute("component"), 256);
  const auto priority = number_of<uint32_t>(element.attribute("priority"), UINT32_MAX);
  const auto transport = protocol_of(element);
  const auto type = value_of(types, element.attribute("type"));
  if (!is_word(candidate.foundation, most_foundation) || !component || *component == 0 ||
      !priority || !transport || !type)
    return std::nullopt;
  candidate.component = *component;
  candidate.priority = *priority;
  candidate.transport = *transport;
  candidate.type = *type;
  const std::string_view ip = element.attribute("ip");
  const bool calls_only = candidate.transport == IceCandidate::Transport::tcp_active &&
                          element.attribute("port") == "9" &&
                          model::address_use(ip) == model::AddressUse::usable;
  if (const auto address = address_of(element))
    candidate.address = *address;
  else if (calls_only)
    candidate.address = {std::string(ip), no_port};
  else
    return std::nullopt;
  const std::string_view related = element.attribute("rel-addr");
  const auto related_port = number_of<uint16_t>(element.attribute("rel-port"), 65535);
  // For diagnosis alone; browsers hide it as 0.0.0.0.
  if (related_port && *related_port != 0 &&
      model::address_use(related) == model::AddressUse::usable)
    candidate.related = {std::string(related), *related_port};
  return candidate;
}

// The same candidate has the same name whenever it is said, and another one another.
std::string name_of(const IceCandidate& candidate, unsigned generation) {
  uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    hash = (hash ^ 0xFF) * 1099511628211ULL;
  };
  mix(candidate.foundation);
  mix(candidate.address.ip);
  mix(candidate.related.ip);
  for (const uint64_t number :
       {uint64_t{generation}, uint64_t{candidate.component}, uint64_t{candidate.priority},
        uint64_t{candidate.address.port}, static_cast<uint64_t>(candidate.transport),
        static_cast<uint64_t>(candidate.type)})
    mix(std::to_string(number));
  char text[17] = "c";
  const auto end = std::to_chars(text + 1, text + sizeof text, hash & 0xFFFFFFFFFFFFULL, 16);
  return {text, end.ptr};
}

void write_candidate(const IceCandidate& candidate, unsigned generation,
                     const MutableElement& transport) {
  const bool udp = candidate.transport == IceCandidate::Transport::udp;
  const MutableElement element = transport.add("candidate");
  element.set("component", std::to_string(candidate.component))
      .set("foundation", candidate.foundation)
      .set("generation", std::to_string(generation))
      .set("id", name_of(candidate, generation))
      .set("ip", candidate.address.ip)
      .set("network", "0")
      .set("port", std::to_string(candidate.address.port))
      .set("priority", std::to_string(candidate.priority))
      .set("protocol", udp ? "udp" : "tcp")
      .set("type", word_of(types, candidate.type));
  if (!udp) element.set("tcptype", word_of(tcp_types, candidate.transport));
  if (!candidate.related) return;
  element.set("rel-addr", candidate.related.ip)
      .set("rel-port", std::to_string(candidate.related.port));
}

// What goes without saying is not said in the model either (RFC 3550 section 11).
void drop_usual_rtcp(TransportDescription& transport) {
  if (transport.rtcp.ip == transport.rtp.ip && transport.rtcp.port == transport.rtp.port + 1)
    transport.rtcp = {};
}

// ---- ICE ---------------------------------------------------------------------------

// RFC 8839 section 4.2.1.2: what works in most places before what is fast.
int reach(IceCandidate::Type type) {
  switch (type) {
    case IceCandidate::Type::relayed:
      return 3;
    case IceCandidate::Type::server_reflexive:
      return 2;
    case IceCandidate::Type::peer_reflexive:
      return 1;
    case IceCandidate::Type::host:
      return 0;
  }
  return 0;
}

TransportAddress default_of(const IceParameters& ice, uint16_t component) {
  const IceCandidate* best = nullptr;
  for (const IceCandidate& each : ice.candidates) {
    if (each.component != component || each.transport != IceCandidate::Transport::udp) continue;
    const bool better = !best || std::pair(reach(each.type), each.priority) >
                                     std::pair(reach(best->type), best->priority);
    if (better) best = &each;
  }
  return best ? best->address : TransportAddress{};
}

base::Result<void> read_ice(const Element& element, TransportDescription& transport) {
  IceParameters ice;
  ice.trickle = true;
  ice.ufrag = element.attribute("ufrag");
  ice.password = base::Secret(element.attribute("pwd"));
  if (ice.ufrag.empty() != ice.password.empty())
    return bad_jingle("ICE has half of its credentials");
  if (!ice.ufrag.empty() &&
      (!is_word(ice.ufrag, most_credential) || !is_word(ice.password.reveal(), most_credential)))
    return bad_jingle("ICE has credentials that cannot be used");
  for (const Element each : element) {
    if (each.is("gathering-complete", ns::kJingleIce)) ice.end_of_candidates = true;
    if (!each.is("candidate", ns::kJingleIce) ||
        ice.candidates.size() == model::most_ice_candidates)
      continue;
    if (auto candidate = candidate_of(each)) ice.candidates.push_back(std::move(*candidate));
  }
  transport.rtp = default_of(ice, 1);
  transport.rtcp = default_of(ice, 2);
  drop_usual_rtcp(transport);
  transport.ice = std::move(ice);
  return {};
}

void write_ice(const IceParameters& ice, unsigned generation, const MutableElement& transport) {
  if (!ice.ufrag.empty()) transport.set("ufrag", ice.ufrag).set("pwd", ice.password.reveal());
  for (const IceCandidate& candidate : ice.candidates)
    write_candidate(candidate, generation, transport);
  if (ice.end_of_candidates) transport.add("gathering-complete");
}

// ---- plain UDP ---------------------------------------------------------------------

base::Result<void> read_raw_udp(const Element& element, TransportDescription& transport) {
  for (const Element each : element) {
    if (!each.is("candidate", ns::kJingleRawUdp)) continue;
    const std::string_view component = each.attribute("component");
    const bool rtcp = component == "2";
    // Before 0.12 there was one, and no need to name it.
    if (!rtcp && component != "1" && !component.empty()) continue;
    TransportAddress& place = rtcp ? transport.rtcp : transport.rtp;
    if (place) continue;
    const auto address = address_of(each);
    if (!address)
      return bad_jingle("media to " + quoted(each.attribute("ip")) + ", port " +
                        quoted(each.attribute("port")) + " is refused");
    place = *address;
  }
  if (!transport.rtp) return bad_jingle("plain UDP without an address");
  drop_usual_rtcp(transport);
  return {};
}

void write_plain(const TransportAddress& address, const char* component, unsigned generation,
                 const MutableElement& transport) {
  transport.add("candidate")
      .set("component", component)
      .set("generation", std::to_string(generation))
      .set("id", "u" + std::to_string(address.port) + "g" + std::to_string(generation))
      .set("ip", address.ip)
      .set("port", std::to_string(address.port));
}

void write_raw_udp(const TransportDescription& description, unsigned generation,
                   const MutableElement& transport) {
  if (description.rtp) write_plain(description.rtp, "1", generation, transport);
  if (description.rtcp)
    write_plain(description.rtcp, "2", generation, transport);
  else if (description.rtp && !description.rtcp_mux && description.rtp.port < 65535)
    // XEP-0167 has two components, and nothing that goes without saying.
    write_plain({description.rtp.ip, static_cast<uint16_t>(description.rtp.port + 1)}, "2",
                generation, transport);
}

}  // namespace

bool is_media_transport(const Element& transport) {
  return transport.is("transport", ns::kJingleIce) || transport.is("transport", ns::kJingleRawUdp);
}

bool same_method(const TransportDescription& a, const TransportDescription& b) {
  return a.ice.has_value() == b.ice.has_value();
}

base::Result<TransportDescription> read_media_transport(const Element& transport) {
  TransportDescription read;
  if (!is_media_transport(transport)) return bad_jingle("a transport that is not spoken here");
  if (const Element fingerprint = transport.child("fingerprint", ns::kJingleDtls)) {
    read.dtls = dtls_of(fingerprint);
    if (!read.dtls) return bad_jingle("a certificate's fingerprint cannot be read");
  }
  const auto addresses =
      transport.ns() == ns::kJingleIce ? read_ice(transport, read) : read_raw_udp(transport, read);
  if (!addresses) return base::fail(addresses.error());
  return read;
}

void write_media_transport(const TransportDescription& transport, const MutableElement& content,
                           unsigned generation) {
  const MutableElement element =
      content.add("transport", transport.ice ? ns::kJingleIce : ns::kJingleRawUdp);
  if (transport.dtls) write_dtls(*transport.dtls, element);
  if (transport.ice)
    write_ice(*transport.ice, generation, element);
  else
    write_raw_udp(transport, generation, element);
}

}  // namespace commd::xmpp
