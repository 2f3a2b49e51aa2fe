#include "media/engine/media_sockets.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "media/engine/udp_ports.h"

namespace commd::engine {
namespace {

using namespace std::chrono_literals;

class MediaSocketsTest : public testing::Test, public DatagramHandler {
 protected:
  void SetUp() override {
    open();
    start();
  }
  void open() {
    auto pair = ports_.open("127.0.0.1", UdpPorts::Rtcp::own_port);
    ASSERT_TRUE(pair) << pair.error().message;
    rtp_ = *SocketAddress::parse("127.0.0.1", pair->rtp_port);
    rtcp_ = *SocketAddress::parse("127.0.0.1", static_cast<uint16_t>(pair->rtp_port + 1));
    sockets_ = std::make_unique<MediaSockets>(std::move(pair->rtp), std::move(pair->rtcp), *this);
    sender_ = base::UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  }
  void start() {
    ASSERT_TRUE(on_worker([this] { return sockets_->start(worker_); }));
  }
  void TearDown() override {
    on_worker([this] {
      sockets_.reset();
      return true;
    });
  }

  // Runs on the worker, after whatever it found readable.
  bool on_worker(const std::function<bool()>& function) {
    std::promise<bool> result;
    worker_.post([&] { result.set_value(function()); });
    return result.get_future().get();
  }
  void poll() {
    on_worker([this] {
      sockets_->poll();
      return true;
    });
  }
  void send(const SocketAddress& target, int count = 1, uint8_t first = 0x80) {
    const uint8_t octets[20] = {first};
    for (int i = 0; i < count; ++i)
      ASSERT_EQ(::sendto(sender_.get(), octets, sizeof octets, 0, target.data(), target.size()),
                static_cast<ssize_t>(sizeof octets));
  }
  void send_zrtp(const SocketAddress& target) {
    const uint8_t octets[28] = {0x10, 0, 0, 1, 'Z', 'R', 'T', 'P'};
    ASSERT_EQ(::sendto(sender_.get(), octets, sizeof octets, 0, target.data(), target.size()),
              static_cast<ssize_t>(sizeof octets));
  }
  // What is watched has been read when a few commands have passed.
  int count_when_settled() {
    for (int i = 0; i < 5; ++i) on_worker([] { return true; });
    return count_;
  }
  bool counts(int wanted) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (count_ < wanted && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    return count_ == wanted;
  }

  std::atomic<int> count_{0};
  std::atomic<int> on_rtcp_port_{0};
  base::MonoTime arrival_{};  // the worker's; read after on_worker()
  uint8_t last_first_ = 0;    // octet; likewise
  SocketAddress rtp_;
  SocketAddress rtcp_;
  base::UniqueFd sender_;
  std::unique_ptr<MediaSockets> sockets_;

 private:
  void on_datagram(std::span<uint8_t> datagram, const SocketAddress& source, bool on_rtcp_port,
                   base::MonoTime arrival) override {
    EXPECT_EQ(datagram.size(), datagram[0] == 0x10 ? 28U : 20U);
    EXPECT_TRUE(source.is_loopback());
    arrival_ = arrival;
    last_first_ = datagram[0];
    on_rtcp_port_ += on_rtcp_port ? 1 : 0;
    ++count_;
  }

  UdpPorts ports_{{20000, 29999}};
  Worker worker_{"media-test"};
};

class EarlyDatagramsTest : public MediaSocketsTest {
 protected:
  void SetUp() override { open(); }
};

// The far end that begins with DTLS says hello with its answer, which may overtake that one.
TEST_F(EarlyDatagramsTest, AHelloIsKeptAndTheRestIsStale) {
  constexpr uint8_t dtls_handshake = 22;
  send(rtp_, 3);
  send(rtp_, 1, dtls_handshake);
  for (const uint8_t other : {20, 21, 23, 0}) send(rtp_, 1, other);
  send(rtcp_, 1, dtls_handshake);
  start();
  EXPECT_EQ(count_when_settled(), 1);
  EXPECT_EQ(last_first_, dtls_handshake);
  EXPECT_EQ(on_rtcp_port_, 0);
  poll();
  EXPECT_EQ(count_, 1) << "the others are not handed over later either";
}

TEST_F(EarlyDatagramsTest, AHelloOfZrtpIsKeptAsWell) {
  send_zrtp(rtp_);
  send(rtp_, 1, 0x10);  // STUN's range, and no cookie
  start();
  EXPECT_EQ(count_when_settled(), 1);
  EXPECT_EQ(last_first_, 0x10);
}

TEST_F(EarlyDatagramsTest, FewHellosAreKept) {
  send(rtp_, 40, 22);
  start();
  EXPECT_EQ(count_when_settled(), 4);
}

TEST_F(MediaSocketsTest, AnEagerOneWaitsForNoTick) {
  on_worker([this] {
    sockets_->set_eager(true);
    return true;
  });
  send(rtp_, 3);
  EXPECT_TRUE(counts(3));
  poll();  // few came, and it stays watched all the same
  send(rtp_, 2);
  EXPECT_TRUE(counts(5));
  on_worker([this] {
    sockets_->set_eager(false);
    return true;
  });
  send(rtp_, 4);
  EXPECT_EQ(count_when_settled(), 5);
  poll();
  EXPECT_EQ(count_, 9);
}

TEST_F(MediaSocketsTest, RtpWaitsForTheTickAndRtcpDoesNot) {
  send(rtp_, 3);
  EXPECT_EQ(count_when_settled(), 0);
  poll();
  EXPECT_EQ(count_, 3);
  poll();
  EXPECT_EQ(count_, 3);
  send(rtcp_);
  EXPECT_TRUE(counts(4));
  EXPECT_EQ(on_rtcp_port_, 1);
}

TEST_F(MediaSocketsTest, TellsWhenAPacketCameAndNotWhenItWasRead) {
  const auto before = std::chrono::steady_clock::now();
  send(rtp_);
  const auto sent = std::chrono::steady_clock::now();
  // The time under test: what the packet spends in the socket's queue.
  std::this_thread::sleep_for(100ms);
  poll();
  ASSERT_EQ(count_, 1);
  // The wall clock, by which the kernel stamps, may be slewed a little; and between the reading of
  // both clocks another thread may have its turn.
  EXPECT_GE(arrival_, before - 40ms);
  EXPECT_LE(arrival_, sent + 40ms);
}

TEST_F(MediaSocketsTest, AFloodIsReadBetweenTheTicksUntilItEnds) {
  constexpr int more = MediaSockets::flood + 6;
  send(rtp_, more);
  poll();
  EXPECT_TRUE(counts(more)) << "what one tick leaves is read at once";
  send(rtp_, 5);
  EXPECT_TRUE(counts(more + 5)) << "and what comes before the next";
  poll();
  send(rtp_);
  EXPECT_EQ(count_when_settled(), more + 5) << "a calm tick ends it";
  poll();
  EXPECT_EQ(count_, more + 6);
}

TEST_F(MediaSocketsTest, ClosingInAFloodLetsGo) {
  send(rtp_, MediaSockets::flood);
  poll();
  on_worker([this] {
    sockets_->close();
    return true;
  });
  send(rtp_, 10);
  EXPECT_EQ(count_when_settled(), static_cast<int>(MediaSockets::flood));
  poll();
  EXPECT_EQ(count_, static_cast<int>(MediaSockets::flood));
}

}  // namespace
}  // namespace commd::engine
