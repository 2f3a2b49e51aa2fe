// What each room is told of the configuration. Pure, but for group_of().
#pragma once

#include <sys/types.h>

#include <optional>

#include "daemon/app/daemon.h"
#include "daemon/base/result.h"
#include "daemon/core/core_settings.h"
#include "daemon/discovery/dns_discovery.h"
#include "daemon/http/web_transfers.h"
#include "daemon/probe/net_prober.h"
#include "daemon/settings/settings.h"
#include "daemon/sip/sip_signalling.h"
#include "daemon/store/sqlite_store.h"
#include "daemon/xmpp/xmpp_signalling.h"
#include "media/engine/media_engine.h"
#include "media/gst/sound_options.h"

namespace commd::app {

core::CoreSettings core_settings(const Surroundings& around);
sip::SipOptions sip_options(const settings::Settings& settings);
xmpp::XmppOptions xmpp_options(const settings::Settings& settings);
http::WebOptions web_options(const settings::Settings& settings);
discovery::DiscoveryOptions discovery_options(const settings::Settings& settings);
probe::ProbeOptions probe_options(const settings::Settings& settings);
gst::SoundOptions sound_options(const settings::Settings& settings);
engine::EngineOptions engine_options(const settings::Settings& settings);
store::StoreOptions store_options(const Surroundings& around);

// The group of [api], with --system. INVALID_ARGUMENT if there is none of the name. Asks
// the system's user database: main thread, before there are others.
base::Result<std::optional<gid_t>> group_of(const Surroundings& around);

}  // namespace commd::app
