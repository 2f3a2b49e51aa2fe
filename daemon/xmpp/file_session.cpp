#include "daemon/xmpp/file_session.h"

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/disk/safe_name.h"
#include "daemon/xmpp/file_end.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using base::Code;
using base::fail;

}  // namespace

FileSession::FileSession(Around around, Jid peer, ports::FileOffer offer, Told told)
    : around_(std::move(around)),
      disk_(around_.disk.one_at_a_time()),
      peer_(std::move(peer)),
      id_(offer.id),
      told_(std::move(told)),
      outgoing_(true),
      sid_(JingleSessions::make_sid()),
      content_("file"),
      path_(std::move(offer.path)) {
  file_.name = disk::safe_file_name(offer.name);
  file_.media_type = std::move(offer.media_type);
  file_.description = std::move(offer.description);
  file_.size = offer.size;
  file_.sha256 = std::move(offer.sha256);
  around_.sessions.add(peer_, sid_, *this);
}

FileSession::FileSession(Around around, const JingleStanza& stanza, Offered offered,
                         model::TransferId id, Told told)
    : around_(std::move(around)),
      disk_(around_.disk.one_at_a_time()),
      peer_(stanza.from),
      id_(std::move(id)),
      told_(std::move(told)),
      outgoing_(false),
      sid_(stanza.sid),
      content_(std::move(offered.content)),
      file_(std::move(offered.file)),
      ibb_(std::move(offered.ibb)),
      s5b_offer_(std::move(offered.s5b)) {
  around_.sessions.add(peer_, sid_, *this);
}

FileSession::~FileSession() { around_.sessions.remove(peer_, sid_); }

std::optional<FileSession::Offered> FileSession::read_offer(const JingleStanza& stanza) {
  if (stanza.contents.size() != 1) return std::nullopt;
  const JingleContent& content = stanza.contents.front();
  auto file = read_jingle_file(content.description);
  // One that asks for a file of this person's gets none.
  if (!file || content.creator != JingleParty::initiator ||
      content.senders == JingleParty::responder)
    return std::nullopt;
  return Offered{content.name, std::move(*file), read_ibb(content.transport),
                 read_s5b(content.transport)};
}

void FileSession::request(const Stanza& iq, const char* what) {
  around_.requests.ask(
      iq, [this, what, alive = std::weak_ptr<bool>(alive_)](const base::Result<Element>& answer) {
        if (alive.expired() || answer || stage_ == Stage::over) return;
        base::Error error = answer.error();
        error.message = std::string(what) + ": " + error.message;
        finish(fail(error), std::nullopt);
      });
}

// ---- the agreement -------------------------------------------------------------------------

void FileSession::begin() {
  Stanza iq = make_jingle(peer_, JingleAction::session_initiate, sid_, around_.self);
  const MutableElement content =
      add_content(iq, content_, JingleParty::initiator, JingleParty::initiator);
  JingleFile offered = file_;
  offered.offset = 0;  // it can be gone on with
  write_jingle_file(offered, content);
  if (around_.ways.network) {
    by_s5b_ = true;
    auto s5b = std::make_unique<S5bBytes>(
        S5bBytes::Parts{around_.self, peer_, base::random_token(12), S5bBytes::Role::initiator,
                        S5bBytes::Way::sends, around_.ways, around_.requests, around_.timers,
                        [this](const S5bTransport& news) { tell_transport(news); }},
        told_by_bytes());
    write_s5b(s5b->mine(), content);
    bytes_ = std::move(s5b);
  } else {
    ibb_ = IbbTransport{base::random_token(12), IbbBytes::usual_block};
    write_ibb(*ibb_, content);
  }
  patience_ = around_.timers.after(accept_patience, [this] {
    finish(fail(Code::aborted, "FILE_TIMEOUT", "the other person did not take it within a day"),
           JingleReason::timeout);
  });
  request(iq, "the file could not be offered");
}

void FileSession::tell_transport(const S5bTransport& news) {
  Stanza iq = make_jingle(peer_, JingleAction::transport_info, sid_);
  write_s5b(news, add_content(iq, content_, JingleParty::initiator));
  around_.send(iq);
}

void FileSession::accept(ports::FilePlace place) {
  if (stage_ != Stage::offered) return;
  stage_ = Stage::opening;
  place_ = std::move(place);
  using Opened = base::Result<std::shared_ptr<disk::PartFile>>;
  disk_.on(
      alive_, [place = place_, file = file_]() -> Opened { return open_part(place, file); },
      [this](const Opened& opened) {
        if (!opened) return finish(fail(opened.error()), JingleReason::cancel);
        part_ = *opened;
        at_ = part_->size();
        send_accept();
      });
}

void FileSession::send_accept() {
  Stanza iq = make_jingle(peer_, JingleAction::session_accept, sid_, around_.self);
  const MutableElement content =
      add_content(iq, content_, JingleParty::initiator, JingleParty::initiator);
  JingleFile wanted = file_;
  wanted.offset.reset();
  // From where it is, if the other end can do so.
  const bool can_go_on = file_.offset.has_value() && at_ > 0;
  if (can_go_on) wanted.offset = at_;
  if (!can_go_on) at_ = 0;
  write_jingle_file(wanted, content);
  if (s5b_offer_ && around_.ways.network) {
    by_s5b_ = true;
    auto s5b = std::make_unique<S5bBytes>(
        S5bBytes::Parts{around_.self, peer_, s5b_offer_->sid, S5bBytes::Role::responder,
                        S5bBytes::Way::receives, around_.ways, around_.requests, around_.timers,
                        [this](const S5bTransport& news) { tell_transport(news); }},
        told_by_bytes());
    write_s5b(s5b->mine(), content);
    bytes_ = std::move(s5b);
  } else if (s5b_offer_) {
    write_s5b({s5b_offer_->sid}, content);
  } else if (ibb_) {
    ibb_->block_size = std::min(ibb_->block_size, IbbBytes::usual_block);
    write_ibb(*ibb_, content);
    open_ibb(*ibb_, IbbBytes::Opener::there);
  }
  request(iq, "the file could not be accepted");
  wait_for_bytes();
  if (S5bBytes* way = s5b()) way->begin(*s5b_offer_);
}

S5bBytes* FileSession::s5b() { return by_s5b_ ? static_cast<S5bBytes*>(bytes_.get()) : nullptr; }

void FileSession::open_ibb(const IbbTransport& transport, IbbBytes::Opener opener) {
  later_.reset();  // how the way before has ended is no matter any more
  by_s5b_ = false;
  bytes_ = std::make_unique<IbbBytes>(
      IbbBytes::Parts{peer_, transport, opener, around_.requests, around_.send}, told_by_bytes());
}

// Something has to begin within a while.
void FileSession::wait_for_bytes() {
  patience_ = around_.timers.after(end_patience, [this] {
    finish(fail(Code::unavailable, "FILE_TIMEOUT", "the other end has not begun within a minute"),
           JingleReason::timeout);
  });
}

std::optional<JingleRefusal> FileSession::judge(const JingleStanza& stanza) {
  switch (stanza.action) {
    case JingleAction::session_accept:
      return outgoing_ && stage_ == Stage::offered && stanza.contents.size() == 1
                 ? std::nullopt
                 : std::optional(Condition::unexpected_request);
    case JingleAction::session_terminate:
    case JingleAction::session_info:
    case JingleAction::transport_info:
      return std::nullopt;
    case JingleAction::transport_replace:
      return !outgoing_ && stage_ == Stage::opening && stanza.contents.size() == 1
                 ? std::nullopt
                 : std::optional(Condition::unexpected_request);
    case JingleAction::transport_accept:
    case JingleAction::transport_reject:
      return outgoing_ && stage_ == Stage::opening && ibb_ && stanza.contents.size() == 1
                 ? std::nullopt
                 : std::optional(Condition::unexpected_request);
    case JingleAction::content_accept:
    case JingleAction::content_add:
    case JingleAction::content_modify:
    case JingleAction::content_reject:
    case JingleAction::content_remove:
    case JingleAction::description_info:
    case JingleAction::security_info:
    case JingleAction::session_initiate:
      return Condition::feature_not_implemented;
  }
  return Condition::feature_not_implemented;
}

void FileSession::take(const JingleStanza& stanza) {
  if (stage_ == Stage::over) return;
  if (stanza.action == JingleAction::session_terminate) return take_end(stanza);
  if (stanza.action == JingleAction::session_accept) return take_accept(stanza);
  if (stanza.action == JingleAction::session_info) {
    if (outgoing_) return;
    if (std::string hash = read_checksum(stanza.jingle); !hash.empty() && file_.sha256.empty())
      file_.sha256 = std::move(hash);
    return;
  }
  if (!stanza.contents.empty()) take_transport(stanza.action, stanza.contents.front().transport);
}

void FileSession::take_accept(const JingleStanza& stanza) {
  const JingleContent& content = stanza.contents.front();
  const auto wanted = read_jingle_file(content.description);
  at_ = wanted ? std::min(wanted->offset.value_or(0), file_.size) : 0;
  stage_ = Stage::opening;
  wait_for_bytes();
  if (S5bBytes* way = s5b()) {
    const auto theirs = read_s5b(content.transport);
    return theirs ? way->begin(*theirs) : fall_back();
  }
  const auto theirs = read_ibb(content.transport);
  if (!theirs || theirs->sid != ibb_->sid)
    return finish(fail(Code::aborted, "FILE_REFUSED", "the other end wants another way"),
                  JingleReason::failed_transport);
  ibb_->block_size = std::min(ibb_->block_size, std::max<size_t>(theirs->block_size, 1));
  open_ibb(*ibb_, IbbBytes::Opener::here);
  static_cast<IbbBytes&>(*bytes_).open();
}

void FileSession::take_transport(JingleAction action, const Element& transport) {
  if (action == JingleAction::transport_info) {
    const auto news = read_s5b(transport);
    if (S5bBytes* way = s5b(); way && news) way->take_info(*news);
    return;
  }
  const auto theirs = read_ibb(transport);
  if (action == JingleAction::transport_accept && theirs && theirs->sid == ibb_->sid) {
    ibb_->block_size = std::min(ibb_->block_size, theirs->block_size);
    open_ibb(*ibb_, IbbBytes::Opener::here);
    return static_cast<IbbBytes&>(*bytes_).open();
  }
  if (action == JingleAction::transport_replace && theirs) {
    ibb_ = theirs;
    ibb_->block_size = std::min(ibb_->block_size, IbbBytes::usual_block);
    open_ibb(*ibb_, IbbBytes::Opener::there);
    Stanza iq = make_jingle(peer_, JingleAction::transport_accept, sid_);
    write_ibb(*ibb_, add_content(iq, content_, JingleParty::initiator));
    wait_for_bytes();
    return request(iq, "the way of the file could not be changed");
  }
  finish(fail(Code::unavailable, "FILE_NO_WAY", "no way for the file was found"),
         JingleReason::failed_transport);
}

// XEP-0260 section 3: what cannot go directly goes in band.
void FileSession::fall_back() {
  bytes_.reset();
  by_s5b_ = false;
  wait_for_bytes();
  if (!outgoing_) return;  // it will say so
  ibb_ = IbbTransport{base::random_token(12), IbbBytes::usual_block};
  Stanza iq = make_jingle(peer_, JingleAction::transport_replace, sid_);
  write_ibb(*ibb_, add_content(iq, content_, JingleParty::initiator));
  request(iq, "the way of the file could not be changed");
}

void FileSession::take_end(const JingleStanza& stanza) {
  const JingleReason reason = stanza.reason.value_or(JingleReason::general_error);
  if (reason == JingleReason::success && outgoing_ && stage_ >= Stage::moving)
    return finish({}, std::nullopt);
  if (reason == JingleReason::success && !outgoing_ && stage_ >= Stage::moving && at_ >= file_.size)
    return;  // it is about to be whole here as well
  finish(fail(end_error(reason, stanza.reason_text)), std::nullopt);
}

void FileSession::stop() {
  if (stage_ == Stage::over) return;
  const bool offered = stage_ == Stage::offered && !outgoing_;
  around_.send(
      make_jingle_end(peer_, sid_, offered ? JingleReason::decline : JingleReason::cancel));
  stage_ = Stage::over;
  bytes_.reset();
  patience_.reset();
  if (part_)
    disk_.on(
        alive_, [part = part_] { return part->remove(), true; }, [](bool) {});
}

void FileSession::lost() {
  finish(fail(Code::unavailable, "CONNECTION_LOST", "the connection was lost"), std::nullopt);
}

}  // namespace commd::xmpp
