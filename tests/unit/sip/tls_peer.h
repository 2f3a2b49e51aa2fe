// A SIP server over TLS for the tests: answers 200 to every request and keeps what
// it saw. One thread, and one a connection.
#pragma once

#include <openssl/ssl.h>

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "tests/unit/sip/certificates.h"

namespace commd::sip::test {

enum class Manner {
  answer,          // answers every request with 200
  hang_up,         // closes the connection before the handshake
  plain_text,      // speaks no TLS
  deaf_then_hear,  // reads nothing until hear() is called
};

struct TlsPeerOptions {
  Manner manner = Manner::answer;
  int max_version = 0;                        // 0: any; else TLS1_1_VERSION ...
  const Identity* wants_client_of = nullptr;  // demands a certificate of this issuer
};

class TlsPeer {
 public:
  using Options = TlsPeerOptions;

  explicit TlsPeer(const Identity& identity, Options options = {});
  ~TlsPeer();

  uint16_t port() const { return port_; }
  int accepted() const;
  std::vector<std::string> names_asked() const;  // SNI, "" where there was none
  std::vector<std::string> requests() const;     // whole header parts
  bool wait_for_requests(size_t count) const;
  void hear();

 private:
  void serve();
  void converse(int fd);
  void answer_all(SSL* ssl);
  bool take_one(SSL* ssl, std::string& buffered);
  static int on_name(SSL* ssl, int*, void* self);

  Options options_;
  struct FreeContext {
    void operator()(SSL_CTX* ctx) const { SSL_CTX_free(ctx); }
  };
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  base::UniqueFd listener_;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool hearing_ = false;
  bool stopping_ = false;
  int accepted_ = 0;
  std::vector<std::string> names_;
  std::vector<std::string> requests_;
  std::vector<int> open_;
  std::list<std::thread> conversations_;
  std::thread thread_;
};

// The 200 answer to a request's header part.
std::string ok_for(const std::string& request);

}  // namespace commd::sip::test
