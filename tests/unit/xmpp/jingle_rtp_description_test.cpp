// What a call in Jingle is made of: payload types, feedback, extensions, sources, bundles.
#include "tests/unit/xmpp/jingle_rtp_fixture.h"

namespace commd::xmpp::test {
namespace {

using testing::ElementsAre;
using testing::Pair;

// ---- payload types -----------------------------------------------------------------------

TEST(JingleRtp, StaticPayloadTypesNeedNoClock) {
  const auto stream = stream_of(
      "<payload-type id='18' name='G729'/><payload-type id='0'/><payload-type id='97' name='x'/>"
      "<payload-type id='8' name='opus'/>");
  ASSERT_EQ(stream.formats.size(), 2U);
  EXPECT_EQ(stream.formats[0].clock_rate, 8000U);
  EXPECT_EQ(stream.formats[1].name, "PCMU");
}

TEST(JingleRtp, EventsOfTelephones) {
  for (const char* parameter : {"name='events' value='0-15'", "value='0-15'",
                                "name='' value='0-15'", "name='0-15' value=''"}) {
    const auto stream = stream_of(
        "<payload-type id='101' name='telephone-event' clockrate='8000'>"
        "<parameter " +
        std::string(parameter) + "/></payload-type>");
    ASSERT_EQ(stream.formats.size(), 1U);
    EXPECT_THAT(stream.formats[0].parameters, ElementsAre(Pair("0-15", ""))) << parameter;
  }
}

TEST(JingleRtp, HalvesAndSmugglersAreLeftOut) {
  const auto stream = stream_of(
      "<payload-type id='128' name='a' clockrate='1'/><payload-type name='a' clockrate='1'/>"
      "<payload-type id='96' name='a b' clockrate='1'/><payload-type id='97' name='a/1' "
      "clockrate='1'/>"
      "<payload-type id='98' name='a' clockrate='0'/><payload-type id='99' name='a' "
      "clockrate='-1'/>"
      "<payload-type id='100' name='a' clockrate='8000'><parameter name='x;y' value='1'/>"
      "<parameter name='x' value='1;y=2'/><parameter name='x' value='1&#10;a=b'/>"
      "<parameter name='a=b' value='1'/><parameter name='ok' value=' 1 2 '/></payload-type>"
      "<payload-type id='100' name='again' clockrate='8000'/>"
      "<payload-type id='101' name='b&#10;' clockrate='8000'/>");
  ASSERT_EQ(stream.formats.size(), 1U);
  EXPECT_EQ(stream.formats[0].name, "a");
  EXPECT_THAT(stream.formats[0].parameters, ElementsAre(Pair("ok", "1 2")));
}

TEST(JingleRtp, PacketTimes) {
  const auto stream =
      stream_of("<payload-type id='0' ptime='5' maxptime='400'/><payload-type id='8' ptime='20'/>");
  EXPECT_EQ(stream.ptime_ms, 20U);
  EXPECT_EQ(stream.maxptime_ms, 120U);
}

// ---- feedback, extensions, sources, bundles ------------------------------------------------

TEST(JingleRtp, FeedbackOfAllAndOfOne) {
  const std::string fb = "xmlns='urn:xmpp:jingle:apps:rtp:rtcp-fb:0'";
  const auto stream =
      stream_of("<rtcp-fb " + fb +
                " type='nack'/><payload-type id='98' name='H264' clockrate='90000'>"
                "<rtcp-fb " +
                fb + " type='nack' subtype='pli'/><rtcp-fb-trr-int " + fb +
                " value='100'/>"
                "<rtcp-fb " +
                fb +
                " type='ccm' subtype='tmmbr'><parameter name='smaxpr' value='120'/></rtcp-fb>"
                "<rtcp-fb " +
                fb + " type='a b'/><rtcp-fb " + fb + "/></payload-type>" + pcmu);
  EXPECT_TRUE(stream.feedback_profile);
  ASSERT_EQ(stream.formats.size(), 2U);
  EXPECT_THAT(stream.formats[0].feedback,
              ElementsAre("nack pli", "trr-int 100", "ccm tmmbr smaxpr=120", "nack"));
  EXPECT_THAT(stream.formats[1].feedback, ElementsAre("nack"));
}

// XEP-0293 section 4: the profile without any message of it.
TEST(JingleRtp, TheFeedbackProfileAlone) {
  const auto stream =
      stream_of(pcmu + "<rtcp-fb-trr-int xmlns='urn:xmpp:jingle:apps:rtp:rtcp-fb:0' value='0'/>");
  EXPECT_TRUE(stream.feedback_profile);
  EXPECT_TRUE(stream.formats[0].feedback.empty());
}

TEST(JingleRtp, ExtensionsSayWhoSends) {
  const std::string ext = "<rtp-hdrext xmlns='urn:xmpp:jingle:apps:rtp:rtp-hdrext:0' ";
  const auto stream =
      stream_of(pcmu + ext +
                "id='1' uri='urn:ietf:params:rtp-hdrext:ssrc-audio-level' senders='initiator'/>" +
                ext + "id='2' uri='urn:b'/>" + ext + "id='4907' uri='urn:c'/>" + ext +
                "id='0' uri='urn:d'/>" + ext + "id='3' uri='urn: e'/>" + ext + "id='4'/>");
  EXPECT_THAT(stream.extensions,
              ElementsAre(model::HeaderExtension{1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                                                 Direction::send_only},
                          model::HeaderExtension{2, "urn:b", Direction::send_recv}));
}

TEST(JingleRtp, SourcesAreJoined) {
  const std::string ns = "xmlns='urn:xmpp:jingle:apps:rtp:ssma:0'";
  const auto stream =
      stream_of(pcmu + "<source " + ns +
                " ssrc='1656081975'><parameter name='cname' value='Yv/w'/>"
                "<parameter name='msid' value='a b'/></source><source " +
                ns + " ssrc='7'/><source " + ns +
                " ssrc='7'><parameter name='cname' value='later'/></source><source " + ns +
                " ssrc='-1'/>"
                "<ssrc-group " +
                ns + " semantics='FID'><source ssrc='8'/></ssrc-group>");
  EXPECT_THAT(stream.sources, ElementsAre(model::SourceDescription{1656081975, "Yv/w"},
                                          model::SourceDescription{7, "later"}));
}

TEST(JingleRtp, Bundles) {
  const auto read = description_in(
      offer(rtp_content(pcmu, ice) + rtp_content(pcmu, ice, "creator='initiator' name='b'"),
            "<group xmlns='urn:xmpp:jingle:apps:grouping:0' semantics='BUNDLE'><content name='a'/>"
            "<content name='b'/><content/></group>"
            "<group xmlns='urn:xmpp:jingle:apps:grouping:0' semantics='LS'><content "
            "name='a'/></group>"),
      JingleParty::initiator);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->bundles, ElementsAre(ElementsAre("a", "b")));
  // The content of a group is none of the session's.
  EXPECT_EQ(read->streams.size(), 2U);
}

}  // namespace
}  // namespace commd::xmpp::test
