// The router that stands before an address of this machine, if it maps ports for who asks (an
// Internet Gateway Device of UPnP). It waits: for a thread that may.
//
// Anybody in a network may call himself its router. Only one that a default route leads to is
// believed, and nothing is fetched from elsewhere.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/session_description.h"
#include "daemon/ports/port_mapper.h"
#include "daemon/upnp/igd.h"
#include "daemon/upnp/search.h"
#include "daemon/upnp/talk.h"

namespace commd::upnp {

// Other ones for tests.
struct SearchPlaces {
  std::string group = search_group;
  uint16_t port = search_port;
  std::chrono::milliseconds time{1500};  // they may wait a second (MX)
};

class Router {
 public:
  // The first of `gateways` that answers to `local_ip`, and has an address that others can reach.
  // Errors: IGD_NONE, IGD_UNREACHABLE.
  static base::Result<Router> find(const std::string& local_ip,
                                   const std::vector<std::string>& gateways,
                                   const SearchPlaces& places, const CallOff& off);

  // Its address, as others see it. Errors: IGD_NO_ADDRESS, IGD_REFUSED, those of exchange().
  base::Result<std::string> outside_ip(const CallOff& off) const;

  // The port by which others find that address from now on, for an hour: a call's packets keep
  // what they go by. The same one if it is free. Errors: IGD_REFUSED, those of exchange().
  using Carries = ports::PortMapper::Carries;
  base::Result<uint16_t> map(Carries what, const model::TransportAddress& inside,
                             const CallOff& off) const;
  // As map() has made it.
  base::Result<void> forget(Carries what, uint16_t outside_port, std::chrono::milliseconds patience,
                            const CallOff& off) const;

 private:
  Router(std::string local_ip, std::string type, http::Url control)
      : local_ip_(std::move(local_ip)), type_(std::move(type)), control_(std::move(control)) {}

  static std::optional<Router> at(const std::string& local_ip, const std::string& gateway,
                                  const std::string& location, const CallOff& off);
  base::Result<Answer> ask(const char* action, const Arguments& arguments,
                           std::chrono::milliseconds patience, const CallOff& off) const;

  std::string local_ip_;
  std::string type_;
  http::Url control_;
};

}  // namespace commd::upnp
