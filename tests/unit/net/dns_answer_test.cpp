#include "daemon/net/dns_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/dns_peer.h"

namespace commd::net::test {
namespace {

using commd::test::DnsPeer;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string pointer_to_question = "\xc0\x0c";
constexpr int cname = 5;

std::string message(const std::string& name, RecordType type, int answers,
                    const std::string& records) {
  DnsPeer::Question query;
  query.raw = std::string(12, '\0') + DnsPeer::labels(name) +
              DnsPeer::number16(static_cast<unsigned>(type)) + DnsPeer::number16(1);
  return DnsPeer::begin_answer(query, answers) + records;
}

std::string address(const std::string& owner, const std::string& bytes, uint32_t ttl = 60) {
  return DnsPeer::record(owner, static_cast<int>(RecordType::a), ttl, bytes);
}

std::string service(const std::string& target, unsigned port, unsigned priority = 1,
                    unsigned weight = 0) {
  return DnsPeer::record(
      pointer_to_question, static_cast<int>(RecordType::srv), 60,
      DnsPeer::number16(priority) + DnsPeer::number16(weight) + DnsPeer::number16(port) + target);
}

std::optional<DnsAnswer> parse(const std::string& bytes, RecordType type) {
  return parse_dns_answer({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, type);
}

TEST(DnsAnswer, AliasesAreFollowedAndTheShortestLifeCounts) {
  const std::string real = DnsPeer::labels("real.test");
  const auto answer =
      parse(message("A.test", RecordType::a, 3,
                    address(real, {10, 0, 0, 1}, 300) + address(real, {10, 0, 0, 2}, 200) +
                        DnsPeer::record(pointer_to_question, cname, 100, real)),
            RecordType::a);
  ASSERT_TRUE(answer);
  ASSERT_THAT(answer->addresses, SizeIs(2));
  EXPECT_EQ(answer->addresses[1].text(), "10.0.0.2");
  EXPECT_EQ(answer->ttl, std::chrono::seconds(100));
}

TEST(DnsAnswer, RecordsOfOtherNamesDoNotCount) {
  const auto answer = parse(message("a.test", RecordType::a, 2,
                                    address(DnsPeer::labels("bank.test"), {6, 6, 6, 6}) +
                                        address(pointer_to_question, {10, 0, 0, 1})),
                            RecordType::a);
  ASSERT_TRUE(answer);
  ASSERT_THAT(answer->addresses, SizeIs(1));
  EXPECT_EQ(answer->addresses[0].text(), "10.0.0.1");
}

TEST(DnsAnswer, AliasesInACircleEnd) {
  const std::string other = DnsPeer::labels("b.test");
  const auto answer = parse(message("a.test", RecordType::a, 2,
                                    DnsPeer::record(pointer_to_question, cname, 60, other) +
                                        DnsPeer::record(other, cname, 60, pointer_to_question)),
                            RecordType::a);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->empty());
}

TEST(DnsAnswer, ServicesAndTheirTargets) {
  const auto answer =
      parse(message("_x._tcp.a.test", RecordType::srv, 6,
                    service(DnsPeer::labels("Host.test"), 5222, 10, 20) +
                        service(std::string(1, '\0'), 0) +              // "."
                        service(DnsPeer::labels("noport.test"), 0) +    // of no use
                        service(DnsPeer::labels("b d.test"), 1) +       // no host name
                        service(DnsPeer::labels("10.0.0.1"), 1) +       // nor this
                        service(DnsPeer::labels("x.test") + "junk", 1)  // nor what follows it
                    ),
            RecordType::srv);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->services,
              ElementsAre(ServiceRecord{10, 20, 5222, "host.test"}, ServiceRecord{1, 0, 0, ""}));
}

TEST(DnsAnswer, ADotInsideALabelIsNoSeparator) {
  const auto answer = parse(message("_x._tcp.a.test", RecordType::srv, 1,
                                    service(std::string("\x09"
                                                        "evil.test") +
                                                '\0',
                                            1)),
                            RecordType::srv);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->services, IsEmpty());
}

TEST(DnsAnswer, TextsAreJoined) {
  const auto answer = parse(message("a.test", RecordType::txt, 2,
                                    DnsPeer::record(pointer_to_question, 16, 60,
                                                    "\x03"
                                                    "abc"
                                                    "\x02"
                                                    "de") +
                                        DnsPeer::record(pointer_to_question, 16, 60,
                                                        "\x09"
                                                        "short")),
                            RecordType::txt);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->texts, ElementsAre("abcde"));
}

TEST(DnsAnswer, PointersForwardOrToThemselvesAreBroken) {
  for (const char* pointer : {"\xc0\x1a", "\xc0\x1b", "\xff\xff", "\x80x", "\x40x"}) {
    const auto bytes = message("a.test", RecordType::a, 1, address(pointer, {1, 2, 3, 4}));
    EXPECT_FALSE(parse(bytes, RecordType::a)) << static_cast<int>(pointer[1]);
  }
}

TEST(DnsAnswer, EveryTruncationIsBroken) {
  const std::string whole = message("_x._tcp.a.test", RecordType::srv, 1,
                                    service("\x04"
                                            "host"
                                            "\xc0\x14",
                                            5222));
  ASSERT_TRUE(parse(whole, RecordType::srv));
  ASSERT_THAT(parse(whole, RecordType::srv)->services, SizeIs(1));
  EXPECT_EQ(parse(whole, RecordType::srv)->services[0].target, "host.a.test");
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse(whole.substr(0, size), RecordType::srv)) << size;
}

TEST(DnsAnswer, MustBeAnAnswerToTheQuestion) {
  const std::string good =
      message("a.test", RecordType::a, 1, address(pointer_to_question, {1, 2, 3, 4}));
  ASSERT_TRUE(parse(good, RecordType::a));
  EXPECT_FALSE(parse(good, RecordType::aaaa));
  std::string query = good;
  query[2] = 0;
  EXPECT_FALSE(parse(query, RecordType::a));
}

TEST(DnsAnswer, NeverMoreThanItsLimits) {
  std::string records;
  for (int i = 0; i < 500; ++i)
    records += address(pointer_to_question, {10, 0, 0, static_cast<char>(i)}, 0xFFFFFFFF);
  const auto answer = parse(message("a.test", RecordType::a, 500, records), RecordType::a);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->addresses, SizeIs(64));
  EXPECT_EQ(answer->ttl, std::chrono::seconds(0));
}

}  // namespace
}  // namespace commd::net::test
