// Challenges of any server: parsed, judged and answered. The answer must be one
// line, and read back as what it was made of.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/sip/digest_client.h"

using namespace commd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto challenge = sip::parse_challenge(text);
  sip::DigestClient client("user", base::Secret("password"), sip::DigestPolicy({"example.org"}));
  sip::DigestAttempt attempt{sip::RequestPath::registrar};
  const sip::DigestVerdict verdict =
      client.challenged(attempt, {{sip::ChallengeKind::server, std::string(text)}});
  if ((verdict == sip::DigestVerdict::answer) != challenge.has_value()) abort();
  for (const sip::Credentials& each : client.credentials(attempt, "REGISTER", "sip:a")) {
    if (each.value.find_first_of("\r\n") != std::string::npos) abort();
    const auto again = sip::parse_challenge(each.value);
    if (!again || again->realm != challenge->realm || again->nonce != challenge->nonce) abort();
  }
  return 0;
}
