// A caller for the bench: INVITE, ACK and BYE, or INVITE and CANCEL, over UDP on the
// loopback, with RFC 3261's retransmissions. Cheap, so that it measures the callee
// and not itself. One thread, which runs receive() and run_timers().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/load/sip_text.h"
#include "tests/bench/load/udp_socket.h"

namespace commd::bench {

using Clock = std::chrono::steady_clock;

class SipCaller {
 public:
  struct Options {
    uint16_t target = 0;
    std::string user = "echo";
    // Gives up as soon as it rings: signalling alone.
    bool cancel = false;
    // A call that is not answered, or not ended, after this long has failed.
    std::chrono::milliseconds patience{8000};
  };
  struct Handlers {
    std::function<std::string(size_t call)> offer;
    std::function<void(size_t call, uint16_t rtp_port)> answered;
    std::function<void(size_t call)> ended;  // well or not
  };
  enum class State { inviting, cancelling, up, ending, done, failed };

  struct Call {
    State state = State::inviting;
    std::string to;        // with the tag, once there is one
    uint16_t contact = 0;  // the port of the peer's contact
    std::string contact_uri;
    uint16_t rtp_port = 0;
    Clock::time_point begun;
    Clock::time_point answered;  // the final answer to INVITE
    Clock::time_point ended;
    std::chrono::milliseconds interval{500};
    bool rang = false;
  };

  SipCaller(Options options, Handlers handlers);

  size_t invite();  // the call's number: 0, 1, ...
  void bye(size_t call);

  int descriptor() const { return socket_.descriptor(); }
  void receive();
  // Repeats what was not answered. When it wants to be called again.
  Clock::time_point run_timers(Clock::time_point now);

  const std::vector<Call>& calls() const { return calls_; }
  size_t failed() const { return failed_; }
  size_t finished() const { return finished_; }
  size_t retransmissions() const { return retransmissions_; }
  // The last refusal, or what else went wrong; empty if all is well.
  const std::string& trouble() const { return trouble_; }

 private:
  struct Timer {
    Clock::time_point due;
    size_t call;
    State state;  // still to be repeated only while the call is in it
    friend bool operator>(const Timer& a, const Timer& b) { return a.due > b.due; }
  };

  std::string request(size_t call, std::string_view method, unsigned cseq,
                      std::string_view body) const;
  void send(size_t call, std::string_view method, unsigned cseq, std::string_view body = {});
  void repeat(size_t call);
  void await_answer(size_t call);
  void on_message(std::string_view datagram);
  void on_request(const SipMessage& request);
  void on_invite_response(size_t call, const SipMessage& response);
  void on_final_failure(size_t call, const SipMessage& response);
  void finish(size_t call, State state);
  void fail(size_t call, std::string why);

  Options options_;
  Handlers handlers_;
  UdpSocket socket_;
  std::string own_address_;
  std::vector<Call> calls_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  size_t failed_ = 0;
  size_t finished_ = 0;
  size_t retransmissions_ = 0;
  std::string trouble_;
};

}  // namespace commd::bench
