#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "daemon/model/media_address.h"
#include "daemon/model/rtp_format.h"
#include "daemon/sip/sdp.h"
#include "daemon/sip/sdp_attributes.h"
#include "daemon/sip/sdp_ice.h"
#include "daemon/sip/sdp_line.h"

namespace commd::sip {
namespace {

using model::StreamDescription;

constexpr size_t max_bytes = 64 * 1024;
constexpr size_t max_streams = 32;
constexpr size_t max_formats = 64;
constexpr size_t max_lines = 512;  // of one section
constexpr size_t max_word = 64;    // bytes
constexpr size_t max_line_formats = 256;
constexpr uint16_t lowest_port = 1024;
// What m= says where ICE, or another stream of the bundle, finds the way (RFC 8840 section 4.1.1).
constexpr uint16_t discard_port = 9;

using Bundles = std::vector<std::vector<std::string>>;

struct Attribute {
  std::string_view name;
  std::string_view value;
};

// The next line, without its end: CRLF, LF, or a bare CR as it may be meant to hide a
// line from whoever reads it before us. (Of CRLF the LF gives an empty line.)
std::string_view take_line(std::string_view& rest) {
  const size_t at = rest.find_first_of("\r\n");
  const std::string_view line = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return trim(line);
}

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
    const std::string_view line = take_line(text);
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

// The place of a stream, without what is in it.
StreamDescription refused_like(const StreamDescription& stream) {
  StreamDescription refused;
  refused.kind = stream.kind;
  refused.mid = stream.mid;
  refused.rejected = true;
  return refused;
}

// The formats of m=, each once (RFC 8866 section 5.14).
base::Result<void> read_formats(StreamDescription& stream, std::string_view words) {
  std::array<bool, 128> seen{};
  while (!words.empty() && stream.formats.size() < max_formats) {
    const auto number = to_number<uint8_t>(take_word(words), 127);
    if (!number && !stream.rejected) return bad("a payload type is not a number from 0 to 127");
    if (!number || std::exchange(seen[*number], true)) continue;
    stream.formats.emplace_back().payload_type = *number;
  }
  return {};
}

// Port 0 says "refused", but not of a stream that goes with another (RFC 9143 section 6).
enum class NoPort { refused, bundled };

// "audio 49170 RTP/AVP 0 8 97". A stream of a kind or profile that nobody here
// speaks is kept in its place and marked rejected.
base::Result<StreamDescription> read_media(std::string_view media, NoPort no_port) {
  StreamDescription stream;
  stream.kind = kind_of(take_word(media));
  std::string_view port_text = take_word(media);
  const auto port = to_number<uint16_t>(take_until(port_text, '/'), 65535);
  if (!port) return bad("m= has no port from 0 to 65535");
  const bool known =
      read_profile(stream, take_word(media)) && stream.kind != model::MediaKind::application;
  if (!known || (*port == 0 && no_port == NoPort::refused)) return refused_like(stream);
  if (*port != 0 && *port != discard_port && *port < lowest_port)
    return bad("media to a port below 1024 is refused");
  stream.transport.rtp.port = *port;
  const auto formats = read_formats(stream, media);
  if (!formats) return base::fail(formats.error());
  return stream;
}

// The words of m= but the port, for a refusal.
SdpMediaLine line_of(std::string_view media) {
  SdpMediaLine line;
  line.media = take_word(media).substr(0, max_word);
  take_word(media);
  line.protocol = take_word(media).substr(0, max_word);
  for (size_t i = 0; i < max_formats && !media.empty(); ++i) {
    const std::string_view word = take_word(media);
    if (line.formats.size() + word.size() > max_line_formats) break;
    if (i > 0) line.formats += ' ';
    line.formats += word;
  }
  if (line.protocol.empty()) line.protocol = "RTP/AVP";
  if (line.formats.empty()) line.formats = "0";
  return line;
}

base::Result<void> read_address(StreamDescription& stream, std::string_view connection) {
  if (stream.transport.rtp.port < lowest_port) {
    // Nothing is sent there, whatever the address.
    stream.transport.rtp = stream.transport.rtcp = {};
    return {};
  }
  if (connection.empty()) return bad("a stream has no c= line");
  const std::string_view ip = ip_of(connection);
  switch (model::address_use(ip)) {
    case model::AddressUse::usable:
      break;
    case model::AddressUse::unspecified:
      // The old way to hold (RFC 2543): the peer hears nothing and sends nothing
      // to itself; what it sends is allowed by its direction.
      stream.direction = model::make_direction(model::sends(stream.direction), false);
      break;
    case model::AddressUse::forbidden:
      return bad("media to \"" + std::string(ip.substr(0, 64)) + "\" is refused");
  }
  stream.transport.rtp.ip = ip;
  model::TransportAddress& rtcp = stream.transport.rtcp;
  if (rtcp.port == 0) return {};
  if (rtcp.ip.empty()) rtcp.ip = ip;
  if (model::address_use(rtcp.ip) == model::AddressUse::forbidden)
    return bad("RTCP to a forbidden address");
  // What goes without saying is not said in the model either.
  if (rtcp.ip == ip && rtcp.port == stream.transport.rtp.port + 1) rtcp = {};
  return {};
}

bool has(const Section& section, std::string_view name) {
  return std::any_of(section.attributes.begin(), section.attributes.end(),
                     [&](const Attribute& a) { return a.name == name; });
}

// The session's attributes that hold for streams without one of their own.
base::Result<void> inherit(StreamDescription& stream, const Section& session,
                           const Section& section) {
  // Asked once a name, not once a line: a message may have thousands of either.
  std::map<std::string_view, bool> overridden;
  for (const Attribute& attribute : session.attributes) {
    if (!is_inheritable(attribute.name)) continue;
    const auto found = overridden.find(attribute.name);
    const bool own =
        found != overridden.end()
            ? found->second
            : overridden.emplace(attribute.name, has(section, attribute.name)).first->second;
    if (!own && !read_attribute(stream, attribute.name, attribute.value))
      return bad("a=" + std::string(attribute.name) + " cannot be read");
  }
  return {};
}

// The last mid of a section, as read_attribute() takes it.
std::string mid_of(const Section& section) {
  StreamDescription stream;
  for (const Attribute& attribute : section.attributes)
    if (attribute.name == "mid") read_attribute(stream, attribute.name, attribute.value);
  return stream.mid;
}

// Whether the stream goes the way of the first one of its group.
bool goes_with_another(const Bundles& bundles, const std::string& mid) {
  return !mid.empty() && std::any_of(bundles.begin(), bundles.end(), [&](const auto& bundle) {
    return !bundle.empty() && bundle.front() != mid &&
           std::find(bundle.begin(), bundle.end(), mid) != bundle.end();
  });
}

// What the lines say together. Keys without their hash protect nothing: setup alone is no DTLS.
base::Result<void> settle(StreamDescription& stream, const Section& session, const Section& section,
                          const Bundles& bundles) {
  model::TransportDescription& transport = stream.transport;
  if (transport.dtls && transport.dtls->fingerprint.empty()) transport.dtls.reset();
  const auto address =
      read_address(stream, section.connection.empty() ? session.connection : section.connection);
  if (!address) return address;
  if (has(section, "ice-mismatch")) transport.ice.reset();  // RFC 8839 section 5.3
  settle_ice(transport);
  if (transport.ice) transport.ice->lite = has(session, "ice-lite");
  if (!transport.rtp && !transport.ice && !goes_with_another(bundles, stream.mid))
    return bad("media to a port below 1024 is refused");
  return {};
}

base::Result<StreamDescription> read_stream(const Section& session, const Section& section,
                                            const Bundles& bundles) {
  const bool bundled = has(section, "bundle-only") && goes_with_another(bundles, mid_of(section));
  auto stream = read_media(section.media, bundled ? NoPort::bundled : NoPort::refused);
  if (!stream) return stream;
  if (stream->rejected) {
    stream->mid = mid_of(section);
    return stream;
  }
  const auto inherited = inherit(*stream, session, section);
  if (!inherited) return base::fail(inherited.error());
  for (const Attribute& attribute : section.attributes)
    if (!read_attribute(*stream, attribute.name, attribute.value))
      return bad("a=" + std::string(attribute.name) + " cannot be read");
  for (model::PayloadFormat& format : stream->formats) model::fill_static_format(format);
  std::erase_if(stream->formats, [](const auto& format) { return format.name.empty(); });
  // Nothing that could be sent or heard: as good as a kind that nobody speaks.
  if (stream->formats.empty()) return refused_like(*stream);
  const auto settled = settle(*stream, session, section, bundles);
  if (!settled) return base::fail(settled.error());
  return stream;
}

// RFC 9143.
Bundles read_bundles(const Section& session) {
  Bundles bundles;
  for (const Attribute& attribute : session.attributes) {
    std::string_view value = attribute.value;
    if (attribute.name != "group" || take_word(value) != "BUNDLE") continue;
    std::vector<std::string> bundle;
    while (!value.empty() && bundle.size() < max_streams) bundle.emplace_back(take_word(value));
    if (bundles.size() < max_streams) bundles.push_back(std::move(bundle));
  }
  return bundles;
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
  out.description.bundles = read_bundles(session);
  for (size_t i = 1; i < parts->sections.size(); ++i) {
    auto stream = read_stream(session, parts->sections[i], out.description.bundles);
    if (!stream) return base::fail(stream.error());
    out.description.streams.push_back(std::move(*stream));
    out.lines.push_back(line_of(parts->sections[i].media));
  }
  return out;
}

}  // namespace commd::sip
