// What commd.toml can say, typed, with the defaults that hold without it.
// config/commd.toml explains every key; a test keeps the two alike.
//
// A value; any thread. Accounts are not here: they live in the store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/model/audio_endpoint.h"

namespace commd::settings {

struct SipSettings {
  uint16_t local_port = 5060;             // of the `local` account; 0 = any free one
  std::vector<std::string> local_listen;  // IP literals besides 127.0.0.1 and ::1
  std::string user_agent;                 // empty = commd/VERSION
  std::string resolv_conf;                // absolute path; empty = /etc/resolv.conf

  friend bool operator==(const SipSettings&, const SipSettings&) = default;
};

struct XmppSettings {
  std::string resolv_conf;  // absolute path; empty = /etc/resolv.conf

  friend bool operator==(const XmppSettings&, const XmppSettings&) = default;
};

struct AudioSettings {
  model::AudioSource capture;
  model::AudioSink playback;
  model::AudioSink ring;  // where an incoming call is heard
  bool echo_cancellation = true;
  bool noise_suppression = true;
  bool gain_control = true;

  friend bool operator==(const AudioSettings&, const AudioSettings&) = default;
};

struct LogSettings {
  std::string level = "info";  // trace, debug, info, warn, error, off
  bool json = false;

  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

// UDP ports, both ends included; first is even and below last.
struct PortRange {
  uint16_t first = 20000;
  uint16_t last = 29999;

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

// What the delay against jitter may become, in ms, both ends included.
struct JitterRange {
  unsigned shortest_ms = 0;
  unsigned longest_ms = 400;

  friend bool operator==(const JitterRange&, const JitterRange&) = default;
};

struct MediaSettings {
  PortRange rtp_ports;
  JitterRange jitter;
  unsigned lost_ends_call_s = 300;  // 0 = never
  unsigned workers = 0;             // 0 = one for each core
  bool upnp = true;                 // routers are asked to let calls in

  friend bool operator==(const MediaSettings&, const MediaSettings&) = default;
};

struct LimitSettings {
  unsigned calls = 200;           // live at once
  unsigned ringing = 20;          // incoming and not answered, at once
  unsigned per_source_rate = 10;  // incoming calls a second from one address
  unsigned watchers = 64;         // Watch streams at once
  unsigned clients = 64;          // connections to the API at once

  friend bool operator==(const LimitSettings&, const LimitSettings&) = default;
};

// 0 = no bound.
struct RetentionSettings {
  uint64_t events = 100'000;
  unsigned event_days = 30;
  uint64_t calls = 10'000;
  unsigned call_days = 0;

  friend bool operator==(const RetentionSettings&, const RetentionSettings&) = default;
};

// 0 = for ever.
struct HistorySettings {
  unsigned keep_days = 0;  // messages

  friend bool operator==(const HistorySettings&, const HistorySettings&) = default;
};

struct ApiSettings {
  std::string group;  // may use a system service's socket; empty = its own user alone

  friend bool operator==(const ApiSettings&, const ApiSettings&) = default;
};

struct Settings {
  SipSettings sip;
  XmppSettings xmpp;
  AudioSettings audio;
  LogSettings log;
  MediaSettings media;
  LimitSettings limits;
  RetentionSettings retention;
  HistorySettings history;
  ApiSettings api;

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace commd::settings
