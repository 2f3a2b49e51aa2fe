#include "media/engine/zrtp_keys.h"

#include <optional>
#include <string>
#include <string_view>

namespace commd::engine {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::string hex_of(const zrtp::Zid& zid) {
  std::string text;
  for (const uint8_t byte : zid) {
    text += digits[byte >> 4];
    text += digits[byte & 0x0F];
  }
  return text;
}

std::optional<zrtp::Zid> zid_of(std::string_view text) {
  zrtp::Zid zid{};
  if (text.size() != 2 * zid.size() || text.find_first_not_of(digits) != std::string_view::npos)
    return std::nullopt;
  for (size_t i = 0; i < zid.size(); ++i)
    zid[i] = static_cast<uint8_t>(digits.find(text[2 * i]) << 4 | digits.find(text[2 * i + 1]));
  return zid;
}

std::optional<zrtp::RetainedSecret> secret_of(const base::Secret& secret) {
  const zrtp::View bytes = zrtp::view_of(secret.reveal());
  if (bytes.size() != 32) return std::nullopt;
  return zrtp::RetainedSecret(bytes);
}

base::Secret secret_from(const std::optional<zrtp::RetainedSecret>& secret) {
  if (!secret) return {};
  const zrtp::View bytes = secret->reveal();
  return base::Secret(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

std::shared_ptr<const ZrtpSelf> zrtp_self(std::shared_ptr<const model::ZrtpMemory> memory) {
  if (!memory) return nullptr;
  const auto zid = zid_of(memory->zid);
  if (!zid) return nullptr;
  return std::make_shared<const ZrtpSelf>(ZrtpSelf{zrtp::OwnHello(*zid), std::move(memory)});
}

zrtp::ZrtpAssociation make_association(const ZrtpPlan& plan, uint32_t ssrc) {
  zrtp::ZrtpOptions options;
  options.manner = plan.manner;
  options.ssrc = ssrc;
  options.remembered = [self = plan.self](const zrtp::Zid& peer) {
    zrtp::Remembered remembered;
    const auto found = self->memory->peers.find(hex_of(peer));
    if (found == self->memory->peers.end()) return remembered;
    remembered.rs1 = secret_of(found->second.rs1);
    remembered.rs2 = secret_of(found->second.rs2);
    remembered.verified = found->second.verified;
    return remembered;
  };
  return zrtp::ZrtpAssociation(plan.self->hello, plan.peer, std::move(options));
}

model::ZrtpAgreement to_agreement(const zrtp::Outcome& outcome) {
  model::ZrtpAgreement agreement;
  agreement.peer = hex_of(outcome.peer);
  agreement.sas = outcome.sas;
  agreement.mismatch = outcome.mismatch;
  agreement.verified = outcome.verified;
  agreement.peer_verified = outcome.peer_verified;
  agreement.next = {secret_from(outcome.next.rs1), secret_from(outcome.next.rs2),
                    outcome.next.verified};
  agreement.keep_s = outcome.keep_s;
  return agreement;
}

}  // namespace commd::engine
