#include <array>
#include <cstring>
#include <map>
#include <utility>

#include "daemon/model/rtp_format.h"
#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/jingle_rtp_format.h"
#include "daemon/xmpp/jingle_values.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using model::PayloadFormat;
using model::StreamDescription;

constexpr size_t most_key = 64;  // bytes of a name or a keyword
constexpr size_t most_value = 256;
constexpr size_t most_key_params = 512;
constexpr size_t most_cname = 255;  // RFC 3550 section 6.5.1
constexpr size_t most_version = 16;
constexpr uint32_t most_clock_rate = 1'000'000;
constexpr uint32_t most_tag = 999'999'999;  // RFC 4568 section 9.1

bool is_parameter_name(std::string_view name) {
  return is_word(name, most_key) && name.find_first_of("=;") == std::string_view::npos;
}

// RFC 4733's list of events has the name "events" as a media type, and none in SDP, where others
// take it from.
void read_parameter(const Element& element, PayloadFormat& format) {
  const std::string_view name = trimmed(element.attribute("name"));
  const std::string_view value = trimmed(element.attribute("value"));
  if (!is_line(value, most_value) || value.find(';') != std::string_view::npos) return;
  const bool events = name == "events" && strcasecmp(format.name.c_str(), "telephone-event") == 0;
  if (name.empty() || events) {
    if (is_parameter_name(value)) format.parameters.emplace_back(value, "");
  } else if (is_parameter_name(name)) {
    format.parameters.emplace_back(name, value);
  }
}

void read_format_parts(const Element& element, PayloadFormat& format) {
  for (const Element each : element) {
    if (each.is("parameter", ns::kJingleRtp)) {
      if (format.parameters.size() < most_rtp_items) read_parameter(each, format);
    } else if (std::string feedback = read_feedback(each);
               !feedback.empty() && format.feedback.size() < most_rtp_items) {
      format.feedback.push_back(std::move(feedback));
    }
  }
}

void read_format(const Element& element, StreamDescription& stream) {
  const auto payload_type = number_of<uint8_t>(element.attribute("id"), 127);
  if (!payload_type || stream.formats.size() == most_rtp_items) return;
  PayloadFormat format;
  format.payload_type = *payload_type;
  const std::string_view name = element.attribute("name");
  if (!name.empty()) {
    if (!is_word(name, most_key) || name.find('/') != std::string_view::npos) return;
    format.name = name;
  }
  format.clock_rate =
      number_of<uint32_t>(element.attribute("clockrate"), most_clock_rate).value_or(0);
  format.channels =
      std::max<uint8_t>(number_of<uint8_t>(element.attribute("channels"), 8).value_or(1), 1);
  model::fill_static_format(format);
  if (format.name.empty() || format.clock_rate == 0) return;
  const auto milliseconds = [&element](const char* attribute) {
    return number_of<unsigned>(element.attribute(attribute), UINT32_MAX).value_or(0);
  };
  if (stream.ptime_ms == 0) stream.ptime_ms = model::packet_time(milliseconds("ptime"));
  if (stream.maxptime_ms == 0)
    stream.maxptime_ms = model::longest_packet_time(milliseconds("maxptime"));
  read_format_parts(element, format);
  stream.formats.push_back(std::move(format));
}

void read_extension(const Element& element, JingleParty describer, StreamDescription& stream) {
  const auto id = number_of<uint8_t>(element.attribute("id"), 255);
  const std::string_view uri = element.attribute("uri");
  if (!id || *id == 0 || !is_word(uri, most_value) || stream.extensions.size() == most_rtp_items)
    return;
  model::HeaderExtension extension{*id, std::string(uri), model::Direction::send_recv};
  for (const JingleParty party :
       {JingleParty::initiator, JingleParty::responder, JingleParty::none})
    if (element.attribute("senders") == to_string(party))
      extension.direction = direction_of(party, describer);
  stream.extensions.push_back(std::move(extension));
}

class Sources {
 public:
  explicit Sources(StreamDescription& stream) : stream_(stream) {}

  void read(const Element& element) {
    const auto ssrc = number_of<uint32_t>(element.attribute("ssrc"), UINT32_MAX);
    if (!ssrc) return;
    const auto [at, is_new] = places_.emplace(*ssrc, stream_.sources.size());
    if (is_new) {
      if (stream_.sources.size() == most_rtp_items) return static_cast<void>(places_.erase(at));
      stream_.sources.push_back({*ssrc, {}});
    }
    for (const Element each : element) {
      const std::string_view cname = each.attribute("value");
      if (each.is("parameter", ns::kJingleSources) && each.attribute("name") == "cname" &&
          is_line(cname, most_cname))
        stream_.sources[at->second].cname = trimmed(cname);
    }
  }

 private:
  StreamDescription& stream_;
  std::map<uint32_t, size_t> places_;
};

std::optional<model::SdesKey> key_of(const Element& crypto) {
  const auto tag = number_of<uint32_t>(crypto.attribute("tag"), most_tag);
  const std::string_view suite = crypto.attribute("crypto-suite");
  const std::string_view params = crypto.attribute("key-params");
  const std::string_view session = trimmed(crypto.attribute("session-params"));
  if (!tag || !is_word(suite, most_key) || !is_word(params, most_key_params) ||
      !is_line(session, most_value))
    return std::nullopt;
  return model::SdesKey{*tag, std::string(suite), base::Secret(params), std::string(session)};
}

// "1.10 <hex>", as SDP has it.
std::string zrtp_hash_of(const Element& element) {
  const std::string_view version = element.attribute("version");
  const std::string text = element.text();
  const std::string_view hash = trimmed(text);
  if (!is_word(version, most_version) || !is_word(hash, most_value - most_version - 1)) return {};
  return std::string(version) + " " + std::string(hash);
}

base::Result<void> read_encryption(const Element& encryption, StreamDescription& stream) {
  for (const Element each : encryption) {
    if (each.is("crypto", ns::kJingleRtp)) {
      auto key = key_of(each);
      if (!key) return bad_jingle("a key of SDES cannot be read");
      if (stream.transport.sdes.size() < most_rtp_items)
        stream.transport.sdes.push_back(std::move(*key));
    } else if (each.is("zrtp-hash", ns::kJingleZrtp) && stream.transport.zrtp_hash.empty()) {
      stream.transport.zrtp_hash = zrtp_hash_of(each);
      if (stream.transport.zrtp_hash.empty()) return bad_jingle("a hash of ZRTP cannot be read");
    }
  }
  return {};
}

// Payload types first: what holds for all of them may stand before them.
void read_formats(const Element& description, StreamDescription& stream) {
  std::array<bool, 128> seen{};
  for (const Element each : description) {
    if (!each.is("payload-type", ns::kJingleRtp)) continue;
    const auto id = number_of<uint8_t>(each.attribute("id"), 127);
    if (id && !std::exchange(seen[*id], true)) read_format(each, stream);
  }
}

// Of the whole content. Without a value it says no more than that there may be feedback.
void read_common_feedback(const Element& element, StreamDescription& stream) {
  const std::string feedback = read_feedback(element);
  if (feedback.empty()) return;
  stream.feedback_profile = true;
  if (feedback == "trr-int 0") return;
  for (PayloadFormat& format : stream.formats)
    if (format.feedback.size() < most_rtp_items) format.feedback.push_back(feedback);
}

}  // namespace

base::Result<void> read_rtp_description(const Element& description, JingleParty describer,
                                        StreamDescription& stream) {
  read_formats(description, stream);
  stream.secure_profile = stream.transport.dtls.has_value();
  Sources sources(stream);
  size_t common_feedback = 0;
  for (const Element each : description) {
    if (each.is("rtcp-mux", ns::kJingleRtp)) stream.transport.rtcp_mux = true;
    if (each.is("rtp-hdrext", ns::kJingleExtensions)) read_extension(each, describer, stream);
    if (each.is("source", ns::kJingleSources)) sources.read(each);
    // Each goes to all payload types.
    if (each.ns() == ns::kJingleFeedback && ++common_feedback <= most_rtp_items)
      read_common_feedback(each, stream);
    if (!each.is("encryption", ns::kJingleRtp)) continue;
    stream.secure_profile = is_true(each.attribute("required"));
    const auto keys = read_encryption(each, stream);
    if (!keys) return keys;
  }
  for (const PayloadFormat& format : stream.formats)
    if (!format.feedback.empty()) stream.feedback_profile = true;
  return {};
}

}  // namespace commd::xmpp
