// Calls of anybody in Jingle: what is read keeps the bounds of SECURITY, and what is written of it
// is read as the same. The input is what follows a stream's header.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/model/media_address.h"
#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/jingle_transport.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/stanzas.h"

using namespace commd;
using fuzz::require;

namespace {

void check_address(const model::TransportAddress& address) {
  if (!address) return;
  require(address.port >= 1024 && model::address_use(address.ip) == model::AddressUse::usable);
}

void check_transport(const model::TransportDescription& transport) {
  check_address(transport.rtp);
  check_address(transport.rtcp);
  require(!transport.dtls || !transport.dtls->fingerprint.empty());
  if (!transport.ice) return;
  require(transport.ice->candidates.size() <= model::most_ice_candidates);
  for (const model::IceCandidate& each : transport.ice->candidates)
    require(model::address_use(each.address.ip) == model::AddressUse::usable);
}

void check_bounds(const model::StreamDescription& stream) {
  require(!stream.mid.empty() && stream.mid.size() <= 256);
  if (stream.rejected) return;
  require(!stream.formats.empty() && stream.formats.size() <= xmpp::most_rtp_items);
  require(stream.transport.sdes.size() <= xmpp::most_rtp_items);
  require(stream.extensions.size() <= xmpp::most_rtp_items);
  require(stream.sources.size() <= xmpp::most_rtp_items);
  require(stream.ptime_ms == 0 || (stream.ptime_ms >= 10 && stream.ptime_ms <= 120));
  for (const model::PayloadFormat& format : stream.formats)
    require(format.feedback.size() <= xmpp::most_rtp_items &&
            format.parameters.size() <= xmpp::most_rtp_items);
  check_transport(stream.transport);
}

// As it is written for a live session: what was rejected is not said again.
model::SessionDescription live(model::SessionDescription description) {
  for (auto& bundle : description.bundles)
    std::erase_if(bundle, [&](const std::string& name) {
      return std::none_of(
          description.streams.begin(), description.streams.end(),
          [&](const auto& stream) { return stream.mid == name && !stream.rejected; });
    });
  std::erase_if(description.streams, [](const auto& stream) { return stream.rejected; });
  return description;
}

void look_at(const xmpp::Element& stanza, xmpp::JingleParty describer) {
  const auto jingle = xmpp::read_jingle(stanza);
  if (!jingle) return;
  for (const xmpp::JingleContent& content : jingle->contents)
    if (const auto news = xmpp::read_media_transport(content.transport)) check_transport(*news);
  const auto read = xmpp::read_rtp(*jingle, describer);
  if (!read) return require(read.error().reason == "BAD_JINGLE");
  require(read->streams.size() <= xmpp::most_jingle_contents);
  for (const model::StreamDescription& stream : read->streams) check_bounds(stream);
  const model::SessionDescription expected = live(*read);
  if (expected.streams.empty()) return;
  const xmpp::Stanza iq =
      xmpp::make_jingle(jingle->from, xmpp::JingleAction::session_initiate, "s");
  iq.set("from", jingle->from.str());
  xmpp::write_rtp(expected, iq, describer);
  const auto again = xmpp::read_jingle(iq);
  require(again.has_value());
  const auto same = xmpp::read_rtp(*again, describer);
  require(same && *same == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::for_each_stanza(data, size, [&](const xmpp::Stanza& stanza) {
    look_at(stanza, xmpp::JingleParty::initiator);
    look_at(stanza, xmpp::JingleParty::responder);
  });
  return 0;
}
