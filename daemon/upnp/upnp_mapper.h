// ports::PortMapper over UPnP, on a thread of its own that starts when a call first has use for
// it. Nothing is looked for before. Where there was no such router it is looked for again five
// minutes later at the earliest, and no call waits for that; where the gateways are others, at
// once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/loop/pool.h"
#include "daemon/ports/port_mapper.h"
#include "daemon/upnp/router.h"

namespace commd::upnp {

struct UpnpOptions {
  // Whether a router may stand before that address.
  std::function<bool(const std::string& ip)> is_inside;
  std::function<std::vector<std::string>()> gateways;
  SearchPlaces places;
  // Where there was none.
  std::chrono::milliseconds look_again_after = std::chrono::minutes(5);

  // Private addresses, and the routers of default routes.
  static UpnpOptions usual();
};

class UpnpMapper final : public ports::PortMapper {
 public:
  explicit UpnpMapper(base::Logger log, UpnpOptions options = UpnpOptions::usual());
  // All mappings are gone by then: the routers are told within half a second.
  ~UpnpMapper() override;

  std::unique_ptr<ports::PortMapping> map(Carries what, const model::TransportAddress& inside,
                                          Mapped done) override;

 private:
  struct State;
  class Mapping;

  std::shared_ptr<State> state_;
  loop::Pool thread_{"router", 1};
};

}  // namespace commd::upnp
