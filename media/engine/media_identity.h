// ports::MediaIdentity: a certificate of media/dtls.
#pragma once

#include "daemon/ports/media_engine.h"
#include "media/dtls/dtls_identity.h"

namespace commd::engine {

class MediaIdentity final : public ports::MediaIdentity {
 public:
  explicit MediaIdentity(dtls::DtlsIdentity identity) : identity_(std::move(identity)) {}

  base::Secret pem() const override;
  std::vector<uint8_t> fingerprint() const override { return identity_.fingerprint().bytes; }
  const dtls::DtlsIdentity& dtls() const { return identity_; }

  // Both block for some milliseconds.
  static base::Result<ports::SharedIdentity> make();
  static base::Result<ports::SharedIdentity> read(const base::Secret& pem);

 private:
  dtls::DtlsIdentity identity_;
};

}  // namespace commd::engine
