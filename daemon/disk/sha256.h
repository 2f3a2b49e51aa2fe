// A SHA-256 that grows with its file. One thread at a time.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace commd::disk {

class Sha256 {
 public:
  // Throws std::bad_alloc.
  Sha256();
  void add(std::string_view bytes);
  void restart();
  // Of all that was added so far, 32 bytes; more can be added.
  std::string value() const;

 private:
  struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

}  // namespace commd::disk
