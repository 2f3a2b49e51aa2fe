#include "daemon/net/hosts_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/net/resolv_conf.h"
#include "tests/support/temp_folder.h"

namespace commd::net {
namespace {

using testing::SizeIs;

TEST(HostsFile, LinesAreReadAsHosts5SaysThem) {
  const HostTable table = parse_hosts(
      "# a comment\n"
      "127.0.0.1\tlocalhost Alias.Test # and another\n"
      "\r\n"
      "  ::1 alias.test\r\n"
      "nonsense alias.test\n"
      "10.0.0.1\n"
      "10.0.0.2 bad/name good.test");
  EXPECT_THAT(table, SizeIs(3));
  ASSERT_THAT(table.at("alias.test"), SizeIs(2));
  EXPECT_EQ(table.at("alias.test")[1].text(), "::1");
  EXPECT_EQ(table.at("good.test")[0].text(), "10.0.0.2");
}

TEST(HostsFile, IsReadAgainWhenItHasChanged) {
  const commd::test::TempFolder folder;
  HostsFile hosts(folder / "hosts");
  EXPECT_EQ(hosts.find("a.test"), nullptr);
  commd::test::write_file(folder / "hosts", "10.0.0.1 a.test\n");
  ASSERT_NE(hosts.find("a.test"), nullptr);
  // Put in its place, as editors do: another file of the same size and maybe time.
  commd::test::write_file(folder / "new", "10.0.0.2 a.test\n");
  std::filesystem::rename(folder / "new", folder / "hosts");
  ASSERT_NE(hosts.find("a.test"), nullptr);
  EXPECT_EQ((*hosts.find("a.test"))[0].text(), "10.0.0.2");
  std::filesystem::remove(folder / "hosts");
  EXPECT_EQ(hosts.find("a.test"), nullptr);
  std::filesystem::create_directory(folder / "hosts");
  EXPECT_EQ(hosts.find("a.test"), nullptr);
}

TEST(ResolvConf, ServersAndDomains) {
  const ResolvConf conf = parse_resolv_conf(
      "# nameserver 10.0.0.1\n"
      "nameserver 10.0.0.2 ; the first\n"
      "nameserver\t::1\n"
      "nameserver [127.0.0.1]:5353\n"
      "nameserver fe80::1%eth0\n"
      "nameserver [::1]:54\nnameserver 10.0.0.9\n"
      "domain old.test\nsearch A.test bad/name b.test\noptions ndots:3");
  std::string servers;
  for (const Endpoint& server : conf.servers) servers += server.text() + " ";
  EXPECT_EQ(servers, "10.0.0.2:53 [::1]:53 127.0.0.1:5353 [::1]:54 ");
  EXPECT_THAT(conf.search, testing::ElementsAre("a.test", "b.test"));
}

TEST(ResolvConf, WithoutALineItIsThisMachine) {
  ASSERT_THAT(parse_resolv_conf("").servers, SizeIs(1));
  const auto ported = parse_resolv_conf(
      "nameserver 192.0.2.1\nport 5353\nport x\nport 0\nport 99999\nnameserver [192.0.2.2]:54\n");
  EXPECT_EQ(ported.servers[0].text(), "192.0.2.1:5353");
  EXPECT_EQ(ported.servers[1].text(), "192.0.2.2:54");
  EXPECT_EQ(parse_resolv_conf("port 5353").servers[0].text(), "127.0.0.1:5353");
  EXPECT_EQ(parse_resolv_conf("options edns0\n").servers[0].text(), "127.0.0.1:53");
}

}  // namespace
}  // namespace commd::net
