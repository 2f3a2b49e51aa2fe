// What TLS of sofia-sip must and must not accept, against servers in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <chrono>
#include <fstream>

#include "daemon/sip/tls_self_test.h"
#include "tests/unit/sip/dns_peer.h"
#include "tests/unit/sip/endpoint_fixture.h"
#include "tests/unit/sip/tls_peer.h"

namespace commd::sip::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class TlsTest : public testing::Test {
 protected:
  TlsTest()
      : ca_(make_identity({.common_name = "Test CA", .authority = true}, nullptr)),
        good_(issue("DNS:good.test")),
        ca_file_(folder_.write_certificate("ca.pem", ca_)) {}

  Identity issue(const std::string& names, int days = 20, const std::string& common_name = "x") {
    return make_identity(
        {.common_name = common_name, .alternative_names = names, .days_valid = days}, &ca_);
  }

  static std::string url(const std::string& host, const TlsPeer& peer) {
    return "sips:" + host + ":" + std::to_string(peer.port());
  }

  // Every *.test is 127.0.0.1; `services` for domains reached by SRV.
  void start(std::map<std::string, std::vector<DnsPeer::Service>> services = {},
             const std::string& client_certificate = {}) {
    DnsPeer::Zone zone;
    for (const char* name : {"good", "wrong", "expired", "unknown", "self", "x.wild", "foo.wild",
                             "cn", "d1", "d2", "host"})
      zone.addresses[std::string(name) + ".test"] = "127.0.0.1";
    zone.services = std::move(services);
    dns_.emplace(std::move(zone));
    sip_.emplace();
    sip_->use_dns(dns_->port(), folder_.write("resolv.conf", "nameserver 127.0.0.1\n"));
    auto tls = TlsContext::create({ca_file_, client_certificate});
    ASSERT_TRUE(tls) << tls.error().message;
    EndpointOptions options;
    options.transport = TransportClass::tls;
    options.tls = *tls;
    auto made = sip_->make(options);
    ASSERT_TRUE(made) << made.error().message;
    endpoint_ = *made;
  }

  EndpointFixture::Answer ask(const std::string& to) { return sip_->options(*endpoint_, to); }

  void expect_refused(const std::string& host, const TlsPeer& peer, TlsFailureKind kind) {
    const EndpointFixture::Answer answer = ask(url(host, peer));
    EXPECT_EQ(answer.status, 503) << host;
    const auto failure = sip_->failure(*endpoint_, host, peer.port());
    ASSERT_TRUE(failure) << host;
    EXPECT_STREQ(to_string(failure->kind), to_string(kind)) << host;
    EXPECT_THAT(peer.requests(), testing::IsEmpty()) << host;
    words_ = failure->message(std::chrono::system_clock::now());
  }

  ScratchFolder folder_;
  Identity ca_;
  Identity good_;
  std::string ca_file_;
  std::optional<DnsPeer> dns_;
  std::optional<EndpointFixture> sip_;
  SipEndpoint* endpoint_ = nullptr;
  std::string words_;
};

TEST_F(TlsTest, RightNameIsVerifiedAndSentAsSni) {
  const TlsPeer peer(good_);
  start();
  EXPECT_EQ(ask(url("good.test", peer)).status, 200);
  EXPECT_THAT(peer.names_asked(), ElementsAre("good.test"));
  EXPECT_FALSE(sip_->failure(*endpoint_, "good.test", peer.port()));
}

TEST_F(TlsTest, WrongNameIsRefusedAtOnceInWords) {
  const TlsPeer peer(good_);
  start();
  expect_refused("wrong.test", peer, TlsFailureKind::wrong_name);
  EXPECT_THAT(words_, HasSubstr("certificate is for good.test, not wrong.test"));
  EXPECT_THAT(words_, HasSubstr("issuer CN=Test CA"));
  EXPECT_THAT(words_, HasSubstr("ostname mismatch"));
}

TEST_F(TlsTest, ExpiredIsRefused) {
  const TlsPeer peer(issue("DNS:expired.test", -3));
  start();
  expect_refused("expired.test", peer, TlsFailureKind::expired);
  EXPECT_THAT(words_, HasSubstr("expired on 20"));
}

TEST_F(TlsTest, ExpiredAndWrongNameSaysBoth) {
  const TlsPeer peer(issue("DNS:expired.test", -3));
  start();
  expect_refused("wrong.test", peer, TlsFailureKind::wrong_name);
  EXPECT_THAT(words_, HasSubstr("not wrong.test; expired on 20"));
}

TEST_F(TlsTest, UnknownAuthorityIsRefused) {
  const Identity other = make_identity({.common_name = "Other CA", .authority = true}, nullptr);
  const TlsPeer peer(make_identity({.alternative_names = "DNS:unknown.test"}, &other));
  start();
  expect_refused("unknown.test", peer, TlsFailureKind::unknown_issuer);
  EXPECT_THAT(words_, HasSubstr("issuer CN=Other CA"));
}

TEST_F(TlsTest, SelfSignedIsRefused) {
  const TlsPeer peer(make_identity({.alternative_names = "DNS:self.test"}, nullptr));
  start();
  expect_refused("self.test", peer, TlsFailureKind::self_signed);
}

TEST_F(TlsTest, WildcardsAreWholeLabelsOnly) {
  const TlsPeer whole(issue("DNS:*.wild.test"));
  const TlsPeer part(issue("DNS:f*.wild.test"));
  start();
  EXPECT_EQ(ask(url("x.wild.test", whole)).status, 200);
  expect_refused("foo.wild.test", part, TlsFailureKind::wrong_name);
}

TEST_F(TlsTest, AddressNeedsAnAddressInTheCertificate) {
  const TlsPeer with(issue("IP:127.0.0.1"));
  const TlsPeer without(issue("DNS:good.test", 20, "127.0.0.1"));
  start();
  EXPECT_EQ(ask(url("127.0.0.1", with)).status, 200);
  EXPECT_THAT(with.names_asked(), ElementsAre(""));
  expect_refused("127.0.0.1", without, TlsFailureKind::wrong_name);
}

TEST_F(TlsTest, CommonNameDoesNotCountBesideAlternativeNames) {
  const TlsPeer peer(issue("DNS:good.test", 20, "cn.test"));
  start();
  expect_refused("cn.test", peer, TlsFailureKind::wrong_name);
}

TEST_F(TlsTest, CertificateIsForTheDomainNotForTheTargetOfSrv) {
  const TlsPeer for_domain(issue("DNS:a.example"));
  const TlsPeer for_target(issue("DNS:host.test"));
  start({{"_sips._tcp.a.example", {{"host.test", for_domain.port()}}},
         {"_sips._tcp.b.example", {{"host.test", for_target.port()}}}});
  EXPECT_EQ(ask("sips:a.example").status, 200);
  EXPECT_THAT(for_domain.names_asked(), ElementsAre("a.example"));
  const EndpointFixture::Answer refused = ask("sips:b.example");
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(for_target.requests(), testing::IsEmpty());
}

TEST_F(TlsTest, SrvGoesOnToTheNextTargetWhenOneIsRefused) {
  const TlsPeer bad(issue("DNS:host.test"));
  const TlsPeer fine(issue("DNS:a.example"));
  start({{"_sips._tcp.a.example", {{"host.test", bad.port()}, {"host.test", fine.port()}}}});
  EXPECT_EQ(ask("sips:a.example").status, 200);
  EXPECT_EQ(bad.accepted(), 1);
}

TEST_F(TlsTest, TwoDomainsOnOneAddressNeverShareAConnection) {
  const TlsPeer one(issue("DNS:d1.test"));
  start();
  EXPECT_EQ(ask(url("d1.test", one)).status, 200);
  const auto leaked =
      sip_->options(*endpoint_, url("d2.test", one), "Digest username=\"u\", response=\"secret\"");
  EXPECT_EQ(leaked.status, 503);
  EXPECT_EQ(ask(url("d1.test", one)).status, 200);
  EXPECT_EQ(one.accepted(), 2);  // d1 once, d2 refused; d1 used again
  for (const std::string& request : one.requests())
    EXPECT_THAT(request, testing::Not(HasSubstr("secret")));
}

TEST_F(TlsTest, NamesOfOneCertificateGetTheirOwnConnectionsAndKeepThem) {
  const TlsPeer both(issue("DNS:d1.test,DNS:d2.test"));
  start();
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(ask(url("d1.test", both)).status, 200);
    EXPECT_EQ(ask(url("d2.test", both)).status, 200);
    EXPECT_EQ(ask(url("D1.TEST", both)).status, 200);
  }
  EXPECT_THAT(both.names_asked(), ElementsAre("d1.test", "d2.test"));
}

TEST_F(TlsTest, OldVersionsAreRefused) {
  const TlsPeer old(good_, {.max_version = TLS1_1_VERSION});
  const TlsPeer older_but_fine(good_, {.max_version = TLS1_2_VERSION});
  start();
  expect_refused("good.test", old, TlsFailureKind::protocol);
  EXPECT_EQ(ask(url("good.test", older_but_fine)).status, 200);
}

TEST_F(TlsTest, ServerThatSpeaksNoTlsOrHangsUpIsReportedAtOnce) {
  const TlsPeer plain(good_, {.manner = Manner::plain_text});
  const TlsPeer rude(good_, {.manner = Manner::hang_up});
  start();
  expect_refused("good.test", plain, TlsFailureKind::protocol);
  const EndpointFixture::Answer answer = ask(url("good.test", rude));
  EXPECT_EQ(answer.status, 503);
}

TEST_F(TlsTest, MissingClientCertificateIsSaid) {
  const TlsPeer strict(good_, {.wants_client_of = &ca_});
  start();
  EXPECT_EQ(ask(url("good.test", strict)).status, 503);
  const auto failure = sip_->failure(*endpoint_, "good.test", strict.port());
  ASSERT_TRUE(failure);
  EXPECT_STREQ(to_string(failure->kind), to_string(TlsFailureKind::client_certificate));
}

TEST_F(TlsTest, ClientCertificateIsShown) {
  const TlsPeer strict(good_, {.wants_client_of = &ca_});
  start({}, folder_.write_with_key("client.pem", issue("DNS:client.test")));
  EXPECT_EQ(ask(url("good.test", strict)).status, 200);
}

TEST_F(TlsTest, FailureIsForgottenAfterSuccess) {
  const TlsPeer peer(good_);
  start();
  expect_refused("wrong.test", peer, TlsFailureKind::wrong_name);
  EXPECT_EQ(ask(url("good.test", peer)).status, 200);
  EXPECT_TRUE(sip_->failure(*endpoint_, "wrong.test", peer.port()));
  EXPECT_FALSE(sip_->failure(*endpoint_, "good.test", peer.port()));
}

TEST_F(TlsTest, ConnectionThatCameInIsNeverUsedToReachAName) {
  start({}, folder_.write_with_key("server.pem", issue("IP:127.0.0.1")));
  // Somebody connects to us and lies in wait at the address we are about to call.
  const base::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(endpoint_->port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  SSL_CTX* ctx = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(ctx);
  SSL_set_fd(ssl, fd.get());
  ASSERT_EQ(SSL_connect(ssl), 1);
  sockaddr_in self{};
  socklen_t length = sizeof self;
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&self), &length);

  const std::string target = "sips:127.0.0.1:" + std::to_string(ntohs(self.sin_port));
  EXPECT_EQ(ask(target).status, 503);
  const std::string ping =
      "OPTIONS sips:me@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK1\r\n"
      "From: <sip:a@b.test>;tag=1\r\nTo: <sip:me@127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
      "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
  ASSERT_GT(SSL_write(ssl, ping.data(), static_cast<int>(ping.size())), 0);
  char reply[4096] = "";
  ASSERT_GT(SSL_read(ssl, reply, sizeof reply - 1), 0);
  EXPECT_THAT(reply, testing::StartsWith("SIP/2.0 200"));  // its answer, and nothing before it
  ASSERT_TRUE(sip_->wait_for_asked(1));
  EXPECT_EQ(sip_->asked()[0].source.verified_name, "");
  SSL_free(ssl);
  SSL_CTX_free(ctx);
}

TEST_F(TlsTest, PeerThatReadsNothingForAWhileLosesNothing) {
  TlsPeer deaf(good_, {.manner = Manner::deaf_then_hear});
  start();
  constexpr size_t kMany = 60;  // within the queue of 64
  for (size_t i = 0; i < kMany; ++i) sip_->send_options(*endpoint_, url("good.test", deaf));
  deaf.hear();
  EXPECT_TRUE(sip_->wait_for_answers(kMany));
  EXPECT_EQ(deaf.accepted(), 1);
}

TEST_F(TlsTest, MemoryOfRefusedConnectionsIsGivenBack) {
  const TlsPeer peer(good_);
  start();
  const auto refuse = [&](int times) {
    for (int i = 0; i < times; ++i) ASSERT_EQ(ask(url("wrong.test", peer)).status, 503);
  };
  refuse(20);
  const size_t before = mallinfo2().uordblks;
  constexpr int kTimes = 100;
  refuse(kTimes);
  const size_t after = mallinfo2().uordblks;
  const double each = after > before ? static_cast<double>(after - before) / kTimes : 0;
  RecordProperty("bytes_per_connection", std::to_string(each));
  // The transaction itself stays for 32 s and the peer of this test has a thread
  // a connection; an SSL is 50 kB.
  EXPECT_LT(each, 4'000);
}

TEST(TlsContextTest, SaysWhichFileCannotBeRead) {
  const ScratchFolder folder;
  const auto missing = TlsContext::create({folder.file("nothing.pem"), {}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason, "TLS_CA_UNREADABLE");
  EXPECT_EQ(missing.error().details.at("file"), folder.file("nothing.pem"));
  const auto garbage = TlsContext::create({{}, folder.write("garbage.pem", "no certificate\n")});
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().reason, "TLS_CERTIFICATE_UNREADABLE");
}

TEST(TlsContextTest, ServersOwnCertificateMayBeTheTrust) {
  const ScratchFolder folder;
  const Identity ca = make_identity({.common_name = "Hidden CA", .authority = true}, nullptr);
  const Identity leaf = make_identity({.alternative_names = "IP:127.0.0.1"}, &ca);
  const TlsPeer peer(leaf);
  EndpointFixture sip;
  EndpointOptions options;
  options.transport = TransportClass::tls;
  options.tls = *TlsContext::create({folder.write_certificate("leaf.pem", leaf), {}});
  auto endpoint = sip.make(options);
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(sip.options(**endpoint, "sips:127.0.0.1:" + std::to_string(peer.port())).status, 200);
}

TEST(TlsSelfTest, PassesInThisProgramInAFewMilliseconds) {
  EndpointFixture sip;
  base::Result<void> result;
  sip.run([&] { result = tls_self_test(); });
  EXPECT_TRUE(result) << result.error().message;
}

// The corrected copy must be the only sofia-sip of this process.
TEST(SofiaCopy, SharedLibraryIsNotLoaded) {
  std::ifstream maps("/proc/self/maps");
  const std::string text{std::istreambuf_iterator<char>(maps), {}};
  ASSERT_THAT(text, HasSubstr("libssl"));
  EXPECT_THAT(text, testing::Not(HasSubstr("libsofia-sip-ua.so")));
}

}  // namespace
}  // namespace commd::sip::test
