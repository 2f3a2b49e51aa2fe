// Addresses of anybody: what is accepted is within the limits, in its one form, and made
// of its parts.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stream_error.h"
#include "daemon/xmpp/stringprep.h"

using namespace commd::xmpp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto jid = Jid::parse(text)) {
    if (jid->local().size() > 1023 || jid->domain().size() > 1023 || jid->resource().size() > 1023)
      abort();
    const auto again = Jid::parse(jid->str());
    if (!again || *again != *jid) abort();
    const auto parts = Jid::make(jid->local(), jid->domain(), jid->resource());
    if (!parts || *parts != *jid) abort();
    if (jid->domain().empty() || jid->ascii_domain().empty()) abort();
    if (jid->bare().is_full() || !jid->bare().same_bare(*jid)) abort();
  }
  if (const auto escaped = escape_local(text))
    if (unescape_local(*escaped) != text) abort();
  unescape_local(text);
  prepare(Profile::saslprep, text);
  if (const auto host = parse_host_port(text))
    if (host->host.empty()) abort();
  return 0;
}
