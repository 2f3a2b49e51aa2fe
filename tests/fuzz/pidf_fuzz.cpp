// Presence documents of anybody: what is read of them is bounded valid text, and what is
// written of that reads the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/sip/pidf.h"
#include "daemon/sip/xml_body.h"

using namespace commd;

namespace {

void check_text(const std::string& text, size_t limit) {
  if (!base::is_valid_utf8(text) || text.size() > limit) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const std::string text = base::to_valid_utf8(body);
  const auto written = sip::read_xml_body("<a b=\"" + sip::xml_escaped(text) + "\"/>");
  if (!written && text.size() < 8'000) abort();
  const auto read = sip::read_pidf(body);
  if (!read) return 0;
  check_text(read->last_words, model::max_status_bytes);
  if (read->resources.size() > model::max_resources) abort();
  for (const model::Resource& each : read->resources) {
    check_text(each.name, 64);
    check_text(each.presence.status, model::max_status_bytes);
    if (each.priority < 0 || each.priority > 100) abort();
    const auto again = sip::read_pidf(sip::write_pidf("sip:a@b", "d", each.presence));
    if (!again || again->resources.size() != 1) abort();
  }
  return 0;
}
