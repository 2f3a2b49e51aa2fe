#include "daemon/xmpp/component_negotiator.h"

#include <utility>

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/xml_text.h"

namespace commd::xmpp {

using base::Code;

ComponentNegotiator::ComponentNegotiator(Jid address, base::Secret secret,
                                         StreamManagement& management, const XmlLimits& limits)
    : address_(std::move(address)),
      secret_(std::move(secret)),
      management_(management),
      reader_(std::make_unique<XmlReader>(limits)) {}

void ComponentNegotiator::start() {
  if (stage_ != Stage::idle) return;
  stage_ = Stage::header;
  std::string header = "<?xml version='1.0'?><stream:stream xmlns='";
  header.append(ns::kComponent).append("' xmlns:stream='").append(ns::kStreams);
  header.append("' to='").append(escape_xml(address_.domain())).append("'>");
  actions_.emplace_back(SendBytes{std::move(header)});
}

void ComponentNegotiator::received(std::string_view bytes) {
  if (stage_ == Stage::idle) return;
  reader_->push(bytes);
  while (!finished()) {
    auto event = reader_->next();
    if (!event)
      return fail(to_error(event.error()), Retry::later, stream_condition_of(event.error()));
    if (!*event) return;
    handle(std::move(**event));
  }
}

void ComponentNegotiator::closed() {
  fail({Code::unavailable,
        "CONNECTION_CLOSED",
        "the server closed the connection before the component was let in",
        {}},
       Retry::later);
}

void ComponentNegotiator::timed_out() {
  fail({Code::deadline_exceeded,
        "LOGIN_TIMEOUT",
        "the server went silent before the component was let in",
        {}},
       Retry::later, "connection-timeout");
}

void ComponentNegotiator::handle(XmlEvent event) {
  if (auto* open = std::get_if<StreamOpen>(&event)) return stream_opened(*open);
  if (auto* element = std::get_if<Stanza>(&event)) return stanza(*element);
  fail({Code::unavailable,
        "STREAM_CLOSED",
        "the server ended the stream before the component was let in",
        {}},
       Retry::later);
}

void ComponentNegotiator::stream_opened(const StreamOpen& open) {
  // Without an id there is nothing that makes the handshake good for this stream alone.
  if (open.name != "stream" || open.ns != ns::kStreams || open.content_ns != ns::kComponent ||
      open.id.empty())
    return fail({Code::unavailable,
                 "NOT_XMPP",
                 "what answers there is no XMPP server for components; check host and port",
                 {}},
                Retry::later, "invalid-namespace");
  stage_ = Stage::handshake;
  actions_.emplace_back(
      SendBytes{"<handshake>" + component_handshake(open.id, secret_) + "</handshake>"});
}

void ComponentNegotiator::stanza(const Stanza& stanza) {
  if (stanza.is("error", ns::kStreams)) {
    StreamError read = read_stream_error(stanza);
    if (read.condition == "not-authorized") {
      read.error.reason = "COMPONENT_SECRET_REFUSED";
      read.error.message = "the server refused the component's secret; compare both settings";
    }
    return fail(std::move(read.error), read.retry);
  }
  if (stage_ == Stage::handshake && stanza.is("handshake", ns::kClient)) {
    stage_ = Stage::finished;
    management_.started_without();
    Ready ready;
    ready.jid = address_;
    ready.mechanism = "handshake";
    actions_.emplace_back(std::move(ready));
    return;
  }
  fail({Code::unavailable,
        "LOGIN_UNEXPECTED",
        "the server sent <" + base::escape_line(stanza.name().substr(0, 60)) +
            "/> before the component was let in",
        {}},
       Retry::later);
}

void ComponentNegotiator::fail(base::Error error, Retry retry, std::string_view condition) {
  if (finished()) return;
  if (stage_ != Stage::idle)
    actions_.emplace_back(
        SendBytes{condition.empty() ? "</stream:stream>" : stream_error_text(condition)});
  stage_ = Stage::finished;
  actions_.emplace_back(Failed{std::move(error), retry, {}});
}

}  // namespace commd::xmpp
