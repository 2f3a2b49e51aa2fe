// Descriptions of calls in Jingle, as strangers write them.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/jingle_transport.h"
#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {

using model::Direction;
using model::IceCandidate;

inline base::Result<model::SessionDescription> description_in(const std::string& text,
                                                              JingleParty describer) {
  const Stanza iq = stanza_of(text);
  const auto jingle = read_jingle(iq);
  if (!jingle) return base::fail(base::Code::internal, "NO_JINGLE", text);
  return read_rtp(*jingle, describer);
}

inline std::string rtp_content(const std::string& description, const std::string& transport,
                               const std::string& attributes = "creator='initiator' name='a'") {
  return "<content " + attributes +
         "><description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'>" + description +
         "</description>" + transport + "</content>";
}

inline const std::string ice =
    "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' ufrag='8hhy' "
    "pwd='asd88fgpdd777uzjYhagZg'/>";
inline const std::string pcmu = "<payload-type id='0' name='PCMU' clockrate='8000'/>";

inline std::string raw(const std::string& ip, const std::string& port) {
  return "<transport xmlns='urn:xmpp:jingle:transports:raw-udp:1'><candidate component='1' "
         "generation='0' id='x' ip='" +
         ip + "' port='" + port + "'/></transport>";
}

inline std::string offer(const std::string& contents, const std::string& more = "") {
  return "<iq type='set' id='1' from='romeo@x.test/o'><jingle xmlns='urn:xmpp:jingle:1' "
         "action='session-initiate' initiator='romeo@x.test/o' sid='s'>" +
         more + contents + "</jingle></iq>";
}

inline model::StreamDescription stream_of(const std::string& description,
                                          const std::string& transport = ice) {
  auto read = description_in(offer(rtp_content(description, transport)), JingleParty::initiator);
  if (!read || read->streams.size() != 1) {
    ADD_FAILURE() << (read ? "streams" : read.error().message);
    return {};
  }
  return read->streams[0];
}

inline std::string problem_of(const std::string& contents) {
  const auto read = description_in(offer(contents), JingleParty::initiator);
  if (read) return "none";
  EXPECT_EQ(read.error().reason, "BAD_JINGLE");
  return read.error().message;
}

inline std::string candidate(const std::string& ip, const std::string& port,
                             const std::string& more = "protocol='udp' type='host'") {
  return "<candidate component='1' foundation='1' generation='0' id='i' network='0' ip='" + ip +
         "' port='" + port + "' priority='7' " + more + "/>";
}

inline std::vector<IceCandidate> candidates_of(const std::string& inner) {
  return stream_of(pcmu,
                   "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' ufrag='u' "
                   "pwd='p'>" +
                       inner + "</transport>")
      .transport.ice->candidates;
}

}  // namespace commd::xmpp::test
