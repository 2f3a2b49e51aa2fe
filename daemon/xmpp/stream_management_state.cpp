// The state of stream management as bytes: a version, then numbers in network order and
// texts after their length. No text of XML is trusted to be any: lengths alone decide.
#include <array>
#include <utility>

#include "daemon/xmpp/stream_management.h"

namespace commd::xmpp {
namespace {

constexpr std::string_view kMagic = "commd-sm";
constexpr uint8_t kVersion = 1;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  template <class Number>
  void number(Number value) {
    for (size_t i = sizeof(Number); i-- > 0;)
      out_ += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i) & 0xff);
  }
  void text(std::string_view text) {
    number(static_cast<uint32_t>(text.size()));
    out_ += text;
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class Number>
  Number number() {
    const std::string_view raw = take(sizeof(Number));
    uint64_t value = 0;
    for (const char c : raw) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<Number>(value);
  }
  std::string_view text() { return take(number<uint32_t>()); }
  std::string_view take(size_t size) {
    if (size > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  bool good() const { return good_; }
  bool done() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

tl::unexpected<base::Error> unreadable() {
  return base::fail(base::Code::invalid_argument, "SM_STATE_UNREADABLE",
                    "the stored state of the stream cannot be read; a new one is begun");
}

}  // namespace

std::string StreamManagement::save() const {
  std::string bytes(kMagic);
  Writer out(bytes);
  out.number(kVersion);
  out.text(id_);
  out.text(jid_);
  out.text(location_);
  out.number(handled_);
  out.number(acked_);
  out.number(static_cast<uint32_t>(queue_.size()));
  for (const OutgoingStanza& each : queue_) {
    out.number(each.tag);
    out.number(static_cast<uint8_t>(each.kind));
    out.text(each.text);
  }
  return bytes;
}

base::Result<StreamManagement> StreamManagement::load(std::string_view bytes,
                                                      const SmLimits& limits) {
  Reader in(bytes);
  if (in.take(kMagic.size()) != kMagic || in.number<uint8_t>() != kVersion) return unreadable();
  StreamManagement state(limits);
  state.id_ = in.text();
  state.jid_ = in.text();
  state.location_ = in.text();
  state.handled_ = in.number<uint32_t>();
  state.acked_ = in.number<uint32_t>();
  const auto count = in.number<uint32_t>();
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    OutgoingStanza stanza;
    stanza.tried = true;
    stanza.tag = in.number<uint64_t>();
    const auto kind = in.number<uint8_t>();
    stanza.text = in.text();
    if (kind > static_cast<uint8_t>(StanzaKind::passing)) return unreadable();
    stanza.kind = static_cast<StanzaKind>(kind);
    state.queued_bytes_ += stanza.text.size();
    state.queue_.push_back(std::move(stanza));
  }
  if (!in.done()) return unreadable();
  // It was saved before it was written: all of it may have been sent, and the server may
  // acknowledge all of it.
  state.in_flight_ = state.queue_.size();
  state.bytes_in_flight_ = state.queued_bytes_;
  return state;
}

}  // namespace commd::xmpp
