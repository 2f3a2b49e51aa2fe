#include "daemon/sip/registered_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "tests/unit/sip/certificates.h"
#include "tests/unit/sip/dns_peer.h"
#include "tests/unit/sip/tls_peer.h"

// The port sofia's resolver asks; the library has it for its own tests.
extern "C" uint16_t _sres_default_port;

namespace commd::sip {
namespace {

using model::AccountState;
using test::TlsPeer;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto deadline = std::chrono::seconds(10);

// An account alone on the SIP thread, its events, and a domain whose server has
// another name.
class RegisteredAccountTest : public testing::Test, public EndpointEvents, public AccountEvents {
 protected:
  // Before the fixture's own end: until then the SIP thread tells it things.
  void TearDown() override {
    std::promise<void> all_down;
    run([&] {
      account_.reset();
      auto endpoints = pool_ ? pool_->all() : std::vector<SipEndpoint*>{};
      left_ = endpoints.size();
      if (left_ == 0) all_down.set_value();
      for (SipEndpoint* endpoint : endpoints)
        endpoint->shut_down([&] {
          if (--left_ == 0) all_down.set_value();
        });
    });
    all_down.get_future().wait_for(deadline);
    run([&] { pool_.reset(); });
  }

  void run(const std::function<void()>& function) {
    std::promise<void> done;
    thread_.post([&] {
      function();
      done.set_value();
    });
    done.get_future().wait();
  }

  test::Identity issue(const std::string& names) {
    return test::make_identity({.alternative_names = names}, &authority_);
  }

  // _sips._tcp.a.test is this peer, under the name of host.test; if wanted, after a
  // server that is down.
  void publish(const TlsPeer& peer, uint16_t dead_port = 0) {
    std::vector<test::DnsPeer::Service> services = {{"host.test", peer.port()}};
    if (dead_port != 0) services.insert(services.begin(), {"down.test", dead_port});
    dns_ = std::make_unique<test::DnsPeer>(test::DnsPeer::Zone{
        .addresses = {{"host.test", "127.0.0.1"}, {"down.test", "127.0.0.1"}},
        .services = {{"_sips._tcp.a.test", services}},
    });
    _sres_default_port = dns_->port();
  }

  model::Account settings() {
    model::Account made;
    made.id = model::AccountId("sip:alice@a.test");
    made.address = "sip:alice@a.test";
    made.settings.display_name = "Alice";
    made.settings.tls_ca_file = folder_.write_certificate("ca.pem", authority_);
    return made;
  }

  void start(const model::Account& account) {
    run([&] {
      if (!pool_)
        pool_ = std::make_unique<EndpointPool>(
            thread_, *this,
            EndpointPool::Options{"test", folder_.write("resolv.conf", "nameserver 127.0.0.1\n")});
      account_ = std::make_unique<RegisteredAccount>(
          thread_, *pool_, account, base::Secret("secret"), std::map<std::string, std::string>{},
          *this, base::null_logger());
    });
  }

  ports::AccountReport wait_for(AccountState state) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(
        lock, deadline, [&] { return !reports_.empty() && reports_.back().state == state; });
    EXPECT_TRUE(came) << "the last was "
                      << (reports_.empty()
                              ? "none"
                              : reports_.back().reason + ": " + reports_.back().message);
    return reports_.empty() ? ports::AccountReport{} : reports_.back();
  }

  size_t report_count() {
    const std::lock_guard lock(mutex_);
    return reports_.size();
  }

  void account_report(const model::AccountId&, const ports::AccountReport& report) override {
    const std::lock_guard lock(mutex_);
    reports_.push_back(report);
    changed_.notify_all();
  }
  void remember(const std::string&, const std::string&) override {}
  void contact_settled(const model::AccountId&) override { ++settled_; }
  void network_noticed() override {}
  void on_sip_event(SipEndpoint& endpoint, const SipEvent& event) override {
    if (SipHandleOwner* owner = SipHandleOwner::of(event.magic)) owner->on_event(endpoint, event);
  }

  test::ScratchFolder folder_;
  test::Identity authority_ =
      test::make_identity({.common_name = "Test CA", .authority = true}, nullptr);
  std::unique_ptr<test::DnsPeer> dns_;
  SipThread thread_{base::null_logger()};
  std::unique_ptr<EndpointPool> pool_;
  std::unique_ptr<RegisteredAccount> account_;
  size_t left_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ports::AccountReport> reports_;
  std::atomic<int> settled_{0};
};

TEST_F(RegisteredAccountTest, RegistersOverTlsWhereTheDomainOffersItForTheNameOfTheDomain) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  start(settings());
  const ports::AccountReport online = wait_for(AccountState::online);
  EXPECT_EQ(online.server_in_use, "tls a.test (127.0.0.1:" + std::to_string(peer.port()) + ")");
  ASSERT_FALSE(peer.requests().empty());
  EXPECT_THAT(peer.requests()[0], StartsWith("REGISTER sip:a.test SIP/2.0\r\n"));
  EXPECT_THAT(peer.requests()[0], testing::Not(HasSubstr("Route:")));
  EXPECT_EQ(peer.names_asked()[0], "a.test");
}

TEST_F(RegisteredAccountTest, RefusesACertificateForTheServerAlone) {
  const TlsPeer peer(issue("DNS:host.test"));
  publish(peer);
  start(settings());
  const ports::AccountReport report = wait_for(AccountState::retrying);
  EXPECT_EQ(report.reason, "TLS_WRONG_NAME");
  EXPECT_THAT(report.message, HasSubstr("host.test"));
  EXPECT_GT(report.retry_in.count(), 0);
  EXPECT_TRUE(peer.requests().empty());
}

TEST_F(RegisteredAccountTest, GoesToTheNextServerWhenTheFirstIsDown) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer, std::make_unique<TlsPeer>(issue("DNS:a.test"))->port());
  start(settings());
  wait_for(AccountState::online);
}

TEST_F(RegisteredAccountTest, IsCheckedForTheNameOfTheServerThePersonNamed) {
  const TlsPeer peer(issue("DNS:host.test"));
  publish(peer);
  model::Account named = settings();
  named.settings.server = "host.test:" + std::to_string(peer.port());
  named.settings.transport = model::SipTransport::tls;
  start(named);
  wait_for(AccountState::online);
}

TEST_F(RegisteredAccountTest, SaysThatADomainIsUnknown) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  model::Account elsewhere = settings();
  elsewhere.address = "sip:alice@nowhere.test";
  start(elsewhere);
  EXPECT_EQ(wait_for(AccountState::retrying).reason, "DNS_FAILED");
}

TEST_F(RegisteredAccountTest, SendsCallsThroughItsServerAndHidesWhoCalls) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  start(settings());
  wait_for(AccountState::online);
  run([&] {
    const auto open = account_->departure("sip:bob@b.test", false);
    ASSERT_TRUE(open);
    EXPECT_EQ(open->from, "\"Alice\" <sip:alice@a.test>");
    EXPECT_EQ(open->route, "<sip:a.test;transport=tls;lr>");
    EXPECT_THAT(open->contact, StartsWith("<sip:" + account_->token() + "@127.0.0.1:"));
    EXPECT_THAT(open->contact, HasSubstr(";transport=tls>"));
    EXPECT_TRUE(open->privacy.empty());
    EXPECT_THAT(account_->departure("sips:bob@b.test", false)->contact, StartsWith("<sips:"));
    const auto hidden = account_->departure("sip:bob@b.test", true);
    ASSERT_TRUE(hidden);
    EXPECT_EQ(hidden->from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
    EXPECT_EQ(hidden->preferred_identity, open->from);
    EXPECT_EQ(hidden->privacy, "id");
  });
}

TEST_F(RegisteredAccountTest, KnowsTheWayOfItsMedia) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  start(settings());
  wait_for(AccountState::online);
  run([&] {
    int told = 0;
    account_->route("sip:bob@b.test", [&](const base::Result<ports::MediaRoute>& route) {
      ++told;
      ASSERT_TRUE(route);
      EXPECT_EQ(route->local_ip, "127.0.0.1");
      EXPECT_EQ(route->peer_ip, "127.0.0.1");
      EXPECT_TRUE(route->signalling_protected);
    });
    EXPECT_EQ(told, 1);
  });
}

TEST_F(RegisteredAccountTest, LetsCallsInOverItsVerifiedConnectionOnly) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  start(settings());
  wait_for(AccountState::online);
  run([&] {
    MessageSource source;
    source.ip = "127.0.0.1";
    EXPECT_FALSE(account_->accepts_from(source));
    source.verified_name = "b.test";
    EXPECT_FALSE(account_->accepts_from(source));
    source.verified_name = "A.test";
    EXPECT_TRUE(account_->accepts_from(source));
    model::Account open = account_->account();
    open.settings.accept_from = model::AcceptFrom::any;
    account_->update(open, base::Secret("secret"));
    EXPECT_TRUE(account_->accepts_from({}));
  });
}

TEST_F(RegisteredAccountTest, TellsItsStateAgainWhenNothingThatMattersChanged) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  start(settings());
  wait_for(AccountState::online);
  const size_t before = peer.requests().size();
  run([&] {
    model::Account changed = account_->account();
    changed.settings.display_name = "Alice at work";
    reports_.clear();
    account_->update(changed, base::Secret("secret"));
  });
  EXPECT_EQ(wait_for(AccountState::online).server_in_use,
            "tls a.test (127.0.0.1:" + std::to_string(peer.port()) + ")");
  EXPECT_EQ(peer.requests().size(), before);
}

// The server knows the old login until it has answered the new one.
TEST_F(RegisteredAccountTest, AnotherLoginIsTriedWithoutLosingTheWay) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  start(settings());
  wait_for(AccountState::online);
  const size_t before = peer.requests().size();
  run([&] {
    const model::Account same = account_->account();
    reports_.clear();
    account_->update(same, base::Secret("another"));
    EXPECT_TRUE(account_->departure("sip:bob@a.test", false));
  });
  wait_for(AccountState::online);
  EXPECT_EQ(report_count(), 1U) << "it was never away";
  EXPECT_GT(peer.requests().size(), before);
}

TEST_F(RegisteredAccountTest, ACallWaitsWhileTheAccountChangesItsWay) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  start(settings());
  wait_for(AccountState::online);
  std::promise<bool> routed;
  run([&] {
    model::Account changed = account_->account();
    changed.settings.transport = model::SipTransport::tls;
    account_->update(changed, base::Secret("secret"));
    EXPECT_FALSE(account_->departure("sip:bob@a.test", false));
    account_->route("sip:bob@a.test", [&](const base::Result<ports::MediaRoute>& route) {
      routed.set_value(route.has_value());
    });
  });
  auto way = routed.get_future();
  ASSERT_EQ(way.wait_for(deadline), std::future_status::ready);
  EXPECT_TRUE(way.get());
}

TEST_F(RegisteredAccountTest, WithoutAServerItIsOnlineAndFindsTheWayByTheTarget) {
  model::Account alone = settings();
  alone.settings.register_ = false;
  start(alone);
  wait_for(AccountState::online);
  run([&] {
    EXPECT_EQ(account_->departure("sip:bob@127.0.0.1:5066", false).error().reason, "NOT_ROUTED");
    account_->route("sip:bob@127.0.0.1:5066", [&](const base::Result<ports::MediaRoute>& route) {
      ASSERT_TRUE(route);
      EXPECT_EQ(route->local_ip, "127.0.0.1");
    });
    const auto departure = account_->departure("sip:bob@127.0.0.1:5066", false);
    ASSERT_TRUE(departure);
    EXPECT_TRUE(departure->route.empty());
    EXPECT_EQ(account_->departure("SIPS:bob@127.0.0.1:5066", false).error().reason, "NOT_ROUTED");
    EXPECT_EQ(departure->endpoint->options().bind_address, "127.0.0.1");
    MessageSource source;
    source.ip = "127.0.0.1";
    EXPECT_FALSE(account_->accepts_from(source));
  });
}

// ---- networks that change ----------------------------------------------------------

TEST_F(RegisteredAccountTest, RegistersFromTheAddressThatReachesItsServerNow) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  start(settings());
  wait_for(AccountState::online);
  std::string old_contact;
  run([&] {
    old_contact = account_->departure("sip:bob@b.test", false)->contact;
    const auto ways = account_->ways();
    ASSERT_EQ(ways.size(), 1u);
    EXPECT_EQ(ways[0].local_ip, "127.0.0.1");
    // As if it had left by another one until now.
    ASSERT_TRUE(pool_->move(*ways[0].endpoint, "127.0.0.2"));
    reports_.clear();
    account_->network_changed();
    EXPECT_TRUE(account_->is_moving());
    EXPECT_FALSE(account_->departure("sip:bob@b.test", false)) << "what is sent now is lost";
  });
  EXPECT_EQ(wait_for(AccountState::online).reason, "");
  ASSERT_EQ(peer.requests().size(), 2u);
  EXPECT_THAT(peer.requests()[1], HasSubstr(old_contact + ";expires=0"));
  run([&] {
    EXPECT_FALSE(account_->is_moving());
    EXPECT_EQ(account_->ways()[0].endpoint->options().bind_address, "127.0.0.1");
  });
  EXPECT_EQ(settled_, 2);
}

TEST_F(RegisteredAccountTest, FollowsItsEndpointInTheSameSequence) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  start(settings());
  wait_for(AccountState::online);
  run([&] {
    SipEndpoint* endpoint = account_->ways()[0].endpoint;
    ASSERT_TRUE(pool_->move(*endpoint, "127.0.0.2"));
    ASSERT_TRUE(pool_->move(*endpoint, "127.0.0.1"));
    reports_.clear();
    account_->network_changed();
  });
  wait_for(AccountState::online);
  ASSERT_EQ(peer.requests().size(), 2u);
  const auto field = [](const std::string& request, const std::string& name) {
    const size_t at = request.find("\r\n" + name + ": ");
    return at == std::string::npos ? "" : request.substr(at, request.find("\r\n", at + 2) - at);
  };
  for (const char* same : {"Call-ID", "From"})
    EXPECT_EQ(field(peer.requests()[0], same), field(peer.requests()[1], same)) << same;
  EXPECT_NE(field(peer.requests()[0], "CSeq"), field(peer.requests()[1], "CSeq"));
}

TEST_F(RegisteredAccountTest, AsksItsServerOnceWhereItsAddressIsWhatItWas) {
  const TlsPeer peer(issue("DNS:a.test"));
  publish(peer);
  start(settings());
  wait_for(AccountState::online);
  const size_t reports = report_count();
  run([&] {
    for (int i = 0; i < 5; ++i) account_->network_changed();
    EXPECT_FALSE(account_->is_moving());
  });
  EXPECT_TRUE(peer.wait_for_requests(2));
  run([&] { EXPECT_TRUE(account_->departure("sip:bob@b.test", false)) << "it stays online"; });
  EXPECT_EQ(peer.requests().size(), 2u);
  EXPECT_EQ(report_count(), reports);
  EXPECT_EQ(peer.accepted(), 1) << "over the connection it has";
}

}  // namespace
}  // namespace commd::sip
