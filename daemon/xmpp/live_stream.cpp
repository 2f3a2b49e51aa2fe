#include "daemon/xmpp/live_stream.h"

#include <utility>

#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/xml_fault.h"

namespace commd::xmpp {
namespace {

using base::Code;

constexpr std::chrono::milliseconds close_patience{1200};

base::Error silent(const char* words) {
  return {Code::unavailable,
          "SERVER_SILENT",
          std::string("the server does not answer any more (") + words +
              "); the connection begins anew",
          {}};
}

}  // namespace

LiveStream::LiveStream(Parts parts, std::string domain, StreamObserver& observer)
    : parts_(std::move(parts)), domain_(std::move(domain)), observer_(observer) {}

LiveStream::~LiveStream() { *gone_ = true; }

void LiveStream::begin(std::vector<Stanza> early) {
  const std::shared_ptr<bool> gone = gone_;
  heard_ = parts_.clock.mono_now();
  arm_silence();
  parts_.reader->allow_roster();
  for (Stanza& stanza : early)
    if (!take(std::move(stanza))) return;
  if (!take_events() || *gone) return;
  flush();
  read();
}

// ---- in --------------------------------------------------------------------------

void LiveStream::read_on() {
  if (!over_ && !reading_) read();
}

void LiveStream::read() {
  if (!observer_.may_read()) return;
  reading_ = true;
  parts_.stream->read([this](base::Result<std::string_view> bytes) {
    reading_ = false;
    received(std::move(bytes));
  });
}

void LiveStream::received(base::Result<std::string_view> bytes) {
  if (over_) return;  // the next stream goes on from here
  if (!bytes) return lost(bytes.error());
  if (bytes->empty())
    return lost({Code::unavailable,
                 "CONNECTION_CLOSED",
                 "the server closed the connection; it is made again by itself",
                 {}});
  heard_ = parts_.clock.mono_now();
  answer_timer_.reset();
  parts_.reader->push(*bytes);
  if (!take_events()) return;
  flush();
  if (!reading_) read();
}

bool LiveStream::take_events() {
  while (true) {
    auto event = parts_.reader->next();
    if (!event) {
      end({to_error(event.error()),
           Retry::later,
           false,
           stream_error_text(stream_condition_of(event.error())),
           {}});
      return false;
    }
    if (!*event) return true;
    if (auto* stanza = std::get_if<Stanza>(&**event)) {
      if (!take(std::move(*stanza))) return false;
      continue;
    }
    if (const auto* part = std::get_if<StanzaPart>(&**event)) {
      observer_.part(part->stanza);
      continue;
    }
    lost({Code::unavailable,
          "STREAM_CLOSED",
          "the server ended the stream without saying why; it is begun again by itself",
          {}});
    return false;
  }
}

bool LiveStream::take(Stanza stanza) {
  const std::shared_ptr<bool> gone = gone_;
  if (stanza.is("error", ns::kStreams)) {
    StreamError read = read_stream_error(stanza);
    end({std::move(read.error), read.retry, false, "</stream:stream>", std::move(read.other_host)});
    return false;
  }
  if (stanza.is("r", ns::kStreamManagement)) {
    parts_.management.ack_requested();
    return true;
  }
  if (stanza.is("a", ns::kStreamManagement)) {
    auto tags = parts_.management.acked(stanza, parts_.clock.mono_now());
    if (!tags) {
      const std::string h = parts_.management.too_high_error(stanza.attribute("h"));
      end({tags.error(), Retry::later, true, stream_error_text("undefined-condition", h), {}});
      return false;
    }
    if (!tags->empty()) observer_.acknowledged(*tags);
    return !*gone && !over_;
  }
  observer_.stanza(std::move(stanza));
  return !*gone && !over_;
}

// ---- out -------------------------------------------------------------------------

void LiveStream::flush() {
  if (over_) return;
  write_next();
  if (!over_) arm_acknowledgement();
}

void LiveStream::write_next() {
  if (writing_) return;
  SmOutput out = parts_.management.output(parts_.clock.mono_now());
  out.bytes.insert(0, std::exchange(aside_, {}));
  if (out.bytes.empty()) return;
  writing_ = true;
  unprotected_ = std::move(out.unprotected);
  parts_.stream->write(std::move(out.bytes), [this](base::Result<void> written) {
    writing_ = false;
    if (closed_) return say_goodbye();
    if (!written) return lost(written.error());
    parts_.management.written(parts_.clock.mono_now());
    const std::vector<uint64_t> done = std::exchange(unprotected_, {});
    const std::shared_ptr<bool> gone = gone_;
    if (!done.empty()) observer_.acknowledged(done);
    if (!*gone) flush();
  });
}

// ---- is it alive? ----------------------------------------------------------------

void LiveStream::arm_acknowledgement() {
  const std::optional<base::MonoTime> due = parts_.management.deadline();
  if (due == acknowledgement_due_) return;
  acknowledgement_due_ = due;
  acknowledgement_timer_.reset();
  if (!due) return;
  acknowledgement_timer_ =
      parts_.timers.after(*due - parts_.clock.mono_now(), [this] { on_acknowledgement_due(); });
}

void LiveStream::on_acknowledgement_due() {
  acknowledgement_due_.reset();
  switch (parts_.management.expired(parts_.clock.mono_now())) {
    case SmVerdict::nothing:
    case SmVerdict::output:
      return flush();
    case SmVerdict::dead:
      return lost(silent("it acknowledges nothing"));
    case SmVerdict::deaf:
      return end({silent("it acknowledges nothing since the stream was resumed"),
                  Retry::later,
                  true,
                  {},
                  {}});
  }
}

// One timer however much comes: it looks when the last byte came, and waits for the rest.
void LiveStream::arm_silence() {
  const base::Duration left = heard_ + quiet - parts_.clock.mono_now();
  silence_timer_ = parts_.timers.after(left, [this] { on_silence(); });
}

void LiveStream::on_silence() {
  if (parts_.clock.mono_now() - heard_ < quiet) return arm_silence();
  silence_timer_ = parts_.timers.after(quiet, [this] { on_silence(); });
  ask(answer);
}

void LiveStream::probe() {
  if (!over_) ask(quick_answer);
}

// Any byte is an answer. XEP-0199 and not a request of stream management alone: that the
// server may not have.
void LiveStream::ask(std::chrono::seconds patience) {
  const Stanza iq = make_iq("get", domain_, make_id());
  iq.add("ping", ns::kPing);
  if (!parts_.from.empty()) iq.set("from", parts_.from);
  // Where the queue is full there is enough to be acknowledged.
  static_cast<void>(parts_.management.submit({0, StanzaKind::iq, iq.to_text()}));
  answer_timer_ =
      parts_.timers.after(patience, [this] { lost(silent("a ping was not answered")); });
  flush();
}

// ---- the end ---------------------------------------------------------------------

void LiveStream::close(std::string words, std::function<void()> done) {
  if (!std::exchange(over_, true)) words = "</stream:stream>";
  closed_ = std::move(done);
  // What was dealt with must not be delivered again.
  last_words_ = parts_.management.final_answer() + words;
  acknowledgement_timer_.reset();
  silence_timer_.reset();
  answer_timer_.reset();
  close_timer_ = parts_.timers.after(close_patience, [this] { std::exchange(closed_, nullptr)(); });
  if (!writing_) say_goodbye();
}

void LiveStream::say_goodbye() {
  writing_ = true;
  parts_.stream->write(std::move(last_words_), [this](base::Result<void>) {
    parts_.stream->end([this](base::Result<void>) {
      close_timer_.reset();
      if (closed_) std::exchange(closed_, nullptr)();
    });
  });
}

void LiveStream::end(StreamEnd end) {
  if (std::exchange(over_, true)) return;
  acknowledgement_timer_.reset();
  silence_timer_.reset();
  answer_timer_.reset();
  observer_.ended(std::move(end));
}

}  // namespace commd::xmpp
