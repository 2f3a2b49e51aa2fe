// Addresses of anybody: what is accepted is within its limits, reads the same again, and cannot
// end the line it is written in.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/http/exchange.h"
#include "daemon/http/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace commd::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Url base = *parse_url("https://a.example/x/y?z");
  for (const auto& url : {parse_url(text), follow(base, text)}) {
    if (!url) continue;
    if (url->host.empty() || url->port == 0 || !url->target.starts_with('/')) abort();
    for (const char c : url->target)
      if (c <= 0x20 || c >= 0x7F) abort();
    if (!is_field("Host", url->authority())) abort();
    name_in(*url);
    const auto again = parse_url(url->text());
    if (url->text().size() <= most_url_bytes && (!again || *again != *url)) abort();
  }
  return 0;
}
