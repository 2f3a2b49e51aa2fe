// Bytes of a server in pieces of every size: the body never grows past what is allowed, and does
// not depend on the pieces.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/http/response_reader.h"

namespace {

constexpr uint64_t most = 4096;

std::string read(std::string_view bytes, size_t step, bool& ok) {
  commd::http::ResponseReader reader(most);
  std::string body;
  ok = true;
  for (size_t at = 0; at < bytes.size() && !reader.complete(); at += step)
    if (!reader.take(bytes.substr(at, step), body)) {
      ok = false;
      return body;
    }
  if (!reader.complete()) ok = reader.end().has_value();
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  bool whole_ok = false, pieces_ok = false;
  const std::string whole = read(bytes, size == 0 ? 1 : size, whole_ok);
  const std::string pieces = read(bytes, 3, pieces_ok);
  if (whole.size() > most || pieces.size() > most) abort();
  if (whole_ok && pieces_ok && whole != pieces) abort();
  return 0;
}
