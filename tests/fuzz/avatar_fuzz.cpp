// Pictures and nicknames of others (XEP-0084, 0153, 0054, 0172). The input is what follows a
// stream's header.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/xmpp/avatar_stanza.h"
#include "daemon/xmpp/xml_reader.h"

using namespace commd;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void look_at(const xmpp::Element& stanza) {
  if (const auto news = xmpp::read_personal_event(stanza)) {
    require(news->who.is_bare());
    require(news->picture || news->nickname);
    if (news->picture) require(news->picture->empty() || model::is_picture_hash(*news->picture));
    if (news->nickname) require(base::is_valid_utf8(*news->nickname));
  }
  if (const auto hash = xmpp::card_picture(stanza))
    require(hash->empty() || model::is_picture_hash(*hash));
  // The SHA-1 of "GIF89a", so that there is something to be found.
  for (const char* hash : {"25c9b37ae36a0a08318d4dca7ca57ea98d776821", ""}) {
    const auto bytes = xmpp::read_picture(stanza, hash);
    require(!bytes || (bytes->size() <= model::max_picture_bytes && model::picture_kind(*bytes)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  xmpp::XmlReader reader;
  reader.push(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
  reader.push({reinterpret_cast<const char*>(data), size});
  while (true) {
    auto event = reader.next();
    if (!event || !*event) break;
    if (const auto* stanza = std::get_if<xmpp::Stanza>(&**event)) look_at(*stanza);
  }
  return 0;
}
