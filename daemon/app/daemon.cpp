#include "daemon/app/daemon.h"

#include <chrono>
#include <optional>
#include <utility>

#include "daemon/api/api_server.h"
#include "daemon/api/event_encoder.h"
#include "daemon/api/watch_hub.h"
#include "daemon/app/room_options.h"
#include "daemon/core/core.h"
#include "daemon/discovery/dns_discovery.h"
#include "daemon/http/web_transfers.h"
#include "daemon/loop/asio_timers.h"
#include "daemon/loop/core_loop.h"
#include "daemon/loop/fd_watcher.h"
#include "daemon/loop/pool.h"
#include "daemon/net/address_watch.h"
#include "daemon/net/asio_relay_access.h"
#include "daemon/net/local_address.h"
#include "daemon/probe/net_prober.h"
#include "daemon/secrets/stored_secrets.h"
#include "daemon/settings/keys.h"
#include "daemon/settings/load.h"
#include "daemon/sip/sip_signalling.h"
#include "daemon/store/picture_files.h"
#include "daemon/store/sqlite_store.h"
#include "daemon/system/client_gate.h"
#include "daemon/system/control_socket.h"
#include "daemon/system/process.h"
#include "daemon/upnp/upnp_mapper.h"
#include "daemon/xmpp/xmpp_signalling.h"
#include "media/codec/codec_registry.h"
#include "media/engine/media_engine.h"
#include "media/gst/sound_system.h"
#include "media/ice/ice_thread.h"
#include "media/srtp/srtp_library.h"

namespace commd::app {
namespace {

// A storm of connects must not keep the core from everything else: what is left is
// taken up after its other work.
constexpr int clients_at_once = 32;

// After a change of networks calls are heard again by then, or must look for another way.
constexpr auto ways_patience = std::chrono::seconds(2);

}  // namespace

// Members are destroyed in reverse order: what is used goes after its users.
struct Daemon::Rooms {
  Rooms(Surroundings s, base::LogFactory& factory)
      : around(std::move(s)),
        logs(factory),
        log(factory.room("app")),
        post([this](std::function<void()> f) { loop.post(std::move(f)); }),
        timers(loop),
        store(store_options(around), clock, post, factory.room("store")),
        hub(timers, around.settings.limits.watchers) {}

  base::Result<void> start();
  void watch_addresses();
  void serve();
  void let_in();
  void tidy_up();
  void on_signal();
  void reload();
  void stop();
  void hurry_sound(std::chrono::milliseconds patience);
  void give_memory_back();
  void pet_watchdog();
  api::DaemonFacts facts();

  Surroundings around;
  base::LogFactory& logs;
  base::Logger log;
  loop::CoreLoop loop;
  std::function<void(std::function<void()>)> post;
  loop::SystemClock clock;
  loop::AsioTimers timers;
  store::SqliteStore store;
  std::unique_ptr<ports::Secrets> secrets;
  api::ProtoEventEncoder encoder;
  api::WatchHub hub;
  srtp::SrtpLibrary srtp;
  codec::CodecRegistry codecs = codec::CodecRegistry::installed();
  std::unique_ptr<gst::SoundSystem> sound;
  std::unique_ptr<upnp::UpnpMapper> router;
  std::unique_ptr<ice::IceThread> ice;
  std::unique_ptr<net::AsioRelayAccess> relays;
  std::unique_ptr<engine::MediaEngine> media;
  std::unique_ptr<net::AddressWatch> addresses;
  std::unique_ptr<sip::SipSignalling> sip;
  std::unique_ptr<xmpp::XmppSignalling> xmpp;
  std::unique_ptr<store::PictureFiles> pictures;
  std::unique_ptr<http::WebTransfers> web;
  std::unique_ptr<discovery::DnsDiscovery> discovery;
  std::unique_ptr<probe::NetProber> prober;
  std::unique_ptr<core::Core> core;
  std::unique_ptr<api::ApiServer> server;
  std::optional<system::ControlSocket> socket;
  std::optional<system::ClientGate> gate;
  std::unique_ptr<loop::FdWatcher> clients;
  std::unique_ptr<loop::FdWatcher> arrivals;
  std::unique_ptr<loop::FdWatcher> signals;
  ports::TimerHandle watchdog;
  ports::TimerHandle sound_patience;
  ports::TimerHandle ways_check;
  loop::Pool chores{"chores", 1};
  ports::TimerHandle tidying;
  uint64_t departed = 0;
  uint64_t tidy_bytes = 0;  // resident when memory was last given back
  bool stopping = false;
};

Daemon::Daemon(Surroundings surroundings, base::LogFactory& logs)
    : rooms_(std::make_unique<Rooms>(std::move(surroundings), logs)) {}

Daemon::~Daemon() = default;

base::Result<void> Daemon::run() {
  if (auto started = rooms_->start(); !started) return started;
  rooms_->loop.run();
  rooms_->store.close();
  return {};
}

// What it tells first is how things are, not that they have changed.
void Daemon::Rooms::watch_addresses() {
  auto watch = net::AddressWatch::create(
      loop.context(), {}, [this, settled = false](const net::AddressChange&) mutable {
        if (!std::exchange(settled, true)) return;
        // Media first: what it wants to say of it is wanted before SIP has anything to say, and
        // waits there for a new registration, so that all of it is said at once.
        media->addresses_changed();
        if (sip) sip->addresses_changed();
        ways_check = timers.after(ways_patience, [this] { media->look_after_ways(); });
      });
  if (watch)
    addresses = std::move(*watch);
  else
    log->warn("event: addresses_not_watched, message: {}", watch.error().message);
}

base::Result<void> Daemon::Rooms::start() {
  const auto group = group_of(around);
  if (!group) return base::fail(group.error());
  // The socket comes first: its lock keeps a second daemon from this state.
  auto opened = system::ControlSocket::open({around.paths.socket, *group});
  if (!opened) return base::fail(opened.error());
  socket.emplace(std::move(*opened));
  auto made = system::ClientGate::open({.clients = around.settings.limits.clients});
  if (!made) return base::fail(made.error());
  gate.emplace(std::move(*made));
  const auto state = store.open();
  if (!state) return base::fail(state.error());
  const bool own_folder =
      !around.options.paths.state_dir.empty() || around.options.paths.system_service;
  secrets =
      secrets::make_secrets(loop, logs.room("secrets"), around.paths.secrets_dir(),
                            own_folder ? secrets::Keyring::never : secrets::Keyring::if_there);
  sound =
      std::make_unique<gst::SoundSystem>(sound_options(around.settings), post, logs.room("sound"));
  if (around.settings.media.upnp) router = std::make_unique<upnp::UpnpMapper>(logs.room("upnp"));
  ice = std::make_unique<ice::IceThread>(logs.room("ice"), router.get());
  relays = std::make_unique<net::AsioRelayAccess>(loop, chores, around.settings.xmpp.resolv_conf,
                                                  logs.room("net"));
  media = std::make_unique<engine::MediaEngine>(
      engine::MediaEngine::Parts{codecs, srtp, post, logs.room("media"), sound.get(), sound.get(),
                                 [this](auto job) { chores.post(std::move(job)); }, ice.get(),
                                 relays.get(), net::local_address_towards},
      engine_options(around.settings));
  watch_addresses();
  sip = std::make_unique<sip::SipSignalling>(sip_options(around.settings), post, logs.room("sip"));
  xmpp = std::make_unique<xmpp::XmppSignalling>(xmpp_options(around.settings), post,
                                                logs.room("xmpp"));
  pictures =
      std::make_unique<store::PictureFiles>(around.paths.pictures_dir(), post, logs.room("store"));
  discovery = std::make_unique<discovery::DnsDiscovery>(loop, discovery_options(around.settings));
  prober = std::make_unique<probe::NetProber>(loop, probe_options(around.settings));
  web = std::make_unique<http::WebTransfers>(web_options(around.settings), post, logs.room("web"));
  core =
      std::make_unique<core::Core>(core::CorePorts{store,
                                                   *secrets,
                                                   clock,
                                                   timers,
                                                   encoder,
                                                   hub,
                                                   *media,
                                                   {{model::Protocol::local, sip.get()},
                                                    {model::Protocol::sip, sip.get()},
                                                    {model::Protocol::xmpp, xmpp.get()},
                                                    {model::Protocol::xmpp_component, xmpp.get()}},
                                                   {{model::Protocol::local, sip.get()},
                                                    {model::Protocol::sip, sip.get()},
                                                    {model::Protocol::xmpp, xmpp.get()},
                                                    {model::Protocol::xmpp_component, xmpp.get()}},
                                                   {{model::Protocol::local, sip.get()},
                                                    {model::Protocol::sip, sip.get()},
                                                    {model::Protocol::xmpp, xmpp.get()}},
                                                   {{model::Protocol::xmpp, xmpp.get()}},
                                                   {{model::Protocol::xmpp, xmpp.get()}},
                                                   web.get(),
                                                   discovery.get(),
                                                   {{model::Protocol::xmpp, &xmpp->services()}},
                                                   pictures.get(),
                                                   relays.get(),
                                                   prober.get()},
                                   core_settings(around), logs.room("core"));
  hub.attach(core->events());
  hub.set_audience([this](size_t watchers) { core->attention().set_watchers(watchers); });
  sip->attach(*core, *core, *core);
  xmpp->attach(*core, *core, *core, *core, *core);
  web->attach(*core);
  core->start(*state);
  const bool narrow = around.options.paths.system_service;
  server = std::make_unique<api::ApiServer>(
      api::ServerParts{*core, post, timers, hub,
                       narrow ? api::FilePolicy(around.paths.media_dir()) : api::FilePolicy(),
                       facts()},
      [this] { give_memory_back(); });
  loop.post([this] { serve(); });
  return {};
}

void Daemon::Rooms::serve() {
  clients = std::make_unique<loop::FdWatcher>(loop, socket->fd(), [this] {
    for (int i = 0; i < clients_at_once; ++i) {
      auto client = socket->accept();
      if (!client) return;
      gate->admit(std::move(client->fd));
    }
  });
  arrivals = std::make_unique<loop::FdWatcher>(loop, gate->fd(), [this] { let_in(); });
  signals = std::make_unique<loop::FdWatcher>(loop, around.signals.fd(), [this] { on_signal(); });
  around.notifier.ready();
  pet_watchdog();
  tidy_bytes = system::process_facts().resident_bytes;
  log->info("event: ready, version: {}, socket: {}", COMMD_VERSION, around.paths.socket.string());
}

void Daemon::Rooms::let_in() {
  for (int i = 0; i < clients_at_once; ++i) {
    auto visitor = gate->next();
    if (!visitor) break;
    if (visitor->entry == system::Entry::welcome)
      server->serve(std::move(visitor->fd));
    else
      server->refuse(std::move(visitor->fd), around.settings.limits.clients);
  }
  server->set_connections(gate->inside());
  // A client that is gone may have needed much; once for a crowd that leaves.
  if (std::exchange(departed, gate->departed()) != gate->departed() && !tidying)
    tidying = timers.after(std::chrono::seconds(5), [this] { tidy_up(); });
}

void Daemon::Rooms::tidy_up() {
  tidying.reset();
  constexpr uint64_t worth_it = 8 << 20;
  const uint64_t resident = system::process_facts().resident_bytes;
  if (resident < tidy_bytes + worth_it) return;
  give_memory_back();
  // What it could not give back is in use: it counts from there.
  tidying = timers.after(std::chrono::seconds(5), [this] {
    tidying.reset();
    tidy_bytes = system::process_facts().resident_bytes;
  });
}

void Daemon::Rooms::give_memory_back() {
  chores.post([] { system::give_back_memory(); });
}

// The watchdog is fed by the core loop itself: a core that hangs is restarted.
void Daemon::Rooms::pet_watchdog() {
  const auto interval = around.notifier.watchdog_interval();
  if (!interval) return;
  around.notifier.watchdog();
  watchdog = timers.after(*interval, [this] { pet_watchdog(); });
}

api::DaemonFacts Daemon::Rooms::facts() {
  api::DaemonFacts facts;
  facts.version = COMMD_VERSION;
  facts.state_dir = around.paths.state_dir.string();
  facts.socket = around.paths.socket.string();
  facts.start_time = clock.wall_now();
  facts.features = {"sip", "xmpp", "sdes-srtp", "dtls-srtp", "rtp", "recording"};
  facts.codecs = [this] { return media->codecs(); };
  facts.usage = [] {
    const system::ProcessFacts process = system::process_facts();
    return api::DaemonFacts::Usage{process.resident_bytes, process.cpu_time};
  };
  return facts;
}

void Daemon::Rooms::on_signal() {
  while (const auto signal = around.signals.next()) {
    switch (*signal) {
      case system::Signal::reload:
        reload();
        break;
      case system::Signal::terminate:
      case system::Signal::interrupt:
        stop();
        break;
    }
  }
}

void Daemon::Rooms::reload() {
  around.notifier.reloading();
  const settings::Loaded loaded = settings::load_settings(around.paths.config);
  if (!loaded.errors.empty()) {
    for (const base::Error& error : loaded.errors)
      log->error("event: config_refused, {}", error.message);
  } else {
    for (const settings::Change& change : settings::compare(around.settings, loaded.settings))
      log->info("event: config_changed, key: {}, value: {}, applies: {}", change.key, change.after,
                change.applies == settings::Applies::at_once ? "now" : "after a restart");
    around.settings = loaded.settings;
    logs.set_level(around.settings.log.level);
    core->calls().set_settings(core_settings(around));
    hub.set_max_watchers(around.settings.limits.watchers);
    gate->set_clients(around.settings.limits.clients);
    sound->configure(sound_options(around.settings));
  }
  around.notifier.ready();
}

// Calls and registrations first, while clients can still see it; then the API.
void Daemon::Rooms::stop() {
  if (std::exchange(stopping, true)) return;
  around.notifier.stopping();
  log->info("event: stopping");
  clients.reset();
  arrivals.reset();
  core->shut_down([this] {
    hub.shut_down();
    server->answer_all();
    server->shut_down(std::chrono::milliseconds(100), [this] { loop.stop(); });
  });
  // A sound server that hangs may take as long as everything else does, no longer.
  sound->close();
  hurry_sound(std::chrono::milliseconds(500));
}

void Daemon::Rooms::hurry_sound(std::chrono::milliseconds patience) {
  sound_patience = timers.after(patience, [this] {
    sound->hurry();
    hurry_sound(std::chrono::milliseconds(100));
  });
}

}  // namespace commd::app
