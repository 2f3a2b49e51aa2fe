#include "daemon/sip/xml_body.h"

#include <expat.h>

#include <cstdlib>
#include <memory>

namespace commd::sip {
namespace {

// Not allowed in XML 1.0 even as a reference, so no name and no namespace holds it.
constexpr char separator = '\x1f';
constexpr int most_attributes = 32;

struct FreeParser {
  void operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }
};

// The trampolines throw nothing through expat.
class BodyParser {
 public:
  BodyParser() : parser_(XML_ParserCreateNS("UTF-8", separator)) {
    XML_Parser expat = parser_.get();
    if (expat == nullptr) std::abort();  // out of memory
    XML_SetUserData(expat, this);
    XML_SetElementHandler(expat, started, ended);
    XML_SetCharacterDataHandler(expat, text);
    XML_SetStartDoctypeDeclHandler(expat, doctype);
    XML_SetEntityDeclHandler(expat, entity);
    XML_SetSkippedEntityHandler(expat, skipped);
  }

  std::optional<XmlElement> read(std::string_view body) {
    const auto status =
        XML_Parse(parser_.get(), body.data(), static_cast<int>(body.size()), XML_TRUE);
    if (status != XML_STATUS_OK || refused_ || root_.children.size() != 1) return std::nullopt;
    return std::move(root_.children.front());
  }

 private:
  static BodyParser& of(void* user) { return *static_cast<BodyParser*>(user); }
  static void started(void* user, const char* name, const char** attributes) noexcept {
    of(user).open(name, attributes);
  }
  static void ended(void* user, const char*) noexcept { of(user).close(); }
  static void text(void* user, const char* piece, int size) noexcept {
    BodyParser& self = of(user);
    if (!self.refused_ && !self.path_.empty())
      self.path_.back()->text.append(piece, static_cast<size_t>(size));
  }
  static void doctype(void* user, const char*, const char*, const char*, int) noexcept {
    of(user).refuse();
  }
  static void entity(void* user, const char*, int, const char*, int, const char*, const char*,
                     const char*, const char*) noexcept {
    of(user).refuse();
  }
  static void skipped(void* user, const char*, int) noexcept { of(user).refuse(); }

  void refuse() {
    refused_ = true;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  void open(std::string_view name, const char** attributes) {
    if (refused_) return;
    if (++elements_ > max_xml_elements || path_.size() >= static_cast<size_t>(max_xml_depth))
      return refuse();
    XmlElement& parent = path_.empty() ? root_ : *path_.back();
    // Siblings move when one more comes, but none of them is open then.
    XmlElement& made = parent.children.emplace_back();
    const size_t split = name.find(separator);
    if (split != name.npos) made.ns = name.substr(0, split);
    made.name = split == name.npos ? name : name.substr(split + 1);
    for (int count = 0; *attributes != nullptr; attributes += 2) {
      if (++count > most_attributes) return refuse();
      const std::string_view attribute = attributes[0];
      if (attribute.find(separator) == attribute.npos)
        made.attributes.emplace_back(attribute, attributes[1]);
    }
    path_.push_back(&made);
  }
  void close() {
    if (!refused_) path_.pop_back();
  }

  std::unique_ptr<XML_ParserStruct, FreeParser> parser_;
  XmlElement root_;  // holds the document's only element
  std::vector<XmlElement*> path_;
  int elements_ = 0;
  bool refused_ = false;
};

// Characters of XML 1.0 (section 2.2); `c` is a byte of valid UTF-8.
bool is_legal(unsigned char c) { return c >= 0x20 || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

const XmlElement* XmlElement::child(std::string_view wanted_name,
                                    std::string_view wanted_ns) const {
  for (const XmlElement& each : children)
    if (each.is(wanted_name, wanted_ns)) return &each;
  return nullptr;
}

std::string_view XmlElement::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes)
    if (key == wanted) return value;
  return {};
}

std::optional<XmlElement> read_xml_body(std::string_view body) {
  if (body.size() > max_xml_body_bytes) return std::nullopt;
  return BodyParser().read(body);
}

std::string_view trimmed_text(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const size_t first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // U+FFFE and U+FFFF are none either.
    if (text.substr(i, 3) == "\xef\xbf\xbe" || text.substr(i, 3) == "\xef\xbf\xbf") {
      out += ' ';
      i += 2;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += is_legal(static_cast<unsigned char>(c)) ? c : ' ';
    }
  }
  return out;
}

}  // namespace commd::sip
