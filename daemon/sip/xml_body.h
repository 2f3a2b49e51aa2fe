// The XML body of a SIP message as a tree: one guarded pass of expat. Hostile: a DTD, and
// whatever is not well-formed or larger than its limits, is refused; comments and
// instructions are left out. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace commd::sip {

struct XmlElement {
  std::string ns, name;
  // Those of no namespace.
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;  // all of its own, without that of its children; valid UTF-8
  std::vector<XmlElement> children;

  bool is(std::string_view wanted_name, std::string_view wanted_ns) const {
    return name == wanted_name && ns == wanted_ns;
  }
  // Null: none. The first of them.
  const XmlElement* child(std::string_view wanted_name, std::string_view wanted_ns) const;
  // Empty: none.
  std::string_view attribute(std::string_view wanted) const;
};

inline constexpr size_t max_xml_body_bytes = 64 * 1024;
inline constexpr int max_xml_depth = 16;
inline constexpr int max_xml_elements = 1024;

std::optional<XmlElement> read_xml_body(std::string_view body);

// Without blanks at both ends.
std::string_view trimmed_text(std::string_view text);
// For the inside of an element or of an attribute; what XML 1.0 has no character for becomes a
// blank. `text` is valid UTF-8.
std::string xml_escaped(std::string_view text);

}  // namespace commd::sip
