// A server's lines, and a login driven in memory by what a server says.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "daemon/xmpp/stream_negotiator.h"
#include "tests/unit/xmpp/scram_server.h"

namespace commd::xmpp::test {

inline const std::string kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='i1' from='example.org' version='1.0'>";

inline std::string features(const std::string& inside) {
  return "<stream:features>" + inside + "</stream:features>";
}
inline const std::string kStartTls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline const std::string kProceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline const std::string kBind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
inline const std::string kSm = "<sm xmlns='urn:xmpp:sm:3'/>";
inline std::string mechanisms(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += "<mechanism>" + name + "</mechanism>";
  return "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + list + "</mechanisms>";
}
inline std::string sasl(const std::string& name, const std::string& text) {
  return "<" + name + " xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + text + "</" + name + ">";
}
inline std::string stream_error(const std::string& inside) {
  return "<stream:error>" + inside + "</stream:error>";
}

inline LoginConfig config(TlsMode tls = TlsMode::direct) {
  LoginConfig mine;
  mine.account = *Jid::parse("user@example.org");
  mine.tls = tls;
  mine.credentials.password = base::Secret("pencil");
  return mine;
}

// Drives a login in memory, and keeps what came of it.
class Login {
 public:
  explicit Login(LoginConfig mine = config()) : negotiator(std::move(mine), management) {
    negotiator.start();
    settle();
  }
  Login(LoginConfig mine, StreamManagement state)
      : management(std::move(state)), negotiator(std::move(mine), management) {
    negotiator.start();
    settle();
  }

  void tls(TlsFacts facts = {}) {
    negotiator.tls_up(std::move(facts));
    settle();
  }
  // What the server says; gives what was answered.
  std::string server(const std::string& bytes) {
    sent.clear();
    negotiator.received(bytes);
    settle();
    return sent;
  }
  // Up to the answer to the first challenge.
  std::string authenticate(const std::vector<std::string>& names = {"SCRAM-SHA-256"},
                           const std::string& more = "") {
    tls();
    const std::string auth = server(kHeader + features(mechanisms(names) + more));
    return server(sasl("challenge", scram.first(text_of(auth))));
  }
  std::string log_in(const std::string& last_features = kBind + kSm) {
    const std::string response = authenticate();
    server(sasl("success", scram.final(text_of(response))));
    return server(kHeader + features(last_features));
  }
  static std::string text_of(const std::string& element) {
    const size_t begin = element.find('>') + 1;
    return element.substr(begin, element.find('<', begin) - begin);
  }
  static std::string attribute_of(const std::string& element, const std::string& name) {
    std::smatch match;
    std::regex_search(element, match, std::regex(" " + name + "=[\"']([^\"']*)"));
    return match.size() > 1 ? match[1].str() : "";
  }
  std::string reason() const { return failed ? failed->error.reason : ""; }

  StreamManagement management;
  StreamNegotiator negotiator;
  ScramServer scram;
  std::string sent;
  bool secret = false, start_tls = false;
  int derived = 0;
  std::optional<Ready> ready;
  std::optional<Failed> failed;
  std::optional<HostPort> redirect;

 private:
  void settle() {
    for (LoginAction& action : negotiator.take_actions()) take(action);
  }
  void take(LoginAction& action) {
    EXPECT_FALSE(ready || failed || redirect) << "nothing follows the end";
    if (auto* bytes = std::get_if<SendBytes>(&action)) {
      sent += bytes->bytes;
      secret = secret || bytes->kind == SendBytes::Kind::secret;
    }
    if (std::holds_alternative<StartTls>(action)) start_tls = true;
    if (auto* is_ready = std::get_if<Ready>(&action)) ready = std::move(*is_ready);
    if (auto* is_failed = std::get_if<Failed>(&action)) failed = std::move(*is_failed);
    if (auto* other = std::get_if<Redirect>(&action)) redirect = other->to;
    if (auto* derive = std::get_if<DeriveKeys>(&action)) {
      ++derived;
      negotiator.keys_derived(derive_scram_keys(derive->challenge, derive->password));
      settle();
    }
  }
};

inline std::string bound(const std::string& request,
                         const std::string& jid = "user@example.org/r1") {
  return "<iq type='result' id='" + Login::attribute_of(request, "id") +
         "'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" + jid + "</jid></bind></iq>";
}

}  // namespace commd::xmpp::test
