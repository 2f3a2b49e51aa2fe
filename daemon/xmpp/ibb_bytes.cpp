#include "daemon/xmpp/ibb_bytes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "daemon/xmpp/crypto.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

base::Error broken(const std::string& words) {
  return {base::Code::unavailable, "CONNECTION_LOST", words, {}};
}

std::optional<uint16_t> number_of(std::string_view text) {
  uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

IbbBytes::IbbBytes(Parts parts, Told told) : parts_(std::move(parts)), told_(std::move(told)) {}

// Every request has an answer (RFC 6120 section 8.2.3), also what came too late.
IbbBytes::~IbbBytes() {
  for (const Block& block : came_) {
    const Stanza error = make_iq("error", block.result.to(), block.result.id());
    error.add("error").set("type", "cancel").add("item-not-found", ns::kStanzaErrors);
    parts_.reply(error);
  }
}

void IbbBytes::ask(const Stanza& iq, std::function<void(const base::Result<Element>&)> then) {
  parts_.requests.ask(iq, [alive = std::weak_ptr<bool>(alive_),
                           then = std::move(then)](const base::Result<Element>& answer) {
    if (!alive.expired()) then(answer);
  });
}

void IbbBytes::end(base::Result<void> result) {
  if (std::exchange(ended_, true)) return;
  told_.ended(std::move(result));
}

// ---- out -------------------------------------------------------------------------------

void IbbBytes::open() {
  if (parts_.opener == Opener::there) return;  // it will be
  Stanza iq = make_iq("set", parts_.peer.str(), make_id());
  iq.add("open", ns::kIbb)
      .set("block-size", std::to_string(parts_.transport.block_size))
      .set("sid", parts_.transport.sid)
      .set("stanza", "iq");
  ask(iq, [this](const base::Result<Element>& answer) {
    if (answer) {
      open_ = true;
      return told_.ready();
    }
    // Section 2.1: the far end wants smaller blocks.
    const bool smaller = answer.error().reason == "XMPP_RESOURCE_CONSTRAINT" &&
                         parts_.transport.block_size / 2 >= smallest_block;
    if (!smaller) return end(base::fail(answer.error()));
    parts_.transport.block_size /= 2;
    open();
  });
}

void IbbBytes::send(std::string bytes, Then more) {
  waiting_ += bytes;
  more_ = std::move(more);
  send_blocks();
}

void IbbBytes::send_blocks() {
  const size_t block = parts_.transport.block_size;
  while (!waiting_.empty() && in_flight_ < most_in_flight && !ended_) {
    // A short one only at the end.
    if (waiting_.size() < block && more_) break;
    Stanza iq = make_iq("set", parts_.peer.str(), make_id());
    iq.add("data", ns::kIbb)
        .set("seq", std::to_string(out_++))
        .set("sid", parts_.transport.sid)
        .add_text(base64_encode(std::string_view(waiting_).substr(0, block)));
    waiting_.erase(0, block);
    ++in_flight_;
    ask(iq, [this](const base::Result<Element>& answer) { acknowledged(answer); });
  }
  if (ended_ || in_flight_ >= most_in_flight) return;
  if (more_ && waiting_.size() < block) return std::exchange(more_, nullptr)();
}

void IbbBytes::acknowledged(const base::Result<Element>& answer) {
  --in_flight_;
  if (ended_) return;
  if (!answer) return end(base::fail(broken("the other end is gone: " + answer.error().message)));
  if (!done_) return send_blocks();
  finish(std::exchange(done_, nullptr));
}

void IbbBytes::finish(Then done) {
  more_ = nullptr;
  done_ = std::move(done);
  send_blocks();
  if (ended_ || in_flight_ > 0 || !waiting_.empty()) return;
  Stanza iq = make_iq("set", parts_.peer.str(), make_id());
  iq.add("close", ns::kIbb).set("sid", parts_.transport.sid);
  ended_ = true;
  // It has all of it: what it says to the end is no matter.
  ask(iq, [then = std::exchange(done_, nullptr)](const base::Result<Element>&) { then(); });
}

// ---- in --------------------------------------------------------------------------------

void IbbBytes::refuse(const Element& iq, Condition condition) {
  if (const auto reply = make_error_reply(iq, condition)) parts_.reply(*reply);
}

bool IbbBytes::take_iq(const Element& iq) {
  if (iq.type() != "set") return false;
  const Element child = iq.first_child();
  const auto from = Jid::parse(iq.from());
  if (child.ns() != ns::kIbb || child.attribute("sid") != parts_.transport.sid || !from ||
      *from != parts_.peer)
    return false;
  if (child.name() == "open") {
    take_open(iq, child);
  } else if (child.name() == "data") {
    take_data(iq, child);
  } else if (child.name() == "close") {
    parts_.reply(make_result(iq));
    closed_ = true;
    if (came_.empty()) end({});
  } else {
    refuse(iq, Condition::bad_request);
  }
  return true;
}

void IbbBytes::take_open(const Element& iq, const Element& open) {
  const auto block = number_of(open.attribute("block-size"));
  if (open_ || ended_ || parts_.opener == Opener::here)
    return refuse(iq, Condition::unexpected_request);
  if (!block || *block == 0) return refuse(iq, Condition::bad_request);
  if (open.attribute("stanza") == "message") return refuse(iq, Condition::not_acceptable);
  if (*block > parts_.transport.block_size) return refuse(iq, Condition::resource_constraint);
  parts_.transport.block_size = *block;
  open_ = true;
  parts_.reply(make_result(iq));
  told_.ready();
}

void IbbBytes::take_data(const Element& iq, const Element& data) {
  if (ended_) return refuse(iq, Condition::item_not_found);
  const auto number = number_of(data.attribute("seq"));
  auto bytes = base64_decode(data.text());
  if (!open_ || !number || *number != in_ || closed_) {
    refuse(iq, Condition::unexpected_request);
    return end(base::fail(broken("blocks of the file came in disorder")));
  }
  if (!bytes || bytes->size() > parts_.transport.block_size) {
    refuse(iq, Condition::bad_request);
    return end(base::fail(broken("a block of the file cannot be read")));
  }
  ++in_;
  came_bytes_ += bytes->size();
  if (came_bytes_ > most_waiting || came_.size() >= most_blocks) {
    refuse(iq, Condition::resource_constraint);
    return end(base::fail(broken("the far end sends faster than it may")));
  }
  came_.push_back({std::move(*bytes), make_result(iq)});
  if (came_.size() == 1) give();
}

// One after the other.
void IbbBytes::give() {
  came_bytes_ -= came_.front().bytes.size();
  told_.received(std::move(came_.front().bytes), [this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    parts_.reply(came_.front().result);
    came_.pop_front();
    if (!came_.empty()) return give();
    if (closed_) end({});
  });
}

}  // namespace commd::xmpp
