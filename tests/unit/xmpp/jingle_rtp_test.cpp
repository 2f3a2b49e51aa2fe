// Calls in Jingle, read and written: what Dino said, what the specifications show.
#include <set>

#include "tests/unit/xmpp/dino_stanzas.h"
#include "tests/unit/xmpp/jingle_rtp_fixture.h"

namespace commd::xmpp::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

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
  const auto read = description_in(
      offer(rtp_content(pcmu, ice, "creator='initiator' name='a' senders='responder'")),
      JingleParty::initiator);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->streams[0].direction, Direction::recv_only);
}

// ---- whole sessions ------------------------------------------------------------------------

TEST(JingleRtp, WhatIsNotSpokenHereIsRejectedInItsPlace) {
  const std::string file =
      "<content creator='initiator' name='f'><description "
      "xmlns='urn:xmpp:jingle:apps:file-transfer:5'/><transport xmlns='x'/></content>";
  const auto read = description_in(
      offer(file + rtp_content(pcmu, ice) +
            rtp_content(pcmu, "<transport xmlns='urn:xmpp:jingle:transports:s5b:1'/>",
                        "creator='initiator' name='b'") +
            rtp_content("<payload-type id='200'/>", ice, "creator='initiator' name='c'")),
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
  EXPECT_THAT(problem_of(rtp_content(pcmu, ice) + rtp_content(pcmu, ice)), HasSubstr("one name"));
  EXPECT_THAT(problem_of(rtp_content(pcmu, "")), HasSubstr("lacks"));
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
