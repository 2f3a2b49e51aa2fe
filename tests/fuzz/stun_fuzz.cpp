// What any server may answer: as one message, and as a stream in pieces of two sizes. What is read
// stays within the message, and a message that is read and written again is the same to a reader.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/probe/stun_message.h"

using namespace commd::probe;

namespace {

void read_all(const StunMessage& message) {
  for (const auto type : {StunAttribute::xor_mapped_address, StunAttribute::xor_relayed_address,
                          StunAttribute::xor_peer_address, StunAttribute::mapped_address,
                          StunAttribute::other_address}) {
    const auto masked = message.xor_address(type);
    if (masked) {
      const auto again = StunMessage::parse(
          StunWriter(StunMethod::binding, StunClass::success, message.transaction())
              .add_xor_address(type, *masked)
              .finish());
      if (!again || again->xor_address(type) != masked) abort();
    }
    if (message.address(type).has_value() != masked.has_value()) abort();
  }
  if (const auto error = message.error(); error && (error->code < 300 || error->code > 699))
    abort();
  for (const auto type : {StunAttribute::realm, StunAttribute::nonce, StunAttribute::data})
    if (const auto text = message.text(type); text && text->size() > most_stun_bytes) abort();
  if (message.proven_by(commd::base::Secret("key")) && !message.has_integrity()) abort();
}

std::vector<std::string> pieces(std::string_view bytes, size_t step) {
  StunStream stream;
  std::vector<std::string> whole;
  for (size_t at = 0; at < bytes.size(); at += step) {
    stream.feed(bytes.substr(at, step));
    while (const auto next = stream.next()) whole.push_back(*next);
  }
  return whole;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (size > 8192) return 0;
  if (const auto message = StunMessage::parse(bytes)) read_all(*message);
  const auto one = pieces(bytes, 1);
  if (one != pieces(bytes, 64)) abort();
  for (const std::string& each : one)
    if (const auto message = StunMessage::parse(each)) read_all(*message);
  return 0;
}
