// Sessions, files, their transports, attachments and upload slots of anybody: what is accepted is
// within its limits. The input is what follows a stream's header.
#include <cstdint>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/xmpp/attachment.h"
#include "daemon/xmpp/http_upload.h"
#include "daemon/xmpp/jingle_file.h"
#include "daemon/xmpp/jingle_stanza.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/stanzas.h"

using namespace commd;
using fuzz::require;

namespace {

void read_session(const xmpp::Element& stanza) {
  const auto jingle = xmpp::read_jingle(stanza);
  if (!jingle) return;
  require(!jingle->sid.empty() && !jingle->from.empty());
  require(jingle->contents.size() <= xmpp::most_jingle_contents);
  require(base::is_valid_utf8(jingle->reason_text));
  const std::string hash = xmpp::read_checksum(jingle->jingle);
  require(hash.empty() || hash.size() == 32);
  for (const xmpp::JingleContent& content : jingle->contents) {
    if (const auto file = xmpp::read_jingle_file(content.description)) {
      require(!file->name.empty() && file->name.find('/') == std::string::npos);
      require(file->sha256.empty() || file->sha256.size() == 32);
    }
    if (const auto ibb = xmpp::read_ibb(content.transport))
      require(ibb->block_size > 0 && ibb->block_size <= 65535);
    if (const auto s5b = xmpp::read_s5b(content.transport))
      for (const auto& each : s5b->candidates) require(each.port != 0 && !each.host.empty());
  }
}

void read_file(const xmpp::Element& stanza) {
  const model::Attachment file = xmpp::read_attachment(stanza, "");
  if (file.empty()) return;
  require(file.url.starts_with("https://") || file.url.starts_with("http://"));
  require(file.name.find('/') == std::string::npos && base::is_valid_utf8(file.description));
}

void read_room(const xmpp::Element& stanza) {
  const auto slot = xmpp::read_slot(stanza);
  if (!slot) return;
  require(slot->put_url.starts_with("https://"));
  for (const auto& [name, value] : slot->fields)
    require(value.find_first_of("\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::for_each_stanza(data, size, [&](const xmpp::Stanza& stanza) {
    read_session(stanza);
    read_file(stanza);
    read_room(stanza);
  });
  return 0;
}
