// What comes and goes on an account's stream, and how that ends.
#include <utility>

#include "daemon/xmpp/iq_responder.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/xmpp_account.h"

namespace commd::xmpp {
namespace {

// Stanzas that wait for the disk; then the server waits.
constexpr size_t most_waiting = 1000;

}  // namespace

// ---- the stream ------------------------------------------------------------------

bool XmppAccount::send(const Stanza& stanza, StanzaKind kind) {
  // A server that does not take what waits already gets no more of what can be spared.
  const auto queued = management_.submit({0, kind, stanza.to_text()});
  if (!queued)
    around_.log->warn("event: xmpp_not_sent, account: {}, reason: {}", account_.id.str(),
                      queued.error().reason);
  return queued.has_value();
}

void XmppAccount::stanza(Stanza stanza) {
  const uint64_t ticket = inbound_.open();
  if (stanza.is("iq", ns::kClient)) take_iq(stanza);
  if (stanza.is("presence", ns::kClient) && !rooms_->take_presence(stanza)) {
    contacts_->take_presence(stanza);
    avatars_->take_presence(stanza);
  }
  const bool waits = stanza.is("message", ns::kClient) && !avatars_->take_message(stanza) &&
                     take_message(stanza, ticket);
  if (!waits) done_with(ticket);
}

bool XmppAccount::take_message(const Element& message, uint64_t ticket) {
  if (calls_->take_message(message, around_.clock.wall_now())) return false;
  const RoomFlow::Taken taken = rooms_->take_message(message, ticket);
  if (taken != RoomFlow::Taken::no) return taken == RoomFlow::Taken::waits;
  return flow_->take(message, ticket, around_.clock.wall_now());
}

void XmppAccount::take_iq(const Element& iq) {
  if (flow_->take_iq(iq) || contacts_->take_iq(iq) || rooms_->take_iq(iq) || files_->take_iq(iq) ||
      calls_->take_iq(iq) || sessions_->take_iq(iq) || services_->take_iq(iq) ||
      avatars_->take_iq(iq))
    return;
  const auto from = Jid::parse(iq.from());
  if (const auto reply = answer_iq(iq, {from && roster_->may_know(*from), contacts_->idle()}))
    send(*reply, StanzaKind::iq);
}

void XmppAccount::part(const Stanza& stanza) {
  if (stanza.is("iq", ns::kClient)) contacts_->take_part(stanza);
}

void XmppAccount::done_with(uint64_t ticket) {
  for (size_t left = inbound_.close(ticket); left > 0; --left) management_.handled();
}

// ---- messages --------------------------------------------------------------------

void XmppAccount::send_message(ports::OutgoingMessage message) {
  if (!flow_) return;  // its address is none
  contacts_->used();
  if (!rooms_->send(message)) flow_->send(std::move(message));
  if (live_) live_->flush();
}

void XmppAccount::send_amendment(model::Amendment amendment, bool again) {
  if (!flow_) return;  // its address is none
  if (!rooms_->amend(amendment, again)) flow_->amend(std::move(amendment), again);
  if (live_) live_->flush();
}

void XmppAccount::set_typing(const ports::TypingNews& news) {
  if (!live_) return;
  flow_->set_typing(news);
  live_->flush();
}

void XmppAccount::message_stored(uint64_t ticket) {
  if (!flow_) return;
  flow_->stored(ticket);
  rooms_->stored(ticket);
  done_with(ticket);
  if (!live_) return;
  live_->flush();
  live_->read_on();
}

// A stream that is resumed brings again what was not acknowledged.
void XmppAccount::message_not_stored() {
  if (flow_) flow_->not_stored();
  if (rooms_) rooms_->not_stored();
  if (!live_) return;
  drop({{base::Code::unavailable,
         "STORE_WRITE_FAILED",
         "a message that came could not be stored; the server is asked for it again",
         {}},
        Retry::later,
        false,
        {},
        {}});
}

// ---- contacts --------------------------------------------------------------------

void XmppAccount::with_contacts(const std::function<void(ContactFlow&)>& work) {
  if (!contacts_) return;
  work(*contacts_);
  if (live_) live_->flush();
}

void XmppAccount::with_rooms(const std::function<void(RoomFlow&)>& work) {
  if (!rooms_) return;
  work(*rooms_);
  if (live_) live_->flush();
}

void XmppAccount::with_services(const std::function<void(ServiceFlow&)>& work) {
  if (!services_) return;
  work(*services_);
  if (live_) live_->flush();
}

void XmppAccount::with_avatars(const std::function<void(AvatarFlow&)>& work) {
  if (!avatars_) return;
  work(*avatars_);
  if (live_) live_->flush();
}

void XmppAccount::with_files(const std::function<void(FileFlow&)>& work) {
  if (!files_) return;
  work(*files_);
  if (live_) live_->flush();
}

void XmppAccount::with_calls(const std::function<void(XmppCalls&)>& work) {
  if (!calls_) return;
  work(*calls_);
  if (live_) live_->flush();
}

bool XmppAccount::may_read() const { return inbound_.waiting() < most_waiting; }

void XmppAccount::acknowledged(const std::vector<uint64_t>& tags) { flow_->acknowledged(tags); }

void XmppAccount::ended(StreamEnd end) { drop(std::move(end)); }

void XmppAccount::drop(StreamEnd end) {
  if (end.deaf)
    acknowledged(management_.forget().acked);
  else
    management_.disconnected();
  session_cut(end.error.reason.starts_with("XML_"));
  if (around_.clock.mono_now() - online_since_ >= well_after) backoff_.reset();
  other_host_ = std::move(end.other_host);
  if (end.last_words.empty())
    live_.reset();
  else
    part(std::move(end.last_words));
  failed(end.error, end.retry);
}

void XmppAccount::session_cut(bool broken) {
  contacts_->session_cut(management_.can_resume());
  services_->session_cut();
  avatars_->session_cut(broken);
  rooms_->session_cut(management_.can_resume());
  files_->session_cut(management_.can_resume());
  calls_->session_cut(management_.can_resume());
  flow_->session_cut();
}

// The stream says its last words while something else begins.
void XmppAccount::part(std::string words) {
  leaving_ = std::move(live_);
  leaving_->close(std::move(words), [this] { leaving_.reset(); });
}

}  // namespace commd::xmpp
