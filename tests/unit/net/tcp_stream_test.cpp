#include "daemon/net/tcp_stream.h"

#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "tests/unit/net/loop_fixture.h"
#include "tests/unit/net/sockets.h"

namespace commd::net::test {
namespace {

class TcpStreamTest : public testing::Test {
 protected:
  TcpStreamTest() : pair_(connected_pair()) {
    stream_ = std::make_unique<TcpStream>(loop_.context(), std::move(pair_.ours));
  }

  // What one read() brings; "<end>", "<REASON>".
  std::string read() {
    std::optional<std::string> got;
    stream_->read([&](base::Result<std::string_view> bytes) {
      got = !bytes ? "<" + bytes.error().reason + ">" : bytes->empty() ? "<end>" : *bytes;
    });
    EXPECT_FALSE(got) << "called inside";
    EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }));
    return got.value_or("<nothing>");
  }

  std::string write(std::string bytes) {
    std::optional<std::string> got;
    stream_->write(std::move(bytes),
                   [&](base::Result<void> done) { got = done ? "ok" : done.error().reason; });
    EXPECT_FALSE(got) << "called inside";
    EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }));
    return got.value_or("<nothing>");
  }

  Loop loop_;
  SocketPair pair_;
  std::unique_ptr<TcpStream> stream_;
};

TEST_F(TcpStreamTest, BothWaysAndBothEnds) {
  EXPECT_EQ(write("hello"), "ok");
  char buffer[16];
  ASSERT_EQ(::recv(pair_.theirs.get(), buffer, sizeof buffer, 0), 5);
  ::send(pair_.theirs.get(), "welcome", 7, 0);
  EXPECT_EQ(read(), "welcome");
  bool ended = false;
  stream_->end([&](base::Result<void> done) { ended = done.has_value(); });
  EXPECT_TRUE(loop_.run_until([&] { return ended; }));
  EXPECT_EQ(::recv(pair_.theirs.get(), buffer, sizeof buffer, 0), 0);
  ::send(pair_.theirs.get(), "bye", 3, 0);
  ::shutdown(pair_.theirs.get(), SHUT_WR);
  EXPECT_EQ(read(), "bye");
  EXPECT_EQ(read(), "<end>");
  EXPECT_EQ(read(), "<end>");
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(TcpStreamTest, WhatIsLargerThanTheKernelTakesIsWrittenWhole) {
  const std::string bytes(8 * 1024 * 1024, 'x');
  auto received = std::async(std::launch::async, [this] {
    size_t total = 0;
    std::vector<char> buffer(65536);
    for (ssize_t size; (size = ::recv(pair_.theirs.get(), buffer.data(), buffer.size(), 0)) > 0;)
      total += static_cast<size_t>(size);
    return total;
  });
  EXPECT_EQ(write(bytes), "ok");
  stream_.reset();
  EXPECT_EQ(received.get(), bytes.size());
}

TEST_F(TcpStreamTest, AResetIsALossAndStaysOne) {
  const linger at_once{1, 0};
  ::setsockopt(pair_.theirs.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  pair_.theirs.reset();
  EXPECT_EQ(read(), "<CONNECTION_LOST>");
  EXPECT_EQ(read(), "<CONNECTION_LOST>");
  EXPECT_EQ(write("x"), "CONNECTION_LOST");
}

TEST_F(TcpStreamTest, APeerThatTakesNothingDoesNotHoldUpTheEnd) {
  std::string written;
  std::string ended;
  stream_->write(std::string(32 * 1024 * 1024, 'x'),
                 [&](base::Result<void> done) { written = done ? "ok" : done.error().reason; });
  stream_->end([&](base::Result<void> done) { ended = done ? "ok" : done.error().reason; });
  EXPECT_TRUE(loop_.run_until([&] { return !ended.empty() && !written.empty(); }));
  EXPECT_EQ(written, "CONNECTION_LOST");
  EXPECT_EQ(ended, "CONNECTION_LOST");
}

TEST_F(TcpStreamTest, MayBeDestroyedInsideACallback) {
  ::send(pair_.theirs.get(), "x", 1, 0);
  bool told = false;
  stream_->read([&](const auto&) {
    told = true;
    stream_.reset();
  });
  stream_->write("y", [](const auto&) { ADD_FAILURE() << "called after the end"; });
  EXPECT_TRUE(loop_.run_until([&] { return told; }));
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(TcpStreamTest, GivesItsSocketAway) {
  stream_->read([](const auto&) { ADD_FAILURE() << "called after release()"; });
  loop_.context().poll();
  const base::UniqueFd socket = stream_->release();
  stream_.reset();
  ::send(pair_.theirs.get(), "x", 1, 0);
  EXPECT_TRUE(loop_.runs_dry());
  char byte = 0;
  EXPECT_EQ(::recv(socket.get(), &byte, 1, 0), 1);
}

}  // namespace
}  // namespace commd::net::test
