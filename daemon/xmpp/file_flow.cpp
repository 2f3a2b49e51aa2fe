#include "daemon/xmpp/file_flow.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/xmpp/disco.h"
#include "daemon/xmpp/http_upload.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using base::Code;

Stanza disco_request(const Jid& to, const char* what) {
  Stanza iq = make_iq("get", to.str(), make_id());
  iq.add("query", what);
  return iq;
}

base::Error connection_lost() {
  return {Code::unavailable, "CONNECTION_LOST", "the connection to the server was lost", {}};
}

bool is_proxy(const DiscoInfo& info) {
  return std::any_of(info.identities.begin(), info.identities.end(), [](const auto& identity) {
    return identity.category == "proxy" && identity.type == "bytestreams";
  });
}

bool is_of_files(const JingleStanza& stanza) {
  return std::any_of(stanza.contents.begin(), stanza.contents.end(), [](const auto& content) {
    return content.description.ns() == ns::kJingleFile;
  });
}

}  // namespace

FileFlow::FileFlow(Parts parts)
    : parts_(std::move(parts)), requests_(parts_.account, parts_.timers, [this](const Stanza& iq) {
        const bool sent = parts_.send(iq, StanzaKind::iq);
        parts_.flush();
        return sent;
      }) {
  if (parts_.services)
    parts_.sessions.add_kind({is_of_files,
                              [this](const JingleStanza& stanza) { return judge_offer(stanza); },
                              [this](const JingleStanza& stanza) { take_offer(stanza); }});
}

// ---- the session -----------------------------------------------------------------------

void FileFlow::session_began(const Jid& self) {
  requests_.fail_all(connection_lost());
  lose_sessions();
  self_ = self;
  upload_.reset();
  ways_ = {};
  if (parts_.services) {
    ways_.network = &parts_.services->network;
    ways_.listens = !parts_.by_proxy_alone;
    ways_.server_is_here = parts_.server_is_here();
  }
  online_ = true;
  ++session_;
  known_ = Known::nothing;
  parts_.events.files_ready(parts_.id);
}

// What the server can do is asked of it when it is first needed in a session.
void FileFlow::when_known(std::function<void()> then) {
  if (known_ == Known::all || !online_) return then();
  waiting_.push_back(std::move(then));
  if (known_ == Known::nothing) look();
}

void FileFlow::look() {
  known_ = Known::asked;
  looking_ = 1;
  const auto domain = Jid::make({}, parts_.account.domain());
  if (!domain) return looked();
  look_at(*domain);
  requests_.ask(disco_request(*domain, ns::kDiscoItems),
                [this, now = session_](const base::Result<Element>& answer) {
                  if (now != session_) return;
                  size_t seen = 0;
                  if (answer)
                    for (const Element item : answer->child("query", ns::kDiscoItems)) {
                      const auto part = Jid::parse(item.attribute("jid"));
                      if (part && !item.has_attribute("node") && ++seen <= most_items)
                        look_at(*part);
                    }
                  looked();
                });
}

void FileFlow::look_at(const Jid& part) {
  ++looking_;
  requests_.ask(disco_request(part, ns::kDiscoInfo),
                [this, part, now = session_](const base::Result<Element>& answer) {
                  if (now != session_) return;
                  if (answer) learn(part, *answer);
                  looked();
                });
}

void FileFlow::learn(const Jid& part, const Element& iq) {
  const auto info = read_disco(iq.child("query", ns::kDiscoInfo));
  if (!info) return;
  if (!upload_ && offers_upload(*info)) upload_ = Upload{part, most_upload_bytes(*info)};
  if (parts_.services && is_proxy(*info)) learn_proxy(part);
}

void FileFlow::looked() {
  if (--looking_ > 0) return;
  known_ = Known::all;
  for (const auto& then : std::exchange(waiting_, {})) then();
}

void FileFlow::session_resumed() {
  online_ = true;
  parts_.events.files_ready(parts_.id);
}

void FileFlow::session_cut(bool can_resume) {
  online_ = false;
  if (can_resume) return;
  requests_.fail_all(connection_lost());
  lose_sessions();
}

void FileFlow::session_ended() {
  online_ = false;
  requests_.fail_all(connection_lost());
  lose_sessions();
}

bool FileFlow::take_iq(const Element& iq) {
  if (requests_.take(iq)) return true;
  for (const auto& [id, session] : sessions_)
    if (session->take_iq(iq)) return true;
  return false;
}

// Where a proxy is reached (XEP-0065 section 4).
void FileFlow::learn_proxy(const Jid& proxy) {
  ++looking_;
  requests_.ask(disco_request(proxy, ns::kBytestreams),
                [this, proxy, now = session_](const base::Result<Element>& answer) {
                  if (now != session_) return;
                  if (answer)
                    for (const Element each : answer->child("query", ns::kBytestreams))
                      take_streamhost(proxy, each);
                  looked();
                });
}

void FileFlow::take_streamhost(const Jid& proxy, const Element& element) {
  uint16_t port = 0;
  const std::string_view text = element.attribute("port");
  std::from_chars(text.data(), text.data() + text.size(), port);
  const std::string host(element.attribute("host"));
  const auto jid = Jid::parse(element.attribute("jid"));
  if (element.is("streamhost", ns::kBytestreams) && port != 0 && !host.empty() &&
      host.size() <= 255 && jid && *jid == proxy && ways_.proxies.size() < most_proxies)
    ways_.proxies.push_back({proxy, host, port});
}

// ---- by the server ---------------------------------------------------------------------

void FileFlow::ask_slot(const ports::SlotWish& wish, SlotDone done) {
  when_known([this, wish, done = std::move(done)] { ask_known_slot(wish, done); });
}

void FileFlow::ask_known_slot(const ports::SlotWish& wish, const SlotDone& done) {
  if (!online_)
    return done(base::fail(Code::failed_precondition, "ACCOUNT_NOT_ONLINE",
                           "the account " + parts_.id.str() + " is not online"));
  if (!upload_)
    return done(base::fail(
        Code::unimplemented, "UPLOAD_NOT_SUPPORTED",
        "the server of " + parts_.id.str() + " keeps no files (XEP-0363); send it with --direct"));
  if (upload_->most_bytes != 0 && wish.size > upload_->most_bytes)
    return done(
        base::fail({Code::resource_exhausted,
                    "FILE_TOO_LARGE",
                    "the server takes files of at most " + std::to_string(upload_->most_bytes) +
                        " bytes; send it with --direct",
                    {{"most_bytes", std::to_string(upload_->most_bytes)}}}));
  requests_.ask(make_slot_request(upload_->service, wish),
                [done](const base::Result<Element>& answer) {
                  if (!answer) return done(base::fail(slot_error(answer.error())));
                  done(read_slot(*answer));
                });
}

// ---- from device to device ---------------------------------------------------------------

FileSession::Around FileFlow::around() {
  return {self_,
          parts_.sessions,
          requests_,
          ways_,
          parts_.timers,
          parts_.clock,
          parts_.services->disk,
          [this](const Stanza& iq) {
            parts_.send(iq, StanzaKind::iq);
            parts_.flush();
          }};
}

FileSession::Told FileFlow::told() {
  return {[this](ports::FileNews news) { parts_.events.file_moved(std::move(news)); },
          [this](ports::FileEnd end) {
            const model::TransferId id = end.id;
            parts_.events.file_ended(std::move(end));
            sessions_.erase(id);
          }};
}

void FileFlow::fail(const model::TransferId& id, base::Error why) {
  ports::FileEnd end;
  end.id = id;
  end.result = base::fail(std::move(why));
  parts_.events.file_ended(std::move(end));
}

void FileFlow::lose_sessions() {
  for (const auto& [id, session] : sessions_) session->lost();
}

void FileFlow::offer(ports::FileOffer offer) {
  const auto to = Jid::parse(std::string_view(offer.peer).substr(offer.peer.find(':') + 1));
  if (!to) return fail(offer.id, to.error());
  if (!online_ || !parts_.services)
    return fail(offer.id, {Code::failed_precondition,
                           "ACCOUNT_NOT_ONLINE",
                           "the account " + parts_.id.str() + " is not online",
                           {}});
  std::vector<Jid> devices = to->is_full() ? std::vector{*to} : parts_.devices(*to);
  if (devices.size() > most_devices) devices.resize(most_devices);
  when_known([this, offer = std::move(offer), devices = std::move(devices)] {
    find_device(offer, devices);
  });
}

// The first that can take it.
void FileFlow::find_device(ports::FileOffer offer, std::vector<Jid> devices) {
  if (devices.empty())
    return fail(offer.id, {Code::failed_precondition,
                           "PEER_TAKES_NO_FILES",
                           "no device of " + offer.peer +
                               " that can take files is there; wait until one is, or send it by "
                               "the server",
                           {}});
  const Jid device = devices.front();
  devices.erase(devices.begin());
  requests_.ask(disco_request(device, ns::kDiscoInfo),
                [this, device, offer = std::move(offer), devices = std::move(devices),
                 now = session_](const base::Result<Element>& answer) {
                  if (now != session_) return fail(offer.id, connection_lost());
                  const auto info =
                      answer ? read_disco(answer->child("query", ns::kDiscoInfo)) : std::nullopt;
                  const bool can = info && std::find(info->features.begin(), info->features.end(),
                                                     ns::kJingleFile) != info->features.end();
                  return can ? offer_to(device, offer) : find_device(offer, devices);
                });
}

void FileFlow::offer_to(const Jid& device, ports::FileOffer offer) {
  const model::TransferId id = offer.id;
  auto& session = sessions_[id];
  session = std::make_unique<FileSession>(around(), device, std::move(offer), told());
  session->begin();
}

// Who may not know whether this person is there is not told it by an answer.
std::optional<JingleRefusal> FileFlow::judge_offer(const JingleStanza& stanza) const {
  const bool known = parts_.roster.may_know(stanza.from) || stanza.from.same_bare(parts_.account);
  if (!known || !stanza.from.is_full()) return Condition::service_unavailable;
  if (!FileSession::read_offer(stanza)) return Condition::feature_not_implemented;
  return std::nullopt;
}

void FileFlow::take_offer(const JingleStanza& stanza) {
  auto offered = FileSession::read_offer(stanza);
  if (!offered->ibb && !offered->s5b) {
    parts_.send(make_jingle_end(stanza.from, stanza.sid, JingleReason::unsupported_transports),
                StanzaKind::iq);
    return;
  }
  const model::TransferId id(base::random_token(16));
  const JingleFile& file = offered->file;
  ports::IncomingFile incoming{parts_.id,
                               id,
                               "xmpp:" + stanza.from.bare().str(),
                               file.name,
                               file.media_type,
                               file.description,
                               file.size,
                               file.sha256};
  sessions_[id] = std::make_unique<FileSession>(around(), stanza, std::move(*offered), id, told());
  parts_.events.file_offered(std::move(incoming));
}

void FileFlow::accept(const model::TransferId& id, ports::FilePlace place) {
  when_known([this, id, place = std::move(place)] {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return fail(id, connection_lost());
    found->second->accept(place);
  });
}

void FileFlow::stop(const model::TransferId& id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  found->second->stop();
  sessions_.erase(found);
}

}  // namespace commd::xmpp
