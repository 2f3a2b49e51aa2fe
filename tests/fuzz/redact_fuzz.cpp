// SIP text on its way into the log: of no header or line that may hold a secret does
// anything but its name remain, however the lines are ended, folded or cased.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/base/redact.h"

namespace {

// Written anew here, so that a line that redact_sip forgets is missed by one of two.
constexpr std::array<std::string_view, 6> secret = {
    "authorization", "proxy-authorization", "authentication-info", "a=crypto:", "a=ice-pwd:", "k="};

void check_line(std::string line) {
  std::transform(line.begin(), line.end(), line.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view name : secret) {
    if (!line.starts_with(name)) continue;
    std::string rest = line.substr(name.size());
    if (rest.starts_with(": ")) rest.erase(0, 2);
    if (rest != "[redacted]") std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string shown = commd::base::redact_sip(text);
  for (size_t begin = 0; begin < shown.size();) {
    const size_t end = std::min(shown.find_first_of("\r\n", begin), shown.size());
    check_line(shown.substr(begin, end - begin));
    begin = end + 1;
  }
  return 0;
}
