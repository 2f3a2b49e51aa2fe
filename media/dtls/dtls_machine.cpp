#include "media/dtls/dtls_machine.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <utility>

#include "media/dtls/certificate_hash.h"
#include "media/dtls/srtp_export.h"

namespace commd::dtls {

namespace {

using base::Code;
using base::MonoTime;
using std::chrono::milliseconds;

// Between two attempts: an SSL object costs some 50 us, a handshake that comes to
// nothing up to 1 ms, and anybody who can send here may ask for them.
constexpr milliseconds shortest_pause{20};
constexpr milliseconds first_pause{250};
constexpr milliseconds longest_pause{2000};

unsigned next_resend_us(SSL*, unsigned last_us) noexcept {
  using std::chrono::microseconds;
  constexpr auto first = microseconds(DtlsAssociation::first_resend).count();
  constexpr auto most = microseconds(DtlsAssociation::longest_resend).count();
  return static_cast<unsigned>(last_us == 0 ? first : std::min<long>(2L * last_us, most));
}

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "" : reason;
}

}  // namespace

DtlsAssociation::Machine::Machine(DtlsIdentity identity, DtlsOptions options,
                                  std::string profile_names)
    : identity_(std::move(identity)),
      options_(std::move(options)),
      profile_names_(std::move(profile_names)),
      wire_(options_.mtu),
      pause_(first_pause) {}

bool DtlsAssociation::Machine::prepare() {
  ERR_clear_error();
  Ssl ssl(SSL_new(identity_.context()));
  Bio bio = wire_.make_bio();
  if (!ssl || !bio) return false;
  SSL_set0_rbio(ssl.get(), bio.get());
  BIO_up_ref(bio.get());
  SSL_set0_wbio(ssl.get(), bio.release());
  DTLS_set_timer_cb(ssl.get(), next_resend_us);
  // Here 0 is success.
  if (SSL_set_tlsext_use_srtp(ssl.get(), profile_names_.c_str()) != 0) return false;
  if (SSL_set_mtu(ssl.get(), static_cast<long>(options_.mtu)) == 0) return false;
  if (active()) {
    SSL_set_connect_state(ssl.get());
  } else {
    SSL_set_accept_state(ssl.get());
  }
  ssl_ = std::move(ssl);
  return true;
}

void DtlsAssociation::Machine::expect(std::vector<Fingerprint> fingerprints, MonoTime now) {
  if (!expected_.empty()) return;
  expected_ = std::move(fingerprints);
  if (state == DtlsState::connecting && through_) {
    judge();
    note_timer(now);
  }
}

void DtlsAssociation::Machine::start(MonoTime now) {
  if (state != DtlsState::idle) return;
  state = DtlsState::connecting;
  attempt_since_ = now;
  give_up_at_ = now + options_.patience;
  if (active()) drive(now);
}

std::optional<MonoTime> DtlsAssociation::Machine::deadline() const {
  if (state != DtlsState::connecting) return std::nullopt;
  MonoTime next = give_up_at_;
  if (resend_at_) next = std::min(next, *resend_at_);
  if (active() && anew_at_) next = std::min(next, *anew_at_);
  return next;
}

void DtlsAssociation::Machine::tick(MonoTime now) {
  if (state != DtlsState::connecting) return;
  if (now >= give_up_at_) return fail(timed_out());
  if (active() && anew_at_ && now >= *anew_at_) {
    if (begin_anew(now)) return drive(now);
    anew_at_ = now + pause_;
  }
  if (ssl_ && resend_at_ && now >= *resend_at_) {
    if (active() && is_hopeless(now)) return attempt_failed(now);
    ERR_clear_error();
    if (DTLSv1_handle_timeout(ssl_.get()) < 0) return attempt_failed(now);
    note_timer(now);
  }
}

// Whether an active end that has to send something again had better begin anew: an
// alert that nobody signed is believed when nothing else came; and a message that was
// tampered with can leave OpenSSL waiting for a rest that there is not.
bool DtlsAssociation::Machine::is_hopeless(MonoTime now) const {
  return rebuffed_ || (heard_ && now - attempt_since_ >= options_.patience / 2);
}

std::optional<std::vector<uint8_t>> DtlsAssociation::Machine::take_datagram() {
  auto& waiting = wire_.outgoing();
  if (waiting.empty()) return std::nullopt;
  std::vector<uint8_t> first = std::move(waiting.front());
  waiting.pop_front();
  return first;
}

void DtlsAssociation::Machine::receive(std::span<const uint8_t> datagram, MonoTime now) {
  if (!alive()) return;
  const Glance seen = glance(datagram);
  if (seen.alert && !through_) {
    alert_ = seen.alert;
    rebuffed_ = true;
  }
  if (!seen.dtls || seen.alert || (!through_ && !may_be_read(seen, now))) {
    ++ignored;
    return;
  }
  heard_ = true;
  rebuffed_ = false;
  wire_.feed(datagram);
  drive(now);
  wire_.no_more();
}

// Of a datagram in the handshake.
bool DtlsAssociation::Machine::may_be_read(const Glance& seen, MonoTime now) {
  if (seen.handshake) {
    const bool ours = active() ? is_for_client(*seen.handshake) : is_for_server(*seen.handshake);
    role_conflict_ |= *seen.handshake == (active() ? client_hello : server_hello);
    if (!ours) return false;
  }
  if (!active() && seen.random) return turn_to(*seen.random, now);
  return ssl_ != nullptr;
}

// A passive end's ClientHello. One of another random is another handshake: the far
// end has begun anew, or somebody else wants to be it. The newest is served; only who
// has the right key gets to the end.
bool DtlsAssociation::Machine::turn_to(const HelloRandom& random, MonoTime now) {
  const bool fresh = ssl_ && !client_;
  if (!fresh && (!ssl_ || *client_ != random)) {
    if (anew_at_ && now < *anew_at_) return false;
    if (!begin_anew(now)) return false;
    anew_at_ = now + shortest_pause;
  }
  client_ = random;
  return true;
}

bool DtlsAssociation::Machine::begin_anew(MonoTime now) {
  attempt_since_ = now;
  ssl_.reset();
  client_.reset();
  resend_at_.reset();
  anew_at_.reset();
  rebuffed_ = false;
  ++restarts;
  return prepare();
}

void DtlsAssociation::Machine::drive(MonoTime now) {
  if (!through_) handshake(now);
  if (through_ && alive()) drain(now);
  note_timer(now);
}

void DtlsAssociation::Machine::handshake(MonoTime now) {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    through_ = true;
    peer = fingerprint_of(SSL_get0_peer_certificate(ssl_.get()), HashFunction::sha_256);
    if (!expected_.empty()) judge();
    return;
  }
  if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) attempt_failed(now);
}

// What comes after the handshake: the far end's last flight once more, which OpenSSL
// answers with ours, its goodbye, or data that nobody wants.
void DtlsAssociation::Machine::drain(MonoTime now) {
  std::array<char, 2048> unwanted;
  for (;;) {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), unwanted.data(), unwanted.size());
    if (result > 0) continue;
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ) return;
    // A protected alert, or a breach of the protocol by who has the keys, ends it too;
    // but only if it is known who that is.
    if (state == DtlsState::connected) {
      state = DtlsState::closed;
    } else if (state == DtlsState::connecting) {
      problem_ = "the far end ended it at once";
      through_ = false;
      peer.reset();
      attempt_failed(now);
    }
    return;
  }
}

void DtlsAssociation::Machine::attempt_failed(MonoTime now) {
  const std::string reason = openssl_reason();
  if (!reason.empty()) problem_ = reason;
  ssl_.reset();
  client_.reset();
  resend_at_.reset();
  anew_at_ = now + (active() ? pause_ : shortest_pause);
  pause_ = std::min(2 * pause_, longest_pause);
}

void DtlsAssociation::Machine::note_timer(MonoTime now) {
  resend_at_.reset();
  if (state != DtlsState::connecting || through_ || !ssl_) return;
  timeval left{};
  if (DTLSv1_get_timeout(ssl_.get(), &left) != 1) return;
  resend_at_ = now + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
}

// The handshake is through and the signalling has said with whom it was to be.
void DtlsAssociation::Machine::judge() {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr || !matches(certificate, expected_)) {
    return fail({Code::failed_precondition,
                 "FINGERPRINT_MISMATCH",
                 "the far end of the media is not who the signalling said: its certificate has "
                 "another fingerprint",
                 {}});
  }
  const auto profile = negotiated_profile(ssl_.get());
  if (!profile) {
    return fail({Code::failed_precondition,
                 "DTLS_NO_SRTP",
                 "the far end agreed on keys but on no SRTP profile of ours",
                 {}});
  }
  keys = export_keys(ssl_.get(), *profile, options_.role);
  if (!keys) return fail({Code::internal, "DTLS_SETUP_FAILED", "OpenSSL gave no keys", {}});
  state = DtlsState::connected;
}

void DtlsAssociation::Machine::fail(base::Error why) {
  if (through_ && ssl_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  error = std::move(why);
  state = DtlsState::failed;
}

void DtlsAssociation::Machine::close() {
  if (!alive() && state != DtlsState::idle) return;
  if (through_ && ssl_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  state = DtlsState::closed;
}

base::Error DtlsAssociation::Machine::timed_out() const {
  if (through_) {
    return {Code::deadline_exceeded,
            "FINGERPRINT_MISSING",
            "the far end agreed on keys, but the signalling never said what its fingerprint is",
            {}};
  }
  std::string cause = "silence";
  std::string words = "nothing of DTLS came from the far end";
  if (role_conflict_) {
    cause = "role_conflict";
    words = std::string("both ends want the ") + (active() ? "active" : "passive") + " role";
  } else if (alert_) {
    cause = "alert";
    words = std::string("the far end refused: ") + SSL_alert_desc_string_long(*alert_);
  } else if (!problem_.empty() || heard_) {
    cause = "handshake";
    words = problem_.empty() ? "the far end fell silent in the handshake"
                             : "the handshake came to nothing: " + problem_;
  }
  return {Code::deadline_exceeded,
          "DTLS_TIMEOUT",
          "no keys for the media in time: " + words,
          {{"cause", cause}}};
}

}  // namespace commd::dtls
