#include "daemon/xmpp/s5b_bytes.h"

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_tried = 8;
constexpr std::chrono::seconds patience{30};

// Section 2.3; of two ends' own ones the initiator's come first, so that they never tie.
uint32_t priority_of(CandidateType type, S5bBytes::Role role, size_t nth) {
  const uint32_t preference = type == CandidateType::proxy ? 10 : 126;
  const uint32_t local =
      (role == S5bBytes::Role::initiator ? 2000 : 1000) - static_cast<uint32_t>(nth);
  return (preference << 16) + local;
}

}  // namespace

S5bBytes::S5bBytes(Parts parts, Told told) : parts_(std::move(parts)), told_(std::move(told)) {
  ByteNetwork* network = parts_.ways.network;
  if (network == nullptr) return;
  if (parts_.ways.listens)
    listener_ = network->listen([this](ByteNetwork::Stream stream) { came(std::move(stream)); });
  const auto add = [this](CandidateType type, const std::string& host, uint16_t port,
                          const Jid& jid) {
    mine_.push_back({base::random_token(8), host, port, jid,
                     priority_of(type, parts_.role, mine_.size()), type});
  };
  if (listener_)
    for (const std::string& address : network->addresses())
      add(CandidateType::direct, address, listener_->port(), parts_.self);
  for (const S5bWays::Proxy& proxy : parts_.ways.proxies)
    add(CandidateType::proxy, proxy.host, proxy.port, proxy.jid);
}

S5bBytes::~S5bBytes() = default;

S5bTransport S5bBytes::mine() const {
  S5bTransport transport;
  transport.sid = parts_.sid;
  transport.candidates = mine_;
  return transport;
}

// ---- finding a way -----------------------------------------------------------------------

void S5bBytes::talk(ByteNetwork::Stream stream, Socks5::Side side, const std::string& address,
                    TalkDone done) {
  talks_.push_back({std::move(stream), Socks5(side, address), nullptr});
  const auto at = std::prev(talks_.end());
  at->patience = parts_.timers.after(greeting_patience, [this, at, done] { hang_up(at, done); });
  const std::string first = side == Socks5::Side::client ? at->socks.take({}) : std::string();
  if (first.empty()) return talk_on(at, done);
  at->stream->write(first, [this, at, done](base::Result<void> written) {
    if (written) return talk_on(at, done);
    hang_up(at, done);
  });
}

void S5bBytes::talk_on(std::list<Talk>::iterator at, const TalkDone& done) {
  at->stream->read([this, at, done](base::Result<std::string_view> bytes) {
    const std::string reply = bytes ? at->socks.take(*bytes) : std::string();
    // Bytes of the file before it was agreed on are no file.
    const bool done_well = at->socks.state() == Socks5::State::done && at->socks.rest().empty();
    const bool good =
        bytes && !bytes->empty() && (at->socks.state() == Socks5::State::going || done_well);
    const auto finish = [this, at, done] {
      ByteNetwork::Stream stream = std::move(at->stream);
      talks_.erase(at);
      done(std::move(stream));
    };
    if (!good) return hang_up(at, done);
    if (reply.empty())
      return at->socks.state() == Socks5::State::done ? finish() : talk_on(at, done);
    at->stream->write(reply, [this, at, done, finish](base::Result<void> written) {
      if (written) return at->socks.state() == Socks5::State::done ? finish() : talk_on(at, done);
      hang_up(at, done);
    });
  });
}

// It may be its timer, or its stream, that calls.
void S5bBytes::hang_up(std::list<Talk>::iterator at, TalkDone done) {
  const Talk dead = std::move(*at);
  talks_.erase(at);
  done(nullptr);
}

void S5bBytes::came(ByteNetwork::Stream stream) {
  if (incoming_ || decided_) return;
  // Anybody can come, and say nothing; who is meant is quick.
  const auto strangers = std::count_if(talks_.begin(), talks_.end(), [](const Talk& each) {
    return each.socks.side() == Socks5::Side::server;
  });
  if (static_cast<size_t>(strangers) >= most_strangers)
    hang_up(
        std::find_if(talks_.begin(), talks_.end(),
                     [](const Talk& each) { return each.socks.side() == Socks5::Side::server; }),
        [](const auto&) {});
  talk(std::move(stream), Socks5::Side::server, s5b_address(parts_.sid, parts_.self, parts_.peer),
       [this](ByteNetwork::Stream good) {
         if (!good || incoming_) return;
         incoming_ = std::move(good);
         if (used_there_) decide();
       });
}

void S5bBytes::begin(const S5bTransport& theirs) {
  begun_ = true;
  theirs_ = theirs.candidates;
  // Whose address is told to nobody connects to nobody, but to what its own server offers.
  if (!parts_.ways.listens)
    std::erase_if(theirs_, [this](const S5bCandidate& each) {
      const auto& known = parts_.ways.proxies;
      return std::none_of(known.begin(), known.end(), [&](const S5bWays::Proxy& proxy) {
        return proxy.jid == each.jid && proxy.host == each.host && proxy.port == each.port;
      });
    });
  std::stable_sort(theirs_.begin(), theirs_.end(),
                   [](const auto& a, const auto& b) { return a.priority > b.priority; });
  if (theirs_.size() > most_tried) theirs_.resize(most_tried);
  patience_ = parts_.timers.after(patience, [this] { fail(); });
  try_next();
}

void S5bBytes::try_next() {
  if (parts_.ways.network == nullptr || next_ >= theirs_.size()) return tried(nullptr);
  const S5bCandidate& candidate = theirs_[next_];
  using Reach = ByteNetwork::Reach;
  connecting_ = parts_.ways.network->connect(
      candidate.host, candidate.port, parts_.ways.server_is_here ? Reach::anywhere : Reach::others,
      [this](base::Result<ByteNetwork::Stream> connected) {
        if (!connected) {
          ++next_;
          return try_next();
        }
        talk(std::move(*connected), Socks5::Side::client,
             s5b_address(parts_.sid, parts_.peer, parts_.self), [this](ByteNetwork::Stream good) {
               if (good) return tried(std::move(good));
               ++next_;
               try_next();
             });
      });
}

void S5bBytes::tried(ByteNetwork::Stream stream) {
  if (std::exchange(tried_, true)) return;
  S5bTransport news;
  news.sid = parts_.sid;
  news.candidate_error = !stream;
  if (stream) {
    outgoing_ = std::move(stream);
    used_ = theirs_[next_];
    news.used = used_->cid;
  }
  parts_.tell(news);
  decide();
}

void S5bBytes::take_info(const S5bTransport& info) {
  if (info.sid != parts_.sid) return;
  if ((!info.used.empty() || info.candidate_error) && !tried_there_) {
    tried_there_ = true;
    const auto used = std::find_if(mine_.begin(), mine_.end(),
                                   [&](const auto& each) { return each.cid == info.used; });
    if (used != mine_.end()) used_there_ = *used;
    decide();
  }
  if (info.proxy_error && decided_) return fail();
  if (!info.activated.empty() && info.activated == wait_activated_ && !stream_) {
    wait_activated_.clear();
    take_over(std::move(outgoing_));
  } else if (!info.activated.empty() && used_ && info.activated == used_->cid) {
    activated_ = true;
  }
}

// Section 2.4.
void S5bBytes::decide() {
  if (decided_ || ended_ || !tried_ || !tried_there_) return;
  if (!used_ && !used_there_) {
    decided_ = true;
    return fail();
  }
  const bool theirs =
      used_ && (!used_there_ || used_->priority > used_there_->priority ||
                (used_->priority == used_there_->priority && parts_.role == Role::initiator));
  if (!theirs && used_there_->type != CandidateType::proxy && !incoming_)
    return;  // its dialogue is not over yet
  decided_ = true;
  if (!theirs) return use_mine(*used_there_);
  if (used_->type != CandidateType::proxy || activated_) return take_over(std::move(outgoing_));
  wait_activated_ = used_->cid;
}

void S5bBytes::use_mine(const S5bCandidate& candidate) {
  if (candidate.type == CandidateType::proxy) return use_proxy(candidate);
  take_over(std::move(incoming_));
}

// Who has offered it connects as well, and has it begin.
void S5bBytes::use_proxy(const S5bCandidate& candidate) {
  connecting_ =
      parts_.ways.network->connect(candidate.host, candidate.port, ByteNetwork::Reach::anywhere,
                                   [this, candidate](base::Result<ByteNetwork::Stream> up) {
                                     if (!up) return proxy_failed();
                                     talk(std::move(*up), Socks5::Side::client,
                                          s5b_address(parts_.sid, parts_.self, parts_.peer),
                                          [this, candidate](ByteNetwork::Stream good) {
                                            if (!good) return proxy_failed();
                                            outgoing_ = std::move(good);
                                            activate(candidate);
                                          });
                                   });
}

void S5bBytes::activate(const S5bCandidate& candidate) {
  Stanza iq = make_iq("set", candidate.jid.str(), make_id());
  iq.add("query", ns::kBytestreams)
      .set("sid", parts_.sid)
      .add_with_text("activate", parts_.peer.str());
  parts_.requests.ask(iq, [this, candidate, alive = std::weak_ptr<bool>(alive_)](
                              const base::Result<Element>& answer) {
    if (alive.expired()) return;
    if (!answer) return proxy_failed();
    S5bTransport news;
    news.sid = parts_.sid;
    news.activated = candidate.cid;
    parts_.tell(news);
    take_over(std::move(outgoing_));
  });
}

void S5bBytes::proxy_failed() {
  S5bTransport news;
  news.sid = parts_.sid;
  news.proxy_error = true;
  parts_.tell(news);
  fail();
}

void S5bBytes::fail() {
  if (stream_) return;
  end(base::fail(base::Code::unavailable, "S5B_FAILED",
                 "no connection from device to device could be made"));
}

// ---- the bytes -----------------------------------------------------------------------------

void S5bBytes::take_over(ByteNetwork::Stream stream) {
  if (!stream) return fail();
  patience_.reset();
  listener_.reset();
  connecting_.reset();
  stream_ = std::move(stream);
  outgoing_.reset();
  incoming_.reset();
  if (parts_.way == Way::receives) read();
  told_.ready();
}

void S5bBytes::read() {
  stream_->read([this](base::Result<std::string_view> bytes) {
    if (!bytes) return end(base::fail(bytes.error()));
    if (bytes->empty()) return end({});
    told_.received(std::string(*bytes), [this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired() && !ended_) read();
    });
  });
}

void S5bBytes::send(std::string bytes, Then more) {
  stream_->write(std::move(bytes), [this, more = std::move(more)](base::Result<void> written) {
    if (!written) return end(base::fail(written.error()));
    more();
  });
}

void S5bBytes::finish(Then done) {
  ended_ = true;
  stream_->end([done = std::move(done)](base::Result<void>) { done(); });
}

void S5bBytes::end(base::Result<void> result) {
  if (std::exchange(ended_, true)) return;
  patience_.reset();
  told_.ended(std::move(result));
}

}  // namespace commd::xmpp
