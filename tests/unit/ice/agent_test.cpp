#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "tests/unit/ice/ice_peer.h"

namespace commd::ice {
namespace {

class AddressTest : public testing::TestWithParam<const char*> {};

TEST_P(AddressTest, TwoAgentsFindEachOtherAsCandidatesCome) {
  IceThread thread(base::null_logger());
  IcePeer first(thread, on(GetParam(), IceRole::controlling));
  IcePeer second(thread, on(GetParam(), IceRole::controlled));
  connect_trickling(first, second);
  ASSERT_TRUE(first.wait_usable() && second.wait_usable());
  expect_media_both_ways(first, second);
  ASSERT_TRUE(first.wait([&] { return first.states[1] == IceState::ready; }));
  const IcePair& pair = first.pairs.at(1);
  EXPECT_EQ(pair.local.address.ip, GetParam());
  EXPECT_EQ(pair.local.type, IceCandidate::Type::host);
  EXPECT_EQ(pair.remote.address.ip, GetParam());
  EXPECT_FALSE(pair.relay);
  EXPECT_EQ(first.history, (std::vector{IceState::gathering, IceState::checking,
                                        IceState::connected, IceState::ready}));
}

TEST_P(AddressTest, TwoAgentsFindEachOtherByWholeDescriptions) {
  IceThread thread(base::null_logger());
  IcePeer first(thread, on(GetParam(), IceRole::controlling, 2));
  IcePeer second(thread, on(GetParam(), IceRole::controlled, 2));
  first.agent->gather();
  second.agent->gather();
  ASSERT_TRUE(first.wait_gathered() && second.wait_gathered());
  ASSERT_EQ(first.candidates.size(), 2u);
  ASSERT_TRUE(second.agent->set_remote(first.parameters(true)));
  ASSERT_TRUE(first.agent->set_remote(second.parameters(true)));
  for (const unsigned component : {1u, 2u}) {
    ASSERT_TRUE(first.wait_usable(component) && second.wait_usable(component));
    expect_media_both_ways(first, second, component);
  }
}

INSTANTIATE_TEST_SUITE_P(Loopback, AddressTest, testing::Values("127.0.0.1", "::1"));

class IceAgentTest : public testing::Test {
 protected:
  IceOptions options(IceRole role = IceRole::controlling) const { return on("127.0.0.1", role); }
  IceCandidate remote(const std::string& ip, uint16_t port = 40000) const {
    IceCandidate one;
    one.foundation = "1";
    one.priority = 2130706431;
    one.address = {ip, port};
    return one;
  }
  void connect(IcePeer& first, IcePeer& second) {
    connect_trickling(first, second);
    ASSERT_TRUE(first.wait_usable() && second.wait_usable());
  }

  IceThread thread_{base::null_logger()};
};

TEST_F(IceAgentTest, WorksOverTcp) {
  IceOptions active = options();
  IceOptions passive = options(IceRole::controlled);
  active.tcp = passive.tcp = true;
  IcePeer first(thread_, active);
  IcePeer second(thread_, passive);
  first.agent->gather();
  second.agent->gather();
  ASSERT_TRUE(first.wait_gathered() && second.wait_gathered());
  const auto tcp_only = [](model::IceParameters all) {
    std::erase_if(all.candidates,
                  [](const auto& one) { return one.transport == IceCandidate::Transport::udp; });
    return all;
  };
  ASSERT_TRUE(first.agent->set_remote(tcp_only(second.parameters(true))));
  ASSERT_TRUE(second.agent->set_remote(tcp_only(first.parameters(true))));
  ASSERT_TRUE(first.wait_usable() && second.wait_usable());
  EXPECT_NE(first.pairs.at(1).remote.transport, IceCandidate::Transport::udp);
  expect_media_both_ways(first, second);
}

TEST_F(IceAgentTest, BindsPortsOfTheRange) {
  IceOptions wanted = options();
  wanted.first_port = 41000;
  wanted.last_port = 41999;
  IcePeer peer(thread_, wanted);
  peer.agent->gather();
  ASSERT_TRUE(peer.wait_gathered());
  ASSERT_EQ(peer.candidates.size(), 1u);
  EXPECT_GE(peer.candidates[0].address.port, 41000);
  EXPECT_LE(peer.candidates[0].address.port, 41999);
}

TEST_F(IceAgentTest, AnAddressThatIsNotOursIsAFailureInWords) {
  IcePeer peer(thread_, on("192.0.2.77", IceRole::controlling));
  peer.agent->gather();
  ASSERT_TRUE(peer.wait_failed());
  EXPECT_EQ(peer.error.reason, "ICE_NO_ADDRESS");
}

TEST_F(IceAgentTest, SaysSoWhenNothingCanBeSentYet) {
  IcePeer peer(thread_, options());
  peer.agent->gather();
  ASSERT_TRUE(peer.wait_gathered());
  const Bytes datagram{0x80, 1};
  EXPECT_EQ(peer.agent->send(1, datagram), SendResult::not_now);
  EXPECT_EQ(peer.agent->send(2, datagram), SendResult::refused);
  EXPECT_EQ(peer.agent->send(0, datagram), SendResult::refused);
  EXPECT_EQ(peer.agent->send(1, {}), SendResult::refused);
}

TEST_F(IceAgentTest, WorkersSendWhileItsThreadReads) {
  IcePeer first(thread_, options());
  IcePeer second(thread_, options(IceRole::controlled));
  connect(first, second);
  constexpr size_t each = 500;
  std::vector<std::thread> workers;
  for (uint8_t worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&, worker] {
      for (size_t i = 0; i < each; ++i) {
        const Bytes datagram{0x80, worker, static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8)};
        IcePeer& sender = worker % 2 == 0 ? first : second;
        EXPECT_EQ(sender.agent->send(1, datagram), SendResult::sent);
        // A burst of more than a socket holds is lost, as on any network.
        if (i % 50 == 49) {
          IcePeer& receiver = worker % 2 == 0 ? second : first;
          EXPECT_TRUE(receiver.wait_datagram(datagram));
        }
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_TRUE(second.wait([&] { return second.datagrams.size() == 2 * each; }));
  EXPECT_TRUE(first.wait([&] { return first.datagrams.size() == 2 * each; }));
}

TEST_F(IceAgentTest, ConsentIsLostWhenTheFarEndIsGone) {
  IcePeer first(thread_, options());
  auto second = std::make_unique<IcePeer>(thread_, options(IceRole::controlled));
  connect(first, *second);
  const auto gone = std::chrono::steady_clock::now();
  second.reset();
  ASSERT_TRUE(first.wait_failed());
  EXPECT_LE(std::chrono::steady_clock::now() - gone, 12s);
  EXPECT_EQ(first.error.reason, "ICE_CONSENT_LOST");
  EXPECT_EQ(first.agent->send(1, Bytes{0x80, 1}), SendResult::refused);
}

TEST_F(IceAgentTest, RestartKeepsMediaAndHasNewCredentials) {
  IcePeer first(thread_, options());
  IcePeer second(thread_, options(IceRole::controlled));
  connect(first, second);
  const IceCredentials before = first.agent->credentials();
  const auto before_second = second.agent->credentials();
  first.agent->restart();
  second.agent->restart();
  EXPECT_NE(first.agent->credentials().ufrag, before.ufrag);
  EXPECT_FALSE(first.agent->credentials().password == before.password);
  EXPECT_NE(second.agent->credentials().ufrag, before_second.ufrag);
  const auto again = [](IcePeer& peer) {
    return peer.wait([&] { return peer.states[1] == IceState::gathering; });
  };
  ASSERT_TRUE(again(first) && again(second));
  expect_media_both_ways(first, second);  // over the old pair
  ASSERT_TRUE(first.agent->set_remote(second.parameters(true)));
  ASSERT_TRUE(second.agent->set_remote(first.parameters(true)));
  ASSERT_TRUE(first.wait_usable() && second.wait_usable());
  expect_media_both_ways(first, second);
}

TEST_F(IceAgentTest, OldCredentialsDoNotPassAfterARestart) {
  IceOptions impatient = options();
  impatient.patience = 1500ms;
  IcePeer first(thread_, impatient);
  IcePeer second(thread_, options(IceRole::controlled));
  second.agent->gather();
  ASSERT_TRUE(second.wait_gathered());
  const model::IceParameters old = second.parameters(true);
  second.agent->restart();
  first.agent->gather();
  ASSERT_TRUE(first.wait_gathered());
  ASSERT_TRUE(first.agent->set_remote(old));
  ASSERT_TRUE(second.agent->set_remote(first.parameters(true)));
  ASSERT_TRUE(first.wait_failed());
  EXPECT_EQ(first.error.reason, "ICE_FAILED");
}

TEST_F(IceAgentTest, NoWayIsAFailureInWords) {
  IceOptions impatient = options();
  impatient.patience = 700ms;
  IcePeer peer(thread_, impatient);
  peer.agent->gather();
  model::IceParameters nobody{"abcd", base::Secret(std::string(22, 'p')), {}, true, false, false};
  ASSERT_TRUE(peer.agent->set_remote(nobody));
  ASSERT_TRUE(peer.wait_failed());
  EXPECT_EQ(peer.error.reason, "ICE_FAILED");
}

TEST_F(IceAgentTest, BadCredentialsAreRefused) {
  IcePeer peer(thread_, options());
  model::IceParameters bad{"abc", base::Secret("short"), {}, true, false, false};
  const auto taken = peer.agent->set_remote(bad);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().reason, "ICE_CREDENTIALS_INVALID");
  EXPECT_EQ(taken.error().message.find("short"), std::string::npos);
}

TEST_F(IceAgentTest, CandidatesThatLeadAstrayAreRefusedAndTold) {
  IcePeer peer(thread_, options());
  peer.agent->gather();
  const auto reason = [&](const IceCandidate& one) {
    const auto taken = peer.agent->add_remote_candidate(one);
    return taken ? "" : taken.error().reason;
  };
  EXPECT_EQ(reason(remote("224.0.0.1")), "ICE_CANDIDATE_INVALID");
  EXPECT_EQ(reason(remote("255.255.255.255")), "ICE_CANDIDATE_INVALID");
  EXPECT_EQ(reason(remote("127.0.0.1", 0)), "ICE_CANDIDATE_INVALID");
  EXPECT_EQ(reason(remote("11111111-2222.local")), "ICE_CANDIDATE_HIDDEN");
  EXPECT_EQ(reason(remote("fe80::7")), "");  // but there is no link of ours
  const IceReport report = peer.report();
  ASSERT_EQ(report.refused.size(), 5u);
  EXPECT_EQ(report.refused[3].reason, "ICE_CANDIDATE_HIDDEN");
  EXPECT_EQ(report.refused[4].reason, "ICE_CANDIDATE_UNREACHABLE");
  EXPECT_TRUE(report.remote.empty());
}

TEST_F(IceAgentTest, ThisMachinesServicesAreNotSentTo) {
  IceOptions everywhere;  // no loopback unless it is named
  IcePeer peer(thread_, everywhere);
  ASSERT_TRUE(peer.agent->add_remote_candidate(remote("127.0.0.1")));  // before and
  peer.agent->gather();
  ASSERT_TRUE(peer.agent->add_remote_candidate(remote("::1")));  // after it is known
  const IceReport report = peer.report();
  ASSERT_EQ(report.refused.size(), 2u);
  EXPECT_EQ(report.refused[0].reason, "ICE_CANDIDATE_UNREACHABLE");
  EXPECT_EQ(report.refused[1].reason, "ICE_CANDIDATE_UNREACHABLE");
  EXPECT_TRUE(report.remote.empty());
}

TEST_F(IceAgentTest, CandidatesAreCountedInEachGeneration) {
  IcePeer peer(thread_, options());
  peer.agent->gather();
  for (uint16_t i = 0; i < 64; ++i) {
    ASSERT_TRUE(
        peer.agent->add_remote_candidate(remote("127.0.0.1", static_cast<uint16_t>(20000 + i))));
  }
  const auto more = peer.agent->add_remote_candidate(remote("127.0.0.1", 30000));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().reason, "ICE_CANDIDATE_LIMIT");
  EXPECT_EQ(peer.report().remote.size(), 64u);
  peer.agent->restart();
  EXPECT_TRUE(peer.agent->add_remote_candidate(remote("127.0.0.1", 30000)));
}

TEST_F(IceAgentTest, TheReportTellsWhatWasTried) {
  IcePeer first(thread_, options());
  IcePeer second(thread_, options(IceRole::controlled));
  connect(first, second);
  const IceReport report = first.report();
  ASSERT_EQ(report.local.size(), 1u);
  ASSERT_EQ(report.remote.size(), 1u);
  ASSERT_EQ(report.pairs.size(), 1u);
  EXPECT_TRUE(report.pairs[0].selected);
  EXPECT_GT(report.pairs[0].priority, 0u);
  const auto said = [&](const std::string& words) {
    return std::any_of(report.steps.begin(), report.steps.end(), [&](const auto& step) {
      return step.what.find(words) != std::string::npos;
    });
  };
  EXPECT_TRUE(said("ours: host 127.0.0.1:"));
  EXPECT_TRUE(said("selected: host 127.0.0.1:"));
  for (const auto& step : report.steps) {
    EXPECT_EQ(step.what.find(std::string(first.agent->credentials().password.reveal())),
              std::string::npos);
  }
}

TEST_F(IceAgentTest, FiftyAgentsShareOneThread) {
  std::vector<std::unique_ptr<IcePeer>> peers;
  for (int i = 0; i < 50; ++i) {
    peers.push_back(std::make_unique<IcePeer>(
        thread_, options(i % 2 == 0 ? IceRole::controlling : IceRole::controlled)));
  }
  for (size_t i = 0; i < peers.size(); i += 2) connect_trickling(*peers[i], *peers[i + 1]);
  for (const auto& peer : peers) ASSERT_TRUE(peer->wait_usable());
  for (size_t i = 0; i < peers.size(); i += 2) expect_media_both_ways(*peers[i], *peers[i + 1]);
}

}  // namespace
}  // namespace commd::ice
