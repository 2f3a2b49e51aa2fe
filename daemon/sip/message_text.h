// A MESSAGE (RFC 3428) as plain values: what came, and what an answer to ours means. What
// comes is hostile: bounded, made valid UTF-8, refused where it is no plain text.
//
// read_message() reads sofia's structures: SIP thread, inside on_sip_event. The rest is pure.
#pragma once

#include <sofia-sip/sip.h>

#include <string>

#include "daemon/sip/end_reason.h"

namespace commd::sip {

// What we take: told with a 415.
inline constexpr const char* message_accept = "text/plain, application/im-iscomposing+xml";

struct ReadMessage {
  // 200: it is to be kept; anything else is the answer to it.
  StatusLine answer{200, "OK"};
  std::string peer;  // "sip:bob@example.org", also with a port
  std::string text;
  std::string call_id;
  // The same for a message that is sent again (RFC 3261 section 8.2.2.2: From tag, Call-ID and
  // CSeq), for no other. 64 hexadecimal digits.
  std::string fingerprint;
};
ReadMessage read_message(const sip_t* sip);

struct MessageFailure {
  std::string reason;   // UPPER_SNAKE
  std::string message;  // with the status line
};
// A final answer of 300 to 699. `made_up`: by our own stack, as nobody answered or nobody could
// be reached.
MessageFailure failure_of(int status, const std::string& phrase, bool made_up);

}  // namespace commd::sip
