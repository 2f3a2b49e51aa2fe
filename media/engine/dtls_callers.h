// Who says hello from another address than the described one, while the keys of a branch are
// agreed on: a far end behind a translator does, and a stranger may. Each has an association of its
// own, so that none disturbs another or the described address; the first that shows the right
// certificate is the far end, and the others are forgotten.
//
// Callers are few, live shortly, and are not counted on: a spoofed hello is answered some times.
//
// The session's worker.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/time.h"
#include "media/dtls/dtls_association.h"
#include "media/engine/socket_address.h"

namespace commd::engine {

// Where the datagrams of a handshake go out.
class HandshakeSink {
 public:
  virtual ~HandshakeSink() = default;
  // To where the stream goes.
  virtual void send_handshake(std::span<const uint8_t> datagram) = 0;
  virtual void send_handshake_to(std::span<const uint8_t> datagram,
                                 const SocketAddress& target) = 0;
};

class DtlsCallers {
 public:
  // At once, and of one set of keys: who is refused makes room for the next.
  static constexpr size_t most = 4;
  static constexpr unsigned most_ever = 16;
  // For a handshake; less than that of the branch.
  static constexpr std::chrono::milliseconds patience = std::chrono::seconds(10);

  // Forgets all, for keys that are agreed on anew.
  void clear();
  bool knows(const SocketAddress& source) const;
  // A datagram of DTLS from there; a first hello makes it a caller. An association: it is through,
  // with the expected certificate, and its last datagrams are sent.
  std::optional<dtls::DtlsAssociation> receive(std::span<const uint8_t> datagram,
                                               const SocketAddress& source, base::MonoTime now,
                                               const dtls::DtlsIdentity& identity,
                                               const dtls::Fingerprint& expected,
                                               HandshakeSink& sink);
  // Does what has become due.
  void tick(base::MonoTime now, HandshakeSink& sink);
  // Datagrams of those who were not the far end.
  uint64_t refused() const { return refused_; }

 private:
  struct Caller {
    SocketAddress source;
    dtls::DtlsAssociation association;
    uint64_t datagrams = 0;
  };

  Caller* find(const SocketAddress& source);
  Caller* add(const SocketAddress& source, base::MonoTime now, const dtls::DtlsIdentity& identity,
              const dtls::Fingerprint& expected);
  void drop_failed();

  std::vector<Caller> callers_;
  unsigned left_ = most_ever;
  uint64_t refused_ = 0;
};

}  // namespace commd::engine
