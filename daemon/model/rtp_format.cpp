#include "daemon/model/rtp_format.h"

#include <strings.h>

#include <algorithm>
#include <array>

namespace commd::model {

void fill_static_format(PayloadFormat& format) {
  struct Static {
    uint8_t payload_type;
    const char* name;
    uint32_t clock_rate;
  };
  static constexpr std::array<Static, 12> table = {{{0, "PCMU", 8000},
                                                    {3, "GSM", 8000},
                                                    {4, "G723", 8000},
                                                    {5, "DVI4", 8000},
                                                    {6, "DVI4", 16000},
                                                    {8, "PCMA", 8000},
                                                    {9, "G722", 8000},
                                                    {11, "L16", 44100},
                                                    {13, "CN", 8000},
                                                    {15, "G728", 8000},
                                                    {18, "G729", 8000},
                                                    {34, "H263", 90000}}};
  if (!format.name.empty() && format.clock_rate != 0) return;
  for (const Static& entry : table) {
    if (entry.payload_type != format.payload_type) continue;
    // A clock that goes with another name is none of this one.
    if (!format.name.empty() && strcasecmp(format.name.c_str(), entry.name) != 0) continue;
    if (format.name.empty()) format.name = entry.name;
    if (format.clock_rate == 0) format.clock_rate = entry.clock_rate;
  }
}

unsigned packet_time(unsigned said) {
  return said < shortest_ptime_ms || said > longest_ptime_ms ? 0 : said;
}

unsigned longest_packet_time(unsigned said) {
  return said < shortest_ptime_ms ? 0 : std::min(said, longest_ptime_ms);
}

}  // namespace commd::model
