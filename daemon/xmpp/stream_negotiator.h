// The login of a client as a pure state machine (RFC 6120, XEP-0198):
//
//   stream -> STARTTLS, where TLS was not there from the first byte -> stream -> SASL ->
//   stream -> resume, else bind and enable -> ready
//
// Bytes and facts in, actions out; no socket, no clock. The owner opens the connection,
// does TLS (verified against the domain of the account's address, whatever host it
// connected to) and keeps the deadline. Nothing secret is ever sent before TLS is up.
//
// One thread at a time. What comes in is hostile: each input ends in actions, one of them
// Ready, Redirect or Failed at the latest when the owner says closed() or timed_out().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/sasl.h"
#include "daemon/xmpp/sasl_failure.h"
#include "daemon/xmpp/stream_error.h"
#include "daemon/xmpp/stream_features.h"
#include "daemon/xmpp/stream_management.h"
#include "daemon/xmpp/xml_reader.h"

namespace commd::xmpp {

enum class TlsMode {
  starttls,  // RFC 6120 section 5
  direct,    // XEP-0368: TLS from the first byte
};

struct LoginConfig {
  Jid account;           // bare
  std::string resource;  // wished for; empty: the server makes one
  TlsMode tls = TlsMode::direct;
  SaslCredentials credentials;
  SaslPins pins;
  int redirects = 0;  // followed on the way to this connection
  XmlLimits limits;
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

inline constexpr int kMaxRedirects = 3;

class StreamNegotiator {
 public:
  // `management` is the account's, and outlives this.
  StreamNegotiator(LoginConfig config, StreamManagement& management);

  // The connection is there; with TlsMode::direct, so is TLS (tls_up follows at once).
  void start();
  void received(std::string_view bytes);
  void tls_up(TlsFacts facts);
  void keys_derived(ScramKeys keys);
  // The peer closed, or the owner's deadline passed.
  void closed();
  void timed_out();

  // What the input before led to; to be taken after each.
  std::vector<LoginAction> take_actions() { return std::exchange(actions_, {}); }
  // Over, for good or ill.
  bool finished() const { return stage_ == Stage::finished; }
  // After Ready.
  std::unique_ptr<XmlReader> take_reader() { return std::move(reader_); }

 private:
  enum class Stage {
    idle,
    header,
    features,
    proceed,
    tls,
    sasl,
    keys,
    resume,
    bind,
    enable,
    finished
  };

  bool text_before_stream(XmlFault fault) const;
  void handle(XmlEvent event);
  void stream_opened(const StreamOpen& open);
  void stanza(Stanza stanza);
  void open_stream();

  void on_features(const Element& features);
  void on_proceed(const Element& answer);
  void begin_sasl();
  void on_sasl(const Element& answer);
  void on_sasl_success(const Element& answer);
  void take_step(SaslStep step);
  void begin_session();
  void on_resume(const Element& answer);
  void send_bind();
  void on_bind(const Element& answer);
  void on_enable(Stanza answer);
  void on_stream_error(const Element& error);
  void ready();

  void send(std::string bytes, SendBytes::Kind kind = SendBytes::Kind::plain);
  void fail(base::Error error, Retry retry, std::string_view condition = {});
  void fail(base::Error error);
  void unexpected(const Element& what);
  const char* stage_words() const;

  LoginConfig config_;
  StreamManagement& management_;
  std::unique_ptr<XmlReader> reader_;
  std::vector<LoginAction> actions_;
  Stage stage_ = Stage::idle;
  bool opened_ = false;  // our header is out
  bool secure_ = false;
  bool authenticated_ = false;
  TlsFacts tls_;
  StreamFeatures features_;
  std::optional<SaslNegotiation> sasl_;
  std::string bind_id_;
  Ready ready_;
};

}  // namespace commd::xmpp
