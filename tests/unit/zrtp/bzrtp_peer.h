// Another one's ZRTP: bzrtp, the library of Linphone, as the far end. It is not what the daemon
// itself speaks with (docs/adr/0011). The test's thread.
#pragma once

#include <bzrtp/bzrtp.h>
#include <sqlite3.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/zrtp/octets.h"

namespace commd::zrtp {

// What it keeps from call to call.
class BzrtpMemory {
 public:
  BzrtpMemory() {
    sqlite3_open(":memory:", &database_);
    bctbx_mutex_init(&mutex_, nullptr);
  }
  ~BzrtpMemory() {
    sqlite3_close(database_);
    bctbx_mutex_destroy(&mutex_);
  }
  BzrtpMemory(const BzrtpMemory&) = delete;
  BzrtpMemory& operator=(const BzrtpMemory&) = delete;

  void attach(bzrtpContext_t* context) {
    bzrtp_setZIDCache_lock(context, database_, "sip:bob@example.org", "sip:alice@example.org",
                           &mutex_);
  }

 private:
  sqlite3* database_ = nullptr;
  bctbx_mutex_t mutex_{};
};

class BzrtpPeer {
 public:
  // Key agreements, ciphers and tags by its own numbers and preference.
  struct Wishes {
    std::vector<uint8_t> agreements{ZRTP_KEYAGREEMENT_X255, ZRTP_KEYAGREEMENT_DH3k};
    std::vector<uint8_t> ciphers{ZRTP_CIPHER_AES3, ZRTP_CIPHER_AES1};
    std::vector<uint8_t> tags{ZRTP_AUTHTAG_HS80, ZRTP_AUTHTAG_HS32};
  };

  BzrtpPeer(BzrtpMemory& memory, Wishes wishes);
  ~BzrtpPeer() { bzrtp_destroyBzrtpContext(context_, ssrc); }
  BzrtpPeer(const BzrtpPeer&) = delete;
  BzrtpPeer& operator=(const BzrtpPeer&) = delete;

  std::string signalled();
  void expect(std::string hash);
  void start() { bzrtp_startChannelEngine(context_, ssrc); }
  void tick(uint64_t milliseconds) { bzrtp_iterate(context_, ssrc, milliseconds); }
  void receive(Bytes datagram) {
    bzrtp_processMessage(context_, ssrc, datagram.data(), static_cast<uint16_t>(datagram.size()));
  }
  std::optional<Bytes> take_datagram();
  void verify() { bzrtp_SASVerified(context_); }

  bool secured = false;
  bool verified = false;
  bool mismatch = false;
  std::string sas;
  Bytes own_key;  // with its salt
  Bytes peer_key;

 private:
  static constexpr uint32_t ssrc = 0x2222;
  static int on_send(void* self, const uint8_t* data, uint16_t size);
  static int on_secrets(void* self, const bzrtpSrtpSecrets_t* secrets, uint8_t part);
  static int on_start(void* self, const bzrtpSrtpSecrets_t* secrets, int32_t verified);

  bzrtpContext_t* context_;
  std::deque<Bytes> outgoing_;
};

}  // namespace commd::zrtp
