// A hostile server's two messages, divided by a zero byte. The first may bring no challenge
// beyond the limits; the second is never right, for nobody here knows the password.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/xmpp/scram.h"

using namespace commd;
using namespace commd::xmpp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view first = text.substr(0, text.find('\0'));
  const std::string_view last = first.size() < size ? text.substr(first.size() + 1) : "";
  auto client = ScramClient::make(Hash::sha256, "user", {}, "abc");
  if (!client) abort();
  const auto challenge = client->challenged(first, "b2ZmZXJz");
  if (challenge) {
    if (challenge->iterations < kMinIterations || challenge->iterations > kMaxIterations) abort();
    if (challenge->salt.empty() || !first.starts_with("r=abc")) abort();
    const std::string key(size_of(Hash::sha256), 'k');
    const std::string answer = client->answer({*challenge, base::Secret(key), base::Secret(key)});
    if (answer.find_first_of(std::string_view("\r\n\0", 3)) != answer.npos) abort();
  }
  if (client->verify(last) || client->verified()) abort();
  if (const auto bytes = base64_decode(text))
    if (base64_encode(*bytes) != text) abort();
  return 0;
}
