#include "daemon/app/room_options.h"

#include <grp.h>

#include <chrono>

namespace commd::app {

core::CoreSettings core_settings(const Surroundings& around) {
  const settings::Settings& settings = around.settings;
  core::CoreSettings out;
  out.capture = settings.audio.capture;
  out.playback = settings.audio.playback;
  out.ring = settings.audio.ring;
  out.media_lost_ends_call = std::chrono::seconds(settings.media.lost_ends_call_s);
  out.max_calls = settings.limits.calls;
  out.max_ringing = settings.limits.ringing;
  out.per_source_rate = settings.limits.per_source_rate;
  out.incoming_folder = (around.paths.media_dir() / "incoming").string();
  return out;
}

sip::SipOptions sip_options(const settings::Settings& settings) {
  sip::SipOptions out;
  out.local_port = settings.sip.local_port;
  out.local_listen = settings.sip.local_listen;
  out.user_agent =
      settings.sip.user_agent.empty() ? "commd/" COMMD_VERSION : settings.sip.user_agent;
  out.resolv_conf = settings.sip.resolv_conf;
  return out;
}

xmpp::XmppOptions xmpp_options(const settings::Settings& settings) {
  return {settings.xmpp.resolv_conf};
}

http::WebOptions web_options(const settings::Settings& settings) {
  return {settings.xmpp.resolv_conf};
}

discovery::DiscoveryOptions discovery_options(const settings::Settings& settings) {
  discovery::DiscoveryOptions out;
  out.sip_resolv_conf = settings.sip.resolv_conf;
  out.xmpp_resolv_conf = settings.xmpp.resolv_conf;
  return out;
}

probe::ProbeOptions probe_options(const settings::Settings& settings) {
  return {settings.sip.resolv_conf,
          settings.xmpp.resolv_conf,
          {settings.media.rtp_ports.first, settings.media.rtp_ports.last}};
}

gst::SoundOptions sound_options(const settings::Settings& settings) {
  gst::SoundOptions out;
  out.echo_cancellation = settings.audio.echo_cancellation;
  out.noise_suppression = settings.audio.noise_suppression;
  out.gain_control = settings.audio.gain_control;
  return out;
}

engine::EngineOptions engine_options(const settings::Settings& settings) {
  engine::EngineOptions out;
  out.workers = settings.media.workers;
  out.rtp_ports = {settings.media.rtp_ports.first, settings.media.rtp_ports.last};
  out.jitter = {std::chrono::milliseconds(settings.media.jitter.shortest_ms),
                std::chrono::milliseconds(settings.media.jitter.longest_ms)};
  return out;
}

store::StoreOptions store_options(const Surroundings& s) {
  store::StoreOptions out;
  out.state_dir = s.paths.state_dir;
  const settings::RetentionSettings& keep = s.settings.retention;
  out.retention = {keep.events, keep.event_days, keep.calls, keep.call_days,
                   s.settings.history.keep_days};
  return out;
}

base::Result<std::optional<gid_t>> group_of(const Surroundings& s) {
  const std::string& name = s.settings.api.group;
  if (name.empty() || !s.options.paths.system_service) return std::nullopt;
  const struct group* found = ::getgrnam(name.c_str());  // before other threads
  if (!found)
    return base::fail(base::invalid_argument("api.group", "there is no group \"" + name + "\""));
  return found->gr_gid;
}

}  // namespace commd::app
