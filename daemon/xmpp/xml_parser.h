// expat behind XmlReader: builds the header and the stanzas of a stream from whole tags.
// Not for use by itself: what XmlGate refuses is refused here once more, but late.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/xmpp/stanza.h"
#include "daemon/xmpp/xml_fault.h"
#include "daemon/xmpp/xml_gate.h"

struct XML_ParserStruct;

namespace commd::xmpp {

struct StreamOpen;

class XmlParser {
 public:
  explicit XmlParser(const XmlLimits& limits);
  ~XmlParser();
  XmlParser(const XmlParser&) = delete;
  XmlParser& operator=(const XmlParser&) = delete;

  // False: fault() says why, for good.
  bool parse(std::string_view bytes);
  XmlFault fault() const { return fault_.value_or(XmlFault::not_well_formed); }

  int depth() const { return depth_; }
  bool is_open() const { return opened_; }
  StreamOpen take_header();
  std::optional<Stanza> take_stanza();

  // Rosters come in parts from now on.
  void allow_roster() { roster_allowed_ = true; }
  // The oldest that is complete: the stanza with some of the entries.
  std::optional<Stanza> take_part();
  bool has_part() const { return !parts_.empty(); }
  // Entries of rosters that have ended so far.
  size_t items() const { return items_; }

 private:
  struct Handlers;
  void refuse(XmlFault fault);
  void declared(const char* version, const char* encoding);
  void namespace_declared(const char* prefix, const char* uri);
  void started(const char* name, const char** attributes);
  void open_stream(const char* name, const char** attributes);
  void open_element(const char* name, const char** attributes);
  void ended();
  void text(std::string_view piece);
  void flush_text();
  bool count_node();
  void begin_item();
  void end_part();

  struct Free {
    void operator()(XML_ParserStruct* parser) const;
  };

  XmlLimits limits_;
  std::unique_ptr<XML_ParserStruct, Free> parser_;
  std::optional<XmlFault> fault_;
  std::unique_ptr<StreamOpen> header_;
  bool opened_ = false;
  std::optional<Stanza> stanza_;           // being built, or built
  std::vector<MutableElement> ancestors_;  // open elements of it
  std::string text_;                       // collected, for the innermost
  int depth_ = 0;                          // with the stream
  int nodes_ = 0;                          // of the stanza, or of this entry of a roster
  // A roster in parts.
  bool roster_allowed_ = false;
  bool in_roster_ = false;
  std::deque<Stanza> parts_;
  size_t items_ = 0;         // since ever
  int roster_items_ = 0;     // of this roster
  size_t roster_bytes_ = 0;  //
  int part_items_ = 0;
  int part_nodes_ = 0;
  size_t part_bytes_ = 0;
};

}  // namespace commd::xmpp
