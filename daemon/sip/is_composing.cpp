#include "daemon/sip/is_composing.h"

#include <algorithm>
#include <charconv>

#include "daemon/sip/xml_body.h"

namespace commd::sip {
namespace {

using std::chrono::seconds;

constexpr std::string_view ns_composing = "urn:ietf:params:xml:ns:im-iscomposing";
constexpr seconds shortest{10};
constexpr seconds longest{600};

}  // namespace

std::optional<IsComposing> read_is_composing(std::string_view body) {
  const auto root = read_xml_body(body);
  if (!root || !root->is("isComposing", ns_composing)) return std::nullopt;
  const XmlElement* state = root->child("state", ns_composing);
  if (state == nullptr) return std::nullopt;
  IsComposing out;
  out.active = trimmed_text(state->text) == "active";
  if (const XmlElement* refresh = root->child("refresh", ns_composing)) {
    const std::string_view text = trimmed_text(refresh->text);
    unsigned value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size())
      out.refresh = std::clamp(seconds(value), shortest, longest);
  }
  return out;
}

std::string write_is_composing(const IsComposing& state) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<isComposing xmlns=\"" +
                    std::string(ns_composing) + "\"><state>" + (state.active ? "active" : "idle") +
                    "</state><contenttype>text/plain</contenttype>";
  if (state.active) out += "<refresh>" + std::to_string(state.refresh.count()) + "</refresh>";
  return out + "</isComposing>\n";
}

}  // namespace commd::sip
