// A call's media as the core sees it: negotiates, opens the sockets and what the
// configuration names, and commands the CallMedia on its worker.
//
// Core thread. Callbacks of a session that is destroyed are dropped.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ports/media_engine.h"
#include "media/engine/call_ice.h"
#include "media/engine/local_audio.h"
#include "media/engine/media_engine.h"
#include "media/engine/media_link.h"
#include "media/engine/negotiation.h"

namespace commd::engine {

class CallSession : public ports::MediaSession {
 public:
  using Done = std::function<void(base::Result<void>)>;

  CallSession(MediaEngine& engine, std::string label, ports::MediaConfig config,
              ports::MediaObserver& observer);
  ~CallSession() override;

  void offer(model::Direction direction, Described done) override;
  void answer(const model::SessionDescription& offer, model::Direction direction,
              Described done) override;
  void apply_answer(const model::BranchId& branch, const model::SessionDescription& answer,
                    Done done) override;
  void add_remote_transport(const model::BranchId& branch, size_t stream,
                            const model::TransportDescription& news) override;
  void choose_branch(const model::BranchId& branch) override;
  void rollback() override;

  void transmit(ports::Transmit what) override;
  void set_muted(bool muted) override;
  base::Result<void> send_digits(const std::string& digits, unsigned duration_ms) override;
  void set_capture(const model::AudioSource& source, Done done) override;
  void set_playback(const model::AudioSink& sink, Done done) override;
  void play(const std::string& path, Done done) override;
  void record(const std::string& path, Done done) override;

  // This machine has other addresses, see MediaEngine::addresses_changed().
  void network_changed();
  // See MediaEngine::look_after_ways().
  void look_after_way();
  // Whether that is its Hello of ZRTP, said by that name.
  bool says_hello(const zrtp::Zid& name, const zrtp::HashImage& hash) const;

  // Goes on whole on that worker of the engine, so that it meets others there without a
  // lock (a conference). Nothing is lost that the sockets hold. `done` comes later.
  void move_to(size_t worker, std::function<void()> done);

  void stats(std::function<void(model::MediaStats)> done) override;
  void levels(std::function<void(model::AudioLevels)> done) override;

 private:
  // What was agreed with one branch, as far as the core must know it.
  struct Agreed {
    std::string codec;
    // As long as keys are agreed on in the media path: none yet.
    model::CallSecurity security;
    std::optional<DtlsPlan> dtls;
    std::optional<ZrtpPlan> zrtp;
    std::shared_ptr<const model::ZrtpAgreement> words;
    uint32_t sample_rate = 8000;
    uint16_t events = 0;  // digits the peer understands

    bool keyed() const { return (!dtls && !zrtp) || security.level != model::SecurityLevel::none; }
    friend bool operator==(const Agreed&, const Agreed&) = default;
  };

  // False: nothing has to be loaded. True: `again` is called once that has been tried,
  // with the codecs left out that cannot be had.
  bool load_first(const std::vector<model::PayloadFormat>& formats, std::function<void()> again);
  void loaded(const std::string& codec, const base::Result<void>& result,
              const std::function<void()>& again);
  std::vector<model::PayloadFormat> plugins_to_offer() const;
  // While a codec is being loaded, or a path made, what else is asked waits its turn. True: it
  // waits.
  bool queued(std::function<void()> step);
  void prepared(const std::function<void()>& again);
  // As load_first(); `theirs`: of the offer that is answered. False: `again` comes later.
  bool prepare_ice(const Negotiator::IceOf* theirs, std::function<void()> again);
  base::Error reason_of(const base::Error& error) const;

  base::Result<LocalTransport> local_transport(UdpPorts::Rtcp rtcp);
  base::Result<LocalTransport> open_sockets(UdpPorts::Rtcp rtcp);
  base::Result<UdpPair> open_pair(UdpPorts::Rtcp rtcp);
  // Where it goes by ICE: the old way, or the offer that waits for its answer, is of addresses that
  // are gone.
  void find_new_way();
  void adopt(std::vector<base::UniqueFd> sockets);
  std::unique_ptr<CallEvents> make_events();
  void start_media();
  void use_plan(const model::BranchId& branch, MediaPlan plan, model::Direction wanted);
  void run_plan(const model::BranchId& branch, MediaPlan plan, model::Direction wanted);
  void leave_path_of_another(const model::BranchId& chosen);
  void unpark(const model::BranchId& branch);
  CallIce::Told ice_events();
  Agreed summary(const MediaPlan& plan) const;
  void trace_awaited(const Agreed& agreed);
  const Agreed* current() const;
  uint32_t rate() const;
  void tell_changes();
  void fail_later(Described done, base::Error error);
  using End = ports::MediaObserver::End;
  Done failing(End which);
  void on_media_flowing(const model::BranchId& branch);
  void on_media_keyed(const model::BranchId& branch, const AgreedKeys& keys);
  static model::CallSecurity meanwhile(const Agreed& before, const Agreed& now);
  static void take_words(const model::ZrtpAgreement& words, Agreed& agreed);

  MediaEngine& engine_;
  std::string label_;
  ports::MediaConfig config_;
  ports::MediaObserver& observer_;
  Negotiator negotiator_;
  PortLease lease_;
  LocalTransport transport_;
  std::optional<UdpPair> sockets_;  // until the media has them
  std::string way_ip_;              // from which the signalling's server was reached last
  bool stayed_ = false;             // where it was, though addresses have changed
  bool asked_ = false;              // for an offer of a new way, which is not made yet
  MediaLink link_;
  CallIce ice_;
  LocalAudio local_audio_;
  bool live_ = false;
  bool muted_ = false;
  model::Direction offered_ = model::Direction::send_recv;
  std::map<model::BranchId, Agreed> branches_;
  // Of a forked call with ICE, until the choice.
  struct Parked {
    MediaPlan plan;
    model::Direction wanted = model::Direction::send_recv;
  };
  std::optional<model::BranchId> ice_branch_;  // to which the path leads
  std::map<model::BranchId, Parked> parked_;   // those to which it does not
  // The branch that is heard, or else negotiated last.
  model::BranchId current_;
  bool chosen_ = false;
  bool decided_ = false;  // which branch it is, though its answer may still be to come
  std::optional<Agreed> told_;
  bool usable_told_ = true;
  bool stale_offer_ = false;  // is out, of addresses that are gone
  bool preparing_ = false;
  std::deque<std::function<void()>> waiting_;  // for the end of that
  std::optional<base::Error> unavailable_;     // the last codec that could not be loaded
};

}  // namespace commd::engine
