// Addresses of every kind: what is read is written so that it reads the same again,
// in characters fit for a header field.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/sip/sip_uri.h"

using namespace commd;

namespace {
void check(const sip::SipUri& uri) {
  const std::string text = uri.to_string();
  for (const char c : text)
    if (c <= 0x20 || c >= 0x7f || c == '<' || c == '>' || c == '"') abort();
  // Escaping may make it longer than any address may be.
  if (text.size() > 8 * 1024) return;
  const auto again = sip::parse_uri(text);
  if (!again || !(*again == uri)) abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto uri = sip::parse_uri(text)) {
    check(*uri);
    check(sip::reached_at(*uri, "example.org"));
  }
  if (const auto uri = sip::parse_dialled(text, "example.org")) check(*uri);
  if (const auto server = sip::parse_host_port(text)) {
    const auto again = sip::parse_host_port(sip::bracketed(server->host));
    if (!again || again->host != server->host) abort();
  }
  if (const auto place = model::host_of_sip(text)) {
    const auto again = model::host_of_sip("sip:x@" + model::bracketed(place->host));
    if (!again || again->host != place->host ||
        model::is_this_machine(place->host) != model::is_this_machine(again->host))
      abort();
  }
  return 0;
}
