#include <algorithm>
#include <vector>

#include "daemon/sip/sdp.h"
#include "daemon/sip/sdp_address.h"
#include "daemon/sip/sdp_attributes.h"
#include "daemon/sip/sdp_line.h"

namespace commd::sip {
namespace {

using model::StreamDescription;

constexpr size_t max_bytes = 64 * 1024;
constexpr size_t max_streams = 32;
constexpr size_t max_formats = 64;
constexpr size_t max_lines = 512;  // of one section

struct Attribute {
  std::string_view name;
  std::string_view value;
};

// The lines before the first m=, or of one m=.
struct Section {
  std::string_view media;       // value of m=
  std::string_view connection;  // value of c=
  std::vector<Attribute> attributes;
};

tl::unexpected<base::Error> bad(const std::string& why) {
  base::Error error{base::Code::invalid_argument, "BAD_SDP", "bad SDP: " + why, {}};
  error.details["problem"] = why;
  return base::fail(error);
}

struct Split {
  SdpOrigin origin;
  std::vector<Section> sections{1};  // the first is the session's
};

base::Result<Split> split(std::string_view text) {
  Split out;
  bool version_seen = false;
  size_t lines = 0;
  while (!text.empty()) {
    const std::string_view line = trim(take_until(text, '\n'));
    if (line.empty()) continue;
    if (line.size() < 2 || line[1] != '=') return bad("a line is not of the form x=value");
    std::string_view value = line.substr(2);
    if (line[0] == 'm') {
      if (out.sections.size() > max_streams) return bad("too many m= lines");
      out.sections.emplace_back().media = value;
      lines = 0;
    } else if (++lines > max_lines) {
      return bad("too many lines");
    }
    Section& section = out.sections.back();
    if (line[0] == 'v') version_seen = value == "0";
    if (line[0] == 'c') section.connection = value;
    if (line[0] == 'a') {
      const std::string_view name = take_until(value, ':');
      section.attributes.push_back({name, value});
    }
    if (line[0] == 'o') {
      take_word(value);
      out.origin.session_id = take_word(value).substr(0, 32);
      out.origin.version = to_number<uint64_t>(take_word(value), UINT64_MAX).value_or(0);
    }
  }
  if (!version_seen) return bad("no v=0 line");
  return out;
}

// "IN IP4 192.0.2.1" (a TTL behind the address is of multicast, which is refused)
std::string_view ip_of(std::string_view connection) {
  take_word(connection);
  take_word(connection);
  return take_word(connection);
}

bool read_profile(StreamDescription& stream, std::string_view protocol) {
  stream.secure_profile = protocol.find("SAVP") != std::string_view::npos;
  stream.feedback_profile = protocol.ends_with("AVPF");
  return protocol == "RTP/AVP" || protocol == "RTP/AVPF" || protocol == "RTP/SAVP" ||
         protocol == "RTP/SAVPF" || protocol == "UDP/TLS/RTP/SAVP" ||
         protocol == "UDP/TLS/RTP/SAVPF";
}

model::MediaKind kind_of(std::string_view word) {
  if (word == "audio") return model::MediaKind::audio;
  if (word == "video") return model::MediaKind::video;
  if (word == "text") return model::MediaKind::text;
  return model::MediaKind::application;
}

// "audio 49170 RTP/AVP 0 8 97". A stream of a kind or profile that nobody here
// speaks is kept in its place and marked rejected.
base::Result<StreamDescription> read_media(std::string_view media) {
  StreamDescription stream;
  stream.kind = kind_of(take_word(media));
  std::string_view port_text = take_word(media);
  const auto port = to_number<uint16_t>(take_until(port_text, '/'), 65535);
  if (!port) return bad("m= has no port from 0 to 65535");
  const bool known = read_profile(stream, take_word(media));
  stream.rejected = *port == 0 || !known || stream.kind == model::MediaKind::application;
  if (*port != 0 && *port < 1024) return bad("media to a port below 1024 is refused");
  stream.transport.rtp.port = *port;
  while (!media.empty() && stream.formats.size() < max_formats) {
    const std::string_view word = take_word(media);
    const auto number = to_number<uint8_t>(word, 127);
    if (!number) {
      if (!stream.rejected) return bad("a payload type is not a number from 0 to 127");
      continue;
    }
    model::PayloadFormat format;
    format.payload_type = *number;
    stream.formats.push_back(std::move(format));
  }
  return stream;
}

base::Result<void> read_address(StreamDescription& stream, std::string_view connection) {
  if (stream.rejected) return {};
  if (connection.empty()) return bad("a stream has no c= line");
  const std::string_view ip = ip_of(connection);
  switch (address_use(ip)) {
    case AddressUse::usable: break;
    case AddressUse::unspecified:
      // The old way to hold (RFC 2543): the peer hears nothing and sends nothing
      // to itself; what it sends is allowed by its direction.
      stream.direction = model::make_direction(model::sends(stream.direction), false);
      break;
    case AddressUse::forbidden:
      return bad("media to \"" + std::string(ip.substr(0, 64)) + "\" is refused");
  }
  stream.transport.rtp.ip = ip;
  model::TransportAddress& rtcp = stream.transport.rtcp;
  if (rtcp.port == 0) return {};
  if (rtcp.ip.empty()) rtcp.ip = ip;
  if (address_use(rtcp.ip) == AddressUse::forbidden) return bad("RTCP to a forbidden address");
  return {};
}

base::Result<StreamDescription> read_stream(const Section& session, const Section& section) {
  auto stream = read_media(section.media);
  if (!stream) return stream;
  const auto own = [&](std::string_view name) {
    return std::any_of(section.attributes.begin(), section.attributes.end(),
                       [&](const Attribute& a) { return a.name == name; });
  };
  for (const Attribute& attribute : session.attributes)
    if (is_inheritable(attribute.name) && !own(attribute.name) &&
        !read_attribute(*stream, attribute.name, attribute.value))
      return bad("a=" + std::string(attribute.name) + " cannot be read");
  for (const Attribute& attribute : section.attributes)
    if (!read_attribute(*stream, attribute.name, attribute.value))
      return bad("a=" + std::string(attribute.name) + " cannot be read");
  for (model::PayloadFormat& format : stream->formats) fill_static_format(format);
  std::erase_if(stream->formats, [](const auto& format) { return format.name.empty(); });
  // Keys without their hash protect nothing: setup alone is no DTLS.
  if (stream->transport.dtls && stream->transport.dtls->fingerprint.empty())
    stream->transport.dtls.reset();
  if (stream->transport.ice &&
      (stream->transport.ice->ufrag.empty() || stream->transport.ice->password.empty()))
    stream->transport.ice.reset();
  const auto address =
      read_address(*stream, section.connection.empty() ? session.connection : section.connection);
  if (!address) return base::fail(address.error());
  return stream;
}

}  // namespace

base::Result<ParsedSdp> parse_sdp(std::string_view text) {
  if (text.size() > max_bytes) return bad("longer than 64 KiB");
  if (text.find('\0') != std::string_view::npos) return bad("a NUL in the text");
  auto parts = split(text);
  if (!parts) return base::fail(parts.error());
  ParsedSdp out;
  out.origin = parts->origin;
  const Section& session = parts->sections.front();
  for (size_t i = 1; i < parts->sections.size(); ++i) {
    auto stream = read_stream(session, parts->sections[i]);
    if (!stream) return base::fail(stream.error());
    out.description.streams.push_back(std::move(*stream));
  }
  for (const Attribute& attribute : session.attributes) {
    std::string_view value = attribute.value;
    if (attribute.name != "group" || take_word(value) != "BUNDLE") continue;
    std::vector<std::string> bundle;
    while (!value.empty() && bundle.size() < max_streams) bundle.emplace_back(take_word(value));
    if (out.description.bundles.size() < max_streams) out.description.bundles.push_back(bundle);
  }
  return out;
}

}  // namespace commd::sip
