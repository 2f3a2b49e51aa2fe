#include "media/engine/media_identity.h"

#include <string>
#include <utility>

namespace commd::engine {
namespace {

base::Result<ports::SharedIdentity> shared(base::Result<dtls::DtlsIdentity> identity) {
  if (!identity) return base::fail(identity.error());
  return ports::SharedIdentity(std::make_shared<MediaIdentity>(std::move(*identity)));
}

}  // namespace

// One text: what reads the one skips the other.
base::Secret MediaIdentity::pem() const {
  const base::Secret key = identity_.key_pem();
  return base::Secret(identity_.certificate_pem() + std::string(key.reveal()));
}

base::Result<ports::SharedIdentity> MediaIdentity::make() {
  return shared(dtls::DtlsIdentity::generate());
}

base::Result<ports::SharedIdentity> MediaIdentity::read(const base::Secret& pem) {
  return shared(dtls::DtlsIdentity::from_pem(pem.reveal(), pem));
}

}  // namespace commd::engine
