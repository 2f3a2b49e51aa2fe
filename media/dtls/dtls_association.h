// One DTLS association that makes the keys of one SRTP transport (DTLS-SRTP: RFC
// 5763, 5764; DTLS 1.2: RFC 6347; the far end is known by its fingerprint: RFC 8122).
//
// A state machine without sockets, clocks or threads: datagrams and the time go in,
// datagrams and the next deadline come out. Move-only; belongs to one thread at a
// time and may be handed over whole (a media worker's, about 2 ms of CPU a
// handshake). Its identity may be shared by any number of threads.
//
//   start(now); then for each datagram receive(d, now), at deadline() tick(now);
//   after each of these: send what take_datagram() gives, look at state().
//
// The role is the one that was negotiated by RFC 4145's setup (RFC 5763, section 5).
// A new fingerprint, role or ICE generation of the far end that means a new
// association (RFC 8842, section 4) is a new object.
//
// Hostile input: nothing that was not authenticated ends an association. Junk,
// unprotected alerts, messages of the wrong role and handshakes that come to nothing
// are dropped or begun anew (at a bounded rate), until the fingerprint decides or the
// deadline comes. Only feed it what comes from where media may come from (an
// ICE-validated pair). There is no renegotiation, resumption, ticket or compression.
// What a peer can make it hold before its end is bounded by OpenSSL: 16 KiB a
// message, 10 messages and 100 records out of order.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/error.h"
#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "media/dtls/dtls_identity.h"
#include "media/dtls/fingerprint.h"
#include "media/srtp/srtp_key.h"

namespace commd::dtls {

// Who sends the ClientHello: the active one.
enum class DtlsRole { active, passive };

enum class DtlsState {
  idle,        // before start()
  connecting,  // the handshake is under way, or waits for the fingerprint
  connected,   // the far end is who the signalling said; keys() are there
  failed,      // error() says why
  closed,      // by close(), or by the far end
};
const char* to_string(DtlsState state);

struct DtlsOptions {
  DtlsRole role = DtlsRole::active;
  // In order of preference; the passive end's order decides. The one with a tag of 32
  // bits only for who asks for it. AES_256_CM has no number in DTLS.
  std::vector<srtp::SrtpProfile> profiles = {srtp::SrtpProfile::aead_aes_128_gcm,
                                             srtp::SrtpProfile::aead_aes_256_gcm,
                                             srtp::SrtpProfile::aes_cm_128_hmac_sha1_80};
  size_t mtu = 1200;  // of a datagram's payload, 296 to 16384 octets
  // From start() to connected.
  std::chrono::milliseconds patience = std::chrono::seconds(20);
};

struct SrtpKeys {
  srtp::SrtpKey outbound;
  srtp::SrtpKey inbound;
};

class DtlsAssociation {
 public:
  // A message that is lost is sent again after 250 ms, 500 ms and so on up to 4 s.
  // Every machine's first round trip is shorter than that where people speak; RFC
  // 6347's second (section 4.2.4.1) is silence after an answer.
  static constexpr std::chrono::milliseconds first_resend{250};
  static constexpr std::chrono::milliseconds longest_resend{4000};

  // invalid_argument, DTLS_OPTIONS_INVALID, for options that cannot be; internal,
  // DTLS_SETUP_FAILED, where OpenSSL fails.
  static base::Result<DtlsAssociation> create(const DtlsIdentity& identity, DtlsOptions options);

  DtlsAssociation(DtlsAssociation&&) noexcept;
  DtlsAssociation& operator=(DtlsAssociation&&) noexcept;
  ~DtlsAssociation();

  // What the signalling says of the far end's certificate; may come before the start,
  // in the handshake or after it. The certificate has to match one of those of the
  // strongest hash (RFC 8122, section 5). Once: what comes later is ignored, since it
  // would be another association.
  void expect(std::vector<Fingerprint> fingerprints, base::MonoTime now);

  void start(base::MonoTime now);
  void receive(std::span<const uint8_t> datagram, base::MonoTime now);
  void tick(base::MonoTime now);
  // While it is connecting: the patience begins again.
  void wait_longer(base::MonoTime now);
  // When tick() is due; empty while nothing is.
  std::optional<base::MonoTime> deadline() const;

  // The next datagram to send, oldest first. At most 32 wait, more are lost.
  std::optional<std::vector<uint8_t>> take_datagram();

  // Says goodbye (close_notify) if there is somebody to say it to. Keys that were
  // handed out stay what they are.
  void close();

  DtlsState state() const;
  // Of a failed one. FINGERPRINT_MISMATCH: the far end is not who the signalling said;
  // DTLS_NO_SRTP: it has no profile of ours; both are final and authenticated.
  // DTLS_TIMEOUT: `cause` in the details is silence, role_conflict, alert or
  // handshake. FINGERPRINT_MISSING: the handshake was through, but the signalling
  // never said with whom.
  const base::Error& error() const;

  // Once connected, and still there when it is closed.
  const std::optional<SrtpKeys>& keys() const;
  std::optional<srtp::SrtpProfile> profile() const;
  // Of the certificate that the far end showed, matched or not; empty before that.
  std::optional<Fingerprint> peer_fingerprint() const;

  // Datagrams that were dropped unread; handshakes that were begun anew.
  size_t ignored() const;
  size_t restarts() const;

 private:
  class Machine;
  explicit DtlsAssociation(std::unique_ptr<Machine> machine);
  std::unique_ptr<Machine> machine_;
};

}  // namespace commd::dtls
