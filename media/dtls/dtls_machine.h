// The inside of a DtlsAssociation; of this room alone.
#pragma once

#include <string>

#include "media/dtls/datagram_bio.h"
#include "media/dtls/dtls_association.h"
#include "media/dtls/hello.h"

namespace commd::dtls {

class DtlsAssociation::Machine {
 public:
  Machine(DtlsIdentity identity, DtlsOptions options, std::string profile_names);

  bool prepare();  // makes the first SSL object
  void expect(std::vector<Fingerprint> fingerprints, base::MonoTime now);
  void start(base::MonoTime now);
  void receive(std::span<const uint8_t> datagram, base::MonoTime now);
  void tick(base::MonoTime now);
  void wait_longer(base::MonoTime now) { give_up_at_ = now + options_.patience; }
  std::optional<base::MonoTime> deadline() const;
  std::optional<std::vector<uint8_t>> take_datagram();
  void close();

  DtlsState state = DtlsState::idle;
  base::Error error;
  std::optional<SrtpKeys> keys;
  std::optional<Fingerprint> peer;
  size_t ignored = 0;
  size_t restarts = 0;

 private:
  bool active() const { return options_.role == DtlsRole::active; }
  bool alive() const { return state == DtlsState::connecting || state == DtlsState::connected; }

  bool may_be_read(const Glance& seen, base::MonoTime now);
  bool turn_to(const HelloRandom& random, base::MonoTime now);
  bool begin_anew(base::MonoTime now);
  bool is_hopeless(base::MonoTime now) const;
  void drive(base::MonoTime now);
  void handshake(base::MonoTime now);
  void drain(base::MonoTime now);
  void attempt_failed(base::MonoTime now);
  void note_timer(base::MonoTime now);
  void judge();
  void fail(base::Error why);
  base::Error timed_out() const;

  const DtlsIdentity identity_;
  const DtlsOptions options_;
  const std::string profile_names_;
  DatagramWire wire_;
  Ssl ssl_;  // on wire_; empty between two attempts
  std::vector<Fingerprint> expected_;
  bool through_ = false;  // the handshake is

  base::MonoTime attempt_since_{};
  base::MonoTime give_up_at_{};
  std::optional<base::MonoTime> resend_at_;
  std::optional<base::MonoTime> anew_at_;  // not before then
  std::chrono::milliseconds pause_;        // before the next attempt of an active one
  std::optional<HelloRandom> client_;      // whom a passive one speaks with

  bool rebuffed_ = false;  // an alert was the last thing that came

  // For the words at the deadline.
  bool heard_ = false;
  bool role_conflict_ = false;
  std::optional<uint8_t> alert_;
  std::string problem_;
};

}  // namespace commd::dtls
