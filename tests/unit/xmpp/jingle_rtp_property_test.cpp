// What is written is read as the same, whoever describes and whatever it is.
#include <gmock/gmock.h>

#include "daemon/xmpp/jingle_rtp.h"
#include "tests/unit/xmpp/random_description.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {
namespace {

using model::SessionDescription;

std::string written(const SessionDescription& description, JingleParty describer) {
  const Stanza iq = make_jingle(*Jid::parse("b@x.test/p"), JingleAction::session_initiate, "s");
  iq.set("id", "i");
  write_rtp(description, iq, describer);
  return iq.to_text().insert(3, " from='a@x.test/c'");
}

SessionDescription read_again(const std::string& text, JingleParty describer) {
  const Stanza iq = stanza_of(text);
  const auto jingle = read_jingle(iq);
  if (!jingle) {
    ADD_FAILURE() << text;
    return {};
  }
  auto read = read_rtp(*jingle, describer);
  EXPECT_TRUE(read) << (read ? "" : read.error().message) << text;
  return read ? *read : SessionDescription{};
}

// The address for ends without ICE follows from the candidates, and a port that goes without
// saying is not said: the rest is as it was. Groups name what is there.
SessionDescription without_defaults(SessionDescription description) {
  for (model::StreamDescription& stream : description.streams) {
    model::TransportDescription& transport = stream.transport;
    if (transport.ice) transport.rtp = transport.rtcp = {};
    const bool usual =
        transport.rtcp.ip == transport.rtp.ip && transport.rtcp.port == transport.rtp.port + 1;
    if (usual) transport.rtcp = {};
  }
  for (auto& bundle : description.bundles) std::erase(bundle, "more");
  return description;
}

class JingleRtpProperty : public testing::TestWithParam<JingleParty> {};

TEST_P(JingleRtpProperty, WhatIsWrittenIsReadAsTheSame) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    const SessionDescription made = RandomDescription(seed).make();
    const std::string text = written(made, GetParam());
    const SessionDescription read = read_again(text, GetParam());
    ASSERT_EQ(without_defaults(read), without_defaults(made)) << "seed " << seed << "\n" << text;
    // And then for ever.
    const std::string again = written(read, GetParam());
    ASSERT_EQ(again, written(read_again(again, GetParam()), GetParam())) << "seed " << seed;
    ASSERT_EQ(read_again(again, GetParam()), read) << "seed " << seed;
  }
}

// The other party is who is not the describer: what one sends the other one hears.
TEST_P(JingleRtpProperty, TheOtherOneSeesTheMirror) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const SessionDescription made = RandomDescription(seed).make();
    const SessionDescription seen = read_again(written(made, GetParam()), other(GetParam()));
    for (size_t i = 0; i < made.streams.size(); ++i)
      ASSERT_EQ(seen.streams[i].direction, model::mirrored(made.streams[i].direction));
  }
}

INSTANTIATE_TEST_SUITE_P(Both, JingleRtpProperty,
                         testing::Values(JingleParty::initiator, JingleParty::responder));

}  // namespace
}  // namespace commd::xmpp::test
