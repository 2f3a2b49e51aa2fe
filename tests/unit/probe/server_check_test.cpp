// The names and the certificate of an account's server.
#include <map>

#include "daemon/probe/certificate_check.h"
#include "daemon/probe/name_check.h"
#include "tests/support/tls_server.h"
#include "tests/unit/net/sockets.h"
#include "tests/unit/probe/probe_fixture.h"

namespace commd::probe::test {
namespace {

using commd::test::DnsPeer;
using commd::test::Identity;
using commd::test::make_identity;
using commd::test::ScratchFolder;
using commd::test::TlsServer;
using model::CheckResult;
using testing::ElementsAre;
using testing::HasSubstr;

class ServerCheckTest : public ProbeFixture {
 protected:
  using Checks = std::map<std::string, model::Check>;
  static model::Account xmpp(const std::string& server = {}) {
    model::Account account;
    account.id = model::AccountId("alice");
    account.address = "xmpp:alice@a.test";
    account.protocol = model::Protocol::xmpp;
    account.settings.server = server;
    return account;
  }
  Checks names(const model::Account& account) {
    return run([&](Each each, Done done) {
      return check_names(around_, *plan_for(account), subject(), std::move(each), std::move(done));
    });
  }
  model::Check certificate(const model::Account& account) {
    return run([&](Each each, Done done) {
             return check_certificate(around_, *plan_for(account), subject(),
                                      folder_.file("ca.pem"), std::move(each), std::move(done));
           })
        .at("tls.certificate");
  }
  // A server with a leaf of an authority that is trusted.
  model::Check certificate_of(const commd::test::CertificateRequest& leaf,
                              const Identity* issuer = nullptr) {
    folder_.write_certificate("ca.pem", authority_);
    const TlsServer server(make_identity(leaf, issuer != nullptr ? issuer : &authority_), {});
    // Direct TLS, by the plan of a server that was found so.
    ServerPlan plan = *plan_for(xmpp("127.0.0.1"));
    plan.secure_targets = {
        {"127.0.0.1", server.port(), static_cast<int>(ServerPlan::Tls::direct), {}}};
    return run([&](Each each, Done done) {
             return check_certificate(around_, plan, subject(), folder_.file("ca.pem"),
                                      std::move(each), std::move(done));
           })
        .at("tls.certificate");
  }
  static Subject subject() { return {"alice", "server", "a.test"}; }

  template <class Start>
  Checks run(Start start) {
    Checks checks;
    bool done = false;
    const net::OperationHandle handle = start(
        [&](model::Check check) {
          EXPECT_FALSE(done);
          const std::string id = check.id;
          checks[id] = std::move(check);
        },
        [&] { done = true; });
    EXPECT_TRUE(checks.empty() && !done) << "called inside";
    EXPECT_TRUE(loop_.run_until([&] { return done; }));
    return checks;
  }
  void serve_names(DnsPeer::Zone zone) {
    served_.emplace(std::move(zone));
    others_.emplace(loop_.context(), options_for(*served_));
    around_ptr_ = std::make_unique<Surroundings>(Surroundings{loop_.context(), *others_, trust_});
  }
  Checks names_of(const model::Account& account) {
    return run([&](Each each, Done done) {
      return check_names(*around_ptr_, *plan_for(account), subject(), std::move(each),
                         std::move(done));
    });
  }

  ScratchFolder folder_;
  Identity authority_ = make_identity({.common_name = "CA", .authority = true}, nullptr);
  std::optional<DnsPeer> served_;
  std::optional<net::Resolver> others_;
  std::unique_ptr<Surroundings> around_ptr_;
};

TEST_F(ServerCheckTest, RecordsAndAddressesAreTold) {
  DnsPeer::Zone zone;
  zone.services["_xmpps-client._tcp.a.test"] = {{"im.a.test", 5223}};
  zone.addresses["im.a.test"] = "192.0.2.7";
  serve_names(std::move(zone));
  const Checks checks = names_of(xmpp());
  EXPECT_THAT(checks.at("dns.srv").addresses, ElementsAre("im.a.test:5223"));
  EXPECT_THAT(checks.at("dns.srv").found, HasSubstr("_xmpps-client._tcp is im.a.test:5223"));
  EXPECT_THAT(checks.at("dns.address").addresses, ElementsAre("192.0.2.7"));
}

TEST_F(ServerCheckTest, ADomainWithoutRecordsIsItsOwnServer) {
  DnsPeer::Zone zone;
  zone.addresses["a.test"] = "192.0.2.8";
  serve_names(std::move(zone));
  const Checks checks = names_of(xmpp());
  EXPECT_EQ(checks.at("dns.srv").result, CheckResult::ok);
  EXPECT_THAT(checks.at("dns.address").addresses, ElementsAre("192.0.2.8"));
}

TEST_F(ServerCheckTest, ANameThatIsNotThereSaysHowToNameAnother) {
  serve_names({});
  const model::Check check = names_of(xmpp()).at("dns.address");
  EXPECT_EQ(check.result, CheckResult::failed);
  EXPECT_EQ(check.reason, "DNS_NO_SUCH_NAME");
  EXPECT_THAT(check.remedy, HasSubstr("commctl account set alice server=HOST"));
}

TEST_F(ServerCheckTest, ANameServerThatFailsIsNotANameThatIsNotThere) {
  DnsPeer::Zone zone;
  for (const char* name : {"_xmpps-client._tcp.a.test", "_xmpp-client._tcp.a.test", "a.test"})
    zone.errors[name] = 2;
  serve_names(std::move(zone));
  const model::Check check = names_of(xmpp()).at("dns.srv");
  EXPECT_EQ(check.result, CheckResult::failed);
  EXPECT_EQ(check.reason, "DNS_SERVER_FAILURE");
}

TEST_F(ServerCheckTest, AnAddressIsNotLookedUp) {
  const model::Check check = names(xmpp("192.0.2.1")).at("dns.address");
  EXPECT_EQ(check.result, CheckResult::skipped);
}

TEST_F(ServerCheckTest, AGoodCertificateSaysHowLong) {
  const model::Check check = certificate_of({.alternative_names = "DNS:a.test", .days_valid = 40});
  EXPECT_EQ(check.result, CheckResult::ok) << check.found;
  EXPECT_THAT(check.facts.at("version"), HasSubstr("TLSv1"));
  EXPECT_EQ(check.facts.at("days_left").size(), 2U);
}

TEST_F(ServerCheckTest, OneThatEndsSoonIsAWarning) {
  const model::Check check = certificate_of({.alternative_names = "DNS:a.test", .days_valid = 13});
  EXPECT_EQ(check.result, CheckResult::warning);
  EXPECT_EQ(check.reason, "TLS_EXPIRES_SOON");
  EXPECT_THAT(check.remedy, HasSubstr("renew"));
}

TEST_F(ServerCheckTest, WhatIsWrongWithACertificateIsSaid) {
  const Identity stranger = make_identity({.common_name = "Other", .authority = true}, nullptr);
  EXPECT_EQ(certificate_of({.alternative_names = "DNS:b.test"}).reason, "TLS_WRONG_NAME");
  EXPECT_EQ(certificate_of({.alternative_names = "DNS:a.test", .days_valid = -1}).reason,
            "TLS_EXPIRED");
  const model::Check check = certificate_of({.alternative_names = "DNS:a.test"}, &stranger);
  EXPECT_EQ(check.reason, "TLS_UNKNOWN_ISSUER");
  EXPECT_EQ(check.result, CheckResult::failed);
  EXPECT_THAT(check.remedy, HasSubstr("tls_ca_file"));
}

TEST_F(ServerCheckTest, StartTlsIsSpokenAndMissedWhereItIsNotOffered) {
  folder_.write_certificate("ca.pem", authority_);
  const auto features = [](const std::string& offered, bool proceeds) {
    return [offered, proceeds](int fd) {
      char bytes[1024];
      if (::recv(fd, bytes, sizeof bytes, 0) <= 0) return false;
      const std::string hello =
          "<?xml version='1.0'?><stream:stream from='a.test'><stream:features>" + offered +
          "</stream:features>";
      ::send(fd, hello.data(), hello.size(), MSG_NOSIGNAL);
      if (::recv(fd, bytes, sizeof bytes, 0) <= 0 || !proceeds) return false;
      const std::string proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
      return ::send(fd, proceed.data(), proceed.size(), MSG_NOSIGNAL) > 0;
    };
  };
  const Identity leaf = make_identity({.alternative_names = "DNS:a.test"}, &authority_);
  const std::string offer = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
  const auto look = [&](const std::string& offered) {
    const TlsServer server(leaf, {.before = features(offered, true)});
    return certificate(xmpp("127.0.0.1:" + std::to_string(server.port())));
  };
  const model::Check good = look(offer);
  EXPECT_EQ(good.result, CheckResult::ok) << good.found;
  EXPECT_EQ(look("<bind/>").reason, "STARTTLS_NOT_OFFERED");
}

TEST_F(ServerCheckTest, NobodyListens) {
  const net::test::ClosedPort closed;
  const model::Check check = certificate(xmpp("127.0.0.1:" + std::to_string(closed.port())));
  EXPECT_EQ(check.reason, "CONNECTION_REFUSED");
  EXPECT_THAT(check.remedy, HasSubstr("server=HOST:PORT"));
}

TEST_F(ServerCheckTest, AnAccountWithoutTlsIsSkipped) {
  model::Account account = xmpp();
  account.address = "sip:alice@a.test";
  account.protocol = model::Protocol::sip;
  account.settings.transport = model::SipTransport::udp;
  EXPECT_EQ(certificate(account).result, CheckResult::skipped);
}

}  // namespace
}  // namespace commd::probe::test
