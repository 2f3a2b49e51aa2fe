#include <gtest/gtest.h>

#include "media/ice/check_list.h"
#include "media/ice/ice_options.h"
#include "media/ice/ip_kind.h"
#include "media/ice/remote_rules.h"

namespace commd::ice {
namespace {

using model::IceCandidate;

IceCandidate candidate(const std::string& ip, uint16_t port = 40000) {
  IceCandidate one;
  one.foundation = "1";
  one.priority = 2130706431;
  one.address = {ip, port};
  return one;
}

std::string refusal(const IceCandidate& one, unsigned components = 1) {
  const auto result = check(one, components);
  return result ? "" : result.error().reason;
}

TEST(IpKind, KnowsWhatMayBeSentTo) {
  EXPECT_EQ(kind_of("192.0.2.7"), IpKind::unicast);
  EXPECT_EQ(kind_of("10.0.0.1"), IpKind::unicast);
  EXPECT_EQ(kind_of("2001:db8::1"), IpKind::unicast);
  EXPECT_EQ(kind_of("127.0.0.1"), IpKind::loopback);
  EXPECT_EQ(kind_of("127.9.9.9"), IpKind::loopback);
  EXPECT_EQ(kind_of("::1"), IpKind::loopback);
  EXPECT_EQ(kind_of("169.254.1.1"), IpKind::link_local);
  EXPECT_EQ(kind_of("fe80::1"), IpKind::link_local);
  for (const char* ip :
       {"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "ff02::1", "::ffff:127.0.0.1", "::127.0.0.1", "fec0::1"}) {
    EXPECT_EQ(kind_of(ip), IpKind::forbidden) << ip;
  }
  for (const char* ip : {"", "1.2.3", "01.2.3.4.5", "example.org", "1.2.3.4 ", "fe80::1%eth0"}) {
    EXPECT_EQ(kind_of(ip), IpKind::none) << ip;
  }
  EXPECT_EQ(kind_of(std::string("1.2.3.4\0x", 9)), IpKind::none);
  EXPECT_EQ(kind_of(std::string(100'000, '1')), IpKind::none);
}

TEST(RemoteCandidate, IsTakenWhenItIsAHosts) {
  EXPECT_EQ(refusal(candidate("192.0.2.7")), "");
  EXPECT_EQ(refusal(candidate("2001:db8::1", 65535)), "");
  EXPECT_EQ(refusal(candidate("192.0.2.7", 1024)), "");
  IceCandidate active = candidate("192.0.2.7", 9);
  active.transport = IceCandidate::Transport::tcp_active;
  EXPECT_EQ(refusal(active), "");
  active.address.port = 0;
  EXPECT_EQ(refusal(active), "");
}

TEST(RemoteCandidate, IsRefusedWhenItLeadsNowhereOrToMany) {
  for (const char* ip : {"224.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1",
                         "::", "::ffff:10.0.0.1", "example.org", "", "local"}) {
    EXPECT_EQ(refusal(candidate(ip)), "ICE_CANDIDATE_INVALID") << ip;
  }
  EXPECT_EQ(refusal(candidate("192.0.2.7", 0)), "ICE_CANDIDATE_INVALID");
  EXPECT_EQ(refusal(candidate("192.0.2.7", 53)), "ICE_CANDIDATE_INVALID");
  IceCandidate passive = candidate("192.0.2.7", 0);
  passive.transport = IceCandidate::Transport::tcp_passive;
  EXPECT_EQ(refusal(passive), "ICE_CANDIDATE_INVALID");
}

TEST(RemoteCandidate, HiddenNamesAreKnown) {
  EXPECT_EQ(refusal(candidate("3f0a6a92-aaaa-4444-bbbb-cccccccccccc.local")),
            "ICE_CANDIDATE_HIDDEN");
  EXPECT_EQ(refusal(candidate(std::string(300, 'a') + ".local")), "ICE_CANDIDATE_INVALID");
}

TEST(RemoteCandidate, ItsOtherPartsAreInRange) {
  IceCandidate one = candidate("192.0.2.7");
  one.component = 2;
  EXPECT_EQ(refusal(one, 1), "ICE_CANDIDATE_INVALID");
  EXPECT_EQ(refusal(one, 2), "");
  one.component = 0;
  EXPECT_EQ(refusal(one, 2), "ICE_CANDIDATE_INVALID");
  one = candidate("192.0.2.7");
  one.type = IceCandidate::Type::peer_reflexive;
  EXPECT_EQ(refusal(one), "ICE_CANDIDATE_INVALID");
  one = candidate("192.0.2.7");
  for (const std::string& bad : {std::string(), std::string(33, 'a'), std::string("a b")}) {
    one.foundation = bad;
    EXPECT_EQ(refusal(one), "ICE_CANDIDATE_INVALID");
  }
  one = candidate("192.0.2.7");
  one.priority = 0;
  EXPECT_EQ(refusal(one), "ICE_CANDIDATE_INVALID");
  one.priority = 0x80000000;
  EXPECT_EQ(refusal(one), "ICE_CANDIDATE_INVALID");
}

TEST(LocalKinds, ThisMachineIsReachedByWhoIsOnIt) {
  LocalKinds kinds;
  EXPECT_TRUE(kinds.reach("192.0.2.7"));
  EXPECT_FALSE(kinds.reach("127.0.0.1"));
  EXPECT_FALSE(kinds.reach("::1"));
  EXPECT_FALSE(kinds.reach("fe80::1"));
  EXPECT_FALSE(kinds.reach("224.0.0.1"));
  kinds.add("10.0.0.1");
  EXPECT_FALSE(kinds.reach("127.0.0.1"));
  kinds.add("127.0.0.1");
  EXPECT_TRUE(kinds.reach("::1"));
  EXPECT_FALSE(kinds.reach("fe80::1"));
  kinds.add("fe80::2");
  EXPECT_TRUE(kinds.reach("169.254.1.1"));
}

TEST(Credentials, AreFreshAndLongEnough) {
  const IceCredentials one = random_credentials();
  const IceCredentials two = random_credentials();
  EXPECT_TRUE(check(one));
  EXPECT_NE(one.ufrag, two.ufrag);
  EXPECT_FALSE(one.password == two.password);
  EXPECT_GE(one.ufrag.size() * 5, 24u);
  EXPECT_GE(one.password.reveal().size() * 5, 128u);
}

TEST(Credentials, OfTheFarEndAreBounded) {
  const auto fine = [](const std::string& ufrag, const std::string& password) {
    return check(IceCredentials{ufrag, base::Secret(password)}).has_value();
  };
  const std::string good(22, 'p');
  EXPECT_TRUE(fine("abcd", good));
  EXPECT_TRUE(fine("ab+/", std::string(256, 'p')));
  EXPECT_FALSE(fine("abc", good));
  EXPECT_FALSE(fine(std::string(257, 'u'), good));
  EXPECT_FALSE(fine("abcd", std::string(21, 'p')));
  EXPECT_FALSE(fine("abcd", std::string(257, 'p')));
  EXPECT_FALSE(fine("ab:d", good));
  EXPECT_FALSE(fine(std::string("abc\0", 4), good));
  EXPECT_FALSE(fine("", ""));
}

IceOptions with_turn(RelayProtocol protocol, const std::string& password = "secret") {
  IceOptions options;
  options.turn_servers = {{{"192.0.2.1", 3478}, protocol, "alice", base::Secret(password)}};
  return options;
}

std::string complaint(const IceOptions& options) {
  const auto fine = check(options);
  return fine ? "" : fine.error().reason;
}

TEST(IceOptions, AreChecked) {
  EXPECT_EQ(complaint({}), "");
  EXPECT_EQ(complaint({.components = 0}), "ICE_OPTIONS_INVALID");
  EXPECT_EQ(complaint({.components = 3}), "ICE_OPTIONS_INVALID");
  EXPECT_EQ(complaint({.relay_only = true}), "ICE_OPTIONS_INVALID");
  EXPECT_EQ(complaint({.first_port = 20000}), "ICE_OPTIONS_INVALID");
  EXPECT_EQ(complaint({.first_port = 80, .last_port = 90}), "ICE_OPTIONS_INVALID");
  EXPECT_EQ(complaint({.first_port = 20000, .last_port = 20010}), "");
  EXPECT_EQ(complaint({.local_addresses = {"eth0"}}), "ICE_OPTIONS_INVALID");
  EXPECT_EQ(complaint({.local_addresses = {"224.0.0.1"}}), "ICE_OPTIONS_INVALID");
  EXPECT_EQ(complaint({.stun_server = model::TransportAddress{"stun.example.org", 3478}}),
            "ICE_OPTIONS_INVALID");
  EXPECT_EQ(complaint({.stun_server = model::TransportAddress{"192.0.2.1", 0}}),
            "ICE_OPTIONS_INVALID");
  EXPECT_EQ(complaint(with_turn(RelayProtocol::udp)), "");
  EXPECT_EQ(complaint(with_turn(RelayProtocol::tcp)), "");
  EXPECT_EQ(complaint(with_turn(RelayProtocol::udp, "")), "ICE_OPTIONS_INVALID");
  IceOptions many = with_turn(RelayProtocol::udp);
  many.turn_servers.resize(9, many.turn_servers[0]);
  EXPECT_EQ(complaint(many), "ICE_OPTIONS_INVALID");
}

TEST(IceOptions, TurnOverTlsIsNotDoneInClear) {
  const auto fine = check(with_turn(RelayProtocol::tls));
  ASSERT_FALSE(fine);
  EXPECT_EQ(fine.error().reason, "TURN_TLS_UNSUPPORTED");
  EXPECT_EQ(fine.error().code, base::Code::unimplemented);
}

TEST(CheckList, PairsWhatFits) {
  IceCandidate v4 = candidate("192.0.2.7");
  IceCandidate v6 = candidate("2001:db8::1");
  IceCandidate reflexive = candidate("198.51.100.1");
  reflexive.type = IceCandidate::Type::server_reflexive;
  IceCandidate near = candidate("fe80::1");
  IceCandidate active = candidate("192.0.2.7", 9);
  active.transport = IceCandidate::Transport::tcp_active;
  IceCandidate passive = candidate("192.0.2.8", 4000);
  passive.transport = IceCandidate::Transport::tcp_passive;
  passive.priority = 1000;
  const auto pairs =
      form_pairs({v4, v6, reflexive, active}, {v4, near, passive, reflexive}, IceRole::controlling);
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[0].remote, v4);
  EXPECT_EQ(pairs[1].remote, reflexive);
  EXPECT_EQ(pairs[2].local, active);
  EXPECT_EQ(pairs[2].remote, passive);
}

TEST(CheckList, GivesThePrioritiesOfRfc8445) {
  IceCandidate ours = candidate("192.0.2.7");
  IceCandidate theirs = candidate("192.0.2.8");
  ours.priority = 200;
  theirs.priority = 100;
  EXPECT_EQ(form_pairs({ours}, {theirs}, IceRole::controlling)[0].priority,
            (uint64_t{100} << 32) + 401);
  EXPECT_EQ(form_pairs({ours}, {theirs}, IceRole::controlled)[0].priority,
            (uint64_t{100} << 32) + 400);
}

TEST(CheckList, IsBounded) {
  const std::vector<IceCandidate> many(64, candidate("192.0.2.7"));
  EXPECT_EQ(form_pairs(many, many, IceRole::controlled).size(), 256u);
}

}  // namespace
}  // namespace commd::ice
