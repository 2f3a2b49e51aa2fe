// The RTCP reader over any datagram, and a session that acts on it.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "media/rtp/rtcp.h"
#include "media/rtp/rtcp_session.h"

namespace {

using namespace commd::rtp;

uint64_t touch(const ReportBlocks& blocks) {
  uint64_t sum = 0;
  for (size_t i = 0; i < blocks.size(); ++i) sum += blocks[i].ssrc + blocks[i].jitter;
  return sum;
}

uint64_t touch(std::string_view text) {
  uint64_t sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

// Reads every byte an item points at, so that the sanitizer sees it.
uint64_t touch(const RtcpItem& item) {
  if (const auto* sr = std::get_if<SenderReport>(&item)) return touch(sr->blocks);
  if (const auto* rr = std::get_if<ReceiverReport>(&item)) return touch(rr->blocks);
  if (const auto* sdes = std::get_if<SourceDescription>(&item)) return touch(sdes->cname);
  if (const auto* bye = std::get_if<Bye>(&item)) return bye->names(0) + touch(bye->reason);
  uint64_t sum = 0;
  if (const auto* nack = std::get_if<GenericNack>(&item))
    for (size_t i = 0; i < nack->size(); ++i) sum += (*nack)[i].following;
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span datagram(data, size);
  const commd::base::MonoTime now{std::chrono::seconds(1000)};
  volatile uint64_t sum = 0;
  for (const auto form : {RtcpReader::Form::compound, RtcpReader::Form::reduced_size}) {
    auto reader = RtcpReader::open(datagram, form);
    if (!reader) continue;
    size_t items = 0;
    while (const auto item = reader->next()) {
      sum = sum + touch(*item);
      ++items;
    }
    if ((items + reader->malformed()) * 4 > size) std::abort();
    RtcpSession session({1, "fuzz", 64'000, RtcpSession::Minimum::standard, 1}, now);
    if (!session.on_datagram(datagram, now, form).valid) std::abort();
  }
  return 0;
}
