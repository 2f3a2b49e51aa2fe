// Text on its way into XML 1.0. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace commd::xmpp {

// `text` as XML may carry it at all (XML 1.0 section 2.2): ill-formed UTF-8, control
// characters but tab, line feed and carriage return, U+FFFE and U+FFFF become U+FFFD. A
// server closes the stream on any of them, so nothing a person types may let one through.
std::string legal_xml(std::string_view text);

// legal_xml, with the five characters that mark up replaced: fit for element content and
// for attributes in either kind of quotes. Line feeds and tabs become references, so that
// they survive in attributes (XML 1.0 section 3.3.3).
std::string escape_xml(std::string_view text);

// The blanks of XML: space, tab, carriage return, line feed.
constexpr bool is_xml_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_xml_blank(std::string_view text);

}  // namespace commd::xmpp
