// Bytes of a peer in, stanzas of libstrophe out: one guarded pass of expat. XML is
// restricted as RFC 6120 section 11 has it (no DTD, instruction, comment, or reference but
// the five), limited in every dimension, and works in time linear in the bytes that came,
// however they are cut.
//
// One thread at a time, that of its stanzas. No I/O.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/base/result.h"
#include "daemon/xmpp/stanza.h"
#include "daemon/xmpp/xml_fault.h"
#include "daemon/xmpp/xml_gate.h"

namespace commd::xmpp {

class XmlParser;

// The peer's stream header (RFC 6120 section 4.7). Empty where it had none.
struct StreamOpen {
  std::string name, ns;
  std::string content_ns;  // the default namespace of what follows
  std::string id, from, to, version, lang;
};
struct StreamClose {};
// Some entries of a roster, in a stanza like the one that will follow with the last of them.
struct StanzaPart {
  Stanza stanza;
};
using XmlEvent = std::variant<StreamOpen, Stanza, StreamClose, StanzaPart>;

class XmlReader {
 public:
  explicit XmlReader(const XmlLimits& limits = {});
  ~XmlReader();
  XmlReader(const XmlReader&) = delete;
  XmlReader& operator=(const XmlReader&) = delete;

  // Bytes as they came. They wait here until next() is asked; the caller asks until there
  // is nothing left before it pushes more, so that at most an unfinished tag is kept.
  void push(std::string_view bytes);

  // The next thing of the stream, or nothing until more is pushed. A fault is for good.
  //
  // Elements have their namespace as "xmlns" (an empty one where they are in none),
  // attributes with the prefix xml keep it ("xml:lang"), those of other namespaces are
  // left out: XMPP has none, and they could not be written again without their prefix.
  tl::expected<std::optional<XmlEvent>, XmlFault> next();

  // From now on an <iq type='result'/> with a roster may be as large as the limits for
  // rosters say, and comes in parts. Until restart().
  void allow_roster();

  // A new stream begins (after STARTTLS and SASL): everything is forgotten.
  void restart();

  // Bytes pushed that belong to nothing returned yet.
  size_t unread() const { return pending_.size() - parsed_; }

 private:
  tl::expected<std::optional<XmlEvent>, XmlFault> finish(XmlGate::Stop stop);
  bool parse(size_t end);
  void compact();
  void renew();
  tl::unexpected<XmlFault> fail(XmlFault fault);

  XmlLimits limits_;
  XmlGate gate_;
  std::unique_ptr<XmlParser> parser_;
  std::string pending_;  // not parsed, or parsed and not yet dropped
  size_t parsed_ = 0;    // of pending_
  size_t scanned_ = 0;   // of pending_, by the gate
  std::string header_;   // the bytes that opened the stream
  size_t since_renewal_ = 0;
  bool roster_allowed_ = false;
  size_t items_ = 0;                    // of rosters, as the parser counts them
  std::optional<XmlGate::Stop> ended_;  // what parts came before
  std::optional<XmlFault> fault_;
};

}  // namespace commd::xmpp
