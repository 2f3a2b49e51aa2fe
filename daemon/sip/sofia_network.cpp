#include "daemon/sip/sofia_network.h"

#include <sofia-sip/nta_tport.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/tport.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "daemon/net/address.h"
#include "daemon/net/local_address.h"
#include "daemon/sip/sofia_hooks.h"

extern "C" {
// Exported by the library, but in none of its public headers.
int nua_stack_init_transport(nua_t* nua, tagi_t const* tags);
void tport_close(tport_t* self);
void tport_error_report(tport_t* self, int errcode, su_sockaddr_t const* address);
}

namespace commd::sip {
namespace {

// Of each socket of a resolver, by descriptor: its name server.
std::map<int, sockaddr_storage>& name_servers() {
  static thread_local std::map<int, sockaddr_storage> servers;
  return servers;
}

socklen_t length_of(const sockaddr_storage& address) {
  return address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

std::string text_of(const sockaddr_storage& address) {
  const auto endpoint = net::Endpoint::of(address);
  return endpoint ? endpoint->ip.text() : std::string();
}

// An answer has no transport, and is about to look for one.
thread_local bool answer_looks = false;

// The address that the socket sends from is not the one that reaches its server.
bool is_misplaced(int fd, const sockaddr_storage& server) {
  const std::string wanted = net::local_address_towards(text_of(server));
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  if (wanted.empty() || getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) != 0)
    return false;
  return text_of(own) != wanted;
}

void connect_anew(int fd, const sockaddr_storage& server) {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  static_cast<void>(!::connect(fd, &nobody, sizeof nobody));
  static_cast<void>(!::connect(fd, reinterpret_cast<const sockaddr*>(&server), length_of(server)));
}

// What waits for an answer over a connection would wait for half a minute.
void end_connections(tport_t* primaries) {
  for (tport_t* each = primaries; each != nullptr; each = tport_next(each))
    while (tport_t* connection = tport_secondary(each)) {
      tport_error_report(connection, ENETRESET, nullptr);
      if (tport_secondary(each) == connection) tport_close(connection);
    }
}

}  // namespace

bool replace_transports(nua_t* nua, nta_agent_t* agent, tport_t* transports,
                        const std::string& url) {
  end_connections(transports);
  nta_agent_close_tports(agent);
  const tagi_t tags[] = {{NUTAG_URL(url.c_str())}, {TAG_END()}};
  return nua_stack_init_transport(nua, tags) == 0;
}

tport_t* found_for_answer(tport_t* found) {
  if (std::exchange(answer_looks, false) && found != nullptr) tport_ref(found);
  return found;
}

}  // namespace commd::sip

using namespace commd::sip;  // NOLINT: the hooks are C functions, outside of any namespace

extern "C" {

// ---- nua_register.o: after each making of transports -------------------------------

int commd_sofia_nta_agent_bind_tport_update(nta_agent_t* agent, nta_update_magic_t* magic,
                                            nta_update_tport_f* callback) {
  if (SofiaBirth* birth = SofiaBirth::current()) birth->found(agent);
  return nta_agent_bind_tport_update(agent, magic, callback);
}

// ---- nta.o --------------------------------------------------------------------------

// What an answer finds it gives back (incoming_reply() of nta.c), and does not take before. It
// lets go of nothing at first, which nobody else does.
void commd_sofia_tport_decref(tport_t** transport) {
  answer_looks = *transport == nullptr;
  tport_decref(transport);
}

// Asked before a request that found no connection is tried over UDP; its transport may be gone.
int commd_sofia_tport_is_connected(tport_t const* self) {
  return self != nullptr && tport_is_connected(self) != 0 ? 1 : 0;
}

// ---- sres.o -------------------------------------------------------------------------

// A server that no network reaches yet is not given up: send() connects.
int commd_sofia_connect(int fd, const sockaddr* address, socklen_t length) {
  sockaddr_storage& server = name_servers()[fd];
  server = {};
  std::memcpy(&server, address, std::min<size_t>(length, sizeof server));
  if (::connect(fd, address, length) == 0 || errno == ENETUNREACH) return 0;
  return -1;
}

ssize_t commd_sofia_send(int fd, const void* data, size_t length, int flags) {
  const auto server = name_servers().find(fd);
  if (server != name_servers().end() && is_misplaced(fd, server->second))
    connect_anew(fd, server->second);
  return ::send(fd, data, length, flags);
}

}  // extern "C"
