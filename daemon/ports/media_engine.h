// The port between the core and media.
//
// Called on the core thread; callbacks and observer calls come on the core
// thread, never from inside a call. No SDP and no XML here: SessionDescription in
// and out. What a session negotiates becomes real only by answer() and
// apply_answer(); an offer that is refused is undone by rollback().
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/account.h"
#include "daemon/model/audio_endpoint.h"
#include "daemon/model/call.h"
#include "daemon/model/call_trace.h"
#include "daemon/model/device.h"
#include "daemon/model/ice_server.h"
#include "daemon/model/ids.h"
#include "daemon/model/media_stats.h"
#include "daemon/model/session_description.h"
#include "daemon/model/zrtp.h"

namespace commd::ports {

// What this end proves itself with in DTLS-SRTP: a certificate with its key (RFC 8122). Made by a
// MediaEngine, used with that one alone. Immutable; any thread.
class MediaIdentity {
 public:
  virtual ~MediaIdentity() = default;
  // To be kept: with the same identity a far end that has verified this one knows it again.
  virtual base::Secret pem() const = 0;
  // SHA-256 of the certificate.
  virtual std::vector<uint8_t> fingerprint() const = 0;
};
using SharedIdentity = std::shared_ptr<const MediaIdentity>;

// Whether and how the two ends look for a way to each other (RFC 8445).
struct IcePolicy {
  bool enabled = false;
  // The signalling carries candidates one by one (XEP-0176, RFC 8838); else a description
  // waits until all are there, a second at most.
  bool trickle = false;
  // The far end is known to have RTP and RTCP share a port (RFC 5761), as Jingle's do.
  bool rtcp_mux_only = false;
  // Only relays are told and used: no address of this machine is.
  bool relay_only = false;
  // With the addresses of their hosts as IP literals.
  std::vector<model::IceServer> servers;
};

// What a session may do; fixed at open().
struct MediaConfig {
  // By preference; what this build lacks is skipped. Empty: model::default_codecs().
  std::vector<std::string> codecs;
  model::Encryption encryption = model::Encryption::preferred;
  model::Latch latch = model::Latch::automatic;
  std::string local_ip;            // bound and announced
  std::string signalling_peer_ip;  // for latch=auto; may be empty
  // Keys in the signalling are protected: SDES counts as encrypted.
  bool signalling_protected = false;
  // Null: DTLS-SRTP is neither offered nor taken.
  SharedIdentity identity;
  IcePolicy ice;
  // What is known of ends of ZRTP. Null: it is neither offered nor taken.
  std::shared_ptr<const model::ZrtpMemory> zrtp;
  model::AudioSource capture;
  model::AudioSink playback;
};

// A far end from which neither RTP nor RTCP comes for so long is lost.
inline constexpr std::chrono::seconds media_silence{30};

// Core thread. A session that failed stays open until it is destroyed.
class MediaObserver {
 public:
  virtual ~MediaObserver() = default;
  // The first packet of a branch that was accepted as media.
  virtual void media_flowing(const model::BranchId& branch) = 0;
  // Whether packets can go both ways by now: not while the ends still find each other or agree on
  // keys. Told where it is not so after an answer, before that is done, and when it becomes so.
  virtual void media_usable(bool usable) = 0;
  // More of how a stream of ours travels (trickle), for the far end: candidates, that there are
  // no more, credentials of a restart. After the description that they belong to.
  virtual void transport_found(size_t stream, const model::TransportDescription& news) = 0;
  // The way to the far end is gone, or this machine's addresses are others: what offer() makes next
  // looks for a new one.
  virtual void restart_wanted() = 0;
  // Codec ("opus/48000") and security in use, whenever they change.
  virtual void media_changed(const std::string& codec, const model::CallSecurity& security) = 0;
  // The keys are those of ZRTP: what came of it, before media_changed() says so.
  virtual void zrtp_agreed(const model::ZrtpAgreement&) {}
  virtual void digit_received(char digit) = 0;
  // Nothing came for `media_silence` where something must (the call is answered and
  // nobody holds it), or it came back. A hold forgets a loss without a word.
  virtual void media_lost(bool lost) = 0;
  virtual void media_failed(const base::Error& error) = 0;
  // What the session was opened with cannot be: the file is gone, or never was. That
  // end is silent now, the session lives on.
  enum class End { capture, playback };
  virtual void end_failed(End which, const base::Error& error) = 0;
  // A file source or a playback into the call has ended.
  virtual void playback_finished() = 0;
  // A step on the way to media that goes both ways, for people who ask why; its time is now. The
  // codes of those that others rely on: RELAY_READY and RELAY_FAILED with the details `server`,
  // `protocol`, `reason`; ICE_CONNECTED, ICE_FAILED; KEYS_AGREED.
  virtual void traced(const model::TraceStep&) {}
};

// What is sent (DESIGN section 2, "Before the answer").
enum class Transmit { silence, live };

// Core thread. Destroying it closes the sockets and ends its files.
class MediaSession {
 public:
  virtual ~MediaSession() = default;

  using Described = std::function<void(base::Result<model::SessionDescription>)>;

  // Makes an offer; the first one opens sockets. Later ones keep transport and
  // keys and change the direction.
  virtual void offer(model::Direction direction, Described done) = 0;
  // Answers an offer of the peer, the first or a later one; the media starts.
  // INCOMPATIBLE_MEDIA, ENCRYPTION_REQUIRED when nothing fits, CODEC_UNAVAILABLE when
  // the only codec in common cannot be started (state unchanged).
  virtual void answer(const model::SessionDescription& offer, model::Direction direction,
                      Described done) = 0;
  // The peer's answer to our offer, for one branch of a forked call. Same errors.
  virtual void apply_answer(const model::BranchId& branch, const model::SessionDescription& answer,
                            std::function<void(base::Result<void>)> done) = 0;
  // More of how a stream of the far end's travels, see MediaObserver::transport_found().
  virtual void add_remote_transport(const model::BranchId& branch, size_t stream,
                                    const model::TransportDescription& news) = 0;
  // The branch that was accepted; the others are dropped.
  virtual void choose_branch(const model::BranchId& branch) = 0;
  virtual void rollback() = 0;

  virtual void transmit(Transmit what) = 0;
  virtual void set_muted(bool muted) = 0;
  // RFC 4733 digits one after another: 0-9 * # A-D. FAILED_PRECONDITION with reason
  // NO_TELEPHONE_EVENT when the peer did not negotiate them.
  virtual base::Result<void> send_digits(const std::string& digits, unsigned duration_ms) = 0;
  virtual void set_capture(const model::AudioSource& source,
                           std::function<void(base::Result<void>)> done) = 0;
  virtual void set_playback(const model::AudioSink& sink,
                            std::function<void(base::Result<void>)> done) = 0;
  // Mixes a WAV file into what is sent; stop with an empty path.
  virtual void play(const std::string& path, std::function<void(base::Result<void>)> done) = 0;
  // Records both directions to .wav (stereo: left sent, right received) or .ogg
  // (Opus); an empty path stops and closes the file.
  virtual void record(const std::string& path, std::function<void(base::Result<void>)> done) = 0;

  virtual void stats(std::function<void(model::MediaStats)> done) = 0;
  virtual void levels(std::function<void(model::AudioLevels)> done) = 0;
};

// Core thread.
class DeviceObserver {
 public:
  virtual ~DeviceObserver() = default;
  virtual void device_added(const model::Device& device) = 0;
  virtual void device_removed(const std::string& id) = 0;
  virtual void sound_server(bool present, const std::string& message) = 0;
  // A device that is wanted cannot be opened, or failed; it is tried again. With an
  // empty message: it works now, or is wanted no more. `device` is its id, empty for
  // the default.
  virtual void device_trouble(model::Device::Kind kind, const std::string& device,
                              const std::string& message) = 0;
};

class MediaEngine {
 public:
  virtual ~MediaEngine() = default;

  // Opens a session; nothing is bound before offer() or answer(). `label` is the
  // call's id, for logs. The observer must outlive the session.
  virtual std::unique_ptr<MediaSession> open(const std::string& label, MediaConfig config,
                                             MediaObserver& observer) = 0;

  // This machine has other addresses than before: whoever goes by ICE looks for a new way, see
  // MediaObserver::restart_wanted().
  virtual void addresses_changed() = 0;

  // Would this offer be answered? Pure: binds and reveals nothing, so an incoming
  // call can be refused (488) before it rings.
  virtual base::Result<void> acceptable(const model::SessionDescription& offer,
                                        const MediaConfig& config) const = 0;

  // A new identity; one that was kept (INVALID_ARGUMENT where it is none). Both take some
  // milliseconds of another thread; `done` comes later.
  using Identified = std::function<void(base::Result<SharedIdentity>)>;
  virtual void make_identity(Identified done) = 0;
  virtual void read_identity(base::Secret pem, Identified done) = 0;

  // Is there time for one more session? RESOURCE_EXHAUSTED, MEDIA_OVERLOADED with the
  // remedy when those that run are late already.
  virtual base::Result<void> has_room() const = 0;

  // Names of all codecs that `MediaConfig::codecs` may list, by our preference, whether
  // what they need is installed or not.
  virtual std::vector<std::string> codec_names() const = 0;

  // Can a call have these ends? Files are tried, on a thread that may wait for them:
  // nothing is created or emptied, so a disk may still be full later. A device by name
  // must be there if there is a sound server; the default one need not. Errors name
  // the field ("capture", "playback") and the remedy. `done` comes later.
  virtual void check(const model::AudioSource& source, const model::AudioSink& sink,
                     std::function<void(base::Result<void>)> done) = 0;

  // Ringing and ringback on the person's own devices; stops when destroyed. `where`
  // that is no device is silent.
  enum class Alert { ringtone, ringback, call_waiting };
  class AlertPlayer {
   public:
    virtual ~AlertPlayer() = default;
  };
  virtual std::unique_ptr<AlertPlayer> alert(Alert kind, const model::AudioSink& where) = 0;

  // Starts watching devices on first use; the list comes through the observer.
  virtual void watch_devices(DeviceObserver& observer) = 0;
  virtual std::vector<model::Device> devices() const = 0;
  // `done` comes when devices() is what the sound server has, or there is none; a server
  // that hangs may let it wait for long.
  virtual void when_devices_known(std::function<void()> done) = 0;
  // Plays a tone, listens to the microphone for `seconds`, and tells the levels.
  struct DeviceTest {
    double peak_dbov = -127;
    double rms_dbov = -127;
    std::string message;
  };
  virtual void test_devices(const model::AudioSource& source, const model::AudioSink& sink,
                            unsigned seconds,
                            std::function<void(base::Result<DeviceTest>)> done) = 0;
};

}  // namespace commd::ports
