// The stored state of a stream, as it may come back from a disk: read whole or not at all,
// and whatever was read works on.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/stream_management.h"

using namespace commd;
using namespace commd::xmpp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto state = StreamManagement::load(bytes);
  if (!state) return 0;
  if (state->save() != bytes) abort();
  const size_t queued = state->queued();
  if (state->in_flight() != queued) abort();
  Stanza answer("resumed", ns::kStreamManagement);
  answer.set("h", "1");
  const auto acked = state->resumed(answer);  // right only for an empty id
  if (acked && acked->size() + state->queued() != queued) abort();
  state->output({});
  state->written({});
  if (const auto deadline = state->deadline()) state->expired(*deadline);
  const SmLoss loss = state->resume_failed(Stanza("failed", ns::kStreamManagement));
  if (state->in_flight() != 0 || state->can_resume()) abort();
  if (loss.uncertain.size() > state->queued()) abort();
  return 0;
}
