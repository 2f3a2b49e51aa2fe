#include <strings.h>

#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/jingle_rtp_format.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using model::PayloadFormat;
using model::StreamDescription;

void write_parameters(const PayloadFormat& format, const MutableElement& element) {
  const bool events = strcasecmp(format.name.c_str(), "telephone-event") == 0;
  for (const auto& [key, value] : format.parameters) {
    const MutableElement parameter = element.add("parameter");
    if (events && value.empty())
      parameter.set("name", "events").set("value", key);
    else
      parameter.set("name", key).set("value", value);
  }
}

void write_format(const PayloadFormat& format, const StreamDescription& stream,
                  const MutableElement& description) {
  const MutableElement element = description.add("payload-type");
  element.set("id", std::to_string(format.payload_type))
      .set("name", format.name)
      .set("clockrate", std::to_string(format.clock_rate));
  if (format.channels > 1) element.set("channels", std::to_string(format.channels));
  if (stream.ptime_ms > 0) element.set("ptime", std::to_string(stream.ptime_ms));
  if (stream.maxptime_ms > 0) element.set("maxptime", std::to_string(stream.maxptime_ms));
  write_parameters(format, element);
  for (const std::string& feedback : format.feedback) write_feedback(feedback, element);
}

void write_zrtp_hash(const std::string& hash, const MutableElement& encryption) {
  const size_t blank = hash.find(' ');
  const bool versioned = blank != std::string::npos;
  encryption.add_with_text("zrtp-hash", versioned ? hash.substr(blank + 1) : hash, ns::kJingleZrtp)
      .set("version", versioned ? hash.substr(0, blank) : "1.10");
}

void write_encryption(const StreamDescription& stream, const MutableElement& description) {
  const model::TransportDescription& transport = stream.transport;
  const bool has_keys = !transport.sdes.empty() || !transport.zrtp_hash.empty();
  // Where it would be read so anyway, nothing is said: others take it for SDES.
  if (!has_keys && stream.secure_profile == transport.dtls.has_value()) return;
  const MutableElement encryption = description.add("encryption");
  if (stream.secure_profile) encryption.set("required", "1");
  for (const model::SdesKey& key : transport.sdes) {
    const MutableElement crypto = encryption.add("crypto");
    crypto.set("tag", std::to_string(key.tag))
        .set("crypto-suite", key.suite)
        .set("key-params", key.key_params.reveal());
    if (!key.session_params.empty()) crypto.set("session-params", key.session_params);
  }
  if (!transport.zrtp_hash.empty()) write_zrtp_hash(transport.zrtp_hash, encryption);
}

void write_extension(const model::HeaderExtension& extension, JingleParty describer,
                     const MutableElement& description) {
  const MutableElement element = description.add("rtp-hdrext", ns::kJingleExtensions);
  element.set("id", std::to_string(extension.id)).set("uri", extension.uri);
  if (extension.direction != model::Direction::send_recv)
    element.set("senders", to_string(senders_of(extension.direction, describer)));
}

}  // namespace

void write_rtp_description(const StreamDescription& stream, JingleParty describer,
                           const MutableElement& description) {
  bool feedback = false;
  for (const PayloadFormat& format : stream.formats) {
    write_format(format, stream, description);
    feedback = feedback || !format.feedback.empty();
  }
  if (stream.feedback_profile && !feedback) write_feedback("trr-int 0", description);
  for (const model::HeaderExtension& extension : stream.extensions)
    write_extension(extension, describer, description);
  for (const model::SourceDescription& source : stream.sources) {
    const MutableElement element = description.add("source", ns::kJingleSources);
    element.set("ssrc", std::to_string(source.ssrc));
    if (!source.cname.empty())
      element.add("parameter").set("name", "cname").set("value", source.cname);
  }
  write_encryption(stream, description);
  if (stream.transport.rtcp_mux) description.add("rtcp-mux");
}

}  // namespace commd::xmpp
