// The resolver against name servers in this process.
#include "daemon/net/resolver.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include "tests/support/dns_peer.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/net/loop_fixture.h"

namespace commd::net::test {
namespace {

using commd::test::DnsPeer;
using commd::test::TempFolder;
using testing::HasSubstr;
using testing::SizeIs;

// A port that nobody reads from, or nobody listens on.
class SilentPort {
 public:
  SilentPort() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  void close() { socket_.reset(); }
  const std::string& address() const { return address_; }

 private:
  base::UniqueFd socket_;
  std::string address_;
};

DnsPeer::Zone small_zone() {
  DnsPeer::Zone zone;
  zone.addresses = {{"a.test", "10.0.0.1"}, {"real.test", "10.0.0.9"}};
  zone.addresses6 = {{"a.test", "2001:db8::1"}};
  zone.services = {{"_x._tcp.a.test", {{"host.test", 5222, 3, 7}}}};
  zone.texts = {{"a.test", "hello"}};
  zone.aliases = {{"alias.test", "real.test"}};
  zone.errors = {{"fail.test", 2}, {"refused.test", 5}};
  return zone;
}

class ResolverTest : public testing::Test {
 protected:
  ResolverTest() { commd::test::write_file(folder_ / "hosts", "10.9.9.9 hosts.test\n"); }

  ResolverOptions options(std::vector<std::string> servers) {
    ResolverOptions options;
    options.servers = std::move(servers);
    options.hosts = folder_ / "hosts";
    options.resolv_conf = folder_ / "resolv.conf";
    return options;
  }

  // The outcome of one lookup, in short.
  std::string ask(Resolver& resolver, RecordType type, const std::string& name) {
    Outcome<DnsAnswer> outcome;
    const auto handle = resolver.lookup(type, name, outcome.taker());
    EXPECT_FALSE(outcome.there()) << "called inside";
    EXPECT_TRUE(loop_.run_until([&] { return outcome.there(); }));
    message_ = outcome.message();
    if (outcome.there() && outcome.get()) answer_ = *outcome.get();
    if (outcome.reason() != "no error") return outcome.reason();
    if (!answer_.addresses.empty()) return answer_.addresses[0].text();
    if (!answer_.texts.empty()) return answer_.texts[0];
    return answer_.services[0].target;
  }

  TempFolder folder_;
  Loop loop_;
  DnsAnswer answer_;
  std::string message_;
};

TEST_F(ResolverTest, EveryKindOfRecord) {
  const DnsPeer peer(small_zone());
  Resolver resolver(loop_.context(), options({peer.address()}));
  EXPECT_EQ(ask(resolver, RecordType::a, "A.test"), "10.0.0.1");
  EXPECT_EQ(answer_.ttl, 60s);
  EXPECT_EQ(ask(resolver, RecordType::aaaa, "a.test."), "2001:db8::1");
  EXPECT_EQ(ask(resolver, RecordType::txt, "a.test"), "hello");
  EXPECT_EQ(ask(resolver, RecordType::a, "alias.test"), "10.0.0.9");
  EXPECT_EQ(ask(resolver, RecordType::srv, "_x._tcp.a.test"), "host.test");
  EXPECT_EQ(answer_.services[0], (ServiceRecord{3, 7, 5222, "host.test"}));
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(ResolverTest, EveryFailureHasItsOwnWord) {
  const DnsPeer peer(small_zone());
  Resolver resolver(loop_.context(), options({peer.address()}));
  EXPECT_EQ(ask(resolver, RecordType::a, "nobody.test"), "DNS_NO_SUCH_NAME");
  EXPECT_THAT(message_, HasSubstr("nobody.test does not exist in DNS; asked " + peer.address()));
  EXPECT_EQ(ask(resolver, RecordType::srv, "a.test"), "DNS_NO_DATA");
  EXPECT_THAT(message_, HasSubstr("a.test has no SRV record"));
  EXPECT_EQ(ask(resolver, RecordType::a, "fail.test"), "DNS_SERVER_FAILURE");
  EXPECT_EQ(ask(resolver, RecordType::a, "refused.test"), "DNS_REFUSED");
  EXPECT_EQ(ask(resolver, RecordType::a, "no name"), "DOMAIN_INVALID");
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(ResolverTest, AClosedPortIsToldAtOnce) {
  SilentPort port;
  port.close();
  Resolver resolver(loop_.context(), options({port.address()}));
  EXPECT_EQ(ask(resolver, RecordType::a, "a.test"), "DNS_UNREACHABLE");
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(ResolverTest, AMuteServerTakesTheDeadlineAndNoLonger) {
  const SilentPort port;
  ResolverOptions chosen = options({port.address()});
  chosen.deadline = 100ms;
  Resolver resolver(loop_.context(), chosen);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(resolver, RecordType::a, "a.test"), "DNS_TIMEOUT");
  EXPECT_GE(std::chrono::steady_clock::now() - start, 100ms);
  // c-ares would go on asking; with nobody waiting it is told to stop.
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(ResolverTest, AMuteFirstServerIsWaitedForOnceOnly) {
  const SilentPort first;
  const DnsPeer second(small_zone());
  ResolverOptions chosen = options({first.address(), second.address()});
  chosen.next_server = 500ms;
  Resolver resolver(loop_.context(), chosen);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(resolver, RecordType::a, "a.test"), "10.0.0.1");
  EXPECT_GE(std::chrono::steady_clock::now() - start, 500ms);
  // The one that answers is asked at once now; the other way these would take 10 s.
  const auto then = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(resolver, RecordType::aaaa, "a.test"), "2001:db8::1");
  EXPECT_LT(std::chrono::steady_clock::now() - then, 8s);
}

TEST_F(ResolverTest, AServerThatFailsIsFollowedByTheNext) {
  DnsPeer::Zone broken = small_zone();
  broken.errors["a.test"] = 2;
  broken.hook = [](const DnsPeer::Question& question) -> std::optional<std::string> {
    // An answer to another question, and one cut in two.
    if (question.name == "alias.test") return DnsPeer::begin_answer(question, 9) + "x";
    return std::nullopt;
  };
  const DnsPeer first(broken);
  const DnsPeer second(small_zone());
  ResolverOptions chosen = options({first.address(), second.address()});
  chosen.next_server = 20s;
  Resolver resolver(loop_.context(), chosen);
  EXPECT_EQ(ask(resolver, RecordType::a, "a.test"), "10.0.0.1");
  Resolver fresh(loop_.context(), chosen);
  EXPECT_EQ(ask(fresh, RecordType::a, "alias.test"), "10.0.0.9");
  // "No such name" is an answer, and not asked twice.
  Resolver third(loop_.context(), chosen);
  EXPECT_EQ(ask(third, RecordType::a, "nobody.test"), "DNS_NO_SUCH_NAME");
  EXPECT_EQ(second.asked("nobody.test"), 0U);
}

TEST_F(ResolverTest, ABrokenAnswerFromAllIsToldAsSuch) {
  DnsPeer::Zone zone;
  zone.hook = [](const DnsPeer::Question& question) -> std::optional<std::string> {
    return DnsPeer::begin_answer(question, 3) + "\xc0\xff";
  };
  const DnsPeer peer(zone);
  Resolver resolver(loop_.context(), options({peer.address()}));
  EXPECT_EQ(ask(resolver, RecordType::a, "a.test"), "DNS_BAD_ANSWER");
}

TEST_F(ResolverTest, ManyWaitForMuteNamesAndNobodyElseDoes) {
  DnsPeer::Zone zone = small_zone();
  zone.hook = [](const DnsPeer::Question& question) -> std::optional<std::string> {
    if (question.name.starts_with("mute")) return std::string();
    return std::nullopt;
  };
  const DnsPeer peer(zone);
  ResolverOptions chosen = options({peer.address()});
  chosen.deadline = 60s;
  Resolver resolver(loop_.context(), chosen);
  std::vector<OperationHandle> waiting;
  int mute_answers = 0;
  for (int i = 0; i < 100; ++i)
    waiting.push_back(resolver.lookup(RecordType::a, "mute" + std::to_string(i) + ".test",
                                      [&](const auto&) { ++mute_answers; }));
  int answers = 0;
  for (int i = 0; i < 100; ++i)
    waiting.push_back(resolver.lookup(RecordType::a, "a.test",
                                      [&](const auto& answer) { answers += answer ? 1 : 100; }));
  EXPECT_TRUE(loop_.run_until([&] { return answers == 100; }));
  EXPECT_EQ(mute_answers, 0);
  waiting.clear();
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(ResolverTest, CancelledIsNeverTold) {
  const DnsPeer peer(small_zone());
  Resolver resolver(loop_.context(), options({peer.address()}));
  const auto never = [](const auto&) { ADD_FAILURE() << "called"; };
  for (const char* name : {"a.test", "hosts.test", "10.0.0.1", "bad name"})
    resolver.lookup(RecordType::a, name, never).reset();
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(ResolverTest, MayBeDestroyedInsideAnAnswer) {
  const DnsPeer peer(small_zone());
  auto resolver = std::make_unique<Resolver>(loop_.context(), options({peer.address()}));
  OperationHandle first;
  OperationHandle second;
  bool told = false;
  const auto end = [&](const auto&) {
    told = true;
    first.reset();
    second.reset();
    resolver.reset();
  };
  first = resolver->lookup(RecordType::a, "a.test", end);
  second = resolver->lookup(RecordType::aaaa, "a.test", end);
  EXPECT_TRUE(loop_.run_until([&] { return told; }));
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(ResolverTest, LargeAnswersComeOverTcp) {
  DnsPeer::Zone zone;
  for (int i = 0; i < 60; ++i)
    zone.services["_x._tcp.a.test"].push_back(
        {"a-rather-long-name-of-a-host-" + std::to_string(i) + ".test", 5222});
  const DnsPeer peer(zone);
  Resolver resolver(loop_.context(), options({peer.address()}));
  ask(resolver, RecordType::srv, "_x._tcp.a.test");
  EXPECT_THAT(answer_.services, SizeIs(60));
  EXPECT_TRUE(peer.questions().back().tcp);
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(ResolverTest, HostsLiteralsAndLocalhostAreNotAsked) {
  const DnsPeer peer(small_zone());
  Resolver resolver(loop_.context(), options({peer.address()}));
  EXPECT_EQ(ask(resolver, RecordType::a, "HOSTS.test"), "10.9.9.9");
  EXPECT_EQ(ask(resolver, RecordType::aaaa, "hosts.test"), "DNS_NO_DATA");
  EXPECT_EQ(ask(resolver, RecordType::a, "localhost"), "127.0.0.1");
  EXPECT_EQ(ask(resolver, RecordType::aaaa, "x.localhost"), "::1");
  EXPECT_EQ(ask(resolver, RecordType::aaaa, "[::1]"), "::1");
  EXPECT_EQ(ask(resolver, RecordType::a, "::1"), "DNS_NO_DATA");
  EXPECT_EQ(ask(resolver, RecordType::a, "secret.onion"), "DNS_NO_SUCH_NAME");
  EXPECT_EQ(ask(resolver, RecordType::srv, "_x._tcp.secret.onion"), "DNS_NO_SUCH_NAME");
  EXPECT_THAT(peer.questions(), SizeIs(0));
}

TEST_F(ResolverTest, ResolvConfIsReadAgainWhenItHasChanged) {
  const DnsPeer one(small_zone());
  DnsPeer::Zone other = small_zone();
  other.addresses["a.test"] = "10.0.0.2";
  other.addresses["short.lan"] = "10.0.0.3";
  const DnsPeer two(other);
  const auto name_server = [](const DnsPeer& peer) {
    return "nameserver [127.0.0.1]:" + std::to_string(peer.port()) + "\n";
  };
  Resolver resolver(loop_.context(), options({}));
  commd::test::write_file(folder_ / "resolv.conf", name_server(one));
  EXPECT_EQ(ask(resolver, RecordType::a, "a.test"), "10.0.0.1");
  commd::test::write_file(folder_ / "new", "search lan\n" + name_server(two));
  std::filesystem::rename(folder_ / "new", folder_ / "resolv.conf");
  EXPECT_EQ(ask(resolver, RecordType::a, "a.test"), "10.0.0.2");
  // Only names of one label are completed.
  EXPECT_EQ(ask(resolver, RecordType::a, "short"), "10.0.0.3");
  EXPECT_EQ(ask(resolver, RecordType::a, "short.er"), "DNS_NO_SUCH_NAME");
  EXPECT_EQ(two.asked("short.er.lan"), 0U);
}

}  // namespace
}  // namespace commd::net::test
