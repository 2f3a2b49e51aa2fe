#include "daemon/core/call_story.h"

#include <algorithm>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/core/explain_rules.h"

namespace commd::core {
namespace {

using model::Finding;
using model::TraceStep;

const model::StreamDescription* audio_of(const model::SessionDescription& description) {
  const auto found =
      std::find_if(description.streams.begin(), description.streams.end(), [](const auto& stream) {
        return stream.kind == model::MediaKind::audio && !stream.rejected;
      });
  return found == description.streams.end() ? nullptr : &*found;
}

DescribedAudio summary(const model::SessionDescription& description) {
  DescribedAudio audio;
  audio.known = true;
  const model::StreamDescription* stream = audio_of(description);
  if (stream == nullptr) {
    audio.direction = model::Direction::inactive;
    return audio;
  }
  audio.direction = stream->direction;
  for (const model::PayloadFormat& format : stream->formats)
    if (format.name != "telephone-event")
      audio.codecs.push_back(base::to_valid_utf8(format.name) + "/" +
                             std::to_string(format.clock_rate));
  audio.rtp = stream->transport.rtp;
  audio.sdes = !stream->transport.sdes.empty();
  audio.dtls = stream->transport.dtls.has_value();
  audio.zrtp = !stream->transport.zrtp_hash.empty();
  audio.secure_profile = stream->secure_profile;
  audio.ice = stream->transport.ice.has_value();
  return audio;
}

std::string keys_of(const DescribedAudio& audio) {
  if (!audio.keys()) return "none";
  std::string kinds;
  for (const auto& [has, kind] : {std::pair{audio.zrtp, "ZRTP"}, std::pair{audio.dtls, "DTLS"},
                                  std::pair{audio.sdes, "SDES"}})
    if (has) kinds += (kinds.empty() ? "" : " or ") + std::string(kind);
  return kinds + (audio.secure_profile ? "" : ", not demanded");
}

bool is_downgrade(const base::Error& error) {
  const auto cause = error.details.find("cause");
  return error.reason == "ENCRYPTION_REQUIRED" && cause != error.details.end() &&
         cause->second == "downgrade";
}

std::string address_text(const model::TransportAddress& address) {
  if (!address) return "none";
  const bool v6 = address.ip.find(':') != std::string::npos;
  return (v6 ? "[" + address.ip + "]" : address.ip) + ":" + std::to_string(address.port);
}

}  // namespace

void CallStory::note(Kind kind, std::string code, std::string text,
                     std::map<std::string, std::string> details) {
  trace_.add(
      {kind, std::move(code), base::to_valid_utf8(text), std::move(details), clock_.wall_now(), 1});
}

void CallStory::state(const model::Call& call) {
  if (std::exchange(told_state_, call.state) == call.state && !trace_.steps().empty()) return;
  using State = model::CallState;
  const bool rings = call.state == State::ringing || call.state == State::early;
  if (rings && call.direction == model::CallDirection::outgoing &&
      !std::exchange(facts_.rang, true))
    rings_since_ = clock_.wall_now();
  std::string text = std::string("the call is ") + model::to_string(call.state);
  std::map<std::string, std::string> details;
  if (call.state == model::CallState::ended) {
    text += std::string(": ") + model::to_string(call.end_reason) + ", by " +
            model::to_string(call.ended_by);
    if (call.end_detail.sip_code != 0)
      details["sip_code"] = std::to_string(call.end_detail.sip_code);
    if (!call.end_detail.jingle_reason.empty())
      details["jingle_reason"] = call.end_detail.jingle_reason;
    if (!call.end_detail.text.empty()) details["text"] = base::to_valid_utf8(call.end_detail.text);
  }
  note(Kind::call, "STATE", std::move(text), std::move(details));
}

void CallStory::route_failed(const base::Error& error) {
  facts_.route_error = error;
  note(Kind::call, error.reason, error.message, error.details);
}

void CallStory::opened(const ports::MediaConfig& media) {
  using Server = model::IceServer::Kind;
  const auto count_of = [&](Server kind) {
    return static_cast<unsigned>(
        std::count_if(media.ice.servers.begin(), media.ice.servers.end(),
                      [&](const auto& server) { return server.kind == kind; }));
  };
  facts_.encryption = media.encryption;
  facts_.latch = media.latch;
  facts_.ice = media.ice.enabled;
  facts_.relay_only = media.ice.relay_only;
  facts_.stun_servers = count_of(Server::stun);
  facts_.turn_servers = count_of(Server::turn);
  facts_.signalling_peer_ip = media.signalling_peer_ip;
  note(Kind::call, "MEDIA_OPENED",
       std::string("media is set up, encryption ") + model::to_string(media.encryption) + ", ICE " +
           (media.ice.enabled ? "on" : "off"),
       {{"local_ip", media.local_ip},
        {"signalling_peer_ip", media.signalling_peer_ip},
        {"stun_servers", std::to_string(facts_.stun_servers)},
        {"turn_servers", std::to_string(facts_.turn_servers)}});
}

void CallStory::described(By by, What what, const model::SessionDescription& description) {
  DescribedAudio& mine = by == By::us ? facts_.ours : facts_.theirs;
  mine = summary(description);
  const std::string who = by == By::us ? "this end" : "the far end";
  note(Kind::description,
       std::string(by == By::us ? "OUR_" : "THEIR_") + (what == What::offer ? "OFFER" : "ANSWER"),
       who + (what == What::offer ? " offers " : " answers with ") +
           (mine.codecs.empty() ? "no audio" : joined(mine.codecs)),
       {{"direction", model::to_string(mine.direction)},
        {"address", address_text(mine.rtp)},
        {"keys", keys_of(mine)},
        {"ice", mine.ice ? "yes" : "no"}});
  const model::StreamDescription* stream = audio_of(description);
  if (stream == nullptr || !stream->transport.ice) return;
  // It names all that it knows.
  (by == By::us ? facts_.our_candidates : facts_.their_candidates) = {};
  count(by, *stream->transport.ice);
}

void CallStory::candidates(By by, const model::TransportDescription& news) {
  if (news.ice) count(by, *news.ice);
}

void CallStory::count(By by, const model::IceParameters& ice) {
  CandidateCount& known = by == By::us ? facts_.our_candidates : facts_.their_candidates;
  for (const model::IceCandidate& candidate : ice.candidates) {
    // Who only calls by TCP cannot be called there.
    const bool calls = candidate.transport == model::IceCandidate::Transport::tcp_active;
    if (candidate.component != 1 || calls) continue;
    using Type = model::IceCandidate::Type;
    ++(candidate.type == Type::host      ? known.host
       : candidate.type == Type::relayed ? known.relayed
                                         : known.reflexive);
    const bool udp = candidate.transport == model::IceCandidate::Transport::udp;
    note(Kind::candidate, by == By::us ? "OUR_CANDIDATE" : "THEIR_CANDIDATE",
         (by == By::us ? "this end may be reached at " : "the far end may be reached at ") +
             address_text(candidate.address) + (udp ? "/udp" : "/tcp"),
         {{"type", model::to_string(candidate.type)}});
  }
  if (ice.end_of_candidates)
    note(Kind::candidate, by == By::us ? "OUR_CANDIDATES_END" : "THEIR_CANDIDATES_END",
         by == By::us ? "this end has told all its addresses"
                      : "the far end has told all its addresses");
}

void CallStory::traced(TraceStep step) {
  const auto detail = [&](const char* key) {
    const auto found = step.details.find(key);
    return found == step.details.end() ? std::string() : found->second;
  };
  if (step.code == "RELAY_READY" || step.code == "RELAY_FAILED")
    facts_.relays.push_back({detail("server"), detail("protocol"), detail("reason")});
  if (step.code == "ICE_CHECKING") facts_.ice_checking = true;
  if (step.code == "ICE_CONNECTED") {
    facts_.ice_connected = true;
    facts_.consent_lost = facts_.moved = false;
  }
  if (step.code == "ICE_CONSENT_LOST") facts_.consent_lost = true;
  if (step.code == "KEYS_AWAITED") {
    facts_.keys_awaited = true;
    facts_.keys_agreed = false;
    facts_.keys_by = detail("by");
  }
  if (step.code == "KEYS_AGREED") facts_.keys_agreed = true;
  step.time = clock_.wall_now();
  trace_.add(std::move(step));
}

void CallStory::way_gone() {
  facts_.moved = !facts_.consent_lost;
  note(Kind::path, "PATH_GONE",
       facts_.moved ? "this machine has other addresses: a new way for sound is sought"
                    : "the way for sound is gone: a new one is sought");
}

void CallStory::media_agreed(const std::string& codec, const model::CallSecurity& security) {
  // Keys that are made in the media path come after it.
  std::string text = codec + ", ";
  text += security.level == model::SecurityLevel::none ? "not encrypted (yet)"
                                                       : model::to_string(security.level);
  if (!security.mechanism.empty()) text += " by " + security.mechanism;
  note(Kind::keys, "MEDIA_AGREED", std::move(text));
}

void CallStory::media_failed(const base::Error& error) {
  facts_.media_error = error;
  if (is_downgrade(error)) facts_.downgrade_refused = true;
  note(Kind::call, error.reason, error.message, error.details);
}

bool CallStory::offer_refused(const base::Error& error) {
  note(Kind::description, error.reason, "their offer is refused: " + error.message, error.details);
  return is_downgrade(error) && !std::exchange(facts_.downgrade_refused, true);
}

bool CallStory::words_missing() { return !std::exchange(facts_.words_missing, true); }

void CallStory::end_failed(ports::MediaObserver::End which, const base::Error& error) {
  const bool capture = which == ports::MediaObserver::End::capture;
  (capture ? facts_.capture_trouble : facts_.playback_trouble).push_back(error.message);
  note(Kind::device, error.reason,
       (capture ? "what is sent cannot be had: " : "what is heard cannot be played: ") +
           error.message);
}

void CallStory::usable(bool can_talk) {
  if (can_talk == (usable_since_ != base::MonoTime{})) return;
  usable_since_ = can_talk ? clock_.mono_now() : base::MonoTime{};
}

void CallStory::note_first(const char* code, const char* text, base::Duration ago) {
  const auto before = std::chrono::duration_cast<base::WallTime::duration>(ago);
  trace_.add({Kind::packets, code, text, {}, clock_.wall_now() - before, 1});
}

void CallStory::figures(const model::MediaStats& stats) {
  const model::MediaEvidence& seen = stats.evidence;
  if (!sent_noted_ && seen.first_sent >= base::Duration::zero()) {
    sent_noted_ = true;
    note_first("FIRST_SENT", "the first sound was sent", seen.first_sent);
  }
  if (!received_noted_ && seen.first_received >= base::Duration::zero()) {
    received_noted_ = true;
    note_first("FIRST_RECEIVED", "the first sound came", seen.first_received);
  }
}

CallFacts CallStory::facts(const model::Call& call) const {
  CallFacts facts = facts_;
  facts.call = call;
  const base::WallTime never{};
  const base::WallTime until = call.end_time != never ? call.end_time : clock_.wall_now();
  if (call.answer_time != never) facts.since_answer = until - call.answer_time;
  if (facts.rang)
    facts.rang_for = (call.answer_time != never ? call.answer_time : until) - rings_since_;
  if (usable_since_ != base::MonoTime{}) facts.since_usable = clock_.mono_now() - usable_since_;
  return facts;
}

void CallStory::keep(const Finding& finding) {
  note(Kind::finding, finding.code, finding.text,
       {{"severity", model::to_string(finding.severity)}, {"advice", finding.advice}});
}

Finding finding_of(const TraceStep& step) {
  const auto detail = [&](const char* key) {
    const auto found = step.details.find(key);
    return found == step.details.end() ? std::string() : found->second;
  };
  Finding finding{Finding::Severity::info, step.code, step.text, detail("advice")};
  for (const auto severity : {Finding::Severity::warning, Finding::Severity::problem})
    if (detail("severity") == model::to_string(severity)) finding.severity = severity;
  return finding;
}

}  // namespace commd::core
