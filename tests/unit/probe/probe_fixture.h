// The surroundings of a probe in a loop that the test runs.
#pragma once

#include <gmock/gmock.h>

#include "daemon/loop/core_loop.h"
#include "daemon/loop/pool.h"
#include "daemon/probe/surroundings.h"
#include "tests/support/dns_peer.h"
#include "tests/unit/net/loop_fixture.h"

namespace commd::probe::test {

class ProbeFixture : public testing::Test {
 protected:
  static net::ResolverOptions options_for(const commd::test::DnsPeer& dns) {
    net::ResolverOptions options;
    options.servers = {dns.address()};
    options.hosts = "/nonexistent";
    return options;
  }
  static commd::test::DnsPeer::Zone zone() {
    commd::test::DnsPeer::Zone zone;
    zone.addresses["there.test"] = "127.0.0.1";
    return zone;
  }

  commd::test::DnsPeer dns_{zone()};
  net::test::Loop loop_;
  loop::Pool pool_{"probe", 1};
  net::Resolver resolver_{loop_.context(), options_for(dns_)};
  net::TlsTrustSets trust_{loop_.context(), pool_};
  Surroundings around_{loop_.context(), resolver_, trust_};
};

}  // namespace commd::probe::test
