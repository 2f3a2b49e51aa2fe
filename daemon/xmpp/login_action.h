// What a login wants done: the values between a Negotiator and the owner of its connection. On
// the thread of the login.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/secret.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/sasl.h"
#include "daemon/xmpp/sasl_failure.h"
#include "daemon/xmpp/stream_error.h"
#include "daemon/xmpp/stream_features.h"
#include "daemon/xmpp/stream_management.h"

namespace commd::xmpp {

enum class TlsMode {
  starttls,  // RFC 6120 section 5
  direct,    // XEP-0368: TLS from the first byte
};

// Of the connection, once TLS is up and its certificate was found good.
struct TlsFacts {
  ChannelBindings bindings;
  ClientCertificate certificate = ClientCertificate::none;
};

// ---- what the owner is to do, in this order ------------------------------------------

struct SendBytes {
  enum class Kind { plain, secret };  // secret: never to be logged
  std::string bytes;
  Kind kind = Kind::plain;
};
struct StartTls {};  // then tls_up(); or close, with the owner's own words
// derive_scram_keys() on a pool thread, then keys_derived().
struct DeriveKeys {
  ScramChallenge challenge;
  base::Secret password;
};
// Logged in. take_reader() has what came after; StreamManagement::output() what to send.
struct Ready {
  Jid jid;  // full
  bool resumed = false;
  std::vector<uint64_t> acked;  // of a resumed stream
  SmLoss loss;                  // of one that was not
  std::vector<Stanza> early;    // came between bind and Ready: the first to be handled
  StreamFeatures features;
  std::string mechanism;
  SaslPins pins;  // to be kept
  std::optional<ScramKeys> keys;
  bool disclosed_password = false;  // by PLAIN: tell the person
};
// Connect to that host instead, TLS still for the account's domain, `redirects` one up.
struct Redirect {
  HostPort to;
};
struct Failed {
  base::Error error;
  Retry retry = Retry::later;
  SmLoss loss;  // where the stream to be resumed turned out useless
};
using LoginAction = std::variant<SendBytes, StartTls, DeriveKeys, Ready, Redirect, Failed>;

}  // namespace commd::xmpp
