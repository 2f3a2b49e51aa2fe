#include "daemon/xmpp/xml_fault.h"

#include <array>

#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

struct Row {
  const char* reason;
  const char* condition;
  const char* words;
};

// In the order of XmlFault.
constexpr std::array kTable = {
    Row{"XML_NOT_WELL_FORMED", "not-well-formed", "broken XML or broken UTF-8"},
    Row{"XML_ENCODING", "unsupported-encoding", "an encoding other than UTF-8"},
    Row{"XML_VERSION", "not-well-formed", "XML of another version than 1.0"},
    Row{"XML_DOCTYPE", "restricted-xml", "a document type declaration, which may hide an attack"},
    Row{"XML_INSTRUCTION", "restricted-xml", "an XML processing instruction"},
    Row{"XML_COMMENT", "restricted-xml", "an XML comment"},
    Row{"XML_STRAY_TEXT", "invalid-xml", "text where only stanzas may stand"},
    Row{"XML_TAG_SIZE", "policy-violation", "a tag of more bytes than is allowed"},
    Row{"XML_STANZA_SIZE", "policy-violation", "a stanza of more bytes than is allowed"},
    Row{"XML_DEPTH", "policy-violation", "elements nested deeper than is allowed"},
    Row{"XML_NODES", "policy-violation", "a stanza of more elements than is allowed"},
    Row{"XML_ATTRIBUTES", "policy-violation", "an element of more attributes than is allowed"},
};

const Row& row_of(XmlFault fault) { return kTable[static_cast<size_t>(fault)]; }

}  // namespace

const char* reason_of(XmlFault fault) { return row_of(fault).reason; }

const char* stream_condition_of(XmlFault fault) { return row_of(fault).condition; }

base::Error to_error(XmlFault fault) {
  return {base::Code::unavailable,
          row_of(fault).reason,
          std::string("the server sent ") + row_of(fault).words +
              "; the connection was closed. If it comes again, tell the server's operator",
          {}};
}

std::string stream_error_text(std::string_view condition, std::string_view application) {
  std::string text = "<stream:error><";
  text.append(condition).append(" xmlns='").append(ns::kStreamErrors).append("'/>");
  text.append(application).append("</stream:error></stream:stream>");
  return text;
}

}  // namespace commd::xmpp
