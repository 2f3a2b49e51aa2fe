// The summary of a mailbox by anybody: whatever comes, what is read of it is bounded.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/sip/message_summary.h"

using namespace commd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto read = sip::read_message_summary({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  if (read->counts.size() > 5 || read->mailbox.size() > 512) abort();
  for (const char c : read->mailbox)
    if (c <= 0x20 || c >= 0x7f || c == '<' || c == '>' || c == '"') abort();
  for (const model::MessageCount& each : read->counts)
    if (each.kind.empty() || each.fresh > 1'000'000 || each.old > 1'000'000 ||
        each.urgent_fresh > each.fresh || each.urgent_old > each.old)
      abort();
  return 0;
}
