#include <algorithm>

#include "daemon/model/media_address.h"
#include "daemon/sip/sdp.h"
#include "daemon/sip/sdp_attributes.h"
#include "daemon/sip/sdp_ice.h"
#include "daemon/sip/sdp_line.h"

namespace commd::sip {
namespace {

using model::StreamDescription;

constexpr uint16_t discard_port = 9;

const char* word_of(model::MediaKind kind) {
  switch (kind) {
    case model::MediaKind::audio:
      return "audio";
    case model::MediaKind::video:
      return "video";
    case model::MediaKind::text:
      return "text";
    case model::MediaKind::application:
      return "application";
  }
  return "audio";
}

std::string connection(const std::string& ip) {
  return std::string(model::is_ipv6(ip) ? "IN IP6 " : "IN IP4 ") + ip;
}

// The name of the peer's description, or of the offer before: an answer has that of its offer
// (RFC 3264 section 6), and a later offer what was agreed on. But never one that demands less than
// the stream does, or keys where there are none.
bool fits(const StreamDescription& stream, const std::string& name) {
  const bool secure = name.find("SAVP") != std::string::npos;
  const model::TransportDescription& transport = stream.transport;
  const bool keyed = transport.dtls || !transport.sdes.empty() || !transport.zrtp_hash.empty();
  return name.find("AVP") != std::string::npos && (secure ? keyed : !stream.secure_profile);
}

// Where keys of both kinds are offered, the name is the one that all understand.
std::string profile(const StreamDescription& stream, const SdpMediaLine* line) {
  if (line && fits(stream, line->protocol)) return clean_word(line->protocol);
  const bool only_dtls = stream.transport.dtls && stream.transport.sdes.empty();
  std::string name = only_dtls && stream.secure_profile ? "UDP/TLS/RTP/" : "RTP/";
  name += stream.secure_profile ? "SAVP" : "AVP";
  return stream.feedback_profile ? name + "F" : name;
}

void write_rtpmap(const model::PayloadFormat& format, std::string& out) {
  const std::string type = std::to_string(format.payload_type);
  out +=
      "a=rtpmap:" + type + " " + clean_text(format.name) + "/" + std::to_string(format.clock_rate);
  if (format.channels > 1) out += "/" + std::to_string(format.channels);
  out += "\r\n";
  if (!format.parameters.empty()) {
    out += "a=fmtp:" + type + " ";
    for (size_t i = 0; i < format.parameters.size(); ++i) {
      const auto& [key, value] = format.parameters[i];
      out += (i > 0 ? ";" : "") + clean_text(key) + (value.empty() ? "" : "=" + clean_text(value));
    }
    out += "\r\n";
  }
  for (const std::string& feedback : format.feedback)
    out += "a=rtcp-fb:" + type + " " + clean_text(feedback) + "\r\n";
}

void write_security(const model::TransportDescription& transport, std::string& out) {
  for (const model::SdesKey& key : transport.sdes) {
    out += "a=crypto:" + std::to_string(key.tag) + " " + clean_word(key.suite) + " ";
    out += clean_word(key.key_params.reveal());
    if (!key.session_params.empty()) out += " " + clean_text(key.session_params);
    out += "\r\n";
  }
  if (transport.dtls) {
    static constexpr const char* setups[] = {"actpass", "active", "passive", "holdconn"};
    out += "a=fingerprint:" + clean_word(transport.dtls->hash) + " ";
    for (size_t i = 0; i < transport.dtls->fingerprint.size(); ++i) {
      static constexpr char hex[] = "0123456789ABCDEF";
      const uint8_t byte = transport.dtls->fingerprint[i];
      if (i > 0) out += ':';
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
    out += std::string("\r\na=setup:") + setups[static_cast<int>(transport.dtls->setup)] + "\r\n";
  }
  if (!transport.zrtp_hash.empty())
    out += "a=zrtp-hash:" + clean_text(transport.zrtp_hash) + "\r\n";
  if (transport.ice) write_ice(*transport.ice, out);
}

// The place of a stream that is refused, in the words it was offered with.
void write_rejected(const StreamDescription& stream, const SdpMediaLine* line, std::string& out) {
  if (line && !line->media.empty())
    out += "m=" + clean_word(line->media) + " 0 " + clean_word(line->protocol) + " " +
           clean_text(line->formats);
  else
    out += std::string("m=") + word_of(stream.kind) + " 0 " + profile(stream, nullptr) + " 0";
  out += "\r\n";
  if (!stream.mid.empty()) out += "a=mid:" + clean_word(stream.mid) + "\r\n";
}

void write_stream(const StreamDescription& stream, const std::string& session_ip,
                  const SdpMediaLine* line, std::string& out) {
  if (stream.rejected) return write_rejected(stream, line, out);
  const model::TransportDescription& transport = stream.transport;
  // What ICE will find, or what another stream of its bundle has (RFC 8840 section 4.1.1,
  // RFC 9143 section 7): "discard" at no address.
  const bool unknown = !transport.rtp;
  out += std::string("m=") + word_of(stream.kind) + " ";
  out += std::to_string(unknown ? discard_port : transport.rtp.port) + " " + profile(stream, line);
  for (const model::PayloadFormat& format : stream.formats)
    out += " " + std::to_string(format.payload_type);
  // The grammar wants one format at least.
  if (stream.formats.empty()) out += " 0";
  out += "\r\n";
  if (unknown)
    out += model::is_ipv6(session_ip) ? "c=IN IP6 ::\r\n" : "c=IN IP4 0.0.0.0\r\n";
  else if (transport.rtp.ip != session_ip)
    out += "c=" + connection(transport.rtp.ip) + "\r\n";
  write_attributes(stream, out);
}

// RFC 3605, where it is not the next port of the same address.
void write_rtcp(const model::TransportDescription& transport, std::string& out) {
  const model::TransportAddress& rtcp = transport.rtcp;
  const bool other_host = !rtcp.ip.empty() && rtcp.ip != transport.rtp.ip;
  if (!transport.rtp || rtcp.port == 0 || (!other_host && rtcp.port == transport.rtp.port + 1))
    return;
  out += "a=rtcp:" + std::to_string(rtcp.port);
  if (other_host) out += " " + connection(rtcp.ip);
  out += "\r\n";
}

bool is_lite(const StreamDescription& stream) {
  return !stream.rejected && stream.transport.ice && stream.transport.ice->lite;
}

}  // namespace

void write_attributes(const StreamDescription& stream, std::string& out) {
  const model::TransportDescription& transport = stream.transport;
  for (const model::PayloadFormat& format : stream.formats) write_rtpmap(format, out);
  if (!stream.mid.empty()) out += "a=mid:" + clean_word(stream.mid) + "\r\n";
  if (stream.ptime_ms > 0) out += "a=ptime:" + std::to_string(stream.ptime_ms) + "\r\n";
  if (stream.maxptime_ms > 0) out += "a=maxptime:" + std::to_string(stream.maxptime_ms) + "\r\n";
  out += std::string("a=") + model::to_string(stream.direction) + "\r\n";
  write_rtcp(transport, out);
  if (transport.rtcp_mux) out += "a=rtcp-mux\r\n";
  for (const model::HeaderExtension& extension : stream.extensions) {
    out += "a=extmap:" + std::to_string(extension.id);
    if (extension.direction != model::Direction::send_recv)
      out += std::string("/") + model::to_string(extension.direction);
    out += " " + clean_word(extension.uri) + "\r\n";
  }
  for (const model::SourceDescription& source : stream.sources)
    out += "a=ssrc:" + std::to_string(source.ssrc) + " cname:" + clean_text(source.cname) + "\r\n";
  write_security(transport, out);
}

std::string write_sdp(const model::SessionDescription& description, const SdpOrigin& origin,
                      const std::string& ip, const std::vector<SdpMediaLine>& lines) {
  std::string out = "v=0\r\no=- " + origin.session_id + " " + std::to_string(origin.version) + " " +
                    connection(ip) + "\r\ns=-\r\nc=" + connection(ip) + "\r\nt=0 0\r\n";
  for (const auto& bundle : description.bundles) {
    out += "a=group:BUNDLE";
    for (const std::string& mid : bundle) out += " " + clean_word(mid);
    out += "\r\n";
  }
  // Of the session alone (RFC 8839 section 5.3).
  if (std::any_of(description.streams.begin(), description.streams.end(), is_lite))
    out += "a=ice-lite\r\n";
  for (size_t i = 0; i < description.streams.size(); ++i)
    write_stream(description.streams[i], ip, i < lines.size() ? &lines[i] : nullptr, out);
  return out;
}

}  // namespace commd::sip
