#include "daemon/sip/server_finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/unit/sip/certificates.h"
#include "tests/unit/sip/dns_peer.h"

// The port sofia's resolver asks; the library has it for its own tests.
extern "C" uint16_t _sres_default_port;

namespace commd::sip {
namespace {

using enum model::SipTransport;
using testing::ElementsAre;

class ServerFinderTest : public testing::Test {
 protected:
  ServerFinderTest() { _sres_default_port = dns_.port(); }
  ~ServerFinderTest() override {
    run([this] { finder_.reset(); });
  }

  void run(const std::function<void()>& function) {
    std::promise<void> done;
    thread_.post([&] {
      function();
      done.set_value();
    });
    done.get_future().wait();
  }

  base::Result<FoundServer> find(const Hop& hop) {
    auto promise = std::make_shared<std::promise<base::Result<FoundServer>>>();
    auto found = promise->get_future();
    run([&] {
      if (!finder_)
        finder_ = std::make_unique<ServerFinder>(
            thread_, folder_.write("resolv.conf", "nameserver 127.0.0.1\n"));
      finder_->find(hop, [promise](base::Result<FoundServer> result) {
        promise->set_value(std::move(result));
      });
    });
    if (found.wait_for(std::chrono::seconds(20)) != std::future_status::ready)
      return base::fail(base::Code::internal, "TEST_TIMEOUT", "nothing was found in time");
    return found.get();
  }

  test::DnsPeer dns_{{
      .addresses = {{"plain.test", "192.0.2.1"},
                    {"one.test", "192.0.2.11"},
                    {"two.test", "192.0.2.12"},
                    {"secure.test", "192.0.2.20"}},
      .services = {{"_sip._udp.services.test", {{"one.test", 5070}, {"two.test", 5071}}},
                   {"_sips._tcp.secure.test", {{"two.test", 5061}}},
                   {"_sip._udp.secure.test", {{"one.test", 5060}}},
                   {"_sips._tcp.refused.test", {{"", 0}}}},
  }};
  test::ScratchFolder folder_;
  SipThread thread_{base::null_logger()};
  std::unique_ptr<ServerFinder> finder_;
};

TEST_F(ServerFinderTest, AsksNobodyForAnAddress) {
  const auto found = find({"192.0.2.9", 0, automatic});
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->tls);
  EXPECT_THAT(found->addresses, ElementsAre("192.0.2.9"));
  EXPECT_TRUE(find({"2001:db8::9", 5061, automatic})->tls);
  EXPECT_FALSE(find({"2001:db8::9", 5061, tcp})->tls);
  EXPECT_TRUE(find({"192.0.2.9", 0, tls})->tls);
}

TEST_F(ServerFinderTest, FindsTheHostsOfTheServiceInOrder) {
  const auto found = find({"services.test", 0, automatic});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(found->tls);
  EXPECT_THAT(found->addresses, ElementsAre("192.0.2.11", "192.0.2.12"));
}

TEST_F(ServerFinderTest, ADomainThatPublishesTlsGetsTls) {
  const auto found = find({"secure.test", 0, automatic});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->tls);
  EXPECT_THAT(found->addresses, ElementsAre("192.0.2.12"));
}

TEST_F(ServerFinderTest, TheTransportTheAccountNamesIsTaken) {
  const auto found = find({"secure.test", 0, udp});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(found->tls);
  EXPECT_THAT(found->addresses, ElementsAre("192.0.2.11"));
}

TEST_F(ServerFinderTest, APortMeansThatHost) {
  const auto found = find({"secure.test", 5080, automatic});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(found->tls);
  EXPECT_THAT(found->addresses, ElementsAre("192.0.2.20"));
}

TEST_F(ServerFinderTest, ADomainWithoutServicesIsItsOwnHost) {
  const auto found = find({"plain.test", 0, automatic});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(found->tls);
  EXPECT_THAT(found->addresses, ElementsAre("192.0.2.1"));
}

TEST_F(ServerFinderTest, SaysThatANameIsUnknown) {
  const auto found = find({"nowhere.test", 0, automatic});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason, "DNS_FAILED");
  EXPECT_THAT(found.error().message, testing::HasSubstr("nowhere.test"));
}

TEST_F(ServerFinderTest, TheLastQuestionCounts) {
  int first = 0;
  std::promise<void> second;
  run([&] {  // both at once: no answer comes between
    finder_ = std::make_unique<ServerFinder>(
        thread_, folder_.write("resolv.conf", "nameserver 127.0.0.1\n"));
    finder_->find({"services.test", 0, automatic}, [&](const auto&) { ++first; });
    finder_->find({"plain.test", 0, automatic}, [&](const auto& found) {
      EXPECT_TRUE(found);
      second.set_value();
    });
  });
  ASSERT_EQ(second.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(first, 0);
}

}  // namespace
}  // namespace commd::sip
