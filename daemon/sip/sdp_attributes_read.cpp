#include <algorithm>
#include <array>

#include "daemon/model/rtp_format.h"
#include "daemon/sip/sdp_attributes.h"
#include "daemon/sip/sdp_ice.h"
#include "daemon/sip/sdp_line.h"

namespace commd::sip {
namespace {

using model::Direction;
using model::PayloadFormat;
using model::StreamDescription;

constexpr size_t max_items = 64;  // of anything that a line may repeat
constexpr size_t max_key = 64;    // bytes of a name or a keyword
constexpr size_t max_value = 256;

PayloadFormat* format_of(StreamDescription& stream, std::string_view payload_type) {
  const auto number = to_number<uint8_t>(payload_type, 127);
  if (!number) return nullptr;
  for (PayloadFormat& format : stream.formats)
    if (format.payload_type == *number) return &format;
  return nullptr;
}

// "96 opus/48000/2"
void read_rtpmap(StreamDescription& stream, std::string_view value) {
  PayloadFormat* format = format_of(stream, take_word(value));
  if (!format) return;
  const std::string_view name = take_until(value, '/');
  const auto rate = to_number<uint32_t>(trim(take_until(value, '/')), 1'000'000);
  if (name.empty() || name.size() > 64 || !rate || *rate == 0) return;
  format->name = trim(name);
  format->clock_rate = *rate;
  format->channels = std::max<uint8_t>(to_number<uint8_t>(trim(value), 8).value_or(1), 1);
}

// "111 minptime=10;useinbandfec=1", "101 0-15"
void read_fmtp(StreamDescription& stream, std::string_view value) {
  PayloadFormat* format = format_of(stream, take_word(value));
  if (!format) return;
  format->parameters.clear();
  while (!value.empty() && format->parameters.size() < max_items) {
    std::string_view parameter = trim(take_until(value, ';'));
    if (parameter.empty()) continue;
    const std::string_view key = trim(take_until(parameter, '='));
    const std::string_view content = trim(parameter);
    // Half a parameter would say something else than the whole.
    if (key.empty() || key.size() > max_key || content.size() > max_value) continue;
    format->parameters.emplace_back(key, content);
  }
}

void read_feedback(StreamDescription& stream, std::string_view value) {
  const std::string_view which = take_word(value);
  if (value.empty() || value.size() > max_key) return;
  const auto add = [&](PayloadFormat& format) {
    if (format.feedback.size() < max_items) format.feedback.emplace_back(value);
  };
  if (which == "*")
    std::for_each(stream.formats.begin(), stream.formats.end(), add);
  else if (PayloadFormat* format = format_of(stream, which))
    add(*format);
}

// "1 AES_CM_128_HMAC_SHA1_80 inline:... KDR=0"
bool read_crypto(StreamDescription& stream, std::string_view value) {
  const auto tag = to_number<uint32_t>(take_word(value), 999'999'999);
  const std::string_view suite = take_word(value);
  const std::string_view keys = take_word(value);
  if (!tag || suite.empty() || keys.empty() || suite.size() > max_key || keys.size() > 512 ||
      value.size() > max_value)
    return false;
  if (stream.transport.sdes.size() >= max_items) return true;
  stream.transport.sdes.push_back(
      {*tag, std::string(suite), base::Secret(keys), std::string(value)});
  return true;
}

// "sha-256 AB:CD:..."
bool read_fingerprint(StreamDescription& stream, std::string_view value) {
  const std::string_view hash = take_word(value);
  model::DtlsParameters& dtls =
      stream.transport.dtls.emplace(stream.transport.dtls.value_or(model::DtlsParameters{}));
  dtls.hash.assign(hash.substr(0, 16));
  std::transform(dtls.hash.begin(), dtls.hash.end(), dtls.hash.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  dtls.fingerprint.clear();
  if (value.ends_with(':')) return false;
  while (!value.empty()) {
    const std::string_view byte = take_until(value, ':');
    uint8_t number = 0;
    const auto [end, error] = std::from_chars(byte.data(), byte.data() + byte.size(), number, 16);
    if (byte.size() != 2 || error != std::errc{} || end != byte.data() + 2) return false;
    dtls.fingerprint.push_back(number);
    if (dtls.fingerprint.size() > 64) return false;
  }
  return !dtls.fingerprint.empty();
}

bool read_setup(StreamDescription& stream, std::string_view value) {
  using Setup = model::DtlsParameters::Setup;
  static constexpr std::array<std::pair<std::string_view, Setup>, 4> names = {
      {{"actpass", Setup::actpass},
       {"active", Setup::active},
       {"passive", Setup::passive},
       {"holdconn", Setup::holdconn}}};
  for (const auto& [name, setup] : names) {
    if (trim(value) != name) continue;
    if (!stream.transport.dtls) stream.transport.dtls.emplace();
    stream.transport.dtls->setup = setup;
    return true;
  }
  return false;
}

// "1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "3/sendonly URI"
void read_extmap(StreamDescription& stream, std::string_view value) {
  std::string_view id_text = take_word(value);
  const auto id = to_number<uint8_t>(take_until(id_text, '/'), 255);
  const std::string_view uri = take_word(value);
  if (!id || *id == 0 || uri.empty() || uri.size() > 256 || stream.extensions.size() >= max_items)
    return;
  model::HeaderExtension extension{*id, std::string(uri), Direction::send_recv};
  for (const Direction d : {Direction::inactive, Direction::recv_only, Direction::send_only})
    if (id_text == model::to_string(d)) extension.direction = d;
  stream.extensions.push_back(std::move(extension));
}

// "123456 cname:text"
void read_ssrc(StreamDescription& stream, std::string_view value) {
  const auto ssrc = to_number<uint32_t>(take_word(value), 0xFFFFFFFF);
  if (!ssrc) return;
  auto source = std::find_if(stream.sources.begin(), stream.sources.end(),
                             [&](const auto& s) { return s.ssrc == *ssrc; });
  if (source == stream.sources.end()) {
    if (stream.sources.size() >= max_items) return;
    source = stream.sources.insert(source, {*ssrc, {}});
  }
  // RFC 3550 section 6.5.1: at most 255 bytes.
  if (value.starts_with("cname:") && value.size() <= 6 + 255) source->cname = value.substr(6);
}

bool read_direction(StreamDescription& stream, std::string_view name) {
  for (const Direction d :
       {Direction::inactive, Direction::recv_only, Direction::send_only, Direction::send_recv}) {
    if (name != model::to_string(d)) continue;
    stream.direction = d;
    return true;
  }
  return false;
}

// "20" (RFC 8866 section 6.4); 0 = not said.
unsigned milliseconds(std::string_view value) {
  return to_number<unsigned>(trim(value), UINT32_MAX).value_or(0);
}

// "53020", "53020 IN IP4 192.0.2.1" (RFC 3605)
void read_rtcp(StreamDescription& stream, std::string_view value) {
  const auto port = to_number<uint16_t>(take_word(value), 65535);
  if (!port || *port < 1024) return;
  stream.transport.rtcp.port = *port;
  take_word(value);
  take_word(value);
  stream.transport.rtcp.ip = value.substr(0, max_key);
}

}  // namespace

bool is_inheritable(std::string_view name) {
  static constexpr std::array<std::string_view, 11> names = {
      "sendrecv",  "sendonly", "recvonly",    "inactive",          "fingerprint", "setup",
      "ice-ufrag", "ice-pwd",  "ice-options", "end-of-candidates", "extmap"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool read_attribute(StreamDescription& stream, std::string_view name, std::string_view value) {
  if (read_direction(stream, name) || read_ice(stream.transport, name, value)) return true;
  if (name == "rtpmap")
    read_rtpmap(stream, value);
  else if (name == "fmtp")
    read_fmtp(stream, value);
  else if (name == "rtcp-fb")
    read_feedback(stream, value);
  else if (name == "crypto")
    return read_crypto(stream, value);
  else if (name == "fingerprint")
    return read_fingerprint(stream, value);
  else if (name == "setup")
    return read_setup(stream, value);
  else if (name == "extmap")
    read_extmap(stream, value);
  else if (name == "ssrc")
    read_ssrc(stream, value);
  else if (name == "rtcp")
    read_rtcp(stream, value);
  else if (name == "rtcp-mux" || name == "rtcp-mux-only")
    stream.transport.rtcp_mux = true;
  else if (name == "mid")
    stream.mid = take_word(value).substr(0, max_key);
  else if (name == "ptime")
    stream.ptime_ms = model::packet_time(milliseconds(value));
  else if (name == "maxptime")
    stream.maxptime_ms = model::longest_packet_time(milliseconds(value));
  else if (name == "zrtp-hash" && value.size() <= max_value)
    stream.transport.zrtp_hash = value;
  return true;
}

}  // namespace commd::sip
