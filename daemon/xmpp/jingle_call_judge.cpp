// What the far end may say when (XEP-0166 sections 6 and 7).
#include <algorithm>
#include <array>
#include <utility>

#include "daemon/xmpp/jingle_call.h"
#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/jingle_transport.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

JingleRefusal out_of_order() { return {Condition::unexpected_request, "out-of-order"}; }
JingleRefusal unsupported_info() {
  return {Condition::feature_not_implemented, "unsupported-info"};
}

constexpr std::array infos = {"active", "hold", "unhold", "mute", "unmute", "ringing"};

}  // namespace

std::optional<JingleRefusal> JingleCall::judge(const JingleStanza& stanza) {
  switch (stanza.action) {
    case JingleAction::session_accept:
      return judge_accept(stanza);
    case JingleAction::session_terminate:
    case JingleAction::description_info:
      return std::nullopt;
    case JingleAction::session_info:
      return judge_info(stanza);
    case JingleAction::transport_info:
      return judge_contents(stanza);
    case JingleAction::content_remove:
      // Also before the answer.
      if (const auto refusal = judge_contents(stanza)) return refusal;
      return is_answered() ? judge_change(stanza) : std::nullopt;
    case JingleAction::content_modify:
    case JingleAction::transport_replace:
      if (const auto refusal = judge_contents(stanza)) return refusal;
      return judge_change(stanza);
    case JingleAction::content_add:
      if (const auto refusal = judge_change(stanza)) return refusal;
      return judge_addition(stanza);
    case JingleAction::content_accept:
    case JingleAction::content_reject:
      if (!own_ || own_->added.empty()) return out_of_order();
      return std::nullopt;
    case JingleAction::security_info:
      return unsupported_info();
    case JingleAction::session_initiate:
    case JingleAction::transport_accept:  // nothing of ours to replace a transport is out
    case JingleAction::transport_reject:
      return out_of_order();
  }
  return out_of_order();
}

std::optional<JingleRefusal> JingleCall::judge_accept(const JingleStanza& stanza) const {
  if (stage_ != Stage::offered) return out_of_order();
  if (stanza.contents.empty()) return Condition::bad_request;
  if (!stanza.jingle.has_attribute("responder")) return std::nullopt;
  // Section 7.1: it may name another device; nobody else takes a call over by this.
  const auto responder = Jid::parse(stanza.jingle.attribute("responder"));
  if (!responder || *responder != stanza.from) return Condition::bad_request;
  return std::nullopt;
}

// Contents that are there, with transports that can be read where there are any.
std::optional<JingleRefusal> JingleCall::judge_contents(const JingleStanza& stanza) const {
  if (stanza.contents.empty()) return Condition::bad_request;
  for (const JingleContent& content : stanza.contents) {
    const auto at = find(content.name);
    // What was refused may still be spoken of for a while.
    const bool was_there =
        at || std::any_of(contents_.begin(), contents_.end(),
                          [&](const auto& each) { return each.name == content.name; });
    if (!was_there) return Condition::item_not_found;
    if (stanza.action != JingleAction::transport_info) continue;
    if (!is_media_transport(content.transport)) return Condition::bad_request;
    if (!read_media_transport(content.transport)) return Condition::bad_request;
  }
  return std::nullopt;
}

std::optional<JingleRefusal> JingleCall::judge_change(const JingleStanza& stanza) const {
  if (!is_answered()) return out_of_order();
  // Section 7.2.16: what the initiator does at the same time goes before.
  if (own_ && own_->actions.count(stanza.action) > 0 && us_ == JingleParty::initiator)
    return JingleRefusal(Condition::conflict, "tie-break");
  if (waiting_.size() >= most_changes) return Condition::resource_constraint;
  if (stanza.action != JingleAction::transport_replace) return std::nullopt;
  if (stanza.contents.size() != 1) return Condition::bad_request;
  return read_media_transport(stanza.contents[0].transport)
             ? std::nullopt
             : std::optional<JingleRefusal>(Condition::bad_request);
}

std::optional<JingleRefusal> JingleCall::judge_addition(const JingleStanza& stanza) const {
  if (!read_rtp(stanza, other(us_))) return Condition::bad_request;
  size_t coming = stanza.contents.size() + contents_.size();
  for (const Change& change : waiting_) coming += change.added.size();
  if (coming > most_jingle_contents) return Condition::resource_constraint;
  for (const JingleContent& content : stanza.contents) {
    const auto is_it = [&](const auto& each) { return each.name == content.name; };
    const auto comes = [&](const Change& change) {
      return std::any_of(change.added.begin(), change.added.end(),
                         [&](const auto& each) { return each.mid == content.name; });
    };
    // A name is never used again: what was said of the old one may still be on its way.
    if (content.creator != other(us_) || std::any_of(contents_.begin(), contents_.end(), is_it) ||
        std::any_of(waiting_.begin(), waiting_.end(), comes) || (told_ && comes(*told_)))
      return Condition::bad_request;
  }
  return std::nullopt;
}

// Section 7.2.11 and XEP-0167 section 8; one without anything in it asks whether we are there.
std::optional<JingleRefusal> JingleCall::judge_info(const JingleStanza& stanza) const {
  bool holds = false;
  for (const Element each : stanza.jingle) {
    if (each.ns() == ns::kJingle) continue;
    if (each.is("transfer", ns::kJingleTransfer)) {
      if (!is_answered()) return out_of_order();
      const auto transfer = read_transfer(stanza.jingle);
      if (!transfer || transfer->to.empty()) return Condition::bad_request;
      continue;
    }
    if (each.ns() != ns::kJingleRtpInfo ||
        std::find(infos.begin(), infos.end(), each.name()) == infos.end())
      return unsupported_info();
    if (each.name() != "hold" && each.name() != "unhold" && each.name() != "active") continue;
    // Each is a change that waits: a stanza says one.
    if (std::exchange(holds, true)) return Condition::bad_request;
    if (waiting_.size() >= most_changes) return Condition::resource_constraint;
  }
  return std::nullopt;
}

}  // namespace commd::xmpp
