#include "tests/unit/zrtp/bzrtp_peer.h"

#include <array>

namespace commd::zrtp {
namespace {

BzrtpPeer* peer(void* self) { return static_cast<BzrtpPeer*>(self); }

void wish(bzrtpContext_t* context, uint8_t type, const std::vector<uint8_t>& list) {
  std::array<uint8_t, 7> padded{};
  std::ranges::copy(list, padded.begin());
  bzrtp_setSupportedCryptoTypes(context, type, padded.data(), static_cast<uint8_t>(list.size()));
}

Bytes key_of(const uint8_t* key, size_t key_size, const uint8_t* salt, size_t salt_size) {
  Bytes both(key, key + key_size);
  both.insert(both.end(), salt, salt + salt_size);
  return both;
}

}  // namespace

BzrtpPeer::BzrtpPeer(BzrtpMemory& memory, Wishes wishes) : context_(bzrtp_createBzrtpContext()) {
  bzrtpCallbacks_t callbacks{};
  callbacks.bzrtp_sendData = on_send;
  callbacks.bzrtp_srtpSecretsAvailable = on_secrets;
  callbacks.bzrtp_startSrtpSession = on_start;
  bzrtp_setCallbacks(context_, &callbacks);
  memory.attach(context_);
  wish(context_, ZRTP_KEYAGREEMENT_TYPE, wishes.agreements);
  wish(context_, ZRTP_CIPHERBLOCK_TYPE, wishes.ciphers);
  wish(context_, ZRTP_AUTHTAG_TYPE, wishes.tags);
  bzrtp_initBzrtpContext(context_, ssrc);
  bzrtp_setClientData(context_, ssrc, this);
}

std::string BzrtpPeer::signalled() {
  std::array<uint8_t, 80> text{};
  bzrtp_getSelfHelloHash(context_, ssrc, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

void BzrtpPeer::expect(std::string hash) {
  bzrtp_setPeerHelloHash(context_, ssrc, reinterpret_cast<uint8_t*>(hash.data()), hash.size());
}

std::optional<Bytes> BzrtpPeer::take_datagram() {
  if (outgoing_.empty()) return std::nullopt;
  Bytes first = std::move(outgoing_.front());
  outgoing_.pop_front();
  return first;
}

int BzrtpPeer::on_send(void* self, const uint8_t* data, uint16_t size) {
  peer(self)->outgoing_.emplace_back(data, data + size);
  return 0;
}

int BzrtpPeer::on_secrets(void* self, const bzrtpSrtpSecrets_t* secrets, uint8_t) {
  BzrtpPeer& it = *peer(self);
  it.own_key = key_of(secrets->selfSrtpKey, secrets->selfSrtpKeyLength, secrets->selfSrtpSalt,
                      secrets->selfSrtpSaltLength);
  it.peer_key = key_of(secrets->peerSrtpKey, secrets->peerSrtpKeyLength, secrets->peerSrtpSalt,
                       secrets->peerSrtpSaltLength);
  return 0;
}

int BzrtpPeer::on_start(void* self, const bzrtpSrtpSecrets_t* secrets, int32_t verified) {
  BzrtpPeer& it = *peer(self);
  it.secured = true;
  it.verified = verified != 0;
  it.mismatch = secrets->cacheMismatch != 0;
  it.sas = secrets->sas;
  return 0;
}

}  // namespace commd::zrtp
