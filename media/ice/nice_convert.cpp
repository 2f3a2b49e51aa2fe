#include "media/ice/nice_convert.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "media/ice/ip_kind.h"

namespace commd::ice {

namespace {

using model::IceCandidate;

IceCandidate::Type type_of(NiceCandidateType type) {
  switch (type) {
    case NICE_CANDIDATE_TYPE_HOST:
      return IceCandidate::Type::host;
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return IceCandidate::Type::server_reflexive;
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return IceCandidate::Type::peer_reflexive;
    case NICE_CANDIDATE_TYPE_RELAYED:
      return IceCandidate::Type::relayed;
  }
  return IceCandidate::Type::host;
}

NiceCandidateType nice_type_of(IceCandidate::Type type) {
  switch (type) {
    case IceCandidate::Type::host:
      return NICE_CANDIDATE_TYPE_HOST;
    case IceCandidate::Type::server_reflexive:
      return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
    case IceCandidate::Type::peer_reflexive:
      return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    case IceCandidate::Type::relayed:
      return NICE_CANDIDATE_TYPE_RELAYED;
  }
  return NICE_CANDIDATE_TYPE_HOST;
}

IceCandidate::Transport transport_of(NiceCandidateTransport transport) {
  switch (transport) {
    case NICE_CANDIDATE_TRANSPORT_UDP:
      return IceCandidate::Transport::udp;
    case NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE:
      return IceCandidate::Transport::tcp_active;
    case NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE:
      return IceCandidate::Transport::tcp_passive;
    case NICE_CANDIDATE_TRANSPORT_TCP_SO:
      return IceCandidate::Transport::tcp_so;
  }
  return IceCandidate::Transport::udp;
}

NiceCandidateTransport nice_transport_of(IceCandidate::Transport transport) {
  switch (transport) {
    case IceCandidate::Transport::udp:
      return NICE_CANDIDATE_TRANSPORT_UDP;
    case IceCandidate::Transport::tcp_active:
      return NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE;
    case IceCandidate::Transport::tcp_passive:
      return NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE;
    case IceCandidate::Transport::tcp_so:
      return NICE_CANDIDATE_TRANSPORT_TCP_SO;
  }
  return NICE_CANDIDATE_TRANSPORT_UDP;
}

}  // namespace

bool to_nice(const std::string& ip, uint16_t port, NiceAddress& out) {
  out = NiceAddress{};
  if (is_ipv6(ip)) {
    out.s.ip6.sin6_family = AF_INET6;
    out.s.ip6.sin6_port = htons(port);
    return ::inet_pton(AF_INET6, ip.c_str(), &out.s.ip6.sin6_addr) == 1;
  }
  out.s.ip4.sin_family = AF_INET;
  out.s.ip4.sin_port = htons(port);
  return ::inet_pton(AF_INET, ip.c_str(), &out.s.ip4.sin_addr) == 1;
}

model::TransportAddress from_nice(const NiceAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.s.addr.sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &address.s.ip6.sin6_addr, text, sizeof text);
    return {text, ntohs(address.s.ip6.sin6_port)};
  }
  if (address.s.addr.sa_family != AF_INET) return {};
  ::inet_ntop(AF_INET, &address.s.ip4.sin_addr, text, sizeof text);
  return {text, ntohs(address.s.ip4.sin_port)};
}

Candidate to_nice(const NiceLibrary& library, const IceCandidate& from) {
  Candidate candidate(library.candidate_new(nice_type_of(from.type)), CandidateFree{&library});
  if (!to_nice(from.address.ip, from.address.port, candidate->addr)) return {nullptr, {&library}};
  // Without a known base the address itself stands for it.
  if (!from.related || !to_nice(from.related.ip, from.related.port, candidate->base_addr)) {
    candidate->base_addr = candidate->addr;
  }
  candidate->transport = nice_transport_of(from.transport);
  candidate->priority = from.priority;
  candidate->component_id = from.component;
  const size_t length = std::min<size_t>(from.foundation.size(), sizeof candidate->foundation - 1);
  std::copy_n(from.foundation.begin(), length, candidate->foundation);
  candidate->foundation[length] = '\0';
  return candidate;
}

IceCandidate from_nice(const NiceCandidate& from) {
  IceCandidate candidate;
  candidate.foundation = from.foundation;
  candidate.component = static_cast<uint16_t>(from.component_id);
  candidate.transport = transport_of(from.transport);
  candidate.priority = from.priority;
  candidate.address = from_nice(from.addr);
  candidate.type = type_of(from.type);
  if (candidate.type != IceCandidate::Type::host) candidate.related = from_nice(from.base_addr);
  return candidate;
}

std::optional<size_t> relay_of(const NiceCandidate& candidate) {
  if (candidate.type != NICE_CANDIDATE_TYPE_RELAYED) return std::nullopt;
  const uint32_t local_preference = candidate.priority >> 8 & 0xffff;
  return local_preference >> 6 & 7;
}

}  // namespace commd::ice
