// The words of a call that has agreed on its keys by ZRTP, and what people have said of them.
#include <utility>

#include "daemon/core/call_book.h"
#include "daemon/core/call_control.h"

namespace commd::core {

std::shared_ptr<const model::ZrtpMemory> CallBook::zrtp_of(
    const model::AccountSettings& settings) const {
  return settings.zrtp && zrtp_ != nullptr ? zrtp_->memory() : nullptr;
}

void CallBook::verify(const std::string& reference, bool verified, Done done) {
  CallControl* c = talking_call(reference, "the words are compared in an active call", done);
  if (!c) return;
  if (c->call().security.sas.empty())
    return done(base::fail(base::Code::failed_precondition, "NO_WORDS",
                           "the call has no words to compare: its keys are not those of ZRTP. Set "
                           "zrtp=on for the account on both ends, and call again"));
  c->set_verified(verified, std::move(done));
}

void CallControl::zrtp_agreed(const model::ZrtpAgreement& agreement) {
  if (!alive()) return;
  zrtp_ = agreement;
  ZrtpBook* const book = context_.book.zrtp();
  if (book == nullptr || plan_.service) return;
  zrtp_->mismatch = book->learn(call_.remote.address, agreement);
  if (!zrtp_->mismatch) return;
  context_.logger->warn("event: zrtp_mismatch, call: {}, account: {}", call_.id.str(),
                        call_.account.str());
  context_.log.emit(model::Notice{
      "ZRTP_MISMATCH",
      "this may not be whom you have spoken with before: compare the words \"" + zrtp_->sas +
          "\" aloud, and run \"commctl calls verify\" if they are the same; hang up if not",
      call_.id.str()});
}

// Whoever sits in between has but to take ZRTP away not to be found out by it.
void CallControl::look_for_words() {
  const ZrtpBook* const book = context_.book.zrtp();
  if (book == nullptr || plan_.service || !plan_.media.zrtp || story_.awaits_keys()) return;
  if (!call_.security.sas.empty() || !book->knows(call_.remote.address)) return;
  if (!story_.words_missing()) return;
  context_.log.emit(model::Notice{
      "ZRTP_MISSING",
      "you have compared words with this person before, and this call has none (no ZRTP): it may "
      "be another device of theirs, or somebody in between",
      call_.id.str()});
}

// What this person says counts from then on, whatever the media says again.
model::CallSecurity CallControl::with_words(model::CallSecurity security) const {
  if (!zrtp_ || security.sas.empty() || security.sas != zrtp_->sas) return security;
  security.verified_here = zrtp_->verified;
  security.verified_there = zrtp_->peer_verified;
  security.mismatch = zrtp_->mismatch;
  security.level =
      zrtp_->verified ? model::SecurityLevel::verified : model::SecurityLevel::encrypted;
  return security;
}

void CallControl::set_verified(bool verified, Done done) {
  if (zrtp_ && context_.book.zrtp() != nullptr)
    context_.book.zrtp()->verify(call_.remote.address, *zrtp_, verified);
  if (zrtp_) {
    zrtp_->verified = verified;
    if (verified) zrtp_->mismatch = false;
  }
  call_.security = with_words(call_.security);
  publish();
  done(call_);
}

}  // namespace commd::core
