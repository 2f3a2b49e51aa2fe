// Bytes of anybody to both sides of the dialogue, in pieces of two sizes: they come to the same
// end, and nothing is kept without limit.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/xmpp/socks5.h"

using commd::xmpp::Socks5;

namespace {

Socks5::State run(Socks5::Side side, std::string_view bytes, size_t step) {
  Socks5 socks(side, std::string(40, 'a'));
  if (side == Socks5::Side::client) socks.take({});
  for (size_t at = 0; at < bytes.size() && socks.state() == Socks5::State::going; at += step) {
    socks.take(bytes.substr(at, step));
    if (socks.state() == Socks5::State::going && socks.rest().size() > 1024) abort();
  }
  return socks.state();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (size > 1000) return 0;
  for (const auto side : {Socks5::Side::client, Socks5::Side::server})
    if (run(side, bytes, 1) != run(side, bytes, 64)) abort();
  return 0;
}
