// One nua of sofia-sip: a bind address and a kind of transport, with what it trusts.
// Accounts and calls are handles in it.
//
// TLS and UDP+TCP are never in one endpoint: sofia would write a sips: Contact into
// UDP calls. Credentials are never given to it, for it would answer anybody's
// challenge: 401, 407, 302, 422, 423 and Retry-After come to the owner as final
// answers.
//
// SIP thread only.
#pragma once

#include <sofia-sip/nta.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/tport.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/thread_check.h"
#include "daemon/sip/sip_thread.h"
#include "daemon/sip/tls_context.h"

namespace commd::sip {

enum class TransportClass { udp_tcp, tls };

struct EndpointOptions {
  TransportClass transport = TransportClass::udp_tcp;
  // An IP literal; "0.0.0.0" and "::" are all addresses of that family.
  std::string bind_address = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one, the same for UDP and TCP
  // TLS only, and then required.
  std::shared_ptr<TlsContext> tls;
  std::string user_agent;
  // Methods told in Allow.
  std::string allow =
      "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, INFO, MESSAGE, SUBSCRIBE";
  unsigned udp_receive_buffer = 1 << 20;  // bytes
  // A resolv.conf instead of the system's; for tests.
  std::string resolv_conf;
};

// One event of nua, as long as its callback runs. Every pointer may be null.
struct SipEvent {
  nua_event_t event = nua_i_none;
  int status = 0;
  const char* phrase = "";
  nua_handle_t* handle = nullptr;
  nua_hmagic_t* magic = nullptr;
  const sip_t* sip = nullptr;
  const tagi_t* tags = nullptr;
};

// Where a message came from.
struct MessageSource {
  sockaddr_storage address{};
  std::string ip;  // literal, no brackets
  uint16_t port = 0;
  // TLS: the name the connection it came over was verified for; empty if the far
  // end made that connection.
  std::string verified_name;
};

class SipEndpoint;
class SipFlow;

class EndpointEvents {
 public:
  virtual ~EndpointEvents() = default;
  // Never from inside a call into the endpoint. Must not destroy the endpoint.
  virtual void on_sip_event(SipEndpoint& endpoint, const SipEvent& event) = 0;
};

class SipEndpoint {
 public:
  // Errors: PORT_IN_USE (unavailable: try another), ADDRESS_NOT_LOCAL, TLS_UNSAFE
  // (the self-test of the TLS corrections failed), SIP_STACK_FAILED (internal).
  static base::Result<std::unique_ptr<SipEndpoint>> create(SipThread& thread,
                                                           EndpointOptions options,
                                                           EndpointEvents& events);
  // Only after shut_down() has ended. Else the library's part is left behind, for
  // destroying it then would abort the process.
  ~SipEndpoint();
  SipEndpoint(const SipEndpoint&) = delete;
  SipEndpoint& operator=(const SipEndpoint&) = delete;

  nua_t* nua() const { return nua_; }
  SipThread& thread() const { return thread_; }
  // bind_address: where it is now, see move_to().
  const EndpointOptions& options() const { return options_; }
  TlsContext* tls() const { return options_.tls.get(); }
  // One of the nua's transports, from which the others are found. Null: there is none at present.
  tport_t* transports() const { return transports_; }

  // The port really listened on, and each address: "udp 127.0.0.1:5060".
  uint16_t port() const { return port_; }
  const std::vector<std::string>& listening() const { return listening_; }

  // Listens on another address, where a network took the old one away: dialogs go on, connections
  // end (each flow is abandoned), requests without an answer end with 503. On the same port if it
  // is free there. Not from inside an event. Errors as those of create(), where nothing has
  // changed, and SIP_STACK_FAILED, where nothing is listened on any more: to be tried again.
  base::Result<void> move_to(const std::string& bind_address);
  // How often it has moved.
  unsigned moves() const { return moves_; }
  // Who holds a connection of it; for SipFlow.
  void add_flow(SipFlow& flow) { flows_.insert(&flow); }
  void remove_flow(SipFlow& flow) { flows_.erase(&flow); }

  // Source of the request or answer now told to on_sip_event().
  MessageSource source() const;

  // Ends the nua. Destroy every handle first (nua_handle_destroy), or it takes up to
  // 30 s. `done` is called later, from the loop; only then may the endpoint go.
  void shut_down(std::function<void()> done);

 private:
  SipEndpoint(SipThread& thread, EndpointOptions options, EndpointEvents& events);
  nua_t* make_nua();
  void note_addresses();
  static void callback(nua_event_t event, int status, char const* phrase, nua_t* nua,
                       nua_magic_t* self, nua_handle_t* handle, nua_hmagic_t* magic,
                       sip_t const* sip, tagi_t tags[]) noexcept;
  void dispatch(const SipEvent& event);

  SipThread& thread_;
  EndpointOptions options_;
  EndpointEvents& events_;
  base::ThreadCheck check_;
  nua_t* nua_ = nullptr;
  nta_agent_t* agent_ = nullptr;
  tport_t* transports_ = nullptr;
  std::set<SipFlow*> flows_;
  unsigned moves_ = 0;
  uint16_t port_ = 0;
  std::vector<std::string> listening_;
  std::function<void()> on_shut_down_;
  bool ended_ = false;
};

}  // namespace commd::sip
