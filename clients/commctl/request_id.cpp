#include "clients/commctl/request_id.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace commd::commctl {

std::string random_request_id() {
  std::array<unsigned char, 16> bytes{};
  // Up to 256 bytes come whole once the kernel has its entropy.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace commd::commctl
