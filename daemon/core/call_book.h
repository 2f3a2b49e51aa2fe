// All calls: finding, placing, receiving, the verbs of the API, and the limits.
// Each call's own state machine is in CallControl.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/core/account_book.h"
#include "daemon/core/call_control.h"
#include "daemon/core/core_settings.h"
#include "daemon/core/device_book.h"
#include "daemon/core/dial_plan.h"
#include "daemon/core/event_log.h"
#include "daemon/core/rate_limiter.h"
#include "daemon/core/zrtp_book.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/media_engine.h"
#include "daemon/ports/relay_access.h"
#include "daemon/ports/signalling.h"
#include "daemon/ports/timers.h"

namespace commd::core {

// Settings of one call over its account's; what is empty is the account's.
struct CallOverrides {
  std::optional<model::Encryption> encryption;
  std::vector<std::string> codecs;
  std::optional<model::DtmfMethod> dtmf;
  std::optional<bool> early_send;
  std::optional<bool> hide_number;
  std::optional<model::Latch> latch;
};

struct PlaceCall {
  std::string address;  // as typed
  std::string account;  // reference; empty: chosen by the rules of the contract
  std::optional<model::AudioSource> capture;
  std::optional<model::AudioSink> playback;
  bool owned = false;
  std::string request_id;
  CallOverrides overrides;
};

struct AnswerCall {
  std::optional<model::AudioSource> capture;
  std::optional<model::AudioSink> playback;
  bool owned = false;
};

struct CallStatsOf {
  model::CallId call;
  base::Duration duration{0};
  model::MediaStats stats;
};

// FAILED_PRECONDITION with reason WRONG_STATE; `wanted` says what would have been right.
base::Error wrong_state(const model::Call& call, const std::string& wanted);

class CallBook {
 public:
  using Done = std::function<void(base::Result<model::Call>)>;
  using ExplainDone = std::function<void(base::Result<CallExplained>)>;
  using StatsDone = std::function<void(base::Result<std::vector<CallStatsOf>>)>;

  CallBook(EventLog& log, AccountBook& accounts, DeviceBook& devices, ports::Store& store,
           ports::MediaEngine& media, const ports::Clock& clock, ports::Timers& timers,
           SignallingByProtocol signalling, CoreSettings settings, base::Logger logger);
  ~CallBook();

  // Calls that were alive when the last daemon died are ended: daemon_restarted.
  void restore(const ports::StoredState& state);
  void set_settings(const CoreSettings& settings);
  // Who is meant by a name; without it all is as it was typed.
  void set_names(NamesOfPeople names) { names_ = std::move(names); }
  // What an account proves itself with in media; without it calls have no DTLS-SRTP.
  using Identities = std::function<ports::SharedIdentity(const model::AccountId&)>;
  void set_identities(Identities identities) { identities_ = std::move(identities); }
  // The STUN and TURN servers of an account's settings, with addresses; without it there are none.
  using IceServers = std::function<void(const model::AccountId&,
                                        std::function<void(ports::RelayAccess::Servers)>)>;
  void set_ice_servers(IceServers servers) { ice_servers_ = std::move(servers); }
  // What is known of ends of ZRTP; without it, or before it is there, no call speaks it.
  void set_zrtp(ZrtpBook& book) { zrtp_ = &book; }
  ZrtpBook* zrtp() const { return zrtp_; }
  const CoreSettings& settings() const { return settings_; }
  // Ends of calls that the configuration names and that could not be opened since it was
  // read, in words.
  std::vector<std::string> problems() const;

  // Verbs. `reference` is an id, a unique prefix, or empty for the only eligible
  // call. Wrong state: FAILED_PRECONDITION with reason WRONG_STATE. Files and devices
  // that a request names are tried first; if they cannot be used nothing has happened
  // (see ports::MediaEngine::check).
  void place(PlaceCall request, Done done);
  void answer(const std::string& reference, AnswerCall how, Done done);
  enum class Rejection { declined, busy };
  void reject(const std::string& reference, Rejection how, Done done);
  void hang_up(const std::string& reference, Done done);
  void hold(const std::string& reference, Done done);
  void resume(const std::string& reference, Done done);
  void set_muted(const std::string& reference, bool muted, Done done);
  void set_capture(const std::string& reference, const model::AudioSource& source, Done done);
  void set_playback(const std::string& reference, const model::AudioSink& sink, Done done);
  void send_digits(const std::string& reference, const std::string& digits,
                   std::chrono::milliseconds each, Done done);
  void transfer(const std::string& reference, const std::string& address, Done done);
  void transfer_to_call(const std::string& reference, const std::string& other, Done done);
  // What the far end asks in Call.transfer_request. `reference` empty: the only call whose
  // far end asks.
  void accept_transfer(const std::string& reference, Done done);
  void refuse_transfer(const std::string& reference, Done done);
  void record(const std::string& reference, const std::string& path, Done done);  // empty: stop
  void play(const std::string& reference, const std::string& path, Done done);    // empty: stop

  // A person has compared the words of the call with the far end, or takes it back.
  // FAILED_PRECONDITION, NO_WORDS for a call that has none.
  // `sas`: the words that were compared; empty: those that it has.
  void verify(const std::string& reference, bool verified, const std::string& sas, Done done);

  void get(const std::string& reference, Done done);
  std::vector<model::Call> live() const;
  size_t live_count() const;
  void log(ports::CallQuery query,
           std::function<void(base::Result<std::vector<model::Call>>)> done);
  // Of one call (also one that ended within the last minute), or of all live ones.
  void stats(const std::string& reference, StatsDone done);
  // Of one call, alive or in the log. `reference` empty: the only live one, or without one the
  // last that ended.
  void explain(const std::string& reference, ExplainDone done);

  // A client's AttachCall stream began or ended. NOT_FOUND for an unknown call.
  base::Result<model::CallId> attach(const std::string& reference);
  void detach(const model::CallId& call);

  // From the protocol rooms.
  void incoming(const model::LegId& leg, ports::IncomingCall call, ports::Signalling& signalling);
  CallControl* by_leg(const model::LegId& leg);
  // A far end asks us to call somebody: done, refused or put to the person, as the
  // account's `transfers` says.
  void transfer_requested(const model::LegId& leg, const std::string& target,
                          const std::string& replaces, const std::string& referred_by);

  // Ends every call: daemon_stopped.
  void shut_down();

 private:
  friend class CallControl;
  enum class Eligible { any, ringing_incoming, asking_transfer, live };
  using Ends = std::pair<std::optional<model::AudioSource>, std::optional<model::AudioSink>>;

  // `go_on` once the ends can be used as far as is known; else `done` with the error.
  void with_usable_ends(const Ends& ends, Done done, std::function<void(Done)> go_on);
  void place_now(const PlaceCall& request, Done done);
  void answer_now(const std::string& reference, const AnswerCall& how, Done done);
  CallControl* ringing_call(const std::string& reference, const char* wanted, const Done& done);
  void end_failed(const model::CallId& call, ports::MediaObserver::End which,
                  const base::Error& error);

  static bool fits_verb(const CallControl& control, Eligible eligible);
  base::Result<CallControl*> find(const std::string& reference, Eligible eligible);
  // Null after `done` was told why not.
  CallControl* talking_call(const std::string& reference, const char* wanted, const Done& done);
  std::optional<ports::Refusal> refusal_of(const ports::IncomingCall& call,
                                           const model::Account& account);
  bool busy() const;
  // LIMIT_REACHED when there are as many calls as may be, MEDIA_OVERLOADED when those
  // that run have not enough of the machine; that is told once.
  base::Result<void> room_for_a_call();
  CallControl& add(std::unique_ptr<CallControl> control);
  CallContext context(ports::Signalling& signalling);
  std::shared_ptr<const model::ZrtpMemory> zrtp_of(const model::AccountSettings& settings) const;
  model::CallId new_id() const;
  void remember_request(const std::string& request, const model::CallId& id);
  void serve(const model::LegId& leg, ports::IncomingCall call, ports::Signalling& signalling);
  void take_over(CallControl& old_call, CallControl& new_call);
  // call_transfer.cpp
  CallControl* asking_call(const std::string& reference, const Done& done);
  // Whom the far end may have us call. INVALID_ARGUMENT else.
  base::Result<DialTarget> transfer_target(const CallControl& from,
                                           const std::string& target) const;
  base::Result<void> follow_transfer(CallControl& from, const std::string& target,
                                     const std::string& replaces, const std::string& referred_by);
  void forget_later(const model::CallId& id);
  void explain_logged(const model::Call& call, const ExplainDone& done);

  EventLog& log_;
  AccountBook& accounts_;
  DeviceBook& devices_;
  ports::Store& store_;
  ports::MediaEngine& media_;
  const ports::Clock& clock_;
  ports::Timers& timers_;
  SignallingByProtocol signalling_;
  CoreSettings settings_;
  NamesOfPeople names_ = [](const std::string& typed) -> base::Result<std::string> {
    return typed;
  };
  Identities identities_ = [](const model::AccountId&) -> ports::SharedIdentity { return nullptr; };
  IceServers ice_servers_ = [](const model::AccountId&, const auto& done) { done({}); };
  ZrtpBook* zrtp_ = nullptr;
  base::Logger logger_;
  base::ThreadCheck thread_;
  RateLimiter sources_;
  std::map<model::CallId, std::unique_ptr<CallControl>> calls_;  // not ended
  std::map<model::CallId, std::unique_ptr<CallControl>> ended_;  // within the last minute
  std::map<model::LegId, CallControl*> by_leg_;
  std::map<std::string, model::CallId> by_request_;
  std::deque<std::string> requests_;  // its keys, oldest first
  std::map<model::CallId, ports::TimerHandle> forget_timers_;
  bool overload_told_ = false;
  std::map<ports::MediaObserver::End, std::string> end_problems_;
  std::shared_ptr<int> life_ = std::make_shared<int>(0);
};

}  // namespace commd::core
