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
#include "daemon/xmpp/login_action.h"
#include "daemon/xmpp/negotiator.h"
#include "daemon/xmpp/sasl.h"
#include "daemon/xmpp/sasl_failure.h"
#include "daemon/xmpp/stream_error.h"
#include "daemon/xmpp/stream_features.h"
#include "daemon/xmpp/stream_management.h"
#include "daemon/xmpp/xml_reader.h"

namespace commd::xmpp {

struct LoginConfig {
  Jid account;           // bare
  std::string resource;  // wished for; empty: the server makes one
  TlsMode tls = TlsMode::direct;
  SaslCredentials credentials;
  SaslPins pins;
  int redirects = 0;  // followed on the way to this connection
  XmlLimits limits;
};

inline constexpr int kMaxRedirects = 3;

class StreamNegotiator final : public Negotiator {
 public:
  // `management` is the account's, and outlives this.
  StreamNegotiator(LoginConfig config, StreamManagement& management);

  void start() override;
  void received(std::string_view bytes) override;
  void tls_up(TlsFacts facts) override;
  void keys_derived(ScramKeys keys) override;
  void closed() override;
  void timed_out() override;
  std::vector<LoginAction> take_actions() override { return std::exchange(actions_, {}); }
  bool finished() const override { return stage_ == Stage::finished; }
  std::unique_ptr<XmlReader> take_reader() override { return std::move(reader_); }

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
