// What we copy out of messages that sofia has parsed: whatever a message holds, it is
// valid text, bounded, and what goes onto the wire again cannot end a line or a URI.
#include <sofia-sip/msg.h>
#include <sofia-sip/sip_protos.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/model/message.h"
#include "daemon/sip/message_text.h"
#include "daemon/sip/register_outcome.h"
#include "daemon/sip/sdp.h"
#include "daemon/sip/sip_text.h"
#include "daemon/sip/sip_uri.h"

using namespace commd;

namespace {

void check_text(const std::string& text, size_t limit) {
  if (!base::is_valid_utf8(text) || text.size() > limit) abort();
}

// Fit to stand in angle brackets of a header field.
void check_wire(const std::string& uri) {
  check_text(uri, 2048);
  for (const char c : uri)
    if (c <= 0x20 || c >= 0x7f || c == '<' || c == '>' || c == '"') abort();
}

void check_party(const model::Party& party) {
  check_text(party.address, 8192);
  check_text(party.display_name, 8192);
}

void check_message(const sip_t* sip) {
  check_party(sip::caller_of(sip));
  check_party(sip::callee_of(sip));
  if (const auto identity = sip::asserted_identity(sip)) check_party(*identity);
  check_text(sip::to_tag(sip), 8192);
  check_text(sip::referred_by(sip), 8192);
  check_text(sip::diverted_by(sip), 8192);
  check_text(sip::reason_text(sip), 512);
  if (const int cause = sip::reason_cause(sip); cause < 0 || cause > 999) abort();
  sip::requires_option(sip, "100rel");
  sip::allows_update(sip);
  sip::info_digit(sip);
  if (const auto status = sip::sipfrag_status(sip)) {
    check_text(status->second, 512);
    if (status->first < 100 || status->first > 699) abort();
  }
  if (const auto target = sip::refer_to(sip)) {
    check_wire(target->uri);
    check_text(target->replaces, 8192);
  }
  const sip::ReadMessage message = sip::read_message(sip);
  check_text(message.text, model::max_message_bytes);
  check_text(message.peer, 8192);
  check_text(message.call_id, 1024);
  if (message.text.find('\0') != std::string::npos) abort();
  if (const auto body = sip::sdp_body(sip)) static_cast<void>(sip::parse_sdp(*body));
}

void check_targets(const sip_t* sip) {
  if (sip->sip_contact != nullptr) check_wire(sip::uri_text(sip->sip_contact->m_url));
  if (sip->sip_from != nullptr) check_wire(sip::uri_text(sip->sip_from->a_url));
  for (const sip_route_t* each = sip->sip_route; each != nullptr; each = each->r_next)
    check_wire(sip::uri_text(each->r_url));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 64 * 1024) return 0;
  msg_t* message = msg_make(sip_default_mclass(), 0, data, static_cast<ssize_t>(size));
  if (message == nullptr) return 0;
  if (const sip_t* sip = sip_object(message)) {
    check_message(sip);
    check_targets(sip);
  }
  msg_destroy(message);

  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_text(sip::one_line(text), 512);
  if (sip::one_line(text).find_first_of("\r\n") != std::string::npos) abort();
  sip::host_of_uri(text);
  sip::port_of_uri(text, 5060);
  for (const char c : sip::escape_uri_header(text))
    if (c <= 0x20 || c >= 0x7f || c == '<' || c == '>' || c == '"' || c == '&') abort();
  return 0;
}
