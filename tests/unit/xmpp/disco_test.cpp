#include "daemon/xmpp/disco.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {
namespace {

using test::stanza_of;

std::optional<DiscoInfo> read(const std::string& inside) {
  const Stanza iq = stanza_of("<iq type='result' id='1'><query xmlns='" +
                              std::string(ns::kDiscoInfo) + "'>" + inside + "</query></iq>");
  return read_disco(iq.child("query", ns::kDiscoInfo));
}

std::string ver_of(const std::string& inside) {
  const auto info = read(inside);
  return info ? caps_ver(*info, Hash::sha1) : "";
}

const std::string kFeatures =
    "<feature var='http://jabber.org/protocol/caps'/>"
    "<feature var='http://jabber.org/protocol/disco#info'/>"
    "<feature var='http://jabber.org/protocol/disco#items'/>"
    "<feature var='http://jabber.org/protocol/muc'/>";

std::string field(const std::string& var, const std::string& values, const std::string& more = "") {
  return "<field var='" + var + "'" + more + ">" + values + "</field>";
}
std::string value(const std::string& text) { return "<value>" + text + "</value>"; }
std::string form(const std::string& fields) {
  return "<x xmlns='jabber:x:data' type='result'>" + fields + "</x>";
}
const std::string kFormType =
    field("FORM_TYPE", value("urn:xmpp:dataforms:softwareinfo"), " type='hidden'");

TEST(Caps, TheExamplesOfTheSpecification) {
  // XEP-0115 section 5.2, 5.3.
  EXPECT_EQ(ver_of("<identity category='client' name='Exodus 0.9.1' type='pc'/>" + kFeatures),
            "QgayPKawpkPSDYmwT/WM94uAlu0=");
  EXPECT_EQ(
      ver_of("<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>"
             "<identity xml:lang='el' category='client' name='\xCE\xA8 0.11' type='pc'/>" +
             kFeatures +
             form(kFormType + field("ip_version", value("ipv4") + value("ipv6")) +
                  field("os", value("Mac")) + field("os_version", value("10.5.1")) +
                  field("software", value("Psi")) + field("software_version", value("0.11")))),
      "q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

TEST(Caps, TheOrderIsOfNoConsequence) {
  const std::string identity = "<identity category='client' type='pc' name='x'/>";
  EXPECT_EQ(ver_of(identity + "<feature var='a'/><feature var='b'/>"),
            ver_of("<feature var='b'/><feature var='a'/>" + identity));
}

TEST(Caps, WhatCouldStandForSomethingElseIsNotRead) {
  const std::string twice = "<identity category='client' type='pc'/>";
  for (const std::string& bad :
       {twice + twice, std::string("<feature var='a'/><feature var='a'/>"),
        std::string("<feature var='a&lt;b'/>"), std::string("<identity category='a/b' type='c'/>"),
        std::string("<identity category='a' type='b' name='c&lt;d'/>"),
        form(kFormType) + form(kFormType), form(kFormType + kFormType),
        form(field("FORM_TYPE", value("a") + value("b"), " type='hidden'")),
        form(kFormType + field("v", value("a&lt;b")))})
    EXPECT_FALSE(read(bad)) << bad;
  EXPECT_TRUE(read(form(field("FORM_TYPE", value("a")))))
      << "a form whose type is not hidden counts for nothing";
  EXPECT_TRUE(read(form(field("FORM_TYPE", value("a"))))->forms.empty());
}

TEST(Caps, WhatIsTooLargeIsNotRead) {
  std::string many;
  for (int i = 0; i < 513; ++i) many += "<feature var='f" + std::to_string(i) + "'/>";
  EXPECT_FALSE(read(many));
  EXPECT_FALSE(read("<feature var='" + std::string(1025, 'x') + "'/>"));
}

TEST(Disco, WhatIsWrittenIsWhatIsHashed) {
  Stanza query("query", ns::kDiscoInfo);
  write_disco(own_disco(), query);
  const auto back = read_disco(query);
  ASSERT_TRUE(back);
  EXPECT_EQ(caps_ver(*back, Hash::sha1), own_caps_ver());
  EXPECT_EQ(back->identities.at(0).category, "client");
  EXPECT_THAT(back->features, testing::IsSupersetOf({ns::kCaps, ns::kDiscoInfo}));
}

}  // namespace
}  // namespace commd::xmpp
