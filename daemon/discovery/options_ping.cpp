#include "daemon/discovery/options_ping.h"

#include <cctype>

namespace commd::discovery {

std::string options_ping(const std::string& domain, const net::Endpoint& local,
                         const std::string& token) {
  const std::string here = local.text();
  return "OPTIONS sip:" + domain + " SIP/2.0\r\n" +  //
         "Via: SIP/2.0/UDP " + here + ";rport;branch=z9hG4bK" + token + "\r\n" +
         "Max-Forwards: 70\r\n" +  //
         "From: <sip:anonymous@anonymous.invalid>;tag=" + token + "\r\n" + "To: <sip:" + domain +
         ">\r\n" +  //
         "Call-ID: " + token + "\r\n" +
         "CSeq: 1 OPTIONS\r\n"
         "Content-Length: 0\r\n\r\n";
}

bool is_sip_response(std::string_view datagram) {
  constexpr std::string_view version = "SIP/2.0 ";
  const auto digit = [&](size_t at) {
    return std::isdigit(static_cast<unsigned char>(datagram[version.size() + at])) != 0;
  };
  return datagram.size() >= version.size() + 3 && datagram.starts_with(version) && digit(0) &&
         digit(1) && digit(2);
}

}  // namespace commd::discovery
