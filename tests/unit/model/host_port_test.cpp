#include "daemon/model/host_port.h"

#include <gtest/gtest.h>

namespace commd::model {
namespace {

TEST(HostPort, IsFoundInAddresses) {
  EXPECT_EQ(host_of_sip("sip:bob@Example.org:5061;transport=tcp?x=y"),
            (HostPort{"example.org", 5061}));
  EXPECT_EQ(host_of_sip("SIPS:bob@[2001:DB8::1]"), (HostPort{"2001:db8::1", 0}));
  EXPECT_EQ(host_of_sip("bob;x=1?y@192.0.2.1"), (HostPort{"192.0.2.1", 0}));
  for (const char* wrong : {"sip:[::1", "sip:::1]", "sip:bob@", "sip:bob@a..b", "sip:bob@h:0",
                            "sip:bob@h:65536", "sip:bob@h:5x", "sip:bob@h@h", "sip:bob@[h]"})
    EXPECT_FALSE(host_of_sip(wrong)) << wrong;
  EXPECT_FALSE(host_of_sip(std::string("sip:bob@h\0x", 11)));
}

TEST(HostPort, ThisMachineHasManyNames) {
  for (const char* name : {"localhost", "LOCALHOST", "x.localhost", "127.0.0.1", "127.9.9.9", "::1",
                           "::", "0.0.0.0", "::ffff:127.0.0.1", "::127.0.0.1"})
    EXPECT_TRUE(is_this_machine(name)) << name;
  for (const char* name : {"", "example.org", "localhost.example.org", "128.0.0.1", "2001:db8::1",
                           "::ffff:192.0.2.1", "10.0.0.1"})
    EXPECT_FALSE(is_this_machine(name)) << name;
}

TEST(HostPort, SomeAddressesNobodyListensOn) {
  for (const char* address : {"192.0.2.1", "0.0.0.0", "::", "2001:db8::1"})
    EXPECT_TRUE(is_listen_address(address)) << address;
  for (const char* address :
       {"", "foo", "224.0.0.1", "255.255.255.255", "ff02::1", "192.0.2.1:5060"})
    EXPECT_FALSE(is_listen_address(address)) << address;
}

}  // namespace
}  // namespace commd::model
