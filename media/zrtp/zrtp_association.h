// One association of ZRTP that makes the keys of one SRTP transport (RFC 6189), between two
// ends that each know the hash of the other's Hello from the signalling.
//
// A state machine without sockets, clocks or threads: datagrams and the time go in,
// datagrams and the next deadline come out. Move-only; belongs to one thread at a time and
// may be handed over whole.
//
//   start(now); then for each datagram receive(d, now), at deadline() tick(now);
//   after each of these: send what take_datagram() gives, look at state().
//
// That nobody sits in between is proved by people who compare `sas` aloud, or by a secret
// that both ends keep since they did. Secrets are asked of `remembered` when the far end has
// said who it is; what to keep instead is in the outcome, and whoever has it stores it.
//
// Hostile input: nothing that does not fit ends an association. Hellos of another hash than
// the signalling's are dropped, so that the chain of hash images (section 9) binds each later
// message to it; what was tampered with is dropped and comes again, until the deadline says
// so. An Error of the far end is answered and remembered, no more: nobody signs it. Nothing
// is computed twice for a message that comes twice. GoClear is never obeyed. The one mode is
// Diffie-Hellman: keys of further streams (Multistream, section 4.4.3) are not asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/base/error.h"
#include "daemon/base/time.h"
#include "media/srtp/srtp_key.h"
#include "media/zrtp/key_schedule.h"
#include "media/zrtp/own_hello.h"

namespace commd::zrtp {

enum class ZrtpState {
  idle,      // before start()
  looking,   // for the far end
  agreeing,  // a Commit was sent or taken
  secured,   // keys() and outcome() are there
  failed,    // error() says why
};
const char* to_string(ZrtpState state);

struct ZrtpOptions {
  // Which of both says the first Commit where nothing else decides: one end of a call is
  // prompt, the other lets it begin. Two prompt ones settle it (section 4.2).
  enum class Manner { prompt, patient };
  Manner manner = Manner::prompt;
  uint32_t ssrc = 0;  // of the stream that is to be protected
  // Empty: nobody is remembered. Called once, inside receive().
  std::function<Remembered(const Zid&)> remembered;
  // From start() to secured; half of it where something is wrong, so that the end that has seen it
  // is the first to give up.
  std::chrono::milliseconds patience = std::chrono::seconds(20);
};

struct SrtpKeys {
  srtp::SrtpKey outbound;
  srtp::SrtpKey inbound;
};

struct Outcome {
  std::string sas;     // four characters
  Zid peer{};          // who the far end is, whatever its address
  std::string client;  // the program it says it is; hostile
  Choice choice;
  // Something is remembered of that end, and it does not know it: it lost its memory, or
  // somebody else has its name. People must compare the words.
  bool mismatch = false;
  // Both ends know a secret of an earlier call.
  bool recognised = false;
  // And a person has compared the words since: here, and on the far end as that says.
  bool verified = false;
  bool peer_verified = false;
  // The far end says that it gives the keys to somebody.
  bool discloses = false;
  // To be remembered of that end from now on, for so long (the largest: for ever; 0: not at
  // all). After a mismatch not before the words have been compared (section 4.6.1.1).
  Remembered next;
  uint32_t keep_s = 0xFFFFFFFF;
};

class ZrtpAssociation {
 public:
  // Section 6. Where the RFC gives up, it goes on at the longest pace until the patience ends.
  static constexpr std::chrono::milliseconds first_hello{50};
  static constexpr std::chrono::milliseconds longest_hello{200};
  static constexpr std::chrono::milliseconds first_resend{150};
  static constexpr std::chrono::milliseconds longest_resend{1200};
  // How long a patient one waits for the other's Commit.
  static constexpr std::chrono::milliseconds politeness{300};

  ZrtpAssociation(OwnHello own, const HashImage& peer_hello, ZrtpOptions options);
  ZrtpAssociation(ZrtpAssociation&&) noexcept;
  ZrtpAssociation& operator=(ZrtpAssociation&&) noexcept;
  ~ZrtpAssociation();

  void start(base::MonoTime now);
  void receive(View datagram, base::MonoTime now);
  void tick(base::MonoTime now);
  // Before it is secured: the patience begins again.
  void wait_longer(base::MonoTime now);
  // Whether that is the far end's Hello, as the hash in the signalling says. Nothing is done.
  bool is_announced(View datagram) const;
  // When tick() is due; empty while nothing is.
  std::optional<base::MonoTime> deadline() const;
  // The next datagram to send, oldest first. At most 32 wait, more are lost.
  std::optional<Bytes> take_datagram();

  ZrtpState state() const;
  // Of a failed one. ZRTP_VERSION: it speaks another version, as the signalling's own hash
  // says. ZRTP_SAME_END: it has our own ZID, by the same hash. ZRTP_TIMEOUT: `cause` in the details
  // is silence, hello_mismatch, tampered, refused (with its Error's code) or unfinished.
  const base::Error& error() const;
  // Once secured.
  const std::optional<SrtpKeys>& keys() const;
  const std::optional<Outcome>& outcome() const;
  // Datagrams that were dropped unread, or did not fit.
  size_t ignored() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace commd::zrtp
