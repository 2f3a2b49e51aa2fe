// What all exchanges of a thread share: names, trust, clocks, and the disk's threads.
//
// Thread of the loop, also its making and its end.
#pragma once

#include <memory>
#include <string>

#include "daemon/loop/core_loop.h"
#include "daemon/loop/pool.h"
#include "daemon/net/connector.h"
#include "daemon/net/resolver.h"
#include "daemon/net/tls_stream.h"
#include "daemon/net/tls_trust.h"

namespace commd::http {

class Web {
 public:
  // `resolv_conf`: empty: the system's. Loop and pool outlive it.
  Web(loop::CoreLoop& loop, loop::Pool& pool, const std::string& resolv_conf);

  loop::CoreLoop& loop() { return loop_; }
  loop::Pool& pool() { return pool_; }
  boost::asio::io_context& context() { return loop_.context(); }
  net::Resolver& resolver() { return resolver_; }
  net::TlsTrustSets& trust() { return trust_; }

 private:
  loop::CoreLoop& loop_;
  loop::Pool& pool_;
  net::Resolver resolver_;
  net::TlsTrustSets trust_;
};

}  // namespace commd::http
