#include "daemon/xmpp/stream_management.h"

#include <cassert>
#include <charconv>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/xml_text.h"

namespace commd::xmpp {
namespace {

using base::Code;

constexpr size_t kMaxText = 4096;  // of an id or a location

std::optional<uint32_t> counter(std::string_view text) {
  uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || at != end) return std::nullopt;
  return value;
}

std::string nonza(std::string_view name, std::string_view attributes) {
  std::string text = "<";
  text.append(name).append(" xmlns='").append(ns::kStreamManagement).append("'");
  text.append(attributes).append("/>");
  return text;
}

tl::unexpected<base::Error> invalid(const char* reason, const char* words) {
  return base::fail(Code::unavailable, reason,
                    std::string("the server confuses its stream management: ") + words +
                        "; the connection begins anew");
}

}  // namespace

// ---- the life of a stream --------------------------------------------------------

std::string StreamManagement::enable_request() { return nonza("enable", " resume='true'"); }

void StreamManagement::enabled(const Element& answer, std::string_view jid) {
  disconnected();
  rewind();
  mode_ = Mode::managed;
  handled_ = acked_ = 0;
  jid_ = jid;
  const std::string_view resume = answer.attribute("resume");
  const std::string_view id = answer.attribute("id");
  const bool resumable = (resume == "true" || resume == "1") && id.size() <= kMaxText;
  id_ = resumable ? id : std::string_view();
  const std::string_view location = answer.attribute("location");
  location_ = resumable && location.size() <= kMaxText ? location : std::string_view();
}

void StreamManagement::started_without() {
  disconnected();
  rewind();
  mode_ = Mode::plain;
  handled_ = acked_ = 0;
  id_.clear();
  location_.clear();
}

std::string StreamManagement::resume_request() const {
  return nonza("resume", " h='" + std::to_string(handled_) + "' previd='" + escape_xml(id_) + "'");
}

base::Result<std::vector<uint64_t>> StreamManagement::resumed(const Element& answer) {
  const std::optional<uint32_t> h = counter(answer.attribute("h"));
  if (answer.attribute("previd") != id_ || !h)
    return invalid("SM_RESUME_INVALID", "it resumed another stream than was asked for");
  disconnected();
  auto acknowledged = advance(*h, answer);
  if (!acknowledged) return acknowledged;
  rewind();
  mode_ = Mode::managed;
  resumed_ = true;
  return acknowledged;
}

SmLoss StreamManagement::resume_failed(const Element& answer) {
  std::vector<uint64_t> acknowledged;
  // Section 5: the server may still say how far it had come. What cannot be true is no
  // worse than nothing.
  if (const auto h = counter(answer.attribute("h")))
    if (auto advanced = advance(*h, answer)) acknowledged = std::move(*advanced);
  return settle(std::move(acknowledged));
}

SmLoss StreamManagement::forget() { return settle({}); }

SmLoss StreamManagement::settle(std::vector<uint64_t> acknowledged) {
  disconnected();
  SmLoss loss;
  loss.acked = std::move(acknowledged);
  std::deque<OutgoingStanza> kept;
  for (size_t i = 0; i < queue_.size(); ++i) {
    if (queue_[i].kind != StanzaKind::message) {
      queued_bytes_ -= queue_[i].text.size();
      loss.dropped.push_back(std::move(queue_[i]));
      continue;
    }
    if (i < in_flight_) loss.uncertain.push_back(queue_[i].tag);
    kept.push_back(std::move(queue_[i]));
  }
  queue_ = std::move(kept);
  rewind();
  id_.clear();
  location_.clear();
  handled_ = acked_ = 0;
  return loss;
}

std::set<uint64_t> StreamManagement::waiting() const {
  std::set<uint64_t> tags;
  for (const OutgoingStanza& each : queue_)
    if (each.kind == StanzaKind::message && each.tag != 0) tags.insert(each.tag);
  return tags;
}

std::vector<uint64_t> StreamManagement::withdraw() {
  assert(in_flight_ == 0);
  std::vector<uint64_t> tags;
  std::erase_if(queue_, [&](const OutgoingStanza& each) {
    if (each.kind != StanzaKind::message || each.tag == 0) return false;
    queued_bytes_ -= each.text.size();
    if (each.tried) tags.push_back(each.tag);
    return true;
  });
  return tags;
}

void StreamManagement::disconnected() {
  mode_ = Mode::offline;
  resumed_ = heard_ack_ = answer_due_ = false;
  request_ = Request::none;
  unrequested_since_.reset();
  since_request_ = since_answer_ = 0;
}

// All that was sent is sent again.
void StreamManagement::rewind() { in_flight_ = bytes_in_flight_ = 0; }

// ---- outwards ----------------------------------------------------------------------

base::Result<void> StreamManagement::submit(OutgoingStanza stanza) {
  if (queued_bytes_ + stanza.text.size() > limits_.queued_bytes)
    return base::fail(Code::resource_exhausted, "OUTBOX_FULL",
                      "too much waits to be sent to the server; wait until it has taken some");
  queued_bytes_ += stanza.text.size();
  queue_.push_back(std::move(stanza));
  return {};
}

bool StreamManagement::window_open(size_t size) const {
  // A stanza as large as the window goes alone.
  if (in_flight_ == 0) return true;
  return in_flight_ < limits_.stanzas_in_flight &&
         bytes_in_flight_ + size <= limits_.bytes_in_flight;
}

void StreamManagement::take_stanzas(SmOutput& out) {
  if (mode_ == Mode::plain) {
    for (const OutgoingStanza& each : queue_) {
      out.bytes += each.text;
      out.unprotected.push_back(each.tag);
    }
    queue_.clear();
    queued_bytes_ = 0;
    return;
  }
  while (in_flight_ < queue_.size() && window_open(queue_[in_flight_].text.size())) {
    OutgoingStanza& next = queue_[in_flight_];
    next.tried = true;
    out.bytes += next.text;
    bytes_in_flight_ += next.text.size();
    ++in_flight_;
    ++since_request_;
  }
}

void StreamManagement::want_ack(base::MonoTime now) {
  if (since_request_ == 0) return;
  if (!unrequested_since_) unrequested_since_ = now;
  const bool window_full = in_flight_ < queue_.size();
  if (request_ == Request::none && (window_full || since_request_ >= limits_.request_after))
    request_ = Request::due;
}

SmOutput StreamManagement::output(base::MonoTime now) {
  SmOutput out;
  if (mode_ == Mode::offline) return out;
  take_stanzas(out);
  if (mode_ == Mode::plain) return out;
  if (answer_due_) {
    out.bytes += nonza("a", " h='" + std::to_string(handled_) + "'");
    answer_due_ = false;
    since_answer_ = 0;
  }
  want_ack(now);
  if (request_ == Request::due) {
    out.bytes += nonza("r", "");
    request_ = Request::taken;
    request_time_ = now;
    since_request_ = 0;
    unrequested_since_.reset();
  }
  return out;
}

void StreamManagement::written(base::MonoTime now) {
  // Only now can the server begin to answer: a long backlog in front of the request is no
  // reason to think it dead.
  if (request_ != Request::taken) return;
  request_ = Request::written;
  request_time_ = now;
}

// ---- inwards -----------------------------------------------------------------------

void StreamManagement::handled() {
  if (!active() && (mode_ == Mode::plain || !can_resume())) return;
  ++handled_;
  if (active() && ++since_answer_ >= limits_.answer_after) answer_due_ = true;
}

std::string StreamManagement::final_answer() const {
  return active() ? nonza("a", " h='" + std::to_string(handled_) + "'") : std::string();
}

void StreamManagement::ack_requested() { answer_due_ = active(); }

base::Result<std::vector<uint64_t>> StreamManagement::acked(const Element& ack,
                                                            base::MonoTime now) {
  const std::optional<uint32_t> h = counter(ack.attribute("h"));
  if (!active() || !h) return invalid("SM_ACK_INVALID", "an acknowledgement has no number");
  auto acknowledged = advance(*h, ack);
  if (!acknowledged) return acknowledged;
  heard_ack_ = true;
  if (request_ == Request::taken || request_ == Request::written) request_ = Request::none;
  if (in_flight_ == 0) {
    since_request_ = 0;
    unrequested_since_.reset();
  } else if (!unrequested_since_) {
    // Asked about, and yet not acknowledged: once more in a while, or all would stand still.
    unrequested_since_ = now;
  }
  return acknowledged;
}

base::Result<std::vector<uint64_t>> StreamManagement::advance(uint32_t h, const Element& from) {
  // Modulo 2^32, as the counters are.
  const uint32_t news = h - acked_;
  if (news > in_flight_) {
    base::Error error = invalid("SM_ACK_TOO_HIGH", "it acknowledges more than was sent").value();
    error.details["h"] = base::escape_line(from.attribute("h").substr(0, 20));
    return base::fail(std::move(error));
  }
  acked_ = h;
  return drop_front(news);
}

std::vector<uint64_t> StreamManagement::drop_front(size_t count) {
  std::vector<uint64_t> tags;
  tags.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t size = queue_.front().text.size();
    tags.push_back(queue_.front().tag);
    queue_.pop_front();
    bytes_in_flight_ -= size;
    queued_bytes_ -= size;
  }
  in_flight_ -= count;
  return tags;
}

std::string StreamManagement::too_high_error(std::string_view h) const {
  // Section 4: "handled-count-too-high".
  const uint32_t sent = acked_ + static_cast<uint32_t>(in_flight_);
  return nonza("handled-count-too-high",
               " h='" + escape_xml(h) + "' send-count='" + std::to_string(sent) + "'");
}

// ---- time --------------------------------------------------------------------------

std::optional<base::MonoTime> StreamManagement::deadline() const {
  if (!active()) return std::nullopt;
  switch (request_) {
    case Request::taken:
      return request_time_ + limits_.write_timeout;
    case Request::written:
      return request_time_ + limits_.ack_timeout;
    case Request::none:
      if (unrequested_since_) return *unrequested_since_ + limits_.request_delay;
      return std::nullopt;
    case Request::due:
      return std::nullopt;  // output() is to be called anyway
  }
  return std::nullopt;
}

SmVerdict StreamManagement::expired(base::MonoTime now) {
  const std::optional<base::MonoTime> due = deadline();
  if (!due || now < *due) return SmVerdict::nothing;
  if (request_ == Request::none) {
    request_ = Request::due;
    return SmVerdict::output;
  }
  return resumed_ && !heard_ack_ && request_ == Request::written ? SmVerdict::deaf
                                                                 : SmVerdict::dead;
}

}  // namespace commd::xmpp
