#include "daemon/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace commd::base {

void random_bytes(std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = getrandom(out.data() + done, out.size() - done, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) std::abort();  // without randomness nothing of ours is safe
    done += static_cast<size_t>(n);
  }
}

uint32_t random_u32() {
  uint32_t value = 0;
  random_bytes({reinterpret_cast<uint8_t*>(&value), sizeof value});
  return value;
}

std::string random_token(size_t length) {
  static constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string token(length, 'a');
  random_bytes({reinterpret_cast<uint8_t*>(token.data()), token.size()});
  for (char& c : token) c = alphabet[static_cast<unsigned char>(c) % 32];
  return token;
}

}  // namespace commd::base
