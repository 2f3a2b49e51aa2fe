#include "daemon/xmpp/stream_negotiator.h"

#include <utility>

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/xml_text.h"

namespace commd::xmpp {

using base::Code;

namespace {

base::Error not_xmpp() {
  return {Code::unavailable,
          "NOT_XMPP",
          "what answers there is no XMPP server for clients; check the account's `server`",
          {}};
}

}  // namespace

StreamNegotiator::StreamNegotiator(LoginConfig config, StreamManagement& management)
    : config_(std::move(config)),
      management_(management),
      reader_(std::make_unique<XmlReader>(config_.limits)) {}

// ---- input -----------------------------------------------------------------------

void StreamNegotiator::start() {
  if (stage_ != Stage::idle) return;
  if (config_.tls == TlsMode::direct)
    stage_ = Stage::tls;
  else
    open_stream();
}

// A web server, for example, begins with words.
bool StreamNegotiator::text_before_stream(XmlFault fault) const {
  return stage_ == Stage::header && fault == XmlFault::stray_text;
}

void StreamNegotiator::received(std::string_view bytes) {
  if (finished()) return;
  if (stage_ == Stage::idle || stage_ == Stage::tls)
    return fail({Code::unavailable,
                 "TLS_INJECTION",
                 "data came in the clear where TLS should have begun: somebody may be between. "
                 "Nothing was disclosed",
                 {}});
  reader_->push(bytes);
  while (!finished()) {
    auto event = reader_->next();
    if (!event)
      return fail(text_before_stream(event.error()) ? not_xmpp() : to_error(event.error()),
                  Retry::later, stream_condition_of(event.error()));
    if (!*event) return;
    handle(std::move(**event));
  }
}

void StreamNegotiator::tls_up(TlsFacts facts) {
  if (stage_ != Stage::tls) return;
  secure_ = true;
  tls_ = std::move(facts);
  open_stream();
}

void StreamNegotiator::keys_derived(ScramKeys keys) {
  if (stage_ != Stage::keys) return;
  stage_ = Stage::sasl;
  take_step(SaslStep(sasl_->answer(std::move(keys))));
}

void StreamNegotiator::closed() {
  if (finished()) return;
  opened_ = false;  // there is nobody to say good-bye to
  fail({Code::unavailable,
        "CONNECTION_CLOSED",
        std::string("the server closed the connection ") + stage_words() +
            "; it is tried again by itself",
        {}});
}

void StreamNegotiator::timed_out() {
  if (finished()) return;
  fail({Code::deadline_exceeded,
        "LOGIN_TIMEOUT",
        std::string("the server went silent ") + stage_words() + "; it is tried again by itself",
        {}},
       Retry::later, "connection-timeout");
}

// ---- events ----------------------------------------------------------------------

void StreamNegotiator::handle(XmlEvent event) {
  if (auto* open = std::get_if<StreamOpen>(&event)) return stream_opened(*open);
  if (auto* element = std::get_if<Stanza>(&event)) return stanza(std::move(*element));
  fail({Code::unavailable,
        "STREAM_CLOSED",
        std::string("the server ended the stream ") + stage_words() +
            " without saying why; it is tried again by itself",
        {}});
}

void StreamNegotiator::open_stream() {
  reader_->restart();
  stage_ = Stage::header;
  opened_ = true;
  std::string header = "<?xml version='1.0'?><stream:stream xmlns='";
  header.append(ns::kClient).append("' xmlns:stream='").append(ns::kStreams);
  header.append("' version='1.0' xml:lang='en' to='").append(escape_xml(config_.account.domain()));
  // Who it is, is nobody's business before TLS (RFC 6120 section 4.7.1).
  if (secure_) header.append("' from='").append(escape_xml(config_.account.bare().str()));
  send(header + "'>");
}

void StreamNegotiator::stream_opened(const StreamOpen& open) {
  if (open.name != "stream" || open.ns != ns::kStreams || open.content_ns != ns::kClient)
    return fail(not_xmpp(), Retry::later, "invalid-namespace");
  // Section 4.7.5: no version means one before 1.0, without features.
  if (!open.version.starts_with("1."))
    return fail({Code::unavailable,
                 "XMPP_VERSION",
                 "the server speaks no XMPP 1.0; it is too old to be used safely",
                 {}},
                Retry::person, "unsupported-version");
  stage_ = Stage::features;
}

void StreamNegotiator::stanza(Stanza stanza) {
  if (stanza.is("error", ns::kStreams)) return on_stream_error(stanza);
  switch (stage_) {
    case Stage::features:
      return on_features(stanza);
    case Stage::proceed:
      return on_proceed(stanza);
    case Stage::sasl:
      return on_sasl(stanza);
    case Stage::resume:
      return on_resume(stanza);
    case Stage::bind:
      return on_bind(stanza);
    case Stage::enable:
      return on_enable(std::move(stanza));
    case Stage::keys:
      // A server need not have the patience to wait for them.
      if (stanza.is("failure", ns::kSasl)) return fail(sasl_failure(stanza));
      return unexpected(stanza);
    case Stage::idle:
    case Stage::header:
    case Stage::tls:
    case Stage::finished:
      return unexpected(stanza);
  }
}

void StreamNegotiator::on_stream_error(const Element& element) {
  StreamError read = read_stream_error(element);
  if (read.condition != "see-other-host") return fail(std::move(read.error), read.retry);
  // Anybody on the way can write this before TLS is up; then only the domain's own server.
  if (!secure_)
    read.error.message += ", but before TLS anybody could have said so: not followed";
  else if (config_.redirects >= kMaxRedirects)
    read.error.message += ", as the ones before did: not followed any more";
  else if (!read.other_host)
    read.error.message += ", but names none that can be read";
  else {
    send("</stream:stream>");
    actions_.emplace_back(Redirect{*read.other_host});
    stage_ = Stage::finished;
    return;
  }
  fail(std::move(read.error), read.retry);
}

// ---- output ----------------------------------------------------------------------

void StreamNegotiator::send(std::string bytes, SendBytes::Kind kind) {
  actions_.emplace_back(SendBytes{std::move(bytes), kind});
}

// By the kind of the error.
void StreamNegotiator::fail(base::Error error) {
  // Another network may heal these, and nothing is disclosed by trying again.
  const bool between = error.reason == "SASL_DOWNGRADE" || error.reason == "SERVER_NOT_AUTHENTIC" ||
                       error.reason == "CHANNEL_BINDING_MISMATCH";
  const bool wants_person =
      !between &&
      (error.code == Code::unauthenticated || error.code == Code::invalid_argument ||
       error.code == Code::failed_precondition || error.code == Code::permission_denied);
  fail(std::move(error), wants_person ? Retry::person : Retry::later);
}

void StreamNegotiator::fail(base::Error error, Retry retry, std::string_view condition) {
  if (finished()) return;
  // While TLS is being set up there is no stream to end.
  if (opened_ && stage_ != Stage::tls)
    send(condition.empty() ? "</stream:stream>" : stream_error_text(condition));
  stage_ = Stage::finished;
  error.details["domain"] = config_.account.domain();
  actions_.emplace_back(Failed{std::move(error), retry, std::move(ready_.loss)});
}

void StreamNegotiator::unexpected(const Element& what) {
  const std::string name = base::escape_line(what.name().substr(0, 60));
  base::Error error{Code::unavailable,
                    "LOGIN_UNEXPECTED",
                    "the server sent <" + name + "/> " + stage_words() +
                        ", which has no place there; the connection was closed",
                    {}};
  error.details["element"] = name;
  fail(std::move(error));
}

const char* StreamNegotiator::stage_words() const {
  switch (stage_) {
    case Stage::idle:
    case Stage::header:
      return "before it began to speak XMPP";
    case Stage::features:
      return "before it said what it offers";
    case Stage::proceed:
    case Stage::tls:
      return "before TLS began";
    case Stage::sasl:
    case Stage::keys:
      return "while the password was checked";
    case Stage::resume:
    case Stage::bind:
    case Stage::enable:
      return "after the login, before the session began";
    case Stage::finished:
      break;
  }
  return "";
}

}  // namespace commd::xmpp
