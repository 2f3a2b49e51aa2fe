// What can be done in a running call besides hold: mute, endpoints, digits,
// transfer, recording, playing.
#include <utility>

#include "daemon/core/call_book.h"
#include "daemon/core/call_control.h"

namespace commd::core {

void CallControl::set_muted(bool muted, Done done) {
  if (media_) media_->set_muted(muted);
  if (call_.muted == muted) return done(call_);
  call_.muted = muted;
  story_.note(CallStory::Kind::call, muted ? "MUTED" : "UNMUTED",
              muted ? "muted by the person" : "unmuted by the person");
  publish();
  done(call_);
}

void CallControl::set_capture(const model::AudioSource& source, Done done) {
  media_->set_capture(source,
                      guarded([this, source, done = std::move(done)](base::Result<void> result) {
                        if (!result) return done(base::fail(result.error()));
                        call_.capture = source;
                        publish();
                        done(call_);
                      }));
}

void CallControl::set_playback(const model::AudioSink& sink, Done done) {
  media_->set_playback(sink,
                       guarded([this, sink, done = std::move(done)](base::Result<void> result) {
                         if (!result) return done(base::fail(result.error()));
                         call_.playback = sink;
                         publish();
                         done(call_);
                       }));
}

void CallControl::send_digits(const std::string& digits, std::chrono::milliseconds each,
                              Done done) {
  const auto ms = static_cast<unsigned>(each.count());
  if (plan_.dtmf != model::DtmfMethod::info) {
    const base::Result<void> sent = media_->send_digits(digits, ms);
    if (sent) return done(call_);
    if (plan_.dtmf == model::DtmfMethod::rtp || sent.error().reason != "NO_TELEPHONE_EVENT")
      return done(base::fail(sent.error()));
  }
  for (const char digit : digits)
    if (digit != ',') context_.signalling.send_digit(leg_, digit, ms);
  done(call_);
}

void CallControl::transfer(const std::string& target, Done done) {
  call_.transfer = {model::TransferStatus::State::requested, target, 0, {}};
  publish();
  context_.signalling.transfer(leg_, target);
  done(call_);
}

void CallControl::transfer_to(CallControl& other, Done done) {
  call_.transfer = {model::TransferStatus::State::requested, other.call().remote.address, 0, {}};
  publish();
  context_.signalling.transfer_to_leg(leg_, other.leg());
  done(call_);
}

void CallControl::ask_transfer(AskedTransfer asked) {
  // Well within what servers let a transaction of a subscription wait; a person who talks
  // is there, or is not.
  constexpr std::chrono::seconds patience{30};
  // RFC 3515 section 2.4.4: told at once that it is being looked at.
  context_.signalling.report_transfer(leg_, 100, "Trying");
  call_.transfer_request = {std::move(asked.target), std::move(asked.referred_by),
                            context_.clock.wall_now() + patience};
  asked_replaces_ = std::move(asked.replaces);
  transfer_timer_ = context_.timers.after(patience, [this] {
    context_.logger->info("event: transfer_refused, call: {}, reason: nobody_answered",
                          call_.id.str());
    refuse_transfer();
  });
  publish();
  context_.log.emit(model::Notice{"TRANSFER_REQUESTED",
                                  "the far end asks you to call " + call_.transfer_request.target +
                                      " instead; answer it within 30 s (commctl: calls "
                                      "accept-transfer, calls refuse-transfer)",
                                  call_.id.str()});
}

CallControl::AskedTransfer CallControl::asked_transfer() const {
  return {call_.transfer_request.target, asked_replaces_, call_.transfer_request.referred_by};
}

void CallControl::forget_transfer() {
  transfer_timer_.reset();
  call_.transfer_request = {};
  asked_replaces_.clear();
}

void CallControl::refuse_transfer() {
  context_.signalling.refuse_transfer(leg_);
  if (call_.transfer_request.target.empty()) return;
  forget_transfer();
  publish();
}

void CallControl::on_transfer_progress(model::TransferStatus status) {
  if (!alive()) return;
  if (status.target.empty()) status.target = call_.transfer.target;
  call_.transfer = std::move(status);
  // The far end talks to somebody else now: this call has done its duty.
  if (call_.transfer.state == model::TransferStatus::State::succeeded)
    return hang_up(model::EndReason::transferred, model::EndedBy::local);
  publish();
}

void CallControl::record(const std::string& path, Done done) {
  const bool recording = !path.empty();
  media_->record(path,
                 guarded([this, recording, done = std::move(done)](base::Result<void> result) {
                   if (!result) return done(base::fail(result.error()));
                   call_.recording = recording;
                   publish();
                   done(call_);
                 }));
}

void CallControl::play(const std::string& path, Done done) {
  const bool playing = !path.empty();
  media_->play(path, guarded([this, playing, done = std::move(done)](base::Result<void> result) {
                 if (!result) return done(base::fail(result.error()));
                 call_.playing = playing;
                 publish();
                 done(call_);
               }));
}

}  // namespace commd::core
