#include "daemon/upnp/igd.h"

#include <gtest/gtest.h>

#include "daemon/upnp/xml_leaves.h"

namespace commd::upnp {
namespace {

std::string service(const std::string& type, const std::string& control) {
  return "<service><serviceType>urn:schemas-upnp-org:service:" + type +
         "</serviceType><serviceId>x</serviceId><controlURL> " + control +
         "\n</controlURL></service>";
}

std::string description(const std::string& services, const std::string& base = {}) {
  return "<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\">" + base +
         "<device><deviceList><device><serviceList>" + services +
         "</serviceList></device></deviceList></device></root>";
}

TEST(IgdDescription, NamesItsConnectionsByHowWellTheyAreKnown) {
  const auto read = read_description(
      description(service("Layer3Forwarding:1", "/L3") + service("WANPPPConnection:1", "/ppp") +
                  service("WANIPConnection:1", "/ip1") + service("WANIPConnection:2", "/ip2")));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->base.empty());
  ASSERT_EQ(read->connections.size(), 3u);
  EXPECT_EQ(read->connections[0].type, "urn:schemas-upnp-org:service:WANIPConnection:2");
  EXPECT_EQ(read->connections[0].control, "/ip2");
  EXPECT_EQ(read->connections[1].control, "/ip1");
  EXPECT_EQ(read->connections[2].control, "/ppp");
}

TEST(IgdDescription, MayHaveABase) {
  const auto read = read_description(
      description(service("WANIPConnection:1", "ip"), "<URLBase>http://10.0.0.1:80/</URLBase>"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->base, "http://10.0.0.1:80/");
}

TEST(IgdDescription, IsBounded) {
  std::string many;
  for (int i = 0; i < 50; ++i) many += service("WANIPConnection:1", "/ip");
  EXPECT_EQ(read_description(description(many))->connections.size(), 8u);
  EXPECT_FALSE(read_description(description("")));
  EXPECT_FALSE(read_description(description(service("WANIPConnection:1", ""))));
  EXPECT_FALSE(read_description(description(service("WANIPConnection:9", "/ip"))));
  EXPECT_FALSE(read_description("<root>"));
  EXPECT_FALSE(read_description(""));
}

TEST(XmlLeaves, RefusesWhatIsHostile) {
  EXPECT_TRUE(xml_leaves("<a><b>1</b></a>"));
  EXPECT_FALSE(xml_leaves("<!DOCTYPE a [<!ENTITY x \"y\">]><a><b>&x;</b></a>"));
  EXPECT_FALSE(xml_leaves("<a><b>1</a>"));
  std::string deep, end;
  for (int i = 0; i < 30; ++i) {
    deep += "<a>";
    end += "</a>";
  }
  EXPECT_FALSE(xml_leaves(deep + "x" + end));
  std::string wide = "<a>";
  for (int i = 0; i < 3000; ++i) wide += "<b/>";
  EXPECT_FALSE(xml_leaves(wide + "</a>"));
  EXPECT_FALSE(xml_leaves("<a>" + std::string(70000, ' ') + "</a>"));
}

TEST(XmlLeaves, KnowWhoseTheyAre) {
  const auto leaves = xml_leaves("<r><s><n>1</n></s><s><n>2</n><m> 3 </m></s></r>");
  ASSERT_TRUE(leaves);
  ASSERT_EQ(leaves->size(), 3u);
  EXPECT_NE((*leaves)[0].parent, (*leaves)[1].parent);
  EXPECT_EQ((*leaves)[1].parent, (*leaves)[2].parent);
  EXPECT_EQ((*leaves)[2].parent_name, "s");
  EXPECT_EQ((*leaves)[2].name, "m");
  EXPECT_EQ((*leaves)[2].text, "3");
}

TEST(IgdAnswer, HasValuesOrAnError) {
  const auto good = read_answer(
      "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>"
      "<u:GetExternalIPAddressResponse xmlns:u=\"urn:x\"><NewExternalIPAddress>198.20.0.7"
      "</NewExternalIPAddress></u:GetExternalIPAddressResponse></s:Body></s:Envelope>");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->error, 0u);
  EXPECT_EQ(good->values.at("NewExternalIPAddress"), "198.20.0.7");
  const auto bad = read_answer(
      "<e><b><Fault><detail><UPnPError><errorCode>718</errorCode><errorDescription>Conflict"
      "</errorDescription></UPnPError></detail></Fault></b></e>");
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->error, 718u);
  EXPECT_FALSE(read_answer("<e><errorCode>none</errorCode></e>"));
  EXPECT_FALSE(read_answer("<e><errorCode>0</errorCode></e>"));
  EXPECT_FALSE(read_answer("no"));
}

TEST(IgdRequest, IsWhatTheSpecificationShows) {
  EXPECT_EQ(action_body("urn:x", "Do", {{"NewPort", "1"}, {"NewHost", ""}}),
            "<?xml version=\"1.0\"?>\r\n"
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
            "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>"
            "<u:Do xmlns:u=\"urn:x\"><NewPort>1</NewPort><NewHost></NewHost></u:Do>"
            "</s:Body></s:Envelope>\r\n");
}

}  // namespace
}  // namespace commd::upnp
