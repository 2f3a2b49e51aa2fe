// What a mapper asks of a router, and what it believes of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>

#include "daemon/upnp/upnp_mapper.h"
#include "tests/unit/upnp/fake_router.h"

namespace commd::upnp {
namespace {

using namespace std::chrono_literals;
using model::TransportAddress;
using Carries = ports::PortMapper::Carries;
using Outside = std::optional<TransportAddress>;

const TransportAddress kInside{"127.0.0.1", 20002};

class UpnpMapperTest : public testing::Test {
 protected:
  void begin(FakeRouter::Ways ways = {}) {
    router_ = std::make_unique<FakeRouter>(std::move(ways));
    UpnpOptions options;
    options.is_inside = [](const std::string& ip) { return ip == "127.0.0.1"; };
    options.gateways = [this] { return gateways_; };
    options.places = {"127.0.0.1", router_->search_port(), search_time};
    options.look_again_after = look_again_after;
    mapper_ = std::make_unique<UpnpMapper>(base::null_logger(), std::move(options));
  }

  Outside map(Carries what = Carries::udp, const TransportAddress& inside = kInside) {
    auto promise = std::make_shared<std::promise<Outside>>();
    mapping_ = mapper_->map(what, inside,
                            [promise](Outside outside) { promise->set_value(std::move(outside)); });
    EXPECT_TRUE(mapping_);
    return promise->get_future().get();
  }

  std::vector<std::string> end() {
    mapping_.reset();
    mapper_.reset();
    return router_->heard();
  }
  long count(const std::vector<std::string>& heard, const std::string& what) {
    return std::count(heard.begin(), heard.end(), what);
  }

  std::vector<std::string> gateways_{"127.0.0.1"};
  std::chrono::milliseconds look_again_after = 1h;
  std::chrono::milliseconds search_time = 5s;  // ends with the first answer that is of use
  std::unique_ptr<FakeRouter> router_;
  std::unique_ptr<UpnpMapper> mapper_;
  std::unique_ptr<ports::PortMapping> mapping_;
};

TEST_F(UpnpMapperTest, MapsUntilTheMappingIsGone) {
  begin();
  EXPECT_EQ(map(), (TransportAddress{"198.20.0.7", 20002}));
  const auto heard = end();
  EXPECT_EQ(count(heard, "AddPortMapping UDP 20002 127.0.0.1:20002 3600"), 1);
  EXPECT_EQ(heard.back(), "DeletePortMapping UDP 20002");
}

TEST_F(UpnpMapperTest, LooksForARouterOnce) {
  begin();
  EXPECT_TRUE(map());
  EXPECT_TRUE(map(Carries::tcp, {"127.0.0.1", 20004}));
  const auto heard = end();
  EXPECT_EQ(count(heard, "description"), 1);
  EXPECT_EQ(count(heard, "GetExternalIPAddress"), 2);  // when it is found, and of the first
  EXPECT_EQ(count(heard, "AddPortMapping TCP 20004 127.0.0.1:20004 3600"), 1);
  EXPECT_EQ(count(heard, "DeletePortMapping UDP 20002"), 1);
  EXPECT_EQ(count(heard, "DeletePortMapping TCP 20004"), 1);
}

TEST_F(UpnpMapperTest, TakesAnotherPortWhereThatOneIsTaken) {
  begin({.map_errors = {718, 718}});
  const auto outside = map();
  ASSERT_TRUE(outside);
  EXPECT_GE(outside->port, 20000);
  const auto heard = end();
  EXPECT_EQ(heard.back(), "DeletePortMapping UDP " + std::to_string(outside->port));
}

TEST_F(UpnpMapperTest, TakesWhatIsPermanentWhereNothingElseIs) {
  begin({.map_errors = {725}});
  EXPECT_TRUE(map());
  EXPECT_EQ(count(end(), "AddPortMapping UDP 20002 127.0.0.1:20002 0"), 1);
}

TEST_F(UpnpMapperTest, WhatWasRefusedIsNotForgottenForOthers) {
  begin({.map_errors = {606}});
  EXPECT_FALSE(map());
  EXPECT_EQ(count(end(), "DeletePortMapping UDP 20002"), 0);
  begin({.map_errors = {718, 718, 718, 718, 718, 718}});
  EXPECT_FALSE(map());
}

TEST_F(UpnpMapperTest, OneBehindAnotherRouterIsOfNoUse) {
  search_time = 300ms;
  for (const char* ip : {"100.64.1.1", "0.0.0.0", "127.0.0.1", "::1"}) {
    begin({.outside = ip});
    EXPECT_FALSE(map()) << ip;
    for (const std::string& one : end()) EXPECT_FALSE(one.starts_with("AddPort")) << ip;
  }
}

TEST_F(UpnpMapperTest, OnlyARouterOfThisMachineIsBelieved) {
  search_time = 300ms;
  gateways_ = {"127.0.0.2"};
  begin();
  EXPECT_FALSE(map());
  EXPECT_EQ(count(end(), "description"), 0);
}

TEST_F(UpnpMapperTest, NothingIsFetchedFromElsewhere) {
  search_time = 300ms;
  FakeRouter other({});
  const std::string elsewhere = other.own_location();
  begin({.location = "http://127.0.0.3:80/d"});
  EXPECT_FALSE(map());
  end();
  begin({.location = "https://127.0.0.1/d"});
  EXPECT_FALSE(map());
  end();
  begin({.control = "http://127.0.0.3:80/c"});
  EXPECT_FALSE(map());
  end();
  EXPECT_TRUE(other.heard().empty());
}

TEST_F(UpnpMapperTest, WhoHasNoRouterIsToldSoAtOnceTheSecondTime) {
  search_time = 1500ms;
  begin({.answers_search = false});
  EXPECT_FALSE(map());
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(map());
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
  const auto asked = count(router_->heard(), "search");
  // Another network: it is looked for again.
  gateways_ = {"127.0.0.1", "127.0.0.9"};
  router_->change({});
  EXPECT_TRUE(map());
  EXPECT_GT(count(end(), "search"), asked);
}

TEST_F(UpnpMapperTest, NoCallWaitsForARouterThatWasNotThere) {
  search_time = 1500ms;
  look_again_after = 0ms;
  begin({.answers_search = false});
  EXPECT_FALSE(map());  // and once more, now, for who comes next
  router_->change({});
  EXPECT_TRUE(map() || map());
}

TEST_F(UpnpMapperTest, ADescriptionHasAnEnd) {
  search_time = 300ms;
  begin({.flood = true});
  EXPECT_FALSE(map());
  end();
}

TEST_F(UpnpMapperTest, ItsEndWaitsForNoRouter) {
  begin();
  EXPECT_TRUE(map());
  router_->change({.mute = true});
  const auto before = std::chrono::steady_clock::now();
  std::promise<Outside> second;
  auto late = mapper_->map(Carries::udp, {"127.0.0.1", 20006},
                           [&](Outside outside) { second.set_value(std::move(outside)); });
  while (count(router_->heard(), "in vain") == 0) std::this_thread::yield();
  late.reset();
  end();
  EXPECT_FALSE(second.get_future().get());
  EXPECT_LT(std::chrono::steady_clock::now() - before, 3s);
}

TEST_F(UpnpMapperTest, AsksNobodyForAnAddressOutside) {
  begin();
  EXPECT_FALSE(mapper_->map(Carries::udp, {"198.51.100.1", 20002}, [](const Outside&) { FAIL(); }));
  EXPECT_TRUE(end().empty());
}

}  // namespace
}  // namespace commd::upnp
