// ports::MediaEngine: sessions of native RTP audio on a few worker threads, with the
// devices and compressed recordings of whoever is injected.
//
// Core thread. What it is given outlives it; sessions do not.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/ports/media_engine.h"
#include "daemon/ports/relay_access.h"
#include "media/codec/codec_registry.h"
#include "media/engine/audio_devices.h"
#include "media/engine/codec_plugins.h"
#include "media/engine/file_thread.h"
#include "media/engine/negotiation.h"
#include "media/engine/udp_ports.h"
#include "media/engine/worker.h"
#include "media/rtp/delay_estimator.h"
#include "media/srtp/srtp_library.h"

namespace commd::ice {
class IceThread;
}

namespace commd::engine {

class CallSession;

struct EngineOptions {
  unsigned workers = 0;  // 0: one a core
  PortRange rtp_ports;
  // In the order in which they are offered (negotiation.h says why).
  std::vector<srtp::SrtpProfile> suites = {
      srtp::SrtpProfile::aes_cm_128_hmac_sha1_80, srtp::SrtpProfile::aead_aes_128_gcm,
      srtp::SrtpProfile::aead_aes_256_gcm, srtp::SrtpProfile::aes_256_cm_hmac_sha1_80,
      srtp::SrtpProfile::aes_cm_128_hmac_sha1_32};
  int complexity = 5;  // of encoders that can choose, 0..10
  rtp::DelayEstimator::Bounds jitter;
};

class MediaEngine : public ports::MediaEngine {
 public:
  // Runs a function on the core thread, later. Any thread.
  using Post = std::function<void(std::function<void()>)>;

  struct Parts {
    const codec::CodecRegistry& codecs;
    const srtp::SrtpLibrary& srtp;
    Post post;
    base::Logger logger;
    AudioDevices* devices = nullptr;       // null: devices behave like none
    RecorderFactory* recorders = nullptr;  // null: recordings are WAV only
    // Runs what takes milliseconds on a thread that has them. Null: where it is called.
    Post background = nullptr;
    ice::IceThread* ice = nullptr;  // null: media goes without ICE
    // Null: relays that are spoken to over TLS are left out.
    ports::RelayAccess* relays = nullptr;
    // The address of this machine from which that one is reached, both IP literals; empty: none
    // is. Null: calls without ICE stay where they are, those with it look for a new way each time
    // that addresses change.
    std::function<std::string(const std::string& peer)> local_towards = nullptr;
  };

  // Starts the workers. Throws std::system_error when the system gives no thread.
  MediaEngine(Parts parts, EngineOptions options);
  ~MediaEngine() override;

  std::unique_ptr<ports::MediaSession> open(const std::string& label, ports::MediaConfig config,
                                            ports::MediaObserver& observer) override;
  void addresses_changed() override;
  // Some time after that: a call that stayed where it is, since its address is what it was, looks
  // for a new way if it hears nothing any more.
  void look_after_ways();
  base::Result<void> acceptable(const model::SessionDescription& offer,
                                const ports::MediaConfig& config) const override;
  // Their names, as far as is known: one whose plugin turned out not to work is gone.
  std::vector<std::string> codecs() const;
  base::Result<void> has_room() const override;
  std::vector<std::string> codec_names() const override;
  void make_identity(Identified done) override;
  void read_identity(base::Secret pem, Identified done) override;
  void check(const model::AudioSource& source, const model::AudioSink& sink,
             std::function<void(base::Result<void>)> done) override;
  std::unique_ptr<AlertPlayer> alert(Alert kind, const model::AudioSink& where) override;
  void watch_devices(ports::DeviceObserver& observer) override;
  std::vector<model::Device> devices() const override;
  void when_devices_known(std::function<void()> done) override;
  void test_devices(const model::AudioSource& source, const model::AudioSink& sink,
                    unsigned seconds, std::function<void(base::Result<DeviceTest>)> done) override;

 private:
  friend class CallSession;

  std::string local_towards(const std::string& peer) const;
  void identify(std::function<base::Result<ports::SharedIdentity>()> how, Identified done);

  // Whether the codecs were left to us: then others are taken where nothing better is.
  static bool has_default_codecs(const ports::MediaConfig& config);
  NegotiationPolicy policy(const ports::MediaConfig& config) const;
  Worker& least_loaded() const;

  Parts parts_;
  EngineOptions options_;
  base::ThreadCheck core_;
  UdpPorts ports_;
  CodecPlugins plugins_;
  // Workers end first: what they let go of ends on the file thread.
  FileThread files_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::set<CallSession*> sessions_;  // all that are open
};

}  // namespace commd::engine
