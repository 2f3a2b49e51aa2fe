// The server's side of SCRAM for tests: honest unless told otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/xmpp/crypto.h"

namespace commd::xmpp::test {

struct ScramSettings {
  Hash hash = Hash::sha256;
  std::string password = "pencil";
  std::string salt = "saltsalt";
  uint32_t iterations = 4096;
  std::string binding_data{};  // its own end of the channel
};

class ScramServer {
 public:
  explicit ScramServer(ScramSettings mine = {}) : settings(std::move(mine)) {}
  ScramSettings settings;

  // The messages are in base64, as on the wire.
  std::string first(std::string_view client_first);
  // "v=..." if the proof is right, else "e=invalid-proof" (or what is wrong).
  std::string final(std::string_view client_final);

  std::string gs2_header() const { return gs2_; }
  std::string user() const { return user_; }

 private:
  std::string gs2_, bare_, user_, server_first_, nonce_;
};

}  // namespace commd::xmpp::test
