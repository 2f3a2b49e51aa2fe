// Looks for one protocol at one domain: first what the domain publishes, then who answers
// there. The thread of the io_context.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/net/connector.h"
#include "daemon/net/datagram_probe.h"
#include "daemon/net/operation.h"
#include "daemon/net/resolver.h"
#include "daemon/net/service_targets.h"

namespace commd::discovery {

struct SearchPlan {
  // With a fallback: without records, and unless the domain says that there is no such
  // service, the connections are tried.
  net::ServiceQuery published;
  std::vector<net::Target> connections;
  std::optional<net::DatagramProbe> datagram;
  base::Duration patience{};  // of the connections
};

struct SearchOutcome {
  std::optional<std::string> found_by;
  std::vector<std::string> tried;  // where nothing was found
};

class ProtocolSearch {
 public:
  // Begins at once. `done` once, never inside; it may destroy the search. The resolver
  // outlives it.
  ProtocolSearch(boost::asio::io_context& context, net::Resolver& resolver, SearchPlan plan,
                 std::function<void(SearchOutcome)> done);

 private:
  void take(base::Result<net::FoundTargets> published);
  void knock();
  void answered(const std::string& how);
  void silent(const std::string& how, const base::Error& error);
  void finish();

  boost::asio::io_context& context_;
  net::Resolver& resolver_;
  SearchPlan plan_;
  std::function<void(SearchOutcome)> done_;
  SearchOutcome outcome_;
  int open_ = 0;
  net::OperationHandle lookup_;
  net::OperationHandle connection_;
  net::OperationHandle probe_;
};

}  // namespace commd::discovery
