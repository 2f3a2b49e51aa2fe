// What an agent does with a router that maps ports.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "tests/unit/ice/ice_peer.h"

namespace commd::ice {
namespace {

using ports::PortMapper;

// Says of every address that it is to be found at `outside`, at once, or when it is told to.
class FakeMapper final : public PortMapper {
 public:
  struct Asked {
    Carries what;
    model::TransportAddress inside;
    Mapped done;
  };

  std::unique_ptr<ports::PortMapping> map(Carries what, const model::TransportAddress& inside,
                                          Mapped done) override {
    if (!stands_before) return nullptr;
    const std::lock_guard lock(mutex_);
    asked_.push_back({what, inside, done});
    if (at_once) done(answer(inside));
    ++held_;
    struct Held final : ports::PortMapping {
      explicit Held(FakeMapper& of) : mapper(of) {}
      ~Held() override { --mapper.held_; }
      FakeMapper& mapper;
    };
    return std::make_unique<Held>(*this);
  }

  std::optional<model::TransportAddress> answer(const model::TransportAddress& inside) const {
    if (outside.empty()) return std::nullopt;
    return model::TransportAddress{outside, inside.port};
  }
  std::vector<Asked> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  int held() const { return held_; }

  bool stands_before = true;
  bool at_once = true;
  std::string outside = "198.20.0.7";

 private:
  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
  std::atomic<int> held_{0};
};

class MappingTest : public testing::Test {
 protected:
  void gather(IceOptions options) {
    peer_ = std::make_unique<IcePeer>(thread_, std::move(options));
    peer_->agent->gather();
    ASSERT_TRUE(peer_->wait_gathered());
  }
  std::vector<IceCandidate> reflexive() {
    std::vector<IceCandidate> found;
    for (const IceCandidate& one : peer_->candidates)
      if (one.type == IceCandidate::Type::server_reflexive) found.push_back(one);
    return found;
  }
  void wait_held(int wanted) {
    while (mapper_.held() != wanted) std::this_thread::yield();
  }

  FakeMapper mapper_;
  IceThread thread_{base::null_logger(), &mapper_};
  std::unique_ptr<IcePeer> peer_;
};

TEST_F(MappingTest, IsToldAsACandidate) {
  gather(on("127.0.0.1", IceRole::controlling));
  const auto found = reflexive();
  ASSERT_EQ(found.size(), 1u);
  const IceCandidate host = peer_->candidates[0];
  EXPECT_EQ(found[0].address.ip, "198.20.0.7");
  EXPECT_EQ(found[0].address.port, host.address.port);
  EXPECT_EQ(found[0].related, host.address);
  EXPECT_EQ(found[0].component, host.component);
  EXPECT_EQ(found[0].transport, IceCandidate::Transport::udp);
  EXPECT_LT(found[0].priority, host.priority);
  EXPECT_GT(found[0].priority, 100u << 24);
  EXPECT_TRUE(check(found[0], 1));  // the far end would take it
  EXPECT_EQ(mapper_.held(), 1);
  peer_.reset();
  wait_held(0);
}

TEST_F(MappingTest, OfTcpOnlyWhatOthersConnectTo) {
  IceOptions options = on("127.0.0.1", IceRole::controlling);
  options.tcp = true;
  gather(options);
  const auto asked = mapper_.asked();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].what, PortMapper::Carries::udp);
  EXPECT_EQ(asked[1].what, PortMapper::Carries::tcp);
  const auto found = reflexive();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].transport, IceCandidate::Transport::tcp_passive);
}

TEST_F(MappingTest, IsNotAskedForWhereRelaysAlone) {
  IceOptions options = on("127.0.0.1", IceRole::controlling);
  options.relay_only = true;
  options.turn_servers.push_back({{"127.0.0.1", 9}, RelayProtocol::udp, "u", base::Secret("p")});
  gather(options);
  EXPECT_TRUE(mapper_.asked().empty());
}

TEST_F(MappingTest, IsNotWaitedForWhereNoRouterStands) {
  mapper_.stands_before = false;
  IceOptions options = on("127.0.0.1", IceRole::controlling);
  options.router_patience = test_patience * 2;
  gather(options);
  EXPECT_TRUE(reflexive().empty());
}

TEST_F(MappingTest, ARouterThatRefusesEndsTheWait) {
  mapper_.outside.clear();
  IceOptions options = on("127.0.0.1", IceRole::controlling);
  options.router_patience = test_patience * 2;
  gather(options);
  EXPECT_TRUE(reflexive().empty());
  EXPECT_EQ(mapper_.held(), 0);
}

TEST_F(MappingTest, ASilentRouterIsWaitedForSoLongAndNotLonger) {
  mapper_.at_once = false;
  IceOptions options = on("127.0.0.1", IceRole::controlling);
  options.router_patience = 50ms;
  gather(options);
  EXPECT_TRUE(reflexive().empty());
  EXPECT_EQ(mapper_.held(), 1);
  // What comes now cannot be told any more, and is given back.
  const auto asked = mapper_.asked();
  asked[0].done(mapper_.answer(asked[0].inside));
  wait_held(0);
  EXPECT_TRUE(reflexive().empty());
}

TEST_F(MappingTest, AnAnswerForAnAgentThatIsGoneIsForNobody) {
  mapper_.at_once = false;
  gather(on("127.0.0.1", IceRole::controlling));
  const auto asked = mapper_.asked();
  peer_.reset();
  wait_held(0);
  asked[0].done(mapper_.answer(asked[0].inside));
}

// The far end knows of nothing but the mapped port; here it is the socket's own.
TEST_F(MappingTest, ChecksThatComeByItFindTheSocket) {
  mapper_.outside = "127.0.0.1";
  IcePeer first(thread_, on("127.0.0.1", IceRole::controlling));
  IcePeer second(thread_, on("127.0.0.1", IceRole::controlled));
  first.agent->gather();
  second.agent->gather();
  ASSERT_TRUE(first.wait_gathered() && second.wait_gathered());
  // It is known already, so nothing is told twice.
  EXPECT_EQ(first.candidates.size(), 1u);
  ASSERT_TRUE(second.agent->set_remote(first.parameters(true)));
  ASSERT_TRUE(first.agent->set_remote(second.parameters(false)));
  ASSERT_TRUE(first.wait_usable() && second.wait_usable());
  expect_media_both_ways(first, second);
}

}  // namespace
}  // namespace commd::ice
