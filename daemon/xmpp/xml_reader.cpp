#include "daemon/xmpp/xml_reader.h"

#include <utility>

#include "daemon/xmpp/xml_parser.h"
#include "daemon/xmpp/xml_text.h"

namespace commd::xmpp {
namespace {

// expat never forgets the name of an element or attribute it has seen. A peer that
// invents new ones would make it grow without end, so a fresh parser takes over after this
// many bytes, between two stanzas.
constexpr size_t kRenewAfter = 4 * 1024 * 1024;
// The gate goes no further ahead of the parser than this.
constexpr size_t kScanAtOnce = 16 * 1024;

}  // namespace

XmlReader::XmlReader(const XmlLimits& limits)
    : limits_(limits), gate_(limits), parser_(std::make_unique<XmlParser>(limits)) {}

XmlReader::~XmlReader() = default;

void XmlReader::restart() {
  gate_ = XmlGate(limits_);
  parser_ = std::make_unique<XmlParser>(limits_);
  pending_.clear();
  parsed_ = scanned_ = since_renewal_ = 0;
  header_.clear();
  fault_.reset();
  roster_allowed_ = false;
  items_ = 0;
  ended_.reset();
}

void XmlReader::allow_roster() {
  roster_allowed_ = true;
  parser_->allow_roster();
}

void XmlReader::push(std::string_view bytes) {
  if (fault_) return;
  compact();
  pending_ += bytes;
}

void XmlReader::compact() {
  pending_.erase(0, parsed_);
  scanned_ -= parsed_;
  parsed_ = 0;
}

tl::unexpected<XmlFault> XmlReader::fail(XmlFault fault) {
  fault_ = fault;
  pending_.clear();
  parsed_ = scanned_ = 0;
  return tl::unexpected<XmlFault>(fault);
}

bool XmlReader::parse(size_t end) {
  const std::string_view bytes = std::string_view(pending_).substr(parsed_, end - parsed_);
  parsed_ = end;
  since_renewal_ += bytes.size();
  // What opened the stream is kept to open it again for a fresh parser; not the blanks
  // that may come before it without end.
  if (!parser_->is_open() && !is_xml_blank(bytes)) header_ += bytes;
  return parser_->parse(bytes);
}

tl::expected<std::optional<XmlEvent>, XmlFault> XmlReader::next() {
  if (fault_) return tl::unexpected<XmlFault>(*fault_);
  while (true) {
    if (auto part = parser_->take_part()) return XmlEvent(StanzaPart{std::move(*part)});
    if (ended_) return finish(*std::exchange(ended_, std::nullopt));
    const XmlGate::Scan scan = gate_.scan(std::string_view(pending_).substr(scanned_, kScanAtOnce));
    const size_t begin = std::exchange(scanned_, scanned_ + scan.scanned);
    // Nothing ready: what is pending is half a tag.
    if (scan.ready > 0 && !parse(begin + scan.ready)) return fail(parser_->fault());
    if (scan.stop == XmlGate::Stop::fault) return fail(gate_.fault());
    if (std::exchange(items_, parser_->items()) != parser_->items()) gate_.item_ended();
    if (scan.stop != XmlGate::Stop::more)
      ended_ = scan.stop;
    else if (scanned_ == pending_.size() && !parser_->has_part())
      return std::nullopt;
  }
}

// The gate has seen the end of something: the parser must have it whole.
tl::expected<std::optional<XmlEvent>, XmlFault> XmlReader::finish(XmlGate::Stop stop) {
  if (parser_->depth() != gate_.depth()) return fail(XmlFault::not_well_formed);
  switch (stop) {
    case XmlGate::Stop::stream_open:
      return XmlEvent(parser_->take_header());
    case XmlGate::Stop::stanza: {
      std::optional<Stanza> stanza = parser_->take_stanza();
      if (!stanza) return fail(XmlFault::not_well_formed);
      if (since_renewal_ > kRenewAfter) renew();
      return XmlEvent(std::move(*stanza));
    }
    case XmlGate::Stop::stream_close:
      return XmlEvent(StreamClose{});
    case XmlGate::Stop::more:
    case XmlGate::Stop::fault:
      break;
  }
  return std::nullopt;
}

void XmlReader::renew() {
  parser_ = std::make_unique<XmlParser>(limits_);
  parser_->parse(header_);  // was accepted before
  parser_->take_header();
  if (roster_allowed_) parser_->allow_roster();
  items_ = 0;
  since_renewal_ = 0;
}

}  // namespace commd::xmpp
