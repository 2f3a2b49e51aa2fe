#include "media/engine/branch_keys.h"

#include <utility>

namespace commd::engine {

using base::Result;
using dtls::DtlsState;
using srtp::SrtpStatus;

Result<void> BranchKeys::configure(const MediaPlan& plan, base::MonoTime now) {
  if (plan.dtls) return use_dtls(*plan.dtls, now);
  association_.reset();
  callers_.clear();
  plan_.reset();
  if (plan.keys) return use_sdes(*plan.keys);
  outbound_.reset();
  inbound_.reset();
  sdes_.reset();
  profile_.reset();
  state_ = State::clear;
  return {};
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
  association_ = std::move(*association);
  begun_ = false;
  callers_.clear();
  plan_ = plan;
  sdes_.reset();
  profile_.reset();
  outbound_.reset();
  inbound_.reset();
  state_ = State::pending;
  return {};
}

void BranchKeys::begin(base::MonoTime now) {
  if (!association_ || std::exchange(begun_, true)) return;
  association_->start(now);
}

void BranchKeys::receive(std::span<const uint8_t> datagram, base::MonoTime now,
                         HandshakeSink& sink) {
  if (!association_) return;
  begin(now);
  association_->receive(datagram, now);
  follow(sink);
}

bool BranchKeys::awaits_hello() const {
  return state_ == State::pending && plan_->role == DtlsPlan::Role::passive;
}

bool BranchKeys::receive_elsewhere(std::span<const uint8_t> datagram, const SocketAddress& source,
                                   base::MonoTime now, HandshakeSink& sink) {
  if (!awaits_hello()) return false;
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
  if (!association_) return;
  if (const auto due = association_->deadline(); due && *due <= now) association_->tick(now);
  follow(sink);
  callers_.tick(now, sink);
}

void BranchKeys::close(HandshakeSink& sink) {
  if (!association_) return;
  association_->close();
  while (const auto datagram = association_->take_datagram()) sink.send_handshake(*datagram);
}

void BranchKeys::follow(HandshakeSink& sink) {
  while (const auto datagram = association_->take_datagram()) sink.send_handshake(*datagram);
  if (state_ != State::pending) return;
  if (association_->state() == DtlsState::failed) {
    error_ = association_->error();
    state_ = State::failed;
    callers_.clear();
    return;
  }
  if (association_->state() != DtlsState::connected) return;
  callers_.clear();
  const auto taken = take_keys(*association_->keys());
  if (taken) {
    state_ = State::ready;
    return;
  }
  error_ = taken.error();
  state_ = State::failed;
}

Result<void> BranchKeys::take_keys(const dtls::SrtpKeys& keys) {
  auto session = srtp::SrtpSession::create(library_, {keys.outbound}, keys.inbound);
  if (!session) return base::fail(session.error());
  inbound_ = std::make_shared<srtp::SrtpSession>(std::move(*session));
  outbound_ = inbound_;
  profile_ = keys.outbound.profile();
  return {};
}

std::string BranchKeys::suite() const {
  return profile_ ? std::string(srtp::suite_name(*profile_)) : std::string();
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
