// The endpoints, shared by the accounts that need the same: transport class, bind
// address and port, trust, client certificate.
//
// SIP thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/sip/sip_endpoint.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class EndpointPool {
 public:
  struct Options {
    std::string user_agent;
    std::string resolv_conf;  // empty: the system's
  };
  EndpointPool(SipThread& thread, EndpointEvents& events, Options options);

  struct Want {
    TransportClass transport = TransportClass::udp_tcp;
    std::string bind_address;
    uint16_t port = 0;               // 0: shares any endpoint on a port of the machine's choosing
    std::string ca_file;             // TLS: empty = the system's
    std::string client_certificate;  // TLS: empty = none

    friend bool operator==(const Want&, const Want&) = default;
  };
  // The endpoint for it, made if there is none yet; `favourite` if it is one. Errors of
  // SipEndpoint::create and TLS_FILE_UNUSABLE.
  base::Result<SipEndpoint*> get(const Want& want, const SipEndpoint* favourite = nullptr);
  // See SipEndpoint::move_to(). From then on it is one for who wants that address.
  base::Result<void> move(SipEndpoint& endpoint, const std::string& bind_address);

  const std::string& resolv_conf() const { return options_.resolv_conf; }
  std::vector<SipEndpoint*> all() const;
  std::vector<std::string> listening() const;
  // After their shut_down() only.
  void clear() { endpoints_.clear(); }

 private:
  struct Entry {
    Want fits;
    std::unique_ptr<SipEndpoint> endpoint;
  };
  SipThread& thread_;
  EndpointEvents& events_;
  Options options_;
  std::vector<Entry> endpoints_;
};

}  // namespace commd::sip
