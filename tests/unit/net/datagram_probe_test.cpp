#include "daemon/net/datagram_probe.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "tests/support/dns_peer.h"
#include "tests/unit/net/loop_fixture.h"
#include "tests/unit/net/sockets.h"

namespace commd::net::test {
namespace {

using commd::test::DnsPeer;
using testing::HasSubstr;

// A UDP socket on loopback that the test reads and writes by itself.
class Datagrams {
 public:
  Datagrams() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    SocketAddress address({IpAddress::loopback(Family::v4), 0});
    ::bind(socket_.get(), address.get(), address.length);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.length);
    port_ = Endpoint::of(address.storage)->port;
  }
  uint16_t port() const { return port_; }
  // What has come by now, and answers it.
  std::string take(const std::string& answer) {
    std::array<char, 512> bytes{};
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const ssize_t count = ::recvfrom(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from), &length);
    if (count < 0) return {};
    ::sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from),
             length);
    return {bytes.data(), static_cast<size_t>(count)};
  }

 private:
  base::UniqueFd socket_;
  uint16_t port_ = 0;
};

class DatagramProbeTest : public testing::Test {
 protected:
  void probe(const std::string& host, uint16_t port, base::Duration deadline = 10s) {
    dns_.emplace(DnsPeer::Zone{{{"there.test", "127.0.0.1"}}, {}, {}, {}, {}, {}, 60, nullptr});
    ResolverOptions options;
    options.servers = {dns_->address()};
    options.hosts = "/nonexistent";
    resolver_.emplace(loop_.context(), options);
    DatagramProbe probe{{host, port, 0, {}},
                        [](const Endpoint& local, const Endpoint& remote) {
                          return "from " + local.text() + " to " + remote.text();
                        },
                        [](std::string_view bytes) { return bytes == "yes"; }};
    probe.again = 10ms;
    probe.deadline = deadline;
    handle_ = probe_datagram(loop_.context(), *resolver_, std::move(probe), outcome_.taker());
    EXPECT_FALSE(outcome_.there()) << "called inside";
  }
  void finish() {
    ASSERT_TRUE(loop_.run_until([&] { return outcome_.there(); }));
    EXPECT_TRUE(loop_.runs_dry());
  }

  Loop loop_;
  std::optional<DnsPeer> dns_;
  std::optional<Resolver> resolver_;
  Outcome<Endpoint> outcome_;
  OperationHandle handle_;
};

TEST_F(DatagramProbeTest, IsAskedAgainUntilTheRightAnswerComes) {
  Datagrams peer;
  probe("there.test", peer.port());
  std::vector<std::string> asked;
  // Not answered, answered wrongly, answered.
  const std::array<std::string, 3> answers = {"", "no", "yes"};
  ASSERT_TRUE(loop_.run_until([&] {
    if (asked.size() < answers.size())
      if (std::string question = peer.take(answers[asked.size()]); !question.empty())
        asked.push_back(question);
    return outcome_.there();
  }));
  ASSERT_EQ(outcome_.reason(), "no error");
  EXPECT_EQ(outcome_.get()->text(), "127.0.0.1:" + std::to_string(peer.port()));
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0], asked[2]);
  EXPECT_THAT(asked[0], HasSubstr("to 127.0.0.1:" + std::to_string(peer.port())));
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(DatagramProbeTest, AClosedPortEndsItAtOnce) {
  uint16_t port = 0;
  {
    const Datagrams gone;
    port = gone.port();
  }
  probe("127.0.0.1", port, 1h);
  finish();
  EXPECT_EQ(outcome_.reason(), "CONNECTION_REFUSED");
  EXPECT_THAT(outcome_.message(), HasSubstr("127.0.0.1:" + std::to_string(port)));
}

TEST_F(DatagramProbeTest, SilenceEndsWithTheDeadline) {
  const Datagrams mute;
  probe("127.0.0.1", mute.port(), 50ms);
  finish();
  EXPECT_EQ(outcome_.reason(), "PROBE_TIMEOUT");
  EXPECT_THAT(outcome_.message(), HasSubstr("no answer"));
}

TEST_F(DatagramProbeTest, AnUnknownNameIsSaid) {
  probe("nobody.test", 5060, 1h);
  finish();
  EXPECT_EQ(outcome_.reason(), "DNS_NO_SUCH_NAME");
}

TEST_F(DatagramProbeTest, NothingIsToldWhenTheHandleIsGone) {
  const Datagrams mute;
  probe("127.0.0.1", mute.port(), 20ms);
  handle_.reset();
  EXPECT_TRUE(loop_.runs_dry());
  EXPECT_FALSE(outcome_.there());
}

}  // namespace
}  // namespace commd::net::test
