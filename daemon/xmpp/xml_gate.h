// The door in front of the XML parser: a scanner of single bytes that finds where tags and
// stanzas end, and refuses what XMPP forbids (RFC 6120 section 11.1) and what is too large
// at the first byte that shows it. It judges nothing but size and kind; what a stanza
// means is read by the parser alone, so the two cannot disagree about content.
//
// Because of it the parser never sees half a tag: it would begin at its first byte again
// whenever more arrives, and a tag sent byte by byte would cost time in the square of its
// length (CVE-2023-52425). And comments and declarations, which a parser reports at their
// end only, cannot grow inside it.
//
// Pure; one thread at a time.
#pragma once

#include <cstddef>
#include <string_view>

#include "daemon/xmpp/xml_fault.h"

namespace commd::xmpp {

struct XmlLimits {
  size_t stanza_bytes = 256 * 1024;  // from '<' to '>'
  size_t tag_bytes = 64 * 1024;      // also of the stream's own tag
  int depth = 64;                    // of elements in a stanza, itself counted
  int nodes = 4096;                  // elements and texts; the cost of building siblings is square
  int attributes = 64;               // of one element
  // A roster (RFC 6121 section 2) has no bound but these, once XmlReader::allow_roster() was
  // said: bytes and nodes are then counted for each entry.
  size_t roster_bytes = 16 * 1024 * 1024;
  int roster_items = 20'000;
};

class XmlGate {
 public:
  explicit XmlGate(const XmlLimits& limits) : limits_(limits) {}

  enum class Stop {
    more,          // all was scanned
    stream_open,   // the tag that opens the stream has just ended
    stanza,        // a stanza has just ended
    stream_close,  // the stream's end tag, or one that opens and closes it
    fault,         // refused; fault() says why. For good
  };

  // Scans on, at most to the end of one item. `scanned` bytes of `bytes` are done with
  // thereafter; those before `ready` end outside of any tag and may be parsed. The caller
  // keeps the rest and passes bytes from `scanned` on next time.
  struct Scan {
    Stop stop = Stop::more;
    size_t scanned = 0;
    size_t ready = 0;
  };
  Scan scan(std::string_view bytes);

  // An entry of a roster has ended: bytes are counted from here on. Late by what was scanned
  // since.
  void item_ended() { stanza_ = 0; }

  XmlFault fault() const { return fault_; }
  // Elements open, the stream itself counted.
  int depth() const { return depth_; }

 private:
  enum class State {
    text,
    reference,    // after '&' in text
    markup,       // after '<'
    declaration,  // "<?xml" at the start
    bang,         // "<!" and a part of "[CDATA["
    cdata,
    start_tag,
    end_tag,
  };

  bool step(char c);
  bool in_text(char c);
  bool in_reference(char c);
  bool in_markup(char c);
  bool in_declaration(char c);
  bool in_bang(char c);
  bool in_cdata(char c);
  bool in_start_tag(char c);
  bool opened();
  bool closed();
  bool count(char c);
  bool refuse(XmlFault fault);
  size_t plain_run(std::string_view bytes) const;

  XmlLimits limits_;
  State state_ = State::text;
  Stop stop_ = Stop::more;
  XmlFault fault_ = XmlFault::not_well_formed;
  size_t total_ = 0;   // bytes of the stream
  size_t stanza_ = 0;  // bytes of this stanza
  size_t token_ = 0;   // bytes of this tag, reference or declaration
  int depth_ = 0;
  char quote_ = 0;  // inside an attribute's value
  char last_ = 0;
  char before_last_ = 0;
  bool ended_ = false;
};

}  // namespace commd::xmpp
