// A hostile server drives a login to its end. Nobody here knows the password, so no SCRAM
// may ever succeed, and nothing secret may leave before TLS. The first byte chooses the
// configuration and how the bytes are cut. So that guesses are not needed, in the input
//   \x01 is the id of the last request,
//   \x02 a challenge that continues the client's nonce, in base64.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/xmpp/component_negotiator.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/stream_negotiator.h"

using namespace commd;
using namespace commd::xmpp;

namespace {

std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const size_t begin = text.rfind(before);
  if (begin == text.npos) return "";
  const size_t from = begin + before.size();
  return std::string(text.substr(from, text.find_first_of(after, from) - from));
}

class Victim {
 public:
  explicit Victim(uint8_t choice) : negotiator_(config(choice), management_) {
    if ((choice & 2) != 0) resumable();
    negotiator_.start();
    if ((choice & 1) != 0) up();
    settle();
  }

  void receive(std::string_view bytes) {
    negotiator_.received(bytes);
    settle();
  }
  bool over() const { return over_; }
  void end() {
    negotiator_.timed_out();
    settle();
    if (!over_) abort();
  }
  std::string id() const { return between(sent_, "id=\"", "\""); }
  std::string challenge() const {
    const std::string first = base64_decode(between(sent_, "'>", "<")).value_or("");
    return base64_encode("r=" + between(first, "r=", ",") + "x,s=c2FsdA==,i=4096");
  }

 private:
  static LoginConfig config(uint8_t choice) {
    LoginConfig mine;
    mine.account = *Jid::parse("user@example.org");
    mine.tls = (choice & 1) != 0 ? TlsMode::direct : TlsMode::starttls;
    mine.credentials.password = base::Secret("unguessable");
    mine.pins.scram = (choice & 4) != 0;
    return mine;
  }
  void resumable() {
    const Stanza enabled("enabled", ns::kStreamManagement);
    enabled.set("id", "s1").set("resume", "true");
    management_.enabled(enabled, "user@example.org/old");
    if (!management_.submit({1, StanzaKind::message, "<message/>"})) abort();
    management_.output({});
    management_.disconnected();
  }
  void up() {
    secure_ = true;
    negotiator_.tls_up({{{BindingType::tls_exporter, "exported"}}});
  }
  void settle() {
    for (LoginAction& action : negotiator_.take_actions()) take(action);
  }
  void take(LoginAction& action) {
    if (over_) abort();
    if (const auto* bytes = std::get_if<SendBytes>(&action)) {
      if (!secure_ && bytes->bytes.find("auth") != std::string::npos) abort();
      sent_ = bytes->bytes;
    }
    if (std::holds_alternative<StartTls>(action)) {
      if (secure_) abort();
      up();
      settle();
    }
    if (const auto* derive = std::get_if<DeriveKeys>(&action)) {
      const std::string key(size_of(derive->challenge.hash), 'k');
      negotiator_.keys_derived({derive->challenge, base::Secret(key), base::Secret(key)});
      settle();
    }
    if (const auto* ready = std::get_if<Ready>(&action)) {
      if (!secure_ || ready->mechanism != "PLAIN" || ready->jid.empty()) abort();
    }
    over_ = over_ || std::holds_alternative<Ready>(action) ||
            std::holds_alternative<Redirect>(action) || std::holds_alternative<Failed>(action);
    if (over_ && !negotiator_.finished()) abort();
  }

  StreamManagement management_;
  StreamNegotiator negotiator_;
  std::string sent_;
  bool secure_ = false, over_ = false;
};

std::string filled_in(std::string_view bytes, const Victim& victim) {
  std::string out;
  for (const char c : bytes) {
    if (c == '\x01')
      out += victim.id();
    else if (c == '\x02')
      out += victim.challenge();
    else
      out += c;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Cut behind each line, or in pieces of one size.
  const size_t chunk = (data[0] >> 3) == 0 ? 0 : 1 + (data[0] >> 3) * 7U;
  Victim victim(data[0]);
  StreamManagement of_component;
  ComponentNegotiator component(*Jid::parse("gw.example.org"), base::Secret("secret"),
                                of_component);
  component.start();
  for (size_t at = 0; at < bytes.size() && !victim.over();) {
    const size_t line = bytes.find('\n', at);
    const size_t end = chunk > 0 ? at + chunk : line == bytes.npos ? bytes.size() : line + 1;
    // A line's end is no part of what is said: after <proceed/> it would be an injection.
    std::string_view piece = bytes.substr(at, end - at);
    if (chunk == 0 && piece.ends_with('\n')) piece.remove_suffix(1);
    const std::string said = filled_in(piece, victim);
    victim.receive(said);
    component.received(said);
    for (const LoginAction& action : component.take_actions())
      if (std::holds_alternative<Failed>(action) && !component.finished()) abort();
    at = end;
  }
  if (!victim.over()) victim.end();
  component.closed();
  if (!component.finished()) abort();
  return 0;
}
