// The words of a call that has agreed on its keys by ZRTP, and what people have said of them.
#include <utility>

#include "daemon/core/call_book.h"
#include "daemon/core/call_control.h"

namespace commd::core {

// What could not be read before is asked for again: a keyring may be open by now.
std::shared_ptr<const model::ZrtpMemory> CallBook::zrtp_of(
    const model::AccountSettings& settings) const {
  if (!settings.zrtp || zrtp_ == nullptr) return nullptr;
  zrtp_->prepare();
  return zrtp_->memory();
}

void CallBook::verify(const std::string& reference, bool verified, const std::string& sas,
                      Done done) {
  CallControl* c = talking_call(reference, "the words are compared in an active call", done);
  if (!c) return;
  const std::string& words = c->call().security.sas;
  if (words.empty())
    return done(base::fail(base::Code::failed_precondition, "NO_WORDS",
                           "the call has no words to compare: its keys are not those of ZRTP. Set "
                           "zrtp=on for the account on both ends, and call again"));
  if (!sas.empty() && sas != words)
    return done(base::fail(base::Code::failed_precondition, "WORDS_CHANGED",
                           "the call's words are \"" + words +
                               "\": if the other side reads something else somebody is in "
                               "between, hang up; if they have changed compare them again"));
  c->set_verified(verified, std::move(done));
}

// Ends that have been heard of since the call was planned, in others, count as well.
void CallControl::recall_ends() {
  ZrtpBook* const book = context_.book.zrtp();
  if (!plan_.zrtp || book == nullptr) return;
  plan_.media.zrtp = book->memory();
  if (plan_.media.zrtp == nullptr)
    tell("ZRTP_UNAVAILABLE",
         "this call goes without ZRTP: what is known of other ends cannot be read now; unlock the "
         "keyring, and call again");
}

void CallControl::tell(const char* reason, std::string text) {
  context_.logger->warn("event: {}, call: {}, account: {}", reason, call_.id.str(),
                        call_.account.str());
  context_.log.emit(model::Notice{reason, std::move(text), call_.id.str()});
}

void CallControl::zrtp_agreed(const model::ZrtpAgreement& agreement) {
  if (!alive()) return;
  const bool words_changed = zrtp_ && zrtp_->sas != agreement.sas;
  zrtp_ = agreement;
  ZrtpBook* const book = context_.book.zrtp();
  if (book == nullptr || plan_.service) return;
  end_ = book->learn(call_.remote.address, agreement);
  zrtp_->mismatch = end_.mismatch;
  zrtp_->verified = end_.verified;
  // Of one call one end is remembered: else whoever has many names would push out all others.
  if (end_.is_new && new_end_ != agreement.peer && !new_end_.empty())
    book->forget_unverified(new_end_);
  if (end_.is_new) new_end_ = agreement.peer;
  tell_of_end(words_changed);
}

void CallControl::tell_of_end(bool words_changed) {
  const std::string compare = "compare the words \"" + zrtp_->sas +
                              "\" aloud; if they are the same run \"commctl calls verify --words " +
                              zrtp_->sas + "\", hang up if not";
  if (end_.mismatch)
    tell("ZRTP_MISMATCH", "this may not be whom you have spoken with before: " + compare);
  else if (!end_.known_as.empty())
    tell("ZRTP_KNOWN_AS", "you have compared words with this end as " + end_.known_as +
                              ", and it speaks as " + call_.remote.address +
                              " now: if these are not the same person, somebody pretends");
  else if (words_changed && !end_.verified)
    tell("ZRTP_WORDS_CHANGED", "the call has other words than before: " + compare);
}

// Whoever sits in between has but to take ZRTP away not to be found out by it.
void CallControl::look_for_words() {
  const ZrtpBook* const book = context_.book.zrtp();
  if (book == nullptr || plan_.service || !plan_.media.zrtp || story_.awaits_keys()) return;
  if (!call_.security.sas.empty() || !book->knows(call_.remote.address)) return;
  if (!story_.words_missing()) return;
  tell("ZRTP_MISSING",
       "you have compared words with this person before, and this call has none (no ZRTP): it may "
       "be another device of theirs, or somebody in between");
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
  if (zrtp_) {
    if (ZrtpBook* const book = context_.book.zrtp(); book != nullptr)
      book->verify(call_.remote.address, *zrtp_, end_.kept, verified);
    zrtp_->verified = verified;
    zrtp_->mismatch = !verified && end_.mismatch;
  }
  call_.security = with_words(call_.security);
  publish();
  done(call_);
}

}  // namespace commd::core
