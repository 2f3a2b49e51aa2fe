// Finds out about a hop what has to be known before the first request to it: whether
// its domain offers SIP over TLS, and which addresses it has (to bind the right local
// one, and to know its calls by). RFC 3263, RFC 2782.
//
// The addresses are never put into a URI: see registrar_target.h.
//
// SIP thread only.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/sip/name_lookup.h"
#include "daemon/sip/registrar_target.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

struct FoundServer {
  // The account's word, else: the port is 5061, or the domain publishes _sips._tcp.
  bool tls = false;
  std::vector<std::string> addresses;  // literals, best first; at least one, at most 16
};

class ServerFinder {
 public:
  ServerFinder(SipThread& thread, std::string resolv_conf);

  using Done = std::function<void(base::Result<FoundServer>)>;
  // `done` once, inside or later, within 10 s. Another find() forgets the one before.
  // Errors (unavailable): DNS_FAILED.
  void find(const Hop& hop, Done done);
  void cancel();

 private:
  void ask_services();
  void ask_service(const std::string& name, bool tls);
  void on_naptr(const NameAnswer& answer);
  void one_service_less();
  void ask_addresses();
  void one_address_less();
  void collect();
  void finish(base::Result<FoundServer> result);

  // A host of a service, with what its addresses turned out to be.
  struct Host {
    std::string name;
    std::vector<std::string> four;
    std::vector<std::string> six;
  };

  SipThread& thread_;
  NameLookup lookup_;
  Hop hop_;
  Done done_;
  FoundServer found_;
  std::vector<std::string> asked_;
  std::vector<ServiceRecord> tls_services_;
  std::vector<ServiceRecord> other_services_;
  std::vector<Host> hosts_;
  size_t waiting_ = 0;
  bool answered_ = false;
  SipTimer patience_;
};

}  // namespace commd::sip
