// The time of an association: what is sent again, when it commits, when it gives up.
#include "media/zrtp/zrtp_machine.h"

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"

namespace commd::zrtp {
namespace {

constexpr size_t most_waiting = 32;
constexpr uint16_t highest_first_sequence = 0x0FFF;

std::string hex_of(uint32_t code) {
  static constexpr std::string_view digits = "0123456789abcdef";
  return {'0', 'x', digits[code >> 4 & 0x0F], digits[code & 0x0F]};
}

}  // namespace

ZrtpAssociation::Machine::Machine(OwnHello own, const HashImage& peer_hello, ZrtpOptions options)
    : own_(std::move(own)),
      expected_(peer_hello),
      options_(std::move(options)),
      sequence_(static_cast<uint16_t>((base::random_u32() & highest_first_sequence) + 1)) {}

void ZrtpAssociation::Machine::start(base::MonoTime now) {
  if (state != ZrtpState::idle) return;
  state = ZrtpState::looking;
  started_ = now;
  give_up_at_ = now + options_.patience;
  send_again({own_.message().begin(), own_.message().end()}, first_hello, longest_hello, now);
}

void ZrtpAssociation::Machine::receive(View datagram, base::MonoTime now) {
  const auto packet = read_packet(datagram);
  const bool alive = state != ZrtpState::idle && state != ZrtpState::failed;
  if (!packet || !alive || !handle(*packet, now)) ++ignored;
  // Who sees what is wrong gives up before the other end, which only waits: so it can be told.
  if ((strange_hello_ || !problem_.empty()) && !std::exchange(doubted_, true))
    give_up_at_ = std::min(give_up_at_, now + options_.patience / 2);
}

std::optional<base::MonoTime> ZrtpAssociation::Machine::deadline() const {
  if (state != ZrtpState::looking && state != ZrtpState::agreeing) return std::nullopt;
  base::MonoTime next = give_up_at_;
  if (resend_) next = std::min(next, resend_->at);
  if (commit_at_) next = std::min(next, *commit_at_);
  return next;
}

void ZrtpAssociation::Machine::tick(base::MonoTime now) {
  const auto due = deadline();
  if (!due || now < *due) return;
  if (now >= give_up_at_) return fail(timed_out());
  if (commit_at_ && now >= *commit_at_) return commit(now);
  if (!resend_ || now < resend_->at) return;
  send(resend_->message);
  resend_->pause = std::min(2 * resend_->pause, resend_->longest);
  resend_->at = now + resend_->pause;
}

std::optional<Bytes> ZrtpAssociation::Machine::take_datagram() {
  if (outgoing_.empty()) return std::nullopt;
  Bytes first = std::move(outgoing_.front());
  outgoing_.pop_front();
  return first;
}

void ZrtpAssociation::Machine::send(View message) {
  if (outgoing_.size() < most_waiting)
    outgoing_.push_back(write_packet(sequence_, options_.ssrc, message));
  ++sequence_;
}

void ZrtpAssociation::Machine::send_again(Bytes message, std::chrono::milliseconds first,
                                          std::chrono::milliseconds longest, base::MonoTime now) {
  send(message);
  resend_ = Resend{std::move(message), now + first, first, longest};
}

void ZrtpAssociation::Machine::fail(base::Error why) {
  error = std::move(why);
  state = ZrtpState::failed;
  resend_.reset();
  commit_at_.reset();
  pair_.reset();
  schedule_.reset();
}

base::Error ZrtpAssociation::Machine::timed_out() const {
  const auto because = [](const char* cause, std::string message) {
    return base::Error{
        base::Code::deadline_exceeded, "ZRTP_TIMEOUT", std::move(message), {{"cause", cause}}};
  };
  if (!problem_.empty())
    return because("tampered", "ZRTP came to nothing: " + problem_ +
                                   "; somebody may be in between, call again by another network");
  if (strange_hello_)
    return because("hello_mismatch",
                   "whoever speaks ZRTP there is not whom the signalling announced; somebody may "
                   "be in between, call again by another network");
  if (peer_error_) {
    base::Error refused =
        because("refused", "the other side refused ZRTP, with error " + hex_of(*peer_error_) +
                               "; set zrtp=off for this account, or encryption=preferred");
    refused.details["error"] = hex_of(*peer_error_);
    return refused;
  }
  if (heard_)
    return because("unfinished",
                   "ZRTP was begun and did not come to an end: packets are lost, or the other "
                   "side has given up; call again");
  return because("silence",
                 "no ZRTP came from the other side: its packets do not arrive here, or ours not "
                 "there; look at firewalls, or try another network");
}

}  // namespace commd::zrtp
