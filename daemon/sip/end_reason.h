// What a SIP status code means to a person. Pure; any thread.
#pragma once

#include <string>

#include "daemon/ports/signalling.h"

namespace commd::sip {

// The end of a call by a final answer to our INVITE (300..699).
ports::LegEnd end_of_status(int status, const std::string& phrase);
// By one that the stack has made up, as nobody answered or nobody could be reached: nobody has said
// its number, and the end has none.
ports::LegEnd end_of_made_up(int status, const std::string& phrase);

struct StatusLine {
  int code;
  const char* phrase;
};
StatusLine status_of(ports::Refusal refusal);

}  // namespace commd::sip
