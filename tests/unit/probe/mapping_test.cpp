#include "daemon/probe/mapping.h"

#include <gtest/gtest.h>

namespace commd::probe {
namespace {

net::Endpoint at(const char* text) { return *net::Endpoint::parse(text, 0); }
Sighting seen(const char* server, const char* mapped) { return {at(server), at(mapped)}; }

TEST(MappingTest, TheOwnAddressOutsideIsNoNat) {
  EXPECT_EQ(mapping_of(at("192.0.2.1:5000"), {seen("203.0.113.1:3478", "192.0.2.1:5000")}),
            Mapping::none);
}

TEST(MappingTest, OneAddressForAllIsEndpointIndependent) {
  EXPECT_EQ(mapping_of(at("10.0.0.2:5000"), {seen("203.0.113.1:3478", "192.0.2.1:6000"),
                                             seen("203.0.113.2:3478", "192.0.2.1:6000")}),
            Mapping::endpoint_independent);
}

TEST(MappingTest, AnotherPortOrAddressForAnotherServerIsSymmetric) {
  EXPECT_EQ(mapping_of(at("10.0.0.2:5000"), {seen("203.0.113.1:3478", "192.0.2.1:6000"),
                                             seen("203.0.113.2:3478", "192.0.2.1:6001")}),
            Mapping::address_dependent);
  EXPECT_EQ(mapping_of(at("10.0.0.2:5000"), {seen("203.0.113.1:3478", "192.0.2.1:6000"),
                                             seen("203.0.113.1:3479", "192.0.2.9:6000")}),
            Mapping::address_dependent);
}

TEST(MappingTest, OneAddressOfAServerTellsNothing) {
  EXPECT_EQ(mapping_of(at("10.0.0.2:5000"), {seen("203.0.113.1:3478", "192.0.2.1:6000"),
                                             seen("203.0.113.1:3479", "192.0.2.1:6000")}),
            Mapping::unknown);
  EXPECT_EQ(mapping_of(std::nullopt, {seen("203.0.113.1:3478", "192.0.2.1:6000")}),
            Mapping::unknown);
}

}  // namespace
}  // namespace commd::probe
