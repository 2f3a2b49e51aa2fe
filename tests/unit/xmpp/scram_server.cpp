#include "tests/unit/xmpp/scram_server.h"

namespace commd::xmpp::test {

std::string ScramServer::first(std::string_view client_first) {
  const std::string message = base64_decode(client_first).value_or("");
  const size_t end = message.find(",,");
  if (end == message.npos) return "";
  gs2_ = message.substr(0, end + 2);
  bare_ = message.substr(end + 2);
  const size_t nonce = bare_.find(",r=");
  user_ = bare_.substr(2, nonce - 2);
  nonce_ = bare_.substr(nonce + 3) + "SERVER";
  server_first_ = "r=" + nonce_ + ",s=" + base64_encode(settings.salt) +
                  ",i=" + std::to_string(settings.iterations);
  return base64_encode(server_first_);
}

std::string ScramServer::final(std::string_view client_final) {
  const std::string message = base64_decode(client_final).value_or("");
  const size_t proof_at = message.rfind(",p=");
  const std::string without = message.substr(0, proof_at);
  const std::string expected_binding =
      base64_encode(gs2_ + (gs2_.starts_with("p=") ? settings.binding_data : ""));
  if (!without.starts_with("c=" + expected_binding + ","))
    return base64_encode("e=channel-bindings-dont-match");
  const base::Secret salted =
      pbkdf2(settings.hash, settings.password, settings.salt, settings.iterations);
  const base::Secret client_key = hmac(settings.hash, salted.reveal(), "Client Key");
  const std::string auth = bare_ + "," + server_first_ + "," + without;
  const base::Secret signature =
      hmac(settings.hash, digest(settings.hash, client_key.reveal()), auth);
  std::string proof = base64_decode(message.substr(proof_at + 3)).value_or("");
  if (proof.size() != size_of(settings.hash)) return base64_encode("e=invalid-encoding");
  for (size_t i = 0; i < proof.size(); ++i)
    proof[i] = static_cast<char>(proof[i] ^ signature.reveal()[i]);
  if (proof != client_key.reveal()) return base64_encode("e=invalid-proof");
  const base::Secret server_key = hmac(settings.hash, salted.reveal(), "Server Key");
  return base64_encode("v=" +
                       base64_encode(hmac(settings.hash, server_key.reveal(), auth).reveal()));
}

}  // namespace commd::xmpp::test
