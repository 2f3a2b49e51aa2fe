// Calls in Jingle, read and written: what Dino said, what the specifications show, what nobody
// may send.
#include <gmock/gmock.h>

#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/jingle_transport.h"
#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/dino_stanzas.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {
namespace {

using model::Direction;
using model::IceCandidate;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

base::Result<model::SessionDescription> description_in(const std::string& text,
                                                       JingleParty describer) {
  const Stanza iq = stanza_of(text);
  const auto jingle = read_jingle(iq);
  if (!jingle) return base::fail(base::Code::internal, "NO_JINGLE", text);
  return read_rtp(*jingle, describer);
}

std::string content(const std::string& description, const std::string& transport,
                    const std::string& attributes = "creator='initiator' name='a'") {
  return "<content " + attributes +
         "><description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'>" + description +
         "</description>" + transport + "</content>";
}

const std::string ice =
    "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' ufrag='8hhy' "
    "pwd='asd88fgpdd777uzjYhagZg'/>";
const std::string pcmu = "<payload-type id='0' name='PCMU' clockrate='8000'/>";

std::string raw(const std::string& ip, const std::string& port) {
  return "<transport xmlns='urn:xmpp:jingle:transports:raw-udp:1'><candidate component='1' "
         "generation='0' id='x' ip='" +
         ip + "' port='" + port + "'/></transport>";
}

std::string offer(const std::string& contents, const std::string& more = "") {
  return "<iq type='set' id='1' from='romeo@x.test/o'><jingle xmlns='urn:xmpp:jingle:1' "
         "action='session-initiate' initiator='romeo@x.test/o' sid='s'>" +
         more + contents + "</jingle></iq>";
}

model::StreamDescription stream_of(const std::string& description,
                                   const std::string& transport = ice) {
  auto read = description_in(offer(content(description, transport)), JingleParty::initiator);
  if (!read || read->streams.size() != 1) {
    ADD_FAILURE() << (read ? "streams" : read.error().message);
    return {};
  }
  return read->streams[0];
}

std::string problem_of(const std::string& contents) {
  const auto read = description_in(offer(contents), JingleParty::initiator);
  if (read) return "none";
  EXPECT_EQ(read.error().reason, "BAD_JINGLE");
  return read.error().message;
}

// ---- Dino ----------------------------------------------------------------------------

TEST(Dino, Offers) {
  const auto read = description_in(dino::initiate, JingleParty::initiator);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->streams.size(), 1U);
  const model::StreamDescription& audio = read->streams[0];
  EXPECT_EQ(audio.mid, "audio");
  EXPECT_EQ(audio.kind, model::MediaKind::audio);
  EXPECT_EQ(audio.direction, Direction::send_recv);
  ASSERT_EQ(audio.formats.size(), 7U);
  EXPECT_EQ(audio.formats[0],
            (model::PayloadFormat{111, "opus", 48000, 2, {{"useinbandfec", "1"}}, {}}));
  EXPECT_EQ(audio.formats[4], (model::PayloadFormat{9, "G722", 8000, 1, {}, {}}));
  // It takes a call in the clear as well.
  EXPECT_FALSE(audio.secure_profile);
  EXPECT_FALSE(audio.feedback_profile);
  const model::TransportDescription& transport = audio.transport;
  EXPECT_TRUE(transport.rtcp_mux);
  ASSERT_EQ(transport.sdes.size(), 1U);
  EXPECT_EQ(transport.sdes[0].suite, "AES_CM_128_HMAC_SHA1_80");
  EXPECT_EQ(transport.sdes[0].key_params.reveal(),
            "inline:ENvh2uebvFbM1pwjimmf738+PKPh2aPKqW80InVk");
  ASSERT_TRUE(transport.dtls);
  EXPECT_EQ(transport.dtls->hash, "sha-256");
  EXPECT_EQ(transport.dtls->fingerprint.size(), 32U);
  EXPECT_EQ(transport.dtls->fingerprint[0], 0xA2);
  EXPECT_EQ(transport.dtls->setup, model::DtlsParameters::Setup::actpass);
  ASSERT_TRUE(transport.ice);
  EXPECT_EQ(transport.ice->ufrag, "RPx3");
  EXPECT_EQ(transport.ice->password.reveal(), "Wgdy6/h8lkfO8gy+KKn9aK");
  EXPECT_TRUE(transport.ice->trickle);
  EXPECT_FALSE(transport.ice->end_of_candidates);
  ASSERT_EQ(transport.ice->candidates.size(), 2U);
  EXPECT_EQ(transport.ice->candidates[1], (IceCandidate{"1",
                                                        2,
                                                        IceCandidate::Transport::udp,
                                                        2015363326,
                                                        {"10.77.0.1", 37669},
                                                        IceCandidate::Type::host,
                                                        {}}));
  EXPECT_EQ(transport.rtp, (model::TransportAddress{"10.77.0.1", 47055}));
  EXPECT_EQ(transport.rtcp, (model::TransportAddress{"10.77.0.1", 37669}));
}

TEST(Dino, AcceptsWithItsOwnAddresses) {
  const auto read = description_in(dino::accept, JingleParty::responder);
  ASSERT_TRUE(read) << read.error().message;
  const model::StreamDescription& audio = read->streams.at(0);
  ASSERT_EQ(audio.formats.size(), 1U);
  EXPECT_EQ(audio.formats[0].name, "opus");
  EXPECT_EQ(audio.transport.dtls->setup, model::DtlsParameters::Setup::active);
  ASSERT_EQ(audio.transport.ice->candidates.size(), 4U);
  const IceCandidate& relayed = audio.transport.ice->candidates[2];
  EXPECT_EQ(relayed.type, IceCandidate::Type::relayed);
  EXPECT_EQ(relayed.related, (model::TransportAddress{"10.77.0.1", 46688}));
  // What works in most places is what ends without ICE are told.
  EXPECT_EQ(audio.transport.rtp, relayed.address);
}

TEST(Dino, TellsMoreCandidatesLater) {
  for (const auto& [text, port] :
       {std::pair(dino::transport_info_rtp, 23911), std::pair(dino::transport_info_rtcp, 23938)}) {
    const Stanza iq = stanza_of(text);
    const auto jingle = read_jingle(iq);
    ASSERT_TRUE(jingle);
    const auto news = read_media_transport(jingle->contents.at(0).transport);
    ASSERT_TRUE(news) << news.error().message;
    EXPECT_FALSE(news->dtls);
    ASSERT_EQ(news->ice->candidates.size(), 1U);
    EXPECT_EQ(news->ice->candidates[0].address.port, port);
    EXPECT_EQ(news->ice->ufrag, "RPx3");
  }
}

// ---- what is written -------------------------------------------------------------------

TEST(JingleRtp, IsWrittenInFull) {
  const auto read = description_in(dino::initiate, JingleParty::initiator);
  ASSERT_TRUE(read);
  const Jid to = *Jid::parse("bob@x.test/p"), self = *Jid::parse("alice@x.test/c");
  const Stanza iq = make_jingle(to, JingleAction::session_initiate, "s", self);
  write_rtp(*read, iq, JingleParty::initiator);
  const std::string text = iq.to_text();
  const Element content = iq.child("jingle", ns::kJingle).child("content", ns::kJingle);
  EXPECT_EQ(content.attribute("creator"), "initiator");
  EXPECT_EQ(content.attribute("name"), "audio");
  const Element description = content.child("description", ns::kJingleRtp);
  EXPECT_EQ(description.attribute("media"), "audio");
  const Element opus = description.child("payload-type", ns::kJingleRtp);
  EXPECT_EQ(opus.attribute("id"), "111");
  EXPECT_EQ(opus.attribute("name"), "opus");
  EXPECT_EQ(opus.attribute("clockrate"), "48000");
  EXPECT_EQ(opus.attribute("channels"), "2");
  EXPECT_EQ(opus.child("parameter", ns::kJingleRtp).attribute("value"), "1");
  const Element encryption = description.child("encryption", ns::kJingleRtp);
  EXPECT_FALSE(encryption.has_attribute("required"));
  EXPECT_EQ(encryption.child("crypto", ns::kJingleRtp).attribute("tag"), "1");
  EXPECT_TRUE(description.child("rtcp-mux", ns::kJingleRtp));
  const Element transport = content.child("transport", ns::kJingleIce);
  EXPECT_EQ(transport.attribute("ufrag"), "RPx3");
  const Element fingerprint = transport.child("fingerprint", ns::kJingleDtls);
  EXPECT_EQ(fingerprint.attribute("setup"), "actpass");
  EXPECT_THAT(fingerprint.text(), testing::StartsWith("A2:A8:85:B5:"));
  const Element candidate = transport.child("candidate", ns::kJingleIce);
  for (const char* name : {"component", "foundation", "generation", "id", "ip", "network", "port",
                           "priority", "protocol", "type"})
    EXPECT_TRUE(candidate.has_attribute(name)) << name << " in " << text;
  EXPECT_FALSE(candidate.has_attribute("rel-addr"));
}

TEST(JingleRtp, CandidatesHaveNamesOfTheirOwn) {
  const auto read = description_in(dino::accept, JingleParty::responder);
  ASSERT_TRUE(read);
  std::set<std::string> names;
  for (const unsigned generation : {0U, 1U}) {
    const Stanza parent("content", ns::kJingle);
    write_media_transport(read->streams[0].transport, parent, generation);
    for (const Element each : parent.child("transport", ns::kJingleIce))
      if (each.name() == "candidate") {
        EXPECT_EQ(each.attribute("generation"), std::to_string(generation));
        names.insert(std::string(each.id()));
      }
  }
  EXPECT_EQ(names.size(), 8U);
}

TEST(JingleRtp, RejectedStreamsAreNotWritten) {
  model::SessionDescription description;
  description.streams.resize(3);
  description.streams[0].rejected = true;
  description.streams[0].mid = "a";
  description.streams[1].mid = "b";
  description.bundles = {{"a", "b"}};
  const Stanza iq = make_jingle(*Jid::parse("a@b/c"), JingleAction::session_accept, "s");
  write_rtp(description, iq, JingleParty::responder);
  const Stanza again = stanza_of(iq.to_text().insert(3, " from='x@y/z'"));
  const auto jingle = read_jingle(again);
  ASSERT_TRUE(jingle);
  ASSERT_EQ(jingle->contents.size(), 2U);
  EXPECT_EQ(jingle->contents[0].name, "b");
  EXPECT_EQ(jingle->contents[1].name, "audio2");
  EXPECT_THAT(read_bundles(jingle->jingle), ElementsAre(ElementsAre("b")));
}

TEST(JingleRtp, NamesAreUnique) {
  model::SessionDescription description;
  description.streams.resize(3);
  description.streams[0].mid = "audio1";
  EXPECT_THAT(names_of(description), ElementsAre("audio1", "audio1_", "audio2"));
}

// ---- directions --------------------------------------------------------------------------

TEST(JingleRtp, SendersAreTheSameForBoth) {
  for (const JingleParty describer : {JingleParty::initiator, JingleParty::responder})
    for (const Direction direction :
         {Direction::inactive, Direction::recv_only, Direction::send_only, Direction::send_recv}) {
      const JingleParty senders = senders_of(direction, describer);
      EXPECT_EQ(direction_of(senders, describer), direction);
      EXPECT_EQ(direction_of(senders, other(describer)), model::mirrored(direction));
    }
  EXPECT_EQ(senders_of(Direction::send_only, JingleParty::responder), JingleParty::responder);
  const auto read =
      description_in(offer(content(pcmu, ice, "creator='initiator' name='a' senders='responder'")),
                     JingleParty::initiator);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->streams[0].direction, Direction::recv_only);
}

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
      offer(content(pcmu, ice) + content(pcmu, ice, "creator='initiator' name='b'"),
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

// ---- keys --------------------------------------------------------------------------------

TEST(JingleRtp, WhoDemandsEncryption) {
  const std::string crypto =
      "<crypto tag='1' crypto-suite='S' key-params='inline:k|2^20|1:32' session-params='KDR=1 X'/>";
  const std::string dtls =
      "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'><fingerprint "
      "xmlns='urn:xmpp:jingle:apps:dtls:0' hash='sha-1' "
      "setup='active'>AB:cd</fingerprint></transport>";
  EXPECT_TRUE(
      stream_of(pcmu + "<encryption required='1'>" + crypto + "</encryption>").secure_profile);
  EXPECT_TRUE(stream_of(pcmu + "<encryption required='true'/>").secure_profile);
  EXPECT_FALSE(
      stream_of(pcmu + "<encryption required='0'>" + crypto + "</encryption>").secure_profile);
  EXPECT_FALSE(stream_of(pcmu).secure_profile);
  // As browsers do it.
  EXPECT_TRUE(stream_of(pcmu, dtls).secure_profile);
  const auto both = stream_of(pcmu + "<encryption>" + crypto + "</encryption>", dtls);
  EXPECT_FALSE(both.secure_profile);
  EXPECT_EQ(both.transport.sdes.at(0).session_params, "KDR=1 X");
  EXPECT_THAT(both.transport.dtls->fingerprint, ElementsAre(0xAB, 0xCD));
}

TEST(JingleRtp, TheHashOfZrtp) {
  const auto stream =
      stream_of(pcmu +
                "<encryption><zrtp-hash xmlns='urn:xmpp:jingle:apps:rtp:zrtp:1' version='1.10'>\n  "
                "badfbe66ff87\n</zrtp-hash></encryption>");
  EXPECT_EQ(stream.transport.zrtp_hash, "1.10 badfbe66ff87");
  EXPECT_FALSE(stream.secure_profile);
}

TEST(JingleRtp, KeysThatCannotBeReadRefuseTheDescription) {
  for (const char* crypto :
       {"tag='x' crypto-suite='S' key-params='inline:k'", "tag='1' key-params='inline:k'",
        "tag='1' crypto-suite='S'", "tag='1' crypto-suite='S S' key-params='inline:k'",
        "tag='1' crypto-suite='S' key-params='inline:k&#10;a=b'"})
    EXPECT_THAT(
        problem_of(content(pcmu + "<encryption><crypto " + crypto + "/></encryption>", ice)),
        HasSubstr("SDES"))
        << crypto;
  EXPECT_THAT(problem_of(content(pcmu + "<encryption><zrtp-hash "
                                        "xmlns='urn:xmpp:jingle:apps:rtp:zrtp:1' version='1.10'>a b"
                                        "</zrtp-hash></encryption>",
                                 ice)),
              HasSubstr("ZRTP"));
  for (const char* fingerprint :
       {"hash='sha-256' setup='active'>", "hash='sha-256' setup='active'>A2:", "setup='active'>A2",
        "hash='sha-256' setup='active'>A2:A", "hash='sha-256' setup='active'>A2A3",
        "hash='sha-256' setup='active'>A2:G1", "hash='sha-256' setup='passively'>A2:A3",
        "hash='sha 256' setup='active'>A2:A3", "hash='sha-256' setup='active'>A2 :A3"})
    EXPECT_THAT(problem_of(content(pcmu,
                                   "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'>"
                                   "<fingerprint xmlns='urn:xmpp:jingle:apps:dtls:0' " +
                                       std::string(fingerprint) + "</fingerprint></transport>")),
                HasSubstr("fingerprint"))
        << fingerprint;
}

// ---- addresses -----------------------------------------------------------------------------

TEST(JingleRtp, PlainUdp) {
  auto stream = stream_of(pcmu, raw("192.0.2.4", "13540"));
  EXPECT_FALSE(stream.transport.ice);
  EXPECT_EQ(stream.transport.rtp, (model::TransportAddress{"192.0.2.4", 13540}));
  EXPECT_FALSE(stream.transport.rtcp);
  const std::string two =
      "<transport xmlns='urn:xmpp:jingle:transports:raw-udp:1'><candidate component='2' "
      "ip='192.0.2.4'"
      " port='9877'/><candidate component='1' ip='192.0.2.4' port='9876'/></transport>";
  EXPECT_FALSE(stream_of(pcmu, two).transport.rtcp) << "the next port goes without saying";
}

TEST(JingleRtp, MediaGoesWhereItMay) {
  for (const auto& [ip, port] :
       std::vector<std::pair<std::string, std::string>>{{"224.0.0.1", "5000"},
                                                        {"255.255.255.255", "5000"},
                                                        {"0.0.0.0", "5000"},
                                                        {"host.test", "5000"},
                                                        {"ff02::1", "5000"},
                                                        {"::ffff:224.0.0.1", "5000"},
                                                        {"", "5000"},
                                                        {"192.0.2.1", "22"},
                                                        {"192.0.2.1", "0"},
                                                        {"192.0.2.1", "65536"},
                                                        {"192.0.2.1", ""}})
    EXPECT_THAT(problem_of(content(pcmu, raw(ip, port))), HasSubstr("is refused")) << ip;
  EXPECT_THAT(
      problem_of(content(pcmu, "<transport xmlns='urn:xmpp:jingle:transports:raw-udp:1'/>")),
      HasSubstr("without an address"));
}

std::string candidate(const std::string& ip, const std::string& port,
                      const std::string& more = "protocol='udp' type='host'") {
  return "<candidate component='1' foundation='1' generation='0' id='i' network='0' ip='" + ip +
         "' port='" + port + "' priority='7' " + more + "/>";
}

std::vector<IceCandidate> candidates_of(const std::string& inner) {
  return stream_of(pcmu,
                   "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' ufrag='u' "
                   "pwd='p'>" +
                       inner + "</transport>")
      .transport.ice->candidates;
}

TEST(JingleRtp, CandidatesThatCannotBeReachedAreLeftOut) {
  EXPECT_TRUE(candidates_of(candidate("224.0.0.1", "5000") + candidate("192.0.2.1", "80") +
                            candidate("a-b-c.local", "5000") + candidate("192.0.2.1", "") +
                            candidate("192.0.2.1", "5000", "protocol='sctp' type='host'") +
                            candidate("192.0.2.1", "5000", "protocol='udp' type='new'") +
                            candidate("192.0.2.1", "5000", "protocol='tcp' type='host'") +
                            candidate("192.0.2.1", "9", "protocol='udp' type='host'") +
                            "<candidate ip='192.0.2.1' port='5000'/>")
                  .empty());
  EXPECT_EQ(candidates_of(candidate("2001:db8::1", "5000")).size(), 1U);
}

TEST(JingleRtp, CandidatesOverTcp) {
  const auto read =
      candidates_of(candidate("192.0.2.1", "9", "protocol='tcp' type='host' tcptype='active'") +
                    candidate("192.0.2.1", "5000",
                              "protocol='tcp' type='srflx' tcptype='passive' "
                              "rel-addr='10.0.0.1' rel-port='9'") +
                    candidate("192.0.2.1", "5001", "protocol='tcp' type='host' tcptype='so'"));
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].transport, IceCandidate::Transport::tcp_active);
  EXPECT_EQ(read[1].transport, IceCandidate::Transport::tcp_passive);
  EXPECT_EQ(read[2].transport, IceCandidate::Transport::tcp_so);
}

TEST(JingleRtp, IceMayBeginWithNothing) {
  const auto stream = stream_of(pcmu, "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'/>");
  ASSERT_TRUE(stream.transport.ice);
  EXPECT_TRUE(stream.transport.ice->ufrag.empty());
  EXPECT_FALSE(stream.transport.rtp);
  EXPECT_TRUE(stream_of(pcmu,
                        "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'>"
                        "<gathering-complete/></transport>")
                  .transport.ice->end_of_candidates);
  for (const char* half : {"ufrag='a'", "pwd='a'", "ufrag='a b' pwd='a'"})
    EXPECT_THAT(
        problem_of(content(pcmu, "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' " +
                                     std::string(half) + "/>")),
        HasSubstr("credentials"));
}

// ---- whole sessions ------------------------------------------------------------------------

TEST(JingleRtp, WhatIsNotSpokenHereIsRejectedInItsPlace) {
  const std::string file =
      "<content creator='initiator' name='f'><description "
      "xmlns='urn:xmpp:jingle:apps:file-transfer:5'/><transport xmlns='x'/></content>";
  const auto read = description_in(
      offer(file + content(pcmu, ice) +
            content(pcmu, "<transport xmlns='urn:xmpp:jingle:transports:s5b:1'/>",
                    "creator='initiator' name='b'") +
            content("<payload-type id='200'/>", ice, "creator='initiator' name='c'")),
      JingleParty::initiator);
  ASSERT_TRUE(read);
  std::vector<std::pair<std::string, bool>> seen;
  for (const auto& stream : read->streams) seen.emplace_back(stream.mid, stream.rejected);
  EXPECT_THAT(seen,
              ElementsAre(Pair("f", true), Pair("a", false), Pair("b", true), Pair("c", true)));
  EXPECT_EQ(read->streams[0].kind, model::MediaKind::application);
  EXPECT_FALSE(is_rtp(*read_jingle(stanza_of(offer(file)))));
}

TEST(JingleRtp, SessionsThatAreNone) {
  EXPECT_THAT(problem_of(""), HasSubstr("without contents"));
  EXPECT_THAT(problem_of(content(pcmu, ice) + content(pcmu, ice)), HasSubstr("one name"));
  EXPECT_THAT(problem_of(content(pcmu, "")), HasSubstr("lacks"));
  EXPECT_THAT(problem_of("<content creator='initiator' name='a'>" + ice + "</content>"),
              HasSubstr("lacks"));
}

TEST(JingleRtp, IsBounded) {
  std::string formats, candidates, sources, feedback, extensions, keys;
  for (int i = 0; i < 128; ++i) {
    const std::string n = std::to_string(i);
    formats += "<payload-type id='" + n + "' name='a' clockrate='8000'/>";
    candidates += candidate("192.0.2.1", std::to_string(5000 + i));
    sources += "<source xmlns='urn:xmpp:jingle:apps:rtp:ssma:0' ssrc='" + n + "'/>";
    feedback += "<rtcp-fb xmlns='urn:xmpp:jingle:apps:rtp:rtcp-fb:0' type='a" + n + "'/>";
    extensions +=
        "<rtp-hdrext xmlns='urn:xmpp:jingle:apps:rtp:rtp-hdrext:0' id='9' uri='u" + n + "'/>";
    keys += "<crypto tag='" + n + "' crypto-suite='S' key-params='inline:k'/>";
  }
  const auto stream =
      stream_of(formats + sources + feedback + extensions + "<encryption>" + keys + "</encryption>",
                "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' ufrag='u' "
                "pwd='p'>" +
                    candidates + "</transport>");
  EXPECT_EQ(stream.formats.size(), 64U);
  EXPECT_EQ(stream.formats[0].feedback.size(), 64U);
  EXPECT_EQ(stream.sources.size(), 64U);
  EXPECT_EQ(stream.extensions.size(), 64U);
  EXPECT_EQ(stream.transport.sdes.size(), 64U);
  EXPECT_EQ(stream.transport.ice->candidates.size(), 64U);
}

}  // namespace
}  // namespace commd::xmpp::test
