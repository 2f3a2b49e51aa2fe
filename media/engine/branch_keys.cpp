#include "media/engine/branch_keys.h"

#include <utility>

namespace commd::engine {

using base::Result;
using dtls::DtlsState;
using srtp::SrtpStatus;
using zrtp::ZrtpState;

Result<void> BranchKeys::configure(const MediaPlan& plan, base::MonoTime now) {
  if (plan.zrtp) {
    use_zrtp(*plan.zrtp);
    return {};
  }
  if (plan.dtls) return use_dtls(*plan.dtls, now);
  forget_handshakes();
  if (plan.keys) return use_sdes(*plan.keys);
  outbound_.reset();
  inbound_.reset();
  sdes_.reset();
  profile_.reset();
  state_ = State::clear;
  return {};
}

void BranchKeys::forget_handshakes() {
  association_.reset();
  plan_.reset();
  zrtp_.reset();
  zrtp_plan_.reset();
  callers_.clear();
  begun_ = false;
}

Result<void> BranchKeys::use_sdes(const SdesKeys& keys) {
  const bool same_outbound = sdes_ && sdes_->outbound.key == keys.outbound.key;
  if (same_outbound && sdes_->inbound.key == keys.inbound.key) return {};
  auto session = srtp::SrtpSession::create(library_, keys.outbound, keys.inbound.key);
  if (!session) return base::fail(session.error());
  inbound_ = std::make_shared<srtp::SrtpSession>(std::move(*session));
  if (!same_outbound) outbound_ = inbound_;
  sdes_ = keys;
  profile_ = keys.outbound.key.profile();
  state_ = State::ready;
  return {};
}

// The same far end in the same role is the same association (RFC 8842, section 4).
Result<void> BranchKeys::use_dtls(const DtlsPlan& plan, base::MonoTime now) {
  if (plan_ == plan && state_ != State::failed) return {};
  if (identity_ == nullptr)
    return base::fail(base::Code::internal, "MEDIA_FAILED", "there is no certificate to show");
  auto fingerprint = dtls::make_fingerprint(plan.hash, plan.fingerprint);
  if (!fingerprint) return base::fail(fingerprint.error());
  dtls::DtlsOptions options;
  options.role =
      plan.role == DtlsPlan::Role::active ? dtls::DtlsRole::active : dtls::DtlsRole::passive;
  auto association = dtls::DtlsAssociation::create(*identity_, std::move(options));
  if (!association) return base::fail(association.error());
  association->expect({std::move(*fingerprint)}, now);
  begin_handshake();
  association_ = std::move(*association);
  plan_ = plan;
  return {};
}

// The same far end that says the same Hello is the same association.
void BranchKeys::use_zrtp(const ZrtpPlan& plan) {
  if (zrtp_plan_ == plan && state_ != State::failed) return;
  begin_handshake();
  zrtp_.emplace(make_association(plan, ssrc_));
  zrtp_plan_ = plan;
}

void BranchKeys::begin_handshake() {
  forget_handshakes();
  sdes_.reset();
  profile_.reset();
  outbound_.reset();
  inbound_.reset();
  state_ = State::pending;
}

void BranchKeys::renew(base::MonoTime now) {
  if (state_ == State::failed) {
    // Who has proved to be another than was announced does not become it by waiting.
    if (error_.code != base::Code::deadline_exceeded) return;
    // Copies: what they are taken from is forgotten on the way.
    if (const auto zrtp = zrtp_plan_) return use_zrtp(*zrtp);
    if (const auto dtls = plan_)
      if (const auto begun = use_dtls(*dtls, now); !begun) fail(begun.error());
    return;
  }
  if (state_ != State::pending) return;
  if (association_) association_->wait_longer(now);
  if (zrtp_) zrtp_->wait_longer(now);
}

void BranchKeys::begin(base::MonoTime now) {
  if (std::exchange(begun_, true)) return;
  if (association_) association_->start(now);
  if (zrtp_) zrtp_->start(now);
}

void BranchKeys::receive(std::span<const uint8_t> datagram, base::MonoTime now,
                         HandshakeSink& sink) {
  begin(now);
  if (association_) association_->receive(datagram, now);
  if (zrtp_) zrtp_->receive(datagram, now);
  follow(sink);
}

bool BranchKeys::awaits_hello() const {
  return state_ == State::pending && (zrtp_ || plan_->role == DtlsPlan::Role::passive);
}

bool BranchKeys::receive_elsewhere(std::span<const uint8_t> datagram, const SocketAddress& source,
                                   base::MonoTime now, HandshakeSink& sink) {
  if (!awaits_hello() || !plan_) return false;
  const auto expected = dtls::make_fingerprint(plan_->hash, plan_->fingerprint);
  if (!expected) return false;
  auto proven = callers_.receive(datagram, source, now, *identity_, *expected, sink);
  if (!proven) return false;
  association_ = std::move(*proven);
  begun_ = true;
  follow(sink);
  return true;
}

void BranchKeys::tick(base::MonoTime now, HandshakeSink& sink) {
  const auto tick_one = [now](auto& handshake) {
    if (!handshake) return;
    if (const auto due = handshake->deadline(); due && *due <= now) handshake->tick(now);
  };
  tick_one(association_);
  tick_one(zrtp_);
  follow(sink);
  callers_.tick(now, sink);
}

void BranchKeys::close(HandshakeSink& sink) {
  if (association_) association_->close();
  drain(sink);
}

void BranchKeys::drain(HandshakeSink& sink) {
  const auto drain_one = [&sink](auto& handshake) {
    if (!handshake) return;
    while (const auto datagram = handshake->take_datagram()) sink.send_handshake(*datagram);
  };
  drain_one(association_);
  drain_one(zrtp_);
}

void BranchKeys::follow(HandshakeSink& sink) {
  drain(sink);
  if (state_ != State::pending) return;
  if (association_ && association_->state() == DtlsState::failed) fail(association_->error());
  if (zrtp_ && zrtp_->state() == ZrtpState::failed) fail(zrtp_->error());
  if (association_ && association_->state() == DtlsState::connected)
    take_keys(association_->keys()->outbound, association_->keys()->inbound);
  if (zrtp_ && zrtp_->keys()) take_keys(zrtp_->keys()->outbound, zrtp_->keys()->inbound);
  if (state_ != State::pending) callers_.clear();
}

void BranchKeys::fail(const base::Error& why) {
  error_ = why;
  state_ = State::failed;
}

void BranchKeys::take_keys(const srtp::SrtpKey& outbound, const srtp::SrtpKey& inbound) {
  auto session = srtp::SrtpSession::create(library_, {outbound}, inbound);
  if (!session) return fail(session.error());
  inbound_ = std::make_shared<srtp::SrtpSession>(std::move(*session));
  outbound_ = inbound_;
  profile_ = outbound.profile();
  state_ = State::ready;
}

AgreedKeys BranchKeys::agreed() const {
  AgreedKeys agreed;
  agreed.dtls = plan_;
  agreed.zrtp = zrtp_plan_;
  if (profile_) agreed.suite = srtp::suite_name(*profile_);
  if (zrtp_ && zrtp_->outcome()) agreed.words = to_agreement(*zrtp_->outcome());
  return agreed;
}

bool BranchKeys::protect_rtp(std::span<uint8_t> buffer, size_t& length) {
  return usable() && (!outbound_ || outbound_->protect(buffer, length) == SrtpStatus::ok);
}

bool BranchKeys::protect_rtcp(std::span<uint8_t> buffer, size_t& length) {
  return usable() && (!outbound_ || outbound_->protect_rtcp(buffer, length) == SrtpStatus::ok);
}

bool BranchKeys::unprotect_rtp(std::span<uint8_t> datagram, size_t& length) {
  return usable() && (!inbound_ || inbound_->unprotect(datagram, length) == SrtpStatus::ok);
}

bool BranchKeys::unprotect_rtcp(std::span<uint8_t> datagram, size_t& length) {
  return usable() && (!inbound_ || inbound_->unprotect_rtcp(datagram, length) == SrtpStatus::ok);
}

}  // namespace commd::engine
