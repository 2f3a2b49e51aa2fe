// Pictures and nicknames of others (XEP-0084, 0153, 0054, 0172). The input is what follows a
// stream's header.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/xmpp/avatar_stanza.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/stanzas.h"

using namespace commd;
using fuzz::require;

namespace {

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
  fuzz::for_each_stanza(data, size, look_at);
  return 0;
}
