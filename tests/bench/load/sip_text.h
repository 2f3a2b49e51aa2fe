// As much of SIP (RFC 3261) and SDP as the bench's own caller and answerer need: they
// talk to peers on the same machine, one datagram a message. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace commd::bench {

// Views into the datagram.
struct SipMessage {
  int status = 0;           // 0: a request
  std::string_view method;  // of the request, or of CSeq
  std::string_view cseq;    // the number
  std::string_view call_id;
  std::string_view from;               // whole values, with tags
  std::string_view to;                 //
  std::string_view contact;            // the URI alone
  std::vector<std::string_view> vias;  // whole values, in order
  std::string_view body;
};

// Empty for what is no SIP message.
std::optional<SipMessage> parse_sip(std::string_view datagram);

// The port in sip:user@127.0.0.1:PORT, 5060 where there is none.
uint16_t port_of_uri(std::string_view uri);
// The port of the first audio stream; 0 without one.
uint16_t audio_port(std::string_view sdp);

// The answer of a simple callee: no body, or SDP.
std::string response(const SipMessage& request, int status, std::string_view reason,
                     std::string_view to_tag, std::string_view contact, std::string_view sdp);

}  // namespace commd::bench
