#include "daemon/upnp/xml_leaves.h"

#include <expat.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace commd::upnp {
namespace {

// Not allowed in XML 1.0 even as a reference, so no name and no namespace holds it.
constexpr char separator = '\x1f';

struct FreeParser {
  void operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }
};

std::string trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const size_t first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

// The trampolines throw nothing through expat.
class Leaves {
 public:
  Leaves() : parser_(XML_ParserCreateNS("UTF-8", separator)) {
    XML_Parser expat = parser_.get();
    if (expat == nullptr) std::abort();  // out of memory
    XML_SetUserData(expat, this);
    XML_SetElementHandler(expat, started, ended);
    XML_SetCharacterDataHandler(expat, text);
    XML_SetStartDoctypeDeclHandler(expat, doctype);
  }

  std::optional<std::vector<XmlLeaf>> read(std::string_view document) {
    const auto status =
        XML_Parse(parser_.get(), document.data(), static_cast<int>(document.size()), XML_TRUE);
    if (status != XML_STATUS_OK || refused_) return std::nullopt;
    return std::move(found_);
  }

 private:
  struct Open {
    size_t number;
    std::string name;
    std::string text;
    bool leaf = true;
  };

  static Leaves& of(void* user) { return *static_cast<Leaves*>(user); }
  static void started(void* user, const char* name, const char**) noexcept { of(user).open(name); }
  static void ended(void* user, const char*) noexcept { of(user).close(); }
  static void text(void* user, const char* piece, int size) noexcept {
    Leaves& self = of(user);
    if (!self.refused_ && !self.path_.empty())
      self.path_.back().text.append(piece, static_cast<size_t>(size));
  }
  static void doctype(void* user, const char*, const char*, const char*, int) noexcept {
    of(user).refuse();
  }

  void refuse() {
    refused_ = true;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  void open(std::string_view name) {
    if (refused_) return;
    if (++elements_ > most_xml_elements || path_.size() >= most_xml_depth) return refuse();
    if (!path_.empty()) path_.back().leaf = false;
    const size_t split = name.find(separator);
    path_.push_back(
        {elements_, std::string(split == name.npos ? name : name.substr(split + 1)), {}});
  }

  void close() {
    if (refused_) return;
    Open last = std::move(path_.back());
    path_.pop_back();
    if (!last.leaf || path_.empty()) return;
    found_.push_back(
        {path_.back().number, path_.back().name, std::move(last.name), trimmed(last.text)});
  }

  std::unique_ptr<XML_ParserStruct, FreeParser> parser_;
  std::vector<Open> path_;
  std::vector<XmlLeaf> found_;
  size_t elements_ = 0;
  bool refused_ = false;
};

}  // namespace

std::optional<std::vector<XmlLeaf>> xml_leaves(std::string_view document) {
  if (document.size() > most_xml_bytes) return std::nullopt;
  return Leaves().read(document);
}

}  // namespace commd::upnp
