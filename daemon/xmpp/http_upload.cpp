#include "daemon/xmpp/http_upload.h"

#include <algorithm>
#include <charconv>

#include "daemon/disk/safe_name.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_url_bytes = 8192;
constexpr size_t most_value_bytes = 8192;

bool is_https(std::string_view url) {
  return url.size() <= most_url_bytes && url.starts_with("https://") &&
         std::all_of(url.begin(), url.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
}

std::string_view allowed_name(std::string_view name) {
  const auto same = [&](std::string_view other) {
    return std::equal(name.begin(), name.end(), other.begin(), other.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) ==
             (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
    });
  };
  for (const std::string_view allowed : {"Authorization", "Cookie", "Expires"})
    if (same(allowed)) return allowed;
  return {};
}

tl::unexpected<base::Error> invalid(const std::string& why) {
  return base::fail(base::Code::unavailable, "UPLOAD_SLOT_INVALID",
                    "the server's room for the file cannot be used: " + why);
}

}  // namespace

bool offers_upload(const DiscoInfo& info) {
  return std::find(info.features.begin(), info.features.end(), ns::kUpload) != info.features.end();
}

uint64_t most_upload_bytes(const DiscoInfo& info) {
  for (const DiscoForm& form : info.forms) {
    if (form.form_type != ns::kUpload) continue;
    for (const auto& [name, values] : form.fields) {
      if (name != "max-file-size" || values.size() != 1) continue;
      uint64_t bytes = 0;
      const std::string& text = values.front();
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
      if (error == std::errc() && end == text.data() + text.size()) return bytes;
    }
  }
  return 0;
}

Stanza make_slot_request(const Jid& service, const ports::SlotWish& wish) {
  Stanza iq = make_iq("get", service.str(), make_id());
  iq.add("request", ns::kUpload)
      .set("filename", disk::safe_file_name(wish.name))
      .set("size", std::to_string(wish.size))
      .set("content-type", wish.media_type);
  return iq;
}

base::Result<ports::UploadSlot> read_slot(const Element& iq) {
  const Element slot = iq.child("slot", ns::kUpload);
  const Element put = slot.child("put", ns::kUpload);
  ports::UploadSlot read;
  read.put_url = put.attribute("url");
  read.get_url = slot.child("get", ns::kUpload).attribute("url");
  if (!is_https(read.put_url) || !is_https(read.get_url)) return invalid("it is not by https");
  for (const Element header : put) {
    if (!header.is("header", ns::kUpload)) continue;
    const std::string_view name = allowed_name(header.attribute("name"));
    if (name.empty()) continue;
    // Section 5: line breaks are taken out.
    std::string value = header.text();
    std::erase_if(value, [](char c) { return c == '\r' || c == '\n'; });
    if (value.size() > most_value_bytes) return invalid("a header field is too long");
    read.fields.emplace_back(name, std::move(value));
  }
  if (read.fields.size() > 16) return invalid("it has too many header fields");
  return read;
}

base::Error slot_error(base::Error error) {
  const base::Code code = error.code;
  error.code = base::Code::resource_exhausted;
  if (error.reason == "XMPP_NOT_ACCEPTABLE") {
    error.reason = "FILE_TOO_LARGE";
    error.message = "the server does not take a file that large; send it with --direct";
  } else if (error.reason == "XMPP_RESOURCE_CONSTRAINT") {
    error.reason = "UPLOAD_QUOTA";
    error.message = "the server has taken as much as it wants for now; try again later";
  } else {
    error.code = code;
  }
  return error;
}

}  // namespace commd::xmpp
