// Agents that are destroyed, in every state and from everywhere.
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "tests/support/temp_folder.h"
#include "tests/unit/ice/ice_peer.h"

namespace commd::ice {
namespace {

class IceEndTest : public testing::Test {
 protected:
  IceOptions options(IceRole role = IceRole::controlling) const { return on("127.0.0.1", role); }
  IceThread thread_{base::null_logger()};
};

bool is_running(const std::string& thread) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (test::read_file(task.path() / "comm") == thread + "\n") return true;
  }
  return false;
}

TEST_F(IceEndTest, AThreadIsTakenByTheFirstAgent) {
  EXPECT_FALSE(is_running("ice"));
  const IcePeer peer(thread_, options());
  EXPECT_TRUE(is_running("ice"));
}

TEST_F(IceEndTest, AtOnce) { IcePeer peer(thread_, options()); }

TEST_F(IceEndTest, WhileGathering) {
  for (int i = 0; i < 20; ++i) {
    IceOptions asking = options();
    asking.stun_server = model::TransportAddress{"127.0.0.1", 9};  // nobody answers there
    IcePeer peer(thread_, asking);
    peer.agent->gather();
    if (i % 2 == 0) {
      ASSERT_TRUE(peer.wait([&] { return !peer.candidates.empty(); }));
    }
  }
}

TEST_F(IceEndTest, WhileChecking) {
  for (int i = 0; i < 20; ++i) {
    IcePeer first(thread_, options());
    IcePeer second(thread_, options(IceRole::controlled));
    connect_trickling(first, second);
    if (i % 2 == 0) {
      ASSERT_TRUE(first.wait([&] {
        return first.states[1] == IceState::checking || first.states[1] == IceState::connected ||
               first.states[1] == IceState::ready;
      }));
    }
    first.end();
    second.end();
  }
}

TEST_F(IceEndTest, WhileDatagramsCome) {
  for (int i = 0; i < 10; ++i) {
    IcePeer first(thread_, options());
    IcePeer second(thread_, options(IceRole::controlled));
    connect_trickling(first, second);
    ASSERT_TRUE(first.wait_usable() && second.wait_usable());
    for (uint8_t n = 0; n < 100; ++n) first.agent->send(1, Bytes{0x80, n});
    second.end();
    const size_t heard = second.datagrams.size();
    for (uint8_t n = 0; n < 100; ++n) first.agent->send(1, Bytes{0x80, n});
    // A round through the thread: what was to come would have come.
    first.report();
    EXPECT_EQ(second.datagrams.size(), heard);
    first.end();
  }
}

TEST_F(IceEndTest, AfterARestartAndAfterAFailure) {
  IcePeer first(thread_, options());
  IcePeer second(thread_, options(IceRole::controlled));
  connect_trickling(first, second);
  ASSERT_TRUE(first.wait_usable());
  first.agent->restart();
  first.end();
  IceOptions impatient = options();
  impatient.patience = 50ms;
  IcePeer third(thread_, impatient);
  third.agent->gather();
  ASSERT_TRUE(third.agent->set_remote(second.parameters(false)));
  ASSERT_TRUE(third.wait_failed());
}

// Destroys its agent in the first call of the kind that is asked for.
struct Suicidal : IceListener {
  enum class In { candidate, gathered, state, pair, datagram } in;
  std::unique_ptr<IceAgent> agent;
  std::promise<void> done;
  bool dead = false;

  explicit Suicidal(In when) : in(when) {}
  void maybe(In now) {
    EXPECT_FALSE(dead) << "called after its end";
    if (now != in) return;
    dead = true;
    agent.reset();
    done.set_value();
  }
  void on_local_candidate(const IceCandidate&) override { maybe(In::candidate); }
  void on_gathered(const std::vector<RelayOutcome>&) override { maybe(In::gathered); }
  void on_state(unsigned, IceState, const base::Error&) override { maybe(In::state); }
  void on_selected_pair(unsigned, const IcePair&) override { maybe(In::pair); }
  void on_datagram(unsigned, std::span<const uint8_t>) override { maybe(In::datagram); }
};

TEST_F(IceEndTest, InItsOwnCallbacks) {
  using In = Suicidal::In;
  for (const In in : {In::candidate, In::gathered, In::state, In::pair, In::datagram}) {
    IcePeer other(thread_, options());
    other.agent->gather();
    ASSERT_TRUE(other.wait_gathered());
    Suicidal mortal(in);
    auto made = IceAgent::create(thread_, options(IceRole::controlled), mortal);
    ASSERT_TRUE(made);
    IceAgent* const agent = made->get();
    mortal.agent = std::move(*made);
    const auto end = mortal.done.get_future();
    model::IceParameters theirs{
        agent->credentials().ufrag, agent->credentials().password, {}, true, false, false};
    ASSERT_TRUE(agent->set_remote(other.parameters(true)));
    ASSERT_TRUE(other.agent->set_remote(theirs));
    agent->gather();  // the last use of it here
    if (in == In::datagram) {
      ASSERT_TRUE(other.wait_usable());
      EXPECT_EQ(other.agent->send(1, Bytes{0x80, 1}), SendResult::sent);
    }
    EXPECT_EQ(end.wait_for(test_patience), std::future_status::ready);
    other.report();
  }
}

TEST_F(IceEndTest, TheThreadEndsRightAfterItsAgents) {
  for (int i = 0; i < 10; ++i) {
    std::optional<IceThread> thread(std::in_place, base::null_logger());
    {
      IcePeer first(*thread, options());
      IcePeer second(*thread, options(IceRole::controlled));
      connect_trickling(first, second);
    }
    thread.reset();
  }
}

}  // namespace
}  // namespace commd::ice
