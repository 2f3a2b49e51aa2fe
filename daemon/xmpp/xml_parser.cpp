#include "daemon/xmpp/xml_parser.h"

#include <expat.h>
#include <strings.h>

#include <cstdlib>
#include <utility>

#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/xml_reader.h"
#include "daemon/xmpp/xml_text.h"

// Of later releases, and of this one once it was corrected: there when there.
extern "C" __attribute__((weak)) XML_Bool XML_SetReparseDeferralEnabled(XML_Parser, XML_Bool);

namespace commd::xmpp {
namespace {

// Not allowed in XML 1.0 even as a reference, so no name and no namespace holds it.
constexpr char kSeparator = '\x1f';

// "namespace SEP local SEP prefix", "namespace SEP local" or "local".
struct Name {
  explicit Name(std::string_view triplet) {
    const size_t first = triplet.find(kSeparator);
    if (first == triplet.npos) {
      local = triplet;
      return;
    }
    ns = triplet.substr(0, first);
    const size_t second = triplet.find(kSeparator, first + 1);
    local = triplet.substr(first + 1, second == triplet.npos ? second : second - first - 1);
    if (second != triplet.npos) prefix = triplet.substr(second + 1);
  }
  std::string_view ns, local, prefix;
};

// A part of a roster ends before the next entry when it has so much.
constexpr int kPartItems = 64;
constexpr int kPartNodes = 1024;
constexpr size_t kPartBytes = 32 * 1024;
// Depths, the stream being 1.
constexpr int kQueryDepth = 3;
constexpr int kItemDepth = 4;

constexpr std::string_view kXmlNamespace = "http://www.w3.org/XML/1998/namespace";

// Empty: to be left out.
std::string attribute_name(const Name& name) {
  if (name.ns.empty()) return std::string(name.local);
  if (name.ns == kXmlNamespace) return "xml:" + std::string(name.local);
  return {};
}

}  // namespace

// Trampolines: nothing is thrown through expat.
struct XmlParser::Handlers {
  static XmlParser& self(void* user) { return *static_cast<XmlParser*>(user); }

  static void start(void* user, const char* name, const char** attributes) noexcept {
    self(user).started(name, attributes);
  }
  static void end(void* user, const char*) noexcept { self(user).ended(); }
  static void text(void* user, const char* piece, int size) noexcept {
    self(user).text({piece, static_cast<size_t>(size)});
  }
  static void ns(void* user, const char* prefix, const char* uri) noexcept {
    self(user).namespace_declared(prefix, uri);
  }
  static void declaration(void* user, const char* version, const char* encoding, int) noexcept {
    self(user).declared(version, encoding);
  }
  static void doctype(void* user, const char*, const char*, const char*, int) noexcept {
    self(user).refuse(XmlFault::doctype);
  }
  static void entity(void* user, const char*, int, const char*, int, const char*, const char*,
                     const char*, const char*) noexcept {
    self(user).refuse(XmlFault::doctype);
  }
  static void skipped(void* user, const char*, int) noexcept {
    self(user).refuse(XmlFault::not_well_formed);
  }
  static void instruction(void* user, const char*, const char*) noexcept {
    self(user).refuse(XmlFault::instruction);
  }
  static void comment(void* user, const char*) noexcept { self(user).refuse(XmlFault::comment); }
};

void XmlParser::Free::operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }

XmlParser::XmlParser(const XmlLimits& limits)
    : limits_(limits), parser_(XML_ParserCreateNS("UTF-8", kSeparator)) {
  XML_Parser expat = parser_.get();
  if (expat == nullptr) std::abort();  // out of memory
  XML_SetReturnNSTriplet(expat, 1);
  XML_SetUserData(expat, this);
  // Whole tags are given: there is nothing to put off, and a stanza must not wait for the
  // next one.
  if (XML_SetReparseDeferralEnabled != nullptr) XML_SetReparseDeferralEnabled(expat, XML_FALSE);
  XML_SetElementHandler(expat, Handlers::start, Handlers::end);
  XML_SetCharacterDataHandler(expat, Handlers::text);
  XML_SetStartNamespaceDeclHandler(expat, Handlers::ns);
  XML_SetXmlDeclHandler(expat, Handlers::declaration);
  XML_SetStartDoctypeDeclHandler(expat, Handlers::doctype);
  XML_SetEntityDeclHandler(expat, Handlers::entity);
  XML_SetSkippedEntityHandler(expat, Handlers::skipped);
  XML_SetProcessingInstructionHandler(expat, Handlers::instruction);
  XML_SetCommentHandler(expat, Handlers::comment);
}

XmlParser::~XmlParser() = default;

bool XmlParser::parse(std::string_view bytes) {
  if (fault_) return false;
  if (in_roster_) {
    part_bytes_ += bytes.size();
    roster_bytes_ += bytes.size();
    if (roster_bytes_ > limits_.roster_bytes) {
      refuse(XmlFault::stanza_size);
      return false;
    }
  }
  constexpr int not_final = 0;
  const auto rc = XML_Parse(parser_.get(), bytes.data(), static_cast<int>(bytes.size()), not_final);
  if (rc != XML_STATUS_OK && !fault_) fault_ = XmlFault::not_well_formed;
  return !fault_;
}

void XmlParser::refuse(XmlFault fault) {
  if (fault_) return;
  fault_ = fault;
  XML_StopParser(parser_.get(), XML_FALSE);
}

StreamOpen XmlParser::take_header() { return header_ ? std::move(*header_) : StreamOpen{}; }

std::optional<Stanza> XmlParser::take_stanza() {
  if (!ancestors_.empty()) return std::nullopt;
  return std::exchange(stanza_, std::nullopt);
}

std::optional<Stanza> XmlParser::take_part() {
  if (parts_.empty()) return std::nullopt;
  Stanza part = std::move(parts_.front());
  parts_.pop_front();
  return part;
}

// ---- rosters in parts ----------------------------------------------------------------

void XmlParser::begin_item() {
  if (++roster_items_ > limits_.roster_items) return refuse(XmlFault::nodes);
  if (part_items_ >= kPartItems || part_nodes_ + nodes_ >= kPartNodes || part_bytes_ >= kPartBytes)
    end_part();
  ++part_items_;
  part_nodes_ += nodes_;
  nodes_ = 0;
}

// The rest goes on in a stanza of the same attributes.
void XmlParser::end_part() {
  Stanza rest = Stanza::shell_of(*stanza_);
  Stanza query = Stanza::shell_of(ancestors_[1]);
  ancestors_ = {rest, query};
  Stanza::append(rest, std::move(query));
  parts_.push_back(std::exchange(*stanza_, std::move(rest)));
  part_items_ = part_nodes_ = nodes_ = 0;
  part_bytes_ = 0;
}

void XmlParser::declared(const char* version, const char* encoding) {
  if (version != nullptr && std::string_view(version) != "1.0") return refuse(XmlFault::version);
  if (encoding != nullptr && strcasecmp(encoding, "UTF-8") != 0) refuse(XmlFault::encoding);
}

void XmlParser::namespace_declared(const char* prefix, const char* uri) {
  // Comes before the element that declares it.
  if (opened_ || prefix != nullptr) return;
  if (!header_) header_ = std::make_unique<StreamOpen>();
  header_->content_ns = uri != nullptr ? uri : "";
}

void XmlParser::started(const char* name, const char** attributes) {
  if (fault_) return;
  int count = 0;
  while (attributes[2 * count] != nullptr) ++count;
  if (count > limits_.attributes) return refuse(XmlFault::attributes);
  if (++depth_ > limits_.depth + 1) return refuse(XmlFault::depth);
  if (depth_ == 1)
    open_stream(name, attributes);
  else
    open_element(name, attributes);
}

void XmlParser::open_stream(const char* name, const char** attributes) {
  opened_ = true;
  if (!header_) header_ = std::make_unique<StreamOpen>();
  const Name split(name);
  header_->name = split.local;
  header_->ns = split.ns;
  for (; *attributes != nullptr; attributes += 2) {
    const std::string attribute = attribute_name(Name(attributes[0]));
    if (attribute == "id") header_->id = attributes[1];
    if (attribute == "from") header_->from = attributes[1];
    if (attribute == "to") header_->to = attributes[1];
    if (attribute == "version") header_->version = attributes[1];
    if (attribute == "xml:lang") header_->lang = attributes[1];
  }
}

bool XmlParser::count_node() {
  if (++nodes_ <= limits_.nodes) return true;
  refuse(XmlFault::nodes);
  return false;
}

void XmlParser::open_element(const char* name, const char** attributes) {
  flush_text();
  if (in_roster_ && depth_ == kItemDepth && !fault_) begin_item();
  if (fault_ || !count_node()) return;
  const Name split(name);
  Stanza element(split.local);
  // What a component's stream carries is the same in another namespace (XEP-0114 section 3).
  const bool component = split.ns == ns::kComponent;
  element.set_legal("xmlns", component ? ns::kClient : std::string(split.ns).c_str());
  for (; *attributes != nullptr; attributes += 2) {
    const std::string attribute = attribute_name(Name(attributes[0]));
    if (!attribute.empty()) element.set_legal(attribute.c_str(), attributes[1]);
  }
  const MutableElement borrowed = element;
  if (depth_ == 2)
    stanza_ = std::move(element);
  else
    Stanza::append(ancestors_.back(), std::move(element));
  ancestors_.push_back(borrowed);
  if (depth_ != kQueryDepth || !roster_allowed_ || in_roster_) return;
  in_roster_ = borrowed.is("query", ns::kRoster) && stanza_->is("iq", ns::kClient) &&
               stanza_->type() == "result";
  roster_items_ = part_items_ = part_nodes_ = 0;
  roster_bytes_ = part_bytes_ = 0;
}

void XmlParser::ended() {
  if (fault_) return;
  flush_text();
  if (in_roster_ && depth_ == kItemDepth) ++items_;
  --depth_;
  if (!ancestors_.empty()) ancestors_.pop_back();
  if (depth_ == kQueryDepth - 1) in_roster_ = false;
  if (depth_ == 1) nodes_ = 0;
}

void XmlParser::text(std::string_view piece) {
  if (fault_) return;
  if (!ancestors_.empty())
    text_ += piece;
  else if (!is_xml_blank(piece))
    refuse(XmlFault::stray_text);
}

// One node, in however many pieces expat gave it.
void XmlParser::flush_text() {
  if (text_.empty() || fault_ || !count_node()) return;
  ancestors_.back().add_legal_text(text_);
  text_.clear();
}

}  // namespace commd::xmpp
