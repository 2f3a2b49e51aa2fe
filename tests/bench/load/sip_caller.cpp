#include "tests/bench/load/sip_caller.h"

#include <charconv>

namespace commd::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds t1 = 500ms;
constexpr std::chrono::milliseconds t2 = 4000ms;
constexpr unsigned invite_cseq = 1;
constexpr unsigned bye_cseq = 2;

// Our Call-IDs begin with the call's number.
size_t number_of(std::string_view call_id) {
  size_t call = SIZE_MAX;
  std::from_chars(call_id.data(), call_id.data() + call_id.size(), call);
  return call;
}

}  // namespace

SipCaller::SipCaller(Options options, Handlers handlers)
    : options_(std::move(options)),
      handlers_(std::move(handlers)),
      own_address_("127.0.0.1:" + std::to_string(socket_.port())) {}

std::string SipCaller::request(size_t call, std::string_view method, unsigned cseq,
                               std::string_view body) const {
  const Call& state = calls_[call];
  const std::string number = std::to_string(call);
  // CANCEL and the ACK of a refusal belong to the INVITE's transaction; the ACK of a
  // 2xx and BYE have their own.
  const bool in_dialog = !state.contact_uri.empty();
  std::string branch = "z9hG4bK-" + number + "-";
  branch += in_dialog && method != "INVITE" ? method : std::string_view("INVITE");
  const std::string target =
      "sip:" + options_.user + "@127.0.0.1:" + std::to_string(options_.target);
  std::string text;
  text.reserve(700 + body.size());
  text.append(method).append(" ").append(in_dialog ? state.contact_uri : target);
  text.append(" SIP/2.0\r\nVia: SIP/2.0/UDP ").append(own_address_).append(";branch=");
  text.append(branch).append("\r\nMax-Forwards: 70\r\nFrom: <sip:bench@").append(own_address_);
  text.append(">;tag=f").append(number).append("\r\nTo: ");
  text.append(state.to.empty() || method == "CANCEL" ? "<" + target + ">" : state.to);
  text.append("\r\nCall-ID: ").append(number).append("@").append(own_address_);
  text.append("\r\nCSeq: ").append(std::to_string(cseq)).append(" ").append(method);
  text.append("\r\nContact: <sip:bench@").append(own_address_).append(">\r\n");
  if (!body.empty()) text.append("Content-Type: application/sdp\r\n");
  text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return text.append(body);
}

void SipCaller::send(size_t call, std::string_view method, unsigned cseq, std::string_view body) {
  const Call& state = calls_[call];
  socket_.send(request(call, method, cseq, body),
               state.contact != 0 ? state.contact : options_.target);
}

size_t SipCaller::invite() {
  const size_t call = calls_.size();
  calls_.emplace_back().begun = Clock::now();
  send(call, "INVITE", invite_cseq, handlers_.offer(call));
  await_answer(call);
  return call;
}

void SipCaller::bye(size_t call) {
  if (calls_[call].state != State::up) return;
  calls_[call].state = State::ending;
  send(call, "BYE", bye_cseq);
  await_answer(call);
}

void SipCaller::await_answer(size_t call) {
  calls_[call].interval = t1;
  timers_.push({Clock::now() + t1, call, calls_[call].state});
}

Clock::time_point SipCaller::run_timers(Clock::time_point now) {
  while (!timers_.empty() && timers_.top().due <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    if (calls_[timer.call].state != timer.state) continue;
    const Clock::time_point since =
        timer.state == State::ending ? calls_[timer.call].answered : calls_[timer.call].begun;
    if (timer.state != State::ending && now - since > options_.patience) {
      fail(timer.call, "no answer to INVITE");
    } else if (timer.state == State::ending && calls_[timer.call].interval > t2) {
      fail(timer.call, "no answer to BYE");
    } else {
      repeat(timer.call);
    }
  }
  return timers_.empty() ? now + 1s : timers_.top().due;
}

void SipCaller::repeat(size_t call) {
  Call& state = calls_[call];
  // A provisional answer ends the repetition of INVITE, not the waiting.
  if (state.state == State::ending) {
    ++retransmissions_;
    send(call, "BYE", bye_cseq);
  } else if (state.state == State::cancelling) {
    ++retransmissions_;
    send(call, "CANCEL", invite_cseq);
  } else if (!state.rang) {
    ++retransmissions_;
    send(call, "INVITE", invite_cseq, handlers_.offer(call));
  }
  state.interval *= 2;
  timers_.push({Clock::now() + state.interval, call, state.state});
}

void SipCaller::receive() {
  socket_.receive([this](const UdpSocket::Arrival& arrival) {
    on_message({reinterpret_cast<const char*>(arrival.datagram.data()), arrival.datagram.size()});
  });
}

void SipCaller::on_message(std::string_view datagram) {
  const std::optional<SipMessage> message = parse_sip(datagram);
  if (!message) return;
  if (message->status == 0) return on_request(*message);
  const size_t call = number_of(message->call_id);
  if (call >= calls_.size()) return;
  if (message->method == "INVITE") return on_invite_response(call, *message);
  if (message->method == "BYE" && message->status >= 200 && calls_[call].state == State::ending) {
    if (message->status < 300) {
      finish(call, State::done);
    } else {
      fail(call, "BYE: " + std::to_string(message->status));
    }
  }
}

void SipCaller::on_request(const SipMessage& request) {
  if (request.method == "ACK") return;
  const bool bye = request.method == "BYE";
  const size_t call = number_of(request.call_id);
  if (bye && call < calls_.size() && calls_[call].state == State::up)
    fail(call, "the peer has ended the call");
  socket_.send(response(request, bye ? 200 : 501, bye ? "OK" : "Not Implemented", "", "", ""),
               options_.target);
}

void SipCaller::on_invite_response(size_t call, const SipMessage& response) {
  Call& state = calls_[call];
  if (response.status < 200) {
    state.rang = true;
    if (options_.cancel && response.status >= 180 && state.state == State::inviting) {
      state.state = State::cancelling;
      send(call, "CANCEL", invite_cseq);
      await_answer(call);
    }
    return;
  }
  if (response.status >= 300) return on_final_failure(call, response);
  const bool first = state.state == State::inviting || state.state == State::cancelling;
  if (first) {
    state.to = response.to;
    state.contact_uri = response.contact;
    state.contact = port_of_uri(response.contact);
    state.rtp_port = audio_port(response.body);
    state.answered = Clock::now();
    state.state = State::up;
  }
  send(call, "ACK", invite_cseq);
  if (first) handlers_.answered(call, state.rtp_port);
}

void SipCaller::on_final_failure(size_t call, const SipMessage& response) {
  Call& state = calls_[call];
  state.to = response.to;
  send(call, "ACK", invite_cseq);
  if (state.state != State::inviting && state.state != State::cancelling) return;
  state.answered = Clock::now();
  if (options_.cancel && response.status == 487) {
    finish(call, State::done);
  } else {
    fail(call, "INVITE: " + std::to_string(response.status));
  }
}

void SipCaller::finish(size_t call, State state) {
  calls_[call].state = state;
  calls_[call].ended = Clock::now();
  ++finished_;
  handlers_.ended(call);
}

void SipCaller::fail(size_t call, std::string why) {
  ++failed_;
  trouble_ = std::move(why);
  finish(call, State::failed);
}

}  // namespace commd::bench
