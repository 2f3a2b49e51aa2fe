// The steps of a login: STARTTLS, SASL, resume or bind, enable.
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/stanza_error.h"
#include "daemon/xmpp/stream_negotiator.h"

namespace commd::xmpp {
namespace {

using base::Code;

// More than any server has to say before presence was sent.
constexpr size_t kMaxEarly = 256;

std::string sasl_element(const char* name, std::string_view text, std::string_view mechanism = {}) {
  std::string element = "<";
  element.append(name).append(" xmlns='").append(ns::kSasl).append("'");
  // Only names of our own list.
  if (!mechanism.empty()) element.append(" mechanism='").append(mechanism).append("'");
  if (text.empty()) return element + "/>";
  return element.append(">").append(text).append("</").append(name).append(">");
}

bool is_stanza(const Element& element) {
  return element.ns() == ns::kClient &&
         (element.name() == "message" || element.name() == "presence" || element.name() == "iq");
}

}  // namespace

void StreamNegotiator::on_features(const Element& element) {
  if (!element.is("features", ns::kStreams)) return unexpected(element);
  features_ = read_features(element);
  if (authenticated_) return begin_session();
  if (secure_) return begin_sasl();
  if (!features_.starttls)
    return fail({Code::unavailable,
                 "TLS_NOT_OFFERED",
                 "the server offers no encryption, or somebody between has cut the offer out; "
                 "nothing was disclosed. Use another network, or ask the server's operator",
                 {}});
  stage_ = Stage::proceed;
  send(std::string("<starttls xmlns='") + ns::kTls + "'/>");
}

void StreamNegotiator::on_proceed(const Element& answer) {
  if (answer.is("failure", ns::kTls))
    return fail({Code::unavailable,
                 "TLS_REFUSED",
                 "the server offers encryption but cannot begin it; tell its operator",
                 {}});
  if (!answer.is("proceed", ns::kTls)) return unexpected(answer);
  stage_ = Stage::tls;
  // Whoever adds bytes behind the answer wants them read as if they had come through TLS.
  if (reader_->unread() > 0) return received({});
  actions_.emplace_back(StartTls{});
}

// ---- SASL ------------------------------------------------------------------------

void StreamNegotiator::begin_sasl() {
  SaslCredentials credentials = config_.credentials;
  credentials.certificate = tls_.certificate;
  if (credentials.username.empty()) credentials.username = config_.account.local();
  auto begun =
      SaslNegotiation::begin(features_.sasl, tls_.bindings, config_.pins, std::move(credentials));
  if (!begun) return fail(begun.error());
  sasl_ = std::move(*begun);
  stage_ = Stage::sasl;
  const SendBytes::Kind kind =
      sasl_->disclosed_password() ? SendBytes::Kind::secret : SendBytes::Kind::plain;
  send(sasl_element("auth", sasl_->initial_response().reveal(), sasl_->mechanism()), kind);
}

void StreamNegotiator::on_sasl(const Element& answer) {
  if (answer.is("success", ns::kSasl)) return on_sasl_success(answer);
  if (answer.is("failure", ns::kSasl)) return fail(sasl_failure(answer));
  if (!answer.is("challenge", ns::kSasl)) return unexpected(answer);
  auto step = sasl_->challenged(answer.text());
  if (!step) return fail(step.error());
  take_step(std::move(*step));
}

void StreamNegotiator::take_step(SaslStep step) {
  if (auto* derive = std::get_if<SaslDerive>(&step)) {
    stage_ = Stage::keys;
    actions_.emplace_back(DeriveKeys{std::move(derive->challenge), std::move(derive->password)});
    return;
  }
  send(sasl_element("response", std::get<SaslRespond>(step).text));
}

void StreamNegotiator::on_sasl_success(const Element& answer) {
  if (auto proved = sasl_->succeeded(answer.text()); !proved) return fail(proved.error());
  ready_.mechanism = sasl_->mechanism();
  ready_.pins = sasl_->pins();
  ready_.keys = sasl_->keys();
  ready_.disclosed_password = sasl_->disclosed_password();
  sasl_.reset();  // the password is needed no more
  config_.credentials = {};
  authenticated_ = true;
  // The stream begins again with our header; nothing may have come before it.
  if (reader_->unread() > 0) return unexpected(answer);
  open_stream();
}

// ---- resume, bind, enable ----------------------------------------------------------

void StreamNegotiator::begin_session() {
  if (features_.stream_management && management_.can_resume()) {
    stage_ = Stage::resume;
    return send(management_.resume_request());
  }
  ready_.loss = management_.forget();
  send_bind();
}

void StreamNegotiator::on_resume(const Element& answer) {
  if (answer.is("failed", ns::kStreamManagement)) {
    ready_.loss = management_.resume_failed(answer);
    return send_bind();
  }
  if (!answer.is("resumed", ns::kStreamManagement)) return unexpected(answer);
  auto jid = Jid::parse(management_.jid());
  auto acked = management_.resumed(answer);
  if (!acked || !jid) {
    ready_.loss = management_.forget();
    return fail(acked ? jid.error() : acked.error(), Retry::later, "undefined-condition");
  }
  ready_.acked = std::move(*acked);
  ready_.jid = std::move(*jid);
  ready_.resumed = true;
  ready();
}

void StreamNegotiator::send_bind() {
  if (!features_.bind)
    return fail({Code::unavailable,
                 "BIND_NOT_OFFERED",
                 "the server let the account in but offers it no session; tell its operator",
                 {}});
  stage_ = Stage::bind;
  bind_id_ = make_id();
  const Stanza iq = make_iq("set", {}, bind_id_);
  const MutableElement bind = iq.add("bind", ns::kBind);
  if (!config_.resource.empty()) bind.add_with_text("resource", config_.resource);
  send(iq.to_text());
}

void StreamNegotiator::on_bind(const Element& answer) {
  if (!answer.is("iq", ns::kClient) || answer.id() != bind_id_) return unexpected(answer);
  if (answer.type() == "error") {
    base::Error error = to_error(read_stanza_error(answer));
    error.reason = "BIND_REFUSED";
    error.message = "the server let the account in but gives it no session: " + error.message;
    // Too many sessions, a name taken: time may heal either.
    return fail(std::move(error), Retry::later);
  }
  if (answer.type() != "result") return unexpected(answer);
  auto jid = Jid::parse(answer.child("bind", ns::kBind).child_text("jid", ns::kBind));
  if (!jid || !jid->is_full() || !jid->same_bare(config_.account)) {
    const std::string got = jid ? base::escape_line(jid->str()) : "none that can be read";
    return fail({Code::unavailable,
                 "BIND_OTHER_ADDRESS",
                 "the server gives the account another address than its own: " + got,
                 {{"address", got}}},
                Retry::person);
  }
  ready_.jid = std::move(*jid);
  if (!features_.stream_management) {
    management_.started_without();
    return ready();
  }
  stage_ = Stage::enable;
  send(StreamManagement::enable_request());
}

void StreamNegotiator::on_enable(Stanza answer) {
  if (answer.is("enabled", ns::kStreamManagement)) {
    management_.enabled(answer, ready_.jid.str());
    return ready();
  }
  if (answer.is("failed", ns::kStreamManagement)) {
    management_.started_without();
    return ready();
  }
  // The session exists already: what it receives is not to be lost.
  if (!is_stanza(answer) || ready_.early.size() >= kMaxEarly) return unexpected(answer);
  ready_.early.push_back(std::move(answer));
}

void StreamNegotiator::ready() {
  stage_ = Stage::finished;
  ready_.features = features_;
  actions_.emplace_back(std::move(ready_));
}

}  // namespace commd::xmpp
