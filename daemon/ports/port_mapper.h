// What media asks of the router of this network: to let others in.
//
// Any thread. Outlives its mappings.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "daemon/model/session_description.h"

namespace commd::ports {

// As long as it lives. Afterwards the router is asked to forget it; what goes by it goes on, as
// long as something does.
class PortMapping {
 public:
  virtual ~PortMapping() = default;
};

class PortMapper {
 public:
  virtual ~PortMapper() = default;

  enum class Carries { udp, tcp };
  // `outside`: where others find `inside` now; nothing: the router does not do that, or there is
  // none that is known to.
  using Mapped = std::function<void(std::optional<model::TransportAddress> outside)>;
  // For an address of this machine. Null: no router stands before it, or none is ever asked.
  // Else `done` is called once, on any thread, perhaps when the mapping is gone.
  virtual std::unique_ptr<PortMapping> map(Carries what, const model::TransportAddress& inside,
                                           Mapped done) = 0;
};

}  // namespace commd::ports
