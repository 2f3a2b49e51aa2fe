// The elements of a document that hold text alone: all that descriptions and answers of UPnP say.
// One guarded pass of expat. Hostile: a DTD, and what is not well-formed or larger than its
// limits, is refused. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace commd::upnp {

struct XmlLeaf {
  size_t parent = 0;  // numbers the elements: leaves of one have the same
  std::string parent_name;
  std::string name;  // without its namespace
  std::string text;  // without blanks at its ends
};

inline constexpr size_t most_xml_bytes = 64 * 1024;
inline constexpr size_t most_xml_depth = 24;
inline constexpr size_t most_xml_elements = 2048;

std::optional<std::vector<XmlLeaf>> xml_leaves(std::string_view document);

}  // namespace commd::upnp
