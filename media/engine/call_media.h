// The media of one call on its worker: sockets, branches, mixer members, and the
// tick that moves audio between them.
//
// Made by the core thread, then touched by the worker alone: the core posts commands
// and gets events through CallEvents, which posts back.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/model/media_stats.h"
#include "media/engine/branch.h"
#include "media/engine/call_audio.h"
#include "media/engine/carrier.h"
#include "media/engine/ice_path.h"
#include "media/engine/media_sockets.h"
#include "media/engine/silence_watch.h"
#include "media/engine/tick_wheel.h"
#include "media/engine/udp_ports.h"
#include "media/engine/worker.h"

namespace commd::engine {

// What a call has to tell. Called on the worker; implementations pass it on.
class CallEvents {
 public:
  virtual ~CallEvents() = default;
  virtual void media_flowing(const model::BranchId& branch) = 0;
  // Its keys are agreed on now.
  virtual void media_keyed(const model::BranchId& branch, const AgreedKeys& keys) = 0;
  virtual void digit_received(char digit) = 0;
  virtual void media_lost(bool lost) = 0;
  virtual void media_failed(const base::Error& error) = 0;
};

struct CallMediaConfig {
  std::string label;  // the call's id, for logs
  model::Latch latch = model::Latch::automatic;
  SocketAddress signalling;
  std::shared_ptr<const dtls::DtlsIdentity> identity;
  int complexity = 5;
  rtp::DelayEstimator::Bounds jitter;
};

class CallMedia : private Ticked,
                  private DatagramHandler,
                  private Carrier,
                  private CallAudio::Network {
 public:
  // Early dialogs of one call; the oldest gives way.
  static constexpr size_t max_branches = 8;

  CallMedia(CallMediaConfig config, Worker& worker, const codec::CodecRegistry& registry,
            const srtp::SrtpLibrary& library, base::Logger logger,
            std::unique_ptr<CallEvents> events, UdpPair sockets);
  // Worker: ends digits, says BYE, closes.
  ~CallMedia() override;

  // All worker thread.
  // The first plan starts the media. `held`: we hold the call.
  void set_plan(const model::BranchId& branch, const MediaPlan& plan, bool held);
  // Packets go that way from when it works; one that works is kept until then. Null: there
  // is no way for now.
  void use_path(std::shared_ptr<IcePath> path);
  // They go by these from now on.
  void use_sockets(UdpPair sockets);
  // When its plan comes.
  enum class Answer {
    early,    // before the choice: the time for its keys begins again, since the far end may have
              // had no reason to speak
    present,  // with it
    awaited,  // after it: the newest branch stands in for it, and is no judge of it
  };
  // Drops the others.
  void choose_branch(const model::BranchId& branch, Answer answer);
  void queue_digits(const std::string& digits, std::chrono::milliseconds tone);
  // Between two ticks, the old worker and then the new one: the media goes on there with
  // all that it has. In between nobody touches it.
  void leave();
  void arrive(Worker& worker);
  // From the answer on, but for what we hold ourselves.
  void set_live(bool live);
  CallAudio& audio() { return audio_; }
  model::MediaStats stats() const;
  model::AudioLevels levels() const;

 private:
  void tick(base::MonoTime now, unsigned skipped) override;
  void on_datagram(std::span<uint8_t> datagram, const SocketAddress& source, bool on_rtcp_port,
                   base::MonoTime arrival) override;
  bool receive(std::span<int16_t> frame) override;
  void send(std::span<const int16_t> frame) override;

  // Carrier
  bool is_open() const override;
  void send_rtp(std::span<const uint8_t> packet, const SocketAddress& target) override;
  void send_rtcp(std::span<const uint8_t> packet, const SocketAddress& target) override;

  // call_carrier.cpp
  void bind_path(const std::shared_ptr<IcePath>& path);
  void bind_paths();
  void drop_path(std::shared_ptr<IcePath>& path);
  void poll_paths();
  // How many came.
  size_t take_from(IcePath& path);
  void set_eager(bool eager);
  void path_woke();

  Branch* find(const model::BranchId& id);
  Branch* current() { return audible_ != nullptr ? audible_ : newest(); }
  const Branch* current() const { return audible_ != nullptr ? audible_ : newest(); }
  Branch* newest() const { return branches_.empty() ? nullptr : branches_.back().get(); }
  Branch* add_branch(const model::BranchId& id, base::MonoTime now);
  bool start();
  void fail_watching();
  Branch::Received offer_to_branches(std::span<uint8_t> datagram, rtp::DatagramKind kind,
                                     const SocketAddress& source, base::MonoTime now);
  bool offer_hello(std::span<const uint8_t> datagram, const SocketAddress& source,
                   base::MonoTime now);
  void note_received(Branch& branch, const Branch::Received& received);
  void listen_to(Branch& branch);
  void tell_digits(const rtp::DtmfReceiver::Events& digits);
  void check_branches(base::MonoTime now);
  void replay_hellos();
  void follow_keys(Branch& branch);
  void watch_for_keys();
  void check_silence(base::MonoTime now);
  void expect_packets(base::MonoTime now);

  CallMediaConfig config_;
  Worker* worker_;
  base::Logger logger_;
  std::unique_ptr<CallEvents> events_;
  MediaSockets sockets_;
  std::shared_ptr<IcePath> path_;  // in use: the sockets are closed
  std::shared_ptr<IcePath> next_;  // takes its place once it works
  std::shared_ptr<IcePath> last_;  // whose place was taken; the far end may still use it
  bool by_path_ = false;           // then nothing goes where no path is
  bool eager_ = false;
  // A wake-up on its way is void without it; a new one on each worker.
  std::shared_ptr<CallMedia*> here_;
  Branch::Context context_;
  CallAudio audio_;
  std::vector<std::unique_ptr<Branch>> branches_;  // by age
  Branch* audible_ = nullptr;
  Branch* last_taker_ = nullptr;  // of the datagram being handled
  // Who said hello before a branch was chosen, from where none of them is.
  struct EarlyHello {
    SocketAddress source;
    std::vector<uint8_t> octets;
    base::MonoTime arrival;
  };
  static constexpr size_t most_early_hellos = 4;
  std::vector<EarlyHello> early_hellos_;
  bool chosen_ = false;
  base::MonoTime judged_from_{};  // before that keys that fail are those of a stand-in
  bool started_ = false;
  bool live_ = false;
  bool failed_ = false;
  SilenceWatch silence_;
  base::MonoTime now_{};  // of the present tick
  // When the next tick would be due if no worker rounded it; errors never add up.
  base::MonoTime due_{};
  unsigned ticks_ = 0;
  uint64_t rejected_ = 0;
};

}  // namespace commd::engine
