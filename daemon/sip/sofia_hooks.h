// Where sofia-sip's own code is led to ours.
//
// The room links a copy of sofia-sip in which some calls are renamed to
// commd_sofia_<name> (sofia_copy.cmake). What that corrects, and how:
//
//   - TLS settings: SSL_CTX_new hands out the SSL_CTX of the TlsContext given to
//     SofiaBirth; sofia's own settings of certificates, trust, ciphers and
//     verification do nothing.
//   - Names: an outgoing connection sends SNI and is verified by OpenSSL itself for
//     the domain of the address (tport_setname has it, before SRV). Unverified
//     connections end inside the handshake, before a byte of SIP is sent.
//   - Sharing: a connection is used again only for the name it was verified for
//     (tport_by_name; and no subject is told to sofia, whose wider search goes by
//     them). A connection that came in is never used to reach a name.
//   - Reports: a refused handshake fails the waiting requests at once.
//   - Memory: the SSL of a connection is freed when it ends.
//   - The error queue of OpenSSL is emptied before each call, so that one
//     connection's failure is never taken for another's.
//   - Time: sofia's timers run on CLOCK_BOOTTIME, so that setting the clock neither
//     fires nor stalls them and a resumed machine catches up. Its loop sleeps until a
//     timer is due, instead of turning for the last millisecond before it.
//   - Size: a message has at most 256 header fields and items of fields, each field
//     at most 8 KiB, 100 commas and 200 semicolons; the library's parser takes
//     quadratic time for more (0.6 s for one datagram). Worse ones are bad requests.
//   - Dialogs: what there is in dialogs alone (BYE, NOTIFY ...) is a bad request without a
//     To tag, though sofia would take it for the dialog whose Call-ID and From tag it
//     has, which are the peer's own choice.
//   - Answers: a provisional one that comes after the 2xx is dropped (accepted_invites.h).
//   - Requests of a method given by name (nua_method): the request line would point into the
//     caller's text, which goes with the handle while the transaction goes on.
//   - STUN: what looks like it on a SIP port is dropped, never answered.
//   - accept: connections are turned away while half of the descriptors are in use.
//   - Networks: see sofia_network.h.
//
// SIP thread only.
#pragma once

#include <sofia-sip/nta.h>
#include <sofia-sip/tport.h>

#include "daemon/sip/tls_context.h"

namespace commd::sip {

// Stands while an nua or a tport is made, or gets new transports, on this thread: tells the
// hooks which TlsContext it shall have (nullptr: TLS is refused), and keeps what the library
// does not show: its transports and their agent.
class SofiaBirth {
 public:
  explicit SofiaBirth(TlsContext* tls);
  ~SofiaBirth();
  SofiaBirth(const SofiaBirth&) = delete;
  SofiaBirth& operator=(const SofiaBirth&) = delete;

  // Any transport of the nua made; nullptr before it has one. Lives as long as the nua, or
  // until it gets others.
  tport_t* transports() const { return transports_; }
  // The agent of the nua made, for replace_transports(); lives as long as the nua.
  nta_agent_t* agent() const { return agent_; }

  // For the hooks only.
  static SofiaBirth* current();
  TlsContext* tls() const { return tls_; }
  void found(tport_t* transports) { transports_ = transports; }
  void found(nta_agent_t* agent) { agent_ = agent; }

 private:
  TlsContext* tls_;
  tport_t* transports_ = nullptr;
  nta_agent_t* agent_ = nullptr;
  SofiaBirth* outer_;
};

}  // namespace commd::sip
