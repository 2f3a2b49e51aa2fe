// TLS against servers in this process: what must and must not be accepted, and in which
// words it is refused.
#include "daemon/net/tls_stream.h"

#include <gmock/gmock.h>

#include <future>

#include "daemon/net/tcp_stream.h"
#include "tests/support/tls_server.h"
#include "tests/unit/net/loop_fixture.h"
#include "tests/unit/net/sockets.h"

namespace commd::net::test {
namespace {

using commd::test::Identity;
using commd::test::make_identity;
using commd::test::ScratchFolder;
using commd::test::TlsServer;
using commd::test::TlsServerOptions;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class TlsStreamTest : public testing::Test {
 protected:
  TlsStreamTest()
      : ca_(make_identity({.common_name = "Test CA", .authority = true}, nullptr)),
        good_(issue("DNS:good.test")) {
    trust_ = *TlsTrust::load(folder_.write_certificate("ca.pem", ca_));
    options_.reference.domain = "good.test";
  }

  Identity issue(const std::string& names, int days = 20) {
    return make_identity({.alternative_names = names, .days_valid = days}, &ca_);
  }

  // The reason of the failure, or "no error" and a stream_.
  std::string handshake(base::UniqueFd socket) {
    Outcome<std::unique_ptr<TlsStream>> outcome;
    const auto handle =
        start_tls(loop_.context(), std::move(socket), trust_, options_, outcome.taker());
    EXPECT_FALSE(outcome.there()) << "called inside";
    EXPECT_TRUE(loop_.run_until([&] { return outcome.there(); }));
    words_ = outcome.message();
    if (outcome.there() && outcome.get()) stream_ = std::move(*outcome.get());
    if (outcome.there() && !outcome.get()) details_ = outcome.get().error().details;
    return outcome.reason();
  }
  std::string handshake(const TlsServer& server) { return handshake(connected_to(server.port())); }

  std::string refused(const Identity& identity) {
    const TlsServer server(identity, {});
    const std::string reason = handshake(server);
    EXPECT_EQ(server.handshakes(), 0) << "the server was sent our Finished";
    return reason;
  }

  std::string read() {
    std::optional<std::string> got;
    stream_->read([&](base::Result<std::string_view> bytes) {
      got = !bytes ? "<" + bytes.error().reason + ">" : bytes->empty() ? "<end>" : *bytes;
    });
    EXPECT_FALSE(got) << "called inside";
    EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }));
    return got.value_or("<nothing>");
  }
  void write(const std::string& bytes) {
    bool written = false;
    stream_->write(bytes, [&](base::Result<void> done) { written = done.has_value(); });
    EXPECT_TRUE(loop_.run_until([&] { return written; }));
  }

  ScratchFolder folder_;
  Identity ca_;
  Identity good_;
  Loop loop_;
  std::shared_ptr<const TlsTrust> trust_;
  TlsClientOptions options_;
  std::unique_ptr<TlsStream> stream_;
  std::string words_;
  std::map<std::string, std::string> details_;
};

TEST_F(TlsStreamTest, TheRightNameIsAcceptedAndSentAsSni) {
  options_.alpn = {"other", "xmpp-client"};
  const TlsServer server(good_, {.alpn = "xmpp-client", .talk = &TlsServer::echo});
  ASSERT_EQ(handshake(server), "no error") << words_;
  EXPECT_THAT(server.names_asked(), ElementsAre("good.test"));
  EXPECT_EQ(stream_->session().alpn, "xmpp-client");
  EXPECT_EQ(stream_->session().version, "TLSv1.3");
  EXPECT_FALSE(stream_->session().cipher.empty());
  EXPECT_FALSE(stream_->session().pinned);
  EXPECT_THAT(stream_->session().certificate.names, ElementsAre("good.test"));
  EXPECT_EQ(stream_->session().certificate.sha256.size(), 64U);
  write("hello");
  EXPECT_EQ(read(), "hello");
  bool ended = false;
  stream_->end([&](base::Result<void> done) { ended = done.has_value(); });
  EXPECT_TRUE(loop_.run_until([&] { return ended; }));
  EXPECT_EQ(read(), "<end>");
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(TlsStreamTest, ALotGoesThroughWholeBothWays) {
  const TlsServer server(good_, {.talk = &TlsServer::echo});
  ASSERT_EQ(handshake(server), "no error") << words_;
  std::string sent;
  for (int i = 0; sent.size() < 4 * 1024 * 1024; ++i) sent += std::to_string(i) + ",";
  std::string received;
  bool written = false;
  std::function<void()> read_on = [&] {
    stream_->read([&](base::Result<std::string_view> bytes) {
      ASSERT_TRUE(bytes);
      received += *bytes;
      if (received.size() < sent.size()) read_on();
    });
  };
  read_on();
  stream_->write(sent, [&](base::Result<void> done) { written = done.has_value(); });
  EXPECT_TRUE(loop_.run_until([&] { return written && received.size() >= sent.size(); }));
  EXPECT_TRUE(received == sent);
}

TEST_F(TlsStreamTest, AnotherNameIsRefusedInWords) {
  options_.reference.domain = "wrong.test";
  EXPECT_EQ(refused(good_), "TLS_WRONG_NAME");
  EXPECT_THAT(words_, AllOf(HasSubstr("certificate is for good.test, not wrong.test"),
                            HasSubstr("issuer CN=Test CA")));
  EXPECT_EQ(details_["names"], "good.test");
  EXPECT_EQ(details_["host"], "wrong.test");
  EXPECT_EQ(details_["sha256"].size(), 64U);
}

TEST_F(TlsStreamTest, WhatIsWrongIsTold) {
  EXPECT_EQ(refused(issue("DNS:good.test", -3)), "TLS_EXPIRED");
  EXPECT_THAT(words_, HasSubstr("expired on 20"));
  EXPECT_EQ(refused(issue("DNS:other.test", -3)), "TLS_WRONG_NAME");
  EXPECT_THAT(words_, HasSubstr("not good.test; expired on 20"));
  EXPECT_EQ(
      refused(make_identity({.alternative_names = "DNS:good.test", .starts_in_days = 3}, &ca_)),
      "TLS_NOT_YET_VALID");
  EXPECT_EQ(refused(make_identity({.alternative_names = "DNS:good.test"}, nullptr)),
            "TLS_SELF_SIGNED");
  const Identity other = make_identity({.common_name = "Other CA", .authority = true}, nullptr);
  EXPECT_EQ(refused(make_identity({.alternative_names = "DNS:good.test"}, &other)),
            "TLS_UNKNOWN_ISSUER");
  EXPECT_THAT(words_, HasSubstr("issuer CN=Other CA"));
  // Whoever has a certificate may not issue others.
  EXPECT_EQ(
      refused(make_identity({.common_name = "leaf", .alternative_names = "DNS:good.test"}, &good_)),
      "TLS_UNKNOWN_ISSUER");
}

TEST_F(TlsStreamTest, AddressesAreAskedForWithoutSni) {
  options_.reference.domain = "127.0.0.1";
  const TlsServer server(issue("IP:127.0.0.1"), {});
  EXPECT_EQ(handshake(server), "no error") << words_;
  EXPECT_THAT(server.names_asked(), ElementsAre(""));
  EXPECT_EQ(refused(good_), "TLS_WRONG_NAME");
}

TEST_F(TlsStreamTest, ServiceNamesCountWhereAskedFor) {
  const Identity service = issue("otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client.good.test");
  EXPECT_EQ(refused(service), "TLS_WRONG_NAME");
  options_.reference.services = {"_xmpp-client"};
  const TlsServer server(service, {});
  EXPECT_EQ(handshake(server), "no error") << words_;
}

TEST_F(TlsStreamTest, APinIsForExactlyOneCertificate) {
  const Identity self =
      make_identity({.alternative_names = "DNS:x.test", .days_valid = -3}, nullptr);
  std::string pin;
  for (const char c : sha256_fingerprint(self.certificate.get())) {
    if (pin.size() % 3 == 2) pin += ':';
    pin += static_cast<char>(toupper(c));
  }
  options_.pins = {pin};
  const TlsServer server(self, {.talk = &TlsServer::echo});
  ASSERT_EQ(handshake(server), "no error") << words_;
  EXPECT_TRUE(stream_->session().pinned);
  // Even one that would be accepted otherwise.
  EXPECT_EQ(refused(good_), "TLS_WRONG_PIN");
  EXPECT_THAT(words_, HasSubstr("not the one that was pinned"));
  EXPECT_THAT(words_, HasSubstr(sha256_fingerprint(good_.certificate.get())));
  options_.pins = {"1234"};
  EXPECT_EQ(handshake(connected_to(server.port())), "TLS_PIN_INVALID");
}

TEST_F(TlsStreamTest, OldVersionsAreRefused) {
  const TlsServer old(good_, {.max_version = TLS1_1_VERSION});
  EXPECT_EQ(handshake(old), "TLS_PROTOCOL");
  EXPECT_THAT(words_, HasSubstr("no TLS 1.2 or newer"));
}

TEST_F(TlsStreamTest, WhoSpeaksNoTlsOrNothingIsToldApart) {
  {
    SocketPair pair = connected_pair();
    ::send(pair.theirs.get(), "<stream:stream>\n", 16, 0);
    EXPECT_EQ(handshake(std::move(pair.ours)), "TLS_PROTOCOL");
  }
  {
    SocketPair pair = connected_pair();
    ::shutdown(pair.theirs.get(), SHUT_WR);
    EXPECT_EQ(handshake(std::move(pair.ours)), "TLS_CLOSED");
  }
  SocketPair pair = connected_pair();
  options_.timeout = 50ms;
  EXPECT_EQ(handshake(std::move(pair.ours)), "TLS_TIMEOUT");
  EXPECT_THAT(words_, HasSubstr("good.test: the TLS handshake was not answered in time"));
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(TlsStreamTest, CancelledIsNeverTold) {
  SocketPair pair = connected_pair();
  auto handle = start_tls(loop_.context(), std::move(pair.ours), trust_, options_,
                          [](const auto&) { ADD_FAILURE() << "called"; });
  loop_.context().poll();
  handle.reset();
  EXPECT_TRUE(loop_.runs_dry());
  // Our hello came, and then the end.
  char buffer[4096];
  EXPECT_GT(::recv(pair.theirs.get(), buffer, sizeof buffer, 0), 0);
  EXPECT_EQ(::recv(pair.theirs.get(), buffer, sizeof buffer, 0), 0);
}

TEST_F(TlsStreamTest, ACutIsNoEnd) {
  const TlsServer server(good_, {.talk = [](SSL* ssl) {
                           SSL_write(ssl, "half", 4);
                           ::shutdown(SSL_get_fd(ssl), SHUT_RDWR);
                         }});
  ASSERT_EQ(handshake(server), "no error") << words_;
  EXPECT_EQ(read(), "half");
  EXPECT_EQ(read(), "<CONNECTION_LOST>");
}

TEST_F(TlsStreamTest, AWantedClientCertificateIsToldInWords) {
  const TlsServer server(good_, {.wants_client_certificate = true});
  // TLS 1.3 tells it only after the client's side of the handshake.
  ASSERT_EQ(handshake(server), "no error") << words_;
  EXPECT_EQ(read(), "<TLS_CLIENT_CERTIFICATE>");
}

TEST_F(TlsStreamTest, StartTlsAfterTextInClear) {
  const TlsServer server(good_, {.before =
                                     [](int fd) {
                                       char asked[9];
                                       return ::recv(fd, asked, sizeof asked, MSG_WAITALL) == 9 &&
                                              ::send(fd, "<proceed/>", 10, 0) == 10;
                                     },
                                 .talk = &TlsServer::echo});
  TcpStream clear(loop_.context(), connected_to(server.port()));
  std::string got;
  clear.write("starttls!", [&](const auto&) {
    clear.read([&](base::Result<std::string_view> bytes) { got = bytes.value_or("error"); });
  });
  EXPECT_TRUE(loop_.run_until([&] { return !got.empty(); }));
  EXPECT_EQ(got, "<proceed/>");
  ASSERT_EQ(handshake(clear.release()), "no error") << words_;
  write("x");
  EXPECT_EQ(read(), "x");
}

// What both ends of one connection say of it, by the type of the binding.
class ChannelBindingTest : public TlsStreamTest {
 protected:
  void connect(TlsServerOptions server_options) {
    std::promise<std::string> exported;
    std::promise<std::string> finished;
    server_options.talk = [&](SSL* ssl) {
      unsigned char bytes[32] = {};
      SSL_export_keying_material(ssl, bytes, sizeof bytes, "EXPORTER-Channel-Binding", 24,
                                 reinterpret_cast<const unsigned char*>(""), 0, 1);
      exported.set_value({reinterpret_cast<char*>(bytes), sizeof bytes});
      char peer[64];
      const size_t size = SSL_get_peer_finished(ssl, peer, sizeof peer);
      finished.set_value({peer, std::min(size, sizeof peer)});
      TlsServer::echo(ssl);
    };
    const TlsServer server(good_, std::move(server_options));
    ASSERT_EQ(handshake(server), "no error") << words_;
    exported_ = exported.get_future().get();
    finished_ = finished.get_future().get();
    for (const auto type : {ChannelBinding::tls_exporter, ChannelBinding::tls_server_end_point,
                            ChannelBinding::tls_unique}) {
      const auto bytes = stream_->channel_binding(type);
      ours_[type] = bytes ? *bytes : bytes.error().reason;
    }
  }

  std::string end_point() const {
    unsigned char bytes[32];
    unsigned size = 0;
    X509_digest(good_.certificate.get(), EVP_sha256(), bytes, &size);
    return {reinterpret_cast<char*>(bytes), size};
  }

  std::string exported_;
  std::string finished_;
  std::map<ChannelBinding, std::string> ours_;
};

TEST_F(ChannelBindingTest, Tls13HasExporterAndEndPoint) {
  connect({.min_version = TLS1_3_VERSION});
  EXPECT_EQ(ours_[ChannelBinding::tls_exporter], exported_);
  EXPECT_EQ(ours_[ChannelBinding::tls_server_end_point], end_point());
  EXPECT_EQ(ours_[ChannelBinding::tls_unique], "CHANNEL_BINDING_UNAVAILABLE");
}

TEST_F(ChannelBindingTest, Tls12HasAll) {
  connect({.max_version = TLS1_2_VERSION});
  EXPECT_EQ(ours_[ChannelBinding::tls_exporter], exported_);
  EXPECT_EQ(ours_[ChannelBinding::tls_unique], finished_);
  EXPECT_EQ(finished_.size(), 12U);
}

TEST_F(ChannelBindingTest, WithoutExtendedMasterSecretOnlyTheEndPoint) {
  connect({.max_version = TLS1_2_VERSION, .extended_master_secret = false});
  EXPECT_EQ(ours_[ChannelBinding::tls_exporter], "CHANNEL_BINDING_UNAVAILABLE");
  EXPECT_EQ(ours_[ChannelBinding::tls_unique], "CHANNEL_BINDING_UNAVAILABLE");
  EXPECT_EQ(ours_[ChannelBinding::tls_server_end_point], end_point());
}

}  // namespace
}  // namespace commd::net::test
