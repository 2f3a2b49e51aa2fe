// Calls in a terminal or without one: what `call` and `listen` are made of. Follows
// the calls of this client by the event stream, keeps them alive by their statistics
// streams, obeys keys and signals, and hangs up when told to stop. Main thread.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/client/event_stream.h"
#include "clients/client/stats_stream.h"
#include "clients/commctl/context.h"
#include "clients/commctl/keys.h"
#include "clients/commctl/screen.h"
#include "clients/commctl/terminal.h"
#include "clients/commctl/view.h"

namespace commd::commctl {

struct PhoneOptions {
  enum class Purpose { one_call, listen };
  Purpose purpose = Purpose::one_call;
  std::string capture;                                // for calls that are answered here
  std::string playback;                               // for calls that are answered here
  std::optional<std::chrono::milliseconds> duration;  // hang up so long after the answer
  std::optional<std::chrono::milliseconds> timeout;   // how long to wait for an answer, or a call
};

class Phone {
 public:
  // `signals` must be older than the first use of the client. The view needs a
  // terminal at stdin and stderr, and is left out for --json and --quiet.
  Phone(Context& context, const SignalInbox& signals, PhoneOptions options);
  ~Phone();
  Phone(const Phone&) = delete;
  Phone& operator=(const Phone&) = delete;

  // Takes a call that was created with `owned` into its care.
  void adopt(const v1::Call& call);

  // Until the calls are over (one_call) or the person quits (listen). The exit code
  // as far as the person and the deadlines decide it: ok, interrupted, timed_out.
  client::ExitCode run();

  // The first call adopted, as it is now.
  const v1::Call& first_call() const { return first_.call; }
  // Its last statistics; asks the daemon once more.
  v1::CallStats first_stats();

 private:
  struct Mine {
    v1::Call call;
    std::optional<v1::CallStats> stats;
    std::unique_ptr<client::StatsStream> stream;
    // Put on hold here because another call has the turn; known before the event that says so.
    bool aside = false;
  };
  struct Ended {
    v1::Call call;
    std::optional<v1::CallStats> stats;
  };

  // events
  void pump();
  void take(const client::EventStream::Item& item);
  void call_changed(const v1::Call& call, bool in_snapshot);
  void mine_changed(Mine& mine, const v1::Call& call);
  void others_changed(const v1::Call& call, bool in_snapshot);
  void resync();

  // time and signals
  Deadline next_deadline() const;
  void check_deadlines();
  void obey_signals();
  void suspend();
  void stop(client::ExitCode code);
  bool finished() const;

  // keys
  void obey_keys();
  void obey(const Key& key);
  void obey_in_call(char key, Mine& mine);
  void type_address(const Key& key);
  void answer();
  void decline();
  void answer_transfer(const Mine& mine, char key);
  // One call talks, the others are on hold.
  void put_aside(const std::string& id, Mine& mine);
  void hold_focused();
  void toggle_mute(const Mine& mine);
  void toggle_hold(Mine& mine);
  void toggle_recording(const Mine& mine);
  void switch_call();
  // Runs it; what the daemon refuses becomes the message.
  template <class Action>
  void attempt(Action action) {
    try {
      action();
    } catch (const client::ClientError& error) {
      message_ = error.message();
    }
  }

  // looks
  void tell(const Line& line);
  void redraw();
  std::string idle_text() const;
  Mine* focused();
  void hang_up(const std::string& id);

  using Clock = std::chrono::steady_clock;

  Context& context_;
  const SignalInbox& signals_;
  PhoneOptions options_;
  client::EventStream events_;
  std::map<std::string, Mine> mine_;
  std::map<std::string, v1::Call> ringing_;  // incoming, of nobody yet
  std::map<std::string, v1::Account> accounts_;
  std::string focus_;
  std::string selected_;
  Ended first_;
  Clock::time_point started_ = Clock::now();
  Deadline stop_at_;     // hanging up: not longer than this
  Deadline hang_up_at_;  // --duration
  Deadline ring_again_at_;
  Deadline lost_since_;
  Deadline redraw_at_;
  std::optional<client::ExitCode> stopping_;
  bool synced_ = false;
  bool quit_ = false;
  std::string message_;
  std::optional<std::string> typing_;  // the address of a transfer
  KeyReader keys_;
  std::unique_ptr<TerminalMode> mode_;  // with a view only
  std::unique_ptr<Screen> screen_;
};

}  // namespace commd::commctl
