// RFC 3863, 4479, 4480: presence as SIP writes it, and the XML it is in.
#include "daemon/sip/pidf.h"

#include <gtest/gtest.h>

#include <string>

#include "daemon/sip/xml_body.h"

namespace commd::sip {
namespace {

using model::Availability;

const std::string head =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:bob@example.org\""
    " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
    " xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\">";
std::string document(const std::string& inside) { return head + inside + "</presence>"; }
std::string tuple(const std::string& id, const std::string& basic, const std::string& more = {}) {
  return "<tuple id=\"" + id + "\"><status><basic>" + basic + "</basic></status>" + more +
         "</tuple>";
}

TEST(Pidf, EveryOpenTupleIsADevice) {
  const auto read = read_pidf(
      document(tuple("desk", " open\n", "<contact priority=\"0.8\">sip:bob@desk</contact>") +
               tuple("cell", "closed", "<note>in the drawer</note>") +
               tuple("pad", "open", "<note>hi</note>")));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->resources.size(), 2u);
  EXPECT_EQ(read->resources[0].name, "desk");
  EXPECT_EQ(read->resources[0].presence.availability, Availability::available);
  EXPECT_EQ(read->resources[0].priority, 80);
  EXPECT_EQ(read->resources[1].name, "pad");
  EXPECT_EQ(read->resources[1].presence.status, "hi");
}

TEST(Pidf, WhatThePersonIsAtCountsForEveryDeviceOfHis) {
  const std::string busy =
      "<dm:person id=\"p\"><r:activities><r:busy/></r:activities><dm:note>at "
      "it</dm:note></dm:person>";
  const auto read = read_pidf(document(
      tuple("a", "open") +
      tuple("b", "open", "<r:activities><r:away/></r:activities><note>out</note>") + busy));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->resources.size(), 2u);
  EXPECT_EQ(read->resources[0].presence.availability, Availability::dnd);
  EXPECT_EQ(read->resources[0].presence.status, "at it");
  EXPECT_EQ(read->resources[1].presence.availability, Availability::away);
  EXPECT_EQ(read->resources[1].presence.status, "out");
  const auto asleep = read_pidf(
      document(tuple("a", "open") +
               "<dm:person id='p'><r:activities><r:sleeping/></r:activities></dm:person>"));
  EXPECT_EQ(asleep->resources[0].presence.availability, Availability::xa);
}

TEST(Pidf, NobodyThereHasLastWords) {
  const auto read = read_pidf(document(tuple("a", "closed", "<note>gone fishing</note>")));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->resources.empty());
  EXPECT_EQ(read->last_words, "gone fishing");
  EXPECT_EQ(read_pidf(document("")), PresenceDocument{});
  EXPECT_TRUE(read_pidf(document("<tuple id='x'/>"))->resources.empty()) << "not said: not there";
}

TEST(Pidf, IsBounded) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += tuple("t" + std::to_string(i), "open");
  EXPECT_EQ(read_pidf(document(many))->resources.size(), model::max_resources);
  EXPECT_EQ(read_pidf(document(tuple("a", "open") + tuple("a", "open")))->resources.size(), 1u);
  std::string words;
  for (int i = 0; i < 2000; ++i) words += "\xc3\xa4";
  const auto long_words = read_pidf(document(tuple(words, "open", "<note>" + words + "</note>")));
  ASSERT_EQ(long_words->resources.size(), 1u);
  EXPECT_EQ(long_words->resources[0].presence.status.size(), model::max_status_bytes);
  EXPECT_EQ(long_words->resources[0].name.size(), 64u);
  for (const char* q : {"2", "-1", "0,5", "x", "0.x", ""}) {
    const auto odd = read_pidf(document(
        tuple("a", "open", "<contact priority=\"" + std::string(q) + "\">sip:a@b</contact>")));
    EXPECT_EQ(odd->resources[0].priority, 0) << q;
  }
}

TEST(Pidf, RefusesWhatIsNone) {
  for (const std::string& body :
       {std::string(), std::string("open"), std::string("<presence/>"), head,
        std::string("<presence xmlns='jabber:client'/>"), document(tuple("a", "open")) + "<more/>",
        "<!DOCTYPE presence [<!ENTITY a 'b'>]>" + document("<note>&a;</note>"),
        std::string("<!DOCTYPE x SYSTEM 'file:///etc/passwd'>") + document(""),
        document("<note>&undeclared;</note>"), document("\xff")})
    EXPECT_FALSE(read_pidf(body)) << body;
}

TEST(Pidf, WhatIsWrittenReadsTheSame) {
  for (const auto& [is, reads] : {std::pair{Availability::available, Availability::available},
                                  std::pair{Availability::chat, Availability::available},
                                  std::pair{Availability::away, Availability::away},
                                  std::pair{Availability::xa, Availability::away},
                                  std::pair{Availability::dnd, Availability::dnd}}) {
    const std::string text =
        write_pidf("sip:al&ice@example.org", "d1", {is, "<&\"'>\x01 \xef\xbf\xbf\xc3\xa4", {}});
    const auto read = read_pidf(text);
    ASSERT_TRUE(read) << text;
    ASSERT_EQ(read->resources.size(), 1u);
    EXPECT_EQ(read->resources[0].name, "d1");
    EXPECT_EQ(read->resources[0].presence.availability, reads) << text;
    EXPECT_EQ(read->resources[0].presence.status, "<&\"'>   \xc3\xa4");
  }
  const auto gone = read_pidf(write_pidf("sip:a@b", "d1", {Availability::unavailable, "bye", {}}));
  ASSERT_TRUE(gone);
  EXPECT_TRUE(gone->resources.empty());
  EXPECT_EQ(gone->last_words, "bye");
}

TEST(XmlBody, HasLimits) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "<a>";
    for (int i = 0; i < depth; ++i) text += "</a>";
    return text;
  };
  EXPECT_TRUE(read_xml_body(nested(max_xml_depth)));
  EXPECT_FALSE(read_xml_body(nested(max_xml_depth + 1)));
  std::string wide;
  for (int i = 0; i < max_xml_elements; ++i) wide += "<b/>";
  EXPECT_FALSE(read_xml_body("<a>" + wide + "</a>"));
  EXPECT_TRUE(read_xml_body("<a>" + wide.substr(4) + "</a>"));
  EXPECT_FALSE(read_xml_body("<a>" + std::string(max_xml_body_bytes, 'x') + "</a>"));
  EXPECT_EQ(read_xml_body("<a>x<b>y</b>z<!-- no --></a>")->text, "xz");
}

}  // namespace
}  // namespace commd::sip
