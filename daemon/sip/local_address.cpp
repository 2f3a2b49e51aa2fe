#include "daemon/sip/local_address.h"

namespace commd::sip {

bool is_loopback(const std::string& ip) { return ip == "::1" || ip.starts_with("127."); }

std::string quoted_display(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) out += c;
  }
  return out + "\"";
}

}  // namespace commd::sip
