#include "media/ice/remote_rules.h"

#include <algorithm>
#include <string_view>

#include "daemon/base/random.h"
#include "media/ice/ip_kind.h"

namespace commd::ice {

namespace {

using model::IceCandidate;

constexpr size_t ufrag_length = 8;
constexpr size_t password_length = 26;
constexpr size_t shortest_ufrag = 4;
constexpr size_t shortest_password = 22;
constexpr size_t longest_credential = 256;
constexpr size_t longest_foundation = 32;
constexpr uint32_t largest_priority = 0x7fffffff;  // RFC 8445, section 5.1.2
constexpr uint16_t first_free_port = 1024;

bool is_ice_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

bool is_ice_text(std::string_view text, size_t shortest, size_t longest) {
  return text.size() >= shortest && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), is_ice_char);
}

base::Result<void> refused(const std::string& why) {
  return base::fail(base::Code::invalid_argument, "ICE_CANDIDATE_INVALID",
                    "a candidate of the far end is not used: " + why);
}

bool is_local_name(std::string_view name) {
  constexpr std::string_view ending = ".local";
  return name.size() > ending.size() && name.size() <= 253 &&
         name.substr(name.size() - ending.size()) == ending;
}

bool may_have_no_port(const IceCandidate& candidate) {
  return candidate.transport == IceCandidate::Transport::tcp_active;
}

}  // namespace

IceCredentials random_credentials() {
  std::string password = base::random_token(password_length);
  return {base::random_token(ufrag_length), base::Secret::take(password)};
}

base::Result<void> check(const IceCredentials& credentials) {
  if (is_ice_text(credentials.ufrag, shortest_ufrag, longest_credential) &&
      is_ice_text(credentials.password.reveal(), shortest_password, longest_credential)) {
    return {};
  }
  return base::fail(base::Code::invalid_argument, "ICE_CREDENTIALS_INVALID",
                    "the far end's ICE user fragment must have 4 to 256, its password 22 to 256 "
                    "letters, digits, + or /");
}

base::Result<void> check(const IceCandidate& candidate, unsigned components) {
  if (is_local_name(candidate.address.ip)) {
    return base::fail(base::Code::invalid_argument, "ICE_CANDIDATE_HIDDEN",
                      "the far end hides an address behind a name of its own network");
  }
  switch (kind_of(candidate.address.ip)) {
    case IpKind::none:
      return refused("its address is no IP address");
    case IpKind::forbidden:
      return refused("its address is none of a host");
    case IpKind::unicast:
    case IpKind::loopback:
    case IpKind::link_local:
      break;
  }
  if (candidate.address.port < first_free_port && !may_have_no_port(candidate)) {
    return refused("its port is not from 1024 to 65535");
  }
  if (candidate.component < 1 || candidate.component > components) {
    return refused("it is of a component that is not used");
  }
  if (candidate.type == IceCandidate::Type::peer_reflexive) {
    return refused("peer-reflexive ones are found, not told");
  }
  if (!is_ice_text(candidate.foundation, 1, longest_foundation)) {
    return refused("its foundation has not 1 to 32 letters, digits, + or /");
  }
  if (candidate.priority < 1 || candidate.priority > largest_priority) {
    return refused("its priority is not from 1 to 2147483647");
  }
  return {};
}

void LocalKinds::add(const std::string& ip) {
  const IpKind kind = kind_of(ip);
  loopback |= kind == IpKind::loopback;
  link_local |= kind == IpKind::link_local;
}

bool LocalKinds::reach(const std::string& ip) const {
  switch (kind_of(ip)) {
    case IpKind::unicast:
      return true;
    case IpKind::loopback:
      return loopback;
    case IpKind::link_local:
      return link_local;
    case IpKind::none:
    case IpKind::forbidden:
      break;
  }
  return false;
}

}  // namespace commd::ice
