#include "daemon/xmpp/xml_gate.h"

#include <algorithm>

#include "daemon/xmpp/xml_text.h"

namespace commd::xmpp {
namespace {

constexpr std::string_view kDeclaration = "<?xml";
constexpr std::string_view kCdata = "<![CDATA[";
// "&#x10FFFF;" with a few leading zeros; the longest name is "&quot;".
constexpr size_t kMaxReference = 16;

}  // namespace

XmlGate::Scan XmlGate::scan(std::string_view bytes) {
  Scan result;
  if (stop_ == Stop::fault) return {Stop::fault, 0, 0};
  stop_ = Stop::more;
  while (result.scanned < bytes.size() && stop_ == Stop::more) {
    if (const size_t run = plain_run(bytes.substr(result.scanned)); run > 0) {
      result.scanned += run;
      total_ += run;
      stanza_ += run;
      result.ready = result.scanned;
      // The size is judged after the run: one chunk of the caller's at most.
      if (stanza_ > limits_.stanza_bytes) refuse(XmlFault::stanza_size);
      continue;
    }
    const char c = bytes[result.scanned];
    ++result.scanned;
    if (!step(c)) break;
    if (state_ == State::text || state_ == State::cdata) result.ready = result.scanned;
  }
  result.stop = stop_;
  return result;
}

// Text of a stanza that needs no look at each byte.
size_t XmlGate::plain_run(std::string_view bytes) const {
  if (state_ != State::text || depth_ < 2) return 0;
  const size_t end = bytes.find_first_of("<&");
  return end == bytes.npos ? bytes.size() : end;
}

bool XmlGate::step(char c) {
  if (!count(c)) return false;
  bool good = true;
  switch (state_) {
    case State::text:
      good = in_text(c);
      break;
    case State::reference:
      good = in_reference(c);
      break;
    case State::markup:
      good = in_markup(c);
      break;
    case State::declaration:
      good = in_declaration(c);
      break;
    case State::bang:
      good = in_bang(c);
      break;
    case State::cdata:
      good = in_cdata(c);
      break;
    case State::start_tag:
      good = in_start_tag(c);
      break;
    case State::end_tag:
      good = c != '>' || closed();
      break;
  }
  before_last_ = last_;
  last_ = c;
  return good;
}

bool XmlGate::count(char c) {
  ++total_;
  ++token_;
  ++stanza_;
  const bool between = state_ == State::text && depth_ < 2;
  if (between) {
    if (c != '<' && !is_xml_blank(c)) return refuse(XmlFault::stray_text);
    if (c == '<' && ended_) return refuse(XmlFault::stray_text);
    stanza_ = c == '<' ? 1 : 0;  // blanks between stanzas keep a connection alive
  }
  if (state_ != State::text && state_ != State::cdata && token_ > limits_.tag_bytes)
    return refuse(XmlFault::tag_size);
  if (stanza_ > limits_.stanza_bytes) return refuse(XmlFault::stanza_size);
  return true;
}

bool XmlGate::refuse(XmlFault fault) {
  fault_ = fault;
  stop_ = Stop::fault;
  return false;
}

bool XmlGate::in_text(char c) {
  if (c == '<') {
    state_ = State::markup;
    token_ = 1;
  } else if (c == '&') {
    state_ = State::reference;
    token_ = 1;
  }
  return true;
}

bool XmlGate::in_reference(char c) {
  if (c == ';') state_ = State::text;
  if (c == '<' || c == '&' || is_xml_blank(c) || token_ > kMaxReference)
    return refuse(XmlFault::not_well_formed);
  return true;
}

// The second byte of a tag.
bool XmlGate::in_markup(char c) {
  switch (c) {
    case '/':
      if (depth_ == 0) return refuse(XmlFault::not_well_formed);
      state_ = State::end_tag;
      return true;
    case '?':
      if (total_ != 2) return refuse(XmlFault::instruction);
      state_ = State::declaration;
      return true;
    case '!':
      state_ = State::bang;
      return true;
    case '>':
      return refuse(XmlFault::not_well_formed);
    default:
      if (is_xml_blank(c)) return refuse(XmlFault::not_well_formed);
      state_ = State::start_tag;
      quote_ = 0;
      return true;
  }
}

bool XmlGate::in_declaration(char c) {
  const bool right = token_ <= kDeclaration.size()       ? c == kDeclaration[token_ - 1]
                     : token_ == kDeclaration.size() + 1 ? is_xml_blank(c)
                                                         : true;
  if (!right) return refuse(XmlFault::instruction);
  if (c == '>' && last_ == '?') state_ = State::text;
  return true;
}

bool XmlGate::in_bang(char c) {
  if (c == '-' && token_ == 3) return refuse(XmlFault::comment);
  if (c != kCdata[token_ - 1] || depth_ < 2) return refuse(XmlFault::doctype);
  if (token_ == kCdata.size()) {
    state_ = State::cdata;
    last_ = before_last_ = 0;
  }
  return true;
}

bool XmlGate::in_cdata(char c) {
  // The '[' that opened it is no ']', so that nothing of the opening counts.
  if (c == '>' && last_ == ']' && before_last_ == ']') state_ = State::text;
  return true;
}

bool XmlGate::in_start_tag(char c) {
  if (quote_ != 0) {
    if (c == quote_) quote_ = 0;
    return c != '<' || refuse(XmlFault::not_well_formed);
  }
  if (c == '"' || c == '\'') quote_ = c;
  if (c == '<') return refuse(XmlFault::not_well_formed);
  return c != '>' || opened();
}

bool XmlGate::opened() {
  state_ = State::text;
  const bool empty = last_ == '/';
  if (depth_ + 1 > limits_.depth + 1) return refuse(XmlFault::depth);
  if (!empty) {
    ++depth_;
    if (depth_ == 1) stop_ = Stop::stream_open;
    return true;
  }
  if (depth_ == 0) {
    ended_ = true;
    stop_ = Stop::stream_close;
  } else if (depth_ == 1) {
    stop_ = Stop::stanza;
  }
  return true;
}

bool XmlGate::closed() {
  state_ = State::text;
  --depth_;
  if (depth_ == 1) stop_ = Stop::stanza;
  if (depth_ == 0) {
    ended_ = true;
    stop_ = Stop::stream_close;
  }
  return true;
}

}  // namespace commd::xmpp
