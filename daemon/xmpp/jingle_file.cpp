#include "daemon/xmpp/jingle_file.h"

#include <array>
#include <charconv>

#include "daemon/base/escape.h"
#include "daemon/disk/safe_name.h"
#include "daemon/xmpp/crypto.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_candidates = 16;
constexpr size_t most_sid_bytes = 256;
constexpr size_t most_text_bytes = 4096;

template <class T>
std::optional<T> number_of(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string text_of(const Element& file, const char* name, size_t most) {
  std::string text = file.child_text(name, ns::kJingleFile);
  if (text.size() > most) text.resize(most);
  return base::to_valid_utf8(text);
}

std::string hash_in(const Element& file) {
  for (const Element each : file) {
    if (!each.is("hash", ns::kHashes) || each.attribute("algo") != "sha-256") continue;
    const auto bytes = base64_decode(each.text());
    if (bytes && bytes->size() == 32) return *bytes;
  }
  return {};
}

bool is_sid(std::string_view sid) { return !sid.empty() && sid.size() <= most_sid_bytes; }

constexpr std::array types = {"assisted", "direct", "proxy", "tunnel"};

std::optional<S5bCandidate> candidate_of(const Element& element) {
  S5bCandidate read;
  read.cid = element.attribute("cid");
  read.host = element.attribute("host");
  const auto jid = Jid::parse(element.attribute("jid"));
  const auto priority = number_of<uint32_t>(element.attribute("priority"));
  if (!is_sid(read.cid) || read.host.empty() || read.host.size() > 255 || !jid || !priority)
    return std::nullopt;
  read.jid = *jid;
  read.priority = *priority;
  read.port = 1080;  // section 2.2
  if (element.has_attribute("port")) {
    const auto port = number_of<uint16_t>(element.attribute("port"));
    if (!port || *port == 0) return std::nullopt;
    read.port = *port;
  }
  const std::string_view type = element.type();
  for (size_t i = 0; i < types.size(); ++i)
    if (type == types.at(i)) read.type = static_cast<CandidateType>(i);
  return read;
}

}  // namespace

std::optional<JingleFile> read_jingle_file(const Element& description) {
  if (!description.is("description", ns::kJingleFile)) return std::nullopt;
  const Element file = description.child("file", ns::kJingleFile);
  if (!file) return std::nullopt;
  JingleFile read;
  read.name = disk::safe_file_name(file.child_text("name", ns::kJingleFile));
  read.media_type = text_of(file, "media-type", 128);
  read.description = text_of(file, "desc", most_text_bytes);
  const std::string size = file.child_text("size", ns::kJingleFile);
  read.size = number_of<uint64_t>(size).value_or(0);
  if (read.size > uint64_t{1} << 62) return std::nullopt;
  read.sha256 = hash_in(file);
  if (const Element range = file.child("range", ns::kJingleFile))
    read.offset = range.has_attribute("offset")
                      ? number_of<uint64_t>(range.attribute("offset")).value_or(0)
                      : 0;
  return read;
}

void write_jingle_file(const JingleFile& in, const MutableElement& content) {
  const MutableElement file = content.add("description", ns::kJingleFile).add("file");
  if (!in.name.empty()) file.add_with_text("name", in.name);
  if (!in.media_type.empty()) file.add_with_text("media-type", in.media_type);
  if (!in.description.empty()) file.add_with_text("desc", in.description);
  file.add_with_text("size", std::to_string(in.size));
  if (!in.sha256.empty())
    file.add_with_text("hash", base64_encode(in.sha256), ns::kHashes).set("algo", "sha-256");
  if (in.offset) {
    const MutableElement range = file.add("range");
    if (*in.offset > 0) range.set("offset", std::to_string(*in.offset));
  }
}

std::string read_checksum(const Element& jingle) {
  return hash_in(jingle.child("checksum", ns::kJingleFile).child("file", ns::kJingleFile));
}

std::optional<IbbTransport> read_ibb(const Element& transport) {
  if (!transport.is("transport", ns::kJingleIbb) || !is_sid(transport.attribute("sid")))
    return std::nullopt;
  const auto size = number_of<uint16_t>(transport.attribute("block-size"));
  if (!size || *size == 0) return std::nullopt;
  return IbbTransport{std::string(transport.attribute("sid")), *size};
}

void write_ibb(const IbbTransport& transport, const MutableElement& content) {
  content.add("transport", ns::kJingleIbb)
      .set("block-size", std::to_string(transport.block_size))
      .set("sid", transport.sid);
}

std::optional<S5bTransport> read_s5b(const Element& transport) {
  if (!transport.is("transport", ns::kJingleS5b) || !is_sid(transport.attribute("sid")))
    return std::nullopt;
  S5bTransport read;
  read.sid = transport.attribute("sid");
  read.tcp = transport.attribute("mode").empty() || transport.attribute("mode") == "tcp";
  for (const Element each : transport) {
    if (each.ns() != ns::kJingleS5b) continue;
    if (each.name() == "candidate" && read.candidates.size() < most_candidates) {
      auto candidate = candidate_of(each);
      if (candidate) read.candidates.push_back(std::move(*candidate));
    } else if (each.name() == "candidate-used") {
      read.used = each.attribute("cid");
    } else if (each.name() == "activated") {
      read.activated = each.attribute("cid");
    } else if (each.name() == "candidate-error") {
      read.candidate_error = true;
    } else if (each.name() == "proxy-error") {
      read.proxy_error = true;
    }
  }
  return read;
}

void write_s5b(const S5bTransport& in, const MutableElement& content) {
  const MutableElement transport = content.add("transport", ns::kJingleS5b).set("sid", in.sid);
  if (!in.candidates.empty()) transport.set("mode", "tcp");
  for (const S5bCandidate& each : in.candidates)
    transport.add("candidate")
        .set("cid", each.cid)
        .set("host", each.host)
        .set("jid", each.jid.str())
        .set("port", std::to_string(each.port))
        .set("priority", std::to_string(each.priority))
        .set("type", types.at(static_cast<size_t>(each.type)));
  if (!in.used.empty()) transport.add("candidate-used").set("cid", in.used);
  if (!in.activated.empty()) transport.add("activated").set("cid", in.activated);
  if (in.candidate_error) transport.add("candidate-error");
  if (in.proxy_error) transport.add("proxy-error");
}

std::string s5b_address(const std::string& sid, const Jid& offerer, const Jid& other) {
  return to_hex(digest(Hash::sha1, sid + offerer.str() + other.str()));
}

}  // namespace commd::xmpp
