// Bytes of a hostile peer. However they are cut, the same must come of them; what was read
// must be writable as XML that reads again. The first byte says how to cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/xmpp/xml_reader.h"

using namespace commd::xmpp;

namespace {

constexpr char kHeader[] =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

struct Outcome {
  std::vector<std::string> events;
  bool fault = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(std::string_view bytes, size_t chunk) {
  Outcome outcome;
  XmlReader reader;
  for (size_t at = 0; at < bytes.size() && !outcome.fault; at += chunk) {
    reader.push(bytes.substr(at, chunk));
    for (;;) {
      const auto event = reader.next();
      outcome.fault = !event;
      if (!event || !*event) break;
      if (std::holds_alternative<StreamClose>(**event)) outcome.events.emplace_back("close");
      if (const auto* open = std::get_if<StreamOpen>(&**event))
        outcome.events.push_back("open " + open->name + " " + open->id);
      if (const auto* stanza = std::get_if<Stanza>(&**event))
        outcome.events.push_back(stanza->to_text());
    }
  }
  return outcome;
}

void must_read_again(const std::string& stanza) {
  // Characters grow where they are escaped: with limits for that.
  XmlLimits wide;
  wide.stanza_bytes *= 8;
  wide.tag_bytes *= 8;
  XmlReader reader(wide);
  reader.push(kHeader + stanza);
  const auto open = reader.next();
  const auto again = reader.next();
  if (!open || !again || !*again || !std::holds_alternative<Stanza>(**again)) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = read(bytes, bytes.size() + 1);
  if (read(bytes, 1 + data[0]) != whole) abort();
  if (size < 2000 && read(bytes, 1) != whole) abort();
  for (const std::string& event : whole.events)
    if (event.starts_with('<')) must_read_again(event);
  return 0;
}
