#include "daemon/core/account_discovery.h"

#include <gmock/gmock.h>

#include <optional>

namespace commd::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FakeNetwork final : public ports::ServerDiscovery {
 public:
  void discover(const std::string& domain,
                std::function<void(base::Result<ports::FoundServers>)> done) override {
    asked.push_back(domain);
    done(answer);
  }
  std::vector<std::string> asked;
  base::Result<ports::FoundServers> answer = ports::FoundServers{};
};

class AccountDiscoveryTest : public testing::Test {
 protected:
  base::Result<AccountDiscovery::Found> discover(const std::string& address) {
    std::optional<base::Result<AccountDiscovery::Found>> found;
    discovery_.discover(address, [&](auto result) { found.emplace(std::move(result)); });
    EXPECT_TRUE(found) << "not called";
    return *found;
  }
  std::vector<std::string> addresses(const std::string& address) {
    std::vector<std::string> all;
    const auto found = discover(address);
    for (const auto& each : found->candidates) all.push_back(each.address);
    return all;
  }

  FakeNetwork network_;
  AccountDiscovery discovery_{&network_};
};

TEST_F(AccountDiscoveryTest, ABareAddressIsWhatItsDomainSpeaks) {
  network_.answer = ports::FoundServers{
      {{model::Protocol::sip, "_sip._udp"}, {model::Protocol::xmpp, "_xmpp-client._tcp"}},
      {"something"}};
  EXPECT_THAT(addresses("Alice@Example.org"),
              ElementsAre("sip:Alice@example.org", "xmpp:Alice@example.org"));
  EXPECT_THAT(network_.asked, ElementsAre("example.org"));
  const auto found = discover("alice@example.org");
  EXPECT_EQ(found->candidates[1].found_by, "_xmpp-client._tcp");
  EXPECT_THAT(found->tried, ElementsAre("something"));
}

TEST_F(AccountDiscoveryTest, WhatSaysItsProtocolIsNotAskedOf) {
  EXPECT_THAT(addresses("xmpp:alice@example.org"), ElementsAre("xmpp:alice@example.org"));
  EXPECT_THAT(addresses("sips:alice@example.org"), ElementsAre("sips:alice@example.org"));
  EXPECT_THAT(addresses("alice@192.0.2.1"), ElementsAre("sip:alice@192.0.2.1"));
  EXPECT_THAT(addresses("alice@[2001:db8::1]"), ElementsAre("sip:alice@[2001:db8::1]"));
  EXPECT_THAT(addresses("alice@example.org:5062"), ElementsAre("sip:alice@example.org:5062"));
  EXPECT_THAT(network_.asked, IsEmpty());
}

TEST_F(AccountDiscoveryTest, NothingFoundIsNoError) {
  network_.answer = ports::FoundServers{{}, {"SIP: no record"}};
  EXPECT_THAT(discover("alice@example.org")->candidates, IsEmpty());
}

TEST_F(AccountDiscoveryTest, ErrorsNameTheField) {
  EXPECT_EQ(discover("example.org").error().details.at("field"), "address");
  network_.answer = base::fail(base::Code::invalid_argument, "DOMAIN_INVALID", "no name");
  EXPECT_EQ(discover("alice@exa mple").error().details.at("field"), "address");
  EXPECT_EQ(discover("alice@a..b").error().reason, "DOMAIN_INVALID");
}

}  // namespace
}  // namespace commd::core
