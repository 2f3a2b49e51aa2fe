#include "media/engine/media_engine.h"

#include <algorithm>
#include <future>
#include <thread>

#include "media/engine/call_session.h"
#include "media/engine/media_identity.h"

namespace commd::engine {
namespace {

// fmtp as codecs print it, "a=1;b", in parts.
std::vector<std::pair<std::string, std::string>> split_fmtp(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!text.empty()) {
    const size_t end = text.find(';');
    std::string_view item = text.substr(0, end);
    while (item.starts_with(' ')) item.remove_prefix(1);
    const size_t equals = item.find('=');
    if (!item.empty())
      parameters.emplace_back(item.substr(0, equals), equals == std::string_view::npos
                                                          ? std::string_view()
                                                          : item.substr(equals + 1));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parameters;
}

CodecCapability capability(const codec::CodecInfo& info) {
  CodecCapability codec;
  codec.name = info.rtp_name;
  codec.clock_rate = info.clock_rate;
  codec.channels = static_cast<uint8_t>(info.channels);
  codec.sample_rate = info.sample_rate;
  codec.static_payload_type = info.static_payload_type;
  codec.offered = info.offered;
  codec.plugin = !info.plugin.empty();
  codec.parameters = split_fmtp(info.default_fmtp);
  return codec;
}

class NoAlert : public ports::MediaEngine::AlertPlayer {};

}  // namespace

MediaEngine::MediaEngine(Parts parts, EngineOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      ports_(options_.rtp_ports),
      plugins_(parts_.codecs, parts_.post, parts_.logger),
      files_(parts_.logger) {
  const unsigned cores = std::max(std::thread::hardware_concurrency(), 1U);
  const unsigned count = options_.workers == 0 ? cores : options_.workers;
  for (unsigned i = 0; i < count; ++i)
    workers_.push_back(std::make_unique<Worker>("media-" + std::to_string(i)));
}

MediaEngine::~MediaEngine() {
  // What moves from worker to worker must not meet one that is gone.
  for (const auto& worker : workers_) {
    std::promise<void> reached;
    worker->post([&reached] { reached.set_value(); });
    reached.get_future().wait();
  }
}

NegotiationPolicy MediaEngine::policy(const ports::MediaConfig& config) const {
  NegotiationPolicy policy;
  policy.suites = options_.suites;
  policy.encryption = config.encryption;
  policy.signalling_protected = config.signalling_protected;
  policy.local_ip = config.local_ip;
  policy.ice = config.ice.enabled && parts_.ice != nullptr;
  policy.relay_only = config.ice.relay_only;
  // Far ends of this kind know DTLS.
  policy.one_key_agreement = config.ice.rtcp_mux_only;
  policy.signalling = SocketAddress::parse(config.signalling_peer_ip, 0).value_or(SocketAddress());
  if (config.identity) policy.fingerprint = config.identity->fingerprint();
  policy.zrtp = zrtp_self(config.zrtp);
  if (policy.zrtp)
    policy.is_same_end = [this, zid = policy.zrtp->hello.zid()](const zrtp::HashImage& hash) {
      return std::any_of(sessions_.begin(), sessions_.end(), [&](const CallSession* session) {
        return session->says_hello(zid, hash);
      });
    };
  const bool by_default = has_default_codecs(config);
  for (const std::string& name : by_default ? model::default_codecs() : config.codecs)
    for (const codec::CodecInfo& info : parts_.codecs.codecs()) {
      if (!same_name(info.rtp_name, name) || plugins_.has_failed(info)) continue;
      policy.codecs.push_back(capability(info));
      policy.codecs.back().offered = true;
    }
  if (!by_default) return policy;
  for (const codec::CodecInfo& info : parts_.codecs.codecs())
    if (!info.offered && !plugins_.has_failed(info)) policy.codecs.push_back(capability(info));
  return policy;
}

bool MediaEngine::has_default_codecs(const ports::MediaConfig& config) {
  return config.codecs.empty() || config.codecs == model::default_codecs();
}

std::vector<std::string> MediaEngine::codecs() const {
  std::vector<std::string> names;
  for (const codec::CodecInfo& info : parts_.codecs.codecs()) {
    const bool known = std::find(names.begin(), names.end(), info.rtp_name) != names.end();
    if (!known && !plugins_.has_failed(info)) names.push_back(info.rtp_name);
  }
  return names;
}

base::Result<void> MediaEngine::has_room() const {
  if (!least_loaded().overloaded()) return {};
  int sessions = 0;
  for (const auto& worker : workers_) sessions += worker->load();
  return base::fail(base::Error{
      base::Code::resource_exhausted,
      "MEDIA_OVERLOADED",
      "the sound of the " + std::to_string(sessions) +
          " calls that run is late: this machine has no time for more; let some end, use a "
          "cheaper codec (codecs=PCMU), or set [limits] calls in commd.toml lower",
      {{"sessions", std::to_string(sessions)}}});
}

std::vector<std::string> MediaEngine::codec_names() const {
  return codec::CodecRegistry::known_names();
}

void MediaEngine::identify(std::function<base::Result<ports::SharedIdentity>()> how,
                           Identified done) {
  auto task = [post = parts_.post, how = std::move(how), done = std::move(done)] {
    post([done, identity = how()] { done(identity); });
  };
  parts_.background ? parts_.background(std::move(task)) : task();
}

void MediaEngine::make_identity(Identified done) {
  COMMD_ASSERT_THREAD(core_);
  identify([] { return MediaIdentity::make(); }, std::move(done));
}

void MediaEngine::read_identity(base::Secret pem, Identified done) {
  COMMD_ASSERT_THREAD(core_);
  identify([pem = std::move(pem)] { return MediaIdentity::read(pem); }, std::move(done));
}

Worker& MediaEngine::least_loaded() const {
  return **std::min_element(workers_.begin(), workers_.end(),
                            [](const auto& a, const auto& b) { return a->load() < b->load(); });
}

std::unique_ptr<ports::MediaSession> MediaEngine::open(const std::string& label,
                                                       ports::MediaConfig config,
                                                       ports::MediaObserver& observer) {
  COMMD_ASSERT_THREAD(core_);
  return std::make_unique<CallSession>(*this, label, std::move(config), observer);
}

void MediaEngine::addresses_changed() {
  COMMD_ASSERT_THREAD(core_);
  for (CallSession* const session : sessions_) session->find_new_way();
}

base::Result<void> MediaEngine::acceptable(const model::SessionDescription& offer,
                                           const ports::MediaConfig& config) const {
  return Negotiator(policy(config)).acceptable(offer);
}

void MediaEngine::check(const model::AudioSource& source, const model::AudioSink& sink,
                        std::function<void(base::Result<void>)> done) {
  COMMD_ASSERT_THREAD(core_);
  const bool from_file = source.kind == model::AudioSource::Kind::file;
  const bool to_file = sink.kind == model::AudioSink::Kind::file;
  auto devices = [devices = parts_.devices, source, sink,
                  done = std::move(done)](const base::Result<void>& files) {
    if (!files || devices == nullptr) return done(files);
    devices->check(source, sink, done);
  };
  if (!from_file && !to_file) return parts_.post([devices = std::move(devices)] { devices({}); });
  files_.check(from_file ? source.name : std::string(), to_file ? sink.name : std::string(),
               [post = parts_.post, devices = std::move(devices)](base::Result<void> files) {
                 post([devices, files = std::move(files)] { devices(files); });
               });
}

std::unique_ptr<ports::MediaEngine::AlertPlayer> MediaEngine::alert(Alert kind,
                                                                    const model::AudioSink& where) {
  if (parts_.devices != nullptr) return parts_.devices->alert(kind, where);
  return std::make_unique<NoAlert>();
}

void MediaEngine::watch_devices(ports::DeviceObserver& observer) {
  if (parts_.devices != nullptr) parts_.devices->watch(observer);
}

std::vector<model::Device> MediaEngine::devices() const {
  return parts_.devices != nullptr ? parts_.devices->devices() : std::vector<model::Device>();
}

void MediaEngine::when_devices_known(std::function<void()> done) {
  if (parts_.devices != nullptr) return parts_.devices->when_known(std::move(done));
  parts_.post(std::move(done));
}

void MediaEngine::test_devices(const model::AudioSource& source, const model::AudioSink& sink,
                               unsigned seconds,
                               std::function<void(base::Result<DeviceTest>)> done) {
  if (parts_.devices != nullptr) {
    parts_.devices->test(source, sink, seconds, std::move(done));
    return;
  }
  parts_.post([done = std::move(done)] {
    done(base::fail(base::Code::unavailable, "NO_SOUND_SERVER",
                    "there is no sound server: start PulseAudio or PipeWire"));
  });
}

}  // namespace commd::engine
