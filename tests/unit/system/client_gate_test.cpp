#include "daemon/system/client_gate.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>
#include <vector>

namespace commd::system {
namespace {

using base::UniqueFd;
using std::chrono::milliseconds;

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class ClientGateTest : public testing::Test {
 protected:
  void open(const GateLimits& limits) {
    auto made = ClientGate::open(limits);
    ASSERT_TRUE(made);
    gate.emplace(std::move(*made));
  }
  // A client whose other end is at the gate.
  UniqueFd connect() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    gate->admit(UniqueFd(ends[0]));
    return UniqueFd(ends[1]);
  }
  static void say(const UniqueFd& client, std::string_view words) {
    ASSERT_EQ(::send(client.get(), words.data(), words.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(words.size()));
  }
  // The next one that comes in, waiting for it.
  std::optional<Visitor> visitor(milliseconds patience = milliseconds(5000)) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      if (auto next = gate->next()) return next;
      const auto left =
          std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
      if (left <= milliseconds::zero() || !readable(gate->fd(), left)) return gate->next();
    }
  }
  static bool readable(int fd, milliseconds patience) {
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) == 1;
  }
  static bool closed(const UniqueFd& client, milliseconds patience = milliseconds(5000)) {
    char byte = 0;
    if (!readable(client.get(), patience)) return false;
    const ssize_t n = ::recv(client.get(), &byte, 1, MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno == ECONNRESET);
  }

  std::optional<ClientGate> gate;
};

TEST_F(ClientGateTest, LetsInWhoSaysThePreface) {
  open({});
  const UniqueFd client = connect();
  EXPECT_FALSE(gate->next());
  EXPECT_EQ(gate->waiting(), 1U);
  say(client, preface);
  const auto in = visitor();
  ASSERT_TRUE(in);
  EXPECT_EQ(in->entry, Entry::welcome);
  EXPECT_EQ(gate->served(), 1U);
  // Nothing was taken out of the socket.
  std::string seen(preface.size(), 0);
  EXPECT_EQ(::recv(in->fd.get(), seen.data(), seen.size(), MSG_DONTWAIT),
            static_cast<ssize_t>(preface.size()));
  EXPECT_EQ(seen, preface);
}

TEST_F(ClientGateTest, TakesThePrefaceInPieces) {
  open({});
  const UniqueFd client = connect();
  for (const char& letter : preface) {
    EXPECT_FALSE(gate->next());
    // Part of a preface does not keep the gate awake.
    EXPECT_FALSE(readable(gate->fd(), milliseconds(0)));
    say(client, {&letter, 1});
  }
  EXPECT_TRUE(visitor());
}

TEST_F(ClientGateTest, DataOfOneThatIsServedWakesNobody) {
  open({});
  const UniqueFd client = connect();
  say(client, preface);
  ASSERT_TRUE(visitor());
  say(client, "more and more");
  EXPECT_FALSE(gate->next());
  EXPECT_FALSE(readable(gate->fd(), milliseconds(50)));
}

TEST_F(ClientGateTest, ClosesJunkAtOnce) {
  open({});
  for (const std::string_view junk :
       {std::string_view("GET / HTTP/1.1\r\n\r\n"), std::string_view("\0\0\0", 3),
        std::string_view("PRI * HTTP/1"), std::string_view("\x16\x03\x01", 3)}) {
    const UniqueFd client = connect();
    say(client, junk);
    EXPECT_FALSE(visitor(milliseconds(50)));
    EXPECT_TRUE(closed(client));
  }
  EXPECT_EQ(gate->waiting(), 0U);
  EXPECT_EQ(gate->refused(), 4U);
}

TEST_F(ClientGateTest, ClosesTheSilentInTheirTime) {
  open({.clients = 4, .patience = milliseconds(60)});
  const UniqueFd silent = connect();
  const UniqueFd half = connect();
  say(half, preface.substr(0, 10));
  EXPECT_FALSE(visitor(milliseconds(1000)));
  EXPECT_TRUE(closed(silent));
  EXPECT_TRUE(closed(half));
  EXPECT_EQ(gate->waiting(), 0U);
  EXPECT_FALSE(readable(gate->fd(), milliseconds(100)));  // the timer rests
}

TEST_F(ClientGateTest, TheServedMayBeSilent) {
  open({.clients = 4, .patience = milliseconds(30)});
  const UniqueFd client = connect();
  say(client, preface);
  const auto in = visitor();
  ASSERT_TRUE(in);
  EXPECT_FALSE(visitor(milliseconds(200)));
  EXPECT_EQ(gate->served(), 1U);
  EXPECT_FALSE(closed(client, milliseconds(0)));
}

TEST_F(ClientGateTest, OneTooManyIsToldAndEnded) {
  open({.clients = 2, .farewell = milliseconds(80)});
  std::vector<UniqueFd> clients;
  std::vector<Visitor> in;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(connect());
    say(clients.back(), preface);
    auto next = visitor();
    ASSERT_TRUE(next);
    in.push_back(std::move(*next));
  }
  EXPECT_EQ(in[1].entry, Entry::welcome);
  EXPECT_EQ(in[2].entry, Entry::over_limit);
  EXPECT_EQ(gate->inside(), 3U);
  // It is ended by the gate, even while somebody still has the second descriptor.
  EXPECT_FALSE(visitor(milliseconds(1000)));
  char rest[64];
  while (::recv(in[2].fd.get(), rest, sizeof rest, MSG_DONTWAIT) > 0) {
  }
  EXPECT_TRUE(closed(clients[2]));
  EXPECT_EQ(gate->served(), 2U);
  EXPECT_EQ(gate->inside(), 2U);
  // A place that is given up is free again.
  clients[0].reset();
  EXPECT_FALSE(visitor(milliseconds(100)));
  EXPECT_EQ(gate->served(), 1U);
  const UniqueFd next = connect();
  say(next, preface);
  const auto again = visitor();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->entry, Entry::welcome);
}

// The server may end a connection by itself: that it shuts the socket down is seen.
TEST_F(ClientGateTest, SeesTheEndFromBothSides) {
  open({});
  const UniqueFd client = connect();
  say(client, preface);
  auto in = visitor();
  ASSERT_TRUE(in);
  ::shutdown(in->fd.get(), SHUT_RDWR);
  in->fd.reset();
  EXPECT_FALSE(visitor(milliseconds(100)));
  EXPECT_EQ(gate->served(), 0U);
  EXPECT_EQ(gate->departed(), 1U);
  EXPECT_TRUE(closed(client));
}

TEST_F(ClientGateTest, ACrowdIsBounded) {
  open({.clients = 4});
  std::vector<UniqueFd> crowd;
  for (int i = 0; i < 200; ++i) crowd.push_back(connect());
  EXPECT_EQ(gate->waiting(), 4 + ClientGate::margin);
  EXPECT_TRUE(closed(crowd.back()));
  crowd.clear();
  EXPECT_FALSE(visitor(milliseconds(100)));
  EXPECT_EQ(gate->waiting(), 0U);
}

TEST_F(ClientGateTest, WithoutDescriptorsOneIsClosedAndTheRestGoOn) {
  open({});
  const UniqueFd client = connect();
  say(client, preface);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{3, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  const auto in = gate->next();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_FALSE(in);
  EXPECT_TRUE(closed(client));
  const UniqueFd next = connect();
  say(next, preface);
  EXPECT_TRUE(visitor());
}

TEST_F(ClientGateTest, TheLimitCanBeRaised) {
  open({.clients = 1});
  const UniqueFd first = connect();
  say(first, preface);
  const auto in = visitor();
  gate->set_clients(2);
  const UniqueFd second = connect();
  say(second, preface);
  const auto also = visitor();
  ASSERT_TRUE(also);
  EXPECT_EQ(also->entry, Entry::welcome);
}

}  // namespace
}  // namespace commd::system
