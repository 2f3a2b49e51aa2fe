#include "daemon/xmpp/attachment.h"

#include <charconv>

#include "daemon/base/escape.h"
#include "daemon/disk/safe_name.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_url_bytes = 8192;
constexpr size_t most_text_bytes = 4096;

bool is_url(std::string_view text) {
  if (text.size() > most_url_bytes) return false;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return false;
  return text.starts_with("https://") || text.starts_with("http://");
}

// Whole characters.
std::string short_text(std::string text, size_t most) {
  if (text.size() > most) text.resize(most);
  return base::to_valid_utf8(text);
}

// The last part of its path, without the escapes; empty: there is none.
std::string name_in(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  url.remove_prefix(url.find("://") + 3);
  const size_t slash = url.rfind('/');
  if (slash == url.npos || slash + 1 == url.size()) return {};
  std::string name;
  for (size_t i = slash + 1; i < url.size(); ++i) {
    unsigned char byte = 0;
    const char* at = url.data() + i;
    const bool escape =
        *at == '%' && i + 2 < url.size() && std::from_chars(at + 1, at + 3, byte, 16).ptr == at + 3;
    name += escape ? static_cast<char>(byte) : *at;
    if (escape) i += 2;
  }
  return disk::safe_file_name(name);
}

uint64_t number_of(const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = error == std::errc() && end == text.data() + text.size();
  return good && value <= uint64_t{1} << 62 ? value : 0;
}

// The sharing that names this address, or the only one there is.
Element metadata_of(const Element& message, const std::string& url) {
  for (const Element sharing : message) {
    if (!sharing.is("file-sharing", ns::kFileSharing)) continue;
    for (const Element source : sharing.child("sources", ns::kFileSharing))
      if (source.is("url-data", ns::kUrlData) && source.attribute("target") == url)
        return sharing.child("file", ns::kFileMetadata);
  }
  return {};
}

}  // namespace

model::Attachment read_attachment(const Element& message, const std::string& body) {
  const Element oob = message.child("x", ns::kOutOfBand);
  model::Attachment found;
  found.url = oob.child_text("url", ns::kOutOfBand);
  // A link that is only spoken of is none.
  if (!is_url(found.url) || (!body.empty() && body != found.url)) return {};
  found.description = short_text(oob.child_text("desc", ns::kOutOfBand), most_text_bytes);
  const Element file = metadata_of(message, found.url);
  if (const std::string name = file.child_text("name", ns::kFileMetadata); !name.empty())
    found.name = disk::safe_file_name(name);
  else
    found.name = name_in(found.url);
  found.media_type = short_text(file.child_text("media-type", ns::kFileMetadata), 128);
  found.size = number_of(file.child_text("size", ns::kFileMetadata));
  if (found.description.empty())
    found.description = short_text(file.child_text("desc", ns::kFileMetadata), most_text_bytes);
  return found;
}

void write_attachment(const model::Attachment& attachment, const MutableElement& message) {
  const MutableElement oob = message.add("x", ns::kOutOfBand);
  oob.add_with_text("url", attachment.url);
  if (!attachment.description.empty()) oob.add_with_text("desc", attachment.description);
  const MutableElement sharing =
      message.add("file-sharing", ns::kFileSharing).set("disposition", "attachment");
  const MutableElement file = sharing.add("file", ns::kFileMetadata);
  if (!attachment.media_type.empty()) file.add_with_text("media-type", attachment.media_type);
  if (!attachment.name.empty()) file.add_with_text("name", attachment.name);
  file.add_with_text("size", std::to_string(attachment.size));
  if (!attachment.description.empty()) file.add_with_text("desc", attachment.description);
  sharing.add("sources").add("url-data", ns::kUrlData).set("target", attachment.url);
}

}  // namespace commd::xmpp
