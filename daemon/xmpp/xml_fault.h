// Why what came over a stream was refused, and the stream error that says so to the peer
// (RFC 6120 section 4.9.3). Values; any thread.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/error.h"

namespace commd::xmpp {

enum class XmlFault {
  not_well_formed,  // XML 1.0 or its namespaces are broken, bad UTF-8 among it
  encoding,         // declared as something other than UTF-8
  version,          // declared as something other than XML 1.0
  doctype,          // <!DOCTYPE and all else that begins with "<!", but CDATA
  instruction,      // <? anywhere but in the declaration at the start
  comment,          //
  stray_text,       // text between stanzas, or before or after the stream
  tag_size,         // one tag is too long
  stanza_size,      // bytes of one stanza
  depth,            // elements inside each other
  nodes,            // elements and texts of one stanza
  attributes,       // attributes of one element
};

// "XML_DOCTYPE" ...
const char* reason_of(XmlFault fault);
// The condition's element name: "restricted-xml" ...
const char* stream_condition_of(XmlFault fault);
// With words for a person.
base::Error to_error(XmlFault fault);

// "<stream:error>...</stream:error></stream:stream>": the last words on a stream.
// `application` is markup of an extension's own condition, already XML.
std::string stream_error_text(std::string_view condition, std::string_view application = {});

}  // namespace commd::xmpp
